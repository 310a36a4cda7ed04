//! The scripted model keeps the contract.

use std::sync::Arc;
use std::time::Duration;

use livos_llm::scripted::{Reply, Scripted};
use livos_llm::{Error, Issuer, Model, StopReason, ToolCall};
use serde_json::{Value, json};

use crate::contract::{self, World};

struct Script;

impl World for Script {
    fn model(&self, question: &str) -> Arc<dyn Model> {
        let known = SCRIPTS.iter().find(|(text, _)| question.contains(text));
        let replies = known.map_or_else(Vec::new, |(_, replies)| replies());
        Arc::new(Scripted::new("script", replies))
    }

    fn issuer(&self) -> Option<Issuer> {
        Some(Issuer::Anthropic)
    }
}

type Replies = fn() -> Vec<Reply>;

const SCRIPTS: &[(&str, Replies)] = &[
    ("say it", || vec![Reply::text("Grüße aus 東京, it is done.").costing(120, 45)]),
    ("look once", || {
        let call = call("one", "look", json!({ "at": "Döner/語" }));
        vec![Reply::text("I will look.").then_calls(vec![call]), Reply::text("I have looked.")]
    }),
    ("look twice", || {
        let deep = json!({ "at": "left", "deep": { "list": [1, 2, { "x": null }] } });
        let calls = vec![call("a", "look", deep), call("b", "count", json!({}))];
        vec![Reply::calls(calls), Reply::text("Left, and forty-two.")]
    }),
    ("think and look", || {
        let call = call("t", "look", json!({ "at": "here" }));
        let first =
            Reply::default().then_thinking("First I look, then I say.", "proof").then_calls(vec![call]);
        vec![first, Reply::text("Here it is.")]
    }),
    ("go on for ever", || vec![Reply::text("And then, and").stopping(StopReason::Limit)]),
    ("something bad", || vec![Reply::text("I").then_fail(Error::ContentRefused { message: message() })]),
    ("break off", || vec![Reply::text("This is a").then_fail(Error::CutOff { message: message() })]),
    ("what was interrupted", || vec![Reply::text("It was interrupted.")]),
    ("see this", || vec![Reply::text("A picture.")]),
    ("the word OK", || vec![Reply::text("OK")]),
    ("fail: key", || vec![Reply::fail(Error::KeyRefused { message: message() })]),
    ("fail: credit", || vec![Reply::fail(Error::NoCredit { message: message() })]),
    ("fail: often", || {
        let retry_after = Some(Duration::from_secs(7));
        vec![Reply::fail(Error::RateLimited { retry_after, message: message() })]
    }),
    ("fail: busy", || vec![Reply::fail(Error::Overloaded { retry_after: None, message: message() })]),
    ("fail: model", || vec![Reply::fail(Error::ModelMissing { model: "m".to_owned(), message: message() })]),
    ("fail: long", || vec![Reply::fail(Error::ContextTooLong { message: message() })]),
    ("fail: odd", || vec![Reply::fail(Error::Refused { status: 418, message: "I am a teapot".to_owned() })]),
];

fn message() -> String {
    "as the script wants it".to_owned()
}

fn call(call: &str, name: &str, arguments: Value) -> ToolCall {
    ToolCall { call: call.to_owned(), name: name.to_owned(), arguments, signature: None }
}

#[tokio::test]
async fn the_scripted_model_keeps_the_contract() {
    contract::all(&Script).await;
}

#[tokio::test]
async fn a_script_that_is_at_its_end_says_so() {
    let model = Scripted::new("script", vec![Reply::text("once")]);
    let ask = || contract::follow(&model, contract::request("say it"));
    assert!(ask().await.2.is_none());
    assert!(matches!(ask().await.2, Some(Error::Request(_))));
    assert_eq!(model.requests().len(), 2);
}
