//! The whole story, from the claim code to the trash.

use std::time::Duration;

use livos_testkit::Stack;
use reqwest::Method;
use serde_json::json;

const SOON: Duration = Duration::from_secs(30);

#[tokio::test]
async fn claim_account_files_trash_and_out() {
    let stack = Stack::start().await.expect("LivOS runs");
    let visitor = stack.client().expect("a client");

    let setup = visitor.get("/api/v1/setup").await.expect("setup").expect(200).expect("open");
    assert_eq!(setup["claimed"], false);
    let wrong =
        visitor.post("/api/v1/setup/claim", &json!({ "code": "WRONG-CODE" })).await.expect("an answer");
    assert!((400..500).contains(&wrong.status), "{}", wrong.text());

    let owner = stack.owner().await.expect("claimed");
    let session = owner.get("/api/v1/session").await.expect("session").expect(200).expect("signed in");
    assert_eq!(session["user"]["role"], "owner");
    let setup = visitor.get("/api/v1/setup").await.expect("setup").expect(200).expect("open");
    assert_eq!(setup["claimed"], true);

    // A file, byte for byte.
    let bytes: Vec<u8> = (0..300_000_u32).map(|number| (number * 7 % 251) as u8).collect();
    let folder = json!({ "root": "home", "path": "Photos" });
    owner.post("/api/v1/files/directories", &folder).await.expect("made").expect(201).expect("a folder");
    owner.upload("home", "Photos", "beach.jpg", &bytes).await.expect("uploaded");
    let listing = owner.get("/api/v1/files/list?root=home&path=Photos").await.expect("listed");
    let listing = listing.expect(200).expect("a listing");
    assert_eq!(listing["total"], 1);
    assert_eq!(
        (&listing["entries"][0][0], &listing["entries"][0][2]),
        (&json!("beach.jpg"), &json!(bytes.len()))
    );
    assert_eq!(std::fs::read(stack.site.data().join("home/Photos/beach.jpg")).expect("on disk"), bytes);

    let rename = json!({ "root": "home", "path": "Photos/beach.jpg", "name": "sea.jpg" });
    owner.post("/api/v1/files/rename", &rename).await.expect("renamed").expect(200).expect("an entry");
    let content = "/api/v1/files/content?root=home&path=Photos/sea.jpg&download=1";
    let whole = owner.get(content).await.expect("downloaded");
    assert!(
        whole.status == 200 && whole.bytes == bytes,
        "status {}, {} bytes",
        whole.status,
        whole.bytes.len()
    );
    let part = owner
        .send(owner.request(Method::GET, content).header("Range", "bytes=100-199"))
        .await
        .expect("a part");
    assert_eq!((part.status, part.bytes.as_slice()), (206, &bytes[100..200]));

    // Trash and back, then for good.
    let item = json!({ "items": [{ "root": "home", "path": "Photos/sea.jpg" }] });
    let ids = owner.post("/api/v1/files/trash", &item).await.expect("trashed").expect(200).expect("ids");
    let restored =
        owner.post("/api/v1/files/trash/restore", &json!({ "ids": ids["ids"] })).await.expect("restored");
    restored.expect(200).expect("entries");
    assert_eq!(owner.get(content).await.expect("downloaded").bytes, bytes);
    owner.post("/api/v1/files/trash", &item).await.expect("trashed").expect(200).expect("ids");
    let job = owner.delete("/api/v1/files/trash").await.expect("emptied").expect(202).expect("a job");
    let job = owner.job_ended(job["job_id"].as_str().expect("an id"), SOON).await.expect("it ends");
    assert_eq!(job["state"], "succeeded", "{job}");
    let trash = owner.get("/api/v1/files/trash").await.expect("trash").expect(200).expect("a list");
    assert_eq!(trash, json!([]));

    // Out means out.
    let kept = owner.clone();
    owner.delete("/api/v1/session").await.expect("out").expect(204).expect("signed out");
    let after = kept.get("/api/v1/files/roots").await.expect("an answer");
    assert_eq!(after.status, 401, "{}", after.text());
    stack.stop().await;
}

#[tokio::test]
async fn a_second_start_finds_everything_as_it_was() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    owner.upload("home", "", "note.txt", b"still here").await.expect("uploaded");
    owner
        .patch("/api/v1/me/settings", &json!({ "theme": "dark" }))
        .await
        .expect("kept")
        .expect(200)
        .expect("settings");
    let stack = stack.reboot().await.expect("it comes back");
    // The same cookies: a restart signs nobody out.
    let note = owner.get("/api/v1/files/content?root=home&path=note.txt").await.expect("downloaded");
    assert_eq!((note.status, note.bytes.as_slice()), (200, &b"still here"[..]));
    let settings = owner.get("/api/v1/me/settings").await.expect("kept").expect(200).expect("settings");
    assert_eq!(settings["theme"], "dark");
    stack.stop().await;
}

#[tokio::test]
async fn a_change_on_disk_reaches_the_event_stream() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let mut events = owner.events(None).await.expect("a stream");
    let hello = events.until(SOON, |event| event.name == "hello").await.expect("a greeting");
    assert!(hello.data["epoch"].is_string() || hello.data["epoch"].is_number(), "{hello:?}");
    // Listing is the subscription.
    owner.get("/api/v1/files/list?root=home&path=").await.expect("listed").expect(200).expect("a listing");
    std::fs::write(stack.site.data().join("home/new.txt"), b"x").expect("written");
    let change = events.until(SOON, |event| event.name == "dir").await.expect("an event");
    assert_eq!((change.data["root"].as_str(), change.data["path"].as_str()), (Some("home"), Some("")));

    // Whoever was away gets what they missed.
    drop(events);
    std::fs::write(stack.site.data().join("home/newer.txt"), b"x").expect("written");
    let mut again = owner.events(Some(&change.id)).await.expect("a stream");
    again.until(SOON, |event| event.name == "dir" && event.id != change.id).await.expect("the missed event");
    stack.stop().await;
}

#[tokio::test]
async fn without_docker_the_store_says_plainly_why() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let engine = owner.get("/api/v1/engine").await.expect("engine").expect(200).expect("an answer");
    assert_eq!(engine["usable"], false);
    assert!(engine["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{engine}");
    owner.get("/api/v1/store/apps").await.expect("store").expect(200).expect("the store can be browsed");
    stack.stop().await;
}
