//! The chassis every daemon stands on.
//!
//! It owns what all daemons do the same way: configuration, the clock, logging, the service
//! manager's protocol, shutdown, the bus connection, secrets and safe file replacement. It must
//! not know what any of the daemons does.
//!
//! Nothing below [`run_daemon`] reads the process environment or the wall clock by itself: both
//! are read once there and passed on, so that tests decide what they are.

pub mod alarm;
pub mod bus;
pub mod clock;
pub mod config;
pub mod daemon;
mod environment;
mod error;
pub mod fs;
pub mod jobs;
pub mod logging;
pub mod secrets;
pub mod status;
pub mod systemd;

#[cfg(test)]
mod tests;

pub use clock::{Clock, ManualClock, SystemClock};
pub use config::Config;
pub use daemon::{Chassis, Daemon, run_daemon};
pub use environment::Environment;
pub use error::{Error, chain};
pub use jobs::serve_jobs;
pub use secrets::{Secret, Secrets};
pub use status::Health;
pub use tokio_util::sync::CancellationToken;
pub use tokio_util::task::TaskTracker;
