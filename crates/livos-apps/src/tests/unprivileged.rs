//! As the user that the unit gives us: in Docker's group, without any right of root, in a data directory that
//! belongs to somebody else.
//!
//! The test starts itself again under that user; what it does there is `journey`.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use livos_bus::documents::{AppUpdate, Checks};
use livos_bus::{UpdateRequest, codes};
use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{BollardEngine, Engine, LabelFilter, NetworkConfig};
use livos_service::config::PortRange;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::{Service, World, admin};
use crate::ports::{Patience, ThisMachine};

/// Who owns people's files, who we are, and the group that may use Docker.
const LIVOS: u32 = 64_001;
const US: u32 = 64_002;
const DOCKER: u32 = 64_003;
const UPSTREAM: u16 = 47_350;
/// What the second start is told: folder, socket and image.
const AGAIN: &str = "LIVOS_TEST_UNPRIVILEGED";
const NAME: &str = "tests::unprivileged::everything_works_without_any_right_of_root";

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_without_any_right_of_root() {
    if let Ok(told) = std::env::var(AGAIN) {
        let mut told = told.split('|');
        let mut next = || told.next().unwrap().to_owned();
        return journey(&PathBuf::from(next()), &next(), &next()).await;
    }
    let outer = || {
        let Some(docker) = PrivateDocker::start_or_skip().unwrap() else { return };
        for (tag, text) in [("1", "first"), ("2", "second")] {
            docker.push("demo/tiny", tag, &TinyImage::new().healthcheck().env("TINY_TEXT", text)).unwrap();
        }
        let image = docker.reference("demo/tiny", "1");
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("data/home")).unwrap();
        for (path, owner) in [("data", LIVOS), ("data/home", LIVOS)] {
            std::os::unix::fs::chown(at(path), Some(owner), Some(owner)).unwrap();
        }
        let socket = docker.socket_path();
        std::os::unix::fs::chown(&socket, Some(0), Some(DOCKER)).unwrap();
        std::fs::set_permissions(&socket, PermissionsExt::from_mode(0o660)).unwrap();
        for path in folder.path().ancestors().take(1).chain(socket.ancestors().skip(1).take(1)) {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let told = format!("{}|{}|{}", folder.path().display(), socket.display(), image);
        let status = Command::new("setpriv")
            .args([format!("--reuid={US}"), format!("--regid={US}"), format!("--groups={DOCKER}")])
            .args(["--bounding-set=-all", "--no-new-privs", "--"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(AGAIN, told)
            .env("TMPDIR", "/tmp")
            .status()
            .unwrap();
        assert!(status.success(), "as the user of the unit it fails");
    };
    tokio::task::spawn_blocking(outer).await.unwrap();
}

async fn get(path: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", UPSTREAM)).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text.split("\r\n\r\n").nth(1).unwrap_or_default().trim().to_owned()
}

fn compose(image: &str, more: &str) -> String {
    format!(
        "services:
  web:
    image: {image}
    ports: ['8080:8080']
    volumes: ['./data:/data', './data/deep/er:/deeper', 'rows:/rows']
    restart: unless-stopped
    environment: {{{more}}}
  own: {{image: '{image}', user: '{LIVOS}:{LIVOS}', volumes: ['./own:/data'], restart: unless-stopped}}
volumes: {{rows: {{}}}}
"
    )
}

async fn offer(world: &World, service: &Service, image: &str, more: &str) -> String {
    world.app("demo", &compose(image, more));
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let update: AppUpdate = service.reader.update_of(&admin(), "demo").await.unwrap().parse().unwrap();
    let accept = update.permissions.into_iter().map(|permission| permission.code).collect();
    let request = UpdateRequest { app: "demo".into(), answers: std::collections::HashMap::new(), accept };
    service.manager.update(&admin(), &request).await.unwrap()
}

async fn journey(folder: &Path, socket: &str, image: &str) {
    assert_eq!(rustix::process::geteuid().as_raw(), US);
    let engine: Arc<dyn Engine> = Arc::new(BollardEngine::new(socket));
    let mut world = World::new();
    world.real = Some((Arc::clone(&engine), Arc::new(ThisMachine)));
    world.config.server.data_dir = folder.join("data");
    world.config.apps.gateway_ports = PortRange { first: 47_300, last: 47_349 };
    world.config.apps.upstream_ports = PortRange { first: UPSTREAM, last: UPSTREAM };
    world.patience = Patience { settle: Duration::from_millis(200), ..world.patience };
    world.app("demo", &compose(image, ""));
    let service = world.service().await;
    let job = service.install("demo").await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    let data = folder.join("data/apps/demo");
    for made in ["data", "own", "data/deep/er"] {
        let about = std::fs::metadata(data.join(made)).unwrap();
        assert_eq!((about.uid(), about.gid()), (LIVOS, LIVOS), "{made}");
    }
    // The container is root inside and writes as root outside.
    assert_eq!((get("/count").await, get("/count").await), ("1".to_owned(), "2".to_owned()));
    let written = std::fs::read_dir(data.join("data")).unwrap().flatten();
    assert!(written.into_iter().any(|file| file.metadata().is_ok_and(|about| about.uid() == 0)));

    // What it keeps is counted as root reads it, while it runs.
    let found: Checks = service.manager.checks(&admin(), "demo").await.unwrap().parse().unwrap();
    let copy = found.checks.iter().find(|check| check.check == "copy").unwrap();
    assert!(copy.state == "ok" && copy.words.contains("first; it takes"), "{found:?}");

    let second = image.replace(":1", ":2");
    let job = offer(&world, &service, &second, "").await;
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    assert_eq!((get("/").await, get("/count").await), ("second".to_owned(), "3".to_owned()));
    let job = service.manager.rollback(&admin(), "demo", "").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    super::support::until("the page", async || crate::ports::Machine::answers(&ThisMachine, UPSTREAM).await)
        .await;
    assert_eq!(
        (get("/").await, get("/count").await),
        ("first".to_owned(), "3".to_owned()),
        "as before the update"
    );

    let job = offer(&world, &service, &second, "TINY_EXIT: '3'").await;
    let job = service.ended(&job).await;
    assert_eq!(
        (job.state.as_str(), job.error_code.as_str()),
        ("failed", codes::UNHEALTHY),
        "{}",
        job.error_message
    );
    assert!(job.error_message.ends_with("is back, with its data."), "{}", job.error_message);
    super::support::until("the page", async || crate::ports::Machine::answers(&ThisMachine, UPSTREAM).await)
        .await;
    assert_eq!((get("/").await, get("/count").await), ("first".to_owned(), "4".to_owned()));
    assert_eq!(engine.list_volumes(&LabelFilter::key("io.livos.kept")).await.unwrap(), []);

    // Files that an app brings along belong to its owner, also those that come to a folder that is not ours.
    world.umbrel("site", "", image, "", "");
    let store = world.directory.path().join("store/site");
    std::fs::create_dir_all(store.join("data/deep")).unwrap();
    std::fs::write(store.join("data/deep/a.txt.template"), "of ${APP_ID}").unwrap();
    let script = "set -e; mkdir -p \"$APP_DATA_DIR/mine\"; \"$UMBREL_ROOT/scripts/app\" ls-installed > \"$APP_DATA_DIR/mine/apps\"; chown -R 77:78 \"$APP_DATA_DIR/mine\"; chmod 700 \"$APP_DATA_DIR/mine\"";
    std::fs::create_dir_all(store.join("hooks")).unwrap();
    std::fs::write(store.join("hooks/pre-start"), script).unwrap();
    let shared = NetworkConfig { name: "umbrel_main_network".to_owned(), ..NetworkConfig::default() };
    engine.create_network(&shared).await.unwrap();
    for file in ["data/deep/a.txt", "data/deep/b.txt"] {
        let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
        service.ended(&job).await;
        let job = service.install("site").await;
        assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
        let site = folder.join("data/apps/site");
        assert_eq!(std::fs::read_to_string(site.join("data/deep/a.txt")).unwrap(), "of site");
        assert_eq!(std::fs::metadata(site.join(file)).unwrap().uid(), LIVOS, "{file}");
        // A script of the app may do there what root may, again and again.
        let mine = std::fs::metadata(site.join("mine")).unwrap();
        assert_eq!((mine.uid(), mine.gid()), (77, 78));
        let job = service.manager.remove(&admin(), "site", true, false).await.unwrap();
        assert_eq!(service.ended(&job).await.state, "succeeded");
        std::fs::write(store.join("data/deep/b.txt"), "later").unwrap();
    }
    assert!(engine.remove_network(&shared.name).await.unwrap());

    let job = service.manager.remove(&admin(), "demo", false, false).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert!(!data.exists());
    assert_eq!(engine.list_containers(&LabelFilter::any()).await.unwrap(), []);
    assert_eq!(engine.list_volumes(&LabelFilter::any()).await.unwrap(), []);
    service.stop().await;
}
