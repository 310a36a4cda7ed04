//! HTTPS and a domain, as Caddy is told of them and people are told about them.

use livos_bus::Actor;
use livos_bus::documents::Exposure;
use livos_types::Role;

use super::support::{Service, World, actor, admin, until};

fn member() -> Actor {
    actor("ada", Role::Member)
}

async fn seen(service: &Service) -> Exposure {
    service.reader.exposure(&admin()).await.unwrap().parse().unwrap()
}

fn page(world: &World) {
    world.app("notes", "services: {web: {image: 'demo/main:1', ports: ['8096:80']}}\n");
    world.engine.publish(livos_docker::FakeImage::new("demo/main:1"));
}

#[tokio::test]
async fn a_domain_is_told_to_caddy_and_taken_back() {
    let world = World::new();
    page(&world);
    let service = world.service().await;
    assert_eq!(service.install("notes").await.state, "succeeded");
    let first = seen(&service).await;
    assert_eq!((first.https.as_str(), first.port, first.always, first.domain), ("on", 443, false, None));
    assert_eq!(first.names, ["livos.local", "livos", "localhost"]);
    let authority = first.authority.unwrap();
    assert_eq!((authority.name.as_str(), authority.fingerprint.len()), ("LivOS on LivOS", 95));

    service.manager.set_domain(&admin(), "Home.Example.org", "ada@example.org").await.unwrap();
    let told = world.edge.last();
    for part in ["\"notes.home.example.org\"", "\"module\": \"acme\"", "ada@example.org", "certificates.log"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(service.app("notes").await.domain, "notes.home.example.org");
    world.edge.proved.lock().unwrap().push("home.example.org".to_owned());
    let domain = seen(&service).await.domain.unwrap();
    let states: Vec<_> = domain.names.iter().map(|name| (name.name.as_str(), name.state.as_str())).collect();
    assert_eq!(states, [("home.example.org", "ready"), ("notes.home.example.org", "fetching")]);
    assert_eq!(domain.email, "ada@example.org");
    // Members see the names, and not whom the authority writes to.
    let theirs: Exposure = service.reader.exposure(&member()).await.unwrap().parse().unwrap();
    assert_eq!(theirs.domain.unwrap().email, "");

    service.manager.set_always_https(&admin(), true).await.unwrap();
    let service = {
        service.stop().await;
        world.service().await
    };
    assert!(seen(&service).await.always, "it outlives a restart");
    service.manager.set_domain(&admin(), "", "").await.unwrap();
    let told = world.edge.last();
    assert!(!told.contains("example.org") && told.contains("307"), "{told}");
    assert_eq!(service.app("notes").await.domain, "");
}

#[tokio::test]
async fn why_a_name_has_no_certificate_is_said_with_what_to_do() {
    let mut world = World::new();
    world.config.caddy.admin = world.directory.path().join("admin.sock");
    let log = world.directory.path().join("certificates.log");
    let line = serde_json::json!({ "level": "error", "identifier": "home.example.org",
        "error": "HTTP 400 urn:ietf:params:acme:error:dns - DNS problem: NXDOMAIN looking up A" });
    std::fs::write(log, format!("{line}\n")).unwrap();
    let service = world.service().await;
    service.manager.set_domain(&admin(), "home.example.org", "").await.unwrap();
    let name = seen(&service).await.domain.unwrap().names.remove(0);
    assert_eq!(name.state, "failed");
    assert!(name.reason.contains("NXDOMAIN") && name.next.contains("add an A record"), "{name:?}");
}

#[tokio::test]
async fn without_its_port_there_is_no_https_and_everything_else_is_as_it_was() {
    let world = World::new();
    page(&world);
    world.edge.taken.lock().unwrap().push(443);
    let service = world.service().await;
    assert_eq!(service.install("notes").await.state, "succeeded");
    until("the app", async || world.edge.last().contains("notes.localhost")).await;
    assert!(!world.edge.last().contains("tls_connection_policies"));
    until("known", async || seen(&service).await.https == "port_taken").await;
    let found = seen(&service).await;
    assert_eq!(found.authority, None);
    assert!(found.detail.contains("caddy.https_port"), "{}", found.detail);
    let error = service.manager.set_always_https(&admin(), true).await.unwrap_err();
    assert!(error.to_string().contains("no HTTPS"), "{error}");
    assert!(service.reader.certificate().await.is_err());
    world.edge.taken.lock().unwrap().clear();
    // Whoever had the port may only restart: it is taken back when somebody asks, and not by any change.
    service.apps().routes.apply().await.unwrap();
    assert!(!world.edge.last().contains("tls_connection_policies"));
    service.manager.set_always_https(&admin(), false).await.unwrap();
    until("HTTPS", async || world.edge.last().contains("tls_connection_policies")).await;
    assert_eq!(seen(&service).await.https, "on");
}

#[tokio::test]
async fn what_is_no_domain_is_refused_in_words_and_nobody_but_an_admin_chooses() {
    let world = World::new();
    let service = world.service().await;
    for (name, email, why) in [
        ("attic.local", "", ".local"),
        ("192.168.1.5", "", "an address is no name"),
        ("*.example.org", "", "wildcard"),
        ("example.org", "ada", "ada@example.org"),
    ] {
        let error = service.manager.set_domain(&admin(), name, email).await.unwrap_err();
        assert!(error.to_string().contains(why), "{name}: {error}");
    }
    assert_eq!(seen(&service).await.domain, None);
    assert!(service.manager.set_domain(&member(), "example.org", "").await.is_err());
    assert!(service.manager.set_always_https(&member(), true).await.is_err());
    // Caddy is away: what was chosen is kept, and told when it is back.
    world.edge.down.store(true, std::sync::atomic::Ordering::SeqCst);
    service.manager.set_domain(&admin(), "example.org", "").await.unwrap();
    assert_eq!(seen(&service).await.https, "away");
    world.edge.down.store(false, std::sync::atomic::Ordering::SeqCst);
    until("told", async || world.edge.last().contains("\"example.org\"")).await;
}

#[tokio::test]
async fn an_app_learns_its_address_when_it_is_installed_or_changed() {
    let world = World::new();
    let service = world.service().await;
    service.manager.set_domain(&admin(), "home.example.org", "").await.unwrap();
    let id = livos_types::AppId::new("notes").unwrap();
    let context = service.apps().context(&id, "notes.localhost:8080", "amd64");
    let exposure = context.exposure;
    assert_eq!(
        (exposure.scheme.as_str(), exposure.host.as_str(), exposure.port, exposure.public),
        ("https", "notes.home.example.org", None, true)
    );
    assert_eq!(context.domain, "livos.local", "what the house is called stays");
}

#[tokio::test]
async fn an_app_that_has_the_port_keeps_it_and_a_refused_choice_is_undone() {
    let world = World::new();
    world.app("proxy", "services: {web: {image: 'demo/main:1', ports: ['8096:80', '443:443']}}\n");
    world.engine.publish(livos_docker::FakeImage::new("demo/main:1"));
    let service = world.service().await;
    assert_eq!(service.install("proxy").await.state, "succeeded");
    until("without HTTPS", async || {
        let told = world.edge.last();
        told.contains("proxy.localhost") && !told.contains("tls_connection_policies")
    })
    .await;
    until("known", async || seen(&service).await.https == "port_taken").await;
    assert!(
        service.manager.set_domain(&admin(), "home.example.org", "").await.is_err(),
        "nothing in the clear"
    );

    let world = World::new();
    let service = world.service().await;
    world.edge.refuses.lock().unwrap().push_str("home.example.org");
    let error = service.manager.set_domain(&admin(), "home.example.org", "").await.unwrap_err();
    assert!(error.to_string().contains("as it was"), "{error}");
    assert_eq!(seen(&service).await.domain, None);
    service.apps().routes.apply().await.unwrap();
}

/// A Caddy whose socket lies in a folder of its own; each call is somebody who makes the socket anew.
fn with_socket(world: &mut World) -> (tempfile::TempDir, impl Fn() + use<>) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("admin.sock");
    world.config.caddy.admin.clone_from(&socket);
    let appears = move || {
        // It may not be there yet.
        let _ = std::fs::remove_file(&socket);
        std::fs::write(&socket, "").unwrap();
    };
    (folder, appears)
}

#[tokio::test]
async fn a_caddy_that_begins_anew_with_fewer_ports_is_told_again_and_gets_those_that_are_free_by_then() {
    let mut world = World::new();
    let (_folder, appears) = with_socket(&mut world);
    world.edge.taken.lock().unwrap().push(443);
    let service = world.service().await;
    until("there is no HTTPS", async || seen(&service).await.https == "port_taken").await;
    let told = world.edge.told.lock().unwrap().len();
    // It stops, whoever had the port goes, and it is there again; it does not listen at once.
    world.edge.taken.lock().unwrap().clear();
    *world.edge.runs.lock().unwrap() = serde_json::json!({ "apps": {} });
    world.edge.down.store(true, std::sync::atomic::Ordering::SeqCst);
    appears();
    world.edge.down.store(false, std::sync::atomic::Ordering::SeqCst);
    until("there is HTTPS", async || seen(&service).await.https == "on").await;
    until("it is told", async || world.edge.told.lock().unwrap().len() > told).await;
    assert!(world.edge.last().contains("tls_connection_policies"));
}

#[tokio::test]
async fn a_caddy_that_runs_with_what_it_was_told_is_left_alone_and_one_that_mumbles_is_not_told_for_ever() {
    let mut world = World::new();
    let (_folder, appears) = with_socket(&mut world);
    let service = world.service().await;
    until("told", async || !world.edge.last().is_empty()).await;
    // A sign without anything new, as each of our own loads gives one: the next change is the next that is told.
    appears();
    service.manager.set_always_https(&admin(), true).await.unwrap();
    until("told", async || world.edge.last().contains("307")).await;
    appears();
    assert_eq!(world.edge.told.lock().unwrap().len(), 2);

    world.edge.mumbles.store(true, std::sync::atomic::Ordering::SeqCst);
    *world.edge.runs.lock().unwrap() = serde_json::Value::Null;
    until("told again", async || {
        appears();
        world.edge.told.lock().unwrap().len() == 5
    })
    .await;
    // It is asked after each sign, and not told once more.
    for _ in 0..5 {
        let asked = world.edge.asked.load(std::sync::atomic::Ordering::SeqCst);
        appears();
        until("it is asked", async || world.edge.asked.load(std::sync::atomic::Ordering::SeqCst) > asked)
            .await;
    }
    assert_eq!(world.edge.told.lock().unwrap().len(), 5);
}
