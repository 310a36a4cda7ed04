//! The contract on a real daemon, and what only a real one can show.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::time::Duration;

use futures_util::TryStreamExt;
use livos_docker::{
    BollardEngine, ContainerConfig, Engine, EngineError, HealthTest, Healthcheck, LogOptions, Mount,
    MountKind, NetworkConfig, NetworkJoin, PortBinding, Protocol, PullProgress, Recursion, Resources, Ulimit,
    UnusableBecause,
};
use tokio::sync::watch;

use crate::world::{FORCE, World, eventually, survive};

/// One test for all: each test is a process of its own, and each would have to start a daemon.
#[tokio::test]
async fn a_real_engine_keeps_the_contract() {
    let Some(world) = World::real() else { return };
    let mut failures = Vec::new();
    survive("contract", crate::contract::run(&world), &mut failures).await;
    survive("a_published_app_answers", a_published_app_answers(&world), &mut failures).await;
    survive("every_field_is_accepted", every_field_is_accepted(&world), &mut failures).await;
    survive("no_arguments_means_none", no_arguments_means_none(&world), &mut failures).await;
    survive("terminals_cannot_forge_frames", terminals_cannot_forge_frames(&world), &mut failures).await;
    survive("silent_registries_are_named", silent_registries_are_named(&world), &mut failures).await;
    survive(
        "new_fields_are_not_dropped_silently",
        new_fields_are_not_dropped_silently(&world),
        &mut failures,
    )
    .await;
    if !failures.is_empty() {
        println!("{}", world.docker.as_ref().unwrap().daemon_log());
    }
    assert!(failures.is_empty(), "broken: {failures:?}");
}

#[tokio::test]
async fn a_missing_socket_is_told_from_a_dead_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("docker.sock");
    let engine = BollardEngine::new(&format!("unix://{}", path.display()));
    assert_eq!(engine.status().await.because, Some(UnusableBecause::SocketMissing));
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let status = engine.status().await;
    assert_eq!(status.because, Some(UnusableBecause::NotRunning));
    assert!(!status.usable && status.reason.contains("Docker"), "{status:?}");
    let error = engine.image("a").await.unwrap_err();
    assert!(
        matches!(error, EngineError::Unavailable { because: UnusableBecause::NotRunning, .. }),
        "{error:?}"
    );
}

fn get(port: u16, path: &str) -> std::io::Result<String> {
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(socket, "GET {path} HTTP/1.1\r\nHost: app\r\nX-Word: echo\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}

async fn on_a_network(world: &World, name: &str) -> ContainerConfig {
    let network = NetworkConfig { name: name.to_owned(), ..NetworkConfig::default() };
    world.engine.create_network(&network).await.unwrap();
    ContainerConfig {
        networks: vec![NetworkJoin { network: name.to_owned(), ..NetworkJoin::default() }],
        ports: vec![PortBinding {
            container_port: 8080,
            protocol: Protocol::Tcp,
            host_ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            host_port_end: None,
            host_port: None,
        }],
        ..world.config(&world.images.plain, name).await
    }
}

async fn clean(world: &World, name: &str) {
    assert!(world.engine.remove_container(name, FORCE).await.unwrap());
    assert!(world.engine.remove_network(name).await.unwrap());
}

async fn a_published_app_answers(world: &World) {
    let mut config = on_a_network(world, "answers").await;
    config.env.insert("TINY_TEXT".to_owned(), Some("a text\n".to_owned()));
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    let port = world.engine.inspect_container(&id).await.unwrap().unwrap().ports[0].host_port;
    // Docker's proxy listens before the app does.
    let answer =
        eventually("an answer", || async { get(port, "/").ok().filter(|answer| !answer.is_empty()) }).await;
    assert!(answer.ends_with("\r\n\r\na text\n"), "{answer}");
    assert!(get(port, "/headers").unwrap().contains("X-Word: echo"));
    clean(world, "answers").await;
}

async fn every_field_is_accepted(world: &World) {
    let dir = tempfile::tempdir().unwrap();
    let text = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let second = Duration::from_secs(1);
    let mut config = on_a_network(world, "everything").await;
    config.platform = Some(format!("linux/{}", world.engine.status().await.architecture));
    config.hostname = Some("host".to_owned());
    config.domainname = Some("example.test".to_owned());
    config.command = Some(text(&["one", "two words"]));
    config.entrypoint = Some(text(&["/tiny"]));
    config.user = Some("0:0".to_owned());
    config.working_dir = Some("/tmp".to_owned());
    config.expose = vec![(9000, Protocol::Udp)];
    config.dns = text(&["192.0.2.53"]);
    config.dns_search = text(&["example.test"]);
    config.dns_options = text(&["ndots:1"]);
    config.extra_hosts = text(&["other:192.0.2.7"]);
    config.healthcheck = Some(Healthcheck {
        test: HealthTest::Command(text(&["/tiny", "--check"])),
        interval: Some(second),
        timeout: Some(second * 5),
        retries: Some(3),
        start_period: Some(second),
        start_interval: Some(second),
    });
    config.stop_signal = Some("SIGTERM".to_owned());
    config.stop_grace = Some(second * 3);
    config.init = Some(false);
    config.stdin_open = true;
    config.cap_add = text(&["NET_ADMIN"]);
    config.cap_drop = text(&["MKNOD"]);
    config.devices = vec![livos_docker::Device {
        host_path: "/dev/null".to_owned(),
        container_path: "/dev/nothing".to_owned(),
        permissions: "rwm".to_owned(),
    }];
    config.device_cgroup_rules = text(&["c 1:3 rwm"]);
    config.security_opt = text(&["no-new-privileges"]);
    config.group_add = text(&["44"]);
    config.shm_size = Some(128 << 20);
    config.ulimits = vec![Ulimit { name: "nofile".to_owned(), soft: 1024, hard: 2048 }];
    config.sysctls = [("net.core.somaxconn".to_owned(), "256".to_owned())].into();
    config.ipc_mode = Some("private".to_owned());
    config.pid_mode = Some("host".to_owned());
    config.read_only = true;
    config.tmpfs = [("/run".to_owned(), "size=1m".to_owned())].into();
    config.resources = Resources {
        memory: Some(256 << 20),
        memory_reservation: Some(64 << 20),
        nano_cpus: Some(500_000_000),
        cpu_shares: Some(512),
        pids: Some(100),
        oom_score_adj: Some(100),
        ..Resources::default()
    };
    config.logging = Some(livos_docker::LogDriver {
        driver: "json-file".to_owned(),
        options: [("max-size".to_owned(), "1m".to_owned())].into(),
    });
    let bind = |target: &str, create: bool, selinux: Option<char>| Mount {
        target: target.to_owned(),
        kind: MountKind::Bind {
            source: dir.path().join(target.trim_start_matches('/')).display().to_string(),
            create_host_path: create,
            propagation: Some("rprivate".to_owned()),
            selinux,
            recursion: Recursion::default(),
        },
        read_only: false,
    };
    std::fs::create_dir(dir.path().join("strict")).unwrap();
    config.mounts = vec![
        bind("/data", true, None),
        bind("/strict", false, None),
        bind("/relabelled", true, Some('z')),
        Mount {
            target: "/memory".to_owned(),
            kind: MountKind::Tmpfs { size: Some(1 << 20), mode: Some(0o1777) },
            read_only: false,
        },
    ];
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    let made = world.engine.inspect_container(&id).await.unwrap().unwrap();
    assert_eq!(made.mounts.len(), 4, "{:?}", made.mounts);
    let port = made.ports[0].host_port;
    let counted = || async { get(port, "/count").ok().filter(|answer| answer.contains("200 OK")) };
    let answer = eventually("a count", counted).await;
    let kept = std::fs::read_to_string(dir.path().join("data/count")).unwrap();
    assert!(answer.ends_with(&kept), "{answer}: what the app wrote is on the host: {kept}");
    let all: Vec<_> =
        world.engine.logs(&id, LogOptions::default()).await.unwrap().try_collect().await.unwrap();
    let all: Vec<u8> = all.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
    let all = String::from_utf8(all).unwrap();
    assert!(all.contains("argument two words\n") && all.contains("a line for stderr\n"), "{all}");
    clean(world, "everything").await;
}

async fn no_arguments_means_none(world: &World) {
    let mut config = world.config(&world.images.plain, "no-arguments").await;
    config.command = Some(Vec::new());
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
}

async fn terminals_cannot_forge_frames(world: &World) {
    let mut config = world.config(&world.images.plain, "terminal").await;
    config.tty = true;
    // The server prints its arguments; this one begins a line that looks like a frame of 4 GiB.
    config.command = Some(vec!["x\n\u{1}\u{1}\u{1}\u{1}\u{7f}\u{7f}\u{7f}\u{7f}forged".to_owned()]);
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    eventually("output after the forged frame", || async {
        let all: Vec<_> =
            world.engine.logs(&id, LogOptions::default()).await.unwrap().try_collect().await.unwrap();
        let all: Vec<u8> = all.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
        let all = String::from_utf8_lossy(&all).into_owned();
        (all.contains("forged") && all.contains("listening on 8080")).then_some(())
    })
    .await;
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
}

async fn silent_registries_are_named(world: &World) {
    let progress = watch::Sender::new(PullProgress::default());
    let error = world.engine.pull("127.0.0.1:1/nothing:1", None, &progress).await.unwrap_err();
    let EngineError::RegistryUnreachable { registry, .. } = error else { panic!("{error:?}") };
    assert_eq!(registry, "127.0.0.1:1");
}

async fn new_fields_are_not_dropped_silently(world: &World) {
    let version = world.engine.status().await.api_version;
    let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    let mut config = on_a_network(world, "address").await;
    config.mac_address = Some("02:42:ac:11:00:07".to_owned());
    let made = world.engine.create_container(&config).await;
    if minor < 44 {
        assert!(matches!(made.unwrap_err(), EngineError::Invalid { .. }));
        assert!(world.engine.remove_network("address").await.unwrap());
    } else {
        made.unwrap();
        clean(world, "address").await;
    }
}
