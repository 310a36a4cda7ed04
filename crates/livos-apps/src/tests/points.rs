//! Every point at which an operation asks Docker to change something: there the daemon dies, before or after it is
//! done, or Docker refuses.
//!
//! [`Points`] stands before an engine and counts such calls. One run counts them; then each is run up to, in a world
//! of its own, and what must hold afterwards is looked at: the app is fully what it was or fully what it was to be,
//! the job says which, and nothing is left over.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use livos_docker::{
    Answer, ArchiveStream, ContainerConfig, ContainerInfo, ContainerSummary, ContainerUsage, Engine,
    EngineError, EngineEvents, EngineStatus, FakeEngine, ImageInfo, ImageSummary, LabelFilter, LogOptions,
    LogStream, NetworkConfig, NetworkInfo, NetworkJoin, PullProgress, RanIn, RemoveContainer, RunIn,
    Terminal, TerminalSize, VolumeConfig, VolumeInfo,
};
use tokio::sync::watch;

use super::support::{Service, World, admin, soon, until};
use super::update;

/// What happens at the chosen point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The daemon gets no further; nothing was done.
    DiesBefore,
    /// The daemon gets no further; it was done, and the daemon never heard of it.
    DiesAfter,
    /// Docker refuses.
    Refused,
    /// Docker does it and answers late.
    Late,
}

const DEATHS: [Event; 2] = [Event::DiesBefore, Event::DiesAfter];

/// An engine with named points.
#[derive(Clone)]
pub(crate) struct Points(Arc<Inner>);

struct Inner {
    engine: FakeEngine,
    /// Names of the points that were passed since the last `arm`.
    passed: Mutex<Vec<String>>,
    chosen: Mutex<Option<(usize, Event)>>,
    reached: watch::Sender<bool>,
    /// Whether a late answer may come.
    answers: watch::Sender<bool>,
}

impl Points {
    fn before(engine: FakeEngine) -> Self {
        let inner = Inner {
            engine,
            passed: Mutex::default(),
            chosen: Mutex::default(),
            reached: watch::Sender::new(false),
            answers: watch::Sender::new(false),
        };
        Self(Arc::new(inner))
    }

    /// Counts from now on; something happens at one point, if one is chosen.
    fn arm(&self, chosen: Option<(usize, Event)>) {
        self.0.passed.lock().unwrap().clear();
        *self.0.chosen.lock().unwrap() = chosen;
        self.0.reached.send_replace(false);
        self.0.answers.send_replace(false);
    }

    /// Lets the late answer come.
    fn answer(&self) {
        self.0.answers.send_replace(true);
    }

    fn passed(&self) -> Vec<String> {
        self.0.passed.lock().unwrap().clone()
    }

    async fn until_reached(&self) {
        let mut reached = self.0.reached.subscribe();
        soon("the point", reached.wait_for(|reached| *reached)).await.unwrap();
    }

    /// A call that changes something.
    fn at<'a, T: Send + 'a>(&'a self, call: &str, subject: &str, done: Answer<'a, T>) -> Answer<'a, T> {
        let name = format!("{call} {subject}");
        async move {
            let event = {
                let mut passed = self.0.passed.lock().unwrap();
                passed.push(name);
                let chosen = *self.0.chosen.lock().unwrap();
                chosen.filter(|(number, _)| *number == passed.len()).map(|(_, event)| event)
            };
            match event {
                None => done.await,
                Some(Event::Refused) => {
                    self.0.reached.send_replace(true);
                    Err(EngineError::Invalid { subject: "it".into(), detail: "because of the test".into() })
                }
                Some(Event::Late) => {
                    let mut answers = self.0.answers.subscribe();
                    let answer = done.await;
                    self.0.reached.send_replace(true);
                    // The sender lives as long as we do.
                    let _ = answers.wait_for(|answers| *answers).await;
                    answer
                }
                Some(death) => {
                    if death == Event::DiesAfter {
                        done.await?;
                    }
                    self.0.reached.send_replace(true);
                    std::future::pending().await
                }
            }
        }
        .boxed()
    }
}

impl Engine for Points {
    fn status(&self) -> BoxFuture<'_, EngineStatus> {
        self.0.engine.status()
    }
    fn is_in_slices(&self) -> Answer<'_, bool> {
        self.0.engine.is_in_slices()
    }
    fn root_dir(&self) -> Answer<'_, String> {
        self.0.engine.root_dir()
    }
    fn pull<'a>(
        &'a self,
        image: &'a str,
        platform: Option<&'a str>,
        progress: &'a watch::Sender<PullProgress>,
    ) -> Answer<'a, ImageInfo> {
        self.at("pull", image, self.0.engine.pull(image, platform, progress))
    }
    fn image<'a>(&'a self, image: &'a str) -> Answer<'a, Option<ImageInfo>> {
        self.0.engine.image(image)
    }
    fn list_images(&self) -> Answer<'_, Vec<ImageSummary>> {
        self.0.engine.list_images()
    }
    fn remove_image<'a>(&'a self, image: &'a str) -> Answer<'a, bool> {
        self.at("remove_image", image, self.0.engine.remove_image(image))
    }
    fn tag_image<'a>(&'a self, image: &'a str, reference: &'a str) -> Answer<'a, ()> {
        self.at("tag_image", reference, self.0.engine.tag_image(image, reference))
    }
    fn import_image<'a>(&'a self, reference: &'a str, archive: Bytes) -> Answer<'a, ()> {
        self.at("import_image", reference, self.0.engine.import_image(reference, archive))
    }
    fn create_network<'a>(&'a self, network: &'a NetworkConfig) -> Answer<'a, String> {
        self.at("create_network", &network.name, self.0.engine.create_network(network))
    }
    fn network<'a>(&'a self, name: &'a str) -> Answer<'a, Option<NetworkInfo>> {
        self.0.engine.network(name)
    }
    fn list_networks<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<NetworkInfo>> {
        self.0.engine.list_networks(labels)
    }
    fn remove_network<'a>(&'a self, name: &'a str) -> Answer<'a, bool> {
        self.at("remove_network", name, self.0.engine.remove_network(name))
    }
    fn connect_network<'a>(&'a self, container: &'a str, join: &'a NetworkJoin) -> Answer<'a, ()> {
        self.at("connect_network", container, self.0.engine.connect_network(container, join))
    }
    fn disconnect_network<'a>(&'a self, container: &'a str, network: &'a str) -> Answer<'a, ()> {
        self.at("disconnect_network", container, self.0.engine.disconnect_network(container, network))
    }
    fn create_volume<'a>(&'a self, volume: &'a VolumeConfig) -> Answer<'a, VolumeInfo> {
        self.at("create_volume", &volume.name, self.0.engine.create_volume(volume))
    }
    fn volume<'a>(&'a self, name: &'a str) -> Answer<'a, Option<VolumeInfo>> {
        self.0.engine.volume(name)
    }
    fn list_volumes<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<VolumeInfo>> {
        self.0.engine.list_volumes(labels)
    }
    fn remove_volume<'a>(&'a self, name: &'a str) -> Answer<'a, bool> {
        self.at("remove_volume", name, self.0.engine.remove_volume(name))
    }
    fn create_container<'a>(&'a self, container: &'a ContainerConfig) -> Answer<'a, String> {
        self.at("create_container", &container.name, self.0.engine.create_container(container))
    }
    fn start_container<'a>(&'a self, container: &'a str) -> Answer<'a, ()> {
        self.at("start_container", container, self.0.engine.start_container(container))
    }
    fn stop_container<'a>(&'a self, container: &'a str, grace: Option<Duration>) -> Answer<'a, ()> {
        self.at("stop_container", container, self.0.engine.stop_container(container, grace))
    }
    fn restart_container<'a>(&'a self, container: &'a str, grace: Option<Duration>) -> Answer<'a, ()> {
        self.at("restart_container", container, self.0.engine.restart_container(container, grace))
    }
    fn open_terminal<'a>(
        &'a self,
        container: &'a str,
        command: &'a [&'a str],
        size: TerminalSize,
    ) -> Answer<'a, Terminal> {
        self.0.engine.open_terminal(container, command, size)
    }
    fn resize_terminal<'a>(&'a self, terminal: &'a str, size: TerminalSize) -> Answer<'a, ()> {
        self.0.engine.resize_terminal(terminal, size)
    }
    fn terminal_exit_code<'a>(&'a self, terminal: &'a str) -> Answer<'a, Option<i64>> {
        self.0.engine.terminal_exit_code(terminal)
    }
    fn kill_container<'a>(&'a self, container: &'a str, signal: &'a str) -> Answer<'a, ()> {
        self.at("kill_container", container, self.0.engine.kill_container(container, signal))
    }
    fn remove_container<'a>(&'a self, container: &'a str, how: RemoveContainer) -> Answer<'a, bool> {
        self.at("remove_container", container, self.0.engine.remove_container(container, how))
    }
    fn rename_container<'a>(&'a self, container: &'a str, name: &'a str) -> Answer<'a, ()> {
        self.at("rename_container", container, self.0.engine.rename_container(container, name))
    }
    fn wait_container<'a>(&'a self, container: &'a str) -> Answer<'a, i64> {
        self.0.engine.wait_container(container)
    }
    fn inspect_container<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerInfo>> {
        self.0.engine.inspect_container(container)
    }
    fn container_config<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerConfig>> {
        self.0.engine.container_config(container)
    }
    fn list_containers<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<ContainerSummary>> {
        self.0.engine.list_containers(labels)
    }
    fn written_bytes<'a>(&'a self, container: &'a str) -> Answer<'a, u64> {
        self.0.engine.written_bytes(container)
    }
    fn changed_paths<'a>(&'a self, container: &'a str) -> Answer<'a, Vec<String>> {
        self.0.engine.changed_paths(container)
    }
    fn file_bytes<'a>(&'a self, container: &'a str, path: &'a str) -> Answer<'a, Option<u64>> {
        self.0.engine.file_bytes(container, path)
    }
    fn read_archive<'a>(&'a self, container: &'a str, path: &'a str) -> Answer<'a, ArchiveStream> {
        self.0.engine.read_archive(container, path)
    }
    fn logs<'a>(&'a self, container: &'a str, options: LogOptions) -> Answer<'a, LogStream> {
        self.0.engine.logs(container, options)
    }
    fn events(&self, labels: &LabelFilter) -> EngineEvents {
        self.0.engine.events(labels)
    }
    fn recent_events(&self, since: i64, follow: bool) -> EngineEvents {
        self.0.engine.recent_events(since, follow)
    }
    fn usage<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerUsage>> {
        self.0.engine.usage(container)
    }
    fn run_in<'a>(&'a self, container: &'a str, what: &'a RunIn) -> Answer<'a, RanIn> {
        self.at("run_in", container, self.0.engine.run_in(container, what))
    }
    fn put_archive<'a>(&'a self, container: &'a str, path: &'a str, archive: Bytes) -> Answer<'a, ()> {
        self.at("put_archive", container, self.0.engine.put_archive(container, path, archive))
    }
}

/// What is done to an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Install,
    Update,
    /// An update of an app that was updated before and was stopped then.
    Again,
    RollBack,
    Remove,
}

/// The last calls of [`Deed::Again`], which come when it already counts; those before are an update's.
const AFTERWARDS: usize = 5;

/// A world in which the deed can be begun.
async fn ready(deed: Deed) -> (World, Points, Service) {
    let mut world = World::new();
    let points = Points::before(world.engine.clone());
    world.real = Some((Arc::new(points.clone()), world.machine.clone()));
    let service = match deed {
        Deed::Install => {
            world.demo();
            world.service().await
        }
        Deed::Remove => {
            world.demo();
            let service = world.service().await;
            let job = service.install("demo").await;
            assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
            service
        }
        Deed::Update => update::prepared(&world).await,
        Deed::Again => {
            let service = update::prepared(&world).await;
            let job = update::begin(&service).await;
            assert_eq!(service.ended(&job).await.state, "succeeded");
            let job = service.manager.stop(&admin(), "demo", false).await.unwrap();
            assert_eq!(service.ended(&job).await.state, "succeeded");
            update::offer_third(&world, &service).await;
            service
        }
        Deed::RollBack => {
            let service = update::prepared(&world).await;
            let job = update::begin(&service).await;
            assert_eq!(service.ended(&job).await.state, "succeeded");
            service
        }
    };
    (world, points, service)
}

async fn begin(deed: Deed, service: &Service) -> String {
    match deed {
        Deed::Install => service.begin("demo").await,
        Deed::Update | Deed::Again => update::begin(service).await,
        Deed::RollBack => service.manager.rollback(&admin(), "demo", "").await.unwrap(),
        Deed::Remove => service.manager.remove(&admin(), "demo", false, false).await.unwrap(),
    }
}

/// After the deed, as the job says that it has ended.
async fn assert_done(deed: Deed, world: &World, service: &Service) {
    match deed {
        Deed::Install => {
            until("the app", async || service.app("demo").await.state == "running").await;
            assert_eq!(update::images(world).await, ["demo/db:1", "demo/web:1"]);
        }
        Deed::Update => update::assert_second(world, service).await,
        Deed::Again => {
            assert_eq!(update::images(world).await, ["demo/db:3", "demo/web:3"]);
            assert_eq!(service.app("demo").await.update, "");
        }
        Deed::RollBack => update::assert_first(world, service, true).await,
        Deed::Remove => world.assert_nothing_left(service).await,
    }
}

/// As if it had never been begun.
async fn assert_undone(deed: Deed, world: &World, service: &Service) {
    match deed {
        Deed::Install => {
            until("the end of it", async || service.installed().await.is_empty()).await;
            world.assert_nothing_left(service).await;
        }
        Deed::Update => update::assert_first(world, service, false).await,
        Deed::Again => assert_eq!(update::images(world).await, ["demo/db:2", "demo/web:2"]),
        // These only go on.
        Deed::RollBack | Deed::Remove => panic!("it is not undone"),
    }
}

/// The names of the points of a deed that nothing disturbs.
async fn points_of(deed: Deed) -> Vec<String> {
    let (world, points, service) = ready(deed).await;
    points.arm(None);
    let job = begin(deed, &service).await;
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{deed:?}: {}", job.error_message);
    let passed = points.passed();
    assert_done(deed, &world, &service).await;
    passed
}

async fn dies_everywhere(deed: Deed) {
    let looked_at = looked_at(deed).await;
    assert!(looked_at.len() > 3, "{looked_at:?}");
    for (number, name) in &looked_at {
        for event in DEATHS {
            println!("{deed:?} {event:?} {number} {name}");
            let (world, points, service) = ready(deed).await;
            points.arm(Some((*number, event)));
            let job = begin(deed, &service).await;
            points.until_reached().await;
            service.crash().await;
            points.arm(None);
            let service = world.service().await;
            let ended = service.ended(&job).await;
            match ended.state.as_str() {
                "succeeded" => assert_done(deed, &world, &service).await,
                "failed" => assert_undone(deed, &world, &service).await,
                other => panic!("{other}: {}", ended.error_message),
            }
            if deed == Deed::Again {
                until("its being stopped again", async || service.app("demo").await.state == "stopped").await;
            }
        }
    }
    println!("{deed:?}: {} points, {} deaths", looked_at.len(), looked_at.len() * DEATHS.len());
}

#[tokio::test]
async fn an_installation_survives_a_death_at_every_point() {
    dies_everywhere(Deed::Install).await;
}

#[tokio::test]
async fn an_update_survives_a_death_at_every_point() {
    dies_everywhere(Deed::Update).await;
}

#[tokio::test]
async fn what_is_left_to_do_when_an_update_counts_survives_a_death() {
    dies_everywhere(Deed::Again).await;
}

#[tokio::test]
async fn a_way_back_survives_a_death_at_every_point() {
    dies_everywhere(Deed::RollBack).await;
}

#[tokio::test]
async fn a_removal_survives_a_death_at_every_point() {
    dies_everywhere(Deed::Remove).await;
}

/// The calls of a deed that are looked at, by number.
async fn looked_at(deed: Deed) -> Vec<(usize, String)> {
    let names = points_of(deed).await;
    let first = if deed == Deed::Again { names.len() - AFTERWARDS } else { 0 };
    names.into_iter().enumerate().skip(first).map(|(index, name)| (index + 1, name)).collect()
}

#[tokio::test]
async fn what_docker_refuses_at_any_point_is_undone_or_does_not_matter() {
    for deed in [Deed::Install, Deed::Update, Deed::Again] {
        for (number, name) in looked_at(deed).await {
            println!("{deed:?} refused {number} {name}");
            let (world, points, service) = ready(deed).await;
            points.arm(Some((number, Event::Refused)));
            let job = begin(deed, &service).await;
            let ended = service.ended(&job).await;
            match ended.state.as_str() {
                "succeeded" => assert_done(deed, &world, &service).await,
                "failed" => assert_undone(deed, &world, &service).await,
                other => panic!("{other}: {}", ended.error_message),
            }
        }
    }
}

#[tokio::test]
async fn what_is_cancelled_at_any_point_is_undone_or_done() {
    for deed in [Deed::Install, Deed::Update, Deed::Again] {
        for (number, name) in looked_at(deed).await {
            println!("{deed:?} cancelled {number} {name}");
            let (world, points, service) = ready(deed).await;
            points.arm(Some((number, Event::Late)));
            let job = begin(deed, &service).await;
            points.until_reached().await;
            service.jobs.cancel(&admin(), &job).await.unwrap();
            points.answer();
            let ended = service.ended(&job).await;
            match ended.state.as_str() {
                "succeeded" => assert_done(deed, &world, &service).await,
                "cancelled" => assert_undone(deed, &world, &service).await,
                other => panic!("{other}: {}", ended.error_message),
            }
        }
    }
}
