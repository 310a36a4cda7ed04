//! How jobs of one kind are done.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::JobContext;

/// What happens to a running job when its process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnCrash {
    /// It is done again; the handler finds what the first try left. Three crashes are a failure.
    Requeue,
    /// It has failed with the code `interrupted`.
    Fail,
}

/// How long to wait before the next attempt: the first time doubled each time, up to the limit,
/// and a random part of its second half taken off, so that not all come back at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// At most.
    pub limit: Duration,
}

impl Backoff {
    /// The wait after failure number `attempt`, from 1; `jitter` is from 0 to 1.
    #[must_use]
    pub fn delay(self, attempt: u32, jitter: f64) -> Duration {
        let doubled = self
            .first
            .saturating_mul(1u32.checked_shl(attempt.saturating_sub(1).min(30)).unwrap_or(u32::MAX));
        doubled.min(self.limit).mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
    }
}

/// How jobs of a kind are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindOptions {
    /// How many run at once.
    pub concurrency: usize,
    /// How often a failure that allows it is tried again, the first time included.
    pub max_attempts: u32,
    /// How long to wait in between.
    pub backoff: Backoff,
    /// What a crash means.
    pub on_crash: OnCrash,
    /// A running one can be stopped.
    pub cancellable: bool,
    /// Waits while any other job on the same subject runs.
    pub exclusive_subject: bool,
}

impl Default for KindOptions {
    fn default() -> Self {
        Self {
            concurrency: 1,
            max_attempts: 1,
            backoff: Backoff { first: Duration::from_secs(2), limit: Duration::from_secs(300) },
            on_crash: OnCrash::Requeue,
            cancellable: true,
            exclusive_subject: true,
        }
    }
}

/// Why a job did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JobFailure {
    /// For machines: `port_taken`.
    pub code: String,
    /// For people: what failed, why, what to do next.
    pub message: String,
    /// Trying again may help.
    pub retry: bool,
}

impl JobFailure {
    /// Trying again as it is would not help.
    pub fn fatal(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry: false }
    }

    /// Trying again may help.
    pub fn retry(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), retry: true }
    }

    /// The handler stopped because it was asked to. Only then does it count as cancelled.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::fatal("cancelled", "stopped as asked")
    }
}

type Handler =
    Box<dyn Fn(JobContext) -> Pin<Box<dyn Future<Output = Result<(), JobFailure>> + Send>> + Send + Sync>;

pub(super) struct Kind {
    pub(super) name: String,
    pub(super) options: KindOptions,
    pub(super) handler: Handler,
}
