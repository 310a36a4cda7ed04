//! Files and folders that are whole or not there, whatever happens meanwhile.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::Path;

use crate::{Result, files as failed_to};

/// Copies a file with its owner and mode, sharing its blocks where the file system can, and waits until it is on the
/// disk. What is at the other place goes. No link is followed: whoever may write into one of the folders would choose
/// what is read or overwritten with more rights than theirs.
pub fn copy_file(from: &Path, to: &Path) -> Result<()> {
    remove_file(to)?;
    let nofollow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let copy = || {
        let mut source = fs::File::options().read(true).custom_flags(nofollow).open(from)?;
        let mut target =
            fs::File::options().write(true).create_new(true).mode(0o600).custom_flags(nofollow).open(to)?;
        std::io::copy(&mut source, &mut target)?;
        let about = source.metadata()?;
        fchown(&target, Some(about.uid()), Some(about.gid()))?;
        target.set_permissions(about.permissions())?;
        target.sync_all()
    };
    copy().map_err(failed_to("copy", from))
}

/// A folder for nobody else's eyes.
pub fn make_folder(path: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed_to("create", path))
}

/// Puts a folder that is whole where another may be.
pub fn replace_folder(from: &Path, to: &Path) -> Result<()> {
    remove_folder(to)?;
    fs::rename(from, to).map_err(failed_to("rename", from))?;
    crate::settle(to)
}

/// Removes a folder with everything below; one that is gone is fine.
pub fn remove_folder(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed_to("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a file; one that is gone is fine.
pub fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed_to("remove", path)(error)),
        _ => Ok(()),
    }
}
