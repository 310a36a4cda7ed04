//! What the contract runs in: an engine, images whose behaviour is known, and a hand on the outside world.

use std::future::Future;
use std::net::TcpListener;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{
    Behaviour, BollardEngine, ContainerConfig, Engine, FakeEngine, FakeImage, HealthTest, Healthcheck,
    ImageInfo, Protocol, PullProgress, RemoveContainer, UnusableBecause,
};
use tokio::sync::watch;

pub(crate) const FORCE: RemoveContainer = RemoveContainer { force: true, anonymous_volumes: true };
const DEADLINE: Duration = Duration::from_secs(60);

/// Images that both registries have.
#[derive(Debug, Clone)]
pub(crate) struct Images {
    /// Runs; sets COLOUR=blue and SHAPE=round; has the label `made.by=tests`.
    pub(crate) plain: String,
    /// The same by digest, with a tag before it.
    pub(crate) digest: String,
    /// Has a health check that passes, and declares the volume /data.
    pub(crate) healthy: String,
    /// Has a health check that fails.
    pub(crate) unhealthy: String,
    /// Ends at once with code 3.
    pub(crate) exits: String,
    /// Only for an architecture this machine isn't.
    pub(crate) foreign: String,
    /// For several architectures.
    pub(crate) several: String,
    /// Takes a while to pull.
    pub(crate) big: String,
    /// Isn't there.
    pub(crate) missing: String,
}

pub(crate) struct World {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) images: Images,
    pub(crate) fake: Option<FakeEngine>,
    pub(crate) docker: Option<PrivateDocker>,
}

impl World {
    pub(crate) fn fake() -> Self {
        let fake = FakeEngine::new();
        let name = |kind: &str| format!("registry.test/{kind}:1");
        let check = Healthcheck {
            test: HealthTest::Command(vec!["/tiny".to_owned(), "--check".to_owned()]),
            interval: Some(Duration::from_secs(1)),
            timeout: None,
            retries: Some(2),
            start_period: None,
            start_interval: None,
        };
        let digest = format!("{}@sha256:{}", name("plain"), "ab".repeat(32));
        let env = ["COLOUR=blue", "SHAPE=round"];
        for reference in [&name("plain"), &digest] {
            fake.publish(FakeImage::new(reference).env(&env).labels(&[("made.by", "tests")]));
        }
        fake.publish(FakeImage::new(&name("healthy")).healthcheck(check.clone()).volumes(&["/data"]));
        fake.publish(FakeImage::new(&name("unhealthy")).healthcheck(check).behaviour(Behaviour::Unhealthy));
        fake.publish(FakeImage::new(&name("exits")).behaviour(Behaviour::Exits(3)));
        fake.publish(FakeImage::new(&name("foreign")).architectures(&["arm64"]));
        fake.publish(FakeImage::new(&name("several")).architectures(&["arm64", "amd64"]));
        fake.publish(FakeImage::new(&name("big")).layers(&[1_000, 96_000_000]));
        fake.hold_pull(&name("big"));
        let images = Images {
            plain: name("plain"),
            digest,
            healthy: name("healthy"),
            unhealthy: name("unhealthy"),
            exits: name("exits"),
            foreign: name("foreign"),
            several: name("several"),
            big: name("big"),
            missing: name("missing"),
        };
        Self { engine: Arc::new(fake.clone()), images, fake: Some(fake), docker: None }
    }

    /// `None` where there can be no Docker.
    pub(crate) fn real() -> Option<Self> {
        let docker = PrivateDocker::start_or_skip().unwrap()?;
        let push = |kind: &str, image: &TinyImage| {
            let digest = docker.push(kind, "1", image).unwrap();
            (docker.reference(kind, "1"), digest)
        };
        let tiny = TinyImage::new;
        let (plain, digest) =
            push("plain", &tiny().env("COLOUR", "blue").env("SHAPE", "round").label("made.by", "tests"));
        let foreign = if std::env::consts::ARCH == "aarch64" { "amd64" } else { "arm64" };
        let images = Images {
            digest: format!("{plain}@{digest}"),
            plain,
            healthy: push("healthy", &tiny().healthcheck().volume("/data")).0,
            unhealthy: push("unhealthy", &tiny().healthcheck().env("TINY_UNHEALTHY", "1")).0,
            exits: push("exits", &tiny().env("TINY_EXIT", "3")).0,
            foreign: push("foreign", &tiny().architectures(&[foreign])).0,
            several: push("several", &tiny().architectures(&["arm64", "amd64"])).0,
            big: push("big", &tiny().padding(96_000_000)).0,
            missing: docker.reference("missing", "1"),
        };
        let engine = BollardEngine::new(&format!("unix://{}", docker.socket_path().display()));
        Some(Self { engine: Arc::new(engine), images, fake: None, docker: Some(docker) })
    }

    /// Pulls, without caring for progress.
    pub(crate) async fn pull(&self, image: &str) -> ImageInfo {
        let progress = watch::Sender::new(PullProgress::default());
        self.engine.pull(image, None, &progress).await.unwrap()
    }

    /// A container of a pulled image, with a label by which the case finds its own.
    pub(crate) async fn config(&self, image: &str, case: &str) -> ContainerConfig {
        if self.engine.image(image).await.unwrap().is_none() {
            self.pull(image).await;
        }
        ContainerConfig {
            image: image.to_owned(),
            name: case.to_owned(),
            labels: [("case".to_owned(), case.to_owned())].into(),
            ..ContainerConfig::default()
        }
    }

    /// Another program listens on a port of the loopback address, as long as the answer lives.
    pub(crate) fn occupy(&self) -> (u16, Occupied) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        if let Some(fake) = &self.fake {
            fake.occupy_port(port, Protocol::Tcp);
        }
        (port, Occupied { port, fake: self.fake.clone(), _listener: listener })
    }

    pub(crate) fn daemon_dies(&self) {
        match (&self.fake, &self.docker) {
            (Some(fake), _) => fake.go_down(UnusableBecause::NotRunning),
            (_, Some(docker)) => docker.kill_daemon().unwrap(),
            _ => unreachable!("a world has one engine"),
        }
    }

    pub(crate) fn daemon_returns(&self) {
        match (&self.fake, &self.docker) {
            (Some(fake), _) => fake.come_back(),
            (_, Some(docker)) => docker.start_daemon().unwrap(),
            _ => unreachable!("a world has one engine"),
        }
    }

    /// Makes a pull of the big image wait half way, where it would be too quick.
    pub(crate) fn hold_big(&self) {
        if let Some(fake) = &self.fake {
            fake.hold_pull(&self.images.big);
        }
    }

    /// Lets a pull of the big image go on, where it waits for that.
    pub(crate) fn release_big(&self) {
        if let Some(fake) = &self.fake {
            fake.release_pull(&self.images.big);
        }
    }
}

pub(crate) struct Occupied {
    port: u16,
    fake: Option<FakeEngine>,
    _listener: TcpListener,
}

impl Drop for Occupied {
    fn drop(&mut self) {
        if let Some(fake) = &self.fake {
            fake.free_port(self.port, Protocol::Tcp);
        }
    }
}

/// Looks until there is an answer, and fails when there is none in time.
pub(crate) async fn eventually<T, F, L>(what: &str, mut look: L) -> T
where
    F: Future<Output = Option<T>>,
    L: FnMut() -> F,
{
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "this never came: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Runs one case and reports its panic instead of ending the run, so that one run shows all failures.
pub(crate) async fn survive(name: &str, case: impl Future<Output = ()>, failures: &mut Vec<String>) {
    let started = Instant::now();
    if AssertUnwindSafe(case).catch_unwind().await.is_err() {
        failures.push(name.to_owned());
    }
    println!("{name}: {} ms", started.elapsed().as_millis());
}
