//! Files on their way out, and documents passed on.

use axum::body::Body;
use http::Method;
use serde_json::json;

use super::world::{Client, Reply, World};

const PATH: &str = "/api/v1/files/content?root=home&path=a.bin";

async fn asking(client: &mut Client, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = client.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_file_comes_whole_in_part_or_not_at_all() {
    let (world, mut owner) = World::claimed().await;
    let bytes: Vec<u8> = (0..1_000_000u32).map(|n| (n % 253) as u8).collect();
    std::fs::write(world.fakes.folder.join("a.bin"), &bytes).unwrap();
    let whole = asking(&mut owner, Method::GET, PATH, &[]).await;
    assert_eq!(
        (whole.status.as_u16(), whole.header("content-length"), whole.header("accept-ranges")),
        (200, "1000000", "bytes")
    );
    assert_eq!(whole.body, bytes);
    assert!(whole.header("content-security-policy").starts_with("sandbox;"));
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    let (tag, modified) = (whole.header("etag").to_owned(), whole.header("last-modified").to_owned());

    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=999990-", 999_990, 1_000_000),
        ("bytes=-7", 999_993, 1_000_000),
        ("bytes=300000-700000", 300_000, 700_001),
    ] {
        let part = asking(&mut owner, Method::GET, PATH, &[("range", range), ("if-range", &tag)]).await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/1000000", to - 1));
        assert_eq!(part.body, bytes[from..to]);
    }
    let beyond = asking(&mut owner, Method::GET, PATH, &[("range", "bytes=1000000-")]).await;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, "bytes */1000000"));
    let stale =
        asking(&mut owner, Method::GET, PATH, &[("range", "bytes=0-1"), ("if-range", "\"other\"")]).await;
    assert_eq!((stale.status.as_u16(), stale.body.len()), (200, 1_000_000));
    for (name, value) in [("if-none-match", tag.as_str()), ("if-modified-since", modified.as_str())] {
        let same = asking(&mut owner, Method::GET, PATH, &[(name, value)]).await;
        assert_eq!((same.status.as_u16(), same.body.len(), same.header("etag")), (304, 0, tag.as_str()));
    }
    let head = asking(&mut owner, Method::HEAD, PATH, &[("range", "bytes=0-1")]).await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.body.len()), (200, "1000000", 0));

    std::fs::write(world.fakes.folder.join("a.bin"), "shorter").unwrap();
    let changed = asking(&mut owner, Method::GET, PATH, &[("range", "bytes=0-1"), ("if-range", &tag)]).await;
    assert_eq!((changed.status.as_u16(), changed.text().as_str()), (200, "shorter"));
    asking(&mut owner, Method::GET, &PATH.replace("a.bin", "none"), &[]).await.check(404, "not_found");
}

#[tokio::test]
async fn a_page_among_the_files_never_runs_as_ours() {
    let (world, mut owner) = World::claimed().await;
    std::fs::write(world.fakes.folder.join("evil.html"), "<script>alert(1)</script>").unwrap();
    std::fs::write(world.fakes.folder.join("a.png"), "x").unwrap();
    let page = owner.get("/api/v1/files/content?root=home&path=evil.html").await;
    assert!(page.header("content-disposition").starts_with("attachment;"));
    assert!(page.header("content-security-policy").starts_with("sandbox;"));
    let picture = owner.get("/api/v1/files/content?root=home&path=a.png").await;
    assert!(picture.header("content-disposition").starts_with("inline;"));
    let saved = owner.get("/api/v1/files/content?root=home&path=a.png&download=1").await;
    assert_eq!(saved.header("content-disposition"), "attachment; filename=\"a.png\"; filename*=UTF-8''a.png");
}

#[tokio::test]
async fn documents_of_any_size_are_passed_on() {
    let (world, mut owner) = World::claimed().await;
    for size in [0, 40_000, 3_000_000] {
        world.fakes.memory.lock().unwrap().large = size;
        let listing = owner.get("/api/v1/files/list?root=home&path=a%20b").await;
        assert_eq!(listing.header("content-type"), "application/json");
        let listing = listing.json();
        assert_eq!(
            (listing["path"].as_str().unwrap(), listing["revision"].as_str().unwrap().len()),
            ("a b", size)
        );
    }
    assert!(world.fakes.calls().contains(&"FilesReader.List grace home:a b".to_owned()));
}

#[tokio::test]
async fn streams_are_passed_on_to_their_end() {
    let (world, mut owner) = World::claimed().await;
    let zip = owner.get("/api/v1/files/archive?root=home&path=a/b&path=c").await;
    assert_eq!(
        (zip.status.as_u16(), zip.body.len(), zip.header("content-type")),
        (200, 300_000, "application/zip")
    );
    assert_eq!(
        zip.header("content-disposition"),
        "attachment; filename=\"home.zip\"; filename*=UTF-8''home.zip"
    );
    assert!(world.fakes.calls().contains(&"FilesReader.Archive grace home:a/b,c".to_owned()));
    owner.get("/api/v1/files/archive?root=home").await.check(400, "invalid");
    let log = owner.get("/api/v1/jobs/apps-1/log").await;
    assert_eq!(
        (log.text().as_str(), log.header("content-type")),
        ("step one\nstep two\n", "text/plain; charset=utf-8")
    );
    let log = owner.get("/api/v1/apps/jellyfin/logs?service=web&tail=99999&follow=1").await;
    assert_eq!(log.text(), "a line\n");
    assert!(world.fakes.calls().contains(&"AppsReader.Logs grace jellyfin \"web\" 10000 true".to_owned()));
}

#[tokio::test]
async fn what_is_asked_reaches_the_right_daemon_as_the_right_person() {
    use serde_json::json;
    let (world, mut owner) = World::claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    let place = json!({ "root": "home", "path": "a" });
    let transfer = json!({ "items": [place], "destination": { "root": "shared", "path": "" }, "on_conflict": "keep_both" });
    ada.post("/api/v1/files/move", &transfer).await;
    ada.post("/api/v1/files/copy", &json!({ "items": [], "destination": place, "on_conflict": "skip" }))
        .await
        .check(400, "invalid");
    ada.post("/api/v1/files/trash", &json!({ "items": [place, place] })).await;
    ada.post("/api/v1/files/trash/restore", &json!({ "ids": ["t1"] })).await;
    ada.post("/api/v1/files/trash/delete", &json!({ "ids": [] })).await.check(400, "invalid");
    let emptied = ada.delete("/api/v1/files/trash").await;
    assert_eq!((emptied.status.as_u16(), emptied.json()), (202, json!({ "job_id": "files-3" })));
    ada.post("/api/v1/jobs/files-9/cancel", &json!({})).await;
    owner.delete("/api/v1/apps/jellyfin?data=delete").await;
    owner.delete("/api/v1/apps/jellyfin").await;
    owner.delete("/api/v1/apps/jellyfin?although_needed=1").await;
    owner.delete("/api/v1/apps/jellyfin?data=x").await.check(400, "invalid");
    let calls = world.fakes.calls();
    for call in [
        "FilesManager.Move ada keep_both",
        "FilesManager.Trash ada 2",
        "FilesManager.Restore ada t1",
        "FilesManager.Delete ada",
        "Jobs1.Cancel ada files files-9",
        "AppsManager.Remove grace jellyfin false false",
        "AppsManager.Remove grace jellyfin true false",
        "AppsManager.Remove grace jellyfin true true",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call} in {calls:?}");
    }
    let sources = ada.get("/api/v1/store/sources").await.json();
    assert_eq!(sources[0]["id"], "s");
}

#[tokio::test]
async fn all_apps_are_updated_at_once_and_one_is_taken_out_as_a_project() {
    let (world, mut owner) = World::claimed().await;
    let reply = owner.post("/api/v1/store/updates", &serde_json::json!({})).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["skipped"][0]["code"]), (200, &"consent_needed".into()));
    let archive = owner.get("/api/v1/apps/jellyfin/export").await;
    assert_eq!(
        (archive.text().as_str(), archive.header("content-type")),
        ("an archive", "application/x-tar")
    );
    assert!(archive.header("content-disposition").starts_with("attachment; filename=\"jellyfin.tar\""));
    assert_eq!(archive.header("cache-control"), "no-store");
    owner.get("/api/v1/apps/jellyfin/export?secrets=1").await;
    owner.get("/api/v1/apps/../export").await.check(400, "invalid");
    let calls = world.fakes.calls();
    for call in [
        "AppsManager.UpdateAll grace",
        "AppsManager.Export grace jellyfin false",
        "AppsManager.Export grace jellyfin true",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call} in {calls:?}");
    }
    let trail = owner.get("/api/v1/audit").await.text();
    assert!(trail.contains("app.export_with_secrets") && trail.contains("app.update_all"), "{trail}");
}

#[tokio::test]
async fn settings_of_an_app_are_read_looked_at_and_changed_and_it_can_be_pinned() {
    let (world, mut owner) = World::claimed().await;
    let path = "/api/v1/apps/jellyfin/settings";
    assert_eq!(owner.get(path).await.json()["inputs"], json!([]));
    let wish = json!({ "answers": { "TOKEN": "a word of ours" }, "ports": { "80/tcp": 81 }, "memory": { "web": 7 } });
    let looked = owner.post(&format!("{path}/look"), &wish).await;
    assert_eq!((looked.status.as_u16(), &looked.json()["recreated"]), (200, &json!([])));
    owner.write(Method::PUT, path, &json!({ "ports": { "80/tcp": 70_000 } })).await.check(400, "invalid");
    let begun = owner.write(Method::PUT, path, &wish).await;
    assert_eq!((begun.status.as_u16(), &begun.json()["job_id"]), (202, &"apps-7".into()));
    assert_eq!(owner.write(Method::PUT, "/api/v1/apps/jellyfin/pin", &json!({})).await.status, 204);
    assert_eq!(owner.delete("/api/v1/apps/jellyfin/pin").await.status, 204);
    let skip = "/api/v1/apps/jellyfin/skip";
    owner.write(Method::PUT, skip, &json!({ "version": "" })).await.check(400, "invalid");
    assert_eq!(owner.write(Method::PUT, skip, &json!({ "version": "2.0" })).await.status, 204);
    assert_eq!(owner.delete(skip).await.status, 204);
    let calls = world.fakes.calls();
    for call in [
        "AppsManager.Skip grace jellyfin \"2.0\"",
        "AppsManager.Skip grace jellyfin \"\"",
        "AppsManager.Settings grace jellyfin",
        "AppsManager.LookAtSettings grace jellyfin {\"80/tcp\": 81}",
        "AppsManager.Configure grace jellyfin {\"web\": 7}",
        "AppsManager.Pin grace jellyfin true",
        "AppsManager.Pin grace jellyfin false",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call} in {calls:?}");
    }
    let trail = owner.get("/api/v1/audit").await.text();
    assert!(["app.configure", "app.pin", "app.unpin"].iter().all(|line| trail.contains(line)), "{trail}");
    assert!(!trail.contains("a word of ours"), "{trail}");
}

#[tokio::test]
async fn what_stands_in_the_way_is_said_before_an_installation_and_before_a_change() {
    let (world, mut owner) = World::claimed().await;
    assert_eq!(owner.get("/api/v1/store/apps/main/jellyfin/checks").await.json()["state"], "ok");
    assert_eq!(owner.get("/api/v1/apps/jellyfin/checks").await.json()["state"], "warn");
    owner.get("/api/v1/apps/..%2Fetc/checks").await.check(400, "invalid");
    owner.get("/api/v1/store/apps/main/..%2Fetc/checks").await.check(400, "invalid");
    let path = "/api/v1/store/apps/main/jellyfin/checks";
    let typed = json!({ "answers": { "PORT": "53", "TOKEN": "hidden" }, "docker_control": true });
    assert_eq!(owner.post(path, &typed).await.json()["state"], "block");
    owner.post("/api/v1/store/apps/main/..%2Fetc/checks", &typed).await.check(400, "invalid");
    owner.post(path, &json!({ "answers": { "PORT": 53 } })).await.check(400, "invalid");
    let path = "/api/v1/apps/jellyfin/checks";
    assert_eq!(owner.post(path, &json!({ "answers": { "TOKEN": "hidden" } })).await.json()["state"], "block");
    owner.post("/api/v1/apps/..%2Fetc/checks", &json!({})).await.check(400, "invalid");
    let calls = world.fakes.calls();
    for call in [
        "AppsManager.CheckUpdate grace jellyfin {\"TOKEN\": \"hidden\"}",
        "Catalog.Checks grace main jellyfin",
        "AppsManager.Checks grace jellyfin",
        "AppsManager.CheckInstall grace main/jellyfin {\"PORT\": \"53\", \"TOKEN\": \"hidden\"} true",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call} in {calls:?}");
    }
}

#[tokio::test]
async fn a_compose_file_is_read_looked_at_and_changed_however_long_it_is() {
    let (world, mut owner) = World::claimed().await;
    let path = "/api/v1/apps/jellyfin/compose";
    assert_eq!(owner.get(path).await.json()["revision"], "r1");
    // More than a message of the bus may have.
    let text = format!("services: {{}}\n# {}", "a word of ours ".repeat(7_000));
    let looked = owner.post(&format!("{path}/check"), &json!({ "text": text })).await;
    assert_eq!((looked.status.as_u16(), &looked.json()["problems"]), (200, &json!([])));
    owner.write(Method::PUT, path, &json!({ "text": "x" })).await.check(400, "invalid");
    owner.get("/api/v1/apps/..%2Fx/compose").await.check(400, "invalid");
    let begun = owner
        .write(Method::PUT, path, &json!({ "text": "services:", "revision": "r1", "accept": ["port"] }))
        .await;
    assert_eq!((begun.status.as_u16(), &begun.json()["job_id"]), (202, &"apps-8".into()));
    let calls = world.fakes.calls();
    for call in [
        "AppsManager.Compose grace jellyfin".to_owned(),
        format!("AppsManager.LookAtCompose grace jellyfin {}", text.len()),
        "AppsManager.EditCompose grace jellyfin r1 [\"port\"] 9".to_owned(),
    ] {
        assert!(calls.contains(&call), "{call} in {calls:?}");
    }
    let trail = owner.get("/api/v1/audit").await.text();
    assert!(trail.contains("app.edit_compose") && !trail.contains("a word of ours"), "{trail}");
}

#[tokio::test]
async fn a_compose_file_of_ones_own_is_looked_at_and_made_an_app() {
    let (world, mut owner) = World::claimed().await;
    let text = format!("services: {{}}\n# {}", "a word of ours ".repeat(7_000));
    let asked = json!({ "name": "mine", "compose": text, "accept": ["port"], "env": "WORD=a word of ours" });
    let looked = owner.post("/api/v1/stacks/check", &asked).await;
    assert_eq!((looked.status.as_u16(), &looked.json()["ready"]), (200, &json!(true)));
    owner.post("/api/v1/stacks", &json!({ "name": "mine" })).await.check(400, "invalid");
    let begun = owner.post("/api/v1/stacks", &asked).await;
    assert_eq!((begun.status.as_u16(), &begun.json()["job_id"]), (202, &"apps-9".into()));
    let calls = world.fakes.calls();
    for call in ["AppsManager.LookAtStack grace long", "AppsManager.CreateStack grace \"mine\" [\"port\"]"] {
        assert!(calls.contains(&call.to_owned()), "{call} in {calls:?}");
    }
    let trail = owner.get("/api/v1/audit").await.text();
    assert!(trail.contains("app.create_stack") && !trail.contains("a word of ours"), "{trail}");
}

#[tokio::test]
async fn updates_are_looked_for_begun_and_stopped() {
    let (world, mut owner) = World::claimed().await;
    world.fakes.update_is(&json!({ "state": "idle", "available": "0.2.0", "kind": "packages" })).await;
    assert_eq!(owner.get("/api/v1/system/updates").await.json()["available"], "0.2.0");
    for (path, body, status) in [
        ("/check", json!({}), 204),
        ("/cancel", json!({}), 204),
        ("", json!({ "version": "0.2.0" }), 204),
        ("", json!({ "version": "0.3.0" }), 409),
        ("", json!({ "version": "0.2.0\n" }), 400),
        // Which the host alone can judge: on an appliance the system may be all that is newer.
        ("", json!({ "version": "" }), 409),
        ("", json!({}), 400),
    ] {
        let reply = owner.post(&format!("/api/v1/system/updates{path}"), &body).await;
        assert_eq!(reply.status, status, "{path} {body}");
    }
    let nightly = json!({ "on": true, "hour": 3 });
    assert_eq!(owner.write(Method::PUT, "/api/v1/system/updates/automatic", &nightly).await.status, 204);
    let calls = world.fakes.calls();
    for call in [
        "HostUpdate.Check grace",
        "HostUpdate.Cancel grace",
        "HostUpdate.Start grace 0.2.0",
        "HostUpdate.SetAutomatic grace true 3",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call} in {calls:?}");
    }
    let audit = owner.get("/api/v1/audit").await.json();
    assert!(audit.to_string().contains("system.update"), "{audit}");
}

#[tokio::test]
async fn a_file_to_upgrade_from_is_handed_over_open() {
    let (world, mut owner) = World::claimed().await;
    std::fs::write(world.fakes.folder.join("livos-2.bundle"), "signed").unwrap();
    std::fs::write(world.fakes.folder.join("other"), "other").unwrap();
    for (body, status) in [
        (json!({ "root": "home", "path": "livos-2.bundle" }), 204),
        (json!({ "root": "home", "path": "other" }), 409),
        (json!({ "root": "home", "path": "nowhere" }), 404),
        (json!({ "root": "home", "path": "../etc/passwd" }), 400),
        (json!({ "path": "livos-2.bundle" }), 400),
    ] {
        let reply = owner.post("/api/v1/system/updates/file", &body).await;
        assert_eq!(reply.status, status, "{body}");
    }
    let calls = world.fakes.calls();
    let offered = "HostUpdate.Offer grace livos-2.bundle signed".to_owned();
    assert!(calls.contains(&offered), "{calls:?}");
    let audit = owner.get("/api/v1/audit").await.json().to_string();
    assert!(audit.contains("system.update_file") && audit.contains("livos-2.bundle"), "{audit}");
}

#[tokio::test]
async fn members_do_not_see_the_disks() {
    let (world, mut owner) = World::claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    assert_eq!(owner.get("/api/v1/system").await.json()["disks"][0]["mount"], "/");
    let load = serde_json::json!({ "cpus": 2, "load": 0.5, "memory_total": 8, "memory_available": 4 });
    assert_eq!(ada.get("/api/v1/system/load").await.json(), load);
    let seen = ada.get("/api/v1/system").await.json();
    assert!(seen.get("disks").is_none());
    assert_eq!(seen["services"].as_array().unwrap().len(), 5);
    assert_eq!(
        (&seen["services"][0]["state"], &seen["services"][4]["state"]),
        (&"ok".into(), &"down".into())
    );
}

#[tokio::test]
async fn a_picture_of_an_app_is_kept_for_good_and_can_do_nothing() {
    let (world, mut owner) = World::claimed().await;
    let path = "/api/v1/store/icons/a.svg";
    let picture = asking(&mut owner, Method::GET, path, &[]).await;
    assert_eq!((picture.status.as_u16(), &picture.body[..]), (200, &b"<svg/>"[..]));
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert_eq!(picture.header("cache-control"), "private, max-age=31536000, immutable");
    assert!(picture.header("content-security-policy").starts_with("sandbox;"));
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    assert_eq!(asking(&mut owner, Method::GET, "/api/v1/store/icons/none.png", &[]).await.status, 404);
    assert_eq!(asking(&mut world.client(), Method::GET, path, &[]).await.status, 401);
    // One that is fetched from elsewhere can do no more.
    let path = "/api/v1/store/apps/main/demo/pictures/2";
    let picture = asking(&mut owner, Method::GET, path, &[]).await;
    assert_eq!((picture.status.as_u16(), &picture.body[..]), (200, &b"<svg/>"[..]));
    assert_eq!(picture.header("cache-control"), "private, max-age=86400");
    assert!(picture.header("content-security-policy").starts_with("sandbox;"));
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    assert_eq!(asking(&mut world.client(), Method::GET, path, &[]).await.status, 401);
}
