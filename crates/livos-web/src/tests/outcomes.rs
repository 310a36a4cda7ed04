//! A write that is sent twice happens once.

use axum::body::Body;
use http::Method;
use serde_json::{Value, json};

use super::world::{Client, Reply, World};

async fn post(client: &mut Client, key: &str, path: &str, body: &Value) -> Reply {
    let request = client
        .request(Method::POST, path)
        .header("idempotency-key", key)
        .header("content-type", "application/json");
    client.send(request.body(Body::from(body.to_string())).unwrap()).await
}

fn install() -> Value {
    json!({ "store": "s", "app": "jellyfin", "answers": {}, "accept": [] })
}

fn installs(world: &World) -> usize {
    world.fakes.calls().iter().filter(|call| call.starts_with("AppsManager.Install")).count()
}

#[tokio::test]
async fn the_same_request_twice_is_one_job() {
    let (world, mut owner) = World::claimed().await;
    let first = post(&mut owner, "k1", "/api/v1/apps", &install()).await;
    let second = post(&mut owner, "k1", "/api/v1/apps", &install()).await;
    assert_eq!((first.status.as_u16(), &first.body), (202, &second.body));
    assert_eq!(
        (second.status.as_u16(), second.header("idempotency-replayed"), second.header("content-type")),
        (202, "true", "application/json")
    );
    assert_eq!(installs(&world), 1);
    let known = owner.get("/api/v1/outcomes/k1").await.json();
    assert_eq!(
        (&known["state"], &known["status"], &known["body"]),
        (&json!("done"), &json!(202), &first.json())
    );

    post(&mut owner, "k2", "/api/v1/apps", &install()).await;
    assert_eq!(installs(&world), 2);
    let other = json!({ "store": "s", "app": "nextcloud", "answers": {}, "accept": [] });
    post(&mut owner, "k1", "/api/v1/apps", &other).await.check(409, "key_reused");
    post(&mut owner, "", "/api/v1/apps", &install()).await.check(400, "invalid");
    post(&mut owner, &"k".repeat(129), "/api/v1/apps", &install()).await.check(400, "invalid");

    world.advance(86_400);
    post(&mut owner, "k1", "/api/v1/session/refresh", &json!({})).await;
    post(&mut owner, "k1", "/api/v1/apps", &install()).await;
    assert_eq!(installs(&world), 3, "after a day a key is forgotten");
}

#[tokio::test]
async fn refusals_are_kept_and_what_did_not_happen_is_tried_again() {
    let (world, mut owner) = World::claimed().await;
    let rename = json!({ "root": "home", "path": "a", "name": "b" });
    post(&mut owner, "k", "/api/v1/files/rename", &rename).await.check(409, "exists");
    let again = post(&mut owner, "k", "/api/v1/files/rename", &rename).await;
    again.check(409, "exists");
    assert_eq!(again.header("idempotency-replayed"), "true");
    for _ in 0..2 {
        let reply = post(&mut owner, "r", "/api/v1/apps/jellyfin/restart", &json!({})).await;
        reply.check(503, "unavailable");
        assert_eq!(reply.header("idempotency-replayed"), "");
    }
    owner.get("/api/v1/outcomes/r").await.check(404, "not_found");
    let restarts = world.fakes.calls().iter().filter(|call| call.starts_with("AppsManager.Restart")).count();
    assert_eq!(restarts, 2);
}

#[tokio::test]
async fn a_request_cut_short_by_a_crash_is_unknown_and_not_repeated() {
    let (world, mut owner) = World::claimed().await;
    let id = owner.get("/api/v1/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
    use crate::core::keys::fingerprint;
    let what = format!("POST /api/v1/apps {}", fingerprint(install().to_string()));
    world.app.identity.store().begin_outcome(&id, "k", &what, world.now()).await.unwrap();
    let reply = post(&mut owner, "k", "/api/v1/apps", &install()).await;
    reply.check(409, "outcome_unknown");
    assert_eq!(owner.get("/api/v1/outcomes/k").await.json()["state"], "unknown");
    assert_eq!(installs(&world), 0);
}

#[tokio::test]
async fn keys_are_each_persons_own_and_secrets_are_not_kept() {
    let (world, mut owner) = World::claimed().await;
    let mut admin = world.person(&mut owner, "adm", "admin").await;
    post(&mut owner, "k", "/api/v1/apps", &install()).await;
    admin.get("/api/v1/outcomes/k").await.check(404, "not_found");
    post(&mut admin, "k", "/api/v1/apps", &install()).await;
    assert_eq!(installs(&world), 2);
    post(&mut owner, "secret", "/api/v1/me/totp", &json!({})).await;
    owner.get("/api/v1/outcomes/secret").await.check(404, "not_found");
}
