//! The queue's SQL.

use sqlx::{Result, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::context::{LINES_KEPT, Progress, Unwritten};
use super::schedule::Schedule;
use super::{JobFailure, NewJob};

/// A row of `jobs`, without what only the queue itself needs.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) payload: String,
    pub(super) state: String,
    pub(super) step: String,
    pub(super) step_index: i64,
    pub(super) step_count: i64,
    pub(super) done: i64,
    pub(super) total: i64,
    pub(super) unit: String,
    pub(super) detail: String,
    pub(super) rate: i64,
    pub(super) error_code: String,
    pub(super) error_message: String,
    pub(super) started_by: String,
    pub(super) attempts: i64,
    pub(super) cancel_requested: i64,
    pub(super) created_at: i64,
    pub(super) started_at: i64,
    pub(super) finished_at: i64,
}

macro_rules! select_job {
    ($rest:literal) => {
        concat!(
            "select id, kind, subject, title, payload, state, step, step_index, step_count, done, total, unit,
                    detail, rate, error_code, error_message, started_by, attempts, cancel_requested,
                    created_at, started_at, finished_at
             from jobs ",
            $rest
        )
    };
}

pub(super) async fn insert(
    connection: &mut SqliteConnection,
    job: &NewJob,
    now_ms: i64,
) -> Result<(i64, bool)> {
    let added: Option<i64> = sqlx::query_scalar(
        "insert into jobs (kind, subject, title, payload, state, priority, dedup_key, started_by, run_at_ms, created_at)
         values (?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?)
         on conflict do nothing returning id",
    )
    .bind(&job.kind)
    .bind(&job.subject)
    .bind(&job.title)
    .bind(job.payload.to_string())
    .bind(job.priority)
    .bind(&job.dedup_key)
    .bind(&job.started_by)
    .bind(job.run_at_ms.max(now_ms))
    .bind(now_ms.div_euclid(1000))
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(id) = added {
        return Ok((id, true));
    }
    let id = sqlx::query_scalar("select id from jobs where dedup_key = ? and state in ('queued', 'running')")
        .bind(&job.dedup_key)
        .fetch_one(connection)
        .await?;
    Ok((id, false))
}

pub(super) async fn list(pool: &SqlitePool) -> Result<Vec<Row>> {
    sqlx::query_as(select_job!(
        "where state in ('queued', 'running')
            or id in (select id from jobs where state not in ('queued', 'running') order by id desc limit 300)
         order by id desc"
    ))
    .fetch_all(pool)
    .await
}

pub(super) async fn get(pool: &SqlitePool, id: i64) -> Result<Option<Row>> {
    sqlx::query_as(select_job!("where id = ?")).bind(id).fetch_optional(pool).await
}

pub(super) async fn lines(pool: &SqlitePool, id: i64) -> Result<Vec<(i64, String)>> {
    sqlx::query_as("select at, line from job_lines where job_id = ? order by id")
        .bind(id)
        .fetch_all(pool)
        .await
}

/// Ends a job that never began. One that had begun and waits to go on is due now instead, with its wish to
/// stop: only its handler can undo what it has done.
pub(super) async fn cancel_queued(pool: &SqlitePool, id: i64, now_ms: i64) -> Result<()> {
    sqlx::query(
        "update jobs set cancel_requested = 1,
             state = iif(attempts + crashes = 0, 'cancelled', state),
             finished_at = iif(attempts + crashes = 0, ?, finished_at),
             run_at_ms = min(run_at_ms, ?)
         where id = ? and state = 'queued'",
    )
    .bind(now_ms.div_euclid(1000))
    .bind(now_ms)
    .bind(id)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn request_cancel(pool: &SqlitePool, id: i64) -> Result<()> {
    sqlx::query("update jobs set cancel_requested = 1 where id = ? and state = 'running'")
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

pub(super) async fn requeue_finished(pool: &SqlitePool, id: i64, now_ms: i64) -> Result<()> {
    sqlx::query(
        "update jobs set state = 'queued', run_at_ms = ?, attempts = 0, crashes = 0, cancel_requested = 0, owner = null,
                error_code = '', error_message = '', finished_at = 0, started_at = 0,
                step = '', step_index = 0, step_count = 0, done = 0, total = 0, unit = '', detail = '', rate = 0
         where id = ? and state in ('failed', 'cancelled')",
    )
    .bind(now_ms)
    .bind(id)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn delete_finished(pool: &SqlitePool, id: i64) -> Result<()> {
    sqlx::query("delete from jobs where id = ? and state not in ('queued', 'running')")
        .bind(id)
        .execute(pool)
        .await?;
    Ok(())
}

/// Forgets jobs that ended well or were cancelled before `limit`; gives their numbers.
pub(super) async fn purge(connection: &mut SqliteConnection, limit: i64) -> Result<Vec<i64>> {
    sqlx::query_scalar(
        "delete from jobs where state in ('succeeded', 'cancelled') and finished_at < ? returning id",
    )
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// How a job ended, or when it is tried again.
pub(super) enum Settled<'a> {
    Succeeded,
    Cancelled,
    Failed(&'a JobFailure),
    Again(&'a JobFailure, i64),
}

pub(super) async fn settle(
    connection: &mut SqliteConnection,
    id: i64,
    settled: &Settled<'_>,
    now: i64,
) -> Result<()> {
    let (state, failure, run_at_ms) = match settled {
        Settled::Succeeded => ("succeeded", None, None),
        Settled::Cancelled => ("cancelled", None, None),
        Settled::Failed(failure) => ("failed", Some(*failure), None),
        Settled::Again(failure, at) => ("queued", Some(*failure), Some(*at)),
    };
    sqlx::query(
        "update jobs set state = ?, owner = null, rate = 0, error_code = ?, error_message = ?,
                run_at_ms = coalesce(?, run_at_ms), finished_at = ?
         where id = ? and state = 'running'",
    )
    .bind(state)
    .bind(failure.map_or("", |failure| failure.code.as_str()))
    .bind(failure.map_or("", |failure| failure.message.as_str()))
    .bind(run_at_ms)
    .bind(if run_at_ms.is_some() { 0 } else { now })
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) async fn write_progress(
    connection: &mut SqliteConnection,
    id: i64,
    unwritten: &Unwritten,
) -> Result<()> {
    let Progress { step, step_index, step_count, done, total, unit, detail } = &unwritten.progress;
    sqlx::query(
        "update jobs set step = ?, step_index = ?, step_count = ?, done = ?, total = ?, unit = ?, detail = ?, rate = ?
         where id = ?",
    )
    .bind(step)
    .bind(step_index)
    .bind(step_count)
    .bind(signed(*done))
    .bind(signed(*total))
    .bind(unit)
    .bind(detail)
    .bind(signed(unwritten.rate))
    .bind(id)
    .execute(&mut *connection)
    .await?;
    if unwritten.lines.is_empty() {
        return Ok(());
    }
    for (at, line) in &unwritten.lines {
        sqlx::query("insert into job_lines (job_id, at, line) select id, ?, ? from jobs where id = ?")
            .bind(at)
            .bind(line)
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::query(
        "delete from job_lines where job_id = ?1
            and id <= (select id from job_lines where job_id = ?1 order by id desc limit 1 offset ?2)",
    )
    .bind(id)
    .bind(LINES_KEPT)
    .execute(connection)
    .await?;
    Ok(())
}

/// Kind and subject of everything that runs, in this process or another.
pub(super) async fn occupied(connection: &mut SqliteConnection) -> Result<Vec<(String, String)>> {
    sqlx::query_as("select kind, subject from jobs where state = 'running'").fetch_all(connection).await
}

/// A job that may be claimed.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Candidate {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) payload: String,
    pub(super) started_by: String,
    pub(super) attempts: i64,
    pub(super) crashes: i64,
    pub(super) cancel_requested: i64,
    pub(super) started_at: i64,
}

/// The next candidates of these kinds (a JSON list), in the order they are due.
pub(super) async fn candidates(
    connection: &mut SqliteConnection,
    kinds: &str,
    now_ms: i64,
    skip: i64,
) -> Result<Vec<Candidate>> {
    sqlx::query_as(
        "select id, kind, subject, payload, started_by, attempts, crashes, cancel_requested, started_at
         from jobs
         where state = 'queued' and run_at_ms <= ? and kind in (select value from json_each(?))
         order by priority desc, run_at_ms, id limit 100 offset ?",
    )
    .bind(now_ms)
    .bind(kinds)
    .bind(skip)
    .fetch_all(connection)
    .await
}

pub(super) async fn claim(connection: &mut SqliteConnection, ids: &str, owner: &str, now: i64) -> Result<()> {
    sqlx::query(
        "update jobs set state = 'running', owner = ?, attempts = attempts + 1, error_code = '', error_message = '',
                started_at = case started_at when 0 then ? else started_at end,
                step = '', step_index = 0, step_count = 0, done = 0, total = 0, unit = '', detail = '', rate = 0
         where id in (select value from json_each(?))",
    )
    .bind(owner)
    .bind(now)
    .bind(ids)
    .execute(connection)
    .await?;
    Ok(())
}

/// When something is due next, if anything is.
pub(super) async fn next_due(connection: &mut SqliteConnection, now_ms: i64) -> Result<Option<i64>> {
    sqlx::query_scalar(
        "select min(at) from (
             select min(run_at_ms) as at from jobs where state = 'queued' and run_at_ms > ?
             union all select min(next_ms) from schedules)",
    )
    .bind(now_ms)
    .fetch_one(connection)
    .await
}

/// Jobs that a process has begun and not ended: number, kind, owner, crashes.
pub(super) async fn begun(connection: &mut SqliteConnection) -> Result<Vec<(i64, String, String, i64)>> {
    sqlx::query_as("select id, kind, coalesce(owner, ''), crashes from jobs where state = 'running'")
        .fetch_all(connection)
        .await
}

/// Puts a job back that its process left behind; `crashed` counts it as a crash.
pub(super) async fn requeue(transaction: &mut Transaction<'_, Sqlite>, id: i64, crashed: bool) -> Result<()> {
    sqlx::query(
        "update jobs set state = 'queued', owner = null, rate = 0,
                step = '', step_index = 0, step_count = 0, done = 0, total = 0, unit = '', detail = '',
                crashes = crashes + ?, attempts = max(attempts - 1, 0)
         where id = ? and state = 'running'",
    )
    .bind(crashed)
    .bind(id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Kinds of waiting jobs.
pub(super) async fn waiting_kinds(pool: &SqlitePool) -> Result<Vec<String>> {
    sqlx::query_scalar("select distinct kind from jobs where state = 'queued'").fetch_all(pool).await
}

/// Fails what waits of a kind that nobody does any more; gives the numbers.
pub(super) async fn fail_kind(pool: &SqlitePool, kind: &str, now: i64) -> Result<Vec<i64>> {
    sqlx::query_scalar(
        "update jobs set state = 'failed', finished_at = ?, error_code = 'unsupported',
                error_message = 'this version of LivOS no longer does this'
         where state = 'queued' and kind = ? returning id",
    )
    .bind(now)
    .bind(kind)
    .fetch_all(pool)
    .await
}

#[derive(Debug, sqlx::FromRow)]
pub(super) struct ScheduleRow {
    pub(super) name: String,
    pub(super) cron: String,
    pub(super) time_zone: String,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) payload: String,
    pub(super) priority: i64,
}

pub(super) async fn put_schedule(pool: &SqlitePool, schedule: &Schedule, next_ms: i64) -> Result<()> {
    let job = &schedule.job;
    sqlx::query(
        "insert into schedules (name, cron, time_zone, kind, subject, title, payload, priority, next_ms)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?)
         on conflict (name) do update set
             next_ms = case when cron = excluded.cron and time_zone = excluded.time_zone
                            then next_ms else excluded.next_ms end,
             cron = excluded.cron, time_zone = excluded.time_zone, kind = excluded.kind, subject = excluded.subject,
             title = excluded.title, payload = excluded.payload, priority = excluded.priority",
    )
    .bind(&schedule.name)
    .bind(&schedule.cron)
    .bind(&schedule.time_zone)
    .bind(&job.kind)
    .bind(&job.subject)
    .bind(&job.title)
    .bind(job.payload.to_string())
    .bind(job.priority)
    .bind(next_ms)
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn delete_schedule(pool: &SqlitePool, name: &str) -> Result<()> {
    sqlx::query("delete from schedules where name = ?").bind(name).execute(pool).await?;
    Ok(())
}

pub(super) async fn due_schedules(
    connection: &mut SqliteConnection,
    now_ms: i64,
) -> Result<Vec<ScheduleRow>> {
    sqlx::query_as(
        "select name, cron, time_zone, kind, subject, title, payload, priority from schedules where next_ms <= ?",
    )
    .bind(now_ms)
    .fetch_all(connection)
    .await
}

pub(super) async fn set_next(connection: &mut SqliteConnection, name: &str, next_ms: i64) -> Result<()> {
    sqlx::query("update schedules set next_ms = ? where name = ?")
        .bind(next_ms)
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}
