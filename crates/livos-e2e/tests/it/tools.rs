//! A server of tools, as others run them: it notes what it was asked to write down, and repeats its keys to whoever asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use livos_testkit::Client;
use serde_json::{Value, json};

/// What it was sent as a key is this header.
pub(crate) const HEADER: &str = "x-key";

#[derive(Debug, Clone, Default)]
struct Notes {
    written: Arc<Mutex<Vec<String>>>,
    /// How long it takes to have written something, which is done at once all the same.
    takes: Duration,
}

/// A running one; it ends with the runtime.
#[derive(Debug)]
pub(crate) struct Tools {
    pub(crate) url: String,
    notes: Notes,
}

impl Tools {
    pub(crate) async fn start(takes: Duration) -> Self {
        let notes = Notes { takes, ..Notes::default() };
        let router = Router::new()
            .route("/mcp", post(asked).delete(async || StatusCode::OK))
            .with_state(notes.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/mcp", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, notes }
    }

    /// What it was asked to write down, in order.
    pub(crate) fn written(&self) -> Vec<String> {
        self.notes.written.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the assistant use it, each time after its person has agreed.
    pub(crate) async fn offer(&self, owner: &Client, name: &str, key: &str) {
        let path = format!("/api/v1/assistant/tool-servers/{name}");
        let body = json!({ "url": self.url, "headers": { HEADER: key } });
        let kept = owner.put(&path, &body).await.expect("an answer").expect(200).expect("kept");
        for tool in kept["tools"].as_array().expect("tools") {
            let how = json!({ "tool": tool["name"], "digest": tool["digest"], "how": "ask" });
            let used = owner.put(&format!("{path}/tools"), &how).await.expect("an answer");
            assert_eq!(used.status, 204, "{}", used.text());
        }
        let on = owner.put(&format!("{path}/on"), &json!({ "on": true })).await.expect("an answer");
        assert_eq!(on.status, 204, "{}", on.text());
    }
}

async fn asked(State(notes): State<Notes>, headers: HeaderMap, body: String) -> Response {
    let message: Value = serde_json::from_str(&body).unwrap_or_default();
    let key = headers.get(HEADER).and_then(|key| key.to_str().ok()).unwrap_or_default().to_owned();
    let result = match message["method"].as_str() {
        Some("initialize") => json!({
            "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
            "serverInfo": { "name": "notes", "version": "1" },
        }),
        Some("tools/list") => {
            let schema = json!({ "type": "object", "properties": { "text": { "type": "string" } }, "required": ["text"] });
            json!({ "tools": [{ "name": "write_down", "description": "Writes something down.", "inputSchema": schema }] })
        }
        Some("tools/call") => {
            let text = message["params"]["arguments"]["text"].as_str().unwrap_or_default().to_owned();
            notes.written.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            tokio::time::sleep(notes.takes).await;
            json!({ "content": [{ "type": "text", "text": format!("written down with {key}") }] })
        }
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }).to_string();
    ([("content-type", "application/json"), ("mcp-session-id", "one")], answer).into_response()
}
