//! A service on a private connection, and the world around it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use livos_bus::documents::{CatalogApp, InstalledApp, StoreReply};
use livos_bus::{
    Actor, AppsManagerProxy, AppsReaderProxy, Caller, Callers, CatalogProxy, InstallRequest, JobInfo,
    JobsProxy, Via, names,
};
use livos_docker::{self as docker, Behaviour, Engine, FakeEngine, FakeImage, LabelFilter, Protocol};
use livos_fetch::testing::FakeNetwork;
use livos_service::{CancellationToken, Config, Health, ManualClock, Secret, TaskTracker};
use livos_types::{Role, UserId};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use zbus::{Connection, Guid, connection::Builder};

use crate::ports::{Disk, Edge, Machine, Memory, Patience, Ports};
use crate::work::Apps;
use crate::{Error, start};

/// Fails a test that would hang.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen"))
}

/// Looks again and again until `look` says so; the deadline is that of [`soon`].
pub(crate) async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    soon(what, async {
        while !look().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// An edge that remembers what it was told.
#[derive(Default)]
pub(crate) struct FakeEdge {
    pub(crate) told: Mutex<Vec<String>>,
    /// How often it was told although nothing is new.
    pub(crate) anew: AtomicU64,
    pub(crate) down: AtomicBool,
    pub(crate) held: watch::Sender<bool>,
    /// Ports that it cannot listen on.
    pub(crate) taken: Mutex<Vec<u16>>,
    /// What it takes no document with, if it is not empty.
    pub(crate) refuses: Mutex<String>,
    /// Names that it has certificates for.
    pub(crate) proved: Mutex<Vec<String>>,
    /// What it runs with.
    pub(crate) runs: Mutex<serde_json::Value>,
    /// How often it was asked that.
    pub(crate) asked: AtomicU64,
    /// It never says what it was told.
    pub(crate) mumbles: AtomicBool,
}

fn nobody_listens() -> Error {
    let source = reqwest::Client::new().get("no address").build().unwrap_err();
    Error::Edge { path: "/run/admin.sock".into(), source }
}

impl Edge for FakeEdge {
    fn load(&self, document: String, anew: bool) -> BoxFuture<'_, Result<(), Error>> {
        async move {
            let mut held = self.held.subscribe();
            // The sender lives as long as we do.
            let _ = held.wait_for(|held| !held).await;
            if self.down.load(Ordering::SeqCst) {
                return Err(nobody_listens());
            }
            if let Some(port) = self.taken.lock().unwrap().iter().find(|port| document.contains(&format!(":{port}\""))) {
                return Err(Error::EdgeRefused(format!(
                    "loading new config: listening on 0.0.0.0:{port}: listen tcp 0.0.0.0:{port}: bind: address \
                     already in use"
                )));
            }
            let refuses = self.refuses.lock().unwrap().clone();
            if !refuses.is_empty() && document.contains(&refuses) {
                return Err(Error::EdgeRefused("it cannot be provisioned".to_owned()));
            }
            self.anew.fetch_add(u64::from(anew), Ordering::SeqCst);
            if !self.mumbles.load(Ordering::SeqCst) {
                *self.runs.lock().unwrap() = serde_json::from_str(&document).unwrap();
            }
            self.told.lock().unwrap().push(document);
            Ok(())
        }
        .boxed()
    }

    fn running(&self) -> BoxFuture<'_, Result<serde_json::Value, Error>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let away = self.down.load(Ordering::SeqCst);
        let answer = if away { Err(nobody_listens()) } else { Ok(self.runs.lock().unwrap().clone()) };
        std::future::ready(answer).boxed()
    }

    fn authority(&self) -> BoxFuture<'_, Result<String, Error>> {
        let away = self.down.load(Ordering::SeqCst);
        let pem = "-----BEGIN CERTIFICATE-----\nTGl2T1M=\n-----END CERTIFICATE-----\n".to_owned();
        let answer = if away { Err(nobody_listens()) } else { Ok(pem) };
        std::future::ready(answer).boxed()
    }

    fn proves<'a>(&'a self, name: &'a str) -> BoxFuture<'a, bool> {
        std::future::ready(self.proved.lock().unwrap().iter().any(|proved| proved == name)).boxed()
    }
}

impl FakeEdge {
    pub(crate) fn last(&self) -> String {
        self.told.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

pub(crate) struct FakeMachine {
    pub(crate) free: AtomicU64,
    pub(crate) taken: Mutex<HashSet<(u16, Protocol)>>,
    pub(crate) page: watch::Sender<bool>,
    pub(crate) mounts: Mutex<Vec<PathBuf>>,
    pub(crate) memory: Mutex<Memory>,
    /// Folders on a disk of their own, with the bytes that are free there.
    pub(crate) disks: Mutex<Vec<(PathBuf, u64)>>,
}

impl Default for FakeMachine {
    fn default() -> Self {
        Self {
            free: AtomicU64::new(u64::MAX),
            taken: Mutex::default(),
            page: watch::Sender::new(true),
            mounts: Mutex::new(vec![PathBuf::from("/")]),
            disks: Mutex::default(),
            memory: Mutex::new(Memory { total: 8 << 30, available: Some(6 << 30) }),
        }
    }
}

impl Machine for FakeMachine {
    fn free_bytes(&self, _: &Path) -> Option<u64> {
        Some(self.free.load(Ordering::SeqCst))
    }
    fn disk(&self, path: &Path) -> Option<Disk> {
        let disks = self.disks.lock().unwrap();
        let own = disks.iter().zip(1..).find(|((folder, _), _)| folder == path);
        let (number, free) = match own {
            Some(((_, free), number)) => (number, *free),
            None => (0, self.free.load(Ordering::SeqCst)),
        };
        Some(Disk { number, free, may_share: false })
    }
    fn memory(&self) -> Option<Memory> {
        Some(*self.memory.lock().unwrap())
    }
    fn port_is_free(&self, _: IpAddr, port: u16, protocol: Protocol) -> bool {
        !self.taken.lock().unwrap().contains(&(port, protocol))
    }
    fn answers(&self, _: u16) -> BoxFuture<'_, bool> {
        std::future::ready(*self.page.borrow()).boxed()
    }
    fn time_zone(&self) -> String {
        "Europe/Berlin".to_owned()
    }
    fn address(&self) -> String {
        "192.0.2.7".to_owned()
    }
    fn mount_points(&self) -> Vec<PathBuf> {
        self.mounts.lock().unwrap().clone()
    }
}

/// The world, which outlives the service.
pub(crate) struct World {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) engine: FakeEngine,
    pub(crate) edge: Arc<FakeEdge>,
    pub(crate) network: Arc<FakeNetwork>,
    pub(crate) machine: Arc<FakeMachine>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) config: Config,
    pub(crate) patience: Patience,
    /// A real engine and machine instead of the pretended ones.
    pub(crate) real: Option<(Arc<dyn Engine>, Arc<dyn Machine>)>,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.server.data_dir = directory.path().join("data");
        config.server.state_dir = directory.path().join("state");
        config.web.public_url = "http://127.0.0.1:8080".to_owned();
        config.caddy.http_port = 8080;
        config.apps.sources = vec![directory.path().join("store").display().to_string()];
        std::fs::create_dir_all(directory.path().join("store")).unwrap();
        std::fs::create_dir_all(directory.path().join("data/home")).unwrap();
        std::fs::create_dir_all(directory.path().join("state/apps")).unwrap();
        Self {
            directory,
            engine: FakeEngine::new(),
            edge: Arc::default(),
            network: Arc::default(),
            machine: Arc::default(),
            clock: Arc::new(ManualClock::at(1_767_225_600)),
            config,
            real: None,
            patience: Patience {
                healthy: Duration::from_secs(30),
                settle: Duration::ZERO,
                page: Duration::from_secs(30),
                git: Duration::from_secs(30),
                script: Duration::from_secs(30),
                hook: Duration::from_secs(30),
                again: Duration::from_millis(20),
                again_at_most: Duration::from_millis(40),
                keep_trying: Duration::from_secs(60),
            },
        }
    }

    /// Has the demo's transaction stop within a step until it is released: `pulled` is what has to be downloaded,
    /// `database` what its database runs.
    pub(crate) fn hold(&self, step: &str, pulled: &str, database: &str) {
        match step {
            "downloading" => self.engine.hold_pull(pulled),
            "starting" => {
                self.engine.publish(FakeImage::new(database).behaviour(Behaviour::KeepsStarting));
            }
            "waiting" => drop(self.machine.page.send_replace(false)),
            "routing" => drop(self.edge.held.send_replace(true)),
            other => panic!("nothing holds {other}"),
        }
    }

    /// Lets it go on.
    pub(crate) fn release(&self, step: &str, pulled: &str) {
        match step {
            "downloading" => self.engine.release_pull(pulled),
            "starting" => self.engine.set_health("demo-db-1", docker::Health::Healthy),
            "waiting" => drop(self.machine.page.send_replace(true)),
            "routing" => drop(self.edge.held.send_replace(false)),
            other => panic!("nothing holds {other}"),
        }
    }

    /// An app with a page on port 80, and its image.
    pub(crate) fn app(&self, id: &str, compose: &str) {
        let folder = self.directory.path().join("store").join(id);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("docker-compose.yml"), compose).unwrap();
    }

    /// An umbrel app of one container, whose image is published; `more` goes into its manifest and into its
    /// container.
    pub(crate) fn umbrel(&self, id: &str, manifest: &str, image: &str, container: &str, exports: &str) {
        let folder = self.directory.path().join("store").join(id);
        std::fs::create_dir_all(&folder).unwrap();
        let manifest = format!(
            "manifestVersion: 1\nid: {id}\nname: {}\nversion: '1'\nport: 0\n{manifest}\n",
            id.to_uppercase()
        );
        std::fs::write(folder.join("umbrel-app.yml"), manifest).unwrap();
        let compose = format!(
            "version: '3.7'\nservices:\n  main:\n    image: {image}\n    restart: on-failure\n{container}\n"
        );
        std::fs::write(folder.join("docker-compose.yml"), compose).unwrap();
        if !exports.is_empty() {
            std::fs::write(folder.join("exports.sh"), exports).unwrap();
        }
    }

    pub(crate) fn data_of(&self, id: &str) -> PathBuf {
        self.directory.path().join("data/apps").join(id)
    }

    /// Two containers: a page that waits for its database, with a volume and a folder.
    pub(crate) fn demo(&self) {
        self.app(
            "demo",
            "services:
  web:
    image: demo/web:1
    ports: ['8096:80']
    restart: unless-stopped
    depends_on: {db: {condition: service_healthy}}
    volumes: ['./config:/config']
  db:
    image: demo/db:1
    restart: unless-stopped
    healthcheck: {test: ['CMD', 'check']}
    volumes: ['rows:/rows']
volumes: {rows: {}}
",
        );
        self.engine.publish(FakeImage::new("demo/web:1").layers(&[1000, 2000, 3000]));
        self.engine.publish(FakeImage::new("demo/db:1"));
    }

    /// Nothing of any app is left, in the engine or on disk.
    pub(crate) async fn assert_nothing_left(&self, service: &Service) {
        let any = LabelFilter::any();
        assert_eq!(self.engine.list_containers(&any).await.unwrap(), []);
        assert_eq!(self.engine.list_networks(&LabelFilter::key("io.livos.app")).await.unwrap(), []);
        assert_eq!(self.engine.list_volumes(&any).await.unwrap(), []);
        assert!(!self.data_of("demo").exists());
        assert_eq!(service.installed().await, []);
    }

    pub(crate) async fn service(&self) -> Service {
        self.service_for(Caller::Web).await
    }

    pub(crate) async fn service_for(&self, caller: Caller) -> Service {
        self.service_of(caller, 7).await
    }

    /// The LivOS of another device, as the seed says.
    pub(crate) async fn service_with_seed(&self, seed: u8) -> Service {
        self.service_of(Caller::Web, seed).await
    }

    async fn service_of(&self, caller: Caller, seed: u8) -> Service {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let ports = Ports {
            engine: self
                .real
                .as_ref()
                .map_or_else(|| Arc::new(self.engine.clone()) as _, |(engine, _)| Arc::clone(engine)),
            edge: self.edge.clone(),
            network: self.network.clone(),
            tls: Arc::new(livos_fetch::Tls::of_the_machine()),
            machine: self
                .real
                .as_ref()
                .map_or_else(|| self.machine.clone() as _, |(_, machine)| Arc::clone(machine)),
            clock: self.clock.clone(),
            patience: self.patience,
        };
        let config = Arc::new(self.config.clone());
        let state = self.directory.path().join("state/apps");
        let shutdown = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let serving = runtime.spawn({
            let (shutdown, tasks) = (shutdown.clone(), tasks.clone());
            async move {
                let seed = Secret::new(vec![seed; 32]);
                let apps = Apps::open(config, ports, state, seed, Health::default()).await.unwrap();
                let server = Builder::unix_stream(ours).server(Guid::generate()).p2p().build().await.unwrap();
                start(&apps, &server, Callers::peer(caller), &tasks, &shutdown).await.unwrap();
                (apps, server)
            }
        });
        let client = Builder::unix_stream(theirs).p2p().build().await.unwrap();
        let (apps, server) = soon("the service", serving).await.unwrap();
        let jobs = JobsProxy::builder(&client)
            .destination(names::APPS.bus_name)
            .path(names::APPS.path)
            .build()
            .await
            .unwrap();
        let service = Service {
            runtime: Some(runtime),
            apps: Some(apps),
            server: Some(server),
            catalog: CatalogProxy::new(&client).await.unwrap(),
            reader: AppsReaderProxy::new(&client).await.unwrap(),
            manager: AppsManagerProxy::new(&client).await.unwrap(),
            jobs,
            client,
            shutdown,
            tasks,
        };
        // The stores of the configuration are read at the first start.
        if caller == Caller::Web {
            until("the stores to be read", async || {
                service
                    .jobs
                    .list(&admin())
                    .await
                    .unwrap()
                    .iter()
                    .all(|job| job.kind != "store.refresh" || job.finished_at > 0)
            })
            .await;
        }
        service
    }
}

pub(crate) struct Service {
    runtime: Option<Runtime>,
    pub(crate) apps: Option<Apps>,
    server: Option<Connection>,
    pub(crate) catalog: CatalogProxy<'static>,
    pub(crate) reader: AppsReaderProxy<'static>,
    pub(crate) manager: AppsManagerProxy<'static>,
    pub(crate) jobs: JobsProxy<'static>,
    pub(crate) client: Connection,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl Service {
    /// Dies as by `kill -9`: nothing is awaited, nothing is written.
    pub(crate) async fn crash(mut self) {
        let runtime = self.runtime.take().unwrap();
        drop(self.apps.take());
        drop(self.server.take());
        tokio::task::spawn_blocking(move || runtime.shutdown_timeout(Duration::from_secs(10))).await.unwrap();
    }

    /// Stops in order, as at SIGTERM.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.tasks.close();
        soon("the end of the service", self.tasks.wait()).await;
        self.crash().await;
    }

    pub(crate) fn apps(&self) -> &Apps {
        self.apps.as_ref().unwrap()
    }

    pub(crate) async fn store(&self) -> StoreReply {
        self.catalog.list(&admin()).await.unwrap().parse().unwrap()
    }

    pub(crate) async fn catalogue_app(&self, id: &str) -> CatalogApp {
        self.catalog.get(&admin(), "store", id).await.unwrap().parse().unwrap()
    }

    pub(crate) async fn installed(&self) -> Vec<InstalledApp> {
        self.reader.list(&admin()).await.unwrap().parse().unwrap()
    }

    pub(crate) async fn app(&self, id: &str) -> InstalledApp {
        self.reader.get(&admin(), id).await.unwrap().parse().unwrap()
    }

    /// A request that agrees to everything the app asks for.
    pub(crate) async fn request(&self, id: &str) -> InstallRequest {
        let accept =
            self.catalogue_app(id).await.permissions.into_iter().map(|permission| permission.code).collect();
        InstallRequest {
            store: "store".to_owned(),
            app: id.to_owned(),
            answers: HashMap::new(),
            accept,
            docker_control: false,
        }
    }

    /// Begins to install; answers the job's id.
    pub(crate) async fn begin(&self, id: &str) -> String {
        self.manager.install(&admin(), &self.request(id).await).await.unwrap()
    }

    pub(crate) async fn install(&self, id: &str) -> JobInfo {
        let job = self.begin(id).await;
        self.ended(&job).await
    }

    pub(crate) async fn job(&self, id: &str) -> JobInfo {
        self.jobs.get(&admin(), id).await.unwrap()
    }

    pub(crate) async fn ended(&self, id: &str) -> JobInfo {
        until("the end of a job", async || self.job(id).await.finished_at > 0).await;
        self.job(id).await
    }

    /// Waits until a job is in this step.
    pub(crate) async fn until_step(&self, id: &str, step: &str) {
        until(&format!("the step {step}"), async || {
            let job = self.job(id).await;
            assert_eq!(job.finished_at, 0, "{} {}", job.error_code, job.error_message);
            job.step == step
        })
        .await;
    }

    pub(crate) async fn log(&self, id: &str) -> String {
        let descriptor = self.jobs.log(&admin(), id).await.unwrap();
        std::io::read_to_string(std::fs::File::from(std::os::fd::OwnedFd::from(descriptor))).unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // What holds the queue's lock goes with the runtime, which must not be dropped in async code.
        drop(self.apps.take());
        drop(self.server.take());
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn admin() -> Actor {
    actor("grace", Role::Admin)
}

pub(crate) fn actor(user: &str, role: Role) -> Actor {
    Actor { user: UserId::new(user).unwrap(), role, via: Via::Web, ..Actor::command_line().unwrap() }
}
