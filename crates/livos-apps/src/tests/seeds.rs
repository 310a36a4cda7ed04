//! Files that a Runtipi app's store brings along.

use livos_bus::codes;
use livos_docker::{FakeImage, MountKind};

use super::support::{World, admin};

const CONFIG: &str = r#"{"id": "site", "name": "Site", "available": true, "port": 8200, "version": "VERSION",
    "short_desc": "", "categories": [], "author": "", "source": "", "supported_architectures": ["amd64", "arm64"],
    "form_fields": [{"type": "text", "label": "Title", "env_variable": "SITE_TITLE", "required": true},
                    {"type": "random", "label": "Key", "env_variable": "SITE_KEY", "min": 8}]}"#;

const COMPOSE: &str = r#"{"services": [{"name": "site", "image": "demo/site:VERSION", "isMain": true,
    "internalPort": 80, "volumes": [
        {"hostPath": "${APP_DATA_DIR}/data/site.conf", "containerPath": "/etc/site.conf"},
        {"hostPath": "${APP_DATA_DIR}/data/content", "containerPath": "/content"}]}]}"#;

fn write(world: &World, file: &str, text: &str) {
    let path = world.directory.path().join("store/site").join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn site(world: &World, version: &str) {
    write(world, "config.json", &CONFIG.replace("VERSION", version));
    write(world, "docker-compose.json", &COMPOSE.replace("VERSION", version));
    write(world, "metadata/description.md", "A site.");
    world.engine.publish(FakeImage::new(&format!("demo/site:{version}")));
}

#[tokio::test]
async fn what_lies_in_its_data_is_there_before_it_starts_and_is_never_replaced() {
    let world = World::new();
    site(&world, "1");
    write(&world, "data/site.conf.template", "{{SITE_TITLE}} on {{APP_PORT}}, {{NOBODY}} {{ SITE_KEY }}");
    write(&world, "data/content/index.html", "hello");
    let service = world.service().await;
    let mut request = service.request("site").await;
    request.answers.insert("SITE_TITLE".to_owned(), "{{APP_ID}} & co".to_owned());
    let job = service.manager.install(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    let data = world.data_of("site").join("data");
    let read = |file: &str| std::fs::read_to_string(data.join(file)).unwrap();
    assert_eq!(read("site.conf"), "{{APP_ID}} & co on 8200, {{NOBODY}} {{ SITE_KEY }}");
    assert_eq!(read("content/index.html"), "hello");
    assert!(!data.join("site.conf.template").exists() && !world.data_of("site").join("metadata").exists());
    let mounts = world.engine.config_of("site-site-1").unwrap().mounts;
    let mounted = mounts.iter().find(|mount| mount.target == "/etc/site.conf").unwrap();
    assert!(matches!(&mounted.kind, MountKind::Bind { source, .. } if source.ends_with("data/site.conf")));

    // What is the app's by now stays; what is new comes.
    std::fs::write(data.join("site.conf"), "mine").unwrap();
    site(&world, "2");
    write(&world, "data/site.conf.template", "of the newer version");
    write(&world, "data/content/index.html", "of the newer version");
    write(&world, "data/content/more.html", "more");
    let job = service.manager.refresh_source(&admin(), "store").await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    let request = livos_bus::UpdateRequest {
        app: "site".into(),
        answers: std::collections::HashMap::new(),
        accept: Vec::new(),
    };
    let job = service.manager.update(&admin(), &request).await.unwrap();
    let job = service.ended(&job).await;
    assert_eq!(job.state, "succeeded", "{}", job.error_message);
    assert_eq!((read("site.conf"), read("content/index.html")), ("mine".to_owned(), "hello".to_owned()));
    assert_eq!(read("content/more.html"), "more");
}

#[tokio::test]
async fn links_among_them_are_refused() {
    for link in ["data", "data/content/link"] {
        let world = World::new();
        site(&world, "1");
        let at = world.directory.path().join("store/site").join(link);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("/etc", at).unwrap();
        let service = world.service().await;
        let mut request = service.request("site").await;
        request.answers.insert("SITE_TITLE".to_owned(), "x".to_owned());
        let job = service.manager.install(&admin(), &request).await.unwrap();
        let job = service.ended(&job).await;
        assert_eq!(job.error_code, codes::UNSUPPORTED, "{}", job.error_message);
        assert!(job.error_message.contains("links"), "{}", job.error_message);
        world.assert_nothing_left(&service).await;
    }
}
