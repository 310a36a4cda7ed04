use std::path::PathBuf;

/// What can fail here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bus doesn't say who calls.
    #[error("the callers on the bus could not be followed")]
    Callers(#[source] livos_bus::Error),
    /// The interface could not be put on the bus.
    #[error("the host interface could not be served")]
    Serve {
        /// Why.
        #[source]
        source: Box<zbus::Error>,
    },
    /// The name could not be taken, or the service manager not told.
    #[error("the host daemon could not announce itself")]
    Ready(#[source] livos_service::Error),
    /// A file of the kernel or the distribution can't be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of the kernel lacks what it has always had.
    #[error("{path} has no {what}")]
    Missing {
        /// The file.
        path: &'static str,
        /// What was looked for.
        what: &'static str,
    },
}
