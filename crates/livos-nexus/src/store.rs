//! The rows: conversations, what was said in them, messages that wait, providers.

pub(crate) mod embeddings;
mod events;
pub(crate) mod inbox;
pub(crate) mod pictures;
pub(crate) mod proposals;
pub(crate) mod providers;
pub(crate) mod results;
pub(crate) mod schedules;
pub(crate) mod servers;
pub(crate) mod skills;
pub(crate) mod spending;
pub(crate) mod subagents;
pub(crate) mod task_state;
pub(crate) mod undoing;
pub(crate) mod web;

use std::path::Path;

use livos_bus::assistant::{ConversationInfo, Tier};
use livos_store::{Database, Durability, Migration};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use crate::core::step::{Entry, Step};
use crate::error::Error;

const MIGRATIONS: &[Migration] = &[
    Migration::new("0001_nexus", include_str!("../migrations/0001_nexus.sql")),
    Migration::new(livos_memory::MIGRATIONS[0].0, livos_memory::MIGRATIONS[0].1),
    Migration::new("0002_proposals", include_str!("../migrations/0002_proposals.sql")),
    Migration::new("0003_spending", include_str!("../migrations/0003_spending.sql")),
    Migration::new("0004_schedules", include_str!("../migrations/0004_schedules.sql")),
    Migration::new("0005_skills", include_str!("../migrations/0005_skills.sql")),
    Migration::new("0006_subagents", include_str!("../migrations/0006_subagents.sql")),
    Migration::new("0007_web", include_str!("../migrations/0007_web.sql")),
    Migration::new("0008_subagent_limits", include_str!("../migrations/0008_subagent_limits.sql")),
    Migration::new("0009_subagent_schedules", include_str!("../migrations/0009_subagent_schedules.sql")),
    Migration::new("0010_task_state", include_str!("../migrations/0010_task_state.sql")),
    Migration::new(livos_memory::MIGRATIONS[1].0, livos_memory::MIGRATIONS[1].1),
    Migration::new("0013_embeddings", include_str!("../migrations/0013_embeddings.sql")),
    Migration::new("0011_undo", include_str!("../migrations/0011_undo.sql")),
    Migration::new("0012_tool_servers", include_str!("../migrations/0012_tool_servers.sql")),
    Migration::new("0014_events", include_str!("../migrations/0014_events.sql")),
    Migration::new("0016_results", include_str!("../migrations/0016_results.sql")),
    Migration::new("0017_pictures", include_str!("../migrations/0017_pictures.sql")),
];

/// The database of the agent.
#[derive(Debug, Clone)]
pub(crate) struct Store(Database);

/// A conversation and whose it is.
#[derive(Debug, Clone)]
pub(crate) struct Owned {
    pub(crate) person: String,
    pub(crate) info: ConversationInfo,
}

const COLUMNS: &str = "id, person, title, tier, thinking, pinned, archived, updated_at, \
    exists (select 1 from inbox where inbox.conversation = conversations.id and state <> 'ended') as running, \
    exists (select 1 from proposals where proposals.conversation = conversations.id \
        and state in ('waiting', 'unknown')) \
    or exists (select 1 from inbox as asked join proposals on proposals.conversation = asked.conversation \
        where asked.asker = conversations.id and asked.state = 'running' \
        and proposals.state in ('waiting', 'unknown')) as asks, \
    case when parent is not null or exists (select 1 from subagents where conversation = conversations.id) \
        then brief ->> '$.name' end as subagent";

fn owned(row: &SqliteRow) -> sqlx::Result<Owned> {
    Ok(Owned {
        person: row.try_get("person")?,
        info: ConversationInfo {
            id: row.try_get("id")?,
            title: row.try_get("title")?,
            pinned: row.try_get("pinned")?,
            archived: row.try_get("archived")?,
            updated_at: row.try_get("updated_at")?,
            running: row.try_get("running")?,
            asks: row.try_get("asks")?,
            subagent: row.try_get("subagent")?,
            tier: tier(row)?,
            thinking: row.try_get("thinking")?,
        },
    })
}

/// The tier of a row; what an upgrade does not know any more is the usual one.
fn tier(row: &SqliteRow) -> sqlx::Result<Tier> {
    Ok(Tier::of(row.try_get("tier")?).unwrap_or_default())
}

pub(crate) fn failed(operation: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |source| livos_store::Error::query(operation)(source).into()
}

impl Store {
    /// Opens or makes the database.
    pub(crate) async fn open(directory: &Path) -> Result<Self, Error> {
        // What somebody said is not said twice, so it has to be there after a power cut, too.
        let path = directory.join("nexus.db");
        Ok(Self(Database::open_with(&path, MIGRATIONS, Durability::Strict).await?))
    }

    /// The file itself.
    pub(crate) fn database(&self) -> &Database {
        &self.0
    }

    async fn begin(&self, operation: &'static str) -> Result<Transaction<'_, Sqlite>, Error> {
        self.0.writer().begin_with("begin immediate").await.map_err(failed(operation))
    }

    /// A person's conversations, the latest first. Of those that were made for one task, the ones in which something goes
    /// on.
    pub(crate) async fn conversations(&self, person: &str) -> Result<Vec<ConversationInfo>, Error> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from conversations where person = ?
             and (parent is null or running or asks) order by updated_at desc, id"
        )))
        .bind(person)
        .fetch_all(self.0.reader())
        .await
        .map_err(failed("list conversations"))?;
        let found: sqlx::Result<Vec<_>> = rows.iter().map(|row| owned(row).map(|owned| owned.info)).collect();
        found.map_err(failed("list conversations"))
    }

    /// One conversation.
    pub(crate) async fn conversation(&self, id: &str) -> Result<Option<Owned>, Error> {
        let row =
            sqlx::query(sqlx::AssertSqlSafe(format!("select {COLUMNS} from conversations where id = ?")))
                .bind(id)
                .fetch_optional(self.0.reader())
                .await
                .map_err(failed("read a conversation"))?;
        row.as_ref().map(owned).transpose().map_err(failed("read a conversation"))
    }

    /// Begins a conversation, unless the person has `most` of them.
    pub(crate) async fn create(&self, id: &str, person: &str, at: i64, most: u32) -> Result<bool, Error> {
        let made = sqlx::query(
            "insert into conversations (id, person, updated_at) select ?1, ?2, ?3
             where (select count(*) from conversations where person = ?2 and parent is null) < ?4",
        )
        .bind(id)
        .bind(person)
        .bind(at)
        .bind(most)
        .execute(self.0.writer())
        .await
        .map_err(failed("begin a conversation"))?;
        Ok(made.rows_affected() == 1)
    }

    /// Pins or unpins.
    pub(crate) async fn pin(&self, id: &str, on: bool) -> Result<(), Error> {
        self.flag("update conversations set pinned = ? where id = ?", id, on).await
    }

    /// Archives or takes out again.
    pub(crate) async fn archive(&self, id: &str, on: bool) -> Result<(), Error> {
        self.flag("update conversations set archived = ? where id = ?", id, on).await
    }

    /// Which model answers in one.
    pub(crate) async fn set_tier(&self, id: &str, tier: Tier) -> Result<(), Error> {
        sqlx::query("update conversations set tier = ? where id = ?")
            .bind(if tier.is_usual() { "" } else { tier.as_str() })
            .bind(id)
            .execute(self.0.writer())
            .await
            .map(drop)
            .map_err(failed("change a conversation"))
    }

    /// How hard the model of one thinks.
    pub(crate) async fn set_thinking(&self, id: &str, thinking: &str) -> Result<(), Error> {
        sqlx::query("update conversations set thinking = ? where id = ?")
            .bind(thinking)
            .bind(id)
            .execute(self.0.writer())
            .await
            .map(drop)
            .map_err(failed("change a conversation"))
    }

    async fn flag(&self, sql: &'static str, id: &str, on: bool) -> Result<(), Error> {
        let changed = sqlx::query(sql).bind(on).bind(id).execute(self.0.writer()).await;
        changed.map(drop).map_err(failed("change a conversation"))
    }

    /// Forgets a conversation and all that was said in it. Answers the conversations that waited for it, and go on;
    /// and those that were made for it, and are forgotten with it.
    pub(crate) async fn remove(&self, id: &str, at: i64) -> Result<(Vec<String>, Vec<String>), Error> {
        const OPERATION: &str = "forget a conversation";
        let mut transaction = self.begin(OPERATION).await?;
        let runs = subagents::awaited(&mut transaction, id).await?;
        let text = "the person deleted the conversation in which this was being done".to_owned();
        let told = subagents::Told { text, failed: true, foreign: false };
        let woken = subagents::tell_askers(&mut transaction, &runs, &told, at).await?;
        let made: Vec<String> = sqlx::query_scalar("select id from conversations where parent = ?")
            .bind(id)
            .fetch_all(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        sqlx::query("delete from conversations where id = ?")
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok((woken, made))
    }

    /// The runs of a conversation, and of those that its subagents work in.
    pub(crate) async fn runs_of(&self, conversation: &str) -> Result<Vec<i64>, Error> {
        sqlx::query_scalar(
            "select distinct run from steps
             where conversation = ?1 or conversation in (select id from conversations where parent = ?1)",
        )
        .bind(conversation)
        .fetch_all(self.0.reader())
        .await
        .map_err(failed("list the runs of a conversation"))
    }

    /// What came after a step, in order.
    pub(crate) async fn steps(&self, conversation: &str, after: i64) -> Result<Vec<Entry>, Error> {
        let rows = sqlx::query(
            "select seq, run, body, at from steps where conversation = ? and seq > ? order by seq",
        )
        .bind(conversation)
        .bind(after)
        .fetch_all(self.0.reader())
        .await
        .map_err(failed("read a conversation"))?;
        rows.iter().map(entry).collect()
    }

    /// Writes a step down; `Unknown` if the conversation is gone.
    pub(crate) async fn append(
        &self,
        conversation: &str,
        run: i64,
        step: Step,
        at: i64,
    ) -> Result<Entry, Error> {
        let mut transaction = self.begin("write a step").await?;
        let entry = append(&mut transaction, conversation, run, step, at).await?;
        transaction.commit().await.map_err(failed("write a step"))?;
        Ok(entry)
    }

    /// Gives a conversation a title, as a step.
    pub(crate) async fn rename(&self, conversation: &str, title: &str, at: i64) -> Result<(), Error> {
        let mut transaction = self.begin("rename a conversation").await?;
        set_title(&mut transaction, conversation, title, at).await?;
        transaction.commit().await.map_err(failed("rename a conversation"))
    }
}

fn entry(row: &SqliteRow) -> Result<Entry, Error> {
    let read = || -> sqlx::Result<(i64, i64, String, i64)> {
        Ok((row.try_get("seq")?, row.try_get("run")?, row.try_get("body")?, row.try_get("at")?))
    };
    let (seq, run, body, at) = read().map_err(failed("read a step"))?;
    let step = serde_json::from_str(&body).map_err(|error| Error::Row("a step", error))?;
    Ok(Entry { seq, run, at, step })
}

async fn append(
    transaction: &mut Transaction<'_, Sqlite>,
    conversation: &str,
    run: i64,
    step: Step,
    at: i64,
) -> Result<Entry, Error> {
    let body = serde_json::to_string(&step).map_err(|error| Error::Write("a step", error))?;
    let seq: Option<i64> = sqlx::query_scalar(
        "insert into steps (conversation, seq, run, body, at)
         select id, 1 + coalesce((select max(seq) from steps where conversation = ?1), 0), ?2, ?3, ?4
         from conversations where id = ?1 returning seq",
    )
    .bind(conversation)
    .bind(run)
    .bind(body)
    .bind(at)
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed("write a step"))?;
    Ok(Entry { seq: seq.ok_or(Error::Unknown)?, run, at, step })
}

async fn set_title(
    transaction: &mut Transaction<'_, Sqlite>,
    conversation: &str,
    title: &str,
    at: i64,
) -> Result<(), Error> {
    sqlx::query("update conversations set title = ? where id = ?")
        .bind(title)
        .bind(conversation)
        .execute(&mut **transaction)
        .await
        .map_err(failed("rename a conversation"))?;
    append(transaction, conversation, 0, Step::Titled { title: title.to_owned() }, at).await.map(drop)
}

async fn touch(transaction: &mut Transaction<'_, Sqlite>, conversation: &str, at: i64) -> Result<(), Error> {
    sqlx::query("update conversations set updated_at = ? where id = ?")
        .bind(at)
        .bind(conversation)
        .execute(&mut **transaction)
        .await
        .map(drop)
        .map_err(failed("change a conversation"))
}
