use futures_util::StreamExt;
use livos_bus::ErrorKind;
use livos_docker::{Engine, FakeImage, Health, LabelFilter, LogSource, UnusableBecause};

use super::support::{Service, World, admin, soon, until};

async fn demo() -> (World, Service) {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    (world, service)
}

async fn running(world: &World) -> usize {
    let containers = world.engine.list_containers(&LabelFilter::any()).await.unwrap();
    containers.iter().filter(|container| container.state.is_running()).count()
}

#[tokio::test]
async fn stop_start_and_restart_do_what_they_say_however_often() {
    let (world, service) = demo().await;
    for _ in 0..2 {
        let job = service.manager.stop(&admin(), "demo", false).await.unwrap();
        assert_eq!(service.ended(&job).await.state, "succeeded");
        assert_eq!((service.app("demo").await.state.as_str(), running(&world).await), ("stopped", 0));
    }
    for _ in 0..2 {
        let job = service.manager.start(&admin(), "demo").await.unwrap();
        assert_eq!(service.ended(&job).await.state, "succeeded");
        assert_eq!((service.app("demo").await.state.as_str(), running(&world).await), ("running", 2));
    }
    let job = service.manager.restart(&admin(), "demo").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!((service.app("demo").await.state.as_str(), running(&world).await), ("running", 2));
    // What was removed behind our back is made anew.
    world
        .engine
        .remove_container(
            "demo-web-1",
            livos_docker::RemoveContainer { force: true, anonymous_volumes: false },
        )
        .await
        .unwrap();
    let app = service.app("demo").await;
    assert_eq!(app.state, "problem");
    assert!(app.detail.contains("web"), "{}", app.detail);
    let job = service.manager.start(&admin(), "demo").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(service.app("demo").await.state, "running");
}

#[tokio::test]
async fn a_stopped_app_stays_stopped_and_a_running_one_comes_back() {
    let (world, service) = demo().await;
    service.stop().await;
    world.engine.go_down(UnusableBecause::NotRunning);
    world.engine.come_back();
    world.engine.stop_container("demo-db-1", None).await.unwrap();
    let service = world.service().await;
    until("the app to be started again", async || service.app("demo").await.state == "running").await;
    let job = service.manager.stop(&admin(), "demo", false).await.unwrap();
    service.ended(&job).await;
    service.stop().await;
    let service = world.service().await;
    let mut changes = service.reader.receive_app_changed().await.unwrap();
    world.engine.go_down(UnusableBecause::NotRunning);
    world.engine.come_back();
    soon("a look at the engine", changes.next()).await;
    assert_eq!((service.app("demo").await.state.as_str(), running(&world).await), ("stopped", 0));
}

#[tokio::test]
async fn what_docker_does_not_start_again_by_itself_comes_back_with_the_machine() {
    let world = World::new();
    // Nothing is said about starting again, and Compose's answer to that is "no".
    world.app(
        "quiet",
        "services:
  web: {image: 'demo/web:1', ports: ['8096:80'], restart: always, depends_on: [db]}
  db: {image: 'demo/db:1'}
",
    );
    world.app("page", "services: {web: {image: 'demo/web:1', ports: ['8097:80']}}");
    world.engine.publish(FakeImage::new("demo/web:1"));
    world.engine.publish(FakeImage::new("demo/db:1"));
    let service = world.service().await;
    for app in ["quiet", "page"] {
        assert_eq!(service.install(app).await.state, "succeeded");
    }
    world.engine.exit("page-web-1", 0);
    let page = service.app("page").await;
    assert_eq!(page.state, "problem", "a page that is gone is no task that is done");
    world.engine.go_down(UnusableBecause::NotRunning);
    world.engine.come_back();
    until("both to run again", async || running(&world).await == 3).await;
    for app in ["quiet", "page"] {
        until("it to be well", async || service.app(app).await.state == "running").await;
    }
}

#[tokio::test]
async fn removing_keeps_or_deletes_the_data() {
    let (world, service) = demo().await;
    std::fs::write(world.data_of("demo").join("config/kept"), "x").unwrap();
    let job = service.manager.remove(&admin(), "demo", true, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(service.installed().await, []);
    assert!(world.data_of("demo").join("config/kept").exists());
    assert_eq!(world.engine.list_volumes(&LabelFilter::any()).await.unwrap().len(), 1);
    assert_eq!(world.engine.list_containers(&LabelFilter::any()).await.unwrap(), []);
    until("the address to go", async || !world.edge.last().contains("demo.localhost")).await;
    // A failed second installation keeps what was there before.
    world.engine.fail_next(
        "start_container",
        "",
        livos_docker::EngineError::Invalid { subject: "it".into(), detail: "test".into() },
    );
    assert_eq!(service.install("demo").await.state, "failed");
    assert!(world.data_of("demo").join("config/kept").exists());
    assert_eq!(world.engine.list_volumes(&LabelFilter::any()).await.unwrap().len(), 1);
    assert_eq!(service.install("demo").await.state, "succeeded");
    let job = service.manager.remove(&admin(), "demo", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    world.assert_nothing_left(&service).await;
    assert_eq!(
        service.manager.remove(&admin(), "demo", false, false).await.unwrap_err().kind,
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn links_that_an_app_lays_in_its_folder_lead_nowhere() {
    let (world, service) = demo().await;
    let precious = world.directory.path().join("precious");
    std::fs::create_dir(&precious).unwrap();
    std::fs::write(precious.join("file"), "x").unwrap();
    let folder = world.data_of("demo");
    std::fs::remove_dir_all(folder.join("config")).unwrap();
    std::os::unix::fs::symlink(&precious, folder.join("config")).unwrap();
    let job = service.manager.restart(&admin(), "demo").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "failed");
    assert!(job.error_message.contains("config"), "{}", job.error_message);
    let job = service.manager.remove(&admin(), "demo", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(precious.join("file").exists());
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn what_happens_in_docker_is_told_without_asking() {
    let (world, service) = demo().await;
    let mut changes = service.reader.receive_app_changed().await.unwrap();
    world.engine.set_health("demo-db-1", Health::Unhealthy);
    assert_eq!(soon("a signal", changes.next()).await.unwrap().args().unwrap().id, "demo");
    let app = service.app("demo").await;
    assert_eq!(app.state, "problem");
    assert!(app.detail.starts_with("db does not work properly"), "{}", app.detail);
    world.engine.set_health("demo-db-1", Health::Healthy);
    soon("a signal", changes.next()).await;
    until("the app to be well", async || service.app("demo").await.state == "running").await;
    world.engine.go_down(UnusableBecause::NotRunning);
    soon("a signal", changes.next()).await;
    until("the problem", async || service.app("demo").await.state == "problem").await;
    let app = service.app("demo").await;
    assert!(app.detail.contains("Docker is stopped"), "{}", app.detail);
    world.engine.come_back();
    until("the app to be back", async || service.app("demo").await.state == "running").await;
}

#[tokio::test]
async fn logs_come_as_a_stream_and_follow() {
    use std::io::Read as _;
    let (world, service) = demo().await;
    world.engine.print("demo-web-1", LogSource::Stdout, "hello\nworld");
    let read = |descriptor: zbus::OwnedFd| std::fs::File::from(std::os::fd::OwnedFd::from(descriptor));
    let one = service.reader.logs(&admin(), "demo", "web", 100, false).await.unwrap();
    let text =
        tokio::task::spawn_blocking(move || std::io::read_to_string(read(one)).unwrap()).await.unwrap();
    assert_eq!(text, "listening on 8080\nhello\nworld");
    let all = service.reader.logs(&admin(), "demo", "", 100, false).await.unwrap();
    let text =
        tokio::task::spawn_blocking(move || std::io::read_to_string(read(all)).unwrap()).await.unwrap();
    assert!(
        text.contains("web | hello\nweb | world\n") && text.contains("db | listening on 8080\n"),
        "{text}"
    );
    let mut follow = read(service.reader.logs(&admin(), "demo", "db", 0, true).await.unwrap());
    let reading = tokio::task::spawn_blocking(move || {
        let mut buffer = [0; 5];
        follow.read_exact(&mut buffer).unwrap();
        buffer
    });
    // Said again until the follower is there to hear it.
    until("what follows", async || {
        world.engine.print("demo-db-1", LogSource::Stderr, "later");
        reading.is_finished()
    })
    .await;
    assert_eq!(&reading.await.unwrap(), b"later");
    assert_eq!(
        service.reader.logs(&admin(), "demo", "nothing", 1, false).await.unwrap_err().kind,
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn addresses_follow_when_the_edge_is_back_and_at_each_start() {
    let world = World::new();
    world.demo();
    world.edge.down.store(true, std::sync::atomic::Ordering::SeqCst);
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    assert_eq!(world.edge.last(), "");
    world.edge.down.store(false, std::sync::atomic::Ordering::SeqCst);
    until("the address", async || world.edge.last().contains("demo.localhost")).await;
    service.stop().await;
    world.edge.told.lock().unwrap().clear();
    let service = world.service().await;
    until("the address", async || world.edge.last().contains("demo.localhost")).await;
    service.stop().await;
}

#[tokio::test]
async fn connections_end_by_the_same_document_once_more() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    let (document, told) = (world.edge.last(), world.edge.anew.load(std::sync::atomic::Ordering::SeqCst));
    assert!(document.contains("demo.localhost") && told == 0);
    service.manager.end_connections().await.unwrap();
    assert_eq!((world.edge.last(), world.edge.anew.load(std::sync::atomic::Ordering::SeqCst)), (document, 1));
    // What Caddy can't be told now, it is told when it is back.
    world.edge.down.store(true, std::sync::atomic::Ordering::SeqCst);
    service.manager.end_connections().await.unwrap();
    assert_eq!(world.edge.anew.load(std::sync::atomic::Ordering::SeqCst), 1);
    world.edge.down.store(false, std::sync::atomic::Ordering::SeqCst);
    until("them to end", async || world.edge.anew.load(std::sync::atomic::Ordering::SeqCst) == 2).await;
    service.stop().await;
}

#[tokio::test]
async fn where_systemd_keeps_limits_apps_are_in_their_slice_unless_they_say_otherwise() {
    for in_slices in [true, false] {
        let world = World::new();
        if in_slices {
            world.engine.keep_in_slices();
        }
        world.app(
            "demo",
            "services:
  web: {image: 'demo/web:1', ports: ['8096:80'], restart: unless-stopped}
  own: {image: 'demo/web:1', restart: unless-stopped, cgroup_parent: own.slice}
",
        );
        world.engine.publish(FakeImage::new("demo/web:1"));
        let service = world.service().await;
        let job = service.install("demo").await;
        assert_eq!(job.state, "succeeded", "{}", job.error_message);
        let parent = |name: &str| world.engine.config_of(name).unwrap().cgroup_parent;
        assert_eq!(parent("demo-web-1").as_deref(), in_slices.then_some("livos-apps.slice"));
        assert_eq!(parent("demo-own-1").as_deref(), Some("own.slice"));
    }
}
