//! What sits around the apps: all updates at once, and the way out.

use livos_bus::documents::UpdatesReply;
use livos_bus::{ErrorKind, codes};
use livos_docker::{EngineError, FakeImage};
use livos_types::Role;

use super::support::{Service, World, actor, admin};

fn simple(world: &World, id: &str, image: &str, more: &str) {
    world.app(id, &format!("services:\n  web:\n    image: {image}\n    restart: unless-stopped\n{more}"));
    world.engine.publish(FakeImage::new(image));
}

async fn refresh(service: &Service) {
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
}

async fn update_all(service: &Service) -> UpdatesReply {
    service.manager.update_all(&admin()).await.unwrap().parse().unwrap()
}

#[tokio::test]
async fn all_are_updated_but_those_that_fail_or_have_to_ask() {
    let world = World::new();
    for id in ["asks", "breaks", "current", "good"] {
        simple(&world, id, &format!("{id}/web:1"), "");
    }
    let service = world.service().await;
    assert_eq!(update_all(&service).await, UpdatesReply { started: Vec::new(), skipped: Vec::new() });
    for id in ["asks", "breaks", "current", "good"] {
        assert_eq!(service.install(id).await.state, "succeeded", "{id}");
    }
    simple(&world, "good", "good/web:2", "");
    simple(&world, "breaks", "breaks/web:2", "");
    simple(&world, "asks", "asks/web:2", "    privileged: true\n");
    refresh(&service).await;
    world.engine.fail_next("pull", "breaks/web:2", EngineError::NoSpace { detail: "full".to_owned() });

    let reply = update_all(&service).await;
    let skipped: Vec<_> = reply.skipped.iter().map(|app| (app.id.as_str(), app.code.as_str())).collect();
    assert_eq!(skipped, [("asks", codes::CONSENT_NEEDED)]);
    assert!(!reply.skipped[0].reason.is_empty());
    let started: Vec<_> = reply.started.iter().map(|app| app.id.as_str()).collect();
    assert_eq!(started, ["breaks", "good"]);
    let mut states = Vec::new();
    for app in &reply.started {
        states.push(service.ended(&app.job_id).await.state);
    }
    assert_eq!(states, ["failed", "succeeded"], "one that fails is no other's business");
    assert_eq!(world.engine.config_of("good-web-1").unwrap().image, "good/web:2");
    for id in ["asks", "breaks"] {
        assert_eq!(world.engine.config_of(&format!("{id}-web-1")).unwrap().image, format!("{id}/web:1"));
    }
}

#[tokio::test]
async fn asking_for_everything_twice_begins_it_once() {
    let world = World::new();
    simple(&world, "good", "good/web:1", "");
    let service = world.service().await;
    service.install("good").await;
    simple(&world, "good", "good/web:2", "");
    refresh(&service).await;
    world.engine.hold_pull("good/web:2");
    let (first, second) = (update_all(&service).await, update_all(&service).await);
    assert_eq!(first.started[0].job_id, second.started[0].job_id);
    world.engine.release_pull("good/web:2");
    assert_eq!(service.ended(&first.started[0].job_id).await.state, "succeeded");
}

fn member() -> livos_bus::Actor {
    actor("ada", Role::Member)
}

#[tokio::test]
async fn an_app_is_taken_out_as_a_project_with_its_secrets_only_on_request() {
    let world = World::new();
    let compose = "services:\n  web:\n    image: good/web:1\n    environment: {ADMIN_PASSWORD: correct-horse}\n    volumes: ['./config:/config']\n";
    world.app("good", compose);
    world.engine.publish(FakeImage::new("good/web:1"));
    let service = world.service().await;
    assert_eq!(service.install("good").await.state, "succeeded");
    let export = async |secrets| {
        let archive = service.manager.export(&admin(), "good", secrets).await.unwrap().read().unwrap();
        String::from_utf8(archive).unwrap()
    };
    let (plain, full) = (export(false).await, export(true).await);
    for archive in [&plain, &full] {
        for entry in ["good/compose.yaml", "good/.env", "good/README.txt", "good/original/docker-compose.yml"]
        {
            assert!(archive.contains(entry), "{entry} in {archive}");
        }
        let data = world.data_of("good").join("config").display().to_string();
        assert!(
            archive.contains(&format!("\"source\": \"{data}\""))
                || archive.contains(&format!("source: \"{data}\"")),
            "{archive}"
        );
        assert!(archive.contains("${WEB_ADMIN_PASSWORD:?"), "{archive}");
    }
    // The catalogue's own file says it, too: it is no secret of this server.
    assert_eq!(plain.matches("correct-horse").count(), 1, "{plain}");
    assert_eq!(full.matches("correct-horse").count(), 2, "{full}");

    for error in [
        service.manager.export(&member(), "good", false).await.unwrap_err(),
        service.manager.update_all(&member()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind, ErrorKind::Denied);
    }
    let error = service.manager.export(&admin(), "nothing", false).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}
