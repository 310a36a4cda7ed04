//! Room, asked for before it is needed.

use std::path::Path;

use crate::error::About as _;
use crate::{Error, Result};

/// Fails with figures when there is less free than needed.
pub(crate) fn require(folder: &Path, place: &str, needed: u64) -> Result<()> {
    let about = rustix::fs::statvfs(folder).about("could not measure", folder)?;
    let free = about.f_bavail * about.f_frsize;
    if free < needed {
        let megabytes = |bytes: u64| bytes.div_ceil(1024 * 1024);
        return Err(Error::Space {
            place: place.to_owned(),
            free: free / (1024 * 1024),
            needed: megabytes(needed),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_room_is_said_with_figures() {
        let folder = tempfile::tempdir().unwrap();
        require(folder.path(), "the disk", 1).unwrap();
        let error = require(folder.path(), "the disk", u64::MAX / 2).unwrap_err();
        assert!(error.to_string().contains("MB are needed"), "{error}");
    }
}
