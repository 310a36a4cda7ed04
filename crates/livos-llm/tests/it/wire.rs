//! What is sent, to the letter: a server of somebody else's takes more than the real ones do.

use livos_llm::{
    AnswerPart, Dialect, Image, ImageKind, Issuer, Limits, Message, PersonPart, Request, ResultPart,
    Signature, Thinking, Tool, ToolCall, ToolResult,
};
use serde_json::{Value, json};

use crate::contract::follow;
use crate::server::{Hostile, KEY, answer};

/// The head in lower case, and the body.
pub(crate) async fn sent(dialect: Dialect, model: &str, request: Request) -> (String, Value) {
    let server = Hostile::start(vec![vec![answer("500 Oh", "", "")]]).await;
    let client = livos_llm::Client::new(std::sync::Arc::new(|| 0));
    let endpoint = livos_llm::Endpoint {
        name: "wire".to_owned(),
        dialect,
        base_url: server.url.clone(),
        model: model.to_owned(),
        key: Some(livos_llm::Key::new(KEY).unwrap()),
    };
    follow(&livos_llm::Remote::new(&client, endpoint).unwrap(), request).await;
    let asked = server.asked().remove(0);
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), serde_json::from_str(body).unwrap())
}

fn image() -> Image {
    Image { mime: ImageKind::Png, bytes: b"picture".as_slice().into() }
}

/// A conversation with everything in it.
pub(crate) fn everything() -> Request {
    let signature = |issuer, value: &str| Some(Signature { issuer, value: value.to_owned() });
    let call = |name: &str| {
        AnswerPart::Call(ToolCall {
            call: name.to_owned(),
            name: "look".to_owned(),
            arguments: json!({ "at": 1 }),
            signature: None,
        })
    };
    Request {
        system: "Be kind.".to_owned(),
        messages: vec![
            Message::Person(vec![PersonPart::Text("see".to_owned()), PersonPart::Image(image())]),
            Message::Answer(vec![
                AnswerPart::Thinking { text: "hm".to_owned(), signature: signature(Issuer::Anthropic, "s1") },
                AnswerPart::Thinking {
                    text: String::new(),
                    signature: signature(Issuer::AnthropicRedacted, "s2"),
                },
                AnswerPart::Thinking { text: "other".to_owned(), signature: signature(Issuer::Gemini, "s3") },
                AnswerPart::Text { text: "I look.".to_owned() },
                call("a.1"),
                call("a-name-that-is-longer-than-forty-characters"),
            ]),
            Message::Results(vec![ToolResult {
                call: "a.1".to_owned(),
                parts: vec![ResultPart::Text("seen".to_owned()), ResultPart::Image(image())],
                failed: false,
            }]),
            Message::person("and now?"),
        ],
        tools: vec![Tool {
            name: "look".to_owned(),
            description: "Looks".to_owned(),
            schema: json!({ "type": "object" }),
        }],
        thinking: Thinking::Medium,
        limits: Limits { output_tokens: 4096, ..Limits::default() },
        ..Request::default()
    }
}

const INTERRUPTED: &str = "There is no result: the call was interrupted, and it isn't known how far it came.";

#[tokio::test]
async fn anthropic_messages() {
    let (head, body) = sent(Dialect::Anthropic, "claude-sonnet-4-5", everything()).await;
    assert!(head.starts_with("post /v1/messages http/1.1\r\n"), "{head}");
    assert!(
        head.contains(&format!("\r\nx-api-key: {KEY}")) && head.contains("\r\nanthropic-version: 2023-06-01")
    );
    assert!(!head.contains("authorization"), "{head}");
    let picture = json!({ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "cGljdHVyZQ==" } });
    let long = "a-name-that-is-longer-than-forty-characters";
    let expected = json!({
        "model": "claude-sonnet-4-5",
        "max_tokens": 4096,
        "stream": true,
        "thinking": { "type": "enabled", "budget_tokens": 2048 },
        "system": [{ "type": "text", "text": "Be kind.", "cache_control": { "type": "ephemeral" } }],
        "tools": [{ "name": "look", "description": "Looks", "input_schema": { "type": "object" } }],
        "messages": [
            { "role": "user", "content": [{ "type": "text", "text": "see" }, picture] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "hm", "signature": "s1" },
                { "type": "redacted_thinking", "data": "s2" },
                { "type": "text", "text": "I look." },
                { "type": "tool_use", "id": "a_1", "name": "look", "input": { "at": 1 } },
                { "type": "tool_use", "id": long, "name": "look", "input": { "at": 1 } },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "a_1", "is_error": false,
                  "content": [{ "type": "text", "text": "seen" }, picture] },
                { "type": "tool_result", "tool_use_id": long, "is_error": true,
                  "content": [{ "type": "text", "text": INTERRUPTED }] },
                { "type": "text", "text": "and now?", "cache_control": { "type": "ephemeral" } },
            ] },
        ],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn newer_models_of_anthropic_are_told_how_hard_to_think() {
    let (_, body) = sent(Dialect::Anthropic, "claude-opus-4-7", everything()).await;
    assert_eq!(body["thinking"], json!({ "type": "adaptive" }));
    assert_eq!(body["output_config"], json!({ "effort": "medium" }));
    // An older one refuses to think on after a call that was made without thinking.
    let mut request = everything();
    if let Message::Answer(parts) = &mut request.messages[1] {
        parts.retain(|part| !matches!(part, AnswerPart::Thinking { .. }));
    }
    let (_, body) = sent(Dialect::Anthropic, "claude-haiku-4-5", request).await;
    assert_eq!(body["thinking"], Value::Null);
}

#[tokio::test]
async fn chat_completions() {
    let (head, body) = sent(Dialect::ChatCompletions, "qwen3:8b", everything()).await;
    assert!(head.starts_with("post /v1/chat/completions http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nauthorization: bearer {KEY}")), "{head}");
    let picture =
        json!({ "type": "image_url", "image_url": { "url": "data:image/png;base64,cGljdHVyZQ==" } });
    let long = body["messages"][2]["tool_calls"][1]["id"].as_str().unwrap().to_owned();
    assert!(long.len() <= 40 && long.starts_with("call_"), "{long}");
    let call = |id: &str| json!({ "id": id, "type": "function", "function": { "name": "look", "arguments": "{\"at\":1}" } });
    let expected = json!({
        "model": "qwen3:8b",
        "max_tokens": 4096,
        "stream": true,
        "stream_options": { "include_usage": true },
        "reasoning_effort": "medium",
        "tools": [{ "type": "function", "function": {
            "name": "look", "description": "Looks", "parameters": { "type": "object" } } }],
        "messages": [
            { "role": "system", "content": "Be kind." },
            { "role": "user", "content": [{ "type": "text", "text": "see" }, picture] },
            { "role": "assistant", "content": "I look.", "tool_calls": [call("a.1"), call(&long)] },
            { "role": "tool", "tool_call_id": "a.1", "content": "seen\n(A picture; it follows after the results.)" },
            { "role": "tool", "tool_call_id": long, "content": format!("The tool failed:\n{INTERRUPTED}") },
            { "role": "user", "content": [
                { "type": "text", "text": "(The pictures of the results above, in their order.)" }, picture] },
            { "role": "user", "content": "and now?" },
        ],
    });
    assert_eq!(body, expected);
}
