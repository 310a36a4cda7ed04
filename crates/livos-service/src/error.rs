//! What can go wrong in the chassis, a variant per operation.

use std::path::PathBuf;

use crate::config::Problem;

/// A failed operation of the chassis. The cause is the source, never part of the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration file could not be read.
    #[error("cannot read the configuration file {path}")]
    ReadConfig {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The configuration has errors; all of them are listed.
    #[error("the configuration has errors:\n{}", list(.0))]
    Config(Vec<Problem>),
    /// The bus could not be reached.
    #[error("cannot connect to the bus at {address}; is dbus-daemon running, and may this user use it?")]
    ConnectBus {
        /// The address asked for.
        address: String,
        /// Why.
        #[source]
        source: Box<zbus::Error>,
    },
    /// A name or an object could not be put on the bus.
    #[error("cannot serve {name} on the bus; is another copy running, and does the bus policy allow it?")]
    Serve {
        /// The bus name or interface.
        name: String,
        /// Why.
        #[source]
        source: Box<zbus::Error>,
    },
    /// A file could not be replaced.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A directory could not be made.
    #[error("cannot create the directory {path}")]
    CreateDirectory {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A secret could not be read.
    #[error("cannot read the secret {name} from {path}")]
    ReadSecret {
        /// Its name.
        name: String,
        /// Where it was looked for.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A secret's name would leave the secrets directory.
    #[error("{0:?} is not a name for a secret; use letters, digits, '-', '_' and '.'")]
    SecretName(String),
    /// A secret file is empty or has been cut short.
    #[error(
        "the secret {name} in {path} is too short; restore it from a backup or delete the file to make a new one"
    )]
    ShortSecret {
        /// Its name.
        name: String,
        /// The file.
        path: PathBuf,
    },
    /// The runtime or the signal handlers could not be set up.
    #[error("cannot start the runtime")]
    Runtime(#[source] std::io::Error),
    /// The journal could not be reached although the service manager announced it.
    #[error("cannot connect to the journal")]
    Journal(#[source] std::io::Error),
    /// The service manager's socket could not be used.
    #[error("cannot notify the service manager at {address}")]
    Notify {
        /// Its address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The command line was not understood.
    #[error("{0}")]
    Usage(String),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

/// The whole chain of an error on one line, for the one place that logs it.
#[must_use]
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
