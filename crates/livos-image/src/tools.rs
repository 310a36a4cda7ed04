//! The programs that do the heavy work: from this system, or from a tree of tools.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Error, Result};

/// Enters a tree with the kernel's file systems and the shared folders in it, in a mount namespace of its
/// own, so that nothing stays mounted however it ends.
const ENTER: &str = r#"
tree=$1; shift
for folder in /dev /proc /sys; do mount --rbind "$folder" "$tree$folder"; done
mount -t tmpfs tmpfs "$tree/run"
while [ "$1" != -- ]; do mkdir -p "$tree$1"; mount --rbind "$1" "$tree$1"; shift; done
shift
exec chroot "$tree" "$@"
"#;

/// Where programs come from.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    tree: Option<PathBuf>,
    shared: Vec<PathBuf>,
    environment: Vec<(OsString, OsString)>,
}

impl Tools {
    /// The programs of this system.
    pub fn here() -> Self {
        Self::default()
    }

    /// The programs in a tree, which sees these folders under their own names.
    pub fn tree(tree: &Path, shared: &[&Path]) -> Self {
        Self {
            tree: Some(tree.to_owned()),
            shared: shared.iter().map(|folder| folder.to_path_buf()).collect(),
            environment: Vec::new(),
        }
    }

    /// The same with a variable set.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// A program, ready for arguments.
    pub fn command(&self, program: &str) -> Command {
        let mut command = match &self.tree {
            None => Command::new(program),
            Some(tree) => {
                let mut command = Command::new("unshare");
                command.args(["--mount", "--propagation", "private", "sh", "-ec", ENTER, "enter"]);
                command.arg(tree).args(&self.shared).arg("--").arg(program);
                command
            }
        };
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C.UTF-8");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs a program to its end; gives back what it printed.
    pub fn run<I, S>(&self, program: &str, arguments: I) -> Result<String>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        run(program, self.command(program).args(arguments))
    }
}

/// Runs a prepared command to its end; gives back what it printed.
pub fn run(program: &str, command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|source| Error::Start { program: program.to_owned(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.trim().lines().collect();
    let end = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default().join("\n");
    Err(Error::Program { program: program.to_owned(), status: output.status.to_string(), output: end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_carries_what_the_program_said() {
        let error = Tools::here().run("sh", ["-c", "echo about the matter >&2; exit 3"]).unwrap_err();
        assert!(error.to_string().contains("about the matter") && error.to_string().contains('3'), "{error}");
        assert!(matches!(Tools::here().run("no-such-program", [""; 0]), Err(Error::Start { .. })));
    }
}
