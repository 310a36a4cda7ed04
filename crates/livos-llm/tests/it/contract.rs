//! What every model must do.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use livos_llm::{
    AnswerPart, Collected, Error, Event, Image, ImageKind, Issuer, Limits, Message, Model, PersonPart,
    Request, StopReason, Thinking, Tool, ToolCall, ToolResult, check,
};
use serde_json::{Value, json};

/// A model, ready to be asked the questions of the contract.
pub(crate) trait World {
    /// The model that answers this question, and what follows from it.
    fn model(&self, question: &str) -> Arc<dyn Model>;

    /// Whose signature thinking carries; `None` where it can't be given back.
    fn issuer(&self) -> Option<Issuer>;
}

pub(crate) async fn all(world: &dyn World) {
    text(world).await;
    one_call(world).await;
    calls_at_once(world).await;
    thinking(world).await;
    limit(world).await;
    refusal(world).await;
    cut_off(world).await;
    interrupted_calls(world).await;
    picture(world).await;
    failures(world).await;
    smallest_question(world).await;
    nothing_to_answer(world).await;
}

/// An answer to its end, with its order checked on the way.
pub(crate) async fn follow(model: &dyn Model, request: Request) -> (Collected, Vec<Event>, Option<Error>) {
    let mut answer = model.answer(request);
    let mut collected = Collected::default();
    let mut events: Vec<Event> = Vec::new();
    let mut failure = None;
    while let Some(item) = answer.next().await {
        assert!(failure.is_none() && collected.stop().is_none(), "something comes after the end: {item:?}");
        match item {
            Ok(event) => {
                collected.push(&event);
                events.push(event);
            }
            Err(error) => failure = Some(error),
        }
    }
    assert!(failure.is_some() || collected.stop().is_some(), "an answer without an end: {events:?}");
    if let Some(first) = events.first() {
        assert!(matches!(first, Event::Started { .. } | Event::Retrying { .. }), "begins with {first:?}");
    }
    calls_are_in_order(&events, failure.is_none() && collected.stop() != Some(StopReason::Limit));
    (collected, events, failure)
}

fn calls_are_in_order(events: &[Event], to_the_end: bool) {
    let mut open: Vec<(String, String, String)> = Vec::new();
    for event in events {
        match event {
            Event::CallStarted { call, name } => {
                assert!(
                    !call.is_empty() && open.iter().all(|(other, ..)| other != call),
                    "two calls are {call}"
                );
                open.push((call.clone(), name.clone(), String::new()));
            }
            Event::CallArguments { call, text } => {
                let (.., arguments) =
                    open.iter_mut().find(|(other, ..)| other == call).expect("begun before");
                arguments.push_str(text);
            }
            Event::CallComplete(whole) => {
                let index = open.iter().position(|(other, ..)| *other == whole.call).expect("begun before");
                let (_, name, arguments) = open.remove(index);
                assert_eq!(name, whole.name);
                let written: Value = serde_json::from_str(&arguments).unwrap_or_else(|_| json!({}));
                assert_eq!(written, whole.arguments, "the pieces make the whole");
            }
            Event::Stopped(_) if to_the_end => {
                assert!(open.is_empty(), "calls are never completed: {open:?}");
            }
            _ => {}
        }
    }
}

pub(crate) fn request(question: &str) -> Request {
    Request {
        system: "You look after a house.".to_owned(),
        messages: vec![Message::person(question)],
        tools: vec![
            Tool {
                name: "look".to_owned(),
                description: "Looks somewhere".to_owned(),
                schema: json!({ "type": "object", "properties": { "at": { "type": "string" } } }),
            },
            Tool {
                name: "count".to_owned(),
                description: "Counts".to_owned(),
                schema: json!({ "type": "object", "properties": {} }),
            },
        ],
        limits: Limits { whole: Duration::from_secs(60), ..Limits::default() },
        ..Request::default()
    }
}

/// The answer to a question that is expected to be answered whole.
async fn whole(world: &dyn World, request: Request) -> (Collected, Vec<Event>) {
    let question = format!("{:?}", request.messages.first());
    let (collected, events, failure) = follow(&*world.model(&question), request).await;
    assert!(failure.is_none(), "{question}: {failure:?}");
    (collected, events)
}

pub(crate) fn said(collected: &Collected) -> String {
    let text = |part: &AnswerPart| match part {
        AnswerPart::Text { text } => Some(text.clone()),
        _ => None,
    };
    collected.parts().iter().filter_map(text).collect()
}

fn called(collected: &Collected) -> Vec<ToolCall> {
    let call = |part: &AnswerPart| match part {
        AnswerPart::Call(call) => Some(call.clone()),
        _ => None,
    };
    collected.parts().iter().filter_map(call).collect()
}

/// The conversation with the answer and the results of its calls.
fn and_then(mut request: Request, collected: &Collected, results: Vec<ToolResult>) -> Request {
    request.messages.push(Message::Answer(collected.parts().to_vec()));
    request.messages.push(Message::Results(results));
    request
}

async fn text(world: &dyn World) {
    let (collected, events) = whole(world, request("say it")).await;
    assert_eq!(said(&collected), "Grüße aus 東京, it is done.");
    assert_eq!(collected.stop(), Some(StopReason::End));
    let pieces = events.iter().filter(|event| matches!(event, Event::Text(_))).count();
    assert!(pieces > 2, "it comes in pieces: {events:?}");
    assert_eq!((collected.usage().input, collected.usage().output), (120, 45));
}

async fn one_call(world: &dyn World) {
    let asked = request("look once");
    let model = world.model("look once");
    let (first, _, failure) = follow(&*model, asked.clone()).await;
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!(said(&first), "I will look.");
    let calls = called(&first);
    assert_eq!(calls.len(), 1);
    assert_eq!((calls[0].name.as_str(), &calls[0].arguments), ("look", &json!({ "at": "Döner/語" })));
    assert_eq!(first.stop(), Some(StopReason::ToolCalls));

    let next = and_then(asked, &first, vec![ToolResult::text(&calls[0].call, "a cat")]);
    let (second, _, failure) = follow(&*model, next).await;
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!(said(&second), "I have looked.");
}

async fn calls_at_once(world: &dyn World) {
    let asked = request("look twice");
    let model = world.model("look twice");
    let (first, _, failure) = follow(&*model, asked.clone()).await;
    assert!(failure.is_none(), "{failure:?}");
    let calls = called(&first);
    let found: Vec<(&str, &Value)> = calls.iter().map(|call| (call.name.as_str(), &call.arguments)).collect();
    let deep = json!({ "at": "left", "deep": { "list": [1, 2, { "x": null }] } });
    assert_eq!(found, [("look", &deep), ("count", &json!({}))]);
    assert_eq!(first.stop(), Some(StopReason::ToolCalls));

    // The results come in another order than the calls, which providers mind.
    let results =
        vec![ToolResult::text(&calls[1].call, "forty-two"), ToolResult::failure(&calls[0].call, "too dark")];
    let (second, _, failure) = follow(&*model, and_then(asked, &first, results)).await;
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!(said(&second), "Left, and forty-two.");
}

/// A strict server refuses a conversation whose thinking isn't given back as it was signed.
async fn thinking(world: &dyn World) {
    let asked = Request { thinking: Thinking::Medium, ..request("think and look") };
    let model = world.model("think and look");
    let (first, _, failure) = follow(&*model, asked.clone()).await;
    assert!(failure.is_none(), "{failure:?}");
    let Some(AnswerPart::Thinking { text, signature }) = first.parts().first() else {
        panic!("no thinking: {:?}", first.parts())
    };
    assert_eq!(text, "First I look, then I say.");
    assert_eq!(signature.as_ref().map(|proof| proof.issuer), world.issuer());
    let stored = serde_json::to_string(&first.parts()).unwrap();
    let read: Vec<AnswerPart> = serde_json::from_str(&stored).unwrap();
    assert_eq!(read, first.parts(), "what is stored is what was said");

    let call = called(&first).remove(0).call;
    let (second, _, failure) =
        follow(&*model, and_then(asked, &first, vec![ToolResult::text(call, "x")])).await;
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!(said(&second), "Here it is.");
}

async fn limit(world: &dyn World) {
    let (collected, _) = whole(world, request("go on for ever")).await;
    assert_eq!((said(&collected).as_str(), collected.stop()), ("And then, and", Some(StopReason::Limit)));
}

async fn refusal(world: &dyn World) {
    let (.., failure) = follow(&*world.model("something bad"), request("something bad")).await;
    assert!(matches!(failure, Some(Error::ContentRefused { .. })), "{failure:?}");
}

async fn cut_off(world: &dyn World) {
    let (collected, _, failure) = follow(&*world.model("break off"), request("break off")).await;
    assert!(matches!(failure, Some(Error::CutOff { .. })), "{failure:?}");
    assert!("This is a long answer that nobody".starts_with(&said(&collected)), "what came is there");
}

async fn interrupted_calls(world: &dyn World) {
    let mut asked = request("what was interrupted");
    let call =
        ToolCall {
            call: "x.1:é".to_owned(), name: "look".to_owned(), arguments: json!({}), signature: None
        };
    asked.messages = vec![
        Message::person("look"),
        Message::Answer(vec![AnswerPart::Call(call)]),
        Message::person("what was interrupted"),
    ];
    let (collected, _, failure) = follow(&*world.model("what was interrupted"), asked).await;
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!(said(&collected), "It was interrupted.");
}

async fn picture(world: &dyn World) {
    let mut asked = request("see this");
    let image = Image { mime: ImageKind::Png, bytes: b"\x89PNG".as_slice().into() };
    asked.messages =
        vec![Message::Person(vec![PersonPart::Image(image), PersonPart::Text("see this".to_owned())])];
    let (collected, _) = whole(world, asked).await;
    assert_eq!(said(&collected), "A picture.");
}

async fn failures(world: &dyn World) {
    let fail = async |question: &str| {
        let (collected, _, failure) = follow(&*world.model(question), request(question)).await;
        assert!(collected.parts().is_empty(), "{question}");
        failure.unwrap_or_else(|| panic!("{question}: it doesn't fail"))
    };
    assert!(matches!(fail("fail: key").await, Error::KeyRefused { .. }));
    assert!(matches!(fail("fail: credit").await, Error::NoCredit { .. }));
    let often = fail("fail: often").await;
    assert!(matches!(often, Error::RateLimited { .. }), "{often:?}");
    assert_eq!(often.retry_after(), Some(Duration::from_secs(7)));
    assert!(matches!(fail("fail: busy").await, Error::Overloaded { .. }));
    assert!(matches!(fail("fail: model").await, Error::ModelMissing { .. }));
    assert!(matches!(fail("fail: long").await, Error::ContextTooLong { .. }));
    let odd = fail("fail: odd").await;
    assert!(matches!(&odd, Error::Refused { status: 418, message } if message.contains("teapot")), "{odd:?}");
}

async fn smallest_question(world: &dyn World) {
    check(&*world.model("Answer with the word OK.")).await.expect("key and model are good");
}

async fn nothing_to_answer(world: &dyn World) {
    let model = world.model("nothing");
    let (_, events, failure) = follow(&*model, Request::default()).await;
    assert!(events.is_empty() && matches!(failure, Some(Error::Request(_))), "{failure:?}");
}
