//! The file system by descriptor: no path is looked up twice, and none leaves its place.
//!
//! A place is an open directory. A path inside it is resolved once, by the kernel, with
//! `RESOLVE_BENEATH`: `..`, absolute links and links that point out fail there, however fast somebody
//! swaps them. What follows happens on the descriptor that came back.

pub(crate) mod copy;
pub(crate) mod list;
pub(crate) mod names;
pub(crate) mod place;
pub(crate) mod remove;
pub(crate) mod rename;
pub(crate) mod walk;

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::{Errno, Result};

/// What a directory entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    Symlink,
    /// A device, a socket or a FIFO: shown, never opened.
    Other,
}

impl Kind {
    pub(crate) fn of(kind: FileType) -> Self {
        match kind {
            FileType::RegularFile => Self::File,
            FileType::Directory => Self::Directory,
            FileType::Symlink => Self::Symlink,
            _ => Self::Other,
        }
    }

    pub(crate) fn of_mode(mode: u32) -> Self {
        Self::of(FileType::from_raw_mode(mode))
    }

    /// The number that stands for it in a listing.
    pub(crate) fn digit(self) -> u8 {
        match self {
            Self::File => b'0',
            Self::Directory => b'1',
            Self::Symlink => b'2',
            Self::Other => b'3',
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Directory => "dir",
            Self::Symlink => "symlink",
            Self::Other => "other",
        }
    }
}

/// What `stat` says, as far as anybody here asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) kind: Kind,
    /// Bytes; 0 for anything that is not a file.
    pub(crate) size: u64,
    pub(crate) modified_at: i64,
    pub(crate) modified_nanos: u32,
    /// Moves with every change of contents or attributes, and nobody can set it back.
    pub(crate) changed: (i64, u32),
    pub(crate) inode: u64,
    pub(crate) device: (u32, u32),
    pub(crate) mode: u32,
}

impl Facts {
    /// The same file system object.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.inode, self.device) == (other.inode, other.device)
    }

    /// Changes whenever the contents may have.
    pub(crate) fn revision(&self) -> String {
        format!("{:x}-{:x}-{:x}.{:x}", self.inode, self.size, self.changed.0, self.changed.1)
    }
}

/// The facts of `name` in `directory`, of a link itself and not of what it points to.
pub(crate) fn facts_at(directory: impl AsFd, name: impl rustix::path::Arg) -> Result<Facts> {
    facts(directory, name, AtFlags::SYMLINK_NOFOLLOW)
}

/// The facts of an open descriptor.
pub(crate) fn facts_of(descriptor: impl AsFd) -> Result<Facts> {
    facts(descriptor, c"", AtFlags::EMPTY_PATH)
}

fn facts(directory: impl AsFd, name: impl rustix::path::Arg, flags: AtFlags) -> Result<Facts> {
    let found = rustix::fs::statx(directory, name, flags | AtFlags::NO_AUTOMOUNT, StatxFlags::BASIC_STATS)?;
    let kind = Kind::of_mode(u32::from(found.stx_mode));
    Ok(Facts {
        kind,
        size: if kind == Kind::File { found.stx_size } else { 0 },
        modified_at: found.stx_mtime.tv_sec,
        modified_nanos: found.stx_mtime.tv_nsec,
        changed: (found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec),
        inode: found.stx_ino,
        device: (found.stx_dev_major, found.stx_dev_minor),
        mode: u32::from(found.stx_mode) & 0o7777,
    })
}

/// How an open resolves links on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// Follow those that stay beneath the directory.
    Beneath,
    /// Follow none, not even on the way.
    Never,
}

/// Opens `path` beneath `directory`. The one place where a path becomes a descriptor.
pub(crate) fn open_beneath(
    directory: impl AsFd,
    path: &[u8],
    flags: OFlags,
    links: Links,
) -> Result<OwnedFd> {
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_MAGICLINKS
        | if links == Links::Never { ResolveFlags::NO_SYMLINKS } else { ResolveFlags::empty() };
    let path = if path.is_empty() { b"." } else { path };
    let flags = flags | OFlags::CLOEXEC;
    let mut attempts = 0;
    loop {
        match rustix::fs::openat2(directory.as_fd(), path, flags, Mode::empty(), resolve) {
            // The kernel saw a rename somewhere on the way and cannot vouch for the result; it says: again.
            Err(Errno::AGAIN | Errno::INTR) if attempts < 64 => attempts += 1,
            other => return other,
        }
    }
}

/// Opens `name`, which is one component, in `directory` without following it or waking what it is.
pub(crate) fn open_entry(directory: impl AsFd, name: impl rustix::path::Arg) -> Result<OwnedFd> {
    rustix::fs::openat(directory, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())
}

/// Opens a sub-directory by its name, never through a link.
pub(crate) fn open_directory(directory: impl AsFd, name: impl rustix::path::Arg) -> Result<OwnedFd> {
    rustix::fs::openat(
        directory,
        name,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// Opens a regular file by its name for reading. Anything else is refused without being opened, because
/// opening alone makes a FIFO's writer go on and a tape rewind.
pub(crate) fn open_regular(directory: impl AsFd, name: impl rustix::path::Arg) -> Result<(OwnedFd, Facts)> {
    regular(&open_entry(directory, name)?)
}

/// Opens what an `O_PATH` descriptor stands for, if it is a regular file.
pub(crate) fn regular(entry: &OwnedFd) -> Result<(OwnedFd, Facts)> {
    let facts = facts_of(entry)?;
    match facts.kind {
        Kind::File => Ok((reopen(entry, OFlags::RDONLY)?, facts)),
        Kind::Directory => Err(Errno::ISDIR),
        Kind::Symlink | Kind::Other => Err(Errno::NXIO),
    }
}

/// Opens the very object that a descriptor stands for again, with other flags.
pub(crate) fn reopen(descriptor: impl AsFd, flags: OFlags) -> Result<OwnedFd> {
    rustix::fs::openat(
        CWD,
        self_path(descriptor.as_fd()),
        flags | OFlags::CLOEXEC | OFlags::NOCTTY,
        Mode::empty(),
    )
}

/// The name by which system calls that only take a path reach an open descriptor.
pub(crate) fn self_path(descriptor: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", descriptor.as_raw_fd())
}

/// Bytes in all and bytes that this process may still write.
pub(crate) fn space(descriptor: impl AsFd) -> Result<(u64, u64)> {
    let found = rustix::fs::fstatvfs(descriptor)?;
    let unit = if found.f_frsize == 0 { found.f_bsize } else { found.f_frsize };
    Ok((found.f_blocks.saturating_mul(unit), found.f_bavail.saturating_mul(unit)))
}

/// Makes the names in a directory survive a power cut.
pub(crate) fn sync_directory(directory: impl AsFd) -> Result<()> {
    match rustix::fs::fsync(directory) {
        // Some network and FUSE file systems cannot sync a directory; their server decides anyway.
        Err(Errno::INVAL | Errno::NOTSUP | Errno::ROFS) => Ok(()),
        other => other,
    }
}

/// The modification time as `utimensat` wants it, access time left alone.
pub(crate) fn modified(seconds: i64, nanos: u32) -> rustix::fs::Timestamps {
    rustix::fs::Timestamps {
        last_access: rustix::fs::Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        last_modification: rustix::fs::Timespec { tv_sec: seconds, tv_nsec: i64::from(nanos) },
    }
}

/// True when `inner` is `outer` or lies somewhere below it: walked upwards by descriptor, so links and
/// mounts cannot hide it.
pub(crate) fn is_inside(inner: BorrowedFd<'_>, outer: &Facts) -> Result<bool> {
    let mut here =
        rustix::fs::openat(inner, c".", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let mut facts = facts_of(&here)?;
    loop {
        if facts.is_same(outer) {
            return Ok(true);
        }
        let above = rustix::fs::openat(
            &here,
            c"..",
            OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let facts_above = facts_of(&above)?;
        // Only the top of the tree is its own parent.
        if facts_above.is_same(&facts) {
            return Ok(false);
        }
        (here, facts) = (above, facts_above);
    }
}
