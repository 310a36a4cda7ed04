//! What the app engine does: shared by its jobs, its bus face and the follower of engine events.

mod act;
mod adopt;
mod bring_up;
mod checks;
mod command;
mod compose;
mod configure;
mod dependencies;
mod describe;
mod docker;
mod docker_access;
mod erase;
mod export;
mod exposure;
mod facts;
mod hooks;
mod icons;
mod inside;
mod install;
mod keep;
mod kept_images;
mod lately;
mod lifecycle;
mod mounts;
mod pictures;
mod places;
mod pull;
mod reclaim;
mod reconcile;
mod return_to;
mod room;
mod sandbox;
mod seed;
mod shim;
mod skip;
mod sources;
mod stack;
mod terminal;
mod toolbox;
mod unnamed;
mod unpersisted;
mod update;
mod update_all;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use livos_docker::{ContainerSummary, EngineStatus, LabelFilter};
use livos_manifest::Owner;
use livos_service::{Config, Health, Secret};
use livos_store::{Backoff, Database, JobFailure, KindOptions, NewJob, OnCrash, Queue};
use livos_types::{AppId, JobId};
use sha2::{Digest, Sha256};
use tokio::sync::broadcast;

use crate::Error;
use crate::core::addresses;
use crate::core::blueprint::LABEL_APP;
use crate::core::exposure::told;
use crate::docker_view::DockerViews;
use crate::error::engine;
use crate::ports::Ports;
use crate::routes::Routes;
use crate::store::{MIGRATIONS, Rows};

pub(crate) use checks::Typed;
#[cfg(test)]
pub(crate) use command::END_MARKED;
pub(crate) use dependencies::Exported;
#[cfg(test)]
pub(crate) use dependencies::offers;
pub(crate) use describe::{installed, store_reply};
use docker::Names;
#[cfg(test)]
pub(crate) use export::describe as describe_containers;
pub(crate) use install::InstallJob;
#[cfg(test)]
pub(crate) use sources::full_entry;
pub(crate) use toolbox::is_helper;
pub(crate) use update::{Aim, UpdateJob};

/// Which LivOS something belongs to: there may be two on one machine, and each leaves the other's alone.
const LABEL_INSTALLATION: &str = "io.livos.installation";

/// How many installations and starts are worked on at the same time.
const AT_WORK: usize = 2;
/// How many of them may be under way, those that wait for another app among them.
const UNDER_WAY: usize = 64;
/// How often a job is tried while Docker is away.
const ATTEMPTS: u32 = 8;

/// Something that others are told of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    /// An app was added, changed its state, or went.
    App(String),
    /// The stores or what they offer changed.
    Catalogue,
    /// Something in Docker changed, whoever made it.
    Docker,
}

fn installation(seed: &Secret) -> String {
    let digest = Sha256::new().chain_update(b"livos-installation").chain_update(seed.expose()).finalize();
    digest.iter().take(8).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// The app engine. Clones share it.
#[derive(Clone)]
pub(crate) struct Apps(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: Arc<Config>,
    pub(crate) ports: Ports,
    pub(crate) rows: Rows,
    pub(crate) queue: Queue,
    pub(crate) routes: Routes,
    pub(crate) changes: broadcast::Sender<Change>,
    seed: Secret,
    /// The value of [`LABEL_INSTALLATION`]; from the seed, so it survives the loss of the database.
    installation: String,
    /// Where our own files are.
    state: PathBuf,
    /// The sockets of apps that may look at Docker.
    pub(crate) views: DockerViews,
    /// Installing and starting are work for few at a time; waiting for another app is not.
    working: tokio::sync::Semaphore,
    /// Held while ports are chosen, so that two installations don't choose the same.
    choosing: tokio::sync::Mutex<()>,
    /// Held while it is chosen how this server is reached.
    choosing_exposure: tokio::sync::Mutex<()>,
    terminals: terminal::Terminals,
    commands: command::Commands,
    /// What apps become that are being changed, so that nobody else chooses their ports meanwhile.
    reserved: std::sync::Mutex<BTreeMap<AppId, crate::store::App>>,
    /// Held while a store's apps are put in the place of the old ones, with their pictures.
    replacing: tokio::sync::Mutex<()>,
    /// Pictures that are fetched because somebody looks at an app's page are few at a time.
    looking: tokio::sync::Semaphore,
}

impl std::ops::Deref for Apps {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl std::fmt::Debug for Apps {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Apps")
    }
}

impl Apps {
    /// Opens the state and registers every kind of job.
    pub(crate) async fn open(
        config: Arc<Config>,
        ports: Ports,
        state: PathBuf,
        seed: Secret,
        health: Health,
    ) -> Result<Self, Error> {
        let database = Database::open(&state.join("apps.db"), MIGRATIONS).await?;
        let queue =
            Queue::open(database.clone(), "apps", livos_service::clock::millis_fn(&ports.clock)).await?;
        let rows = Rows(database);
        // Outside our own state, which nobody else may look into: Caddy starts with it by itself.
        let edge = config.server.state_dir.join("edge");
        livos_service::fs::create_directory(&edge, 0o750)?;
        let chosen = rows.exposure().await?;
        let routes =
            Routes::new(&config, ports.clone(), rows.clone(), edge.join("caddy.json"), health, chosen);
        let installation = installation(&seed);
        let mark = (LABEL_INSTALLATION, installation.clone());
        let views = DockerViews::new(state.join("docker-views"), &config.apps.docker, mark);
        let apps = Self(Arc::new(Inner {
            config,
            ports,
            rows,
            queue,
            routes,
            changes: broadcast::channel(256).0,
            installation,
            views,
            seed,
            state,
            working: tokio::sync::Semaphore::new(AT_WORK),
            choosing: tokio::sync::Mutex::default(),
            choosing_exposure: tokio::sync::Mutex::default(),
            terminals: terminal::Terminals::default(),
            commands: command::Commands::default(),
            reserved: std::sync::Mutex::default(),
            replacing: tokio::sync::Mutex::default(),
            looking: tokio::sync::Semaphore::new(pictures::AT_ONCE),
        }));
        apps.register();
        Ok(apps)
    }

    fn register(&self) {
        // Docker may be away for a while and come back; what was begun waits for it.
        let patient = KindOptions {
            concurrency: AT_WORK,
            max_attempts: ATTEMPTS,
            backoff: Backoff { first: self.ports.patience.again, limit: self.ports.patience.again_at_most },
            on_crash: OnCrash::Requeue,
            cancellable: true,
            exclusive_subject: true,
        };
        let sure = KindOptions { cancellable: false, ..patient };
        // They take their turn when nothing is left to wait for; so one that is waited for always gets one.
        let waiting = KindOptions { concurrency: UNDER_WAY, ..patient };
        macro_rules! register {
            ($kind:literal, $options:expr, $method:ident) => {
                let apps = Arc::downgrade(&self.0);
                self.queue.register($kind, $options, move |job| {
                    let apps = apps.upgrade().map(Apps);
                    async move {
                        let Some(apps) = apps else { return Err(JobFailure::cancelled()) };
                        apps.$method(job).await
                    }
                });
            };
        }
        register!("app.install", waiting, install);
        register!("app.start", waiting, start);
        register!("app.stop", sure, stop);
        register!("app.restart", waiting, restart);
        register!("app.update", patient, update);
        register!("app.configure", patient, update);
        register!("app.rollback", sure, rollback);
        register!("app.remove", sure, remove);
        register!("adopted.start", waiting, act_on_adopted);
        register!("adopted.stop", sure, act_on_adopted);
        register!("adopted.restart", waiting, act_on_adopted);
        register!("adopted.remove", sure, act_on_adopted);
        register!("docker.start", sure, act_on_container);
        register!("docker.stop", sure, act_on_container);
        register!("docker.restart", sure, act_on_container);
        register!("docker.reclaim", patient, reclaim);
        register!("docker.act", patient, act);
        register!("store.refresh", patient, refresh);
    }

    /// Tells others that an app changed.
    pub(crate) fn app_changed(&self, id: &AppId) {
        // Nobody listening is fine.
        let _ = self.changes.send(Change::App(id.to_string()));
    }

    pub(crate) fn catalogue_changed(&self) {
        let _ = self.changes.send(Change::Catalogue);
    }

    pub(crate) fn docker_changed(&self) {
        let _ = self.changes.send(Change::Docker);
    }

    /// Waits for a turn at work that costs something.
    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Error> {
        let closed = |_| crate::error::refused("internal", "the app engine is stopping");
        self.working.acquire().await.map_err(closed)
    }

    /// Adds a job about an app, or joins the same one that has not ended.
    pub(crate) async fn enqueue(&self, job: NewJob) -> Result<JobId, Error> {
        Ok(self.queue.enqueue(job).await?)
    }

    /// Whether Docker can be used; never takes long.
    pub(crate) async fn engine_status(&self) -> EngineStatus {
        let status = tokio::time::timeout(Duration::from_secs(10), self.ports.engine.status()).await;
        status.unwrap_or_else(|_| EngineStatus {
            because: Some(livos_docker::UnusableBecause::NotAnswering),
            reason: livos_docker::UnusableBecause::NotAnswering.text().to_owned(),
            ..EngineStatus::default()
        })
    }

    /// What this LivOS has made in the engine.
    pub(crate) fn own(&self) -> LabelFilter {
        LabelFilter::key(LABEL_APP).and(LABEL_INSTALLATION, self.installation.as_str())
    }

    /// What it has made for one app.
    pub(crate) fn of(&self, id: &AppId) -> LabelFilter {
        LabelFilter::equals(LABEL_APP, id.as_str()).and(LABEL_INSTALLATION, self.installation.as_str())
    }

    fn is_of(&self, id: &AppId, labels: &BTreeMap<String, String>) -> bool {
        self.of(id).matches(labels)
    }

    /// The containers of an app.
    pub(crate) async fn containers(&self, id: &AppId) -> Result<Vec<ContainerSummary>, Error> {
        self.ports
            .engine
            .list_containers(&self.of(id))
            .await
            .map_err(engine(format!("cannot look at the containers of {id}")))
    }

    /// The folder that holds one folder per app.
    pub(crate) fn apps_dir(&self) -> PathBuf {
        self.config.server.data_dir.join("apps")
    }

    /// The data of one app.
    pub(crate) fn data_dir(&self, id: &AppId) -> PathBuf {
        self.apps_dir().join(id.as_str())
    }

    /// Where files are written that an app's description contains.
    pub(crate) fn content_dir(&self, id: &AppId) -> PathBuf {
        self.state.join("content").join(id.as_str())
    }

    /// The Home that apps may be given folders of.
    pub(crate) fn home_dir(&self) -> PathBuf {
        self.config.server.data_dir.join("home")
    }

    /// Who owns people's files, and therefore what apps write.
    pub(crate) fn owner(&self) -> Owner {
        let owner = std::os::unix::fs::MetadataExt::uid;
        let group = std::os::unix::fs::MetadataExt::gid;
        match std::fs::metadata(self.home_dir()) {
            Ok(home) if owner(&home) != 0 => Owner { uid: owner(&home), gid: group(&home) },
            _ => Owner { uid: 1000, gid: 1000 },
        }
    }

    /// What the machine adds to an app's description.
    pub(crate) fn context(&self, id: &AppId, host: &str, architecture: &str) -> livos_manifest::Context {
        let machine = addresses::machine_name(&self.config.server.name);
        let owner = self.owner();
        livos_manifest::Context {
            apps_dir: self.apps_dir().display().to_string(),
            app_data_dir: self.data_dir(id).display().to_string(),
            home_dir: self.home_dir().display().to_string(),
            device_seed: self.seed.expose().to_vec(),
            timezone: self.ports.machine.time_zone(),
            puid: owner.uid,
            pgid: owner.gid,
            domain: format!("{machine}.local"),
            hostname: machine,
            lan_address: self.ports.machine.address(),
            architecture: architecture.to_owned(),
            exposure: told(id, host, &self.chosen(), self.https_port()),
            ..livos_manifest::Context::default()
        }
    }
}
