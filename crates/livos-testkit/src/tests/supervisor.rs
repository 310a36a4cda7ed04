use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::supervisor::{Places, Supervisor, Unit};

const SOON: Duration = Duration::from_secs(20);

struct Scene {
    home: TempDir,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn new() -> Self {
        Self { home: tempfile::tempdir().expect("a folder"), lines: Arc::default() }
    }

    fn start(&self, units: &[Unit]) -> Supervisor {
        let places = Places { log: self.home.path().join("log"), runtime: self.home.path().join("run") };
        let lines = Arc::clone(&self.lines);
        let on_line = Arc::new(move |unit: &str, line: &str| {
            lines.lock().expect("no panic").push(format!("{unit}: {line}"));
        });
        Supervisor::start(units, places, on_line).expect("it starts")
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("no panic").clone()
    }
}

fn shell(name: &str, script: &str) -> Unit {
    Unit {
        name: name.to_owned(),
        program: "sh".into(),
        args: vec!["-c".into(), script.into()],
        ready_at_once: true,
        patience: Duration::from_secs(5),
        ..Unit::default()
    }
}

fn is_gone(pid: u32) -> bool {
    kill(Pid::from_raw(i32::try_from(pid).expect("a pid")), None) == Err(Errno::ESRCH)
}

/// Waits until the unit has said hello this often.
async fn said(scene: &Scene, times: usize) {
    let count = || scene.lines().iter().filter(|line| *line == "one: hello").count();
    crate::wait_for(SOON, "it says hello", async || (count() == times).then_some(())).await.expect("hello");
}

#[tokio::test]
async fn what_dies_comes_back_and_stop_ends_it() {
    let scene = Scene::new();
    let supervisor = scene.start(&[shell("one", "echo hello; exec sleep 1000")]);
    said(&scene, 1).await;
    let first = supervisor.unit("one").and_then(|state| state.pid).expect("a process");
    supervisor.signal("one", Signal::SIGKILL).expect("killed");
    supervisor.restarted("one", 1, SOON).await.expect("it comes back");
    said(&scene, 2).await;
    let second = supervisor.unit("one").and_then(|state| state.pid).expect("a process");
    assert_ne!(first, second);
    supervisor.stop().await;
    assert!(is_gone(first) && is_gone(second));
    let log = std::fs::read_to_string(scene.home.path().join("log/one.log")).expect("a log");
    assert_eq!(log, "hello\nhello\n");
}

#[tokio::test]
async fn what_a_unit_tells_after_it_is_ready_is_taken() {
    let scene = Scene::new();
    let mut talker = shell("one", "exec sleep 1000");
    talker.ready_at_once = false;
    let supervisor = scene.start(&[talker]);
    let path = scene.home.path().join("run/notify-one.sock");
    crate::wait_for(SOON, "it is listened to", async || path.exists().then_some(())).await.expect("a socket");
    let talk = tokio::task::spawn_blocking(move || {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(SOON))?;
        // More than the kernel keeps for somebody who does not listen.
        (0..2000).try_for_each(|_| socket.send_to(b"READY=1", &path).map(drop))
    });
    supervisor.ready(SOON).await.expect("ready");
    talk.await.expect("no panic").expect("everything is taken");
    supervisor.stop().await;
}

#[tokio::test]
async fn a_unit_starts_after_and_is_restarted_with_what_it_is_bound_to() {
    let scene = Scene::new();
    let base = shell("base", "exec sleep 1000");
    let mut user = shell("user", "exec sleep 1000");
    user.after = vec!["base".to_owned()];
    user.bound_to = Some("base".to_owned());
    let supervisor = scene.start(&[user, base]);
    supervisor.ready(SOON).await.expect("ready");
    let before = supervisor.unit("user").and_then(|state| state.pid).expect("a process");
    supervisor.signal("base", Signal::SIGKILL).expect("killed");
    supervisor.restarted("user", 1, SOON).await.expect("it is restarted, too");
    assert!(is_gone(before));
    assert_eq!(supervisor.unit("base").map(|state| state.starts), Some(2));
    supervisor.stop().await;
}

#[tokio::test]
async fn what_others_need_stops_last() {
    let scene = Scene::new();
    let trap =
        |name: &str| format!("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done # {name}");
    let base = shell("base", &trap("base"));
    let mut user = shell("user", &trap("user"));
    user.after = vec!["base".to_owned()];
    let supervisor = scene.start(&[base, user]);
    crate::wait_for(SOON, "both are up", async || {
        let lines = scene.lines();
        (lines.contains(&"base: up".to_owned()) && lines.contains(&"user: up".to_owned())).then_some(())
    })
    .await
    .expect("up");
    supervisor.stop().await;
    let byes: Vec<String> = scene.lines().into_iter().filter(|line| line.ends_with("bye")).collect();
    assert_eq!(byes, ["user: bye", "base: bye"]);
}

#[tokio::test]
async fn a_unit_that_ignores_term_is_killed_with_its_children() {
    let scene = Scene::new();
    let script = "trap '' TERM; sleep 1000 & echo $!; echo up; while :; do sleep 0.05; done";
    let mut stubborn = shell("stubborn", script);
    stubborn.patience = Duration::from_millis(50);
    let supervisor = scene.start(&[stubborn]);
    crate::wait_for(SOON, "it is up", async || {
        scene.lines().contains(&"stubborn: up".to_owned()).then_some(())
    })
    .await
    .expect("up");
    supervisor.stop().await;
    let child =
        scene.lines().first().and_then(|line| line.strip_prefix("stubborn: ")?.parse().ok()).expect("a pid");
    crate::wait_for(SOON, "its child is gone", async || is_gone(child).then_some(())).await.expect("gone");
}

#[tokio::test]
async fn a_unit_that_cannot_start_is_named_with_its_reason() {
    let scene = Scene::new();
    let mut broken = shell("broken", "echo no >&2; exit 3");
    broken.ready_at_once = false;
    let supervisor = scene.start(&[broken, shell("fine", "exec sleep 1000")]);
    crate::wait_for(SOON, "it was tried again", async || {
        supervisor.unit("broken").filter(|state| state.starts > 1).map(|_| ())
    })
    .await
    .expect("tried");
    let error = supervisor.ready(Duration::from_millis(10)).await.expect_err("it can't be").to_string();
    assert!(error.contains("broken (exit status: 3)") && !error.contains("fine"), "{error}");
    supervisor.stop().await;
}

#[tokio::test]
async fn dropping_the_supervisor_leaves_nothing() {
    let scene = Scene::new();
    let supervisor = scene.start(&[shell("one", "exec sleep 1000")]);
    supervisor.ready(SOON).await.expect("ready");
    let pid = supervisor.unit("one").and_then(|state| state.pid).expect("a process");
    drop(supervisor);
    crate::wait_for(SOON, "it is gone", async || is_gone(pid).then_some(())).await.expect("gone");
}

#[tokio::test]
async fn waiting_for_nobody_is_refused() {
    let scene = Scene::new();
    let mut lost = shell("lost", "true");
    lost.after = vec!["nobody".to_owned()];
    let places = Places { log: scene.home.path().into(), runtime: scene.home.path().into() };
    let outcome = Supervisor::start(&[lost], places, Arc::new(|_, _| {}));
    assert!(outcome.is_err());
}
