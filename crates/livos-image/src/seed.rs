//! What an image brings for /var and the machine lacks.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::Path;

use crate::Result;
use crate::error::About as _;

/// The name of a file that is not complete yet.
const PARTIAL: &str = ".livos-seed";

/// Copies from `from` what `to` does not have, with owners and modes. What is there stays as it is. A
/// file appears whole or not at all, so that a cut in the middle leaves nothing half for good.
pub fn seed(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).about("could not read", from)? {
        let entry = entry.about("could not read", from)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let about = entry.metadata().about("could not read", &source)?;
        // What cannot be looked at may be there all the same, and must not be written over.
        let here = match fs::symlink_metadata(&target) {
            Ok(here) => Some(here),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).about("could not look at", &target),
        };
        if about.is_dir() {
            match here {
                Some(here) if here.is_dir() => {}
                // The machine has something else there, and has it for a reason.
                Some(_) => continue,
                None => {
                    fs::create_dir(&target).about("could not create", &target)?;
                    own(&target, &about)?;
                }
            }
            seed(&source, &target)?;
        } else if here.is_none() && (about.is_file() || about.is_symlink()) {
            let partial = to.join(PARTIAL);
            match fs::remove_file(&partial) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).about("could not remove", partial);
                }
                _ => {}
            }
            if about.is_symlink() {
                let aim = fs::read_link(&source).about("could not read", &source)?;
                symlink(aim, &partial).about("could not create", &partial)?;
                lchown(&partial, Some(about.uid()), Some(about.gid())).about("could not change", &partial)?;
            } else {
                fs::copy(&source, &partial).about("could not copy", &source)?;
                own(&partial, &about)?;
                let file = fs::File::open(&partial).about("could not open", &partial)?;
                file.sync_all().about("could not write", &partial)?;
            }
            fs::rename(&partial, &target).about("could not create", target)?;
        }
    }
    Ok(())
}

fn own(path: &Path, about: &fs::Metadata) -> Result<()> {
    lchown(path, Some(about.uid()), Some(about.gid())).about("could not change", path)?;
    // After the owner: a change of owner takes the set-user-id bit away.
    let mode = fs::Permissions::from_mode(about.mode() & 0o7777);
    fs::set_permissions(path, mode).about("could not change", path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_and_what_is_missing_comes() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("lib/one")).unwrap();
        fs::create_dir_all(to.join("lib")).unwrap();
        fs::write(from.join("lib/one/new"), "new").unwrap();
        fs::set_permissions(from.join("lib/one/new"), fs::Permissions::from_mode(0o640)).unwrap();
        fs::write(from.join("lib/kept"), "theirs").unwrap();
        fs::write(to.join("lib/kept"), "ours").unwrap();
        symlink("../usr", from.join("lib/link")).unwrap();
        // A folder that the machine has replaced by a link stays a link.
        fs::create_dir_all(from.join("log")).unwrap();
        fs::write(from.join("log/file"), "x").unwrap();
        symlink("/nowhere", to.join("log")).unwrap();
        // Left behind by a cut.
        fs::create_dir(to.join("lib/one")).unwrap();
        fs::write(to.join("lib/one").join(PARTIAL), "ne").unwrap();

        seed(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("lib/one/new")).unwrap(), "new");
        assert_eq!(fs::metadata(to.join("lib/one/new")).unwrap().mode() & 0o777, 0o640);
        assert_eq!(fs::read_to_string(to.join("lib/kept")).unwrap(), "ours");
        assert_eq!(fs::read_link(to.join("lib/link")).unwrap(), Path::new("../usr"));
        assert!(fs::symlink_metadata(to.join("log")).unwrap().is_symlink());
        assert!(!to.join("lib/one").join(PARTIAL).exists());
    }
}
