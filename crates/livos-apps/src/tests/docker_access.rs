//! What an app may do in Docker is its owner's choice: to look, or to control it.

use livos_bus::documents::{AppChange, AppSettings};
use livos_bus::{SettingsRequest, UpdateRequest, codes};
use livos_docker::{FakeImage, MountKind};
use livos_store::Database;

use super::support::{Service, World, admin};
use crate::store::MIGRATIONS;

fn dashboard(world: &World, version: &str) {
    world.engine.publish(FakeImage::new(&format!("demo/look:{version}")));
    world.app(
        "look",
        &format!(
            "services:
  web:
    image: demo/look:{version}
    volumes: ['/run/docker.sock:/tmp/d.sock:ro']
"
        ),
    );
}

/// What the container has in the place of the socket.
fn mounted(world: &World) -> String {
    let config = world.engine.config_of("look-web-1").unwrap();
    let mount = config.mounts.iter().find(|mount| mount.target == "/tmp/d.sock").unwrap();
    assert!(mount.read_only);
    match &mount.kind {
        MountKind::Bind { source, .. } => source.clone(),
        other => panic!("{other:?}"),
    }
}

fn is_view(world: &World) -> bool {
    let path = world.directory.path().join("state/apps/docker-views/look/docker.sock");
    match mounted(world) {
        source if source == path.display().to_string() => {
            assert!(path.exists());
            true
        }
        source => {
            assert_eq!(source, "/run/docker.sock");
            assert!(!path.exists());
            false
        }
    }
}

fn wish(docker: &str, accept: Vec<String>) -> SettingsRequest {
    SettingsRequest {
        app: "look".into(),
        answers: [].into(),
        accept,
        ports: [].into(),
        memory: [].into(),
        images: std::collections::HashMap::new(),
        docker: docker.into(),
    }
}

async fn access(service: &Service) -> String {
    let settings: AppSettings = service.manager.settings(&admin(), "look").await.unwrap().parse().unwrap();
    assert_eq!(settings.docker, service.catalogue_app("look").await.docker);
    settings.docker
}

#[tokio::test]
async fn an_app_looks_at_docker_until_its_owner_lets_it_do_more() {
    let world = World::new();
    dashboard(&world, "1");
    let service = world.service().await;
    let page = service.catalogue_app("look").await;
    let texts: Vec<&str> = page.permissions.iter().map(|one| one.text.as_str()).collect();
    assert!(matches!(texts.as_slice(), [text] if text.contains("change nothing in Docker")), "{texts:?}");
    let control = page.docker_control.unwrap();
    assert_eq!((control.risk.as_str(), page.docker.as_str()), ("high", ""));
    assert_eq!(service.install("look").await.state, "succeeded");
    assert!(is_view(&world));
    assert_eq!(access(&service).await, "view");

    // More of it needs a consent of its own.
    let refused = service.manager.configure(&admin(), &wish("control", Vec::new())).await.unwrap_err();
    assert_eq!(refused.code, codes::CONSENT_NEEDED);
    let change: AppChange = service
        .manager
        .look_at_settings(&admin(), &wish("control", Vec::new()))
        .await
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(change.permissions, std::slice::from_ref(&control));
    let job = service.manager.configure(&admin(), &wish("control", vec![control.code])).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(!is_view(&world));
    assert_eq!(access(&service).await, "control");

    // It stays with an update, and nothing is asked again.
    dashboard(&world, "2");
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    service.ended(&job).await;
    let request = UpdateRequest { app: "look".into(), answers: [].into(), accept: Vec::new() };
    let job = service.manager.update(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert!(!is_view(&world));

    // Less of it needs what looking needs.
    let view = page.permissions[0].code.clone();
    let job = service.manager.configure(&admin(), &wish("view", vec![view])).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(is_view(&world));
    let job = service.manager.rollback(&admin(), "look", "").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(!is_view(&world));
    for wrong in ["", "everything"] {
        assert!(service.manager.configure(&admin(), &wish(wrong, Vec::new())).await.is_err(), "{wrong}");
    }
    let job = service.manager.remove(&admin(), "look", false, false).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(!world.directory.path().join("state/apps/docker-views/look").exists());
}

#[tokio::test]
async fn control_at_the_installation_is_a_second_consent() {
    let world = World::new();
    dashboard(&world, "1");
    world.app("plain", "services: {web: {image: 'demo/look:1'}}\n");
    let service = world.service().await;
    let mut request = service.request("look").await;
    request.docker_control = true;
    let refused = service.manager.install(&admin(), &request).await.unwrap_err();
    assert_eq!(refused.code, codes::CONSENT_NEEDED);
    request.accept = vec![service.catalogue_app("look").await.docker_control.unwrap().code];
    let job = service.manager.install(&admin(), &request).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert!(!is_view(&world));

    assert_eq!(service.catalogue_app("plain").await.docker_control, None);
    let mut request = service.request("plain").await;
    request.docker_control = true;
    let refused = service.manager.install(&admin(), &request).await.unwrap_err();
    assert!(refused.message.contains("does not ask for Docker"), "{}", refused.message);
}

#[tokio::test]
async fn whoever_had_docker_keeps_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("apps.db");
    let old = Database::open(&path, &MIGRATIONS[..8]).await.unwrap();
    let spec = |code: &str| format!(r#"{{"permissions": [{{"code": "other"}}, {{"code": "{code}"}}]}}"#);
    for (app, code) in [("strong", "docker_socket"), ("weak", "host_path")] {
        sqlx::query(
            "insert into apps (id, name, store, version, icon, phase, wanted, spec, source, host, upstream_port,
                               gateway_port, kept, installed_at)
             values (?, '', '', '', '', 'installed', 'running', ?, '', '', 0, 0, '[]', 0)",
        )
        .bind(app)
        .bind(spec(code))
        .execute(old.writer())
        .await
        .unwrap();
        for (slot, overlay) in [("version", r#", "overlay": {"memory": {"web": 1}}"#), ("settings", "")] {
            sqlx::query("insert into previous (app, slot, ready, record, keeping, until) values (?, ?, 1, ?, '{}', 7)")
                .bind(app)
                .bind(slot)
                .bind(format!(r#"{{"spec": {}{overlay}}}"#, spec(code)))
                .execute(old.writer())
                .await
                .unwrap();
        }
    }
    old.close().await;
    let new = Database::open(&path, MIGRATIONS).await.unwrap();
    for (app, controls) in [("strong", Some(true)), ("weak", None)] {
        let found: Vec<Option<bool>> = sqlx::query_scalar(
            "select json_extract(overlay, '$.docker_control') from apps where id = ?1
             union all select json_extract(record, '$.overlay.docker_control') from previous where app = ?1",
        )
        .bind(app)
        .fetch_all(new.reader())
        .await
        .unwrap();
        assert_eq!(found, [controls; 3], "{app}");
        let kept: Vec<Option<i64>> = sqlx::query_scalar(
            "select json_extract(record, '$.overlay.memory.web') from previous where app = ? order by slot desc",
        )
        .bind(app)
        .fetch_all(new.reader())
        .await
        .unwrap();
        assert_eq!(kept, [Some(1), None]);
    }
}
