//! What a run has changed, and how far taking it back is.

use livos_bus::Actor;
use livos_bus::approvals::{Proposal, ProposalState};
use livos_policy::proposable;
use sqlx::{Row as _, Sqlite, Transaction};

use super::proposals::{Kept, kept};
use super::{Store, append, failed};
use crate::core::step::Step;
use crate::core::undoing::{Undo, advance};
use crate::error::Error;

/// A run, and whose it is.
#[derive(Debug)]
pub(crate) struct FoundRun {
    pub(crate) person: String,
    pub(crate) conversation: String,
    pub(crate) running: bool,
    /// The run that it works for; itself, if for none.
    pub(crate) root: i64,
}

impl Store {
    /// The run of this number.
    pub(crate) async fn run(&self, run: i64) -> Result<Option<FoundRun>, Error> {
        const OPERATION: &str = "find a run";
        let row = sqlx::query(
            "select person, conversation, coalesce(asker_run, run) as root,
                 exists (select 1 from inbox as other where other.state <> 'ended'
                     and (other.run = inbox.run or other.run = inbox.asker_run)) as running
             from inbox
             join conversations on conversations.id = conversation where run = ?",
        )
        .bind(run)
        .fetch_optional(self.database().reader())
        .await
        .map_err(failed(OPERATION))?;
        let read = |row: sqlx::sqlite::SqliteRow| -> sqlx::Result<FoundRun> {
            Ok(FoundRun {
                person: row.try_get("person")?,
                conversation: row.try_get("conversation")?,
                running: row.try_get("running")?,
                root: row.try_get("root")?,
            })
        };
        row.map(read).transpose().map_err(failed(OPERATION))
    }

    /// What was done in a run and by the subagents that worked for it, what was done last first.
    pub(crate) async fn done_in(&self, run: i64) -> Result<Vec<Kept>, Error> {
        let rows = sqlx::query(
            "select proposals.actor, call, body from inbox
             join proposals on proposals.conversation = inbox.conversation
                 and cast(body ->> 'run' as integer) = inbox.run
             where (inbox.run = ?1 or inbox.asker_run = ?1) and proposals.state = 'done'
             order by done is null, done desc, body ->> 'at' desc, proposals.id desc",
        )
        .bind(run)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("list what a run changed"))?;
        rows.iter().map(kept).collect()
    }

    /// Jobs of this person's proposals that have been taken back, and of the taking back.
    pub(crate) async fn made_up_for(&self, person: &str) -> Result<Vec<String>, Error> {
        let rows = sqlx::query(
            "select proposals.actor, call, body from proposals
             join conversations on conversations.id = conversation
             where person = ? and undoing = 'done'",
        )
        .bind(person)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("list what was taken back"))?;
        let all: Result<Vec<Kept>, Error> = rows.iter().map(kept).collect();
        let jobs = |Kept { proposal, .. }: Kept| {
            let undoing = proposal.undoing.and_then(|undoing| undoing.job);
            proposal.job.into_iter().chain(undoing)
        };
        Ok(all?.into_iter().flat_map(jobs).collect())
    }

    /// Something happens to what is taken back: to all of it, or to nothing. Of this person's only, if one is named.
    pub(crate) async fn undo_proposals(
        &self,
        only: Option<&Actor>,
        steps: Vec<(String, Undo)>,
        at: i64,
    ) -> Result<Vec<Kept>, Error> {
        const OPERATION: &str = "take something back";
        let mut transaction = self.begin(OPERATION).await?;
        let mut moved = Vec::with_capacity(steps.len());
        for (id, what) in steps {
            let row = sqlx::query("select actor, call, body from proposals where id = ?")
                .bind(&id)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(failed(OPERATION))?;
            let found = row.as_ref().map(kept).transpose()?;
            let own = found.filter(|found| only.is_none_or(|only| found.actor.user == only.user));
            let mut kept = own.ok_or(Error::UnknownProposal)?;
            advance(&mut kept.proposal, what)?;
            write(&mut transaction, &kept, at).await?;
            moved.push(kept);
        }
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(moved)
    }
}

/// Whether anything was done in this run that is more than a look.
pub(super) async fn has_changed(transaction: &mut Transaction<'_, Sqlite>, run: i64) -> Result<bool, Error> {
    let tools: Vec<String> = sqlx::query_scalar(
        "select body ->> '$.action.tool' from inbox
         join proposals on proposals.conversation = inbox.conversation
             and cast(body ->> 'run' as integer) = inbox.run
         where inbox.run = ? and proposals.state = 'done'",
    )
    .bind(run)
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed("see whether a run changed something"))?;
    Ok(tools.iter().any(|tool| proposable(tool).is_none_or(|what| !what.egress)))
}

async fn write(transaction: &mut Transaction<'_, Sqlite>, kept: &Kept, at: i64) -> Result<(), Error> {
    const OPERATION: &str = "take something back";
    let Kept { call, proposal, .. } = kept;
    let body = serde_json::to_string(proposal).map_err(|error| Error::Write("a proposal", error))?;
    let state = proposal.undoing.as_ref().map(|undoing| undoing.state);
    sqlx::query("update proposals set body = ?, undoing = ? where id = ?")
        .bind(body)
        .bind(state.map(ProposalState::as_str))
        .bind(&proposal.id)
        .execute(&mut **transaction)
        .await
        .map_err(failed(OPERATION))?;
    let step = || Step::Proposal { call: call.clone(), proposal: Box::new(proposal.clone()) };
    append(transaction, &proposal.conversation, proposal.run, step(), at).await?;
    if let Some(asking) = asking_to_be_told(proposal) {
        match append(transaction, asking, 0, step(), at).await {
            // Whoever asked the subagent is deleted, and with it who believes that it still holds.
            Ok(_) | Err(Error::Unknown) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The conversation that relied on what has now been taken back, if it is another.
fn asking_to_be_told(proposal: &Proposal) -> Option<&str> {
    let over = proposal.undoing.as_ref().is_some_and(|undoing| !undoing.is_open());
    proposal.asked_in.as_deref().filter(|_| over)
}
