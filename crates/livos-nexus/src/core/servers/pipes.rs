//! Programs at work: started when they are first needed, let go when nobody has asked anything for a while, and started
//! again after they fell, later each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use livos_bus::sandbox::ProgramRequest;
use livos_service::{CancellationToken, TaskTracker};
use tokio::sync::Mutex as Turn;
use tokio::time::Instant;

use super::program::Process;
use super::transport::Fault;
use crate::core::problem;
use crate::ports::House;

/// How long a program stays that nobody asks anything.
pub(super) const IDLE: Duration = Duration::from_secs(120);
/// How much later the third start is than the second fall, and the latest.
const LATER: Duration = Duration::from_secs(5);
const LATEST: Duration = Duration::from_secs(300);

/// Those at work.
pub(crate) struct Programs {
    pub(super) house: Arc<dyn House>,
    pub(super) tasks: TaskTracker,
    pub(super) shutdown: CancellationToken,
    slots: Mutex<HashMap<String, Arc<Slot>>>,
}

/// A program of a name.
#[derive(Default)]
struct Slot {
    at_work: Turn<Option<Arc<Process>>>,
    falls: Mutex<Falls>,
}

/// How it fared.
#[derive(Default)]
struct Falls {
    count: u32,
    not_before: Option<Instant>,
}

impl std::fmt::Debug for Programs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Programs").finish_non_exhaustive()
    }
}

impl Slot {
    fn falls<T>(&self, change: impl FnOnce(&mut Falls) -> T) -> T {
        change(&mut self.falls.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Programs {
    pub(super) fn new(house: Arc<dyn House>, tasks: TaskTracker, shutdown: CancellationToken) -> Self {
        Self { house, tasks, shutdown, slots: Mutex::default() }
    }

    fn slot(&self, name: &str) -> Arc<Slot> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry(name.to_owned()).or_default())
    }

    /// The program at work, started if it is not.
    pub(super) async fn at_work(
        self: &Arc<Self>,
        name: &str,
        request: &ProgramRequest,
    ) -> Result<Arc<Process>, Fault> {
        let slot = self.slot(&request.name);
        let mut at_work = slot.at_work.lock().await;
        if let Some(process) = at_work.take() {
            if process.is_alive() && process.is(request) {
                *at_work = Some(Arc::clone(&process));
                return Ok(process);
            }
            if process.has_fallen() && process.is(request) {
                slot.falls(|falls| falls.note(&process));
            } else {
                process.let_go();
            }
        }
        let wait =
            slot.falls(|falls| falls.not_before).and_then(|at| at.checked_duration_since(Instant::now()));
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            let why = format!(
                "{} has fallen again and again; it is started again in {} s, or when somebody asks in Settings which tools it has",
                name,
                wait.as_secs().max(1)
            );
            return Err(Fault::Refused(problem::of("unreachable", why)));
        }
        let pipes = self.house.program(request).await.map_err(|error| {
            Fault::Refused(problem::of("unreachable", super::wire::words(&error.message, 500)))
        })?;
        let started = Process::start(self, name.to_owned(), request.clone(), pipes);
        let process = started.map_err(|error| {
            tracing::error!(%error, "the pipes of a program can't be used");
            Fault::Refused(problem::internal())
        })?;
        *at_work = Some(Arc::clone(&process));
        Ok(process)
    }

    /// Somebody looks after it: it is started at once, however often it fell.
    pub(super) fn forgive(&self, name: &str) {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get(name) {
            slot.falls(|falls| *falls = Falls::default());
        }
    }

    /// Ends it; it is started again when it is needed.
    pub(crate) fn let_go(self: &Arc<Self>, name: &str) {
        let slot = self.slots.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        let Some(slot) = slot else { return };
        self.tasks.spawn(async move {
            if let Some(process) = slot.at_work.lock().await.take() {
                process.let_go();
            }
        });
    }

    /// Ends it and empties what it kept.
    pub(super) async fn forget(&self, folder: &str) -> livos_bus::Result<()> {
        let slot = self.slots.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
        if let Some(slot) = slot
            && let Some(process) = slot.at_work.lock().await.take()
        {
            process.let_go();
        }
        self.house.forget_program(folder).await
    }

    /// The same, when nobody waits for it.
    pub(super) fn forget_aside(self: &Arc<Self>, folder: &str) {
        let (programs, folder) = (Arc::clone(self), folder.to_owned());
        self.tasks.spawn(async move {
            if let Err(error) = programs.forget(&folder).await {
                tracing::warn!(%error, folder, "what a program kept could not be removed");
            }
        });
    }
}

impl Falls {
    /// The first start after a fall is at once; one that did something useful in between begins to count anew.
    fn note(&mut self, process: &Process) {
        self.count = if process.was_useful() { 1 } else { self.count.saturating_add(1) };
        let doubled = self.count.checked_sub(2).map(|times| LATER.saturating_mul(1 << times.min(10)));
        self.not_before = doubled.map(|wait| process.ended_at() + wait.min(LATEST));
    }
}
