//! Running other programs: apt, dpkg, systemctl.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Error;

/// As much of what a program says is remembered.
const SAID: u64 = 1 << 20;
/// As much of it is told to people.
const TOLD: usize = 6;

/// How programs are run, and where they find this machine.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The root of the file system that apt and dpkg change.
    pub root: PathBuf,
    /// Says what is wrong with LivOS, a line each; ends well if nothing is.
    pub health: PathBuf,
    /// Where a bundle lies that apt takes for the only archive, if there is one.
    pub offer: Option<PathBuf>,
    /// Preferences of apt that keep LivOS as it is, if the rest of the system is to be newer without it.
    pub held: Option<PathBuf>,
}

impl Programs {
    /// A path of the machine: `var/cache/apt`.
    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// What a program prints; an error if it fails.
    pub(super) fn ask(&self, program: &str, arguments: &[&str]) -> Result<String, Error> {
        let (well, text, said) = self.try_ask(program, arguments)?;
        if well { Ok(text) } else { Err(failed(program, arguments, &said)) }
    }

    /// Whether a program ended well, what it printed, and what it complained of.
    pub(super) fn try_ask(&self, program: &str, arguments: &[&str]) -> Result<(bool, String, String), Error> {
        let sources = self.sources(program);
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let output = command(program, &[&sources[..], arguments].concat())
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Run { program: program.to_owned(), source })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((output.status.success(), text(&output.stdout), text(&output.stderr)))
    }

    /// What a program of apt is told first: whether the archives are the machine's, or a bundle.
    fn sources(&self, program: &str) -> Vec<String> {
        if !program.starts_with("apt-") {
            return Vec::new();
        }
        let held = self.held.iter().flat_map(|path| livos_image::held::words(path));
        self.offer.iter().flat_map(|folder| livos_image::bundle::words(folder)).chain(held).collect()
    }

    /// Runs a program in a folder; for one of apt, the archives are the machine's own.
    pub(super) fn run_in(&self, folder: &Path, program: &str, arguments: &[&str]) -> Result<(), Error> {
        let output = command(program, arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|source| Error::Run { program: program.to_owned(), source })?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(failed(program, arguments, &said)) }
    }

    /// Runs apt or dpkg and hands on every line of its third descriptor, on which it tells how far it is; what it
    /// says otherwise goes to the log and is the answer. `on_line` answers whether it may go on.
    pub(super) fn follow(
        &self,
        program: &str,
        arguments: &[&str],
        mut on_line: impl FnMut(&str) -> Result<bool, Error>,
    ) -> Result<String, Error> {
        let broken = |source| Error::Run { program: program.to_owned(), source };
        let mut shell = command("sh", &["-c", "exec \"$@\" 3>&1 1>&2", "sh", program]);
        let mut child = shell
            .args(self.sources(program))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(broken)?;
        let words = child.stderr.take();
        let listener = std::thread::spawn(move || listen(words));
        let mut outcome = Ok(());
        if let Some(lines) = child.stdout.take() {
            for line in BufReader::new(lines).lines() {
                let line = match line {
                    Ok(line) => line,
                    // What is no text is no progress.
                    Err(error) if error.kind() == std::io::ErrorKind::InvalidData => continue,
                    Err(error) => {
                        outcome = Err(broken(error));
                        break;
                    }
                };
                match on_line(&line) {
                    Ok(true) => {}
                    Ok(false) => {
                        outcome = Err(super::engine::cancelled());
                        break;
                    }
                    Err(error) => {
                        outcome = Err(error);
                        break;
                    }
                }
            }
        }
        if outcome.is_err() {
            // Asked politely, apt takes its helpers with it.
            let id = rustix::process::Pid::from_child(&child);
            let _ = rustix::process::kill_process(id, rustix::process::Signal::INT);
        }
        let status = child.wait().map_err(broken)?;
        let said = listener.join().unwrap_or_default();
        outcome?;
        if status.success() { Ok(said) } else { Err(failed(program, arguments, &said)) }
    }
}

fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    // Words that can be read by a program, and nobody there to be asked.
    command.args(arguments).env("LC_ALL", "C.UTF-8").env("DEBIAN_FRONTEND", "noninteractive");
    command.env("APT_LISTCHANGES_FRONTEND", "none").env("NEEDRESTART_MODE", "l");
    command
}

/// Passes on what a program says, and remembers it.
fn listen(words: Option<std::process::ChildStderr>) -> String {
    let Some(words) = words else { return String::new() };
    let mut said = String::new();
    let mut reader = BufReader::new(words);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.by_ref().take(SAID).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return said,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        tracing::info!("{}", text.trim_end());
        if said.len() < usize::try_from(SAID).unwrap_or(usize::MAX) {
            said += &text;
        }
    }
}

pub(super) fn failed(program: &str, arguments: &[&str], said: &str) -> Error {
    let verb =
        arguments.iter().find(|word| word.starts_with(char::is_alphabetic) && !word.contains(['=', ':']));
    Error::Failed {
        program: format!("{program} {}", verb.copied().unwrap_or_default()).trim().to_owned(),
        said: gist(said),
    }
}

/// The lines that say what went wrong; the last ones if none says so.
fn gist(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let errors: Vec<&str> = lines
        .iter()
        .filter(|line| line.starts_with("E: ") || line.starts_with("dpkg: error"))
        .map(|line| line.trim_start_matches("E: "))
        .collect();
    let told = if errors.is_empty() { lines } else { errors };
    let from = told.len().saturating_sub(TOLD);
    told.get(from..).unwrap_or_default().join(" ")
}

#[cfg(test)]
mod tests {
    use super::gist;

    #[test]
    fn of_many_words_the_errors_are_told() {
        let apt = "Reading package lists...\nE: Unable to locate package livos\nE: No packages found\n";
        assert_eq!(gist(apt), "Unable to locate package livos No packages found");
        assert_eq!(gist("one\n\n two \n"), "one two");
        assert_eq!(gist(""), "");
    }
}
