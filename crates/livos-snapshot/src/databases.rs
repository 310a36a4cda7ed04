//! The daemons' databases, copied while they are stopped: a newer version may change what an older one can't read.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::{copy_file, make_folder, remove_file, remove_folder, replace_folder};
use crate::{Result, files as failed_to};

/// What belongs to a database: itself, and what SQLite has not yet put into it. The third, its index, is made anew.
const KINDS: [&str; 2] = [".db", ".db-wal"];
const INDEX: &str = ".db-shm";

/// Every file of a database below `state`, as path from there.
fn list(state: &Path, kinds: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for daemon in entries(state)? {
        // Links are nobody's database.
        if !fs::symlink_metadata(&daemon).is_ok_and(|about| about.is_dir()) {
            continue;
        }
        for file in entries(&daemon)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let wanted = kinds.iter().any(|kind| name.ends_with(kind));
            if wanted && fs::symlink_metadata(&file).is_ok_and(|about| about.is_file()) {
                found.extend(file.strip_prefix(state).map(Path::to_owned));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = || failed_to("list", folder);
    fs::read_dir(folder)
        .map_err(failed())?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed()))
        .collect()
}

/// Bytes of all of them.
pub fn size(state: &Path) -> Result<u64> {
    let sizes = list(state, &KINDS)?.into_iter().filter_map(|file| fs::metadata(state.join(file)).ok());
    Ok(sizes.map(|about| about.len()).sum())
}

/// Copies them to `to`, which afterwards holds all of them or is what it was. Its parent exists.
pub fn save(state: &Path, to: &Path) -> Result<()> {
    // Not `with_extension`: a name may be a version, whose last dot is a part of it.
    let mut next = to.as_os_str().to_owned();
    next.push(".next");
    let next = PathBuf::from(next);
    remove_folder(&next)?;
    make_folder(&next)?;
    for file in list(state, &KINDS)? {
        if let Some(folder) = file.parent() {
            make_folder(&next.join(folder))?;
        }
        copy_file(&state.join(&file), &next.join(&file))?;
    }
    replace_folder(&next, to)
}

/// Makes them what they were; databases that were not there then go. May be broken off anywhere and begun again.
pub fn restore(saved: &Path, state: &Path) -> Result<()> {
    restore_with(saved, state, || Ok(()))
}

/// The same. `ready` is called when everything that needs room is done and nothing has changed yet: what fails before
/// it, or in it, leaves all as it was; what is broken off after it leaves some of this and some of that.
pub fn restore_with<E: From<crate::Error>>(
    saved: &Path,
    state: &Path,
    ready: impl FnOnce() -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    if !saved.is_dir() {
        return Ok(());
    }
    let wanted = list(saved, &KINDS)?;
    let copied = wanted.iter().try_for_each(|file| copy_file(&saved.join(file), &beside(&state.join(file))));
    if let Err(error) = copied.map_err(E::from).and_then(|()| ready()) {
        for file in &wanted {
            remove_file(&beside(&state.join(file)))?;
        }
        return Err(error);
    }
    for file in list(state, &[".db", ".db-wal", INDEX])? {
        if !wanted.contains(&file) {
            remove_file(&state.join(file))?;
        }
    }
    for file in wanted {
        let place = state.join(&file);
        fs::rename(beside(&place), &place).map_err(failed_to("put back", &place))?;
    }
    Ok(crate::settle(state)?)
}

/// Where a file waits that is to take this place.
fn beside(place: &Path) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
    place.with_file_name(format!(".{name}.returning"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_comes_back_and_nothing_of_what_came_after() {
        let root = tempfile::tempdir().unwrap();
        let (state, saved) = (root.path().join("state"), root.path().join("databases"));
        for folder in ["web", "apps"] {
            fs::create_dir_all(state.join(folder)).unwrap();
        }
        for (file, text) in [("web/web.db", "old"), ("web/claim-code", "code"), ("apps/apps.db", "apps")] {
            fs::write(state.join(file), text).unwrap();
        }
        save(&state, &saved).unwrap();
        assert_eq!(size(&state).unwrap(), 7);
        for (file, text) in [("web/web.db", "new"), ("web/web.db-wal", "newer"), ("web/web.db-shm", "index")]
        {
            fs::write(state.join(file), text).unwrap();
        }
        fs::write(state.join("web/claim-code"), "used").unwrap();
        for newer in ["apps/other.db", "apps/other.db-wal", "apps/apps.db-wal"] {
            fs::write(state.join(newer), "of the newer version alone").unwrap();
        }
        // Somebody who may write there would have their file overwritten by whoever puts databases back.
        let theirs = root.path().join("theirs");
        fs::write(&theirs, "not ours").unwrap();
        std::os::unix::fs::symlink(&theirs, state.join("web/.web.db.returning")).unwrap();
        restore(&saved, &state).unwrap();
        restore(&saved, &state).unwrap();
        let read = |file: &str| fs::read_to_string(state.join(file)).unwrap();
        assert_eq!((read("web/web.db").as_str(), read("web/claim-code").as_str()), ("old", "used"));
        assert!(!state.join("web/web.db-wal").exists() && !state.join("web/web.db-shm").exists());
        for newer in ["apps/other.db", "apps/other.db-wal", "apps/apps.db-wal"] {
            assert!(!state.join(newer).exists(), "{newer}");
        }
        assert_eq!(fs::read_to_string(theirs).unwrap(), "not ours");
        restore(&root.path().join("none"), &state).unwrap();
        assert_eq!(read("web/web.db"), "old", "without anything saved, nothing changes");
    }

    #[test]
    fn what_fails_before_anything_changes_leaves_all_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let (state, saved) = (root.path().join("state"), root.path().join("databases"));
        fs::create_dir_all(state.join("web")).unwrap();
        fs::write(state.join("web/web.db"), "old").unwrap();
        save(&state, &saved).unwrap();
        for (file, text) in [("web/web.db", "new"), ("web/web.db-wal", "newer")] {
            fs::write(state.join(file), text).unwrap();
        }
        let stop = || Err(crate::Error::NoSpace { path: PathBuf::new(), needed: 1, free: 0 });
        restore_with(&saved, &state, stop).unwrap_err();
        let mut names: Vec<_> =
            fs::read_dir(state.join("web")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["web.db", "web.db-wal"]);
        assert_eq!(fs::read_to_string(state.join("web/web.db")).unwrap(), "new");
    }
}
