//! What is said before an installation or a change begins is what would happen.

use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use livos_bus::documents::{AppChange, AppSettings, Check, Checks, UpdatesReply};
use livos_bus::{ErrorKind, SettingsRequest, codes};
use livos_docker::{FakeImage, Protocol, UnusableBecause};
use livos_types::Role;

use super::support::{Service, World, actor, admin};
use crate::ports::Memory;

async fn before_install(service: &Service, app: &str) -> Checks {
    service.catalog.checks(&admin(), "store", app).await.unwrap().parse().unwrap()
}

async fn before_change(service: &Service, app: &str) -> Checks {
    service.manager.checks(&admin(), app).await.unwrap().parse().unwrap()
}

fn of<'a>(checks: &'a Checks, what: &str) -> &'a Check {
    checks.checks.iter().find(|check| check.check == what).unwrap_or_else(|| panic!("{what} in {checks:?}"))
}

/// Wants a gigabyte of memory.
fn hungry(world: &World) {
    world.app(
        "hungry",
        "services:
  web:
    image: demo/web:1
    ports: ['8096:80', '53:53/udp']
    mem_reservation: 1g
    mem_limit: 2g
",
    );
    world.engine.publish(FakeImage::new("demo/web:1"));
}

#[tokio::test]
async fn all_is_well_and_is_said_line_by_line() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    let found = before_install(&service, "demo").await;
    assert_eq!(found.state, "ok", "{found:?}");
    let lines: Vec<&str> = found.checks.iter().map(|check| check.check.as_str()).collect();
    assert_eq!(lines, ["docker", "architecture", "memory", "disk", "download", "ports"]);
    assert!(of(&found, "download").words.starts_with("2 parts are downloaded"), "{found:?}");
    // A member may look, and a stranger's store is none.
    let member = actor("ada", Role::Member);
    service.catalog.checks(&member, "store", "demo").await.unwrap();
    assert!(service.catalog.checks(&admin(), "store", "nothing").await.is_err());
    assert_eq!(service.install("demo").await.state, "succeeded");
    let again = before_install(&service, "demo").await;
    assert_eq!((again.state.as_str(), of(&again, "version").state.as_str()), ("block", "block"));
    assert!(of(&again, "download").words.starts_with("Nothing has to be downloaded"), "{again:?}");
}

#[tokio::test]
async fn what_is_blocked_is_refused_and_what_is_warned_of_is_not() {
    let world = World::new();
    hungry(&world);
    let service = world.service().await;
    // Less than it is to have: refused, with the same reason.
    *world.machine.memory.lock().unwrap() = Memory { total: 1 << 29, available: Some(1 << 28) };
    let found = before_install(&service, "hungry").await;
    let memory = of(&found, "memory");
    assert_eq!((found.state.as_str(), memory.state.as_str()), ("block", "block"));
    let request = service.request("hungry").await;
    let error = service.manager.install(&admin(), &request).await.unwrap_err();
    assert_eq!(error.code, codes::NO_MEMORY);
    assert!(error.message.contains(&memory.words), "{error} and {memory:?}");
    // Enough, but not beside what runs: said, and done all the same.
    *world.machine.memory.lock().unwrap() = Memory { total: 4 << 30, available: Some(1 << 29) };
    let found = before_install(&service, "hungry").await;
    assert_eq!((found.state.as_str(), of(&found, "memory").state.as_str()), ("warn", "warn"));
    assert_eq!(service.install("hungry").await.state, "succeeded");
}

#[tokio::test]
async fn what_is_typed_is_looked_at_before_it_is_sent() {
    let world = World::new();
    let compose = "services:
  web:
    image: demo/web:1
    ports: ['8096:80', '${PORT}:22000']
    volumes: ['${MEDIA:?where films are}:/media:ro']
    environment: {TOKEN: '${TOKEN:?of the radio}'}
";
    world.app("radio", compose);
    world.engine.publish(FakeImage::new("demo/web:1"));
    let service = world.service().await;
    world.machine.taken.lock().unwrap().insert((7000, Protocol::Tcp));
    let look = async |answers: &[(&str, &str)]| -> Checks {
        let mut request = service.request("radio").await;
        request.answers =
            answers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        service.manager.check_install(&admin(), &request).await.unwrap().parse().unwrap()
    };
    // What is to come is no reason by itself, and one who has typed nothing yet is told what is asked.
    assert_eq!(before_install(&service, "radio").await.state, "ok");
    let nothing = look(&[]).await;
    let answers = of(&nothing, "answers");
    assert!(answers.state == "block" && answers.words.contains("must be answered"), "{nothing:?}");
    let home = world.config.server.data_dir.join("films");
    std::fs::create_dir_all(&home).unwrap();
    let home = home.to_str().unwrap();
    let whole = look(&[("MEDIA", home), ("TOKEN", "hush-hush"), ("PORT", "7001")]).await;
    assert_ne!(whole.state, "block", "{whole:?}");
    assert!(!format!("{whole:?}").contains("hush-hush"), "an answer is nobody's to tell");
    let taken = look(&[("MEDIA", home), ("TOKEN", "hush-hush"), ("PORT", "7000")]).await;
    assert_ne!(of(&taken, "ports").state, "ok", "{taken:?}");
    let nonsense = look(&[("MEDIA", home), ("TOKEN", "hush-hush"), ("PORT", "many")]).await;
    assert_eq!(of(&nonsense, "answers").state, "block", "{nonsense:?}");
    let gone = look(&[("MEDIA", "/mnt/no-such-disk-of-livos/films"), ("TOKEN", "hush-hush")]).await;
    assert_eq!(of(&gone, "folders").state, "block", "{gone:?}");
    // Which folders there are is nothing for a member.
    let request = service.request("radio").await;
    let member = actor("ada", Role::Member);
    assert!(service.manager.check_install(&member, &request).await.is_err());
}

#[tokio::test]
async fn what_is_agreed_to_is_what_the_answers_make_of_it() {
    let world = World::new();
    let home = world.config.server.data_dir.join("films");
    std::fs::create_dir_all(&home).unwrap();
    let home = home.to_str().unwrap().to_owned();
    let answers = |port: &str| -> std::collections::HashMap<String, String> {
        [("MEDIA", home.as_str()), ("PORT", port)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    };
    let plain = "services:\n  web:\n    image: 'demo/web:1'\n    ports: ['8096:80']\n";
    let asking = "services:\n  web:\n    image: 'demo/web:2'\n    ports: ['8096:80', '${PORT:?where it is heard}:22000']\n    \
                  volumes: ['${MEDIA:?where films are}:/media:ro']\n";
    world.app("radio", plain);
    world.app("films", asking);
    world.engine.publish(FakeImage::new("demo/web:1"));
    world.engine.publish(FakeImage::new("demo/web:2"));
    let service = world.service().await;

    // An installation: all that it demands is asked at once, and what it reaches is known once it is answered.
    let page = service.catalogue_app("films").await;
    let asked: Vec<&str> = page.inputs.iter().map(|input| input.key.as_str()).collect();
    assert!(page.error.is_empty() && asked.contains(&"PORT") && asked.contains(&"MEDIA"), "{page:?}");
    let mut request = service.request("films").await;
    request.answers = answers("7001");
    let looked: Checks = service.manager.check_install(&admin(), &request).await.unwrap().parse().unwrap();
    assert!(looked.permissions.iter().any(|one| one.text.contains("films")), "{looked:?}");
    assert_eq!(service.manager.install(&admin(), &request).await.unwrap_err().code, codes::CONSENT_NEEDED);
    request.accept = looked.permissions.into_iter().map(|one| one.code).collect();
    let job = service.manager.install(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);

    // An update that asks for the same.
    assert_eq!(service.install("radio").await.state, "succeeded");
    world.app("radio", asking);
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let update: livos_bus::documents::AppUpdate =
        service.reader.update_of(&admin(), "radio").await.unwrap().parse().unwrap();
    let asked: Vec<&str> = update.inputs.iter().map(|input| input.key.as_str()).collect();
    assert!(update.error.is_empty() && asked.contains(&"PORT") && asked.contains(&"MEDIA"), "{update:?}");
    assert_ne!(before_change(&service, "radio").await.state, "block");
    let look = async |answers: std::collections::HashMap<String, String>| -> Checks {
        let request = livos_bus::UpdateRequest { app: "radio".to_owned(), answers, accept: Vec::new() };
        service.manager.check_update(&admin(), &request).await.unwrap().parse().unwrap()
    };
    assert_eq!(of(&look(std::collections::HashMap::new()).await, "answers").state, "block");
    assert_eq!(of(&look(answers("many")).await, "answers").state, "block");
    let mut gone = answers("7002");
    gone.insert("MEDIA".to_owned(), "/mnt/no-such-disk-of-livos/films".to_owned());
    assert_eq!(of(&look(gone).await, "folders").state, "block");
    let whole = look(answers("7002")).await;
    assert_ne!(whole.state, "block", "{whole:?}");
    assert!(whole.permissions.iter().any(|one| one.text.contains("films")), "{whole:?}");
    let accept = whole.permissions.into_iter().map(|one| one.code).collect();
    let request = livos_bus::UpdateRequest { app: "radio".to_owned(), answers: answers("7002"), accept };
    let member = actor("ada", Role::Member);
    assert!(service.manager.check_update(&member, &request).await.is_err());
    let job = service.manager.update(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
}

#[tokio::test]
async fn a_port_that_can_be_no_other_blocks_and_one_that_can_is_told() {
    let world = World::new();
    hungry(&world);
    let service = world.service().await;
    world.machine.taken.lock().unwrap().insert((8096, Protocol::Tcp));
    let found = before_install(&service, "hungry").await;
    assert_eq!(of(&found, "ports").state, "warn", "{found:?}");
    world.machine.taken.lock().unwrap().insert((53, Protocol::Udp));
    let found = before_install(&service, "hungry").await;
    let ports = of(&found, "ports");
    assert_eq!((found.state.as_str(), ports.state.as_str()), ("block", "block"));
    assert!(ports.words.contains("Port 53") && !ports.next.is_empty(), "{ports:?}");
}

#[tokio::test]
async fn a_machine_of_another_kind_a_full_disk_and_no_docker_block() {
    let world = World::new();
    world.umbrel("other", "", "demo/other:1", "", "");
    world.engine.publish(FakeImage::new("demo/other:1"));
    let service = world.service().await;
    world.machine.free.store(1000, Ordering::SeqCst);
    let found = before_install(&service, "other").await;
    let disk = of(&found, "disk");
    assert_eq!((found.state.as_str(), disk.state.as_str()), ("block", "block"));
    assert!(disk.words.contains("1 KB are free"), "{disk:?}");
    world.machine.free.store(1 << 40, Ordering::SeqCst);
    world.engine.go_down(UnusableBecause::NotRunning);
    let found = before_install(&service, "other").await;
    assert_eq!(of(&found, "docker").state, "block");
    world.engine.come_back();
}

#[tokio::test]
async fn a_download_that_would_fill_the_disk_is_stopped_while_there_is_room() {
    let world = World::new();
    world.app("large", "services: {web: {image: 'demo/large:1', ports: ['8096:80']}}");
    world.engine.publish(FakeImage::new("demo/large:1").layers(&[400_000_000_000, 400_000_000_000]));
    // It stops half way, so what is still to come is known.
    world.engine.hold_pull("demo/large:1");
    let service = world.service().await;
    world.machine.free.store(100_000_000_000, Ordering::SeqCst);
    let job = service.install("large").await;
    assert_eq!(
        (job.state.as_str(), job.error_code.as_str()),
        ("failed", codes::NO_SPACE),
        "{}",
        job.error_message
    );
    assert!(job.error_message.contains("are missing"), "{}", job.error_message);
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn an_update_says_what_it_copies_and_refuses_before_anything_stops() {
    let world = World::new();
    let service = super::update::prepared(&world).await;
    std::fs::write(world.data_of("demo").join("config/stored"), vec![7; 1_000_000]).unwrap();
    let found = before_change(&service, "demo").await;
    assert_eq!(of(&found, "version").state, "ok", "{found:?}");
    assert_eq!(of(&found, "copy").state, "ok", "{found:?}");
    // Its copy goes to a small disk.
    let kept = world.config.server.data_dir.join("app-snapshots");
    std::fs::create_dir_all(&kept).unwrap();
    world.machine.disks.lock().unwrap().push((kept, 50_000_000));
    let calls = world.engine.calls().len();
    let job = service.ended(&super::update::begin(&service).await).await;
    assert_eq!(
        (job.state.as_str(), job.error_code.as_str()),
        ("failed", codes::NO_SPACE),
        "{}",
        job.error_message
    );
    assert!(job.error_message.contains("are missing"), "{}", job.error_message);
    let after = world.engine.calls().split_off(calls);
    let changed = |call: &&String| call.starts_with("stop_container") || call.starts_with("pull");
    assert_eq!(after.iter().find(changed), None, "{after:?}");
    world.machine.disks.lock().unwrap().clear();
    service.manager.pin(&admin(), "demo", true).await.unwrap();
    let pinned = before_change(&service, "demo").await;
    assert_eq!((pinned.state.as_str(), of(&pinned, "version").state.as_str()), ("block", "block"));
    // Looking is nothing that happens to the app, or looking again would never end.
    let mut changes = service.reader.receive_app_changed().await.unwrap();
    let a_while = std::time::Duration::from_millis(500);
    // What was done before is told first.
    while tokio::time::timeout(a_while, changes.next()).await.is_ok() {}
    before_change(&service, "demo").await;
    let told = tokio::time::timeout(a_while, changes.next()).await;
    assert!(told.is_err(), "looking was told as a change");
    // Adopted and unknown apps have nothing to be changed, and a member may not ask.
    assert!(service.manager.checks(&admin(), "nothing").await.is_err());
    assert!(service.manager.checks(&actor("ada", Role::Member), "demo").await.is_err());
}

#[tokio::test]
async fn a_version_that_is_skipped_is_not_offered_and_the_next_one_is() {
    let world = World::new();
    let offer = |version: &str| {
        world.umbrel("site", &format!("releaseNotes: of {version}"), &format!("demo/site:{version}"), "", "");
        let file = world.directory.path().join("store/site/umbrel-app.yml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("version: '1'", &format!("version: '{version}'"))).unwrap();
        world.engine.publish(FakeImage::new(&format!("demo/site:{version}")));
    };
    offer("1");
    let service = world.service().await;
    let refresh = async || {
        let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
        service.ended(&job).await;
    };
    assert_eq!(service.install("site").await.state, "succeeded");
    offer("2");
    refresh().await;
    // Nobody skips what they have not seen, and no member anything.
    assert!(service.manager.skip(&admin(), "site", "3").await.is_err());
    assert!(service.manager.skip(&actor("ada", Role::Member), "site", "2").await.is_err());
    service.manager.skip(&admin(), "site", "2").await.unwrap();
    let app = service.app("site").await;
    assert_eq!((app.update.as_str(), app.skipped.as_str()), ("", "2"));
    let all: UpdatesReply = service.manager.update_all(&admin()).await.unwrap().parse().unwrap();
    assert!(all.started.is_empty() && all.skipped.is_empty(), "{all:?}");
    service.manager.skip(&admin(), "site", "").await.unwrap();
    assert_eq!(service.app("site").await.update, "2");
    service.manager.skip(&admin(), "site", "2").await.unwrap();
    offer("3");
    refresh().await;
    let app = service.app("site").await;
    assert_eq!((app.update.as_str(), app.skipped.as_str()), ("3", ""));
}

#[tokio::test]
async fn what_comes_to_a_store_later_is_new_there_and_an_app_says_what_is_known_of_it() {
    let world = World::new();
    world.umbrel(
        "first",
        "repo: https://code.example/first\nlicense: MIT\nsupport: 'javascript:x'",
        "demo/first:1",
        "",
        "",
    );
    world.engine.publish(FakeImage::new("demo/first:1"));
    let service = world.service().await;
    world.app("second", "services: {web: {image: 'demo/web:1', network_mode: none, mem_limit: 64m}}");
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let store = service.store().await;
    let added = |id: &str| store.apps.iter().find(|app| app.id.as_str() == id).unwrap().added_at;
    assert_eq!(added("first"), 0);
    assert_eq!(added("second"), 1_767_225_600);
    let facts = service.catalogue_app("first").await.facts;
    assert!(facts.internet, "{facts:?}");
    assert_eq!((facts.licence.as_str(), facts.links.len(), facts.memory_most), ("MIT", 1, 0), "{facts:?}");
    let facts = service.catalogue_app("second").await.facts;
    assert_eq!((facts.internet, facts.memory_most, facts.on_disk), (false, 64 << 20, 0), "{facts:?}");
}

#[tokio::test]
async fn another_version_of_an_image_is_chosen_like_a_setting_and_ends_updates_until_it_is_given_back() {
    let world = World::new();
    let service = super::update::prepared(&world).await;
    world.engine.publish(FakeImage::new("demo/web:0.9-alpine"));
    let wish = |tag: &str| SettingsRequest {
        app: "demo".to_owned(),
        answers: std::collections::HashMap::new(),
        accept: Vec::new(),
        ports: std::collections::HashMap::new(),
        memory: std::collections::HashMap::new(),
        docker: String::new(),
        images: [("web".to_owned(), tag.to_owned())].into(),
    };
    for bad in ["1:2", "../x", "1@sha256:00", "-x"] {
        assert!(service.manager.look_at_settings(&admin(), &wish(bad)).await.is_err(), "{bad}");
    }
    // What it has anyway is nothing that was chosen.
    let same = service.manager.configure(&admin(), &wish("1")).await.unwrap_err();
    assert_eq!(same.kind, ErrorKind::Conflict, "{same:?}");
    assert_eq!(of(&before_change(&service, "demo").await, "version").state, "ok");
    let looked: AppChange =
        service.manager.look_at_settings(&admin(), &wish("0.9-alpine")).await.unwrap().parse().unwrap();
    let told = &looked.services.iter().find(|one| one.service == "web").unwrap().changes[0];
    assert_eq!((told.kind.as_str(), told.to.as_str()), ("image", "demo/web:0.9-alpine"));
    let job = service.manager.configure(&admin(), &wish("0.9-alpine")).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!(super::update::images(&world).await, ["demo/db:1", "demo/web:0.9-alpine"]);
    let settings: AppSettings = service.manager.settings(&admin(), "demo").await.unwrap().parse().unwrap();
    let web = settings.images.iter().find(|image| image.service == "web").unwrap();
    assert_eq!((web.image.as_str(), web.store.as_str(), web.tag.as_str()), ("demo/web", "1", "0.9-alpine"));
    // Either would undo the other.
    let all: UpdatesReply = service.manager.update_all(&admin()).await.unwrap().parse().unwrap();
    assert_eq!(all.skipped.iter().map(|skipped| skipped.code.as_str()).collect::<Vec<_>>(), ["edited"]);
    assert_eq!(of(&before_change(&service, "demo").await, "version").state, "block");
    // One that does not exist changes nothing.
    let job = service.manager.configure(&admin(), &wish("no-such")).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", codes::IMAGE_NOT_FOUND));
    assert_eq!(super::update::images(&world).await, ["demo/db:1", "demo/web:0.9-alpine"]);
    let job = service.manager.configure(&admin(), &wish("")).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let job = service.ended(&super::update::begin(&service).await).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!(super::update::images(&world).await, ["demo/db:2", "demo/web:2"]);
}
