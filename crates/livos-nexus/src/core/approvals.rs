//! What becomes of a proposal. The agent's daemon keeps it and waits; who may agree, and the doing, are the edge's.

use std::sync::Arc;

use livos_bus::Actor;
use livos_bus::approvals::{OpenProposal, Proposal, ProposalState as State, ProposalsReply};
use livos_policy::{is_of_a_server, proposable};

use super::{News, Nexus, tools};
use crate::error::Error;
use crate::store::proposals::Kept;

/// The longest text about how something ended, in bytes.
pub(super) const LONGEST: usize = 2000;

/// What happens to a proposal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Move {
    /// Somebody who may agreed; it is about to be done.
    Begin,
    /// A job does it.
    Started(String),
    /// It has ended so.
    Finish(End, String),
    /// Somebody, or a rule, said no.
    Deny(String),
    /// The time to answer is over.
    Expire,
    /// The run is to end.
    Withdraw,
    /// It was agreed to, and the agent began it in an earlier life; nobody knows what came of it.
    Lose,
}

/// How what was begun ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Failed,
    Unknown,
}

/// What the run is told in the end.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) failed: bool,
}

impl Told {
    fn failed(text: impl Into<String>) -> Option<Self> {
        Some(Self { text: text.into(), failed: true })
    }
}

/// The only way in which a proposal changes. Nothing is begun that nobody agreed to, nothing twice, and nothing that
/// is over.
pub(crate) fn advance(proposal: &mut Proposal, what: Move, now: i64) -> Result<Option<Told>, Error> {
    let before = proposal.state;
    let refuse = || Err(Error::Conflict(over(before).to_owned()));
    let (state, told) = match (before, what) {
        (State::Waiting | State::Unknown, Move::Begin) => {
            if now >= proposal.expires_at {
                return Err(Error::Conflict(over(State::Expired).to_owned()));
            }
            (proposal.job, proposal.outcome) = (None, None);
            (State::Working, None)
        }
        (State::Working, Move::Started(job)) if proposal.job.is_none() => {
            proposal.job = Some(job);
            (State::Working, None)
        }
        (State::Working, Move::Finish(end, text)) => {
            proposal.outcome = Some(text.clone());
            match end {
                // What the agent does itself, it does now; that is the call's result.
                End::Done if proposable(&proposal.action.tool).is_some_and(|what| what.by_agent) => {
                    (State::Done, None)
                }
                End::Done => (State::Done, Some(Told { text, failed: false })),
                End::Failed => (State::Failed, Told::failed(text)),
                End::Unknown => (State::Unknown, None),
            }
        }
        (State::Waiting, Move::Deny(why)) => {
            let told = format!("{why}. It was not done; do not propose it again unless you are asked to.");
            proposal.outcome = Some(why);
            (State::Denied, Told::failed(told))
        }
        (State::Unknown, Move::Deny(_) | Move::Expire | Move::Withdraw) => (
            State::Failed,
            Told::failed("it is not known whether this was done; look before you say how it stands"),
        ),
        (State::Waiting, Move::Expire) if now >= proposal.expires_at => {
            (State::Expired, Told::failed("nobody answered in time; it was not done"))
        }
        (State::Waiting, Move::Withdraw) => {
            (State::Withdrawn, Told::failed("the person stopped this; it was not done"))
        }
        (State::Done, Move::Lose) if is_of_a_server(&proposal.action.tool) => {
            proposal.outcome = None;
            (State::Unknown, None)
        }
        _ => return refuse(),
    };
    proposal.state = state;
    Ok(told)
}

/// Why nothing more can be done with it.
fn over(state: State) -> &'static str {
    match state {
        State::Waiting => "it waits for an answer",
        State::Working => "it was agreed to and is being done",
        State::Unknown => "whether it was done is not known; say whether it shall be done again",
        State::Done => "it is done already",
        State::Failed => "it was tried and did not work; ask again",
        State::Denied => "it was refused; ask again",
        State::Expired => "the time to agree to it is over; ask again",
        State::Withdrawn => "it was stopped; ask again",
    }
}

impl Nexus {
    pub(super) async fn kept(&self, actor: &Actor, id: &str) -> Result<Kept, Error> {
        let found = self.store.proposal(id).await?;
        found.filter(|found| found.actor.user == actor.user).ok_or(Error::UnknownProposal)
    }

    /// What waits for this person.
    pub(crate) async fn approvals(&self, actor: &Actor) -> Result<ProposalsReply, Error> {
        let open = self.store.open_proposals().await?.into_iter();
        // What is being taken back waits for nobody.
        let own = open.filter(|kept| kept.actor.user == actor.user && kept.proposal.state.is_open());
        Ok(ProposalsReply { proposals: own.map(|kept| kept.proposal).collect() })
    }

    /// What was proposed to this person.
    pub(crate) async fn approval(&self, actor: &Actor, id: &str) -> Result<Proposal, Error> {
        Ok(self.kept(actor, id).await?.proposal)
    }

    /// What waits for anybody, and what is being taken back.
    pub(crate) async fn open_approvals(&self) -> Result<Vec<OpenProposal>, Error> {
        let open = self.store.open_proposals().await?.into_iter();
        Ok(open.map(|Kept { actor, proposal, .. }| OpenProposal { actor, proposal }).collect())
    }

    /// Something happens to a proposal of this person.
    pub(crate) async fn move_own(
        self: &Arc<Self>,
        actor: &Actor,
        id: &str,
        what: Move,
    ) -> Result<Proposal, Error> {
        let kept = self.kept(actor, id).await?;
        if what == Move::Begin && kept.proposal.state.asks() && self.clock.now() >= kept.proposal.expires_at {
            // Nobody was there to say so earlier; its run has waited for long enough.
            self.move_any(id, Move::Expire).await?;
        }
        self.move_any(id, what).await
    }

    /// Something happens to a proposal. Its run goes on when it is over.
    pub(crate) async fn move_any(self: &Arc<Self>, id: &str, what: Move) -> Result<Proposal, Error> {
        // How a command ended is told with what it wrote.
        let most = if matches!(what, Move::Finish(..)) { tools::LONGEST } else { LONGEST };
        if let Move::Finish(_, text) | Move::Deny(text) | Move::Started(text) = &what
            && (text.is_empty() || text.len() > most)
        {
            return Err(Error::Invalid(format!("this takes a text of at most {most} bytes")));
        }
        let now = self.clock.now();
        let kept = self.store.move_proposal(id, now, |proposal| advance(proposal, what, now)).await?;
        let room = self.rooms.of(&kept.proposal.conversation);
        room.settled();
        self.tell(kept.actor.user.as_str(), &kept.proposal.conversation);
        if let Some(asking) = &kept.proposal.asked_in {
            self.rooms.of(asking).settled();
            self.tell(kept.actor.user.as_str(), asking);
        }
        if !kept.proposal.state.is_open() {
            self.wake(room);
        }
        Ok(kept.proposal)
    }

    /// Tells the edge that there is something to judge.
    pub(crate) fn tell_approval(&self, id: &str) {
        // Nobody listens any more only while the daemon stops.
        let _ = self.changes.send(News::Approval(id.to_owned()));
    }
}
