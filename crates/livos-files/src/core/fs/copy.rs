//! Copying contents: by reference where the file system can, in the kernel where it cannot, by hand last.

use std::ffi::CStr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, SeekFrom};
use rustix::io::{Errno, Result};

use super::walk::{self, Step, Walk};
use super::{Facts, Kind, Links, facts_at, facts_of, modified, open_beneath, open_directory, open_regular};

/// So much is copied between two looks at whether to stop.
const BITE: u64 = 8 * 1024 * 1024;

/// Whoever waits for long work.
pub(crate) trait Watcher: Send + Sync {
    /// Bytes that are in their place now.
    fn bytes(&self, count: u64);
    /// One more file, folder or link is in its place.
    fn item(&self);
    /// Something was left out, and why.
    fn left_out(&self, path: &[u8], why: &str);
    /// Work should stop.
    fn is_cancelled(&self) -> bool;
}

fn go_on(watcher: &dyn Watcher) -> Result<()> {
    if watcher.is_cancelled() { Err(Errno::CANCELED) } else { Ok(()) }
}

/// Number of entries and bytes below and including `name`.
pub(crate) fn measure(directory: impl AsFd, name: &CStr, watcher: &dyn Watcher) -> Result<(u64, u64)> {
    let facts = facts_at(directory.as_fd(), name)?;
    let (mut items, mut bytes) = (1, facts.size);
    if facts.kind != Kind::Directory {
        return Ok((items, bytes));
    }
    let top = open_directory(directory, name)?;
    let mut walk = Walk::new(top.as_fd());
    while let Some((_, step)) = walk.next() {
        go_on(watcher)?;
        let step = match step {
            Ok(step) => step,
            Err(error) if walk::has_vanished(error) => continue,
            Err(error) => return Err(error),
        };
        for entry in &step.entries {
            items += 1;
            match entry.kind {
                Kind::Directory => walk.enter(walk::join(&step.path, entry.name.to_bytes())),
                Kind::File => match facts_at(&step.directory, &entry.name) {
                    Ok(facts) => bytes += facts.size,
                    Err(Errno::NOENT) => {}
                    Err(error) => return Err(error),
                },
                Kind::Symlink | Kind::Other => {}
            }
        }
    }
    Ok((items, bytes))
}

/// Copies `name` from one directory to `new` in another, with everything below it.
///
/// What an earlier, killed attempt left at `new` is taken up: a file that is there with the right size and
/// time is complete, because its time is set last; everything else is written again.
pub(crate) fn copy(
    from: &OwnedFd,
    name: &CStr,
    to: &OwnedFd,
    new: &CStr,
    watcher: &dyn Watcher,
) -> Result<()> {
    match facts_at(from, name)?.kind {
        Kind::Directory => copy_tree(from, name, to, new, watcher)?,
        kind => copy_one(from, name, to, new, kind, name.to_bytes(), watcher)?,
    }
    // Only what has reached the disk may be shown under its name, or stand in for a moved original.
    match facts_at(to, new) {
        Ok(facts) if facts.kind == Kind::File => rustix::fs::fsync(open_regular(to, new)?.0),
        Ok(facts) if facts.kind == Kind::Directory => rustix::fs::syncfs(open_directory(to, new)?),
        Ok(_) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error),
    }
}

fn copy_tree(from: &OwnedFd, name: &CStr, to: &OwnedFd, new: &CStr, watcher: &dyn Watcher) -> Result<()> {
    let source = open_directory(from, name)?;
    make_directory(to, new)?;
    let target = open_directory(to, new)?;
    watcher.item();
    let mut finished = Vec::new();
    let mut walk = Walk::new(source.as_fd());
    while let Some((path, step)) = walk.next() {
        go_on(watcher)?;
        let Step { directory, entries, .. } = match step {
            Ok(step) => step,
            Err(error) if !path.is_empty() && walk::has_vanished(error) => continue,
            Err(error) => return Err(error),
        };
        let beneath = open_beneath(&target, &path, OFlags::RDONLY | OFlags::DIRECTORY, Links::Never)?;
        for entry in entries {
            go_on(watcher)?;
            let at = walk::join(&path, entry.name.to_bytes());
            if entry.kind == Kind::Directory {
                make_directory(&beneath, &entry.name)?;
                watcher.item();
                walk.enter(at);
                continue;
            }
            match copy_one(&directory, &entry.name, &beneath, &entry.name, entry.kind, &at, watcher) {
                Err(Errno::NOENT) => watcher.left_out(&at, "it went away"),
                other => other?,
            }
        }
        finished.push(path);
    }
    // A folder's time moves while things are put into it, so it is set when all of them are there.
    for path in finished.iter().rev() {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let original = match open_beneath(&source, path, flags, Links::Never) {
            Ok(original) => original,
            Err(error) if walk::has_vanished(error) => continue,
            Err(error) => return Err(error),
        };
        let copy = open_beneath(&target, path, flags, Links::Never)?;
        keep_attributes(original.as_fd(), &facts_of(&original)?, copy.as_fd())?;
    }
    Ok(())
}

fn make_directory(directory: &OwnedFd, name: &CStr) -> Result<()> {
    match rustix::fs::mkdirat(directory, name, Mode::RWXU) {
        Err(Errno::EXIST) if facts_at(directory, name)?.kind == Kind::Directory => Ok(()),
        other => other,
    }
}

fn copy_one(
    from: &OwnedFd,
    name: &CStr,
    to: &OwnedFd,
    new: &CStr,
    kind: Kind,
    path: &[u8],
    watcher: &dyn Watcher,
) -> Result<()> {
    match kind {
        Kind::File => {
            let (source, facts) = open_regular(from, name)?;
            copy_file(source.as_fd(), &facts, to, new, watcher)?;
        }
        Kind::Symlink => copy_link(from, name, to, new)?,
        Kind::Directory | Kind::Other => {
            watcher.left_out(path, "it is a device, a socket or a pipe");
            return Ok(());
        }
    }
    watcher.item();
    Ok(())
}

fn copy_link(from: &OwnedFd, name: &CStr, to: &OwnedFd, new: &CStr) -> Result<()> {
    let target = rustix::fs::readlinkat(from, name, Vec::new())?;
    match rustix::fs::symlinkat(&target, to, new) {
        // Left by an earlier attempt; a link has no state worth comparing.
        Err(Errno::EXIST) => {
            rustix::fs::unlinkat(to, new, AtFlags::empty())?;
            rustix::fs::symlinkat(&target, to, new)?;
        }
        other => other?,
    }
    let facts = facts_at(from, name)?;
    let times = modified(facts.modified_at, facts.modified_nanos);
    rustix::fs::utimensat(to, new, &times, AtFlags::SYMLINK_NOFOLLOW)
}

fn copy_file(
    source: BorrowedFd<'_>,
    facts: &Facts,
    to: &OwnedFd,
    new: &CStr,
    watcher: &dyn Watcher,
) -> Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let target = rustix::fs::openat(to, new, flags, Mode::RUSR | Mode::WUSR)?;
    let there = facts_of(&target)?;
    if there.kind != Kind::File {
        return Err(Errno::EXIST);
    }
    if looks_copied(facts, &there) && facts.size > 0 {
        watcher.bytes(facts.size);
        return Ok(());
    }
    rustix::fs::ftruncate(&target, 0)?;
    if facts.size > 0 && rustix::fs::ioctl_ficlone(&target, source).is_ok() {
        watcher.bytes(facts.size);
    } else {
        copy_data(source, facts.size, target.as_fd(), watcher)?;
    }
    keep_attributes(source, facts, target.as_fd())
}

/// Same size and time, to the nanosecond: what a finished copy looks like.
pub(crate) fn looks_copied(original: &Facts, copy: &Facts) -> bool {
    original.kind == copy.kind
        && original.size == copy.size
        && (original.modified_at, original.modified_nanos) == (copy.modified_at, copy.modified_nanos)
}

/// Copies the stretches that hold data, so that a sparse disk image stays sparse.
fn copy_data(source: BorrowedFd<'_>, size: u64, target: BorrowedFd<'_>, watcher: &dyn Watcher) -> Result<()> {
    let mut at = 0;
    while at < size {
        let (start, end) = match rustix::fs::seek(source, SeekFrom::Data(at)) {
            Ok(start) => (start, rustix::fs::seek(source, SeekFrom::Hole(start))?.min(size)),
            // Nothing but a hole up to the end.
            Err(Errno::NXIO) => (size, size),
            // The file system does not know about holes.
            Err(_) => (at, size),
        };
        let start = start.min(size);
        watcher.bytes(start - at);
        at = start;
        while at < end {
            go_on(watcher)?;
            let copied = copy_bite(source, target, at, (end - at).min(BITE))?;
            if copied == 0 {
                // It became shorter while being read; what is there is what it is now.
                rustix::fs::ftruncate(target, at)?;
                return Ok(());
            }
            watcher.bytes(copied);
            at += copied;
        }
    }
    rustix::fs::ftruncate(target, size)
}

fn copy_bite(source: BorrowedFd<'_>, target: BorrowedFd<'_>, at: u64, length: u64) -> Result<u64> {
    let (mut from, mut to) = (at, at);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    match rustix::fs::copy_file_range(source, Some(&mut from), target, Some(&mut to), length) {
        // Zero is the end of the file, or a file system that does not say that it cannot.
        Ok(0)
        | Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::NOTSUP | Errno::PERM | Errno::BADF) => {
            copy_by_hand(source, target, at, length.min(256 * 1024))
        }
        Ok(copied) => Ok(copied as u64),
        Err(Errno::INTR) => copy_bite(source, target, at, length as u64),
        Err(error) => Err(error),
    }
}

fn copy_by_hand(source: BorrowedFd<'_>, target: BorrowedFd<'_>, at: u64, length: usize) -> Result<u64> {
    let mut buffer = vec![0; length];
    let read = rustix::io::retry_on_intr(|| rustix::io::pread(source, &mut buffer[..], at))?;
    let mut written = 0;
    while written < read {
        let offset = at + written as u64;
        match rustix::io::retry_on_intr(|| rustix::io::pwrite(target, &buffer[written..read], offset))? {
            0 => return Err(Errno::IO),
            count => written += count,
        }
    }
    Ok(read as u64)
}

/// Extended attributes, mode and time; the time last, because it says that all the rest is there.
fn keep_attributes(source: BorrowedFd<'_>, facts: &Facts, target: BorrowedFd<'_>) -> Result<()> {
    keep_extended(source, target)?;
    // Without set-user-id and its kin: a copy belongs to us, and must not become a program that acts as us.
    match rustix::fs::fchmod(target, Mode::from_raw_mode(facts.mode & 0o777)) {
        Ok(()) | Err(Errno::PERM | Errno::NOTSUP) => {}
        Err(error) => return Err(error),
    }
    rustix::fs::futimens(target, &modified(facts.modified_at, facts.modified_nanos))
}

fn keep_extended(source: BorrowedFd<'_>, target: BorrowedFd<'_>) -> Result<()> {
    let unsupported = |error| matches!(error, Errno::NOTSUP | Errno::PERM | Errno::ACCESS | Errno::NOSYS);
    let mut list = match rustix::fs::flistxattr_query(source) {
        Ok(0) => return Ok(()),
        Ok(length) => vec![0_u8; length],
        Err(error) if unsupported(error) => return Ok(()),
        Err(error) => return Err(error),
    };
    let length = match rustix::fs::flistxattr(source, &mut list[..]) {
        Ok(length) => length,
        // The list grew in between; it is a copy of something that is being changed anyway.
        Err(Errno::RANGE) => return Ok(()),
        Err(error) => return Err(error),
    };
    // Only what people and programs put there; `security.` and `system.` are the system's business.
    for name in list[..length].split(|b| *b == 0).filter(|name| name.starts_with(b"user.")) {
        let size = match rustix::fs::fgetxattr_query(source, name) {
            Ok(size) => size,
            Err(Errno::NODATA) => continue,
            Err(error) => return Err(error),
        };
        let mut value = vec![0_u8; size];
        let size = match rustix::fs::fgetxattr(source, name, &mut value[..]) {
            Ok(size) => size,
            Err(Errno::NODATA | Errno::RANGE) => continue,
            Err(error) => return Err(error),
        };
        match rustix::fs::fsetxattr(target, name, &value[..size], rustix::fs::XattrFlags::empty()) {
            Ok(()) => {}
            // The destination's file system has no attributes or no room for them; contents matter more.
            Err(error) if unsupported(error) || error == Errno::NOSPC => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Removes the original of a move, but only what the copy really has: anything that changed or came in the
/// meantime stays. Answers how many entries stayed.
pub(crate) fn remove_copied(from: &OwnedFd, name: &CStr, to: &OwnedFd, new: &CStr) -> Result<u64> {
    let original = match facts_at(from, name) {
        Ok(facts) => facts,
        Err(Errno::NOENT) => return Ok(0),
        Err(error) => return Err(error),
    };
    if original.kind != Kind::Directory {
        return remove_one(from, name, &original, to, new).map(u64::from);
    }
    let source = open_directory(from, name)?;
    let target = open_directory(to, new)?;
    let mut stayed = 0;
    let mut seen = Vec::new();
    let mut walk = Walk::new(source.as_fd());
    while let Some((path, step)) = walk.next() {
        let step = match step {
            Ok(step) => step,
            Err(error) if walk::has_vanished(error) => continue,
            Err(error) => return Err(error),
        };
        let beneath = open_beneath(&target, &path, OFlags::PATH | OFlags::DIRECTORY, Links::Never);
        for entry in &step.entries {
            let at = walk::join(&path, entry.name.to_bytes());
            match (entry.kind, &beneath) {
                (Kind::Directory, _) => walk.enter(at),
                (_, Err(_)) => stayed += 1,
                (_, Ok(beneath)) => {
                    let facts = facts_at(&step.directory, &entry.name)?;
                    stayed +=
                        u64::from(remove_one(&step.directory, &entry.name, &facts, beneath, &entry.name)?);
                }
            }
        }
        seen.push(path);
    }
    for path in seen.iter().rev().filter(|path| !path.is_empty()) {
        let cut = path.iter().rposition(|b| *b == b'/');
        let (parent, last) = cut.map_or((&[][..], &path[..]), |at| (&path[..at], &path[at + 1..]));
        let parent = open_beneath(&source, parent, OFlags::PATH | OFlags::DIRECTORY, Links::Never)?;
        remove_empty(&parent, last)?;
    }
    remove_empty(from, name.to_bytes())?;
    Ok(stayed)
}

/// True when it stayed.
fn remove_one(from: impl AsFd, name: &CStr, original: &Facts, to: impl AsFd, new: &CStr) -> Result<bool> {
    match facts_at(to, new) {
        Ok(copy) if looks_copied(original, &copy) => {
            rustix::fs::unlinkat(from, name, AtFlags::empty()).map(|()| false)
        }
        Ok(_) | Err(Errno::NOENT) => Ok(true),
        Err(error) => Err(error),
    }
}

/// A folder in which something stayed stays too.
fn remove_empty(directory: impl AsFd, name: &[u8]) -> Result<()> {
    match rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOENT) => Ok(()),
        Err(error) => Err(error),
    }
}
