//! The service through its D-Bus face, peer to peer.

use std::io::{Read, Write};

use futures_util::StreamExt;
use livos_bus::documents::{Listing, SearchReply, SharedFolder, SharedListing, SharedPiece};
use livos_bus::{
    Caller, Callers, FilesManagerProxy, FilesReaderProxy, FilesSharedProxy, JobsProxy, PersonalProxy,
    UploadRequest, UploadsProxy, Via, codes, names,
};
use tokio::sync::mpsc;
use zbus::{Connection, Guid, connection};

use super::*;
use crate::FileJobs;

struct Served {
    house: House,
    client: Connection,
    shutdown: CancellationToken,
    _server: Connection,
}

impl Served {
    async fn to(caller: Caller) -> Self {
        let mut house = House::new().await;
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let server = connection::Builder::unix_stream(ours).server(Guid::generate()).p2p();
        let client = connection::Builder::unix_stream(theirs).p2p();
        let (server, client) = tokio::try_join!(server.build(), client.build()).unwrap();
        let shutdown = CancellationToken::new();
        let (changes, changed) = mpsc::unbounded_channel();
        let callers = Callers::peer(caller);
        let signals = crate::bus::serve(&server, &house.files, callers.clone(), changed).await.unwrap();
        tokio::spawn(signals);
        let jobs = FileJobs(house.files.queue.clone());
        let announce =
            livos_service::serve_jobs(&server, names::FILES, jobs, callers, shutdown.clone()).await.unwrap();
        tokio::spawn(announce);
        tokio::spawn(house.files.queue.clone().run(shutdown.clone()));
        tokio::spawn({
            let (files, told, shutdown) =
                (Arc::clone(&house.files), house.told.take().unwrap(), shutdown.clone());
            async move { files.watches.run(told, changes, shutdown).await }
        });
        Self { house, client, shutdown, _server: server }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

#[tokio::test]
async fn the_edge_gets_listings_files_and_news() {
    let served = Served::to(Caller::Web).await;
    let reader = FilesReaderProxy::new(&served.client).await.unwrap();
    let mut news = reader.receive_dir_changed().await.unwrap();
    served.house.write("home/a.txt", "hello");
    let listing: Listing = reader.list(&owner(), "home", "").await.unwrap().parse().unwrap();
    assert_eq!(listing.entries[0].0, "a.txt");
    let (entry, file) = reader.open(&owner(), "home", "a.txt").await.unwrap();
    assert_eq!((entry.size, entry.media_type.as_str()), (5, "text/plain"));
    let mut file = std::fs::File::from(std::os::fd::OwnedFd::from(file));
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    assert!(file.write_all(b"x").is_err(), "the descriptor can be written to");
    served.house.write("home/b.txt", "");
    let change = within(news.next()).await.unwrap();
    let change = change.args().unwrap();
    assert_eq!((*change.root(), *change.path()), ("home", ""));
    let found: SearchReply = reader.search(&owner(), "home", "", "B.T").await.unwrap().parse().unwrap();
    assert_eq!(found.entries[0].path, "b.txt");
    let large = reader.list(&owner(), "home", "").await.unwrap();
    assert!(large.stream.is_empty());
    for number in 0..3_000 {
        served.house.write(&format!("home/many/{number:020}"), "");
    }
    let large = reader.list(&owner(), "home", "many").await.unwrap();
    assert_eq!(large.stream.len(), 1);
    assert_eq!(large.parse::<Listing>().unwrap().total, 3_000);
}

#[tokio::test]
async fn the_edge_changes_files_and_follows_jobs() {
    let served = Served::to(Caller::Web).await;
    let manager = FilesManagerProxy::new(&served.client).await.unwrap();
    manager.create_directory(&owner(), "home", "d").await.unwrap();
    let taken = manager.create_directory(&owner(), "home", "d").await.unwrap_err();
    assert_eq!(taken.code, codes::EXISTS);
    let uploads = UploadsProxy::new(&served.client).await.unwrap();
    let request = UploadRequest {
        root: "home".to_owned(),
        path: "d".to_owned(),
        relative_path: String::new(),
        name: "f".to_owned(),
        size: 3,
        on_conflict: "keep_both".to_owned(),
        modified_at: 0,
    };
    let info = uploads.create(&owner(), &request).await.unwrap();
    let (_, file) = uploads.open(&owner(), &info.id).await.unwrap();
    std::fs::File::from(std::os::fd::OwnedFd::from(file)).write_all(b"abc").unwrap();
    uploads.commit(&owner(), &info.id).await.unwrap();
    let job = manager.copy(&owner(), &request_to_top(&["d/f"])).await.unwrap();
    assert_eq!(job, "files-1");
    let jobs = JobsProxy::builder(&served.client)
        .destination(names::FILES.bus_name)
        .path(names::FILES.path)
        .build()
        .await
        .unwrap();
    within(async {
        while jobs.get(&owner(), &job).await.unwrap().state != "succeeded" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(served.house.read("home/f"), "abc");
    // Another person's job does not exist.
    assert!(jobs.get(&member(), &job).await.is_err());
    let ids = manager.trash(&owner(), &[location("home", "f")]).await.unwrap();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(manager.restore(&owner(), &ids).await.unwrap()[0].path, "f");
}

fn request_to_top(items: &[&str]) -> TransferRequest {
    request(items, "", "keep_both")
}

#[tokio::test]
async fn neither_the_agent_nor_a_stranger_gets_at_files() {
    for caller in [Caller::Nexus, Caller::Apps, Caller::Host, Caller::Stranger] {
        let served = Served::to(caller).await;
        served.house.write("home/a", "secret");
        let reader = FilesReaderProxy::new(&served.client).await.unwrap();
        let manager = FilesManagerProxy::new(&served.client).await.unwrap();
        let uploads = UploadsProxy::new(&served.client).await.unwrap();
        let personal = PersonalProxy::new(&served.client).await.unwrap();
        let me = owner();
        let upload = UploadRequest {
            root: "home".to_owned(),
            path: String::new(),
            relative_path: String::new(),
            name: "x".to_owned(),
            size: 0,
            on_conflict: "skip".to_owned(),
            modified_at: 0,
        };
        let order = request_to_top(&["a"]);
        let answers = [
            reader.roots(&me).await.err(),
            reader.list(&me, "home", "").await.err(),
            reader.stat(&me, "home", "a").await.err(),
            reader.open(&me, "home", "a").await.err(),
            reader.archive(&me, "home", &["a"]).await.err(),
            reader.search(&me, "home", "", "a").await.err(),
            reader.trashed(&me).await.err(),
            manager.create_directory(&me, "home", "b").await.err(),
            manager.rename(&me, "home", "a", "b").await.err(),
            manager.transfer(&me, &order).await.err(),
            manager.copy(&me, &order).await.err(),
            manager.trash(&me, &[location("home", "a")]).await.err(),
            manager.restore(&me, &["a"]).await.err(),
            manager.delete(&me, &[]).await.err(),
            manager.change(&me, "c-1-0", livos_bus::Document::json("x").unwrap()).await.err(),
            manager.stands_against(&me, "c-1-0").await.err(),
            manager.put_back(&me, "c-1-0").await.err(),
            uploads.create(&me, &upload).await.err(),
            uploads.open(&me, "x").await.err(),
            uploads.get(&me, "x").await.err(),
            uploads.list(&me).await.err(),
            uploads.commit(&me, "x").await.err(),
            uploads.cancel(&me, "x").await.err(),
            personal.favourites(&me).await.err(),
            personal.set_favourite(&me, "home", "a", true).await.err(),
            personal.recents(&me).await.err(),
            personal.note_opened(&me, "home", "a").await.err(),
            personal.clear_recents(&me).await.err(),
            personal.shares(&me).await.err(),
            personal.set_share(&me, "home", "a", true).await.err(),
            personal.set_share_writes(&me, "home", "a", true).await.err(),
            personal.wallpaper(&me).await.err(),
            personal.set_wallpaper(&me, "home", "a").await.err(),
            personal.clear_wallpaper(&me).await.err(),
        ];
        for (number, answer) in answers.into_iter().enumerate() {
            let kind = answer.map(|error| error.kind);
            assert_eq!(kind, Some(livos_bus::ErrorKind::Denied), "{caller:?}, call {number}");
        }
        assert_eq!(tree(&served.house.path("home")), ["a"]);
    }
}

#[tokio::test]
async fn the_agent_sees_what_is_shared_and_says_that_it_is_the_one_who_asks() {
    let served = Served::to(Caller::Nexus).await;
    served.house.write("home/Open/long.txt", "x".repeat(40_000));
    served.house.write("home/secret.txt", "x");
    served.house.files.set_share(owner(), root("home"), rel("Open"), true).await.unwrap();
    let shared = FilesSharedProxy::new(&served.client).await.unwrap();
    let me = Actor { via: Via::Nexus, ..owner() };
    let folders: Vec<SharedFolder> = shared.folders(&me).await.unwrap().parse().unwrap();
    assert_eq!((folders.len(), folders[0].path.as_str()), (1, "Open"));
    let listing: SharedListing = shared.list(&me, "home", "Open").await.unwrap().parse().unwrap();
    assert_eq!((listing.entries[0].name.as_str(), listing.entries[0].size), ("long.txt", 40_000));
    assert_eq!(shared.stat(&me, "home", "Open/long.txt").await.unwrap().size, 40_000);
    let piece = shared.read(&me, "home", "Open/long.txt", 0, 40_000).await.unwrap();
    assert_eq!(piece.stream.len(), 1, "what is long comes by descriptor");
    assert_eq!(piece.parse::<SharedPiece>().unwrap().text.len(), 40_000);
    let found: SearchReply = shared.search(&me, "", "", "long").await.unwrap().parse().unwrap();
    assert_eq!(found.entries[0].path, "Open/long.txt");
    for (at, path) in [("home", "secret.txt"), ("home", ""), ("shared", ""), ("home.ada", "Open")] {
        let refused = shared.list(&me, at, path).await.unwrap_err();
        assert_eq!(refused.kind, livos_bus::ErrorKind::Denied, "{at}/{path}");
    }
    for (at, path) in [("home", "Open/../secret.txt"), ("home", "/etc"), ("..", "x"), ("home", "a\0")] {
        let refused = shared.read(&me, at, path, 0, 10).await.unwrap_err();
        assert_eq!(refused.kind, livos_bus::ErrorKind::Invalid, "{at}/{path}");
    }
    // As a person it could have been the edge that was fooled: the agent never asks as one.
    for way in [Via::Web, Via::Cli, Via::Schedule] {
        let disguised = Actor { via: way, ..owner() };
        let refused = shared.folders(&disguised).await.unwrap_err();
        assert_eq!(refused.kind, livos_bus::ErrorKind::Denied, "{way:?}");
    }
}

#[tokio::test]
async fn what_is_shared_is_nothing_for_strangers_and_theirs_to_say_for_people() {
    for caller in [Caller::Apps, Caller::Host, Caller::Stranger] {
        let served = Served::to(caller).await;
        let shared = FilesSharedProxy::new(&served.client).await.unwrap();
        let me = Actor { via: Via::Nexus, ..owner() };
        let refused = [
            shared.folders(&me).await.err(),
            shared.list(&me, "home", "a").await.err(),
            shared.stat(&me, "home", "a").await.err(),
            shared.read(&me, "home", "a", 0, 1).await.err(),
            shared.search(&me, "", "", "a").await.err(),
        ];
        for answer in refused {
            assert_eq!(answer.map(|error| error.kind), Some(livos_bus::ErrorKind::Denied), "{caller:?}");
        }
    }
    let served = Served::to(Caller::Web).await;
    served.house.write("home/Open/a.txt", "");
    let personal = PersonalProxy::new(&served.client).await.unwrap();
    personal.set_share(&owner(), "home", "Open", true).await.unwrap();
    let shares: Vec<SharedFolder> = personal.shares(&owner()).await.unwrap().parse().unwrap();
    assert_eq!(
        (shares[0].root.as_str(), shares[0].name.as_str(), shares[0].missing),
        ("home", "Open", false)
    );
    personal.set_share(&owner(), "home", "Open", false).await.unwrap();
    let shares: Vec<SharedFolder> = personal.shares(&owner()).await.unwrap().parse().unwrap();
    assert!(shares.is_empty());
}

#[tokio::test]
async fn the_administrator_acts_with_the_owners_rights() {
    let served = Served::to(Caller::Administrator).await;
    served.house.write("home/a", "1");
    let reader = FilesReaderProxy::new(&served.client).await.unwrap();
    let actor = Actor::command_line().unwrap();
    let listing: Listing = reader.list(&actor, "home", "").await.unwrap().parse().unwrap();
    assert_eq!(listing.total, 1);
}

#[tokio::test]
async fn a_change_and_its_way_back_go_over_the_bus() {
    let served = Served::to(Caller::Web).await;
    std::fs::create_dir_all(served.house.path("home/Open")).unwrap();
    let me = owner();
    let personal = PersonalProxy::new(&served.client).await.unwrap();
    let manager = FilesManagerProxy::new(&served.client).await.unwrap();
    assert_eq!(
        personal.set_share_writes(&me, "home", "Open", true).await.unwrap_err().kind,
        livos_bus::ErrorKind::Invalid
    );
    personal.set_share(&me, "home", "Open", true).await.unwrap();
    let change = |more: serde_json::Value| {
        let mut all =
            serde_json::json!({ "kind": "write", "root": "home", "path": "Open/a.txt", "text": "x" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        livos_bus::Document::json(&all).unwrap()
    };
    let nothing = || change(serde_json::json!({}));
    assert_eq!(manager.change(&me, "c", nothing()).await.unwrap_err().kind, livos_bus::ErrorKind::Denied);
    personal.set_share_writes(&me, "home", "Open", true).await.unwrap();
    let shares: Vec<SharedFolder> = personal.shares(&me).await.unwrap().parse().unwrap();
    assert!(shares[0].writes, "{shares:?}");
    let more = change(serde_json::json!({ "more": 1 }));
    assert_eq!(manager.change(&me, "c", more).await.unwrap_err().kind, livos_bus::ErrorKind::Invalid);
    let said = manager.change(&me, "c", nothing()).await.unwrap();
    assert!(said.contains("was written"), "{said}");
    assert_eq!(served.house.read("home/Open/a.txt"), "x");
    assert_eq!(manager.stands_against(&me, "c").await.unwrap(), "");
    manager.put_back(&me, "c").await.unwrap();
    assert_eq!(served.house.names("home", "Open").await, [""; 0]);
}
