//! Open and migrate a SQLite file the house way; the durable job queue.
//!
//! Owns how a daemon keeps rows: one file, one writer, readers beside it, migrations that are only
//! ever added to. Owns the queue that every piece of long work goes through. Knows nothing of what
//! the rows or the jobs mean, and nothing of the bus.

mod database;
mod error;
mod queue;

#[cfg(test)]
mod tests;

pub use database::{Database, Durability, Migration};
pub use error::Error;
pub use queue::{
    Answer, Backoff, Job, JobContext, JobFailure, KindOptions, NewJob, NowMillis, OnCrash, Progress, Queue,
    Schedule, next_of_cron,
};
