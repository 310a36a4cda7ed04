use std::io;
use std::path::PathBuf;

use crate::SlotVersion;

/// What can go wrong between a tree and a slot that boots.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or device did not do what it was asked to.
    #[error("{action} {path}")]
    File {
        /// "could not read", "could not write", …
        action: &'static str,
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The daemons' databases can't be kept, or not be put back.
    #[error(transparent)]
    Databases(#[from] livos_snapshot::Error),
    /// A program could not be started.
    #[error("{program} could not be started; is it installed?")]
    Start {
        /// Its name.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program ended with a failure.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// Its name.
        program: String,
        /// How it ended.
        status: String,
        /// The end of what it said.
        output: String,
    },
    /// Docker's daemon does not say what it was asked for.
    #[error("Docker answered: {0}")]
    Docker(String),
    /// Not a partition table that we made.
    #[error("the partition table can't be used: {0}")]
    Table(String),
    /// Not a slot that can be used.
    #[error("the slot can't be used: {0}")]
    Slot(String),
    /// What was written is not what is read back.
    #[error("what was written does not verify: {0}")]
    Verify(String),
    /// Something else than a bundle, or one that nobody of ours made.
    #[error("this file is no bundle of LivOS: {0}")]
    NotABundle(String),
    /// A bundle that is not whole.
    #[error("this bundle is damaged: {0}")]
    Damaged(String),
    /// apt has no key to hold a bundle against.
    #[error("this machine has no key for LivOS' archive, so a bundle can't be verified")]
    NoKey,
    /// There would be nothing new.
    #[error("nothing is new: the staged system is the one that runs")]
    Nothing,
    /// Too little room.
    #[error("{place} has {free} MB free and {needed} MB are needed")]
    Space {
        /// Where.
        place: String,
        /// Free megabytes.
        free: u64,
        /// Needed megabytes.
        needed: u64,
    },
    /// Somebody else is at it.
    #[error("another upgrade is being prepared; wait until it has finished")]
    Busy,
    /// What runs has not proved itself, so what ran before is still needed.
    #[error(
        "LivOS {running} is still on trial and {before} may have to come back; try again in a few minutes"
    )]
    OnTrial {
        /// What runs.
        running: SlotVersion,
        /// What ran before.
        before: SlotVersion,
    },
    /// Only an appliance has slots.
    #[error("this machine did not start from a slot: {0}")]
    NotAppliance(String),
    /// A name or version in a form that is not ours.
    #[error("{0}")]
    Invalid(String),
}

/// The usual result.
pub type Result<T> = std::result::Result<T, Error>;

/// Names the file when something happens to it.
pub(crate) trait About<T> {
    fn about(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T>;
}

impl<T, E: Into<io::Error>> About<T> for std::result::Result<T, E> {
    fn about(self, action: &'static str, path: impl Into<PathBuf>) -> Result<T> {
        self.map_err(|source| Error::File { action, path: path.into(), source: source.into() })
    }
}
