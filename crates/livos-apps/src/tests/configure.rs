//! Other settings for an installed app: it has them, or everything is as it was, whatever fails and whenever it dies.

use std::collections::HashMap;

use livos_bus::documents::{AppChange, AppSettings, UpdatesReply};
use livos_bus::{ErrorKind, SettingsRequest, codes};
use livos_docker::{Behaviour, ContainerConfig, Engine, EngineError, FakeImage, Health, LabelFilter};
use livos_types::Role;

use super::support::{Service, World, actor, admin, until};

const WORD: &str = "correct horse battery";

fn compose(version: &str) -> String {
    format!(
        "services:
  web:
    image: demo/web:{version}
    ports: ['8096:80', '5353:53/udp']
    restart: unless-stopped
    depends_on: {{db: {{condition: service_healthy}}}}
    environment: {{NAME: '${{NAME}}', API_TOKEN: '${{API_TOKEN}}'}}
    volumes: ['./config:/config']
  db:
    image: 'demo/db:${{DB:?a version}}'
    restart: unless-stopped
    healthcheck: {{test: ['CMD', 'check']}}
    volumes: ['rows:/rows']
volumes: {{rows: {{}}}}
"
    )
}

async fn prepared(world: &World) -> Service {
    world.app("demo", &compose("1"));
    world.engine.publish(FakeImage::new("demo/web:1"));
    world.engine.publish(FakeImage::new("demo/db:1"));
    world.engine.publish(FakeImage::new("demo/db:2"));
    let service = world.service().await;
    let mut request = service.request("demo").await;
    let answers = [("NAME", "Ada"), ("API_TOKEN", WORD), ("DB", "1")];
    request.answers = answers.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    request.accept.extend(accepted(&service, &request).await);
    let job = service.manager.install(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    std::fs::write(world.data_of("demo").join("config/settings"), "of before").unwrap();
    service
}

/// What it asks for can only be known once it is answered.
async fn accepted(service: &Service, request: &livos_bus::InstallRequest) -> Vec<String> {
    let store = livos_types::StoreId::new("store").unwrap();
    let app = livos_types::AppId::new("demo").unwrap();
    let entry = service.apps().rows.entry(&store, &app).await.unwrap().unwrap();
    let entry: livos_manifest::Entry = serde_json::from_str(&entry.source).unwrap();
    let answers = request.answers.clone().into_iter().collect();
    let context = livos_manifest::Context { answers, ..livos_manifest::Context::default() };
    entry.plan(&context).spec.unwrap().permissions.iter().map(crate::core::answers::consent).collect()
}

fn request() -> SettingsRequest {
    SettingsRequest {
        app: "demo".to_owned(),
        answers: HashMap::new(),
        accept: Vec::new(),
        ports: HashMap::new(),
        memory: HashMap::new(),
        docker: String::new(),
        images: std::collections::HashMap::new(),
    }
}

/// Another name, another database, another port and less memory.
fn change() -> SettingsRequest {
    SettingsRequest {
        answers: [("NAME", "Grace"), ("DB", "2")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        ports: [("5353/udp".to_owned(), 9000), ("page".to_owned(), 9001)].into(),
        memory: [("web".to_owned(), 64 << 20)].into(),
        ..request()
    }
}

async fn look(service: &Service, request: &SettingsRequest) -> AppChange {
    service.manager.look_at_settings(&admin(), request).await.unwrap().parse().unwrap()
}

async fn agreed(service: &Service, mut request: SettingsRequest) -> SettingsRequest {
    request.accept = look(service, &request).await.permissions.into_iter().map(|one| one.code).collect();
    request
}

async fn begin(service: &Service) -> String {
    let request = agreed(service, change()).await;
    service.manager.configure(&admin(), &request).await.unwrap()
}

async fn settings(service: &Service) -> AppSettings {
    service.manager.settings(&admin(), "demo").await.unwrap().parse().unwrap()
}

fn web(world: &World) -> ContainerConfig {
    world.engine.config_of("demo-web-1").unwrap()
}

fn is_new(world: &World) -> bool {
    let web = web(world);
    let name = web.env["NAME"].as_deref() == Some("Grace");
    let port = web.ports.iter().any(|port| port.host_port == Some(9000));
    let memory = web.resources.memory == Some(64 << 20);
    let database = world.engine.config_of("demo-db-1").unwrap().image == "demo/db:2";
    let parts = [name, port, memory, database];
    assert!(parts.iter().all(|new| *new == name), "it is half old and half new: {parts:?}");
    name
}

fn stored(world: &World) -> String {
    std::fs::read_to_string(world.data_of("demo").join("config/settings")).unwrap()
}

/// Everything is as it was, and nothing else is there.
async fn assert_before(world: &World, service: &Service) {
    let app = service.app("demo").await;
    assert_eq!((app.state.as_str(), app.previous.as_str()), ("running", ""), "{}", app.detail);
    assert!(!is_new(world));
    assert_eq!(stored(world), "of before");
    assert_eq!(
        settings(service).await.inputs.iter().find(|one| one.input.key == "NAME").unwrap().value,
        "Ada"
    );
    assert_eq!(world.engine.image("demo/db:2").await.unwrap(), None, "what was downloaded for it");
    let volumes = world.engine.list_volumes(&LabelFilter::any()).await.unwrap();
    assert_eq!(volumes.iter().map(|volume| volume.name.as_str()).collect::<Vec<_>>(), ["demo_rows"]);
    let kept = world.directory.path().join("data/app-snapshots/demo");
    assert!(!kept.exists() || std::fs::read_dir(kept).unwrap().next().is_none());
}

#[tokio::test]
async fn what_was_answered_is_shown_but_for_secrets() {
    let world = World::new();
    let service = prepared(&world).await;
    let document = service.manager.settings(&admin(), "demo").await.unwrap().read().unwrap();
    assert!(!String::from_utf8_lossy(&document).contains(WORD));
    let found = settings(&service).await;
    let mut inputs: Vec<_> = found
        .inputs
        .iter()
        .map(|one| (one.input.key.as_str(), one.value.as_str(), one.set, one.secret))
        .collect();
    inputs.sort_unstable();
    let wanted = [("API_TOKEN", "", true, true), ("DB", "1", true, false), ("NAME", "Ada", true, false)];
    assert_eq!(inputs, wanted);
    let ports: Vec<_> = found.ports.iter().map(|port| (port.key.as_str(), port.store, port.port)).collect();
    let page = service.app("demo").await.port;
    assert_eq!(ports, [("page", 0, page), ("5353/udp", 5353, 5353)]);
    let refused = service.manager.settings(&actor("ada", Role::Member), "demo").await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Denied);
}

#[tokio::test]
async fn settings_are_changed_with_the_data_kept_and_can_be_taken_back() {
    let world = World::new();
    let service = prepared(&world).await;
    let before = service.app("demo").await.port;
    let asked = look(&service, &change()).await;
    assert_eq!(asked.recreated, ["db", "web"]);
    let changes: Vec<_> = asked
        .services
        .iter()
        .flat_map(|one| one.changes.iter().map(|change| (one.service.as_str(), change.kind.as_str())))
        .collect();
    assert_eq!(
        changes,
        [("db", "image"), ("web", "variable"), ("web", "port"), ("web", "memory"), ("web", "port")]
    );
    assert_eq!(asked.permissions.len(), 1, "the new port: {:?}", asked.permissions);
    let refused = service.manager.configure(&admin(), &change()).await.unwrap_err();
    assert_eq!(refused.code, codes::CONSENT_NEEDED);
    assert!(!is_new(&world), "looking changes nothing");

    let job = begin(&service).await;
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert!(is_new(&world));
    assert_eq!(web(&world).env["API_TOKEN"].as_deref(), Some(WORD), "what was not said stays");
    assert_eq!(stored(&world), "of before");
    let app = service.app("demo").await;
    assert!(app.previous_settings && app.previous_until > 0 && app.state == "running", "{app:?}");
    assert_eq!(app.port, 9001);
    until("the page's new port", async || world.edge.last().contains(":9001")).await;
    let found = settings(&service).await;
    assert_eq!((found.ports[1].store, found.ports[1].port), (5353, 9000));
    assert!(found.memory.iter().any(|one| one.service == "web" && one.limit == 64 << 20 && one.store == 0));

    std::fs::write(world.data_of("demo").join("config/settings"), "of after").unwrap();
    let job = service.manager.rollback(&admin(), "demo", "").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(!is_new(&world) && stored(&world) == "of before");
    let found = settings(&service).await;
    assert_eq!(found.inputs.iter().find(|one| one.input.key == "NAME").unwrap().value, "Ada");
    assert_eq!((found.ports[0].port, found.ports[1].port), (before, 5353));
    until("the page's old port", async || !world.edge.last().contains(":9001")).await;
}

#[tokio::test]
async fn what_was_set_stays_with_an_update_and_can_be_what_the_store_says_again() {
    let world = World::new();
    let service = prepared(&world).await;
    let job = begin(&service).await;
    assert_eq!(service.ended(&job).await.state, "succeeded");
    world.app("demo", &compose("2"));
    world.engine.publish(FakeImage::new("demo/web:2"));
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let update = livos_bus::UpdateRequest { app: "demo".into(), answers: HashMap::new(), accept: Vec::new() };
    let job = service.manager.update(&admin(), &update).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!(web(&world).image, "demo/web:2");
    assert!(is_new(&world));
    let back = SettingsRequest {
        ports: [("5353/udp".to_owned(), 0), ("page".to_owned(), 0)].into(),
        memory: [("web".to_owned(), 0)].into(),
        ..request()
    };
    let back = agreed(&service, back).await;
    let job = service.manager.configure(&admin(), &back).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let web = web(&world);
    assert!(
        web.resources.memory.is_none() && web.ports.iter().any(|port| port.host_port == Some(5353)),
        "{web:?}"
    );
    assert_ne!(service.app("demo").await.port, 9001);
}

/// Updates to the second web and sets the app otherwise, in this order or the other one.
async fn changed_twice(world: &World, service: &Service, settings_first: bool) {
    let set = async || {
        let job = begin(service).await;
        let job = service.ended(&job).await;
        assert_eq!(job.state, "succeeded", "{}", job.error_message);
    };
    if settings_first {
        set().await;
    }
    world.app("demo", &compose("2"));
    world.engine.publish(FakeImage::new("demo/web:2"));
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let update = livos_bus::UpdateRequest { app: "demo".into(), answers: HashMap::new(), accept: Vec::new() };
    let job = service.manager.update(&admin(), &update).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    if !settings_first {
        set().await;
    }
}

fn ways(app: &livos_bus::documents::InstalledApp) -> Vec<(&str, usize)> {
    app.ways_back.iter().map(|way| (way.kind.as_str(), way.also.len())).collect()
}

/// The image, whether the settings are the new ones, how many copies of the app's folder there are, and how many of
/// volumes.
async fn what_it_is(world: &World) -> (String, bool, usize, usize) {
    let kept = LabelFilter::key("io.livos.kept");
    let copies = world.directory.path().join("data/app-snapshots/demo");
    let copies = std::fs::read_dir(copies).map_or(0, Iterator::count);
    let volumes = world.engine.list_volumes(&kept).await.unwrap().len();
    (web(world).image, is_new(world), copies, volumes)
}

#[tokio::test]
async fn each_kind_of_change_keeps_its_own_way_back() {
    let (old, new) = ("demo/web:1".to_owned(), "demo/web:2".to_owned());
    let back = async |service: &Service, to: &str| {
        let job = service.manager.rollback(&admin(), "demo", to).await.unwrap();
        let job = service.ended(&job).await;
        assert_eq!(job.state, "succeeded", "{}", job.error_message);
    };
    // The later one first, and then the earlier one.
    let world = World::new();
    let service = prepared(&world).await;
    changed_twice(&world, &service, false).await;
    assert_eq!(what_it_is(&world).await, (new.clone(), true, 2, 2));
    assert_eq!(ways(&service.app("demo").await), [("settings", 0), ("version", 1)]);
    let error = service.manager.rollback(&admin(), "demo", "elsewhere").await.unwrap_err();
    assert_eq!(error.code, "invalid");
    back(&service, "").await;
    assert_eq!(what_it_is(&world).await, (new.clone(), false, 1, 1));
    assert_eq!(ways(&service.app("demo").await), [("version", 0)]);
    assert!(service.manager.rollback(&admin(), "demo", "settings").await.is_err());
    back(&service, "version").await;
    assert_eq!(what_it_is(&world).await, (old.clone(), false, 0, 0));
    assert_eq!(ways(&service.app("demo").await), []);
    // Straight to the earlier one: what came after it is undone, and nothing leads there any more.
    for (settings_first, to) in [(false, "version"), (true, "settings")] {
        let world = World::new();
        let service = prepared(&world).await;
        changed_twice(&world, &service, settings_first).await;
        assert_eq!(ways(&service.app("demo").await)[1], (to, 1));
        std::fs::write(world.data_of("demo").join("config/settings"), "of after").unwrap();
        back(&service, to).await;
        assert_eq!(what_it_is(&world).await, (old.clone(), false, 0, 0), "{to}");
        assert_eq!((ways(&service.app("demo").await), stored(&world).as_str()), (Vec::new(), "of before"));
    }
    // A second change of the same kind takes the place of the first, and of nothing else.
    let world = World::new();
    let service = prepared(&world).await;
    changed_twice(&world, &service, true).await;
    let again = SettingsRequest { answers: [("NAME".to_owned(), "Joan".to_owned())].into(), ..request() };
    let job = service.manager.configure(&admin(), &again).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(ways(&service.app("demo").await), [("settings", 0), ("version", 1)]);
    let kept = LabelFilter::key("io.livos.kept");
    assert_eq!(world.engine.list_volumes(&kept).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_way_back_that_was_begun_and_given_up_is_gone_to_its_end() {
    let world = World::new();
    let service = prepared(&world).await;
    changed_twice(&world, &service, false).await;
    let id = livos_types::AppId::new("demo").unwrap();
    service.apps().rows.choose_way(&id, crate::store::Slot::Version).await.unwrap();
    service.crash().await;
    let service = world.service().await;
    until("the way back", async || {
        let app = service.app("demo").await;
        // What was kept goes once it counts that the app is back.
        app.state == "running"
            && app.ways_back.is_empty()
            && what_it_is(&world).await == ("demo/web:1".to_owned(), false, 0, 0)
    })
    .await;
    assert_eq!(stored(&world), "of before");
}

#[tokio::test]
async fn a_secret_is_replaced_and_told_to_nobody() {
    const NEW: &str = "staple of the new word";
    let world = World::new();
    let service = prepared(&world).await;
    let wish = SettingsRequest { answers: [("API_TOKEN".to_owned(), NEW.to_owned())].into(), ..request() };
    let looked = service.manager.look_at_settings(&admin(), &wish).await.unwrap().read().unwrap();
    let job = service.manager.configure(&admin(), &wish).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(web(&world).env["API_TOKEN"].as_deref(), Some(NEW));
    let shown = service.manager.settings(&admin(), "demo").await.unwrap().read().unwrap();
    let told = format!(
        "{} {} {:?} {:?} {} {:?}",
        String::from_utf8_lossy(&looked),
        String::from_utf8_lossy(&shown),
        service.job(&job).await,
        service.jobs.list(&admin()).await.unwrap(),
        service.log(&job).await,
        service.installed().await,
    );
    assert!(!told.contains(NEW) && !told.contains(WORD), "{told}");
}

#[tokio::test]
async fn what_cannot_be_is_refused_before_anything_is_touched() {
    let world = World::new();
    world.app("other", "services: {main: {image: 'demo/db:1', ports: ['7000:1/udp']}}\n");
    let service = prepared(&world).await;
    assert_eq!(service.install("other").await.state, "succeeded");
    world
        .machine
        .taken
        .lock()
        .unwrap()
        .extend([(7001, livos_docker::Protocol::Tcp), (7001, livos_docker::Protocol::Udp)]);
    let port = |key: &str, port| SettingsRequest { ports: [(key.to_owned(), port)].into(), ..request() };
    let memory =
        |service: &str, bytes| SettingsRequest { memory: [(service.to_owned(), bytes)].into(), ..request() };
    let answer = |text: &str| SettingsRequest { answers: [("NAME".into(), text.into())].into(), ..request() };
    for (wish, code) in [
        (port("5353/udp", 7000), codes::PORT_TAKEN),
        (port("5353/udp", 7001), codes::PORT_TAKEN),
        (port("page", 7001), codes::PORT_TAKEN),
        (port("page", 443), "invalid"),
        (port("8096/tcp", 7002), "invalid"),
        (port("9999/tcp", 7002), "invalid"),
        (memory("web", 1000), "invalid"),
        (memory("nobody", 64 << 20), "invalid"),
        (answer("two\nlines"), codes::INPUT_NEEDED),
        (
            SettingsRequest { answers: [("DB".into(), String::new())].into(), ..request() },
            codes::INPUT_NEEDED,
        ),
        (answer("Ada"), "conflict"),
    ] {
        let error = service.manager.configure(&admin(), &wish).await.unwrap_err();
        assert_eq!(error.code, code, "{wish:?}: {}", error.message);
    }
    world.machine.free.store(1, std::sync::atomic::Ordering::SeqCst);
    let job = begin(&service).await;
    let job = service.ended(&job).await;
    assert_eq!((job.error_code.as_str(), job.state.as_str()), (codes::NO_SPACE, "failed"));
    assert!(job.error_message.ends_with("Nothing was changed."), "{}", job.error_message);
    assert!(!is_new(&world));
}

#[tokio::test]
async fn settings_with_which_it_does_not_work_are_put_back() {
    type How = fn(&World);
    let hows: [(&str, How); 5] = [
        (codes::IMAGE_NOT_FOUND, |world| world.engine.unpublish("demo/db:2")),
        (codes::UNHEALTHY, |world| {
            world.engine.publish(FakeImage::new("demo/db:2").behaviour(Behaviour::Unhealthy));
        }),
        (codes::UNHEALTHY, |world| {
            world.engine.publish(FakeImage::new("demo/db:2").behaviour(Behaviour::Exits(1)));
        }),
        ("refused", |world| {
            let refused = EngineError::Invalid { subject: "it".into(), detail: "because of the test".into() };
            world.engine.fail_next("start_container", "demo-web-1", refused);
        }),
        (codes::NO_SPACE, |world| {
            let full = EngineError::NoSpace { detail: "full".into() };
            world.engine.fail_next("create_container", "demo-web-1", full);
        }),
    ];
    for (code, how) in hows {
        let world = World::new();
        let service = prepared(&world).await;
        how(&world);
        let job = begin(&service).await;
        let job = service.ended(&job).await;
        assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", code), "{}", job.error_message);
        let ends = ["The settings from before are back, with the app's data.", "Nothing was changed."];
        assert!(ends.iter().any(|end| job.error_message.ends_with(end)), "{}", job.error_message);
        assert_before(&world, &service).await;
    }
}

const STEPS: [&str; 3] = ["downloading", "starting", "waiting"];

fn hold(world: &World, step: &str) {
    world.hold(step, "demo/db:2", "demo/db:2");
}

#[tokio::test]
async fn a_killed_change_ends_fully_new() {
    for step in STEPS {
        let world = World::new();
        let service = prepared(&world).await;
        hold(&world, step);
        let job = begin(&service).await;
        service.until_step(&job, step).await;
        if step != "downloading" {
            std::fs::write(world.data_of("demo").join("config/settings"), "half changed").unwrap();
        }
        service.crash().await;
        world.engine.release_pull("demo/db:2");
        world.machine.page.send_replace(true);
        let service = world.service().await;
        if step == "starting" {
            // Put back first, then begun anew: the database waits again.
            until("the new beginning", async || service.log(&job).await.contains("it begins anew")).await;
            until("the new database", async || {
                let database = world.engine.inspect_container("demo-db-1").await.unwrap();
                database.is_some_and(|it| it.state.is_running() && it.image == "demo/db:2")
            })
            .await;
            world.engine.set_health("demo-db-1", Health::Healthy);
        }
        let job = service.ended(&job).await;
        assert_eq!(job.state, "succeeded", "{step}: {}", job.error_message);
        assert!(is_new(&world), "{step}");
        assert_eq!(stored(&world), "of before", "{step}");
    }
}

#[tokio::test]
async fn a_change_that_is_cancelled_or_kills_the_daemon_each_time_ends_fully_old() {
    for step in STEPS {
        let world = World::new();
        let service = prepared(&world).await;
        hold(&world, step);
        let job = begin(&service).await;
        service.until_step(&job, step).await;
        service.jobs.cancel(&admin(), &job).await.unwrap();
        assert_eq!(service.ended(&job).await.state, "cancelled", "{step}");
        world.engine.release_pull("demo/db:2");
        until("the app", async || service.app("demo").await.state == "running").await;
        assert_before(&world, &service).await;
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
    until("the app", async || service.app("demo").await.state == "running").await;
    assert!(!is_new(&world) && stored(&world) == "of before");
}

#[tokio::test]
async fn a_pinned_app_stays_on_its_version_until_it_may_be_updated_again() {
    let world = World::new();
    let service = prepared(&world).await;
    world.app("demo", &compose("2"));
    world.engine.publish(FakeImage::new("demo/web:2"));
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    service.manager.pin(&admin(), "demo", true).await.unwrap();
    assert!(service.app("demo").await.pinned);
    let reply: UpdatesReply = service.manager.update_all(&admin()).await.unwrap().parse().unwrap();
    assert_eq!((reply.started.len(), reply.skipped[0].code.as_str()), (0, "pinned"));
    // Other settings are no other version.
    let job = begin(&service).await;
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(web(&world).image, "demo/web:1");
    assert!(service.app("demo").await.pinned);
    service.manager.pin(&admin(), "demo", false).await.unwrap();
    let reply: UpdatesReply = service.manager.update_all(&admin()).await.unwrap().parse().unwrap();
    assert_eq!(service.ended(&reply.started[0].job_id).await.state, "succeeded");
    assert_eq!(web(&world).image, "demo/web:2");
    assert!(service.manager.pin(&actor("ada", Role::Member), "demo", true).await.is_err());
}
