//! One child process: spawned so that it can't outlive us, listened to, and ended for good.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::net::UnixDatagram;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use super::{OnLine, Places, Unit};

pub(super) enum Happened {
    Ready,
    Ended(String),
}

pub(super) struct Running {
    pub(super) pid: u32,
    child: Child,
    notify: UnixDatagram,
    notify_path: PathBuf,
    // Ends with the child: the readers see the end of both pipes.
    readers: JoinSet<()>,
}

impl Running {
    pub(super) fn spawn(unit: &Unit, places: &Places, on_line: &OnLine) -> Result<Self> {
        for path in &unit.clear {
            let _ = std::fs::remove_file(path);
        }
        let notify_path = places.runtime.join(format!("notify-{}.sock", unit.name));
        let _ = std::fs::remove_file(&notify_path);
        let notify = UnixDatagram::bind(&notify_path)
            .with_context(|| format!("no readiness socket at {}", notify_path.display()))?;
        // setpriv sets the parent death signal in the child and then becomes the program: that call
        // has no safe form on our side of the fork.
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL"])
            .arg(&unit.program)
            .args(&unit.args)
            .env("NOTIFY_SOCKET", &notify_path)
            .env_remove("JOURNAL_STREAM")
            .envs(unit.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        for name in &unit.env_remove {
            command.env_remove(name);
        }
        let mut child = command.spawn().context("setpriv (package util-linux) could not be started")?;
        let pid = child.id().context("the process ended at once")?;
        let log = places.log.join(format!("{}.log", unit.name));
        let mut readers = JoinSet::new();
        if let Some(out) = child.stdout.take() {
            readers.spawn(copy_lines(out, unit.name.clone(), log.clone(), OnLine::clone(on_line)));
        }
        if let Some(err) = child.stderr.take() {
            readers.spawn(copy_lines(err, unit.name.clone(), log, OnLine::clone(on_line)));
        }
        Ok(Self { pid, child, notify, notify_path, readers })
    }

    /// What happens next: it becomes ready (once, if `until_ready`), or it ends.
    pub(super) async fn next(&mut self, until_ready: bool) -> Happened {
        let Self { child, notify, .. } = self;
        // What it says later is taken, too: Caddy tells of each new configuration, and would stop in the middle of one
        // once the socket was full.
        let told = async {
            loop {
                ready(notify).await;
                if until_ready {
                    return;
                }
            }
        };
        tokio::select! {
            () = told => Happened::Ready,
            ended = child.wait() => Happened::Ended(describe(ended)),
        }
    }

    /// Waits for the end and says how it came.
    async fn exited(&mut self) -> String {
        describe(self.child.wait().await)
    }

    /// TERM, then KILL; leaves nothing of its process group.
    pub(super) async fn end(&mut self, patience: Duration) -> String {
        let _ = signal_group(self.pid, Signal::SIGTERM);
        let exit = match tokio::time::timeout(patience, self.exited()).await {
            Ok(exit) => exit,
            Err(_) => {
                let _ = signal_group(self.pid, Signal::SIGKILL);
                format!("killed after {} s: {}", patience.as_secs(), self.exited().await)
            }
        };
        self.sweep().await;
        exit
    }

    /// Removes what the dead main process may have left in its group, and takes the last lines.
    pub(super) async fn sweep(&mut self) {
        let _ = signal_group(self.pid, Signal::SIGKILL);
        let last_words = async { while self.readers.join_next().await.is_some() {} };
        // A grandchild that left the group may hold the pipe open for ever.
        let _ = tokio::time::timeout(Duration::from_secs(1), last_words).await;
        self.readers.abort_all();
        let _ = std::fs::remove_file(&self.notify_path);
    }
}

fn describe(ended: std::io::Result<std::process::ExitStatus>) -> String {
    match ended {
        Ok(status) => status.to_string(),
        Err(error) => format!("it could not be waited for: {error}"),
    }
}

/// Waits for READY=1; never returns if the program doesn't send it.
async fn ready(notify: &UnixDatagram) {
    let mut buffer = [0_u8; 4096];
    loop {
        let Ok(length) = notify.recv(&mut buffer).await else {
            return std::future::pending().await;
        };
        let message = String::from_utf8_lossy(buffer.get(..length).unwrap_or_default());
        if message.lines().any(|line| line == "READY=1") {
            return;
        }
    }
}

async fn copy_lines(pipe: impl AsyncRead + Unpin, name: String, log: PathBuf, on_line: OnLine) {
    use std::io::Write as _;
    let mut file = open_log(&log);
    let mut lines = BufReader::new(pipe).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        if let Some(file) = &mut file {
            let _ = file.write_all(&[line.as_slice(), b"\n"].concat());
        }
        on_line(&name, &String::from_utf8_lossy(&line));
    }
}

fn open_log(path: &Path) -> Option<std::fs::File> {
    std::fs::OpenOptions::new().create(true).append(true).open(path).ok()
}

pub(super) fn signal_process(pid: u32, signal: Signal) -> Result<()> {
    ignore_gone(kill(pid_of(pid)?, signal))
}

fn signal_group(pid: u32, signal: Signal) -> Result<()> {
    ignore_gone(killpg(pid_of(pid)?, signal))
}

fn pid_of(pid: u32) -> Result<Pid> {
    Ok(Pid::from_raw(i32::try_from(pid)?))
}

fn ignore_gone(result: nix::Result<()>) -> Result<()> {
    match result {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
