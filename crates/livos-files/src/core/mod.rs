//! What this service decides and does, without the bus.

pub(crate) mod archive;
pub(crate) mod changes;
pub(crate) mod fs;
pub(crate) mod manager;
pub(crate) mod media;
pub(crate) mod personal;
pub(crate) mod picture;
pub(crate) mod places;
pub(crate) mod progress;
pub(crate) mod reader;
pub(crate) mod recover;
pub(crate) mod search;
pub(crate) mod shared;
pub(crate) mod text;
pub(crate) mod threads;
pub(crate) mod transfer;
pub(crate) mod trash;
pub(crate) mod uploads;
pub(crate) mod wallpaper;
pub(crate) mod watch;
mod zip;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use livos_service::Clock;
use livos_store::Queue;
use livos_types::{RelPath, check_component};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::core::fs::names;
use crate::core::places::Places;
use crate::core::wallpaper::Wallpapers;
use crate::core::watch::Watches;
use crate::error::Error;
use crate::store::Store;

/// The file service.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) places: Arc<Places>,
    pub(crate) watches: Arc<Watches>,
    pub(crate) store: Store,
    pub(crate) queue: Queue,
    pub(crate) wallpapers: Wallpapers,
    pub(crate) clock: Arc<dyn Clock>,
    /// Seconds that an unfinished upload is kept.
    pub(crate) keep_uploads: i64,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    /// Held while something is changed for Nexus: the same change twice at once would be two.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// The running search of each person. A new one ends it: its answer is for letters typed since.
    pub(crate) searches: Mutex<HashMap<String, CancellationToken>>,
}

/// How much of what takes long may happen at once.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// Huge folders being listed; more of them wait.
    pub(crate) listings: Arc<Semaphore>,
    /// Archives being sent, each a thread for as long as the download takes.
    pub(crate) archives: Arc<Semaphore>,
    pub(crate) searches: Arc<Semaphore>,
    /// Searches by Nexus: they never keep a person's own waiting.
    pub(crate) shared_searches: Arc<Semaphore>,
}

impl Default for Limits {
    fn default() -> Self {
        let permits = |count| Arc::new(Semaphore::new(count));
        Self {
            listings: permits(2),
            archives: permits(16),
            searches: permits(4),
            shared_searches: permits(2),
        }
    }
}

/// Where a test kills the work. Outside of tests it is nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    #[cfg(test)]
    pub(crate) die_after: Option<&'static str>,
    #[cfg(test)]
    pub(crate) reached: Arc<tokio::sync::Notify>,
}

#[cfg(test)]
impl Faults {
    /// Blocking work got as far as `step`: it unwinds, past all that would tidy up after an error.
    pub(crate) fn pass(&self, step: &'static str) {
        assert!(self.die_after != Some(step), "killed after: {step}");
    }

    /// Async work got as far as `step`: it never goes on.
    pub(crate) async fn reach(&self, step: &'static str) {
        if self.die_after == Some(step) {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(test))]
#[expect(clippy::unused_self, reason = "the same signatures as in tests, where they decide")]
impl Faults {
    /// Blocking work got as far as `step`.
    pub(crate) fn pass(&self, _step: &'static str) {}

    /// Async work got as far as `step`.
    #[expect(clippy::unused_async, reason = "the same signatures as in tests, where they decide")]
    pub(crate) async fn reach(&self, _step: &'static str) {}
}

/// Checks a name that is to be given to something.
pub(crate) fn check_new_name(name: &str) -> Result<(), Error> {
    check_component(name).map_err(|error| Error::Invalid(error.to_string()))?;
    if names::is_hidden(name.as_bytes()) {
        return Err(Error::Invalid(format!(
            "‘{name}’ is a name that LivOS uses for unfinished work; choose another"
        )));
    }
    Ok(())
}

/// Checks every name of a path that is to be made.
pub(crate) fn check_new_path(path: &RelPath) -> Result<(), Error> {
    path.as_str().split('/').filter(|name| !name.is_empty()).try_for_each(check_new_name)
}

/// An id for something of ours in the file system.
pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
