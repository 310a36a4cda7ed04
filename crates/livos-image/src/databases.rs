//! Whose databases a version finds: those that the version before it left, or its own from before.
//!
//! A newer version changes the databases to a shape that an older one refuses to read.
//! So whatever starts in place of another first keeps what the other leaves, by its name. It goes on with what is there,
//! unless it has contents of its own, from when it ran last, and
//!
//! * the other never proved itself: what came in while it was judged goes with it, as on a server that is upgraded by
//!   apt; or
//! * the other went through steps that this one does not know: better days old than not at all. What the other left is
//!   then kept, whatever comes into its slot.
//!
//! All of this happens in the initrd, where no daemon runs yet.

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
/// There while contents are being replaced: what will be known of them.
const RETURNING: &str = "returning.json";
/// What a version left that had proved itself and whose contents nobody here could read.
const LEFT: &str = "left";
/// As many of those are kept.
const LEFT_AT_MOST: usize = 3;

/// Whose contents there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Present {
    /// Which version wrote them last.
    version: String,
    /// Their shape, as [`SHAPE`] says.
    shape: String,
    /// All versions that came up well here at least once.
    #[serde(default)]
    proved: Vec<String>,
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
/// fails here is why it is given up. One that ran before starts with what is there, as long as that is whole.
pub fn arrive_from(state: &Path, version: &SlotVersion, root: &Path) -> Result<Databases> {
    let slots = state.join("slots");
    let folder = slots.join(FOLDER);
    let shape = root.join(SHAPE);
    let found = fs::read_to_string(&shape)
        .about("could not read", shape)
        .and_then(|shape| arrive(state, &slots, version, &shape));
    match found {
        Err(error) if folder.join(RETURNING).exists() => Err(error),
        Err(error) if is_new(&folder, version) => {
            let why =
                format!("The databases could not be kept before LivOS {version} changes them: {error}.");
            crate::trial::condemn(&slots, version, &why)?;
            Err(error)
        }
        // The next start tries again.
        Err(error) => {
            println!("livos: the databases stay as they are: {error}");
            Ok(Databases::Present)
        }
        found => found,
    }
}

/// Whether a version comes to a machine that another one has lived in.
fn is_new(folder: &Path, version: &SlotVersion) -> bool {
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
    let present = make_whole(&folder, state, &version)?;
    let Some(present) = present else {
        // The first start of all.
        let now = Present { version, shape: shape.to_owned(), proved: Vec::new(), left: None };
        crate::trial::write(&folder.join(PRESENT), &now)?;
        return Ok(Databases::Present);
    };
    if present.version == version {
        if present.shape != shape {
            crate::trial::write(&folder.join(PRESENT), &Present { shape: shape.to_owned(), ..present })?;
        }
        return Ok(Databases::Present);
    }
    let instead_of = present.version.clone();
    let (own, theirs) = (folder.join(&version), folder.join(&instead_of));
    let proved = present.proved.contains(&instead_of);
    let kept = proved && !knows(shape, &present.shape);
    let now = Present { version, shape: shape.to_owned(), left: kept.then(|| instead_of.clone()), ..present };
    let saved = databases::save(state, &theirs);
    if own.is_dir() && (!proved || kept) {
        // What is thrown away need not be kept first: the disk may be full because of it.
        if kept {
            saved?;
            keep(&folder, &instead_of)?;
        }
        databases::restore_with(&own, state, || crate::trial::write(&folder.join(RETURNING), &now))?;
        arrived(&folder, &now)?;
        return Ok(Databases::Own { instead_of, kept });
    }
    saved?;
    crate::trial::write(&folder.join(PRESENT), &Present { left: None, ..now })?;
    Ok(Databases::Present)
}

/// Contents that are half this and half that become whole again. Gives back what is known of them then.
fn make_whole(folder: &Path, state: &Path, version: &str) -> Result<Option<Present>> {
    let present: Option<Present> = crate::trial::read(&folder.join(PRESENT))?;
    let Some(wanted) = crate::trial::read::<Present>(&folder.join(RETURNING))? else { return Ok(present) };
    if present.as_ref() == Some(&wanted) {
        arrived(folder, &wanted)?;
        return Ok(Some(wanted));
    }
    // Whoever starts has its own, if it is one of the two between which it was broken off.
    let now = match present {
        Some(present) if present.version == version && folder.join(version).is_dir() => present,
        _ => wanted,
    };
    databases::restore(&folder.join(&now.version), state)?;
    arrived(folder, &now)?;
    Ok(Some(now))
}

/// The contents are whole, and these.
fn arrived(folder: &Path, now: &Present) -> Result<()> {
    crate::trial::write(&folder.join(PRESENT), now)?;
    files::remove_file(&folder.join(RETURNING))?;
    // A cut would bring it back, and the contents of now along with it.
    crate::place::sync_folder(folder)
}

/// Whether a version with this shape can read what has gone through the steps of the other.
fn knows(shape: &str, other: &str) -> bool {
    other.lines().all(|step| shape.lines().any(|known| known == step))
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

/// The version that runs came up well: what it writes has to last. Gives back what a person has to know about the
/// contents.
pub(crate) fn proved(slots: &Path, version: &SlotVersion) -> Result<Option<String>> {
    let folder = slots.join(FOLDER);
    let path = folder.join(PRESENT);
    let Some(mut present) = crate::trial::read::<Present>(&path)? else { return Ok(None) };
    let version = version.to_string();
    if present.version == version && !present.proved.contains(&version) {
        present.proved.push(version);
        crate::trial::write(&path, &present)?;
    }
    note(slots)
}

/// What a person has to know about the contents: that there are others, and where.
pub(crate) fn note(slots: &Path) -> Result<Option<String>> {
    let folder = slots.join(FOLDER);
    let Some(present) = crate::trial::read::<Present>(&folder.join(PRESENT))? else { return Ok(None) };
    Ok(present.left.map(|other| {
        format!(
            "What LivOS {other} noted (accounts, settings, conversations) can't be read by LivOS {}, which goes on with \
             what it had noted itself. The other is kept in {}.",
            present.version,
            folder.join(LEFT).join(&other).display()
        )
    }))
}

/// What versions left that can't be started any more goes.
pub(crate) fn forget_others(slots: &Path, startable: &[SlotVersion]) -> Result<()> {
    let folder = slots.join(FOLDER);
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry.about("could not read", &folder)?.path();
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let gone = name.parse::<SlotVersion>().is_ok_and(|version| !startable.contains(&version));
        if entry.is_dir() && gone {
            files::remove_folder(&entry)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const OLD: &str = "0.1.0-1";
    const NEW: &str = "0.2.0-2";
    const NEWEST: &str = "0.3.0-3";
    const ONE: &str = "web 1\n";
    const TWO: &str = "web 1\nweb 2\n";

    struct Machine(tempfile::TempDir);

    impl Machine {
        /// One that the old version was set up on, and came up well.
        fn new() -> Self {
            let machine = Self(tempfile::tempdir().unwrap());
            fs::create_dir_all(machine.state().join("web")).unwrap();
            machine.write("old");
            assert_eq!(machine.start(OLD, ONE), Databases::Present);
            machine.bless(OLD);
            machine
        }
        fn state(&self) -> PathBuf {
            self.0.path().join("state")
        }
        fn slots(&self) -> PathBuf {
            self.0.path().join("state/slots")
        }
        fn kept(&self, path: &str) -> PathBuf {
            self.slots().join(FOLDER).join(path)
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
        fn bless(&self, version: &str) -> Option<String> {
            proved(&self.slots(), &version.parse().unwrap()).unwrap()
        }
    }

    #[test]
    fn a_version_that_fails_its_trial_takes_what_it_wrote_along() {
        for shape in [ONE, TWO] {
            let machine = Machine::new();
            assert_eq!(machine.start(NEW, shape), Databases::Present);
            machine.write("of the newer version");
            // Its second try finds what its first left.
            machine.start(NEW, shape);
            assert_eq!(machine.text(), "of the newer version");
            let found = machine.start(OLD, ONE);
            assert_eq!(found, Databases::Own { instead_of: NEW.to_owned(), kept: false });
            assert_eq!(machine.text(), "old");
            assert_eq!(machine.bless(OLD), None);
        }
    }

    #[test]
    fn also_where_there_is_no_room_to_keep_it() {
        let machine = Machine::new();
        machine.start(NEW, TWO);
        machine.write("of the newer version");
        // Nothing can be saved where a file lies.
        fs::write(machine.kept("0.2.0-2.next"), "").unwrap();
        machine.start(OLD, ONE);
        assert_eq!(machine.text(), "old");
    }

    #[test]
    fn what_a_good_version_wrote_stays_where_the_older_one_can_read_it() {
        let machine = Machine::new();
        machine.start(NEW, ONE);
        machine.bless(NEW);
        machine.write("of many days");
        assert_eq!(machine.start(OLD, ONE), Databases::Present);
        assert_eq!(machine.text(), "of many days");
        // A good one whose gate fails this time is a good one all the same: an app may have been missing.
        machine.write("of more days");
        assert_eq!(machine.start(NEW, ONE), Databases::Present);
        assert_eq!(machine.text(), "of more days");
    }

    #[test]
    fn what_a_good_version_wrote_and_the_older_one_can_not_read_is_kept() {
        let machine = Machine::new();
        machine.start(NEW, TWO);
        machine.bless(NEW);
        machine.write("of many days");
        let found = machine.start(OLD, ONE);
        assert_eq!(found, Databases::Own { instead_of: NEW.to_owned(), kept: true });
        assert_eq!(machine.text(), "old");
        let kept = machine.kept("left/0.2.0-2");
        let note = machine.bless(OLD).unwrap();
        assert!(note.contains(kept.to_str().unwrap()), "{note}");
        // Forward again, the newest contents that can be read go along: those of the old version.
        machine.write("of the days after");
        assert_eq!(machine.start(NEW, TWO), Databases::Present);
        assert_eq!((machine.text().as_str(), machine.bless(NEW)), ("of the days after", None));
        // Also after another version took the slot.
        forget_others(&machine.slots(), &[OLD.parse().unwrap(), NEWEST.parse().unwrap()]).unwrap();
        assert!(machine.kept(OLD).exists() && !machine.kept(NEW).exists());
        assert_eq!(fs::read_to_string(kept.join("web/web.db")).unwrap(), "of many days");
    }

    #[test]
    fn what_was_broken_off_is_made_good_by_whoever_starts() {
        for (next, shape, text) in [(OLD, ONE, "old"), (NEW, TWO, "new"), (NEWEST, TWO, "old")] {
            let machine = Machine::new();
            machine.start(NEW, TWO);
            machine.write("new");
            // The power fails while the older version's contents are put back.
            databases::save(&machine.state(), &machine.kept(NEW)).unwrap();
            let present: Present = crate::trial::read(&machine.kept(PRESENT)).unwrap().unwrap();
            let wanted = Present { version: OLD.to_owned(), shape: ONE.to_owned(), ..present };
            crate::trial::write(&machine.kept(RETURNING), &wanted).unwrap();
            machine.write("half");
            machine.start(next, shape);
            assert_eq!(machine.text(), text, "{next}");
            assert!(!machine.kept(RETURNING).exists());
            // And what comes then is not taken away by the next start.
            machine.write("later");
            machine.start(next, shape);
            assert_eq!(machine.text(), "later", "{next}");
        }
    }

    #[test]
    fn what_was_broken_off_at_its_very_end_takes_nothing_of_what_came_after() {
        let machine = Machine::new();
        machine.start(NEW, TWO);
        machine.start(OLD, ONE);
        // The power fails before it is known that the mark was taken away.
        fs::copy(machine.kept(PRESENT), machine.kept(RETURNING)).unwrap();
        machine.write("since then");
        machine.start(OLD, ONE);
        assert_eq!(machine.text(), "since then");
    }

    #[test]
    fn a_new_version_does_not_start_without_a_way_back() {
        let machine = Machine::new();
        let root = machine.0.path().join("root");
        fs::create_dir_all(root.join("usr/lib/livos")).unwrap();
        fs::write(root.join(SHAPE), TWO).unwrap();
        fs::write(machine.kept("0.1.0-1.next"), "").unwrap();
        arrive_from(&machine.state(), &NEW.parse().unwrap(), &root).unwrap_err();
        let verdict = fs::read_to_string(machine.slots().join("verdict.json")).unwrap();
        assert!(verdict.contains("could not be kept"), "{verdict}");
        // The one that runs goes on.
        fs::write(root.join(SHAPE), ONE).unwrap();
        assert_eq!(arrive_from(&machine.state(), &OLD.parse().unwrap(), &root).unwrap(), Databases::Present);
    }
}
