//! What the agent may not do it proposes, and waits: through deaths, refusals, stops and late answers.

use livos_bus::approvals::{Proposal, ProposalState as State, ProposedAction};
use proptest::prelude::*;

use super::*;
use crate::core::News;
use crate::core::approvals::{End, Move, advance};
use crate::error::Error;

fn restart(id: &str) -> ToolCall {
    call(id, "apps_restart", json!({ "app": "jellyfin", "why": "It hangs." }))
}

/// Waits until something is proposed.
async fn proposed(life: &Life, id: &str) -> Proposal {
    life.until(&owner(), id, |seen| seen.info.asks).await;
    let list = life.nexus.approvals(&owner()).await.unwrap().proposals;
    let [one] = list.as_slice() else { panic!("{list:?}") };
    one.clone()
}

/// A conversation that waits for a restart.
async fn waiting(replies: Vec<Reply>) -> (Life, String, Proposal) {
    let mut script = vec![Reply::calls(vec![restart("a")])];
    script.extend(replies);
    let life = Life::new(script).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "restart jellyfin").await;
    let proposal = proposed(&life, &id).await;
    (life, id, proposal)
}

/// What the model was told in its last request.
fn told(life: &Life) -> String {
    format!("{:?}", life.script.requests().last().unwrap().messages)
}

#[tokio::test]
async fn a_restart_waits_for_its_person_and_the_answer_goes_on_with_the_outcome() {
    let (mut life, id, proposal) = waiting(vec![Reply::text("It runs again.")]).await;
    let action = ProposedAction { tool: "apps_restart".to_owned(), arguments: json!({ "app": "jellyfin" }) };
    assert_eq!(proposal.action, action);
    assert_eq!((proposal.summary.as_str(), proposal.why.as_str()), ("Restart Jellyfin", "It hangs."));
    assert_eq!((proposal.state, proposal.undo.clone(), proposal.tainted), (State::Waiting, None, false));
    let asked = life.script.requests().len();
    let mut changed = life.changed.take().unwrap();
    let told_of = within(async {
        loop {
            if let News::Approval(id) = changed.recv().await.unwrap() {
                return id;
            }
        }
    });
    assert_eq!(told_of.await, proposal.id, "the edge is told");
    let begun = life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await.unwrap();
    assert_eq!((begun.state, begun.action), (State::Working, action));
    life.nexus.move_any(&proposal.id, Move::Started("apps-7".to_owned())).await.unwrap();
    let seen = life.see(&owner(), &id).await;
    assert!(seen.info.running && !seen.info.asks, "it is being done, and nobody is asked any more");
    assert_eq!(life.script.requests().len(), asked, "the model is not asked before it is over");
    life.nexus
        .move_any(&proposal.id, Move::Finish(End::Done, "Restart Jellyfin: done".to_owned()))
        .await
        .unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(
        lines(&seen),
        ["person: restart jellyfin", "tool done: apps_restart [done]", "answer done: It runs again."]
    );
    assert!(told(&life).contains("Restart Jellyfin: done"));
    assert!(matches!(
        life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await,
        Err(Error::Conflict(_))
    ));
}

#[tokio::test]
async fn whoever_may_not_do_it_is_told_so_and_nobody_is_asked() {
    let life = Life::new(vec![Reply::calls(vec![restart("a")]), Reply::text("Only an admin may.")]).await;
    let id = life.talk(&member()).await;
    life.say(&member(), &id, "restart jellyfin").await;
    let seen = life.done(&member(), &id).await;
    assert_eq!(lines(&seen)[1], "tool failed: apps_restart (failed)");
    assert!(told(&life).contains("only an admin may"));
    assert!(life.nexus.open_approvals().await.unwrap().is_empty());
    assert!(life.house.asked().is_empty(), "nothing was looked up for it either");
}

#[tokio::test]
async fn what_makes_no_sense_is_not_proposed() {
    let unknown = call("a", "apps_stop", json!({ "app": "nothing", "why": "x" }));
    let hostile = call("b", "apps_stop", json!({ "app": "../jellyfin", "why": "x" }));
    let silent = call("c", "apps_stop", json!({ "app": "jellyfin", "why": " \u{1b} " }));
    let more = call("d", "apps_stop", json!({ "app": "jellyfin", "why": "x", "force": true }));
    let life = Life::new(vec![Reply::calls(vec![unknown, hostile, silent, more]), Reply::text("No.")]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "x").await;
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[1..5], vec!["tool failed: apps_stop (failed)".to_owned(); 4]);
    assert!(life.nexus.open_approvals().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_no_is_told_and_nothing_can_be_begun_after_it() {
    let (life, id, proposal) = waiting(vec![Reply::text("Then not.")]).await;
    let deny = Move::Deny("the person said no".to_owned());
    life.nexus.move_own(&owner(), &proposal.id, deny).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[1..], ["tool failed: apps_restart (failed) [denied]", "answer done: Then not."]);
    assert!(matches!(
        life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await,
        Err(Error::Conflict(_))
    ));
}

#[tokio::test]
async fn it_is_nobody_elses_to_answer() {
    let (life, _, proposal) = waiting(Vec::new()).await;
    let anna = actor(Role::Admin, "anna");
    for what in [Move::Begin, Move::Deny("no".to_owned())] {
        let answer = life.nexus.move_own(&anna, &proposal.id, what).await;
        assert!(matches!(answer, Err(Error::UnknownProposal)));
    }
    assert!(matches!(life.nexus.approval(&anna, &proposal.id).await, Err(Error::UnknownProposal)));
    assert!(life.nexus.approvals(&anna).await.unwrap().proposals.is_empty());
    assert_eq!(proposed(&life, &proposal.conversation).await.state, State::Waiting);
}

#[tokio::test]
async fn a_death_at_any_step_loses_nothing_and_begins_nothing() {
    let (life, id, proposal) = waiting(Vec::new()).await;
    let life = life.again(Vec::new()).await;
    assert_eq!(proposed(&life, &id).await, proposal, "it waits as before");
    assert!(life.script.requests().is_empty(), "and the model is not asked again");
    life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await.unwrap();
    let life = life.again(Vec::new()).await;
    let [open] = &life.nexus.open_approvals().await.unwrap()[..] else { panic!("it is gone") };
    assert_eq!((open.proposal.state, open.proposal.job.as_deref()), (State::Working, None));
    assert_eq!(open.actor.user, owner().user);
    life.nexus.move_any(&proposal.id, Move::Started("apps-7".to_owned())).await.unwrap();
    let life = life.again(Vec::new()).await;
    let [open] = &life.nexus.open_approvals().await.unwrap()[..] else { panic!("it is gone") };
    assert_eq!(open.proposal.job.as_deref(), Some("apps-7"));
    // Its outcome is written down, and the daemon dies before the run hears of it.
    let now = life.nexus.clock.now();
    let done = Move::Finish(End::Done, "done".to_owned());
    life.nexus.store.move_proposal(&proposal.id, now, |one| advance(one, done, now)).await.unwrap();
    let life = life.again(vec![Reply::text("Good.")]).await;
    let seen = life.done(&owner(), &id).await;
    // The life before may have begun to ask; that is said, and asked again.
    let told: Vec<String> =
        lines(&seen).into_iter().skip(1).filter(|line| !line.ends_with("(interrupted)")).collect();
    assert_eq!(told, ["tool done: apps_restart [done]", "answer done: Good."]);
}

#[tokio::test]
async fn an_unknown_outcome_is_asked_and_not_repeated() {
    let (life, id, proposal) = waiting(vec![Reply::text("Look for yourself.")]).await;
    life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await.unwrap();
    life.nexus
        .move_any(&proposal.id, Move::Finish(End::Unknown, "stopped in the middle".to_owned()))
        .await
        .unwrap();
    let again = proposed(&life, &id).await;
    assert_eq!((again.state, again.outcome.as_deref()), (State::Unknown, Some("stopped in the middle")));
    assert_eq!(life.script.requests().len(), 2, "the model waits with the person");
    life.nexus.move_own(&owner(), &proposal.id, Move::Deny("leave it".to_owned())).await.unwrap();
    life.done(&owner(), &id).await;
    assert!(told(&life).contains("it is not known whether this was done"));
}

#[tokio::test]
async fn other_tools_of_the_same_answer_are_used_meanwhile() {
    let both = Reply::calls(vec![restart("a"), log_call("b")]);
    let life = Life::new(vec![both, Reply::text("Done.")]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let seen = life
        .until(&owner(), &id, |seen| {
            seen.info.asks && lines(seen).contains(&"tool done: docker_logs".to_owned())
        })
        .await;
    assert_eq!(lines(&seen)[1], "tool running: apps_restart [waiting]");
    let proposal = proposed(&life, &id).await;
    assert!(proposal.tainted, "what a stranger may have written is read beside it");
    life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await.unwrap();
    life.nexus.move_any(&proposal.id, Move::Finish(End::Failed, "no room".to_owned())).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[1], "tool failed: apps_restart (failed) [failed]");
    assert_eq!(life.house.asked().iter().filter(|what| what.starts_with("log")).count(), 1);
}

#[tokio::test]
async fn a_stop_withdraws_what_waits_and_lets_what_was_begun_end() {
    let (life, id, proposal) = waiting(Vec::new()).await;
    life.say(&owner(), &id, "and this").await;
    life.script.push(Reply::text("Yes."));
    life.nexus.stop(&owner(), &id).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(
        lines(&seen)[1..],
        [
            "tool failed: apps_restart (failed) [withdrawn]",
            "answer stopped: ",
            "person: and this",
            "answer done: Yes."
        ]
    );
    assert!(matches!(
        life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await,
        Err(Error::Conflict(_))
    ));

    let (life, id, proposal) = waiting(Vec::new()).await;
    life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await.unwrap();
    life.nexus.stop(&owner(), &id).await.unwrap();
    life.nexus.move_any(&proposal.id, Move::Finish(End::Done, "done".to_owned())).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    assert_eq!(lines(&seen)[1..], ["tool done: apps_restart [done]", "answer stopped: "]);
}

#[tokio::test]
async fn a_late_answer_is_none() {
    let (life, id, proposal) = waiting(vec![Reply::text("Ask again.")]).await;
    life.clock.advance(Duration::from_secs(24 * 60 * 60));
    let late = life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await;
    assert!(matches!(late, Err(Error::Conflict(_))), "{late:?}");
    let seen = life.done(&owner(), &id).await;
    assert_eq!(
        lines(&seen)[1..],
        ["tool failed: apps_restart (failed) [expired]", "answer done: Ask again."]
    );
}

#[tokio::test]
async fn a_conversation_takes_its_proposals_with_it() {
    let (life, id, proposal) = waiting(Vec::new()).await;
    life.nexus.remove(&owner(), &id).await.unwrap();
    assert!(life.nexus.open_approvals().await.unwrap().is_empty());
    let begun = life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await;
    assert!(matches!(begun, Err(Error::UnknownProposal)));
}

fn some_move() -> impl Strategy<Value = Move> {
    let text = || Just("x".to_owned());
    prop_oneof![
        Just(Move::Begin),
        text().prop_map(Move::Started),
        (prop_oneof![Just(End::Done), Just(End::Failed), Just(End::Unknown)], text())
            .prop_map(|(end, text)| Move::Finish(end, text)),
        text().prop_map(Move::Deny),
        Just(Move::Expire),
        Just(Move::Withdraw),
    ]
}

proptest! {
    /// Whatever happens in whatever order: what is to be done never changes, each beginning follows a yes of its own,
    /// nothing begins after an end, and the run is told exactly once.
    #[test]
    fn nothing_is_begun_that_nobody_agreed_to(moves in prop::collection::vec((some_move(), 0_i64..40), 0..40)) {
        let action = ProposedAction { tool: "apps_stop".to_owned(), arguments: json!({ "app": "x" }) };
        let mut proposal = Proposal {
            id: "p".to_owned(), conversation: "c".to_owned(), run: 1, action: action.clone(),
            summary: String::new(), subject: String::new(), why: String::new(), notes: Vec::new(), subagent: None, asked_in: None, state: State::Waiting,
            tainted: false, at: 0, expires_at: 500, job: None, outcome: None,
            undo: Some(ProposedAction { tool: "apps_start".to_owned(), arguments: json!({ "app": "x" }) }),
            undone: false, undoing: None,
        };
        let (mut now, mut tellings, mut over) = (0, 0, false);
        for (what, later) in moves {
            now += later;
            let before = proposal.clone();
            match advance(&mut proposal, what.clone(), now) {
                Ok(told) => {
                    tellings += usize::from(told.is_some());
                    prop_assert_eq!(told.is_some(), before.state.is_open() && !proposal.state.is_open());
                    if proposal.state == State::Working && before.state != State::Working {
                        prop_assert_eq!(&what, &Move::Begin);
                        prop_assert!(before.state.asks() && now < proposal.expires_at);
                    }
                    prop_assert!(!over, "{:?}", what);
                }
                Err(_) => prop_assert_eq!(&before, &proposal, "a refusal changes nothing"),
            }
            over = !proposal.state.is_open();
            prop_assert_eq!(&proposal.action, &action);
        }
        prop_assert_eq!(tellings, usize::from(over));
    }
}
