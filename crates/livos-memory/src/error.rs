//! What can go wrong with a memory.

/// An operation that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Writing down what is to be remembered.
    #[error("the memory could not be written")]
    Write(#[source] sqlx::Error),
    /// Reading.
    #[error("the memory could not be read")]
    Read(#[source] sqlx::Error),
    /// An entry that cannot be kept as it is.
    #[error("{0}")]
    Invalid(String),
    /// A file of conversations that is not one.
    #[error("this is not a file of conversations")]
    Conversations(#[source] serde_json::Error),
}
