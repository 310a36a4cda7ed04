//! Without the disk that its folders lie on, an app does not start, and nothing is made in the disk's place.

use std::path::PathBuf;

use livos_bus::UpdateRequest;
use livos_docker::{Engine, FakeImage, LabelFilter};

use super::support::{Service, World, admin, until};

struct Disk(PathBuf);

impl Disk {
    /// A disk with films, mounted.
    fn of(world: &World) -> Self {
        let point = world.directory.path().canonicalize().unwrap().join("mnt/disk");
        std::fs::create_dir_all(point.join("films")).unwrap();
        world.machine.mounts.lock().unwrap().push(point.clone());
        Self(point)
    }

    /// What it was mounted on is empty then.
    fn leaves(&self, world: &World) {
        world.machine.mounts.lock().unwrap().retain(|point| *point != self.0);
        std::fs::rename(self.0.join("films"), self.0.with_file_name("films")).unwrap();
    }

    fn comes_back(&self, world: &World) {
        std::fs::rename(self.0.with_file_name("films"), self.0.join("films")).unwrap();
        world.machine.mounts.lock().unwrap().push(self.0.clone());
    }

    fn is_empty(&self) -> bool {
        std::fs::read_dir(&self.0).unwrap().next().is_none()
    }
}

/// The whole disk and a folder of it.
fn offer(world: &World, disk: &Disk, version: u32) {
    let point = disk.0.display();
    world.app(
        "cinema",
        &format!(
            "services:
  web:
    image: cinema/web:{version}
    ports: ['8096:80']
    restart: unless-stopped
    volumes: ['{point}:/disk', '{point}/films:/films', './config:/config']
"
        ),
    );
    world.engine.publish(FakeImage::new(&format!("cinema/web:{version}")));
}

async fn installed(world: &World, disk: &Disk) -> Service {
    offer(world, disk, 1);
    let service = world.service().await;
    let job = service.install("cinema").await;
    assert_eq!(job.state, "succeeded", "{} {}", job.error_message, service.log(&job.id).await);
    service
}

async fn running(world: &World) -> usize {
    let containers = world.engine.list_containers(&LabelFilter::any()).await.unwrap();
    containers.iter().filter(|container| container.state.is_running()).count()
}

#[tokio::test]
async fn an_app_waits_for_its_disk_and_says_so() {
    let world = World::new();
    let disk = Disk::of(&world);
    let service = installed(&world, &disk).await;
    let job = service.manager.stop(&admin(), "cinema", false).await.unwrap();
    service.ended(&job).await;
    disk.leaves(&world);
    let job = service.manager.start(&admin(), "cinema").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", "disk_missing"));
    let says = format!("The disk with {} isn't there. Connect it, then start ", disk.0.display());
    assert!(job.error_message.starts_with(&says), "{}", job.error_message);
    let app = service.app("cinema").await;
    assert_eq!((app.state.as_str(), app.detail.as_str()), ("problem", job.error_message.as_str()));
    assert!(disk.is_empty(), "nothing is made in its place");
    assert_eq!(running(&world).await, 0);

    disk.comes_back(&world);
    let job = service.manager.start(&admin(), "cinema").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let app = service.app("cinema").await;
    assert_eq!((app.state.as_str(), app.detail.as_str()), ("running", ""));
}

#[tokio::test]
async fn one_that_docker_started_without_it_is_stopped() {
    let world = World::new();
    let disk = Disk::of(&world);
    let service = installed(&world, &disk).await;
    service.stop().await;
    disk.leaves(&world);
    assert_eq!(running(&world).await, 1);
    let service = world.service().await;
    until("the app to be stopped", async || running(&world).await == 0).await;
    until("the reason", async || service.app("cinema").await.detail.starts_with("The disk with ")).await;
    assert!(disk.is_empty());
    disk.comes_back(&world);
    service.stop().await;
    let service = world.service().await;
    until("the app to run", async || service.app("cinema").await.state == "running").await;
}

#[tokio::test]
async fn an_update_without_it_touches_nothing() {
    let world = World::new();
    let disk = Disk::of(&world);
    let service = installed(&world, &disk).await;
    offer(&world, &disk, 2);
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    disk.leaves(&world);
    let request = UpdateRequest {
        app: "cinema".to_owned(),
        answers: std::collections::HashMap::new(),
        accept: service.request("cinema").await.accept,
    };
    let job = service.manager.update(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", "disk_missing"));
    assert!(job.error_message.ends_with("Nothing was changed."), "{}", job.error_message);
    assert_eq!(world.engine.config_of("cinema-web-1").unwrap().image, "cinema/web:1");
    assert!(disk.is_empty());
}

#[tokio::test]
async fn a_disk_that_was_never_there_is_not_made_up() {
    let world = World::new();
    offer(&world, &Disk(PathBuf::from("/mnt/no-such-disk-of-a-test")), 1);
    let service = world.service().await;
    let job = service.install("cinema").await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", "disk_missing"));
    assert!(job.error_message.contains("/mnt/no-such-disk-of-a-test isn't there"), "{}", job.error_message);
    assert!(!PathBuf::from("/mnt/no-such-disk-of-a-test").exists());
    assert_eq!(service.installed().await, []);
}
