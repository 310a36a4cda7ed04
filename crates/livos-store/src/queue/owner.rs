//! Which process works on a job, and whether that one still lives.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::Error;

/// This process's claim to its jobs: an exclusive lock on a file beside the database, which the
/// kernel gives back at the very moment the process dies, however it dies.
pub(super) struct Owner {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl Owner {
    pub(super) fn take(database: &Path) -> Result<Self, Error> {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let path = lock_path(database, &name);
        let failed = |source| Error::Lock { path: path.clone(), source };
        let lock = File::create(&path).map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Self { name, path, _lock: lock })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // A file left behind does no harm: its lock is free, and the next start removes it.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn lock_path(database: &Path, name: &str) -> PathBuf {
    let mut file = database.file_name().unwrap_or_default().to_owned();
    file.push(format!(".owner-{name}"));
    database.with_file_name(file)
}

/// Whether the process that took `name` is gone. Its file is removed if so.
pub(super) fn is_dead(database: &Path, name: &str) -> Result<bool, Error> {
    let path = lock_path(database, name);
    match File::open(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(source) => Err(Error::Lock { path, source }),
        Ok(file) => match file.try_lock() {
            Ok(()) => {
                let _ = std::fs::remove_file(&path);
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(source)) => Err(Error::Lock { path, source }),
        },
    }
}

/// Removes the files of processes that died without jobs.
pub(super) fn sweep(database: &Path) -> Result<(), Error> {
    let Some(directory) = database.parent() else { return Ok(()) };
    let failed = |source| Error::Lock { path: directory.to_owned(), source };
    let prefix = lock_path(database, "").file_name().unwrap_or_default().to_string_lossy().into_owned();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let file = entry.map_err(failed)?.file_name();
        if let Some(name) = file.to_str().and_then(|file| file.strip_prefix(&prefix)) {
            is_dead(database, name)?;
        }
    }
    Ok(())
}
