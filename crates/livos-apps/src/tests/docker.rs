//! Everything in Docker: seen whoever made it, and left alone unless somebody is sure.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use livos_bus::documents::{DockerDetail, DockerOverview, DockerVariable};
use livos_bus::{Actor, DockerManagerProxy, DockerReaderProxy, ErrorKind, codes};
use livos_docker::{
    ContainerConfig, ContainerState, Engine, FakeImage, LabelFilter, Mount, MountKind, PullProgress,
    UnusableBecause,
};
use livos_types::Role;

use super::support::{Service, World, actor, admin, soon, until};

struct Docker {
    reader: DockerReaderProxy<'static>,
    manager: DockerManagerProxy<'static>,
}

impl Docker {
    async fn of(service: &Service) -> Self {
        Self {
            reader: DockerReaderProxy::new(&service.client).await.unwrap(),
            manager: DockerManagerProxy::new(&service.client).await.unwrap(),
        }
    }

    async fn overview(&self) -> DockerOverview {
        self.reader.overview(&admin()).await.unwrap().parse().unwrap()
    }

    async fn id_of(&self, name: &str) -> String {
        let all = self.overview().await.containers;
        all.into_iter().find(|container| container.name == name).unwrap().id
    }

    async fn container(&self, name: &str) -> DockerDetail {
        let id = self.id_of(name).await;
        self.reader.container(&admin(), &id).await.unwrap().parse().unwrap()
    }
}

/// A container that somebody else made, with these labels.
async fn foreign(world: &World, name: &str, labels: &[(&str, &str)]) -> String {
    let image = "foreign/web:1";
    world.engine.publish(FakeImage::new(image).env(&["PATH=/bin"]));
    let progress = tokio::sync::watch::Sender::new(PullProgress::default());
    world.engine.pull(image, None, &progress).await.unwrap();
    let volume = MountKind::Volume { name: Some(format!("{name}-data")), no_copy: false, subpath: None };
    let config = ContainerConfig {
        image: image.to_owned(),
        name: name.to_owned(),
        labels: labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
        env: BTreeMap::from([("DB_PASSWORD".to_owned(), Some("hush".to_owned()))]),
        mounts: vec![Mount { target: "/data".to_owned(), kind: volume, read_only: false }],
        ..ContainerConfig::default()
    };
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    id
}

const PROJECT: [(&str, &str); 3] = [
    ("com.docker.compose.project", "old"),
    ("com.docker.compose.service", "web"),
    ("com.docker.compose.project.config_files", "/srv/old/compose.yaml"),
];

#[tokio::test]
async fn everything_is_listed_with_whose_it_is() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    foreign(&world, "old-web-1", &PROJECT).await;
    foreign(&world, "lonely", &[]).await;
    foreign(&world, "theirs", &[("io.livos.app", "demo"), ("io.livos.installation", "another")]).await;
    let all = Docker::of(&service).await.overview().await;
    let owners: BTreeMap<_, _> = all
        .containers
        .iter()
        .map(|one| {
            (one.name.as_str(), (one.owner.kind.as_str(), one.owner.id.as_str(), one.service.as_str()))
        })
        .collect();
    assert_eq!(
        owners,
        BTreeMap::from([
            ("demo-web-1", ("app", "demo", "web")),
            ("demo-db-1", ("app", "demo", "db")),
            ("old-web-1", ("stack", "old", "web")),
            ("lonely", ("nobody", "", "")),
            ("theirs", ("livos", "demo", "")),
        ])
    );
    let web = all.containers.iter().find(|one| one.name == "demo-web-1").unwrap();
    assert_eq!(web.state, "running");
    assert!(web.started_at >= web.created_at && !web.ports.is_empty(), "{web:?}");
    let image = all.images.iter().find(|image| image.tags == ["docker.io/foreign/web:1"]);
    let image = image.or_else(|| all.images.iter().find(|image| image.tags == ["foreign/web:1"])).unwrap();
    assert_eq!((image.used_by.len(), image.kept_for.len()), (3, 0), "{image:?}");
    let needed = all.images.iter().find(|image| image.used_by == ["demo-db-1"]).unwrap();
    assert_eq!(needed.kept_for, ["demo"]);
    let volume = all.volumes.iter().find(|volume| volume.name == "demo_rows").unwrap();
    assert_eq!((volume.owner.id.as_str(), &volume.used_by[..]), ("demo", &["demo-db-1".to_owned()][..]));
    let network = all.networks.iter().find(|network| network.owner.id == "demo").unwrap();
    assert_eq!(network.used_by, ["demo-db-1", "demo-web-1"]);
}

#[tokio::test]
async fn secrets_of_a_container_are_hidden_until_they_are_asked_for() {
    let world = World::new();
    let service = world.service().await;
    let id = foreign(&world, "old-web-1", &PROJECT).await;
    let docker = Docker::of(&service).await;
    let detail = docker.container("old-web-1").await;
    assert_eq!((detail.compose_file.as_str(), detail.exit_code), ("/srv/old/compose.yaml", -1));
    assert_eq!(detail.mounts[0].source, "old-web-1-data");
    let value = |list: &[DockerVariable], name: &str| {
        list.iter().find(|one| one.name == name).map(|one| (one.value.clone(), one.hidden)).unwrap()
    };
    assert_eq!(value(&detail.environment, "DB_PASSWORD"), (String::new(), true));
    assert_eq!(value(&detail.environment, "PATH"), ("/bin".to_owned(), false));
    let full: Vec<DockerVariable> = docker.manager.environment(&admin(), &id).await.unwrap().parse().unwrap();
    assert_eq!(value(&full, "DB_PASSWORD"), ("hush".to_owned(), false));
}

#[tokio::test]
async fn a_foreign_container_is_stopped_by_somebody_who_is_sure_and_an_apps_by_nobody() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    let id = foreign(&world, "old-web-1", &PROJECT).await;
    let docker = Docker::of(&service).await;
    let error = docker.manager.stop(&admin(), &id, false).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Invalid, codes::CONSENT_NEEDED));
    let state = async || world.engine.inspect_container(&id).await.unwrap().unwrap().state;
    assert_eq!(state().await, ContainerState::Running);
    let job = docker.manager.stop(&admin(), &id, true).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.title.as_str()), ("succeeded", "Stop the container old-web-1"));
    assert_eq!(state().await, ContainerState::Exited);
    let job = docker.manager.start(&admin(), &id, true).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(state().await, ContainerState::Running);
    let own = docker.id_of("demo-web-1").await;
    for refused in
        [docker.manager.stop(&admin(), &own, true).await, docker.manager.restart(&admin(), &own, true).await]
    {
        let error = refused.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Conflict);
        assert!(error.message.contains("belongs to demo"), "{}", error.message);
    }
    assert_eq!(service.app("demo").await.state, "running");
}

fn member() -> Actor {
    actor("ada", Role::Member)
}

#[tokio::test]
async fn members_and_nonsense_get_nowhere() {
    let world = World::new();
    let service = world.service().await;
    let id = foreign(&world, "lonely", &[]).await;
    let docker = Docker::of(&service).await;
    let denied = [
        docker.reader.overview(&member()).await.unwrap_err(),
        docker.reader.container(&member(), &id).await.unwrap_err(),
        docker.reader.logs(&member(), &id, 1, false).await.unwrap_err(),
        docker.manager.environment(&member(), &id).await.unwrap_err(),
        docker.manager.stop(&member(), &id, true).await.unwrap_err(),
    ];
    for error in denied {
        assert_eq!(error.kind, ErrorKind::Denied, "{}", error.message);
    }
    for wrong in ["lonely", "", "../x", &id[..12]] {
        let error = docker.manager.stop(&admin(), wrong, true).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{wrong}");
    }
    let gone = "0".repeat(64);
    assert_eq!(docker.reader.container(&admin(), &gone).await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(docker.manager.stop(&admin(), &gone, true).await.unwrap_err().kind, ErrorKind::NotFound);
    let log = docker.reader.logs(&admin(), &id, 10, false).await.unwrap();
    let text = std::io::read_to_string(std::fs::File::from(std::os::fd::OwnedFd::from(log))).unwrap();
    assert_eq!(text, "listening on 8080\n");
}

#[tokio::test]
async fn changes_are_told_and_docker_away_is_said() {
    let world = World::new();
    let service = world.service().await;
    let docker = Docker::of(&service).await;
    let mut changes = docker.reader.receive_docker_changed().await.unwrap();
    let id = foreign(&world, "lonely", &[]).await;
    soon("the news of a new container", changes.next()).await.unwrap();
    until("the container to be listed", async || docker.overview().await.containers.len() == 1).await;
    world.engine.go_down(UnusableBecause::NotRunning);
    let error = docker.reader.overview(&admin()).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Unavailable, codes::ENGINE_UNAVAILABLE));
    world.engine.come_back();
    soon("the news that Docker is back", changes.next()).await.unwrap();
    assert_eq!(world.engine.list_containers(&LabelFilter::any()).await.unwrap()[0].id, id);
}
