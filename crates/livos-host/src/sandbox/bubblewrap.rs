//! The sandbox on a machine that systemd does not run: bubblewrap in a control group.

use std::fs;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use livos_bus::sandbox::SandboxHow;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use super::cgroup::Cgroup;
use super::policy::{Policy, STATE};
use super::{Ends, Job, filter, in_memory, own_pipe};
use crate::Error;

/// Where the programs are that put up the walls. It is all of their environment: that of the first process in the
/// sandbox, which is bubblewrap, can be read by every other there.
pub(super) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";
/// Whom a command runs as when this is root: nobody.
const NOBODY: &str = "65534";
/// No report of bubblewrap is longer.
const LONGEST_REPORT: usize = 4096;
/// Joins the groups, hands over the filter and the way for bubblewrap's report, and becomes the rest of the words.
const WRAPPER: &str = "filter=$1 report=$2; shift 2; while [ \"$1\" != -- ]; do echo 0 >\"$1\" || exit; shift; done; \
                       shift; exec \"$@\" 9<\"$filter\" 8>\"$report\"";

/// A command in it.
#[derive(Debug)]
pub(super) struct Bubble {
    child: Child,
    group: Cgroup,
    report: pipe::Receiver,
    /// Our copy of its other end; the report comes to no end before that is closed.
    report_to: Option<OwnedFd>,
    /// What it has reported so far.
    told: Vec<u8>,
    ended: bool,
}

/// Its words for bubblewrap. `state` is where the folder is that stays.
pub(super) fn render(policy: &Policy, state: Option<&Path>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut add = |new: &[&str]| words.extend(new.iter().map(|word| (*word).to_owned()));
    add(&["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]);
    if policy.network {
        add(&["--share-net"]);
    }
    add(&["--uid", NOBODY, "--gid", NOBODY, "--cap-drop", "ALL", "--hostname", "sandbox", "--clearenv"]);
    for (name, value) in policy.environment {
        add(&["--setenv", name, value]);
    }
    for path in policy.readable {
        add(&["--ro-bind", path, path]);
    }
    add(&["--dir", "/etc", "--dir", "/tmp", "--dir", "/run"]);
    for path in policy.readable_if_there {
        add(&["--ro-bind-try", path, path]);
    }
    for (name, leads_to) in policy.links {
        add(&["--symlink", leads_to, &format!("/{name}")]);
    }
    let size = policy.work_bytes.to_string();
    add(&["--proc", "/proc", "--dev", "/dev", "--size", &size, "--tmpfs", policy.work]);
    if let Some(folder) = state {
        add(&["--bind", &folder.to_string_lossy(), STATE]);
    }
    // What was made to hold these mounts is no place to write.
    add(&["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", policy.work]);
    add(&["--seccomp", "9", "--json-status-fd", "8", "--", "/bin/sh", "-c", policy.runner]);
    words
}

/// The folder of a program that stays, below the daemon's own state. It belongs to whom the program runs as.
fn folder(home: &Path, name: &str) -> Result<PathBuf, Error> {
    let folder = home.join("programs").join(name);
    let failed = |source| Error::Files {
        what: "could not make the folder of a program",
        path: folder.clone(),
        source,
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    if !rustix::process::geteuid().is_root() {
        return Ok(folder);
    }
    let nobody: u32 = NOBODY.parse().map_err(std::io::Error::other).map_err(failed)?;
    std::os::unix::fs::chown(&folder, Some(nobody), Some(nobody)).map_err(failed)?;
    // Nobody has to come past the folders above it, and sees nothing in them.
    for above in [home.join("programs"), home.to_owned()] {
        fs::set_permissions(&above, fs::Permissions::from_mode(0o711)).map_err(failed)?;
    }
    let closed = home
        .ancestors()
        .find(|above| fs::metadata(above).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 == 0));
    match closed {
        None => Ok(folder),
        Some(above) => Err(Error::NoSandbox(format!(
            "nobody, as whom programs run, can't come past {}; `chmod a+x` it, or keep the state elsewhere",
            above.display()
        ))),
    }
}

/// Starts a command or a program.
pub(super) fn start(
    name: &str,
    policy: &Policy,
    home: &Path,
    ends: Ends,
) -> Result<(Job, Option<Kept>), Error> {
    let state = policy.state.as_deref().map(|of| folder(home, of)).transpose()?;
    let (report_from, report_to) = own_pipe()?;
    // Whoever may read our files reads it.
    let filter = in_memory(
        "filter",
        &filter::program(&[policy.refused_calls, policy.refused_also].concat(), policy.families),
    )?;
    let group = Cgroup::make(name, policy)?;
    let limits = [
        format!("--fsize={}", policy.file_bytes),
        format!("--nofile={}", policy.open_files),
        "--core=0".to_owned(),
    ];
    let mut wrapped = Command::new("sh");
    wrapped
        .args(["-c", WRAPPER, "sh"])
        // By its place in ours, since it is closed in every other process.
        .arg(format!("/proc/{}/fd/{}", std::process::id(), filter.as_raw_fd()))
        .arg(format!("/proc/{}/fd/{}", std::process::id(), report_to.as_raw_fd()))
        .args(group.entries())
        .arg("--");
    if rustix::process::geteuid().is_root() {
        wrapped.args(["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "--"]);
    }
    wrapped.arg("prlimit").args(limits).arg("bwrap").args(render(policy, state.as_deref()));
    wrapped.stdin(Stdio::from(ends.input)).stdout(Stdio::from(ends.output)).stderr(Stdio::from(ends.errors));
    wrapped.env_clear().env("PATH", PATH).current_dir("/").kill_on_drop(true);
    let spawned = wrapped.spawn();
    // Our copies of what the command writes to must be closed, or its end would never be seen.
    drop(wrapped);
    let child = match spawned {
        Ok(child) => child,
        Err(source) => {
            group.remove_now();
            return Err(Error::Run { program: "sh".to_owned(), source });
        }
    };
    let report = pipe::Receiver::from_owned_fd(report_from).map_err(Error::SandboxPipe)?;
    let bubble = Bubble { child, group, report, report_to: Some(report_to), told: Vec::new(), ended: false };
    Ok((Job::Bubble(Box::new(bubble)), Some(filter.into())))
}

/// What of ours has to stay open while a command starts.
pub(super) type Kept = OwnedFd;

impl Bubble {
    pub(super) async fn ended(&mut self) -> Result<(SandboxHow, i32), Error> {
        let status = self.child.wait().await.map_err(Error::SandboxPipe)?;
        self.ended = true;
        if self.group.ran_out_of_memory() && !status.success() {
            return Ok((SandboxHow::Memory, 9));
        }
        // Bubblewrap and all others that held this are dead; what they wrote is short.
        self.report_to = None;
        while self.told.len() < LONGEST_REPORT
            && self.report.read_buf(&mut self.told).await.map_err(Error::SandboxPipe)? > 0
        {}
        let report = String::from_utf8_lossy(&self.told);
        if let Some(signal) = status.signal() {
            return Ok((SandboxHow::Signalled, signal));
        }
        let Some(code) = exit_code(&report) else {
            return Err(Error::NoSandbox(format!(
                "bubblewrap ended with status {} before the command began {}",
                status.code().unwrap_or_default(),
                report.lines().find(|line| !line.starts_with('{')).unwrap_or_default()
            )));
        };
        Ok(match code {
            129..=192 => (SandboxHow::Signalled, code - 128),
            code => (SandboxHow::Exited, code),
        })
    }

    /// With bubblewrap its first process inside dies, and with that all others there.
    pub(super) async fn kill(&mut self) -> Result<(), Error> {
        if !self.ended {
            self.child.kill().await.map_err(Error::SandboxPipe)?;
        }
        self.group.remove().await
    }
}

/// What bubblewrap reports of a command that it ran to its end.
fn exit_code(report: &str) -> Option<i32> {
    report.lines().find_map(|line| {
        let value: serde_json::Value = serde_json::from_str(line).ok()?;
        i32::try_from(value.get("exit-code")?.as_i64()?).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_policy_names_is_there() {
        let words = render(&Policy::computing(5), None).join(" ");
        for needed in ["--unshare-all", "--cap-drop ALL", "--clearenv", "--seccomp 9", "--die-with-parent"] {
            assert!(words.contains(needed), "{words}");
        }
        assert!(!words.contains("--bind") && !words.contains("--share-net"), "{words}");
        assert!(
            words.contains("--ro-bind /usr /usr") && words.contains("--size 67108864 --tmpfs /work"),
            "{words}"
        );
        let state = Some(Path::new("/var/notes"));
        let words = render(&Policy::serving("notes", false), state).join(" ");
        assert!(words.contains("--bind /var/notes /state") && !words.contains("--share-net"), "{words}");
        let words = render(&Policy::serving("notes", true), state).join(" ");
        assert!(words.contains("--unshare-all") && words.contains("--share-net"), "{words}");
    }

    #[test]
    fn a_report_without_an_end_is_none() {
        assert_eq!(exit_code("{ \"child-pid\": 7 }\n{ \"exit-code\": 3 }\n"), Some(3));
        assert_eq!(exit_code("{ \"child-pid\": 7 }\n"), None);
        assert_eq!(exit_code("sh: 1: cannot create\n"), None);
    }
}
