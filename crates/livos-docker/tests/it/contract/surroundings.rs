use std::net::{IpAddr, Ipv4Addr};

use futures_util::StreamExt;
use livos_docker::{
    ContainerState, EngineError, LabelFilter, Mount, MountKind, NetworkConfig, NetworkJoin, PortBinding,
    Protocol, PullProgress, RemoveContainer, RestartPolicy, Subnet, VolumeConfig,
};
use tokio::sync::watch;

use crate::world::{FORCE, World, eventually};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn published(host_port: Option<u16>) -> PortBinding {
    PortBinding {
        container_port: 8080,
        protocol: Protocol::Tcp,
        host_ip: Some(LOOPBACK),
        host_port,
        host_port_end: None,
    }
}

fn join(network: &str) -> NetworkJoin {
    NetworkJoin { network: network.to_owned(), ..NetworkJoin::default() }
}

pub(crate) async fn ports_are_published_and_taken_ports_named(world: &World) {
    let engine = &world.engine;
    let network = NetworkConfig { name: "ports".to_owned(), ..NetworkConfig::default() };
    engine.create_network(&network).await.unwrap();
    let mut config = world.config(&world.images.plain, "first").await;
    config.networks = vec![join("ports")];
    config.ports = vec![published(None)];
    let first = engine.create_container(&config).await.unwrap();
    engine.start_container(&first).await.unwrap();
    let ports = engine.inspect_container(&first).await.unwrap().unwrap().ports;
    assert_eq!(ports.len(), 1, "{ports:?}");
    let port = ports[0].host_port;
    assert_eq!((ports[0].container_port, ports[0].host_ip), (8080, Some(LOOPBACK)));
    assert!(port > 1024);

    let (foreign, occupied) = world.occupy();
    for taken in [port, foreign] {
        config.name = "second".to_owned();
        config.ports = vec![published(Some(taken))];
        let second = engine.create_container(&config).await.unwrap();
        let error = engine.start_container(&second).await.unwrap_err();
        let EngineError::PortTaken { port, protocol } = error else { panic!("{error:?}") };
        assert_eq!((port, protocol), (taken, Protocol::Tcp));
        let state = engine.inspect_container(&second).await.unwrap().unwrap().state;
        assert!(!state.is_running(), "{state:?}");
        assert!(engine.remove_container(&second, RemoveContainer::default()).await.unwrap());
    }
    drop(occupied);
    config.ports = vec![published(Some(foreign))];
    let second = engine.create_container(&config).await.unwrap();
    engine.start_container(&second).await.unwrap();
    for id in [first, second] {
        assert!(engine.remove_container(&id, FORCE).await.unwrap());
    }
    assert!(engine.remove_network("ports").await.unwrap());
}

pub(crate) async fn networks_carry_aliases_and_addresses(world: &World) {
    let engine = &world.engine;
    let labels = [("case".to_owned(), "networks".to_owned())];
    let inner = NetworkConfig {
        name: "inner".to_owned(),
        labels: labels.clone().into(),
        subnets: vec![Subnet {
            subnet: "10.99.7.0/24".to_owned(),
            gateway: Some("10.99.7.1".parse().unwrap()),
            ..Subnet::default()
        }],
        ..NetworkConfig::default()
    };
    let outer = NetworkConfig { name: "outer".to_owned(), labels: labels.into(), ..NetworkConfig::default() };
    let inner_id = engine.create_network(&inner).await.unwrap();
    engine.create_network(&outer).await.unwrap();
    let error = engine.create_network(&inner).await.unwrap_err();
    assert!(matches!(&error, EngineError::NameTaken { name } if name == "inner"), "{error:?}");
    let mut listed: Vec<String> = engine
        .list_networks(&LabelFilter::equals("case", "networks"))
        .await
        .unwrap()
        .into_iter()
        .map(|network| network.name)
        .collect();
    listed.sort();
    assert_eq!(listed, ["inner", "outer"]);
    let found = engine.network("inner").await.unwrap().unwrap();
    assert_eq!((&found.id, found.subnets), (&inner_id, inner.subnets.clone()));

    let mut config = world.config(&world.images.plain, "networked").await;
    let address: IpAddr = "10.99.7.20".parse().unwrap();
    config.networks = vec![
        NetworkJoin { aliases: vec!["db".to_owned()], ipv4: Some(address), ..join("inner") },
        NetworkJoin { aliases: vec!["front".to_owned()], ..join("outer") },
    ];
    let id = engine.create_container(&config).await.unwrap();
    engine.start_container(&id).await.unwrap();
    let networks = engine.inspect_container(&id).await.unwrap().unwrap().networks;
    assert_eq!(networks.iter().map(|network| network.name.as_str()).collect::<Vec<_>>(), ["inner", "outer"]);
    assert_eq!((networks[0].ip, &networks[0].id), (Some(address), &inner_id));
    assert!(networks[0].aliases.contains(&"db".to_owned()), "{networks:?}");
    assert!(networks[1].ip.is_some() && networks[1].aliases.contains(&"front".to_owned()), "{networks:?}");
    assert_eq!(engine.network("inner").await.unwrap().unwrap().containers, std::slice::from_ref(&id));
    let listed = engine.list_containers(&LabelFilter::equals("case", "networked")).await.unwrap();
    assert_eq!(listed[0].networks, ["inner", "outer"]);

    let error = engine.remove_network("inner").await.unwrap_err();
    assert!(matches!(error, EngineError::Conflict { .. }), "{error:?}");
    engine.disconnect_network(&id, "outer").await.unwrap();
    assert!(engine.remove_network("outer").await.unwrap());
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
    assert!(engine.remove_network("inner").await.unwrap());
    assert!(!engine.remove_network("inner").await.unwrap());
}

pub(crate) async fn a_missing_network_leaves_no_container(world: &World) {
    let engine = &world.engine;
    let there = NetworkConfig { name: "there".to_owned(), ..NetworkConfig::default() };
    engine.create_network(&there).await.unwrap();
    let mut config = world.config(&world.images.plain, "lost").await;
    config.networks = vec![join("there"), join("elsewhere")];
    let error = engine.create_container(&config).await.unwrap_err();
    assert!(
        matches!(&error, EngineError::NotFound { subject } if subject == "network elsewhere"),
        "{error:?}"
    );
    assert_eq!(engine.inspect_container("lost").await.unwrap(), None);
    assert!(engine.remove_network("there").await.unwrap());
}

pub(crate) async fn volumes_stay_until_removed(world: &World) {
    let engine = &world.engine;
    let volume = VolumeConfig {
        name: "kept".to_owned(),
        labels: [("case".to_owned(), "volumes".to_owned())].into(),
        ..VolumeConfig::default()
    };
    let made = engine.create_volume(&volume).await.unwrap();
    assert_eq!(engine.create_volume(&volume).await.unwrap(), made);
    assert_eq!((made.driver.as_str(), made.mountpoint.is_empty()), ("local", false));
    assert_eq!(engine.volume("kept").await.unwrap().as_ref(), Some(&made));
    assert_eq!(engine.list_volumes(&LabelFilter::equals("case", "volumes")).await.unwrap(), [made]);

    // The image declares /data, which becomes an anonymous volume; the named one is mounted elsewhere.
    let mut config = world.config(&world.images.healthy, "voluminous").await;
    config.mounts = vec![Mount {
        target: "/kept".to_owned(),
        kind: MountKind::Volume { name: Some("kept".to_owned()), no_copy: false, subpath: None },
        read_only: true,
    }];
    let id = engine.create_container(&config).await.unwrap();
    engine.start_container(&id).await.unwrap();
    let info = engine.inspect_container(&id).await.unwrap().unwrap();
    assert_eq!(info.named_volumes, ["kept"], "nobody gave the other one its name");
    let mounts = info.mounts;
    let at = |target: &str| mounts.iter().find(|mount| mount.target == target).unwrap();
    assert_eq!((at("/kept").name.as_str(), at("/kept").writable), ("kept", false));
    let anonymous = at("/data").name.clone();
    let listed = engine.list_containers(&LabelFilter::equals("case", "voluminous")).await.unwrap();
    let mut named: Vec<&str> = listed[0].mounts.iter().map(|mount| mount.name.as_str()).collect();
    named.sort_unstable();
    let mut wanted = ["kept", anonymous.as_str()];
    wanted.sort_unstable();
    assert_eq!(named, wanted);
    assert!(engine.volume(&anonymous).await.unwrap().is_some());
    let error = engine.remove_volume("kept").await.unwrap_err();
    assert!(matches!(error, EngineError::Conflict { .. }), "{error:?}");

    // It can outlive its container and be mounted by its made-up name; then it goes with no container any more.
    let keep = RemoveContainer { force: true, anonymous_volumes: false };
    assert!(engine.remove_container(&id, keep).await.unwrap());
    config.mounts.push(Mount {
        target: "/data".to_owned(),
        kind: MountKind::Volume { name: Some(anonymous.clone()), no_copy: false, subpath: None },
        read_only: false,
    });
    let id = engine.create_container(&config).await.unwrap();
    let info = engine.inspect_container(&id).await.unwrap().unwrap();
    assert!(info.named_volumes.contains(&anonymous), "{:?}", info.named_volumes);
    assert_eq!(info.mounts.len(), 2, "{:?}", info.mounts);
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
    assert!(engine.remove_volume(&anonymous).await.unwrap());

    // Otherwise it goes with its container, if that is wanted.
    config.mounts.pop();
    let id = engine.create_container(&config).await.unwrap();
    let info = engine.inspect_container(&id).await.unwrap().unwrap();
    let anonymous = info.mounts.iter().find(|mount| mount.target == "/data").unwrap().name.clone();
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
    assert_eq!(engine.volume(&anonymous).await.unwrap(), None);
    assert!(engine.volume("kept").await.unwrap().is_some());
    assert!(engine.remove_volume("kept").await.unwrap());
    assert!(!engine.remove_volume("kept").await.unwrap());
}

pub(crate) async fn impossible_mounts_are_refused(world: &World) {
    let mut config = world.config(&world.images.plain, "mounted").await;
    config.mounts = vec![Mount {
        target: "/data".to_owned(),
        kind: MountKind::Bind {
            source: "/nonexistent/livos/test".to_owned(),
            create_host_path: false,
            propagation: None,
            selinux: None,
            recursion: livos_docker::Recursion::Enabled,
        },
        read_only: false,
    }];
    let error = world.engine.create_container(&config).await.unwrap_err();
    assert!(matches!(error, EngineError::Invalid { .. }), "{error:?}");
    assert_eq!(world.engine.inspect_container("mounted").await.unwrap(), None);
}

pub(crate) async fn a_daemon_that_dies_breaks_a_pull_for_good(world: &World) {
    let image = &world.images.big;
    world.hold_big();
    let progress = watch::Sender::new(PullProgress::default());
    let mut seen = progress.subscribe();
    let (pulled, ()) = tokio::join!(world.engine.pull(image, None, &progress), async {
        seen.wait_for(|now| now.layers_total > 0 && now.bytes_done < now.bytes_total).await.unwrap();
        world.daemon_dies();
    });
    let error = pulled.unwrap_err();
    assert!(matches!(error, EngineError::Unavailable { .. }) && error.is_transient(), "{error:?}");
    world.release_big();
    world.daemon_returns();
    assert_eq!(world.engine.image(image).await.unwrap(), None);
    world.pull(image).await;
    assert!(world.engine.remove_image(image).await.unwrap());
}

pub(crate) async fn a_daemon_that_dies_comes_back(world: &World) {
    let engine = &world.engine;
    let mut config = world.config(&world.images.plain, "survivor").await;
    config.restart = RestartPolicy::Always;
    let id = engine.create_container(&config).await.unwrap();
    engine.start_container(&id).await.unwrap();
    let mut events = engine.events(&LabelFilter::equals("case", "survivor"));
    // The stream is open once it has told something that happened after it was asked for.
    engine.restart_container(&id, None).await.unwrap();
    events.next().await.unwrap().unwrap();

    world.daemon_dies();
    let broken = loop {
        match events.next().await.unwrap() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(broken, EngineError::Unavailable { .. }), "{broken:?}");
    assert!(events.next().await.is_none(), "it ends after its error");
    let status = engine.status().await;
    assert!(!status.usable && !status.reason.is_empty() && status.because.is_some(), "{status:?}");
    let error = engine.list_containers(&LabelFilter::any()).await.unwrap_err();
    assert!(matches!(error, EngineError::Unavailable { .. }) && error.is_transient(), "{error:?}");

    world.daemon_returns();
    assert!(engine.status().await.usable);
    eventually("the restarted container", || async {
        let now = engine.inspect_container(&id).await.unwrap().unwrap();
        (now.state == ContainerState::Running).then_some(())
    })
    .await;
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
}
