//! What somebody else made is looked after in place: nothing about it changes, and it is given back as it is.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use livos_bus::documents::{DockerOverview, ReclaimReply};
use livos_bus::{DockerManagerProxy, DockerReaderProxy, ErrorKind, codes};
use livos_docker::testing::{PrivateDocker, TinyImage};
use livos_docker::{
    Behaviour, BollardEngine, ContainerConfig, ContainerState, Engine, FakeImage, LabelFilter, Mount,
    MountKind, NetworkConfig, NetworkJoin, PullProgress, RemoveContainer, VolumeConfig,
};
use livos_types::Role;

use super::support::{Service, World, actor, admin, soon, until};
use crate::ports::ThisMachine;

const WEB: &str = "blog-web-1";
const DB: &str = "blog-db-1";

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn part(image: &str, name: &str, service: &str, after: &str) -> ContainerConfig {
    ContainerConfig {
        image: image.to_owned(),
        name: name.to_owned(),
        labels: labels(&[
            ("com.docker.compose.project", "blog"),
            ("com.docker.compose.service", service),
            ("com.docker.compose.depends_on", after),
        ]),
        ..ContainerConfig::default()
    }
}

async fn pull(engine: &dyn Engine, image: &str) {
    let progress = tokio::sync::watch::Sender::new(PullProgress::default());
    engine.pull(image, None, &progress).await.unwrap();
}

/// A project of two containers with a network and a volume, as Docker Compose would have made it; it runs.
async fn project(engine: &dyn Engine, image: &str) {
    pull(engine, image).await;
    let of_project = labels(&[("com.docker.compose.project", "blog")]);
    let network =
        NetworkConfig { name: "theirs".into(), labels: of_project.clone(), ..NetworkConfig::default() };
    engine.create_network(&network).await.unwrap();
    let volume = VolumeConfig { name: "their_rows".into(), labels: of_project, ..VolumeConfig::default() };
    engine.create_volume(&volume).await.unwrap();
    let joined = || vec![NetworkJoin { network: "theirs".to_owned(), ..NetworkJoin::default() }];
    let rows = MountKind::Volume { name: Some("their_rows".to_owned()), no_copy: false, subpath: None };
    let database = ContainerConfig {
        networks: joined(),
        mounts: vec![Mount { target: "/rows".to_owned(), kind: rows, read_only: false }],
        ..part(image, DB, "db", "")
    };
    let web = ContainerConfig { networks: joined(), ..part(image, WEB, "web", "db:service_started:false") };
    for config in [database, web] {
        engine.create_container(&config).await.unwrap();
        engine.start_container(&config.name).await.unwrap();
    }
}

async fn docker(service: &Service) -> DockerManagerProxy<'static> {
    DockerManagerProxy::new(&service.client).await.unwrap()
}

async fn overview(service: &Service) -> DockerOverview {
    let reader = DockerReaderProxy::new(&service.client).await.unwrap();
    reader.overview(&admin()).await.unwrap().parse().unwrap()
}

async fn ended(service: &Service, job: &str) {
    let job = service.ended(job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
}

async fn with_project(world: &World) -> Service {
    world.engine.publish(FakeImage::new("their/web:1"));
    project(&world.engine, "their/web:1").await;
    world.service().await
}

async fn states(engine: &dyn Engine) -> Vec<ContainerState> {
    let mut all = engine.list_containers(&LabelFilter::any()).await.unwrap();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all.into_iter().map(|one| one.state).collect()
}

#[tokio::test]
async fn a_project_is_shown_beside_the_apps_acted_on_in_order_and_given_back() {
    let world = World::new();
    let service = with_project(&world).await;
    let docker = docker(&service).await;
    let calls = world.engine.calls().len();
    assert_eq!(docker.adopt(&admin(), "stack", "blog").await.unwrap(), "blog");
    let app = service.app("blog").await;
    assert!(app.adopted && app.state == "running" && app.host.is_empty(), "{app:?}");
    let order: Vec<_> = app.services.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(order, ["db", "web"]);
    assert_eq!(service.installed().await.len(), 1);
    let all = overview(&service).await;
    assert!(
        all.containers
            .iter()
            .all(|one| (one.owner.kind.as_str(), one.owner.id.as_str()) == ("adopted", "blog"))
    );
    assert_eq!(all.volumes[0].owner.kind, "adopted");
    let looks = ["list", "inspect", "status", "events", "image", "volume", "network"];
    let did: Vec<String> = world.engine.calls()[calls..]
        .iter()
        .filter(|call| !looks.iter().any(|look| call.starts_with(look)))
        .cloned()
        .collect();
    assert_eq!(did, Vec::<String>::new(), "only looking");

    ended(&service, &service.manager.stop(&admin(), "blog", false).await.unwrap()).await;
    assert_eq!(states(&world.engine).await, [ContainerState::Exited; 2]);
    assert_eq!(service.app("blog").await.state, "stopped");
    // What is looked after is not in the way, stopped or not.
    let reader = DockerReaderProxy::new(&service.client).await.unwrap();
    let unused: ReclaimReply = reader.reclaimable(&admin()).await.unwrap().parse().unwrap();
    assert_eq!(unused.items, []);
    let calls = world.engine.calls().len();
    ended(&service, &service.manager.restart(&admin(), "blog").await.unwrap()).await;
    let started: Vec<String> =
        world.engine.calls()[calls..].iter().filter(|call| call.starts_with("start_")).cloned().collect();
    assert_eq!(started.len(), 2, "{started:?}");
    assert!(started[0].contains(DB) && started[1].contains(WEB), "{started:?}");

    // A LivOS that starts anew knows it, and leaves it alone.
    service.stop().await;
    let service = world.service().await;
    assert!(service.app("blog").await.adopted);
    self::docker(&service).await.release(&admin(), "blog").await.unwrap();
    assert_eq!(service.installed().await, []);
    assert_eq!(overview(&service).await.containers[0].owner.kind, "stack");
    assert_eq!(states(&world.engine).await, [ContainerState::Running; 2]);
}

#[tokio::test]
async fn it_is_exported_as_a_plain_project_with_secrets_only_when_asked_for() {
    let world = World::new();
    let service = with_project(&world).await;
    let lone = ContainerConfig {
        image: "their/web:1".to_owned(),
        name: "Lone_One".to_owned(),
        env: [("ADMIN_PASSWORD", "correct-horse"), ("COLOUR", "red")]
            .map(|(key, value)| (key.to_owned(), Some(value.to_owned())))
            .into(),
        command: Some(vec!["--with=correct-horse".to_owned()]),
        ..ContainerConfig::default()
    };
    let id = world.engine.create_container(&lone).await.unwrap();
    let docker = docker(&service).await;
    docker.adopt(&admin(), "stack", "blog").await.unwrap();
    assert_eq!(docker.adopt(&admin(), "container", &id).await.unwrap(), "lone-one");
    let export = async |id: &str, secrets| {
        let archive = service.manager.export(&admin(), id, secrets).await.unwrap().read().unwrap();
        String::from_utf8(archive).unwrap()
    };
    let blog = export("blog", false).await;
    for part in [
        "blog/README.txt",
        "blog/compose.yaml",
        "name: \"blog\"",
        "condition: \"service_started\"",
        "external: true",
        "name: \"their_rows\"",
        "name: \"theirs\"",
        "livos apps release blog",
    ] {
        assert!(blog.contains(part), "{part} in {blog}");
    }
    assert!(!blog.contains("com.docker.compose"), "labels that Compose writes by itself: {blog}");
    assert!(!blog.contains("docker rm"), "{blog}");
    let (plain, full) = (export("lone-one", false).await, export("lone-one", true).await);
    assert!(
        plain.contains("docker rm -f Lone_One") && plain.contains("container_name: \"Lone_One\""),
        "{plain}"
    );
    assert!(
        plain.contains("--with=${LONE_ONE_ADMIN_PASSWORD:?") && plain.contains("COLOUR: \"red\""),
        "{plain}"
    );
    assert_eq!(
        (plain.matches("correct-horse").count(), full.matches("correct-horse").count()),
        (0, 1),
        "{full}"
    );
    let error = service.manager.export(&actor("ada", Role::Member), "blog", false).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Denied);
    for name in [WEB, DB] {
        world
            .engine
            .remove_container(name, RemoveContainer { force: true, anonymous_volumes: false })
            .await
            .unwrap();
    }
    let error = service.manager.export(&admin(), "blog", false).await.unwrap_err();
    assert!(error.code == "not_found" && error.message.contains("no containers any more"), "{error:?}");
}

#[tokio::test]
async fn removing_it_leaves_what_it_stored() {
    let world = World::new();
    let service = with_project(&world).await;
    docker(&service).await.adopt(&admin(), "stack", "blog").await.unwrap();
    let refused = service.manager.remove(&admin(), "blog", false, false).await.unwrap_err();
    assert!(refused.message.contains("keep the data"), "{}", refused.message);
    ended(&service, &service.manager.remove(&admin(), "blog", true, false).await.unwrap()).await;
    assert_eq!(service.installed().await, []);
    assert_eq!(states(&world.engine).await, []);
    let volumes = world.engine.list_volumes(&LabelFilter::any()).await.unwrap();
    assert_eq!(volumes.iter().map(|volume| volume.name.as_str()).collect::<Vec<_>>(), ["their_rows"]);
    assert_eq!(world.engine.network("theirs").await.unwrap(), None);
}

#[tokio::test]
async fn what_does_not_work_or_is_gone_says_so() {
    let world = World::new();
    let service = with_project(&world).await;
    let docker = docker(&service).await;
    docker.adopt(&admin(), "stack", "blog").await.unwrap();
    let web = world.engine.inspect_container(WEB).await.unwrap().unwrap().id;
    let refused = docker.stop(&admin(), &web, true).await.unwrap_err();
    assert!(refused.message.contains("belongs to blog"), "{}", refused.message);
    for other in ["settings", "update"] {
        let refused = match other {
            "settings" => service.manager.settings(&admin(), "blog").await.map(drop),
            _ => service.manager.rollback(&admin(), "blog", "").await.map(drop),
        };
        assert!(refused.unwrap_err().message.contains("was adopted"), "{other}");
    }
    world.engine.exit(WEB, 1);
    until("the end to be seen", async || service.app("blog").await.state == "problem").await;
    let remove = livos_docker::RemoveContainer { force: true, anonymous_volumes: false };
    world.engine.remove_container(WEB, remove).await.unwrap();
    assert!(service.app("blog").await.detail.contains("web is gone"));
    let job = service.manager.start(&admin(), "blog").await.unwrap();
    assert_eq!(service.ended(&job).await.error_code, "not_found");
    // Made anew by whoever made it, it is the same again.
    let failing = FakeImage::new("their/web:2").behaviour(Behaviour::Exits(3));
    world.engine.publish(failing);
    pull(&world.engine, "their/web:2").await;
    world.engine.create_container(&part("their/web:2", WEB, "web", "")).await.unwrap();
    let job = service.manager.start(&admin(), "blog").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.error_code, codes::UNHEALTHY, "{}", job.error_message);
    assert!(job.error_message.starts_with("web does not work"), "{}", job.error_message);
}

#[tokio::test]
async fn only_what_may_be_is_adopted_and_only_once() {
    let world = World::new();
    world.app("blog", "services: {main: {image: 'demo/db:1'}}\n");
    world.engine.publish(FakeImage::new("demo/db:1"));
    let service = with_project(&world).await;
    let docker = docker(&service).await;
    let lonely =
        ContainerConfig { image: "their/web:1".into(), name: "lonely".into(), ..ContainerConfig::default() };
    let lonely = world.engine.create_container(&lonely).await.unwrap();
    let web = world.engine.inspect_container(WEB).await.unwrap().unwrap().id;
    for (kind, subject, wanted) in [
        ("stack", "nothing", ErrorKind::NotFound),
        ("container", web.as_str(), ErrorKind::Conflict),
        ("container", WEB, ErrorKind::Invalid),
        ("pod", "blog", ErrorKind::Invalid),
        ("stack", "", ErrorKind::Invalid),
    ] {
        let error = docker.adopt(&admin(), kind, subject).await.unwrap_err();
        assert_eq!(error.kind, wanted, "{kind} {subject}: {}", error.message);
    }
    let refused = docker.adopt(&actor("ada", Role::Member), "stack", "blog").await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Denied);
    assert_eq!(docker.adopt(&admin(), "container", &lonely).await.unwrap(), "lonely");
    assert_eq!(docker.adopt(&admin(), "container", &lonely).await.unwrap_err().code, codes::EXISTS);
    ended(&service, &service.manager.start(&admin(), "lonely").await.unwrap()).await;
    // An app of the same id may neither be there nor come.
    assert_eq!(docker.adopt(&admin(), "stack", "blog").await.unwrap(), "blog");
    let refused = service.manager.install(&admin(), &service.request("blog").await).await.unwrap_err();
    assert_eq!(refused.code, codes::EXISTS, "{}", refused.message);
    docker.release(&admin(), "blog").await.unwrap();
    assert_eq!(docker.release(&admin(), "blog").await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(service.install("blog").await.state, "succeeded");
    assert_eq!(docker.adopt(&admin(), "stack", "blog").await.unwrap(), "blog-2");
    let app = overview(&service).await.containers.into_iter().find(|one| one.owner.kind == "app").unwrap();
    let refused = docker.adopt(&admin(), "container", &app.id).await.unwrap_err();
    assert!(refused.message.contains("belongs to the app blog"), "{}", refused.message);
}

/// What Docker itself says, word for word.
fn ask(socket: &Path, request: &str) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}

async fn inspected(socket: &Path) -> Vec<serde_json::Value> {
    let socket: PathBuf = socket.to_owned();
    let look = move || {
        [WEB, DB]
            .map(|name| {
                ask(&socket, &format!("GET /containers/{name}/json HTTP/1.0\r\nHost: docker\r\n\r\n"))
            })
            .map(|text| serde_json::from_str(&text).unwrap())
            .to_vec()
    };
    soon("Docker's answer", tokio::task::spawn_blocking(look)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_real_docker_nothing_about_a_project_changes_when_it_is_adopted_or_released() {
    let started = tokio::task::spawn_blocking(|| {
        let docker = PrivateDocker::start_or_skip().unwrap()?;
        docker.push("their/tiny", "1", &TinyImage::new().env("TINY_TEXT", "of theirs")).unwrap();
        Some(docker)
    });
    let Some(private) = started.await.unwrap() else { return };
    let socket = private.socket_path();
    let engine: Arc<dyn Engine> = Arc::new(BollardEngine::new(&socket.display().to_string()));
    let reference = private.reference("their/tiny", "1");
    project(&*engine, &reference).await;
    let mut world = World::new();
    world.real = Some((Arc::clone(&engine), Arc::new(ThisMachine)));
    let service = world.service().await;
    let docker = docker(&service).await;

    let before = inspected(&socket).await;
    assert!(before.iter().all(|one| one["State"]["Running"] == true), "{before:?}");
    docker.adopt(&admin(), "stack", "blog").await.unwrap();
    assert_eq!(service.app("blog").await.state, "running");
    assert_eq!(inspected(&socket).await, before, "adopting changes nothing");
    docker.release(&admin(), "blog").await.unwrap();
    assert_eq!(inspected(&socket).await, before, "releasing changes nothing");

    docker.adopt(&admin(), "stack", "blog").await.unwrap();
    ended(&service, &service.manager.stop(&admin(), "blog", false).await.unwrap()).await;
    assert_eq!(service.app("blog").await.state, "stopped");
    ended(&service, &service.manager.start(&admin(), "blog").await.unwrap()).await;
    ended(&service, &service.manager.restart(&admin(), "blog").await.unwrap()).await;
    assert_eq!(service.app("blog").await.state, "running");
    let after = inspected(&socket).await;
    for (old, new) in before.iter().zip(&after) {
        // The same containers with the same settings: only that they were started again is new.
        for field in ["Id", "Created", "Config", "HostConfig", "Mounts", "Name", "Image", "Path", "Args"] {
            assert_eq!(old[field], new[field], "{field}");
        }
        assert_ne!(old["State"]["StartedAt"], new["State"]["StartedAt"]);
    }
    let log = service.reader.logs(&admin(), "blog", "web", 10, false).await.unwrap();
    let read = move || std::io::read_to_string(std::fs::File::from(std::os::fd::OwnedFd::from(log))).unwrap();
    assert!(!soon("the log", tokio::task::spawn_blocking(read)).await.unwrap().is_empty());

    // One that would be gone after a stop is left to whoever made it.
    let body = format!(r#"{{"Image":"{reference}","HostConfig":{{"AutoRemove":true}}}}"#);
    let request = format!(
        "POST /containers/create?name=fleeting HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let made = tokio::task::spawn_blocking({
        let socket = socket.clone();
        move || ask(&socket, &request)
    });
    let made: serde_json::Value = serde_json::from_str(&soon("the container", made).await.unwrap()).unwrap();
    let refused = docker.adopt(&admin(), "container", made["Id"].as_str().unwrap()).await.unwrap_err();
    assert_eq!(refused.code, codes::UNSUPPORTED);
    assert!(refused.message.contains("removed as soon as it stops"), "{}", refused.message);

    ended(&service, &service.manager.remove(&admin(), "blog", true, false).await.unwrap()).await;
    assert_eq!(engine.inspect_container(WEB).await.unwrap(), None);
    assert!(engine.volume("their_rows").await.unwrap().is_some());
    assert_eq!(engine.network("theirs").await.unwrap(), None);
    service.stop().await;
    tokio::task::spawn_blocking(move || drop(private)).await.unwrap();
}
