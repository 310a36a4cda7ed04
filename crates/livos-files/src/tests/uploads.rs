//! Uploads survive everything but being forgotten.

use std::io::Write;
use std::os::unix::fs::MetadataExt;

use livos_bus::UploadRequest;

use super::*;

fn upload(name: &str, size: u64) -> UploadRequest {
    UploadRequest {
        root: "home".to_owned(),
        path: String::new(),
        relative_path: String::new(),
        name: name.to_owned(),
        size,
        on_conflict: "keep_both".to_owned(),
        modified_at: 0,
    }
}

async fn send(house: &House, id: &str, bytes: &[u8]) {
    let (_, file) = house.files.open_upload(&owner(), id).await.unwrap();
    std::fs::File::from(file).write_all(bytes).unwrap();
}

#[tokio::test]
async fn an_upload_arrives_in_parts_and_over_restarts() {
    let house = House::new().await;
    let begun = UploadRequest { modified_at: 1_234_567, ..upload("ü.bin", 10) };
    let info = house.files.create_upload(&owner(), begun).await.unwrap();
    assert_eq!((info.offset, info.size, info.expires_at), (0, 10, 1_000_000 + 168 * 3600));
    send(&house, &info.id, b"12345").await;
    assert!(house.names("home", "").await.is_empty(), "it is seen before it is whole");
    let house = house.again().await;
    assert_eq!(house.files.get_upload(&owner(), &info.id).await.unwrap().offset, 5);
    assert_eq!(house.files.uploads(&owner()).await.unwrap().len(), 1);
    let code = refusal(house.files.commit_upload(&owner(), &info.id).await);
    assert_eq!(code, "conflict", "half a file was accepted");
    send(&house, &info.id, b"67890").await;
    let entry = house.files.commit_upload(&owner(), &info.id).await.unwrap();
    assert_eq!((entry.path.as_str(), entry.size, entry.modified_at), ("ü.bin", 10, 1_234_567));
    assert_eq!(house.read("home/ü.bin"), "1234567890");
    assert_eq!(tree(&house.path("home")), ["ü.bin"]);
    assert_eq!(refusal(house.files.commit_upload(&owner(), &info.id).await), "not_found");
    assert!(house.files.uploads(&owner()).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_takes_no_space_before_it_comes_and_is_nobody_elses() {
    let house = House::new().await;
    let info = house.files.create_upload(&owner(), upload("big", 8 << 20)).await.unwrap();
    let hidden = house.path(&format!("home/.livos-upload-{}", info.id));
    let found = std::fs::metadata(&hidden).unwrap();
    assert_eq!((found.len(), found.blocks(), found.mode() & 0o777), (0, 0, 0o600));
    send(&house, &info.id, b"x").await;
    let blocks = std::fs::metadata(&hidden).unwrap().blocks();
    assert!(blocks * 512 < 1 << 20, "{blocks} blocks for a byte");
    for other in [member(), admin()] {
        assert_eq!(refusal(house.files.get_upload(&other, &info.id).await), "not_found");
        assert_eq!(refusal(house.files.open_upload(&other, &info.id).await), "not_found");
        assert_eq!(refusal(house.files.cancel_upload(&other, &info.id).await), "not_found");
        assert_eq!(refusal(house.files.commit_upload(&other, &info.id).await), "not_found");
        assert!(house.files.uploads(&other).await.unwrap().is_empty());
    }
    house.files.cancel_upload(&owner(), &info.id).await.unwrap();
    assert!(!hidden.exists());
    assert_eq!(refusal(house.files.get_upload(&owner(), &info.id).await), "not_found");
}

#[tokio::test]
async fn what_cannot_fit_is_refused_before_the_first_byte() {
    let house = House::new().await;
    let refused = house.files.create_upload(&owner(), upload("huge", 1 << 60)).await;
    assert_eq!(refusal(refused), "no_space");
    assert_eq!(refusal(house.files.create_upload(&owner(), upload("more", u64::MAX)).await), "invalid");
    assert!(tree(&house.path("home")).is_empty());
    assert!(house.files.store.uploads_of("grace").await.unwrap().is_empty());
}

#[tokio::test]
async fn only_one_writes_at_a_time() {
    let house = House::new().await;
    let info = house.files.create_upload(&owner(), upload("a", 4)).await.unwrap();
    let (_, first) = house.files.open_upload(&owner(), &info.id).await.unwrap();
    // As the bus does it: the writer has a duplicate, ours is closed.
    let passed_on = first.try_clone().unwrap();
    drop(first);
    assert_eq!(refusal(house.files.open_upload(&owner(), &info.id).await), "conflict");
    drop(passed_on);
    assert!(house.files.open_upload(&owner(), &info.id).await.is_ok());
}

#[tokio::test]
async fn folders_on_the_way_are_made_and_bad_names_refused() {
    let house = House::new().await;
    let nested = UploadRequest { relative_path: "Photos/2026".to_owned(), ..upload("a.jpg", 0) };
    let info = house.files.create_upload(&owner(), nested).await.unwrap();
    assert_eq!(info.path, "Photos/2026");
    assert_eq!(house.files.commit_upload(&owner(), &info.id).await.unwrap().path, "Photos/2026/a.jpg");
    for (path, relative_path, name, code) in [
        ("missing", "", "a", "not_found"),
        ("", "../x", "a", "invalid"),
        ("", "/x", "a", "invalid"),
        ("..", "", "a", "invalid"),
        ("", "", "../a", "invalid"),
        ("", "", "..", "invalid"),
        ("", "", "", "invalid"),
        ("", "", "a\0", "invalid"),
        ("", "Photos/2026/a.jpg/x", "a", "invalid"),
    ] {
        let bad = UploadRequest {
            path: path.to_owned(),
            relative_path: relative_path.to_owned(),
            ..upload(name, 1)
        };
        assert_eq!(
            refusal(house.files.create_upload(&owner(), bad).await),
            code,
            "{path}, {relative_path}, {name:?}"
        );
    }
    assert_eq!(tree(&house.path("home")), ["Photos", "Photos/2026", "Photos/2026/a.jpg"]);
}

async fn check_conflict(rule: &str, want: Option<&str>, old: &str) {
    let house = House::new().await;
    let begun = UploadRequest { on_conflict: rule.to_owned(), ..upload("a.txt", 3) };
    let info = house.files.create_upload(&owner(), begun.clone()).await.unwrap();
    send(&house, &info.id, b"new").await;
    house.write("home/a.txt", "old");
    let entry = house.files.commit_upload(&owner(), &info.id).await;
    match want {
        Some(path) => assert_eq!(entry.unwrap().path, path),
        None => {
            assert_eq!(refusal(entry), "exists");
            // And once it is known, before anything is sent.
            assert_eq!(refusal(house.files.create_upload(&owner(), begun).await), "exists");
        }
    }
    assert_eq!(house.read("home/a.txt"), old, "{rule}");
    assert!(!tree(&house.path("home")).iter().any(|name| name.contains(".livos-")), "{rule}");
}

#[tokio::test]
async fn a_taken_name_is_kept_replaced_or_skipped() {
    check_conflict("keep_both", Some("a (2).txt"), "old").await;
    check_conflict("replace", Some("a.txt"), "new").await;
    check_conflict("skip", None, "old").await;
}

#[tokio::test]
async fn it_follows_its_folder_and_dies_with_it() {
    let house = House::new().await;
    std::fs::create_dir_all(house.path("home/a/b")).unwrap();
    let into = |path: &str| UploadRequest { path: path.to_owned(), ..upload("f", 1) };
    let followed = house.files.create_upload(&owner(), into("a/b")).await.unwrap();
    house.files.rename(owner(), root("home"), rel("a"), "c".to_owned()).await.unwrap();
    send(&house, &followed.id, b"1").await;
    assert_eq!(house.files.commit_upload(&owner(), &followed.id).await.unwrap().path, "c/b/f");
    let lost = house.files.create_upload(&owner(), into("c/b")).await.unwrap();
    std::fs::remove_dir_all(house.path("home/c")).unwrap();
    assert_eq!(refusal(house.files.open_upload(&owner(), &lost.id).await), "not_found");
    assert!(house.files.uploads(&owner()).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_forgotten_expire_when_somebody_looks() {
    let house = House::new().await;
    let info = house.files.create_upload(&owner(), upload("a", 4)).await.unwrap();
    house.clock.advance(Duration::from_secs(100 * 3600));
    // Going on with it gives it its time anew.
    send(&house, &info.id, b"12").await;
    house.clock.advance(Duration::from_secs(100 * 3600));
    assert_eq!(house.files.uploads(&owner()).await.unwrap().len(), 1);
    house.clock.advance(Duration::from_secs(100 * 3600));
    house.files.create_upload(&owner(), upload("b", 0)).await.unwrap();
    let left: Vec<_> =
        house.files.uploads(&owner()).await.unwrap().into_iter().map(|info| info.name).collect();
    assert_eq!(left, ["b"]);
    assert_eq!(tree(&house.path("home")).len(), 1);
}

#[tokio::test]
async fn killed_while_finishing_it_is_there_once_and_whole() {
    for (step, arrived) in [("upload: synced", false), ("upload: placed", true)] {
        let house = House::killed_after(Some(step)).await;
        let info = house.files.create_upload(&owner(), upload("a", 4)).await.unwrap();
        send(&house, &info.id, b"1234").await;
        let (files, id) = (Arc::clone(&house.files), info.id.clone());
        let died = tokio::spawn(async move { files.commit_upload(&owner(), &id).await }).await;
        assert!(died.is_err_and(|error| error.is_panic()));
        let house = house.again().await;
        assert_eq!(house.path("home/a").exists(), arrived, "{step}");
        let again = house.files.commit_upload(&owner(), &info.id).await;
        assert_eq!(refusal(again), if arrived { "not_found" } else { "no refusal" }, "{step}");
        assert_eq!(tree(&house.path("home")), ["a"], "{step}");
        assert_eq!(house.read("home/a"), "1234");
    }
}
