//! A person's other programs: the same tools, the same rights, and proposals in a conversation of their key.

use livos_bus::approvals::{Proposal, ProposalState as State};
use livos_bus::sandbox::{SandboxEnd, SandboxHow};
use livos_bus::tools::{ToolAnswer, ToolRequest};

use super::*;
use crate::core::approvals::{End, Move};
use crate::core::outside;
use crate::error::Error;

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn asks(tool: &str, arguments: &Value) -> ToolRequest {
    ToolRequest {
        key: KEY.to_owned(),
        label: "Desk".to_owned(),
        acts: true,
        tainted: false,
        tool: tool.to_owned(),
        arguments: arguments.to_string(),
    }
}

fn restart() -> ToolRequest {
    asks("apps_restart", &json!({ "app": "jellyfin", "why": "It hangs." }))
}

async fn answer(life: &Life, me: &Actor, request: ToolRequest) -> ToolAnswer {
    life.nexus.call_outside(me, request).await.unwrap()
}

async fn proposal(life: &Life, me: &Actor, request: ToolRequest) -> Proposal {
    let answer = answer(life, me, request).await;
    answer.proposal.unwrap_or_else(|| panic!("{}", answer.text))
}

#[tokio::test]
async fn a_program_is_told_what_the_agent_would_be_told_with_its_persons_rights() {
    let life = Life::new(Vec::new()).await;
    *life.house.log.lock().unwrap() = "it crashed".to_owned();
    let status = answer(&life, &owner(), asks("status", &json!({}))).await;
    assert!(status.text.contains("Jellyfin (jellyfin) is problem") && !status.failed, "{}", status.text);
    let logs = asks("docker_logs", &json!({ "app": "jellyfin" }));
    let log = answer(&life, &owner(), logs.clone()).await;
    assert_eq!((log.text.as_str(), log.failed, log.foreign), ("it crashed", false, true));
    let refused = answer(&life, &member(), logs).await;
    assert!(refused.failed && refused.text.contains("only an admin"), "{}", refused.text);
    assert!(
        life.house.asked().iter().all(|line| !line.contains("by itself")),
        "the agent says that it asks: {:?}",
        life.house.asked()
    );
    assert_eq!(life.script.requests().len(), 1, "no model was asked but when the provider was saved");
}

#[tokio::test]
async fn every_tool_can_be_called_and_says_whether_it_changes_anything() {
    let life = Life::new(Vec::new()).await;
    for tool in outside::tools() {
        assert!(tool.schema.is_object() && !tool.description.is_empty(), "{}", tool.name);
        let mut only_looks = asks(&tool.name, &json!({ "nonsense": 1 }));
        only_looks.acts = false;
        let refused = answer(&life, &owner(), only_looks).await;
        let why = if tool.looks { "do not fit" } else { "may only look" };
        assert!(refused.failed && refused.text.contains(why), "{}: {}", tool.name, refused.text);
        let nonsense = answer(&life, &owner(), asks(&tool.name, &json!({ "nonsense": 1 }))).await;
        assert!(nonsense.failed && nonsense.text.contains("do not fit"), "{}: {}", tool.name, nonsense.text);
    }
    assert!(life.nexus.open_approvals().await.unwrap().is_empty());
    assert!(life.house.asked().is_empty());
}

#[tokio::test]
async fn a_command_is_for_keys_that_act_and_nobody_is_asked() {
    let life = Life::new(Vec::new()).await;
    let request = asks("shell", &json!({ "cmd": "echo $((6*7))", "timeout": 2000 }));
    let refused = answer(&life, &member(), ToolRequest { acts: false, ..request.clone() }).await;
    assert!(refused.failed && refused.text.contains("may only look"), "{}", refused.text);
    assert!(life.house.asked().is_empty(), "nothing ran");
    let end = SandboxEnd { how: SandboxHow::Exited, code: 0, milliseconds: 100 };
    let frames = vec![SandboxFrame::Output(b"42\n".to_vec()), SandboxFrame::End(end)];
    *life.house.says.lock().unwrap() = Some(Says { frames, keep: None });
    let computed = answer(&life, &member(), request).await;
    assert_eq!((computed.text.as_str(), computed.failed), ("42\n[exit status 0, after 0.1 s]", false));
    assert!(computed.proposal.is_none() && !computed.foreign);
    assert_eq!(life.house.asked(), ["echo $((6*7)), 2 s, for ada"]);
}

#[tokio::test]
async fn what_is_no_call_is_refused() {
    let life = Life::new(Vec::new()).await;
    let wrong = |change: fn(&mut ToolRequest)| {
        let mut request = asks("status", &json!({}));
        change(&mut request);
        request
    };
    for request in [
        wrong(|request| "../x".clone_into(&mut request.key)),
        wrong(|request| request.key.clear()),
        wrong(|request| request.label = "a\nb".to_owned()),
        wrong(|request| request.label = "x".repeat(65)),
        wrong(|request| "apps_forget".clone_into(&mut request.tool)),
        wrong(|request| "[]".clone_into(&mut request.arguments)),
        wrong(|request| "{".clone_into(&mut request.arguments)),
        wrong(|request| request.arguments = "[".repeat(60_000)),
        wrong(|request| request.arguments = format!("{{\"a\":\"{}\"}}", "x".repeat(65_536))),
    ] {
        let refused = life.nexus.call_outside(&owner(), request.clone()).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{request:?}: {refused:?}");
    }
}

#[tokio::test]
async fn what_a_program_wants_remembered_is_not_taken_for_the_persons_words() {
    let life = Life::new(Vec::new()).await;
    for fact in ["The router stands in the attic.", "The router has a red light."] {
        assert!(!answer(&life, &owner(), asks("memory_add", &json!({ "content": fact }))).await.failed);
    }
    let found = answer(&life, &owner(), asks("memory_search", &json!({ "query": "router" }))).await.text;
    let found: Vec<Value> = serde_json::from_str(&found).unwrap();
    assert_eq!(found.len(), 2, "neither took the other's place");
    assert!(found.iter().all(|entry| entry["from"] == "untrusted"), "{found:?}");
    let others = answer(&life, &member(), asks("memory_search", &json!({ "query": "router" }))).await;
    assert_eq!(others.text, "Nothing about this is remembered.");
}

#[tokio::test]
async fn a_restart_stands_in_the_keys_conversation_until_it_is_answered() {
    let mut life = Life::new(Vec::new()).await;
    let mut changed = life.changed.take().unwrap();
    let first = proposal(&life, &owner(), restart()).await;
    assert_eq!((first.state, first.conversation.as_str(), first.tainted), (State::Waiting, KEY, false));
    let told = within(async {
        loop {
            if let News::Approval(id) = changed.recv().await.unwrap() {
                return id;
            }
        }
    });
    assert_eq!(told.await, first.id, "the edge is told");
    let seen = life.see(&owner(), KEY).await;
    assert_eq!((seen.info.title.as_str(), seen.info.running, seen.info.asks), ("Desk", false, true));
    assert_eq!(
        lines(&seen),
        ["person: Desk, by its key: Restart Jellyfin", "tool running: apps_restart [waiting]"]
    );
    assert_eq!(proposal(&life, &owner(), restart()).await.id, first.id, "asked again, it is the same");
    let stop = asks("apps_stop", &json!({ "app": "jellyfin", "why": "x" }));
    let tainted = ToolRequest { tainted: true, ..stop };
    let second = proposal(&life, &owner(), tainted).await;
    assert!(second.id != first.id && second.tainted);

    life.nexus.move_own(&owner(), &first.id, Move::Begin).await.unwrap();
    life.nexus.move_any(&first.id, Move::Started("apps-7".to_owned())).await.unwrap();
    assert_eq!(proposal(&life, &owner(), restart()).await.state, State::Working, "nor is it done twice");
    let end = Move::Finish(End::Done, "Restart Jellyfin: done".to_owned());
    life.nexus.move_any(&first.id, end).await.unwrap();
    let done = life.nexus.approval(&owner(), &first.id).await.unwrap();
    assert_eq!((done.state, done.outcome.as_deref()), (State::Done, Some("Restart Jellyfin: done")));
    let seen = life.done(&owner(), KEY).await;
    assert_eq!(lines(&seen)[1], "tool done: apps_restart [done]");
    assert_ne!(proposal(&life, &owner(), restart()).await.id, first.id, "the next one is another");
    assert_eq!(life.script.requests().len(), 1, "no model was asked for any of it");
}

#[tokio::test]
async fn a_death_changes_nothing_that_waits_and_a_day_ends_it() {
    let life = Life::new(Vec::new()).await;
    let first = proposal(&life, &owner(), restart()).await;
    let life = life.again(Vec::new()).await;
    assert_eq!(proposal(&life, &owner(), restart()).await.id, first.id);
    life.clock.advance(Duration::from_secs(86_401));
    let next = proposal(&life, &owner(), restart()).await;
    assert_ne!(next.id, first.id);
    assert_eq!(life.nexus.approval(&owner(), &first.id).await.unwrap().state, State::Expired);
}

#[tokio::test]
async fn the_conversation_of_a_key_is_its_persons_alone_and_can_be_deleted_and_gone_on_with() {
    let life = Life::new(vec![Reply::text("It was a restart.")]).await;
    let first = proposal(&life, &owner(), restart()).await;
    let other = actor(Role::Admin, "bob");
    assert!(matches!(life.nexus.call_outside(&other, restart()).await, Err(Error::Unknown)));
    assert!(matches!(life.nexus.approval(&other, &first.id).await, Err(Error::UnknownProposal)));
    life.nexus.move_own(&owner(), &first.id, Move::Deny("the person said no".to_owned())).await.unwrap();
    life.say(&owner(), KEY, "what was that?").await;
    let seen = life.done(&owner(), KEY).await;
    assert_eq!(lines(&seen).last().unwrap(), "answer done: It was a restart.");
    life.nexus.remove(&owner(), KEY).await.unwrap();
    assert!(matches!(life.nexus.approval(&owner(), &first.id).await, Err(Error::UnknownProposal)));
    proposal(&life, &owner(), restart()).await;
}

#[tokio::test]
async fn nobody_is_asked_for_what_the_person_may_not_do() {
    let life = Life::new(Vec::new()).await;
    let refused = answer(&life, &member(), restart()).await;
    assert!(refused.failed && refused.text.contains("only an admin may"), "{}", refused.text);
    assert!(life.nexus.open_approvals().await.unwrap().is_empty());
    assert!(life.nexus.conversations(&member()).await.unwrap().is_empty());
}
