use std::time::Duration;

use livos_manifest::spec::{
    Dependency, Format, Healthcheck, Link, MainPort, MountKind, MountOptions, MountRole, MountSpec,
    NetworkMode, NetworkSpec, PortSpec, Protocol, Provider, Resources, ServiceNetwork, Unresolved,
    VolumeSpec,
};

use super::super::container::healthcheck;
use super::*;

fn service(name: &str) -> ServiceSpec {
    ServiceSpec { name: name.into(), image: format!("example/{name}:1"), ..ServiceSpec::default() }
}

fn spec(services: Vec<ServiceSpec>) -> AppSpec {
    AppSpec {
        id: "demo".into(),
        format: Format::Compose,
        name: "Demo".into(),
        tagline: String::new(),
        description: String::new(),
        category: String::new(),
        version: "1".into(),
        developer: String::new(),
        website: String::new(),
        icon: String::new(),
        gallery: Vec::new(),
        release_notes: String::new(),
        default_username: String::new(),
        default_password: String::new(),
        architectures: Vec::new(),
        dependencies: Vec::new(),
        services,
        networks: vec![NetworkSpec { key: "default".into(), ..NetworkSpec::default() }],
        volumes: vec![VolumeSpec { key: "data".into(), ..VolumeSpec::default() }],
        data_directories: Vec::new(),
        data_owner: None,
        permissions: Vec::new(),
        inputs: Vec::new(),
        main: None,
        unresolved: Vec::new(),
        variables: BTreeMap::new(),
        unsupported: Vec::new(),
        warnings: Vec::new(),
    }
}

fn plan(spec: &AppSpec, web_port: Option<u16>) -> Result<Blueprint, CannotRun> {
    let app = AppId::new("demo").unwrap();
    let place = Placement {
        data_dir: std::path::Path::new("/srv/livos/apps/demo"),
        is_file: &|_| false,
        app: &app,
        web_port,
        content_dir: "/state/demo",
        docker_view: "/state/docker-views/demo/docker.sock",
        device_exists: &|path| path == "/dev/there",
        read_env: &|file| {
            if file.path == "/e/ok" {
                Ok(BTreeMap::from([("A".into(), "file".into()), ("B".into(), "file".into())]))
            } else {
                Err("no such file".into())
            }
        },
    };
    blueprint(spec, &place)
}

fn main_port(service: &str, port: u16) -> MainPort {
    MainPort {
        service: service.into(),
        container_port: port,
        path: "/".into(),
        scheme: "http".into(),
        port: Some(8096),
        on_host: false,
        sign_in: true,
        open_paths: Vec::new(),
        closed_paths: Vec::new(),
    }
}

fn port(host: u16, container: u16, protocol: Protocol) -> PortSpec {
    PortSpec {
        host_ip: None,
        host_port: Some(host),
        host_port_end: None,
        container_port: container,
        protocol,
        pending: None,
        moved_from: None,
    }
}

#[test]
fn the_page_is_published_on_loopback_only_and_other_ports_as_asked() {
    let mut web = service("web");
    web.ports =
        vec![port(8096, 80, Protocol::Tcp), port(8096, 80, Protocol::Udp), port(2222, 22, Protocol::Tcp)];
    let mut spec = spec(vec![web, service("db")]);
    spec.main = Some(main_port("web", 80));
    let plan = plan(&spec, Some(43000)).unwrap();
    let ports: Vec<_> = plan.containers[0]
        .config
        .ports
        .iter()
        .map(|p| (p.container_port, p.protocol, p.host_ip.map(|ip| ip.to_string()), p.host_port))
        .collect();
    assert_eq!(
        ports,
        [
            (80, docker::Protocol::Udp, None, Some(8096)),
            (22, docker::Protocol::Tcp, None, Some(2222)),
            (80, docker::Protocol::Tcp, Some("127.0.0.1".into()), Some(43000)),
        ]
    );
    assert!(plan.containers[1].config.ports.is_empty());
}

#[test]
fn a_page_behind_a_borrowed_network_is_published_by_the_lender() {
    let mut app = service("app");
    app.network_mode = Some(NetworkMode::Service("vpn".into()));
    let mut spec = spec(vec![service("vpn"), app]);
    spec.main = Some(main_port("app", 8080));
    let plan = plan(&spec, Some(43000)).unwrap();
    assert_eq!(plan.containers[0].config.ports.len(), 1);
    assert!(plan.containers[1].config.ports.is_empty());
    assert_eq!(plan.containers[1].config.network_mode, docker::NetworkMode::Container("demo-vpn-1".into()));
}

#[test]
fn a_host_network_page_needs_no_publishing() {
    let mut web = service("web");
    web.network_mode = Some(NetworkMode::Host);
    let mut spec = spec(vec![web]);
    spec.main = Some(MainPort { on_host: true, ..main_port("web", 8123) });
    assert!(plan(&spec, None).unwrap().containers[0].config.ports.is_empty());
}

#[test]
fn containers_are_ours_by_label_whatever_the_catalogue_says() {
    let mut web = service("web");
    web.labels = BTreeMap::from([("io.livos.app".into(), "other".into()), ("x".into(), "y".into())]);
    let plan = plan(&spec(vec![web]), None).unwrap();
    let labels = &plan.containers[0].config.labels;
    assert_eq!(labels.get(LABEL_APP).map(String::as_str), Some("demo"));
    assert_eq!(labels.get(LABEL_SERVICE).map(String::as_str), Some("web"));
    assert_eq!(labels.get("x").map(String::as_str), Some("y"));
}

#[test]
fn a_service_is_found_by_its_own_and_its_containers_name() {
    let mut web = service("web");
    web.container_name = "demo_web_1".into();
    web.networks = vec![ServiceNetwork {
        name: "default".into(),
        ipv4_address: Some("10.21.0.5".into()),
        ..ServiceNetwork::default()
    }];
    let plan = plan(&spec(vec![web]), None).unwrap();
    let join = &plan.containers[0].config.networks[0];
    assert_eq!(join.network, "demo_default");
    assert_eq!(join.aliases, ["web", "demo_web_1"]);
    assert_eq!(join.ipv4, "10.21.0.5".parse().ok());
}

#[test]
fn networks_links_and_variables_without_a_value_are_as_compose_has_them() {
    let mut web = service("web");
    let network =
        |name: &str, priority| ServiceNetwork { name: name.into(), priority, ..ServiceNetwork::default() };
    web.networks = vec![network("front", None), network("back", None), network("main", Some(7))];
    web.links = vec![Link { service: "db".into(), alias: "sql".into() }];
    web.environment_without = vec!["TOKEN".into()];
    let plan = plan(&spec(vec![web]), None).unwrap();
    let config = &plan.containers[0].config;
    let order: Vec<&str> = config.networks.iter().map(|join| join.network.as_str()).collect();
    assert_eq!(order, ["main", "back", "front"]);
    assert_eq!(config.links, ["demo-db-1:sql", "demo-db-1:db-1", "demo-db-1:demo-db-1"]);
    assert_eq!(config.env.get("TOKEN"), Some(&None));
}

#[test]
fn own_variables_win_over_env_files_and_a_missing_file_is_named() {
    let file = |path: &str, required| EnvFile { path: path.into(), required, raw: false };
    let mut web = service("web");
    web.env_files = vec![file("/e/ok", true), file("/e/gone", false)];
    web.environment = BTreeMap::from([("A".into(), "own".into())]);
    let env = plan(&spec(vec![web.clone()]), None).unwrap().containers[0].config.env.clone();
    assert_eq!(env.get("A"), Some(&Some("own".to_owned())));
    assert_eq!(env.get("B"), Some(&Some("file".to_owned())));
    web.env_files.push(file("/e/gone", true));
    let error = plan(&spec(vec![web]), None).unwrap_err();
    assert!(error.to_string().contains("env file"), "{error}");
}

#[test]
fn only_the_apps_own_folders_are_made() {
    let mount = |source: &str, role| MountSpec {
        kind: MountKind::Bind,
        source: source.into(),
        target: "/x".into(),
        read_only: false,
        role,
        options: MountOptions { create_host_path: true, ..MountOptions::default() },
    };
    let mut web = service("web");
    web.mounts =
        vec![mount("/data/apps/demo/db", MountRole::AppData), mount("/opt/thing", MountRole::HostPath)];
    let plan = plan(&spec(vec![web]), None).unwrap();
    assert_eq!(plan.directories, ["/data/apps/demo/db"]);
    let creates: Vec<_> = plan.containers[0]
        .config
        .mounts
        .iter()
        .map(|mount| matches!(mount.kind, docker::MountKind::Bind { create_host_path: true, .. }))
        .collect();
    assert_eq!(creates, [false, true]);
}

#[test]
fn content_becomes_a_file_that_livos_writes() {
    let mut web = service("web");
    web.mounts = vec![MountSpec {
        kind: MountKind::Content,
        source: String::new(),
        target: "/etc/app.conf".into(),
        read_only: true,
        role: MountRole::Private,
        options: MountOptions { content: Some("a=b\n".into()), ..MountOptions::default() },
    }];
    let plan = plan(&spec(vec![web]), None).unwrap();
    assert_eq!(
        plan.contents,
        [ContentFile { path: "/state/demo/web-0".into(), text: "a=b\n".into(), mode: 0o444 }]
    );
}

#[test]
fn a_missing_optional_device_is_left_out_and_a_present_one_is_not() {
    let device = |path: &str, optional| livos_manifest::spec::DeviceSpec {
        source: path.into(),
        target: path.into(),
        permissions: "rwm".into(),
        optional,
    };
    let mut web = service("web");
    web.devices = vec![device("/dev/there", true), device("/dev/gone", true), device("/dev/must", false)];
    let plan = plan(&spec(vec![web]), None).unwrap();
    let paths: Vec<_> = plan.containers[0].config.devices.iter().map(|d| d.host_path.as_str()).collect();
    assert_eq!(paths, ["/dev/there", "/dev/must"]);
}

#[test]
fn gates_and_one_shots_follow_the_dependencies() {
    let mut web = service("web");
    web.depends_on = vec![
        Dependency {
            service: "db".into(),
            condition: Condition::ServiceHealthy,
            required: true,
            restart: false,
        },
        Dependency {
            service: "migrate".into(),
            condition: Condition::ServiceCompletedSuccessfully,
            required: false,
            restart: false,
        },
    ];
    let plan = plan(&spec(vec![service("db"), service("migrate"), web]), None).unwrap();
    assert_eq!(plan.containers.iter().map(|c| c.one_shot).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(
        plan.containers[2].after[1],
        Gate {
            service: "migrate".into(),
            condition: Condition::ServiceCompletedSuccessfully,
            required: false
        }
    );
}

#[test]
fn rare_settings_are_passed_on() {
    let mut web = service("web");
    web.annotations = BTreeMap::from([("a".into(), "b".into())]);
    web.resources = Resources { blkio_weight: Some(10), cpu_rt_period: Some(1), ..Resources::default() };
    web.networks =
        vec![ServiceNetwork { name: "default".into(), gw_priority: Some(1), ..ServiceNetwork::default() }];
    let plan = plan(&spec(vec![web]), None).unwrap();
    let config = &plan.containers[0].config;
    assert_eq!(config.annotations["a"], "b");
    assert_eq!((config.resources.blkio_weight, config.resources.cpu_realtime_period), (Some(10), Some(1)));
    assert_eq!(config.networks[0].gateway_priority, Some(1));
}

#[test]
fn what_cannot_be_expressed_is_named_and_never_dropped() {
    let named = |change: &dyn Fn(&mut ServiceSpec)| {
        let mut web = service("web");
        change(&mut web);
        plan(&spec(vec![web]), None).unwrap_err().0
    };
    assert_eq!(named(&|s| s.isolation = Some("hyperv".into())).len(), 1);
    let mut waiting = spec(vec![service("web")]);
    waiting.unresolved =
        vec![Unresolved { name: "TOKEN".into(), provider: Provider::Owner, used_in: Vec::new() }];
    waiting.unsupported = vec!["services.web.build".into()];
    assert_eq!(plan(&waiting, None).unwrap_err().0.len(), 2);
}

#[test]
fn health_tests_keep_their_form() {
    let test = |test: &[&str], disable| {
        healthcheck(&Healthcheck {
            test: test.iter().map(ToString::to_string).collect(),
            disable,
            interval_ms: Some(1500),
            ..Healthcheck::default()
        })
    };
    assert_eq!(
        test(&["CMD", "a", "b c"], false).test,
        docker::HealthTest::Command(vec!["a".into(), "b c".into()])
    );
    assert_eq!(test(&["CMD-SHELL", "a || b"], false).test, docker::HealthTest::Shell("a || b".into()));
    assert_eq!(test(&["NONE"], false).test, docker::HealthTest::Disabled);
    assert_eq!(test(&["CMD", "a"], true).test, docker::HealthTest::Disabled);
    assert_eq!(test(&[], false).test, docker::HealthTest::Inherit);
    assert_eq!(test(&[], false).interval, Some(Duration::from_millis(1500)));
}
