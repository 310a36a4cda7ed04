//! The real program on a real bus: starts, stops, refuses, and ends when the bus does.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// A process that goes with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Process {
    fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until it has written `text` to stderr.
    fn says(&mut self, text: &str) {
        let stderr = BufReader::new(self.0.stderr.take().unwrap());
        let mut seen = Vec::new();
        for line in stderr.lines().map_while(Result::ok) {
            if line.contains(text) {
                return;
            }
            seen.push(line);
        }
        panic!("{text:?} was not said, but {seen:#?}");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

fn bus() -> (Process, String) {
    let mut child = Command::new("dbus-daemon")
        .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
    (Process(child), address.trim().to_owned())
}

fn daemon(directory: &Path, address: &str, more: &str) -> Process {
    let at = directory.display();
    let config = directory.join("livos.toml");
    let text = format!(
        "[server]\ndata_dir = \"{at}/data\"\nstate_dir = \"{at}/state\"\nruntime_dir = \"{at}/run\"\n\
         [bus]\naddress = \"{address}\"\n[caddy]\nadmin = \"{at}/run/caddy.sock\"\n\
         [apps]\ndocker = \"unix://{at}/run/docker.sock\"\n{more}"
    );
    std::fs::write(&config, text).unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_livos-apps"))
        .arg("--config")
        .arg(config)
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    Process(child)
}

#[test]
fn it_starts_without_docker_and_caddy_and_stops_when_told() {
    let directory = tempfile::tempdir().unwrap();
    let (_bus, address) = bus();
    for signal in ["TERM", "INT"] {
        let mut daemon = daemon(directory.path(), &address, "");
        daemon.says("ready");
        daemon.signal(signal);
        assert_eq!(daemon.ended().code(), Some(0), "{signal}");
    }
}

#[test]
fn it_comes_back_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let (_bus, address) = bus();
    for _ in 0..2 {
        let mut daemon = daemon(directory.path(), &address, "");
        daemon.says("ready");
        daemon.signal("KILL");
        daemon.ended();
    }
}

#[test]
fn it_ends_with_an_error_when_the_bus_goes_so_that_it_is_started_again() {
    let directory = tempfile::tempdir().unwrap();
    let (bus, address) = bus();
    let mut daemon = daemon(directory.path(), &address, "");
    daemon.says("ready");
    drop(bus);
    assert_eq!(daemon.ended().code(), Some(1));
}

#[test]
fn a_second_copy_gives_way_to_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let (_bus, address) = bus();
    let mut first = daemon(directory.path(), &address, "");
    first.says("ready");
    let mut second = daemon(directory.path(), &address, "");
    second.says("is another copy running");
    assert_eq!(second.ended().code(), Some(1));
    assert_eq!(first.0.try_wait().unwrap(), None);
}

#[test]
fn a_wrong_configuration_is_refused_with_its_line_and_an_exit_code_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut daemon = daemon(directory.path(), "unix:path=/nowhere", "sorces = []\n");
    daemon.says("there is no key sorces in [apps] (did you mean sources?)");
    assert_eq!(daemon.ended().code(), Some(78));
}

#[test]
fn without_a_bus_it_says_which_one_and_ends() {
    let directory = tempfile::tempdir().unwrap();
    let mut daemon = daemon(directory.path(), "unix:path=/nowhere/bus", "");
    daemon.says("cannot connect to the bus at unix:path=/nowhere/bus");
    assert_eq!(daemon.ended().code(), Some(1));
}
