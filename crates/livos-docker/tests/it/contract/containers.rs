use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use livos_docker::{
    Archive, ContainerConfig, ContainerState, EngineError, Health, HealthTest, Healthcheck, LabelFilter,
    LogOptions, LogSource, LogStream, Mount, MountKind, NetworkConfig, NetworkJoin, Permissions, PortBinding,
    Protocol, RemoveContainer, Resources, RestartPolicy,
};

use crate::world::{FORCE, World, eventually};

const SOON: Option<Duration> = Some(Duration::from_secs(5));

pub(crate) async fn a_container_lives_and_goes(world: &World) {
    let engine = &world.engine;
    let config = world.config(&world.images.plain, "life").await;
    let id = engine.create_container(&config).await.unwrap();
    let made = engine.inspect_container("life").await.unwrap().unwrap();
    assert_eq!((&made.id, made.name.as_str(), made.state), (&id, "life", ContainerState::Created));
    assert_eq!((made.exit_code, made.started_at, made.finished_at), (None, None, None));
    assert!(made.created_at > 0);

    engine.start_container("life").await.unwrap();
    engine.start_container(&id[..12]).await.unwrap();
    let running = engine.inspect_container(&id[..12]).await.unwrap().unwrap();
    assert_eq!((running.state, running.exit_code, running.restart_count), (ContainerState::Running, None, 0));
    assert!(running.started_at.unwrap() >= running.created_at, "{running:?}");
    let listed = engine.list_containers(&LabelFilter::equals("case", "life")).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0].id, listed[0].name.as_str(), listed[0].state),
        (&id, "life", ContainerState::Running)
    );
    assert_eq!((&listed[0].image, listed[0].health), (&world.images.plain, Health::None));

    let error = engine.remove_container("life", RemoveContainer::default()).await.unwrap_err();
    assert!(matches!(error, EngineError::Conflict { .. }), "{error:?}");

    engine.restart_container("life", SOON).await.unwrap();
    assert_eq!(engine.inspect_container("life").await.unwrap().unwrap().state, ContainerState::Running);

    let waiting = engine.wait_container("life");
    let stopping = engine.stop_container("life", SOON);
    let (code, stopped) = futures_util::future::join(waiting, stopping).await;
    stopped.unwrap();
    assert_eq!(code.unwrap(), 0);
    engine.stop_container("life", None).await.unwrap();
    let stopped = engine.inspect_container("life").await.unwrap().unwrap();
    assert_eq!((stopped.state, stopped.exit_code), (ContainerState::Exited, Some(0)));
    assert!(stopped.finished_at >= stopped.started_at, "{stopped:?}");
    assert_eq!(
        engine.list_containers(&LabelFilter::key("case")).await.unwrap().len(),
        1,
        "stopped ones are listed"
    );

    assert!(engine.remove_container("life", RemoveContainer::default()).await.unwrap());
    assert!(!engine.remove_container("life", RemoveContainer::default()).await.unwrap());
}

pub(crate) async fn environment_and_labels_are_merged(world: &World) {
    let mut config = world.config(&world.images.plain, "merged").await;
    config.env = [
        ("COLOUR".to_owned(), Some("red=green".to_owned())),
        ("SHAPE".to_owned(), None),
        ("EMPTY".to_owned(), Some(String::new())),
    ]
    .into();
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    let made = world.engine.inspect_container(&id).await.unwrap().unwrap();
    let has = |pair: &str| made.env.iter().any(|own| own == pair);
    assert!(has("COLOUR=red=green") && has("EMPTY="), "{:?}", made.env);
    assert!(
        !made.env.iter().any(|pair| pair.starts_with("SHAPE=") || pair == "COLOUR=blue"),
        "{:?}",
        made.env
    );
    assert_eq!((made.labels["case"].as_str(), made.labels["made.by"].as_str()), ("merged", "tests"));
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
}

pub(crate) async fn what_made_a_container_can_be_read_back(world: &World) {
    let engine = &world.engine;
    assert_eq!(engine.container_config("nobody").await.unwrap(), None);
    let network = NetworkConfig { name: "read-back".into(), attachable: true, ..NetworkConfig::default() };
    engine.create_network(&network).await.unwrap();
    assert!(engine.network("read-back").await.unwrap().unwrap().attachable);
    let volume = |name: Option<&str>, target: &str| Mount {
        target: target.to_owned(),
        kind: MountKind::Volume { name: name.map(str::to_owned), no_copy: true, subpath: None },
        read_only: name.is_some(),
    };
    let port = |container_port, host_port| PortBinding {
        container_port,
        protocol: Protocol::Udp,
        host_ip: Some("127.0.0.1".parse().unwrap()),
        host_port,
        host_port_end: None,
    };
    let config = ContainerConfig {
        env: [("OWN".to_owned(), Some("a=b".to_owned()))].into(),
        command: Some(vec!["--one".to_owned(), "two words".to_owned()]),
        hostname: Some("box".to_owned()),
        expose: vec![(8081, Protocol::Tcp), (5353, Protocol::Udp), (5354, Protocol::Udp)],
        ports: vec![port(5353, Some(25353)), port(5354, None)],
        mounts: vec![volume(Some("read-back-rows"), "/rows"), volume(None, "/nameless")],
        tmpfs: [("/quick".to_owned(), "size=1m".to_owned())].into(),
        networks: vec![NetworkJoin {
            network: "read-back".to_owned(),
            aliases: vec!["also".to_owned()],
            ..NetworkJoin::default()
        }],
        restart: RestartPolicy::OnFailure { max_retries: Some(3) },
        stop_grace: Some(Duration::from_secs(21)),
        cap_add: vec!["NET_ADMIN".to_owned()],
        init: Some(true),
        resources: Resources { memory: Some(64 << 20), nano_cpus: Some(500_000_000), ..Resources::default() },
        ..world.config(&world.images.plain, "read-back").await
    };
    let id = engine.create_container(&config).await.unwrap();
    let made = engine.container_config(&id).await.unwrap().unwrap();
    let image = engine.image(&world.images.plain).await.unwrap().unwrap();
    // What came from the image is in it, too.
    for pair in &image.env {
        let (key, value) = pair.split_once('=').unwrap();
        assert_eq!(made.env[key].as_deref(), Some(value), "{pair}");
    }
    assert_eq!((made.env["OWN"].as_deref(), made.labels["case"].as_str()), (Some("a=b"), "read-back"));
    assert_eq!(made.entrypoint.unwrap_or_default(), image.entrypoint);
    let filled = made.mounts.iter().find(|mount| mount.target == "/nameless").unwrap();
    assert!(
        matches!(&filled.kind, MountKind::Volume { name: Some(name), .. } if name.len() > 8),
        "{filled:?}"
    );
    assert!(made.mounts.contains(&config.mounts[0]), "{:?}", made.mounts);
    assert!(made.networks[0].aliases.contains(&"also".to_owned()), "{:?}", made.networks);
    for port in &config.expose {
        assert!(made.expose.contains(port), "{port:?} in {:?}", made.expose);
    }
    let same = |config: &ContainerConfig| {
        (
            (config.name.clone(), config.hostname.clone(), config.command.clone(), config.ports.clone()),
            (config.tmpfs.clone(), config.network_mode.clone(), config.restart, config.stop_grace),
            (
                config.cap_add.clone(),
                config.init,
                config.resources.clone(),
                config.networks[0].network.clone(),
            ),
        )
    };
    let read = ContainerConfig { entrypoint: None, ..made };
    assert_eq!(same(&read), same(&config));
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
    assert!(engine.remove_network("read-back").await.unwrap());
    assert!(engine.remove_volume("read-back-rows").await.unwrap());
}

pub(crate) async fn names_are_unique(world: &World) {
    let first = world.config(&world.images.plain, "unique").await;
    let id = world.engine.create_container(&first).await.unwrap();
    let error = world.engine.create_container(&first).await.unwrap_err();
    assert!(matches!(&error, EngineError::NameTaken { name } if name == "unique"), "{error:?}");
    world.engine.rename_container("unique", "renamed").await.unwrap();
    let second = world.engine.create_container(&first).await.unwrap();
    assert_eq!(world.engine.inspect_container("renamed").await.unwrap().unwrap().id, id);
    let error = world.engine.rename_container("renamed", "unique").await.unwrap_err();
    assert!(matches!(&error, EngineError::NameTaken { name } if name == "unique"), "{error:?}");
    for id in [id, second] {
        assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
    }
}

pub(crate) async fn absent_things_are_absent(world: &World) {
    let engine = &world.engine;
    assert_eq!(engine.inspect_container("nobody").await.unwrap(), None);
    assert_eq!(engine.network("nowhere").await.unwrap(), None);
    assert_eq!(engine.volume("nothing").await.unwrap(), None);
    assert!(!engine.remove_container("nobody", FORCE).await.unwrap());
    assert!(!engine.remove_network("nowhere").await.unwrap());
    assert!(!engine.remove_volume("nothing").await.unwrap());
    let archive = Bytes::from_static(&[0; 1024]);
    let errors = [
        engine.start_container("nobody").await.unwrap_err(),
        engine.stop_container("nobody", None).await.unwrap_err(),
        engine.restart_container("nobody", SOON).await.unwrap_err(),
        engine.kill_container("nobody", "SIGKILL").await.unwrap_err(),
        engine.rename_container("nobody", "somebody").await.unwrap_err(),
        engine.wait_container("nobody").await.unwrap_err(),
        engine.put_archive("nobody", "/", archive).await.unwrap_err(),
        engine.logs("nobody", LogOptions::default()).await.err().unwrap(),
    ];
    for error in errors {
        assert!(
            matches!(&error, EngineError::NotFound { subject } if subject.contains("nobody")),
            "{error:?}"
        );
    }
}

pub(crate) async fn an_early_exit_shows_its_code(world: &World) {
    let config = world.config(&world.images.exits, "early").await;
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    assert_eq!(world.engine.wait_container(&id).await.unwrap(), 3);
    let ended = world.engine.inspect_container(&id).await.unwrap().unwrap();
    assert_eq!((ended.state, ended.exit_code, ended.restart_count), (ContainerState::Exited, Some(3), 0));
    assert!(ended.ports.is_empty() && ended.networks.iter().all(|network| network.ip.is_none()), "{ended:?}");
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
}

pub(crate) async fn restart_policies_restart(world: &World) {
    let mut config = world.config(&world.images.exits, "again").await;
    config.restart = RestartPolicy::OnFailure { max_retries: Some(2) };
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    let ended = eventually("two restarts, then rest", || async {
        let now = world.engine.inspect_container(&id).await.unwrap().unwrap();
        (now.state == ContainerState::Exited).then_some(now)
    })
    .await;
    assert_eq!((ended.restart_count, ended.exit_code), (2, Some(3)));
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());

    config.restart = RestartPolicy::UnlessStopped;
    let id = world.engine.create_container(&config).await.unwrap();
    world.engine.start_container(&id).await.unwrap();
    eventually("a restart loop", || async {
        let now = world.engine.inspect_container(&id).await.unwrap().unwrap();
        (now.restart_count >= 2 && now.state == ContainerState::Restarting).then_some(())
    })
    .await;
    world.engine.stop_container(&id, SOON).await.unwrap();
    eventually("an end to it", || async {
        let now = world.engine.inspect_container(&id).await.unwrap().unwrap();
        (now.state == ContainerState::Exited).then_some(())
    })
    .await;
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
}

pub(crate) async fn health_is_reported(world: &World) {
    let engine = &world.engine;
    for (image, want) in
        [(&world.images.healthy, Health::Healthy), (&world.images.unhealthy, Health::Unhealthy)]
    {
        let config = world.config(image, "health").await;
        let mut events = engine.events(&LabelFilter::equals("case", "health"));
        let id = engine.create_container(&config).await.unwrap();
        assert_eq!(
            engine.inspect_container(&id).await.unwrap().unwrap().health,
            Health::None,
            "before the start"
        );
        engine.start_container(&id).await.unwrap();
        let verdict = loop {
            let event = events.next().await.unwrap().unwrap();
            if let Some(verdict) = event.health() {
                break verdict;
            }
        };
        assert_eq!(verdict, want);
        assert_eq!(engine.inspect_container(&id).await.unwrap().unwrap().health, want);
        let listed = engine.list_containers(&LabelFilter::equals("case", "health")).await.unwrap();
        assert_eq!(listed[0].health, want);
        engine.stop_container(&id, SOON).await.unwrap();
        assert_eq!(
            engine.inspect_container(&id).await.unwrap().unwrap().health,
            Health::None,
            "after the end"
        );
        assert!(engine.remove_container(&id, FORCE).await.unwrap());
    }
    let off = Healthcheck {
        test: HealthTest::Disabled,
        interval: None,
        timeout: None,
        retries: None,
        start_period: None,
        start_interval: None,
    };
    let config =
        ContainerConfig { healthcheck: Some(off), ..world.config(&world.images.unhealthy, "health").await };
    let id = engine.create_container(&config).await.unwrap();
    engine.start_container(&id).await.unwrap();
    assert_eq!(engine.inspect_container(&id).await.unwrap().unwrap().health, Health::None);
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
}

async fn text(stream: LogStream) -> String {
    let chunks: Vec<_> = stream
        .try_filter(|chunk| futures_util::future::ready(chunk.source == LogSource::Stdout))
        .map_ok(|chunk| chunk.bytes.to_vec())
        .try_collect()
        .await
        .unwrap();
    String::from_utf8(chunks.concat()).unwrap()
}

pub(crate) async fn output_can_be_read_and_followed(world: &World) {
    let engine = &world.engine;
    let config = world.config(&world.images.plain, "output").await;
    let id = engine.create_container(&config).await.unwrap();
    engine.start_container(&id).await.unwrap();
    eventually("the line it prints", || async {
        let all = text(engine.logs(&id, LogOptions::default()).await.unwrap()).await;
        all.contains("listening on 8080\n").then_some(())
    })
    .await;
    let last = LogOptions { tail: Some(1), ..LogOptions::default() };
    let chunks: Vec<_> = engine.logs(&id, last).await.unwrap().try_collect().await.unwrap();
    // Which of the two streams comes last is a matter of luck; that it is one line is not.
    let chunks: Vec<u8> = chunks.iter().flat_map(|chunk| chunk.bytes.to_vec()).collect();
    assert_eq!(String::from_utf8(chunks).unwrap().lines().count(), 1);

    let follow = LogOptions { follow: true, ..LogOptions::default() };
    let mut following = engine.logs(&id, follow).await.unwrap();
    following.next().await.unwrap().unwrap();
    engine.stop_container(&id, SOON).await.unwrap();
    while let Some(chunk) = following.next().await {
        chunk.unwrap();
    }
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
}

pub(crate) async fn events_tell_the_story_of_the_labelled(world: &World) {
    let engine = &world.engine;
    let mut events = engine.events(&LabelFilter::key("case").and("watched", "yes"));
    let other = world.config(&world.images.plain, "unwatched").await;
    let mut config = world.config(&world.images.exits, "watched").await;
    config.labels.insert("watched".to_owned(), "yes".to_owned());
    let unwatched = engine.create_container(&other).await.unwrap();
    let id = engine.create_container(&config).await.unwrap();
    engine.start_container(&id).await.unwrap();
    engine.wait_container(&id).await.unwrap();
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
    assert!(engine.remove_container(&unwatched, FORCE).await.unwrap());
    let mut story = Vec::new();
    while story.last().is_none_or(|action| action != "destroy") {
        let event = events.next().await.unwrap().unwrap();
        assert_eq!((event.id.as_str(), event.name.as_str()), (id.as_str(), "watched"));
        assert!(event.at > 0);
        if let Some(code) = event.exit_code() {
            assert_eq!(code, 3);
        }
        story.push(event.action);
    }
    assert_eq!(story, ["create", "start", "die", "destroy"]);
}

pub(crate) async fn archives_are_unpacked(world: &World) {
    let config = world.config(&world.images.plain, "archive").await;
    let id = world.engine.create_container(&config).await.unwrap();
    let mut archive = Archive::new();
    archive.file("app.conf", Permissions::root(0o644), b"key = 1\n").unwrap();
    world.engine.put_archive(&id, "/tmp", archive.finish()).await.unwrap();
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
}

pub(crate) async fn signals_end_a_container(world: &World) {
    let config = world.config(&world.images.plain, "signal").await;
    let id = world.engine.create_container(&config).await.unwrap();
    let error = world.engine.kill_container(&id, "SIGKILL").await.unwrap_err();
    assert!(matches!(error, EngineError::Conflict { .. }), "{error:?}");
    world.engine.start_container(&id).await.unwrap();
    world.engine.kill_container(&id, "SIGKILL").await.unwrap();
    assert_eq!(world.engine.wait_container(&id).await.unwrap(), 137);
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
}

pub(crate) async fn what_a_container_wrote_is_measured(world: &World) {
    let config = world.config(&world.images.plain, "measured").await;
    let id = world.engine.create_container(&config).await.unwrap();
    let before = world.engine.written_bytes(&id).await.unwrap();
    let mut archive = Archive::new();
    archive.file("large", Permissions::root(0o644), &vec![7; 300_000]).unwrap();
    world.engine.put_archive(&id, "/tmp", archive.finish()).await.unwrap();
    let after = world.engine.written_bytes(&id).await.unwrap();
    assert!(after >= before + 300_000, "{before} and then {after}");
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
    let error = world.engine.written_bytes(&id).await.unwrap_err();
    assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
}

pub(crate) async fn what_a_container_wrote_is_listed(world: &World) {
    // The image declares /data, which is a volume.
    let config = world.config(&world.images.healthy, "listed").await;
    let id = world.engine.create_container(&config).await.unwrap();
    let mut archive = Archive::new();
    archive.directory("deep", Permissions::root(0o755)).unwrap();
    archive.file("deep/large", Permissions::root(0o644), &vec![7; 300_000]).unwrap();
    let archive = archive.finish();
    for folder in ["/tmp", "/data"] {
        world.engine.put_archive(&id, folder, archive.clone()).await.unwrap();
    }
    let changed = world.engine.changed_paths(&id).await.unwrap();
    for path in ["/tmp/deep", "/tmp/deep/large"] {
        assert!(changed.iter().any(|changed| changed == path), "{changed:?}");
    }
    assert!(!changed.iter().any(|changed| changed.starts_with("/data/")), "{changed:?}");
    for (path, bytes) in [("/tmp/deep/large", Some(300_000)), ("/tmp/deep", None), ("/tmp/none", None)] {
        assert_eq!(world.engine.file_bytes(&id, path).await.unwrap(), bytes, "{path}");
    }
    // A folder comes with all that is in it, volumes too, and a file alone; also of a container that never ran.
    for (path, size) in [("/tmp/deep/.", 300_000), ("/data/deep/large", 300_000)] {
        let pieces: Vec<_> = world.engine.read_archive(&id, path).await.unwrap().collect().await;
        let bytes: Vec<u8> = pieces.into_iter().flat_map(|piece| piece.unwrap()).collect();
        assert!(bytes.len() > size && bytes.windows(5).any(|word| word == b"large"), "{path}");
        assert_eq!(bytes.iter().filter(|byte| **byte == 7).count(), size, "{path}");
    }
    let error = world.engine.read_archive(&id, "/tmp/none").await.map(drop).unwrap_err();
    assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
    assert!(world.engine.remove_container(&id, FORCE).await.unwrap());
    let error = world.engine.read_archive(&id, "/tmp").await.map(drop).unwrap_err();
    assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
    let error = world.engine.changed_paths(&id).await.unwrap_err();
    assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
    let error = world.engine.file_bytes(&id, "/tmp/deep/large").await.unwrap_err();
    assert!(matches!(error, EngineError::NotFound { .. }), "{error:?}");
}

pub(crate) async fn a_parent_of_a_container_is_a_slice_where_systemd_keeps_limits(world: &World) {
    let in_slices = world.engine.is_in_slices().await.unwrap();
    let mut config = world.config(&world.images.plain, "parent").await;
    config.cgroup_parent = Some("nothing-of-the-kind".to_owned());
    let refused = world.engine.create_container(&config).await;
    assert_eq!(refused.is_err(), in_slices, "{refused:?}");
    config.name = "parent-slice".to_owned();
    config.cgroup_parent = Some("livos-test.slice".to_owned());
    world.engine.create_container(&config).await.unwrap();
    for name in ["parent", "parent-slice"] {
        world.engine.remove_container(name, FORCE).await.unwrap();
    }
}
