//! Listings are whole, and true to every name.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use livos_types::escape_name;

use super::*;

#[tokio::test]
async fn a_small_folder_is_listed_with_kinds_sizes_and_times() {
    let house = House::new().await;
    let file = house.write("home/d/b.txt", "12345");
    std::fs::File::open(&file)
        .unwrap()
        .set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_234_567_890))
        .unwrap();
    std::fs::create_dir(house.path("home/d/a")).unwrap();
    std::os::unix::fs::symlink("b.txt", house.path("home/d/l")).unwrap();
    let mut listing = house.list(&owner(), "home", "d").await.unwrap();
    listing.entries.sort();
    assert_eq!((listing.root.as_str(), listing.path.as_str(), listing.total), ("home", "d", 3));
    let brief: Vec<_> = listing.entries.iter().map(|entry| (entry.0.as_str(), entry.1, entry.2)).collect();
    assert_eq!(brief, [("a", 1, 0), ("b.txt", 0, 5), ("l", 2, 0)]);
    assert_eq!(listing.entries[1].3, 1_234_567_890);
}

#[tokio::test]
async fn the_revision_tells_every_change() {
    let house = House::new().await;
    house.write("home/d/a", "1");
    let revision = async || house.list(&owner(), "home", "d").await.unwrap().revision;
    let first = revision().await;
    assert_eq!(first, revision().await);
    house.write("home/d/a", "12");
    let second = revision().await;
    assert_ne!(first, second);
    house.write("home/d/b", "");
    assert_ne!(second, revision().await);
}

#[tokio::test]
async fn what_is_not_a_folder_is_said_so() {
    let house = House::new().await;
    house.write("home/file", "");
    assert_eq!(refusal(house.list(&owner(), "home", "file").await), "invalid");
    assert_eq!(refusal(house.list(&owner(), "home", "file/below").await), "invalid");
    assert_eq!(refusal(house.list(&owner(), "home", "gone").await), "not_found");
    assert_eq!(refusal(house.list(&owner(), "drive", "").await), "denied");
    assert_eq!(house.names("home", "").await, ["file"]);
    assert!(house.names("shared", "").await.is_empty());
}

#[tokio::test]
async fn a_hundred_thousand_entries_are_all_there() {
    const COUNT: usize = 100_000;
    let house = House::new().await;
    let folder = house.path("home/huge");
    std::fs::create_dir(&folder).unwrap();
    let directory = std::fs::File::open(&folder).unwrap();
    for number in 0..COUNT {
        let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY;
        let name = format!("picture-{number:06}.jpg");
        rustix::fs::openat(&directory, name, flags, rustix::fs::Mode::RUSR).unwrap();
    }
    let listing = house.list(&owner(), "home", "huge").await.unwrap();
    assert_eq!(listing.total, COUNT as u64);
    let names: std::collections::HashSet<_> = listing.entries.iter().map(|entry| entry.0.as_str()).collect();
    assert_eq!(names.len(), COUNT);
    assert!(names.contains("picture-000000.jpg") && names.contains("picture-099999.jpg"));
    // Others are served while it is being made.
    let huge = house.files.list(owner(), root("home"), rel("huge"));
    let small = house.files.list(owner(), root("home"), rel(""));
    let mut huge = std::pin::pin!(huge);
    tokio::select! {
        biased;
        _ = &mut huge => panic!("the small folder waited for the huge one"),
        small = small => drop(small.unwrap()),
    }
    huge.await.unwrap();
}

#[tokio::test]
async fn names_that_are_not_text_go_all_the_way_and_back() {
    let house = House::new().await;
    for name in [&b"caf\xe9.txt"[..], b"\xff\xfe", b"new\nline", b"quote\"back\\slash", "\u{EFE9}".as_bytes()]
    {
        let on_disk = house.path("home").join(OsStr::from_bytes(name));
        std::fs::write(&on_disk, name).unwrap();
        let shown = escape_name(name);
        assert_eq!(house.names("home", "").await, [shown.as_str()]);
        let entry = house.files.stat(owner(), root("home"), rel(&shown)).await.unwrap();
        assert_eq!((entry.name.as_str(), entry.size), (shown.as_str(), name.len() as u64));
        let renamed = escape_name(b"\xe9-new");
        house.files.rename(owner(), root("home"), rel(&shown), renamed.clone()).await.unwrap();
        house.files.rename(owner(), root("home"), rel(&renamed), shown.clone()).await.unwrap();
        let ids = house.files.trash(&owner(), &[location("home", &shown)]).await.unwrap();
        assert!(!on_disk.exists());
        assert_eq!(house.files.trashed(&owner()).await.unwrap()[0].name, shown);
        house.files.restore(&owner(), &ids).await.unwrap();
        assert_eq!(std::fs::read(&on_disk).unwrap(), name);
        std::fs::remove_file(&on_disk).unwrap();
    }
}
