//! What a handler gets: its payload, a way to say how far it is, and the wish to stop.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use livos_types::JobId;
use serde::de::DeserializeOwned;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{JobFailure, NowMillis};

/// Progress is written at most this often.
pub(super) const WRITE_EVERY: Duration = Duration::from_millis(500);
/// A rate is taken over at least this long.
const RATE_OVER: Duration = Duration::from_secs(1);
/// A longer line is cut.
const LINE_LIMIT: usize = 2000;
/// Lines of a job that are kept.
pub(super) const LINES_KEPT: i64 = 1000;

/// How far a job is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// The step's word: `downloading`.
    pub step: String,
    /// Its number, from 1.
    pub step_index: u32,
    /// Number of steps.
    pub step_count: u32,
    /// Units done in this step.
    pub done: u64,
    /// Units in all; 0 while unknown.
    pub total: u64,
    /// `bytes`, `items` or empty.
    pub unit: String,
    /// More on the step: "layer 3 of 7".
    pub detail: String,
}

/// What a running job says about itself, until it is written.
#[derive(Debug)]
pub(super) struct Live(Mutex<State>);

#[derive(Debug)]
struct State {
    progress: Progress,
    rate: u64,
    measured_from: (Instant, u64),
    lines: Vec<(i64, String)>,
    dirty: bool,
    written: Instant,
}

/// What is to be written of a job.
pub(super) struct Unwritten {
    pub(super) progress: Progress,
    pub(super) rate: u64,
    pub(super) lines: Vec<(i64, String)>,
}

impl Live {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self(Mutex::new(State {
            progress: Progress::default(),
            rate: 0,
            measured_from: (now, 0),
            lines: Vec::new(),
            dirty: false,
            // The first word of a job is written at once.
            written: now.checked_sub(WRITE_EVERY).unwrap_or(now),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn snapshot(&self) -> (Progress, u64) {
        let state = self.state();
        (state.progress.clone(), state.rate)
    }

    pub(super) fn unwritten_lines(&self) -> Vec<(i64, String)> {
        self.state().lines.clone()
    }

    /// When this must be written; `None` while there is nothing to write.
    pub(super) fn due(&self) -> Option<Instant> {
        let state = self.state();
        state.dirty.then(|| state.written + WRITE_EVERY)
    }

    /// Takes what is to be written. Give it back with [`Live::put_back`] if writing fails.
    pub(super) fn take(&self) -> Unwritten {
        let mut state = self.state();
        state.dirty = false;
        state.written = Instant::now();
        let lines = std::mem::take(&mut state.lines);
        Unwritten { progress: state.progress.clone(), rate: state.rate, lines }
    }

    pub(super) fn put_back(&self, unwritten: Unwritten) {
        let mut state = self.state();
        state.dirty = true;
        let newer = std::mem::replace(&mut state.lines, unwritten.lines);
        state.lines.extend(newer);
    }
}

impl State {
    fn measure(&mut self, before: &Progress) {
        let now = Instant::now();
        let (since, done) = self.measured_from;
        if before.step != self.progress.step || self.progress.done < done {
            self.measured_from = (now, self.progress.done);
            self.rate = 0;
            return;
        }
        let elapsed = now.duration_since(since);
        if elapsed >= RATE_OVER {
            let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            let latest = (self.progress.done - done).saturating_mul(1000) / millis;
            // Smoothed, so that the remaining time doesn't jump about.
            self.rate = if self.rate == 0 { latest } else { (self.rate * 3 + latest * 2) / 5 };
            self.measured_from = (now, self.progress.done);
        }
    }
}

/// What a handler gets. Clones share it.
#[derive(Clone)]
pub struct JobContext {
    pub(super) id: JobId,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) payload: Arc<str>,
    pub(super) started_by: String,
    pub(super) attempt: u32,
    pub(super) crashes: u32,
    pub(super) resumed: bool,
    pub(super) cancelled: CancellationToken,
    pub(super) live: Arc<Live>,
    pub(super) wake: Arc<Notify>,
    pub(super) now: NowMillis,
}

impl std::fmt::Debug for JobContext {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "JobContext({} {} {})", self.id, self.kind, self.subject)
    }
}

impl JobContext {
    /// Which job this is.
    #[must_use]
    pub fn id(&self) -> &JobId {
        &self.id
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What it is done to.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Who started it, or empty.
    #[must_use]
    pub fn started_by(&self) -> &str {
        &self.started_by
    }

    /// Which attempt this is, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// An earlier attempt may have left something behind: a process died or was stopped in it, or
    /// it failed.
    #[must_use]
    pub fn is_resumed(&self) -> bool {
        self.resumed
    }

    /// How often a process died doing it.
    #[must_use]
    pub fn crashes(&self) -> u32 {
        self.crashes
    }

    /// What it is done with.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, JobFailure> {
        serde_json::from_str(&self.payload).map_err(|error| {
            JobFailure::fatal(
                "internal",
                format!("the job's payload is not what this version expects: {error}"),
            )
        })
    }

    /// Cancelled when somebody wants the job to stop.
    #[must_use]
    pub fn cancelled(&self) -> &CancellationToken {
        &self.cancelled
    }

    /// Fails if somebody wants the job to stop, for handlers that are not waiting for anything.
    pub fn check_cancelled(&self) -> Result<(), JobFailure> {
        if self.cancelled.is_cancelled() { Err(JobFailure::cancelled()) } else { Ok(()) }
    }

    /// Waits for `work` unless somebody wants the job to stop.
    pub async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T, JobFailure> {
        tokio::select! {
            biased;
            () = self.cancelled.cancelled() => Err(JobFailure::cancelled()),
            done = work => Ok(done),
        }
    }

    /// Says how far the job is. Cheap: written and announced at most twice a second.
    pub fn progress(&self, change: impl FnOnce(&mut Progress)) {
        let wake = {
            let mut state = self.live.state();
            let before = state.progress.clone();
            change(&mut state.progress);
            if state.progress == before {
                return;
            }
            state.measure(&before);
            !std::mem::replace(&mut state.dirty, true)
        };
        if wake {
            self.wake.notify_one();
        }
    }

    /// Begins step `index` of `count`.
    pub fn step(&self, step: &str, index: u32, count: u32) {
        self.progress(|progress| {
            *progress = Progress {
                step: step.to_owned(),
                step_index: index,
                step_count: count,
                ..Progress::default()
            };
        });
    }

    /// Writes a line to the job's log, which keeps the last thousand.
    pub fn log(&self, line: impl AsRef<str>) {
        let line: String =
            line.as_ref().chars().take(LINE_LIMIT).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let at = (self.now)().div_euclid(1000);
        let wake = {
            let mut state = self.live.state();
            state.lines.push((at, line));
            let kept = usize::try_from(LINES_KEPT).unwrap_or(usize::MAX);
            if state.lines.len() > kept {
                state.lines.remove(0);
            }
            !std::mem::replace(&mut state.dirty, true)
        };
        if wake {
            self.wake.notify_one();
        }
    }
}
