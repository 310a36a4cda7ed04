//! Who is asked when somebody fails, and after how long. No time passes: the clock is tokio's own, and stands still.

use std::sync::Arc;
use std::time::Duration;

use livos_llm::scripted::{Reply, Scripted};
use livos_llm::{Collected, Error, Event, FailOver, Model, Request, Retry, Tier, Tiers};
use tokio::time::Instant;

use crate::contract::{follow, request, said};

fn text() -> String {
    "no".to_owned()
}

fn busy() -> Reply {
    Reply::fail(Error::Overloaded { retry_after: None, message: text() })
}

fn wait(seconds: u64) -> Reply {
    Reply::fail(Error::RateLimited { retry_after: Some(Duration::from_secs(seconds)), message: text() })
}

fn missing() -> Reply {
    Reply::fail(Error::ModelMissing { model: text(), message: text() })
}

/// The answer of models that follow these scripts, and how long it took.
async fn ask(scripts: Vec<Vec<Reply>>) -> (Collected, Vec<Event>, Option<Error>, Duration) {
    let models = scripts.into_iter().zip(["one", "two", "three"]);
    let models = models.map(|(replies, name)| Arc::new(Scripted::new(name, replies)) as Arc<dyn Model>);
    let all = FailOver::new(models.collect(), Retry::default(), Arc::new(|| u64::MAX)).unwrap();
    let begun = Instant::now();
    let (collected, events, failure) = follow(&all, request("say it")).await;
    (collected, events, failure, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn one_that_is_busy_is_asked_again_after_a_while() {
    let (collected, events, failure, took) = ask(vec![vec![busy(), busy(), Reply::text("yes")]]).await;
    assert!(failure.is_none(), "{failure:?}");
    assert_eq!((said(&collected).as_str(), collected.model()), ("yes", Some("one")));
    let waits: Vec<Duration> = events
        .iter()
        .filter_map(|event| match event {
            Event::Retrying { wait, .. } => Some(*wait),
            _ => None,
        })
        .collect();
    assert_eq!(waits, [Duration::from_millis(500), Duration::from_millis(1000)], "it doubles");
    assert!(took >= Duration::from_millis(1500), "and it is really waited");
}

#[tokio::test(start_paused = true)]
async fn patience_ends() {
    let (_, events, failure, _) = ask(vec![vec![busy(), busy(), busy(), Reply::text("too late")]]).await;
    assert!(matches!(failure, Some(Error::Overloaded { .. })), "{failure:?}");
    assert_eq!(events.len(), 2, "two more attempts: {events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_how_long_is_believed() {
    let (.., failure, took) = ask(vec![vec![wait(20), Reply::text("yes")]]).await;
    assert!(failure.is_none() && took >= Duration::from_secs(20), "{failure:?} after {took:?}");
    // Longer than anybody waits: the next is asked, or it is said.
    let (collected, _, failure, took) = ask(vec![vec![wait(3600)], vec![Reply::text("yes")]]).await;
    assert!(failure.is_none() && took.is_zero(), "{failure:?} after {took:?}");
    assert_eq!(collected.model(), Some("two"));
    let (.., failure, took) = ask(vec![vec![wait(3600)]]).await;
    assert_eq!(failure.and_then(|error| error.retry_after()), Some(Duration::from_secs(3600)));
    assert!(took.is_zero());
}

#[tokio::test(start_paused = true)]
async fn waiting_has_chance_in_it() {
    let wait = async |bits: u64| {
        let model = Arc::new(Scripted::new("one", vec![busy(), Reply::text("yes")]));
        let all = FailOver::new(vec![model], Retry::default(), Arc::new(move || bits)).unwrap();
        let begun = Instant::now();
        follow(&all, request("say it")).await;
        begun.elapsed()
    };
    let (least, most) = (wait(0).await, wait(u64::MAX).await);
    assert!(
        least >= Duration::from_millis(250) && most >= least + Duration::from_millis(200),
        "{least:?} {most:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_next_is_asked_at_once_where_waiting_does_not_help() {
    let key = Reply::fail(Error::KeyRefused { message: text() });
    let (collected, events, failure, took) =
        ask(vec![vec![missing()], vec![key], vec![Reply::text("yes")]]).await;
    assert!(failure.is_none() && took.is_zero(), "{failure:?} after {took:?}");
    assert_eq!(collected.model(), Some("three"));
    assert!(
        matches!(&events[0], Event::Retrying { after: Error::ModelMissing { .. }, model, .. } if model == "two")
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_said_is_never_said_again() {
    let broken = || Error::CutOff { message: text() };
    let call = livos_llm::ToolCall {
        call: "a".to_owned(),
        name: "look".to_owned(),
        arguments: serde_json::json!({}),
        signature: None,
    };
    for begun in [
        Reply::text("So"),
        Reply::default().then_thinking("hm", "proof"),
        Reply::calls(vec![call]),
        Reply::steps(vec![livos_llm::scripted::Step::Event(Event::CallStarted {
            call: text(),
            name: text(),
        })]),
    ] {
        let (_, events, failure, _) = ask(vec![vec![begun.then_fail(broken()), busy()], vec![busy()]]).await;
        assert!(matches!(failure, Some(Error::CutOff { .. })), "{failure:?}");
        assert!(!events.iter().any(|event| matches!(event, Event::Retrying { .. })), "{events:?}");
    }
    // Before anything was said it may be tried again.
    let (collected, _, failure, _) = ask(vec![vec![Reply::fail(broken()), Reply::text("yes")]]).await;
    assert!(failure.is_none() && said(&collected) == "yes", "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_else_is_asked_what_one_refuses() {
    let no = Reply::fail(Error::ContentRefused { message: text() });
    let (.., failure, _) = ask(vec![vec![no], vec![Reply::text("yes")]]).await;
    assert!(matches!(failure, Some(Error::ContentRefused { .. })), "{failure:?}");
}

#[tokio::test(start_paused = true)]
async fn attempts_that_came_to_nothing_are_paid_for() {
    use livos_llm::scripted::Step;
    let usage = livos_llm::Usage { input: 100, ..livos_llm::Usage::default() };
    let lost = Reply::steps(vec![
        Step::Event(Event::Usage(usage)),
        Step::Fail(Error::Overloaded { retry_after: None, message: text() }),
    ]);
    let (collected, ..) = ask(vec![vec![lost, Reply::text("yes").costing(100, 7)]]).await;
    assert_eq!((collected.usage().input, collected.usage().output), (200, 7));
}

#[tokio::test]
async fn a_tier_has_its_model() {
    let model = |name: &str| Arc::new(Scripted::new(name, vec![Reply::text(name)])) as Arc<dyn Model>;
    let tiers = Tiers { quick: model("quick"), standard: model("standard"), deep: model("deep") };
    for (tier, name) in [(Tier::Quick, "quick"), (Tier::Standard, "standard"), (Tier::Deep, "deep")] {
        let (collected, ..) = follow(&tiers, Request { tier, ..request("say it") }).await;
        assert_eq!(said(&collected), name);
    }
    assert!(FailOver::new(vec![], Retry::default(), Arc::new(|| 0)).is_err());
}
