//! Updating: it works, or everything is as it was, whatever fails and whenever it dies.

use livos_bus::documents::AppUpdate;
use livos_bus::{UpdateRequest, codes};
use livos_docker::{Behaviour, Engine, EngineError, FakeImage, Health, LabelFilter, UnusableBecause};

use super::support::{Service, World, admin, until};

/// The demo in a second version: both images are newer, and there is one volume more.
fn second(world: &World) {
    world.app(
        "demo",
        "services:
  web:
    image: demo/web:2
    ports: ['8096:80']
    restart: unless-stopped
    depends_on: {db: {condition: service_healthy}}
    volumes: ['./config:/config', 'more:/more', './new:/new']
  db:
    image: demo/db:2
    restart: unless-stopped
    healthcheck: {test: ['CMD', 'check']}
    volumes: ['rows:/rows']
volumes: {rows: {}, more: {}}
",
    );
    world.engine.publish(FakeImage::new("demo/web:2"));
    world.engine.publish(FakeImage::new("demo/db:2"));
}

async fn refresh(service: &Service) {
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
}

pub(super) async fn begin(service: &Service) -> String {
    let update: AppUpdate = service.reader.update_of(&admin(), "demo").await.unwrap().parse().unwrap();
    let accept = update.permissions.into_iter().map(|permission| permission.code).collect();
    let request = UpdateRequest { app: "demo".to_owned(), answers: std::collections::HashMap::new(), accept };
    service.manager.update(&admin(), &request).await.unwrap()
}

/// The first version is installed and has written something; the store has the second.
pub(super) async fn prepared(world: &World) -> Service {
    world.demo();
    let service = world.service().await;
    let job = service.install("demo").await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    std::fs::write(world.data_of("demo").join("config/settings"), "of the first").unwrap();
    second(world);
    refresh(&service).await;
    service
}

/// The store has a third version, too.
pub(super) async fn offer_third(world: &World, service: &Service) {
    second(world);
    let file = world.directory.path().join("store/demo/docker-compose.yml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(":2\n", ":3\n")).unwrap();
    world.engine.publish(FakeImage::new("demo/web:3"));
    world.engine.publish(FakeImage::new("demo/db:3"));
    refresh(service).await;
}

fn settings(world: &World) -> String {
    std::fs::read_to_string(world.data_of("demo").join("config/settings")).unwrap()
}

pub(super) async fn images(world: &World) -> Vec<String> {
    let containers = world.engine.list_containers(&LabelFilter::any()).await.unwrap();
    let mut images: Vec<String> = containers.into_iter().map(|container| container.image).collect();
    images.sort();
    images
}

/// Everything is as it was before the update, and nothing else is there; the newer images may be, after a way back.
pub(super) async fn assert_first(world: &World, service: &Service, newer_images: bool) {
    until("the old version", async || service.app("demo").await.state == "running").await;
    let app = service.app("demo").await;
    assert_eq!((app.state.as_str(), app.previous.as_str()), ("running", ""), "{}", app.detail);
    assert_eq!(images(world).await, ["demo/db:1", "demo/web:1"]);
    assert_eq!(settings(world), "of the first");
    assert!(!world.data_of("demo").join("new").exists());
    let volumes = world.engine.list_volumes(&LabelFilter::any()).await.unwrap();
    assert_eq!(volumes.iter().map(|volume| volume.name.as_str()).collect::<Vec<_>>(), ["demo_rows"]);
    for image in ["demo/web:2", "demo/db:2"] {
        assert!(newer_images || world.engine.image(image).await.unwrap().is_none(), "{image}");
    }
    let kept = world.directory.path().join("data/app-snapshots/demo");
    assert!(!kept.exists() || std::fs::read_dir(kept).unwrap().next().is_none());
}

/// Everything is the second version, what the first was is kept, once, and nothing else is there.
pub(super) async fn assert_second(world: &World, service: &Service) {
    until("the new version", async || service.app("demo").await.state == "running").await;
    let app = service.app("demo").await;
    assert_eq!((app.update.as_str(), app.previous.as_str()), ("", "another version"), "{}", app.detail);
    assert_eq!(images(world).await, ["demo/db:2", "demo/web:2"]);
    assert_eq!(settings(world), "of the first");
    assert!(world.data_of("demo").join("new").is_dir());
    let volumes = world.engine.list_volumes(&LabelFilter::any()).await.unwrap();
    let (kept, own): (Vec<_>, Vec<_>) =
        volumes.into_iter().partition(|volume| volume.labels.contains_key("io.livos.kept"));
    assert_eq!(own.iter().map(|volume| volume.name.as_str()).collect::<Vec<_>>(), ["demo_more", "demo_rows"]);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let copies = std::fs::read_dir(world.directory.path().join("data/app-snapshots/demo")).unwrap();
    assert_eq!(copies.count(), 1);
}

#[tokio::test]
async fn an_app_is_updated_keeps_its_data_and_can_go_back() {
    let world = World::new();
    let service = prepared(&world).await;
    assert_eq!(service.app("demo").await.update, "another version");
    let update: AppUpdate = service.reader.update_of(&admin(), "demo").await.unwrap().parse().unwrap();
    assert_eq!((update.error.as_str(), update.permissions.len()), ("", 0));
    assert_eq!(update.services[0].image, "demo/db:2");
    let job = begin(&service).await;
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    let app = service.app("demo").await;
    assert_eq!((app.state.as_str(), app.update.as_str()), ("running", ""));
    assert_eq!((app.previous.as_str(), app.previous_until), ("another version", 1_767_225_600 + 7 * 86_400));
    assert_eq!(images(&world).await, ["demo/db:2", "demo/web:2"]);
    assert_eq!(settings(&world), "of the first");

    std::fs::write(world.data_of("demo").join("config/settings"), "of the second").unwrap();
    let job = service.manager.rollback(&admin(), "demo", "").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!(settings(&world), "of the first");
    assert_eq!(images(&world).await, ["demo/db:1", "demo/web:1"]);
    let app = service.app("demo").await;
    assert_eq!((app.state.as_str(), app.previous.as_str()), ("running", ""));
    assert!(
        service.manager.rollback(&admin(), "demo", "").await.is_err(),
        "there is nothing left to go back to"
    );
}

/// Fails in a way of its own, with a code; everything is as before.
async fn fails(code: &str, how: impl FnOnce(&mut World)) {
    let mut world = World::new();
    let service = prepared(&world).await;
    how(&mut world);
    let job = begin(&service).await;
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", code), "{}", job.error_message);
    let says = ["Nothing was changed.", "The version from before is back, with its data."];
    assert!(says.iter().any(|end| job.error_message.ends_with(end)), "{}", job.error_message);
    assert_first(&world, &service, false).await;
}

#[tokio::test]
async fn an_image_that_is_not_there_changes_nothing() {
    fails(codes::IMAGE_NOT_FOUND, |world| world.engine.unpublish("demo/web:2")).await;
}

#[tokio::test]
async fn a_container_that_does_not_start_is_put_back() {
    fails("refused", |world| {
        let refused = EngineError::Invalid { subject: "it".into(), detail: "because of the test".into() };
        world.engine.fail_next("start_container", "demo-web-1", refused);
    })
    .await;
}

#[tokio::test]
async fn an_unhealthy_version_is_put_back() {
    fails(codes::UNHEALTHY, |world| {
        world.engine.publish(FakeImage::new("demo/db:2").behaviour(Behaviour::Unhealthy));
    })
    .await;
}

#[tokio::test]
async fn a_version_that_ends_again_and_again_is_put_back() {
    fails(codes::UNHEALTHY, |world| {
        world.engine.publish(FakeImage::new("demo/web:2").behaviour(Behaviour::Exits(1)));
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_changes_nothing_or_is_put_back() {
    fails(codes::NO_SPACE, |world| world.machine.free.store(1, std::sync::atomic::Ordering::SeqCst)).await;
    for (call, subject) in
        [("pull", "demo/web:2"), ("create_container", "demo-web-1"), ("create_volume", "demo_more")]
    {
        let full = EngineError::NoSpace { detail: "full".into() };
        fails(codes::NO_SPACE, |world| world.engine.fail_next(call, subject, full)).await;
    }
}

#[tokio::test]
async fn what_the_failed_version_wrote_is_gone() {
    let world = World::new();
    world.engine.publish(FakeImage::new("demo/web:2"));
    let service = prepared(&world).await;
    world.engine.publish(FakeImage::new("demo/db:2").behaviour(Behaviour::KeepsStarting));
    let job = begin(&service).await;
    service.until_step(&job, "starting").await;
    std::fs::write(world.data_of("demo").join("config/settings"), "migrated").unwrap();
    std::fs::write(world.data_of("demo").join("config/more"), "more").unwrap();
    world.engine.set_health("demo-db-1", Health::Unhealthy);
    let job = service.ended(&job).await;
    assert_eq!(job.error_code, codes::UNHEALTHY, "{}", job.error_message);
    assert_first(&world, &service, false).await;
    assert!(!world.data_of("demo").join("config/more").exists());
}

/// What it leaves stopped when it comes back is not the new version's fault: it is begun anew, and ends new.
#[tokio::test]
async fn when_docker_dies_in_the_middle_the_update_goes_on_when_it_is_back() {
    for step in STEPS {
        let world = World::new();
        let service = prepared(&world).await;
        hold(&world, step);
        let job = begin(&service).await;
        service.until_step(&job, step).await;
        world.engine.go_down(UnusableBecause::NotRunning);
        if step == "waiting" {
            // It is back before anybody has looked.
            world.engine.come_back();
        }
        until("the failure to be noticed", async || {
            let job = service.job(&job).await;
            assert_eq!(job.finished_at, 0, "{step}: {} {}", job.error_code, job.error_message);
            job.error_code == "engine_unavailable"
        })
        .await;
        world.engine.publish(FakeImage::new("demo/db:2"));
        world.engine.release_pull("demo/web:2");
        world.machine.page.send_replace(true);
        if step != "waiting" {
            world.engine.come_back();
        }
        until("the next attempt", async || {
            world.engine.set_health("demo-db-1", Health::Healthy);
            world.clock.advance(std::time::Duration::from_secs(1));
            service.apps().queue.clock_changed();
            service.job(&job).await.finished_at > 0
        })
        .await;
        let ended = service.job(&job).await;
        assert_eq!(ended.state, "succeeded", "{step}: {}", ended.error_message);
        assert_second(&world, &service).await;
    }
}

const STEPS: [&str; 3] = ["downloading", "starting", "waiting"];

fn hold(world: &World, step: &str) {
    world.hold(step, "demo/web:2", "demo/db:2");
}

fn release(world: &World, step: &str) {
    world.release(step, "demo/web:2");
}

#[tokio::test]
async fn a_killed_update_ends_fully_new() {
    for step in STEPS {
        let world = World::new();
        let service = prepared(&world).await;
        hold(&world, step);
        let job = begin(&service).await;
        service.until_step(&job, step).await;
        if step != "downloading" {
            std::fs::write(world.data_of("demo").join("config/settings"), "half migrated").unwrap();
        }
        service.crash().await;
        if step != "starting" {
            release(&world, step);
        }
        let service = world.service().await;
        if step == "starting" {
            // Put back first, then begun anew: the database waits again.
            until("the new beginning", async || service.log(&job).await.contains("it begins anew")).await;
            until("the database of the second version", async || {
                world
                    .engine
                    .inspect_container("demo-db-1")
                    .await
                    .unwrap()
                    .is_some_and(|db| db.state.is_running() && db.image == "demo/db:2")
            })
            .await;
            release(&world, step);
        }
        let ended = service.ended(&job).await;
        assert_eq!(ended.state, "succeeded", "{step}: {}", ended.error_message);
        assert_eq!(images(&world).await, ["demo/db:2", "demo/web:2"], "{step}");
        assert_eq!(settings(&world), "of the first", "{step}");
    }
}

#[tokio::test]
async fn an_update_that_is_cancelled_or_kills_the_daemon_each_time_ends_fully_old() {
    for step in STEPS {
        let world = World::new();
        let service = prepared(&world).await;
        hold(&world, step);
        let job = begin(&service).await;
        service.until_step(&job, step).await;
        service.jobs.cancel(&admin(), &job).await.unwrap();
        assert_eq!(service.ended(&job).await.state, "cancelled", "{step}");
        if step == "downloading" {
            release(&world, step);
        }
        until("the old version", async || service.app("demo").await.state == "running").await;
        assert_first(&world, &service, false).await;
    }
    let world = World::new();
    let mut service = prepared(&world).await;
    hold(&world, "starting");
    let job = begin(&service).await;
    for _ in 0..3 {
        service.until_step(&job, "starting").await;
        service.crash().await;
        service = world.service().await;
    }
    let ended = service.ended(&job).await;
    assert_eq!((ended.state.as_str(), ended.error_code.as_str()), ("failed", "interrupted"));
    until("the old version", async || service.app("demo").await.state == "running").await;
    assert_eq!(images(&world).await, ["demo/db:1", "demo/web:1"]);
    assert_eq!(settings(&world), "of the first");
}

#[tokio::test]
async fn more_rights_need_more_consent_and_nothing_new_is_no_update() {
    let world = World::new();
    let service = prepared(&world).await;
    world.app(
        "demo",
        "services:
  web: {image: 'demo/web:2', ports: ['8096:80'], privileged: true, volumes: ['./config:/config']}
",
    );
    refresh(&service).await;
    let update: AppUpdate = service.reader.update_of(&admin(), "demo").await.unwrap().parse().unwrap();
    assert_eq!(update.permissions.len(), 1, "{:?}", update.permissions);
    let request =
        |accept| UpdateRequest { app: "demo".into(), answers: std::collections::HashMap::new(), accept };
    let refused = service.manager.update(&admin(), &request(Vec::new())).await.unwrap_err();
    assert!(refused.to_string().contains("agreed"), "{refused}");
    let code = update.permissions[0].code.clone();
    let job = service.manager.update(&admin(), &request(vec![code])).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(images(&world).await, ["demo/web:2"]);
    assert!(service.reader.update_of(&admin(), "demo").await.is_err());
    assert!(service.manager.update(&admin(), &request(Vec::new())).await.is_err());
}

#[tokio::test]
async fn after_a_week_there_is_nothing_to_go_back_to() {
    let world = World::new();
    let service = prepared(&world).await;
    let job = begin(&service).await;
    assert_eq!(service.ended(&job).await.state, "succeeded");
    world.clock.advance(std::time::Duration::from_secs(7 * 86_400 + 1));
    assert!(service.manager.rollback(&admin(), "demo", "").await.is_err());
    assert_eq!(service.app("demo").await.previous, "");
    service.stop().await;
    let service = world.service().await;
    until("the copies to go", async || {
        let volumes = world.engine.list_volumes(&LabelFilter::key("io.livos.kept")).await.unwrap();
        volumes.is_empty()
    })
    .await;
    assert_eq!(settings(&world), "of the first");
    let job = service.manager.remove(&admin(), "demo", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(world.engine.list_volumes(&LabelFilter::any()).await.unwrap(), []);
}

#[tokio::test]
async fn an_app_that_was_stopped_is_updated_and_stays_stopped() {
    let world = World::new();
    let service = prepared(&world).await;
    let job = service.manager.stop(&admin(), "demo", false).await.unwrap();
    service.ended(&job).await;
    let job = begin(&service).await;
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!(service.app("demo").await.state, "stopped");
    assert_eq!(images(&world).await, ["demo/db:2", "demo/web:2"]);
}
