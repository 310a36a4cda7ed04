//! What Nexus remembers, and how it is found again.
//!
//! Owns turns and notes with where they came from, and recall: full-text search over each turn with its
//! neighbours, widened by related words and by what the first finds speak of, weighed by session, speaker
//! and time, and spread out so that ten results are ten places. Works without a model.
//!
//! It must not open files, read the clock, decide who may read what, or call a model: the daemon does,
//! and passes in the connections and the time.

mod concepts;
mod days;
mod embed;
mod error;
pub mod eval;
mod forms;
mod kinds;
mod lines;
mod question;
mod rank;
mod recall;
mod related;
mod seen;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod vectors;

pub use embed::{Embedder, Meaning, Unembedded};
pub use error::Error;
pub use lines::Lines;
pub use recall::{Found, Hit, Part, Query, Strategy, Turn};
pub use store::{Entry, Memory, NewEntry, Origin};
pub use vectors::{EmbedError, Progress};

/// The steps of the database, by name, in order; only ever added to.
pub const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_memory", include_str!("../migrations/0001_memory.sql")),
    ("0002_memory_vectors", include_str!("../migrations/0002_memory_vectors.sql")),
];
