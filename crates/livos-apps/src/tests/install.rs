use std::sync::atomic::Ordering;

use futures_util::StreamExt;
use livos_bus::{Actor, Caller, ErrorKind, InstallRequest, Via, codes};
use livos_docker::{
    Behaviour, Engine, EngineError, FakeImage, LabelFilter, NetworkConfig, Protocol, UnusableBecause,
    VolumeConfig,
};
use livos_types::Role;

use super::support::{World, actor, admin, soon, until};

#[tokio::test]
async fn an_app_is_installed_runs_and_has_an_address() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    let mut changes = service.reader.receive_app_changed().await.unwrap();
    let job = service.install("demo").await;
    assert_eq!((job.state.as_str(), job.error_message.as_str()), ("succeeded", ""));
    assert_eq!(
        (job.kind.as_str(), job.subject.as_str(), job.title.as_str()),
        ("app.install", "demo", "Install demo")
    );
    assert_eq!(job.started_by, "grace");
    assert_eq!(soon("a signal", changes.next()).await.unwrap().args().unwrap().id, "demo");

    let app = service.app("demo").await;
    assert_eq!((app.state.as_str(), app.detail.as_str()), ("running", ""));
    assert_eq!((app.host.as_str(), app.port, app.path.as_str()), ("demo.localhost:8080", 8096, "/"));
    let services: Vec<_> =
        app.services.iter().map(|service| (service.name.as_str(), service.state.as_str())).collect();
    assert!(services.contains(&("web", "running")) && services.contains(&("db", "running")), "{services:?}");
    assert!(service.store().await.apps[0].installed);

    // The page is on the loopback address only, and everything is marked as ours.
    let web = world.engine.config_of("demo-web-1").unwrap();
    let page = &web.ports[0];
    assert_eq!((page.host_port, page.host_ip.unwrap().to_string().as_str()), (Some(43000), "127.0.0.1"));
    assert_eq!(web.labels["io.livos.app"], "demo");
    assert_eq!(web.labels["io.livos.service"], "web");
    assert_eq!(web.labels["io.livos.installation"].len(), 16);
    assert!(world.data_of("demo").join("config").is_dir());
    // The database was healthy before the page was started.
    let calls = world.engine.calls();
    let at = |call: &str| {
        calls.iter().position(|known| known == call).unwrap_or_else(|| panic!("{call} in {calls:?}"))
    };
    assert!(at("start_container demo-db-1") < at("start_container demo-web-1"));

    let document = world.edge.last();
    assert!(document.contains("127.0.0.1:43000") && document.contains("demo.localhost"), "{document}");
    assert_eq!(
        std::fs::read_to_string(world.directory.path().join("state/edge/caddy.json")).unwrap(),
        document
    );
}

#[tokio::test]
async fn the_download_is_told_in_bytes_and_layers() {
    let world = World::new();
    world.demo();
    world.engine.hold_pull("demo/web:1");
    let service = world.service().await;
    let job = service.begin("demo").await;
    service.until_step(&job, "downloading").await;
    until("bytes", async || {
        service.job(&job).await.detail == "image 1 of 2, layer 0 of 3"
            || service.job(&job).await.detail.starts_with("image 2 of 2, layer 0 of 3")
    })
    .await;
    let info = service.job(&job).await;
    assert_eq!(info.unit, "bytes");
    assert!(info.done > 0 && info.done < info.total, "{} of {}", info.done, info.total);
    assert_eq!(service.app("demo").await.state, "installing");
    world.engine.release_pull("demo/web:1");
    assert_eq!(service.ended(&job).await.state, "succeeded");
}

/// What a failed installation says, having left nothing.
async fn fails(world: &World, code: &str, words: &str) {
    let service = world.service().await;
    let job = service.install("demo").await;
    assert_eq!((job.state.as_str(), job.error_code.as_str()), ("failed", code), "{}", job.error_message);
    assert!(job.error_message.contains(words), "{}", job.error_message);
    assert!(job.retryable);
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn an_image_that_does_not_exist() {
    let world = World::new();
    world.demo();
    world.engine.unpublish("demo/db:1");
    fails(&world, codes::IMAGE_NOT_FOUND, "demo/db:1 does not exist in its registry").await;
}

#[tokio::test]
async fn an_image_for_another_architecture() {
    let world = World::new();
    world.demo();
    world.engine.publish(FakeImage::new("demo/web:1").architectures(&["arm64"]));
    fails(&world, codes::WRONG_ARCHITECTURE, "is made for linux/arm64").await;
}

#[tokio::test]
async fn a_registry_that_limits_or_is_away_and_a_full_disk() {
    let world = World::new();
    world.demo();
    let registry = || "registry.example".to_owned();
    world.engine.fail_next(
        "pull",
        "demo/web:1",
        EngineError::RegistryLimit { registry: registry(), retry_after: None },
    );
    fails(&world, codes::REGISTRY_LIMIT, "try again in some hours").await;
    world.engine.fail_next(
        "pull",
        "",
        EngineError::RegistryUnreachable { registry: registry(), detail: "no route".into() },
    );
    fails(&world, codes::REGISTRY_UNREACHABLE, "check the internet connection").await;
    world.engine.fail_next(
        "pull_layer",
        "",
        EngineError::NoSpace { detail: "no space left on device".into() },
    );
    fails(&world, codes::NO_SPACE, "free some space").await;
    world.machine.free.store(1000, Ordering::SeqCst);
    fails(&world, codes::NO_SPACE, "free some space").await;
}

#[tokio::test]
async fn a_failure_while_things_are_made_or_started() {
    let world = World::new();
    world.demo();
    for call in ["create_network", "create_volume", "create_container", "start_container"] {
        let refused = EngineError::Invalid { subject: "it".into(), detail: "because of the test".into() };
        world.engine.fail_next(call, "", refused);
        fails(&world, "refused", "because of the test").await;
    }
}

#[tokio::test]
async fn an_app_that_never_gets_healthy_and_one_that_ends_at_once() {
    let world = World::new();
    world.demo();
    world.engine.publish(FakeImage::new("demo/db:1").behaviour(Behaviour::Unhealthy));
    fails(&world, codes::UNHEALTHY, "db does not work: its health check fails").await;
    let world = World::new();
    world.demo();
    world
        .engine
        .publish(FakeImage::new("demo/web:1").behaviour(Behaviour::Exits(3)).output("cannot read /config\n"));
    let service = world.service().await;
    let job = service.install("demo").await;
    assert_eq!(job.error_code, codes::UNHEALTHY, "{}", job.error_message);
    // Its last words are kept, for the container is gone.
    assert!(service.log(&job.id).await.contains("demo-web-1 | cannot read /config"));
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn a_page_that_does_not_answer() {
    let mut world = World::new();
    world.patience.page = std::time::Duration::ZERO;
    world.demo();
    world.machine.page.send_replace(false);
    fails(&world, codes::UNHEALTHY, "its page did not answer").await;
}

#[tokio::test]
async fn a_port_that_is_taken_by_a_program_or_by_an_app() {
    let world = World::new();
    world.demo();
    world.app("dns", "services: {dns: {image: 'demo/db:1', ports: ['53:53/udp', '5380:80']}}\n");
    world.app("dns-two", "services: {dns: {image: 'demo/db:1', ports: ['53:53/udp', '5381:80']}}\n");
    world.machine.taken.lock().unwrap().insert((53, Protocol::Udp));
    let service = world.service().await;
    let job = service.install("dns").await;
    assert_eq!(job.error_code, codes::PORT_TAKEN);
    assert!(
        job.error_message.contains("port 53/udp") && job.error_message.contains("another program"),
        "{}",
        job.error_message
    );
    world.assert_nothing_left(&service).await;
    world.machine.taken.lock().unwrap().clear();
    assert_eq!(service.install("dns").await.state, "succeeded");
    let job = service.install("dns-two").await;
    assert_eq!(job.error_code, codes::PORT_TAKEN);
    assert!(job.error_message.contains("belongs to the app dns,"), "{}", job.error_message);
    // The first one is as it was.
    assert_eq!(service.app("dns").await.state, "running");
    // Pages have the ports that their store promises.
    assert_eq!(service.install("demo").await.state, "succeeded");
    assert_eq!((service.app("dns").await.port, service.app("demo").await.port), (5380, 8096));
}

#[tokio::test]
async fn what_is_not_ours_is_never_touched() {
    let world = World::new();
    world.demo();
    let volume = VolumeConfig { name: "demo_rows".into(), ..VolumeConfig::default() };
    world.engine.create_volume(&volume).await.unwrap();
    let service = world.service().await;
    let job = service.install("demo").await;
    assert_eq!(
        (job.state.as_str(), job.error_code.as_str()),
        ("failed", codes::EXISTS),
        "{}",
        job.error_message
    );
    assert!(world.engine.volume("demo_rows").await.unwrap().is_some());
    assert_eq!(service.installed().await, []);
    world.engine.remove_volume("demo_rows").await.unwrap();
    let network = NetworkConfig { name: "demo_default".into(), ..NetworkConfig::default() };
    world.engine.create_network(&network).await.unwrap();
    assert_eq!(service.install("demo").await.error_code, codes::EXISTS);
    assert!(world.engine.network("demo_default").await.unwrap().is_some());
}

#[tokio::test]
async fn cancelling_at_each_step_leaves_nothing() {
    for step in ["downloading", "starting", "waiting", "routing"] {
        let world = World::new();
        world.demo();
        match step {
            "downloading" => world.engine.hold_pull("demo/web:1"),
            "starting" => {
                world.engine.publish(FakeImage::new("demo/db:1").behaviour(Behaviour::KeepsStarting));
            }
            "waiting" => drop(world.machine.page.send_replace(false)),
            _ => {}
        }
        let service = world.service().await;
        if step == "routing" {
            until("the first document", async || !world.edge.last().is_empty()).await;
            world.edge.held.send_replace(true);
        }
        let job = service.begin("demo").await;
        service.until_step(&job, step).await;
        service.jobs.cancel(&admin(), &job).await.unwrap();
        world.edge.held.send_replace(false);
        let job = service.ended(&job).await;
        if step == "routing" {
            // It was there already; the last step only tells Caddy.
            assert_eq!(
                (job.state.as_str(), service.app("demo").await.state.as_str()),
                ("succeeded", "running")
            );
            continue;
        }
        assert_eq!(job.state, "cancelled", "{step}: {}", job.error_message);
        world.assert_nothing_left(&service).await;
    }
}

#[tokio::test]
async fn what_is_asked_must_be_agreed_to_and_answered() {
    let world = World::new();
    world.engine.publish(FakeImage::new("demo/web:1"));
    world.app(
        "mighty",
        "services: {web: {image: 'demo/web:1', privileged: true, environment: {KEY: '${KEY:?a key}'}}}\n",
    );
    let service = world.service().await;
    let refused =
        async |request: &InstallRequest| service.manager.install(&admin(), request).await.unwrap_err();
    let mut request = InstallRequest { accept: vec![], ..service.request("mighty").await };
    let error = refused(&request).await;
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Invalid, codes::INPUT_NEEDED));
    assert_eq!(service.catalogue_app("mighty").await.inputs[0].key, "KEY");
    request.answers.insert("KEY".into(), "secret".into());
    let error = refused(&request).await;
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Invalid, codes::CONSENT_NEEDED));
    assert!(error.message.contains("privileged"), "{}", error.message);
    // To a code alone nobody can agree: it would cover whatever the store says tomorrow.
    request.accept = vec!["privileged".into()];
    assert_eq!(refused(&request).await.code, codes::CONSENT_NEEDED);
    let mut asked = livos_manifest::Permission {
        code: "privileged".into(),
        text: "Full control over this machine: the container runs privileged.".into(),
        risk: livos_manifest::Risk::High,
        subject: "other".into(),
    };
    request.accept = vec![crate::core::answers::consent(&asked)];
    assert_eq!(refused(&request).await.code, codes::CONSENT_NEEDED);
    asked.subject = "web".into();
    request.accept = vec![crate::core::answers::consent(&asked)];
    let job = service.manager.install(&admin(), &request).await.unwrap();
    assert_eq!(service.ended(&job).await.state, "succeeded");
    assert_eq!(world.engine.config_of("mighty-web-1").unwrap().env["KEY"].as_deref(), Some("secret"));
}

#[tokio::test]
async fn hostile_and_unknown_names_are_refused() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    let request = |store: &str, app: &str| InstallRequest {
        store: store.into(),
        app: app.into(),
        answers: [].into(),
        accept: vec![],
        docker_control: false,
    };
    for hostile in ["", "..", "../demo", "a/b", "DEMO", "a\u{0}b", "-x", &"x".repeat(300)] {
        let kind =
            service.manager.install(&admin(), &request("store", hostile)).await.map_err(|error| error.kind);
        // A zero byte cannot even cross the bus.
        assert!(matches!(kind, Err(ErrorKind::Invalid | ErrorKind::Internal)), "{hostile:?}: {kind:?}");
        if !hostile.contains('\0') {
            assert_eq!(
                service.manager.remove(&admin(), hostile, false, false).await.unwrap_err().kind,
                ErrorKind::Invalid
            );
            assert_eq!(service.reader.get(&admin(), hostile).await.unwrap_err().kind, ErrorKind::Invalid);
            assert_eq!(
                service.catalog.get(&admin(), hostile, "demo").await.unwrap_err().kind,
                ErrorKind::Invalid
            );
        }
    }
    let nothing = service.manager.install(&admin(), &request("store", "nothing")).await.unwrap_err();
    assert_eq!(nothing.kind, ErrorKind::NotFound);
    assert_eq!(service.manager.start(&admin(), "nothing").await.unwrap_err().kind, ErrorKind::NotFound);
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn members_use_and_only_admins_manage_and_only_the_edge_may_ask() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    let member = actor("ada", Role::Member);
    assert!(service.catalog.list(&member).await.is_ok());
    assert!(service.reader.list(&member).await.is_ok());
    assert!(service.reader.engine(&member).await.unwrap().usable);
    let request = service.request("demo").await;
    let denied = [
        service.manager.install(&member, &request).await.map(drop),
        service.manager.start(&member, "demo").await.map(drop),
        service.manager.stop(&member, "demo", false).await.map(drop),
        service.manager.restart(&member, "demo").await.map(drop),
        service.manager.remove(&member, "demo", false, false).await.map(drop),
        service.manager.add_source(&member, "https://example.org/x.git").await.map(drop),
        service.manager.remove_source(&member, "store").await,
        service.manager.refresh_source(&member, "store").await.map(drop),
        service.reader.logs(&member, "demo", "", 10, false).await.map(drop),
    ];
    for answer in denied {
        assert_eq!(answer.unwrap_err().kind, ErrorKind::Denied);
    }
    assert_eq!(service.jobs.list(&member).await.unwrap(), []);
    service.stop().await;
    let service = world.service_for(Caller::Nexus).await;
    // The agent looks when it says that it is the one who asks, as far as the person may, and changes nothing.
    let through_nexus = |actor: Actor| Actor { via: Via::Nexus, ..actor };
    assert_eq!(service.reader.list(&admin()).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(service.manager.stop(&admin(), "demo", false).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(service.catalog.list(&admin()).await.unwrap_err().kind, ErrorKind::Denied);
    let (admin, member) = (through_nexus(admin()), through_nexus(member));
    service.reader.list(&member).await.unwrap();
    service.catalog.list(&admin).await.unwrap();
    let log = service.reader.logs(&member, "demo", "", 10, false).await;
    assert_eq!(log.unwrap_err().kind, ErrorKind::Denied);
    assert!(service.reader.logs(&admin, "demo", "", 10, false).await.is_ok());
    assert_eq!(service.manager.stop(&admin, "demo", false).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(
        service.manager.remove(&admin, "demo", false, false).await.unwrap_err().kind,
        ErrorKind::Denied
    );
    assert_eq!(service.jobs.list(&admin).await.unwrap_err().kind, ErrorKind::Denied);
}

#[tokio::test]
async fn without_docker_the_store_is_there_and_says_why_nothing_can_be_installed() {
    let world = World::new();
    world.demo();
    world.engine.go_down(UnusableBecause::SocketMissing);
    let service = world.service().await;
    assert_eq!(service.store().await.apps.len(), 1);
    assert_eq!(service.catalogue_app("demo").await.services.len(), 2);
    let engine = service.reader.engine(&admin()).await.unwrap();
    assert!(!engine.usable && engine.reason.contains("Docker isn't installed"), "{}", engine.reason);
    let error = service.manager.install(&admin(), &service.request("demo").await).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Unavailable, codes::ENGINE_UNAVAILABLE));
    world.engine.come_back();
    assert_eq!(service.install("demo").await.state, "succeeded");
}

#[tokio::test]
async fn the_same_request_twice_is_one_job_and_an_installed_app_is_a_conflict() {
    let world = World::new();
    world.demo();
    world.engine.hold_pull("demo/web:1");
    let service = world.service().await;
    let first = service.begin("demo").await;
    assert_eq!(service.begin("demo").await, first);
    world.engine.release_pull("demo/web:1");
    assert_eq!(service.ended(&first).await.state, "succeeded");
    let error = service.manager.install(&admin(), &service.request("demo").await).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (ErrorKind::Conflict, codes::EXISTS));
}

#[tokio::test]
async fn two_installations_of_livos_leave_each_other_alone() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    // Another one with the same engine, of which it knows nothing.
    let other = World { engine: world.engine.clone(), ..World::new() };
    other.demo();
    let second = other.service_with_seed(9).await;
    let job = second.install("demo").await;
    assert_eq!(job.error_code, codes::EXISTS, "{}", job.error_message);
    assert_eq!(second.installed().await, []);
    assert_eq!(service.app("demo").await.state, "running");
    let containers = world.engine.list_containers(&LabelFilter::any()).await.unwrap();
    assert_eq!(containers.iter().filter(|container| container.state.is_running()).count(), 2);
}

#[tokio::test]
async fn a_job_that_is_tried_again_never_touches_what_another_has_installed() {
    let world = World::new();
    world.demo();
    world.engine.fail_next("pull", "", EngineError::NoSpace { detail: "full".into() });
    let service = world.service().await;
    let failed = service.install("demo").await;
    assert_eq!(failed.state, "failed");
    assert_eq!(service.install("demo").await.state, "succeeded");
    service.jobs.retry(&admin(), &failed.id).await.unwrap();
    let again = service.ended(&failed.id).await;
    assert_eq!((again.state.as_str(), again.error_code.as_str()), ("failed", codes::EXISTS));
    assert_eq!(service.app("demo").await.state, "running");
}

#[tokio::test]
async fn addresses_and_ports_of_the_machine_are_given_out_once() {
    let world = World::new();
    let page = "services: {web: {image: 'demo/web:1', ports: ['80:80']}}\n";
    let host = "services: {web: {image: 'demo/web:1', network_mode: host, ports: ['8123:8123']}}\n";
    world.engine.publish(FakeImage::new("demo/web:1"));
    world.app("a.b", page);
    world.app("a-b", page);
    world.app("hub", host);
    let service = world.service().await;
    assert_eq!(service.install("a.b").await.state, "succeeded");
    let job = service.install("a-b").await;
    assert_eq!(job.error_code, codes::EXISTS, "{}", job.error_message);
    assert!(job.error_message.contains("a-b.localhost:8080"), "{}", job.error_message);
    world.machine.taken.lock().unwrap().insert((8123, Protocol::Tcp));
    let job = service.install("hub").await;
    assert_eq!(job.error_code, codes::PORT_TAKEN, "{}", job.error_message);
    world.machine.taken.lock().unwrap().clear();
    assert_eq!(service.install("hub").await.state, "succeeded");
    until("its address", async || world.edge.last().contains("127.0.0.1:8123")).await;
}
