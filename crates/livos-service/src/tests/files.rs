use std::os::unix::fs::PermissionsExt;

use crate::fs::{atomic_create, atomic_write};
use crate::{Error, Secrets};

#[test]
fn replacing_a_file_keeps_the_mode_asked_for_and_leaves_nothing_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.json");
    atomic_write(&path, b"one", 0o640).unwrap();
    atomic_write(&path, b"two", 0o600).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!atomic_create(&path, b"three", 0o600).unwrap());
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_failed_replacement_leaves_the_old_file_and_nothing_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("occupied");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("kept"), b"x").unwrap();
    assert!(matches!(atomic_write(&path, b"one", 0o600), Err(Error::Write { .. })));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    assert!(path.join("kept").exists());
}

#[test]
fn a_secret_is_made_once_and_kept_private() {
    let directory = tempfile::tempdir().unwrap();
    let secrets = Secrets::new(None, directory.path().join("secrets"));
    assert_eq!(secrets.get("seed").unwrap(), None);
    let first = secrets.get_or_create("seed", 32).unwrap();
    assert_eq!(secrets.get_or_create("seed", 32).unwrap(), first);
    assert_eq!(first.expose().len(), 32);
    assert_eq!(format!("{first:?}"), "Secret(32 bytes)");
    let path = directory.path().join("secrets/seed");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_credential_wins_and_a_cut_or_escaping_one_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let credentials = directory.path().join("credentials");
    std::fs::create_dir(&credentials).unwrap();
    std::fs::write(credentials.join("seed"), b"sixteen bytes...").unwrap();
    std::fs::write(credentials.join("cut"), b"").unwrap();
    let secrets = Secrets::new(Some(credentials), directory.path().join("own"));
    assert_eq!(secrets.get_or_create("seed", 32).unwrap().expose(), b"sixteen bytes...");
    assert!(matches!(secrets.get_or_create("cut", 32), Err(Error::ShortSecret { .. })));
    assert!(matches!(secrets.get("../seed"), Err(Error::SecretName(_))));
}

#[test]
fn processes_that_race_for_a_secret_agree() {
    let directory = tempfile::tempdir().unwrap();
    let secrets = Secrets::new(None, directory.path().join("own"));
    let all: Vec<_> = std::thread::scope(|scope| {
        let racers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| secrets.get_or_create("seed", 32).unwrap())).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert!(all.iter().all(|secret| *secret == all[0]));
}
