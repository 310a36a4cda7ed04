//! What can go wrong with rows, a variant per operation.

use std::path::PathBuf;

/// A failed operation. The cause is the source, never part of the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file could not be opened or made.
    #[error("cannot open the database {path}; check that its directory exists, is writable and has space")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A migration did not run.
    #[error("cannot bring the database {path} up to date at step {name}")]
    Migrate {
        /// The file.
        path: PathBuf,
        /// The migration.
        name: String,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A migration that has run is not the one this program has.
    #[error(
        "the database {path} was made by another version: step {name} differs; install the version that made it"
    )]
    MigrationChanged {
        /// The file.
        path: PathBuf,
        /// The migration.
        name: String,
    },
    /// The file has migrations that this program doesn't know.
    #[error("the database {path} is newer than this program (step {name}); install the newer version again")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The migration.
        name: String,
    },
    /// Reading or writing rows failed.
    #[error("cannot {operation}")]
    Query {
        /// What was attempted: "read jobs".
        operation: &'static str,
        /// Why.
        #[source]
        source: sqlx::Error,
    },
    /// A payload could not be written as JSON.
    #[error("cannot write the payload of a job of kind {kind}")]
    Payload {
        /// The kind.
        kind: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A kind was never registered.
    #[error("there is no kind of job called {0}")]
    UnknownKind(String),
    /// A cron expression or time zone is wrong.
    #[error("the schedule {name} is wrong: {reason}")]
    Schedule {
        /// The schedule.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file that shows which process works on the queue could not be used.
    #[error("cannot lock {path}")]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl Error {
    /// For [`Result::map_err`]: names the operation.
    pub fn query(operation: &'static str) -> impl Fn(sqlx::Error) -> Self {
        move |source| Self::Query { operation, source }
    }

    /// The primary SQLite result code, if SQLite refused.
    fn sqlite_code(&self) -> Option<u32> {
        let (Self::Open { source, .. } | Self::Migrate { source, .. } | Self::Query { source, .. }) = self
        else {
            return None;
        };
        let extended: u32 = source.as_database_error()?.code()?.parse().ok()?;
        Some(extended & 0xff)
    }

    /// True when the disk is full (`SQLITE_FULL`).
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.sqlite_code() == Some(13)
    }

    /// True when the file or its file system cannot be written (`SQLITE_READONLY`).
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.sqlite_code() == Some(8)
    }

    /// True when a row like it is already there (`SQLITE_CONSTRAINT`).
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.sqlite_code() == Some(19)
    }
}
