//! Running a command where it can see nothing of anybody and change nothing.
//!
//! One [`policy`] says what a command has; systemd and bubblewrap render it. Which of the two is used is decided by
//! the machine, and none is used before a command in it has looked at its own walls and found all of them.

mod bubblewrap;
mod cgroup;
mod filter;
mod policy;
mod programs;
mod relay;
mod systemd;

use std::io::{Seek as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use livos_bus::sandbox::{SandboxFrame, SandboxHow};
use livos_service::{CancellationToken, TaskTracker};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::sync::{OnceCell, Semaphore};
use zbus::Connection;

use crate::Error;
use policy::Policy;
pub(crate) use systemd::ManagerProxy;

/// Commands that run at once.
const AT_ONCE: usize = 4;
/// How long a command of ours may take, in seconds.
const OURS: u32 = 20;
/// What the units and groups of commands are called, before the number of the process that made them.
const NAMES: &str = "livos-tool-";
/// The next command of this process: their names stand beside its number.
static NUMBER: AtomicU64 = AtomicU64::new(0);
/// There where systemd runs the machine.
const SYSTEMD: &str = "/run/systemd/system";

/// The calls of the kernel that every command is refused, with their numbers here.
pub fn refused_calls() -> &'static [(&'static str, i64)] {
    filter::REFUSED
}

/// The sandbox of this machine.
#[derive(Debug)]
pub struct Sandbox {
    systemd: Option<Connection>,
    state: PathBuf,
    backend: OnceCell<Backend>,
    at_once: Arc<Semaphore>,
    programs: programs::Programs,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

#[derive(Debug)]
enum Backend {
    Systemd(systemd::Systemd),
    Bubblewrap,
}

/// What a command or a program is connected with.
#[derive(Debug)]
struct Ends {
    /// What it reads.
    input: OwnedFd,
    /// Where it writes.
    output: OwnedFd,
    /// Where it writes what went wrong.
    errors: OwnedFd,
}

/// A command or a program at work.
#[derive(Debug)]
struct Running {
    job: Job,
    /// What a command writes, and what a program writes of what went wrong.
    output: pipe::Receiver,
    /// Stays open as long as it runs.
    kept: Option<bubblewrap::Kept>,
}

#[derive(Debug)]
enum Job {
    Unit(Box<systemd::Unit>),
    Bubble(Box<bubblewrap::Bubble>),
}

impl Job {
    /// Waits for its end. Nothing is lost when this is not waited for to its own.
    async fn ended(&mut self) -> Result<(SandboxHow, i32), Error> {
        match self {
            Self::Unit(unit) => unit.ended().await,
            Self::Bubble(bubble) => bubble.ended().await,
        }
    }

    /// Ends all of it, if it has not ended, and clears up.
    async fn kill(&mut self) -> Result<(), Error> {
        match self {
            Self::Unit(unit) => unit.kill().await,
            Self::Bubble(bubble) => bubble.kill().await,
        }
    }
}

impl Sandbox {
    /// Touches nothing yet. With a connection to systemd commands are its units, otherwise bubblewrap's.
    pub fn new(
        systemd: Option<Connection>,
        state: &Path,
        tasks: TaskTracker,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            systemd,
            state: state.to_owned(),
            backend: OnceCell::new(),
            at_once: Arc::new(Semaphore::new(AT_ONCE)),
            programs: programs::Programs::default(),
            tasks,
            shutdown,
        }
    }

    /// Ends what an earlier life of the daemon left behind. Without systemd that died with it.
    pub async fn sweep(&self) {
        let Some(bus) = &self.systemd else { return };
        let swept = match systemd::Systemd::new(bus, &self.state).await {
            Ok(Some(systemd)) => systemd.sweep().await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = swept {
            tracing::warn!(error = livos_service::chain(&error), "nothing is known of earlier commands");
        }
    }

    /// Runs a shell command for at most so many seconds; a pipe of [`SandboxFrame`]s. It ends when the pipe is closed.
    pub async fn run(self: &Arc<Self>, command: &str, seconds: u32) -> Result<OwnedFd, Error> {
        if command.trim().is_empty() || command.len() > policy::LONGEST_COMMAND || command.contains('\0') {
            let most = policy::LONGEST_COMMAND / 1024;
            return Err(Error::Command(format!(
                "a command is text of at least one letter and at most {most} KiB"
            )));
        }
        let permit = Arc::clone(&self.at_once).try_acquire_owned().map_err(|_| Error::Busy(AT_ONCE))?;
        let backend = self.backend.get_or_try_init(async || self.proven().await).await?;
        let policy = Policy::computing(seconds);
        let running = self.command(backend, &policy, command).await?;
        let (read, write) = own_pipe()?;
        let to = pipe::Sender::from_owned_fd(write).map_err(Error::SandboxPipe)?;
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            if let Err(error) = relay::relay(running, to, policy.seconds, shutdown).await {
                tracing::error!(error = livos_service::chain(&error), "a command in the sandbox was lost");
            }
            drop(permit);
        });
        Ok(read)
    }

    /// Starts a command: what it reads is itself, and what it writes is one stream.
    async fn command(&self, backend: &Backend, policy: &Policy, command: &str) -> Result<Running, Error> {
        let (read, output) = own_pipe()?;
        let errors = output.try_clone().map_err(Error::SandboxPipe)?;
        let input = in_memory("command", command.as_bytes())?.into();
        self.start(backend, policy, Ends { input, output, errors }, read).await
    }

    async fn start(
        &self,
        backend: &Backend,
        policy: &Policy,
        ends: Ends,
        read: OwnedFd,
    ) -> Result<Running, Error> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("{NAMES}{}-{number}", std::process::id());
        let (job, kept) = match backend {
            Backend::Systemd(systemd) => (systemd.start(&name, policy, ends).await?, None),
            Backend::Bubblewrap => bubblewrap::start(&name, policy, &self.state, ends)?,
        };
        let output = pipe::Receiver::from_owned_fd(read).map_err(Error::SandboxPipe)?;
        Ok(Running { job, output, kept })
    }

    /// The backend of this machine, after a command in it has found all its walls.
    async fn proven(&self) -> Result<Backend, Error> {
        let systemd = match &self.systemd {
            Some(bus) => systemd::Systemd::new(bus, &self.state).await?,
            None => None,
        };
        let backend = match systemd {
            Some(systemd) => {
                needs_controllers()?;
                Backend::Systemd(systemd)
            }
            None => {
                needs_programs()?;
                cgroup::sweep();
                Backend::Bubblewrap
            }
        };
        self.prove(&backend, &Policy::computing(10)).await?;
        Ok(backend)
    }

    /// Has a command under this policy look for its walls.
    async fn prove(&self, backend: &Backend, policy: &Policy) -> Result<(), Error> {
        let found = self.say(backend, policy, PROBE).await?;
        let missing = missing_walls(policy, &found);
        if missing.is_empty() {
            return Ok(());
        }
        tracing::error!(found, "the sandbox lacks walls");
        Err(Error::NoSandbox(format!("these walls do not stand: {}", missing.join(", "))))
    }

    /// Runs a command of ours to its end, under this policy but for how it comes in; what it says.
    async fn say(&self, backend: &Backend, policy: &Policy, command: &str) -> Result<String, Error> {
        let policy = Policy { runner: policy::RUNNER, seconds: OURS, ..policy.clone() };
        let running = self.command(backend, &policy, command).await?;
        let (read, write) = own_pipe()?;
        let to = pipe::Sender::from_owned_fd(write).map_err(Error::SandboxPipe)?;
        let (relayed, found) =
            tokio::join!(relay::relay(running, to, policy.seconds, self.shutdown.clone()), collect(read));
        relayed?;
        found
    }
}

/// Whether systemd runs the machine, and does what we ask.
pub(crate) fn by_systemd() -> bool {
    Path::new(SYSTEMD).exists() && rustix::process::geteuid().is_root()
}

/// systemd passes over limits that the kernel does not know.
fn needs_controllers() -> Result<(), Error> {
    // What can't be read names no controller, in either version of groups, and then nothing is run.
    let unified = std::fs::read_to_string("/sys/fs/cgroup/cgroup.controllers").ok();
    for controller in ["memory", "pids", "cpu"] {
        let there = match &unified {
            Some(controllers) => controllers.split_whitespace().any(|name| name == controller),
            None => Path::new("/sys/fs/cgroup").join(controller).exists(),
        };
        if !there {
            return Err(Error::NoSandbox(format!(
                "the kernel does not govern {controller}; `cgroup_enable=memory` on its command line may change that"
            )));
        }
    }
    Ok(())
}

fn needs_programs() -> Result<(), Error> {
    for (program, package) in [("bwrap", "bubblewrap"), ("prlimit", "util-linux"), ("setpriv", "util-linux")]
    {
        let there = bubblewrap::PATH.split(':').any(|folder| Path::new(folder).join(program).exists());
        if !there {
            return Err(Error::NoSandbox(format!(
                "systemd does not run this machine, and {program} is not there either; install the package {package}"
            )));
        }
    }
    Ok(())
}

/// Looks at its own walls from inside, with what the shell has built in.
const PROBE: &str = r#"
while read -r key value rest; do
  case $key in NoNewPrivs:|Seccomp:|CapEff:|CapPrm:) echo "$key $value";; esac
done </proc/self/status
while read -r name rest; do case $name in *:*) echo "net ${name%%:*}";; esac; done </proc/self/net/dev
for path in /* /.[!.]*; do [ -e "$path" ] && echo "root $path"; done
for path in / /usr /etc /dev /dev/shm /dev/mqueue /run /sys /tmp /var /var/tmp /state; do (: >"$path/livos-probe") 2>/dev/null && echo "writes $path"; done
(: >/work/probe) && echo "work"
[ "$(pwd)" = /work ] && echo "there"
"#;

/// What a root has at most.
const ROOT: [&str; 17] = [
    "/bin", "/dev", "/etc", "/lib", "/lib64", "/proc", "/root", "/run", "/sbin", "/sys", "/tmp", "/usr",
    "/var", "/work", "/state", "/lib32", "/libx32",
];

/// What the probe should have found and has not, and what it should not have.
fn missing_walls(policy: &Policy, found: &str) -> Vec<String> {
    let lines: Vec<&str> = found.lines().collect();
    let state = format!("writes {}", policy::STATE);
    let stays = policy.state.as_ref().map(|_| (state.as_str(), "a folder that stays"));
    let needed = [
        ("NoNewPrivs: 1", "no new privileges"),
        ("Seccomp: 2", "the filter of calls"),
        ("CapEff: 0000000000000000", "no capabilities"),
        ("CapPrm: 0000000000000000", "no capabilities to take"),
        ("net lo", "a network of its own"),
        ("work", "a folder to work in"),
        ("there", "its place in it"),
    ];
    let lacking = needed
        .into_iter()
        .chain(stays)
        .filter(|(line, _)| !lines.contains(line))
        .map(|(_, wall)| (*wall).to_owned());
    let surplus = lines.iter().filter(|line| match line.split_once(' ') {
        Some(("net", name)) => !policy.network && name != "lo",
        Some(("root", path)) => !ROOT.contains(&path),
        Some(("writes", _)) => stays.is_none() || **line != state,
        _ => false,
    });
    lacking.chain(surplus.map(|line| format!("nothing of “{line}”"))).collect()
}

/// All that a command says.
async fn collect(from: OwnedFd) -> Result<String, Error> {
    let mut from = pipe::Receiver::from_owned_fd(from).map_err(Error::SandboxPipe)?;
    let (mut bytes, mut text) = (Vec::new(), Vec::new());
    from.read_to_end(&mut bytes).await.map_err(Error::SandboxPipe)?;
    while let Some(frame) = SandboxFrame::decode(&mut bytes).map_err(Error::SandboxFrame)? {
        if let SandboxFrame::Output(output) = frame {
            text.extend(output);
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// A pipe's reading and writing end.
fn own_pipe() -> Result<(OwnedFd, OwnedFd), Error> {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
        .map_err(|error| Error::SandboxPipe(error.into()))
}

/// A file that is in memory and has no name, at its beginning. A pipe would hold less than a command when a machine has
/// many of them, and whoever fills it would wait for a reader that is not there yet.
fn in_memory(name: &str, content: &[u8]) -> Result<std::fs::File, Error> {
    let memory = rustix::fs::memfd_create(name, rustix::fs::MemfdFlags::CLOEXEC)
        .map_err(|error| Error::SandboxPipe(error.into()))?;
    let mut file = std::fs::File::from(memory);
    file.write_all(content).and_then(|()| file.rewind()).map_err(Error::SandboxPipe)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::missing_walls;
    use super::policy::Policy;

    const WELL: &str = "NoNewPrivs: 1\nSeccomp: 2\nCapEff: 0000000000000000\nCapPrm: 0000000000000000\nnet lo\n\
                        root /bin\nroot /work\nwork\nthere\n";

    #[test]
    fn a_wall_that_is_missing_is_named() {
        let policy = Policy::computing(1);
        assert_eq!(missing_walls(&policy, WELL), Vec::<String>::new());
        for (from, to, wall) in [
            ("NoNewPrivs: 1", "NoNewPrivs: 0", "no new privileges"),
            ("Seccomp: 2", "Seccomp: 0", "filter"),
            ("CapEff: 0000000000000000", "CapEff: 0000000000000001", "no capabilities"),
            ("net lo\n", "net lo\nnet eth0\n", "net eth0"),
            ("root /work", "root /srv", "/srv"),
            ("work\nthere", "writes /usr\nwork\nthere", "writes /usr"),
        ] {
            let missing = missing_walls(&policy, &WELL.replace(from, to));
            assert!(missing.iter().any(|missing| missing.contains(wall)), "{wall}: {missing:?}");
        }
        assert!(missing_walls(&policy, "").len() >= 7, "a probe that says nothing has found nothing");
        let missing = missing_walls(&Policy::serving("notes", false), WELL);
        assert_eq!(missing, ["a folder that stays"]);
        let with = format!("{WELL}net eth0\nwrites /state\n");
        assert_eq!(missing_walls(&Policy::serving("notes", true), &with), Vec::<String>::new());
        assert_eq!(missing_walls(&Policy::serving("notes", false), &with), ["nothing of “net eth0”"]);
    }
}
