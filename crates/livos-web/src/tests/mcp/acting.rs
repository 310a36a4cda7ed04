//! What changes something.

use std::time::Duration;

use axum::body::Body;
use http::Method;
use serde_json::{Value, json};

use super::super::fakes::job;
use super::super::world::{Client, Reply, World, eventually};
use super::{KEYS, begun, call, calls, claimed, make, message, over, post, start_ends};

/// What a call answers once what it proposed is over.
async fn answered(world: &World, person: &str, id: &str, call: tokio::task::JoinHandle<Reply>) -> Reply {
    over(world, person, id).await;
    tokio::time::timeout(Duration::from_secs(20), call).await.expect("an answer").unwrap()
}

/// Calls and goes on meanwhile.
fn under_way(world: &World, key: &str, body: &Value) -> tokio::task::JoinHandle<Reply> {
    let request = message(world, key).body(Body::from(body.to_string())).unwrap();
    let mut client = world.client();
    tokio::spawn(async move { client.send(request).await })
}

async fn person_of(client: &mut Client) -> String {
    client.get("/api/v1/session").await.json()["user"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_changes_something_waits_for_its_person_and_answers_how_it_ended() {
    let (world, mut owner) = claimed().await;
    let (id, key) = make(&mut owner, "act", 0).await;
    let me = person_of(&mut owner).await;
    world.fakes.memory.lock().unwrap().jobs.insert("apps-1".to_owned(), job("apps-1", "grace", 1));
    let going = under_way(&world, &key, &calls("apps_start", &json!({ "app": "jellyfin" })));
    let path = format!("/api/v1/assistant/approvals/{id}-2-0");
    let card = eventually("a card", async || {
        let list = owner.get("/api/v1/assistant/approvals").await.json();
        list["proposals"].get(0).cloned()
    })
    .await;
    assert!(!begun(&world), "nobody has agreed");
    let yes = json!({ "decision": "approve", "action": card["action"] });
    assert_eq!(owner.post(&path, &yes).await.status, 204);
    start_ends(&world).await;
    let reply = answered(&world, &me, &id, going).await.json();
    let result = &reply["result"];
    assert_eq!((&result["isError"], &result["structuredContent"]["state"]), (&json!(false), &json!("done")));
    assert_eq!(result["content"][0]["text"], "Start Jellyfin: done");
    let trail = owner.get("/api/v1/audit").await.text();
    assert!(trail.contains("key.act") && trail.contains("apps_start with Desk"), "{trail}");
}

#[tokio::test]
async fn a_rule_answers_for_the_person_unless_a_strangers_words_were_read() {
    let (world, mut owner) = claimed().await;
    let (id, key) = make(&mut owner, "act", 0).await;
    let me = person_of(&mut owner).await;
    let rule = json!({ "verdict": "allow", "conversation": id });
    assert_eq!(owner.write(Method::PUT, "/api/v1/assistant/rules/apps_start", &rule).await.status, 204);
    world.fakes.memory.lock().unwrap().jobs.insert("apps-1".to_owned(), job("apps-1", "grace", 1));
    let start = calls("apps_start", &json!({ "app": "jellyfin" }));
    let going = under_way(&world, &key, &start);
    eventually("the rule is followed", async || begun(&world).then_some(())).await;
    start_ends(&world).await;
    assert_eq!(answered(&world, &me, &id, going).await.json()["result"]["isError"], false);

    assert!(!call(&world, &key, "docker_logs", json!({})).await.0);
    let world = world.restarted().await;
    let mut owner = Client { router: world.router.clone(), ..owner };
    let count = world.fakes.calls().iter().filter(|call| call.starts_with("AppsManager.Start")).count();
    let going = under_way(&world, &key, &start);
    eventually("it waits", async || {
        let list = owner.get("/api/v1/assistant/approvals").await.json();
        (list["proposals"][0]["tainted"] == true).then_some(())
    })
    .await;
    let no = json!({ "decision": "deny" });
    assert_eq!(owner.post(&format!("/api/v1/assistant/approvals/{id}-2-0"), &no).await.status, 204);
    let reply = answered(&world, &me, &id, going).await.json();
    assert_eq!(reply["result"]["isError"], true, "{reply}");
    assert!(reply["result"]["content"][0]["text"].as_str().unwrap().contains("the person said no"));
    let again = world.fakes.calls().iter().filter(|call| call.starts_with("AppsManager.Start")).count();
    assert_eq!(again, count, "nothing more was done");
}

#[tokio::test]
async fn a_rule_that_forbids_answers_at_once() {
    let (world, mut owner) = claimed().await;
    let (id, key) = make(&mut owner, "act", 0).await;
    let me = person_of(&mut owner).await;
    let rule = json!({ "verdict": "deny" });
    assert_eq!(owner.write(Method::PUT, "/api/v1/assistant/rules/apps_start", &rule).await.status, 204);
    let going = under_way(&world, &key, &calls("apps_start", &json!({ "app": "jellyfin" })));
    let reply = answered(&world, &me, &id, going).await.json();
    assert_eq!(reply["result"]["structuredContent"]["state"], "denied", "{reply}");
    assert!(!begun(&world));
    let failed = call(&world, &key, "apps_start", json!({ "app": "none" })).await;
    assert_eq!(failed, (true, "no app ‘none’".to_owned()));
}

#[tokio::test]
async fn whoever_waits_too_long_is_told_how_to_go_on() {
    let (world, mut owner) = claimed().await;
    let (id, key) = make(&mut owner, "act", 0).await;
    let (_, other) = make(&mut owner, "act", 0).await;
    // From here on, time jumps whenever nothing happens.
    tokio::time::pause();
    let (failed, text) = call(&world, &key, "apps_start", json!({ "app": "jellyfin" })).await;
    assert!(!failed && text.contains("Not done yet") && text.contains(&format!("{id}-2-0")), "{text}");
    let (failed, text) = call(&world, &key, "approval_wait", json!({ "id": format!("{id}-2-0") })).await;
    assert!(!failed && text.contains("waits for Grace"), "{text}");
    for (key, wrong) in [
        (&other, json!({ "id": format!("{id}-2-0") })),
        (&key, json!({ "id": "../x" })),
        (&key, json!({ "id": format!("{id}-9-9") })),
        (&key, json!({})),
        (&key, json!({ "id": 7 })),
    ] {
        let (failed, text) = call(&world, key, "approval_wait", wrong).await;
        assert!(failed, "{text}");
    }
}

#[tokio::test]
async fn progress_is_told_to_whoever_wants_to_know_it() {
    let (world, mut owner) = claimed().await;
    let (_, key) = make(&mut owner, "act", 0).await;
    let mut body = calls("apps_start", &json!({ "app": "jellyfin" }));
    body["params"]["_meta"] = json!({ "progressToken": "p" });
    tokio::time::pause();
    let reply = post(&world, &key, &body).await;
    assert!(reply.header("content-type").starts_with("text/event-stream"), "{:?}", reply.headers);
    let text = reply.text();
    let (progress, answer) = (text.find("notifications/progress"), text.find("Not done yet"));
    assert!(progress.is_some() && progress < answer, "{text}");
}

#[tokio::test]
async fn a_call_under_way_ends_with_its_key() {
    let (world, mut owner) = claimed().await;
    let (id, key) = make(&mut owner, "act", 0).await;
    let going = under_way(&world, &key, &calls("apps_start", &json!({ "app": "jellyfin" })));
    eventually("it waits", async || {
        let list = owner.get("/api/v1/assistant/approvals").await.json();
        list["proposals"].get(0).map(drop)
    })
    .await;
    assert_eq!(owner.delete(&format!("{KEYS}/{id}")).await.status, 204);
    going.await.unwrap().check(401, "unauthenticated");
}
