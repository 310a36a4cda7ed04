//! Folders of apps on disk: made with the right owner, never through a link that an app has laid.

use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use livos_manifest::Owner;
use rustix::fs::{Mode, OFlags};
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
        rustix::fs::ResolveFlags::BENEATH | rustix::fs::ResolveFlags::NO_SYMLINKS,
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
