//! Giving an entry its name without ever covering another one by accident.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};

use livos_types::escape_name;
use rustix::fs::{AtFlags, RenameFlags};
use rustix::io::{Errno, Result};

use super::{Kind, facts_at, names};

/// What happens when the name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    KeepBoth,
    Replace,
    Skip,
}

impl OnConflict {
    /// `None` for a word that is none of the three.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "keep_both" => Some(Self::KeepBoth),
            "replace" => Some(Self::Replace),
            "skip" => Some(Self::Skip),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::KeepBoth => "keep_both",
            Self::Replace => "replace",
            Self::Skip => "skip",
        }
    }
}

/// Renames, and fails with `EXIST` when the new name is taken, atomically wherever the file system can.
pub(crate) fn rename_new(from: impl AsFd, name: &CStr, to: impl AsFd, new: &CStr) -> Result<()> {
    let (from, to) = (from.as_fd(), to.as_fd());
    match rustix::fs::renameat_with(from, name, to, new, RenameFlags::NOREPLACE) {
        // NFS, some FUSE file systems and old ones do not know the flag.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
        other => return other,
    }
    if facts_at(from, name)?.kind != Kind::Directory {
        match rustix::fs::linkat(from, name, to, new, AtFlags::empty()) {
            Ok(()) => return rustix::fs::unlinkat(from, name, AtFlags::empty()),
            Err(Errno::PERM | Errno::NOTSUP | Errno::NOSYS) => {}
            Err(error) => return Err(error),
        }
    }
    match facts_at(to, new) {
        Ok(_) => Err(Errno::EXIST),
        Err(Errno::NOENT) => rustix::fs::renameat(from, name, to, new),
        Err(error) => Err(error),
    }
}

/// Renames to `wanted`, or to "wanted (2)" and so on when that is taken; answers the name it got.
pub(crate) fn rename_beside(from: impl AsFd, name: &CStr, to: impl AsFd, wanted: &CStr) -> Result<CString> {
    let (from, to) = (from.as_fd(), to.as_fd());
    match rename_new(from, name, to, wanted) {
        Ok(()) => return Ok(wanted.to_owned()),
        Err(Errno::EXIST) => {}
        Err(error) => return Err(error),
    }
    let is_directory = facts_at(from, name)?.kind == Kind::Directory;
    for candidate in names::alternatives(wanted.to_bytes(), is_directory) {
        let candidate = names::c_name(candidate).ok_or(Errno::INVAL)?;
        match rename_new(from, name, to, &candidate) {
            Ok(()) => return Ok(candidate),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Errno::EXIST)
}

/// What became of something that was to get a name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// It has this name now.
    As(CString),
    /// The name is taken and the rule says to leave it.
    Skipped,
    /// A folder has the name, or a folder is to replace it: that one has to be put aside first, because a
    /// rename cannot cover a folder with contents and nobody means to lose them.
    InTheWay,
}

/// Gives a finished thing its name by the rule for conflicts.
pub(crate) fn place(
    from: &OwnedFd,
    name: &CStr,
    to: &OwnedFd,
    wanted: &CStr,
    rule: OnConflict,
) -> Result<Placed> {
    match rule {
        OnConflict::KeepBoth => rename_beside(from, name, to, wanted).map(Placed::As),
        OnConflict::Skip => match rename_new(from, name, to, wanted) {
            Ok(()) => Ok(Placed::As(wanted.to_owned())),
            Err(Errno::EXIST) => Ok(Placed::Skipped),
            Err(error) => Err(error),
        },
        OnConflict::Replace => match rename_new(from, name, to, wanted) {
            Ok(()) => Ok(Placed::As(wanted.to_owned())),
            Err(Errno::EXIST) => {
                let folder = |kind| kind == Kind::Directory;
                if folder(facts_at(from, name)?.kind) || folder(facts_at(to, wanted)?.kind) {
                    return Ok(Placed::InTheWay);
                }
                match rustix::fs::renameat(from, name, to, wanted) {
                    Ok(()) => Ok(Placed::As(wanted.to_owned())),
                    Err(Errno::ISDIR | Errno::NOTDIR | Errno::NOTEMPTY) => Ok(Placed::InTheWay),
                    Err(error) => Err(error),
                }
            }
            Err(error) => Err(error),
        },
    }
}

/// A kernel name as it stands on the wire.
pub(crate) fn shown(name: &CStr) -> String {
    escape_name(name.to_bytes())
}
