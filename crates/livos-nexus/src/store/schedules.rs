//! What is to be asked later. A row comes due once, and is begun once, whatever dies in between.

use livos_bus::Actor;
use livos_bus::assistant::Problem;
use livos_bus::schedules::{DueSchedule, EventKind, ScheduleEvent, ScheduleInfo, ScheduleState};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, Sqlite, Transaction};

use super::subagents::{Told, written};
use super::{Store, failed, touch};
use crate::core::skills::Used;
use crate::core::step::{Ending, Step};
use crate::core::subagents::Brief;
use crate::error::Error;

/// How long a removed one can be had back, in seconds.
const KEPT: i64 = 24 * 60 * 60;
/// After so many failures in a row a loop waits for its person.
const FAILURES: i64 = 3;
/// What goes from one run of a loop to the next, in letters.
const STATE: usize = 4000;
/// How long one that came once and is over is still shown, in seconds.
const SHOWN: i64 = 30 * KEPT;

/// A schedule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) id: String,
    pub(crate) person: String,
    pub(crate) conversation: String,
    pub(crate) task: String,
    /// `""` for once.
    pub(crate) cron: String,
    pub(crate) time_zone: String,
    pub(crate) first_at: i64,
    pub(crate) next_at: Option<i64>,
    pub(crate) due_at: Option<i64>,
    pub(crate) late: bool,
    pub(crate) paused: bool,
    pub(crate) tainted: bool,
    pub(crate) last_at: Option<i64>,
    pub(crate) last_run: Option<i64>,
    pub(crate) problem: Option<String>,
    pub(crate) removed_at: Option<i64>,
    pub(crate) created_at: i64,
    /// Who is asked, if it is a subagent.
    pub(crate) subagent: Option<String>,
    /// What was followed by whoever scheduled that.
    pub(crate) follows: Vec<Used>,
    pub(crate) round: Option<Round>,
    /// What it waits for, if that is no time.
    pub(crate) event: Option<ScheduleEvent>,
    /// As whom it is looked whether that has happened.
    pub(crate) looks_as: Option<Actor>,
    /// What happened that it has come for.
    pub(crate) happened: String,
}

impl Schedule {
    /// Whether it comes again and again.
    pub(crate) fn is_repeated(&self) -> bool {
        !self.cron.is_empty() || self.event.is_some()
    }
}

/// A loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Round {
    /// Seconds from the end of one run to the next.
    pub(crate) every: i64,
    /// Runs in all.
    pub(crate) most: i64,
    /// Runs that were begun.
    pub(crate) done: i64,
    /// What the last one said.
    pub(crate) state: String,
}

impl Round {
    /// Whether nothing more is to come.
    pub(crate) fn is_over(&self) -> bool {
        self.done >= self.most
    }
}

/// What is begun, and where.
#[derive(Debug)]
pub(crate) struct Begin<'a> {
    pub(crate) one: &'a Schedule,
    pub(crate) actor: &'a Actor,
    pub(crate) due_at: Option<i64>,
    pub(crate) at: i64,
    /// The conversation that it is asked in.
    pub(crate) place: &'a str,
    pub(crate) task: &'a str,
    /// What a subagent follows in this; none for the one of the conversation.
    pub(crate) brief: Option<&'a Brief>,
    /// Where the outcome is told.
    pub(crate) reports_to: Option<&'a str>,
}

pub(super) fn schedule(row: &SqliteRow) -> Result<Schedule, Error> {
    let follows: String = row.try_get("follows").map_err(failed("read a schedule"))?;
    let follows = serde_json::from_str(&follows).map_err(|error| Error::Row("a schedule", error))?;
    columns(row, follows).map_err(failed("read a schedule"))
}

fn columns(row: &SqliteRow, follows: Vec<Used>) -> sqlx::Result<Schedule> {
    let round = |every: i64| -> sqlx::Result<Round> {
        Ok(Round {
            every,
            most: row.try_get("most")?,
            done: row.try_get("done")?,
            state: row.try_get("state")?,
        })
    };
    Ok(Schedule {
        subagent: row.try_get("subagent")?,
        follows,
        round: row.try_get::<Option<i64>, _>("every")?.map(round).transpose()?,
        event: event(row)?,
        // Who can't be read sees nothing happen.
        looks_as: serde_json::from_str(row.try_get("looks_as")?).ok(),
        happened: row.try_get("happened")?,
        id: row.try_get("id")?,
        person: row.try_get("person")?,
        conversation: row.try_get("conversation")?,
        task: row.try_get("task")?,
        cron: row.try_get("cron")?,
        time_zone: row.try_get("time_zone")?,
        first_at: row.try_get("first_at")?,
        next_at: row.try_get("next_at")?,
        due_at: row.try_get("due_at")?,
        late: row.try_get("late")?,
        paused: row.try_get("paused")?,
        tainted: row.try_get("tainted")?,
        last_at: row.try_get("last_at")?,
        last_run: row.try_get("last_run")?,
        problem: row.try_get("problem")?,
        removed_at: row.try_get("removed_at")?,
        created_at: row.try_get("created_at")?,
    })
}

/// What one waits for; what an upgrade does not know any more never happens.
fn event(row: &SqliteRow) -> sqlx::Result<Option<ScheduleEvent>> {
    let kind: Option<String> = row.try_get("event")?;
    let subject = row.try_get("subject")?;
    Ok(kind.and_then(|kind| EventKind::of(&kind)).map(|kind| ScheduleEvent { kind, subject }))
}

impl Store {
    /// Keeps a new one, unless the person has `most`; false then.
    pub(crate) async fn schedule(&self, one: &Schedule, most: u32) -> Result<bool, Error> {
        const OPERATION: &str = "keep a schedule";
        let follows =
            serde_json::to_string(&one.follows).map_err(|error| Error::Write("a schedule", error))?;
        let looks_as =
            serde_json::to_string(&one.looks_as).map_err(|error| Error::Write("a person", error))?;
        let mut transaction = self.begin(OPERATION).await?;
        sqlx::query(
            "delete from schedules where removed_at < ?1
                 or (next_at is null and due_at is null and not paused and event is null and last_at < ?2)",
        )
        .bind(one.created_at.saturating_sub(KEPT))
        .bind(one.created_at.saturating_sub(SHOWN))
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        let made = sqlx::query(
            "insert into schedules (id, person, conversation, task, cron, time_zone, next_at, first_at, tainted,
                 created_at, subagent, follows, every, most, event, subject, looks_as)
             select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?18, ?8, ?9, ?11, ?12, ?13, ?14, ?15, ?16, ?17
             where (select count(*) from schedules_to_come where person = ?2) < ?10",
        )
        .bind(&one.id)
        .bind(&one.person)
        .bind(&one.conversation)
        .bind(&one.task)
        .bind(&one.cron)
        .bind(&one.time_zone)
        .bind(one.next_at)
        .bind(one.tainted)
        .bind(one.created_at)
        .bind(most)
        .bind(&one.subagent)
        .bind(follows)
        .bind(one.round.as_ref().map(|round| round.every))
        .bind(one.round.as_ref().map(|round| round.most))
        .bind(one.event.as_ref().map(|event| event.kind.as_str()))
        .bind(one.event.as_ref().map_or("", |event| event.subject.as_str()))
        .bind(looks_as)
        .bind(one.first_at)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(made.rows_affected() == 1)
    }

    /// A person's, those that come next first.
    pub(crate) async fn schedules(&self, person: &str) -> Result<Vec<Schedule>, Error> {
        let rows = sqlx::query(
            "select * from schedules where person = ? and removed_at is null
             order by coalesce(due_at, next_at, 1 << 60), created_at desc, id limit 200",
        )
        .bind(person)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed("list schedules"))?;
        rows.iter().map(schedule).collect()
    }

    /// One of a person's, also if it was removed a moment ago.
    pub(crate) async fn own_schedule(&self, person: &str, id: &str) -> Result<Option<Schedule>, Error> {
        let row = sqlx::query("select * from schedules where person = ? and id = ?")
            .bind(person)
            .bind(id)
            .fetch_optional(self.database().reader())
            .await
            .map_err(failed("read a schedule"))?;
        row.as_ref().map(schedule).transpose()
    }

    /// What is to come at this moment or before it.
    pub(crate) async fn coming(&self, now: i64) -> Result<Vec<Schedule>, Error> {
        let rows = sqlx::query("select * from schedules where next_at <= ? order by next_at, id")
            .bind(now)
            .fetch_all(self.database().reader())
            .await
            .map_err(failed("look what is due"))?;
        rows.iter().map(schedule).collect()
    }

    /// One has come; it comes again at `next`. One that still waits to be begun does not come twice.
    pub(crate) async fn has_come(&self, one: &Schedule, next: Option<i64>, late: bool) -> Result<(), Error> {
        sqlx::query(
            "update schedules set due_at = coalesce(due_at, next_at), late = max(late, ?3), next_at = ?4
             where id = ?1 and next_at = ?2",
        )
        .bind(&one.id)
        .bind(one.next_at)
        .bind(late)
        .bind(next)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("write down what is due"))
    }

    /// When the next one comes.
    pub(crate) async fn next_coming(&self) -> Result<Option<i64>, Error> {
        sqlx::query_scalar("select min(next_at) from schedules where next_at is not null")
            .fetch_one(self.database().reader())
            .await
            .map_err(failed("look what comes next"))
    }

    /// What has come and was not begun.
    pub(crate) async fn due(&self) -> Result<Vec<DueSchedule>, Error> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("select id, person from schedules where due_at is not null order by due_at, id")
                .fetch_all(self.database().reader())
                .await
                .map_err(failed("look what is due"))?;
        Ok(rows.into_iter().map(|(id, person)| DueSchedule { id, person }).collect())
    }

    /// Puts a schedule's task into the inbox of a conversation. `Conflict` if it is not due, or was begun before.
    pub(crate) async fn begin_schedule(&self, begin: Begin<'_>) -> Result<i64, Error> {
        const OPERATION: &str = "begin what is due";
        let Begin { one, actor, due_at, at, place, task, brief, reports_to } = begin;
        let actor = serde_json::to_string(actor).map_err(|error| Error::Write("a person", error))?;
        let brief = brief.map(written).transpose()?;
        let mut transaction = self.begin(OPERATION).await?;
        let run: Option<i64> = sqlx::query_scalar(
            "insert into inbox (conversation, actor, message, key, state, at, cause, due_at, late, tainted, brief,
                 reports_to)
             select conversations.id, ?3, ?7, '', 'waiting', ?4, 'schedule', coalesce(?2, ?4),
                 ?6 and ?2 is not null, tainted, coalesce(?8, brief), ?9
             from schedules join conversations on conversations.id = ?5
             where schedules.id = ?1 and removed_at is null and (?2 is null or due_at = ?2)
                 and (every is null or done < most)
                 and ((?2 is not null and cron = '' and every is null and event is null)
                     or not exists (select 1 from inbox as former where former.run = last_run and former.state <> 'ended'))
             returning run",
        )
        .bind(&one.id)
        .bind(due_at)
        .bind(actor)
        .bind(at)
        .bind(place)
        .bind(one.late)
        .bind(task)
        .bind(brief)
        .bind(reports_to)
        .fetch_optional(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        let gone = || Error::Conflict("this is not due any more; look again".to_owned());
        let run = run.ok_or_else(gone)?;
        // The next run of a loop comes when this one has ended.
        sqlx::query(
            "update schedules set last_at = ?2, last_run = ?3, problem = null, conversation = ?4,
                 happened = case when happened = ?6 then '' else happened end,
                 due_at = case when ?5 is null then due_at end, late = case when ?5 is null then late else 0 end,
                 next_at = case when every is null and (event is null or happened <> ?6) then next_at end,
                 done = done + (every is not null)
             where id = ?1",
        )
        .bind(&one.id)
        .bind(at)
        .bind(run)
        .bind(&one.conversation)
        .bind(due_at)
        .bind(&one.happened)
        .execute(&mut *transaction)
        .await
        .map_err(failed(OPERATION))?;
        touch(&mut transaction, place, at).await?;
        transaction.commit().await.map_err(failed(OPERATION))?;
        Ok(run)
    }

    /// Changes when one comes: `next` is none for one that is paused or over.
    pub(crate) async fn set_schedule(
        &self,
        id: &str,
        next: Option<i64>,
        paused: bool,
        problem: Option<&str>,
    ) -> Result<(), Error> {
        sqlx::query(
            "update schedules set next_at = ?2, paused = ?3, problem = ?4, due_at = null, late = 0,
                 failures = case when ?3 then failures else 0 end
             where id = ?1",
        )
        .bind(id)
        .bind(next)
        .bind(paused)
        .bind(problem)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("change a schedule"))
    }

    /// One that has come is not begun, and says why.
    pub(crate) async fn pass_over(&self, one: &Schedule, why: &str) -> Result<(), Error> {
        sqlx::query(
            "update schedules set due_at = null, late = 0, problem = ?3, happened = ''
             where id = ?1 and due_at = ?2",
        )
        .bind(&one.id)
        .bind(one.due_at)
        .bind(why)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("pass a schedule over"))
    }

    /// One that has come is at work; it comes again at this time.
    pub(crate) async fn put_off(&self, one: &Schedule, until: i64) -> Result<(), Error> {
        sqlx::query(
            "update schedules set due_at = null, late = 0, next_at = ?3 where id = ?1 and due_at = ?2",
        )
        .bind(&one.id)
        .bind(one.due_at)
        .bind(until)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("put a schedule off"))
    }

    /// One that has come is at work, and comes again when that has ended.
    pub(crate) async fn take_back(&self, one: &Schedule) -> Result<(), Error> {
        sqlx::query("update schedules set due_at = null, late = 0 where id = ?1 and due_at = ?2")
            .bind(&one.id)
            .bind(one.due_at)
            .execute(self.database().writer())
            .await
            .map(drop)
            .map_err(failed("pass a schedule over"))
    }

    /// Takes one out of the list.
    pub(crate) async fn remove_schedule(&self, id: &str, at: i64) -> Result<(), Error> {
        sqlx::query(
            "update schedules set removed_at = ?2, next_at = null, due_at = null, late = 0 where id = ?1",
        )
        .bind(id)
        .bind(at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("remove a schedule"))
    }

    /// Takes all of somebody's out of the list.
    pub(crate) async fn remove_schedules_of(&self, person: &str, at: i64) -> Result<(), Error> {
        sqlx::query(
            "update schedules set removed_at = ?2, next_at = null, due_at = null, late = 0
             where person = ?1 and removed_at is null",
        )
        .bind(person)
        .bind(at)
        .execute(self.database().writer())
        .await
        .map(drop)
        .map_err(failed("remove a person's schedules"))
    }

    /// Takes one back into the list, to come at `next`, unless its person has `most`; false then.
    pub(crate) async fn restore_schedule(
        &self,
        one: &Schedule,
        next: Option<i64>,
        most: u32,
    ) -> Result<bool, Error> {
        let restored = sqlx::query(
            "update schedules set removed_at = null, next_at = ?3 where id = ?1
             and (select count(*) from schedules_to_come where person = ?2) < ?4",
        )
        .bind(&one.id)
        .bind(&one.person)
        .bind(next)
        .bind(most)
        .execute(self.database().writer())
        .await
        .map_err(failed("restore a schedule"))?;
        Ok(restored.rows_affected() == 1)
    }

    /// Whether the last run of one is not over.
    pub(crate) async fn is_at_work(&self, one: &Schedule) -> Result<bool, Error> {
        sqlx::query_scalar("select exists (select 1 from inbox where run = ? and state <> 'ended')")
            .bind(one.last_run)
            .fetch_one(self.database().reader())
            .await
            .map_err(failed("look how a run stands"))
    }

    /// How the last run of one stands.
    async fn outcome(&self, one: &Schedule) -> Result<Option<ScheduleState>, Error> {
        const OPERATION: &str = "look how a run stands";
        let Some(run) = one.last_run else { return Ok(None) };
        let state: Option<String> = sqlx::query_scalar("select state from inbox where run = ?")
            .bind(run)
            .fetch_optional(self.database().reader())
            .await
            .map_err(failed(OPERATION))?;
        match state.as_deref() {
            // Its conversation was deleted.
            None => return Ok(None),
            Some("ended") => {}
            Some(_) => return Ok(Some(ScheduleState::Running)),
        }
        let bodies: Vec<String> = sqlx::query_scalar(
            "select body from steps join inbox using (conversation, run) where run = ? order by seq desc",
        )
        .bind(run)
        .fetch_all(self.database().reader())
        .await
        .map_err(failed(OPERATION))?;
        let mut end = None;
        for body in bodies {
            let step: Step = serde_json::from_str(&body).map_err(|error| Error::Row("a step", error))?;
            if let Step::Ended { how, .. } = step {
                end = Some(how);
                break;
            }
        }
        Ok(end.map(|how| match how {
            Ending::Done => ScheduleState::Done,
            Ending::Stopped => ScheduleState::Stopped,
            Ending::Failed => ScheduleState::Failed,
        }))
    }

    /// As it is shown.
    pub(crate) async fn shown_schedule(&self, one: Schedule) -> Result<ScheduleInfo, Error> {
        let last = self.outcome(&one).await?;
        Ok(ScheduleInfo {
            id: one.id,
            conversation: one.conversation,
            task: one.task,
            cron: one.cron,
            time_zone: one.time_zone,
            event: one.event,
            next_at: one.due_at.or(one.next_at),
            paused: one.paused,
            last_at: one.last_at,
            last,
            problem: one.problem,
            subagent: one.subagent,
            every: one.round.as_ref().map(|round| round.every),
            most: one.round.as_ref().map(|round| round.most),
            done: one.round.as_ref().map(|round| round.done),
        })
    }
}

/// What a run that has ended is for the loop it was part of: the next one comes a while later, and is told what this
/// one said. One that its person stopped, or that failed three times in a row, waits until they resume it; a run in
/// which no model answered does not count.
pub(super) async fn go_round(
    transaction: &mut Transaction<'_, Sqlite>,
    run: i64,
    how: Ending,
    problem: Option<&Problem>,
    told: &Told,
    at: i64,
) -> Result<(), Error> {
    let state = (how == Ending::Done).then(|| clip(&told.text));
    let answered: bool = sqlx::query_scalar(
        "select exists (select 1 from steps join inbox using (conversation, run)
             where run = ? and body ->> '$.kind' = 'answered')",
    )
    .bind(run)
    .fetch_one(&mut **transaction)
    .await
    .map_err(failed("look how a run went"))?;
    let stopped = match how {
        Ending::Stopped => Some("its last run was stopped".to_owned()),
        Ending::Failed if failures_before(transaction, run).await? + 1 >= FAILURES => {
            let why = told.text.lines().next().unwrap_or_default();
            Some(format!("its last {FAILURES} runs failed; of the last one: {why}"))
        }
        Ending::Done | Ending::Failed => None,
    };
    // What is spent comes back at its own time; to ask before is of no use.
    let wait = problem.and_then(|problem| problem.retry_after).map(|wait| i64::try_from(wait).unwrap_or(0));
    sqlx::query(
        "update schedules set state = coalesce(?3, state), tainted = max(tainted, ?4 and ?3 is not null),
             paused = max(paused, ?5 is not null), problem = coalesce(?5, problem),
             next_at = case when ?5 is null and not paused and removed_at is null and done - ?7 < most
                 then ?2 + max(every, coalesce(?6, 0)) end,
             done = done - ?7, failures = case when ?8 then failures + 1 else 0 end
         where last_run = ?1 and every is not null",
    )
    .bind(run)
    .bind(at)
    .bind(state)
    .bind(told.foreign)
    .bind(stopped)
    .bind(wait)
    .bind(i64::from(!answered))
    .bind(how == Ending::Failed)
    .execute(&mut **transaction)
    .await
    .map(drop)
    .map_err(failed("plan the next run"))
}

/// How many runs of the loop failed in a row before this one.
async fn failures_before(transaction: &mut Transaction<'_, Sqlite>, run: i64) -> Result<i64, Error> {
    sqlx::query_scalar(
        "select coalesce(max(failures), 0) from schedules where last_run = ? and every is not null",
    )
    .bind(run)
    .fetch_one(&mut **transaction)
    .await
    .map_err(failed("look how the last runs went"))
}

/// The end of what is said, which is where one says how things stand.
fn clip(text: &str) -> String {
    let letters = text.chars().count();
    text.chars().skip(letters.saturating_sub(STATE)).collect()
}
