//! What a person shares with Nexus, and that nothing else is there for it.

use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use livos_bus::documents::{SharedFolder, SharedPiece};
use rustix::fs::{CWD, FileType, Mode, RenameFlags};
use tokio_util::sync::CancellationToken;

use super::*;

impl House {
    async fn share(&self, person: &Actor, at: &str, path: &str) -> Result<(), Error> {
        self.clock.advance(Duration::from_millis(1));
        self.files.set_share(person.clone(), root(at), rel(path), true).await
    }

    async fn shares(&self, person: &Actor) -> Vec<String> {
        let line = |one: SharedFolder| {
            format!("{}/{}{}", one.root, one.path, if one.missing { " missing" } else { "" })
        };
        self.files.shares(person.clone()).await.unwrap().into_iter().map(line).collect()
    }

    async fn look(&self, person: &Actor, at: &str, path: &str) -> Result<Vec<String>, Error> {
        let listing = self.files.shared_list(person.clone(), root(at), rel(path)).await?;
        Ok(listing.entries.into_iter().map(|entry| entry.name).collect())
    }

    async fn piece(&self, person: &Actor, at: &str, path: &str) -> Result<SharedPiece, Error> {
        self.files.shared_read(person.clone(), root(at), rel(path), 0, 1000).await
    }

    async fn find(&self, person: &Actor, query: &str) -> Vec<String> {
        let reply = self.files.shared_search(person.clone(), None, query.to_owned()).await.unwrap();
        reply.entries.into_iter().map(|entry| format!("{}/{}", entry.root, entry.path)).collect()
    }

    /// All that can be asked about a path is refused, in the same words whether or not something is there.
    async fn nothing_at(&self, person: &Actor, at: &str, path: &str) -> String {
        let files = &self.files;
        let refusals = [
            files.shared_list(person.clone(), root(at), rel(path)).await.map(drop),
            files.shared_stat(person.clone(), root(at), rel(path)).await.map(drop),
            files.shared_read(person.clone(), root(at), rel(path), 0, 100).await.map(drop),
            files.shared_search(person.clone(), Some((root(at), rel(path))), "a".to_owned()).await.map(drop),
        ];
        let words: Vec<String> = refusals
            .into_iter()
            .map(|refused| {
                let error = refused.expect_err(path).to_wire();
                format!("{}: {}", error.code, error.message.replace(&format!("{at}/{path}"), "…"))
            })
            .collect();
        assert!(words.iter().all(|one| *one == words[0]), "{at}/{path}: {words:?}");
        words[0].clone()
    }
}

#[tokio::test]
async fn a_share_is_one_persons_and_follows_what_it_names() {
    let house = House::new().await;
    house.write("shared/Photos/2024/sea.txt", "blue");
    house.write("home/Notes/todo.txt", "");
    house.share(&owner(), "shared", "Photos/2024").await.unwrap();
    house.share(&owner(), "home", "Notes").await.unwrap();
    house.share(&owner(), "shared", "Photos/2024").await.unwrap();
    assert_eq!(house.shares(&owner()).await, ["shared/Photos/2024", "home/Notes"]);
    assert_eq!(house.look(&owner(), "home", "Notes").await.unwrap(), ["todo.txt"]);
    assert_eq!(house.piece(&owner(), "shared", "Photos/2024/sea.txt").await.unwrap().text, "blue");

    // It is the owner's to share, and nothing for the agent when it asks for somebody else.
    assert_eq!(house.shares(&member()).await, [""; 0]);
    assert!(house.nothing_at(&member(), "shared", "Photos/2024").await.starts_with("denied"));

    // Whoever renames a folder above it: it is found where it went.
    house.files.rename(member(), root("shared"), rel("Photos"), "Pictures".to_owned()).await.unwrap();
    assert_eq!(house.shares(&owner()).await, ["shared/Pictures/2024", "home/Notes"]);
    assert_eq!(house.find(&owner(), "sea").await, ["shared/Pictures/2024/sea.txt"]);

    // In the trash it gives nothing, and is shared again with the folder.
    let ids = house.files.trash(&owner(), &[location("home", "Notes")]).await.unwrap();
    assert_eq!(house.shares(&owner()).await, ["shared/Pictures/2024", "home/Notes missing"]);
    assert!(house.nothing_at(&owner(), "home", "Notes/todo.txt").await.starts_with("not_found"));
    assert_eq!(house.find(&owner(), "todo.txt").await, [""; 0]);
    house.files.restore(&owner(), &ids).await.unwrap();
    let house = house.again().await;
    assert_eq!(house.find(&owner(), "todo.txt").await, ["home/Notes/todo.txt"]);

    house.files.set_share(owner(), root("home"), rel("Notes"), false).await.unwrap();
    house.files.set_share(owner(), root("home"), rel("never there"), false).await.unwrap();
    assert_eq!(house.shares(&owner()).await, ["shared/Pictures/2024"]);
    assert!(house.nothing_at(&owner(), "home", "Notes").await.starts_with("denied"));
}

#[tokio::test]
async fn only_a_folder_that_is_there_and_ones_own_can_be_shared() {
    let house = House::new().await;
    house.write("home/real/file.txt", "");
    house.write("outside/file.txt", "");
    symlink("real", house.path("home/link")).unwrap();
    symlink("../outside", house.path("home/out")).unwrap();
    for (person, at, path, refused) in [
        (owner(), "home", "nothing", "not_found"),
        (owner(), "home", "", "invalid"),
        (owner(), "home", "real/file.txt", "invalid"),
        // A link can be set anew by whoever may write there.
        (owner(), "home", "link", "invalid"),
        (owner(), "home", "out", "invalid"),
        (member(), "home", "real", "denied"),
        (admin(), "home", "real", "denied"),
        (owner(), "elsewhere", "x", "denied"),
    ] {
        assert_eq!(refusal(house.share(&person, at, path).await), refused, "{at}/{path}");
    }
    // What was allowed once and is not any more is not even named.
    house.write("apps/data/a.txt", "");
    house.share(&admin(), "apps", "data").await.unwrap();
    assert_eq!(house.look(&admin(), "apps", "data").await.unwrap(), ["a.txt"]);
    let demoted = actor(Role::Member, "bob");
    assert_eq!(house.shares(&demoted).await, [""; 0]);
    assert!(house.nothing_at(&demoted, "apps", "data/a.txt").await.starts_with("denied"));
    assert_eq!(house.find(&demoted, "a.txt").await, [""; 0]);
    for number in 0..50 {
        std::fs::create_dir(house.path(&format!("home/{number}"))).unwrap();
        house.share(&owner(), "home", &number.to_string()).await.unwrap();
    }
    assert_eq!(refusal(house.share(&owner(), "home", "real").await), "invalid");
    house.share(&owner(), "home", "7").await.unwrap();
    assert_eq!(house.shares(&owner()).await.len(), 50);
}

#[tokio::test]
async fn nothing_outside_a_share_can_be_told_from_nothing_at_all() {
    let house = House::new().await;
    house.write("home/Open/a.txt", "fine");
    house.write("home/Open2/a.txt", "secret");
    house.write("home/Secret/a.txt", "secret");
    house.write("members/ada/Open/a.txt", "hers");
    house.share(&owner(), "home", "Open").await.unwrap();
    house.share(&member(), "home.ada", "Open").await.unwrap();
    let there = house.nothing_at(&owner(), "home", "Secret/a.txt").await;
    for path in ["Secret", "Secret/nothing", "nothing", "Open2", "Open2/a.txt", "Ope", "OPEN", "Open "] {
        assert_eq!(house.nothing_at(&owner(), "home", path).await, there, "{path}");
    }
    assert!(refusal(house.look(&owner(), "home", "").await).starts_with("denied"), "nor what it lies in");
    let hers = house.nothing_at(&owner(), "home.ada", "Open/a.txt").await;
    assert_eq!(hers, house.nothing_at(&owner(), "home.ada", "nothing").await);
    assert_eq!(hers, house.nothing_at(&owner(), "home.nobody", "nothing").await);
    assert_eq!(house.find(&owner(), "a").await, ["home/Open/a.txt"]);
    for bad in ["Open/../Secret", "../home/Secret", "/Open", "Open//a.txt", "Open/.", "Open/a.txt\0", ".."] {
        assert!(livos_types::RelPath::new(bad).is_err(), "{bad}");
    }
    // Slashes and dots that are written as the bytes of a name that is not UTF-8 are no way around it.
    for byte in [b'/', b'.', 0] {
        let escaped = format!("Open{}", char::from_u32(0xEF00 + u32::from(byte)).unwrap());
        if let Ok(path) = livos_types::RelPath::new(format!("{escaped}Secret")) {
            assert_eq!(house.nothing_at(&owner(), "home", path.as_str()).await, there, "{path}");
        }
    }
}

#[tokio::test]
async fn links_lead_nowhere_but_inside_the_share() {
    let house = House::new().await;
    house.write("home/Open/real/file", "inside");
    house.write("home/beside/file", "beside");
    house.write("secret/file", "outside");
    let (outside, inside) = (house.path("secret"), house.path("home/Open/real"));
    for (name, target, followed) in [
        ("in", "real", true),
        ("in-deep", "real/../real", true),
        ("beside", "../beside", false),
        ("beside-nothing", "../nothing", false),
        ("out", "../../secret", false),
        ("absolute", outside.to_str().unwrap(), false),
        ("absolute-in", inside.to_str().unwrap(), false),
        ("proc", "/proc/self/cwd", false),
        ("magic", "/proc/self/root", false),
        ("loop", "loop", false),
        ("dangling", "nowhere", false),
    ] {
        symlink(target, house.path("home/Open").join(name)).unwrap();
        house.share(&owner(), "home", "Open").await.unwrap();
        let file = format!("Open/{name}/file");
        assert_eq!(house.piece(&owner(), "home", &file).await.is_ok(), followed, "{name} for reading");
        let listed = house.look(&owner(), "home", &format!("Open/{name}")).await;
        assert_eq!(listed.is_ok(), followed, "{name} for listing");
        // The link itself is in the share and can be seen, not what it leads to.
        let seen = house.files.shared_stat(owner(), root("home"), rel(&format!("Open/{name}"))).await;
        assert_eq!(seen.unwrap().kind, if followed { "dir" } else { "symlink" }, "{name} itself");
    }
    // A file beside the share is no more to be found out about than one that is not there.
    let about = async |name: &str| {
        let error = house.piece(&owner(), "home", &format!("Open/{name}")).await.unwrap_err().to_wire();
        error.message.replace(name, "…")
    };
    assert_eq!(about("beside").await, about("beside-nothing").await);
    assert_eq!(house.find(&owner(), "file").await, ["home/Open/real/file"]);
    // The shared folder itself, replaced by a link, is not followed.
    std::fs::rename(house.path("home/Open"), house.path("home/Moved")).unwrap();
    symlink("Moved", house.path("home/Open")).unwrap();
    assert_eq!(house.shares(&owner()).await, ["home/Open missing"]);
    house.nothing_at(&owner(), "home", "Open/real/file").await;
}

/// The shared folder, and one in it, and links to outside change places as fast as they can.
#[tokio::test]
async fn a_link_swapped_in_between_never_wins() {
    let house = House::new().await;
    house.write("home/Open/d/file", "inside");
    house.write("outside/d/file", "outside");
    house.write("outside/file", "outside");
    house.share(&owner(), "home", "Open").await.unwrap();
    symlink(house.path("outside"), house.path("home/link")).unwrap();
    symlink("../../outside", house.path("home/Open/link")).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let swapper = std::thread::spawn({
        let (stop, home) = (Arc::clone(&stop), house.path("home"));
        move || {
            let mut swaps = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                let (a, b) = if swaps.is_multiple_of(4) { ("Open", "link") } else { ("Open/d", "Open/link") };
                for _ in 0..2 {
                    let swap = RenameFlags::EXCHANGE;
                    rustix::fs::renameat_with(CWD, home.join(a), CWD, home.join(b), swap).unwrap();
                }
                swaps += 1;
            }
            swaps
        }
    });
    let (mut inside, mut refused) = (0, 0);
    for _ in 0..3_000 {
        match house.piece(&owner(), "home", "Open/d/file").await {
            Ok(piece) => {
                assert_eq!(piece.text, "inside");
                inside += 1;
            }
            Err(_) => refused += 1,
        }
    }
    stop.store(true, Ordering::Relaxed);
    let swaps = swapper.join().unwrap();
    assert!(swaps > 0 && inside > 0 && refused > 0, "{swaps} swaps, {inside} inside, {refused} refused");
}

#[tokio::test]
async fn what_is_no_text_is_named_and_never_opened_by_mistake() {
    let house = House::new().await;
    let open = house.path("home/Open");
    house.write("home/Open/photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF");
    house.write("home/Open/UPPER.TXT", "ok");
    house.share(&owner(), "home", "Open").await.unwrap();
    let refused = house.piece(&owner(), "home", "Open/photo.jpg").await.unwrap_err().to_wire();
    assert!(refused.message.contains("image/jpeg, 10 bytes"), "{}", refused.message);
    rustix::fs::mknodat(CWD, open.join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(open.join("socket")).unwrap();
    let mut names = vec!["fifo", "socket"];
    if is_root() {
        let device = rustix::fs::makedev(1, 5);
        rustix::fs::mknodat(CWD, open.join("zero"), FileType::CharacterDevice, Mode::RWXU, device).unwrap();
        names.push("zero");
    }
    for name in names {
        // A FIFO opened for reading would wait for its writer for ever, and zeroes would never end.
        let read = within(house.piece(&owner(), "home", &format!("Open/{name}"))).await;
        assert_eq!(refusal(read), "invalid", "{name}");
    }
    assert_eq!(refusal(house.piece(&owner(), "home", "Open").await), "invalid");
    // A name that is not UTF-8 can be asked for as it was told.
    std::fs::write(open.join(std::ffi::OsStr::from_bytes(b"caf\xe9.txt")), "au lait").unwrap();
    let told = house.look(&owner(), "home", "Open").await.unwrap();
    let name = told.iter().find(|name| name.starts_with("caf")).unwrap();
    assert_eq!(house.piece(&owner(), "home", &format!("Open/{name}")).await.unwrap().text, "au lait");
    let id = "0123456789abcdef0123456789abcdef";
    house.write(&format!("home/Open/.livos-partial-{id}"), "half");
    assert!(!house.look(&owner(), "home", "Open").await.unwrap().iter().any(|name| name.contains("livos")));
    assert_eq!(
        refusal(house.piece(&owner(), "home", &format!("Open/.livos-partial-{id}")).await),
        "not_found"
    );
}

#[tokio::test]
async fn huge_folders_and_files_are_told_in_part_and_say_so() {
    let house = House::new().await;
    for number in 0..2_100 {
        house.write(&format!("home/Open/many/{number:05}"), "");
    }
    house.share(&owner(), "home", "Open").await.unwrap();
    let listing = house.files.shared_list(owner(), root("home"), rel("Open/many")).await.unwrap();
    assert_eq!((listing.entries.len(), listing.complete), (2_000, false));
    assert!(listing.entries.is_sorted_by(|a, b| a.name < b.name));
    let found = house.files.shared_search(owner(), None, "0".to_owned()).await.unwrap();
    assert_eq!((found.entries.len(), found.complete), (200, false));

    let huge = std::fs::File::create(house.path("home/Open/huge.log")).unwrap();
    std::io::Write::write_all(&mut &huge, "line\n".repeat(40_000).as_bytes()).unwrap();
    let piece =
        house.files.shared_read(owner(), root("home"), rel("Open/huge.log"), 5, u32::MAX).await.unwrap();
    assert_eq!((piece.text.len(), piece.offset, piece.end, piece.more), (65_536, 5, 65_541, true));
    assert_eq!(piece.size, 200_000);
    // Terabytes of nothing are no text, and are not read to find that out.
    huge.set_len(1 << 41).unwrap();
    let read = house.files.shared_read(owner(), root("home"), rel("Open/huge.log"), 1 << 40, 100).await;
    assert_eq!(refusal(read), "invalid");
}

#[tokio::test]
async fn looking_for_names_leaves_the_persons_own_search_alone() {
    let house = House::new().await;
    house.write("home/Open/Inner/x.txt", "");
    house.share(&owner(), "home", "Open").await.unwrap();
    house.share(&owner(), "home", "Open/Inner").await.unwrap();
    let theirs = CancellationToken::new();
    house.files.searches.lock().unwrap().insert("grace".to_owned(), theirs.clone());
    assert_eq!(house.find(&owner(), "X.").await, ["home/Open/Inner/x.txt"], "once, though shared twice");
    let within = Some((root("home"), rel("Open/Inner")));
    let found = house.files.shared_search(owner(), within, "x".to_owned()).await.unwrap();
    assert_eq!(found.entries[0].path, "Open/Inner/x.txt");
    assert!(!theirs.is_cancelled());
    let top = house.files.shared_stat(owner(), root("home"), rel("Open")).await.unwrap();
    assert_eq!((top.path.as_str(), top.name.as_str(), top.kind.as_str()), ("Open", "Open", "dir"));
}
