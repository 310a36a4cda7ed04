//! Five projects as people run them, on a real Docker Engine: a database, what waits for its health, a migration that
//! runs once, a cache, a page. They are installed; their update fails in every way there is, and each time everything
//! is as it was, byte for byte; then it succeeds, is taken back, and the app is removed.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use livos_bus::{JobInfo, UpdateRequest, codes};
use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{BollardEngine, Engine, LabelFilter, NetworkConfig, Protocol};
use livos_service::config::PortRange;
use sha2::{Digest, Sha256};

use super::support::{Service, World, admin, soon, until};
use crate::ports::{Machine, Memory, Patience, ThisMachine};

/// More than a copy leaves free beside itself, so that both a full disk and one with room can be had on it.
const DISK: u64 = 160 << 20;
const SHARED: &str = "umbrel_main_network";
const HEALTH: &str = "healthcheck: {test: [CMD, /tiny, --check], interval: 200ms, timeout: 5s, retries: 5}";

/// A project: its containers, with `IMAGE` for what its version is made of, and `MORE_service` for what a version does
/// otherwise.
struct Project {
    id: &'static str,
    /// Its first port; each has 20 of them.
    ports: u16,
    /// A folder of the app with data of people in it.
    data: &'static str,
    /// Scripts that every version has.
    hooks: &'static [(&'static str, &'static str)],
    services: &'static str,
}

const BLOG: Project = Project {
    id: "blog",
    ports: 47_700,
    data: "uploads",
    hooks: &[],
    services: "
  web:
    image: IMAGE
    restart: on-failure
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}, cache: {condition: service_started}}
    volumes: ['${APP_DATA_DIR}/uploads:/data']
    environment: {A: b, MORE_web}
  migrate:
    image: IMAGE
    restart: 'no'
    depends_on: {db: {condition: service_healthy}}
    volumes: ['${APP_DATA_DIR}/uploads:/uploads', 'rows:/rows']
    environment: {TINY_EXIT: '0', MORE_migrate}
  db:
    image: IMAGE
    restart: on-failure
    HEALTH
    volumes: ['rows:/data']
    environment: {A: b, MORE_db}
  cache: {image: IMAGE, restart: on-failure, tmpfs: [/data]}
volumes: {rows: {}}
",
};

const PHOTOS: Project = Project {
    id: "photos",
    ports: 47_720,
    data: "library",
    hooks: &[],
    services: "
  web:
    image: IMAGE
    user: '1000:1000'
    restart: on-failure
    stop_grace_period: 30s
    depends_on: {migrate: {condition: service_completed_successfully}, worker: {condition: service_healthy}}
    volumes: ['${APP_DATA_DIR}/library:/uploads', '${APP_DATA_DIR}/thumbs:/data']
    environment: {A: b, MORE_web}
  worker: {image: IMAGE, restart: on-failure, HEALTH, volumes: ['models:/models', '${APP_DATA_DIR}/library:/uploads:ro']}
  migrate:
    image: IMAGE
    depends_on: {db: {condition: service_healthy}}
    volumes: ['${APP_DATA_DIR}/db:/rows', '${APP_DATA_DIR}/library:/uploads']
    environment: {TINY_EXIT: '0', MORE_migrate}
  db:
    image: IMAGE
    restart: on-failure
    HEALTH
    volumes: ['${APP_DATA_DIR}/db:/data']
    environment: {A: b, MORE_db}
  cache: {image: IMAGE, restart: always, volumes: ['cached:/data']}
volumes: {models: {}, cached: {}}
",
};

/// Its database lies in the folder that its page has, too.
const WIKI: Project = Project {
    id: "wiki",
    ports: 47_740,
    data: "data/pages",
    hooks: &[],
    services: "
  web:
    image: IMAGE
    restart: unless-stopped
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}}
    volumes: ['${APP_DATA_DIR}/data:/data']
    environment: {A: b, MORE_web}
  migrate:
    image: IMAGE
    depends_on: {db: {condition: service_healthy}}
    volumes: ['${APP_DATA_DIR}/data/db:/rows', '${APP_DATA_DIR}/data/pages:/uploads']
    environment: {TINY_EXIT: '0', MORE_migrate}
  db:
    image: IMAGE
    restart: always
    HEALTH
    volumes: ['${APP_DATA_DIR}/data/db:/data']
    environment: {A: b, MORE_db}
  cache: {image: IMAGE, restart: unless-stopped, depends_on: [db], volumes: [/data]}
",
};

/// One whose scripts have work to do at every start.
const SHOP: Project = Project {
    id: "shop",
    ports: 47_760,
    data: "goods",
    hooks: &[
        (
            "pre-start",
            "set -e; mkdir -p \"$APP_DATA_DIR/goods\"; echo ready > \"$APP_DATA_DIR/goods/ready\"; chown 33:33 \"$APP_DATA_DIR/goods/ready\"",
        ),
        ("pre-stop", "exit 0"),
    ],
    services: "
  web:
    image: IMAGE
    restart: on-failure
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}}
    volumes: ['${APP_DATA_DIR}/goods:/data']
    environment: {A: b, MORE_web}
  migrate:
    image: IMAGE
    depends_on: {db: {condition: service_healthy}}
    volumes: ['${APP_DATA_DIR}/goods:/uploads', 'rows:/rows']
    environment: {TINY_EXIT: '0', MORE_migrate}
  db:
    image: IMAGE
    restart: on-failure
    HEALTH
    volumes: ['rows:/data']
    environment: {A: b, MORE_db}
  cache: {image: IMAGE, restart: on-failure, volumes: ['cached:/data']}
volumes: {rows: {}, cached: {}}
",
};

/// Networks of its own, two pages, and a queue that only starts with everything else.
const MAIL: Project = Project {
    id: "mail",
    ports: 47_780,
    data: "spool",
    hooks: &[],
    services: "
  web:
    image: IMAGE
    restart: on-failure
    networks: [default, inside]
    depends_on: {db: {condition: service_healthy}, migrate: {condition: service_completed_successfully}, cache: {condition: service_healthy}}
    volumes: ['${APP_DATA_DIR}/spool:/data']
    environment: {A: b, MORE_web}
  queue: {image: IMAGE, restart: on-failure, networks: [inside], depends_on: [web], volumes: ['${APP_DATA_DIR}/spool:/spool:ro'], user: '1000'}
  migrate:
    image: IMAGE
    networks: [inside]
    depends_on: {db: {condition: service_healthy}}
    volumes: ['${APP_DATA_DIR}/spool:/uploads', 'rows:/rows']
    environment: {TINY_EXIT: '0', MORE_migrate}
  db:
    image: IMAGE
    restart: on-failure
    networks: [inside]
    HEALTH
    volumes: ['rows:/data']
    environment: {A: b, MORE_db}
  cache: {image: IMAGE, restart: on-failure, networks: [inside], HEALTH, shm_size: 32m}
networks: {inside: {internal: true}}
volumes: {rows: {}}
",
};

/// How an update fails, and the code that its job ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    PullFails,
    StartFails,
    Unhealthy,
    CrashLoop,
    HookFails,
    NoRoomForACopy,
    /// The migration of the new version writes until nothing more fits.
    FillsTheDisk,
}

const WAYS: [(Way, &str); 7] = [
    (Way::PullFails, codes::IMAGE_NOT_FOUND),
    (Way::StartFails, "refused"),
    (Way::Unhealthy, codes::UNHEALTHY),
    (Way::CrashLoop, codes::UNHEALTHY),
    (Way::HookFails, codes::SCRIPT_FAILED),
    (Way::NoRoomForACopy, codes::NO_SPACE),
    (Way::FillsTheDisk, codes::UNHEALTHY),
];

/// So many ways for each project, in turn, so that each way meets a project or two in a bounded time; with
/// `LIVOS_TEST_ALL` every project fails in every way.
const WAYS_EACH: usize = 2;

fn ways_of(number: usize) -> Vec<(Way, &'static str)> {
    let all = std::env::var_os("LIVOS_TEST_ALL").is_some();
    let count = if all { WAYS.len() } else { WAYS_EACH };
    WAYS.into_iter().cycle().skip(number * WAYS_EACH).take(count).collect()
}

/// The machine, with the disk that the test says.
struct Roomy;

impl Machine for Roomy {
    fn free_bytes(&self, _: &Path) -> Option<u64> {
        // The small disk of the test would be too small to begin on.
        Some(u64::MAX)
    }
    fn memory(&self) -> Option<Memory> {
        ThisMachine.memory()
    }
    fn port_is_free(&self, address: IpAddr, port: u16, protocol: Protocol) -> bool {
        ThisMachine.port_is_free(address, port, protocol)
    }
    fn answers(&self, port: u16) -> BoxFuture<'_, bool> {
        ThisMachine.answers(port)
    }
    fn time_zone(&self) -> String {
        ThisMachine.time_zone()
    }
    fn address(&self) -> String {
        String::new()
    }
    fn mount_points(&self) -> Vec<PathBuf> {
        ThisMachine.mount_points()
    }
}

/// A disk in memory that ends with the test.
struct Disk(PathBuf);

impl Disk {
    fn new(at: &Path) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let size = format!("size={DISK},mode=755");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(at).status().unwrap();
        assert!(mounted.success(), "a disk in memory cannot be mounted");
        Self(at.to_owned())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // What still holds it is on its way out.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

struct Scene {
    project: &'static Project,
    engine: Arc<dyn Engine>,
    // It goes before the folder in which it is.
    _disk: Disk,
    world: World,
    docker: PrivateDocker,
}

impl Scene {
    fn start(project: &'static Project) -> Option<Self> {
        let docker = PrivateDocker::start_or_skip().unwrap()?;
        for tag in ["1", "2"] {
            let image = TinyImage::new().env("TINY_TEXT", tag).padding(100_000 + usize::from(tag == "2"));
            docker.push(&format!("{}/main", project.id), tag, &image).unwrap();
        }
        let engine: Arc<dyn Engine> =
            Arc::new(BollardEngine::new(&docker.socket_path().display().to_string()));
        let mut world = World::new();
        let disk = Disk::new(&world.config.server.data_dir);
        std::fs::create_dir_all(world.config.server.data_dir.join("home")).unwrap();
        world.real = Some((Arc::clone(&engine), Arc::new(Roomy)));
        let first = project.ports;
        world.config.apps.gateway_ports = PortRange { first, last: first + 9 };
        world.config.apps.upstream_ports = PortRange { first: first + 10, last: first + 19 };
        world.patience = Patience { settle: Duration::from_millis(200), ..world.patience };
        Some(Self { project, engine, world, docker, _disk: disk })
    }

    /// Puts a version into the store; `changes` are what its containers do otherwise, by service.
    fn offer(&self, version: &str, image: &str, changes: &[(&str, &str)], hooks: &[(&str, &str)]) {
        let folder = self.world.directory.path().join("store").join(self.project.id);
        std::fs::create_dir_all(folder.join("hooks")).unwrap();
        let id = self.project.id;
        let manifest = format!("manifestVersion: 1\nid: {id}\nname: {id}\nversion: '{version}'\nport: 0\n");
        std::fs::write(folder.join("umbrel-app.yml"), manifest).unwrap();
        let mut services = self.project.services.replace("IMAGE", image).replace("HEALTH", HEALTH);
        for service in ["web", "migrate", "db"] {
            let change =
                changes.iter().find(|(name, _)| *name == service).map_or("C: d", |(_, change)| change);
            services = services.replace(&format!("MORE_{service}"), change);
        }
        let proxy = format!("  app_proxy: {{environment: {{APP_HOST: {id}_web_1, APP_PORT: 8080}}}}");
        std::fs::write(folder.join("docker-compose.yml"), format!("services:\n{proxy}{services}")).unwrap();
        std::fs::remove_dir_all(folder.join("hooks")).unwrap();
        std::fs::create_dir_all(folder.join("hooks")).unwrap();
        for (name, script) in self.project.hooks.iter().chain(hooks) {
            std::fs::write(folder.join("hooks").join(name), script).unwrap();
        }
    }

    fn image(&self, tag: &str) -> String {
        self.docker.reference(&format!("{}/main", self.project.id), tag)
    }

    /// The second version, which fails like this.
    fn offer_failing(&self, way: Way) {
        // Each has damaged the data before it fails, if it gets that far.
        let damage = "TINY_ERASE: /uploads/precious, TINY_WRITE: /rows/migrated";
        let image = self.image(if way == Way::PullFails { "9" } else { "2" });
        let web = match way {
            Way::CrashLoop => "TINY_EXIT: '3'",
            Way::StartFails => "C: d}\n    entrypoint: [/missing]\n    labels: {a: b",
            _ => "C: d",
        };
        let db =
            if way == Way::Unhealthy { "TINY_UNHEALTHY: 'yes', TINY_WRITE: /data/begun" } else { "C: d" };
        let migrate = if way == Way::FillsTheDisk {
            format!("{damage}, TINY_FILL: /uploads/full")
        } else {
            damage.to_owned()
        };
        let hooks: &[_] = if way == Way::HookFails {
            &[("post-start", "echo more > \"$APP_DATA_DIR/more\"; exit 5")]
        } else {
            &[]
        };
        self.offer("2", &image, &[("web", web), ("migrate", &migrate), ("db", db)], hooks);
    }

    async fn update(&self, service: &Service) -> JobInfo {
        let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
        assert_eq!(service.ended(&job).await.state, "succeeded");
        let accept = service.request(self.project.id).await.accept;
        let request =
            UpdateRequest { app: self.project.id.into(), answers: std::collections::HashMap::new(), accept };
        let job = service.manager.update(&admin(), &request).await.unwrap();
        self.ended(service, &job).await
    }

    async fn ended(&self, service: &Service, job: &str) -> JobInfo {
        service.ended(job).await
    }

    /// Everything that LivOS and Docker have of the app.
    async fn picture(&self, service: &Service) -> Picture {
        let id = self.project.id;
        until("the app", async || service.app(id).await.state == "running").await;
        let any = LabelFilter::any();
        let mut picture = Picture::new();
        let app = service.app(id).await;
        picture.insert(
            "app".into(),
            format!("{} {} {:?} {} {}", app.version, app.state, app.previous, app.port, app.detail),
        );
        for container in self.engine.list_containers(&any).await.unwrap() {
            let about = self.engine.inspect_container(&container.id).await.unwrap().unwrap();
            let says = format!(
                "{} running {} on {:?}",
                about.image_id,
                about.state.is_running(),
                container.networks
            );
            picture.insert(format!("container {}", container.name), says);
        }
        for network in self.engine.list_networks(&any).await.unwrap() {
            picture.insert(format!("network {}", network.name), format!("{:?}", network.internal));
        }
        for image in self.engine.list_images().await.unwrap() {
            // Those with which LivOS itself works are its own.
            if !image.tags.iter().any(|tag| tag.starts_with("livos.local/")) {
                picture.insert(format!("image {}", image.id), image.tags.join(" "));
            }
        }
        for volume in self.engine.list_volumes(&any).await.unwrap() {
            look(Path::new(&volume.mountpoint), &format!("volume {}", volume.name), &mut picture);
        }
        look(&self.world.config.server.data_dir, "disk", &mut picture);
        // Where copies lie, not a copy.
        picture.remove("disk/app-snapshots");
        picture.remove(&format!("disk/app-snapshots/{id}"));
        let state = self.world.directory.path().join("state/apps");
        for folder in ["content", "seeds", "hooks"] {
            look(&state.join(folder), folder, &mut picture);
        }
        picture
    }
}

/// What there is, by name.
type Picture = BTreeMap<String, String>;

/// Everything below a folder: mode, owner, and the text by its hash.
fn look(folder: &Path, name: &str, picture: &mut Picture) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let about = std::fs::symlink_metadata(&path).unwrap();
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let what = if about.is_file() {
            format!("{:x?}", Sha256::digest(std::fs::read(&path).unwrap()))
        } else if about.is_symlink() {
            format!("to {}", std::fs::read_link(&path).unwrap().display())
        } else {
            String::new()
        };
        picture.insert(name.clone(), format!("{:o} {}:{} {what}", about.mode(), about.uid(), about.gid()));
        if about.is_dir() {
            look(&path, &name, picture);
        }
    }
}

fn difference(before: &Picture, after: &Picture) -> Vec<String> {
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{name}: {:?}, and was {:?}", after.get(name), before.get(name)))
        .collect()
}

async fn journey(project: &'static Project, number: usize) {
    let Some(scene) = tokio::task::spawn_blocking(move || Scene::start(project)).await.unwrap() else {
        return;
    };
    let shared = NetworkConfig { name: SHARED.to_owned(), ..NetworkConfig::default() };
    scene.engine.create_network(&shared).await.unwrap();
    scene.offer("1", &scene.image("1"), &[], &[]);
    let service = scene.world.service().await;
    let nothing = scene.engine.list_images().await.unwrap().len();
    let job = service.install(project.id).await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    // Data of people, of more than one kind.
    let data = scene.world.data_of(project.id).join(project.data);
    std::fs::create_dir_all(data.join("deep/er")).unwrap();
    let bytes: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
    std::fs::write(data.join("precious"), &bytes).unwrap();
    std::fs::write(data.join("deep/er/ünï code"), "kept").unwrap();
    std::os::unix::fs::symlink("/nowhere", data.join("a link")).unwrap();
    std::os::unix::fs::chown(data.join("deep/er"), Some(1234), Some(1235)).unwrap();
    for volume in scene.engine.list_volumes(&LabelFilter::any()).await.unwrap() {
        std::fs::write(Path::new(&volume.mountpoint).join("row"), "a row").unwrap();
    }

    let before = scene.picture(&service).await;
    let filler = scene.world.config.server.data_dir.join("home/filler");
    for (way, code) in ways_of(number) {
        scene.offer_failing(way);
        if way == Way::NoRoomForACopy {
            std::fs::write(&filler, vec![b'x'; (DISK - (50 << 20)) as usize]).unwrap();
        }
        let job = scene.update(&service).await;
        if way == Way::NoRoomForACopy {
            std::fs::remove_file(&filler).unwrap();
        }
        let log = service.log(&job.id).await;
        assert_eq!(
            (job.state.as_str(), job.error_code.as_str()),
            ("failed", code),
            "{way:?}: {} {log}",
            job.error_message
        );
        let says = ["Nothing was changed.", "The version from before is back, with its data."];
        assert!(says.iter().any(|end| job.error_message.ends_with(end)), "{way:?}: {}", job.error_message);
        let after = scene.picture(&service).await;
        let differs = difference(&before, &after);
        assert!(differs.is_empty(), "after {way:?} ({}):\n{}\n{log}", job.error_message, differs.join("\n"));
    }

    // One that works, and the way back from it.
    scene.offer(
        "2",
        &scene.image("2"),
        &[("migrate", "TINY_ERASE: /uploads/precious, TINY_WRITE: /rows/migrated")],
        &[],
    );
    let job = scene.update(&service).await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    assert!(!data.join("precious").exists(), "the new version has changed the data");
    let job = service.manager.rollback(&admin(), project.id, "").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    let mut after = scene.picture(&service).await;
    // What was downloaded stays for the next time.
    after.retain(|name, _| !name.starts_with("image ") || before.contains_key(name));
    let differs = difference(&before, &after);
    assert!(differs.is_empty(), "after the way back:\n{}", differs.join("\n"));

    let job = service.manager.remove(&admin(), project.id, false, false).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    let any = LabelFilter::any();
    assert_eq!(scene.engine.list_containers(&any).await.unwrap(), []);
    assert_eq!(scene.engine.list_volumes(&any).await.unwrap(), []);
    let networks = scene.engine.list_networks(&LabelFilter::key("io.livos.app")).await.unwrap();
    assert_eq!(networks, []);
    assert!(!scene.world.data_of(project.id).exists());
    assert_eq!(nothing, 0);
    service.stop().await;
    soon("the end", tokio::task::spawn_blocking(move || drop(scene))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blog() {
    journey(&BLOG, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn photos() {
    journey(&PHOTOS, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiki() {
    journey(&WIKI, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop() {
    journey(&SHOP, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mail() {
    journey(&MAIL, 4).await;
}
