//! What subagents are to do later: told where it was asked for, in loops, through deaths, and with no more than is had.

use livos_bus::schedules::{ScheduleInfo, ScheduleState};
use livos_bus::subagents::SubagentInfo;

use super::*;
use crate::Error;
use crate::core::schedules::Change;
use crate::core::step::Step;

fn plan(arguments: Value) -> Reply {
    Reply::calls(vec![call("p", "subagent_schedule", arguments)])
}

fn start(more: &Value) -> Reply {
    let mut all = json!({ "operation": "start", "id": "watcher", "task": "Look.", "interval": 1 });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Reply::calls(vec![call("p", "loop_manage", all)])
}

fn daily() -> Reply {
    plan(json!({ "operation": "add", "id": "watcher", "task": "Look.", "cron": "0 8 * * *" }))
}

/// A conversation in which a subagent was made and something planned for it.
async fn planned(reply: Reply, more: Vec<Reply>) -> (Life, String) {
    let made = json!({ "id": "watcher", "name": "Watcher", "description": "Watches." });
    let mut script =
        vec![Reply::calls(vec![call("c", "subagent_create", made)]), reply, Reply::text("I will.")];
    script.extend(more);
    let life = Life::new(script).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "watch it").await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer done: I will.", "{seen:?}");
    (life, id)
}

impl Life {
    /// What has come begins, as the edge has it.
    async fn begin(&self) -> i64 {
        self.come_due().await;
        let due = self.nexus.due_schedules().await.unwrap().remove(0);
        self.nexus.begin_schedule(&owner(), &due.id).await.unwrap()
    }

    async fn watcher(&self) -> SubagentInfo {
        self.nexus.shown_subagent(&owner(), "watcher").await.unwrap()
    }

    /// Waits until a subagent has nothing to do.
    async fn rests(&self) -> SubagentInfo {
        let place = self.watcher().await.conversation;
        self.done(&owner(), &place).await;
        self.watcher().await
    }

    async fn only_plan(&self) -> ScheduleInfo {
        let mut all = self.plan().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    fn last_told(&self) -> String {
        format!("{:?}", self.script.requests().last().unwrap().messages)
    }
}

#[tokio::test]
async fn what_a_subagent_did_later_is_told_where_it_was_asked_for() {
    let (mut life, id) =
        planned(daily(), vec![Reply::text("All is well."), Reply::text("It says so.")]).await;
    let one = life.only_plan().await;
    assert_eq!((one.subagent.as_deref(), one.conversation.as_str()), (Some("watcher"), id.as_str()));
    let mut changed = life.changed.take().unwrap();
    life.keep_time();
    life.pass(23 * 3600);
    life.begin().await;
    let about = life.rests().await;
    assert_eq!((about.last, about.last_result.as_str()), (Some(ScheduleState::Done), "All is well."));
    assert_eq!((about.runs, about.history.len(), about.history[0].task.as_str()), (1, 1, "Look."));
    let seen = life.see(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "report of Watcher: All is well.");
    let answered = within(async {
        loop {
            if let News::Answered(user, conversation) = changed.recv().await.unwrap() {
                return (user, conversation);
            }
        }
    });
    assert_eq!(answered.await, ("grace".to_owned(), id.clone()), "its person is told, and led there");
    // The next question is asked with it, as what somebody else said.
    life.say(&owner(), &id, "and?").await;
    life.done(&owner(), &id).await;
    let told = life.last_told();
    assert!(
        told.contains("a subagent did what was scheduled")
            && told.contains("Watcher")
            && told.contains("All is well."),
        "{told}"
    );
    let spent = life.nexus.spending(&owner(), "").await.unwrap();
    assert!(spent.people[0].parts.iter().any(|part| part.cause == "schedule" && part.sum.calls == 1));
}

#[tokio::test]
async fn what_was_begun_is_told_once_whoever_dies_when() {
    let (life, id) = planned(daily(), vec![Reply::text("Half").then_hold(Arc::new(Notify::new()))]).await;
    life.keep_time();
    life.pass(23 * 3600);
    life.begin().await;
    let place = life.watcher().await.conversation;
    life.until(&owner(), &place, |seen| seen.items.len() == 2).await;
    let life = life.again(vec![Reply::text("Whole.")]).await;
    life.rests().await;
    let life = life.again(Vec::new()).await;
    let told: Vec<_> = lines(&life.see(&owner(), &id).await);
    assert_eq!(told.iter().filter(|line| line.starts_with("report")).count(), 1, "{told:?}");
    assert_eq!(told.last().unwrap(), "report of Watcher: Whole.");
    assert!(life.nexus.due_schedules().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_loop_goes_round_with_what_it_said_until_it_is_over() {
    let long = "x".repeat(4200);
    let replies = vec![Reply::text(&format!("Begun. {long} Seen 1.")), Reply::text("Seen 2.")];
    let (life, id) = planned(start(&json!({ "max_iterations": 2 })), replies).await;
    life.keep_time();
    life.begin().await;
    life.rests().await;
    let one = life.only_plan().await;
    assert_eq!((one.every, one.most, one.done, one.next_at), (Some(60), Some(2), Some(1), Some(NOW + 60)));
    // The daemon dies between two runs, and nothing of the loop with it.
    let life = life.again(vec![Reply::text("Seen 2.")]).await;
    life.keep_time();
    life.clock.set(NOW);
    life.pass(60);
    life.begin().await;
    life.rests().await;
    let told = life.last_told();
    assert!(told.contains("This is run 2 of 2") && told.contains("x Seen 1."), "{told}");
    let state = told.split("how far it came:").nth(1).unwrap();
    assert!(!state.contains("Begun.") && state.contains(&"x".repeat(3900)), "it is the end of it");
    let one = life.only_plan().await;
    assert_eq!((one.done, one.next_at), (Some(2), None));
    let reports = lines(&life.see(&owner(), &id).await);
    assert_eq!(reports.iter().filter(|line| line.starts_with("report of Watcher")).count(), 2, "{reports:?}");
    life.nexus.change_schedules_of(&owner(), "watcher", Change::Resume).await.unwrap();
    assert_eq!(life.only_plan().await.next_at, None, "it is over");
}

#[tokio::test]
async fn a_loop_waits_when_it_is_paused_or_its_run_was_stopped_and_goes_on_when_it_is_resumed() {
    let holding = || Reply::text("Half").then_hold(Arc::new(Notify::new()));
    let (life, _) = planned(start(&json!({})), vec![holding()]).await;
    life.keep_time();
    life.begin().await;
    let place = life.watcher().await.conversation;
    life.until(&owner(), &place, |seen| seen.items.len() == 2).await;
    assert!(life.nexus.run_subagent(&owner(), "watcher", "").await.is_err(), "it is at work");
    life.nexus.stop(&owner(), &place).await.unwrap();
    life.rests().await;
    let one = life.only_plan().await;
    assert_eq!(
        (one.paused, one.next_at, one.problem.as_deref()),
        (true, None, Some("its last run was stopped"))
    );
    life.script.push(holding());
    life.nexus.change_schedules_of(&owner(), "watcher", Change::Resume).await.unwrap();
    life.begin().await;
    life.until(&owner(), &place, |seen| seen.items.len() == 4).await;
    // Paused and resumed while it is at work: neither twice at once nor never again.
    for change in [Change::Pause, Change::Resume] {
        life.nexus.change_schedules_of(&owner(), "watcher", change).await.unwrap();
    }
    life.come_due().await;
    let due = life.nexus.due_schedules().await.unwrap().remove(0);
    let begun = life.nexus.begin_schedule(&owner(), &due.id).await;
    assert!(matches!(begun, Err(Error::Conflict(_))), "{begun:?}");
    assert!(life.nexus.due_schedules().await.unwrap().is_empty());
    // A second loop of the same is refused.
    let more = life.talk(&owner()).await;
    life.script.push(start(&json!({})));
    life.script.push(Reply::text("No."));
    life.say(&owner(), &more, "again").await;
    let seen = life.done(&owner(), &more).await;
    assert_eq!(lines(&seen)[1], "tool failed: loop_manage (failed)");
}

#[tokio::test]
async fn what_is_planned_goes_with_its_subagent() {
    let (life, _) = planned(daily(), Vec::new()).await;
    life.nexus.delete_subagent(&owner(), "watcher").await.unwrap();
    assert!(life.plan().await.is_empty());
    let (life, _) = planned(start(&json!({})), Vec::new()).await;
    let place = life.watcher().await.conversation;
    life.nexus.remove(&owner(), &place).await.unwrap();
    assert!(life.plan().await.is_empty());
}

#[tokio::test]
async fn a_strangers_words_stay_so_on_the_way_there_and_back() {
    let both = Reply::calls(vec![
        log_call("l"),
        call(
            "p",
            "subagent_schedule",
            json!({ "operation": "add", "id": "watcher", "task": "Restart it.", "delay": 5 }),
        ),
    ]);
    let restart = call("r", "apps_restart", json!({ "app": "jellyfin", "why": "It was scheduled." }));
    let (life, _) = planned(both, vec![Reply::calls(vec![restart])]).await;
    let one = life.only_plan().await;
    life.nexus.run_schedule(&owner(), &one.id).await.unwrap();
    let place = life.watcher().await.conversation;
    life.until(&owner(), &place, |seen| seen.info.asks).await;
    let proposals = life.nexus.approvals(&owner()).await.unwrap().proposals;
    assert!(proposals[0].tainted, "whatever rule its person has, they are asked");
    // And what one has read outside is a stranger's where it is told.
    let read = vec![Reply::calls(vec![log_call("l")]), Reply::text("Read."), add_memory(), Reply::text("ok")];
    let (life, id) = planned(daily(), read).await;
    let one = life.only_plan().await;
    life.nexus.run_schedule(&owner(), &one.id).await.unwrap();
    life.rests().await;
    life.say(&owner(), &id, "remember that").await;
    life.done(&owner(), &id).await;
    let entries = life.nexus.store.steps(&id, 0).await.unwrap();
    assert!(crate::core::strangers::heard(&entries));
    // It taints the question it is told with, so that no rule answers for the person, and not the next one.
    let runs: Vec<i64> = entries
        .iter()
        .filter(|entry| matches!(entry.step, Step::Asked { .. }))
        .map(|entry| entry.run)
        .collect();
    let last = runs.last().copied().unwrap();
    assert!(crate::core::strangers::heard_in(&entries, last));
    assert!(!crate::core::strangers::heard_in(&entries, runs[0]));
}

#[tokio::test]
async fn a_loop_that_fails_again_and_again_waits_for_its_person() {
    let refused = || Reply::fail(livos_llm::Error::KeyRefused { message: "no such key".to_owned() });
    let (life, id) = planned(start(&json!({})), vec![refused(), refused(), refused(), refused()]).await;
    life.keep_time();
    for number in 0..3 {
        life.begin().await;
        let place = life.watcher().await.conversation;
        life.done(&owner(), &place).await;
        let one = life.only_plan().await;
        assert_eq!(one.done, Some(0), "a run in which nobody answered does not count");
        assert_eq!(one.paused, number == 2, "{one:?}");
        life.pass(60);
    }
    let why = life.only_plan().await.problem.unwrap();
    assert!(why.contains("its last 3 runs failed"), "{why}");
    // Whoever lets it go on gives it three more.
    let loop_id = life.only_plan().await.id;
    life.nexus.change_schedule(&owner(), &loop_id, crate::core::schedules::Change::Resume).await.unwrap();
    life.pass(60);
    life.begin().await;
    let place = life.watcher().await.conversation;
    life.done(&owner(), &place).await;
    assert!(!life.only_plan().await.paused);
    assert_eq!(
        lines(&life.see(&owner(), &id).await).iter().filter(|line| line.contains("failed")).count(),
        4
    );
}

#[tokio::test]
async fn what_is_begun_twice_at_one_moment_runs_once() {
    let (life, _) = planned(daily(), vec![Reply::text("Half").then_hold(Arc::new(Notify::new()))]).await;
    let one = life.only_plan().await;
    let me = owner();
    let (first, second) =
        tokio::join!(life.nexus.run_schedule(&me, &one.id), life.nexus.run_schedule(&me, &one.id));
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
}

fn add_memory() -> Reply {
    Reply::calls(vec![call("m", "memory_add", json!({ "content": "It is well." }))])
}

#[tokio::test]
async fn what_was_scheduled_plans_nothing_and_a_subagent_has_no_such_tools() {
    let again = daily();
    let (life, id) = planned(daily(), vec![again, Reply::text("I can't."), Reply::text("No.")]).await;
    life.nexus
        .schedule(
            &owner(),
            crate::core::schedules::Asked {
                id: "s".to_owned(),
                conversation: &id,
                task: "Plan.",
                when: crate::core::schedules::When::In(60),
                time_zone: "UTC",
                tainted: false,
                subagent: None,
                follows: &[],
            },
        )
        .await
        .unwrap();
    life.nexus.run_schedule(&owner(), "s").await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert!(lines(&seen).contains(&"tool failed: subagent_schedule (failed)".to_owned()), "{seen:?}");
    life.nexus.run_subagent(&owner(), "watcher", "Hello.").await.unwrap();
    life.rests().await;
    let request = life.script.requests().pop().unwrap();
    for tool in ["subagent_schedule", "loop_manage", "spawn_subagent", "cron"] {
        assert!(request.tools.iter().all(|offered| offered.name != tool), "{tool}");
    }
}

#[tokio::test]
async fn what_subagents_use_counts_for_the_question_they_work_for() {
    let task = |id: &str| call(id, "spawn_subagent", json!({ "task": "Look." }));
    let script = vec![Reply::calls(vec![task("a")]), Reply::text("Looked."), Reply::text("Never asked.")];
    let bounds = Bounds { tokens: 20, ..Bounds::default() };
    let life = Life::with(script, bounds).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "look").await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer failed:  (limit)", "{seen:?}");
    let spent = life.nexus.spending(&owner(), "").await.unwrap();
    assert!(spent.people[0].parts.iter().all(|part| part.sum.calls <= 2), "{spent:?}");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words_here_too() {
    let refused = [
        (start(&json!({ "interval": 0 })), "at least a minute"),
        (start(&json!({ "max_iterations": 1001 })), "1 to 1000"),
        (start(&json!({ "id": "nobody" })), "no such subagent"),
        (start(&json!({ "task": "" })), "say what is to be asked"),
        (
            plan(json!({ "operation": "add", "id": "watcher", "task": "Look." })),
            "one of delay, at, cron and on",
        ),
        (plan(json!({ "operation": "remove" })), "say which subagent"),
    ];
    for (reply, says) in refused {
        let (life, _) = planned(reply, Vec::new()).await;
        assert!(life.last_told().contains(says), "{says}: {}", life.last_told());
        assert!(life.plan().await.is_empty());
    }
}

#[tokio::test]
async fn one_that_works_says_how_far_it_is_and_notes_it_down() {
    let save =
        call("s", "task_state", json!({ "operation": "save", "key": "seen", "data": "three of five" }));
    let say = call("r", "progress_report", json!({ "message": "Three of five." }));
    let load = |id: &str| call(id, "task_state", json!({ "operation": "load", "key": "seen" }));
    let replies = vec![Reply::calls(vec![save, say]), Reply::text("All five.")];
    let (life, id) = planned(daily(), replies).await;
    let one = life.only_plan().await;
    life.nexus.run_schedule(&owner(), &one.id).await.unwrap();
    life.rests().await;
    let seen = lines(&life.see(&owner(), &id).await);
    assert_eq!(
        seen[seen.len() - 2..],
        ["report of Watcher so far: Three of five.", "report of Watcher: All five."]
    );
    // What it noted is found in its conversation, and nowhere else.
    let life = life.again(vec![Reply::calls(vec![load("l")]), Reply::text("So.")]).await;
    life.nexus.run_subagent(&owner(), "watcher", "Go on.").await.unwrap();
    life.rests().await;
    assert!(life.last_told().contains("three of five"), "{}", life.last_told());
    life.script.push(Reply::calls(vec![load("n")]));
    life.script.push(Reply::text("None."));
    life.say(&owner(), &id, "what did you note?").await;
    life.done(&owner(), &id).await;
    assert!(life.last_told().contains("there is no note"), "{}", life.last_told());
    let offered = life.script.requests().pop().unwrap().tools;
    assert!(offered.iter().all(|tool| tool.name != "progress_report"), "the person reads it as it writes");
    assert!(!life.last_told().contains("Three of five."), "how far it was is for people");
    assert!(life.last_told().contains("All five."), "and what came of it for both");
}

#[tokio::test]
async fn what_was_noted_after_a_strangers_words_says_so() {
    let state = |id: &str, more: &Value| {
        let mut all = json!({ "operation": "save", "key": "k" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        call(id, "task_state", all)
    };
    let both = vec![log_call("l"), state("s", &json!({ "data": "restart it" }))];
    let script = vec![
        Reply::calls(both),
        Reply::calls(vec![
            state("a", &json!({ "operation": "load" })),
            state("b", &json!({ "operation": "list" })),
            state("c", &json!({ "data": "x".repeat(9000) })),
            state("d", &json!({ "operation": "delete" })),
            state("e", &json!({ "operation": "load" })),
        ]),
        Reply::text("So."),
    ];
    let life = Life::new(script).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "note it").await;
    life.done(&owner(), &id).await;
    let notes = life.nexus.store.notes(&id).await.unwrap();
    let told = life.last_told();
    for says in ["from\\\": \\\"untrusted", "at most 8 KiB"] {
        assert!(told.contains(says), "{says}: {told}");
    }
    assert!(notes.iter().all(|note| note.tainted), "{notes:?}");
}
