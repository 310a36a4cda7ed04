//! Why a manifest has no spec.

use crate::place::Position;

/// A manifest that can't be turned into an `AppSpec`, with the place and the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The text isn't YAML.
    #[error("{file} is not valid YAML: {reason}")]
    Yaml {
        /// File name.
        file: String,
        /// The parser's words, with line and column.
        reason: String,
        /// Where.
        at: Option<Position>,
    },
    /// The text isn't JSON.
    #[error("{file} is not valid JSON: {reason}")]
    Json {
        /// File name.
        file: String,
        /// The parser's words, with line and column.
        reason: String,
        /// Where.
        at: Option<Position>,
    },
    /// The text is larger, deeper or more repetitive than any honest manifest.
    #[error("{file} is refused: {limit}")]
    Limit {
        /// File name.
        file: String,
        /// Which limit, and its value.
        limit: String,
    },
    /// A file that the format needs isn't there.
    #[error("{file} is missing")]
    Missing {
        /// File name.
        file: String,
    },
    /// A field has a value that can't be meant.
    #[error("{place}: {reason}")]
    Field {
        /// Dotted path, for example `services.web.ports[0]`.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Interpolation failed, or the file itself demands a variable (`${NAME:?message}`).
    #[error("{place}: {reason}")]
    Interpolation {
        /// Dotted path.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The file demands a variable (`${NAME:?message}`) that has no value.
    #[error("{place}: required variable {name} is missing a value: {message}")]
    Required {
        /// Dotted path.
        place: String,
        /// The variable.
        name: String,
        /// The file's own words.
        message: String,
    },
    /// A file or directory can't be read.
    #[error("can't read {path}: {reason}")]
    Read {
        /// Path.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// No known catalogue layout.
    #[error(
        "{path} holds no catalogue: expected umbrel-app.yml, livinity-app.yml, Apps/*/docker-compose.yml, \
         apps/*/config.json, apps/*/manifest.json or compose files"
    )]
    NoCatalogue {
        /// Path.
        path: String,
    },
}

impl Error {
    pub(crate) fn field(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Error::Field { place: place.into(), reason: reason.into() }
    }
}

pub(crate) type Result<T> = std::result::Result<T, Error>;
