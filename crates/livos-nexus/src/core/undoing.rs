//! Taking back what was done: what a run has changed, and the rows that remember how far that is. The doing is the
//! edge's, as with a proposal.

use std::sync::Arc;

use livos_bus::Actor;
use livos_bus::approvals::{Proposal, ProposalState as State, RunChanges, UndoAgreed, Undoing};
use livos_policy::proposable;

use super::Nexus;
use super::approvals::{End, LONGEST};
use crate::error::Error;
use crate::store::proposals::Kept;

/// The most that is taken back at once.
const MOST: usize = 200;

/// What happens to something that is to be taken back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Undo {
    /// Its person agreed; it waits for its turn.
    Agree(Undoing),
    /// Its turn has come.
    Begin,
    /// A job does it.
    Started(String),
    /// It has ended so. What is not possible any more when its turn comes was never begun.
    Finish(End, String),
}

/// The only way in which something is taken back: once, and only what was done.
pub(crate) fn advance(proposal: &mut Proposal, what: Undo) -> Result<(), Error> {
    let refuse = |why: &str| Err(Error::Conflict(why.to_owned()));
    if proposal.state != State::Done {
        return refuse("this was not done, so it cannot be taken back");
    }
    if proposal.undone {
        return refuse("this has been taken back already");
    }
    match (&mut proposal.undoing, what) {
        (Some(now), Undo::Agree(_)) if now.is_open() => return refuse("this is being taken back already"),
        (now, Undo::Agree(undoing)) => {
            *now = Some(Undoing { state: State::Waiting, job: None, outcome: None, ..undoing });
        }
        (Some(now), Undo::Begin) if now.state == State::Waiting => now.state = State::Working,
        (Some(now), Undo::Started(job)) if now.state == State::Working && now.job.is_none() => {
            now.job = Some(job);
        }
        (Some(now), Undo::Finish(end, text))
            if now.state == State::Working || (now.state == State::Waiting && end == End::Failed) =>
        {
            now.state = match end {
                End::Done => State::Done,
                End::Failed => State::Failed,
                End::Unknown => State::Unknown,
            };
            now.outcome = Some(text);
            proposal.undone = end == End::Done;
        }
        _ => return refuse("this does not fit how far taking it back is"),
    }
    Ok(())
}

impl Nexus {
    /// What a run of this person's has changed, the latest first.
    pub(crate) async fn changes_of(&self, actor: &Actor, run: i64) -> Result<RunChanges, Error> {
        let found = self.store.run(run).await?.filter(|found| found.person == actor.user.as_str());
        let found = found.ok_or(Error::UnknownRun)?;
        let done = self.store.done_in(run).await?.into_iter();
        let family = self.store.done_in(found.root).await?.into_iter().filter_map(|kept| kept.proposal.job);
        let made_up_for = self.store.made_up_for(actor.user.as_str()).await?;
        let changed =
            done.filter(|kept| proposable(&kept.proposal.action.tool).is_none_or(|what| !what.egress));
        Ok(RunChanges {
            conversation: found.conversation,
            running: found.running,
            proposals: changed.map(|kept| kept.proposal).collect(),
            no_changes: family.chain(made_up_for).collect(),
        })
    }

    /// The person agreed to have these taken back, in this order.
    pub(crate) async fn take_back(
        self: &Arc<Self>,
        actor: &Actor,
        steps: Vec<UndoAgreed>,
    ) -> Result<(), Error> {
        let Some(first) = steps.first() else {
            return Err(Error::Invalid("say what is to be taken back".to_owned()));
        };
        if steps.len() > MOST {
            return Err(Error::Invalid(format!("at most {MOST} things are taken back at once")));
        }
        let together = first.id.clone();
        let agreed = steps.into_iter().zip(0_u32..).map(|(step, turn)| {
            let undoing = Undoing {
                state: State::Waiting,
                action: step.undo,
                together: together.clone(),
                turn,
                job: None,
                outcome: None,
            };
            (step.id, Undo::Agree(undoing))
        });
        let moved = self.store.undo_proposals(Some(actor), agreed.collect(), self.clock.now()).await?;
        for kept in &moved {
            self.tell_of_undoing(kept);
        }
        Ok(())
    }

    /// Something happens to what is being taken back.
    pub(crate) async fn move_undo(self: &Arc<Self>, id: &str, what: Undo) -> Result<Proposal, Error> {
        if let Undo::Finish(_, text) | Undo::Started(text) = &what
            && (text.is_empty() || text.len() > LONGEST)
        {
            return Err(Error::Invalid(format!("this takes a text of at most {LONGEST} bytes")));
        }
        let moved = self.store.undo_proposals(None, vec![(id.to_owned(), what)], self.clock.now()).await?;
        let kept = moved.into_iter().next().ok_or(Error::UnknownProposal)?;
        self.tell_of_undoing(&kept);
        Ok(kept.proposal)
    }

    fn tell_of_undoing(&self, kept: &Kept) {
        let own = &kept.proposal.conversation;
        for conversation in std::iter::once(own).chain(&kept.proposal.asked_in) {
            self.rooms.of(conversation).settled();
            self.tell(kept.actor.user.as_str(), conversation);
        }
    }
}
