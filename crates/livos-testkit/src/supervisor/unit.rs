//! What a unit is, and the task that keeps it alive.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::child::{Happened, Running};
use super::{Phase, Shared, Snapshot};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A unit that lived this long starts its next life without a debt.
const FORGIVEN_AFTER: Duration = Duration::from_secs(10);

/// A program to keep running.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    /// Also the name of its log.
    pub name: String,
    /// Looked up in `PATH` when it has no slash.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Set in its environment.
    pub env: Vec<(String, OsString)>,
    /// Taken out of its environment.
    pub env_remove: Vec<String>,
    /// Ready as soon as it runs, instead of when it says READY=1.
    pub ready_at_once: bool,
    /// Started once these are ready, stopped before they are.
    pub after: Vec<String>,
    /// Restarted whenever this one has died.
    pub bound_to: Option<String>,
    /// How long TERM may take before KILL.
    pub patience: Duration,
    /// Stale files removed before each start, sockets mostly.
    pub clear: Vec<PathBuf>,
    /// Comes back at once however often it has died: for tests that kill it a hundred times.
    pub restless: bool,
}

/// What a unit is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitState {
    /// Its main process.
    pub pid: Option<u32>,
    /// It runs and has said READY.
    pub ready: bool,
    /// How often it has been started.
    pub starts: u32,
    /// It will not be started again.
    pub stopped: bool,
    /// How its last life ended.
    pub last_exit: Option<String>,
}

enum End {
    Died(String),
    /// What it is bound to has died.
    Unbound,
    Stop,
}

pub(super) async fn keep(unit: Unit, dependents: Vec<String>, shared: Arc<Shared>) {
    let mut phase = shared.phase.clone();
    let mut pause = FIRST_PAUSE;
    loop {
        let mut states = shared.states.subscribe();
        let may_start = states.wait_for(|states| all_ready(states, &unit.after));
        tokio::select! {
            _ = may_start => {}
            () = stopping(&mut phase) => break,
        }
        let started = Instant::now();
        match live(&unit, &dependents, &shared, &mut phase).await {
            End::Stop => break,
            End::Unbound => pause = FIRST_PAUSE,
            End::Died(how) => {
                (shared.on_line)(&unit.name, &format!("[{} ended: {how}; starting it again]", unit.name));
                if unit.restless || started.elapsed() > FORGIVEN_AFTER {
                    pause = FIRST_PAUSE;
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = stopping(&mut phase) => break,
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
    shared.update(&unit.name, |state| state.stopped = true);
}

/// One life, from start to end.
async fn live(
    unit: &Unit,
    dependents: &[String],
    shared: &Shared,
    phase: &mut watch::Receiver<Phase>,
) -> End {
    let bound_start = unit.bound_to.as_ref().map(|name| (name, starts_of(&shared.states.borrow(), name)));
    let mut running = match Running::spawn(unit, &shared.places, &shared.on_line) {
        Ok(running) => running,
        Err(error) => {
            let how = format!("{error:#}");
            shared.update(&unit.name, |state| {
                state.starts += 1;
                state.last_exit = Some(how.clone());
            });
            return End::Died(how);
        }
    };
    shared.update(&unit.name, |state| {
        state.pid = Some(running.pid);
        state.ready = unit.ready_at_once;
        state.starts += 1;
    });
    let mut is_ready = unit.ready_at_once;
    let mut states = shared.states.subscribe();
    let end = loop {
        let unbound = async {
            let Some((name, start)) = &bound_start else { return std::future::pending().await };
            let gone = |states: &Snapshot| {
                states.get(*name).is_none_or(|state| !state.ready || state.starts != *start)
            };
            let _ = states.wait_for(gone).await;
        };
        tokio::select! {
            biased;
            () = stopping(phase) => break End::Stop,
            () = unbound => break End::Unbound,
            happened = running.next(!is_ready) => match happened {
                Happened::Ready => {
                    is_ready = true;
                    shared.update(&unit.name, |state| state.ready = true);
                }
                Happened::Ended(how) => break End::Died(how),
            },
        }
    };
    let how = match &end {
        End::Died(how) => {
            running.sweep().await;
            how.clone()
        }
        End::Unbound => running.end(unit.patience).await,
        End::Stop => {
            let mut states = shared.states.subscribe();
            let all_stopped = states.wait_for(|states| {
                dependents.iter().all(|name| states.get(name).is_none_or(|state| state.stopped))
            });
            let _ = all_stopped.await;
            running.end(unit.patience).await
        }
    };
    shared.update(&unit.name, |state| {
        state.pid = None;
        state.ready = false;
        state.last_exit = Some(how);
    });
    end
}

async fn stopping(phase: &mut watch::Receiver<Phase>) {
    // A supervisor that was dropped counts as stopping, too.
    let _ = phase.wait_for(|phase| *phase == Phase::Stopping).await;
}

fn all_ready(states: &Snapshot, names: &[String]) -> bool {
    names.iter().all(|name| states.get(name).is_some_and(|state| state.ready))
}

fn starts_of(states: &Snapshot, name: &str) -> u32 {
    states.get(name).map_or(0, |state| state.starts)
}
