//! Files that are either the old one or the new one, whatever happens in between.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::Error;

/// Replaces `path` by `bytes` with `mode`: written beside it, synced, renamed, directory synced.
///
/// A crash or a full disk leaves the old file as it was. Blocks; call it off the runtime when the
/// file is large.
pub fn atomic_write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let temporary = write_beside(path, bytes, mode).map_err(failed)?;
    let renamed = std::fs::rename(&temporary, path);
    finish(path, &temporary, renamed).map_err(failed)
}

/// Like [`atomic_write`], but leaves an existing file alone and then returns `false`.
pub fn atomic_create(path: &Path, bytes: &[u8], mode: u32) -> Result<bool, Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let temporary = write_beside(path, bytes, mode).map_err(failed)?;
    // A hard link fails when the name exists, which makes "create if absent" atomic.
    let linked = std::fs::hard_link(&temporary, path);
    let removed = std::fs::remove_file(&temporary);
    match linked {
        Ok(()) => {
            removed.map_err(failed)?;
            sync_parent(path).map_err(failed)?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(error)),
    }
}

/// Makes `path` and what is missing above it; `path` itself gets `mode`.
pub fn create_directory(path: &Path, mode: u32) -> Result<(), Error> {
    let failed = |source| Error::CreateDirectory { path: path.to_owned(), source };
    if !path.is_dir() {
        std::fs::DirBuilder::new().recursive(true).mode(mode).create(path).map_err(failed)?;
        // The process's umask may have taken bits away that the caller asked for.
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(failed)?;
    }
    Ok(())
}

fn write_beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut temporary_name = std::ffi::OsString::from(".");
    temporary_name.push(name);
    temporary_name.push(format!(".{:016x}.tmp", rand::random::<u64>()));
    let temporary = path.with_file_name(temporary_name);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    let written = file
        .set_permissions(std::fs::Permissions::from_mode(mode))
        .and_then(|()| file.write_all(bytes))
        .and_then(|()| file.sync_all());
    if let Err(error) = written {
        drop(file);
        std::fs::remove_file(&temporary)?;
        return Err(error);
    }
    Ok(temporary)
}

fn finish(path: &Path, temporary: &Path, renamed: io::Result<()>) -> io::Result<()> {
    if let Err(error) = renamed {
        std::fs::remove_file(temporary)?;
        return Err(error);
    }
    sync_parent(path)
}

fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}
