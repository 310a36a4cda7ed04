//! Subagents, and what runs wait for them to say. A task is taken in once with the step that hands it over, and its
//! outcome is written once with its end.

use livos_bus::Actor;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::{Store, append, entry, failed, set_title, touch};
use crate::core::chat::MOST as MOST_CONVERSATIONS;
use crate::core::step::{Entry, Step};
use crate::core::subagents::Brief;
use crate::error::Error;

/// So many conversations of tasks that are over are kept of one that had them made.
const KEPT: i64 = 50;

/// A subagent as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) conversation: String,
    pub(crate) description: String,
    pub(crate) brief: Brief,
    pub(crate) made_by: String,
    pub(crate) created_at: i64,
    /// Runs that it was asked for.
    pub(crate) runs: i64,
    pub(crate) last_at: Option<i64>,
    pub(crate) running: bool,
}

/// Where a task goes.
#[derive(Debug)]
pub(crate) enum Where {
    /// Into a conversation of that id that is made for it.
    New(String),
    /// Into one that is there.
    Known(String),
}

impl Where {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::New(id) | Self::Known(id) => id,
        }
    }
}

/// A task, and the call that waits for its outcome.
#[derive(Debug)]
pub(crate) struct Errand<'a> {
    pub(crate) to: Where,
    pub(crate) brief: Brief,
    pub(crate) text: String,
    pub(crate) tainted: bool,
    pub(crate) actor: &'a Actor,
    pub(crate) cause: &'a str,
    pub(crate) asker: &'a str,
    pub(crate) run: i64,
    pub(crate) call: &'a str,
    pub(crate) at: i64,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum Handed {
    Over(Entry),
    /// So many work for that run already.
    TooMany,
    /// That run has asked so many already.
    Enough,
    /// So many wait for that subagent already.
    Full,
    /// That subagent was deleted with its conversation.
    Gone,
}

/// What whoever waits is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) text: String,
    pub(crate) failed: bool,
    /// A stranger may have had a say in it.
    pub(crate) foreign: bool,
}

const COLUMNS: &str = "subagents.id, conversation, description, brief, made_by, created_at,
    (select count(*) from inbox where inbox.conversation = subagents.conversation) as runs,
    (select max(at) from inbox where inbox.conversation = subagents.conversation) as last_at,
    exists (select 1 from inbox where inbox.conversation = subagents.conversation and state <> 'ended') as running";

fn kept(row: &SqliteRow) -> Result<Kept, Error> {
    let brief: String = row.try_get("brief").map_err(failed("read a subagent"))?;
    let brief = serde_json::from_str(&brief).map_err(|error| Error::Row("a subagent", error))?;
    let read = || -> sqlx::Result<Kept> {
        Ok(Kept {
            id: row.try_get("id")?,
            conversation: row.try_get("conversation")?,
            description: row.try_get("description")?,
            brief,
            made_by: row.try_get("made_by")?,
            created_at: row.try_get("created_at")?,
            runs: row.try_get("runs")?,
            last_at: row.try_get("last_at")?,
            running: row.try_get("running")?,
        })
    };
    read().map_err(failed("read a subagent"))
}

pub(super) fn written(brief: &Brief) -> Result<String, Error> {
    serde_json::to_string(brief).map_err(|error| Error::Write("a subagent", error))
}

impl Store {
    /// A person's subagents.
    pub(crate) async fn subagents(&self, person: &str) -> Result<Vec<Kept>, Error> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from subagents join conversations on conversations.id = conversation
             where subagents.person = ? order by brief ->> '$.name' collate nocase, subagents.id"
        )))
        .bind(person)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("list subagents"))?;
        rows.iter().map(kept).collect()
    }

    /// Keeps a new one with a conversation of its own. Answers the one that has its id already, if any has.
    pub(crate) async fn create_subagent(
        &self,
        person: &str,
        one: &Kept,
        most: u32,
    ) -> Result<Option<Kept>, Error> {
        const OPERATION: &str = "keep a subagent";
        let mut transaction = self.begin(OPERATION).await?;
        let before = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from subagents join conversations on conversations.id = conversation
             where subagents.person = ? and subagents.id = ?"
        )))
        .bind(person)
        .bind(&one.id)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        if let Some(row) = before {
            return kept(&row).map(Some);
        }
        let count: u32 = sqlx::query_scalar("select count(*) from subagents where person = ?")
            .bind(person)
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        if count >= most {
            return Err(Error::Invalid(format!("{most} subagents are enough; delete one first")));
        }
        let at = one.created_at;
        let new = New { id: &one.conversation, brief: &one.brief, at };
        if !make(&mut transaction, new, person, None).await? {
            return Err(Error::TooMany("conversations"));
        }
        set_title(&mut transaction, &one.conversation, &one.brief.name, at).await?;
        sqlx::query(
            "insert into subagents (person, id, conversation, description, made_by, created_at)
             values (?, ?, ?, ?, ?, ?)",
        )
        .bind(person)
        .bind(&one.id)
        .bind(&one.conversation)
        .bind(&one.description)
        .bind(&one.made_by)
        .bind(one.created_at)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(None)
    }

    /// Changes one as `change` says, which sees it as it is and may refuse. Answers its conversation.
    pub(crate) async fn update_subagent(
        &self,
        person: &str,
        id: &str,
        change: impl FnOnce(&mut Kept) -> Result<(), Error> + Send,
    ) -> Result<String, Error> {
        const OPERATION: &str = "change a subagent";
        let mut transaction = self.begin(OPERATION).await?;
        let row = sqlx::query(sqlx::AssertSqlSafe(format!(
            "select {COLUMNS} from subagents join conversations on conversations.id = conversation
             where subagents.person = ? and subagents.id = ?"
        )))
        .bind(person)
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        let mut one = row.as_ref().map(kept).transpose()?.ok_or(Error::UnknownSubagent)?;
        change(&mut one)?;
        sqlx::query("update subagents set description = ? where person = ? and id = ?")
            .bind(&one.description)
            .bind(person)
            .bind(&one.id)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        sqlx::query("update conversations set brief = ? where id = ?")
            .bind(written(&one.brief)?)
            .bind(&one.conversation)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(one.conversation)
    }

    /// Removes one, and archives what it has done.
    pub(crate) async fn delete_subagent(&self, person: &str, id: &str) -> Result<(), Error> {
        const OPERATION: &str = "delete a subagent";
        let mut transaction = self.begin(OPERATION).await?;
        sqlx::query(
            "update conversations set archived = 1
             where id = (select conversation from subagents where person = ? and id = ?)",
        )
        .bind(person)
        .bind(id)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        sqlx::query("delete from subagents where person = ? and id = ?")
            .bind(person)
            .bind(id)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))
    }

    /// Puts a task into the inbox of a subagent, with the step of the one that waits for it.
    pub(crate) async fn hand_over(
        &self,
        errand: Errand<'_>,
        at_once: i64,
        in_all: i64,
        waiting: i64,
    ) -> Result<Handed, Error> {
        const OPERATION: &str = "hand a task over";
        let Errand { to, brief, text, tainted, actor, cause, asker, run, call, at } = errand;
        let person = serde_json::to_string(actor).map_err(|error| Error::Write("a person", error))?;
        let mut transaction = self.begin(OPERATION).await?;
        let working: i64 = sqlx::query_scalar(
            "select count(*) from inbox where asker = ? and asker_run = ? and state <> 'ended'",
        )
        .bind(asker)
        .bind(run)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        if working >= at_once {
            return Ok(Handed::TooMany);
        }
        let all: i64 = sqlx::query_scalar("select count(*) from inbox where asker = ? and asker_run = ?")
            .bind(asker)
            .bind(run)
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        if all >= in_all {
            return Ok(Handed::Enough);
        }
        let conversation = to.id().to_owned();
        match to {
            Where::New(id) => {
                let new = New { id: &id, brief: &brief, at };
                // A conversation has the latest of them.
                sqlx::query(
                    "delete from conversations where id in (
                         select id from conversations as child where parent = ?1 and not exists (
                             select 1 from inbox where inbox.conversation = child.id and state <> 'ended')
                         order by updated_at desc, id limit -1 offset ?2)",
                )
                .bind(asker)
                .bind(KEPT - 1)
                .execute(&mut *transaction)
                .await
                .map_err(failed(OPERATION))?;
                make(&mut transaction, new, actor.user.as_str(), Some(asker)).await?;
            }
            Where::Known(id) => {
                let before: i64 = sqlx::query_scalar(
                    "select count(*) from inbox where conversation = ? and state <> 'ended'",
                )
                .bind(&id)
                .fetch_one(&mut *transaction)
                .await
                .map_err(failed(OPERATION))?;
                if before >= waiting {
                    return Ok(Handed::Full);
                }
            }
        }
        let name = brief.name.clone();
        let child: Option<i64> = sqlx::query_scalar(
            "insert into inbox (conversation, actor, message, key, state, at, cause, tainted, brief, asker,
                 asker_run, asker_call)
             select id, ?2, ?3, '', 'waiting', ?4, ?5, ?6, ?7, ?8, ?9, ?10 from conversations where id = ?1
             returning run",
        )
        .bind(&conversation)
        .bind(person)
        .bind(text)
        .bind(at)
        .bind(cause)
        .bind(tainted)
        .bind(written(&brief)?)
        .bind(asker)
        .bind(run)
        .bind(call)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        let Some(child) = child else { return Ok(Handed::Gone) };
        touch(&mut transaction, &conversation, at).await?;
        let step = Step::HandedOver { call: call.to_owned(), name, conversation, run: child };
        let entry = append(&mut transaction, asker, run, step, at).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(Handed::Over(entry))
    }

    /// What works for a conversation, or for one run of it: the conversations and runs that do.
    pub(crate) async fn at_work_for(
        &self,
        asker: &str,
        run: Option<i64>,
    ) -> Result<Vec<(String, i64)>, Error> {
        sqlx::query_as(
            "select conversation, run from inbox
             where asker = ?1 and (?2 is null or asker_run = ?2) and state <> 'ended'",
        )
        .bind(asker)
        .bind(run)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("look who works for a run"))
    }

    /// The steps of the run in a conversation that was taken up last.
    pub(crate) async fn steps_of_last_run(&self, conversation: &str) -> Result<Vec<Entry>, Error> {
        let rows = sqlx::query(
            "select seq, run, body, at from steps where conversation = ?1 and run > 0
                 and run = (select max(run) from inbox where conversation = ?1 and state <> 'waiting')
             order by seq",
        )
        .bind(conversation)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("read a conversation"))?;
        rows.iter().map(entry).collect()
    }

    /// Writes a call's result down, and with it what is told elsewhere, if that is still there.
    pub(crate) async fn report_progress(
        &self,
        conversation: &str,
        run: i64,
        result: Step,
        report: Option<(&str, Step)>,
        at: i64,
    ) -> Result<Entry, Error> {
        const OPERATION: &str = "tell how far a subagent is";
        let mut transaction = self.begin(OPERATION).await?;
        let entry = append(&mut transaction, conversation, run, result, at).await?;
        if let Some((to, step)) = report {
            match append(&mut transaction, to, 0, step, at).await {
                Ok(_) => touch(&mut transaction, to, at).await?,
                // That conversation was deleted, and nobody is there to be told.
                Err(Error::Unknown) => {}
                Err(error) => return Err(error),
            }
        }
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(entry)
    }

    /// What a run has used, and all that it asked of subagents.
    pub(crate) async fn tokens_of(&self, run: i64) -> Result<u64, Error> {
        let tokens: i64 = sqlx::query_scalar(
            "select coalesce(sum(coalesce(tokens, reserved_tokens)), 0)
             from inbox join steps using (conversation, run)
                 join spending on spending.conversation = inbox.conversation and turn = seq
             where inbox.run = ?1 or (asker_run = ?1
                 and asker = (select conversation from inbox where inbox.run = ?1))",
        )
        .bind(run)
        .fetch_one(self.database().reader())
        .await
        .map_err(failed("look what a run has used"))?;
        Ok(u64::try_from(tokens).unwrap_or(0))
    }

    /// Whether the runs of a conversation are a subagent's.
    pub(crate) async fn is_subagents(&self, conversation: &str) -> Result<bool, Error> {
        sqlx::query_scalar("select exists (select 1 from conversations where id = ? and brief is not null)")
            .bind(conversation)
            .fetch_one(self.database().reader())
            .await
            .map_err(failed("look whose a conversation is"))
    }

    /// Writes down that one run is to stop. One that has not begun ends with that, and whoever waits for it is told;
    /// answers their conversations.
    pub(crate) async fn mark_run_stop(&self, run: i64, at: i64) -> Result<Vec<String>, Error> {
        const OPERATION: &str = "stop a run";
        let mut transaction = self.begin(OPERATION).await?;
        let waits: bool = sqlx::query_scalar(
            "select exists (select 1 from inbox where run = ? and state = 'waiting' and asker is not null)",
        )
        .bind(run)
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        let mut woken = Vec::new();
        if waits {
            let text = "the person stopped this".to_owned();
            let told = Told { text, failed: true, foreign: false };
            woken = tell_askers(&mut transaction, &[run], &told, at).await?;
        }
        sqlx::query(
            "update inbox set stop = 1, state = case when ?2 then 'ended' else state end
             where run = ?1 and state <> 'ended'",
        )
        .bind(run)
        .bind(waits)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(woken)
    }

    /// Whether one run is to stop.
    pub(crate) async fn is_to_stop(&self, run: i64) -> Result<bool, Error> {
        sqlx::query_scalar("select exists (select 1 from inbox where run = ? and stop)")
            .bind(run)
            .fetch_one(self.database().reader())
            .await
            .map_err(failed("look whether a run is to stop"))
    }
}

struct New<'a> {
    id: &'a str,
    brief: &'a Brief,
    at: i64,
}

/// Makes a subagent's conversation, unless its person has too many.
async fn make(
    transaction: &mut Transaction<'_, Sqlite>,
    new: New<'_>,
    person: &str,
    parent: Option<&str>,
) -> Result<bool, Error> {
    let made = sqlx::query(
        "insert into conversations (id, person, updated_at, brief, parent) select ?1, ?2, ?3, ?4, ?5
         where ?5 is not null
             or (select count(*) from conversations where person = ?2 and parent is null) < ?6",
    )
    .bind(new.id)
    .bind(person)
    .bind(new.at)
    .bind(written(new.brief)?)
    .bind(parent)
    .bind(MOST_CONVERSATIONS)
    .execute(&mut **transaction)
    .await
    .map_err(failed("make a subagent's conversation"))?;
    Ok(made.rows_affected() == 1)
}

/// Writes what these runs came to as the results of the calls that wait for them. Answers the conversations that go on.
pub(super) async fn tell_askers(
    transaction: &mut Transaction<'_, Sqlite>,
    runs: &[i64],
    told: &Told,
    at: i64,
) -> Result<Vec<String>, Error> {
    const OPERATION: &str = "tell what a subagent said";
    let mut woken = Vec::new();
    for run in runs {
        // A run that is over waits for nothing any more.
        let asker: Option<(String, i64, String, i64)> = sqlx::query_as(
            "select asked.asker, asked.asker_run, asked.asker_call, asked.at
             from inbox as asked join inbox as asking on asking.run = asked.asker_run
             where asked.run = ? and asked.asker is not null and asking.state = 'running'",
        )
        .bind(run)
        .fetch_optional(&mut **transaction)
        .await
        .map_err(failed(OPERATION))?;
        let Some((conversation, asker_run, call, since)) = asker else { continue };
        let Told { text, failed, foreign } = told.clone();
        let duration_ms = u64::try_from(at.saturating_sub(since)).unwrap_or(0).saturating_mul(1000);
        let changed = super::undoing::has_changed(transaction, *run).await?;
        let step =
            Step::Result { call, text, failed, duration_ms, skill: None, foreign, changed, kept: None };
        append(transaction, &conversation, asker_run, step, at).await?;
        woken.push(conversation);
    }
    Ok(woken)
}

/// Tells what a run came to that nobody waits for. Answers where, if it is told anywhere.
pub(super) async fn report(
    transaction: &mut Transaction<'_, Sqlite>,
    run: i64,
    told: &Told,
    at: i64,
) -> Result<Option<String>, Error> {
    let wanted: Option<(String, String, Option<String>)> = sqlx::query_as(
        "select conversations.id, inbox.conversation, inbox.brief ->> '$.name'
         from inbox join conversations on conversations.id = reports_to where run = ?",
    )
    .bind(run)
    .fetch_optional(&mut **transaction)
    .await
    .map_err(failed("look where a subagent's answer is told"))?;
    let Some((to, conversation, name)) = wanted else { return Ok(None) };
    let Told { text, failed, foreign } = told.clone();
    let name = name.unwrap_or_default();
    let step = Step::Reported { name, conversation, run, text, failed, foreign, progress: false };
    append(transaction, &to, 0, step, at).await?;
    touch(transaction, &to, at).await?;
    Ok(Some(to))
}

/// The runs of a conversation that somebody waits for.
pub(super) async fn awaited(
    transaction: &mut Transaction<'_, Sqlite>,
    conversation: &str,
) -> Result<Vec<i64>, Error> {
    sqlx::query_scalar(
        "select run from inbox where conversation = ? and asker is not null and asker <> conversation
             and state <> 'ended'",
    )
    .bind(conversation)
    .fetch_all(&mut **transaction)
    .await
    .map_err(failed("look who waits for a conversation"))
}
