//! Removing a tree, however deep, without following anything out of it.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use rustix::io::{Errno, Result};

use super::{Kind, Links, facts_at, facts_of, open_beneath, open_directory, open_entry, self_path, walk};

/// Deeper directories are lifted to the top of the tree first, so that no path grows beyond what the
/// kernel takes.
const DEPTH: usize = 64;

/// Removes `name` in `directory` and everything below it. It being gone already is success.
pub(crate) fn remove(directory: impl AsFd, name: &CStr, removed: &mut dyn FnMut()) -> Result<()> {
    let facts = match facts_at(directory.as_fd(), name) {
        Ok(facts) => facts,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error),
    };
    if facts.kind != Kind::Directory {
        unlink(directory.as_fd(), name, AtFlags::empty())?;
        removed();
        return Ok(());
    }
    let top = open_own(directory.as_fd(), name)?;
    clear(&top, removed)?;
    unlink(directory, name, AtFlags::REMOVEDIR)?;
    removed();
    Ok(())
}

fn unlink(directory: impl AsFd, name: &CStr, flags: AtFlags) -> Result<()> {
    match rustix::fs::unlinkat(directory, name, flags) {
        Err(Errno::NOENT) => Ok(()),
        other => other,
    }
}

/// Opens a directory to empty it, giving ourselves the right to if it is ours to give.
fn open_own(directory: impl AsFd, name: &CStr) -> Result<OwnedFd> {
    let entry = open_entry(directory.as_fd(), name)?;
    let facts = facts_of(&entry)?;
    if facts.kind == Kind::Directory && facts.mode & 0o700 != 0o700 {
        // By descriptor: by name it could have become a link to somewhere else in between.
        match rustix::fs::chmod(self_path(entry.as_fd()), Mode::from_raw_mode(facts.mode | 0o700)) {
            Ok(()) | Err(Errno::PERM) => {}
            Err(error) => return Err(error),
        }
    }
    open_directory(directory, name)
}

/// Empties a directory.
fn clear(top: &OwnedFd, removed: &mut dyn FnMut()) -> Result<()> {
    let mut waiting = vec![(Vec::new(), 0)];
    let mut emptied: Vec<Vec<u8>> = Vec::new();
    let mut lifted = 0_u64;
    while let Some((path, depth)) = waiting.pop() {
        let here = open_beneath(top, &path, OFlags::RDONLY | OFlags::DIRECTORY, Links::Never)?;
        for entry in walk::read_all_names(&here)? {
            if entry.kind != Kind::Directory {
                unlink(&here, &entry.name, AtFlags::empty())?;
                removed();
            } else if depth >= DEPTH {
                let name = lift(&here, &entry.name, top, &mut lifted)?;
                waiting.push((name.into_bytes(), 1));
            } else {
                drop(open_own(&here, &entry.name)?);
                waiting.push((walk::join(&path, entry.name.to_bytes()), depth + 1));
            }
        }
        if !path.is_empty() {
            emptied.push(path);
        }
    }
    // Children were found after their parents, so backwards each is empty when its turn comes.
    for path in emptied.iter().rev() {
        let (parent, name) = match path.iter().rposition(|b| *b == b'/') {
            Some(slash) => (&path[..slash], &path[slash + 1..]),
            None => (&[][..], &path[..]),
        };
        let parent = open_beneath(top, parent, OFlags::PATH | OFlags::DIRECTORY, Links::Never)?;
        let name = CString::new(name).map_err(|_| Errno::INVAL)?;
        unlink(&parent, &name, AtFlags::REMOVEDIR)?;
        removed();
    }
    Ok(())
}

fn lift(from: &OwnedFd, name: &CStr, top: &OwnedFd, lifted: &mut u64) -> Result<CString> {
    drop(open_own(from, name)?);
    loop {
        *lifted += 1;
        let new = CString::new(format!("deep-{lifted}")).map_err(|_| Errno::INVAL)?;
        match rustix::fs::renameat_with(from, name, top, &new, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(new),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
}
