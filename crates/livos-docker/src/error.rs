//! What can go wrong, sorted by what its reader can do about it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Protocol;
use crate::info::UnusableBecause;

/// The result of an engine call.
pub type Result<T> = std::result::Result<T, EngineError>;

/// Why the engine didn't do what it was asked.
///
/// `detail` is the daemon's own sentence; it is for logs and "more" buttons, the variant is for decisions.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// The engine can't be used at all.
    #[error("the container engine can't be used: {}", because.text())]
    Unavailable {
        /// Which of the known reasons.
        because: UnusableBecause,
        /// What the connection attempt said.
        #[source]
        source: Option<Arc<dyn Error + Send + Sync>>,
    },
    /// Neither the engine nor the registry knows this image.
    #[error("there is no image {image}")]
    ImageNotFound {
        /// The reference that was asked for.
        image: String,
    },
    /// The image exists, but not for this machine.
    #[error("image {image} isn't made for {wanted}")]
    WrongPlatform {
        /// The reference that was asked for.
        image: String,
        /// The platform it was asked for.
        wanted: String,
        /// What there is instead, when that is known.
        found: Option<String>,
    },
    /// Another program or container listens on this port of the host.
    #[error("port {port}/{protocol} is taken")]
    PortTaken {
        /// The host port; 0 when the daemon didn't say.
        port: u16,
        /// TCP or UDP.
        protocol: Protocol,
    },
    /// A container, network or volume of this name exists.
    #[error("the name {name} is taken")]
    NameTaken {
        /// The name that was asked for.
        name: String,
    },
    /// The disk that holds images and containers is full.
    #[error("the disk of the container engine is full")]
    NoSpace {
        /// The daemon's sentence.
        detail: String,
    },
    /// The registry doesn't answer: no network, no DNS, or it is down.
    #[error("registry {registry} can't be reached")]
    RegistryUnreachable {
        /// Its host name.
        registry: String,
        /// The daemon's sentence.
        detail: String,
    },
    /// The registry refuses more downloads from this address for a while.
    #[error("registry {registry} limits downloads")]
    RegistryLimit {
        /// Its host name.
        registry: String,
        /// When it said how long.
        retry_after: Option<Duration>,
    },
    /// The registry wants a sign-in, or the daemon refuses by policy.
    #[error("access to {subject} was denied")]
    Denied {
        /// Image or operation.
        subject: String,
        /// The daemon's sentence.
        detail: String,
    },
    /// What the call acts on doesn't exist.
    #[error("there is no {subject}")]
    NotFound {
        /// Kind and name: `container web`.
        subject: String,
    },
    /// The object is in a state or in use so that this can't be done now.
    #[error("{subject} can't be changed now")]
    Conflict {
        /// Kind and name.
        subject: String,
        /// The daemon's sentence.
        detail: String,
    },
    /// The daemon understood and refuses what was asked: an impossible mount, an unknown runtime, a bad option.
    #[error("the container engine refused {subject}")]
    Invalid {
        /// What was to be made or changed.
        subject: String,
        /// The daemon's sentence.
        detail: String,
    },
    /// The daemon took longer than this call may take.
    #[error("the container engine didn't finish {operation} within {} s", limit.as_secs())]
    TimedOut {
        /// What was asked.
        operation: String,
        /// How long it had.
        limit: Duration,
    },
    /// Anything else.
    #[error("{operation} failed")]
    Other {
        /// What was asked.
        operation: String,
        /// What the daemon or the connection said.
        #[source]
        source: Arc<dyn Error + Send + Sync>,
    },
}

impl EngineError {
    /// The daemon's own sentence, where there is one.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::NoSpace { detail }
            | Self::RegistryUnreachable { detail, .. }
            | Self::Denied { detail, .. }
            | Self::Conflict { detail, .. }
            | Self::Invalid { detail, .. } => Some(detail.clone()),
            Self::Other { source, .. } => Some(source.to_string()),
            Self::Unavailable { source, .. } => source.as_ref().map(ToString::to_string),
            _ => None,
        }
    }

    /// Whether the same call may well succeed later without anybody changing anything here.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. }
                | Self::RegistryUnreachable { .. }
                | Self::RegistryLimit { .. }
                | Self::TimedOut { .. }
        )
    }
}
