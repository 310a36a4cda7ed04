//! A compose file that its owner gave becomes an app like any other.

use livos_bus::documents::{AppCompose, AppSettings, CatalogApp, StackCheck, StackRequest};
use livos_bus::{Document, ErrorKind, codes};
use livos_docker::{FakeImage, Protocol};
use livos_types::Role;

use super::support::{Service, World, actor, admin};

const COMPOSE: &str = "services:
  web:
    image: 'own/web:${TAG}'
    ports: ['8096:80']
    environment: {NAME: '${NAME}', API_TOKEN: '${API_TOKEN}'}
    env_file: .env
    volumes: ['./config:/config', 'rows:/rows', '/srv/films:/films:ro']
volumes: {rows: {}}
";
const WORD: &str = "correct horse battery";

fn request(name: &str, compose: &str) -> StackRequest {
    StackRequest {
        name: name.to_owned(),
        compose: compose.to_owned(),
        env: format!("TAG=1\nAPI_TOKEN={WORD}\nELSE=x\n"),
        answers: [("NAME".to_owned(), "Ada".to_owned())].into(),
        accept: Vec::new(),
    }
}

async fn check(service: &Service, request: &StackRequest) -> StackCheck {
    let document = Document::json(request).unwrap();
    service.manager.look_at_stack(&admin(), document).await.unwrap().parse().unwrap()
}

async fn create(service: &Service, request: &StackRequest) -> livos_bus::Result<String> {
    service.manager.create_stack(&admin(), Document::json(request).unwrap()).await
}

async fn created(service: &Service, mut request: StackRequest) -> String {
    let checked = check(service, &request).await;
    assert!(checked.ready, "{checked:?}");
    request.accept = checked.permissions.into_iter().map(|one| one.code).collect();
    let job = create(service, &request).await.unwrap();
    service.ended(&job).await.error_message
}

fn prepared() -> World {
    let world = World::new();
    world.engine.publish(FakeImage::new("own/web:1"));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compose_file_becomes_an_app_like_any_other() {
    let world = prepared();
    let service = world.service().await;
    assert_eq!(created(&service, request("mine", COMPOSE)).await, "");
    let app = service.app("mine").await;
    assert_eq!((app.store.as_str(), app.state.as_str(), app.port), ("own", "running", 8096));
    let web = world.engine.config_of("mine-web-1").unwrap();
    let told = |name: &str| web.env.get(name).cloned().flatten().unwrap_or_default();
    assert_eq!((told("NAME"), told("API_TOKEN"), told("ELSE")), ("Ada".into(), WORD.into(), "x".into()));
    assert!(world.data_of("mine").join("config").is_dir() && world.data_of("mine").join(".env").is_file());
    // Its page, its file and its settings come from its own copy; there is nothing to update.
    let page = service.catalog.get(&admin(), "own", "mine").await.unwrap().parse::<CatalogApp>().unwrap();
    assert_eq!((page.app.source_label.as_str(), page.gone), ("Own stack", false));
    assert!(page.permissions.iter().any(|one| one.text.contains("/srv/films")), "{:?}", page.permissions);
    let file: AppCompose = service.manager.compose(&admin(), "mine").await.unwrap().parse().unwrap();
    assert_eq!((file.text.as_str(), file.edited), (COMPOSE, false));
    let settings: AppSettings = service.manager.settings(&admin(), "mine").await.unwrap().parse().unwrap();
    let keys: Vec<&str> = settings.inputs.iter().map(|one| one.input.key.as_str()).collect();
    assert_eq!(keys, ["NAME", "API_TOKEN", "TAG"]);
    assert!(!serde_json::to_string(&settings).unwrap().contains(WORD), "{settings:?}");
    assert_eq!(app.update, "");
    let exported = async |secrets| {
        let archive = service.manager.export(&admin(), "mine", secrets).await.unwrap().read().unwrap();
        String::from_utf8_lossy(&archive).contains(WORD)
    };
    assert_eq!((exported(false).await, exported(true).await), (false, true));
    // It goes like any other, and its name is free again.
    let taken = create(&service, &request("mine", COMPOSE)).await.unwrap_err();
    assert_eq!(taken.code, codes::EXISTS, "{taken:?}");
    let gone = service.manager.remove(&admin(), "mine", false, false).await.unwrap();
    assert_eq!(service.ended(&gone).await.state, "succeeded");
    assert!(!world.data_of("mine").exists());
    assert!(check(&service, &request("mine", COMPOSE)).await.ready);
    // A file of somebody's in the folder is not overwritten.
    std::fs::create_dir_all(world.data_of("mine")).unwrap();
    std::fs::write(world.data_of("mine").join(".env"), "TAG=0").unwrap();
    assert!(!check(&service, &request("mine", COMPOSE)).await.ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_without_consent_and_what_fails_is_undone() {
    let world = prepared();
    let service = world.service().await;
    let refused = create(&service, &request("mine", COMPOSE)).await.unwrap_err();
    assert_eq!(refused.code, codes::CONSENT_NEEDED, "{refused:?}");
    let member = actor("linus", Role::Member);
    let document = || Document::json(&request("mine", COMPOSE)).unwrap();
    let denied = service.manager.create_stack(&member, document()).await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::Denied);
    let denied = service.manager.look_at_stack(&member, document()).await.unwrap_err();
    assert_eq!(denied.kind, ErrorKind::Denied);
    let absent = COMPOSE.replace("own/web", "own/absent");
    assert!(created(&service, request("mine", &absent)).await.contains("own/absent:1"));
    assert_eq!(service.installed().await, []);
    assert!(!world.data_of("mine").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_where_it_is() {
    let world = prepared();
    world.machine.taken.lock().unwrap().insert((8096, Protocol::Tcp));
    let service = world.service().await;
    let plain = |compose: &str| StackRequest { env: String::new(), ..request("mine", compose) };
    let cases: [(&str, u32, &str); 5] = [
        ("services:\n  web:\n    image: [\n", 3, ""),
        ("services:\n  web:\n    build: .\n", 3, "images are not built here"),
        ("services:\n  web:\n    image: x\n    env_file: my.env\n", 4, "the file my.env does not exist"),
        (
            "services:\n  web:\n    image: x\n    configs: [c]\nconfigs: {c: {file: ./c.conf}}\n",
            2,
            "the file c.conf does not exist",
        ),
        ("include: [other.yaml]\nservices:\n  web:\n    image: x\n", 1, "other compose files are not read"),
    ];
    for (text, line, said) in cases {
        let found = check(&service, &plain(text)).await;
        let wrong =
            found.problems.iter().find(|one| one.error).unwrap_or_else(|| panic!("{text}: {found:?}"));
        assert!(wrong.text.contains(said) && !found.ready, "{text}: {wrong:?}");
        assert_eq!(wrong.line, line, "{text}: {wrong:?}");
        assert!(create(&service, &plain(text)).await.is_err(), "{text}");
    }
    for name in ["", "Upper", "a b", "../x", "a.b", "-x"] {
        let found = check(&service, &request(name, COMPOSE)).await;
        assert!(!found.name.is_empty() && !found.ready && !found.services.is_empty(), "{name}: {found:?}");
        assert!(create(&service, &request(name, COMPOSE)).await.is_err(), "{name}");
    }
    // What it demands is asked first, and the port that somebody has is moved.
    let two = plain(
        "services:\n  web:\n    image: 'own/web:${TAG:?which version}'\n    hostname: '${NAME:?its name}'\n",
    );
    let found = check(&service, &two).await;
    let asked: Vec<&str> = found.inputs.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(asked, ["TAG", "NAME"], "both at once");
    let demanding =
        plain("services:\n  web:\n    image: 'own/web:${TAG:?which version}'\n    ports: ['8096:80']\n");
    let found = check(&service, &demanding).await;
    assert!(!found.ready && found.problems.is_empty(), "{found:?}");
    assert_eq!(found.inputs.iter().map(|one| one.hint.as_str()).collect::<Vec<_>>(), ["which version"]);
    let answered = StackRequest { answers: [("TAG".to_owned(), "1".to_owned())].into(), ..demanding };
    let found = check(&service, &answered).await;
    assert!(found.ready && found.moved.iter().any(|port| port.asked == 8096 && port.given > 0), "{found:?}");
    assert!(found.checks.iter().any(|line| line.check == "download"), "{found:?}");
    // What is no answer is said before it is installed, and what the machine has not.
    let wrong =
        StackRequest { answers: [("TAG".to_owned(), "a\u{7}b".to_owned())].into(), ..answered.clone() };
    let found = check(&service, &wrong).await;
    assert!(
        !found.ready && found.problems.iter().any(|one| one.error && one.text.contains("TAG")),
        "{found:?}"
    );
    let odd = StackRequest { answers: [("TAG".to_owned(), "a b".to_owned())].into(), ..answered.clone() };
    let found = check(&service, &odd).await;
    assert!(!found.ready, "{found:?}");
    let hungry = plain("services:\n  web:\n    image: 'own/web:1'\n    mem_reservation: 64g\n");
    let found = check(&service, &hungry).await;
    assert!(!found.ready && found.checks.iter().any(|line| line.check == "memory" && line.state == "block"));
    assert_eq!(created(&service, answered).await, "");
    assert_ne!(service.app("mine").await.port, 8096);
}
