//! The limits of a command without systemd: a control group of its own, of either version.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::NAMES;
use super::policy::Policy;
use crate::Error;

const ROOT: &str = "/sys/fs/cgroup";
const CONTROLLERS: [&str; 3] = ["memory", "pids", "cpu"];
/// What is dead is gone from its group this much later at most.
const PATIENCE: Duration = Duration::from_secs(5);

/// A group; it is removed with [`Cgroup::remove`].
#[derive(Debug)]
pub(super) struct Cgroup {
    folders: Vec<PathBuf>,
    unified: bool,
}

impl Cgroup {
    /// Makes one beside ours, or, where each controller has its own tree, below ours.
    pub(super) fn make(name: &str, policy: &Policy) -> Result<Self, Error> {
        let unified = is_unified();
        let parents = parents(unified)?;
        if let (true, Some(parent)) = (unified, parents.first()) {
            let granted = fs::read_to_string(parent.join("cgroup.subtree_control")).unwrap_or_default();
            for controller in CONTROLLERS {
                if !granted.split_whitespace().any(|word| word == controller) {
                    return Err(why(&format!(
                        "the control group {} does not govern {controller}",
                        parent.display()
                    )));
                }
            }
        }
        let folders = parents.iter().map(|parent| parent.join(name)).collect();
        let group = Self { folders, unified };
        // Of a daemon that had our number and was killed.
        group.remove_now();
        let made = group.create().and_then(|()| group.limit(policy));
        if made.is_err() {
            group.remove_now();
        }
        made.map(|()| group)
    }

    fn create(&self) -> Result<(), Error> {
        self.folders.iter().try_for_each(|folder| {
            fs::create_dir(folder)
                .map_err(|error| why(&format!("{} can't be made: {error}", folder.display())))
        })
    }

    fn limit(&self, policy: &Policy) -> Result<(), Error> {
        let (memory, processes) = (policy.memory.to_string(), policy.processes.to_string());
        let quota = policy.cpu_percent.saturating_mul(1000);
        // Without swap there is no file for it.
        let limits = if self.unified {
            vec![
                ("memory.max", memory, true),
                ("memory.swap.max", "0".to_owned(), false),
                ("memory.oom.group", "1".to_owned(), true),
                ("pids.max", processes, true),
                ("cpu.max", format!("{quota} 100000"), true),
            ]
        } else {
            vec![
                ("memory.limit_in_bytes", memory.clone(), true),
                ("memory.memsw.limit_in_bytes", memory, false),
                ("pids.max", processes, true),
                ("cpu.cfs_period_us", "100000".to_owned(), true),
                ("cpu.cfs_quota_us", quota.to_string(), true),
            ]
        };
        for (file, value, needed) in limits {
            let there = self.folders.iter().map(|folder| folder.join(file)).find(|path| path.exists());
            match there {
                Some(path) => fs::write(&path, value)
                    .map_err(|error| why(&format!("{} can't be written: {error}", path.display())))?,
                None if needed => return Err(why(&format!("there is no {file} in the control group"))),
                None => {}
            }
        }
        Ok(())
    }

    /// The files into which a process writes that it joins.
    pub(super) fn entries(&self) -> impl Iterator<Item = PathBuf> {
        self.folders.iter().map(|folder| folder.join("cgroup.procs"))
    }

    /// Something in it was ended because there was no memory left. A group that can't be read does not say so, and then
    /// the command is told to have ended by the signal that it did end by.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let file = if self.unified { "memory.events" } else { "memory.oom_control" };
        let events = self.folders.iter().find_map(|folder| fs::read_to_string(folder.join(file)).ok());
        events.is_some_and(|events| {
            events.lines().any(|line| line.strip_prefix("oom_kill ").is_some_and(|count| count.trim() != "0"))
        })
    }

    /// Removes it as soon as everything in it is dead.
    pub(super) async fn remove(&self) -> Result<(), Error> {
        let all = async {
            // The kernel refuses while one is still dying, and the older version of groups tells nobody when it is dead.
            while !self.remove_now() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, all)
            .await
            .map_err(|_| Error::NoSandbox("what a command left behind does not end".to_owned()))
    }

    pub(super) fn remove_now(&self) -> bool {
        self.folders.iter().all(|folder| match fs::remove_dir(folder) {
            Ok(()) => true,
            Err(error) => error.kind() == ErrorKind::NotFound,
        })
    }
}

fn is_unified() -> bool {
    Path::new(ROOT).join("cgroup.controllers").exists()
}

/// Where our groups are.
fn parents(unified: bool) -> Result<Vec<PathBuf>, Error> {
    let own = fs::read_to_string("/proc/self/cgroup")
        .map_err(|error| why(&format!("/proc/self/cgroup can't be read: {error}")))?;
    if unified {
        let parent = Path::new(path_of(&own, "")?).parent().unwrap_or(Path::new("/"));
        return Ok(vec![below(Path::new(ROOT), parent)]);
    }
    let parent = |controller: &&str| {
        Ok(below(&Path::new(ROOT).join(controller), Path::new(path_of(&own, controller)?)))
    };
    CONTROLLERS.iter().map(parent).collect()
}

/// Removes the groups of daemons that were killed. What was in them died with them; what has something in it stays.
pub(super) fn sweep() {
    for parent in parents(is_unified()).unwrap_or_default() {
        let Ok(entries) = fs::read_dir(&parent) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let maker = name.to_str().and_then(|name| name.strip_prefix(NAMES)?.split('-').next());
            if maker.is_some_and(|maker| !Path::new("/proc").join(maker).exists())
                && let Err(error) = fs::remove_dir(entry.path())
            {
                tracing::debug!(group = ?entry.path(), %error, "a group of an earlier life could not be removed");
            }
        }
    }
}

/// The path of this process in the tree of a controller; of the one tree if there is just one.
fn path_of<'a>(own: &'a str, controller: &str) -> Result<&'a str, Error> {
    own.lines()
        .find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            controllers.split(',').any(|name| name == controller).then_some(path)
        })
        .ok_or_else(|| why(&format!("this process is in no control group for {controller}")))
}

fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

fn why(what: &str) -> Error {
    Error::NoSandbox(format!("memory, processes and processors can't be limited: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_finds_itself_in_either_kind_of_tree() {
        let split = "9:name=systemd:/\n4:memory:/box/a\n3:cpu,cpuacct:/b\n0::/\n";
        assert_eq!(path_of(split, "memory").unwrap(), "/box/a");
        assert_eq!(path_of(split, "cpu").unwrap(), "/b");
        assert!(path_of(split, "pids").is_err());
        assert_eq!(path_of("0::/user.slice/x.scope\n", "").unwrap(), "/user.slice/x.scope");
        assert_eq!(below(Path::new(ROOT), Path::new("/a/b")), Path::new("/sys/fs/cgroup/a/b"));
    }
}
