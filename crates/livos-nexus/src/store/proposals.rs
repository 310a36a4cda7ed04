//! What was proposed, as it stands now. Every change of it is a step of its conversation, written at once with it.

use livos_bus::Actor;
use livos_bus::approvals::{Proposal, ProposalState};
use livos_llm::{AnswerPart, StopReason, ToolCall, Usage};
use livos_policy::{Proposable, proposable};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{Store, append, failed, set_title, touch};
use crate::core::approvals::Told;
use crate::core::step::{Ending, Entry, Step};
use crate::core::tools;
use crate::error::Error;

/// A proposal, to whom it was made, and the call that waits for it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) actor: Actor,
    pub(crate) call: String,
    pub(crate) proposal: Proposal,
}

/// What a program asks for. Its key's conversation is the one of the proposal.
#[derive(Debug)]
pub(crate) struct Outside<'a> {
    /// What its person calls the key.
    pub(crate) label: &'a str,
    /// What it asks, in words.
    pub(crate) text: String,
    pub(crate) call: ToolCall,
    /// What it proposes; its place in the log is found here.
    pub(crate) kept: Kept,
    pub(crate) at: i64,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Asked {
    /// It waits.
    New(Proposal),
    /// The same waits already, or is being done.
    Before(Proposal),
    /// So much waits that it was not taken.
    Full,
}

/// What may wait of one key.
const MOST_WAITING: usize = 20;

const OPEN: &str = "state in ('waiting', 'working', 'unknown')";

/// What goes on, in either direction.
const MOVING: &str = "state in ('waiting', 'working', 'unknown') or undoing in ('waiting', 'working')";

pub(super) fn kept(row: &SqliteRow) -> Result<Kept, Error> {
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
        let mut transaction = self.begin(OPERATION).await?;
        let entry = insert(&mut transaction, kept, OPERATION).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(entry)
    }

    /// Writes down what a program asks for, as a run of its own that has ended: what becomes of the proposal is told to
    /// whoever asks for it. The key's conversation is made if it is not there.
    pub(crate) async fn propose_outside(&self, outside: Outside<'_>) -> Result<Asked, Error> {
        const OPERATION: &str = "write what a program proposes";
        let Outside { label, text, mut call, mut kept, at } = outside;
        let conversation = kept.proposal.conversation.clone();
        let person = kept.actor.user.as_str();
        let mut transaction = self.begin(OPERATION).await?;
        let owner: Option<String> = sqlx::query_scalar("select person from conversations where id = ?")
            .bind(&conversation)
            .fetch_optional(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        match owner {
            Some(owner) if owner != person => return Err(Error::Unknown),
            Some(_) => {}
            None => {
                sqlx::query("insert into conversations (id, person, updated_at) values (?, ?, ?)")
                    .bind(&conversation)
                    .bind(person)
                    .bind(at)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed(OPERATION))?;
                set_title(&mut transaction, &conversation, label, at).await?;
            }
        }
        let open = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select actor, call, body from proposals where conversation = ? and {OPEN}"
        )))
        .bind(&conversation)
        .fetch_all(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        let open: Vec<Kept> = open.iter().map(self::kept).collect::<Result<_, _>>()?;
        if let Some(same) = open.iter().find(|open| open.proposal.action == kept.proposal.action) {
            return Ok(Asked::Before(same.proposal.clone()));
        }
        if open.len() >= MOST_WAITING {
            return Ok(Asked::Full);
        }
        let actor = serde_json::to_string(&kept.actor).map_err(|error| Error::Write("a person", error))?;
        let run: i64 = sqlx::query_scalar(
            "insert into inbox (conversation, actor, message, key, state, at) values (?, ?, '', '', 'ended', ?)
             returning run",
        )
        .bind(&conversation)
        .bind(actor)
        .bind(at)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        append(&mut transaction, &conversation, run, Step::asked(text), at).await?;
        let turn = Step::Turn { model: label.to_owned(), told: None, upto: 0 };
        let turn = append(&mut transaction, &conversation, run, turn, at).await?.seq;
        call.call = format!("outside-{run}");
        kept.call.clone_from(&call.call);
        (kept.proposal.run, kept.proposal.id) = (run, format!("{conversation}-{turn}-0"));
        // It may be taken back by that name.
        let undone_by = proposable(&kept.proposal.action.tool).and_then(Proposable::undone_by);
        kept.proposal.undo = undone_by.map(|(verb, arguments)| kept.proposal.inverse(verb, arguments));
        let answered = Step::Answered {
            parts: vec![AnswerPart::Call(call)],
            usage: Usage::default(),
            // No model was asked.
            cost: None,
            stop: StopReason::ToolCalls,
        };
        append(&mut transaction, &conversation, run, answered, at).await?;
        insert(&mut transaction, &kept, OPERATION).await?;
        let ended = Step::Ended { how: Ending::Done, problem: None };
        append(&mut transaction, &conversation, run, ended, at).await?;
        touch(&mut transaction, &conversation, at).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(Asked::New(kept.proposal))
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

    /// All whose runs wait, the oldest first, and all that is being taken back.
    pub(crate) async fn open_proposals(&self) -> Result<Vec<Kept>, Error> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select actor, call, body from proposals where {MOVING} order by body ->> 'at', id"
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
        sqlx::query(
            "update proposals set body = ?1, state = ?2,
             done = case when ?2 = 'done' then coalesce(done, 1 + (select coalesce(max(done), 0) from proposals)) end
             where id = ?3",
        )
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
            let step = Step::Result {
                call: call.clone(),
                text,
                failed,
                duration_ms: waited,
                skill: None,
                foreign: tools::ends_in_foreign_words(&proposal.action.tool)
                    && matches!(proposal.state, ProposalState::Done | ProposalState::Failed),
                changed: false,
                kept: None,
            };
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

async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    kept: &Kept,
    operation: &'static str,
) -> Result<Entry, Error> {
    let Kept { actor, call, proposal } = kept;
    let actor = serde_json::to_string(actor).map_err(|error| Error::Write("a person", error))?;
    let body = serde_json::to_string(proposal).map_err(|error| Error::Write("a proposal", error))?;
    // First: it fails for a conversation that is gone.
    let step = Step::Proposal { call: call.clone(), proposal: Box::new(proposal.clone()) };
    let entry = append(transaction, &proposal.conversation, proposal.run, step, proposal.at).await?;
    sqlx::query(
        "insert into proposals (id, conversation, actor, call, body, state) values (?, ?, ?, ?, ?, ?)",
    )
    .bind(&proposal.id)
    .bind(&proposal.conversation)
    .bind(actor)
    .bind(call)
    .bind(body)
    .bind(proposal.state.as_str())
    .execute(&mut **transaction)
    .await
    .map_err(failed(operation))?;
    Ok(entry)
}
