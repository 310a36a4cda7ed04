//! The steps of a change in the file system. Each looks and acts in one folder that it holds open, so that what was looked
//! at is what is changed.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use livos_bus::Actor;
use livos_types::{RelPath, RootId};
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::core::fs::place::Spot;
use crate::core::fs::{Facts, Kind, facts_at, names, open_directory, rename, sync_directory};
use crate::core::places::{Places, Wish};
use crate::core::shared::enter;
use crate::core::trash::{self, Origin};
use crate::error::{Error, at};
use crate::store::Trashed;
use crate::store::changes::{Change, ChangeState};
use crate::store::personal::Mark;

/// How something is known again wherever it is moved: renaming changes neither of these, and writing to a file does.
fn mark_of(facts: &Facts) -> String {
    let inode = format!("{:x}.{:x}-{:x}", facts.device.0, facts.device.1, facts.inode);
    match facts.kind {
        // What is in a folder goes with it, and changes its times.
        Kind::Directory => inode,
        _ => format!("{inode}-{:x}-{:x}.{:x}", facts.size, facts.modified_at, facts.modified_nanos),
    }
}

pub(super) fn found(spot: &Spot, path: &RelPath) -> Result<Option<Facts>, Error> {
    match facts_at(&spot.directory, &spot.name) {
        Ok(facts) => Ok(Some(facts)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(at(Error::Stat, path.as_str())(error)),
    }
}

/// What is needed to work on a change, away from the runtime.
pub(super) struct Work {
    pub(super) places: Arc<Places>,
    pub(super) actor: Actor,
    /// All that is shared.
    pub(super) shares: Vec<Mark>,
    /// Where of it Nexus may change files.
    pub(super) marks: Vec<Mark>,
    pub(super) faults: crate::core::Faults,
    pub(super) now: i64,
}

impl Work {
    /// Where something stands, in a folder that Nexus may change and its person may write to. The innermost shared
    /// folder decides.
    pub(super) fn spot(&self, root: &RootId, path: &RelPath) -> Result<Spot, Error> {
        self.places.enter(&self.actor, root, Wish::Write)?;
        let holds = |mark: &&Mark| mark.root == *root && path.is_within(&mark.path);
        let innermost = self.shares.iter().filter(holds).max_by_key(|mark| mark.path.as_str().len());
        if !innermost.is_some_and(|mark| self.marks.contains(mark)) {
            return Err(Error::NotWritable(format!("{root}/{path}")));
        }
        let (shared, inner) = enter(&self.places, &self.actor, &self.marks, root, path)?;
        if inner.is_root() {
            return Err(Error::Invalid(
                "the shared folder itself stays as it is; name what is in it".to_owned(),
            ));
        }
        shared.place.spot(&inner).map_err(at(Error::Stat, path.as_str()))
    }

    /// Where something stood, as its person may write there: putting back is theirs, and needs no share any more.
    pub(super) fn own_spot(&self, root: &RootId, path: &RelPath) -> Result<Spot, Error> {
        let place = self.places.enter(&self.actor, root, Wish::Write)?;
        place.spot(path).map_err(at(Error::Stat, path.as_str()))
    }

    /// What was looked at there goes into the trash.
    pub(super) fn trash(&self, spot: &Spot, change: &Change, id: &str) -> Result<Trashed, Error> {
        let origin = Origin { root: change.root.clone(), path: change.path.clone(), deleted_at: self.now };
        trash::put_from(&self.places.trash()?, spot, id, &origin, &self.faults)
    }

    /// True when the trash has something under this id.
    pub(super) fn is_trashed(&self, id: &str) -> Result<bool, Error> {
        if id.is_empty() {
            return Ok(false);
        }
        let failed = at(Error::Trash, id);
        match open_directory(self.places.trash()?, id) {
            Ok(directory) => match facts_at(&directory, c"content") {
                Ok(_) => Ok(true),
                Err(Errno::NOENT) => Ok(false),
                Err(error) => Err(failed(error)),
            },
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Writes the text beside its place under a hidden name; answers its mark. Nothing when it has its name already.
    pub(super) fn write_beside(&self, change: &Change, text: &str) -> Result<Option<String>, Error> {
        let spot = self.spot(&change.root, &change.path)?;
        let facts = found(&spot, &change.path)?;
        if is_placed(change, facts.as_ref()) {
            return Ok(None);
        }
        let fits = match &facts {
            Some(facts) => facts.revision() == change.revision,
            None => change.revision.is_empty() || self.is_trashed(&change.trashed)?,
        };
        let hidden = hidden(change)?;
        if !fits {
            forget(&spot, &hidden).map_err(at(Error::Upload, change.path.as_str()))?;
            return Err(changed_since(&change.path));
        }
        let written = forget(&spot, &hidden).and_then(|()| write(&spot, &hidden, text, facts.as_ref()));
        match written {
            Ok(facts) => Ok(Some(mark_of(&facts))),
            Err(error) => {
                // Best effort: a hidden file is nobody's, and the failure is what is told.
                let _ = forget(&spot, &hidden);
                Err(at(Error::Upload, change.path.as_str())(error))
            }
        }
    }

    /// Makes room for what was written beside it. What was there goes into the trash.
    pub(super) fn make_room(&self, change: &Change) -> Result<Option<Trashed>, Error> {
        let spot = self.spot(&change.root, &change.path)?;
        match found(&spot, &change.path)? {
            None => Ok(None),
            Some(facts) if !change.revision.is_empty() && facts.revision() == change.revision => {
                self.trash(&spot, change, &change.trashed).map(Some)
            }
            Some(_) => Err(changed_since(&change.path)),
        }
    }

    /// Gives what was written beside it its name.
    pub(super) fn give_name(&self, change: &Change) -> Result<(), Error> {
        let failed = at(Error::Upload, change.path.as_str());
        let spot = self.spot(&change.root, &change.path)?;
        let hidden = hidden(change)?;
        match rename::rename_new(&spot.directory, &hidden, &spot.directory, &spot.name) {
            Ok(()) => sync_directory(&spot.directory).map_err(failed),
            Err(Errno::EXIST) => Err(changed_since(&change.path)),
            Err(error) => Err(failed(error)),
        }
    }

    /// What could not get its name is thrown away.
    pub(super) fn give_up(&self, change: &Change) -> Result<(), Error> {
        let spot = self.spot(&change.root, &change.path)?;
        forget(&spot, &hidden(change)?).map_err(at(Error::Upload, change.path.as_str()))
    }
}

pub(super) fn is_placed(change: &Change, facts: Option<&Facts>) -> bool {
    !change.mark.is_empty() && facts.is_some_and(|facts| mark_of(facts) == change.mark)
}

/// Where a text grows before it is shown.
fn hidden(change: &Change) -> Result<CString, Error> {
    let name = names::c_name(names::partial(&change.trashed).into_bytes());
    name.ok_or_else(|| at(Error::Upload, change.path.as_str())(Errno::INVAL))
}

fn forget(spot: &Spot, hidden: &CString) -> rustix::io::Result<()> {
    match rustix::fs::unlinkat(&spot.directory, hidden, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A file with the rights of the one that it replaces.
fn write(spot: &Spot, hidden: &CString, text: &str, before: Option<&Facts>) -> rustix::io::Result<Facts> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file: OwnedFd = rustix::fs::openat(&spot.directory, hidden, flags, Mode::RUSR | Mode::WUSR)?;
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(&file, rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    let mode = before.map_or(0o644, |facts| facts.mode & 0o777);
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
    rustix::fs::fsync(&file)?;
    facts_at(&spot.directory, hidden)
}

/// Refuses what is not as its person saw it.
pub(super) fn look_first(work: &Work, change: &Change) -> Result<(), Error> {
    let spot = work.spot(&change.root, &change.path)?;
    let facts = found(&spot, &change.path)?;
    if facts.is_some_and(|facts| facts.kind == Kind::Symlink) {
        return Err(Error::Invalid(format!("‘{}’ is a link; name what it leads to", change.path)));
    }
    if facts.map(|facts| facts.revision()).unwrap_or_default() != change.revision {
        return Err(Error::Conflict(format!(
            "‘{}’ is not what it was when this was proposed; look again",
            change.path
        )));
    }
    if change.kind == "write" && facts.is_some_and(|facts| facts.kind != Kind::File) {
        return Err(Error::Invalid(format!("‘{}’ is no file", change.path)));
    }
    if change.kind == "move"
        && found(&work.spot(&change.root, &change.new_path)?, &change.new_path)?.is_some()
    {
        return Err(Error::Exists(change.new_path.to_string()));
    }
    if change.kind != "write" && facts.is_none() {
        return Err(at(Error::Stat, change.path.as_str())(Errno::NOENT));
    }
    Ok(())
}

/// Where something is that is still what was agreed to, and its mark.
pub(super) fn agreed(work: &Work, change: &Change) -> Result<(Spot, String), Error> {
    let spot = work.spot(&change.root, &change.path)?;
    match found(&spot, &change.path)? {
        Some(facts) if facts.revision() == change.revision => Ok((spot, mark_of(&facts))),
        _ => Err(changed_since(&change.path)),
    }
}

/// Refuses when a change can't be put back.
pub(super) fn look_back(work: &Work, change: &Change) -> Result<(), Error> {
    if change.state != ChangeState::Done {
        return Err(Error::Conflict("this was not done, or has been put back already".to_owned()));
    }
    let facts = found(&work.own_spot(&change.root, &change.new_path)?, &change.new_path)?;
    if change.kind == "trash" {
        if facts.is_some() {
            return Err(Error::Exists(change.new_path.to_string()));
        }
    } else if !is_placed(change, facts.as_ref()) {
        return Err(changed_since(&change.new_path));
    }
    if change.kind == "move" && found(&work.own_spot(&change.root, &change.path)?, &change.path)?.is_some() {
        return Err(Error::Exists(change.path.to_string()));
    }
    if !change.trashed.is_empty() && !work.is_trashed(&change.trashed)? {
        return Err(not_in_trash(change));
    }
    Ok(())
}

pub(super) fn not_in_trash(change: &Change) -> Error {
    Error::Conflict(format!("what ‘{}’ was before is not in the trash any more", change.path))
}

/// What somebody has changed since stays as it is.
pub(super) fn changed_since(path: &RelPath) -> Error {
    Error::Conflict(format!("‘{path}’ was changed since; it stays as it is"))
}
