//! The one task that hands jobs to their handlers and writes down what became of them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use sqlx::{Sqlite, Transaction};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::context::{Live, Unwritten};
use super::rows::{self, Candidate, Settled};
use super::{JobContext, JobFailure, NewJob, OnCrash, Queue, Running, Schedule, owner};
use crate::Error;

/// Jobs that ended well or were cancelled are kept this long.
const KEPT_SECONDS: i64 = 7 * 24 * 3600;
/// After that many crashes a job is held to be their cause.
const CRASHES_ALLOWED: i64 = 3;
/// At most this many are claimed at once.
const BATCH: usize = 50;
/// How long to wait when the database refuses, for instance because the disk is full.
const PAUSE: Duration = Duration::from_secs(5);
/// A wall clock may be set while we sleep by the steady one, so look again at least this often
/// while something is scheduled.
const LONGEST_SLEEP: Duration = Duration::from_secs(3600);

type Outcome = Result<(), JobFailure>;
type Joined = Result<(Id, Outcome), JoinError>;

/// What one turn did.
struct Turn {
    claimed: Vec<Candidate>,
    changed: Vec<i64>,
    next_due_ms: Option<i64>,
}

impl Queue {
    /// Works until `shutdown`. Spawn it once, after every kind is registered.
    ///
    /// What runs at shutdown is dropped at its next await and stands in the queue again at the next
    /// start, exactly as after a crash, but without counting as one.
    pub async fn run(self, shutdown: CancellationToken) {
        while let Err(error) = self.recover().await {
            tracing::error!(error = chain(&error), "the queue cannot be read; trying again");
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        let mut tasks = JoinSet::new();
        let mut numbers = HashMap::new();
        let mut ended = Vec::new();
        let mut wait;
        loop {
            match self.turn(&mut ended).await {
                Ok(turn) => {
                    for candidate in turn.claimed {
                        let number = candidate.id;
                        if let Some(task) = self.start(&mut tasks, candidate) {
                            numbers.insert(task, number);
                        }
                        self.changed(number);
                    }
                    turn.changed.into_iter().for_each(|number| self.changed(number));
                    wait = turn.next_due_ms.map(|due| {
                        let ahead = u64::try_from(due.saturating_sub(self.now_ms()).max(1)).unwrap_or(1);
                        Instant::now() + Duration::from_millis(ahead).min(LONGEST_SLEEP)
                    });
                }
                Err(error) => {
                    tracing::error!(error = chain(&error), "the queue cannot be written; trying again");
                    wait = Some(Instant::now() + PAUSE);
                }
            }
            if !self.wait(&shutdown, &mut tasks, &mut numbers, &mut ended, wait).await {
                break;
            }
        }
        self.stop(tasks, ended).await;
    }

    /// Waits for something to do; false at shutdown.
    async fn wait(
        &self,
        shutdown: &CancellationToken,
        tasks: &mut JoinSet<Outcome>,
        numbers: &mut HashMap<Id, i64>,
        ended: &mut Vec<(i64, Outcome)>,
        due: Option<Instant>,
    ) -> bool {
        loop {
            let write = self.running().values().filter_map(|running| running.live.due()).min();
            let timer = async {
                match due.into_iter().chain(write).min() {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return false,
                Some(joined) = tasks.join_next_with_id() => ended.extend(outcome(joined, numbers)),
                () = self.0.work.notified() => {}
                () = timer => {}
                // Only the timer changes: what was said is written when it is due.
                () = self.0.progress.notified() => continue,
            }
            while let Some(joined) = tasks.try_join_next_with_id() {
                ended.extend(outcome(joined, numbers));
            }
            return true;
        }
    }

    /// Takes back what dead processes have left. [`Queue::run`] does it too; a daemon that looks at its
    /// jobs before that does it first.
    pub async fn recover(&self) -> Result<(), Error> {
        let failed = Error::query("recover jobs");
        let database = &self.0.database;
        let now = self.now_ms().div_euclid(1000);
        let mut dead: HashMap<String, bool> = HashMap::new();
        let mut changed = Vec::new();
        // Read under the write lock, so that no other process takes the same job back in between.
        let mut transaction = database.writer().begin_with("begin immediate").await.map_err(&failed)?;
        for (number, kind, by, crashes) in rows::begun(&mut transaction).await.map_err(&failed)? {
            if by == self.0.owner.name() {
                continue;
            }
            let gone = match dead.get(&by) {
                Some(gone) => *gone,
                None => {
                    let gone = owner::is_dead(database.path(), &by)?;
                    dead.insert(by, gone);
                    gone
                }
            };
            if !gone {
                continue;
            }
            changed.push(number);
            let on_crash = self.kind(&kind).map(|kind| kind.options.on_crash);
            let message = match on_crash {
                Some(OnCrash::Requeue) if crashes + 1 < CRASHES_ALLOWED => {
                    rows::requeue(&mut transaction, number, true).await.map_err(&failed)?;
                    continue;
                }
                Some(OnCrash::Requeue) => {
                    "LivOS stopped unexpectedly each time it tried this, so it was given up"
                }
                _ => "LivOS was stopped in the middle of this; start it again if you still want it",
            };
            let failure = JobFailure::fatal("interrupted", message);
            rows::settle(&mut transaction, number, &Settled::Failed(&failure), now).await.map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)?;
        for kind in rows::waiting_kinds(database.reader()).await.map_err(&failed)? {
            if self.kind(&kind).is_none() {
                changed.extend(rows::fail_kind(database.writer(), &kind, now).await.map_err(&failed)?);
            }
        }
        changed.into_iter().for_each(|number| self.changed(number));
        owner::sweep(database.path())
    }

    /// One transaction: what ended, what was said, what is scheduled, and what comes next.
    async fn turn(&self, ended: &mut Vec<(i64, Outcome)>) -> Result<Turn, Error> {
        let _handover = self.0.handover.lock().await;
        let now = Instant::now();
        let unwritten: Vec<(i64, Arc<Live>, Unwritten)> = self
            .running()
            .iter()
            .filter(|(number, running)| {
                let over = ended.iter().any(|(ended, _)| ended == *number);
                running.live.due().is_some_and(|due| over || due <= now)
            })
            .map(|(number, running)| (*number, Arc::clone(&running.live), running.live.take()))
            .collect();
        match self.write_turn(ended, &unwritten).await {
            Ok(turn) => {
                let mut running = self.running();
                for (number, _) in ended.drain(..) {
                    running.remove(&number);
                }
                // Claimed jobs become visible before anybody may cancel them.
                for candidate in &turn.claimed {
                    if let Some(kind) = self.kind(&candidate.kind) {
                        let cancelled = CancellationToken::new();
                        // A wish to stop outlives the process that heard it.
                        if candidate.cancel_requested != 0 {
                            cancelled.cancel();
                        }
                        let attempts =
                            u32::try_from(candidate.attempts).unwrap_or(u32::MAX).saturating_add(1);
                        running.insert(
                            candidate.id,
                            Running { kind, live: Arc::new(Live::new()), cancelled, attempts },
                        );
                    }
                }
                Ok(turn)
            }
            Err(source) => {
                for (_, live, unwritten) in unwritten {
                    live.put_back(unwritten);
                }
                Err(Error::Query { operation: "write the queue", source })
            }
        }
    }

    async fn write_turn(
        &self,
        ended: &[(i64, Outcome)],
        unwritten: &[(i64, Arc<Live>, Unwritten)],
    ) -> sqlx::Result<Turn> {
        let now_ms = self.now_ms();
        let now = now_ms.div_euclid(1000);
        let mut changed: Vec<i64> = Vec::new();
        let mut transaction = self.0.database.writer().begin_with("begin immediate").await?;
        for (number, _, unwritten) in unwritten {
            rows::write_progress(&mut transaction, *number, unwritten).await?;
            changed.push(*number);
        }
        for (number, outcome) in ended {
            rows::settle(&mut transaction, *number, &self.settled(*number, outcome, now_ms), now).await?;
            changed.push(*number);
        }
        if !ended.is_empty() {
            changed.extend(rows::purge(&mut transaction, now - KEPT_SECONDS).await?);
        }
        for row in rows::due_schedules(&mut transaction, now_ms).await? {
            changed.extend(add_scheduled(&mut transaction, row, now_ms).await?);
        }
        let claimed = self.claim(&mut transaction, now_ms).await?;
        let next_due_ms = rows::next_due(&mut transaction, now_ms).await?;
        transaction.commit().await?;
        changed.dedup();
        Ok(Turn { claimed, changed, next_due_ms })
    }

    fn settled<'a>(&self, number: i64, outcome: &'a Outcome, now_ms: i64) -> Settled<'a> {
        let running = self.running();
        let Some(job) = running.get(&number) else {
            return if let Err(failure) = outcome { Settled::Failed(failure) } else { Settled::Succeeded };
        };
        match outcome {
            Ok(()) => Settled::Succeeded,
            // Whatever the handler says after it was asked to stop, it did.
            Err(_) if job.cancelled.is_cancelled() => Settled::Cancelled,
            Err(failure) if failure.retry && job.attempts < job.kind.options.max_attempts => {
                let delay = job.kind.options.backoff.delay(job.attempts, rand::random());
                Settled::Again(
                    failure,
                    now_ms.saturating_add(i64::try_from(delay.as_millis()).unwrap_or(i64::MAX)),
                )
            }
            Err(failure) => Settled::Failed(failure),
        }
    }

    /// Claims what is due and has room: per kind, and one per subject.
    async fn claim(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        now_ms: i64,
    ) -> sqlx::Result<Vec<Candidate>> {
        let occupied = rows::occupied(transaction).await?;
        let mut busy: HashSet<String> = HashSet::new();
        let mut free: HashMap<String, usize> = {
            let kinds = self.0.kinds.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            kinds.values().map(|kind| (kind.name.clone(), kind.options.concurrency)).collect()
        };
        for (kind, subject) in occupied {
            if let Some(free) = free.get_mut(&kind) {
                *free = free.saturating_sub(1);
            }
            busy.insert(subject);
        }
        let mut claimed: Vec<Candidate> = Vec::new();
        let mut skip = 0;
        loop {
            free.retain(|_, free| *free > 0);
            if free.is_empty() || claimed.len() >= BATCH {
                return Ok(claimed);
            }
            let kinds = serde_json::Value::from(free.keys().cloned().collect::<Vec<_>>()).to_string();
            let candidates = rows::candidates(transaction, &kinds, now_ms, skip).await?;
            if candidates.is_empty() {
                return Ok(claimed);
            }
            let mut taken = Vec::new();
            for candidate in candidates {
                let exclusive = !candidate.subject.is_empty()
                    && self.kind(&candidate.kind).is_some_and(|kind| kind.options.exclusive_subject);
                let full = claimed.len() + taken.len() >= BATCH;
                let room = free.get_mut(&candidate.kind).filter(|room| **room > 0);
                match room {
                    Some(room) if !(full || exclusive && busy.contains(&candidate.subject)) => {
                        *room -= 1;
                        busy.insert(candidate.subject.clone());
                        taken.push(candidate);
                    }
                    // Not now; the next page begins behind those that stay.
                    _ => skip += 1,
                }
            }
            // A kind that filled up leaves the list, and what was passed over of it with it.
            if free.values().any(|room| *room == 0) {
                skip = 0;
            }
            let ids: Vec<i64> = taken.iter().map(|candidate| candidate.id).collect();
            let ids = serde_json::Value::from(ids).to_string();
            rows::claim(transaction, &ids, self.0.owner.name(), now_ms.div_euclid(1000)).await?;
            claimed.append(&mut taken);
        }
    }

    /// Hands a claimed job to its handler.
    fn start(&self, tasks: &mut JoinSet<Outcome>, candidate: Candidate) -> Option<Id> {
        let (kind, live, cancelled, attempt) = {
            let running = self.running();
            let job = running.get(&candidate.id)?;
            (Arc::clone(&job.kind), Arc::clone(&job.live), job.cancelled.clone(), job.attempts)
        };
        let span = tracing::info_span!("job", job = %self.id(candidate.id), kind = kind.name, subject = candidate.subject);
        let context = JobContext {
            id: self.id(candidate.id),
            kind: candidate.kind,
            subject: candidate.subject,
            payload: candidate.payload.into(),
            started_by: candidate.started_by,
            attempt,
            crashes: u32::try_from(candidate.crashes).unwrap_or(u32::MAX),
            resumed: candidate.started_at != 0,
            cancelled,
            live,
            wake: Arc::clone(&self.0.progress),
            now: Arc::clone(&self.0.now),
        };
        Some(tasks.spawn((kind.handler)(context).instrument(span)).id())
    }

    /// Drops what runs, and says in the table that it waits again.
    async fn stop(&self, mut tasks: JoinSet<Outcome>, ended: Vec<(i64, Outcome)>) {
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
        let _handover = self.0.handover.lock().await;
        let jobs: Vec<(i64, Running)> = self.running().drain().collect();
        let written = self.write_stop(&jobs, &ended).await;
        // Threads that a handler has started are told by the token; nobody awaits their answer.
        for (number, job) in jobs {
            job.cancelled.cancel();
            self.changed(number);
        }
        if let Err(error) = written {
            tracing::warn!(error = chain(&error), "the queue was not put in order; the next start does it");
        }
    }

    async fn write_stop(&self, jobs: &[(i64, Running)], ended: &[(i64, Outcome)]) -> Result<(), Error> {
        let failed = Error::query("put the queue in order");
        let now = self.now_ms().div_euclid(1000);
        let mut transaction =
            self.0.database.writer().begin_with("begin immediate").await.map_err(&failed)?;
        for (number, job) in jobs {
            rows::write_progress(&mut transaction, *number, &job.live.take()).await.map_err(&failed)?;
            match ended.iter().find(|(ended, _)| ended == number) {
                Some((_, Ok(()))) => rows::settle(&mut transaction, *number, &Settled::Succeeded, now).await,
                Some((_, Err(_))) if job.cancelled.is_cancelled() => {
                    rows::settle(&mut transaction, *number, &Settled::Cancelled, now).await
                }
                Some((_, Err(failure))) => {
                    rows::settle(&mut transaction, *number, &Settled::Failed(failure), now).await
                }
                None if job.kind.options.on_crash == OnCrash::Requeue => {
                    rows::requeue(&mut transaction, *number, false).await
                }
                None => {
                    let failure = JobFailure::fatal("interrupted", "LivOS was stopped in the middle of this");
                    rows::settle(&mut transaction, *number, &Settled::Failed(&failure), now).await
                }
            }
            .map_err(&failed)?;
        }
        transaction.commit().await.map_err(&failed)
    }
}

fn outcome(joined: Joined, numbers: &mut HashMap<Id, i64>) -> Option<(i64, Outcome)> {
    let (task, outcome) = match joined {
        Ok((task, outcome)) => (task, outcome),
        Err(error) => {
            let failure =
                JobFailure::fatal("internal", "a fault in LivOS stopped this; its log has the details");
            (error.id(), Err(failure))
        }
    };
    Some((numbers.remove(&task)?, outcome))
}

/// Adds the job of a due schedule, unless its last one has not ended, and sets when it comes next.
async fn add_scheduled(
    transaction: &mut Transaction<'_, Sqlite>,
    row: rows::ScheduleRow,
    now_ms: i64,
) -> sqlx::Result<Option<i64>> {
    let mut job = NewJob::new(row.kind, row.subject, row.title)
        .dedup(format!("schedule:{}", row.name))
        .priority(row.priority);
    job.payload = serde_json::from_str(&row.payload).unwrap_or(serde_json::Value::Null);
    let schedule = Schedule { name: row.name, cron: row.cron, time_zone: row.time_zone, job };
    let (number, added) = rows::insert(transaction, &schedule.job, now_ms).await?;
    match schedule.next_after_ms(now_ms) {
        Ok(next_ms) => rows::set_next(transaction, &schedule.name, next_ms).await?,
        // It was valid when it was written; a time zone may have gone with an update.
        Err(error) => {
            tracing::error!(error = chain(&error), "a schedule is left out for a day");
            rows::set_next(transaction, &schedule.name, now_ms + 24 * 3_600_000).await?;
        }
    }
    Ok(added.then_some(number))
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
