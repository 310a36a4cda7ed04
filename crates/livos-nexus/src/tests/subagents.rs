//! Subagents: a task handed over and its outcome, through deaths and stops, and never with more than its asker has.

use livos_bus::approvals::ProposalState;
use livos_bus::assistant::SubagentWork;

use super::*;
use crate::core::approvals::Move;
use crate::core::subagents::Wish;

fn spawn(id: &str, arguments: Value) -> ToolCall {
    call(id, "spawn_subagent", arguments)
}

fn create(arguments: Value) -> Reply {
    Reply::calls(vec![call("c", "subagent_create", arguments)])
}

fn message(text: &str) -> Reply {
    Reply::calls(vec![call("m", "subagent_message", json!({ "id": "watcher", "message": text }))])
}

fn watcher(more: &Value) -> Value {
    let mut all = json!({ "id": "watcher", "name": "Watcher", "description": "Watches Jellyfin.",
        "system_prompt": "Be short." });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

/// What the model was told in a request.
fn told(life: &Life, request: usize) -> String {
    format!("{:?}", life.script.requests()[request].messages)
}

/// Who works for a conversation, in the order of the calls.
fn at_work(seen: &Conversation) -> Vec<SubagentWork> {
    let works = seen.items.iter().filter_map(|item| match item {
        Item::Tool { subagent, .. } => subagent.clone(),
        _ => None,
    });
    works.collect()
}

/// A conversation whose subagent's model holds.
async fn holding(more: Vec<Reply>) -> (Life, String, SubagentWork) {
    let mut script = vec![
        Reply::calls(vec![spawn("a", json!({ "task": "Look." }))]),
        Reply::text("Half").then_hold(Arc::new(Notify::new())),
    ];
    script.extend(more);
    let life = Life::new(script).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let seen = life.until(&owner(), &id, |seen| !at_work(seen).is_empty()).await;
    let work = at_work(&seen).remove(0);
    life.until(&owner(), &work.conversation, |seen| seen.items.len() == 2).await;
    (life, id, work)
}

impl Life {
    async fn ask(&self, id: &str, text: &str) -> Conversation {
        self.say(&owner(), id, text).await;
        self.done(&owner(), id).await
    }
}

#[tokio::test]
async fn a_task_is_done_by_one_made_for_it_and_its_answer_is_the_calls_result() {
    let task = json!({ "task": "Why does Jellyfin restart?", "tools": ["docker_logs", "status"] });
    let life = Life::new(vec![
        Reply::calls(vec![spawn("a", task)]),
        Reply::calls(vec![log_call("l")]),
        Reply::text("It has no memory left."),
        Reply::text("No memory."),
    ])
    .await;
    *life.house.log.lock().unwrap() = "out of memory".to_owned();
    let id = life.talk(&owner()).await;
    let seen = life.ask(&id, "why?").await;
    assert_eq!(lines(&seen), ["person: why?", "tool done: spawn_subagent", "answer done: No memory."]);
    let [work] = &at_work(&seen)[..] else { panic!("{seen:?}") };
    assert_eq!(work.name, "Why does Jellyfin restart?");
    let other = life.see(&owner(), &work.conversation).await;
    assert_eq!(
        lines(&other),
        [
            "person: Why does Jellyfin restart?",
            "tool done: docker_logs",
            "answer done: It has no memory left."
        ]
    );
    let Item::Person { asked_in, .. } = &other.items[0] else { panic!("{other:?}") };
    assert_eq!(asked_in.as_deref(), Some(id.as_str()));
    assert_eq!(other.info.subagent.as_deref(), Some("Why does Jellyfin restart?"));
    assert_eq!(seen.info.subagent, None);
    let requests = life.script.requests();
    let names: Vec<_> = requests[2].tools.iter().map(|tool| tool.name.as_str()).collect();
    let given = ["status", "docker_logs", "result_read"];
    assert_eq!(names, given, "it is offered what it was given, and what reads on in long results");
    assert!(requests[2].system.contains("a subagent of Nexus"), "{}", requests[2].system);
    assert!(!told(&life, 2).contains("why?"), "it begins with nothing but its task");
    assert!(told(&life, 4).contains("It has no memory left."));
    let spent = life.nexus.spending(&owner(), "").await.unwrap();
    assert!(spent.people[0].parts.iter().all(|part| part.cause == "chat"), "{spent:?}");
    // It goes with the conversation it was made for.
    life.nexus.remove(&owner(), &id).await.unwrap();
    assert!(life.nexus.conversations(&owner()).await.unwrap().is_empty());
}

#[tokio::test]
async fn several_work_at_once_and_no_more_than_a_few() {
    let calls = (0..6).map(|number| spawn(&format!("s{number}"), json!({ "task": "Look." }))).collect();
    let mut script = vec![Reply::calls(calls)];
    let go_on = Arc::new(Notify::new());
    script.extend((0..4).map(|_| Reply::text("So").then_hold(Arc::clone(&go_on))));
    script.push(Reply::text("All four."));
    let life = Life::new(script).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let seen = life.until(&owner(), &id, |seen| at_work(seen).len() == 4).await;
    for work in at_work(&seen) {
        // All of them speak before one has ended.
        life.until(&owner(), &work.conversation, |seen| seen.items.len() == 2).await;
    }
    assert!(life.see(&owner(), &id).await.info.running);
    assert_eq!(life.script.requests().len(), 6, "and nobody else is asked before they have answered");
    for work in at_work(&seen) {
        go_on.notify_one();
        let _ = work;
    }
    let seen = life.done(&owner(), &id).await;
    let tools = lines(&seen);
    assert_eq!(tools.iter().filter(|line| *line == "tool done: spawn_subagent").count(), 4, "{tools:?}");
    assert_eq!(tools.iter().filter(|line| line.starts_with("tool failed")).count(), 2, "{tools:?}");
    assert!(told(&life, 6).contains("4 subagents work for this at once"));
}

#[tokio::test]
async fn one_that_is_kept_has_its_history_and_its_count() {
    let life = Life::new(vec![
        create(watcher(&json!({ "tools": ["status"], "max_turns": 2 }))),
        Reply::text("Made."),
        message("First."),
        Reply::text("One."),
        Reply::text("ok"),
        message("Second."),
        Reply::text("Two."),
        Reply::text("ok"),
        Reply::calls(vec![call("l", "subagent_list", json!({}))]),
        Reply::text("one"),
    ])
    .await;
    let id = life.talk(&owner()).await;
    life.ask(&id, "make one").await;
    life.ask(&id, "first").await;
    let seen = life.ask(&id, "second").await;
    let works = at_work(&seen);
    assert_eq!(works[0].conversation, works[1].conversation);
    assert!(told(&life, 7).contains("First.") && told(&life, 7).contains("One."), "{}", told(&life, 7));
    assert!(life.script.requests()[7].system.contains("Be short."));
    life.ask(&id, "which are there?").await;
    let listed = told(&life, 10);
    for expected in ["\\\"watcher\\\"", "\\\"runs\\\": 2", "\\\"max_turns\\\": 2"] {
        assert!(
            listed.contains(expected) || listed.contains(&expected.replace('\\', "")),
            "{expected}: {listed}"
        );
    }
    // It belongs to its person.
    assert!(life.nexus.subagents(&member()).await.unwrap().is_empty());
    let deleted = life.nexus.delete_subagent(&member(), "watcher").await;
    assert!(matches!(deleted, Err(crate::Error::UnknownSubagent)), "{deleted:?}");
    // What it has done stays, and may no more than before.
    life.nexus.delete_subagent(&owner(), "watcher").await.unwrap();
    let kept = life.see(&owner(), &works[0].conversation).await;
    assert!(kept.info.archived && kept.info.subagent.is_none());
    life.script.push(Reply::text("Still here."));
    life.ask(&works[0].conversation, "Are you there?").await;
    let requests = life.script.requests();
    let offered: Vec<_> = requests.last().unwrap().tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(offered.len(), 2, "{offered:?}");
    assert_eq!(offered[1], "result_read");
}

#[tokio::test]
async fn nobody_gets_more_by_asking_another() {
    let more = vec![
        call("a", "spawn_subagent", json!({ "task": "x" })),
        call("b", "cron", json!({ "task": "x", "delay": 5 })),
        log_call("c"),
    ];
    let life = Life::new(vec![
        Reply::calls(vec![
            spawn("s", json!({ "task": "Look.", "tools": ["status"] })),
            spawn("t", json!({ "task": "Look.", "tools": ["spawn_subagent"] })),
            spawn("u", json!({ "task": "Look.", "tools": ["no_such"] })),
        ]),
        Reply::calls(more),
        Reply::text("I may not."),
        Reply::text("ok"),
    ])
    .await;
    let id = life.talk(&owner()).await;
    let seen = life.ask(&id, "one").await;
    assert_eq!(lines(&seen).iter().filter(|line| *line == "tool failed: spawn_subagent (failed)").count(), 2);
    let other = life.see(&owner(), &at_work(&seen)[0].conversation).await;
    assert_eq!(lines(&other).iter().filter(|line| line.starts_with("tool failed")).count(), 3, "{other:?}");
    assert!(life.house.asked().is_empty(), "nothing was looked at: {:?}", life.house.asked());
}

#[tokio::test]
async fn what_a_skill_narrows_stays_narrow_in_whoever_is_asked() {
    let text = "---\nname: strict\ndescription: Only looks.\ntools: [status, spawn_subagent, subagent_message]\n---\nLook.\n";
    let life = Life::new(vec![
        Reply::calls(vec![call("u", "skill_use", json!({ "name": "strict" }))]),
        Reply::calls(vec![
            spawn("a", json!({ "task": "Read the log." })),
            spawn("b", json!({ "task": "Read the log.", "tools": ["docker_logs"] })),
            call("m", "subagent_message", json!({ "id": "watcher", "message": "Read the log." })),
        ]),
        Reply::calls(vec![log_call("l")]),
        Reply::calls(vec![log_call("l")]),
        Reply::text("I may not."),
        Reply::text("I may not."),
        Reply::text("ok"),
    ])
    .await;
    let from = crate::core::subagents::From { made_by: "", used: &[], tainted: false };
    let wish = Wish {
        name: Some("Watcher".to_owned()),
        description: Some("Watches.".to_owned()),
        ..Wish::default()
    };
    life.nexus.create_subagent(&owner(), "watcher", wish, from).await.unwrap();
    let made = life.nexus.add_skill(&owner(), text, crate::core::skills::Source::Person).await.unwrap();
    let revision = made.waiting.unwrap().id;
    let enable = crate::core::skills::Change::Enable(&revision);
    life.nexus.change_skill(&owner(), "strict", enable).await.unwrap();
    let id = life.talk(&owner()).await;
    let seen = life.ask(&id, "one").await;
    assert!(lines(&seen).contains(&"tool failed: spawn_subagent (failed)".to_owned()), "{seen:?}");
    for work in at_work(&seen) {
        let other = life.see(&owner(), &work.conversation).await;
        assert!(lines(&other).contains(&"tool failed: docker_logs (failed)".to_owned()), "{other:?}");
    }
    assert_eq!(at_work(&seen).len(), 2);
    assert!(life.house.asked().is_empty(), "{:?}", life.house.asked());
}

#[tokio::test]
async fn a_strangers_words_taint_both_ways() {
    let life = Life::new(vec![
        // A clean conversation asks one that reads a log, and then proposes.
        Reply::calls(vec![spawn("s", json!({ "task": "Read the log." }))]),
        Reply::calls(vec![log_call("l")]),
        Reply::text("It says: restart it."),
        Reply::calls(vec![call("r", "apps_restart", json!({ "app": "jellyfin", "why": "So." }))]),
    ])
    .await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    life.until(&owner(), &id, |seen| seen.info.asks).await;
    let proposals = life.nexus.approvals(&owner()).await.unwrap().proposals;
    assert!(proposals[0].tainted && proposals[0].subagent.is_none(), "{proposals:?}");
    life.nexus.move_own(&owner(), &proposals[0].id, Move::Deny("no".to_owned())).await.unwrap();
    life.script.push(Reply::text("Then not."));
    life.done(&owner(), &id).await;
    // The same conversation, now foreign, asks one that has read nothing.
    life.script.push(Reply::calls(vec![spawn("s", json!({ "task": "Restart it." }))]));
    life.script.push(Reply::calls(vec![call(
        "r",
        "apps_restart",
        json!({ "app": "jellyfin", "why": "So." }),
    )]));
    life.say(&owner(), &id, "two").await;
    let seen = life.until(&owner(), &id, |seen| at_work(seen).len() == 2).await;
    let work = at_work(&seen).remove(1);
    life.until(&owner(), &work.conversation, |seen| seen.info.asks).await;
    let proposals = life.nexus.approvals(&owner()).await.unwrap().proposals;
    assert!(proposals[0].tainted, "{proposals:?}");
    assert_eq!(proposals[0].subagent.as_deref(), Some("Restart it."), "the card names who asks");
    assert_eq!(proposals[0].conversation, work.conversation);
}

#[tokio::test]
async fn instructions_made_after_a_strangers_words_are_a_strangers() {
    let life = Life::new(vec![
        Reply::calls(vec![log_call("l")]),
        create(watcher(&json!({}))),
        Reply::text("Made."),
        // Asked from a conversation that has heard nothing.
        message("Go."),
        Reply::text("Gone."),
        Reply::calls(vec![call("r", "apps_restart", json!({ "app": "jellyfin", "why": "So." }))]),
    ])
    .await;
    let id = life.talk(&owner()).await;
    life.ask(&id, "one").await;
    let other = life.talk(&owner()).await;
    life.say(&owner(), &other, "two").await;
    life.until(&owner(), &other, |seen| seen.info.asks).await;
    assert!(life.nexus.approvals(&owner()).await.unwrap().proposals[0].tainted);
}

#[tokio::test]
async fn a_stop_stops_whoever_works_for_it() {
    let (life, id, work) = holding(Vec::new()).await;
    life.nexus.stop(&owner(), &id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[1..], ["tool failed: spawn_subagent (failed)", "answer stopped: "]);
    let other = life.see(&owner(), &work.conversation).await;
    assert_eq!(lines(&other)[1..], ["answer stopped: Half"]);
    assert!(!other.info.running);
}

#[tokio::test]
async fn a_stop_of_one_that_asks_withdraws_what_it_proposed() {
    let life = Life::new(vec![
        Reply::calls(vec![spawn("s", json!({ "task": "Restart it." }))]),
        Reply::calls(vec![call("r", "apps_restart", json!({ "app": "jellyfin", "why": "So." }))]),
    ])
    .await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let seen = life.until(&owner(), &id, |seen| at_work(seen).len() == 1).await;
    let work = at_work(&seen).remove(0);
    life.until(&owner(), &work.conversation, |seen| seen.info.asks).await;
    let proposal = life.nexus.approvals(&owner()).await.unwrap().proposals.remove(0);
    life.nexus.stop(&owner(), &id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer stopped: ");
    let now = life.nexus.approval(&owner(), &proposal.id).await.unwrap();
    assert_eq!(now.state, ProposalState::Withdrawn);
}

#[tokio::test]
async fn stopping_the_subagent_alone_is_told_to_whoever_waits() {
    let (life, id, work) = holding(vec![Reply::text("Then not.")]).await;
    life.nexus.stop(&owner(), &work.conversation).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[1..], ["tool failed: spawn_subagent (failed)", "answer done: Then not."]);
    let (life, id, work) = holding(vec![Reply::text("Then not.")]).await;
    life.nexus.remove(&owner(), &work.conversation).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[1..], ["tool failed: spawn_subagent (failed)", "answer done: Then not."]);
    assert!(told(&life, 3).contains("deleted the conversation"), "{}", told(&life, 3));
}

#[tokio::test]
async fn one_that_comes_to_no_end_says_so() {
    let looks = || Reply::calls(vec![call("l", "status", json!({}))]);
    let life = Life::new(vec![
        Reply::calls(vec![spawn("s", json!({ "task": "Look.", "max_turns": 2 }))]),
        Reply::text("I begin.").then_calls(vec![call("l", "status", json!({}))]),
        looks(),
        Reply::text("It took too long."),
    ])
    .await;
    let id = life.talk(&owner()).await;
    let seen = life.ask(&id, "one").await;
    assert_eq!(lines(&seen)[1..], ["tool failed: spawn_subagent (failed)", "answer done: It took too long."]);
    assert!(
        told(&life, 4).contains("after 2 steps") && told(&life, 4).contains("I begin."),
        "{}",
        told(&life, 4)
    );
}

#[tokio::test]
async fn what_a_subagent_asks_is_seen_where_it_was_asked() {
    let life = Life::new(vec![
        Reply::calls(vec![spawn("s", json!({ "task": "Restart it." }))]),
        Reply::calls(vec![call("r", "apps_restart", json!({ "app": "jellyfin", "why": "So." }))]),
    ])
    .await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let seen = life.until(&owner(), &id, |seen| seen.info.asks).await;
    let proposal = life.nexus.approvals(&owner()).await.unwrap().proposals.remove(0);
    assert_eq!(proposal.asked_in.as_deref(), Some(id.as_str()), "rules of that conversation are asked");
    let listed = life.nexus.conversations(&owner()).await.unwrap();
    assert_eq!(listed.iter().filter(|one| one.asks).count(), 2, "{listed:?}");
    life.script.push(Reply::text("Then not."));
    life.script.push(Reply::text("ok"));
    life.nexus.move_own(&owner(), &proposal.id, Move::Deny("no".to_owned())).await.unwrap();
    let seen_after = life.done(&owner(), &id).await;
    assert!(!seen_after.info.asks);
    // What is over is found where it was asked for, and not in the list.
    let listed = life.nexus.conversations(&owner()).await.unwrap();
    assert_eq!(listed.len(), 1);
    life.see(&owner(), &at_work(&seen)[0].conversation).await;
}

#[tokio::test]
async fn a_stop_ends_a_task_that_waits_for_its_turn() {
    let life = Life::new(vec![
        create(watcher(&json!({}))),
        Reply::text("Made."),
        message("First."),
        Reply::calls(vec![call("r", "apps_restart", json!({ "app": "jellyfin", "why": "So." }))]),
    ])
    .await;
    let first = life.talk(&owner()).await;
    life.ask(&first, "make one").await;
    life.say(&owner(), &first, "one").await;
    life.until(&owner(), &first, |seen| seen.info.asks).await;
    let second = life.talk(&owner()).await;
    life.script.push(message("Second."));
    life.say(&owner(), &second, "two").await;
    life.until(&owner(), &second, |seen| !at_work(seen).is_empty()).await;
    life.nexus.stop(&owner(), &second).await.unwrap();
    let seen = life.done(&owner(), &second).await;
    assert_eq!(lines(&seen)[1..], ["tool failed: subagent_message (failed)", "answer stopped: "]);
    let other = life.see(&owner(), &at_work(&seen)[0].conversation).await;
    assert!(other.info.asks && other.queued.is_empty(), "the first one's goes on: {other:?}");
}

#[tokio::test]
async fn one_question_hands_over_only_so_much() {
    // With few tools, so that what is told of them does not use up the tokens first.
    let only = json!({ "task": "Look.", "tools": ["status"] });
    let task = |round: usize, number: usize| spawn(&format!("s{round}.{number}"), only.clone());
    let mut script = Vec::new();
    for round in 0..4 {
        script.push(Reply::calls((0..4).map(|number| task(round, number)).collect()));
        if round < 3 {
            script.extend((0..4).map(|_| Reply::text("So.")));
        }
    }
    script.push(Reply::text("Enough."));
    let life = Life::new(script).await;
    let id = life.talk(&owner()).await;
    let seen = life.ask(&id, "one").await;
    assert_eq!(at_work(&seen).len(), 12);
    assert_eq!(lines(&seen).last().unwrap(), "answer done: Enough.");
}
