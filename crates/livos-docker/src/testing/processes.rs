//! Ending what was started, and sweeping up after what was killed.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Longer than the daemon gives its containers.
const GRACE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// SIGTERM, and SIGKILL if that isn't enough.
pub(super) fn terminate(child: &mut Child) -> io::Result<()> {
    if child.try_wait()?.is_some() {
        return Ok(());
    }
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(pid) = pid {
        kill_process(pid, Signal::TERM)?;
    }
    let deadline = Instant::now() + GRACE;
    while child.try_wait()?.is_none() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            break;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// Prepares the start of a daemon after one that was killed.
///
/// Its containerd dies with it, but may still be about to, or may stay behind as a zombie where process 1 reaps
/// none; either way a new daemon would take it for alive by its pid file and wait for it in vain.
pub(super) fn clear_the_way(dir: &Path) -> io::Result<()> {
    let orphans = || processes_naming(dir, |program| program == "containerd");
    let deadline = Instant::now() + GRACE;
    loop {
        let left = orphans();
        if left.is_empty() {
            break;
        }
        if Instant::now() > deadline {
            return Err(io::Error::other("the containerd of a killed daemon doesn't end"));
        }
        for pid in left {
            // It may have ended by itself since it was found.
            kill_process(pid, Signal::KILL).unwrap_or_default();
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    for file in ["docker.pid", "exec/containerd/containerd.pid"] {
        match fs::remove_file(dir.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Runs a small program to its end.
pub(super) fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(io::Error::other(format!("{:?} failed: {said}", command.get_program())))
}

/// Removes what a daemon leaves: processes of containers that outlived it, mounts, bridges, control groups.
/// Everything is found by names that only this instance uses. What can't be removed is left.
pub(super) fn leftovers(dir: &Path, own: &str, range: u8) {
    let groups: Vec<PathBuf> = control_groups(own);
    for group in &groups {
        for pid in processes_in(group) {
            kill_process(pid, Signal::KILL).unwrap_or_default();
        }
    }
    for pid in processes_naming(dir, |program| program.starts_with("containerd")) {
        kill_process(pid, Signal::KILL).unwrap_or_default();
    }
    for mount in mounts_below(dir) {
        run(Command::new("umount").arg("-l").arg(mount)).unwrap_or_default();
    }
    for bridge in bridges(own, range) {
        run(Command::new("ip").args(["link", "del", &bridge])).unwrap_or_default();
    }
    let deadline = Instant::now() + Duration::from_secs(2);
    for group in groups {
        while remove_group(&group).is_err() && Instant::now() < deadline {
            std::thread::sleep(LOOK_AGAIN);
        }
    }
}

/// The instance's group in each hierarchy (version 1), or its only one (version 2).
fn control_groups(own: &str) -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let hierarchies = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    std::iter::once(root.to_owned())
        .chain(hierarchies)
        .map(|hierarchy| hierarchy.join(own))
        .filter(|group| group.is_dir())
        .collect()
}

fn subgroups(group: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(group).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn processes_in(group: &Path) -> Vec<Pid> {
    let mut found: Vec<Pid> = fs::read_to_string(group.join("cgroup.procs"))
        .unwrap_or_default()
        .lines()
        .filter_map(|line| Pid::from_raw(line.parse().ok()?))
        .collect();
    found.extend(subgroups(group).iter().flat_map(|group| processes_in(group)));
    found
}

fn remove_group(group: &Path) -> io::Result<()> {
    for group in subgroups(group) {
        remove_group(&group)?;
    }
    fs::remove_dir(group)
}

/// Processes of these programs with the instance's directory on their command line: containerd and its shims.
fn processes_naming(dir: &Path, is_meant: impl Fn(&str) -> bool) -> Vec<Pid> {
    let needle = dir.as_os_str().as_encoded_bytes();
    let own = std::process::id();
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| u32::try_from(*pid).ok() != Some(own))
        .filter(|pid| {
            let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
            let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            is_meant(name) && line.windows(needle.len()).any(|window| window == needle)
        })
        .filter_map(Pid::from_raw)
        .collect()
}

/// Mount points below the directory, the deepest first.
fn mounts_below(dir: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut mounts: Vec<PathBuf> = table
        .lines()
        .filter_map(|line| line.split(' ').nth(4))
        .map(PathBuf::from)
        .filter(|path| path.starts_with(dir))
        .collect();
    mounts.sort_by_key(|path| std::cmp::Reverse(path.components().count()));
    mounts
}

/// The instance's default bridge, and those of user networks, which are known by their addresses.
fn bridges(own: &str, range: u8) -> Vec<String> {
    let prefix = format!("10.{range}.");
    let meant = |(name, address): &(String, String)| {
        (name == own || name.starts_with("br-")) && address.starts_with(&prefix)
    };
    addresses().unwrap_or_default().into_iter().filter(meant).map(|(name, _)| name).collect()
}

/// The second byte of every 10.x address of this machine.
pub(super) fn ranges_in_use() -> io::Result<Vec<u8>> {
    let second = |address: &str| address.strip_prefix("10.")?.split('.').next()?.parse().ok();
    Ok(addresses()?.iter().filter_map(|(_, address)| second(address)).collect())
}

/// Interfaces and their addresses.
fn addresses() -> io::Result<Vec<(String, String)>> {
    let output = Command::new("ip").args(["-o", "-4", "addr", "show"]).output()?;
    let pair = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.nth(1)?.to_owned(), words.nth(1)?.to_owned()))
    };
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(pair).collect())
}
