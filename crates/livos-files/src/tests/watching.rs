//! Changes in folders that were listed are told, joined, and nothing else is.

use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;

use super::*;
use crate::core::watch::Folder;

struct Watched {
    house: House,
    changes: UnboundedReceiver<Folder>,
    shutdown: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

impl Watched {
    async fn new() -> Self {
        let mut house = House::new().await;
        let (sender, changes) = mpsc::unbounded_channel();
        let shutdown = CancellationToken::new();
        let task = tokio::spawn({
            let (files, told, shutdown) =
                (Arc::clone(&house.files), house.told.take().unwrap(), shutdown.clone());
            async move { files.watches.run(told, sender, shutdown).await }
        });
        Self { house, changes, shutdown, task }
    }

    async fn look(&self, path: &str) {
        self.house.list(&owner(), "home", path).await.unwrap();
    }

    /// The next folder that changed.
    async fn next(&mut self) -> String {
        within(self.changes.recv()).await.unwrap().path.to_string()
    }

    /// Waits until `path` is told of, whatever comes before.
    async fn hears_of(&mut self, path: &str) {
        while self.next().await != path {}
    }

    async fn end(self) {
        self.shutdown.cancel();
        within(self.task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_change_of_any_kind_is_told() {
    let mut watched = Watched::new().await;
    watched.house.write("home/d/existing", "1");
    let file = watched.house.path("home/d/existing");
    let new = watched.house.path("home/d/new");
    type Change<'a> = (&'a str, Box<dyn Fn() + 'a>);
    let changes: [Change<'_>; 6] = [
        ("contents", Box::new(|| std::fs::write(&file, "12").unwrap())),
        ("a new file", Box::new(|| drop(std::fs::File::create(&new).unwrap()))),
        ("a new name", Box::new(|| std::fs::rename(&new, new.with_extension("x")).unwrap())),
        ("a deletion", Box::new(|| std::fs::remove_file(new.with_extension("x")).unwrap())),
        ("a new folder", Box::new(|| std::fs::create_dir(&new).unwrap())),
        ("the folder's own end", Box::new(|| std::fs::remove_dir_all(file.parent().unwrap()).unwrap())),
    ];
    for (what, change) in &changes {
        watched.look("d").await;
        change();
        eprintln!("waiting to be told of {what}");
        watched.hears_of("d").await;
    }
    drop(changes);
    assert_eq!(watched.house.files.watches.count(), 0, "a deleted folder is still watched");
    watched.end().await;
}

#[tokio::test]
async fn a_storm_of_changes_becomes_a_breeze_and_its_end_is_told() {
    let mut watched = Watched::new().await;
    watched.look("").await;
    let begun = tokio::time::Instant::now();
    for number in 0..5_000 {
        watched.house.write("home/file", format!("{number}"));
    }
    watched.house.write("home/last", "");
    let mut told = 0_u32;
    // The last word comes after the last change, so a listing made then has it.
    while !watched.house.names("home", "").await.contains(&"last".to_owned()) || told == 0 {
        watched.next().await;
        told += 1;
    }
    // The quiets grow from 20 ms to 320 ms: five of them until they are long.
    let most = 7 + u32::try_from(begun.elapsed().as_millis() / 160).unwrap();
    while watched.changes.try_recv().is_ok() {
        told += 1;
    }
    assert!(told <= most, "{told} signals for a storm of {:?}", begun.elapsed());
    watched.end().await;
}

#[tokio::test]
async fn our_own_unfinished_work_is_not_told() {
    let mut watched = Watched::new().await;
    watched.look("").await;
    let id = "0123456789abcdef0123456789abcdef";
    watched.house.write(&format!("home/.livos-upload-{id}"), "half");
    watched.house.write(&format!("home/.livos-partial-{id}"), "half");
    // Something that is told, so that the silence before it means something.
    std::fs::create_dir(watched.house.path("home/sub")).unwrap();
    assert_eq!(watched.next().await, "");
    assert!(watched.changes.try_recv().is_err());
    watched.end().await;
}

#[tokio::test]
async fn who_looks_into_a_folder_that_moves_is_told() {
    let mut watched = Watched::new().await;
    watched.house.write("home/a/b/file", "");
    // By ourselves, without anybody watching above.
    watched.look("a/b").await;
    watched.house.files.rename(owner(), root("home"), rel("a"), "c".to_owned()).await.unwrap();
    watched.hears_of("a/b").await;
    assert_eq!(watched.house.files.watches.count(), 0);
    // By somebody else, seen from the folder above.
    watched.look("").await;
    watched.look("c").await;
    watched.look("c/b").await;
    std::fs::rename(watched.house.path("home/c"), watched.house.path("home/d")).unwrap();
    let mut told = std::collections::HashSet::new();
    while told.len() < 3 {
        told.insert(watched.next().await);
    }
    assert_eq!(told, ["", "c", "c/b"].map(str::to_owned).into());
    assert_eq!(watched.house.files.watches.count(), 1, "only the top is still watched");
    // Under its new path it is watched anew, and the old one says nothing more.
    watched.look("d/b").await;
    watched.house.write("home/d/b/file", "1");
    watched.hears_of("d/b").await;
    watched.end().await;
}

#[tokio::test]
async fn a_new_folder_under_an_old_path_is_the_one_that_is_watched() {
    let mut watched = Watched::new().await;
    let old = watched.house.path("home/a/b");
    std::fs::create_dir_all(&old).unwrap();
    watched.look("a/b").await;
    std::fs::rename(watched.house.path("home/a"), watched.house.path("home/gone")).unwrap();
    std::fs::create_dir_all(&old).unwrap();
    watched.look("a/b").await;
    assert_eq!(watched.house.files.watches.count(), 1);
    watched.house.write("home/a/b/file", "");
    watched.hears_of("a/b").await;
    watched.end().await;
}

#[tokio::test]
async fn the_least_lately_listed_are_let_go() {
    let mut watched = Watched::new().await;
    for number in 0..300 {
        std::fs::create_dir(watched.house.path(&format!("home/{number}"))).unwrap();
        watched.look(&number.to_string()).await;
        // Listed again and again, so it is never the least lately listed one.
        watched.look("0").await;
    }
    assert_eq!(watched.house.files.watches.count(), 256);
    watched.house.write("home/1/unseen", "");
    watched.house.write("home/0/seen", "");
    assert_eq!(watched.next().await, "0");
    watched.house.write("home/299/seen", "");
    assert_eq!(watched.next().await, "299");
    watched.end().await;
}
