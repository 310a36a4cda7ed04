//! `io.livos.Apps1`: one thin file per interface.

mod catalog;
mod docker;
mod logs;
mod manager;
mod reader;
mod terminal;

use std::collections::HashMap;
use std::time::Duration;

use livos_bus::{Actor, Callers, names};
use livos_policy::{Action, decide};
use livos_service::CancellationToken;
use livos_types::{AppId, StoreId};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use zbus::Connection;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use crate::Error;
use crate::work::{Apps, Change};

/// One app, or the catalogue, is announced at most this often; the last change always is.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(200);

livos_service::job_source!(pub(crate) struct AppJobs(livos_store::Queue));

/// What every interface needs.
#[derive(Clone)]
struct Face {
    apps: Apps,
    callers: Callers,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

impl Face {
    /// Lets the call through if the caller may speak for the person, and the person may do this.
    async fn admit(&self, header: &Header<'_>, actor: &Actor, action: Action<'_>) -> livos_bus::Result<()> {
        self.callers.require_speaker(header).await?;
        Self::allow(actor, action)
    }

    /// The same for what only looks, which the agent may do for a person, too.
    async fn admit_reader(
        &self,
        header: &Header<'_>,
        actor: &Actor,
        action: Action<'_>,
    ) -> livos_bus::Result<()> {
        self.callers.require_reader(header, actor).await?;
        Self::allow(actor, action)
    }

    fn allow(actor: &Actor, action: Action<'_>) -> livos_bus::Result<()> {
        if decide(actor.role, actor.username.as_str(), action).is_allowed() {
            return Ok(());
        }
        Err(livos_bus::Error::denied("only an admin of this server may do that"))
    }
}

fn app_id(text: &str) -> livos_bus::Result<AppId> {
    AppId::new(text).map_err(livos_bus::Error::invalid)
}

fn store_id(text: &str) -> livos_bus::Result<StoreId> {
    StoreId::new(text).map_err(livos_bus::Error::invalid)
}

/// Serves every interface and begins to announce changes.
pub(crate) async fn serve(
    connection: &Connection,
    apps: &Apps,
    callers: Callers,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<(), Error> {
    let face = Face {
        apps: apps.clone(),
        callers: callers.clone(),
        tasks: tasks.clone(),
        shutdown: shutdown.clone(),
    };
    let path = names::APPS.path;
    let server = connection.object_server();
    server.at(path, catalog::Catalog(face.clone())).await?;
    server.at(path, reader::Reader(face.clone())).await?;
    server.at(path, docker::DockerReader(face.clone())).await?;
    server.at(path, docker::DockerNames(face.clone())).await?;
    server.at(path, docker::DockerManager(face.clone())).await?;
    server.at(path, terminal::Terminal(face.clone())).await?;
    server.at(path, manager::Manager(face)).await?;
    let jobs = AppJobs(apps.queue.clone());
    let announcing =
        livos_service::serve_jobs(connection, names::APPS, jobs, callers, shutdown.clone()).await?;
    tasks.spawn(announcing);
    let emitter = SignalEmitter::new(connection, path)?.into_owned();
    tasks.spawn(announce(emitter, apps.clone(), shutdown.clone()));
    Ok(())
}

/// Turns changes into signals, joined per app.
async fn announce(emitter: SignalEmitter<'static>, apps: Apps, shutdown: CancellationToken) {
    let mut changes = apps.changes.subscribe();
    // Until when something is kept back, and whether there is something to tell then.
    let mut quiet: HashMap<Change, (Instant, bool)> = HashMap::new();
    loop {
        let next = quiet.values().map(|(until, _)| *until).min();
        let timer = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        let mut due: Vec<Change> = Vec::new();
        tokio::select! {
            () = shutdown.cancelled() => return,
            change = changes.recv() => {
                let changed = match change {
                    Ok(change) => vec![change],
                    // Some were missed: everything may have changed.
                    Err(RecvError::Lagged(_)) => {
                        let ids = apps.rows.app_ids().await.unwrap_or_default();
                        ids.into_iter().map(Change::App).chain([Change::Catalogue, Change::Docker]).collect()
                    }
                    Err(RecvError::Closed) => return,
                };
                for subject in changed {
                    match quiet.get_mut(&subject) {
                        Some((_, waiting)) => *waiting = true,
                        None => due.push(subject),
                    }
                }
            }
            () = timer => {
                let now = Instant::now();
                quiet.retain(|subject, (until, waiting)| {
                    if *until <= now && *waiting {
                        due.push(subject.clone());
                    }
                    *until > now
                });
            }
        }
        for subject in due {
            let told = match &subject {
                Change::App(id) => reader::Reader::app_changed(&emitter, id).await,
                Change::Catalogue => catalog::Catalog::catalog_changed(&emitter).await,
                Change::Docker => docker::DockerReader::docker_changed(&emitter).await,
            };
            if let Err(error) = told {
                tracing::debug!(error = livos_service::chain(&error), "a change was not announced");
            }
            quiet.insert(subject, (Instant::now() + ANNOUNCE_EVERY, false));
        }
    }
}
