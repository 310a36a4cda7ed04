//! What the edge lets nobody do.

use livos_testkit::Stack;
use reqwest::Method;
use serde_json::{Value, json};

/// The routes that answer without a sign-in.
const OPEN: &[&str] = &[
    "/health",
    "/version",
    "/openapi.json",
    "/trust",
    "/certificate",
    "/certificate/profile",
    "/setup",
    "/setup/claim",
    "/setup/account",
    "/session",
    "/session/refresh",
];

#[tokio::test]
async fn every_other_route_asks_who_you_are() {
    let stack = Stack::start().await.expect("LivOS runs");
    stack.owner().await.expect("claimed");
    let stranger = stack.client().expect("a client");
    let document = stranger.get("/api/v1/openapi.json").await.expect("a document").expect(200).expect("open");
    assert!(
        document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let route = path.strip_prefix("/api/v1").unwrap_or(path);
        for method in methods.as_object().expect("methods").keys() {
            let Ok(verb) = Method::from_bytes(method.to_uppercase().as_bytes()) else { continue };
            let open = OPEN.contains(&route)
                && !(route == "/session" && (verb == Method::GET || verb == Method::DELETE));
            if open
                || route.contains("gate")
                || route.contains("/open")
                || route.contains("/.livos")
                || verb == Method::OPTIONS
            {
                continue;
            }
            let full = path.replace(['{', '}'], "");
            let answer = stranger
                .send(stranger.request(verb.clone(), &full).json(&json!({})))
                .await
                .expect("an answer");
            asked += 1;
            if answer.status != 401 {
                wrong.push(format!("{verb} {full}: {}", answer.status));
            }
        }
    }
    assert!(asked > 40, "only {asked} routes are in the document");
    assert!(wrong.is_empty(), "{wrong:#?}");
    stack.stop().await;
}

#[tokio::test]
async fn hostile_paths_and_bodies_change_nothing() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let home = stack.site.data().join("home");
    std::fs::write(stack.site.data().join("secret.txt"), b"secret").expect("written");
    std::os::unix::fs::symlink("../secret.txt", home.join("link")).expect("linked");
    for path in [
        "../secret.txt",
        "..%2fsecret.txt",
        "%2e%2e/secret.txt",
        "/etc/passwd",
        "a/../../secret.txt",
        "link",
        "..%5csecret.txt",
        "%00",
        "home/../../secret.txt",
        "....//secret.txt",
    ] {
        let answer =
            owner.get(&format!("/api/v1/files/content?root=home&path={path}")).await.expect("an answer");
        assert!((400..500).contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
        assert!(!answer.text().contains("secret\n") && answer.text() != "secret", "{path} leaked");
    }
    for name in ["../up.txt", "a/b", "", ".", "..", "x\0y", &"n".repeat(300)] {
        let body = json!({ "root": "home", "path": "link", "name": name });
        let answer = owner.post("/api/v1/files/rename", &body).await.expect("an answer");
        assert!((400..500).contains(&answer.status), "{name:?}: {} {}", answer.status, answer.text());
    }
    let huge = "x".repeat(2 << 20);
    let answer = owner
        .post("/api/v1/files/directories", &json!({ "root": "home", "path": huge }))
        .await
        .expect("an answer");
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let nested = "[".repeat(200_000);
    let request =
        owner.request(Method::POST, "/api/v1/files/directories").header("Content-Type", "application/json");
    let answer = owner.send(request.body(nested)).await.expect("an answer");
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    let error = answer.json();
    assert!(error["code"].is_string() && error["request_id"].is_string(), "{error}");
    // An upload that can't fit is refused before a byte is sent.
    let too_big = owner
        .begin_upload("home", "", "huge.bin", usize::MAX >> 2)
        .await
        .expect_err("it can't fit")
        .to_string();
    assert!(too_big.contains("507") || too_big.contains("413"), "{too_big}");
    let names: Vec<_> =
        std::fs::read_dir(&home).expect("home").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["link"], "something was left behind");
    stack.stop().await;
}

#[tokio::test]
async fn a_token_that_is_not_ours_opens_nothing() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let token = owner.cookies().get("livos_access").expect("a token").clone();
    let stranger = stack.client().expect("a client");
    let (head, rest) = token.split_once('.').expect("a token has parts");
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    for forged in
        [format!("{none}.{rest}"), format!("{head}.{rest}x"), token.chars().rev().collect(), String::new()]
    {
        let request = stranger
            .request(Method::GET, "/api/v1/session")
            .header("Cookie", format!("livos_access={forged}"));
        let answer = stranger.send(request).await.expect("an answer");
        assert_eq!(answer.status, 401, "{forged}: {}", answer.text());
    }
    // Signed in, but without the token that only our own page knows.
    owner.set_csrf(None);
    let answer = owner
        .post("/api/v1/files/directories", &json!({ "root": "home", "path": "x" }))
        .await
        .expect("an answer");
    assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("csrf")), "{}", answer.text());
    let health = stranger.get("/api/v1/health").await.expect("health").expect(200).expect("open");
    assert_eq!(health["status"], Value::from("ok"));
    stack.stop().await;
}
