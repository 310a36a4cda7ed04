//! Keeps a set of processes alive, the way systemd does on an installed machine.
//!
//! A unit starts once the units it comes `after` are ready, is ready when it says so on
//! `NOTIFY_SOCKET`, comes back after a pause that grows while it keeps dying, and is restarted with
//! the unit it is `bound_to`. Nothing outlives the supervisor: every child is its own process group
//! and carries a parent death signal.

mod child;
mod unit;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use tokio::sync::watch;
use tokio::task::JoinSet;

pub use unit::{Unit, UnitState};

/// Called with the unit's name and one line that it wrote.
pub type OnLine = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// Where the supervisor keeps its own things.
#[derive(Debug, Clone)]
pub struct Places {
    /// One `<unit>.log` per unit.
    pub log: PathBuf,
    /// The readiness sockets; the path must be short enough for a socket address.
    pub runtime: PathBuf,
}

/// What all units are doing, by name.
pub type Snapshot = BTreeMap<String, UnitState>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    Stopping,
}

/// What a unit's task sees of the whole.
struct Shared {
    states: watch::Sender<Snapshot>,
    phase: watch::Receiver<Phase>,
    places: Places,
    on_line: OnLine,
}

impl Shared {
    fn update(&self, name: &str, change: impl FnOnce(&mut UnitState)) {
        self.states.send_modify(|states| change(states.entry(name.to_owned()).or_default()));
    }
}

/// A running set of units. Dropping it kills them; [`Supervisor::stop`] lets them say goodbye.
///
/// Start it from a runtime whose threads live as long as the units: the kernel sends the parent
/// death signal when the *thread* that spawned a child ends.
pub struct Supervisor {
    shared: Arc<Shared>,
    phase: watch::Sender<Phase>,
    tasks: JoinSet<()>,
}

impl Supervisor {
    /// Starts all units; returns at once.
    pub fn start(units: &[Unit], places: Places, on_line: OnLine) -> Result<Self> {
        for folder in [&places.log, &places.runtime] {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} could not be made", folder.display()))?;
        }
        let names: Vec<String> = units.iter().map(|unit| unit.name.clone()).collect();
        for unit in units {
            for other in unit.after.iter().chain(&unit.bound_to) {
                if !names.contains(other) {
                    bail!("{} waits for {other}, which is not a unit", unit.name);
                }
            }
        }
        let (phase, phase_seen) = watch::channel(Phase::Running);
        let states = names.iter().map(|name| (name.clone(), UnitState::default())).collect();
        let shared =
            Arc::new(Shared { states: watch::Sender::new(states), phase: phase_seen, places, on_line });
        let mut tasks = JoinSet::new();
        for unit in units {
            // A unit that others come after stops last.
            let dependents = units
                .iter()
                .filter(|other| other.after.contains(&unit.name))
                .map(|other| other.name.clone())
                .collect();
            tasks.spawn(unit::keep(unit.clone(), dependents, Arc::clone(&shared)));
        }
        Ok(Self { shared, phase, tasks })
    }

    /// What every unit is doing now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.shared.states.borrow().clone()
    }

    /// Follows what the units are doing.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Snapshot> {
        self.shared.states.subscribe()
    }

    /// What one unit is doing.
    #[must_use]
    pub fn unit(&self, name: &str) -> Option<UnitState> {
        self.shared.states.borrow().get(name).cloned()
    }

    /// Waits until every unit is ready; says which are not when the time is up.
    pub async fn ready(&self, within: Duration) -> Result<()> {
        self.until(within, |states| states.values().all(|state| state.ready)).await
    }

    /// Waits until `name` has been started more than `starts` times and is ready again.
    pub async fn restarted(&self, name: &str, starts: u32, within: Duration) -> Result<()> {
        self.until(within, |states| {
            states.get(name).is_some_and(|state| state.ready && state.starts > starts)
        })
        .await
    }

    /// Sends `signal` to the main process of a unit; its restart is then ours to do.
    pub fn signal(&self, name: &str, signal: Signal) -> Result<()> {
        let Some(pid) = self.unit(name).and_then(|state| state.pid) else {
            bail!("{name} is not running");
        };
        child::signal_process(pid, signal).with_context(|| format!("{name} could not be signalled"))
    }

    /// Stops everything, dependents first, and waits for it.
    pub async fn stop(mut self) {
        let _ = self.phase.send(Phase::Stopping);
        while self.tasks.join_next().await.is_some() {}
    }

    async fn until(&self, within: Duration, done: impl Fn(&Snapshot) -> bool) -> Result<()> {
        let mut states = self.shared.states.subscribe();
        let waited = tokio::time::timeout(within, states.wait_for(|states| done(states))).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => bail!("the supervisor has stopped"),
            Err(_) => {
                let missing: Vec<String> = self
                    .snapshot()
                    .into_iter()
                    .filter(|(_, state)| !state.ready)
                    .map(|(name, state)| match state.last_exit {
                        Some(exit) => format!("{name} ({exit})"),
                        None => name,
                    })
                    .collect();
                bail!(
                    "not ready after {} s: {}; see {}",
                    within.as_secs(),
                    missing.join(", "),
                    self.shared.places.log.display()
                )
            }
        }
    }
}
