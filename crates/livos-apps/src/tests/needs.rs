//! Apps that need other apps.

use livos_bus::codes;
use livos_docker::{Behaviour, FakeImage};

use super::support::{Service, World, admin, until};

/// `web` needs `mid`, which needs `low`; each passes on what it was given.
fn chain() -> World {
    let world = World::new();
    world.umbrel("low", "", "demo/low:1", "", "export APP_LOW_TOKEN=\"abc-${EXPORTS_APP_ID}\"\n");
    world.umbrel(
        "mid",
        "dependencies: [low]",
        "demo/mid:1",
        "    environment:\n      TOKEN: $APP_LOW_TOKEN",
        "export APP_MID_URL=\"http://mid/${APP_LOW_TOKEN}\"\n",
    );
    world.umbrel(
        "web",
        "dependencies: [mid]",
        "demo/web:1",
        "    environment:\n      URL: $APP_MID_URL\n      TOKEN: ${APP_LOW_TOKEN}",
        "",
    );
    for image in ["demo/low:1", "demo/mid:1", "demo/web:1"] {
        world.engine.publish(FakeImage::new(image));
    }
    world
}

async fn needs(service: &Service, id: &str) -> Vec<(String, String)> {
    let needs = service.catalogue_app(id).await.dependencies;
    needs.into_iter().map(|need| (need.id, need.state)).collect()
}

fn told(needs: &[(String, String)]) -> Vec<(&str, &str)> {
    needs.iter().map(|(id, state)| (id.as_str(), state.as_str())).collect()
}

async fn line(service: &Service, id: &str) -> bool {
    service.store().await.apps.iter().find(|app| app.id.as_str() == id).unwrap().installable
}

#[tokio::test]
async fn an_app_gets_what_those_it_needs_export() {
    let world = chain();
    let service = world.service().await;
    assert_eq!(told(&needs(&service, "web").await), [("low", "available"), ("mid", "available")]);
    assert!(line(&service, "web").await);
    let refused = service.manager.install(&admin(), &service.request("web").await).await.unwrap_err();
    assert_eq!(refused.code, codes::DEPENDENCY_NEEDED);
    assert!(refused.message.contains("WEB needs the app mid"), "{}", refused.message);
    for id in ["low", "mid", "web"] {
        let job = service.install(id).await;
        assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""), "{id}");
    }
    assert_eq!(told(&needs(&service, "web").await), [("mid", "installed")]);
    let env = world.engine.config_of("web-main-1").unwrap().env;
    assert_eq!(env["URL"].as_deref(), Some("http://mid/abc-low"));
    assert_eq!(env["TOKEN"].as_deref(), Some("abc-low"));
    // Nothing of that makes it look as if there were a newer version.
    assert_eq!(service.app("web").await.update, "");
}

#[tokio::test]
async fn an_app_that_others_need_is_stopped_and_removed_only_when_that_is_meant() {
    let world = chain();
    let service = world.service().await;
    for id in ["low", "mid", "web"] {
        assert_eq!(service.install(id).await.state, "succeeded");
    }
    let stop = service.manager.stop(&admin(), "mid", false).await.unwrap_err();
    assert_eq!(stop.code, codes::NEEDED_BY_OTHERS);
    assert!(stop.message.contains("WEB needs MID"), "{}", stop.message);
    let remove = service.manager.remove(&admin(), "low", true, false).await.unwrap_err();
    assert_eq!(remove.code, codes::NEEDED_BY_OTHERS);
    let job = service.manager.stop(&admin(), "web", false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    // Nothing that runs needs it any more; to remove it is another matter.
    let job = service.manager.stop(&admin(), "mid", false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(service.manager.remove(&admin(), "mid", true, false).await.is_err());
    let job = service.manager.remove(&admin(), "mid", true, true).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(told(&needs(&service, "web").await), [("low", "installed"), ("mid", "available")]);
}

async fn begin_all(service: &Service) -> [String; 3] {
    let low = service.begin("low").await;
    service.until_step(&low, "downloading").await;
    let mid = service.begin("mid").await;
    let web = service.begin("web").await;
    until("web to wait", async || service.job(&web).await.detail == "waiting for MID").await;
    assert_eq!(told(&needs(service, "web").await), [("mid", "installing")]);
    [low, mid, web]
}

#[tokio::test]
async fn a_chain_is_installed_in_order_a_job_for_each() {
    let world = chain();
    world.engine.hold_pull("demo/low:1");
    let service = world.service().await;
    let jobs = begin_all(&service).await;
    world.engine.release_pull("demo/low:1");
    for job in &jobs {
        let job = service.ended(job).await;
        assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""), "{}", job.subject);
    }
    let calls = world.engine.calls();
    let at = |call: &str| calls.iter().position(|known| known == call).unwrap();
    assert!(at("start_container low-main-1") < at("start_container mid-main-1"));
    assert!(at("start_container mid-main-1") < at("start_container web-main-1"));
    assert!(service.log(&jobs[2]).await.contains("waiting for MID, which is being installed"));
}

#[tokio::test]
async fn a_chain_ends_with_the_reason_of_its_first_failure() {
    let world = chain();
    world.engine.hold_pull("demo/low:1");
    world.engine.publish(FakeImage::new("demo/low:1").behaviour(Behaviour::Exits(3)));
    let service = world.service().await;
    let [low, mid, web] = begin_all(&service).await;
    world.engine.release_pull("demo/low:1");
    assert_eq!(service.ended(&low).await.error_code, codes::UNHEALTHY);
    let (mid, web) = (service.ended(&mid).await, service.ended(&web).await);
    assert_eq!(
        (mid.error_code.as_str(), web.error_code.as_str()),
        (codes::DEPENDENCY_NEEDED, codes::DEPENDENCY_NEEDED)
    );
    assert!(
        mid.error_message.starts_with("MID needs LOW, which could not be installed: "),
        "{}",
        mid.error_message
    );
    assert!(
        web.error_message.contains("WEB needs MID, which could not be installed: MID needs LOW"),
        "{}",
        web.error_message
    );
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn a_chain_that_dies_in_the_middle_is_taken_up_in_order() {
    let world = chain();
    world.engine.hold_pull("demo/mid:1");
    let service = world.service().await;
    let [low, mid, web] = {
        world.engine.hold_pull("demo/low:1");
        begin_all(&service).await
    };
    world.engine.release_pull("demo/low:1");
    assert_eq!(service.ended(&low).await.state, "succeeded");
    service.until_step(&mid, "downloading").await;
    service.crash().await;
    let service = world.service().await;
    assert!(service.job(&web).await.finished_at == 0);
    world.engine.release_pull("demo/mid:1");
    for job in [&mid, &web] {
        let job = service.ended(job).await;
        assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""), "{}", job.subject);
    }
    let env = world.engine.config_of("web-main-1").unwrap().env;
    assert_eq!(env["URL"].as_deref(), Some("http://mid/abc-low"));
    // After a restart of everything, apps start in the order in which they need each other.
    for id in ["low", "mid", "web"] {
        livos_docker::Engine::stop_container(&world.engine, &format!("{id}-main-1"), None).await.unwrap();
    }
    service.stop().await;
    let before = world.engine.calls().len();
    let service = world.service().await;
    until("everything to run", async || service.installed().await.iter().all(|app| app.state == "running"))
        .await;
    let calls = world.engine.calls();
    let started: Vec<&str> =
        calls[before..].iter().filter_map(|call| call.strip_prefix("start_container ")).collect();
    assert_eq!(started, ["low-main-1", "mid-main-1", "web-main-1"]);
}

#[tokio::test]
async fn another_app_can_serve_in_its_place() {
    let world = chain();
    world.umbrel(
        "other",
        "implements: [low]",
        "demo/low:1",
        "",
        "export APP_LOW_TOKEN=\"of-${EXPORTS_APP_ID}\"\n",
    );
    let service = world.service().await;
    let choices = &service.catalogue_app("mid").await.dependencies[0].choices;
    let choices: Vec<&str> = choices.iter().map(|choice| choice.name.as_str()).collect();
    assert_eq!(choices, ["LOW", "OTHER"]);
    for id in ["other", "mid"] {
        let job = service.install(id).await;
        assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""), "{id}");
    }
    let env = world.engine.config_of("mid-main-1").unwrap().env;
    assert_eq!(env["TOKEN"].as_deref(), Some("of-other"));
    let refused = service.manager.remove(&admin(), "other", true, false).await.unwrap_err();
    assert!(refused.message.contains("MID needs OTHER"), "{}", refused.message);
    // With both there, neither is missed.
    assert_eq!(service.install("low").await.state, "succeeded");
    let job = service.manager.remove(&admin(), "other", true, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
}

#[tokio::test]
async fn circles_and_what_no_store_has_cannot_be_installed() {
    let world = World::new();
    world.umbrel("a", "dependencies: [b]", "demo/low:1", "", "");
    world.umbrel("b", "dependencies: [a]", "demo/low:1", "", "");
    world.umbrel("c", "dependencies: [gone]", "demo/low:1", "", "");
    world.umbrel("d", "dependencies: ['../../etc']", "demo/low:1", "", "");
    world.umbrel("e", "", "demo/low:1", "    environment: {X: $APP_E_KEY}", "");
    let service = world.service().await;
    for id in ["a", "b", "c", "d", "e"] {
        assert!(!line(&service, id).await, "{id}");
        assert!(service.manager.install(&admin(), &service.request(id).await).await.is_err(), "{id}");
    }
    assert_eq!(told(&needs(&service, "a").await), [("a", "circular"), ("b", "unsupported")]);
    assert_eq!(told(&needs(&service, "c").await), [("gone", "missing")]);
    let why = service.catalogue_app("e").await.unsupported;
    assert!(why[0].contains("APP_E_KEY"), "{why:?}");
}

#[tokio::test]
async fn what_another_app_exports_reaches_no_further_than_was_agreed_to() {
    let world = World::new();
    world.umbrel("low", "", "demo/low:1", "", "export APP_LOW_DIR=\"${EXPORTS_APP_DIR}/data/low\"\n");
    let reads = "    volumes: ['${APP_LOW_DIR}:/low:ro']";
    world.umbrel("web", "dependencies: [low]", "demo/web:1", reads, "");
    world.engine.publish(FakeImage::new("demo/low:1"));
    world.engine.publish(FakeImage::new("demo/web:1"));
    let service = world.service().await;
    // Agreed to before the other app is there.
    let early = service.request("web").await;
    let texts: Vec<String> =
        service.catalogue_app("web").await.permissions.into_iter().map(|p| p.text).collect();
    assert!(texts.contains(&"Read the data of the app “low”.".to_owned()), "{texts:?}");
    assert_eq!(service.install("low").await.state, "succeeded");
    let job = service.manager.install(&admin(), &early).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""));

    let world = World::new();
    world.umbrel("low", "", "demo/low:1", "", "export APP_LOW_DIR=\"/etc\"\n");
    world.umbrel("web", "dependencies: [low]", "demo/web:1", reads, "");
    world.engine.publish(FakeImage::new("demo/low:1"));
    world.engine.publish(FakeImage::new("demo/web:1"));
    let service = world.service().await;
    let early = service.request("web").await;
    assert_eq!(service.install("low").await.state, "succeeded");
    let refused = service.manager.install(&admin(), &early).await.unwrap_err();
    assert_eq!(refused.code, codes::CONSENT_NEEDED, "{}", refused.message);
}

fn seed(world: &World, id: &str, name: &str, text: &str) {
    let path = world.directory.path().join("store").join(id).join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read(world: &World, id: &str, name: &str) -> Option<String> {
    std::fs::read_to_string(world.data_of(id).join(name)).ok()
}

#[tokio::test]
async fn files_and_templates_that_an_app_brings_along_lie_in_its_folder_before_it_starts() {
    let world = chain();
    let mounts = "    env_file: ['${APP_DATA_DIR}/settings.env']\n    volumes: ['${APP_DATA_DIR}/nginx.conf:/etc/nginx.conf:ro', '${APP_DATA_DIR}/data:/data']";
    world.umbrel("site", "dependencies: [low]", "demo/web:1", mounts, "");
    seed(&world, "site", "nginx.conf.template", "token ${APP_LOW_TOKEN} of $APP_ID $host\n");
    seed(&world, "site", "settings.env", "FROM=file\n");
    seed(&world, "site", "data/deep/er/note.txt", "kept");
    seed(&world, "site", "data/.gitkeep", "");
    seed(&world, "site", "hooks/notes", "echo no");
    let service = world.service().await;
    for id in ["low", "site"] {
        let job = service.install(id).await;
        assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""), "{id}");
    }
    assert_eq!(read(&world, "site", "nginx.conf").as_deref(), Some("token abc-low of site \n"));
    assert_eq!(read(&world, "site", "data/deep/er/note.txt").as_deref(), Some("kept"));
    for absent in ["nginx.conf.template", "hooks/notes", "data/.gitkeep", "umbrel-app.yml"] {
        assert_eq!(read(&world, "site", absent), None, "{absent}");
    }
    assert_eq!(world.engine.config_of("site-main-1").unwrap().env["FROM"].as_deref(), Some("file"));
    // What its owner has changed stays when it is installed again.
    std::fs::write(world.data_of("site").join("settings.env"), "FROM=owner\n").unwrap();
    let job = service.manager.remove(&admin(), "site", true, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(service.install("site").await.state, "succeeded");
    assert_eq!(world.engine.config_of("site-main-1").unwrap().env["FROM"].as_deref(), Some("owner"));
    assert!(!world.directory.path().join("state/apps/seeds/site").exists());
    // A newer version renders its templates anew and leaves the rest alone; one that fails puts back what was.
    let update = async |image: &str, template: &str| {
        world.umbrel("site", "dependencies: [low]", image, mounts, "");
        seed(&world, "site", "nginx.conf.template", template);
        seed(&world, "site", "settings.env", "FROM=newer\n");
        let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
        assert_eq!(service.ended(&job).await.state, "succeeded");
        let answers = std::collections::HashMap::new();
        let accept = service.request("site").await.accept;
        let request = livos_bus::UpdateRequest { app: "site".into(), answers, accept };
        let job = service.manager.update(&admin(), &request).await.unwrap();
        service.ended(&job).await
    };
    world.engine.publish(FakeImage::new("demo/web:2"));
    world.engine.publish(FakeImage::new("demo/web:3").behaviour(Behaviour::Exits(3)));
    let job = update("demo/web:2", "two ${APP_ID}\n").await;
    assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""));
    assert_eq!(read(&world, "site", "nginx.conf").as_deref(), Some("two site\n"));
    assert_eq!(read(&world, "site", "settings.env").as_deref(), Some("FROM=owner\n"));
    assert_eq!(update("demo/web:3", "three\n").await.state, "failed");
    assert_eq!(read(&world, "site", "nginx.conf").as_deref(), Some("two site\n"));
    assert!(!world.directory.path().join("state/apps/seeds/site").exists());
}

#[tokio::test]
async fn links_and_bombs_among_an_apps_files_are_refused_and_leave_nothing() {
    let world = World::new();
    world.engine.publish(FakeImage::new("demo/low:1"));
    for id in ["linked", "folder", "many", "large"] {
        world.umbrel(id, "", "demo/low:1", "", "");
    }
    let at = |id: &str| world.directory.path().join("store").join(id);
    std::os::unix::fs::symlink("/etc/passwd", at("linked").join("data.txt")).unwrap();
    std::os::unix::fs::symlink("/etc", at("folder").join("data")).unwrap();
    for number in 0..1001 {
        seed(&world, "many", &format!("{number}"), "x");
    }
    seed(&world, "large", "big", "");
    std::fs::File::options().write(true).open(at("large").join("big")).unwrap().set_len(1 << 30).unwrap();
    let service = world.service().await;
    for (id, words) in
        [("linked", "links"), ("folder", "links"), ("many", "more than 1000"), ("large", "too many bytes")]
    {
        let job = service.install(id).await;
        assert_eq!(job.error_code, codes::UNSUPPORTED, "{id}: {}", job.error_message);
        assert!(job.error_message.contains(words), "{id}: {}", job.error_message);
        assert!(!world.data_of(id).exists(), "{id}");
        assert!(!world.directory.path().join("state/apps/seeds").join(id).exists(), "{id}");
    }
    // An app that laid a link into its folder gets nothing written through it.
    world.umbrel("sly", "", "demo/low:1", "", "");
    seed(&world, "sly", "data/new.txt", "x");
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let outside = world.directory.path().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::create_dir_all(world.data_of("sly")).unwrap();
    std::os::unix::fs::symlink(&outside, world.data_of("sly").join("data")).unwrap();
    assert_eq!(service.install("sly").await.state, "failed");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

#[tokio::test]
async fn an_app_whose_scripts_would_ask_in_vain_says_so_before_it_is_installed() {
    let world = World::new();
    world.umbrel("site", "", "demo/site:1", "", "");
    world.engine.publish(FakeImage::new("demo/site:1"));
    let hooks = world.directory.path().join("store/site/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    let script = "set -e\n\"${UMBREL_ROOT}/scripts/app\" restart other\n";
    std::fs::write(hooks.join("post-start"), script).unwrap();
    let service = world.service().await;
    assert!(!line(&service, "site").await);
    let page = service.catalogue_app("site").await;
    assert!(
        page.unsupported.iter().any(|why| why.contains("post-start") && why.contains("other")),
        "{page:?}"
    );
    let refused = service.manager.install(&admin(), &service.request("site").await).await.unwrap_err();
    assert_eq!(refused.code, codes::UNSUPPORTED, "{}", refused.message);
    world.assert_nothing_left(&service).await;
}
