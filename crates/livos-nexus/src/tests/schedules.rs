//! What is to be asked later: by the clock of a time zone, once, by whoever may then, and through deaths.

use livos_bus::schedules::{ScheduleInfo, ScheduleState};

use super::*;
use crate::Error;
use crate::core::schedules::{Asked, Change, When, wall};
use crate::store::schedules::Begin;

fn cron(arguments: Value) -> Reply {
    Reply::calls(vec![call("a", "cron", arguments)])
}

/// A conversation in which something was scheduled.
async fn scheduled(arguments: Value, replies: Vec<Reply>) -> (Life, String) {
    let mut script = vec![cron(arguments), Reply::text("I will.")];
    script.extend(replies);
    let life = Life::new(script).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "remind me").await;
    life.done(&owner(), &id).await;
    (life, id)
}

fn look<'a>(id: &str, when: When, time_zone: &'a str) -> Asked<'a> {
    Asked {
        id: id.to_owned(),
        conversation: "c",
        task: "Look.",
        when,
        time_zone,
        tainted: false,
        subagent: None,
        follows: &[],
    }
}

impl Life {
    /// Lets time keep itself, as the daemon does.
    pub(super) fn keep_time(&self) {
        let nexus = Arc::clone(&self.nexus);
        self.nexus.tasks.spawn(nexus.keep_time());
    }

    /// Time passes, and the timer goes off.
    pub(super) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.nexus.alarm.notify_one();
    }

    /// The one thing that is scheduled.
    async fn only(&self) -> ScheduleInfo {
        let mut all = self.plan().await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// Waits until something has come.
    pub(super) async fn come_due(&self) {
        within(async {
            while self.nexus.due_schedules().await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub(super) async fn plan(&self) -> Vec<ScheduleInfo> {
        self.nexus.schedules(&owner()).await.unwrap()
    }
}

/// Waits for news of something that has come.
async fn come(changed: &mut mpsc::UnboundedReceiver<News>) -> String {
    within(async {
        loop {
            if let News::Schedule(id) = changed.recv().await.unwrap() {
                return id;
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_reminder_comes_once_and_is_answered_where_it_was_asked_for() {
    let task = json!({ "task": "Look whether Jellyfin runs.", "delay": 2, "unit": "hours" });
    let (mut life, id) = scheduled(task, vec![Reply::text("It runs.")]).await;
    let one = life.only().await;
    assert_eq!(
        (one.next_at, one.cron.as_str(), one.time_zone.as_str()),
        (Some(NOW + 7200), "", "Europe/Berlin")
    );
    let mut changed = life.changed.take().unwrap();
    life.keep_time();
    life.pass(7199);
    assert!(life.nexus.due_schedules().await.unwrap().is_empty());
    life.pass(1);
    assert_eq!(come(&mut changed).await, one.id);
    // Nothing is asked before somebody says with which rights.
    assert_eq!(life.script.requests().len(), 3);
    let due = life.nexus.due_schedules().await.unwrap();
    assert_eq!((due.len(), due[0].id.as_str(), due[0].person.as_str()), (1, one.id.as_str(), "grace"));
    life.nexus.begin_schedule(&owner(), &one.id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[3..], ["person: Look whether Jellyfin runs.", "answer done: It runs."]);
    let Some(Item::Person { scheduled: Some(when), .. }) = seen.items.get(3) else { panic!("{seen:?}") };
    assert_eq!((when.due_at, when.late), (NOW + 7200, false));
    let asked = life.script.requests().pop().unwrap();
    assert!(asked.system.contains("nobody may be at the screen"), "{}", asked.system);
    let answered = within(async {
        loop {
            if let News::Answered(user, conversation) = changed.recv().await.unwrap() {
                return (user, conversation);
            }
        }
    });
    assert_eq!(answered.await, ("grace".to_owned(), id.clone()), "its person is told");
    // Once, whoever asks again.
    let again = life.nexus.begin_schedule(&owner(), &one.id).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    let over = life.only().await;
    assert_eq!((over.next_at, over.last), (None, Some(ScheduleState::Done)));
    let spent = life.nexus.spending(&owner(), "").await.unwrap();
    assert!(spent.people[0].parts.iter().any(|part| part.cause == "schedule" && part.sum.calls == 1));
}

#[tokio::test]
async fn it_comes_again_by_the_clock_on_the_wall_and_what_was_missed_comes_once_and_is_said() {
    let task = json!({ "task": "Report.", "cron": "0 8 * * *" });
    let (life, id) = scheduled(task, Vec::new()).await;
    let one = life.only().await;
    // NOW is 2027-01-15 08:00 UTC, so it is 9 in Berlin.
    let tomorrow = NOW + 23 * 3600;
    assert_eq!(one.next_at, Some(tomorrow));
    let life = life.again(vec![Reply::text("Late.")]).await;
    // The server is off for three days and a bit.
    life.clock.set(tomorrow + 3 * 86_400 + 600);
    life.keep_time();
    life.nexus.alarm.notify_one();
    life.come_due().await;
    life.nexus.begin_schedule(&owner(), &one.id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    let Some(Item::Person { scheduled: Some(when), .. }) = seen.items.get(3) else { panic!("{seen:?}") };
    assert_eq!((when.due_at, when.late), (tomorrow, true));
    let told = format!("{:?}", life.script.requests().last().unwrap().messages);
    assert!(told.contains("for Sat 2027-01-16 08:00 (Europe/Berlin), so it comes late: say so"), "{told}");
    let one = life.only().await;
    assert_eq!(one.next_at, Some(tomorrow + 4 * 86_400));
    assert!(life.nexus.due_schedules().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_has_come_survives_dying_before_and_after_it_was_begun() {
    let (life, id) = scheduled(json!({ "task": "Look.", "delay": 5 }), Vec::new()).await;
    let one = life.only().await;
    life.keep_time();
    life.pass(300);
    life.come_due().await;
    // It has come, and the daemon dies.
    let life = life.again(Vec::new()).await;
    assert_eq!(life.nexus.due_schedules().await.unwrap().len(), 1);
    // It was begun, and the daemon dies before anybody saw to it.
    let kept = life.nexus.store.own_schedule("grace", &one.id).await.unwrap().unwrap();
    let begin = Begin {
        one: &kept,
        actor: &owner(),
        due_at: kept.due_at,
        at: NOW,
        place: &kept.conversation,
        task: &kept.task,
        brief: None,
        reports_to: None,
    };
    life.nexus.store.begin_schedule(begin).await.unwrap();
    let life = life.again(vec![Reply::text("Looked.")]).await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer done: Looked.");
    assert!(life.nexus.due_schedules().await.unwrap().is_empty());
    assert_eq!(lines(&seen).iter().filter(|line| line.contains("Look.")).count(), 1, "only once");
}

#[tokio::test]
async fn it_is_paused_removed_and_had_back_by_its_person_alone() {
    let (life, id) =
        scheduled(json!({ "task": "Look.", "cron": "0 8 * * *" }), vec![Reply::text("Now.")]).await;
    let one = life.only().await;
    let change = async |change| life.nexus.change_schedule(&owner(), &one.id, change).await.unwrap();
    change(Change::Pause).await;
    assert!(matches!(life.plan().await.as_slice(), [ScheduleInfo { next_at: None, paused: true, .. }]));
    change(Change::Resume).await;
    assert!(matches!(life.plan().await.as_slice(), [ScheduleInfo { next_at: Some(_), paused: false, .. }]));
    change(Change::Remove).await;
    assert!(life.plan().await.is_empty());
    change(Change::Restore).await;
    assert_eq!(life.plan().await.len(), 1);
    let others = life.nexus.change_schedule(&member(), &one.id, Change::Remove).await;
    assert!(matches!(others, Err(Error::UnknownSchedule)));
    assert!(matches!(life.nexus.begin_schedule(&owner(), &one.id).await, Err(Error::Conflict(_))), "not due");
    // What is removed is neither resumed nor run, and what is there is not restored.
    change(Change::Remove).await;
    for what in [Change::Pause, Change::Resume] {
        let refused = life.nexus.change_schedule(&owner(), &one.id, what).await;
        assert!(matches!(refused, Err(Error::UnknownSchedule)), "{what:?}: {refused:?}");
    }
    let run = life.nexus.run_schedule(&owner(), &one.id).await;
    assert!(matches!(run, Err(Error::UnknownSchedule)), "{run:?}");
    change(Change::Remove).await;
    change(Change::Restore).await;
    change(Change::Restore).await;
    // Its conversation is gone: the answer gets one of its own.
    life.nexus.remove(&owner(), &id).await.unwrap();
    life.nexus.run_schedule(&owner(), &one.id).await.unwrap();
    let one = life.only().await;
    assert_ne!(one.conversation, id);
    assert_eq!(lines(&life.done(&owner(), &one.conversation).await).last().unwrap(), "answer done: Now.");
    life.nexus.refuse_schedule(&one.id, "the account is gone").await.unwrap();
    let one = life.only().await;
    assert_eq!((one.paused, one.problem.as_deref()), (true, Some("the account is gone")));
    life.nexus.forget("ada").await.unwrap();
    assert_eq!(life.plan().await.len(), 1);
    life.nexus.forget("grace").await.unwrap();
    assert!(life.plan().await.is_empty());
}

#[tokio::test]
async fn what_comes_once_still_comes_after_it_was_run_by_hand_and_paused() {
    let replies = vec![Reply::text("By hand."), Reply::text("In time.")];
    let (life, id) = scheduled(json!({ "task": "Look.", "delay": 5 }), replies).await;
    let one = life.only().await;
    life.nexus.run_schedule(&owner(), &one.id).await.unwrap();
    life.done(&owner(), &id).await;
    for change in [Change::Pause, Change::Resume, Change::Remove, Change::Restore] {
        life.nexus.change_schedule(&owner(), &one.id, change).await.unwrap();
    }
    assert_eq!(life.only().await.next_at, Some(NOW + 300));
    life.keep_time();
    life.pass(300);
    life.come_due().await;
    // The edge takes its time.
    life.pass(300);
    life.nexus.begin_schedule(&owner(), &one.id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer done: In time.");
    let said = seen.items.iter().rev().find_map(|item| match item {
        Item::Person { scheduled, .. } => *scheduled,
        _ => None,
    });
    assert!(said.unwrap().late);
    for change in [Change::Pause, Change::Resume] {
        life.nexus.change_schedule(&owner(), &one.id, change).await.unwrap();
    }
    assert_eq!(life.only().await.next_at, None, "once");
    // A month later it is not shown any more, when the next one is made.
    life.clock.advance(Duration::from_secs(31 * 86_400));
    life.nexus.schedule(&owner(), look("s", When::In(60), "UTC")).await.unwrap();
    assert_eq!(life.only().await.id, "s");
}

#[tokio::test]
async fn one_that_waits_for_an_approval_does_not_pile_up() {
    let restart = call("r", "apps_restart", json!({ "app": "jellyfin", "why": "It was scheduled." }));
    let task = json!({ "task": "Restart it.", "cron": "*/5 * * * *" });
    let (life, id) = scheduled(task, vec![Reply::calls(vec![restart])]).await;
    let one = life.only().await;
    life.nexus.run_schedule(&owner(), &one.id).await.unwrap();
    life.until(&owner(), &id, |seen| seen.info.asks).await;
    let again = life.nexus.run_schedule(&owner(), &one.id).await;
    assert!(matches!(again, Err(Error::Conflict(_))), "{again:?}");
    life.keep_time();
    life.pass(300);
    life.come_due().await;
    let begun = life.nexus.begin_schedule(&owner(), &one.id).await;
    assert!(matches!(begun, Err(Error::Conflict(_))), "{begun:?}");
    assert!(life.nexus.due_schedules().await.unwrap().is_empty());
    let one = life.only().await;
    assert_eq!((one.next_at, one.last), (Some(NOW + 600), Some(ScheduleState::Running)));
    assert_eq!(one.problem.as_deref(), Some("it was still being answered from the time before"));
    assert!(life.see(&owner(), &id).await.queued.is_empty());
}

#[tokio::test]
async fn what_was_scheduled_schedules_nothing_and_is_told_only_the_end_of_its_conversation() {
    let more = cron(json!({ "task": "Again.", "delay": 5 }));
    let said = |number: usize| Reply::text(&format!("Answer {number}."));
    let mut replies: Vec<Reply> = (0..5).map(said).collect();
    replies.extend([more, Reply::text("I can't.")]);
    let (life, id) = scheduled(json!({ "task": "Look.", "cron": "0 8 * * *" }), replies).await;
    for number in 0..5 {
        life.say(&owner(), &id, &format!("question {number}")).await;
        life.done(&owner(), &id).await;
    }
    let one = life.only().await;
    life.nexus.run_schedule(&owner(), &one.id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[13..], ["person: Look.", "tool failed: cron (failed)", "answer done: I can't."]);
    assert_eq!(life.plan().await.len(), 1);
    let requests = life.script.requests();
    let told = |number: usize| format!("{:?}", requests[number].messages);
    let (last, before) = (requests.len() - 1, requests.len() - 3);
    assert!(told(before).contains("remind me") && told(before).contains("question 4"), "{}", told(before));
    assert!(told(last).contains("question 1") && told(last).contains("Look."), "{}", told(last));
    assert!(!told(last).contains("question 0") && !told(last).contains("remind me"), "{}", told(last));
    // When it was asked stands there, on the clock of the server.
    assert!(told(last).contains("[Fri 2027-01-15 09:00 (Europe/Berlin); scheduled before] Look."));
}

#[tokio::test]
async fn what_a_stranger_may_have_had_a_say_in_stays_so_when_it_comes() {
    let both = vec![log_call("l"), call("a", "cron", json!({ "task": "Restart it.", "delay": 5 }))];
    let restart = call("r", "apps_restart", json!({ "app": "jellyfin", "why": "It was scheduled." }));
    let life = Life::new(vec![Reply::calls(both), Reply::text("Yes."), Reply::calls(vec![restart])]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "read the log").await;
    let seen = life.done(&owner(), &id).await;
    let read = ["person: read the log", "tool done: docker_logs", "tool done: cron", "answer done: Yes."];
    assert_eq!(lines(&seen), read);
    let one = life.only().await;
    life.nexus.run_schedule(&owner(), &one.id).await.unwrap();
    life.until(&owner(), &id, |seen| seen.info.asks).await;
    let proposals = life.nexus.approvals(&owner()).await.unwrap().proposals;
    assert!(proposals[0].tainted, "whatever rule its person has, they are asked");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words() {
    let life = Life::new(Vec::new()).await;
    let try_one = async |when, zone: &str| {
        let made = life.nexus.schedule(&owner(), look("s", when, zone)).await;
        made.map(|one| one.next_at.unwrap())
    };
    let at = |text: &str| When::At(text.to_owned());
    let cron = |text: &str| When::Cron(text.to_owned());
    for (when, zone, says) in [
        (When::In(0), "UTC", "over"),
        (at("2020-01-01T00:00"), "UTC", "over"),
        (at("soon"), "UTC", "2026-11-28T08:00"),
        (at("2027-03-28T02:30"), "Europe/Berlin", "clocks go forward"),
        (at("2099-01-01T00:00"), "UTC", "ten years"),
        (cron("* * * * *"), "UTC", "five minutes"),
        (cron("0,1 8 * * *"), "UTC", "five minutes"),
        (cron("every day"), "UTC", "every day"),
        (cron("0 8 30 2 *"), "UTC", "never"),
        (When::In(60), "Mars/Olympus", "no time zone"),
    ] {
        let error = try_one(when.clone(), zone).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(text) if text.contains(says)), "{when:?}: {error}");
    }
    assert_eq!(try_one(at("2027-01-15T10:00"), "Europe/Berlin").await.unwrap(), NOW + 3600);
    assert_eq!(wall(NOW, "Europe/Berlin"), "Fri 2027-01-15 09:00 (Europe/Berlin)");
    // One person has only so many, and others as many.
    for number in 1..50 {
        let id = format!("s{number}");
        life.nexus.schedule(&owner(), look(&id, When::In(60), "UTC")).await.unwrap();
    }
    let more =
        async |actor: Actor, id: &str| life.nexus.schedule(&actor, look(id, When::In(60), "UTC")).await;
    assert!(matches!(more(owner(), "t").await, Err(Error::Invalid(_))));
    more(member(), "u").await.unwrap();
    let same = more(owner(), "s1").await.expect("the same again is the same");
    // Also when its time is over by now.
    life.clock.advance(Duration::from_secs(3600));
    assert_eq!(life.nexus.schedule(&owner(), look("s1", at("2027-01-15T08:30"), "UTC")).await.unwrap(), same);
    // To remove and restore is no way to have more.
    let change = async |id: &str, change| life.nexus.change_schedule(&owner(), id, change).await;
    change("s1", Change::Remove).await.unwrap();
    more(owner(), "t").await.unwrap();
    let back = change("s1", Change::Restore).await;
    assert!(matches!(back, Err(Error::Invalid(_))), "{back:?}");
}
