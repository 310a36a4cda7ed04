//! Other programs with somebody's key: who gets in, what they are told, what they can have done.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

mod acting;
mod terminal;

use axum::body::Body;
use http::{Method, header};
use livos_bus::approvals::{Proposal, ProposalState as State, ProposedAction};
use livos_bus::names::NEXUS;
use livos_bus::tools::{ToolAnswer, ToolInfo, ToolRequest};
use livos_bus::{Actor, Document, Error, Result, Via};
use serde_json::{Value, json};
use zbus::interface;
use zbus::object_server::SignalEmitter;

use super::assistant::Chat;
use super::fakes::{Fakes, job};
use super::proposals::Approvals;
use super::world::{Client, PASSWORD, Reply, World, eventually};

const KEYS: &str = "/api/v1/me/keys";

/// The agent's tools, as their contract says.
pub(super) struct Tools(pub(super) Fakes);

#[interface(name = "io.livos.Nexus1.Tools")]
impl Tools {
    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("Tools.List", &actor, "");
        let tool = |name: &str, looks, interrupts| ToolInfo {
            name: name.to_owned(),
            description: format!("Does {name}."),
            schema: json!({ "type": "object", "properties": {} }),
            looks,
            interrupts,
        };
        Document::json(&[
            tool("status", true, false),
            tool("docker_logs", true, false),
            tool("apps_start", false, false),
            tool("memory_add", false, false),
        ])
    }

    async fn call(&self, actor: Actor, request: ToolRequest) -> Result<Document> {
        let ToolRequest { key, label, acts, tainted, tool, arguments } = request;
        let rest = format!("{tool} {arguments} {label} acts={acts} tainted={tainted} {}", actor.role);
        self.0.called("Tools.Call", &actor, &rest);
        let said = |text: &str| ToolAnswer {
            text: text.to_owned(),
            failed: false,
            foreign: tool == "docker_logs",
            proposal: None,
        };
        let answer = match (tool.as_str(), arguments.as_str()) {
            ("status", "{\"fault\":1}") => return Err(Error::internal("a secret path: /var/lib/secret")),
            ("status", "{}") => said("attic: up"),
            ("apps_start", "{\"app\":\"none\"}") => ToolAnswer { failed: true, ..said("no app ‘none’") },
            ("apps_start", _) => {
                let id = format!("{key}-2-0");
                let proposal = Proposal {
                    id: id.clone(),
                    conversation: key,
                    run: 1,
                    action: ProposedAction {
                        tool: "apps_start".to_owned(),
                        arguments: json!({ "app": "jellyfin" }),
                    },
                    summary: "Start Jellyfin".to_owned(),
                    subject: "Jellyfin".to_owned(),
                    why: "x".to_owned(),
                    notes: Vec::new(),
                    subagent: None,
                    asked_in: None,
                    state: State::Waiting,
                    tainted,
                    at: 0,
                    expires_at: i64::MAX,
                    job: None,
                    outcome: None,
                    undo: None,
                    undone: false,
                    undoing: None,
                };
                self.0.kept.put(Actor { via: Via::Nexus, ..actor }, proposal.clone());
                let emitter = SignalEmitter::new(&self.0.connection, NEXUS.path).map_err(Error::from)?;
                Approvals::approval_requested(&emitter, &id).await.map_err(Error::from)?;
                ToolAnswer { proposal: Some(proposal), ..said("") }
            }
            _ => said(&arguments),
        };
        Document::json(&answer)
    }
}

async fn claimed() -> (World, Client) {
    let (world, owner) = World::claimed().await;
    world.fakes.connection.request_name(NEXUS.bus_name).await.unwrap();
    (world, owner)
}

/// A key of this person: its id, and itself.
async fn make(client: &mut Client, access: &str, days: u32) -> (String, String) {
    let body = json!({ "name": "Desk", "access": access, "days": days, "password": PASSWORD });
    let reply = client.post(KEYS, &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let made = reply.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&made["entry"]["id"]), text(&made["key"]))
}

fn message(world: &World, key: &str) -> http::request::Builder {
    let client = world.client();
    let request = client
        .request(Method::POST, "/mcp")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream");
    if key.is_empty() { request } else { request.header(header::AUTHORIZATION, format!("Bearer {key}")) }
}

async fn post(world: &World, key: &str, body: &Value) -> Reply {
    let request = message(world, key).body(Body::from(body.to_string())).unwrap();
    world.client().send(request).await
}

fn calls(tool: &str, arguments: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": tool, "arguments": arguments } })
}

/// What a tool answers: whether it failed, and its text.
async fn call(world: &World, key: &str, tool: &str, arguments: Value) -> (bool, String) {
    let reply = post(world, key, &calls(tool, &arguments)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let result = &reply.json()["result"];
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{}", reply.text()));
    (result["isError"] == true, text.to_owned())
}

async fn names(world: &World, key: &str) -> Vec<String> {
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let reply = post(world, key, &list).await.json();
    let tools = reply["result"]["tools"].as_array().unwrap_or_else(|| panic!("{reply}")).clone();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_key_is_shown_once_listed_and_revoked() {
    let (world, mut owner) = claimed().await;
    let wrong = json!({ "name": "Desk", "access": "read", "password": "wrong password" });
    owner.post(KEYS, &wrong).await.check(403, "wrong_password");
    for (name, access, days) in
        [("", "read", 0), ("a\nb", "read", 0), ("x", "everything", 0), ("x", "act", 9999)]
    {
        let body = json!({ "name": name, "access": access, "days": days, "password": PASSWORD });
        owner.post(KEYS, &body).await.check(400, "invalid");
    }
    let (id, key) = make(&mut owner, "act", 30).await;
    let listed = owner.get(KEYS).await;
    assert!(!listed.text().contains(&key));
    let entry = &listed.json()[0];
    assert_eq!(
        (&entry["id"], &entry["name"], &entry["access"], &entry["used_at"]),
        (&json!(id), &json!("Desk"), &json!("act"), &json!(0))
    );
    assert_eq!(entry["expires_at"], world.now() + 30 * 86_400);
    let database = std::fs::read(world.state.join("web.db")).unwrap();
    let log = std::fs::read(world.state.join("web.db-wal")).unwrap_or_default();
    for bytes in [&database, &log] {
        assert!(!bytes.windows(key.len()).any(|part| part == key.as_bytes()), "the key itself is not kept");
    }
    world.advance(5);
    assert!(!call(&world, &key, "status", json!({})).await.0);
    assert_eq!(owner.get(KEYS).await.json()[0]["used_at"], world.now());

    let mut ada = world.person(&mut owner, "ada", "admin").await;
    assert_eq!(ada.get(KEYS).await.json(), json!([]));
    ada.delete(&format!("{KEYS}/{id}")).await.check(404, "not_found");
    assert_eq!(owner.delete(&format!("{KEYS}/{id}")).await.status, 204);
    owner.delete(&format!("{KEYS}/{id}")).await.check(404, "not_found");
    post(&world, &key, &calls("status", &json!({}))).await.check(401, "unauthenticated");
    let trail = owner.get("/api/v1/audit").await.text();
    for entry in ["key.create", "Desk (reads and acts)", "key.revoke", "key.refused"] {
        assert!(trail.contains(entry), "{entry}: {trail}");
    }
    assert!(!trail.contains(&key));
}

#[tokio::test]
async fn twenty_keys_and_no_more() {
    let (_world, mut owner) = claimed().await;
    for _ in 0..20 {
        make(&mut owner, "read", 0).await;
    }
    let body = json!({ "name": "Desk", "access": "read", "password": PASSWORD });
    owner.post(KEYS, &body).await.check(409, "conflict");
}

#[tokio::test]
async fn without_a_good_key_nobody_gets_in() {
    let (world, mut owner) = claimed().await;
    let (_, key) = make(&mut owner, "read", 1).await;
    let body = calls("status", &json!({}));
    for wrong in ["", "x", "livos_", &format!("{key}x"), &key.replace("livos_", "LIVOS_")] {
        let reply = post(&world, wrong, &body).await;
        reply.check(401, "unauthenticated");
        assert_eq!(reply.header("www-authenticate"), "Bearer realm=\"LivOS\"");
    }
    for method in [Method::GET, Method::DELETE] {
        let mut client = world.client();
        let request = client.request(method.clone(), "/mcp");
        client.send(request.body(Body::empty()).unwrap()).await.check(401, "unauthenticated");
        let request = client.request(method, "/mcp").header(header::AUTHORIZATION, format!("bearer {key}"));
        client.send(request.body(Body::empty()).unwrap()).await.check(405, "invalid");
    }
    // A key opens nothing else, and a sign-in does not open this.
    let mut client = world.client();
    let request = client.request(Method::GET, "/api/v1/session");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    client.send(request.body(Body::empty()).unwrap()).await.check(401, "unauthenticated");
    owner.post("/mcp", &body).await.check(401, "unauthenticated");
    assert_eq!(post(&world, &key, &body).await.status, 200);
    world.advance(86_400);
    post(&world, &key, &body).await.check(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_ends_with_its_account_and_not_with_a_restart() {
    let (world, mut owner) = claimed().await;
    let mut ada = world.person(&mut owner, "ada", "admin").await;
    let (_, key) = make(&mut ada, "read", 0).await;
    let (_, owners) = make(&mut owner, "read", 0).await;
    let id = ada.get("/api/v1/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
    let user = format!("/api/v1/users/{id}");
    let status = calls("status", &json!({}));
    call(&world, &key, "status", json!({})).await;
    assert!(world.fakes.calls().last().unwrap().ends_with("admin"));
    owner.write(Method::PATCH, &user, &json!({ "role": "member" })).await;
    call(&world, &key, "status", json!({})).await;
    assert!(world.fakes.calls().last().unwrap().ends_with("member"), "with the rights of this moment");
    let world = world.restarted().await;
    let mut owner = Client { router: world.router.clone(), ..owner };
    assert_eq!(post(&world, &key, &status).await.status, 200);
    owner.write(Method::PATCH, &user, &json!({ "disabled": true })).await;
    post(&world, &key, &status).await.check(401, "unauthenticated");
    owner.write(Method::PATCH, &user, &json!({ "disabled": false })).await;
    post(&world, &key, &status).await.check(401, "unauthenticated");
    assert_eq!(post(&world, &owners, &status).await.status, 200);
    world.app.identity.reset_password("grace").await.unwrap();
    post(&world, &owners, &status).await.check(401, "unauthenticated");
}

#[tokio::test]
async fn a_foreign_page_or_name_is_refused_whatever_key_it_has() {
    let (world, mut owner) = claimed().await;
    let (_, key) = make(&mut owner, "read", 0).await;
    let body = calls("status", &json!({}));
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("origin", "http://app.livos.test"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = message(&world, &key).header(name, value);
        let reply = world.client().send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert_eq!(reply.status, 403, "{name}: {value}");
        let mut client = world.client();
        let get = client.request(Method::GET, "/mcp").header(name, value);
        let get = get.header(header::AUTHORIZATION, format!("Bearer {key}"));
        client.send(get.body(Body::empty()).unwrap()).await.check(403, "foreign");
    }
    for host in ["evil.example", "evil.example:80", "livos.test.evil.example"] {
        let mut client = world.client();
        client.host = host.to_owned();
        let request = client
            .request(Method::POST, "/mcp")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            // As a browser would say that was led here by that name.
            .header("origin", format!("http://{host}"));
        client.send(request.body(Body::from(body.to_string())).unwrap()).await.check(403, "foreign");
    }
    let own = message(&world, &key).header("origin", "http://livos.test");
    assert_eq!(world.client().send(own.body(Body::from(body.to_string())).unwrap()).await.status, 200);
    assert_eq!(world.fakes.calls().iter().filter(|call| call.starts_with("Tools.Call")).count(), 1);
}

#[tokio::test]
async fn a_client_says_hello_and_sees_what_its_key_may_use() {
    let (world, mut owner) = claimed().await;
    let (_, reads) = make(&mut owner, "read", 0).await;
    let (_, acts) = make(&mut owner, "act", 0).await;
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } });
    let reply = post(&world, &reads, &hello).await;
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("cache-control"), "no-store");
    let result = &reply.json()["result"];
    assert_eq!(
        (&result["protocolVersion"], &result["serverInfo"]["name"]),
        (&json!("2025-06-18"), &json!("livos"))
    );
    let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    assert_eq!(post(&world, &reads, &initialized).await.status, 202);
    assert_eq!(names(&world, &reads).await, ["status", "docker_logs"]);
    assert_eq!(
        names(&world, &acts).await,
        ["status", "docker_logs", "apps_start", "memory_add", "approval_wait"]
    );
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let tools = post(&world, &acts, &list).await.json()["result"]["tools"].clone();
    assert_eq!(tools[0]["annotations"]["readOnlyHint"], true);
    assert_eq!(tools[2]["annotations"]["readOnlyHint"], false);
    assert_eq!(tools[0]["inputSchema"]["type"], "object");
}

#[tokio::test]
async fn a_key_that_looks_does_not_act_and_errors_are_told_in_words() {
    let (world, mut owner) = claimed().await;
    let (_, key) = make(&mut owner, "read", 0).await;
    assert_eq!(call(&world, &key, "status", json!({})).await, (false, "attic: up".to_owned()));
    let (failed, why) = call(&world, &key, "apps_start", json!({ "app": "jellyfin" })).await;
    assert!(failed && why.contains("may only look"), "{why}");
    let (failed, why) = call(&world, &key, "status", json!({ "fault": 1 })).await;
    assert!(failed && !why.contains("secret"), "{why}");
    let unknown = post(&world, &key, &calls("apps_forget", &json!({}))).await.json();
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    let wait = post(&world, &key, &calls("approval_wait", &json!({ "id": "x" }))).await.json();
    assert_eq!(wait["error"]["code"], -32602, "{wait}");
    assert!(!world.fakes.calls().iter().any(|call| call.contains("apps_start")));
    world.fakes.connection.release_name(NEXUS.bus_name).await.unwrap();
    let gone = post(&world, &key, &calls("status", &json!({}))).await.json();
    assert!(gone["error"]["message"].is_string(), "{gone}");
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_costs_little() {
    let (world, mut owner) = claimed().await;
    let (_, key) = make(&mut owner, "read", 0).await;
    let before = world.fakes.calls().len();
    let raw = async |body: String| {
        let request = message(&world, &key).body(Body::from(body)).unwrap();
        world.client().send(request).await
    };
    raw(format!("\"{}\"", "x".repeat(1 << 20))).await.check(413, "too_large");
    for wrong in ["", "{", "[]", "null", "{\"jsonrpc\":\"2.0\"}", &"[".repeat(100_000)] {
        let reply = raw((*wrong).to_owned()).await;
        assert!(reply.status.is_client_error(), "{:.20}: {}", wrong, reply.status);
    }
    let mut client = world.client();
    let no_type = client.request(Method::POST, "/mcp").header(header::AUTHORIZATION, format!("Bearer {key}"));
    let reply = client.send(no_type.body(Body::from("{}")).unwrap()).await;
    assert!(reply.status.is_client_error(), "{}", reply.status);
    assert_eq!(world.fakes.calls().len(), before);
}

#[tokio::test]
async fn a_key_has_its_pace_and_a_wrong_one_is_slowed_down() {
    let (world, mut owner) = claimed().await;
    let (_, key) = make(&mut owner, "read", 0).await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    for _ in 0..60 {
        assert_eq!(post(&world, &key, &ping).await.status, 200);
    }
    let slow = post(&world, &key, &ping).await;
    slow.check(429, "rate_limited");
    assert_eq!(slow.header("retry-after"), "1");
    world.advance(1);
    assert_eq!(post(&world, &key, &ping).await.status, 200);
    let mut refused = 0;
    for _ in 0..30 {
        refused += u32::from(post(&world, "wrong", &ping).await.status == 429);
    }
    assert!(refused > 0);
    assert_eq!(post(&world, &key, &ping).await.status, 200, "whose key is good is not held up by that");
    let trail = owner.get("/api/v1/audit").await.text();
    assert_eq!(trail.matches("key.refused").count(), 1, "once, not for each");
}

async fn start_ends(world: &World) {
    let mut ended = job("apps-1", "grace", 1);
    (ended.state, ended.title) = ("succeeded".to_owned(), "Start Jellyfin".to_owned());
    world.fakes.job("apps-1", Some(ended)).await;
}

fn begun(world: &World) -> bool {
    world.fakes.calls().iter().any(|call| call.starts_with("AppsManager.Start"))
}

/// Says that the conversation of a key changed, once what was proposed in it is over. Once: nobody could take in a flood.
async fn over(world: &World, person: &str, id: &str) {
    eventually("it is over", async || world.fakes.kept.is_over(&format!("{id}-2-0")).then_some(())).await;
    let emitter = SignalEmitter::new(&world.fakes.connection, NEXUS.path).unwrap();
    Chat::conversation_changed(&emitter, person, id).await.unwrap();
}
