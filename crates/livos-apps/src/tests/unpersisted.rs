//! What an app wrote into its containers only is lost when somebody agreed to that, and never otherwise.

use std::collections::HashMap;

use livos_bus::documents::{AppChange, AppUpdate, UpdatesReply};
use livos_bus::{SettingsRequest, UpdateRequest, codes};
use livos_docker::{Archive, Engine, Permissions};

use super::support::{Service, World, admin};
use super::update::{images, prepared};

async fn write(world: &World, folder: &str, file: &str, bytes: usize) {
    let mut archive = Archive::new();
    archive.file(file, Permissions::root(0o644), &vec![1; bytes]).unwrap();
    world.engine.put_archive("demo-web-1", folder, archive.finish()).await.unwrap();
}

async fn offered(service: &Service) -> AppUpdate {
    service.reader.update_of(&admin(), "demo").await.unwrap().parse().unwrap()
}

fn accepting(update: &AppUpdate) -> UpdateRequest {
    let accept = update.permissions.iter().map(|permission| permission.code.clone()).collect();
    UpdateRequest { app: "demo".to_owned(), answers: HashMap::new(), accept }
}

#[tokio::test]
async fn an_update_that_would_lose_data_asks_first() {
    let world = World::new();
    let service = prepared(&world).await;
    // None of this would be missed: what lies in a folder of the app, and what passes.
    write(&world, "/config", "settings", 10).await;
    write(&world, "/tmp", "upload", 10).await;
    assert_eq!(offered(&service).await.permissions, []);

    write(&world, "/app", "data/library.db", 2_000_000).await;
    let update = offered(&service).await;
    let [loss] = update.permissions.as_slice() else { panic!("{:?}", update.permissions) };
    assert!(loss.text.starts_with("web ") && loss.text.ends_with(": /app/data (2 MB)"), "{}", loss.text);
    assert_eq!(loss.risk, "high");

    // Nobody is there to be asked when all are updated.
    let all: UpdatesReply = service.manager.update_all(&admin()).await.unwrap().parse().unwrap();
    let [skipped] = all.skipped.as_slice() else { panic!("{all:?}") };
    assert_eq!(skipped.code, codes::CONSENT_NEEDED);
    assert!(skipped.reason.contains("/app/data (2 MB)"), "{}", skipped.reason);
    let nothing = UpdateRequest { accept: Vec::new(), ..accepting(&update) };
    let refused = service.manager.update(&admin(), &nothing).await.unwrap_err();
    assert_eq!(refused.code, codes::CONSENT_NEEDED);
    assert!(refused.to_string().contains("/app/data"), "{refused}");
    assert_eq!(images(&world).await, ["demo/db:1", "demo/web:1"]);

    // More in the same place changes nothing about what was agreed to; another place does.
    write(&world, "/app/data", "more.db", 3_000_000).await;
    write(&world, "/srv", "other.db", 10).await;
    assert_eq!(
        service.manager.update(&admin(), &accepting(&update)).await.unwrap_err().code,
        codes::CONSENT_NEEDED
    );
    let update = offered(&service).await;
    write(&world, "/app/data", "again.db", 3_000_000).await;
    let job = service.manager.update(&admin(), &accepting(&update)).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!(images(&world).await, ["demo/db:2", "demo/web:2"]);
}

#[tokio::test]
async fn what_is_written_while_an_update_waits_for_its_turn_is_asked_about_too() {
    let world = World::new();
    let service = prepared(&world).await;
    let agreed = accepting(&offered(&service).await);
    world.engine.hold_pull("demo/web:2");
    let job = service.manager.update(&admin(), &agreed).await.unwrap();
    service.until_step(&job, "downloading").await;
    write(&world, "/app", "library.db", 10).await;
    // It begins anew when the daemon is back.
    service.crash().await;
    world.engine.release_pull("demo/web:2");
    let service = world.service().await;
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", codes::CONSENT_NEEDED));
    assert!(job.error_message.ends_with("Nothing was changed."), "{}", job.error_message);
    assert_eq!(images(&world).await, ["demo/db:1", "demo/web:1"]);
}

#[tokio::test]
async fn other_settings_ask_as_well() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    write(&world, "/app", "library.db", 1_500).await;
    let request = |accept| SettingsRequest {
        app: "demo".to_owned(),
        answers: HashMap::new(),
        accept,
        ports: HashMap::new(),
        memory: [("web".to_owned(), 64 << 20)].into(),
        docker: String::new(),
        images: std::collections::HashMap::new(),
    };
    let change: AppChange =
        service.manager.look_at_settings(&admin(), &request(Vec::new())).await.unwrap().parse().unwrap();
    assert_eq!(change.permissions.len(), 1, "{:?}", change.permissions);
    assert!(change.permissions[0].text.ends_with(": /app (1 kB)"), "{:?}", change.permissions);
    let refused = service.manager.configure(&admin(), &request(Vec::new())).await.unwrap_err();
    assert_eq!(refused.code, codes::CONSENT_NEEDED);
    let agreed = request(vec![change.permissions[0].code.clone()]);
    let job = service.manager.configure(&admin(), &agreed).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
}
