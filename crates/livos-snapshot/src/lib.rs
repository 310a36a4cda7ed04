//! A copy of a folder that can be put back, made in the cheapest way the file system offers.
//!
//! Copying is left to coreutils' `cp`, which has met every kind of file there is; what is decided here is the
//! way, the space it needs, and that a copy is either whole or not there.

pub mod commands;
pub mod databases;
pub mod files;

use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How a folder is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A snapshot of a btrfs subvolume: at once, whatever its size.
    Btrfs,
    /// New files that share their blocks with the old ones.
    Reflink,
    /// A plain copy.
    Copy,
}

impl Method {
    /// A word for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Btrfs => "btrfs snapshot",
            Method::Reflink => "reflink",
            Method::Copy => "copy",
        }
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system said no.
    #[error("cannot {doing} {path}: {source}")]
    Files {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} could not {doing}: {said}")]
    Program {
        /// Which.
        program: String,
        /// What it was to do.
        doing: &'static str,
        /// What it said.
        said: String,
    },
    /// The copy would not fit.
    #[error("a copy of {} needs {needed} bytes, and {free} are free", path.display())]
    NoSpace {
        /// What was to be copied.
        path: PathBuf,
        /// Bytes.
        needed: u64,
        /// Bytes.
        free: u64,
    },
}

type Result<T> = std::result::Result<T, Error>;

fn files(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Files { doing, path, source }
}

/// The root directory of a subvolume has this number.
const SUBVOLUME_INODE: u64 = 256;
const BTRFS_MAGIC: u64 = 0x9123_683E;
/// Left free beside a plain copy: whatever runs meanwhile needs some, too.
const RESERVE: u64 = 64 * 1024 * 1024;

/// The cheapest way to keep `source` in `beside`, a folder that exists and may be written to.
pub fn method(source: &Path, beside: &Path) -> Result<Method> {
    let here = fs::metadata(source).map_err(files("look at", source))?;
    let there = fs::metadata(beside).map_err(files("look at", beside))?;
    if here.ino() == SUBVOLUME_INODE && is_btrfs(source)? && is_btrfs(beside)? && has_btrfs_program() {
        return Ok(Method::Btrfs);
    }
    // On btrfs every subvolume is a device of its own, and blocks are shared all the same.
    let together = here.dev() == there.dev() || (is_btrfs(source)? && is_btrfs(beside)?);
    Ok(if together && shares_blocks(beside)? { Method::Reflink } else { Method::Copy })
}

fn is_btrfs(path: &Path) -> Result<bool> {
    let system = rustix::fs::statfs(path).map_err(|errno| files("look at", path)(errno.into()))?;
    Ok(u64::try_from(system.f_type).is_ok_and(|kind| kind & 0xFFFF_FFFF == BTRFS_MAGIC))
}

fn has_btrfs_program() -> bool {
    Command::new("btrfs")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

/// Whether files in this folder can share blocks: tried, because no flag says so.
fn shares_blocks(folder: &Path) -> Result<bool> {
    let names = ["a", "b"].map(|name| folder.join(format!(".livos-probe-{}-{name}", std::process::id())));
    let make = |path: &PathBuf, text: &[u8]| -> io::Result<fs::File> {
        fs::write(path, text)?;
        fs::File::options().read(true).write(true).open(path)
    };
    let tried = make(&names[0], &[7; 4096]).and_then(|from| Ok((from, make(&names[1], b"")?)));
    let shared = tried.map(|(from, to)| rustix::fs::ioctl_ficlone(&to, &from).is_ok());
    for name in &names {
        let _ = fs::remove_file(name);
    }
    shared.map_err(files("write into", folder))
}

/// Bytes that keeping `source` in this way takes up at once.
pub fn space_needed(method: Method, source: &Path) -> Result<u64> {
    match method {
        Method::Btrfs | Method::Reflink => Ok(0),
        Method::Copy => allocated(source, &mut HashSet::new()),
    }
}

/// Bytes on disk below a folder; a file with several names counts once.
fn allocated(path: &Path, seen: &mut HashSet<(u64, u64)>) -> Result<u64> {
    let about = fs::symlink_metadata(path).map_err(files("look at", path))?;
    if about.nlink() > 1 && !about.is_dir() && !seen.insert((about.dev(), about.ino())) {
        return Ok(0);
    }
    let mut sum = about.blocks() * 512;
    if about.is_dir() {
        for entry in fs::read_dir(path).map_err(files("list", path))? {
            let entry = entry.map_err(files("list", path))?;
            sum += allocated(&entry.path(), seen)?;
        }
    }
    Ok(sum)
}

/// Keeps `source` as `snapshot`, which must not exist yet; its parent must. On failure nothing stays.
pub fn take(source: &Path, snapshot: &Path) -> Result<Method> {
    // What is there is somebody's, and stays.
    if fs::symlink_metadata(snapshot).is_ok() {
        return Err(files("create", snapshot)(io::ErrorKind::AlreadyExists.into()));
    }
    let beside = snapshot.parent().unwrap_or(snapshot);
    let way = method(source, beside)?;
    let needed = space_needed(way, source)?;
    check_space(source, beside, needed)?;
    let kept = match way {
        Method::Btrfs => run(
            "keep the folder",
            Command::new("btrfs").args(["subvolume", "snapshot"]).arg(source).arg(snapshot),
        ),
        Method::Reflink | Method::Copy => fs::create_dir(snapshot)
            .map_err(files("create", snapshot))
            .and_then(|()| run("keep the folder", &mut commands::copy(source, snapshot))),
    };
    // What a power cut leaves is whole, or the caller's note that it was finished is not there either.
    let kept = kept.and_then(|()| settle(beside));
    if kept.is_err() {
        let _ = remove(snapshot);
    }
    kept.map(|()| way)
}

fn check_space(source: &Path, beside: &Path, needed: u64) -> Result<()> {
    if needed == 0 {
        return Ok(());
    }
    let numbers = rustix::fs::statvfs(beside).map_err(|errno| files("look at", beside)(errno.into()))?;
    let free = numbers.f_bavail.saturating_mul(numbers.f_frsize);
    if free < needed.saturating_add(RESERVE) {
        return Err(Error::NoSpace { path: source.to_owned(), needed, free });
    }
    Ok(())
}

/// Makes the contents of `target` those of `snapshot`, which stays. May be repeated after an interruption.
pub fn restore(snapshot: &Path, target: &Path) -> Result<()> {
    fs::metadata(snapshot).map_err(files("look at", snapshot))?;
    run("empty the folder", &mut commands::clear(target))?;
    run("put the folder back", &mut commands::copy(snapshot, target))?;
    settle(target)
}

/// Removes a snapshot. One that is gone is fine.
pub fn remove(snapshot: &Path) -> Result<()> {
    let about = match fs::symlink_metadata(snapshot) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(files("look at", snapshot)(error)),
    };
    if about.ino() == SUBVOLUME_INODE && is_btrfs(snapshot)? {
        let deleted = run("remove", Command::new("btrfs").args(["subvolume", "delete"]).arg(snapshot));
        if deleted.is_ok() {
            return Ok(());
        }
    }
    fs::remove_dir_all(snapshot).map_err(files("remove", snapshot))
}

/// Everything below is on disk.
fn settle(folder: &Path) -> Result<()> {
    let open = fs::File::open(folder).map_err(files("open", folder))?;
    rustix::fs::syncfs(&open).map_err(|errno| files("write", folder)(errno.into()))
}

/// Whether everything below belongs to this process's user, so that no more rights are needed than it has.
pub fn is_ours(folder: &Path) -> bool {
    fn ours(path: &Path, user: u32) -> io::Result<bool> {
        let about = fs::symlink_metadata(path)?;
        if about.uid() != user {
            return Ok(false);
        }
        if about.is_dir() {
            for entry in fs::read_dir(path)? {
                if !ours(&entry?.path(), user)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
    let user = rustix::process::geteuid();
    user.is_root() || ours(folder, user.as_raw()).unwrap_or(false)
}

fn run(doing: &'static str, command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|error| Error::Program { program: program.clone(), doing, said: error.to_string() })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().take(3).collect::<Vec<_>>().join("; ");
    Err(Error::Program { program, doing, said })
}
