//! A timer that keeps to the wall's clock.

use std::io;
use std::time::Duration;

use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// Waits until the wall's clock has gone on by `wait`, or somebody sets it; whoever waits for a time of day looks at the
/// clock again then.
///
/// The steady clock that `tokio::time` keeps would be wrong by as much as the wall's clock is set while it is waited
/// for, which is what happens on every board without a clock of its own once it has found the time in the network. It
/// stands still, too, while the machine sleeps.
pub async fn wait_on_the_wall(wait: Duration) -> io::Result<()> {
    let timer = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let now = clock_gettime(ClockId::Realtime);
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    let at = Timespec { tv_sec: now.tv_sec.saturating_add(seconds), tv_nsec: now.tv_nsec };
    let never = Timespec { tv_sec: 0, tv_nsec: 0 };
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timerfd_settime(&timer, flags, &Itimerspec { it_interval: never, it_value: at })?;
    #[expect(
        deprecated,
        reason = "its successor is unsafe, against descriptors that close or change while registered; this one is \
                  owned by what registers it"
    )]
    let timer = AsyncFd::new(timer)?;
    // It can be read when it went off, and also when the clock was set.
    timer.readable().await.map(drop)
}
