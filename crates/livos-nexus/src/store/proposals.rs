//! What was proposed, as it stands now. Every change of it is a step of its conversation, written at once with it.

use livos_bus::Actor;
use livos_bus::approvals::Proposal;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{Store, append, failed};
use crate::core::approvals::Told;
use crate::core::step::{Entry, Step};
use crate::error::Error;

/// A proposal, to whom it was made, and the call that waits for it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) actor: Actor,
    pub(crate) call: String,
    pub(crate) proposal: Proposal,
}

const OPEN: &str = "state in ('waiting', 'working', 'unknown')";

fn kept(row: &SqliteRow) -> Result<Kept, Error> {
    let read = || -> sqlx::Result<(String, String, String)> {
        Ok((row.try_get("actor")?, row.try_get("call")?, row.try_get("body")?))
    };
    let (actor, call, body) = read().map_err(failed("read a proposal"))?;
    Ok(Kept {
        actor: serde_json::from_str(&actor).map_err(|error| Error::Row("a person", error))?,
        call,
        proposal: serde_json::from_str(&body).map_err(|error| Error::Row("a proposal", error))?,
    })
}

impl Store {
    /// Writes a proposal down.
    pub(crate) async fn propose(&self, kept: &Kept) -> Result<Entry, Error> {
        const OPERATION: &str = "write a proposal";
        let Kept { actor, call, proposal } = kept;
        let actor = serde_json::to_string(actor).map_err(|error| Error::Write("a person", error))?;
        let body = serde_json::to_string(proposal).map_err(|error| Error::Write("a proposal", error))?;
        let mut transaction = self.begin(OPERATION).await?;
        // First: it fails for a conversation that is gone.
        let step = Step::Proposal { call: call.clone(), proposal: Box::new(proposal.clone()) };
        let entry = append(&mut transaction, &proposal.conversation, proposal.run, step, proposal.at).await?;
        sqlx::query(
            "insert into proposals (id, conversation, actor, call, body, state) values (?, ?, ?, ?, ?, ?)",
        )
        .bind(&proposal.id)
        .bind(&proposal.conversation)
        .bind(actor)
        .bind(call)
        .bind(body)
        .bind(proposal.state.as_str())
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(entry)
    }

    /// One proposal.
    pub(crate) async fn proposal(&self, id: &str) -> Result<Option<Kept>, Error> {
        let row = sqlx::query("select actor, call, body from proposals where id = ?")
            .bind(id)
            .fetch_optional(self.database().reader())
            .await
            .map_err(failed("read a proposal"))?;
        row.as_ref().map(kept).transpose()
    }

    /// All whose runs wait, the oldest first.
    pub(crate) async fn open_proposals(&self) -> Result<Vec<Kept>, Error> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select actor, call, body from proposals where {OPEN} order by body ->> 'at', id"
        )))
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("list proposals"))?;
        rows.iter().map(kept).collect()
    }

    /// Changes a proposal as `change` says, which sees it as it stands and may refuse. What the run is told, if
    /// anything, is written with it.
    pub(crate) async fn move_proposal(
        &self,
        id: &str,
        at: i64,
        change: impl FnOnce(&mut Proposal) -> Result<Option<Told>, Error> + Send,
    ) -> Result<Kept, Error> {
        const OPERATION: &str = "change a proposal";
        let mut transaction = self.begin(OPERATION).await?;
        let row = sqlx::query("select actor, call, body from proposals where id = ?")
            .bind(id)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        let mut kept = row.as_ref().map(kept).transpose()?.ok_or(Error::UnknownProposal)?;
        let told = change(&mut kept.proposal)?;
        let Kept { call, proposal, .. } = &kept;
        let body = serde_json::to_string(proposal).map_err(|error| Error::Write("a proposal", error))?;
        sqlx::query("update proposals set body = ?, state = ? where id = ?")
            .bind(body)
            .bind(proposal.state.as_str())
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        let step = Step::Proposal { call: call.clone(), proposal: Box::new(proposal.clone()) };
        write(&mut transaction, proposal, step, at).await?;
        if let Some(Told { text, failed }) = told {
            let waited = u64::try_from(at.saturating_sub(proposal.at)).unwrap_or(0).saturating_mul(1000);
            let step = Step::Result { call: call.clone(), text, failed, duration_ms: waited };
            write(&mut transaction, proposal, step, at).await?;
        }
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(kept)
    }
}

async fn write(
    transaction: &mut Transaction<'_, Sqlite>,
    of: &Proposal,
    step: Step,
    at: i64,
) -> Result<(), Error> {
    append(transaction, &of.conversation, of.run, step, at).await.map(drop)
}
