//! Getting room: exactly what was agreed to goes, and nothing that anybody needs.

use livos_bus::documents::{ReclaimItem, ReclaimReply};
use livos_bus::{DockerManagerProxy, DockerReaderProxy, ErrorKind, codes};
use livos_docker::{ContainerConfig, Engine, FakeImage, LabelFilter, PullProgress, RemoveContainer};
use livos_store::NewJob;
use livos_types::Role;

use super::support::{Service, World, actor, admin, soon};

async fn pull(world: &World, image: FakeImage, name: &str) {
    world.engine.publish(image);
    let progress = tokio::sync::watch::Sender::new(PullProgress::default());
    world.engine.pull(name, None, &progress).await.unwrap();
}

async fn container(world: &World, image: &str, name: &str) -> String {
    let config =
        ContainerConfig { image: image.to_owned(), name: name.to_owned(), ..ContainerConfig::default() };
    world.engine.create_container(&config).await.unwrap()
}

async fn list(service: &Service) -> Vec<ReclaimItem> {
    let reader = DockerReaderProxy::new(&service.client).await.unwrap();
    let reply: ReclaimReply = reader.reclaimable(&admin()).await.unwrap().parse().unwrap();
    reply.items
}

async fn reclaim(service: &Service, items: &[ReclaimItem]) -> livos_bus::Result<String> {
    let codes: Vec<&str> = items.iter().map(|item| item.code.as_str()).collect();
    DockerManagerProxy::new(&service.client).await.unwrap().reclaim(&admin(), &codes).await
}

fn lines(items: &[ReclaimItem]) -> Vec<(&str, &str, bool)> {
    let mut lines: Vec<_> =
        items.iter().map(|item| (item.kind.as_str(), item.name.as_str(), item.safe)).collect();
    lines.sort_unstable();
    lines
}

/// An app, and three things that nothing uses: an image, a stopped container, a volume without a name.
async fn cluttered(world: &World) -> Service {
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    pull(world, FakeImage::new("old/image:1").layers(&[5_000_000]), "old/image:1").await;
    pull(world, FakeImage::new("old/web:1").volumes(&["/data"]), "old/web:1").await;
    container(world, "old/web:1", "stopped").await;
    let gone = container(world, "old/web:1", "gone").await;
    let keep_volumes = RemoveContainer { force: true, anonymous_volumes: false };
    assert!(world.engine.remove_container(&gone, keep_volumes).await.unwrap());
    service
}

#[tokio::test]
async fn what_nothing_uses_is_listed_and_what_is_agreed_to_goes() {
    let world = World::new();
    let service = cluttered(&world).await;
    let items = list(&service).await;
    let volume = items.iter().find(|item| item.kind == "volume").unwrap().name.clone();
    assert_eq!(
        lines(&items),
        [("container", "stopped", false), ("image", "old/image:1", true), ("volume", volume.as_str(), false)]
    );
    assert_eq!(items[0].size, 5_000_000, "the largest first");
    let safe: Vec<_> = items.iter().filter(|item| item.safe).cloned().collect();
    let job = service.ended(&reclaim(&service, &safe).await.unwrap()).await;
    assert_eq!((job.state.as_str(), job.detail.as_str()), ("succeeded", "up to 5 MB freed, 0 left"));
    assert_eq!(world.engine.image("old/image:1").await.unwrap(), None);
    assert!(world.engine.inspect_container("stopped").await.unwrap().is_some(), "nobody agreed to that");
    // The rest is agreed to as well; with the container its image is free.
    let job = service.ended(&reclaim(&service, &items[1..]).await.unwrap()).await;
    assert_eq!(job.state, "succeeded");
    assert_eq!(world.engine.inspect_container("stopped").await.unwrap(), None);
    let names: Vec<_> = world.engine.list_volumes(&LabelFilter::any()).await.unwrap();
    assert_eq!(names.len(), 2, "the app's own, and the one that the container just left: {names:?}");
    assert_eq!(service.app("demo").await.state, "running");
}

#[tokio::test]
async fn what_came_into_use_or_changed_stays_and_is_named() {
    let world = World::new();
    let service = cluttered(&world).await;
    let mut items = list(&service).await;
    container(&world, "old/image:1", "new").await;
    // Of another list, or made up.
    items.push(ReclaimItem { code: "image-0123".to_owned(), ..items[0].clone() });
    let job = service.ended(&reclaim(&service, &items).await.unwrap()).await;
    assert_eq!(job.state, "succeeded");
    assert!(world.engine.image("old/image:1").await.unwrap().is_some());
    let log = service.log(&job.id).await;
    assert!(log.contains("2 of the chosen lines were no longer as they had been listed"), "{log}");
    let error = reclaim(&service, &items[..1]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.message.contains("look at the list again"), "{}", error.message);
}

#[tokio::test]
async fn what_an_app_can_be_brought_back_with_stays() {
    let world = World::new();
    world.app("app", "services:\n  web:\n    image: app/web:1\n    restart: unless-stopped\n");
    world.engine.publish(FakeImage::new("app/web:1"));
    let service = world.service().await;
    assert_eq!(service.install("app").await.state, "succeeded");
    world.app("app", "services:\n  web:\n    image: app/web:2\n    restart: unless-stopped\n");
    world.engine.publish(FakeImage::new("app/web:2"));
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    // What the store offers may be on its way.
    pull(&world, FakeImage::new("app/web:2"), "app/web:2").await;
    assert_eq!(list(&service).await, []);
    let request = livos_bus::UpdateRequest {
        app: "app".to_owned(),
        answers: std::collections::HashMap::new(),
        accept: Vec::new(),
    };
    let job = service.manager.update(&admin(), &request).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(world.engine.image("app/web:1").await.unwrap().is_some());
    assert_eq!(list(&service).await, [], "the version from before can still be gone back to");
    // Also when only its id is left, as after a tag has moved on.
    let kept = world.engine.image("app/web:1").await.unwrap().unwrap().id;
    world.engine.import_image("app/web:1", bytes::Bytes::new()).await.unwrap();
    assert!(world.engine.image(&kept).await.unwrap().is_some());
    assert_eq!(list(&service).await, []);
}

#[tokio::test]
async fn a_disk_without_a_byte_does_not_stand_in_the_way() {
    let world = World::new();
    let service = cluttered(&world).await;
    let items = list(&service).await;
    // As full as a disk can be: the database may not grow by a page, and its pages have no room for a job.
    let apps = service.apps();
    sqlx::query("pragma max_page_count = 1").execute(apps.rows.0.writer()).await.unwrap();
    for length in [2000, 300, 1] {
        soon("the database to be full", async {
            for number in 0.. {
                let job = NewJob::new("docker.start", format!("never:{length}:{number}"), "x".repeat(length));
                if apps.enqueue(NewJob { run_at_ms: 4_000_000_000_000, ..job }).await.is_err() {
                    return;
                }
            }
        })
        .await;
    }
    let error = reclaim(&service, &items[..1]).await.unwrap_err();
    assert_eq!(error.code, codes::NO_SPACE, "{}", error.message);
    assert_eq!(world.engine.image("old/image:1").await.unwrap(), None, "room was made all the same");
    // With room there is a job again.
    sqlx::query("pragma max_page_count = 1000000").execute(apps.rows.0.writer()).await.unwrap();
    let job = reclaim(&service, &items[1..]).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
}

#[tokio::test]
async fn members_may_neither_look_nor_remove() {
    let world = World::new();
    let service = world.service().await;
    let member = actor("ada", Role::Member);
    let reader = DockerReaderProxy::new(&service.client).await.unwrap();
    let manager = DockerManagerProxy::new(&service.client).await.unwrap();
    assert_eq!(reader.reclaimable(&member).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(manager.reclaim(&member, &["image-1"]).await.unwrap_err().kind, ErrorKind::Denied);
}
