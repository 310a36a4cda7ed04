//! Ports: which an app's page gets, and what the app is told about it.

use std::collections::HashMap;

use livos_bus::documents::AppUpdate;
use livos_bus::{SettingsRequest, UpdateRequest, codes};
use livos_docker::{FakeImage, Protocol};

use super::support::{Service, World, admin, until};

/// An umbrel app whose page is promised on 8123, and which says so to itself.
fn umbrel(world: &World, id: &str) {
    world.umbrel(
        id,
        "",
        "demo/main:1",
        "    environment:\n      URL: http://${DEVICE_DOMAIN_NAME}:${APP_PROXY_PORT}/\n  app_proxy:\n    \
         environment:\n      APP_HOST: main\n      APP_PORT: 80",
        "",
    );
    let manifest = world.directory.path().join("store").join(id).join("umbrel-app.yml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("port: 0", "port: 8123")).unwrap();
    world.engine.publish(FakeImage::new("demo/main:1"));
}

async fn told(world: &World, service: &Service, id: &str) -> (u16, String) {
    let env = world.engine.config_of(&format!("{id}-main-1")).unwrap().env;
    (service.app(id).await.port, env["URL"].clone().unwrap())
}

fn settings(app: &str, key: &str, port: u16) -> SettingsRequest {
    SettingsRequest {
        app: app.to_owned(),
        answers: HashMap::new(),
        accept: Vec::new(),
        ports: [(key.to_owned(), port)].into(),
        memory: HashMap::new(),
        docker: String::new(),
        images: std::collections::HashMap::new(),
    }
}

async fn move_page(service: &Service, to: u16) {
    let request = settings("one", "page", to);
    let job = service.manager.configure(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
}

#[tokio::test]
async fn a_page_has_the_port_that_was_promised_and_the_app_knows_when_it_has_another() {
    let world = World::new();
    umbrel(&world, "one");
    umbrel(&world, "two");
    let service = world.service().await;
    for id in ["one", "two"] {
        let job = service.install(id).await;
        assert_eq!(job.state, "succeeded", "{}", job.error_message);
    }
    let machine = livos_machine(&world);
    assert_eq!(told(&world, &service, "one").await, (8123, format!("http://{machine}.local:8123/")));
    assert_eq!(told(&world, &service, "two").await, (42000, format!("http://{machine}.local:42000/")));
    until("its port", async || world.edge.last().contains(":8123")).await;
    // Nothing of that makes it look as if there were a newer version.
    assert_eq!(service.app("two").await.update, "");

    move_page(&service, 9001).await;
    assert_eq!(told(&world, &service, "one").await, (9001, format!("http://{machine}.local:9001/")));
    world.machine.taken.lock().unwrap().insert((8123, Protocol::Tcp));
    move_page(&service, 0).await;
    assert_eq!(told(&world, &service, "one").await.0, 42001, "its own is taken");
    world.machine.taken.lock().unwrap().clear();
    move_page(&service, 9001).await;
    move_page(&service, 0).await;
    assert_eq!(told(&world, &service, "one").await, (8123, format!("http://{machine}.local:8123/")));
}

/// Two containers, the second of which publishes a port twice over.
const SYNC: &str = "services:
  web: {image: 'demo/main:1', ports: ['8384:80']}
  sync: {image: 'demo/main:1', ports: ['7000:22000', '7000:22000/udp', '7001:21027/udp']}
";

fn bindings(world: &World, container: &str) -> Vec<(Option<u16>, Protocol)> {
    let config = world.engine.config_of(container).unwrap();
    config.ports.iter().map(|port| (port.host_port, port.protocol)).collect()
}

async fn moved(service: &Service, id: &str) -> Vec<(String, u16, u16, String)> {
    let page = service.catalogue_app(id).await;
    page.moved.into_iter().map(|port| (port.key, port.asked, port.given, port.by)).collect()
}

fn port(key: &str, asked: u16, given: u16, by: &str) -> (String, u16, u16, String) {
    (key.to_owned(), asked, given, by.to_owned())
}

#[tokio::test]
async fn ports_that_are_taken_are_moved_and_it_is_said_before_and_after() {
    let world = World::new();
    world.app("one", SYNC);
    world.app("two", SYNC);
    world.engine.publish(FakeImage::new("demo/main:1"));
    let service = world.service().await;
    assert_eq!(moved(&service, "one").await, []);
    assert_eq!(service.install("one").await.state, "succeeded");
    assert_eq!(moved(&service, "one").await, []);
    world.machine.taken.lock().unwrap().insert((42_001, Protocol::Udp));
    assert_eq!(
        moved(&service, "two").await,
        [
            port("page", 8384, 42_000, "one"),
            port("7000/tcp", 7000, 42_002, "one"),
            port("7000/udp", 7000, 42_002, "one"),
            port("7001/udp", 7001, 42_003, "one"),
        ]
    );
    let job = service.install("two").await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    let log = service.log(&job.id).await;
    assert!(log.contains("one has port 7000, so it gets 42002"), "{log}");
    assert!(log.contains("one has port 8384, so its page gets 42000"), "{log}");
    assert_eq!(
        bindings(&world, "two-sync-1"),
        [(Some(42_002), Protocol::Tcp), (Some(42_002), Protocol::Udp), (Some(42_003), Protocol::Udp),]
    );
    assert_eq!(
        moved(&service, "two").await,
        [
            port("page", 8384, 42_000, ""),
            port("7000/tcp", 7000, 42_002, ""),
            port("7000/udp", 7000, 42_002, ""),
            port("7001/udp", 7001, 42_003, ""),
        ]
    );
    // It stays there, and can be brought back once the port is free.
    let job = service.manager.remove(&admin(), "one", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let mut request = settings("two", "7001/udp", 0);
    let look = service.manager.look_at_settings(&admin(), &request).await.unwrap();
    let look: livos_bus::documents::AppChange = look.parse().unwrap();
    request.accept = look.permissions.into_iter().map(|one| one.code).collect();
    let job = service.manager.configure(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert!(bindings(&world, "two-sync-1").contains(&(Some(7001), Protocol::Udp)));
    assert!(bindings(&world, "two-sync-1").contains(&(Some(42_002), Protocol::Udp)));
}

#[tokio::test]
async fn an_update_that_publishes_a_port_that_is_taken_moves_it() {
    let world = World::new();
    world.app("one", SYNC);
    world.app("two", "services: {sync: {image: 'demo/main:1'}}\n");
    world.engine.publish(FakeImage::new("demo/main:1"));
    let service = world.service().await;
    for id in ["one", "two"] {
        assert_eq!(service.install(id).await.state, "succeeded");
    }
    world.app("two", "services: {sync: {image: 'demo/main:1', ports: ['7001:21027/udp']}}\n");
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let update = service.apps().rows.app(&livos_types::AppId::new("two").unwrap()).await.unwrap().unwrap();
    let update = service.apps().update_of(&update).await.unwrap().unwrap();
    let accept = update.permissions.into_iter().map(|one| one.code).collect();
    let request = livos_bus::UpdateRequest { app: "two".into(), answers: HashMap::new(), accept };
    let job = service.manager.update(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert!(service.log(&job.id).await.contains("one has port 7001"));
    assert!(!bindings(&world, "two-sync-1").contains(&(Some(7001), Protocol::Udp)));
    assert_eq!(service.app("two").await.update, "");
}

#[tokio::test]
async fn ports_that_are_looked_for_where_they_are_stay_and_it_is_said_why() {
    let world = World::new();
    world.app("dns", "services: {dns: {image: 'demo/main:1', ports: ['53:53/udp', '53:53', '5380:80']}}\n");
    let range = "services: {media: {image: 'demo/main:1', ports: ['9000-9003:9000-9003/udp']}}\n";
    world.app("range", range);
    world.engine.publish(FakeImage::new("demo/main:1"));
    world.machine.taken.lock().unwrap().extend([(53, Protocol::Udp), (9001, Protocol::Udp)]);
    let service = world.service().await;
    assert_eq!(moved(&service, "dns").await, [port("53/udp", 53, 0, "")]);
    assert_eq!(moved(&service, "range").await, [port("9001/udp", 9001, 0, "")]);
    for (id, why) in [("dns", "programs look for it there"), ("range", "one of a range")] {
        let job = service.install(id).await;
        assert_eq!(job.error_code, codes::PORT_TAKEN);
        assert!(job.error_message.contains(why), "{}", job.error_message);
    }
    world.assert_nothing_left(&service).await;
}

fn livos_machine(world: &World) -> String {
    crate::core::addresses::machine_name(&world.config.server.name)
}

#[tokio::test]
async fn a_port_that_caddy_cannot_have_takes_no_other_address_away() {
    let world = World::new();
    umbrel(&world, "one");
    umbrel(&world, "two");
    world.edge.taken.lock().unwrap().push(8123);
    let service = world.service().await;
    for id in ["one", "two"] {
        assert_eq!(service.install(id).await.state, "succeeded");
    }
    until("both", async || {
        let told = world.edge.last();
        told.contains("one.localhost") && told.contains("two.localhost") && told.contains(":42000")
    })
    .await;
    assert!(!world.edge.last().contains(":8123"));
    world.edge.taken.lock().unwrap().clear();
    service.apps().routes.changed();
    until("its port", async || world.edge.last().contains(":8123")).await;
}

#[tokio::test]
async fn an_app_does_not_go_back_to_a_port_that_another_one_has_by_now() {
    let world = World::new();
    umbrel(&world, "one");
    umbrel(&world, "two");
    let service = world.service().await;
    assert_eq!(service.install("one").await.state, "succeeded");
    move_page(&service, 9000).await;
    assert_eq!(service.install("two").await.state, "succeeded");
    assert_eq!(service.app("two").await.port, 8123);
    let job = service.manager.rollback(&admin(), "one", "").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", livos_bus::codes::PORT_TAKEN));
    assert!(job.error_message.contains("TWO"), "{}", job.error_message);
    let one = service.app("one").await;
    assert_eq!((one.state.as_str(), one.port), ("running", 9000));
}

#[tokio::test]
async fn two_apps_that_are_updated_at_once_choose_different_ports() {
    let world = World::new();
    for (id, page) in [("one", 8384), ("two", 8385)] {
        world.app(id, &format!("services:\n  web: {{image: 'demo/main:1', ports: ['{page}:80']}}\n"));
    }
    world.engine.publish(FakeImage::new("demo/main:1"));
    world.engine.publish(FakeImage::new("demo/main:2"));
    let service = world.service().await;
    for (id, page) in [("one", 8384), ("two", 8385)] {
        assert_eq!(service.install(id).await.state, "succeeded");
        world.app(
            id,
            &format!(
                "services:
  web: {{image: 'demo/main:2', ports: ['{page}:80']}}
  sync: {{image: 'demo/main:2', ports: ['7000:22000']}}
"
            ),
        );
    }
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    world.engine.hold_pull("demo/main:2");
    let mut jobs = Vec::new();
    for id in ["one", "two"] {
        let update: AppUpdate = service.reader.update_of(&admin(), id).await.unwrap().parse().unwrap();
        let accept = update.permissions.into_iter().map(|one| one.code).collect();
        let request = UpdateRequest { app: id.into(), answers: [].into(), accept };
        let job = service.manager.update(&admin(), &request).await.unwrap();
        service.until_step(&job, "downloading").await;
        jobs.push(job);
    }
    world.engine.release_pull("demo/main:2");
    for job in jobs {
        let job = service.ended(&job).await;
        assert_eq!(job.state, "succeeded", "{}", job.error_message);
    }
    assert_eq!(bindings(&world, "one-sync-1"), [(Some(7000), Protocol::Tcp)]);
    assert_eq!(bindings(&world, "two-sync-1"), [(Some(42_000), Protocol::Tcp)]);
}
