use std::process::Command;
use std::time::Duration;

use futures_util::StreamExt;
use livos_bus::documents::CatalogApp;
use livos_bus::{Actor, ErrorKind, Via, codes};
use livos_types::{JobState, Role};

use super::support::{World, actor, admin, soon, until};

fn git(directory: &std::path::Path, arguments: &[&str]) {
    let output = Command::new("git")
        .current_dir(directory)
        .args(["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_directory_is_a_store_and_is_read_again_on_demand() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    let store = service.store().await;
    assert_eq!((store.apps.len(), store.sources.len()), (1, 1));
    let source = &store.sources[0];
    assert_eq!(
        (source.id.as_str(), source.format.as_str(), source.apps, source.error.as_str()),
        ("store", "compose", 1, "")
    );
    assert!(store.apps[0].installable && !store.apps[0].installed);
    world.app("second", "services: {web: {image: 'x:1', ports: ['80:80']}}\n");
    world.app("broken", "services: [\n");
    let mut changes = service.catalog.receive_catalog_changed().await.unwrap();
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    soon("a signal", changes.next()).await;
    let store = service.store().await;
    let line = |id: &str| store.apps.iter().find(|app| app.id.as_str() == id).unwrap();
    assert!(line("second").installable && !line("broken").installable);
    assert_ne!(service.catalogue_app("broken").await.error, "");
    // What cannot be read any more stays as it was.
    std::fs::remove_dir_all(world.directory.path().join("store")).unwrap();
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", "source"));
    let after = service.store().await;
    assert_eq!(after.apps.len(), 3);
    assert_ne!(after.sources[0].error, "");
    // Removed is removed, also at the next start.
    service.manager.remove_source(&admin(), "store").await.unwrap();
    assert_eq!(service.store().await.apps.len(), 0);
    service.stop().await;
    let service = world.service().await;
    assert_eq!(service.store().await.sources.len(), 0);
    assert_eq!(
        service.manager.refresh_source(&admin(), "store").await.unwrap_err().kind,
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn an_installed_app_has_its_page_also_when_its_store_is_gone() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    let before = service.catalogue_app("demo").await;
    assert!(!before.gone);
    service.manager.remove_source(&admin(), "store").await.unwrap();
    let page = service.catalogue_app("demo").await;
    assert!(page.gone && page.app.installed && page.app.source_label.is_empty(), "{page:?}");
    assert_eq!((&page.app.name, &page.app.version), (&before.app.name, &before.app.version));
    assert_eq!((&page.permissions, &page.services), (&before.permissions, &before.services));
    assert_eq!(service.app("demo").await.update, "");
    // What works without a store, works.
    let job = service.manager.stop(&admin(), "demo", false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    service.manager.settings(&admin(), "demo").await.unwrap();
    service.manager.export(&admin(), "demo", false).await.unwrap();
    let job = service.manager.remove(&admin(), "demo", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let error = service.catalog.get(&admin(), "store", "demo").await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_git_repository_is_fetched_checked_and_swapped_in() {
    let world = World::new();
    let repository = world.directory.path().join("apps.git");
    std::fs::create_dir_all(repository.join("one")).unwrap();
    std::fs::write(
        repository.join("one/docker-compose.yml"),
        "services: {web: {image: 'x:1', ports: ['80:80']}}\n",
    )
    .unwrap();
    std::os::unix::fs::symlink("/etc", repository.join("two")).unwrap();
    git(&repository, &["init", "--quiet"]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "-m", "one"]);
    let service = world.service().await;
    let url = format!("file://{}", repository.display());
    let job = service.manager.add_source(&admin(), &url).await.unwrap();
    let ended = service.ended(&job).await;
    assert_eq!(ended.state, "succeeded", "{}", ended.error_message);
    let mine = async || {
        service
            .store()
            .await
            .apps
            .into_iter()
            .filter(|app| app.store.as_str() == "apps")
            .map(|app| app.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(mine().await, ["one"]);
    assert_eq!(service.manager.add_source(&admin(), &url).await.unwrap_err().code, codes::EXISTS);
    let copies = || std::fs::read_dir(world.directory.path().join("state/apps/stores")).unwrap().count();
    assert_eq!(copies(), 1);
    // A broken state of the repository leaves the last good one.
    std::fs::remove_dir_all(repository.join("one")).unwrap();
    git(&repository, &["add", "-A"]);
    git(&repository, &["commit", "--quiet", "-m", "nothing"]);
    let job = service.manager.refresh_source(&admin(), "apps").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "failed");
    assert_eq!((mine().await.len(), copies()), (1, 1));
    std::fs::create_dir_all(repository.join("three")).unwrap();
    std::fs::write(
        repository.join("three/compose.yaml"),
        "services: {web: {image: 'x:1', ports: ['80:80']}}\n",
    )
    .unwrap();
    git(&repository, &["add", "-A"]);
    git(&repository, &["commit", "--quiet", "-m", "three"]);
    let job = service.manager.refresh_source(&admin(), "apps").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!((mine().await, copies()), (vec!["three".to_owned()], 1));
    service.manager.remove_source(&admin(), "apps").await.unwrap();
    until("the copy to go", async || copies() == 0).await;
}

#[tokio::test]
async fn a_store_is_read_again_once_a_day_and_only_its_last_failure_is_kept() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    service.store().await;
    service.stop().await;
    let refreshes = async |service: &super::support::Service| {
        let jobs = service.apps().queue.list().await.unwrap();
        jobs.into_iter().filter(|job| job.kind == "store.refresh").collect::<Vec<_>>()
    };
    world.app("second", "services: {web: {image: 'x:1', ports: ['80:80']}}\n");
    world.clock.advance(Duration::from_secs(25 * 3600));
    let service = world.service().await;
    until("the new app to be offered", async || service.store().await.apps.len() == 2).await;
    service.stop().await;
    // No store to read, for three days.
    let folder = world.directory.path().join("store");
    std::fs::rename(&folder, folder.with_extension("away")).unwrap();
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(25 * 3600));
        let service = world.service().await;
        until("the failure", async || {
            let failed = refreshes(&service).await;
            failed.iter().filter(|job| job.state == JobState::Failed).count() == 1
                && failed.iter().all(|job| job.state.is_final())
        })
        .await;
        let store = service.store().await;
        assert_eq!(store.apps.len(), 2, "the last good copy stays");
        assert_ne!(store.sources[0].error, "");
        service.stop().await;
    }
    // Removed, it is not read any more.
    let service = world.service().await;
    service.manager.remove_source(&admin(), "store").await.unwrap();
    let before = refreshes(&service).await.len();
    service.stop().await;
    world.clock.advance(Duration::from_secs(25 * 3600));
    let service = world.service().await;
    assert_eq!(refreshes(&service).await.len(), before);
}

#[tokio::test]
async fn a_password_of_this_server_is_for_those_who_run_it_and_for_no_model() {
    let world = World::new();
    world.umbrel("safe", "deterministicPassword: true", "demo/safe:1", "", "");
    world.umbrel("open", "defaultPassword: changeme", "demo/safe:1", "", "");
    let service = world.service().await;
    let store = service.store().await.sources[0].id.clone();
    let password = async |id: &str, actor: Actor| {
        let document = service.catalog.get(&actor, store.as_str(), id).await.unwrap();
        let app: CatalogApp = serde_json::from_slice(&document.read().unwrap()).unwrap();
        app.default_password
    };
    let own = password("safe", admin()).await;
    assert!(own.len() >= 32, "{own}");
    assert_eq!(password("safe", Actor { via: Via::Nexus, ..admin() }).await, "");
    assert_eq!(password("safe", actor("alan", Role::Member)).await, "");
    assert_eq!(password("open", actor("alan", Role::Member)).await, "changeme");
}

#[tokio::test]
async fn an_apps_picture_stays_as_long_as_somebody_has_it() {
    const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\npicture";
    let world = World::new();
    world.demo();
    let folder = world.directory.path().join("store/demo");
    let compose = std::fs::read_to_string(folder.join("docker-compose.yml")).unwrap();
    std::fs::remove_file(folder.join("docker-compose.yml")).unwrap();
    std::fs::create_dir_all(folder.join("metadata")).unwrap();
    let config = r#"{"id": "demo", "name": "Demo", "port": 80, "exposable": true, "tipi_version": 1, "version": "1", "available": true}"#;
    std::fs::write(folder.join("config.json"), config).unwrap();
    std::fs::write(folder.join("docker-compose.yml"), compose).unwrap();
    std::fs::write(folder.join("metadata/logo.png"), PICTURE).unwrap();
    let service = world.service().await;
    let store = service.store().await;
    let address = store.apps[0].icon.clone();
    let name =
        address.strip_prefix("/api/v1/store/icons/").unwrap_or_else(|| panic!("{address:?}")).to_owned();
    let (file, media_type) = service.catalog.icon(&actor("alan", Role::Member), &name).await.unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::fs::File::from(std::os::fd::OwnedFd::from(file)), &mut bytes)
        .unwrap();
    assert_eq!((bytes.as_slice(), media_type.as_str()), (PICTURE, "image/png"));
    for none in ["../apps.db", "x.png", ""] {
        assert_eq!(
            service.catalog.icon(&admin(), none).await.unwrap_err().kind,
            ErrorKind::NotFound,
            "{none}"
        );
    }
    // The store goes, the app stays.
    let installed = service.install("demo").await;
    assert_eq!(installed.state, "succeeded", "{}", installed.error_message);
    service.manager.remove_source(&admin(), store.sources[0].id.as_str()).await.unwrap();
    assert_eq!(service.app("demo").await.icon, address);
    service.catalog.icon(&admin(), &name).await.unwrap();
}

#[tokio::test]
async fn hooks_of_a_repository_do_not_run_and_its_submodules_are_not_fetched() {
    let world = World::new();
    let at = |name: &str| world.directory.path().join(name);
    let (repository, inner, ran) = (at("apps.git"), at("inner.git"), at("ran"));
    let app = "services: {web: {image: 'x:1', ports: ['80:80']}}\n";
    for (repository, name) in [(&inner, "secret"), (&repository, "one")] {
        std::fs::create_dir_all(repository.join(name)).unwrap();
        std::fs::write(repository.join(name).join("docker-compose.yml"), app).unwrap();
        git(repository, &["init", "--quiet"]);
    }
    git(&inner, &["add", "."]);
    git(&inner, &["commit", "--quiet", "-m", "inner"]);
    let hook = format!("#!/bin/sh\necho \"$0\" >> '{}'\n", ran.display());
    let hooks = ["post-checkout", "post-merge", "post-index-change", "reference-transaction", "fsmonitor"];
    let write = |folder: &std::path::Path| {
        std::fs::create_dir_all(folder).unwrap();
        for name in hooks {
            std::fs::write(folder.join(name), &hook).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(folder.join(name), mode).unwrap();
        }
    };
    write(&repository.join("hooks"));
    write(&repository.join(".githooks"));
    let module = inner.display().to_string();
    git(&repository, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &module, "apps"]);
    assert!(repository.join("apps/secret/docker-compose.yml").is_file());
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "-m", "all"]);
    // Where git itself would find them, once nobody of ours calls it there any more.
    write(&repository.join(".git/hooks"));
    git(&repository, &["config", "core.hooksPath", ".githooks"]);
    assert!(!ran.exists(), "our own git called one");

    let service = world.service().await;
    let url = format!("file://{}", repository.display());
    for again in [false, true] {
        let job = if again {
            service.manager.refresh_source(&admin(), "apps").await.unwrap()
        } else {
            service.manager.add_source(&admin(), &url).await.unwrap()
        };
        let ended = service.ended(&job).await;
        assert_eq!(ended.state, "succeeded", "{}", ended.error_message);
    }
    assert!(!ran.exists(), "{}", std::fs::read_to_string(&ran).unwrap_or_default());
    let offered = service.store().await.apps;
    let ids: Vec<_> =
        offered.iter().filter(|app| app.store.as_str() == "apps").map(|app| app.id.as_str()).collect();
    assert_eq!(ids, ["one"]);
    let copies: Vec<_> = std::fs::read_dir(world.directory.path().join("state/apps/stores"))
        .unwrap()
        .map(|copy| copy.unwrap().path())
        .collect();
    assert_eq!(copies.len(), 1);
    assert!(copies[0].join("one/docker-compose.yml").is_file());
    assert_eq!(std::fs::read_dir(copies[0].join("apps")).unwrap().count(), 0, "a submodule was fetched");
    assert!(!copies[0].join(".git/hooks").exists() && !copies[0].join(".git/modules").exists());
}

#[tokio::test]
async fn a_repository_that_is_not_there_says_so() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    let url = format!("file://{}/nothing", world.directory.path().display());
    let job = service.manager.add_source(&admin(), &url).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.error_code, "source");
    assert!(job.error_message.contains("could not be fetched"), "{}", job.error_message);
    assert!(service.store().await.sources.iter().any(|source| source.error == job.error_message));
}

#[tokio::test]
async fn addresses_that_would_run_programs_or_show_passwords_are_refused() {
    let world = World::new();
    let service = world.service().await;
    for bad in [
        "",
        "ext::sh -c touch% /tmp/x",
        "http://example.org/x.git",
        "git://example.org/x",
        "--upload-pack=touch",
        "ssh://-oProxyCommand=x/y",
        "https://user:secret@example.org/x.git",
        "/a/../b",
        "relative/path",
        "https://",
        "https://example.org",
        &format!("https://example.org/{}", "x".repeat(2000)),
    ] {
        assert_eq!(
            service.manager.add_source(&admin(), bad).await.unwrap_err().kind,
            ErrorKind::Invalid,
            "{bad}"
        );
    }
}
