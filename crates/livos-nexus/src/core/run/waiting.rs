//! What a run waits for: what it proposed, and subagents.

use livos_bus::approvals::Proposal;

use super::{Left, Run};
use crate::core::approvals::Move;
use crate::core::progress::{self, Next};
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
