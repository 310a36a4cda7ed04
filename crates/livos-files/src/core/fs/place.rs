//! A place: an open directory that everything named inside it stays beneath.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use livos_types::RelPath;
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result};

use super::{Facts, Links, facts_of, names, open_beneath, regular};

/// An `O_PATH` directory and the operations that start from a path inside it.
#[derive(Debug)]
pub(crate) struct Place {
    top: OwnedFd,
}

/// The directory that holds an entry, open, and the entry's name there.
#[derive(Debug)]
pub(crate) struct Spot {
    pub(crate) directory: OwnedFd,
    pub(crate) name: CString,
}

impl Place {
    pub(crate) fn new(top: OwnedFd) -> Self {
        Self { top }
    }

    pub(crate) fn top(&self) -> &OwnedFd {
        &self.top
    }

    /// A folder, to read its names and to work in.
    pub(crate) fn directory(&self, path: &RelPath) -> Result<OwnedFd> {
        self.open(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// What the path stands for, links followed, not opened for anything yet.
    pub(crate) fn target(&self, path: &RelPath) -> Result<OwnedFd> {
        self.open(path, OFlags::PATH)
    }

    /// The entry itself, a link unfollowed, not opened for anything yet.
    pub(crate) fn entry(&self, path: &RelPath) -> Result<OwnedFd> {
        self.open(path, OFlags::PATH | OFlags::NOFOLLOW)
    }

    /// A regular file for reading.
    pub(crate) fn file(&self, path: &RelPath) -> Result<(OwnedFd, Facts)> {
        regular(&self.target(path)?)
    }

    /// Where an entry stands, or would stand. The place itself stands nowhere.
    pub(crate) fn spot(&self, path: &RelPath) -> Result<Spot> {
        let (parent, name) = path.parent().zip(path.name()).ok_or(Errno::BUSY)?;
        let name = names::c_name(livos_types::unescape_name(name)).ok_or(Errno::INVAL)?;
        Ok(Spot { directory: self.directory(&parent)?, name })
    }

    /// Makes the folders of `path` that are missing and opens the last one.
    pub(crate) fn make(&self, path: &RelPath) -> Result<OwnedFd> {
        match self.directory(path) {
            Err(Errno::NOENT) => {}
            other => return other,
        }
        let mut here = self.directory(&RelPath::root())?;
        let mut so_far = RelPath::root();
        for part in path.as_str().split('/').filter(|part| !part.is_empty()) {
            so_far = so_far.join(part).map_err(|_| Errno::INVAL)?;
            let name = names::c_name(livos_types::unescape_name(part)).ok_or(Errno::INVAL)?;
            match rustix::fs::mkdirat(&here, &name, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(other) => return Err(other),
            }
            // From the top again, so that a link on the way is followed only beneath the place.
            here = self.directory(&so_far)?;
        }
        Ok(here)
    }

    /// The facts of an entry, of a link itself.
    pub(crate) fn facts(&self, path: &RelPath) -> Result<Facts> {
        facts_of(self.entry(path)?)
    }

    fn open(&self, path: &RelPath, flags: OFlags) -> Result<OwnedFd> {
        if names::is_hidden_path(path.as_str()) {
            return Err(Errno::NOENT);
        }
        open_beneath(&self.top, &path.to_bytes(), flags, Links::Beneath)
    }
}
