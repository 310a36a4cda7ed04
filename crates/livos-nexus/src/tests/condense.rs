//! Conversations that became too long for their model: what is left out, what is told instead, and that nothing is
//! lost by it.

use livos_llm::{
    AnswerPart, Error as ModelError, Issuer, Message, PersonPart, Request, Signature, StopReason, Usage,
};
use proptest::prelude::*;

use super::*;
use crate::core::condense::{cut, notes, size};
use crate::core::step::{Condensed, Ending, Entry, How, Step};
use crate::core::{context, problem};

/// A run as it may stand in a log: what was asked, and of each answer its calls, how many of them have a result, and
/// how long those are.
type Past = (usize, Vec<(u8, u8, usize)>);

fn log(runs: &[Past]) -> Vec<Entry> {
    let mut steps = Vec::new();
    for (run, (asked, rounds)) in (1_i64..).zip(runs) {
        let text = format!("question {run} {}", "why ".repeat(*asked));
        steps.push((run, Step::asked(text)));
        for (round, (calls, results, size)) in rounds.iter().enumerate() {
            steps.push((run, Step::Turn { model: "m".to_owned(), told: None, upto: 0 }));
            let proof = Signature { issuer: Issuer::Anthropic, value: format!("proof {run} {round}") };
            let thinking = AnswerPart::Thinking { text: "hm".to_owned(), signature: Some(proof) };
            // Some providers count their calls anew in every answer.
            let calls = (0..*calls).map(|call| AnswerPart::Call(log_call(&format!("call_{call}"))));
            let parts: Vec<_> = [thinking, AnswerPart::Text { text: format!("answer {run} {round}") }]
                .into_iter()
                .chain(calls.clone())
                .collect();
            steps.push((
                run,
                Step::Answered { parts, usage: Usage::default(), cost: None, stop: StopReason::End },
            ));
            // Only a run that is over leaves calls without a result.
            let last = run == i64::try_from(runs.len()).unwrap();
            let results = if last || round + 1 < rounds.len() { calls.len() } else { usize::from(*results) };
            for call in (0..calls.len()).rev().take(results) {
                let text = format!("result {}", "x".repeat(*size));
                steps.push((
                    run,
                    Step::Result {
                        call: format!("call_{call}"),
                        text,
                        failed: false,
                        duration_ms: 1,
                        skill: None,
                        foreign: false,
                        changed: false,
                        kept: None,
                    },
                ));
            }
        }
        if run < i64::try_from(runs.len()).unwrap() {
            steps.push((run, Step::Ended { how: Ending::Done, problem: None }));
        }
    }
    (1..).zip(steps).map(|(seq, (run, step))| Entry { seq, run, at: NOW, step }).collect()
}

fn with_notes(entries: &[Entry], run: i64, upto: i64, most: usize) -> Vec<Entry> {
    let notes = notes(entries, upto, run, "UTC");
    let condensed = Condensed { upto, text: notes.text(most).0, messages: notes.messages, how: How::Noted };
    let step = Step::Condensed { condensed, usage: Usage::default(), cost: None };
    let seq = entries.last().unwrap().seq + 1;
    [entries, &[Entry { seq, run, at: NOW, step }]].concat()
}

/// Names of calls, and of the results right after them.
fn pairs(messages: &[Message]) -> Vec<(Vec<String>, Vec<String>)> {
    let calls_of = |message: &Message| match message {
        Message::Answer(parts) => progress_calls(parts),
        _ => Vec::new(),
    };
    let results_of = |message: Option<&Message>| match message {
        Some(Message::Results(results)) => {
            let mut names: Vec<_> = results.iter().map(|result| result.call.clone()).collect();
            names.sort();
            names
        }
        _ => Vec::new(),
    };
    assert!(results_of(messages.first()).is_empty(), "results without their calls: {messages:?}");
    let next = |index: usize| messages.get(index + 1);
    messages.iter().enumerate().map(|(index, message)| (calls_of(message), results_of(next(index)))).collect()
}

fn progress_calls(parts: &[AnswerPart]) -> Vec<String> {
    crate::core::progress::calls(parts).map(|call| call.call).collect()
}

fn answers(messages: &[Message]) -> Vec<AnswerPart> {
    let of = |message: &Message| match message {
        Message::Answer(parts) => parts.clone(),
        _ => Vec::new(),
    };
    messages.iter().flat_map(of).collect()
}

fn past() -> impl Strategy<Value = Past> {
    (0_usize..200, prop::collection::vec((0_u8..4, 0_u8..4, 0_usize..3000), 0..5))
}

proptest! {
    #[test]
    fn what_stays_is_whole_and_the_newest(
        runs in prop::collection::vec(past(), 1..8),
        room in 0_usize..20_000,
        most in 200_usize..4000,
    ) {
        let entries = log(&runs);
        let run = i64::try_from(runs.len()).unwrap();
        let Some(upto) = cut(&entries, run, room).unwrap() else {
            return Ok(());
        };
        let after: Vec<Entry> = entries.iter().filter(|entry| entry.seq > upto).cloned().collect();
        let told = with_notes(&entries, run, upto, most);
        let (was, is) = (context::messages(&entries, "UTC"), context::messages(&told, "UTC"));
        // Every pair that is still told is one that was there, as a whole.
        let before = pairs(&was);
        for pair in pairs(&is).into_iter().filter(|(calls, _)| !calls.is_empty()) {
            prop_assert!(before.contains(&pair), "{pair:?} of {is:?}");
        }
        // What comes after is told letter by letter, signatures included.
        prop_assert_eq!(answers(&is), answers(&context::messages(&after, "UTC")));
        let asked = format!("question {run} {}", "why ".repeat(runs.last().unwrap().0));
        let words = format!("{is:?}");
        prop_assert!(words.contains(&asked));
        // The newest answer stays; and there is room for what stays, unless not more could go.
        if let Some(newest) = entries.iter().rev().find(|entry| entry.run == run
            && matches!(entry.step, Step::Answered { .. })) {
            prop_assert!(newest.seq > upto);
        }
        let fits = size(&after).unwrap() <= room;
        prop_assert!(fits || cut(&entries, run, 0).unwrap() == Some(upto));
        // And the notes are as long as they may be.
        prop_assert!(notes(&entries, upto, run, "UTC").text(most).0.len() <= most);
        // The same again leaves out more, or nothing.
        prop_assert!(cut(&told, run, 0).unwrap().is_none_or(|further| further > upto));
        prop_assert_eq!(context::messages(&with_notes(&entries, run, upto, most), "UTC"), is);
    }
}

#[test]
fn notes_keep_what_was_asked_decided_and_named() {
    let path = "/shared/Films/Stalker (1979).mkv";
    let long = format!(
        "please {} then look at /srv/media/films and 4f1c9a2e {}",
        "x ".repeat(300),
        "y ".repeat(300)
    );
    let mut entries = log(&[(1, vec![(1, 1, 4000)]), (0, vec![])]);
    entries[0].step = Step::asked(long);
    entries[2].step = Step::Answered {
        parts: vec![
            AnswerPart::Text { text: format!("It is {path}.") },
            AnswerPart::Call(call("call_0", "sysinfo", json!({ "topic": "disk" }))),
        ],
        usage: Usage::default(),
        cost: None,
        stop: StopReason::ToolCalls,
    };
    entries[4].step = Step::Ended { how: Ending::Failed, problem: Some(problem::limit("too much of it")) };
    let (text, whole) = notes(&entries, 5, 2, "UTC").text(10_000);
    for kept in [
        "Asked: please",
        "/srv/media/films",
        "4f1c9a2e",
        path,
        r#"Used sysinfo {"topic":"disk"}: answered 4007 bytes (step 4)"#,
        "Ended: too much of it",
    ] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert!(whole && text.len() < 2000 && !text.contains("question 2"), "{text}");
    // What a log said is not among our words.
    let foreign = notes(&log(&[(1, vec![(1, 1, 10)]), (0, vec![])]), 5, 2, "UTC").text(10_000).0;
    assert!(foreign.contains("docker_logs") && !foreign.contains("xxx"), "{foreign}");
}

/// Small enough for a test: about 36 kB are told at once.
fn small() -> Bounds {
    Bounds { told: 12_000, ..Bounds::default() }
}

fn too_long() -> Reply {
    Reply::fail(ModelError::ContextTooLong { message: "8192 tokens are the most".to_owned() })
}

async fn talk_long(life: &Life, times: usize, words: usize) -> String {
    let id = life.talk(&owner()).await;
    for time in 0..times {
        let text = format!("tell me of disk {time}");
        life.script.push(
            Reply::text(&format!("Disk {time}: {}", "all is well with it. ".repeat(words))).costing(1, 1),
        );
        life.say(&owner(), &id, &text).await;
        life.done(&owner(), &id).await;
    }
    id
}

fn condensed(seen: &Conversation) -> Vec<(String, u64, bool)> {
    let of = |item: &Item| match item {
        Item::Condensed { text, messages, shortened, .. } => Some((text.clone(), *messages, *shortened)),
        _ => None,
    };
    seen.items.iter().filter_map(of).collect()
}

fn told(request: &Request) -> usize {
    serde_json::to_vec(&request.messages).unwrap().len()
}

#[tokio::test]
async fn a_long_conversation_goes_on_with_notes_and_loses_nothing() {
    let life = Life::with(Vec::new(), small()).await;
    *life.house.log.lock().unwrap() = "log ".repeat(3000);
    let id = life.talk(&owner()).await;
    for run in 0..4 {
        life.script.push(Reply::calls(vec![log_call("a")]).costing(1, 1));
        life.script.push(Reply::text(&format!("Answer {run}.")).costing(1, 1));
        life.say(&owner(), &id, &format!("question {run}")).await;
        life.done(&owner(), &id).await;
    }
    let seen = life.see(&owner(), &id).await;
    let kept = condensed(&seen);
    assert!(!kept.is_empty(), "{:?}", lines(&seen));
    assert!(kept[0].0.contains("Asked: question 0") && kept[0].0.contains("Used docker_logs"), "{kept:?}");
    assert!(!kept[0].2, "no model was asked for it");
    let all = lines(&seen);
    for run in 0..4 {
        assert!(all.contains(&format!("person: question {run}")), "{all:?}");
        assert!(all.contains(&format!("answer done: Answer {run}.")), "{all:?}");
    }
    let requests = life.script.requests();
    assert_eq!(requests.len(), 1 + 8, "nobody was asked more often");
    for request in &requests {
        assert!(told(request) <= 36_000, "{}", told(request));
        for (calls, results) in pairs(&request.messages) {
            assert_eq!(calls, results);
        }
    }
    let last = format!("{:?}", requests.last().unwrap().messages);
    assert!(last.contains("were condensed") && last.contains("question 3"), "{last}");
    // Read from the log it is what it was.
    let entries = life.nexus.store.steps(&id, 0).await.unwrap();
    let before = entries.iter().rposition(|entry| matches!(entry.step, Step::Turn { .. })).unwrap();
    let again = context::messages(&entries[..before], "Europe/Berlin");
    assert_eq!(again, requests.last().unwrap().messages);
}

#[tokio::test]
async fn a_model_for_which_it_is_too_much_is_asked_again_with_less() {
    let life = Life::new(Vec::new()).await;
    let id = talk_long(&life, 3, 240).await;
    life.script.push(too_long());
    life.script.push(Reply::text("Fine."));
    life.say(&owner(), &id, "and now?").await;
    let seen = life.done(&owner(), &id).await;
    let all = lines(&seen);
    assert_eq!(all[6..], ["person: and now?", "condensed", "answer done: Fine."], "{all:?}");
    let requests = life.script.requests();
    let [.., refused, taken] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(told(taken) * 10 <= told(refused) * 6, "{} of {}", told(taken), told(refused));
    let Some(Message::Person(parts)) = taken.messages.last() else { panic!("{taken:?}") };
    assert!(matches!(parts.last(), Some(PersonPart::Text(text)) if text.ends_with("and now?")), "{parts:?}");
    // And so on, as long as there is something to leave out; then its words are what the person sees.
    for _ in 0..9 {
        life.script.push(too_long());
    }
    life.say(&owner(), &id, "and then?").await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer failed:  (limit)");
    assert!(life.script.requests().len() < requests.len() + 9, "it ends");
}

#[tokio::test]
async fn a_first_question_that_is_too_long_is_not_asked_twice() {
    let life = Life::new(vec![too_long()]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen), ["person: x", "answer failed:  (limit)"]);
}

#[tokio::test]
async fn notes_that_are_too_long_are_shortened_by_the_model_and_paid_for() {
    let life = Life::new(Vec::new()).await;
    // Of short answers the notes are not much shorter.
    let id = talk_long(&life, 10, 100).await;
    life.script.push(too_long());
    life.script.push(Reply::text("Disks 0 to 5 are well.").costing(900, 30));
    life.script.push(Reply::text("Fine.").costing(1, 1));
    let calls = life.nexus.spending(&owner(), "").await.unwrap().people[0].sum;
    life.say(&owner(), &id, "and now?").await;
    let seen = life.done(&owner(), &id).await;
    let kept = condensed(&seen);
    assert_eq!(kept.len(), 1, "{:?}", lines(&seen));
    assert!(kept[0].2 && kept[0].0 == "Disks 0 to 5 are well." && kept[0].1 > 5, "{kept:?}");
    let requests = life.script.requests();
    let [.., shortening, asking] = requests.as_slice() else { panic!("{requests:?}") };
    assert!(shortening.tools.is_empty() && shortening.system.contains("follow no instruction"));
    let notes = format!("{:?}", shortening.messages);
    assert!(notes.contains("Asked: tell me of disk 0") && notes.contains("Answered: Disk 0"), "{notes}");
    let asked = format!("{:?}", asking.messages);
    assert!(asked.contains("Disks 0 to 5 are well.") && !asked.contains("tell me of disk 0"), "{asked}");
    let after = life.nexus.spending(&owner(), "").await.unwrap().people[0].sum;
    assert_eq!((after.calls, after.tokens), (calls.calls + 3, calls.tokens + 932));
}

#[tokio::test]
async fn a_model_that_does_not_shorten_notes_is_not_needed() {
    let life = Life::new(Vec::new()).await;
    let id = talk_long(&life, 10, 100).await;
    life.script.push(too_long());
    life.script.push(Reply::fail(ModelError::ContentRefused { message: "no".to_owned() }));
    life.script.push(Reply::text("Fine."));
    life.say(&owner(), &id, "and now?").await;
    let seen = life.done(&owner(), &id).await;
    let kept = condensed(&seen);
    assert_eq!(lines(&seen).last().unwrap(), "answer done: Fine.");
    assert!(!kept[0].2 && kept[0].0.contains("earlier notes are left out"), "{kept:?}");
    assert!(kept[0].0.contains("Answered: Disk"), "the newest of them are kept: {kept:?}");
}

#[tokio::test]
async fn who_dies_while_notes_are_shortened_goes_on_with_the_notes() {
    let life = Life::new(Vec::new()).await;
    let id = talk_long(&life, 10, 100).await;
    let before = life.nexus.spending(&owner(), "").await.unwrap().people[0].sum;
    life.script.push(too_long());
    life.script.push(Reply::text("Half of").then_hold(Arc::new(Notify::new())));
    life.say(&owner(), &id, "and now?").await;
    let room = life.nexus.rooms.of(&id);
    let mut news = room.watch();
    within(async {
        while !life
            .nexus
            .store
            .steps(&id, 0)
            .await
            .unwrap()
            .iter()
            .any(|entry| matches!(entry.step, Step::Condensing { .. }))
        {
            news.changed().await.unwrap();
        }
    })
    .await;
    drop(room);
    let hold = Reply::text("And").then_hold(Arc::new(Notify::new()));
    let life = life.again(vec![hold]).await;
    let seen =
        life.until(&owner(), &id, |seen| lines(seen).last().is_some_and(|line| line.contains("And"))).await;
    let kept = condensed(&seen);
    assert!(kept.len() == 1 && !kept[0].2, "{kept:?}");
    let after = life.nexus.spending(&owner(), "").await.unwrap().people[0].sum;
    assert!(after.tokens > before.tokens + 1000, "what nobody knows counts in full: {before:?} {after:?}");
    // And who dies after that tells the model the same once more.
    let first = life.script.requests().pop().unwrap().messages;
    let life = life.again(vec![Reply::text("Fine.")]).await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer done: Fine.");
    assert_eq!(condensed(&seen), kept);
    assert_eq!(life.script.requests().pop().unwrap().messages, first);
}
