//! Moves and copies: whole or not at all, however often they are killed.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use livos_types::JobState;
use tempfile::TempDir;

use super::*;

async fn run(house: &House, items: &[&str], to: &str, rule: &str, moves: bool) -> Job {
    let id = house.files.transfer(&owner(), &request(items, to, rule), moves).await.unwrap();
    let job = house.finish(&id).await;
    assert_eq!((job.state, job.error_message.as_str()), (JobState::Succeeded, ""));
    job
}

/// A tree with everything a copy has to keep.
fn build(house: &House, at: &str) {
    house.write(&format!("{at}/file.txt"), "contents");
    house.write(&format!("{at}/sub/deep/big"), vec![7; 3_000_000]);
    house.write(&format!("{at}/sub/empty"), "");
    let sparse = std::fs::File::create(house.path(&format!("{at}/sparse"))).unwrap();
    sparse.set_len(200 << 20).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"in the middle", 100 << 20).unwrap();
    std::os::unix::fs::symlink("file.txt", house.path(&format!("{at}/link"))).unwrap();
    std::fs::set_permissions(house.path(&format!("{at}/file.txt")), PermissionsExt::from_mode(0o4750))
        .unwrap();
    let file = std::fs::File::open(house.path(&format!("{at}/file.txt"))).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::new(1_111_111_111, 222_333_444)).unwrap();
    // tmpfs before Linux 6.6 has no user attributes; then there is nothing to keep.
    let _ = rustix::fs::fsetxattr(&file, "user.colour", b"blue", rustix::fs::XattrFlags::empty());
    let folder = std::fs::File::open(house.path(&format!("{at}/sub"))).unwrap();
    folder.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(999_999_999)).unwrap();
}

const BUILT: [&str; 7] = ["file.txt", "link", "sparse", "sub", "sub/deep", "sub/deep/big", "sub/empty"];

fn check_built(house: &House, at: &str) {
    let path = house.path(at);
    assert_eq!(tree(&path), BUILT, "{at}");
    assert_eq!(std::fs::read(path.join("file.txt")).unwrap(), b"contents");
    assert_eq!(std::fs::read(path.join("sub/deep/big")).unwrap(), vec![7; 3_000_000]);
    assert_eq!(std::fs::read_link(path.join("link")).unwrap().to_str(), Some("file.txt"));
    let file = std::fs::metadata(path.join("file.txt")).unwrap();
    assert_eq!((file.mtime(), file.mtime_nsec()), (1_111_111_111, 222_333_444));
    assert_eq!(std::fs::metadata(path.join("sub")).unwrap().mtime(), 999_999_999);
    let sparse = std::fs::metadata(path.join("sparse")).unwrap();
    assert_eq!(sparse.len(), 200 << 20);
    assert!(sparse.blocks() * 512 < 50 << 20, "the holes were filled: {} blocks", sparse.blocks());
    let mut middle = [0; 13];
    let opened = std::fs::File::open(path.join("sparse")).unwrap();
    std::os::unix::fs::FileExt::read_exact_at(&opened, &mut middle, 100 << 20).unwrap();
    assert_eq!(&middle, b"in the middle");
}

fn colour(house: &House, path: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 16];
    let length = rustix::fs::getxattr(house.path(path), "user.colour", &mut value[..]).ok()?;
    value.truncate(length);
    Some(value)
}

#[tokio::test]
async fn a_copy_keeps_contents_times_attributes_and_holes() {
    let house = House::new().await;
    build(&house, "home/a");
    std::fs::create_dir(house.path("home/to")).unwrap();
    let job = run(&house, &["a", "a/file.txt"], "to", "keep_both", false).await;
    check_built(&house, "home/a");
    check_built(&house, "home/to/a");
    assert_eq!(colour(&house, "home/to/a/file.txt"), colour(&house, "home/a/file.txt"));
    // Never set-user-id: the copy is ours.
    let mode = std::fs::metadata(house.path("home/to/a/file.txt")).unwrap().mode() & 0o7777;
    assert_eq!(mode, 0o750);
    assert_eq!((job.progress.done, job.progress.unit.as_str()), (job.progress.total, "bytes"));
    assert_eq!(job.kind, "files.copy");
    assert_eq!(house.names("home", "to").await, ["a", "file.txt"]);
}

#[tokio::test]
async fn special_files_are_left_out_and_the_log_says_so() {
    let house = House::new().await;
    house.write("home/a/file", "");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        house.path("home/a/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    std::fs::create_dir(house.path("home/to")).unwrap();
    let job = run(&house, &["a"], "to", "keep_both", false).await;
    assert_eq!(tree(&house.path("home/to")), ["a", "a/file"]);
    assert!(house.files.queue.log(&job.id).await.unwrap().contains("left out ‘pipe’"));
}

async fn check_rule(rule: &str, moves: bool, names: &[&str], taken: &str, trashed: usize) {
    let house = House::new().await;
    house.write("home/x.txt", "new");
    house.write("home/folder/inner", "new");
    house.write("home/to/x.txt", "old");
    house.write("home/to/folder/kept", "old");
    run(&house, &["x.txt", "folder"], "to", rule, moves).await;
    assert_eq!(house.names("home", "to").await, names, "{rule}, moves: {moves}");
    assert_eq!(house.read("home/to/x.txt"), taken, "{rule}, moves: {moves}");
    assert_eq!(house.files.trashed(&owner()).await.unwrap().len(), trashed, "{rule}, moves: {moves}");
    assert_eq!(house.path("home/x.txt").exists(), !moves || rule == "skip");
    let left_over = |name: &String| name.contains(".livos-");
    assert!(!tree(&house.path("home")).iter().any(left_over));
}

#[tokio::test]
async fn a_taken_name_is_kept_replaced_or_skipped() {
    for moves in [false, true] {
        check_rule("keep_both", moves, &["folder", "folder (2)", "x (2).txt", "x.txt"], "old", 0).await;
        // A replaced folder is in the trash, where its other contents can still be had.
        check_rule("replace", moves, &["folder", "x.txt"], "new", 1).await;
        check_rule("skip", moves, &["folder", "x.txt"], "old", 0).await;
    }
}

#[tokio::test]
async fn copying_beside_itself_makes_a_second_one() {
    let house = House::new().await;
    house.write("home/a.txt", "1");
    run(&house, &["a.txt"], "", "keep_both", false).await;
    run(&house, &["a.txt"], "", "keep_both", true).await;
    run(&house, &["a.txt"], "", "replace", false).await;
    assert_eq!(house.names("home", "").await, ["a (2).txt", "a.txt"]);
    assert_eq!(house.read("home/a.txt"), "1");
}

#[tokio::test]
async fn nothing_is_put_into_itself() {
    let house = House::new().await;
    house.write("home/a/b/file", "");
    std::os::unix::fs::symlink("a/b", house.path("home/way-in")).unwrap();
    for to in ["a", "a/b", "way-in"] {
        for moves in [true, false] {
            let refused = house.files.transfer(&owner(), &request(&["a"], to, "keep_both"), moves).await;
            assert_eq!(refusal(refused), "into_itself", "{to}");
        }
    }
    for (items, to, code) in [
        (&["missing"][..], "a", "not_found"),
        (&["a"], "missing", "not_found"),
        (&["a"], "a/b/file", "invalid"),
        (&[""], "a", "invalid"),
        (&[], "a", "invalid"),
    ] {
        let refused = house.files.transfer(&owner(), &request(items, to, "keep_both"), true).await;
        assert_eq!(refusal(refused), code, "{items:?} to {to}");
    }
    let rule = house.files.transfer(&owner(), &request(&["a"], "", "merge"), true).await;
    assert_eq!(refusal(rule), "invalid");
    assert_eq!(tree(&house.path("home")), ["a", "a/b", "a/b/file", "way-in"]);
}

/// Kills a transfer at a step, starts again, and looks whether all is as if nothing had happened.
async fn killed(step: &'static str, moves: bool, elsewhere: bool) {
    let house = House::killed_after(Some(step)).await;
    let other = elsewhere.then(|| other_disk(&house)).flatten();
    let to = if elsewhere { "shared" } else { "home" };
    build(&house, "home/a");
    std::fs::create_dir(house.path(&format!("{to}/to"))).unwrap();
    house.write(&format!("{to}/to/a/old"), "old");
    let order = TransferRequest {
        items: vec![location("home", "a")],
        destination: location(to, "to"),
        on_conflict: "keep_both".to_owned(),
    };
    let id = house.files.transfer(&owner(), &order, moves).await.unwrap();
    house.run_until_killed().await;
    // What is half done is never seen.
    let seen = house.list(&owner(), to, "to").await.unwrap();
    for entry in &seen.entries {
        assert!(["a", "a (2)"].contains(&entry.0.as_str()), "{step}: {entry:?}");
        if entry.0 == "a (2)" {
            check_built(&house, &format!("{to}/to/a (2)"));
        }
    }
    let house = house.again().await;
    let job = house.finish(&id).await;
    assert_eq!((job.state, job.error_message.as_str()), (JobState::Succeeded, ""), "{step}");
    check_built(&house, &format!("{to}/to/a (2)"));
    assert_eq!(
        tree(&house.path(&format!("{to}/to"))).len(),
        BUILT.len() + 3,
        "{step} left or lost something"
    );
    assert_eq!(house.path("home/a").exists(), !moves, "{step}");
    if !moves {
        check_built(&house, "home/a");
    }
    drop(other);
}

/// Puts the shared place on another file system, if the machine has one to offer.
fn other_disk(house: &House) -> Option<TempDir> {
    let other = TempDir::new_in("/dev/shm").ok()?;
    let device = |path: &Path| std::fs::metadata(path).unwrap().dev();
    if device(other.path()) == device(house.dir.path()) {
        eprintln!("skipped: /dev/shm is the same file system, so the move is a rename");
        return None;
    }
    std::fs::remove_dir(house.path("shared")).unwrap();
    std::os::unix::fs::symlink(other.path(), house.path("shared")).unwrap();
    Some(other)
}

#[tokio::test]
async fn a_copy_killed_at_any_step_is_whole_in_the_end() {
    for step in ["transfer: copying", "transfer: copied", "transfer: placing", "transfer: placed"] {
        killed(step, false, false).await;
    }
}

#[tokio::test]
async fn a_move_killed_at_any_step_is_whole_in_the_end() {
    for step in ["transfer: moving", "transfer: moved"] {
        killed(step, true, false).await;
    }
    if TempDir::new_in("/dev/shm").is_ok() {
        for step in ["transfer: copying", "transfer: copied", "transfer: placed", "transfer: clearing"] {
            killed(step, true, true).await;
        }
    }
}

#[tokio::test]
async fn what_changed_during_a_move_stays() {
    let house = House::killed_after(Some("transfer: placed")).await;
    let Some(_other) = other_disk(&house) else { return };
    house.write("home/a/same", "1");
    house.write("home/a/edited", "1");
    let order = TransferRequest {
        items: vec![location("home", "a")],
        destination: location("shared", ""),
        on_conflict: "keep_both".to_owned(),
    };
    let id = house.files.transfer(&owner(), &order, true).await.unwrap();
    house.run_until_killed().await;
    house.write("home/a/edited", "12");
    house.write("home/a/added", "3");
    let house = house.again().await;
    assert_eq!(house.finish(&id).await.state, JobState::Succeeded);
    assert_eq!(tree(&house.path("home/a")), ["added", "edited"]);
    assert_eq!(house.read("home/a/edited"), "12");
    assert_eq!((house.read("shared/a/same"), house.read("shared/a/edited")), ("1".into(), "1".into()));
}

#[tokio::test]
async fn a_cancelled_copy_leaves_nothing() {
    let house = House::killed_after(Some("transfer: copied")).await;
    build(&house, "home/a");
    std::fs::create_dir(house.path("home/to")).unwrap();
    let id = house.files.transfer(&owner(), &request(&["a"], "to", "keep_both"), false).await.unwrap();
    house.run_until_killed().await;
    assert!(!tree(&house.path("home/to")).is_empty(), "it was not even begun");
    let house = house.again().await;
    let shutdown = CancellationToken::new();
    let tidying = tokio::spawn({
        let (files, shutdown) = (Arc::clone(&house.files), shutdown.clone());
        async move { files.tidy_after_jobs(shutdown).await }
    });
    tokio::task::yield_now().await;
    // It waits to be resumed, so its handler never hears of this.
    house.files.queue.cancel(&id).await.unwrap();
    within(async {
        while std::fs::read_dir(house.path("home/to")).unwrap().next().is_some() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    shutdown.cancel();
    within(tidying).await.unwrap();
    check_built(&house, "home/a");
}

#[tokio::test]
async fn a_copy_whose_destination_was_renamed_fails_and_leaves_nothing_there() {
    let house = House::killed_after(Some("transfer: copied")).await;
    build(&house, "home/a");
    std::fs::create_dir_all(house.path("home/ü/to")).unwrap();
    let id = house.files.transfer(&owner(), &request(&["a"], "ü/to", "keep_both"), false).await.unwrap();
    house.run_until_killed().await;
    let house = house.again().await;
    house.files.rename(owner(), root("home"), rel("ü"), "elsewhere".to_owned()).await.unwrap();
    let job = house.finish(&id).await;
    assert_eq!((job.state, job.error_code.as_str()), (JobState::Failed, "not_found"));
    assert_eq!(tree(&house.path("home/elsewhere")), ["to"]);
}

#[tokio::test]
async fn a_failed_copy_leaves_nothing_and_says_why() {
    let house = House::new().await;
    house.write("home/a/file", "x");
    std::fs::create_dir(house.path("home/to")).unwrap();
    let id = house.files.transfer(&owner(), &request(&["a"], "to", "keep_both"), false).await.unwrap();
    std::fs::remove_dir_all(house.path("home/a")).unwrap();
    let job = house.finish(&id).await;
    assert_eq!((job.state, job.error_code.as_str()), (JobState::Failed, "not_found"));
    assert!(job.error_message.contains("cannot copy ‘a’"), "{}", job.error_message);
    assert!(tree(&house.path("home/to")).is_empty());
}
