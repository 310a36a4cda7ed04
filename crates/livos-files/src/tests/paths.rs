//! No spelling of a path, and no trick on the disk, leads out of its place.

use std::io::Read;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::*;
use crate::core::fs::{Links, open_beneath};
use crate::core::places::Wish;

#[tokio::test]
async fn the_kernel_refuses_what_the_parser_would_miss() {
    let house = House::new().await;
    house.write("home/inside", "fine");
    house.write("secret", "not yours");
    let place = house.files.places.enter(&owner(), &root("home"), Wish::Read).unwrap();
    // These cannot even be written as a RelPath; the kernel is asked as if that check did not exist.
    for bad in
        [&b"../secret"[..], b"..", b"/etc/passwd", b"/", b"a/../../secret", b"inside/../../secret", b"//"]
    {
        let opened = open_beneath(place.top(), bad, OFlags::PATH, Links::Beneath);
        assert!(matches!(opened, Err(Errno::XDEV | Errno::NOENT | Errno::NOTDIR)), "{bad:?}: {opened:?}");
    }
    assert!(open_beneath(place.top(), b"inside\0x", OFlags::PATH, Links::Beneath).is_err());
    assert!(open_beneath(place.top(), b"inside", OFlags::PATH, Links::Beneath).is_ok());
    for bad in
        ["../secret", "/etc/passwd", "a/../b", "a//b", ".", "a\0b", &"x".repeat(256), &"x/".repeat(3000)]
    {
        assert!(livos_types::RelPath::new(bad).is_err(), "{bad:?}");
    }
}

#[tokio::test]
async fn links_are_followed_only_inside_their_place() {
    let house = House::new().await;
    house.write("home/real/file", "inside");
    house.write("secret/file", "outside");
    let (outside, inside) = (house.path("secret"), house.path("home/real"));
    let links = [
        ("in", "real", true),
        ("in-deep", "real/../real", true),
        ("out", "../secret", false),
        ("absolute", outside.to_str().unwrap(), false),
        // Even one that would lead back in: what it means depends on what is mounted where.
        ("absolute-in", inside.to_str().unwrap(), false),
        ("proc", "/proc/self/cwd", false),
        ("magic", "/proc/self/root", false),
        ("loop", "loop", false),
        ("dangling", "nowhere", false),
    ];
    for (name, target, followed) in links {
        symlink(target, house.path("home").join(name)).unwrap();
        let read = house.files.open(owner(), root("home"), rel(&format!("{name}/file"))).await;
        assert_eq!(read.is_ok(), followed, "{name} for reading");
        assert_eq!(house.list(&owner(), "home", name).await.is_ok(), followed, "{name} for listing");
        let made =
            house.files.create_directory(owner(), root("home"), rel(&format!("{name}/new-{name}"))).await;
        assert_eq!(made.is_ok(), followed, "{name} for writing");
        // A link can always be looked at, renamed and thrown away itself.
        assert!(house.files.stat(owner(), root("home"), rel(name)).await.is_ok(), "{name} itself");
        let renamed = format!("{name}-2");
        house.files.rename(owner(), root("home"), rel(name), renamed.clone()).await.unwrap();
        house.files.trash(&owner(), &[location("home", &renamed)]).await.unwrap();
    }
    assert_eq!(tree(&house.path("secret")), ["file"]);
    assert_eq!(house.read("home/real/file"), "inside");
    let code = refusal(house.files.open(owner(), root("home"), rel("missing")).await);
    assert_eq!(code, "not_found");
}

/// A directory and a link to outside change places as fast as they can; nothing from outside may ever come.
#[tokio::test]
async fn a_link_swapped_in_between_never_wins() {
    let house = House::new().await;
    house.write("home/d/file", "inside");
    house.write("outside/file", "outside");
    symlink(house.path("outside"), house.path("home/link")).unwrap();
    symlink("../outside", house.path("home/link2")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = std::thread::spawn({
        let (stop, home) = (Arc::clone(&stop), house.path("home"));
        move || {
            let mut swaps = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                let link = if swaps.is_multiple_of(2) { "link" } else { "link2" };
                let swap = || {
                    rustix::fs::renameat_with(
                        CWD,
                        home.join("d"),
                        CWD,
                        home.join(link),
                        RenameFlags::EXCHANGE,
                    )
                    .unwrap();
                };
                swap();
                swap();
                swaps += 1;
            }
            swaps
        }
    });
    let (mut inside, mut refused) = (0, 0);
    let place = house.files.places.enter(&owner(), &root("home"), Wish::Write).unwrap();
    for round in 0..6_000 {
        match place.file(&rel("d/file")) {
            Ok((file, _)) => {
                let mut text = String::new();
                std::fs::File::from(file).read_to_string(&mut text).unwrap();
                assert_eq!(text, "inside");
                inside += 1;
            }
            Err(_) => refused += 1,
        }
        if let Ok(spot) = place.spot(&rel(&format!("d/new-{round}"))) {
            // Whatever directory came back, it lies inside; a file made there does, too.
            rustix::fs::mkdirat(&spot.directory, &spot.name, Mode::RWXU).unwrap();
        }
    }
    stop.store(true, Ordering::Relaxed);
    let swaps = swapper.join().unwrap();
    assert_eq!(tree(&house.path("outside")), ["file"], "something was made outside");
    // The race was really run, and both sides of it were met.
    assert!(swaps > 0 && inside > 0 && refused > 0, "{swaps} swaps, {inside} inside, {refused} refused");
}

#[tokio::test]
async fn devices_sockets_and_pipes_are_shown_and_never_opened() {
    let house = House::new().await;
    let home = house.path("home");
    rustix::fs::mknodat(CWD, home.join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(home.join("socket")).unwrap();
    let mut names = vec!["fifo", "socket"];
    if is_root() {
        // 10:130 is the watchdog: opening it and closing it again would restart a real machine.
        let device = rustix::fs::makedev(10, 130);
        rustix::fs::mknodat(CWD, home.join("device"), FileType::CharacterDevice, Mode::RWXU, device).unwrap();
        names.push("device");
    } else {
        eprintln!("skipped: a device node, which only root can make");
    }
    for name in names {
        // A FIFO opened for reading would wait for its writer for ever.
        let opened = within(house.files.open(owner(), root("home"), rel(name))).await;
        assert_eq!(refusal(opened), "invalid", "{name}");
        assert_eq!(house.files.stat(owner(), root("home"), rel(name)).await.unwrap().kind, "other");
        let listed = house.list(&owner(), "home", "").await.unwrap();
        assert!(listed.entries.iter().any(|entry| entry.0 == name && entry.1 == 3), "{name}");
    }
    assert_eq!(refusal(house.files.open(owner(), root("home"), rel("")).await), "invalid");
}

#[tokio::test]
async fn our_own_unfinished_work_cannot_be_named() {
    let house = House::new().await;
    let id = "0123456789abcdef0123456789abcdef";
    for name in [format!(".livos-upload-{id}"), format!(".livos-partial-{id}")] {
        house.write(&format!("home/{name}"), "half");
        assert_eq!(refusal(house.files.open(owner(), root("home"), rel(&name)).await), "not_found");
        assert_eq!(refusal(house.files.trash(&owner(), &[location("home", &name)]).await), "not_found");
        house.write("home/a", "a");
        let taken = house.files.rename(owner(), root("home"), rel("a"), name.clone()).await;
        assert_eq!(refusal(taken), "invalid");
        assert_eq!(refusal(house.files.create_directory(owner(), root("home"), rel(&name)).await), "invalid");
    }
    assert_eq!(house.names("home", "").await, ["a"]);
}
