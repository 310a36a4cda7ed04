//! The whole way on a real Docker Engine with a registry of its own.

use std::sync::Arc;
use std::time::Duration;

use livos_bus::documents::Checks;
use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{BollardEngine, Engine, LabelFilter};
use livos_service::config::PortRange;

use super::support::{World, admin, soon, until};
use crate::ports::{Machine, Patience, ThisMachine};

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    soon("the daemon's help", tokio::task::spawn_blocking(work)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_installed_answers_survives_the_engine_and_is_removed() {
    let Some(docker) = tokio::task::spawn_blocking(|| PrivateDocker::start_or_skip().unwrap()).await.unwrap()
    else {
        return;
    };
    let docker = Arc::new(docker);
    let image = TinyImage::new().healthcheck().env("TINY_TEXT", "from the app").padding(3_000_000);
    blocking({
        let docker = Arc::clone(&docker);
        move || docker.push("demo/tiny", "1", &image).unwrap()
    })
    .await;
    let engine: Arc<dyn Engine> = Arc::new(BollardEngine::new(&docker.socket_path().display().to_string()));
    let mut world = World::new();
    world.real = Some((Arc::clone(&engine), Arc::new(ThisMachine)));
    // Away from the ports of a LivOS that may run on this machine.
    world.config.apps.gateway_ports = PortRange { first: 47000, last: 47099 };
    world.config.apps.upstream_ports = PortRange { first: 47100, last: 47199 };
    world.patience = Patience { settle: Duration::from_millis(200), ..world.patience };
    let reference = docker.reference("demo/tiny", "1");
    world.app(
        "demo",
        &format!(
            "services:
  web:
    image: {reference}
    ports: ['8080:8080']
    user: '1000:1000'
    depends_on: {{count: {{condition: service_healthy}}}}
    volumes: ['./data:/data']
    restart: unless-stopped
  count:
    image: {reference}
    volumes: ['rows:/data']
    restart: unless-stopped
volumes: {{rows: {{}}}}
"
        ),
    );
    let service = world.service().await;
    let job = service.install("demo").await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    let app = service.app("demo").await;
    assert_eq!((app.state.as_str(), app.port), ("running", 47000));
    assert!(ThisMachine.answers(47100).await);
    // The app's own user can write into its folder.
    let owner =
        std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(world.data_of("demo").join("data")).unwrap());
    assert_eq!(owner, 1000);
    // What it has stored is counted, also what only root may read.
    let found: Checks = service.manager.checks(&admin(), "demo").await.unwrap().parse().unwrap();
    let copy = found.checks.iter().find(|check| check.check == "copy").unwrap();
    assert!(copy.state == "ok" && copy.words.contains("first; it takes"), "{found:?}");
    let log = service.reader.logs(&admin(), "demo", "web", 100, false).await.unwrap();
    let log = blocking(move || {
        std::io::read_to_string(std::fs::File::from(std::os::fd::OwnedFd::from(log))).unwrap()
    })
    .await;
    assert!(!log.is_empty());

    blocking({
        let docker = Arc::clone(&docker);
        move || docker.kill_daemon().unwrap()
    })
    .await;
    until("the loss to be seen", async || service.app("demo").await.state == "problem").await;
    blocking({
        let docker = Arc::clone(&docker);
        move || docker.start_daemon().unwrap()
    })
    .await;
    until("the app to be back", async || service.app("demo").await.state == "running").await;

    // One that cannot work leaves nothing.
    world.app("bad", &format!("services: {{web: {{image: '{reference}', environment: {{TINY_EXIT: '3'}}, ports: ['8081:8080']}}}}\n"));
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let job = service.install("bad").await;
    assert_eq!(job.error_code, livos_bus::codes::UNHEALTHY, "{}", job.error_message);
    assert_eq!(engine.list_containers(&LabelFilter::equals("io.livos.app", "bad")).await.unwrap(), []);

    let job = service.manager.remove(&admin(), "demo", false, false).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!(engine.list_containers(&LabelFilter::any()).await.unwrap(), []);
    assert_eq!(engine.list_volumes(&LabelFilter::any()).await.unwrap(), []);
    assert!(!world.data_of("demo").exists());
    service.stop().await;
}
