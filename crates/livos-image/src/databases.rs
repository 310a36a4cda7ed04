//! Whose databases a version finds: those that the version before it left, or its own from before.
//!
//! A newer version changes the databases to a shape that an older one refuses to read. So whatever starts in place of
//! another first keeps what the other leaves, by its name; and one that ran before goes on with its own
//!
//! * if the other was on trial: what came in while it was judged goes with it, as on a server that is upgraded by apt;
//! * if the other had proved itself, but wrote a shape that this one does not know: better days old than not at all.
//!   What the other left is then not thrown away with it.
//!
//! Otherwise the newest contents stay. All of this happens in the initrd, where no daemon runs yet.

use std::fs;
use std::path::Path;

use livos_snapshot::{databases, files};
use serde::{Deserialize, Serialize};

use crate::error::About as _;
use crate::{Result, SlotVersion};

/// In the root of every version: all steps that its databases have gone through, with their digests.
pub const SHAPE: &str = "usr/lib/livos/databases";
/// Below the slots' folder.
const FOLDER: &str = "databases";
/// What is known of the contents that are there.
const PRESENT: &str = "present.json";
/// There while contents are being replaced, with the version whose they are to be.
const RETURNING: &str = "returning";
/// What a version left that had proved itself and whose contents nobody here could read.
const LEFT: &str = "left";
/// As many of those are kept.
const LEFT_AT_MOST: usize = 3;

/// Whose contents there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Present {
    /// Which version wrote them last.
    version: String,
    /// It came up well with them.
    proved: bool,
    /// Their shape, as [`SHAPE`] says.
    shape: String,
    /// A version that ran in between, and whose contents are kept because this one can't read them.
    #[serde(default)]
    left: Option<String>,
}

/// What a version finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Databases {
    /// What was there.
    Present,
    /// What it left itself when it ran last; what the version in between wrote is gone or kept, as this says.
    Own {
        /// The version in between.
        instead_of: String,
        /// What it wrote is kept.
        kept: bool,
    },
}

/// Like [`arrive`], for a version whose root is at `root`. One that never ran does not start without a way back: what
/// fails here is why it is given up. One that ran before starts all the same.
pub fn arrive_from(state: &Path, version: &SlotVersion, root: &Path) -> Result<Databases> {
    let slots = state.join("slots");
    let shape = root.join(SHAPE);
    let found = fs::read_to_string(&shape)
        .about("could not read", shape)
        .and_then(|shape| arrive(state, &slots, version, &shape));
    match found {
        Err(error) if is_new(&slots, version) => {
            let why =
                format!("The databases could not be kept before LivOS {version} changes them: {error}.");
            crate::trial::condemn(&slots, version, &why)?;
            Err(error)
        }
        Err(error) => {
            println!("livos: the databases stay as they are: {error}");
            Ok(Databases::Present)
        }
        found => found,
    }
}

/// Whether a version comes to a machine that another one has lived in.
fn is_new(slots: &Path, version: &SlotVersion) -> bool {
    let folder = slots.join(FOLDER);
    let present = crate::trial::read::<Present>(&folder.join(PRESENT)).ok().flatten();
    present.is_some_and(|present| present.version != version.to_string())
        && !folder.join(version.to_string()).is_dir()
}

/// Called before any daemon of `version` runs. `state` is the folder with the daemons' folders, `slots` that of the
/// slots. May be broken off anywhere and begun again, by whichever version starts then.
pub fn arrive(state: &Path, slots: &Path, version: &SlotVersion, shape: &str) -> Result<Databases> {
    let folder = slots.join(FOLDER);
    files::make_folder(&folder)?;
    let version = version.to_string();
    let present: Option<Present> = crate::trial::read(&folder.join(PRESENT))?;
    let returning = fs::read_to_string(folder.join(RETURNING)).ok();
    let own = folder.join(&version);
    let found = match (&present, returning) {
        // The contents are half this and half that. Whoever starts has its own, or goes on with what was begun.
        (_, Some(whose)) => {
            databases::restore(if own.is_dir() { own } else { folder.join(&whose) }.as_path(), state)?;
            Databases::Present
        }
        (Some(present), None) if present.version != version => {
            databases::save(state, &folder.join(&present.version))?;
            let unreadable = present.proved && present.shape != shape;
            if own.is_dir() && (!present.proved || unreadable) {
                if unreadable {
                    keep(&folder, &present.version)?;
                }
                crate::place::replace(&folder.join(RETURNING), version.as_bytes())?;
                databases::restore(&own, state)?;
                Databases::Own { instead_of: present.version.clone(), kept: unreadable }
            } else {
                Databases::Present
            }
        }
        _ => Databases::Present,
    };
    let same = present.is_some_and(|present| present.version == version && present.shape == shape);
    if !same {
        let left = match &found {
            Databases::Own { instead_of, kept: true } => Some(instead_of.clone()),
            _ => None,
        };
        let now = Present { version, proved: false, shape: shape.to_owned(), left };
        crate::trial::write(&folder.join(PRESENT), &now)?;
    }
    files::remove_file(&folder.join(RETURNING))?;
    Ok(found)
}

/// Keeps what a version left beyond its time in a slot.
fn keep(folder: &Path, version: &str) -> Result<()> {
    let left = folder.join(LEFT);
    files::make_folder(&left)?;
    let place = left.join(version);
    databases::save(&folder.join(version), &place)?;
    let mut others: Vec<_> = fs::read_dir(&left)
        .about("could not read", &left)?
        .filter_map(|entry| Some(entry.ok()?.path()).filter(|path| *path != place))
        .filter_map(|path| Some((fs::metadata(&path).ok()?.modified().ok()?, path)))
        .collect();
    others.sort();
    while others.len() >= LEFT_AT_MOST {
        files::remove_folder(&others.remove(0).1)?;
    }
    Ok(())
}

/// The version that runs came up well: from now on it writes what has to last. What versions left that can't be
/// started any more goes. Gives back what a person has to know about the contents.
pub(crate) fn proved(
    slots: &Path,
    version: &SlotVersion,
    startable: &[SlotVersion],
) -> Result<Option<String>> {
    let folder = slots.join(FOLDER);
    let path = folder.join(PRESENT);
    let Some(present) = crate::trial::read::<Present>(&path)? else { return Ok(None) };
    let note = present.left.as_ref().map(|other| {
        format!(
            "What LivOS {other} noted (accounts, settings, conversations) can't be read by LivOS {version}, which goes on \
             with what it had noted itself. The other is kept in {}.",
            folder.join(LEFT).join(other).display()
        )
    });
    if present.version == version.to_string() && !present.proved {
        crate::trial::write(&path, &Present { proved: true, ..present })?;
    }
    for entry in fs::read_dir(&folder).about("could not read", &folder)? {
        let entry = entry.about("could not read", &folder)?.path();
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let gone = name.parse::<SlotVersion>().is_ok_and(|version| !startable.contains(&version));
        if entry.is_dir() && gone {
            files::remove_folder(&entry)?;
        }
    }
    Ok(note)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new(text: &str) -> Self {
            let machine = Self(tempfile::tempdir().unwrap());
            fs::create_dir_all(machine.state().join("web")).unwrap();
            machine.write(text);
            machine
        }
        fn state(&self) -> PathBuf {
            self.0.path().join("state")
        }
        fn slots(&self) -> PathBuf {
            self.0.path().join("state/slots")
        }
        fn write(&self, text: &str) {
            fs::write(self.state().join("web/web.db"), text).unwrap();
        }
        fn text(&self) -> String {
            fs::read_to_string(self.state().join("web/web.db")).unwrap()
        }
        fn start(&self, version: &str, shape: &str) -> Databases {
            arrive(&self.state(), &self.slots(), &version.parse().unwrap(), shape).unwrap()
        }
        fn bless(&self, version: &str) {
            let all = ["0.1.0-1", "0.2.0-2"].map(|version| version.parse().unwrap());
            proved(&self.slots(), &version.parse().unwrap(), &all).unwrap();
        }
    }

    #[test]
    fn a_version_that_fails_its_trial_takes_what_it_wrote_along() {
        for shape in ["one", "two"] {
            let machine = Machine::new("old");
            assert_eq!(machine.start("0.1.0-1", "one"), Databases::Present);
            machine.bless("0.1.0-1");
            assert_eq!(machine.start("0.2.0-2", shape), Databases::Present);
            machine.write("of the newer version");
            // Its second try finds what its first left.
            machine.start("0.2.0-2", shape);
            assert_eq!(machine.text(), "of the newer version");
            let found = machine.start("0.1.0-1", "one");
            assert_eq!(found, Databases::Own { instead_of: "0.2.0-2".to_owned(), kept: false });
            assert_eq!(machine.text(), "old");
        }
    }

    #[test]
    fn what_a_good_version_wrote_stays_where_the_older_one_can_read_it() {
        let machine = Machine::new("old");
        machine.start("0.1.0-1", "one");
        machine.bless("0.1.0-1");
        machine.start("0.2.0-2", "one");
        machine.bless("0.2.0-2");
        machine.write("of many days");
        assert_eq!(machine.start("0.1.0-1", "one"), Databases::Present);
        assert_eq!(machine.text(), "of many days");
    }

    #[test]
    fn what_a_good_version_wrote_and_the_older_one_can_not_read_is_kept() {
        let machine = Machine::new("old");
        machine.start("0.1.0-1", "one");
        machine.bless("0.1.0-1");
        machine.start("0.2.0-2", "two");
        machine.bless("0.2.0-2");
        machine.write("of many days");
        let found = machine.start("0.1.0-1", "one");
        assert_eq!(found, Databases::Own { instead_of: "0.2.0-2".to_owned(), kept: true });
        assert_eq!(machine.text(), "old");
        // Also after an upgrade to another version, which takes the slot.
        machine.bless("0.1.0-1");
        let version = "0.1.0-1".parse().unwrap();
        let note = proved(&machine.slots(), &version, std::slice::from_ref(&version)).unwrap().unwrap();
        let kept = machine.slots().join("databases/left/0.2.0-2");
        assert!(note.contains(kept.to_str().unwrap()), "{note}");
        assert!(!machine.slots().join("databases/0.2.0-2").exists());
        assert_eq!(fs::read_to_string(kept.join("web/web.db")).unwrap(), "of many days");
    }

    #[test]
    fn what_was_broken_off_is_made_good_by_whoever_starts() {
        for next in ["0.1.0-1", "0.2.0-2"] {
            let machine = Machine::new("old");
            machine.start("0.1.0-1", "one");
            machine.bless("0.1.0-1");
            machine.start("0.2.0-2", "two");
            machine.write("new");
            // The power fails while the older version's contents are put back.
            databases::save(&machine.state(), &machine.slots().join("databases/0.2.0-2")).unwrap();
            fs::write(machine.slots().join("databases").join(RETURNING), "0.1.0-1").unwrap();
            machine.write("half");
            machine.start(next, if next == "0.1.0-1" { "one" } else { "two" });
            assert_eq!(machine.text(), if next == "0.1.0-1" { "old" } else { "new" });
            assert!(!machine.slots().join("databases").join(RETURNING).exists());
        }
    }
}
