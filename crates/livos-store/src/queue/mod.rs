//! The durable job queue: a table, claims, and one task that hands jobs to their handlers.
//!
//! What must stay true:
//! * A job that was enqueued is worked on until it succeeded, failed or was cancelled, whatever
//!   dies in between. A process shows that it lives by a file lock, which the kernel takes back;
//!   there is no heartbeat to miss and none to wait for.
//! * Every change of state is one transaction. Finished jobs are acknowledged and new ones claimed
//!   in batches, in the same transaction.
//! * An idle queue does nothing: it sleeps until a job is added, or until the first one is due.

mod context;
mod kind;
mod owner;
mod rows;
mod run;
mod schedule;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use livos_types::{JobId, JobState};
use serde::Serialize;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

pub use context::{JobContext, Progress};
pub use kind::{Backoff, JobFailure, KindOptions, OnCrash};
pub use schedule::{Schedule, next_of_cron};

use crate::{Database, Error, Migration};
use context::Live;
use kind::Kind;
use owner::Owner;

/// Tells UTC milliseconds. Time is a parameter, so tests decide what it is.
pub type NowMillis = Arc<dyn Fn() -> i64 + Send + Sync>;

const MIGRATIONS: &[Migration] = &[Migration::new("0001", include_str!("../../migrations/queue_0001.sql"))];

/// A job as it is stored; one to one what people see of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Which service, which number.
    pub id: JobId,
    /// What is done: `app.install`.
    pub kind: String,
    /// What it is done to; jobs on the same subject wait for each other.
    pub subject: String,
    /// One line for people.
    pub title: String,
    /// What it is done with, as JSON.
    pub payload: String,
    /// Where it stands.
    pub state: JobState,
    /// How far it is.
    pub progress: Progress,
    /// Units a second.
    pub rate: u64,
    /// Why it failed, for machines; also why the last attempt did while the next one waits.
    pub error_code: String,
    /// Why it failed, for people.
    pub error_message: String,
    /// The account that started it, or empty.
    pub started_by: String,
    /// Times that it was tried.
    pub attempts: u32,
    /// UTC seconds.
    pub created_at: i64,
    /// UTC seconds; 0 before the first attempt.
    pub started_at: i64,
    /// UTC seconds; 0 until it ended.
    pub finished_at: i64,
    /// It can be stopped now.
    pub cancellable: bool,
    /// It can be tried again.
    pub retryable: bool,
}

/// A job to add.
#[derive(Debug, Clone, PartialEq)]
pub struct NewJob {
    /// What to do; must be registered.
    pub kind: String,
    /// What to do it to; empty for nothing in particular.
    pub subject: String,
    /// One line for people.
    pub title: String,
    /// What to do it with.
    pub payload: serde_json::Value,
    /// While an unfinished job has this key, adding another one gives that one's id.
    pub dedup_key: Option<String>,
    /// Higher goes first; 0 is usual.
    pub priority: i64,
    /// Not before this time, UTC milliseconds; 0 for now.
    pub run_at_ms: i64,
    /// The account that starts it, or empty.
    pub started_by: String,
}

impl NewJob {
    /// A job without payload, for now, started by nobody in particular.
    pub fn new(kind: impl Into<String>, subject: impl Into<String>, title: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            subject: subject.into(),
            title: title.into(),
            payload: serde_json::Value::Null,
            dedup_key: None,
            priority: 0,
            run_at_ms: 0,
            started_by: String::new(),
        }
    }

    /// With a payload.
    pub fn payload(mut self, payload: &impl Serialize) -> Result<Self, Error> {
        self.payload = serde_json::to_value(payload)
            .map_err(|source| Error::Payload { kind: self.kind.clone(), source })?;
        Ok(self)
    }

    /// Joined with an unfinished job of the same key.
    #[must_use]
    pub fn dedup(mut self, key: impl Into<String>) -> Self {
        self.dedup_key = Some(key.into());
        self
    }

    /// With a priority.
    #[must_use]
    pub fn priority(mut self, priority: i64) -> Self {
        self.priority = priority;
        self
    }

    /// Not before this time.
    #[must_use]
    pub fn run_at_ms(mut self, run_at_ms: i64) -> Self {
        self.run_at_ms = run_at_ms;
        self
    }

    /// Started by this account.
    #[must_use]
    pub fn started_by(mut self, account: impl Into<String>) -> Self {
        self.started_by = account.into();
        self
    }
}

/// What became of a request about a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It is so now.
    Done,
    /// There is no such job.
    NotFound,
    /// It cannot be, and why.
    Refused(&'static str),
}

/// A queue over a database. Clones share it.
#[derive(Debug, Clone)]
pub struct Queue(Arc<Inner>);

struct Inner {
    database: Database,
    /// The prefix of its ids: `apps` in `apps-12`.
    service: String,
    now: NowMillis,
    owner: Owner,
    kinds: RwLock<HashMap<String, Arc<Kind>>>,
    running: Mutex<HashMap<i64, Running>>,
    /// Held while jobs change hands, so that a cancel never falls between claim and start.
    handover: tokio::sync::Mutex<()>,
    /// There may be something to claim, or something to stop.
    work: Notify,
    /// Progress was made that is not written yet.
    progress: Arc<Notify>,
    changes: broadcast::Sender<JobId>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Queue").field("service", &self.service).finish_non_exhaustive()
    }
}

/// A job that this process works on.
struct Running {
    kind: Arc<Kind>,
    live: Arc<Live>,
    cancelled: CancellationToken,
    attempts: u32,
}

impl Queue {
    /// Opens the queue in `database`; `service` is the prefix of its ids.
    ///
    /// Then [`Queue::register`] every kind, and spawn [`Queue::run`].
    pub async fn open(database: Database, service: &str, now: NowMillis) -> Result<Self, Error> {
        database.migrate("queue", MIGRATIONS).await?;
        let owner = Owner::take(database.path())?;
        Ok(Self(Arc::new(Inner {
            database,
            service: service.to_owned(),
            now,
            owner,
            kinds: RwLock::default(),
            running: Mutex::default(),
            handover: tokio::sync::Mutex::default(),
            work: Notify::new(),
            progress: Arc::default(),
            changes: broadcast::channel(1024).0,
        })))
    }

    /// Says how jobs of `kind` are done. Must be said of every kind before [`Queue::run`].
    pub fn register<Handler, Doing>(&self, kind: &str, options: KindOptions, handler: Handler)
    where
        Handler: Fn(JobContext) -> Doing + Send + Sync + 'static,
        Doing: Future<Output = Result<(), JobFailure>> + Send + 'static,
    {
        let kind_of_job = Kind {
            name: kind.to_owned(),
            options,
            handler: Box::new(move |context| Box::pin(handler(context))),
        };
        self.0
            .kinds
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(kind.to_owned(), Arc::new(kind_of_job));
    }

    fn kind(&self, name: &str) -> Option<Arc<Kind>> {
        self.0.kinds.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<i64, Running>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> i64 {
        (self.0.now)()
    }

    fn id(&self, number: i64) -> JobId {
        JobId::new(&self.0.service, number)
    }

    /// The number, if the id is one of this queue.
    fn number(&self, id: &JobId) -> Option<i64> {
        (id.service() == self.0.service).then(|| id.number())
    }

    fn changed(&self, number: i64) {
        // Nobody listening is fine.
        let _ = self.0.changes.send(self.id(number));
    }

    /// Adds a job; it is durable when this returns. Gives the id of an unfinished one with the
    /// same de-duplication key instead, if there is one.
    pub async fn enqueue(&self, job: NewJob) -> Result<JobId, Error> {
        if self.kind(&job.kind).is_none() {
            return Err(Error::UnknownKind(job.kind));
        }
        let failed = Error::query("add a job");
        let mut transaction =
            self.0.database.writer().begin_with("begin immediate").await.map_err(&failed)?;
        let (number, added) = rows::insert(&mut transaction, &job, self.now_ms()).await.map_err(&failed)?;
        transaction.commit().await.map_err(&failed)?;
        if added {
            self.changed(number);
            self.0.work.notify_one();
        }
        Ok(self.id(number))
    }

    /// Unfinished jobs and the latest finished ones, newest first.
    pub async fn list(&self) -> Result<Vec<Job>, Error> {
        let rows = rows::list(self.0.database.reader()).await.map_err(Error::query("read jobs"))?;
        Ok(rows.into_iter().map(|row| self.job(row)).collect())
    }

    /// One job.
    pub async fn get(&self, id: &JobId) -> Result<Option<Job>, Error> {
        let Some(number) = self.number(id) else { return Ok(None) };
        let row = rows::get(self.0.database.reader(), number).await.map_err(Error::query("read a job"))?;
        Ok(row.map(|row| self.job(row)))
    }

    /// What the job wrote, a line each.
    pub async fn log(&self, id: &JobId) -> Result<String, Error> {
        let Some(number) = self.number(id) else { return Ok(String::new()) };
        let mut lines =
            rows::lines(self.0.database.reader(), number).await.map_err(Error::query("read a job's log"))?;
        if let Some(running) = self.running().get(&number) {
            lines.extend(running.live.unwritten_lines());
        }
        Ok(lines.into_iter().fold(String::new(), |mut text, (at, line)| {
            text.push_str(&schedule::timestamp(at));
            text.push(' ');
            text.push_str(&line);
            text.push('\n');
            text
        }))
    }

    /// Stops a job: at once if it never began; else its handler is told, or started once more to be told, and
    /// undoes what it began.
    pub async fn cancel(&self, id: &JobId) -> Result<Answer, Error> {
        let Some(number) = self.number(id) else { return Ok(Answer::NotFound) };
        let failed = Error::query("cancel a job");
        let _handover = self.0.handover.lock().await;
        let Some(job) = self.get(id).await? else { return Ok(Answer::NotFound) };
        let writer = self.0.database.writer();
        match job.state {
            JobState::Queued => rows::cancel_queued(writer, number, self.now_ms()).await.map_err(failed)?,
            JobState::Running if self.kind(&job.kind).is_some_and(|kind| !kind.options.cancellable) => {
                return Ok(Answer::Refused("this cannot be stopped once it has begun"));
            }
            JobState::Running => {
                rows::request_cancel(writer, number).await.map_err(failed)?;
                if let Some(running) = self.running().get(&number) {
                    running.cancelled.cancel();
                }
            }
            JobState::Succeeded | JobState::Failed | JobState::Cancelled => {
                return Ok(Answer::Refused("it has already ended"));
            }
        }
        self.changed(number);
        self.0.work.notify_one();
        Ok(Answer::Done)
    }

    /// Puts a failed or cancelled job in the queue again, as if it were new.
    pub async fn retry(&self, id: &JobId) -> Result<Answer, Error> {
        let Some(number) = self.number(id) else { return Ok(Answer::NotFound) };
        let Some(job) = self.get(id).await? else { return Ok(Answer::NotFound) };
        if !job.retryable {
            return Ok(Answer::Refused("only a job that failed or was cancelled can be tried again"));
        }
        let requeued = rows::requeue_finished(self.0.database.writer(), number, self.now_ms()).await;
        match requeued.map_err(Error::query("retry a job")) {
            Ok(()) => {}
            // Another unfinished job holds the same de-duplication key.
            Err(error) if error.is_conflict() => {
                return Ok(Answer::Refused("the same is already waiting or running"));
            }
            Err(error) => return Err(error),
        }
        self.changed(number);
        self.0.work.notify_one();
        Ok(Answer::Done)
    }

    /// Forgets a finished job.
    pub async fn dismiss(&self, id: &JobId) -> Result<Answer, Error> {
        let Some(number) = self.number(id) else { return Ok(Answer::NotFound) };
        let Some(job) = self.get(id).await? else { return Ok(Answer::NotFound) };
        if !job.state.is_final() {
            return Ok(Answer::Refused("it has not ended; cancel it first"));
        }
        rows::delete_finished(self.0.database.writer(), number)
            .await
            .map_err(Error::query("dismiss a job"))?;
        self.changed(number);
        Ok(Answer::Done)
    }

    /// Ids of jobs that were added, moved on, ended, or went (then [`Queue::get`] gives `None`).
    ///
    /// A receiver that lags behind should list anew.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<JobId> {
        self.0.changes.subscribe()
    }

    /// Waits until a job has ended; `None` when it is gone.
    pub async fn finished(&self, id: &JobId) -> Result<Option<Job>, Error> {
        let mut changes = self.subscribe();
        loop {
            match self.get(id).await? {
                Some(job) if !job.state.is_final() => {}
                ended => return Ok(ended),
            }
            loop {
                match changes.recv().await {
                    Ok(changed) if changed != *id => {}
                    Err(broadcast::error::RecvError::Closed) => return self.get(id).await,
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => break,
                }
            }
        }
    }

    /// Adds or changes a schedule; the same one again changes nothing, also not when it is due next.
    pub async fn schedule(&self, schedule: &Schedule) -> Result<(), Error> {
        if self.kind(&schedule.job.kind).is_none() {
            return Err(Error::UnknownKind(schedule.job.kind.clone()));
        }
        let next_ms = schedule.next_after_ms(self.now_ms())?;
        rows::put_schedule(self.0.database.writer(), schedule, next_ms)
            .await
            .map_err(Error::query("write a schedule"))?;
        self.0.work.notify_one();
        Ok(())
    }

    /// Removes a schedule; jobs that it added stay.
    pub async fn unschedule(&self, name: &str) -> Result<(), Error> {
        rows::delete_schedule(self.0.database.writer(), name).await.map_err(Error::query("remove a schedule"))
    }

    /// Looks at the clock again, after it was set.
    pub fn clock_changed(&self) {
        self.0.work.notify_one();
    }

    fn job(&self, row: rows::Row) -> Job {
        let state: JobState = row.state.parse().unwrap_or(JobState::Failed);
        let kind = self.kind(&row.kind);
        let known = kind.is_some();
        let cancellable = match state {
            JobState::Queued => true,
            JobState::Running => {
                row.cancel_requested == 0 && kind.is_none_or(|kind| kind.options.cancellable)
            }
            JobState::Succeeded | JobState::Failed | JobState::Cancelled => false,
        };
        let mut job = Job {
            id: self.id(row.id),
            kind: row.kind,
            subject: row.subject,
            title: row.title,
            payload: row.payload,
            state,
            progress: Progress {
                step: row.step,
                step_index: u32::try_from(row.step_index).unwrap_or(0),
                step_count: u32::try_from(row.step_count).unwrap_or(0),
                done: row.done.cast_unsigned(),
                total: row.total.cast_unsigned(),
                unit: row.unit,
                detail: row.detail,
            },
            rate: row.rate.cast_unsigned(),
            error_code: row.error_code,
            error_message: row.error_message,
            started_by: row.started_by,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            cancellable,
            retryable: known && matches!(state, JobState::Failed | JobState::Cancelled),
        };
        if state == JobState::Running
            && let Some(running) = self.running().get(&row.id)
        {
            (job.progress, job.rate) = running.live.snapshot();
        }
        job
    }
}

#[cfg(test)]
impl Queue {
    /// Makes the file as full as it can be.
    pub(crate) async fn limit_pages(&self) {
        let pages: i64 =
            sqlx::query_scalar("pragma page_count").fetch_one(self.0.database.writer()).await.unwrap();
        self.set_max_pages(pages).await;
    }

    /// Gives it all the room there is.
    pub(crate) async fn unlimit_pages(&self) {
        self.set_max_pages(1_000_000).await;
    }

    async fn set_max_pages(&self, pages: i64) {
        let pragma = sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"));
        sqlx::query(pragma).execute(self.0.database.writer()).await.unwrap();
    }
}
