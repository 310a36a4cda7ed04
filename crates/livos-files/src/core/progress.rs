//! What a long job says about itself.

use std::sync::atomic::{AtomicU64, Ordering};

use livos_store::JobContext;
use livos_types::escape_name;

use crate::core::fs::copy::Watcher;

/// Passes on how far a job is.
pub(crate) struct JobWatcher {
    pub(crate) context: JobContext,
    items: AtomicU64,
    items_total: AtomicU64,
}

impl JobWatcher {
    pub(crate) fn new(context: JobContext) -> Self {
        Self { context, items: AtomicU64::new(0), items_total: AtomicU64::new(0) }
    }

    /// What there is to do is known; doing it begins.
    pub(crate) fn begin(&self, step: &str, items: u64, bytes: u64) {
        self.items_total.store(items, Ordering::Relaxed);
        self.context.step(step, 2, 2);
        self.context.progress(|progress| {
            progress.total = bytes;
            (if bytes > 0 { "bytes" } else { "" }).clone_into(&mut progress.unit);
        });
    }
}

impl Watcher for JobWatcher {
    fn bytes(&self, count: u64) {
        self.context.progress(|progress| progress.done = progress.done.saturating_add(count));
    }

    fn item(&self) {
        let done = self.items.fetch_add(1, Ordering::Relaxed) + 1;
        let total = self.items_total.load(Ordering::Relaxed);
        self.context.progress(|progress| progress.detail = format!("{done} of {total} items"));
    }

    fn left_out(&self, path: &[u8], why: &str) {
        self.context.log(format!("left out ‘{}’: {why}", escape_name(path)));
    }

    fn is_cancelled(&self) -> bool {
        self.context.cancelled().is_cancelled()
    }
}
