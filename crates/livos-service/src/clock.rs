//! Time is a parameter: services take a [`Clock`] and tests hold the hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Tells the time in UTC.
pub trait Clock: Send + Sync + std::fmt::Debug + 'static {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    fn now_millis(&self) -> i64;

    /// Seconds since 1970-01-01T00:00:00Z, the unit of every `*_at`.
    fn now(&self) -> i64 {
        self.now_millis().div_euclid(1000)
    }
}

/// A plain function that tells milliseconds, for crates below this one.
pub type MillisFn = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Turns a clock into the plain function that `livos-store` takes.
#[must_use]
pub fn millis_fn(clock: &Arc<dyn Clock>) -> MillisFn {
    let clock = Arc::clone(clock);
    Arc::new(move || clock.now_millis())
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_millis(&self) -> i64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        time.tv_sec.saturating_mul(1000).saturating_add(time.tv_nsec / 1_000_000)
    }
}

/// A clock that only moves when told to.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock standing at `seconds` since 1970.
    #[must_use]
    pub fn at(seconds: i64) -> Self {
        Self(AtomicI64::new(seconds.saturating_mul(1000)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: std::time::Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Puts the clock to `seconds` since 1970, backwards too.
    pub fn set(&self, seconds: i64) {
        self.0.store(seconds.saturating_mul(1000), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_millis(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}
