//! `kill -9` of `livos-apps`, of the Docker daemon or of both at moments that nobody has chosen, in the middle of
//! installing and updating a real app, and now and then once more while that is being put right: afterwards the app is
//! fully the one or fully the other, and the job says which.
//!
//! The moments follow from a seed. `LIVOS_TEST_MOMENTS` and `LIVOS_TEST_SEED` change their number and the seed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_testkit::{Client, Options, Stack};
use serde_json::{Value, json};

const WITHIN: Duration = Duration::from_secs(180);
/// So many in a run that nobody has asked for more, and which: Docker dies while an installation starts its containers,
/// livos-apps while an update does.
const MOMENTS: u64 = 2;
const SEED: u64 = 179;
const APP: &str = "pair";
const PRECIOUS: &[u8] = b"of the person";
/// The steps of the jobs, and about how many milliseconds each takes; only the choice depends on them.
const INSTALL: [(&str, u64); 6] = [
    ("checking", 200),
    ("downloading", 800),
    ("creating", 500),
    ("starting", 1500),
    ("waiting", 4000),
    ("routing", 50),
];
const UPDATE: [(&str, u64); 7] = [
    ("checking", 200),
    ("downloading", 800),
    ("keeping", 1500),
    ("replacing", 800),
    ("starting", 1500),
    ("waiting", 4000),
    ("routing", 50),
];

/// A small generator; what it gives is spread well enough to choose moments.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit.max(1)
    }

    pub(crate) fn within(&mut self, milliseconds: u64) -> Duration {
        Duration::from_millis(self.below(milliseconds))
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let which = self.below(u64::try_from(all.len()).expect("few"));
        all[usize::try_from(which).expect("few")]
    }

    fn strike(&mut self) -> Strike {
        let (apps, docker) = self.one_of(&[(true, false), (false, true), (true, true)]);
        let away = if docker { self.within(2000) } else { Duration::ZERO };
        Strike { apps, docker, away }
    }
}

pub(crate) fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What is killed, and how long Docker stays away.
#[derive(Debug, Clone, Copy)]
struct Strike {
    apps: bool,
    docker: bool,
    away: Duration,
}

impl std::fmt::Display for Strike {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.apps, self.docker) {
            (true, true) => write!(formatter, "both die, Docker for {:?}", self.away),
            (true, false) => formatter.write_str("livos-apps dies"),
            _ => write!(formatter, "Docker dies for {:?}", self.away),
        }
    }
}

/// When something dies.
struct Moment {
    install: bool,
    step: &'static str,
    after: Duration,
    strike: Strike,
    /// Once more, so long after everything is back.
    again: Option<(Duration, Strike)>,
}

impl Moment {
    fn choose(chance: &mut Chance, install: bool) -> Self {
        let steps: &[(&'static str, u64)] = if install { &INSTALL } else { &UPDATE };
        let (step, takes) = chance.one_of(steps);
        let (after, strike) = (chance.within(takes), chance.strike());
        let again = (chance.below(4) == 0).then(|| (chance.within(4000), chance.strike()));
        Self { install, step, after, strike, again }
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let deed = if self.install { "install" } else { "update" };
        write!(formatter, "{deed}, {:?} after {}: {}", self.after, self.step, self.strike)?;
        match &self.again {
            Some((after, strike)) => write!(formatter, "; {after:?} later {strike}"),
            None => Ok(()),
        }
    }
}

struct Scene {
    stack: Stack,
    owner: Client,
    docker: PrivateDocker,
    store: tempfile::TempDir,
}

impl Scene {
    async fn start() -> Option<Self> {
        let docker = tokio::task::spawn_blocking(PrivateDocker::start_or_skip)
            .await
            .expect("no panic")
            .expect("Docker")?;
        let store = tempfile::Builder::new().prefix("livos-store-").tempdir().expect("a folder");
        offer(&docker, store.path(), 1);
        let options = Options {
            docker: Some(docker.socket_path()),
            sources: vec![store.path().display().to_string()],
            ..Options::default()
        };
        let stack = Stack::with(options).await.expect("LivOS runs");
        let owner = stack.owner().await.expect("claimed");
        Some(Self { stack, owner, docker, store })
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let answer = self.owner.get(path).await.ok()?;
        (answer.status == 200).then(|| answer.json())
    }

    async fn until<T>(&self, what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
        livos_testkit::wait_for(WITHIN, what, look)
            .await
            .unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack.last_words()))
    }

    async fn post(&self, path: &str, body: &Value) -> String {
        let job = self.owner.post(path, body).await.expect("begun").expect(202).expect("a job");
        job["job_id"].as_str().expect("an id").to_owned()
    }

    async fn ended(&self, job: &str) -> Value {
        let job = self.owner.job_ended(job, WITHIN).await;
        job.unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack.last_words()))
    }

    /// The store offers this version.
    async fn offer(&self, version: u64) {
        offer(&self.docker, self.store.path(), version);
        let store = self.get("/api/v1/store/apps").await.expect("a store");
        let source = store["sources"][0]["id"].as_str().expect("an id").to_owned();
        let job = self.post(&format!("/api/v1/store/sources/{source}/refresh"), &json!({})).await;
        assert_eq!(self.ended(&job).await["state"], "succeeded");
    }

    async fn begin_install(&self) -> String {
        let store = self
            .until("the store offers the app", async || {
                let store = self.get("/api/v1/store/apps").await?;
                store["apps"].as_array()?.iter().find(|app| app["id"] == APP)?["store"]
                    .as_str()
                    .map(str::to_owned)
            })
            .await;
        let app = self.get(&format!("/api/v1/store/apps/{store}/{APP}")).await.expect("an app");
        let accept: Vec<&Value> =
            app["permissions"].as_array().into_iter().flatten().map(|asked| &asked["code"]).collect();
        self.post("/api/v1/apps", &json!({ "store": store, "app": APP, "answers": {}, "accept": accept }))
            .await
    }

    async fn begin_update(&self) -> String {
        self.post(&format!("/api/v1/apps/{APP}/update"), &json!({ "answers": {}, "accept": [] })).await
    }

    async fn remove(&self) {
        let job = self.owner.delete(&format!("/api/v1/apps/{APP}?data=delete")).await.expect("begun");
        let job = job.expect(202).expect("a job");
        let job = self.ended(job["job_id"].as_str().expect("an id")).await;
        assert_eq!(job["state"], "succeeded", "{job}");
    }

    fn data(&self) -> PathBuf {
        self.stack.site.data().join("apps").join(APP).join("data")
    }

    fn docker(&self, words: &[&str]) -> BTreeSet<String> {
        let socket = format!("unix://{}", self.docker.socket_path().display());
        let output = std::process::Command::new("docker")
            .args(["-H", &socket])
            .args(words)
            .output()
            .expect("docker runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// The versions that have left their mark in a folder.
    fn marks(folder: &Path) -> BTreeSet<u64> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.filter_map(|name| name.strip_prefix("version-")?.parse().ok()).collect()
    }

    /// The app is the version that came last, and nothing of another one is there: each leaves a mark in the folder
    /// and in the volume, and one that did not come to be must have left none.
    async fn assert_is(&self, versions: &BTreeSet<u64>, what: &str) {
        self.until(&format!("{what}: the app runs"), async || {
            self.get(&format!("/api/v1/apps/{APP}")).await.filter(|app| app["state"] == "running")
        })
        .await;
        let version = versions.last().expect("a version");
        let image = self.docker.reference(APP, &version.to_string());
        let wanted: BTreeSet<String> =
            ["db", "web"].iter().map(|service| format!("{APP}-{service}-1 {image} running")).collect();
        let now = self.docker(&["ps", "-a", "--format", "{{.Names}} {{.Image}} {{.State}}"]);
        assert_eq!(now, wanted, "{what}");
        assert_eq!(Self::marks(&self.data()), *versions, "{what}: the folder");
        assert_eq!(std::fs::read(self.data().join("precious")).ok().as_deref(), Some(PRECIOUS), "{what}");
        let volumes = self.docker(&["volume", "ls", "-q", "--filter", "label=io.livos.app"]);
        let volume = volumes.first().filter(|_| volumes.len() == 1).expect("one volume");
        let path = self.docker(&["volume", "inspect", "-f", "{{.Mountpoint}}", volume]);
        assert_eq!(Self::marks(Path::new(path.first().expect("a path"))), *versions, "{what}: the volume");
        self.assert_kept_once(what);
    }

    async fn assert_nothing(&self, what: &str) {
        self.until(&format!("{what}: the app is gone"), async || {
            let answer = self.owner.get(&format!("/api/v1/apps/{APP}")).await.ok()?;
            (answer.status == 404).then_some(())
        })
        .await;
        assert!(self.docker(&["ps", "-aq"]).is_empty(), "{what}");
        assert!(self.docker(&["volume", "ls", "-q"]).is_empty(), "{what}");
        assert!(!self.data().exists(), "{what}");
    }

    /// Everything that is kept of an app: what it was before its last update, and no more.
    fn assert_kept_once(&self, what: &str) {
        let kept = self.docker(&["volume", "ls", "-q", "--filter", "label=io.livos.kept"]);
        assert!(kept.len() <= 1, "{what}: {kept:?}");
        let copies = self.stack.site.data().join("app-snapshots").join(APP);
        let copies = std::fs::read_dir(copies).map_or(0, Iterator::count);
        assert!(copies <= 1, "{what}: {copies} copies");
    }

    /// Kills without warning, and brings back.
    async fn strike(&self, strike: Strike) {
        let starts = strike.apps.then(|| self.stack.kill("livos-apps").expect("killed"));
        if strike.docker {
            tokio::task::block_in_place(|| self.docker.kill_daemon()).expect("killed");
            // How long it is away is part of the moment; nothing is expected to have happened by then.
            tokio::time::sleep(strike.away).await;
            tokio::task::block_in_place(|| self.docker.start_daemon()).expect("it comes back");
        }
        if let Some(starts) = starts {
            let back = self.stack.back("livos-apps", starts).await;
            back.unwrap_or_else(|error| panic!("{error:#}\n{}", self.stack.last_words()));
        }
    }

    /// Waits for the moment in a job and lets happen what is to happen; the job at its end.
    async fn disturb(&self, job: &str, moment: &Moment) -> Value {
        let path = format!("/api/v1/jobs/{job}");
        self.until("the step", async || {
            let job = self.get(&path).await?;
            // One that is over sooner than it is seen is as good.
            let over = !matches!(job["state"].as_str(), Some("queued" | "running"));
            (job["step"] == moment.step || job["step"] == "routing" || over).then_some(())
        })
        .await;
        // The moment is what is tested; nothing is expected of it.
        tokio::time::sleep(moment.after).await;
        self.strike(moment.strike).await;
        if let Some((after, strike)) = moment.again {
            tokio::time::sleep(after).await;
            self.strike(strike).await;
        }
        self.ended(job).await
    }
}

/// Puts a version into the registry and the store: a page that waits for its database, which marks what it works on.
fn offer(docker: &PrivateDocker, store: &Path, version: u64) {
    let tag = version.to_string();
    let image =
        TinyImage::new().healthcheck().env("TINY_TEXT", &tag).padding(2_000_000 + 8 * version as usize);
    docker.push(APP, &tag, &image).expect("pushed");
    let image = docker.reference(APP, &tag);
    let folder = store.join(APP);
    std::fs::create_dir_all(&folder).expect("a folder");
    let compose = format!(
        "services:
  web:
    image: {image}
    ports: ['8080']
    restart: unless-stopped
    depends_on: {{db: {{condition: service_healthy}}}}
    volumes: ['./data:/data']
    environment: {{TINY_WRITE: /data/version-{version}}}
  db:
    image: {image}
    restart: unless-stopped
    volumes: ['rows:/data']
    environment: {{TINY_WRITE: /data/version-{version}}}
    healthcheck: {{test: [CMD, /tiny, --check], interval: 300ms, retries: 20}}
volumes: {{rows: {{}}}}
"
    );
    std::fs::write(folder.join("docker-compose.yml"), compose).expect("written");
}

/// Whether a job has done it; one that has not says why.
fn succeeded(job: &Value, what: &str) -> bool {
    match job["state"].as_str() {
        Some("succeeded") => true,
        Some("failed") => {
            assert!(job["error_message"].as_str().is_some_and(|text| !text.is_empty()), "{what}: {job}");
            false
        }
        _ => panic!("{what}: {job}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whenever_something_dies_an_app_is_the_old_one_or_the_new_one() {
    let (moments, seed) = (number("LIVOS_TEST_MOMENTS", MOMENTS), number("LIVOS_TEST_SEED", SEED));
    let mut chance = Chance(seed);
    let Some(scene) = Scene::start().await else { return };
    let (mut offered, mut done) = (1, 0);
    // Those that the app has been, the last of them now; none if it is not installed.
    let mut versions = BTreeSet::new();
    for number in 0..moments {
        let moment = Moment::choose(&mut chance, versions.is_empty() || number % 3 == 0);
        let what = format!("seed {seed}, moment {number}: {moment}");
        println!("{what}");
        let job = if moment.install {
            if !versions.is_empty() {
                scene.remove().await;
                versions.clear();
            }
            scene.assert_nothing(&what).await;
            // What was downloaded would leave less to disturb.
            scene.docker(&["image", "prune", "-a", "-f"]);
            scene.begin_install().await
        } else {
            offered += 1;
            scene.offer(offered).await;
            scene.begin_update().await
        };
        let job = scene.disturb(&job, &moment).await;
        if succeeded(&job, &what) {
            done += 1;
            versions.insert(offered);
        }
        println!("  {} {}", job["state"], job["error_message"]);
        if versions.is_empty() {
            scene.assert_nothing(&what).await;
        } else {
            if moment.install {
                std::fs::write(scene.data().join("precious"), PRECIOUS).expect("written");
            }
            scene.assert_is(&versions, &what).await;
        }
    }
    println!("{moments} moments: {done} ended with the new, {} with the old", moments - done);
    scene.stack.stop().await;
}
