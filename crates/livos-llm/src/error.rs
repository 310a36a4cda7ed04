//! Why there is no answer.

use std::sync::Arc;
use std::time::Duration;

/// Why there is no answer, by what to do about it.
///
/// A `message` is what the other side said, bounded, on one line and without the key; it is theirs, not ours.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Ask for another key.
    #[error("the key was refused: {message}")]
    KeyRefused {
        /// What the provider says.
        message: String,
    },
    /// The account has nothing left; waiting doesn't help.
    #[error("the account has no credit left: {message}")]
    NoCredit {
        /// What the provider says.
        message: String,
    },
    /// Too many questions; wait.
    #[error("too many requests: {message}")]
    RateLimited {
        /// How long the provider says to wait.
        retry_after: Option<Duration>,
        /// What the provider says.
        message: String,
    },
    /// The provider is in trouble; wait, or ask another.
    #[error("the provider is overloaded: {message}")]
    Overloaded {
        /// How long the provider says to wait.
        retry_after: Option<Duration>,
        /// What the provider says.
        message: String,
    },
    /// Nobody answers there.
    #[error("{address} can't be reached")]
    Unreachable {
        /// Host and port.
        address: String,
        /// Why.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// It took too long.
    #[error("no {what} within {} s", limit.as_secs())]
    TimedOut {
        /// What didn't come.
        what: &'static str,
        /// How long was waited.
        limit: Duration,
        /// Whether anything of the answer had come.
        begun: bool,
    },
    /// The provider has no such model, or none for this key.
    #[error("there is no model {model}: {message}")]
    ModelMissing {
        /// Which.
        model: String,
        /// What the provider says.
        message: String,
    },
    /// The conversation doesn't fit the model any more; compact it.
    #[error("the conversation is too long for the model: {message}")]
    ContextTooLong {
        /// What the provider says.
        message: String,
    },
    /// The provider will not answer this.
    #[error("the provider refuses to answer this: {message}")]
    ContentRefused {
        /// What the provider says.
        message: String,
    },
    /// The model takes no pictures, or not such ones; ask without them.
    #[error("the model does not take the picture: {message}")]
    PictureRefused {
        /// What the provider says.
        message: String,
    },
    /// The answer broke off. What came before it is what there is.
    #[error("the answer broke off: {message}")]
    CutOff {
        /// How.
        message: String,
    },
    /// What came is not an answer in this dialect, or is larger than anything an answer can be.
    #[error("the answer can't be read: {message}")]
    Malformed {
        /// What is wrong with it.
        message: String,
    },
    /// The provider refuses the request for a reason of its own.
    #[error("the provider refuses the request ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the provider says.
        message: String,
    },
    /// What was asked can't be sent to anybody: a mistake of ours.
    #[error("the request can't be sent: {0}")]
    Request(String),
    /// An address or key that can't be one.
    #[error("{0}")]
    Endpoint(String),
}

impl Error {
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed { message: message.into() }
    }

    /// How long the other side says to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Overloaded { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
