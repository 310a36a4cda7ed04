//! Ports: which an app's page gets, and what the app is told about it.

use std::collections::HashMap;

use livos_bus::SettingsRequest;
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

async fn move_page(service: &Service, to: u16) {
    let request = SettingsRequest {
        app: "one".to_owned(),
        answers: HashMap::new(),
        accept: Vec::new(),
        ports: [("page".to_owned(), to)].into(),
        memory: HashMap::new(),
    };
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
