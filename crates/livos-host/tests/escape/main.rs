//! Getting out of the sandbox: every attempt that we know, on whichever backend this machine has.
//!
//! `table.rs` is the list, `outside.rs` looks at the machine from outside while they are made. With
//! `LIVOS_ESCAPE=bus` the attempts go to the daemon that runs, over the bus, as the agent's do; this is how an
//! installed LivOS is tested (`ci/boot/packages.py`).

#![expect(clippy::expect_used, clippy::panic, reason = "this whole program is a test")]

mod outside;
mod programs;
mod table;

use std::os::fd::OwnedFd;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use livos_bus::sandbox::{SandboxEnd, SandboxFrame, SandboxHow};
use livos_bus::{Actor, HostSandboxProxy};
use livos_host::sandbox::Sandbox;
use livos_service::{CancellationToken, TaskTracker};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use zbus::Connection;

use outside::Outside;
use table::{ATTEMPTS, Attempt, Seen};

/// Nothing here takes this long unless it never comes.
const DEADLINE: Duration = Duration::from_secs(180);

/// Whatever runs commands here.
enum Backend {
    /// The code of this checkout.
    Own { sandbox: Arc<Sandbox>, _home: tempfile::TempDir },
    /// The daemon of this machine.
    Daemon(HostSandboxProxy<'static>),
}

/// What a command said.
#[derive(Debug)]
struct Said {
    text: String,
    cut: u64,
    end: SandboxEnd,
}

impl Backend {
    async fn new() -> Option<Self> {
        if std::env::var_os("LIVOS_ESCAPE").is_some_and(|value| value == "bus") {
            let bus = Connection::system().await.expect("the system bus");
            return Some(Self::Daemon(HostSandboxProxy::new(&bus).await.expect("a proxy")));
        }
        let home = tempfile::tempdir().expect("a folder");
        let sandbox = Sandbox::new(None, home.path(), TaskTracker::new(), CancellationToken::new());
        let backend = Self::Own { sandbox: Arc::new(sandbox), _home: home };
        match backend.try_start("true", 20).await {
            Ok(said) => drop(said),
            Err(why) if std::env::var_os("LIVOS_REQUIRE_SANDBOX").is_some_and(|value| value == "1") => {
                panic!("LIVOS_REQUIRE_SANDBOX=1, but {why}")
            }
            Err(why) => {
                eprintln!("SKIPPED: {why}");
                return None;
            }
        }
        Some(backend)
    }

    async fn try_start(&self, command: &str, seconds: u32) -> Result<OwnedFd, String> {
        match self {
            Self::Own { sandbox, .. } => {
                sandbox.run(command, seconds).await.map_err(|error| error.to_string())
            }
            Self::Daemon(proxy) => {
                let actor = Actor::command_line().expect("somebody");
                let said = proxy.run(&actor, command, seconds).await;
                said.map(Into::into).map_err(|error| error.to_string())
            }
        }
    }

    async fn start(&self, command: &str, seconds: u32) -> pipe::Receiver {
        // Others of this suite may be at work.
        let started = async {
            loop {
                match self.try_start(command, seconds).await {
                    Err(why) if why.contains("running already") => {
                        tokio::time::sleep(Duration::from_millis(50)).await;
                    }
                    other => return other.expect("it starts"),
                }
            }
        };
        let said = tokio::time::timeout(DEADLINE, started).await.expect("a place");
        pipe::Receiver::from_owned_fd(said).expect("a pipe")
    }

    async fn run(&self, command: &str, seconds: u32) -> Said {
        let mut from = self.start(command, seconds).await;
        let mut bytes = Vec::new();
        tokio::time::timeout(DEADLINE, from.read_to_end(&mut bytes)).await.expect("an end").expect("read");
        let (mut text, mut cut, mut end) = (Vec::new(), 0, None);
        while let Some(frame) = SandboxFrame::decode(&mut bytes).expect("frames") {
            match frame {
                SandboxFrame::Output(output) => text.extend(output),
                SandboxFrame::Cut(count) => cut += count,
                SandboxFrame::End(how) => end = Some(how),
            }
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        Said { end: end.unwrap_or_else(|| panic!("no end after: {text}")), text, cut }
    }
}

#[tokio::test]
async fn no_attempt_gets_out_and_each_is_refused_by_the_wall_that_is_named() {
    let Some(backend) = Backend::new().await else { return };
    assert!(ATTEMPTS.len() >= 60, "{} attempts", ATTEMPTS.len());
    let outside = Outside::new();
    let mut wrong = Vec::new();
    for attempt in ATTEMPTS {
        let said = backend.run(&outside.fill(attempt.command), attempt.seconds).await;
        if let Some(why) = judge(attempt, &said) {
            wrong.push(format!(
                "{} [{:?}]: {why}\n{:?} {}",
                attempt.name,
                attempt.wall,
                said.end,
                excerpt(&said)
            ));
        }
        if let Some(why) = outside.harmed(&said.text) {
            wrong.push(format!("{} GOT OUT: {why}\n{:?} {}", attempt.name, said.end, excerpt(&said)));
        }
        println!("{:<44} {:?}", attempt.name, attempt.wall);
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ATTEMPTS.len(), wrong.join("\n"));
}

/// Attempts that harm nothing but what `outside.rs` has put there, and succeed for anybody who is not shut in.
const HARMLESS: &[&str] = &[
    "a canary is overwritten",
    "a secret is read",
    "a secret through a link",
    "printenv",
    "people's files",
    "the environment of others",
    "TCP to this machine",
    "UDP to this machine",
    "an abstract socket",
    "a socket in a folder",
    "a signal to a process outside",
    "a survivor in the background",
    "io_uring",
    "another personality",
];

#[tokio::test]
async fn an_attempt_that_gets_out_is_seen() {
    let mut unseen = Vec::new();
    for name in HARMLESS {
        let attempt = ATTEMPTS.iter().find(|attempt| attempt.name == *name).expect("it is in the table");
        let outside = Outside::new();
        let folder = tempfile::tempdir().expect("a folder");
        let mut shell = Command::new("sh");
        shell.args(["-c", &outside.fill(attempt.command)]).current_dir(folder.path()).env("CANARY", "x");
        let output = shell.output().expect("a shell");
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let end = SandboxEnd { how: SandboxHow::Exited, code: 0, milliseconds: 0 };
        let said = Said { text, cut: 0, end };
        let seen = async {
            while judge(attempt, &said).is_none() && outside.harmed(&said.text).is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // What was left behind may just be about to become what it is known by.
        if tokio::time::timeout(Duration::from_secs(20), seen).await.is_err() {
            unseen.push(format!("{name}: {}", excerpt(&said)));
        }
        outside.end_survivors();
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

/// Why an attempt was not refused as it should have been.
fn judge(attempt: &Attempt, said: &Said) -> Option<String> {
    match attempt.seen {
        Seen::Says(any) => {
            let said_so = any.iter().any(|words| said.text.contains(words));
            (!said_so).then(|| format!("does not say one of {any:?}"))
        }
        Seen::Ends(any) => (!any.contains(&said.end.how)).then(|| format!("does not end by one of {any:?}")),
    }
}

fn excerpt(said: &Said) -> String {
    said.text.chars().take(600).collect()
}

#[tokio::test]
async fn a_command_computes_and_says_how_it_ended() {
    let Some(backend) = Backend::new().await else { return };
    let said = backend.run("echo out; echo err >&2; pwd; echo $((6*7)); cat; exit 3", 20).await;
    assert_eq!(said.text, "out\nerr\n/work\n42\n", "both outputs in the order they came");
    assert_eq!((said.end.how, said.end.code, said.cut), (SandboxHow::Exited, 3, 0));
    let said = backend
        .run("printf 'b\\na\\n' >list && sort list && awk 'BEGIN { print \"awk\" }'; kill -9 $$", 20)
        .await;
    assert_eq!(said.text, "a\nb\nawk\n");
    assert_eq!((said.end.how, said.end.code), (SandboxHow::Signalled, 9));
    let said = backend.run("ls -A /work; echo \"$HOME $TMPDIR\"", 20).await;
    assert_eq!(said.text, "/work /work\n", "nothing is left of another command");
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_ended_with_all_that_it_started() {
    let Some(backend) = Backend::new().await else { return };
    let marker = outside::marker("abandoned");
    let command = format!(
        "(setsid sh -c 'while :; do sleep 1; : {marker}; done' >/dev/null 2>&1 &) ; echo begun; sleep 100"
    );
    let mut from = backend.start(&command, 60).await;
    let (mut bytes, mut begun) = (Vec::new(), false);
    while !begun {
        from.read_buf(&mut bytes).await.expect("read");
        while let Some(frame) = SandboxFrame::decode(&mut bytes).expect("frames") {
            begun |= matches!(frame, SandboxFrame::Output(output) if output.starts_with(b"begun"));
        }
    }
    outside::until(|| outside::is_running(&marker), "it runs").await;
    drop(from);
    outside::until(|| !outside::is_running(&marker), "all of it is gone").await;
}

#[tokio::test]
async fn a_command_ends_with_the_daemon_that_started_it() {
    let Some(backend) = Backend::new().await else { return };
    let marker = outside::marker("orphan");
    if let Backend::Daemon(_) = backend {
        let command = format!("while :; do sleep 1; : {marker}; done");
        let _from = backend.start(&format!("sh -c '{command}'"), 60).await;
        outside::until(|| outside::is_running(&marker), "it runs").await;
        let killed = Command::new("systemctl").args(["kill", "-s", "KILL", "livos-host.service"]).status();
        assert!(killed.expect("systemctl").success());
    } else {
        let mut daemon = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "a_daemon_that_is_killed", "--ignored"])
            .env("LIVOS_ESCAPE_MARKER", &marker)
            .spawn()
            .expect("it starts");
        outside::until(|| outside::is_running(&marker), "it runs").await;
        daemon.kill().expect("it is killed");
        daemon.wait().expect("it is dead");
    }
    outside::until(|| !outside::is_running(&marker), "all of it is gone").await;
    // A daemon that was killed comes back, and whoever is next needs it.
    let mut refused = String::new();
    let again = async {
        while let Err(why) = backend.try_start("true", 5).await {
            refused = why;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let came = tokio::time::timeout(DEADLINE, again).await;
    assert!(came.is_ok(), "no command can be run again: {refused}");
}

#[tokio::test]
#[ignore = "is started by the test before it, and killed"]
async fn a_daemon_that_is_killed() {
    let marker = std::env::var("LIVOS_ESCAPE_MARKER").expect("a marker");
    let backend = Backend::new().await.expect("a sandbox");
    let _from = backend.start(&format!("sh -c 'while :; do sleep 1; : {marker}; done'"), 60).await;
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn time_that_is_over_ends_a_command_and_what_it_said_is_kept() {
    let Some(backend) = Backend::new().await else { return };
    let said = backend.run("echo before; sleep 100; echo after", 1).await;
    assert_eq!((said.text.as_str(), said.end.how), ("before\n", SandboxHow::Time));
}

#[tokio::test]
async fn what_is_no_command_is_refused() {
    let Some(backend) = Backend::new().await else { return };
    for command in ["", " \n", "a\0b", &"x".repeat(33 * 1024)] {
        // The bus itself carries no such text.
        if command.contains('\0') && matches!(backend, Backend::Daemon(_)) {
            continue;
        }
        let why = backend.try_start(command, 1).await.expect_err("refused");
        assert!(why.contains("KiB"), "{why}");
    }
}
