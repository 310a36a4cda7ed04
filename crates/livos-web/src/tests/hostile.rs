//! Input that means harm gets a clear refusal and reaches nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Method, header};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::world::{PASSWORD, World};
use crate::core::strangers::PLACES;

#[tokio::test]
async fn no_spelling_of_a_path_leads_out_of_its_place() {
    let (world, mut owner) = World::claimed().await;
    let before = world.fakes.calls().len();
    for path in [
        "..",
        "../etc/passwd",
        "a/../../b",
        "%2e%2e/%2e%2e/etc/passwd",
        "%2e%2e%2fetc",
        "a%2f..%2fb",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "a//b",
        "a/./b",
        "a/",
        "a%00b",
        "%c0%ae%c0%ae/x",
        "%e0%80%ae",
        "%c0%af",
        "%ff",
        "%",
        "%zz",
        &"a/".repeat(3000),
        &"x".repeat(300),
    ] {
        for resource in ["list", "stat", "content", "archive", "search"] {
            let reply = owner.get(&format!("/api/v1/files/{resource}?root=home&q=x&path={path}")).await;
            reply.check(400, "invalid");
        }
    }
    for root in ["", "..", "home/..", "%2e%2e", "HOME", "home%00"] {
        owner.get(&format!("/api/v1/files/list?root={root}")).await.check(400, "invalid");
    }
    for path in ["../x", "/x", "a\u{0}b", "a/../b"] {
        let item = json!({ "root": "home", "path": path });
        owner.post("/api/v1/files/directories", &item).await.check(400, "invalid");
        owner.post("/api/v1/files/trash", &json!({ "items": [item] })).await.check(400, "invalid");
        let transfer =
            json!({ "items": [item], "destination": { "root": "home", "path": "" }, "on_conflict": "skip" });
        owner.post("/api/v1/files/move", &transfer).await.check(400, "invalid");
        owner
            .post("/api/v1/files/rename", &json!({ "root": "home", "path": "a", "name": path }))
            .await
            .check(400, "invalid");
    }
    assert_eq!(world.fakes.calls().len(), before, "nothing reached livos-files");

    // A backslash is a letter like any other on this system, and dots inside a name are harmless.
    for (path, plain) in [("a%5c..%5cb", "a\\..\\b"), ("..a", "..a"), ("%25%32%65", "%2e")] {
        assert_eq!(
            owner.get(&format!("/api/v1/files/stat?root=home&path={path}")).await.json()["path"],
            plain
        );
    }
}

#[tokio::test]
async fn ids_in_addresses_are_checked() {
    let (world, mut owner) = World::claimed().await;
    let before = world.fakes.calls().len();
    for id in ["..%2f..", "A", "a%00", "%2e%2e", "a%20b", &"a".repeat(80)] {
        for path in [
            format!("/api/v1/apps/{id}"),
            format!("/api/v1/store/apps/s/{id}"),
            format!("/api/v1/jobs/{id}"),
            format!("/open/{id}"),
        ] {
            assert_eq!(owner.get(&path).await.status, 400, "{path}");
        }
        assert_eq!(owner.write(Method::PATCH, &format!("/api/v1/users/{id}"), &json!({})).await.status, 400);
    }
    assert_eq!(world.fakes.calls().len(), before);
    owner.get("/api/v1/jobs/nexus-1").await.check(404, "not_found");
}

#[tokio::test]
async fn bodies_are_small_json_or_nothing() {
    let (_world, mut owner) = World::claimed().await;
    let path = "/api/v1/me/settings";
    let send = |client: &super::world::Client, kind: &str, body: Vec<u8>| {
        client.request(Method::PATCH, path).header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap()
    };
    let mut large = b"{\"a\":\"".to_vec();
    large.extend(vec![b'x'; 1024 * 1024]);
    large.extend(b"\"}");
    let request = send(&owner, "application/json", large);
    owner.send(request).await.check(413, "too_large");
    for (body, status) in [
        (&b"{"[..], 400),
        (b"", 400),
        (b"[]", 400),
        (b"{\"a\":1}{", 400),
        (b"\xff\xfe{}", 400),
        (b"{\"a\":\"\xc0\xaf\"}", 400),
        (b"{\"a\":1e999}", 400),
    ] {
        let request = send(&owner, "application/json", body.to_vec());
        let reply = owner.send(request).await;
        assert_eq!(reply.status, status, "{body:?}");
    }
    let deep = [b"{\"a\":".repeat(100_000), b"1".to_vec()].concat();
    let request = send(&owner, "application/json", deep);
    owner.send(request).await.check(400, "invalid");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let request = send(&owner, kind, b"{}".to_vec());
        owner.send(request).await.check(415, "invalid");
    }
    let long = format!("/api/v1/files/list?root=home&path={}", "a".repeat(40_000));
    owner.get(&long).await.check(414, "too_large");
}

#[tokio::test]
async fn a_forged_or_broken_cookie_is_nobody() {
    let (_world, owner) = World::claimed().await;
    let real = owner.cookies["livos_access"].clone();
    let parts: Vec<&str> = real.split('.').collect();
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let none = encode(r#"{"alg":"none","typ":"JWT"}"#);
    for forged in [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!(
            "{}.{}.{}",
            parts[0],
            encode(r#"{"sub":"x","sid":"y","gen":0,"iat":0,"exp":99999999999}"#),
            parts[2]
        ),
        format!("{}.{}", parts[0], parts[1]),
        format!("{real}x"),
        "x".to_owned(),
        String::new(),
        "\"".to_owned(),
        "é".to_owned(),
        "a".repeat(20_000),
    ] {
        let mut client = owner.clone();
        client.cookies.insert("livos_access".to_owned(), forged.clone());
        let reply = client.get("/api/v1/session").await;
        assert_eq!(reply.status, 401, "{forged}");
    }
    let mut client = owner.clone();
    let request = client
        .request(Method::GET, "/api/v1/session")
        .header(header::COOKIE, b"livos_access=\xff\xfe".as_slice());
    assert_eq!(
        client.send(request.body(Body::empty()).unwrap()).await.status,
        200,
        "the good one beside it still counts"
    );
}

#[tokio::test]
async fn what_fails_inside_is_not_told_outside() {
    let (_world, mut owner) = World::claimed().await;
    let reply = owner.post("/api/v1/apps/jellyfin/stop", &json!({})).await;
    reply.check(500, "internal");
    assert!(!reply.text().contains("secret"), "{}", reply.text());
    owner.post("/api/v1/apps/jellyfin/restart", &json!({})).await.check(503, "unavailable");
    owner
        .post("/api/v1/files/rename", &json!({ "root": "home", "path": "a", "name": "b" }))
        .await
        .check(409, "exists");
    owner.get("/api/v1/apps/none").await.check(404, "not_found");
}

#[tokio::test]
async fn only_our_proxy_says_who_is_asking() {
    let (world, _) = World::claimed().await;
    let direct = |path: &str| {
        let builder = http::Request::builder()
            .uri(path)
            .header("host", "livos.test")
            .header("x-forwarded-for", "203.0.113.1");
        let mut request = builder
            .method(Method::POST)
            .header("x-forwarded-proto", "https")
            .header("content-type", "application/json")
            .body(Body::from(json!({ "username": "grace", "password": PASSWORD }).to_string()))
            .unwrap();
        let address = Some("198.51.100.77".parse().unwrap());
        request.extensions_mut().insert(crate::http::edge::Peer { address, is_proxy: false });
        request
    };
    use tower::ServiceExt as _;
    let response = world.router.clone().oneshot(direct("/api/v1/session")).await.unwrap();
    assert_eq!(response.status(), 200);
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    assert!(!cookie.contains("Secure"));
    let mut client = world.client();
    client.sign_in("grace", PASSWORD).await;
    let list = client.get("/api/v1/sessions").await.json();
    let addresses: Vec<&str> =
        list.as_array().unwrap().iter().map(|line| line["address"].as_str().unwrap()).collect();
    assert!(addresses.contains(&"198.51.100.77") && !addresses.contains(&"203.0.113.1"), "{addresses:?}");
}

#[tokio::test]
async fn the_desktop_is_served_and_nothing_beside_it() {
    let world = World::new().await;
    let mut client = world.client();
    let reply = client.get("/").await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("has not been built"));

    let ui = world.ui();
    std::fs::write(ui.join("index.html"), "<!doctype html>desktop").unwrap();
    std::fs::write(ui.join("assets/app-1a2b.js"), "plain").unwrap();
    std::fs::write(ui.join("assets/app-1a2b.js.br"), "brotli").unwrap();
    std::fs::write(ui.join("assets/app-1a2b.js.gz"), "gzip").unwrap();
    std::fs::write(ui.parent().unwrap().join("secret.txt"), "secret").unwrap();
    for path in ["/", "/settings/you", "/store", "/files/home/v2.0/.notes/%C3%A9t%C3%A9"] {
        let reply = client.get(path).await;
        assert_eq!(
            (reply.text().as_str(), reply.header("cache-control")),
            ("<!doctype html>desktop", "no-cache")
        );
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        let request = client.request(Method::GET, path).header("if-none-match", reply.header("etag"));
        assert_eq!(client.send(request.body(Body::empty()).unwrap()).await.status, 304);
    }
    for (accepted, coding, text) in
        [("gzip, br", "br", "brotli"), ("gzip", "gzip", "gzip"), ("", "", "plain")]
    {
        let request = client.request(Method::GET, "/assets/app-1a2b.js").header("accept-encoding", accepted);
        let reply = client.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!((reply.header("content-encoding"), reply.text().as_str()), (coding, text));
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(reply.header("content-type"), "text/javascript; charset=utf-8");
    }
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/none.js",
        "/none.js",
        "/.env",
    ] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
    }
    client.get("/api/v1/none").await.check(404, "not_found");
    client.get("/api").await.check(404, "not_found");
    let written = client.post("/", &json!({})).await;
    written.check(405, "invalid");
}

#[tokio::test]
async fn of_those_who_are_not_signed_in_only_some_are_heard_at_once() {
    let (world, mut owner) = World::claimed().await;
    let heard = Arc::new(AtomicUsize::new(0));
    let (mut senders, mut answers) = (Vec::new(), tokio::task::JoinSet::new());
    for number in 0..100 {
        let mut client = world.client();
        client.address = format!("198.51.100.{number}").parse().unwrap();
        let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
        let counter = Arc::clone(&heard);
        let first = futures_util::stream::once(async move {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(Bytes::from_static(b"{"))
        });
        let body = Body::from_stream(first.chain(ReceiverStream::new(receiver)));
        let request = client.request(Method::POST, "/api/v1/session");
        let request = request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap();
        senders.push(sender);
        answers.spawn(async move { client.send(request).await });
    }
    // None of the bodies ends, so who is heard is not answered before long.
    let (mut refused, mut others) = (0, Vec::new());
    while refused < 100 - PLACES {
        let answer = answers.join_next().await.unwrap().unwrap();
        if answer.status == 503 {
            refused += 1;
        } else {
            others.push(answer);
        }
    }
    let settings = owner.write(Method::PATCH, "/api/v1/me/settings", &json!({ "a": 1 })).await;
    assert!(settings.status.is_success(), "who is signed in is heard: {}", settings.text());
    drop(senders);
    while let Some(answer) = answers.join_next().await {
        others.push(answer.unwrap());
    }
    assert!(others.iter().all(|answer| matches!(answer.status.as_u16(), 400 | 408)), "{others:?}");
    assert_eq!(
        (others.len(), heard.load(Ordering::Relaxed)),
        (PLACES, PLACES),
        "no byte of the others was read"
    );
    world.client().sign_in("grace", PASSWORD).await;
}

#[tokio::test]
async fn a_stranger_is_not_listened_to_for_long() {
    let (world, _) = World::claimed().await;
    let mut client = world.client();
    client.try_sign_in("grace", &"x".repeat(15_000), None).await.check(401, "bad_credentials");
    client.try_sign_in("grace", &"x".repeat(17_000), None).await.check(413, "too_large");
}
