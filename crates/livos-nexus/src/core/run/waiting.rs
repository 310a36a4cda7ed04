//! What a run waits for: what it proposed, and subagents.

use livos_bus::approvals::{Proposal, ProposalState, ProposedAction};
use livos_llm::ToolCall;

use super::{Left, Run};
use crate::core::approvals::Move;
use crate::core::progress::{self, Next};
use crate::core::step::Step;
use crate::error::Error;
use crate::store::proposals::Kept;

impl Run<'_> {
    /// Goes on if what was proposed is answered meanwhile; lets go of the run if it is not.
    pub(super) async fn wait(&mut self) -> Result<Option<Left>, Error> {
        self.entries = self.nexus.store.steps(&self.room.id, 0).await?;
        let Next::Wait(proposals, handed) = progress::next(&self.entries, self.number, &self.bounds) else {
            return Ok(None);
        };
        let now = self.nexus.clock.now();
        let mut moved = false;
        for proposal in proposals.iter().filter(|proposal| proposal.state.asks()) {
            let what = if self.stop.is_cancelled() {
                Move::Withdraw
            } else if now >= proposal.expires_at {
                Move::Expire
            } else {
                continue;
            };
            moved = true;
            match self.nexus.move_any(&proposal.id, what).await {
                // Somebody answered it in this moment; that holds.
                Ok(_) | Err(Error::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        if self.stop.is_cancelled() {
            // Each says that it was stopped, and that is the result here.
            for (conversation, run) in handed {
                self.nexus.stop_run(&conversation, run).await?;
            }
        }
        Ok((!moved).then_some(Left::Waiting))
    }

    /// What the person agreed to when this call was put before them, if they did.
    pub(super) fn agreed_to(
        &self,
        turn: i64,
        number: usize,
        call: &ToolCall,
    ) -> Option<(ProposedAction, i64)> {
        let id = format!("{}-{turn}-{number}", self.room.id);
        let last = self.entries.iter().rev().find_map(|entry| match &entry.step {
            Step::Proposal { call: of, proposal } if *of == call.call && proposal.id == id => Some(proposal),
            _ => None,
        });
        last.filter(|proposal| proposal.state == ProposalState::Done)
            .map(|proposal| (proposal.action.clone(), proposal.at))
    }

    /// Whether another server may have done what a call asks for, though nobody hears of it any more.
    pub(super) async fn may_be_done(
        &self,
        turn: i64,
        calls: &[(usize, ToolCall)],
        call: &str,
    ) -> Result<bool, Error> {
        let Some((number, one)) = calls.iter().find(|(_, one)| one.call == call) else { return Ok(false) };
        if !livos_policy::is_of_a_server(&one.name) {
            return Ok(false);
        }
        let id = format!("{}-{turn}-{number}", self.room.id);
        let store = &self.nexus.store;
        Ok(store.was_server_called(&id).await? || store.was_server_called(&format!("{id}+")).await?)
    }

    /// Asks once more about what was agreed to and begun, since nobody knows what came of it. First that, then the note
    /// is forgotten: a death in between asks again, and does nothing twice.
    pub(super) async fn ask_again(
        &mut self,
        turn: i64,
        calls: &[(usize, ToolCall)],
        call: &str,
        noted: &str,
    ) -> Result<(), Error> {
        let Some((number, _)) = calls.iter().find(|(_, one)| one.call == call) else { return Ok(()) };
        let id = format!("{}-{turn}-{number}", self.room.id);
        self.nexus.move_any(&id, Move::Lose).await?;
        self.nexus.store.forget_server_call(noted).await?;
        self.entries = self.nexus.store.steps(&self.room.id, 0).await?;
        Ok(())
    }

    /// Puts what a call proposes before the person.
    pub(super) async fn propose(&mut self, call: String, mut proposal: Proposal) -> Result<(), Error> {
        proposal.asked_in.clone_from(&self.asked_in);
        proposal.subagent = self.brief.as_ref().map(|brief| brief.name.clone());
        let id = proposal.id.clone();
        let entry = self.nexus.store.propose(&Kept { actor: self.actor.clone(), call, proposal }).await?;
        self.entries.push(entry);
        self.room.settled();
        self.nexus.tell(self.actor.user.as_str(), &self.room.id);
        if let Some(asking) = &self.asked_in {
            // Its person looks there.
            self.nexus.rooms.of(asking).settled();
            self.nexus.tell(self.actor.user.as_str(), asking);
        }
        self.nexus.tell_approval(&id);
        Ok(())
    }
}
