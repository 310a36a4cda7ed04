//! What Nexus changes for its person: only where it may, once, as it was seen, and put back byte for byte.

use livos_bus::documents::FileChange;

use super::*;

/// A change, as it stands in a proposal.
fn change(kind: &str, path: &str, revision: &str) -> FileChange {
    FileChange {
        kind: kind.to_owned(),
        root: "home".to_owned(),
        path: path.to_owned(),
        revision: revision.to_owned(),
        to: String::new(),
        text: String::new(),
    }
}

fn writing(path: &str, revision: &str, text: &str) -> FileChange {
    FileChange { text: text.to_owned(), ..change("write", path, revision) }
}

fn moving(path: &str, revision: &str, to: &str) -> FileChange {
    FileChange { to: to.to_owned(), ..change("move", path, revision) }
}

impl House {
    /// A folder in which Nexus may change files.
    async fn writable(self) -> Self {
        std::fs::create_dir_all(self.path("home/Docs")).unwrap();
        self.files.set_share(owner(), root("home"), rel("Docs"), true).await.unwrap();
        self.files.set_share_writes(&owner(), &root("home"), &rel("Docs"), true).await.unwrap();
        self
    }

    async fn revision(&self, path: &str) -> String {
        self.files.shared_stat(owner(), root("home"), rel(path)).await.unwrap().revision
    }

    async fn against(&self, id: &str) -> String {
        self.files.stands_against(&owner(), id).await.unwrap()
    }
}

#[tokio::test]
async fn a_file_is_written_over_and_is_byte_for_byte_what_it_was_afterwards() {
    let house = House::new().await.writable().await;
    let before = [0_u8, 159, 146, 150, 10];
    house.write("home/Docs/list.txt", before);
    let asked = writing("Docs/list.txt", &house.revision("Docs/list.txt").await, "milk\n");
    let said = house.files.change(&owner(), "c-1-0", asked.clone()).await.unwrap();
    assert!(said.contains("in the trash"), "{said}");
    assert_eq!(house.read("home/Docs/list.txt"), "milk\n");
    // The same again is the same, whatever became of the file.
    house.write("home/Docs/list.txt", "milk, eggs");
    assert_eq!(house.files.change(&owner(), "c-1-0", asked.clone()).await.unwrap(), said);
    assert_eq!(house.read("home/Docs/list.txt"), "milk, eggs");
    // And so it is not trampled over.
    assert!(house.against("c-1-0").await.contains("was changed since"));
    assert_eq!(refusal(house.files.put_back(&owner(), "c-1-0").await), "conflict");
    assert_eq!(house.read("home/Docs/list.txt"), "milk, eggs");

    let asked = writing("Docs/list.txt", &house.revision("Docs/list.txt").await, "tea\n");
    house.files.change(&owner(), "c-2-0", asked).await.unwrap();
    assert_eq!(house.against("c-2-0").await, "");
    house.files.put_back(&owner(), "c-2-0").await.unwrap();
    assert_eq!(house.read("home/Docs/list.txt"), "milk, eggs");
    // Once: somebody writes there again, and nothing happens to that.
    house.write("home/Docs/list.txt", "coffee");
    house.files.put_back(&owner(), "c-2-0").await.unwrap();
    assert_eq!(house.read("home/Docs/list.txt"), "coffee");
}

#[tokio::test]
async fn bytes_that_are_no_text_come_back_as_they_were() {
    let house = House::new().await.writable().await;
    let before = [0_u8, 159, 146, 150, 10];
    house.write("home/Docs/list.txt", before);
    let asked = writing("Docs/list.txt", &house.revision("Docs/list.txt").await, "milk\n");
    house.files.change(&owner(), "c-1-0", asked).await.unwrap();
    house.files.put_back(&owner(), "c-1-0").await.unwrap();
    assert_eq!(std::fs::read(house.path("home/Docs/list.txt")).unwrap(), before);
    assert_eq!(house.names("home", "Docs").await, ["list.txt"], "nothing of ours is left");
}

#[tokio::test]
async fn a_new_file_a_move_and_the_trash_are_put_back_the_latest_first() {
    let house = House::new().await.writable().await;
    house.files.change(&owner(), "c-1-0", writing("Docs/new.txt", "", "one")).await.unwrap();
    let asked = moving("Docs/new.txt", &house.revision("Docs/new.txt").await, "Docs/old.txt");
    house.files.change(&owner(), "c-2-0", asked).await.unwrap();
    house
        .files
        .change(&owner(), "c-3-0", change("trash", "Docs/old.txt", &house.revision("Docs/old.txt").await))
        .await
        .unwrap();
    assert_eq!(house.names("home", "Docs").await, [""; 0]);
    assert!(!house.against("c-2-0").await.is_empty(), "it is not where it was moved to");
    for (id, names) in [("c-3-0", vec!["old.txt"]), ("c-2-0", vec!["new.txt"]), ("c-1-0", vec![])] {
        assert_eq!(house.against(id).await, "", "{id}");
        house.files.put_back(&owner(), id).await.unwrap();
        assert_eq!(house.names("home", "Docs").await, names, "{id}");
    }
}

#[tokio::test]
async fn only_where_it_may_and_only_what_was_seen_is_changed() {
    let house = House::new().await.writable().await;
    house.write("home/Docs/a.txt", "a");
    house.write("home/Docs/b.txt", "b");
    house.write("home/Notes/n.txt", "n");
    house.write("home/secret.txt", "s");
    std::os::unix::fs::symlink("../secret.txt", house.path("home/Docs/link.txt")).unwrap();
    std::os::unix::fs::symlink("..", house.path("home/Docs/up")).unwrap();
    house.files.set_share(owner(), root("home"), rel("Notes"), true).await.unwrap();
    let at = house.revision("Docs/a.txt").await;
    let looks = house.revision("Notes/n.txt").await;
    for (asked, refused) in [
        (writing("secret.txt", "", "x"), "denied"),
        (writing("Notes/new.txt", "", "x"), "denied"),
        (change("trash", "Notes/n.txt", &looks), "denied"),
        (moving("Docs/a.txt", &at, "Notes/a.txt"), "denied"),
        (moving("Docs/a.txt", &at, "a.txt"), "denied"),
        (change("trash", "Docs", ""), "invalid"),
        (writing("Docs/a.txt", "", "x"), "conflict"),
        (writing("Docs/a.txt", "1-1-1.1", "x"), "conflict"),
        (writing("Docs/new.txt", &at, "x"), "conflict"),
        (moving("Docs/a.txt", &at, "Docs/b.txt"), "exists"),
        (moving("Docs/a.txt", &at, "Docs/a.txt/in"), "invalid"),
        (writing("Docs/up/secret.txt", "", "x"), "not_found"),
        (writing("Docs/.livos-partial-0123456789abcdef0123456789abcdef", "", "x"), "invalid"),
        (writing("Docs/long.txt", "", &"x".repeat(64 * 1024 + 1)), "invalid"),
        (change("erase", "Docs/a.txt", &at), "invalid"),
    ] {
        let answer = house.files.change(&owner(), "c-1-0", asked.clone()).await;
        let code = answer.expect_err(&asked.path).to_wire().code;
        // A link that leads out does not exist in the folder, or may not be gone through; either is a no.
        let no = code == refused || (asked.path.contains("up/") && code != "internal");
        assert!(no, "{asked:?}: {code}, not {refused}");
    }
    assert_eq!(refusal(house.files.change(&member(), "c-1-0", writing("Docs/x", "", "x")).await), "denied");
    assert_eq!(
        (house.read("home/secret.txt"), house.read("home/Docs/a.txt")),
        ("s".to_owned(), "a".to_owned())
    );
    // Nothing of that left a row behind, and another's change is nobody's.
    house.files.change(&owner(), "c-1-0", writing("Docs/new.txt", "", "x")).await.unwrap();
    assert_eq!(refusal(house.files.put_back(&member(), "c-1-0").await), "conflict");
    assert_eq!(
        refusal(house.files.change(&owner(), "c-1-0", writing("Docs/other.txt", "", "x")).await),
        "conflict"
    );
    // Looking only again: what was changed can still be put back, and nothing more is changed.
    house.files.set_share_writes(&owner(), &root("home"), &rel("Docs"), false).await.unwrap();
    assert_eq!(
        refusal(house.files.change(&owner(), "c-2-0", writing("Docs/y.txt", "", "x")).await),
        "denied"
    );
    house.files.put_back(&owner(), "c-1-0").await.unwrap();
    // To share it no more takes that along.
    house.files.set_share(owner(), root("home"), rel("Docs"), false).await.unwrap();
    house.files.set_share(owner(), root("home"), rel("Docs"), true).await.unwrap();
    let shares = house.files.shares(owner()).await.unwrap();
    assert!(shares.iter().all(|one| !one.writes), "{shares:?}");
}

#[tokio::test]
async fn what_is_gone_from_the_trash_says_that_it_is() {
    let house = House::new().await.writable().await;
    house.write("home/Docs/a.txt", "a");
    let asked = writing("Docs/a.txt", &house.revision("Docs/a.txt").await, "b");
    house.files.change(&owner(), "c-1-0", asked).await.unwrap();
    let job = house.files.delete(&owner(), &[]).await.unwrap();
    house.finish(&job).await;
    assert!(house.against("c-1-0").await.contains("not in the trash any more"));
    assert_eq!(refusal(house.files.put_back(&owner(), "c-1-0").await), "conflict");
    assert_eq!(house.read("home/Docs/a.txt"), "b");
    assert!(house.against("nothing").await.contains("not known any more"));
}

/// Does something up to a step, at which the daemon dies.
async fn killed_at<T>(house: &House, work: impl Future<Output = T>) {
    tokio::select! {
        _ = work => panic!("it went past its fatal step"),
        () = within(house.files.faults.reached.notified()) => {}
    }
}

#[tokio::test]
async fn killed_at_any_step_a_change_is_done_once_and_nothing_is_lost() {
    for step in ["change: written", "change: trashed", "change: placed"] {
        let house = House::killed_after(Some(step)).await.writable().await;
        house.write("home/Docs/a.txt", "before");
        let asked = writing("Docs/a.txt", &house.revision("Docs/a.txt").await, "after");
        killed_at(&house, house.files.change(&owner(), "c-1-0", asked.clone())).await;
        let house = house.again().await;
        house.files.change(&owner(), "c-1-0", asked).await.unwrap();
        assert_eq!(house.read("home/Docs/a.txt"), "after", "{step}");
        assert_eq!(house.names("home", "Docs").await, ["a.txt"], "{step}");
        assert_eq!(house.files.trashed(&owner()).await.unwrap().len(), 1, "{step}");
        house.files.put_back(&owner(), "c-1-0").await.unwrap();
        assert_eq!(house.read("home/Docs/a.txt"), "before", "{step}");
    }
    for step in ["change: marked", "change: moved"] {
        let house = House::killed_after(Some(step)).await.writable().await;
        house.write("home/Docs/a.txt", "a");
        let asked = moving("Docs/a.txt", &house.revision("Docs/a.txt").await, "Docs/b.txt");
        killed_at(&house, house.files.change(&owner(), "c-1-0", asked.clone())).await;
        let house = house.again().await;
        house.files.change(&owner(), "c-1-0", asked).await.unwrap();
        assert_eq!(house.names("home", "Docs").await, ["b.txt"], "{step}");
        house.files.put_back(&owner(), "c-1-0").await.unwrap();
        assert_eq!(house.names("home", "Docs").await, ["a.txt"], "{step}");
    }
}

#[tokio::test]
async fn killed_at_any_step_a_change_is_put_back_once() {
    for (step, kinds) in [
        ("put back: noted", &["write"][..]),
        ("put back: away", &["write"]),
        ("put back: restored", &["write", "trash"]),
    ] {
        for kind in kinds {
            let house = House::killed_after(Some(step)).await.writable().await;
            house.write("home/Docs/a.txt", "before");
            let revision = house.revision("Docs/a.txt").await;
            let asked = FileChange { text: "after".to_owned(), ..change(kind, "Docs/a.txt", &revision) };
            house.files.change(&owner(), "c-1-0", asked).await.unwrap();
            killed_at(&house, house.files.put_back(&owner(), "c-1-0")).await;
            let house = house.again().await;
            house.files.put_back(&owner(), "c-1-0").await.unwrap();
            assert_eq!(house.read("home/Docs/a.txt"), "before", "{step}");
            assert_eq!(house.names("home", "Docs").await, ["a.txt"], "{step}");
        }
    }
}

#[tokio::test]
async fn what_somebody_changed_between_two_lives_is_not_what_was_agreed_to() {
    for (kind, step) in
        [("trash", "change: agreed"), ("move", "change: marked"), ("write", "change: written")]
    {
        // A row without its work, as after a death right behind it, or a death on the way.
        let house = House::killed_after(Some(step)).await.writable().await;
        house.write("home/Docs/a.txt", "before");
        let revision = house.revision("Docs/a.txt").await;
        let to = if kind == "move" { "Docs/b.txt" } else { "" };
        let asked = FileChange {
            text: "after".to_owned(),
            to: to.to_owned(),
            ..change(kind, "Docs/a.txt", &revision)
        };
        let asked = if kind == "write" { asked } else { FileChange { text: String::new(), ..asked } };
        killed_at(&house, house.files.change(&owner(), "c-1-0", asked.clone())).await;
        std::fs::remove_file(house.path("home/Docs/a.txt")).unwrap();
        house.write("home/Docs/a.txt", "somebody else's");
        let house = house.again().await;
        assert_eq!(refusal(house.files.change(&owner(), "c-1-0", asked).await), "conflict", "{kind}");
        assert_eq!(house.read("home/Docs/a.txt"), "somebody else's", "{kind}");
        assert_eq!(house.names("home", "Docs").await, ["a.txt"], "{kind}");
    }
}

#[tokio::test]
async fn a_file_keeps_its_rights() {
    let house = House::new().await.writable().await;
    house.write("home/Docs/a.txt", "before");
    let revision = house.revision("Docs/a.txt").await;
    let asked = writing("Docs/a.txt", &revision, "after");
    std::fs::set_permissions(
        house.path("home/Docs/a.txt"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    assert_eq!(
        refusal(house.files.change(&owner(), "c-1-0", asked).await),
        "conflict",
        "its rights are part of it"
    );
    let asked = writing("Docs/a.txt", &house.revision("Docs/a.txt").await, "after");
    house.files.change(&owner(), "c-2-0", asked).await.unwrap();
    let mode = |path: &str| {
        let facts = std::fs::metadata(house.path(path)).unwrap();
        std::os::unix::fs::PermissionsExt::mode(&facts.permissions()) & 0o777
    };
    assert_eq!(mode("home/Docs/a.txt"), 0o600, "it has the rights of what it replaces");
}

#[tokio::test]
async fn the_innermost_shared_folder_decides() {
    let house = House::new().await.writable().await;
    house.write("home/Docs/Private/a.txt", "a");
    house.files.set_share(owner(), root("home"), rel("Docs/Private"), true).await.unwrap();
    let asked = writing("Docs/Private/b.txt", "", "x");
    assert_eq!(refusal(house.files.change(&owner(), "c-1-0", asked).await), "denied");
}

#[tokio::test]
async fn the_same_change_twice_at_once_is_one() {
    let house = House::new().await.writable().await;
    house.write("home/Docs/a.txt", "before");
    let asked = writing("Docs/a.txt", &house.revision("Docs/a.txt").await, &"after ".repeat(1000));
    let me = owner();
    let (one, other) = tokio::join!(
        house.files.change(&me, "c-1-0", asked.clone()),
        house.files.change(&me, "c-1-0", asked)
    );
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(house.files.trashed(&me).await.unwrap().len(), 1);
    let (one, other) = tokio::join!(house.files.put_back(&me, "c-1-0"), house.files.put_back(&me, "c-1-0"));
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(house.read("home/Docs/a.txt"), "before");
}
