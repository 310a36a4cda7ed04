//! What is said to a server, in order: hello, which tools, use this one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::transport::{Fault, Transport};
use super::wire;
use crate::core::problem;

/// What we speak, the newest first; the newest is what we say.
const VERSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// Tools that are listened to.
pub(super) const TOOLS: usize = 200;
/// Pages of them.
const PAGES: usize = 20;

/// A server that was greeted.
#[derive(Debug)]
pub(super) struct Session {
    transport: Arc<dyn Transport>,
    /// What it calls itself.
    pub(super) title: String,
    next: u64,
}

impl Session {
    /// Greets it.
    pub(super) async fn open(transport: Arc<dyn Transport>) -> Result<Self, Fault> {
        let hello = json!({ "protocolVersion": VERSIONS[0], "capabilities": {},
            "clientInfo": { "name": "LivOS", "version": env!("CARGO_PKG_VERSION") } });
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello });
        let answer = transport.ask(&message, 1).await?;
        let said = |place: &str| answer.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let host = transport.name();
        let version = VERSIONS.into_iter().find(|known| *known == said("/protocolVersion"));
        let Some(version) = version else {
            let version = wire::words(said("/protocolVersion"), 40);
            let why = format!(
                "{host} speaks version {version:?} of the protocol, which is not known here; update one of the two"
            );
            return Err(Fault::Refused(problem::of("unreachable", why)));
        };
        if answer.pointer("/capabilities/tools").is_none() {
            return Err(Fault::Refused(problem::of("unreachable", format!("{host} offers no tools"))));
        }
        let named = if said("/serverInfo/title").is_empty() {
            said("/serverInfo/name")
        } else {
            said("/serverInfo/title")
        };
        let title = wire::words(&format!("{named} {}", said("/serverInfo/version")), 100);
        transport.speak(version);
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        transport.tell(&ready).await?;
        Ok(Self { transport, title, next: 2 })
    }

    async fn ask(&mut self, method: &str, params: Value) -> Result<Value, Fault> {
        let id = self.next;
        self.next += 1;
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
        self.transport.ask(&message, id).await
    }

    /// The tools as it says them.
    pub(super) async fn tools(&mut self) -> Result<Vec<Value>, Fault> {
        let host = self.transport.name();
        let refused = |why: String| Fault::Refused(problem::of("limit", why));
        let (mut tools, mut params) = (Vec::new(), json!({}));
        for _ in 0..PAGES {
            let mut page = self.ask("tools/list", params).await?;
            let Some(Value::Array(found)) = page.get_mut("tools").map(Value::take) else {
                return Err(refused(format!("{host} does not say which tools it has")));
            };
            tools.extend(found);
            if tools.len() > TOOLS {
                return Err(refused(format!("{host} has more than {TOOLS} tools, which nobody can look at")));
            }
            match page.get("nextCursor").and_then(Value::as_str) {
                Some(cursor) if cursor.len() <= 4096 => params = json!({ "cursor": cursor }),
                Some(_) => break,
                None => return Ok(tools),
            }
        }
        Err(refused(format!("{host} comes to no end with its tools")))
    }

    /// The number that the next message has.
    pub(super) fn upcoming(&self) -> u64 {
        self.next
    }

    pub(super) fn transport(&self) -> &Arc<dyn Transport> {
        &self.transport
    }

    /// Uses one.
    pub(super) async fn call(&mut self, tool: &str, arguments: &Value) -> Result<Value, Fault> {
        self.ask("tools/call", json!({ "name": tool, "arguments": arguments })).await
    }
}

/// That nobody waits any more for what has this number.
pub(super) fn cancelled(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": { "requestId": id, "reason": "nobody waits for it any more" } })
}
