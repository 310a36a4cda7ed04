//! What can go wrong with apps, a variant per operation, and how it is told.

use std::path::PathBuf;

use livos_bus::codes;
use livos_docker::EngineError;
use livos_store::JobFailure;

/// A failed operation. The cause is the source, never part of the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The chassis.
    #[error(transparent)]
    Service(#[from] livos_service::Error),
    /// Rows or jobs.
    #[error(transparent)]
    Store(#[from] livos_store::Error),
    /// The bus.
    #[error("cannot serve the app engine on the bus")]
    Bus(#[from] zbus::Error),
    /// Who is calling cannot be known.
    #[error("cannot follow who is calling: {0}")]
    Callers(livos_bus::Error),
    /// The engine's address.
    #[error("apps.docker is {0:?}; it must be \"unix://\" and the path of Docker's socket")]
    DockerAddress(String),
    /// The engine.
    #[error("{doing}")]
    Engine {
        /// What was attempted.
        doing: String,
        /// Why it failed.
        #[source]
        source: EngineError,
    },
    /// A row that cannot be read back.
    #[error("the record of the app {app} is damaged")]
    Record {
        /// The app.
        app: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// Files of an app.
    #[error("cannot {doing} {path}")]
    Files {
        /// What was attempted: "create the folder".
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Keeping a folder or putting it back.
    #[error(transparent)]
    Snapshot(#[from] livos_snapshot::Error),
    /// The edge.
    #[error("cannot tell Caddy at {path} about the apps' addresses")]
    Edge {
        /// Its admin socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The edge said no.
    #[error("Caddy refused the apps' addresses: {0}")]
    EdgeRefused(String),
    /// The document could not be rendered.
    #[error("cannot write down the apps' addresses")]
    Render(#[source] livos_caddy::Error),
    /// A store could not be read.
    #[error("{0}")]
    Source(String),
    /// A reason with a code, for people.
    #[error("{message}")]
    Refused {
        /// For machines.
        code: &'static str,
        /// What, why, what to do next.
        message: String,
    },
}

/// Says what was attempted when the engine failed.
pub(crate) fn engine(doing: impl Into<String>) -> impl FnOnce(EngineError) -> Error {
    let doing = doing.into();
    move |source| Error::Engine { doing, source }
}

pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Error {
    Error::Refused { code, message: message.into() }
}

impl Error {
    /// Docker itself is not there at the moment; everything else may be as it should be.
    pub(crate) fn is_engine_down(&self) -> bool {
        matches!(self, Self::Engine { source: EngineError::Unavailable { .. }, .. })
    }

    /// A code for machines and a sentence for people.
    pub(crate) fn explain(&self) -> (&'static str, String) {
        match self {
            Self::Refused { code, message } => (code, message.clone()),
            Self::Source(message) => ("source", message.clone()),
            Self::Engine { source, .. } => explain_engine(source, self),
            Self::Store(error) if error.is_full() => {
                (codes::NO_SPACE, "the disk is full; free some space and try again".into())
            }
            Self::Files { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                (codes::NO_SPACE, "the disk is full; free some space and try again".into())
            }
            Self::Snapshot(error @ livos_snapshot::Error::NoSpace { .. }) => {
                (codes::NO_SPACE, format!("{error}; free some space and try again"))
            }
            Self::Snapshot(error) if error.to_string().contains("No space left") => {
                (codes::NO_SPACE, "the disk is full; free some space and try again".into())
            }
            Self::Snapshot(error) => ("files", error.to_string()),
            Self::Files { .. } => ("files", livos_service::chain(self)),
            other => {
                tracing::error!(error = livos_service::chain(other), "an operation on apps failed");
                ("internal", "a fault in LivOS stopped this; its log has the details".into())
            }
        }
    }

    pub(crate) fn into_failure(self) -> JobFailure {
        let retry = self.is_engine_down();
        let (code, message) = self.explain();
        JobFailure { code: code.to_owned(), message, retry }
    }

    pub(crate) fn into_bus(self) -> livos_bus::Error {
        let (code, message) = self.explain();
        match &self {
            Self::Refused { .. } | Self::Source(_) => livos_bus::Error::conflict(message).with_code(code),
            Self::Engine { source: EngineError::Unavailable { .. }, .. } => {
                livos_bus::Error::unavailable(message).with_code(code)
            }
            _ if code == codes::NO_SPACE => livos_bus::Error::unavailable(message).with_code(code),
            _ => livos_bus::Error::internal(livos_service::chain(&self)),
        }
    }
}

fn explain_engine(source: &EngineError, whole: &Error) -> (&'static str, String) {
    match source {
        EngineError::Unavailable { because, .. } => (codes::ENGINE_UNAVAILABLE, because.text().to_owned()),
        EngineError::ImageNotFound { image } => (
            codes::IMAGE_NOT_FOUND,
            format!(
                "the image {image} does not exist in its registry; the app's catalogue may be out of date, refresh it and try again"
            ),
        ),
        EngineError::WrongPlatform { image, wanted, found } => (
            codes::WRONG_ARCHITECTURE,
            match found {
                Some(found) => format!(
                    "the image {image} is made for {found}, and this machine needs {wanted}; the app cannot run here"
                ),
                None => {
                    format!("the image {image} is not made for {wanted}; the app cannot run on this machine")
                }
            },
        ),
        EngineError::PortTaken { port, protocol } if *port > 0 => (
            codes::PORT_TAKEN,
            format!(
                "port {port}/{protocol} is already used by another program or app; stop that one and try again"
            ),
        ),
        EngineError::PortTaken { .. } => (
            codes::PORT_TAKEN,
            "a port that the app needs is already used by another program; stop that one and try again"
                .to_owned(),
        ),
        EngineError::NoSpace { .. } => (
            codes::NO_SPACE,
            "the disk that holds the apps' images is full; free some space and try again".to_owned(),
        ),
        EngineError::RegistryUnreachable { registry, .. } => (
            codes::REGISTRY_UNREACHABLE,
            format!("{registry} cannot be reached; check the internet connection and try again"),
        ),
        EngineError::RegistryLimit { registry, .. } => (
            codes::REGISTRY_LIMIT,
            format!("{registry} allows no more downloads from this address for now; try again in some hours"),
        ),
        EngineError::Denied { subject, .. } => (
            "denied",
            format!("the registry does not hand out {subject} without an account, so it cannot be installed"),
        ),
        EngineError::TimedOut { .. } => {
            ("timed_out", format!("{whole}: Docker took too long; try again when the machine is less busy"))
        }
        EngineError::Invalid { detail, .. } | EngineError::Conflict { detail, .. } => {
            ("refused", format!("{whole}: {source}: {detail}"))
        }
        other => ("engine", format!("{whole}: {}", livos_service::chain(other))),
    }
}
