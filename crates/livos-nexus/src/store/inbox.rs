//! Messages that wait for their answer. What is in here survives everything; each is taken up in its turn.

use livos_bus::Actor;
use livos_bus::assistant::{QueuedMessage, Scheduled, Tier};
use sqlx::Row as _;

use super::pictures;
use super::schedules::go_round;
use super::subagents::{Told, report, tell_askers};
use super::{Store, append, failed, set_title, tier, touch};
use crate::core::step::{AskedBy, Ending, Step};
use crate::core::subagents::Brief;
use crate::error::Error;

/// A message to be answered.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) run: i64,
    pub(crate) actor: Actor,
    /// The person stopped it, perhaps in an earlier life of the daemon.
    pub(crate) stop: bool,
    /// What it was sent by: `chat` or `schedule`.
    pub(crate) cause: String,
    /// A stranger may have had a say in it.
    pub(crate) tainted: bool,
    /// What it is answered by, if that is a subagent.
    pub(crate) brief: Option<Brief>,
    /// The conversation that waits for what is answered, if one does.
    pub(crate) asked_in: Option<String>,
    /// The run that does.
    pub(crate) asked_by: Option<i64>,
    /// The conversation in which its outcome is told, if nobody waits for it.
    pub(crate) reports_to: Option<String>,
    /// Which model its conversation asks for.
    pub(crate) tier: Tier,
    /// How hard that thinks.
    pub(crate) thinking: String,
}

/// Whom the end of a run concerns.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// The conversations that waited for it, and go on.
    pub(crate) woken: Vec<String>,
    /// The conversation in which it was told.
    pub(crate) told_in: Option<String>,
}

/// A message: words, and pictures by their ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Said<'a> {
    pub(crate) text: &'a str,
    pub(crate) pictures: &'a [String],
}

/// What became of a message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// It waits.
    New(i64),
    /// It was sent before.
    Before(i64),
    /// So many wait already that it was not taken.
    Full,
}

impl Store {
    /// Takes a message in.
    pub(crate) async fn send(
        &self,
        conversation: &str,
        actor: &Actor,
        said: Said<'_>,
        key: &str,
        at: i64,
        most: i64,
    ) -> Result<Sent, Error> {
        const OPERATION: &str = "take a message in";
        let actor = serde_json::to_string(actor).map_err(|error| Error::Write("a person", error))?;
        let mut transaction = self.begin(OPERATION).await?;
        let before: Option<i64> =
            sqlx::query_scalar("select run from inbox where conversation = ? and key = ? and key <> ''")
                .bind(conversation)
                .bind(key)
                .fetch_optional(&mut *transaction)
                .await
                .map_err(failed(OPERATION))?;
        if let Some(run) = before {
            return Ok(Sent::Before(run));
        }
        let waiting: i64 =
            sqlx::query_scalar("select count(*) from inbox where conversation = ? and state <> 'ended'")
                .bind(conversation)
                .fetch_one(&mut *transaction)
                .await
                .map_err(failed(OPERATION))?;
        if waiting >= most {
            return Ok(Sent::Full);
        }
        let shown = pictures::send(&mut transaction, conversation, said.pictures).await?;
        let shown = (!shown.is_empty()).then(|| serde_json::to_string(&shown)).transpose();
        let shown = shown.map_err(|error| Error::Write("the pictures of a message", error))?;
        let run: Option<i64> = sqlx::query_scalar(
            "insert into inbox (conversation, actor, message, key, state, at, brief, pictures)
             select id, ?2, ?3, ?4, 'waiting', ?5, brief, ?6 from conversations where id = ?1 returning run",
        )
        .bind(conversation)
        .bind(actor)
        .bind(said.text)
        .bind(key)
        .bind(at)
        .bind(shown)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        let run = run.ok_or(Error::Unknown)?;
        touch(&mut transaction, conversation, at).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(Sent::New(run))
    }

    /// Messages that wait for the running answer.
    pub(crate) async fn queued(&self, conversation: &str) -> Result<Vec<QueuedMessage>, Error> {
        let rows: Vec<(i64, String, i64, Option<String>)> = sqlx::query_as(
            "select run, message, at, pictures from inbox where conversation = ? and state = 'waiting' order by run",
        )
        .bind(conversation)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("list waiting messages"))?;
        let queued = |(run, text, at, shown)| -> Result<_, Error> {
            Ok(QueuedMessage { run, text, pictures: pictures::of_row(shown)?, at })
        };
        rows.into_iter().map(queued).collect()
    }

    /// The conversations in which something is to be done.
    pub(crate) async fn unfinished(&self) -> Result<Vec<String>, Error> {
        sqlx::query_scalar("select distinct conversation from inbox where state <> 'ended'")
            .fetch_all(self.database().reader())
            .await
            .map_err(failed("list unfinished runs"))
    }

    /// Takes up the first message: the one that was being answered, or the one that waits longest. Its step and,
    /// when it is the first, the conversation's title are written with it.
    pub(crate) async fn take_up(&self, conversation: &str, at: i64) -> Result<Option<Message>, Error> {
        const OPERATION: &str = "take a message up";
        let mut transaction = self.begin(OPERATION).await?;
        let row = sqlx::query(
            "select run, actor, message, state, stop, cause, due_at, late, tainted, brief, asker, asker_run, reports_to,
                 pictures,
                 (select tier from conversations where id = conversation) as tier,
                 (select thinking from conversations where id = conversation) as thinking
             from inbox
             where conversation = ? and state <> 'ended' order by run limit 1",
        )
        .bind(conversation)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        let Some(row) = row else { return Ok(None) };
        let scheduled = || -> sqlx::Result<(Option<Scheduled>, bool)> {
            let (due_at, late) = (row.try_get::<Option<i64>, _>("due_at")?, row.try_get("late")?);
            Ok((due_at.map(|due_at| Scheduled { due_at, late }), row.try_get("tainted")?))
        };
        let (scheduled, tainted) = scheduled().map_err(failed(OPERATION))?;
        let asked = || -> sqlx::Result<(Option<String>, Option<String>, Option<i64>)> {
            Ok((row.try_get("brief")?, row.try_get("asker")?, row.try_get("asker_run")?))
        };
        let (brief, asker, asked_by) = asked().map_err(failed(OPERATION))?;
        let brief = brief.map(|brief| serde_json::from_str(&brief)).transpose();
        let brief = brief.map_err(|error| Error::Row("a subagent", error))?;
        let by = asker.map(|conversation| AskedBy { conversation, tainted });
        let asked_in = by.as_ref().map(|by| by.conversation.clone());
        let read = || -> sqlx::Result<(i64, String, String, String, bool, String)> {
            let column = |name| row.try_get::<String, _>(name);
            Ok((
                row.try_get("run")?,
                column("actor")?,
                column("message")?,
                column("state")?,
                row.try_get("stop")?,
                column("cause")?,
            ))
        };
        let reports_to = row.try_get("reports_to").map_err(failed(OPERATION))?;
        let tier = tier(&row).map_err(failed(OPERATION))?;
        let thinking = row.try_get("thinking").map_err(failed(OPERATION))?;
        let (run, actor, text, state, stop, cause) = read().map_err(failed(OPERATION))?;
        let actor = serde_json::from_str(&actor).map_err(|error| Error::Row("a person", error))?;
        if state == "waiting" {
            sqlx::query("update inbox set state = 'running', message = '' where run = ?")
                .bind(run)
                .execute(&mut *transaction)
                .await
                .map_err(failed(OPERATION))?;
            let title: String = sqlx::query_scalar("select title from conversations where id = ?")
                .bind(conversation)
                .fetch_one(&mut *transaction)
                .await
                .map_err(failed(OPERATION))?;
            let shown = pictures::of_row(row.try_get("pictures").map_err(failed(OPERATION))?)?;
            if title.is_empty() && !text.is_empty() {
                set_title(&mut transaction, conversation, &title_of(&text), at).await?;
            }
            let asked = Step::Asked { text, pictures: shown, scheduled, by };
            append(&mut transaction, conversation, run, asked, at).await?;
            touch(&mut transaction, conversation, at).await?;
        }
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(Some(Message {
            run,
            actor,
            stop,
            cause,
            tainted,
            brief,
            asked_in,
            asked_by,
            reports_to,
            tier,
            thinking,
        }))
    }

    /// The conversation of a run of this person's, and what it was asked by.
    pub(crate) async fn run_of(&self, person: &str, run: i64) -> Result<Option<(String, String)>, Error> {
        sqlx::query_as(
            "select conversation, cause from inbox join conversations on conversations.id = conversation
             where run = ? and person = ?",
        )
        .bind(run)
        .bind(person)
        .fetch_optional(self.database().reader())
        .await
        .map_err(failed("find a run"))
    }

    /// Writes down that a run is to stop, so that it does even if the daemon dies first.
    pub(crate) async fn mark_stop(&self, conversation: &str) -> Result<(), Error> {
        sqlx::query("update inbox set stop = 1 where conversation = ? and state = 'running'")
            .bind(conversation)
            .execute(self.database().writer())
            .await
            .map(drop)
            .map_err(failed("stop a run"))
    }

    /// Writes down that a run is over, and why; with it, what that is for whoever waits for it, or asked for it once.
    pub(crate) async fn end(
        &self,
        conversation: &str,
        run: i64,
        how: Ending,
        problem: Option<livos_bus::assistant::Problem>,
        told: &Told,
        at: i64,
    ) -> Result<Ended, Error> {
        const OPERATION: &str = "end a run";
        let mut transaction = self.begin(OPERATION).await?;
        let ended = Step::Ended { how, problem: problem.clone() };
        append(&mut transaction, conversation, run, ended, at).await?;
        let woken = tell_askers(&mut transaction, &[run], told, at).await?;
        let told_in = report(&mut transaction, run, told, at).await?;
        go_round(&mut transaction, run, how, problem.as_ref(), told, at).await?;
        sqlx::query("update inbox set state = 'ended' where run = ?")
            .bind(run)
            .execute(&mut *transaction)
            .await
            .map_err(failed(OPERATION))?;
        touch(&mut transaction, conversation, at).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(Ended { woken, told_in })
    }
}

/// The beginning of a message, as a title.
pub(crate) fn title_of(text: &str) -> String {
    const LONGEST: usize = 60;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut title: String = line.chars().filter(|letter| !letter.is_control()).take(LONGEST).collect();
    if line.chars().count() > LONGEST {
        title.push('…');
    }
    title
}
