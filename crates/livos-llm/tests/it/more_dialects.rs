//! What the responses and Gemini say that the contract's server can't.

use livos_llm::{
    AnswerPart, Dialect, Error, Event, Issuer, Limits, Message, Request, Signature, StopReason, Thinking,
    ToolCall, ToolResult,
};
use serde_json::{Value, json};

use crate::contract::{follow, request, said};
use crate::server::{Hostile, KEY, answer, send, streaming};
use crate::wire::{everything, sent};

/// An answer out of these events.
async fn after(dialect: Dialect, events: &[Value]) -> (livos_llm::Collected, Vec<Event>, Option<Error>) {
    let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
    let server = Hostile::start(vec![vec![streaming(), send(body)]]).await;
    follow(&server.remote(dialect), request("say it")).await
}

fn over(status: &str, more: Value) -> Value {
    let mut response = json!({ "status": status, "usage": { "input_tokens": 9, "output_tokens": 4,
        "input_tokens_details": { "cached_tokens": 7 } } });
    if let (Some(response), Value::Object(more)) = (response.as_object_mut(), more) {
        response.extend(more);
    }
    json!({ "type": format!("response.{status}"), "response": response })
}

#[tokio::test]
async fn a_response_ends_as_it_says() {
    let word = json!({ "type": "response.output_text.delta", "delta": "So" });
    let ask = async |last: Value| after(Dialect::Responses, &[word.clone(), last]).await;
    let (collected, ..) = ask(over("completed", json!({}))).await;
    assert_eq!(collected.stop(), Some(StopReason::End));
    let usage = collected.usage();
    assert_eq!((usage.input, usage.cached, usage.output), (2, 7, 4), "each token is counted once");
    let (collected, ..) =
        ask(over("incomplete", json!({ "incomplete_details": { "reason": "max_output_tokens" } }))).await;
    assert_eq!(collected.stop(), Some(StopReason::Limit));
    let (.., failure) =
        ask(over("incomplete", json!({ "incomplete_details": { "reason": "content_filter" } }))).await;
    assert!(matches!(failure, Some(Error::ContentRefused { .. })), "{failure:?}");
    let limited = json!({ "error": { "code": "rate_limit_exceeded", "message": "slow down" } });
    let (.., failure) = ask(over("failed", limited.clone())).await;
    assert!(matches!(failure, Some(Error::CutOff { .. })), "{failure:?}");
    let (.., failure) = after(Dialect::Responses, &[over("failed", limited)]).await;
    assert!(matches!(failure, Some(Error::RateLimited { .. })), "{failure:?}");
    let error = json!({ "type": "error", "code": "server_error", "message": "oh" });
    let (.., failure) = after(Dialect::Responses, &[error]).await;
    assert!(matches!(failure, Some(Error::Overloaded { .. })), "{failure:?}");
    let (.., failure) = after(Dialect::Responses, std::slice::from_ref(&word)).await;
    assert!(matches!(failure, Some(Error::CutOff { .. })), "{failure:?}");
    let no = json!({ "type": "response.refusal.delta", "delta": "I can't." });
    let (.., failure) = after(Dialect::Responses, &[no, over("completed", json!({}))]).await;
    assert!(matches!(failure, Some(Error::ContentRefused { message }) if message == "I can't."));
}

#[tokio::test]
async fn a_call_that_is_only_said_to_be_done_is_one() {
    let call = json!({ "type": "response.output_item.done", "output_index": 3, "item": {
        "type": "function_call", "call_id": "c", "name": "look", "arguments": "{\"at\":1}" } });
    let (collected, _, failure) = after(Dialect::Responses, &[call, over("completed", json!({}))]).await;
    assert!(failure.is_none(), "{failure:?}");
    let expected = ToolCall {
        call: "c".to_owned(),
        name: "look".to_owned(),
        arguments: json!({ "at": 1 }),
        signature: None,
    };
    assert_eq!(collected.parts(), [AnswerPart::Call(expected)]);
    assert_eq!(collected.stop(), Some(StopReason::ToolCalls));
}

fn chunk(parts: Value, finish: Value) -> Value {
    let content = Value::Object([("parts".to_owned(), parts)].into_iter().collect());
    let candidate = [("content".to_owned(), content), ("finishReason".to_owned(), finish)];
    json!({ "candidates": [Value::Object(candidate.into_iter().collect())] })
}

#[tokio::test]
async fn gemini_ends_as_it_says() {
    let word = json!([{ "text": "So" }]);
    let (collected, ..) = after(Dialect::Gemini, &[
        chunk(word.clone(), Value::Null),
        chunk(json!([]), json!("MAX_TOKENS")),
        json!({ "usageMetadata": { "promptTokenCount": 9, "cachedContentTokenCount": 7, "candidatesTokenCount": 3,
            "thoughtsTokenCount": 1 } }),
    ])
    .await;
    assert_eq!((said(&collected).as_str(), collected.stop()), ("So", Some(StopReason::Limit)));
    let usage = collected.usage();
    assert_eq!((usage.input, usage.cached, usage.output), (2, 7, 4), "each token is counted once");
    for reason in ["SAFETY", "PROHIBITED_CONTENT"] {
        let (.., failure) = after(Dialect::Gemini, &[chunk(word.clone(), json!(reason))]).await;
        assert!(matches!(failure, Some(Error::ContentRefused { .. })), "{failure:?}");
    }
    let (.., failure) =
        after(Dialect::Gemini, &[json!({ "promptFeedback": { "blockReason": "SAFETY" } })]).await;
    assert!(matches!(failure, Some(Error::ContentRefused { .. })), "{failure:?}");
    let (.., failure) = after(Dialect::Gemini, &[chunk(json!([]), json!("MALFORMED_FUNCTION_CALL"))]).await;
    assert!(matches!(failure, Some(Error::Malformed { .. })), "{failure:?}");
    let (.., failure) = after(Dialect::Gemini, &[chunk(word, Value::Null)]).await;
    assert!(matches!(failure, Some(Error::CutOff { .. })), "{failure:?}");
    let error = json!({ "error": { "code": 503, "message": "x", "status": "UNAVAILABLE" } });
    let (.., failure) = after(Dialect::Gemini, &[error]).await;
    assert!(matches!(failure, Some(Error::Overloaded { .. })), "{failure:?}");
}

/// Gemini 3 signs the first of several calls, and refuses the conversation without that signature.
#[tokio::test]
async fn gemini_gets_its_signatures_back() {
    let calls = json!([
        { "functionCall": { "name": "look", "args": { "at": 1 } }, "thoughtSignature": "c2ln" },
        { "functionCall": { "name": "look", "args": { "at": 2 } } },
    ]);
    let (collected, ..) = after(Dialect::Gemini, &[chunk(calls, json!("STOP"))]).await;
    let mut asked = request("look");
    asked.messages.push(Message::Answer(collected.parts().to_vec()));
    let names: Vec<String> = collected
        .parts()
        .iter()
        .filter_map(|part| match part {
            AnswerPart::Call(call) => Some(call.call.clone()),
            _ => None,
        })
        .collect();
    assert!(names.len() == 2 && names[0] != names[1], "who gives no names gets them: {names:?}");
    asked.messages.push(Message::Results(names.iter().map(|name| ToolResult::text(name, "x")).collect()));
    let (_, body) = sent(Dialect::Gemini, "gemini-3-pro", asked).await;
    let parts = &body["contents"][1]["parts"];
    assert_eq!(parts[0]["thoughtSignature"], json!("c2ln"));
    assert_eq!(parts[1]["thoughtSignature"], Value::Null);
}

#[tokio::test]
async fn responses_on_the_wire() {
    let mut asked = everything();
    if let Message::Answer(parts) = &mut asked.messages[1] {
        let signature = Some(Signature { issuer: Issuer::Responses, value: "sealed".to_owned() });
        parts.insert(0, AnswerPart::Thinking { text: "hm".to_owned(), signature });
    }
    let (head, body) = sent(Dialect::Responses, "gpt-5", asked).await;
    assert!(head.starts_with("post /v1/responses http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nauthorization: bearer {KEY}")), "{head}");
    let picture = json!({ "type": "input_image", "image_url": "data:image/png;base64,cGljdHVyZQ==" });
    let long = body["input"][4]["call_id"].as_str().unwrap().to_owned();
    let call = |id: &str| json!({ "type": "function_call", "call_id": id, "name": "look", "arguments": "{\"at\":1}" });
    let interrupted = body["input"][6]["output"].as_str().unwrap();
    assert!(interrupted.starts_with("The tool failed:\nThere is no result"), "{interrupted}");
    let expected = json!({
        "model": "gpt-5",
        "stream": true,
        "store": false,
        "max_output_tokens": 4096,
        "include": ["reasoning.encrypted_content"],
        "reasoning": { "effort": "medium", "summary": "auto" },
        "instructions": "Be kind.",
        "tools": [{ "type": "function", "name": "look", "description": "Looks", "strict": false,
            "parameters": { "type": "object" } }],
        "input": [
            { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "see" }, picture] },
            { "type": "reasoning", "summary": [{ "type": "summary_text", "text": "hm" }], "encrypted_content": "sealed" },
            { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": "I look." }] },
            call("a.1"),
            call(&long),
            { "type": "function_call_output", "call_id": "a.1",
              "output": [{ "type": "input_text", "text": "seen" }, picture] },
            { "type": "function_call_output", "call_id": long, "output": interrupted },
            { "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "and now?" }] },
        ],
    });
    assert_eq!(body, expected);
    let (_, body) = sent(Dialect::Responses, "gpt-4o", request("x")).await;
    assert_eq!(body["include"], Value::Null, "a model that doesn't think refuses to be asked for it");
}

#[tokio::test]
async fn gemini_on_the_wire() {
    let (head, body) = sent(Dialect::Gemini, "models/gemini-3-pro", everything()).await;
    let path = "post /v1beta/models/gemini-3-pro:streamgeneratecontent?alt=sse http/1.1\r\n";
    assert!(head.starts_with(path), "{head}");
    assert!(
        head.contains(&format!("\r\nx-goog-api-key: {KEY}")) && !head.contains("authorization"),
        "{head}"
    );
    let picture = json!({ "inlineData": { "mimeType": "image/png", "data": "cGljdHVyZQ==" } });
    let long = "a-name-that-is-longer-than-forty-characters";
    let interrupted = &body["contents"][2]["parts"][2]["functionResponse"]["response"]["error"];
    assert!(interrupted.as_str().unwrap().starts_with("There is no result"), "{interrupted}");
    let expected = json!({
        "systemInstruction": { "parts": [{ "text": "Be kind." }] },
        "tools": [{ "functionDeclarations": [{ "name": "look", "description": "Looks",
            "parametersJsonSchema": { "type": "object" } }] }],
        "generationConfig": { "maxOutputTokens": 4096,
            "thinkingConfig": { "thinkingLevel": "medium", "includeThoughts": true } },
        "contents": [
            { "role": "user", "parts": [{ "text": "see" }, picture] },
            { "role": "model", "parts": [
                { "text": "I look." },
                { "functionCall": { "id": "a.1", "name": "look", "args": { "at": 1 } },
                  "thoughtSignature": "skip_thought_signature_validator" },
                { "functionCall": { "id": long, "name": "look", "args": { "at": 1 } } },
            ] },
            { "role": "user", "parts": [
                { "functionResponse": { "id": "a.1", "name": "look",
                    "response": { "output": "seen\n(A picture; it follows.)" } } },
                picture,
                { "functionResponse": { "id": long, "name": "look", "response": { "error": interrupted } } },
                { "text": "and now?" },
            ] },
        ],
    });
    assert_eq!(body, expected);
    let older = async |model: &str| {
        let limits = Limits { output_tokens: 4096, ..Limits::default() };
        let asked = Request { thinking: Thinking::High, limits, ..request("x") };
        sent(Dialect::Gemini, model, asked).await.1["generationConfig"]["thinkingConfig"].clone()
    };
    assert_eq!(older("gemini-2.5-flash").await, json!({ "thinkingBudget": 2048, "includeThoughts": true }));
    assert_eq!(older("gemini-2.0-flash").await, Value::Null);
}

#[tokio::test]
async fn a_model_is_no_way_to_another_address() {
    let server = Hostile::start(vec![vec![answer("500 Oh", "", "")]]).await;
    let client = livos_llm::Client::new(std::sync::Arc::new(|| 0));
    for model in ["../../v1/files", "x:generate?key=1", "a/b", "m%2e"] {
        let endpoint = livos_llm::Endpoint {
            name: "wire".to_owned(),
            dialect: Dialect::Gemini,
            base_url: server.url.clone(),
            model: model.to_owned(),
            key: None,
        };
        let remote = livos_llm::Remote::new(&client, endpoint).unwrap();
        let (.., failure) = follow(&remote, request("x")).await;
        assert!(matches!(failure, Some(Error::Endpoint(_))), "{model}: {failure:?}");
    }
    assert!(server.asked().is_empty());
}
