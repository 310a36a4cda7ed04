//! Folders of apps on disk: made with the right owner, never through a link that an app has laid.

use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use livos_manifest::Owner;
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::Error;

const DIRECTORY: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// What [`prepare`] could not do itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Prepared {
    /// Folders that were made, but belong to us because we may not give files away.
    pub(crate) not_given: Vec<PathBuf>,
    /// Folders that could not be made, because the one they lie in belongs to somebody else; outer ones first.
    pub(crate) not_made: Vec<PathBuf>,
}

/// Makes `directory`, which lies below `base`, and gives what it makes to `owner`.
///
/// Folders that are there stay as they are. A link on the way is an error: what lies below `base`
/// is written by apps, and one of them may want us to make or give away something elsewhere.
pub(crate) fn prepare(
    base: &Path,
    directory: &Path,
    owner: Owner,
    prepared: &mut Prepared,
) -> Result<(), Error> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |errno: Errno| Error::Files { doing: "create the folder", path, source: errno.into() }
    };
    let outside = || failed(directory)(Errno::XDEV);
    let below = directory.strip_prefix(base).map_err(|_| outside())?;
    std::fs::create_dir_all(base).map_err(|source| Error::Files {
        doing: "create the folder",
        path: base.to_owned(),
        source,
    })?;
    let mut at: OwnedFd = rustix::fs::open(base, DIRECTORY, Mode::empty()).map_err(failed(base))?;
    let mut path = base.to_owned();
    let mut components = below.components();
    while let Some(component) = components.next() {
        let Component::Normal(name) = component else { return Err(outside()) };
        path.push(name);
        let made = match rustix::fs::mkdirat(&at, name, Mode::from_raw_mode(0o755)) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(errno) => Err(errno),
        };
        let opened = made.and_then(|made| {
            let inside = rustix::fs::openat(&at, name, DIRECTORY, Mode::empty())?;
            Ok((made, inside))
        });
        let made = match opened {
            Ok((made, inside)) => {
                at = inside;
                made
            }
            // From here on it is somebody else's.
            Err(Errno::ACCESS | Errno::PERM) => {
                prepared.not_made.push(path.clone());
                for rest in components {
                    let Component::Normal(name) = rest else { return Err(outside()) };
                    path.push(name);
                    prepared.not_made.push(path.clone());
                }
                return Ok(());
            }
            Err(errno) => return Err(failed(&path)(errno)),
        };
        if !made {
            continue;
        }
        // The process's umask is strict; an app's folder must be open to its own user.
        rustix::fs::fchmod(&at, Mode::from_raw_mode(0o755)).map_err(failed(&path))?;
        let (uid, gid) = (rustix::fs::Uid::from_raw(owner.uid), rustix::fs::Gid::from_raw(owner.gid));
        match rustix::fs::fchown(&at, Some(uid), Some(gid)) {
            Ok(()) => {}
            Err(Errno::PERM) => prepared.not_given.push(path.clone()),
            Err(errno) => return Err(failed(&path)(errno)),
        }
    }
    Ok(())
}

/// What [`lay`] has come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Laid {
    /// What is to be made or given away by somebody who may.
    pub(crate) prepared: Prepared,
    /// Nothing was left out for want of a right.
    pub(crate) complete: bool,
}

/// How [`lay`] lays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Laying<'a> {
    /// No link is followed below this folder.
    pub(crate) base: &'a Path,
    pub(crate) owner: Owner,
    /// A file that is there gives way; otherwise it stays as it is.
    pub(crate) replace: bool,
}

/// Copies our own folder `from` into `to`, which lies below the base, and gives what is new to its owner.
pub(crate) fn lay(from: &Path, to: &Path, how: Laying<'_>) -> Result<Laid, Error> {
    let mut laid = Laid { complete: true, ..Laid::default() };
    lay_folder(from, to, how, &mut laid)?;
    Ok(laid)
}

fn lay_folder(from: &Path, to: &Path, how: Laying<'_>, laid: &mut Laid) -> Result<(), Error> {
    let reading = |source| Error::Files { doing: "read the folder", path: from.to_owned(), source };
    prepare(how.base, to, how.owner, &mut laid.prepared)?;
    if laid.prepared.not_made.iter().any(|path| path == to) {
        laid.complete = false;
    }
    for item in std::fs::read_dir(from).map_err(reading)? {
        let item = item.map_err(reading)?;
        let target = to.join(item.file_name());
        if item.file_type().map_err(reading)?.is_dir() {
            lay_folder(&item.path(), &target, how, laid)?;
        } else {
            lay_file(&item.path(), &target, how, laid)?;
        }
    }
    Ok(())
}

fn lay_file(from: &Path, to: &Path, how: Laying<'_>, laid: &mut Laid) -> Result<(), Error> {
    let Laying { base, owner, replace } = how;
    let failed =
        |source: std::io::Error| Error::Files { doing: "write the file", path: to.to_owned(), source };
    let (Some(below), Some(name)) = (to.parent().and_then(|to| to.strip_prefix(base).ok()), to.file_name())
    else {
        return Err(failed(Errno::XDEV.into()));
    };
    let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let opened = rustix::fs::open(base, DIRECTORY, Mode::empty())
        .and_then(|base| rustix::fs::openat2(base, below, DIRECTORY, Mode::empty(), inside))
        .and_then(|folder| {
            if replace {
                match rustix::fs::unlinkat(&folder, name, AtFlags::empty()) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(errno) => return Err(errno),
                }
            }
            let new = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            rustix::fs::openat(folder, name, new, Mode::from_raw_mode(0o600))
        });
    let file = match opened {
        Ok(file) => file,
        Err(Errno::EXIST) if !replace => return Ok(()),
        Err(Errno::ACCESS | Errno::PERM | Errno::NOENT) => {
            laid.complete = false;
            return Ok(());
        }
        Err(errno) => return Err(failed(errno.into())),
    };
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(from).map_err(failed)?.permissions());
    let mut file = std::fs::File::from(file);
    std::io::copy(&mut std::fs::File::open(from).map_err(failed)?, &mut file).map_err(failed)?;
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode & 0o755)).map_err(|errno| failed(errno.into()))?;
    let (uid, gid) = (rustix::fs::Uid::from_raw(owner.uid), rustix::fs::Gid::from_raw(owner.gid));
    match rustix::fs::fchown(&file, Some(uid), Some(gid)) {
        Ok(()) => Ok(()),
        Err(Errno::PERM) => {
            laid.prepared.not_given.push(to.to_owned());
            Ok(())
        }
        Err(errno) => Err(failed(errno.into())),
    }
}

/// Looks for links on the way from `base` to what lies below it. Gives the paths of which it cannot be told, because
/// they lead through somebody else's folder.
pub(crate) fn reached_straight(
    base: &Path,
    paths: impl IntoIterator<Item = PathBuf>,
) -> Result<Vec<PathBuf>, Error> {
    let failed = |path: &Path, errno: Errno| {
        let path = path.to_owned();
        Error::Files { doing: "mount, as it may lead elsewhere,", path, source: errno.into() }
    };
    let at = rustix::fs::open(base, DIRECTORY, Mode::empty()).map_err(|errno| failed(base, errno))?;
    let mut unclear = Vec::new();
    for path in paths {
        let below = path.strip_prefix(base).map_err(|_| failed(&path, Errno::XDEV))?;
        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        match rustix::fs::openat2(&at, below, flags, Mode::empty(), inside) {
            Ok(_) | Err(Errno::NOENT) => {}
            Err(Errno::ACCESS) => unclear.push(path),
            Err(errno) => return Err(failed(&path, errno)),
        }
    }
    Ok(unclear)
}

/// Reads a file below `base` without following links, and whether it can be run.
pub(crate) fn read_bytes(base: &Path, below: &Path, limit: u64) -> Result<(Vec<u8>, bool), String> {
    let base = rustix::fs::open(base, DIRECTORY, Mode::empty()).map_err(|errno| errno.to_string())?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    let file =
        rustix::fs::openat2(&base, below, flags, Mode::empty(), inside).map_err(|errno| errno.to_string())?;
    let file = std::fs::File::from(file);
    let about = file.metadata().map_err(|error| error.to_string())?;
    if !about.is_file() || about.len() > limit {
        return Err("it is not a file, or there are too many bytes".to_owned());
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, limit.saturating_add(1)), &mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > limit {
        return Err("there are too many bytes".to_owned());
    }
    Ok((bytes, std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o100 != 0))
}

/// Reads a small file below `base` without following links.
pub(crate) fn read_text(base: &Path, file: &Path, limit: u64) -> Result<String, String> {
    let outside = "it lies outside the app's own folder";
    let below = file.strip_prefix(base).map_err(|_| outside.to_owned())?;
    if !below.components().all(|component| matches!(component, Component::Normal(_))) {
        return Err(outside.to_owned());
    }
    let base = rustix::fs::open(base, DIRECTORY, Mode::empty()).map_err(|errno| errno.to_string())?;
    let file = rustix::fs::openat2(
        &base,
        below,
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
    )
    .map_err(|errno| errno.to_string())?;
    let file = std::fs::File::from(file);
    let length = file.metadata().map_err(|error| error.to_string())?;
    if !length.is_file() || length.len() > limit {
        return Err(format!("it is not a file of at most {limit} bytes"));
    }
    std::io::read_to_string(file).map_err(|error| error.to_string())
}

/// Removes a folder with all that is in it; links in it are removed, not followed.
///
/// `Ok(false)` when something in it belongs to others and we may not remove it.
pub(crate) fn remove(path: &Path) -> Result<bool, Error> {
    match std::fs::remove_dir_all(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(false),
        Err(source) => Err(Error::Files { doing: "remove the folder", path: path.to_owned(), source }),
    }
}
