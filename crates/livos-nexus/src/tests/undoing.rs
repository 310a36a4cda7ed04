//! What a run changed is known, the latest first, and taken back once, through deaths; and models hear of it.

use livos_bus::approvals::{Proposal, ProposalState as State, ProposedAction, UndoAgreed, Undoing};
use proptest::prelude::*;

use super::*;
use crate::core::approvals::{End, Move};
use crate::core::undoing::{Undo, advance};
use crate::error::Error;

fn on_app(id: &str, tool: &str) -> ToolCall {
    call(id, tool, json!({ "app": "jellyfin", "why": "It is not used." }))
}

/// Agrees to what waits, in this order of the calls, and has each done by a job.
async fn agree(life: &Life, id: &str, order: &[usize]) -> Vec<Proposal> {
    let seen = life.until(&owner(), id, |seen| waiting(seen).len() == order.len()).await;
    let waiting = waiting(&seen);
    for number in order {
        let one = &waiting[*number].id;
        life.nexus.move_own(&owner(), one, Move::Begin).await.unwrap();
        life.nexus.move_any(one, Move::Started(format!("apps-{}", number + 1))).await.unwrap();
        life.nexus.move_any(one, Move::Finish(End::Done, "done".to_owned())).await.unwrap();
    }
    life.done(&owner(), id).await;
    waiting
}

fn waiting(seen: &Conversation) -> Vec<Proposal> {
    let proposals = seen.items.iter().filter_map(|item| match item {
        Item::Tool { proposal: Some(proposal), .. } => Some(proposal.as_ref().clone()),
        _ => None,
    });
    proposals.filter(|one| one.state == State::Waiting).collect()
}

fn agreed(proposal: &Proposal) -> UndoAgreed {
    UndoAgreed { id: proposal.id.clone(), undo: proposal.undo.clone().unwrap() }
}

async fn taken_back(life: &Life, id: &str, job: &str) {
    life.nexus.move_undo(id, Undo::Begin).await.unwrap();
    life.nexus.move_undo(id, Undo::Started(job.to_owned())).await.unwrap();
    life.nexus.move_undo(id, Undo::Finish(End::Done, "done".to_owned())).await.unwrap();
}

#[tokio::test]
async fn what_was_done_last_is_taken_back_first_and_the_model_hears_of_it() {
    let both =
        Reply::calls(vec![on_app("a", "apps_stop"), on_app("b", "apps_restart"), on_app("c", "apps_start")]);
    let life = Life::new(vec![both, Reply::text("Done."), Reply::text("I see.")]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let run = agree(&life, &id, &[2, 0, 1]).await[0].run;
    let changes = life.nexus.changes_of(&owner(), run).await.unwrap();
    let tools: Vec<&str> = changes.proposals.iter().map(|one| one.action.tool.as_str()).collect();
    assert_eq!(tools, ["apps_restart", "apps_stop", "apps_start"], "in the order in which they ended");
    assert_eq!((changes.running, changes.no_changes.len()), (false, 3));
    let [_, stop, start] = &changes.proposals[..] else { panic!("{changes:?}") };
    life.nexus.take_back(&owner(), vec![agreed(stop), agreed(start)]).await.unwrap();
    assert!(life.nexus.approvals(&owner()).await.unwrap().proposals.is_empty(), "nobody is asked");
    // kill -9 between the two.
    taken_back(&life, &stop.id, "apps-9").await;
    let life = life.again(vec![Reply::text("I see.")]).await;
    let [open] = &life.nexus.open_approvals().await.unwrap()[..] else { panic!("the other still waits") };
    assert_eq!(open.proposal.id, start.id);
    life.nexus.move_undo(&start.id, Undo::Begin).await.unwrap();
    life.nexus.move_undo(&start.id, Undo::Finish(End::Failed, "no room".to_owned())).await.unwrap();
    let twice = life.nexus.take_back(&owner(), vec![agreed(stop)]).await;
    assert!(matches!(twice, Err(Error::Conflict(_))), "{twice:?}");
    let changes = life.nexus.changes_of(&owner(), run).await.unwrap();
    assert!(changes.no_changes.contains(&"apps-9".to_owned()));
    let seen = life.see(&owner(), &id).await;
    assert!(!seen.info.running, "taking it back is no new run");
    life.say(&owner(), &id, "and now?").await;
    life.done(&owner(), &id).await;
    let told = format!("{:?}", life.script.requests().last().unwrap().messages);
    assert!(told.contains("it is as it was before") && told.contains("it still holds"), "{told}");
    assert!(told.contains("Stop Jellyfin") && told.contains("no room"), "{told}");
}

#[tokio::test]
async fn all_of_it_is_noted_or_nothing_and_for_nobody_else() {
    let both = Reply::calls(vec![on_app("a", "apps_stop"), on_app("b", "apps_start")]);
    let life = Life::new(vec![both, Reply::text("Done.")]).await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let proposals = agree(&life, &id, &[0, 1]).await;
    let anna = actor(Role::Admin, "anna");
    assert!(matches!(life.nexus.changes_of(&anna, proposals[0].run).await, Err(Error::UnknownRun)));
    let steps = || proposals.iter().map(agreed).collect::<Vec<_>>();
    assert!(matches!(life.nexus.take_back(&anna, steps()).await, Err(Error::UnknownProposal)));
    let unknown = UndoAgreed { id: "nothing".to_owned(), ..agreed(&proposals[0]) };
    let mut with_unknown = steps();
    with_unknown.push(unknown);
    assert!(matches!(life.nexus.take_back(&owner(), with_unknown).await, Err(Error::UnknownProposal)));
    assert!(matches!(life.nexus.take_back(&owner(), Vec::new()).await, Err(Error::Invalid(_))));
    assert!(life.nexus.open_approvals().await.unwrap().is_empty(), "nothing was noted");
    life.nexus.take_back(&owner(), steps()).await.unwrap();
    assert!(matches!(life.nexus.take_back(&owner(), steps()).await, Err(Error::Conflict(_))));
}

#[tokio::test]
async fn what_a_subagent_did_belongs_to_the_run_that_asked_it() {
    let life = Life::new(vec![
        Reply::calls(vec![call("s", "spawn_subagent", json!({ "task": "Stop it." }))]),
        Reply::calls(vec![on_app("a", "apps_stop")]),
        Reply::text("Stopped."),
        Reply::text("It did."),
        Reply::text("I see."),
    ])
    .await;
    let id = life.talk(&owner()).await;
    life.say(&owner(), &id, "one").await;
    let seen = life.until(&owner(), &id, |seen| seen.info.asks).await;
    let run = seen.items.iter().find_map(|item| match item {
        Item::Person { run, .. } => Some(*run),
        _ => None,
    });
    let [proposal] = &life.nexus.approvals(&owner()).await.unwrap().proposals[..] else { panic!("{seen:?}") };
    life.nexus.move_own(&owner(), &proposal.id, Move::Begin).await.unwrap();
    life.nexus.move_any(&proposal.id, Move::Finish(End::Done, "done".to_owned())).await.unwrap();
    let seen = life.done(&owner(), &id).await;
    let work = seen.items.iter().find_map(|item| match item {
        Item::Tool { subagent, .. } => subagent.clone(),
        _ => None,
    });
    assert!(work.is_some_and(|work| work.changed), "the window knows that there is something to undo");
    let changes = life.nexus.changes_of(&owner(), run.unwrap()).await.unwrap();
    let [done] = &changes.proposals[..] else { panic!("{changes:?}") };
    assert_eq!(done.id, proposal.id);
    life.nexus.take_back(&owner(), vec![agreed(done)]).await.unwrap();
    taken_back(&life, &done.id, "apps-2").await;
    life.say(&owner(), &id, "and now?").await;
    life.done(&owner(), &id).await;
    let told = format!("{:?}", life.script.requests().last().unwrap().messages);
    assert!(told.contains("it is as it was before"), "who asked it hears of it: {told}");
}

fn some_undo() -> impl Strategy<Value = Undo> {
    let action = ProposedAction { tool: "apps_start".to_owned(), arguments: json!({ "app": "x" }) };
    let undoing = Undoing {
        state: State::Waiting,
        action,
        together: "p".to_owned(),
        turn: 0,
        job: None,
        outcome: None,
    };
    prop_oneof![
        Just(Undo::Agree(undoing)),
        Just(Undo::Begin),
        Just(Undo::Started("j".to_owned())),
        (prop_oneof![Just(End::Done), Just(End::Failed), Just(End::Unknown)])
            .prop_map(|end| Undo::Finish(end, "x".to_owned())),
    ]
}

proptest! {
    /// Whatever happens in whatever order: each beginning follows a yes of its own, nothing ends well that was not
    /// begun, and after that nothing happens any more.
    #[test]
    fn nothing_is_taken_back_that_nobody_agreed_to(moves in prop::collection::vec(some_undo(), 0..40)) {
        let action = ProposedAction { tool: "apps_stop".to_owned(), arguments: json!({ "app": "x" }) };
        let mut proposal = Proposal {
            id: "p".to_owned(), conversation: "c".to_owned(), run: 1, action, summary: String::new(),
            subject: String::new(), why: String::new(), notes: Vec::new(), subagent: None, asked_in: None, state: State::Done,
            tainted: false, at: 0, expires_at: 500, job: None, outcome: None, undo: None, undone: false, undoing: None,
        };
        let (mut agreed, mut begun) = (0, 0);
        for what in moves {
            let before = proposal.clone();
            if advance(&mut proposal, what.clone()).is_err() {
                prop_assert_eq!(&before, &proposal, "a refusal changes nothing");
                continue;
            }
            prop_assert!(!before.undone, "{:?}", what);
            agreed += usize::from(matches!(what, Undo::Agree(_)));
            begun += usize::from(what == Undo::Begin);
            prop_assert!(begun <= agreed);
            if proposal.undone {
                prop_assert!(before.undoing.is_some_and(|undoing| undoing.state == State::Working));
            }
        }
    }
}
