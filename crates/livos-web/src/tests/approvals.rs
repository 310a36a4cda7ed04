//! What the agent proposes, over HTTP: who may answer, what is done with the answer, and how often.

use std::time::Duration;

use http::Method;
use livos_bus::approvals::{OpenProposal, Proposal, ProposalState as State, ProposedAction};
use livos_bus::names::{NEXUS, WEB};
use livos_bus::{Actor, Caller, Callers, ErrorKind, JobInfo, WebApprovalsProxy};
use livos_types::{Role, UserId, Username};
use serde_json::{Value, json};
use zbus::object_server::SignalEmitter;

use super::fakes::job;
use super::proposals::Approvals;
use super::world::{Client, World};

const TALK: &str = "0123456789abcdef0123456789abcdef";
pub(super) const ID: &str = "0123456789abcdef0123456789abcdef-2-0";
pub(super) const NEXT: &str = "0123456789abcdef0123456789abcdef-5-0";
pub(super) const PATH: &str = "/api/v1/assistant/approvals/0123456789abcdef0123456789abcdef-2-0";

pub(super) fn action(tool: &str) -> ProposedAction {
    ProposedAction { tool: tool.to_owned(), arguments: json!({ "app": "jellyfin" }) }
}

/// Puts a proposal to a person, without saying so.
pub(super) async fn put(world: &World, client: &mut Client, tool: &str) {
    put_as(world, client, tool, ID).await;
}

pub(super) async fn put_as(world: &World, client: &mut Client, tool: &str, id: &str) {
    let session = client.get("/api/v1/session").await.json();
    let text = |key: &str| session["user"][key].as_str().unwrap().to_owned();
    let actor = Actor {
        user: UserId::new(text("id")).unwrap(),
        username: Username::new(text("username")).unwrap(),
        // As it was when they asked; what counts is what they may now.
        role: Role::Owner,
        via: livos_bus::Via::Nexus,
    };
    put_for(world, actor, tool, id);
}

fn put_for(world: &World, actor: Actor, tool: &str, id: &str) {
    let proposal = Proposal {
        id: id.to_owned(),
        conversation: TALK.to_owned(),
        run: 1,
        action: action(tool),
        summary: "Do it".to_owned(),
        subject: "Jellyfin".to_owned(),
        why: "It hangs.".to_owned(),
        notes: Vec::new(),
        subagent: None,
        asked_in: None,
        state: State::Waiting,
        tainted: false,
        at: world.now(),
        expires_at: world.now() + 1000,
        job: None,
        outcome: None,
        undo: None,
        undone: false,
        undoing: None,
    };
    world.fakes.kept.0.lock().unwrap().insert(id.to_owned(), OpenProposal { actor, proposal });
}

/// Says that something was proposed.
async fn signal(world: &World) {
    signal_of(world, ID).await;
}

async fn signal_of(world: &World, id: &str) {
    let emitter = SignalEmitter::new(&world.fakes.connection, NEXUS.path).unwrap();
    Approvals::approval_requested(&emitter, id).await.unwrap();
}

pub(super) async fn claimed() -> (World, Client) {
    let (world, owner) = World::claimed().await;
    world.fakes.connection.request_name(NEXUS.bus_name).await.unwrap();
    (world, owner)
}

fn yes(tool: &str) -> Value {
    json!({ "decision": "approve", "action": action(tool) })
}

async fn until(world: &World, what: &str, wanted: impl Fn(&Proposal) -> bool) -> Proposal {
    let until = async {
        loop {
            let now = world.fakes.kept.get(ID);
            if wanted(&now) {
                return now;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until).await.expect(what)
}

pub(super) fn done(world: &World, verb: &str) -> usize {
    world.fakes.calls().iter().filter(|call| call.starts_with(verb)).count()
}

async fn until_calls(world: &World, verb: &str, count: usize) {
    let until = async {
        while done(world, verb) < count {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), until).await.expect("it is done");
    assert_eq!(done(world, verb), count);
}

pub(super) fn ended(state: &str) -> JobInfo {
    let error_message = if state == "failed" { "no room".to_owned() } else { String::new() };
    JobInfo {
        state: state.to_owned(),
        title: "Start Jellyfin".to_owned(),
        error_message,
        ..job("apps-1", "grace", 1)
    }
}

#[tokio::test]
async fn what_is_agreed_to_is_done_once_and_its_job_says_how_it_ended() {
    let (world, mut owner) = claimed().await;
    put(&world, &mut owner, "apps_start").await;
    world.fakes.memory.lock().unwrap().jobs.insert("apps-1".to_owned(), job("apps-1", "grace", 1));
    let list = owner.get("/api/v1/assistant/approvals").await.json();
    assert_eq!(list["proposals"][0]["action"], json!(action("apps_start")));
    assert_eq!(owner.post(PATH, &yes("apps_start")).await.status, 204);
    owner.post(PATH, &yes("apps_start")).await.check(409, "conflict");
    owner.post(PATH, &json!({ "decision": "deny" })).await.check(409, "conflict");
    assert_eq!(world.fakes.kept.get(ID).job.as_deref(), Some("apps-1"));
    world.fakes.job("apps-1", Some(ended("succeeded"))).await;
    let now = until(&world, "the run hears of it", |now| now.state == State::Done).await;
    assert_eq!(now.outcome.as_deref(), Some("Start Jellyfin: done"));
    owner.post(PATH, &yes("apps_start")).await.check(409, "conflict");
    assert!(world.fakes.calls().contains(&"AppsManager.Start grace jellyfin".to_owned()));
    assert_eq!(done(&world, "AppsManager."), 1, "{:?}", world.fakes.calls());
    let audit = owner.get("/api/v1/audit").await.text();
    assert!(audit.contains("assistant.approved") && audit.contains("apps_start"), "{audit}");
}

#[tokio::test]
async fn only_its_person_answers_and_only_with_the_right_they_have_now() {
    let (world, mut owner) = claimed().await;
    let mut anna = world.person(&mut owner, "anna", "admin").await;
    let mut max = world.person(&mut owner, "max", "member").await;
    put(&world, &mut owner, "apps_start").await;
    let undo = json!({ "action": action("apps_start") });
    for client in [&mut anna, &mut max] {
        client.post(PATH, &yes("apps_start")).await.check(404, "not_found");
        client.post(PATH, &json!({ "decision": "deny" })).await.check(404, "not_found");
        client.post(&format!("{PATH}/undo"), &undo).await.check(404, "not_found");
        assert_eq!(client.get("/api/v1/assistant/approvals").await.json(), json!({ "proposals": [] }));
    }
    // Proposed while they were an admin; they are none now.
    put(&world, &mut max, "apps_start").await;
    max.post(PATH, &yes("apps_start")).await.check(403, "denied");
    max.post(&format!("{PATH}/undo"), &undo).await.check(403, "denied");
    let mut stranger = world.client();
    stranger.post(PATH, &yes("apps_start")).await.check(401, "unauthenticated");
    assert_eq!(done(&world, "AppsManager."), 0);
    // And when the edge hears of it, it refuses by itself.
    signal(&world).await;
    until(&world, "it is refused", |now| now.state == State::Denied).await;
    assert_eq!(done(&world, "AppsManager."), 0);
}

#[tokio::test]
async fn what_is_done_is_what_was_seen() {
    let (world, mut owner) = claimed().await;
    put(&world, &mut owner, "apps_start").await;
    owner.post(PATH, &yes("apps_stop")).await.check(409, "changed");
    let mut other = yes("apps_start");
    other["action"]["arguments"]["app"] = json!("nextcloud");
    owner.post(PATH, &other).await.check(409, "changed");
    owner.post(PATH, &json!({ "decision": "approve" })).await.check(400, "invalid");
    owner.post(PATH, &json!({ "decision": "perhaps" })).await.check(400, "invalid");
    // Whatever the agent proposes and a person agrees to: what is not known is not done.
    for hostile in [
        ProposedAction { tool: "apps_erase".to_owned(), arguments: json!({ "app": "jellyfin" }) },
        ProposedAction { tool: "apps_start".to_owned(), arguments: json!({ "app": "../etc" }) },
        ProposedAction { tool: "apps_start".to_owned(), arguments: json!({ "app": "x", "also": "y" }) },
    ] {
        world
            .fakes
            .kept
            .change(ID, |proposal| {
                proposal.action = hostile.clone();
                Ok(())
            })
            .unwrap();
        owner.post(PATH, &json!({ "decision": "approve", "action": hostile })).await.check(400, "invalid");
    }
    assert_eq!(world.fakes.kept.get(ID).state, State::Waiting);
    assert_eq!(done(&world, "AppsManager."), 0);
    for no in ["..%2fy", "%C3%A9", &"a".repeat(97)] {
        owner
            .post(&format!("/api/v1/assistant/approvals/{no}"), &yes("apps_start"))
            .await
            .check(404, "not_found");
    }
}

#[tokio::test]
async fn a_no_does_nothing() {
    let (world, mut owner) = claimed().await;
    put(&world, &mut owner, "apps_start").await;
    assert_eq!(owner.post(PATH, &json!({ "decision": "deny" })).await.status, 204);
    assert_eq!(world.fakes.kept.get(ID).state, State::Denied);
    owner.post(PATH, &yes("apps_start")).await.check(409, "conflict");
    assert_eq!(done(&world, "AppsManager."), 0);
}

#[tokio::test]
async fn what_a_conversation_forbids_nobody_does_for_it() {
    let (world, mut owner) = claimed().await;
    let asking = "f".repeat(32);
    let rule = |verdict: &str| json!({ "verdict": verdict, "conversation": asking });
    let path = "/api/v1/assistant/rules/apps_start";
    assert_eq!(owner.write(Method::PUT, path, &rule("deny")).await.status, 204);
    put(&world, &mut owner, "apps_start").await;
    let by_subagent = |proposal: &mut Proposal| {
        proposal.asked_in = Some("f".repeat(32));
        Ok(())
    };
    world.fakes.kept.change(ID, by_subagent).unwrap();
    owner.post(PATH, &yes("apps_start")).await.check(403, "denied");
    signal(&world).await;
    until(&world, "the rule answers", |now| now.state == State::Denied).await;
    // What is allowed there is allowed to nobody else.
    assert_eq!(owner.write(Method::PUT, path, &rule("allow")).await.status, 204);
    put(&world, &mut owner, "apps_start").await;
    world.fakes.kept.change(ID, by_subagent).unwrap();
    signal(&world).await;
    assert_eq!(owner.post(PATH, &yes("apps_start")).await.status, 204);
    until(&world, "the person answers", |now| now.state != State::Waiting).await;
    until_calls(&world, "AppsManager.Start", 1).await;
}

#[tokio::test]
async fn a_rule_answers_for_its_person_in_its_conversation() {
    let (world, mut owner) = claimed().await;
    put(&world, &mut owner, "apps_start").await;
    let always = json!({ "decision": "approve", "action": action("apps_start"), "always": true });
    assert_eq!(owner.post(PATH, &always).await.status, 204);
    let rule = json!({ "tool": "apps_start", "conversation": TALK, "verdict": "allow" });
    assert_eq!(owner.get("/api/v1/assistant/rules").await.json(), json!({ "rules": [rule] }));
    // The next of its kind is not asked about, and the one after a stranger's words is.
    put(&world, &mut owner, "apps_start").await;
    signal(&world).await;
    until(&world, "a rule answers", |now| now.state != State::Waiting).await;
    until_calls(&world, "AppsManager.Start", 2).await;
    let audit = owner.get("/api/v1/audit").await.text();
    assert!(audit.contains("assistant.rule"), "{audit}");
    put(&world, &mut owner, "apps_start").await;
    world
        .fakes
        .kept
        .change(ID, |proposal| {
            proposal.tainted = true;
            Ok(())
        })
        .unwrap();
    signal(&world).await;
    // One after the other: when the next is done, this one has been looked at.
    put_as(&world, &mut owner, "apps_start", NEXT).await;
    signal_of(&world, NEXT).await;
    let next = async {
        while world.fakes.kept.get(NEXT).state == State::Waiting {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("the next is done");
    assert_eq!(world.fakes.kept.get(ID).state, State::Waiting);
    until_calls(&world, "AppsManager.Start", 3).await;
    let forbid = json!({ "verdict": "deny" });
    assert_eq!(owner.write(Method::PUT, "/api/v1/assistant/rules/apps_start", &forbid).await.status, 204);
    signal(&world).await;
    until(&world, "the stricter rule holds", |now| now.state == State::Denied).await;
    assert_eq!(done(&world, "AppsManager.Start"), 3);
    for (tool, body, status) in [
        ("apps_erase", json!({ "verdict": "allow" }), 404),
        ("apps_remove", json!({ "verdict": "allow" }), 400),
        ("apps_rollback", json!({ "verdict": "allow" }), 404),
        ("apps_start", json!({ "verdict": "perhaps" }), 400),
        ("apps_start", json!({ "verdict": "allow", "conversation": "../x" }), 404),
    ] {
        let path = format!("/api/v1/assistant/rules/{tool}");
        assert_eq!(owner.write(Method::PUT, &path, &body).await.status, status);
    }
    // Who deletes the conversation takes its rule along.
    let talk = format!("/api/v1/assistant/conversations/{TALK}");
    assert_eq!(owner.delete(&talk).await.status, 204);
    let rules = owner.get("/api/v1/assistant/rules").await.json();
    assert_eq!(rules["rules"], json!([{ "tool": "apps_start", "conversation": "", "verdict": "deny" }]));
    let ask = json!({ "verdict": "ask" });
    assert_eq!(owner.write(Method::PUT, "/api/v1/assistant/rules/apps_start", &ask).await.status, 204);
    assert_eq!(owner.get("/api/v1/assistant/rules").await.json(), json!({ "rules": [] }));
}

/// The agent would read a page, after a stranger's words.
async fn put_page(world: &World, client: &mut Client) -> ProposedAction {
    put(world, client, "scrape").await;
    let page = json!({ "url": "https://example.org/?q=home" });
    let action = ProposedAction { tool: "scrape".to_owned(), arguments: page };
    let change = |proposal: &mut Proposal| {
        (proposal.action, proposal.tainted) = (action.clone(), true);
        Ok(())
    };
    world.fakes.kept.change(ID, change).unwrap();
    action
}

#[tokio::test]
async fn reading_the_web_is_agreed_to_and_left_to_the_agent() {
    let (world, mut owner) = claimed().await;
    let mut max = world.person(&mut owner, "max", "member").await;
    let action = put_page(&world, &mut max).await;
    signal(&world).await;
    // Every other word of it is another page.
    let other = json!({ "tool": "scrape", "arguments": { "url": "https://example.org/?q=garden" } });
    max.post(PATH, &json!({ "decision": "approve", "action": other })).await.check(409, "changed");
    owner.post(PATH, &json!({ "decision": "approve", "action": action })).await.check(404, "not_found");
    let always = json!({ "decision": "approve", "action": action, "always": true });
    assert_eq!(max.post(PATH, &always).await.status, 204);
    let now = world.fakes.kept.get(ID);
    assert_eq!((now.state, now.job), (State::Done, None));
    max.post(&format!("{PATH}/undo"), &json!({ "action": action })).await.check(400, "invalid");
    // What was settled holds after a stranger's words: there is no other time at which it is asked about.
    put_page(&world, &mut max).await;
    signal(&world).await;
    until(&world, "the rule answers", |now| now.state == State::Done).await;
    let deny = json!({ "verdict": "deny" });
    assert_eq!(max.write(Method::PUT, "/api/v1/assistant/rules/scrape", &deny).await.status, 204);
    put_page(&world, &mut max).await;
    signal(&world).await;
    until(&world, "the rule refuses", |now| now.state == State::Denied).await;
    assert_eq!(done(&world, "AppsManager."), 0);
    // Killed between the yes and saying so: it was agreed to, and that is all there was to do.
    put_page(&world, &mut max).await;
    let begun = |proposal: &mut Proposal| {
        proposal.state = State::Working;
        Ok(())
    };
    world.fakes.kept.change(ID, begun).unwrap();
    let world = world.restarted().await;
    until(&world, "it is said", |now| now.state == State::Done).await;
}

#[tokio::test]
async fn what_failed_says_why_and_what_is_unknown_is_asked_and_not_repeated() {
    let (world, mut owner) = claimed().await;
    put(&world, &mut owner, "apps_start").await;
    world.fakes.memory.lock().unwrap().jobs.insert("apps-1".to_owned(), ended("failed"));
    assert_eq!(owner.post(PATH, &yes("apps_start")).await.status, 204);
    let now = until(&world, "it failed", |now| now.state == State::Failed).await;
    assert_eq!(now.outcome.as_deref(), Some("Start Jellyfin: no room"));
    // The engine breaks off in the middle: nobody knows, so its person is asked once more.
    put(&world, &mut owner, "apps_restart").await;
    assert_eq!(owner.post(PATH, &yes("apps_restart")).await.status, 204);
    assert_eq!(world.fakes.kept.get(ID).state, State::Unknown);
    assert_eq!(done(&world, "AppsManager.Restart"), 1);
    signal(&world).await;
    assert_eq!(owner.post(PATH, &yes("apps_restart")).await.status, 204);
    assert_eq!(done(&world, "AppsManager.Restart"), 2, "a second yes is a second time");
}

#[tokio::test]
async fn killed_between_any_two_steps_it_is_done_at_most_once() {
    // Before anything was begun: it waits.
    let (world, mut owner) = claimed().await;
    put(&world, &mut owner, "apps_start").await;
    let world = world.restarted().await;
    assert_eq!(world.fakes.kept.get(ID).state, State::Waiting);
    // Between the yes and the job: nobody knows.
    let set = |world: &World, job: Option<&str>| {
        world
            .fakes
            .kept
            .change(ID, |proposal| {
                (proposal.state, proposal.job) = (State::Working, job.map(str::to_owned));
                Ok(())
            })
            .unwrap();
    };
    set(&world, None);
    let world = world.restarted().await;
    until(&world, "it is asked", |now| now.state == State::Unknown).await;
    // While its job goes on: it is followed to its end.
    world.fakes.memory.lock().unwrap().jobs.insert("apps-1".to_owned(), job("apps-1", "grace", 1));
    set(&world, Some("apps-1"));
    let world = world.restarted().await;
    let looked = async {
        while !world.fakes.calls().iter().any(|call| call == "Jobs1.Get administrator apps-1") {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looked).await.expect("its job is looked at");
    world.fakes.job("apps-1", Some(ended("succeeded"))).await;
    until(&world, "its end is told", |now| now.state == State::Done).await;
    // After its job has ended unheard.
    set(&world, Some("apps-1"));
    let world = world.restarted().await;
    until(&world, "its end is told", |now| now.state == State::Done).await;
    assert_eq!(done(&world, "AppsManager."), 0, "no life of the edge begins what another may have begun");
}

#[tokio::test]
async fn whoever_asked_at_the_command_line_answers_there() {
    let (world, mut owner) = claimed().await;
    let administrator = Actor::command_line().unwrap();
    put_for(&world, administrator, "apps_start", ID);
    world.fakes.memory.lock().unwrap().jobs.insert("apps-1".to_owned(), job("apps-1", "cli", 1));
    // No rule and no account is theirs: it waits, and is nobody's on the desktop.
    signal(&world).await;
    owner.post(PATH, &yes("apps_start")).await.check(404, "not_found");
    let arguments = json!({ "app": "jellyfin" }).to_string();
    for (caller, kind) in [(Caller::Nexus, Some(ErrorKind::Denied)), (Caller::Administrator, None)] {
        let web = world.bus.connect().await;
        let face = crate::bus::Approvals::new(world.app.clone(), Callers::peer(caller));
        web.object_server().at(WEB.path, face).await.unwrap();
        web.request_name(WEB.bus_name).await.unwrap();
        let answers = WebApprovalsProxy::new(&world.bus.connect().await).await.unwrap();
        let refused = answers.approve(ID, "apps_start", &arguments).await.err();
        assert_eq!(refused.map(|error| error.kind), kind, "{caller:?}");
        if caller == Caller::Administrator {
            let late = answers.deny(ID).await.unwrap_err();
            assert_eq!(late.kind, ErrorKind::Conflict);
            let nonsense = answers.approve(ID, "apps_start", "{").await.unwrap_err();
            assert_eq!(nonsense.kind, ErrorKind::Invalid);
        }
        web.release_name(WEB.bus_name).await.unwrap();
    }
    assert!(world.fakes.calls().contains(&"AppsManager.Start administrator jellyfin".to_owned()));
    assert_eq!(done(&world, "AppsManager."), 1);
}
