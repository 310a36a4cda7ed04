//! Volumes that nobody named go where their containers' successors are, and never anywhere else.

use livos_bus::documents::{AppUpdate, DockerOverview, ReclaimReply};
use livos_bus::{DockerReaderProxy, SettingsRequest, UpdateRequest};
use livos_docker::{Behaviour, Engine, EngineError, FakeImage, LabelFilter, RemoveContainer, VolumeConfig};

use super::support::{Service, World, admin};

const BEHIND_OUR_BACK: RemoveContainer = RemoveContainer { force: true, anonymous_volumes: false };

fn offer(world: &World, version: u32, more: &str) {
    world.app(
        "blog",
        &format!(
            "services:
  web:
    image: blog/web:{version}
    ports: ['8096:80']
    restart: unless-stopped
    volumes: [/scratch{more}]
"
        ),
    );
    world.engine.publish(FakeImage::new(&format!("blog/web:{version}")).volumes(&["/data", "/cache"]));
}

async fn installed(world: &World) -> Service {
    offer(world, 1, "");
    let service = world.service().await;
    let job = service.install("blog").await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    service
}

async fn update(service: &Service) -> String {
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let update: AppUpdate = service.reader.update_of(&admin(), "blog").await.unwrap().parse().unwrap();
    let accept = update.permissions.into_iter().map(|permission| permission.code).collect();
    let request = UpdateRequest { app: "blog".into(), answers: std::collections::HashMap::new(), accept };
    let job = service.manager.update(&admin(), &request).await.unwrap();
    service.ended(&job).await.state
}

/// Where in the app's container which unnamed volume is.
async fn mounted(world: &World) -> Vec<(String, String)> {
    let info = world.engine.inspect_container("blog-web-1").await.unwrap().unwrap();
    let volumes = info.mounts.into_iter().filter(|mount| mount.name.len() == 64);
    let mut found: Vec<_> =
        volumes.map(|mount| (mount.target.trim_end_matches('/').to_owned(), mount.name)).collect();
    found.sort();
    found
}

async fn volumes(world: &World) -> Vec<String> {
    let all = world.engine.list_volumes(&LabelFilter::any()).await.unwrap();
    all.into_iter().map(|volume| volume.name).filter(|name| name.len() == 64).collect()
}

async fn copies(world: &World) -> usize {
    world.engine.list_volumes(&LabelFilter::key("io.livos.kept")).await.unwrap().len()
}

#[tokio::test]
async fn they_go_through_every_change_and_every_way_back() {
    let world = World::new();
    let service = installed(&world).await;
    let first = mounted(&world).await;
    assert_eq!(
        first.iter().map(|(target, _)| target.as_str()).collect::<Vec<_>>(),
        ["/cache", "/data", "/scratch"]
    );

    // An update that fails.
    offer(&world, 2, ", /more");
    world.engine.publish(FakeImage::new("blog/web:2").volumes(&["/data"]).behaviour(Behaviour::Exits(3)));
    assert_eq!(update(&service).await, "failed");
    assert_eq!(mounted(&world).await, first);
    assert_eq!((volumes(&world).await.len(), copies(&world).await), (3, 0), "nothing of the new one is left");

    // One that succeeds; where the newer version has none, the older one's is kept for the way back.
    offer(&world, 3, ", /more");
    world.engine.publish(FakeImage::new("blog/web:3").volumes(&["/data"]));
    assert_eq!(update(&service).await, "succeeded");
    let third = mounted(&world).await;
    assert_eq!(
        third.iter().map(|(target, _)| target.as_str()).collect::<Vec<_>>(),
        ["/data", "/more", "/scratch"]
    );
    assert_eq!((&third[0], &third[2]), (&first[1], &first[2]));
    assert_eq!((volumes(&world).await.len(), copies(&world).await), (4, 3));

    let job = service.manager.rollback(&admin(), "blog", "").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(mounted(&world).await, first);
    assert_eq!((volumes(&world).await.len(), copies(&world).await), (3, 0));

    // Other settings.
    let request = SettingsRequest {
        app: "blog".to_owned(),
        answers: std::collections::HashMap::new(),
        accept: Vec::new(),
        ports: std::collections::HashMap::new(),
        memory: [("web".to_owned(), 64 << 20)].into(),
        docker: String::new(),
        images: std::collections::HashMap::new(),
    };
    let job = service.manager.configure(&admin(), &request).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(mounted(&world).await, first);

    let job = service.manager.remove(&admin(), "blog", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn they_are_found_again_after_a_container_or_the_app_was_removed() {
    let world = World::new();
    let service = installed(&world).await;
    let first = mounted(&world).await;
    assert!(world.engine.remove_container("blog-web-1", BEHIND_OUR_BACK).await.unwrap());
    let reader = DockerReaderProxy::new(&service.client).await.unwrap();
    let reclaimable: ReclaimReply = reader.reclaimable(&admin()).await.unwrap().parse().unwrap();
    assert!(!reclaimable.items.iter().any(|item| item.kind == "volume"), "{reclaimable:?}");
    let overview: DockerOverview = reader.overview(&admin()).await.unwrap().parse().unwrap();
    assert!(overview.volumes.iter().all(|volume| volume.owner.id == "blog"), "{:?}", overview.volumes);
    let job = service.manager.start(&admin(), "blog").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(mounted(&world).await, first);

    let job = service.manager.remove(&admin(), "blog", true, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(volumes(&world).await.len(), 3);
    // What was there before an installation that fails is there after it.
    let refusal = EngineError::Invalid { subject: "it".into(), detail: "test".into() };
    world.engine.fail_next("start_container", "", refusal);
    assert_eq!(service.install("blog").await.state, "failed");
    assert_eq!(volumes(&world).await.len(), 3);
    assert_eq!(service.install("blog").await.state, "succeeded");
    assert_eq!(mounted(&world).await, first);

    // One that somebody removed is made anew.
    assert!(world.engine.remove_container("blog-web-1", BEHIND_OUR_BACK).await.unwrap());
    assert!(world.engine.remove_volume(&first[1].1).await.unwrap());
    let job = service.manager.start(&admin(), "blog").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let now = mounted(&world).await;
    assert_eq!((&now[0], &now[2]), (&first[0], &first[2]));
    assert_ne!(now[1], first[1]);
}

#[tokio::test]
async fn a_volume_that_an_app_names_is_none_whatever_its_name_looks_like() {
    let world = World::new();
    let foreign = "0f".repeat(32);
    let config = VolumeConfig { name: foreign.clone(), ..VolumeConfig::default() };
    world.engine.create_volume(&config).await.unwrap();
    world.app(
        "blog",
        &format!(
            "services:
  web:
    image: blog/web:1
    ports: ['8096:80']
    restart: unless-stopped
    volumes: ['theirs:/theirs']
volumes: {{theirs: {{external: true, name: '{foreign}'}}}}
"
        ),
    );
    world.engine.publish(FakeImage::new("blog/web:1"));
    let service = world.service().await;
    let job = service.install("blog").await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    let job = service.manager.remove(&admin(), "blog", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(world.engine.volume(&foreign).await.unwrap().is_some(), "it is somebody else's");
}

#[tokio::test]
async fn an_export_names_them() {
    let world = World::new();
    let service = installed(&world).await;
    let archive = service.manager.export(&admin(), "blog", false).await.unwrap().read().unwrap();
    let text = String::from_utf8_lossy(&archive).into_owned();
    let all = mounted(&world).await;
    assert_eq!(all.len(), 3, "{all:?}");
    for (target, volume) in all {
        assert!(text.contains(&volume) && text.contains(&target), "{target} {volume}: {text}");
    }
    assert!(text.contains("external: true"), "{text}");
}
