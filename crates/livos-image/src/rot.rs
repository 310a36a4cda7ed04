//! A root that rots after it has proved itself.
//!
//! What is damaged where it is read at every start uses up the version's tries, and the other version starts. What
//! is read seldom makes the machine panic long after the start was judged well, again and again. So a start that
//! came to no orderly end is remembered, and the next one reads the whole root before it gets its tries back.

use std::fs;

use crate::error::About as _;
use crate::running::Appliance;
use crate::{Error, Result, SlotVersion, trial};

/// There from the moment a version is judged well until the machine is switched off in order.
const STARTED: &str = "started";

/// From here on, an end that is not announced by `leave` is one that came by surprise.
pub fn arrive(appliance: &Appliance) -> Result<()> {
    crate::place::replace(&appliance.state.join(STARTED), appliance.version.to_string().as_bytes())
}

/// The machine is switched off, or starts again, because it was asked to.
pub fn leave(appliance: &Appliance) -> Result<()> {
    let mark = appliance.state.join(STARTED);
    match fs::remove_file(&mark) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).about("could not remove", mark)
        }
        _ => Ok(()),
    }
}

/// What is to be done about the running root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Well,
    /// It is damaged, and this version starts next instead.
    GoTo(SlotVersion),
    /// It is damaged, and there is nothing else that could start.
    Alone(String),
}

/// Looks at the root if the start before came to no orderly end. A damaged one gives way to the other version, if
/// that one is whole.
pub fn look(appliance: &Appliance) -> Result<Found> {
    if !is_due(appliance)? {
        return Ok(Found::Well);
    }
    let whole = |version: &SlotVersion| appliance.verify_version(version);
    decide(appliance, &whole)
}

fn is_due(appliance: &Appliance) -> Result<bool> {
    Ok(appliance.state.join(STARTED).exists() || appliance.boot.failed_before(&appliance.version)?)
}

fn decide(appliance: &Appliance, whole: &dyn Fn(&SlotVersion) -> Result<()>) -> Result<Found> {
    let reason = match whole(&appliance.version) {
        Ok(()) => return Ok(Found::Well),
        Err(Error::Verify(reason)) => reason,
        Err(error) => return Err(error),
    };
    for name in appliance.boot.entries()? {
        let other = name.version;
        if other == appliance.version || !appliance.boot.is_blessed(&other) || whole(&other).is_err() {
            continue;
        }
        trial::condemn(
            &appliance.state,
            &appliance.version,
            &format!(
                "A part of LivOS {} is damaged on the disk. The disk may be failing: look at it in Settings, Storage.",
                appliance.version
            ),
        )?;
        appliance.boot.give_up(&appliance.version)?;
        appliance.boot.choose(&other, &appliance.version)?;
        return Ok(Found::GoTo(other));
    }
    Ok(Found::Alone(reason))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::RootHash;
    use crate::place::{BootPartition, Kernel};
    use crate::trial::Report;

    struct Site {
        folder: tempfile::TempDir,
        appliance: Appliance,
    }

    fn version(text: &str) -> SlotVersion {
        text.parse().unwrap()
    }

    impl Site {
        /// Two versions that have proved themselves, the newer of which runs.
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let (linux, initrd) = (folder.path().join("linux"), folder.path().join("initrd"));
            fs::write(&linux, "a kernel").unwrap();
            fs::write(&initrd, "an initrd").unwrap();
            let boot = BootPartition::at(folder.path().join("esp"));
            boot.prepare().unwrap();
            let (old, new) = (version("0.1.0-1"), version("0.2.0-2"));
            for (version, running) in [(&old, None), (&new, Some(&old))] {
                let kernel = Kernel { linux: &linux, initrd: &initrd, options: "" };
                boot.place(version, &RootHash::from_bytes([version.generation() as u8; 32]), kernel, running)
                    .unwrap();
                boot.bless(version).unwrap();
            }
            let state = folder.path().join("state");
            fs::create_dir(&state).unwrap();
            let hash = RootHash::from_bytes([2; 32]);
            let appliance =
                Appliance { version: new, hash, disk: PathBuf::new(), boot, state, options: String::new() };
            Self { folder, appliance }
        }

        fn start_of(&self, text: &str) -> Appliance {
            Appliance { version: version(text), ..self.appliance.clone() }
        }
    }

    fn damaged(damaged: &'static [&'static str]) -> impl Fn(&SlotVersion) -> Result<()> {
        move |version| match damaged.contains(&version.to_string().as_str()) {
            true => Err(Error::Verify("a block".to_owned())),
            false => Ok(()),
        }
    }

    #[test]
    fn a_root_is_read_after_an_end_that_came_by_surprise() {
        let site = Site::new();
        assert!(!is_due(&site.appliance).unwrap());
        arrive(&site.appliance).unwrap();
        assert!(is_due(&site.appliance).unwrap());
        leave(&site.appliance).unwrap();
        leave(&site.appliance).unwrap();
        assert!(!is_due(&site.appliance).unwrap());
        // systemd-boot has started it once, as on every start; and once more, as it never came up.
        let entries = site.folder.path().join("esp/loader/entries");
        let name = |count: &str| entries.join(format!("livos_0.2.0-2{count}.conf"));
        fs::rename(name("+3"), name("+2-1")).unwrap();
        assert!(!is_due(&site.appliance).unwrap());
        fs::rename(name("+2-1"), name("+1-2")).unwrap();
        assert!(is_due(&site.appliance).unwrap());
    }

    #[test]
    fn a_rotten_root_gives_way_to_one_that_is_whole() {
        let site = Site::new();
        assert_eq!(decide(&site.appliance, &damaged(&["0.1.0-1"])).unwrap(), Found::Well);
        let found = decide(&site.appliance, &damaged(&["0.2.0-2"])).unwrap();
        assert_eq!(found, Found::GoTo(version("0.1.0-1")));
        assert!(site.appliance.boot.is_spent(&version("0.2.0-2")).unwrap());
        assert!(!site.appliance.boot.is_spent(&version("0.1.0-1")).unwrap());
        // What starts then says what happened, once.
        let old = site.start_of("0.1.0-1");
        let at = |seconds| std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        trial::bless(&old, at(7)).unwrap();
        let report = Report::read(&old.state).unwrap().unwrap();
        assert!(!report.kept && report.version == "0.2.0-2", "{report:?}");
        assert!(report.reasons[0].contains("damaged on the disk"), "{report:?}");
        trial::bless(&old, at(8)).unwrap();
        assert_eq!(Report::read(&old.state).unwrap().unwrap(), report);
    }

    #[test]
    fn nothing_is_given_up_for_something_worse() {
        let site = Site::new();
        let found = decide(&site.appliance, &damaged(&["0.1.0-1", "0.2.0-2"])).unwrap();
        assert!(matches!(found, Found::Alone(_)), "{found:?}");
        assert!(!site.appliance.boot.is_spent(&version("0.2.0-2")).unwrap());
        // What can't be looked at is not damaged.
        let unable = |_: &SlotVersion| Err(Error::Slot("no such".to_owned()));
        assert!(decide(&site.appliance, &unable).is_err());
        assert!(!site.appliance.boot.is_spent(&version("0.2.0-2")).unwrap());
    }
}
