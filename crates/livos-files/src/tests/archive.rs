//! Archives, read by somebody else's reader.

use std::io::Read;
use std::process::Command;

use super::*;

async fn pack(house: &House, paths: &[&str]) -> Vec<u8> {
    let paths = paths.iter().map(|path| rel(path)).collect();
    let pipe = house.files.archive(owner(), root("home"), paths).await.unwrap();
    drain(pipe).await
}

async fn drain(pipe: std::os::fd::OwnedFd) -> Vec<u8> {
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        std::fs::File::from(pipe).read_to_end(&mut bytes).unwrap();
        bytes
    });
    within(read).await.unwrap()
}

/// What Python's zipfile finds, a line an entry: name and length; it checks every checksum first.
fn unpack(house: &House, bytes: &[u8]) -> Vec<String> {
    std::fs::write(house.dir.path().join("archive.zip"), bytes).unwrap();
    check(house)
}

fn check(house: &House) -> Vec<String> {
    let file = house.dir.path().join("archive.zip");
    let script = "import sys, zipfile\n\
                  z = zipfile.ZipFile(sys.argv[1])\n\
                  assert z.testzip() is None\n\
                  [print(ascii(i.filename)[1:-1], i.file_size) for i in z.infolist()]";
    let output = Command::new("python3").arg("-c").arg(script).arg(&file).output();
    let output = output.expect("this test reads archives with python3; install it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut lines: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn folders_and_files_are_packed_under_their_names() {
    let house = House::new().await;
    house.write("home/a/file.txt", "12345");
    house.write("home/a/sub/empty", "");
    house.write("home/b/ü.bin", vec![1; 700_000]);
    house.write(&format!("home/a/.livos-upload-{}", "0".repeat(32)), "half");
    std::fs::create_dir(house.path("home/a/hollow")).unwrap();
    std::os::unix::fs::symlink("file.txt", house.path("home/a/link")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        house.path("home/a/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    let packed = pack(&house, &["a", "b/ü.bin"]).await;
    let want = ["\\xfc.bin 700000", "a/ 0", "a/file.txt 5", "a/hollow/ 0", "a/sub/ 0", "a/sub/empty 0"];
    assert_eq!(unpack(&house, &packed), want);
    // A whole place has no name to be a folder under.
    assert!(unpack(&house, &pack(&house, &[""]).await).contains(&"a/file.txt 5".to_owned()));
}

#[tokio::test]
async fn names_are_safe_and_none_is_lost_by_that() {
    let house = House::new().await;
    for name in ["..\\evil", ".._evil", "C:drive", "line\nbreak"] {
        house.write(&format!("home/a/{name}"), "x");
    }
    std::fs::write(house.path("home/a").join(std::ffi::OsStr::new("ok")), "").unwrap();
    let lines = unpack(&house, &pack(&house, &["a"]).await);
    assert_eq!(lines.len(), 6);
    assert!(!lines.iter().any(|line| line.contains(['\\', ':'])), "{lines:?}");
    assert!(lines.contains(&"a/.._evil (2) 1".to_owned()), "{lines:?}");
}

#[tokio::test]
async fn more_entries_than_the_old_format_can_count() {
    let house = House::new().await;
    std::fs::create_dir(house.path("home/many")).unwrap();
    for number in 0..66_000 {
        std::fs::File::create(house.path(&format!("home/many/{number}"))).unwrap();
    }
    assert_eq!(unpack(&house, &pack(&house, &["many"]).await).len(), 66_001);
}

#[tokio::test]
#[ignore = "reads 5 GiB twice; run it when zip.rs changes"]
async fn an_entry_larger_than_the_old_format_can_say() {
    let house = House::new().await;
    std::fs::File::create(house.path("home/big")).unwrap().set_len(5 << 30).unwrap();
    house.write("home/after", "x");
    let paths = vec![rel("big"), rel("after")];
    let pipe = house.files.archive(owner(), root("home"), paths).await.unwrap();
    let zip = house.dir.path().join("archive.zip");
    let copied = tokio::task::spawn_blocking(move || {
        std::io::copy(&mut std::fs::File::from(pipe), &mut std::fs::File::create(zip).unwrap()).unwrap()
    });
    assert!(copied.await.unwrap() > 5 << 30);
    assert_eq!(check(&house), ["after 1", "big 5368709120"]);
}

#[tokio::test]
async fn a_broken_archive_never_looks_whole() {
    let house = House::new().await;
    house.write("home/a", vec![1; 3_000_000]);
    house.write("home/b", "");
    let (read, write) = crate::core::archive::pipe().unwrap();
    let place = house.files.places.enter(&owner(), &root("home"), crate::core::places::Wish::Read).unwrap();
    let packing = std::thread::spawn(move || {
        // What is missing here went away after the request was checked.
        crate::core::archive::pack(&place, &[rel("a"), rel("missing"), rel("b")], write)
    });
    let bytes = drain(read).await;
    assert!(packing.join().unwrap().is_err());
    assert!(bytes.starts_with(b"PK\x03\x04"));
    assert!(!bytes.windows(4).any(|window| window == b"PK\x05\x06"), "it ends like a whole archive");
}

#[tokio::test]
async fn a_reader_that_leaves_frees_its_place() {
    let house = House::new().await;
    house.write("home/a", vec![1; 8_000_000]);
    let files = &house.files;
    let all = files.limits.archives.available_permits();
    let pipe = files.archive(owner(), root("home"), vec![rel("a")]).await.unwrap();
    assert_eq!(files.limits.archives.available_permits(), all - 1);
    drop(pipe);
    let permits = u32::try_from(all).unwrap();
    drop(within(files.limits.archives.acquire_many(permits)).await.unwrap());
    let missing = files.archive(owner(), root("home"), vec![rel("a"), rel("missing")]).await;
    assert_eq!(refusal(missing), "not_found");
    assert_eq!(refusal(files.archive(owner(), root("home"), vec![]).await), "invalid");
}
