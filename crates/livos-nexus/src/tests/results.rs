//! Long results: what the model is told names the whole, which it and its person can read on in, and nobody else.

use std::fmt::Write as _;

use livos_llm::{Message, ResultPart};

use super::*;
use crate::Error;
use crate::core::results::{self, LONGEST, OF_A_CONVERSATION, TOLD};
use crate::core::step::Step;
use crate::core::strangers;
use crate::store::results::Whole;

/// Lines of which each is another.
fn long(lines: usize) -> String {
    (0..lines).fold(String::new(), |mut text, line| {
        writeln!(text, "line {line}: é as usual").unwrap();
        text
    })
}

/// What the model was told of its last calls.
fn told(life: &Life) -> Vec<(String, bool)> {
    let requests = life.script.requests();
    let Some(Message::Results(results)) = requests.last().unwrap().messages.last() else {
        panic!("{requests:?}")
    };
    let text = |parts: &[ResultPart]| match parts {
        [ResultPart::Text(text)] => text.clone(),
        other => panic!("{other:?}"),
    };
    results.iter().map(|result| (text(&result.parts), result.failed)).collect()
}

/// The name of the whole, as the page says it.
fn kept(seen: &Conversation) -> Option<String> {
    seen.items.iter().find_map(|item| match item {
        Item::Tool { kept, .. } => kept.clone(),
        _ => None,
    })
}

/// A conversation in which a long log was read, and the log's name.
async fn with_long_log(life: &Life, log: &str) -> (String, i64, String) {
    log.clone_into(&mut life.house.log.lock().unwrap());
    life.script.push(Reply::calls(vec![log_call("a")]));
    life.script.push(Reply::text("It is long."));
    let id = life.talk(&owner()).await;
    let run = life.say(&owner(), &id, "why is it slow?").await;
    let name = kept(&life.done(&owner(), &id).await).expect("it is kept");
    (id, run, name)
}

async fn read(life: &Life, id: &str, arguments: Value) -> (String, bool) {
    life.script.push(Reply::calls(vec![call("r", "result_read", arguments)]));
    life.script.push(Reply::text("I see."));
    life.say(&owner(), id, "and further?").await;
    life.done(&owner(), id).await;
    told(life).pop().unwrap()
}

#[tokio::test]
async fn the_whole_of_a_long_result_is_read_on_in_and_searched() {
    let log = long(4000);
    let life = Life::new(Vec::new()).await;
    let (id, run, name) = with_long_log(&life, &log).await;
    let (short, _) = told(&life).pop().unwrap();
    assert!(
        short.len() <= TOLD && short.contains(&format!("result_read {{\"result\": \"{name}\", \"from\": "))
    );
    // Page by page, it is all there, from where the note says.
    let mut from: usize =
        short.split("\"from\": ").nth(1).unwrap().split('}').next().unwrap().parse().unwrap();
    let mut all = log[..from].to_owned();
    assert!(short.starts_with(&all));
    while from < log.len() {
        let (page, failed) = read(&life, &id, json!({ "result": name, "from": from })).await;
        assert!(!failed && page.len() <= TOLD && page.starts_with("A stranger may"), "{page}");
        let (head, text) = page.split_once("]\n").unwrap();
        all.push_str(text);
        from = match head.split_once("go on with from ") {
            Some((_, next)) => next.parse().unwrap(),
            None => from + text.len(),
        };
    }
    assert!(all == log);
    let (found, failed) = read(&life, &id, json!({ "result": name, "find": "LINE 2345: É" })).await;
    let at = log.find("line 2345:").unwrap();
    assert!(
        !failed && found.contains(&format!("at {at}: …")) && !found.contains("There are more"),
        "{found}"
    );
    let (many, _) = read(&life, &id, json!({ "result": name, "find": "as usual" })).await;
    assert!(many.contains("go on with from") && many.len() <= TOLD, "{many}");
    let (none, failed) = read(&life, &id, json!({ "result": name, "find": "nowhere" })).await;
    assert!(!failed && none.contains("not in it"), "{none}");
    let (past, failed) = read(&life, &id, json!({ "result": name, "from": log.len() })).await;
    assert!(failed && past.contains("nothing at"), "{past}");
    assert!(life.nexus.replay(&owner(), run).await.unwrap().same);
    assert_eq!(
        life.house.asked().iter().filter(|line| line.starts_with("log of")).count(),
        1,
        "it is not read anew"
    );
}

#[tokio::test]
async fn it_is_that_conversations_alone_and_goes_with_it() {
    let log = long(3000);
    let life = Life::new(Vec::new()).await;
    let (id, _, name) = with_long_log(&life, &log).await;
    let whole = life.nexus.whole_result(&owner(), &id, &name).await.unwrap();
    assert!(whole.text == log);
    assert!(matches!(life.nexus.whole_result(&member(), &id, &name).await, Err(Error::Unknown)));
    assert!(matches!(life.nexus.whole_result(&owner(), &id, "r0.0").await, Err(Error::UnknownResult)));
    let other = life.talk(&owner()).await;
    let (refused, failed) = read(&life, &other, json!({ "result": name })).await;
    assert!(failed && refused.contains("no such result"), "{refused}");
    // It outlives the daemon.
    let life = life.again(Vec::new()).await;
    assert!(life.nexus.whole_result(&owner(), &id, &name).await.unwrap().text == log);
    life.nexus.remove(&owner(), &id).await.unwrap();
    let left: i64 = sqlx::query_scalar("select count(*) from results")
        .fetch_one(life.nexus.store.database().reader())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn whoever_reads_on_in_a_strangers_words_has_heard_them() {
    let life = Life::new(Vec::new()).await;
    let (id, _, name) = with_long_log(&life, &long(3000)).await;
    read(&life, &id, json!({ "result": name, "find": "line 7" })).await;
    let entries = life.nexus.store.steps(&id, 0).await.unwrap();
    let last = entries.last().unwrap().run;
    assert!(strangers::heard_in(&entries, last));
    // What nobody else had a say in stays that.
    let own = talk_with_kept(&life, "r1.0", "own words ".repeat(10), false).await;
    let (said, failed) = read(&life, &own, json!({ "result": "r1.0" })).await;
    assert!(!failed && said.contains("own words") && !said.contains("stranger"), "{said}");
    assert!(!strangers::heard(&life.nexus.store.steps(&own, 0).await.unwrap()));
}

/// A conversation with a kept result that no tool made.
async fn talk_with_kept(life: &Life, reference: &str, text: String, tainted: bool) -> String {
    let id = life.talk(&owner()).await;
    keep(life, &id, reference, text, tainted).await;
    id
}

async fn keep(life: &Life, id: &str, reference: &str, text: String, tainted: bool) {
    let step = Step::Titled { title: "Long".to_owned() };
    let whole = Whole { reference: reference.to_owned(), text: Some(text), tainted };
    life.nexus.store.append_whole(id, 0, step, &whole, NOW).await.unwrap();
}

#[tokio::test]
async fn the_oldest_make_room_for_newer_ones_and_say_so() {
    let life = Life::new(Vec::new()).await;
    let id = life.talk(&owner()).await;
    let most = OF_A_CONVERSATION / LONGEST;
    for number in 0..=most {
        keep(&life, &id, &format!("r{number}.0"), "x".repeat(LONGEST), true).await;
    }
    let (gone, failed) = read(&life, &id, json!({ "result": "r0.0" })).await;
    assert!(failed && gone.contains("not kept any more"), "{gone}");
    assert!(matches!(life.nexus.whole_result(&owner(), &id, "r0.0").await, Err(Error::DroppedResult)));
    for number in 1..=most {
        assert!(life.nexus.whole_result(&owner(), &id, &format!("r{number}.0")).await.is_ok(), "{number}");
    }
}

#[test]
fn what_is_kept_has_a_bound_of_its_own() {
    let split = results::split("é".repeat(LONGEST), "r1.0");
    let whole = split.whole.unwrap();
    assert!(whole.len() <= LONGEST && whole.contains("left out") && split.told.len() <= TOLD);
    assert_eq!(results::split("short".to_owned(), "r1.0").whole, None);
}
