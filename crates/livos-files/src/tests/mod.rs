//! The service from inside, on real files.

mod archive;
mod bus;
mod changes;
mod listing;
mod paths;
mod people;
mod personal;
mod search;
mod shared;
mod space;
mod transfer;
mod trash;
mod uploads;
mod watching;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use livos_bus::documents::Listing;
use livos_bus::{Actor, Location, TransferRequest, Via};
use livos_service::{CancellationToken, ManualClock};
use livos_store::Job;
use livos_types::{JobId, RelPath, Role, RootId, UserId, Username};
use tempfile::TempDir;

use crate::core::fs::list::Listed;
use crate::core::watch::Told;
use crate::core::{Faults, Files};
use crate::error::Error;
use crate::{Ground, open};

/// Nothing here takes this long unless it never comes.
const DEADLINE: Duration = Duration::from_secs(30);

/// A file service on a directory of its own.
struct House {
    dir: TempDir,
    files: Arc<Files>,
    told: Option<Told>,
    clock: Arc<ManualClock>,
}

impl House {
    async fn new() -> Self {
        Self::killed_after(None).await
    }

    /// One whose work stops at a step as if it were killed there.
    async fn killed_after(step: Option<&'static str>) -> Self {
        Self::open(TempDir::new().unwrap(), step, Arc::new(ManualClock::at(1_000_000))).await
    }

    async fn open(dir: TempDir, step: Option<&'static str>, clock: Arc<ManualClock>) -> Self {
        let state = dir.path().join("state");
        std::fs::create_dir_all(&state).unwrap();
        let faults = Faults { die_after: step, ..Faults::default() };
        let data = dir.path().join("data");
        let ground =
            Ground { data: &data, state: &state, clock: clock.clone(), keep_upload_hours: 168, faults };
        let (files, told) = open(ground).await.unwrap();
        Self { dir, files, told: Some(told), clock }
    }

    /// Dies and comes back, without the fault.
    async fn again(self) -> Self {
        let Self { dir, files, clock, told } = self;
        drop((files, told));
        let house = Self::open(dir, None, clock).await;
        house.files.recover().await.unwrap();
        house
    }

    fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join("data").join(below)
    }

    fn write(&self, below: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(below);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, contents).unwrap();
        path
    }

    fn read(&self, below: &str) -> String {
        std::fs::read_to_string(self.path(below)).unwrap_or_else(|error| panic!("{below}: {error}"))
    }

    async fn list(&self, actor: &Actor, at: &str, path: &str) -> Result<Listing, Error> {
        let listed = self.files.list(actor.clone(), root(at), rel(path)).await?;
        let document = match listed {
            Listed::Bytes(bytes) => livos_bus::Document::from_bytes(bytes).unwrap(),
            Listed::Memory(memory) => livos_bus::Document::from_descriptor(memory),
        };
        Ok(document.parse().unwrap())
    }

    /// The names in a folder, sorted.
    async fn names(&self, at: &str, path: &str) -> Vec<String> {
        let mut names: Vec<_> =
            self.list(&owner(), at, path).await.unwrap().entries.into_iter().map(|entry| entry.0).collect();
        names.sort();
        names
    }

    /// Lets jobs run until this one has ended.
    async fn finish(&self, id: &JobId) -> Job {
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(self.files.queue.clone().run(shutdown.clone()));
        let job = within(self.files.queue.finished(id)).await.unwrap().unwrap();
        shutdown.cancel();
        within(running).await.unwrap();
        job
    }

    /// Lets jobs run until the work has come to its fatal step, and kills it there.
    async fn run_until_killed(&self) {
        let shutdown = CancellationToken::new();
        let running = tokio::spawn(self.files.queue.clone().run(shutdown.clone()));
        within(self.files.faults.reached.notified()).await;
        shutdown.cancel();
        within(running).await.unwrap();
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("it never came")
}

fn actor(role: Role, name: &str) -> Actor {
    Actor { user: UserId::new(name).unwrap(), username: Username::new(name).unwrap(), role, via: Via::Web }
}

fn owner() -> Actor {
    actor(Role::Owner, "grace")
}

fn member() -> Actor {
    actor(Role::Member, "ada")
}

fn admin() -> Actor {
    actor(Role::Admin, "bob")
}

fn root(id: &str) -> RootId {
    RootId::new(id).unwrap()
}

fn rel(path: &str) -> RelPath {
    RelPath::new(path).unwrap()
}

fn location(at: &str, path: &str) -> Location {
    Location { root: at.to_owned(), path: path.to_owned() }
}

fn request(items: &[&str], to: &str, on_conflict: &str) -> TransferRequest {
    TransferRequest {
        items: items.iter().map(|path| location("home", path)).collect(),
        destination: location("home", to),
        on_conflict: on_conflict.to_owned(),
    }
}

/// The wire's word for a refusal.
fn refusal<T>(outcome: Result<T, Error>) -> String {
    match outcome {
        Ok(_) => "no refusal".to_owned(),
        Err(error) => error.to_wire().code,
    }
}

/// Every name below a directory, hidden ones too, sorted.
fn tree(path: &Path) -> Vec<String> {
    fn add(top: &Path, path: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(path).unwrap() {
            let entry = entry.unwrap();
            found.push(entry.path().strip_prefix(top).unwrap().to_string_lossy().into_owned());
            if entry.file_type().unwrap().is_dir() {
                add(top, &entry.path(), found);
            }
        }
    }
    let mut found = Vec::new();
    add(path, path, &mut found);
    found.sort();
    found
}

/// Runs a program of the system; false when it is missing or fails.
fn succeeds(program: &str, arguments: &[&str]) -> bool {
    std::process::Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
