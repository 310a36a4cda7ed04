//! At the machine's own command line.

use livos_bus::names::WEB;
use livos_bus::{Actor, Caller, Callers, ErrorKind, KeyRequest, KeysProxy, McpProxy};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _};

use super::super::fakes::job;
use super::super::world::{World, eventually};
use super::{KEYS, begun, calls, claimed, names, over, post, start_ends};

#[tokio::test]
async fn the_administrator_makes_and_revokes_keys_and_nobody_else_does() {
    let (world, mut owner) = claimed().await;
    let connection = world.bus.connect().await;
    let keys = crate::bus::Keys::new(world.app.clone(), Callers::peer(Caller::Administrator));
    connection.object_server().at(WEB.path, keys).await.unwrap();
    connection.request_name(WEB.bus_name).await.unwrap();
    let keys = KeysProxy::new(&world.bus.connect().await).await.unwrap();
    let request = |username: &str| KeyRequest {
        username: username.to_owned(),
        name: "Terminal".to_owned(),
        acts: false,
        days: 0,
    };
    let (id, key) = keys.create(&request("grace")).await.unwrap();
    assert_eq!(keys.create(&request("nobody")).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(names(&world, &key).await, ["status", "docker_logs"]);
    let listed = keys.list().await.unwrap();
    assert_eq!((listed.len(), listed[0].username.as_str(), listed[0].acts), (1, "grace", false));
    assert_eq!(owner.get(KEYS).await.json()[0]["id"], id.as_str(), "its person sees it");
    keys.revoke(&id).await.unwrap();
    assert_eq!(keys.revoke(&id).await.unwrap_err().kind, ErrorKind::NotFound);
    post(&world, &key, &calls("status", &json!({}))).await.check(401, "unauthenticated");

    connection.object_server().remove::<crate::bus::Keys, _>(WEB.path).await.unwrap();
    for caller in [Caller::Nexus, Caller::Apps, Caller::Files, Caller::Host, Caller::Stranger] {
        let served = crate::bus::Keys::new(world.app.clone(), Callers::peer(caller));
        connection.object_server().at(WEB.path, served).await.unwrap();
        for refused in [
            keys.list().await.err(),
            keys.create(&request("grace")).await.err(),
            keys.revoke(&id).await.err(),
        ] {
            assert_eq!(refused.map(|error| error.kind), Some(ErrorKind::Denied), "{caller:?}");
        }
        connection.object_server().remove::<crate::bus::Keys, _>(WEB.path).await.unwrap();
    }
}

/// A conversation at the command line: a message a line, each way.
struct Terminal {
    reads: tokio::io::BufReader<tokio::net::unix::OwnedReadHalf>,
    writes: tokio::net::unix::OwnedWriteHalf,
    _web: zbus::Connection,
}

impl Terminal {
    async fn open(world: &World, acts: bool) -> Self {
        let connection = world.bus.connect().await;
        let mcp = crate::bus::Mcp::new(world.app.clone(), Callers::peer(Caller::Administrator));
        connection.object_server().at(WEB.path, mcp).await.unwrap();
        connection.request_name(WEB.bus_name).await.unwrap();
        let opened = McpProxy::new(&world.bus.connect().await).await.unwrap().open(acts).await.unwrap();
        let stream = std::os::unix::net::UnixStream::from(std::os::fd::OwnedFd::from(opened));
        stream.set_nonblocking(true).unwrap();
        let (reads, writes) = tokio::net::UnixStream::from_std(stream).unwrap().into_split();
        Self { reads: tokio::io::BufReader::new(reads), writes, _web: connection }
    }

    async fn say(&mut self, message: &Value) {
        self.writes.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        let mut line = String::new();
        let heard = tokio::time::timeout(std::time::Duration::from_secs(20), self.reads.read_line(&mut line));
        heard.await.expect("an answer").unwrap();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    async fn hello(&mut self) -> Vec<String> {
        self.say(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } } }))
            .await;
        assert_eq!(self.hear().await["result"]["serverInfo"]["name"], "livos");
        self.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        self.say(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" })).await;
        let tools = self.hear().await["result"]["tools"].clone();
        let names = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned());
        names.collect()
    }
}

#[tokio::test]
async fn the_administrator_uses_the_tools_at_the_terminal() {
    let (world, _) = claimed().await;
    let mut terminal = Terminal::open(&world, false).await;
    assert_eq!(terminal.hello().await, ["status", "docker_logs"]);
    terminal.say(&calls("status", &json!({}))).await;
    assert_eq!(terminal.hear().await["result"]["content"][0]["text"], "attic: up");
    terminal.say(&calls("apps_start", &json!({ "app": "jellyfin" }))).await;
    let refused = terminal.hear().await;
    assert!(refused["result"]["content"][0]["text"].as_str().unwrap().contains("may only look"), "{refused}");
    assert!(!begun(&world));
    drop(terminal);
    world.app.tasks.close();
    world.app.shutdown.cancel();
    world.app.tasks.wait().await;
}

#[tokio::test]
async fn what_a_program_at_the_terminal_wants_changed_waits_for_the_administrator() {
    let (world, _) = claimed().await;
    world.fakes.memory.lock().unwrap().jobs.insert("apps-1".to_owned(), job("apps-1", "cli", 1));
    let mut terminal = Terminal::open(&world, true).await;
    assert_eq!(terminal.hello().await.last().unwrap(), "approval_wait");
    terminal.say(&calls("apps_start", &json!({ "app": "jellyfin" }))).await;
    let approvals = livos_bus::ApprovalsProxy::new(&world.bus.connect().await).await.unwrap();
    let me = Actor::command_line().unwrap();
    let proposal = eventually("it is proposed", async || {
        let list =
            approvals.list(&me).await.unwrap().parse::<livos_bus::approvals::ProposalsReply>().unwrap();
        list.proposals.into_iter().next()
    })
    .await;
    assert!(!begun(&world));
    let by = crate::approvals::Judge::Administrator(me);
    crate::approvals::approve(&world.app, by, &proposal.id, proposal.action, false).await.unwrap();
    start_ends(&world).await;
    over(&world, "cli", &proposal.conversation).await;
    let answer = terminal.hear().await;
    assert_eq!(answer["result"]["content"][0]["text"], "Start Jellyfin: done", "{answer}");
}

#[tokio::test]
async fn nobody_else_gets_a_terminal_and_nobody_many() {
    let (world, _) = claimed().await;
    let connection = world.bus.connect().await;
    connection.request_name(WEB.bus_name).await.unwrap();
    let mcp = McpProxy::new(&world.bus.connect().await).await.unwrap();
    for caller in [Caller::Nexus, Caller::Apps, Caller::Files, Caller::Host, Caller::Stranger] {
        let served = crate::bus::Mcp::new(world.app.clone(), Callers::peer(caller));
        connection.object_server().at(WEB.path, served).await.unwrap();
        assert_eq!(mcp.open(true).await.unwrap_err().kind, ErrorKind::Denied, "{caller:?}");
        connection.object_server().remove::<crate::bus::Mcp, _>(WEB.path).await.unwrap();
    }
    let served = crate::bus::Mcp::new(world.app.clone(), Callers::peer(Caller::Administrator));
    connection.object_server().at(WEB.path, served).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(mcp.open(false).await.unwrap());
    }
    assert_eq!(mcp.open(false).await.unwrap_err().kind, ErrorKind::Unavailable);
    open.pop();
    eventually("a place is free again", async || mcp.open(false).await.ok()).await;
}
