//! Going through a tree one directory at a time, never through a link.
//!
//! Directories wait as paths and not as descriptors, so neither depth nor breadth uses up descriptors or
//! stack; each is opened anew from the top, beneath it and without links.

use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, OFlags, RawDir};
use rustix::io::{Errno, Result};

use super::{Kind, Links, facts_at, names, open_beneath};

/// A name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: CString,
    pub(crate) kind: Kind,
}

/// Every name in a directory but `.`, `..` and our own hidden ones.
pub(crate) fn read_names(directory: impl AsFd) -> Result<Vec<Named>> {
    read(directory, false)
}

/// Every name in a directory, our own hidden ones too.
pub(crate) fn read_all_names(directory: impl AsFd) -> Result<Vec<Named>> {
    read(directory, true)
}

fn read(directory: impl AsFd, hidden: bool) -> Result<Vec<Named>> {
    let directory = directory.as_fd();
    rustix::fs::seek(directory, rustix::fs::SeekFrom::Start(0))?;
    let mut buffer = Vec::with_capacity(32 * 1024);
    let mut found = Vec::new();
    let mut entries = RawDir::new(directory, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if is_dots(name) || (!hidden && names::is_hidden(name.to_bytes())) {
            continue;
        }
        let kind = match entry.file_type() {
            // Some file systems do not say in the directory; then the entry is asked, if it is still there.
            FileType::Unknown => match facts_at(directory, name) {
                Ok(facts) => facts.kind,
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error),
            },
            known => Kind::of(known),
        };
        found.push(Named { name: name.to_owned(), kind });
    }
    Ok(found)
}

pub(crate) fn is_dots(name: &CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

/// `directory` and `name` as one path; the top is the empty path.
pub(crate) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() {
        return name.to_vec();
    }
    let mut path = Vec::with_capacity(directory.len() + 1 + name.len());
    path.extend_from_slice(directory);
    path.push(b'/');
    path.extend_from_slice(name);
    path
}

/// A directory on the way.
#[derive(Debug)]
pub(crate) struct Step {
    /// Its path from the top of the walk.
    pub(crate) path: Vec<u8>,
    pub(crate) directory: OwnedFd,
    pub(crate) entries: Vec<Named>,
}

/// A walk; the caller says which directories to go into by [`Walk::enter`].
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    top: BorrowedFd<'a>,
    waiting: VecDeque<Vec<u8>>,
}

impl<'a> Walk<'a> {
    /// Starts with the directory `top` itself.
    pub(crate) fn new(top: BorrowedFd<'a>) -> Self {
        Self { top, waiting: VecDeque::from([Vec::new()]) }
    }

    /// Goes into this directory later, nearest to the top first.
    pub(crate) fn enter(&mut self, path: Vec<u8>) {
        self.waiting.push_back(path);
    }

    /// The next directory with its path, whether or not it could be read.
    pub(crate) fn next(&mut self) -> Option<(Vec<u8>, Result<Step>)> {
        let path = self.waiting.pop_front()?;
        let step = open_beneath(self.top, &path, OFlags::RDONLY | OFlags::DIRECTORY, Links::Never)
            .and_then(|directory| Ok((read_names(&directory)?, directory)))
            .map(|(entries, directory)| Step { path: path.clone(), directory, entries });
        Some((path, step))
    }
}

/// A directory that was there a moment ago and is gone or replaced now.
pub(crate) fn has_vanished(error: Errno) -> bool {
    matches!(error, Errno::NOENT | Errno::NOTDIR | Errno::LOOP)
}
