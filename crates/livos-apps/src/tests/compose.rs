//! The compose file of an installed app in its owner's hands: checked, compared, and used like an update.

use livos_bus::documents::{AppCompose, ComposeCheck, UpdatesReply};
use livos_bus::{Document, ErrorKind, SettingsRequest, UpdateRequest, codes};
use livos_docker::{Behaviour, Engine, FakeImage, LabelFilter};
use livos_types::Role;

use super::support::{Service, World, actor, admin, until};

async fn prepared(world: &World) -> Service {
    world.demo();
    world.engine.publish(FakeImage::new("demo/db:2"));
    let service = world.service().await;
    let job = service.install("demo").await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    std::fs::write(world.data_of("demo").join("config/settings"), "of before").unwrap();
    service
}

fn document(text: &str) -> Document {
    Document::from_bytes(text.as_bytes().to_vec()).unwrap()
}

async fn file(service: &Service) -> AppCompose {
    service.manager.compose(&admin(), "demo").await.unwrap().parse().unwrap()
}

async fn check(service: &Service, text: &str) -> ComposeCheck {
    service.manager.look_at_compose(&admin(), "demo", document(text)).await.unwrap().parse().unwrap()
}

/// Agrees to everything and begins; answers the job's id.
async fn begin(service: &Service, text: &str) -> livos_bus::Result<String> {
    let check = check(service, text).await;
    let change = check.change.unwrap_or_else(|| panic!("{:?}", check.problems));
    let accept: Vec<String> = change.permissions.into_iter().map(|one| one.code).collect();
    service.manager.edit_compose(&admin(), "demo", &check.revision, &accept, document(text)).await
}

/// Another database, and a variable for the page.
fn edited(text: &str) -> String {
    text.replace("demo/db:1", "demo/db:2")
        .replace("    image: demo/web:1\n", "    image: demo/web:1\n    environment: {COLOUR: green}\n")
}

fn is_new(world: &World) -> bool {
    let database = world.engine.config_of("demo-db-1").unwrap().image == "demo/db:2";
    let page = world.engine.config_of("demo-web-1").unwrap().env.contains_key("COLOUR");
    assert_eq!(database, page, "it is half old and half new");
    page
}

fn stored(world: &World) -> String {
    std::fs::read_to_string(world.data_of("demo").join("config/settings")).unwrap()
}

async fn refresh(service: &Service) {
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
}

#[tokio::test]
async fn the_owners_file_is_used_survives_and_is_taken_back() {
    let world = World::new();
    let service = prepared(&world).await;
    let before = file(&service).await;
    assert_eq!(
        (before.file.as_str(), before.edited, &before.text),
        ("docker-compose.yml", false, &before.store)
    );
    // What LivOS makes of it is there to be read, beside the file.
    assert!(before.runs.contains("name: \"demo\"") && !before.text.contains("name:"), "{}", before.runs);

    let text = edited(&before.text);
    let found = check(&service, &text).await;
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let lines: Vec<_> = found.lines.iter().filter(|line| line.kind != "same").collect();
    let shown: Vec<_> = lines.iter().map(|line| (line.kind.as_str(), line.text.trim())).collect();
    let wanted = [
        ("added", "environment: {COLOUR: green}"),
        ("removed", "image: demo/db:1"),
        ("added", "image: demo/db:2"),
    ];
    assert_eq!(shown, wanted);
    assert_eq!(found.change.unwrap().recreated, ["db", "web"]);
    assert!(!is_new(&world), "looking changes nothing");

    let job = begin(&service, &text).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert!(is_new(&world) && stored(&world) == "of before");
    let app = service.app("demo").await;
    assert!(app.edited && app.previous_until > 0 && app.state == "running", "{app:?}");

    service.crash().await;
    let service = world.service().await;
    let after = file(&service).await;
    assert!(after.edited && after.text == text && after.store == before.text, "{after:?}");
    assert_ne!(after.revision, before.revision);

    // Other settings keep it.
    let settings = SettingsRequest {
        app: "demo".into(),
        answers: [].into(),
        accept: Vec::new(),
        ports: [].into(),
        memory: [("db".to_owned(), 64 << 20)].into(),
        docker: String::new(),
        images: std::collections::HashMap::new(),
    };
    let job = service.manager.configure(&admin(), &settings).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(is_new(&world) && service.app("demo").await.edited);
    let job = service.manager.rollback(&admin(), "demo", "").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(is_new(&world) && service.app("demo").await.edited);

    // The store's text is the store's file.
    let job = begin(&service, &before.text).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(!is_new(&world) && !service.app("demo").await.edited && stored(&world) == "of before");
    assert_eq!(file(&service).await, before);
}

#[tokio::test]
async fn what_cannot_be_says_where_and_nothing_is_touched() {
    let world = World::new();
    world.app("other", "services: {main: {image: 'demo/db:1', ports: ['7000:1/udp']}}\n");
    let service = prepared(&world).await;
    assert_eq!(service.install("other").await.state, "succeeded");
    let text = file(&service).await.text;
    let bomb: String = (0..200).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let cases = [
        (text.replace("['8096:80']", "['8096:80'"), Some(5), "YAML"),
        (text.replace("['8096:80']", "['8096:eighty']"), Some(4), "ports"),
        (text.replace("depends_on: {db:", "depends_on: {cache:"), Some(6), "cache"),
        (
            text.replace("    image: demo/db:1\n", "    image: demo/db:1\n    network_mode: 'ns:/proc/1'\n"),
            Some(10),
            "not supported",
        ),
        (text.replace("['8096:80']", "['8096:80', '7000:70/udp']"), None, "7000"),
        (text.replace("demo/db:1", "demo/db:${DB:?say which}"), Some(9), "DB"),
        ("services: {}\n".to_owned(), Some(1), "empty"),
        (bomb, None, "nested"),
        (" ".to_owned(), None, "empty"),
        ("#\n".repeat(5_001), None, "lines"),
    ];
    for (text, line, word) in cases {
        let found = check(&service, &text).await;
        let wrong = found.problems.iter().find(|problem| problem.error);
        let wrong = wrong.unwrap_or_else(|| panic!("accepted: {text}"));
        assert!(found.change.is_none() && wrong.text.contains(word), "{word}: {wrong:?}");
        assert_eq!(Some(wrong.line).filter(|line| *line > 0), line, "{word}: {wrong:?}");
        let refused = service
            .manager
            .edit_compose(&admin(), "demo", &found.revision, &[], document(&text))
            .await
            .unwrap_err();
        assert!(!refused.message.is_empty() && refused.kind != ErrorKind::Internal, "{refused:?}");
    }
    let look =
        async |document| service.manager.look_at_compose(&admin(), "demo", document).await.unwrap_err();
    assert_eq!(look(document(&"x".repeat(128 * 1024 + 1))).await.kind, ErrorKind::Invalid);
    assert_eq!(look(Document::from_bytes(vec![0xff, 0xfe]).unwrap()).await.kind, ErrorKind::Invalid);
    // A pipe could be held open for ever.
    let (reading, _writing) = std::io::pipe().unwrap();
    assert_eq!(look(Document::from_descriptor(reading.into())).await.kind, ErrorKind::Invalid);
    let member = actor("ada", Role::Member);
    assert_eq!(service.manager.compose(&member, "demo").await.unwrap_err().kind, ErrorKind::Denied);
    let denied = service.manager.edit_compose(&member, "demo", "", &[], document(&text)).await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::Denied);
    assert!(!is_new(&world) && !service.app("demo").await.edited);
}

#[tokio::test]
async fn consent_and_the_file_that_was_read_are_needed() {
    let world = World::new();
    let service = prepared(&world).await;
    let before = file(&service).await;
    let text = edited(&before.text)
        .replace("volumes: ['rows:/rows']", "privileged: true")
        .replace("volumes: {rows: {}}\n", "");
    let found = check(&service, &text).await;
    assert_eq!(found.volumes, ["demo_rows"]);
    assert!(!found.change.unwrap().permissions.is_empty());
    let edit = async |revision: &str, text: &str| {
        service.manager.edit_compose(&admin(), "demo", revision, &[], document(text)).await.unwrap_err()
    };
    assert_eq!(edit(&before.revision, &text).await.code, codes::CONSENT_NEEDED);
    assert_eq!(edit("another", &edited(&before.text)).await.code, codes::CHANGED_MEANWHILE);
    assert_eq!(edit(&before.revision, &before.text).await.code, "conflict");

    // Two people at once: the second one's job finds another file than was read.
    world.hold("downloading", "demo/db:2", "demo/db:2");
    let first = begin(&service, &edited(&before.text)).await.unwrap();
    service.until_step(&first, "downloading").await;
    let second = begin(&service, &before.text.replace("unless-stopped", "always")).await.unwrap();
    world.engine.release_pull("demo/db:2");
    assert_eq!(service.ended(&first).await.state, "succeeded");
    let second = service.ended(&second).await;
    assert_eq!((second.state.as_str(), second.error_code.as_str()), ("failed", codes::CHANGED_MEANWHILE));
    assert!(is_new(&world));

    // A volume that is not used any more stays, with what is in it.
    let job = begin(&service, &text).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    let volumes = world.engine.list_volumes(&LabelFilter::any()).await.unwrap();
    assert!(volumes.iter().any(|volume| volume.name == "demo_rows"), "{volumes:?}");
}

#[tokio::test]
async fn a_file_with_which_it_does_not_work_is_put_back() {
    let world = World::new();
    let service = prepared(&world).await;
    let before = file(&service).await;
    world.engine.publish(FakeImage::new("demo/db:2").behaviour(Behaviour::Exits(1)));
    let job = begin(&service, &edited(&before.text)).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", codes::UNHEALTHY));
    assert!(
        job.error_message.ends_with("The compose file from before is back, with the app's data."),
        "{}",
        job.error_message
    );
    until("the app", async || service.app("demo").await.state == "running").await;
    assert!(!is_new(&world) && stored(&world) == "of before");
    assert_eq!(file(&service).await, before);
}

#[tokio::test]
async fn an_edited_app_is_not_updated_and_what_was_set_about_a_part_goes_with_it() {
    let world = World::new();
    let service = prepared(&world).await;
    let before = file(&service).await;
    let settings = SettingsRequest {
        app: "demo".into(),
        answers: [].into(),
        accept: Vec::new(),
        ports: [].into(),
        memory: [("db".to_owned(), 64 << 20)].into(),
        docker: String::new(),
        images: std::collections::HashMap::new(),
    };
    let job = service.manager.configure(&admin(), &settings).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let alone = "services:\n  web:\n    image: demo/web:1\n    ports: ['8096:80']\n    environment: {COLOUR: green}\n";
    let job = begin(&service, alone).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert!(world.engine.config_of("demo-db-1").is_none());
    let known = service.manager.settings(&admin(), "demo").await.unwrap();
    let known: livos_bus::documents::AppSettings = known.parse().unwrap();
    assert_eq!(known.memory.iter().map(|one| one.service.as_str()).collect::<Vec<_>>(), ["web"]);
    // It can still be set, although what was set before has no place any more.
    let settings = SettingsRequest { memory: [("web".to_owned(), 64 << 20)].into(), ..settings };
    let job = service.manager.configure(&admin(), &settings).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");

    world.app("demo", &before.text.replace("demo/web:1", "demo/web:2"));
    world.engine.publish(FakeImage::new("demo/web:2"));
    refresh(&service).await;
    let app = service.app("demo").await;
    assert!(app.edited && !app.update.is_empty(), "what its store has is told: {app:?}");
    let update = UpdateRequest { app: "demo".into(), answers: [].into(), accept: Vec::new() };
    let refused = service.manager.update(&admin(), &update).await.unwrap_err();
    assert!(refused.code == "edited" && refused.message.contains("store's file"), "{refused:?}");
    let reply: UpdatesReply = service.manager.update_all(&admin()).await.unwrap().parse().unwrap();
    assert_eq!((reply.started.len(), reply.skipped[0].code.as_str()), (0, "edited"));

    let job = begin(&service, &file(&service).await.store).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let job = service.manager.update(&admin(), &update).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(world.engine.config_of("demo-web-1").unwrap().image, "demo/web:2");
}

#[tokio::test]
async fn a_file_says_which_images_run_whatever_version_was_chosen_before() {
    let world = World::new();
    let service = prepared(&world).await;
    world.engine.publish(FakeImage::new("demo/web:0.9"));
    let wish = SettingsRequest {
        app: "demo".to_owned(),
        answers: std::collections::HashMap::new(),
        accept: Vec::new(),
        ports: std::collections::HashMap::new(),
        memory: std::collections::HashMap::new(),
        docker: String::new(),
        images: [("web".to_owned(), "0.9".to_owned())].into(),
    };
    let job = service.manager.configure(&admin(), &wish).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(world.engine.config_of("demo-web-1").unwrap().image, "demo/web:0.9");
    let text = file(&service).await.text;
    let job = begin(&service, &edited(&text)).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!(world.engine.config_of("demo-web-1").unwrap().image, "demo/web:1");
    assert!(is_new(&world));
}
