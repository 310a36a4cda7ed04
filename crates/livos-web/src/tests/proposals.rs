//! The agent's keeping of proposals, as far as the edge can tell.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use livos_bus::approvals::{
    OpenProposal, Proposal, ProposalState as State, ProposalsReply, RunChanges, UndoAgreed, Undoing,
};
use livos_bus::{Actor, Document, Error, Result};
use serde_json::json;
use zbus::interface;
use zbus::object_server::SignalEmitter;

use super::fakes::Fakes;

/// The agent's own keeping of proposals, as its contract says.
#[derive(Clone, Default)]
pub(super) struct Kept(pub(super) Arc<Mutex<BTreeMap<String, OpenProposal>>>);

impl Kept {
    /// Nothing more becomes of it.
    pub(super) fn is_over(&self, id: &str) -> bool {
        self.0.lock().unwrap().get(id).is_some_and(|open| !open.proposal.state.is_open())
    }

    pub(super) fn put(&self, actor: Actor, proposal: Proposal) {
        self.0.lock().unwrap().insert(proposal.id.clone(), OpenProposal { actor, proposal });
    }

    pub(super) fn change<T>(&self, id: &str, change: impl FnOnce(&mut Proposal) -> Result<T>) -> Result<T> {
        let mut kept = self.0.lock().unwrap();
        change(&mut kept.get_mut(id).ok_or_else(|| Error::not_found("there is no such proposal"))?.proposal)
    }

    pub(super) fn own(&self, actor: &Actor, id: &str) -> Result<()> {
        let kept = self.0.lock().unwrap();
        let own = kept.get(id).filter(|open| open.actor.user == actor.user);
        own.map(drop).ok_or_else(|| Error::not_found("there is no such proposal"))
    }

    pub(super) fn get(&self, id: &str) -> Proposal {
        self.0.lock().unwrap()[id].proposal.clone()
    }

    fn changes(&self, actor: &Actor, run: i64) -> Result<Document> {
        let kept = self.0.lock().unwrap();
        let own = kept.values().filter(|open| open.actor.user == actor.user && open.proposal.run == run);
        let mut proposals: Vec<_> = own.map(|open| open.proposal.clone()).collect();
        let Some(first) = proposals.first() else { return Err(Error::not_found("there is no such run")) };
        let (conversation, running) = (first.conversation.clone(), first.state.is_open());
        proposals.retain(|one| one.state == State::Done);
        proposals.reverse();
        let undone = proposals.iter().filter_map(|one| one.undoing.as_ref()?.job.clone());
        let no_changes = proposals.iter().filter_map(|one| one.job.clone()).chain(undone).collect();
        Document::json(&RunChanges { conversation, running, proposals, no_changes })
    }

    fn take_back(&self, actor: &Actor, steps: &[UndoAgreed]) -> Result<()> {
        for (turn, step) in (0..).zip(steps) {
            self.own(actor, &step.id)?;
            self.change(&step.id, |proposal| {
                if proposal.undone || proposal.is_taken_back() {
                    return Err(Error::conflict("this has been taken back already"));
                }
                proposal.undoing = Some(Undoing {
                    state: State::Waiting,
                    action: step.undo.clone(),
                    together: steps[0].id.clone(),
                    turn,
                    job: None,
                    outcome: None,
                });
                Ok(())
            })?;
        }
        Ok(())
    }

    pub(super) fn undo(&self, id: &str, from: &[State], change: impl FnOnce(&mut Undoing)) -> Result<()> {
        self.change(id, |proposal| {
            let undoing = proposal.undoing.as_mut().filter(|undoing| from.contains(&undoing.state));
            let undoing = undoing.ok_or_else(|| Error::conflict("this does not fit"))?;
            change(undoing);
            proposal.undone = undoing.state == State::Done;
            Ok(())
        })
    }
}

pub(super) struct Approvals(pub(super) Fakes);

#[interface(name = "io.livos.Nexus1.Approvals")]
impl Approvals {
    fn list(&self, actor: Actor) -> Result<Document> {
        let kept = self.0.kept.0.lock().unwrap();
        let own = kept.values().filter(|open| open.actor.user == actor.user);
        Document::json(&ProposalsReply { proposals: own.map(|open| open.proposal.clone()).collect() })
    }

    fn get(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.kept.own(&actor, &id)?;
        Document::json(&self.0.kept.get(&id))
    }

    fn open(&self) -> Result<Document> {
        let kept = self.0.kept.0.lock().unwrap();
        let moves = |open: &&OpenProposal| open.proposal.state.is_open() || open.proposal.is_taken_back();
        let open: Vec<_> = kept.values().filter(moves).collect();
        Document::json(&open)
    }

    fn begin(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("Approvals.Begin", &actor, &id);
        self.0.kept.own(&actor, &id)?;
        Document::json(&self.0.kept.change(&id, |proposal| {
            if !proposal.state.asks() {
                return Err(Error::conflict("it is over, or being done"));
            }
            (proposal.state, proposal.job) = (State::Working, None);
            Ok(proposal.clone())
        })?)
    }

    fn started(&self, id: String, job: String) -> Result<()> {
        self.0.kept.change(&id, |proposal| {
            proposal.job = Some(job);
            Ok(())
        })
    }

    fn finish(&self, id: String, how: String, text: String) -> Result<()> {
        self.0.kept.change(&id, |proposal| {
            if proposal.state != State::Working {
                return Err(Error::conflict("nobody began it"));
            }
            proposal.state = serde_json::from_value(json!(how)).map_err(Error::invalid)?;
            proposal.outcome = Some(text);
            Ok(())
        })
    }

    fn deny(&self, actor: Actor, id: String, why: String) -> Result<()> {
        self.0.kept.own(&actor, &id)?;
        self.0.kept.change(&id, |proposal| {
            if !proposal.state.asks() {
                return Err(Error::conflict("it is over, or being done"));
            }
            (proposal.state, proposal.outcome) = (State::Denied, Some(why));
            Ok(())
        })
    }

    fn changes(&self, actor: Actor, run: i64) -> Result<Document> {
        self.0.kept.changes(&actor, run)
    }

    fn take_back(&self, actor: Actor, steps: Document) -> Result<()> {
        self.0.kept.take_back(&actor, &steps.parse::<Vec<UndoAgreed>>()?)
    }

    fn begin_undo(&self, id: String) -> Result<Document> {
        self.0.note(&format!("Approvals.BeginUndo {id}"));
        self.0.kept.undo(&id, &[State::Waiting], |undoing| undoing.state = State::Working)?;
        Document::json(&self.0.kept.get(&id))
    }

    fn started_undo(&self, id: String, job: String) -> Result<()> {
        self.0.kept.undo(&id, &[State::Working], |undoing| undoing.job = Some(job))
    }

    fn finish_undo(&self, id: String, how: String, text: String) -> Result<()> {
        let state = serde_json::from_value(json!(how)).map_err(Error::invalid)?;
        self.0.kept.undo(&id, &[State::Waiting, State::Working], |undoing| {
            (undoing.state, undoing.outcome) = (state, Some(text));
        })
    }

    #[zbus(signal)]
    pub(super) async fn approval_requested(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;
}
