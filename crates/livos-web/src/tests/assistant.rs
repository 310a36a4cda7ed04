//! The assistant over HTTP, as far as the edge has a say in it.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::time::Duration;

use axum::body::Body;
use http::Method;
use http_body_util::BodyExt as _;
use livos_bus::assistant::ProviderRequest;
use livos_bus::names::NEXUS;
use livos_bus::spending::ModelPrice;
use livos_bus::{Actor, Document, Error, Result};
use serde_json::json;
use zbus::interface;
use zbus::object_server::SignalEmitter;

use super::fakes::Fakes;
use super::world::{Client, World};

const TALK: &str = "0123456789abcdef0123456789abcdef";
const PATH: &str = "/api/v1/assistant/conversations/0123456789abcdef0123456789abcdef";
const PICTURE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const CANARY: &str = "sk-canary-53cret";

pub(super) struct Chat(pub(super) Fakes);

impl Chat {
    /// Grace's conversation is hers alone.
    fn owned(&self, what: &str, actor: &Actor, rest: &str) -> Result<()> {
        self.0.called(what, actor, rest);
        if actor.username.as_str() == "grace" {
            Ok(())
        } else {
            Err(Error::not_found("there is no such conversation"))
        }
    }
}

#[interface(name = "io.livos.Nexus1.Chat")]
impl Chat {
    fn status(&self, actor: Actor) -> Result<Document> {
        self.0.called("Chat.Status", &actor, "");
        Document::json(&json!({ "state": "no_provider" }))
    }

    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("Chat.List", &actor, "");
        Document::json(&json!({ "conversations": [] }))
    }

    fn create(&self, actor: Actor) -> Result<Document> {
        self.0.called("Chat.Create", &actor, "");
        Document::json(&json!({ "id": TALK }))
    }

    fn get(&self, actor: Actor, id: String) -> Result<Document> {
        self.owned("Chat.Get", &actor, &id)?;
        Document::json(&json!({ "id": id, "seq": 4, "items": [] }))
    }

    fn rename(&self, actor: Actor, id: String, title: String) -> Result<()> {
        self.owned("Chat.Rename", &actor, &format!("{id} {title}"))
    }

    fn pin(&self, actor: Actor, id: String, on: bool) -> Result<()> {
        self.owned("Chat.Pin", &actor, &format!("{id} {on}"))
    }

    fn archive(&self, actor: Actor, id: String, on: bool) -> Result<()> {
        self.owned("Chat.Archive", &actor, &format!("{id} {on}"))
    }

    fn set_tier(&self, actor: Actor, id: String, tier: String) -> Result<()> {
        self.owned("Chat.SetTier", &actor, &format!("{id} {tier}"))
    }

    fn replay(&self, actor: Actor, run: i64) -> Result<Document> {
        self.0.called("Chat.Replay", &actor, &run.to_string());
        Document::json(&json!({ "run": run }))
    }

    fn whole_result(&self, actor: Actor, id: String, reference: String) -> Result<Document> {
        self.owned("Chat.WholeResult", &actor, &format!("{id} {reference}"))?;
        Document::json(&json!({ "reference": reference, "text": "all of it" }))
    }

    fn set_thinking(&self, actor: Actor, id: String, thinking: String) -> Result<()> {
        self.owned("Chat.SetThinking", &actor, &format!("{id} {thinking}"))
    }

    fn remove(&self, actor: Actor, id: String) -> Result<()> {
        self.owned("Chat.Remove", &actor, &id)
    }

    fn forget(&self, person: String) -> Result<()> {
        let mut memory = self.0.memory.lock().unwrap();
        if memory.nexus_is_ill {
            return Err(Error::unavailable("not just now"));
        }
        memory.due.retain(|due| due.person != person);
        drop(memory);
        self.0.note(&format!("Chat.Forget {person}"));
        Ok(())
    }

    fn send(
        &self,
        actor: Actor,
        id: String,
        text: String,
        pictures: Vec<String>,
        key: String,
    ) -> Result<i64> {
        let pictures: String = pictures.iter().map(|picture| format!("{picture} ")).collect();
        self.owned("Chat.Send", &actor, &format!("{id} {text} {pictures}{key}"))?;
        Ok(7)
    }

    fn add_picture(&self, actor: Actor, id: String, file: Document) -> Result<Document> {
        let file = file.read_at_most(4_000_000)?;
        self.owned("Chat.AddPicture", &actor, &format!("{id} {}", file.len()))?;
        Document::json(&json!({ "id": PICTURE, "kind": "image/png" }))
    }

    /// One is a page, as only a hijacked daemon would say.
    fn picture(&self, actor: Actor, id: String, picture: String) -> Result<(String, Document)> {
        self.owned("Chat.Picture", &actor, &format!("{id} {picture}"))?;
        let kind = if picture == PICTURE { "image/png" } else { "text/html" };
        Ok((kind.to_owned(), Document::from_bytes(vec![7; 40_000])?))
    }

    fn stop(&self, actor: Actor, id: String) -> Result<()> {
        self.owned("Chat.Stop", &actor, &id)
    }

    fn events(&self, actor: Actor, id: String, after: i64) -> Result<zbus::OwnedFd> {
        self.owned("Chat.Events", &actor, &format!("{id} {after}"))?;
        let (read, mut write) = std::io::pipe().unwrap();
        write.write_all(b"id: 5\nevent: state\ndata: {\"running\":true}\n\n").unwrap();
        self.0.memory.lock().unwrap().followed.push(write);
        Ok(OwnedFd::from(read).into())
    }

    #[zbus(signal)]
    pub(super) async fn conversation_changed(
        emitter: &SignalEmitter<'_>,
        user: &str,
        id: &str,
    ) -> zbus::Result<()>;
}

pub(super) struct Providers(pub(super) Fakes);

#[interface(name = "io.livos.Nexus1.Providers")]
impl Providers {
    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("Providers.List", &actor, "");
        Document::json(&json!({ "providers": [], "presets": [] }))
    }

    fn save(&self, actor: Actor, request: ProviderRequest) -> Result<Document> {
        self.0.called("Providers.Save", &actor, &format!("{} {}", request.id, request.key.0.len()));
        if request.key.0.is_empty() {
            return Err(Error::invalid("the key was refused: no").with_code("key_refused"));
        }
        Document::json(&json!({ "id": request.id, "key": "set" }))
    }

    fn remove(&self, actor: Actor, id: String) -> Result<()> {
        self.0.called("Providers.Remove", &actor, &id);
        Ok(())
    }

    fn set_default(&self, actor: Actor, id: String) -> Result<()> {
        self.0.called("Providers.SetDefault", &actor, &id);
        Ok(())
    }

    fn set_tier(&self, actor: Actor, id: String, tier: String) -> Result<()> {
        self.0.called("Providers.SetTier", &actor, &format!("{id} {tier}"));
        Ok(())
    }

    fn set_price(&self, actor: Actor, id: String, price: ModelPrice) -> Result<()> {
        let ModelPrice { input, output, cached, cache_written } = price;
        let price = format!("{id} {input} {output} {cached} {cache_written}");
        self.0.called("Providers.SetPrice", &actor, &price);
        Ok(())
    }

    fn forget_price(&self, actor: Actor, id: String) -> Result<()> {
        self.0.called("Providers.ForgetPrice", &actor, &id);
        Ok(())
    }

    fn embeddings(&self, actor: Actor) -> Result<Document> {
        self.0.called("Providers.Embeddings", &actor, "");
        Document::json(&json!({ "candidates": [] }))
    }

    fn set_embeddings(&self, actor: Actor, provider: String, model: String) -> Result<Document> {
        self.0.called("Providers.SetEmbeddings", &actor, &format!("{provider} {model}"));
        if model.is_empty() {
            return Err(Error::invalid("name the model that makes the vectors"));
        }
        Document::json(&json!({ "embeddings": { "provider": provider, "model": model }, "candidates": [] }))
    }

    fn remove_embeddings(&self, actor: Actor) -> Result<()> {
        self.0.called("Providers.RemoveEmbeddings", &actor, "");
        Ok(())
    }
}

#[tokio::test]
async fn a_conversation_is_read_and_changed_by_its_person_alone() {
    let (world, mut owner) = claimed().await;
    let mut ada = world.person(&mut owner, "ada", "admin").await;
    assert_eq!(owner.get("/api/v1/assistant/status").await.json()["state"], "no_provider");
    assert_eq!(owner.get("/api/v1/assistant/conversations").await.json()["conversations"], json!([]));
    let made = owner.post("/api/v1/assistant/conversations", &json!({})).await;
    assert_eq!((made.status.as_u16(), &made.json()["id"]), (201, &json!(TALK)));
    assert_eq!(owner.get(PATH).await.json()["seq"], 4);
    let patch =
        json!({ "title": "Disks", "pinned": true, "archived": false, "tier": "best", "thinking": "high" });
    assert_eq!(owner.write(Method::PATCH, PATH, &patch).await.status, 204);
    let message = json!({ "text": "hello" });
    let request = owner.request(Method::POST, &format!("{PATH}/messages")).header("idempotency-key", "k1");
    let request = request.header("content-type", "application/json");
    let sent = owner.send(request.body(Body::from(message.to_string())).unwrap()).await;
    assert_eq!((sent.status.as_u16(), sent.json()), (202, json!({ "run": 7 })));
    assert_eq!(owner.post(&format!("{PATH}/stop"), &json!({})).await.status, 204);
    assert_eq!(owner.get("/api/v1/assistant/runs/7/replay").await.json(), json!({ "run": 7 }));
    assert_eq!(owner.get(&format!("{PATH}/results/r4.0")).await.json()["text"], "all of it");
    assert_eq!(owner.delete(PATH).await.status, 204);
    let calls = world.fakes.calls();
    for call in [
        format!("Chat.Rename grace {TALK} Disks"),
        format!("Chat.Pin grace {TALK} true"),
        format!("Chat.Archive grace {TALK} false"),
        format!("Chat.SetTier grace {TALK} best"),
        format!("Chat.SetThinking grace {TALK} high"),
        format!("Chat.Send grace {TALK} hello k1"),
        format!("Chat.Stop grace {TALK}"),
        format!("Chat.Remove grace {TALK}"),
    ] {
        assert!(calls.contains(&call), "{call} in {calls:?}");
    }
    // An admin is not thereby a reader of other people's conversations.
    ada.get(PATH).await.check(404, "not_found");
    ada.get(&format!("{PATH}/events")).await.check(404, "not_found");
    ada.get(&format!("{PATH}/results/r4.0")).await.check(404, "not_found");
    ada.post(&format!("{PATH}/messages"), &message).await.check(404, "not_found");
    let before = world.fakes.calls().len();
    for hostile in ["x", "..%2f..", &"a".repeat(33), &"%C3%A9".repeat(16)] {
        owner.get(&format!("/api/v1/assistant/conversations/{hostile}")).await.check(404, "not_found");
    }
    owner
        .post(&format!("{PATH}/messages"), &json!({ "text": "x", "role": "owner" }))
        .await
        .check(400, "invalid");
    assert_eq!(
        world.fakes.calls().len(),
        before,
        "what can't be an id, or is no message, is asked of nobody"
    );
}

#[tokio::test]
async fn a_picture_is_taken_in_and_shown_to_its_person_alone() {
    let (world, mut owner) = claimed().await;
    let mut ada = world.person(&mut owner, "ada", "admin").await;
    let add = |client: &Client, bytes: usize| {
        let request = client.request(Method::POST, &format!("{PATH}/pictures"));
        // More than a key's answer may have, so nothing of it is kept.
        request.header("idempotency-key", "p1").body(Body::from(vec![7; bytes])).unwrap()
    };
    let request = add(&owner, 3_750_000);
    let kept = owner.send(request).await;
    assert_eq!((kept.status.as_u16(), &kept.json()["id"]), (201, &json!(PICTURE)));
    let request = add(&owner, 3_750_001);
    owner.send(request).await.check(413, "too_large");
    let request = add(&ada, 9);
    ada.send(request).await.check(404, "not_found");
    let message = json!({ "text": "", "pictures": [PICTURE] });
    assert_eq!(owner.post(&format!("{PATH}/messages"), &message).await.status, 202);
    assert!(world.fakes.calls().contains(&format!("Chat.Send grace {TALK}  {PICTURE}")));
    let path = format!("{PATH}/pictures/{PICTURE}");
    let shown = owner.get(&path).await;
    assert_eq!((shown.status.as_u16(), shown.body.len()), (200, 40_000));
    for (name, value) in [
        ("content-type", "image/png"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, no-cache"),
        ("content-disposition", "inline; filename=\"picture.png\""),
        ("etag", &format!("\"{PICTURE}\"")),
    ] {
        assert_eq!(shown.headers[name], value, "{name}");
    }
    assert!(shown.headers["content-security-policy"].to_str().unwrap().starts_with("sandbox;"));
    let request = owner.request(Method::GET, &path).header("if-none-match", format!("\"{PICTURE}\""));
    assert_eq!(owner.send(request.body(Body::empty()).unwrap()).await.status, 304);
    ada.get(&path).await.check(404, "not_found");
    owner.get(&format!("{PATH}/pictures/{}", PICTURE.replace('0', "1"))).await.check(404, "not_found");
    let before = world.fakes.calls().len();
    for hostile in ["x", "..%2f..", &"g".repeat(64)] {
        owner.get(&format!("{PATH}/pictures/{hostile}")).await.check(404, "not_found");
    }
    assert_eq!(world.fakes.calls().len(), before, "what can't be an id is asked of nobody");
}

#[tokio::test]
async fn the_events_of_a_conversation_pass_through_and_end_with_the_right_to_them() {
    let (world, mut owner) = claimed().await;
    let request = owner.request(Method::GET, &format!("{PATH}/events?after=2")).header("last-event-id", "3");
    let response = owner.open(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let frame = tokio::time::timeout(Duration::from_secs(20), body.frame()).await.expect("in time");
    let bytes = frame.expect("a frame").expect("of bytes").into_data().expect("of bytes");
    assert!(bytes.starts_with(b"id: 5\nevent: state\n"));
    assert!(world.fakes.calls().contains(&format!("Chat.Events grace {TALK} 3")), "where it broke");
    assert_eq!(owner.delete("/api/v1/session").await.status, 204);
    let end = tokio::time::timeout(Duration::from_secs(20), body.frame()).await.expect("it ends in time");
    assert!(end.expect("an end that is one").is_err(), "it breaks off, though the daemon has more to say");
}

#[tokio::test]
async fn a_change_is_news_for_its_person_only() {
    let (world, mut owner) = claimed().await;
    let mut ada = world.person(&mut owner, "ada", "admin").await;
    let id = owner.get("/api/v1/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
    let open = async |client: &mut Client, last: &str| {
        let request = client.request(Method::GET, "/api/v1/events").header("last-event-id", last);
        client.open(request.body(Body::empty()).unwrap()).await.into_body()
    };
    let begin = format!("{}-0", world.app.events.epoch());
    let (mut hers, mut theirs) = (open(&mut owner, &begin).await, open(&mut ada, &begin).await);
    let emitter = SignalEmitter::new(&world.fakes.connection, NEXUS.path).unwrap();
    Chat::conversation_changed(&emitter, &id, TALK).await.unwrap();
    assert!(until(&mut hers, "event: assistant").await.contains(TALK));
    // What everybody is told comes after it.
    world.fakes.app_changed("marker").await;
    assert!(!until(&mut theirs, "marker").await.contains("event: assistant"));
    // Whoever reads from the beginning later does not find it either.
    let mut again = open(&mut ada, &begin).await;
    assert!(!until(&mut again, "marker").await.contains("event: assistant"));
}

/// What a stream says until something stands there.
async fn until(body: &mut Body, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        let frame = tokio::time::timeout(Duration::from_secs(20), body.frame()).await.expect("in time");
        let bytes = frame.expect("a frame").expect("of bytes").into_data().expect("of bytes");
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    text
}

/// A server with an owner and an agent.
pub(super) async fn claimed() -> (World, Client) {
    let (world, owner) = World::claimed().await;
    world.fakes.connection.request_name(NEXUS.bus_name).await.unwrap();
    (world, owner)
}

#[tokio::test]
async fn an_admin_chooses_who_makes_vectors() {
    let (world, mut owner) = claimed().await;
    let path = "/api/v1/assistant/embeddings";
    assert_eq!(owner.get(path).await.json()["candidates"], json!([]));
    let body = json!({ "provider": "ollama", "model": "nomic-embed-text" });
    let kept = owner.write(Method::PUT, path, &body).await;
    assert_eq!(kept.json()["embeddings"]["model"], "nomic-embed-text");
    owner.write(Method::PUT, path, &json!({ "provider": "ollama", "model": "" })).await.check(400, "invalid");
    assert_eq!(owner.delete(path).await.status, 204);
    let calls = world.fakes.calls();
    assert!(calls.contains(&"Providers.SetEmbeddings grace ollama nomic-embed-text".to_owned()), "{calls:?}");
    let audit = owner.get("/api/v1/audit").await.text();
    assert!(audit.contains("assistant.embeddings"), "{audit}");
}

#[tokio::test]
async fn a_key_goes_in_and_never_comes_out() {
    let (world, mut owner) = claimed().await;
    let body = json!({ "dialect": "anthropic", "label": "A", "base_url": "https://x.test", "model": "m", "key": CANARY });
    let path = "/api/v1/assistant/providers/a";
    let kept = owner.write(Method::PUT, path, &body).await;
    assert_eq!((kept.status.as_u16(), &kept.json()["key"]), (200, &json!("set")));
    // The same with a key for repeating it: neither the body nor anything made of it is kept.
    let request = owner.request(Method::PUT, path).header("idempotency-key", "k2");
    let request = request.header("content-type", "application/json");
    let again = owner.send(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(again.status, 200);
    owner.get("/api/v1/outcomes/k2").await.check(404, "not_found");
    let mut without = body.clone();
    without["key"] = json!(null);
    owner.write(Method::PUT, path, &without).await.check(400, "key_refused");
    assert_eq!(owner.write(Method::PUT, &format!("{path}/default"), &json!({})).await.status, 204);
    assert_eq!(owner.delete(path).await.status, 204);
    let audit = owner.get("/api/v1/audit").await.text();
    assert!(audit.contains("assistant.provider") && !audit.contains(CANARY), "{audit}");
    assert!(world.fakes.calls().contains(&format!("Providers.Save grace a {}", CANARY.len())));
    for file in std::fs::read_dir(&world.state).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes()));
    }
}
