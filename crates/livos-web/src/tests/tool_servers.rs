//! Other servers' tools, over HTTP.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use http::Method;
use livos_bus::assistant::ProviderKey;
use livos_bus::tool_servers::{ServerToolRequest, ToolServerRequest};
use livos_bus::{Actor, Document, Error, Result};
use serde_json::json;
use zbus::interface;

use super::assistant::claimed;
use super::fakes::Fakes;

const PATH: &str = "/api/v1/assistant/tool-servers";
const CANARY: &str = "canary-53cret-0123456789";

pub(super) struct ToolServers(pub(super) Fakes);

#[interface(name = "io.livos.Nexus1.ToolServers")]
impl ToolServers {
    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("ToolServers.List", &actor, "");
        let notes = json!({ "name": "notes", "url": "http://10.0.0.5/mcp" });
        Document::json(&json!({ "servers": [notes] }))
    }

    fn save(&self, actor: Actor, request: ToolServerRequest) -> Result<Document> {
        let ToolServerRequest { name, url, command, network, headers } = request;
        let program = if command.is_empty() { String::new() } else { format!("{command:?} {network} ") };
        self.0.called(
            "ToolServers.Save",
            &actor,
            &format!("{name} {url} {program}{}", headers.0.replace(CANARY, "*")),
        );
        if url.contains("nowhere") {
            return Err(Error::invalid("it does not answer").with_code("unreachable"));
        }
        Document::json(&json!({ "name": name, "tools": [] }))
    }

    fn look(&self, actor: Actor, name: String) -> Result<Document> {
        self.0.called("ToolServers.Look", &actor, &name);
        Document::json(&json!({ "name": name }))
    }

    fn switch(&self, actor: Actor, name: String, on: bool) -> Result<()> {
        self.0.called("ToolServers.Switch", &actor, &format!("{name} {on}"));
        Ok(())
    }

    fn set_tool(&self, actor: Actor, request: ServerToolRequest) -> Result<()> {
        let ServerToolRequest { server, tool, digest, how } = request;
        self.0.called("ToolServers.SetTool", &actor, &format!("{server} {tool} {digest} {how}"));
        if digest == "old" { Err(Error::conflict("it is not what was looked at any more")) } else { Ok(()) }
    }

    fn remove(&self, actor: Actor, name: String) -> Result<()> {
        self.0.called("ToolServers.Remove", &actor, &name);
        Ok(())
    }

    fn export(&self, actor: Actor) -> Result<Document> {
        self.0.called("ToolServers.Export", &actor, "");
        Document::json(&json!({ "mcpServers": {} }))
    }

    fn search(&self, actor: Actor, query: String, registry: String) -> Result<Document> {
        self.0.called("ToolServers.Search", &actor, &format!("{query:?} {registry:?}"));
        Document::json(&json!({ "registry": registry, "found": [], "others": 2 }))
    }

    fn import(&self, actor: Actor, config: ProviderKey, agreed: Vec<String>) -> Result<Document> {
        self.0.called("ToolServers.Import", &actor, &format!("{} {agreed:?}", config.0.len()));
        // A program is asked about until somebody has agreed to it.
        let wants = config.0.contains("uvx") && agreed.is_empty();
        let program = json!({ "command": ["uvx", "weather"], "network": true });
        let asking = json!([{ "name": "weather", "program": program, "variables": [], "digest": "abc" }]);
        let asking = if wants { asking } else { json!([]) };
        Document::json(&json!({ "kept": ["notes"], "refused": [], "asking": asking }))
    }
}

#[tokio::test]
async fn an_admin_adds_a_server_and_its_key_never_comes_out() {
    let (world, mut owner) = claimed().await;
    let notes = format!("{PATH}/notes");
    let url = "http://10.0.0.5/mcp";
    for body in [
        json!({ "url": url }),
        json!({ "url": url, "key": format!(" {CANARY} ") }),
        json!({ "url": url, "headers": {} }),
        json!({ "url": url, "headers": { "X-Key": CANARY } }),
    ] {
        assert_eq!(owner.write(Method::PUT, &notes, &body).await.status, 200, "{body}");
    }
    let program = json!({ "command": ["npx", "-y", "notes"], "network": true });
    for (body, status) in [
        (json!({ "program": program }), 200),
        (json!({ "program": program, "variables": { "KEY": CANARY } }), 200),
        (json!({ "program": program, "key": CANARY }), 400),
        (json!({ "program": program, "headers": {} }), 400),
        (json!({ "url": url, "variables": {} }), 400),
        (json!({ "program": { "command": "npx", "network": true } }), 400),
    ] {
        assert_eq!(owner.write(Method::PUT, &notes, &body).await.status, status, "{body}");
    }
    let away = json!({ "url": "http://nowhere" });
    owner.write(Method::PUT, &notes, &away).await.check(400, "unreachable");
    owner.write(Method::PUT, &notes, &json!({ "url": url, "more": 1 })).await.check(400, "invalid");
    assert_eq!(owner.write(Method::POST, &format!("{notes}/look"), &json!({})).await.status, 200);
    assert_eq!(owner.write(Method::PUT, &format!("{notes}/on"), &json!({ "on": false })).await.status, 204);
    let tools = format!("{notes}/tools");
    let tool = |digest: &str| json!({ "tool": "search", "digest": digest, "how": "ask" });
    assert_eq!(owner.write(Method::PUT, &tools, &tool("new")).await.status, 204);
    owner.write(Method::PUT, &tools, &tool("old")).await.check(409, "conflict");
    let file = "/api/v1/assistant/tool-server-file";
    assert_eq!(owner.get(file).await.json(), json!({ "mcpServers": {} }));
    let text = json!({ "mcpServers": { "notes": { "headers": { "X": CANARY } } } }).to_string();
    assert_eq!(
        owner.write(Method::POST, file, &json!({ "text": text })).await.json()["kept"],
        json!(["notes"])
    );
    let agreed = json!({ "text": "{}", "agreed": ["abc+network"] });
    assert_eq!(owner.write(Method::POST, file, &agreed).await.status, 200);
    let registry = "/api/v1/assistant/tool-server-registry";
    assert_eq!(owner.get(&format!("{registry}?search=my%20notes")).await.json()["others"], 2);
    owner.get(registry).await.check(400, "invalid");
    assert_eq!(owner.delete(&notes).await.status, 204);
    let calls = world.fakes.calls();
    for call in [
        format!("ToolServers.Save grace notes {url} "),
        format!("ToolServers.Save grace notes {url} {{\"authorization\":\"Bearer *\"}}"),
        format!("ToolServers.Save grace notes {url} {{}}"),
        format!("ToolServers.Save grace notes {url} {{\"X-Key\":\"*\"}}"),
        "ToolServers.Save grace notes  [\"npx\", \"-y\", \"notes\"] true".to_owned(),
        "ToolServers.Save grace notes  [\"npx\", \"-y\", \"notes\"] true {\"KEY\":\"*\"}".to_owned(),
        "ToolServers.Import grace 2 [\"abc+network\"]".to_owned(),
        "ToolServers.Look grace notes".to_owned(),
        "ToolServers.Switch grace notes false".to_owned(),
        "ToolServers.SetTool grace notes search new ask".to_owned(),
        "ToolServers.Search grace \"my notes\" \"\"".to_owned(),
        "ToolServers.Remove grace notes".to_owned(),
    ] {
        assert!(calls.iter().any(|known| known.trim_end() == call.trim_end()), "{call}: {calls:?}");
    }
    let audit = owner.get("/api/v1/audit").await.text();
    assert!(audit.contains("assistant.tool_server") && !audit.contains(CANARY), "{audit}");
}
