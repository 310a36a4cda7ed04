//! Compose normalisation: every service key, and what happens to keys nobody knows.

use super::{compose, refusal, service};
use crate::{Condition, MountKind, MountRole, NetworkMode, Protocol, RestartPolicy};

fn env(lines: &str) -> Vec<(String, String)> {
    service(lines).services[0].environment.clone().into_iter().collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    wanted.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn scalars_become_what_compose_makes_of_them() {
    let lines = "environment:\n  OCTAL: 0644\n  TWELVE: 012\n  YES: yes\n  NO: no\n  TRUE: True\n  FLOAT: 1.10\n  EXP: 1e3\n  DATE: 2024-01-01\n  TIME: 12:30:00\n  QUOTED: 'true'\n  HEX: 0x1F\n  EMPTY: ''";
    let wanted = pairs(&[
        ("DATE", "2024-01-01"),
        ("EMPTY", ""),
        ("EXP", "1000"),
        ("FLOAT", "1.1"),
        ("HEX", "31"),
        ("NO", "no"),
        ("OCTAL", "420"),
        ("QUOTED", "true"),
        ("TIME", "12:30:00"),
        ("TRUE", "true"),
        ("TWELVE", "10"),
        ("YES", "yes"),
    ]);
    assert_eq!(env(lines), wanted);
}

#[test]
fn environment_lists_split_at_the_first_equals_sign() {
    let lines = "environment:\n  - A=1=2\n  - B=\n  - C=\"q\"\n  - PASSED\n  - A=3";
    assert_eq!(env(lines), pairs(&[("A", "3"), ("B", ""), ("C", "\"q\"")]));
    // Docker takes such a variable away, even if the image sets it.
    assert_eq!(service(lines).services[0].environment_without, ["PASSED"]);
}

#[test]
fn variables_nobody_sets_are_reported_and_can_be_answered() {
    let spec = service("environment:\n  A: ${DB_PASSWORD}\n  B: ${X:-d}");
    assert_eq!(spec.services[0].environment["A"], "");
    assert!(spec.warnings.iter().any(|text| text.contains("DB_PASSWORD")), "{:?}", spec.warnings);
    assert!(!spec.warnings.iter().any(|text| text.contains('X')), "{:?}", spec.warnings);
    assert_eq!(spec.inputs.len(), 1);
    assert!(spec.inputs[0].sensitive && !spec.inputs[0].required);
}

#[test]
fn keys_are_not_interpolated() {
    assert_eq!(env("environment:\n  $A: $$x"), pairs(&[("$A", "$x")]));
}

#[test]
fn merge_keys_and_anchors() {
    let spec = compose(
        "x-env: &env {A: 1, B: 2}\nx-more: &more {B: 3, C: 4}\nservices:\n  a:\n    image: &image nginx:1\n    environment:\n      <<: *env\n      A: own\n  b:\n    image: *image\n    environment:\n      <<: [*more, *env]\n  c:\n    image: *image\n    environment:\n      '<<': literal\n",
    );
    let env = |name: &str| -> Vec<(String, String)> {
        spec.service(name).map(|s| s.environment.clone().into_iter().collect()).unwrap_or_default()
    };
    assert_eq!(env("a"), pairs(&[("A", "own"), ("B", "2")]));
    assert_eq!(env("b"), pairs(&[("A", "1"), ("B", "3"), ("C", "4")]));
    assert_eq!(env("c"), pairs(&[("<<", "literal")]));
}

#[test]
fn unknown_keys_are_named() {
    for (lines, wanted) in [
        ("network-mode: host", "services.web.network-mode"),
        ("extends: {service: x, file: other.yml}", "services.web.extends"),
        ("build: .", "services.web.build"),
        ("healthcheck: {test: a, every: 1s}", "services.web.healthcheck.every"),
        ("post_start: [{command: x}]", "services.web.post_start"),
        ("deploy: {resources: {limits: {disk: 1}}}", "services.web.deploy.resources.limits.disk"),
        ("deploy: {replicas: 2}", "services.web.deploy.replicas (one container per service)"),
        ("scale: 3", "services.web.scale (one container per service)"),
        ("label_file: x", "services.web.label_file"),
        ("pull_policy: daily", "services.web.pull_policy: “daily”"),
        ("ports: [{target: 80, weird: 1}]", "services.web.ports[0].weird"),
        ("volumes: ['data:/d:strange']", "services.web.volumes[0]: mount option “strange”"),
        ("network_mode: slirp4netns", "services.web.network_mode: “slirp4netns”"),
        ("models: [x]", "services.web.models"),
        ("credential_spec: {file: x}", "services.web.credential_spec"),
        (
            "env_file: /etc/environment",
            "services.web.env_file: /etc/environment lies outside the app's directory",
        ),
    ] {
        let spec = service(lines);
        assert_eq!(spec.unsupported, [wanted], "{lines}");
    }
    let spec = compose("include: [x.yml]\nservices: {a: {image: b}}\n");
    assert_eq!(spec.unsupported, ["include"]);
}

#[test]
fn described_and_ignored_keys_are_not_unsupported() {
    let lines = "x-note: 1\nattach: false\ndevelop: {watch: []}\ndeploy: {placement: {constraints: []}, replicas: 1, mode: replicated}\nscale: 1";
    let spec = service(lines);
    assert_eq!(spec.unsupported, Vec::<String>::new());
}

#[test]
fn commands_and_entrypoints() {
    let spec = service("command: sh -c \"a b\"\nentrypoint: ['/init', 'x y']");
    assert_eq!(spec.services[0].command.as_deref(), Some(["sh", "-c", "a b"].map(str::to_owned).as_slice()));
    assert_eq!(spec.services[0].entrypoint.as_deref(), Some(["/init", "x y"].map(str::to_owned).as_slice()));
    let spec = service("command: []\nentrypoint:");
    assert_eq!(spec.services[0].command, Some(vec![]));
    assert_eq!(spec.services[0].entrypoint, None);
    let spec = service("command: [1, true, 010]");
    assert_eq!(spec.services[0].command.as_deref(), Some(["1", "true", "010"].map(str::to_owned).as_slice()));
    let spec = service("command: run && more");
    assert!(spec.warnings.iter().any(|text| text.contains("no shell")), "{:?}", spec.warnings);
}

#[test]
fn ports_long() {
    let spec = service(
        "ports:\n  - {target: 80, published: '8080', host_ip: 127.0.0.1, protocol: udp, mode: ingress}\n  - {target: 81}\n  - {target: 82, published: 8000-8010}\n  - {target: 83, host_ip: '::1', published: 9}",
    );
    let ports = &spec.services[0].ports;
    assert_eq!((ports[0].host_ip.as_deref(), ports[0].host_port), (Some("127.0.0.1"), Some(8080)));
    assert_eq!(ports[0].protocol, Protocol::Udp);
    assert_eq!((ports[1].host_port, ports[1].container_port), (None, 81));
    assert_eq!((ports[2].host_port, ports[2].host_port_end), (Some(8000), Some(8010)));
    assert_eq!((ports[3].host_ip.as_deref(), ports[3].host_port), (Some("::1"), Some(9)));
}

#[test]
fn volumes() {
    let spec = service(
        "volumes:\n  - data:/a\n  - ./conf:/b:ro\n  - /etc/localtime:/etc/localtime:ro\n  - ~/Music:/m:rslave,z\n  - /anonymous\n  - {type: volume, source: data, target: /c, volume: {nocopy: true, subpath: s}}\n  - {type: bind, source: /opt/x, target: /d, read_only: true, bind: {create_host_path: false, propagation: shared}}\n  - {type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 01777}}\n  - /var/run/docker.sock:/var/run/docker.sock\ntmpfs: /run:size=1m",
    );
    let mounts = &spec.services[0].mounts;
    let at = |target: &str| mounts.iter().find(|mount| mount.target == target).cloned();
    let get = |target: &str| at(target).map(|mount| (mount.kind, mount.source, mount.read_only, mount.role));
    let private = MountRole::Private;
    assert_eq!(get("/a"), Some((MountKind::Volume, "data".into(), false, private.clone())));
    assert_eq!(
        get("/b"),
        Some((MountKind::Bind, "/srv/livos/apps/demo/conf".into(), true, MountRole::AppData))
    );
    assert_eq!(get("/etc/localtime").map(|m| m.3), Some(MountRole::HostClock));
    let music = MountRole::UserFolder { folder: "Music".into() };
    assert_eq!(get("/m"), Some((MountKind::Bind, "/srv/livos/home/Music".into(), false, music)));
    assert_eq!(get("/anonymous"), Some((MountKind::Volume, String::new(), false, private.clone())));
    assert_eq!(get("/d"), Some((MountKind::Bind, "/opt/x".into(), true, MountRole::HostPath)));
    assert_eq!(get("/var/run/docker.sock").map(|m| m.3), Some(MountRole::DockerView));
    assert_eq!(get("/run"), Some((MountKind::Tmpfs, String::new(), false, private)));
    let options = at("/c").map(|mount| mount.options).unwrap_or_default();
    assert_eq!((options.nocopy, options.subpath.as_deref()), (true, Some("s")));
    let options = at("/d").map(|mount| mount.options).unwrap_or_default();
    assert_eq!((options.create_host_path, options.propagation.as_deref()), (false, Some("shared")));
    let options = at("/t").map(|mount| mount.options).unwrap_or_default();
    assert_eq!((options.tmpfs_size, options.mode), (Some(64 << 20), Some(0o1777)));
    let options = at("/m").map(|mount| mount.options).unwrap_or_default();
    assert_eq!((options.selinux.as_deref(), options.propagation.as_deref()), (Some("z"), Some("rslave")));
    assert_eq!(spec.volumes[0].name, "demo_data");
    assert!(spec.data_directories.contains(&"/srv/livos/apps/demo/conf".to_owned()));
}

#[test]
fn configs_and_secrets_become_files() {
    let spec = compose(
        "services:\n  a:\n    image: b\n    configs: [one, {source: two, target: /etc/two, mode: 0440, uid: '5'}]\n    secrets: [key]\nconfigs:\n  one: {content: 'port $$x'}\n  two: {file: ./two.conf}\nsecrets:\n  key: {environment: NO_SUCH}\n",
    );
    let mounts = &spec.services[0].mounts;
    assert_eq!((mounts[0].target.as_str(), mounts[0].options.content.as_deref()), ("/one", Some("port $x")));
    assert_eq!(
        (mounts[1].kind, mounts[1].source.as_str()),
        (MountKind::Bind, "/srv/livos/apps/demo/two.conf")
    );
    assert_eq!((mounts[1].options.mode, mounts[1].options.uid.as_deref()), (Some(0o440), Some("5")));
    assert_eq!((mounts[2].target.as_str(), mounts[2].read_only), ("/run/secrets/key", true));
}

#[test]
fn healthchecks() {
    let check = |text: &str| service(&format!("healthcheck: {text}")).services[0].healthcheck.clone();
    let test = |text: &str| check(text).map(|check| check.test).unwrap_or_default();
    assert_eq!(test("{test: curl -f x || exit 1}"), ["CMD-SHELL", "curl -f x || exit 1"]);
    assert_eq!(test("{test: [CMD, a, b]}"), ["CMD", "a", "b"]);
    assert_eq!(test("{test: [CMD-SHELL, a b]}"), ["CMD-SHELL", "a b"]);
    assert_eq!(test("{test: [NONE]}"), ["NONE"]);
    assert_eq!(test("{disable: true}"), ["NONE"]);
    assert_eq!(check("{disable: false}"), None);
    let full = check("{interval: 1m30s, timeout: 5s, retries: 3, start_period: 2m, start_interval: 500ms}");
    let full = full.unwrap_or_default();
    assert_eq!(full.test, Vec::<String>::new());
    assert_eq!((full.interval_ms, full.timeout_ms, full.retries), (Some(90_000), Some(5000), Some(3)));
    assert_eq!((full.start_period_ms, full.start_interval_ms), (Some(120_000), Some(500)));
    assert!(refusal("healthcheck: {test: [curl, x]}").contains("CMD"));
    assert!(refusal("healthcheck: {interval: 5 minutes}").contains("duration"));
}

#[test]
fn dependencies_order_the_start() {
    let spec = compose(
        "services:\n  web: {image: a, depends_on: {db: {condition: service_healthy, restart: true}, init: {condition: service_completed_successfully}, opt: {condition: service_started, required: false}}}\n  side: {image: a, network_mode: 'service:web'}\n  init: {image: a, depends_on: [db]}\n  db: {image: a}\n",
    );
    let order: Vec<&str> = spec.services.iter().map(|service| service.name.as_str()).collect();
    assert_eq!(order, ["db", "init", "web", "side"]);
    let web = &spec.services[2];
    assert_eq!(web.depends_on.len(), 2, "the wish for something absent is dropped with a warning");
    assert_eq!(web.depends_on[0].condition, Condition::ServiceHealthy);
    assert!(web.depends_on[0].restart);
    assert_eq!(spec.services[3].depends_on[0].service, "web");
    for (text, word) in [
        ("services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}", "circle"),
        ("services: {a: {image: x, depends_on: [b]}}", "not defined"),
        ("services: {a: {image: x, depends_on: [a]}}", "itself"),
        ("services: {a: {image: x, depends_on: {b: {condition: ready}}}, b: {image: x}}", "condition"),
    ] {
        let plan = super::plan(crate::Format::Compose, &[("compose.yaml", text)]);
        assert!(plan.error.as_deref().unwrap_or_default().contains(word), "{text}: {:?}", plan.error);
    }
}

#[test]
fn networks() {
    let spec = compose(
        "services:\n  a:\n    image: x\n    networks:\n      front: {aliases: [w], ipv4_address: 10.9.0.5, priority: 10}\n      back:\n  b: {image: x}\n  c: {image: x, network_mode: host}\nnetworks:\n  front: {driver: bridge, internal: true, ipam: {config: [{subnet: 10.9.0.0/24, gateway: 10.9.0.1}]}}\n  back: {external: true, name: shared}\n  unused: {}\n",
    );
    let a = &spec.services[0];
    let mut names: Vec<&str> = a.networks.iter().map(|network| network.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["back", "front"]);
    let front = a.networks.iter().find(|network| network.name == "front").cloned().unwrap_or_default();
    assert_eq!(front.aliases, ["w", "a", "demo-a-1"]);
    assert_eq!(front.ipv4_address.as_deref(), Some("10.9.0.5"));
    assert_eq!(spec.services[2].network_mode, Some(NetworkMode::Host));
    assert!(spec.services[2].networks.is_empty());
    let keys: Vec<(&str, &str, bool)> =
        spec.networks.iter().map(|n| (n.key.as_str(), n.name.as_str(), n.external)).collect();
    let wanted =
        [("back", "shared", true), ("default", "demo_default", false), ("front", "demo_front", false)];
    assert_eq!(keys, wanted);
    assert_eq!(spec.networks[2].ipam[0].subnet.as_deref(), Some("10.9.0.0/24"));
    assert!(refusal("networks: [nowhere]").contains("not defined"));
    assert!(refusal("network_mode: host\nnetworks: [default]").contains("network_mode"));
}

#[test]
fn everything_else() {
    let spec = service(
        "user: 1000:1000\nworking_dir: /w\nhostname: h\ndomainname: d\ndns: 1.1.1.1\ndns_search: [a, b]\nextra_hosts: ['h:host-gateway', 'v6=[::1]']\nrestart: on-failure:5\nstop_grace_period: 1m\nstop_signal: SIGINT\ninit: true\ntty: true\nstdin_open: true\nprivileged: true\nread_only: true\ncap_add: [NET_ADMIN]\ncap_drop: [ALL]\ndevices: ['/dev/a', '/dev/b:/dev/c:r', '/dev/d:rw', 'nvidia.com/gpu=all']\ndevice_cgroup_rules: ['c 1:3 mr']\nsecurity_opt: ['no-new-privileges:true']\nshm_size: 128mb\nulimits: {nproc: 65535, nofile: {soft: 1, hard: 2}}\nsysctls: [net.core.somaxconn=1024]\npid: host\nipc: host\nmem_limit: 1g\nmem_reservation: 512m\nmemswap_limit: -1\ncpus: 1.5\ncpu_shares: 90\npids_limit: 100\nlogging: {driver: json-file, options: {max-size: 10m}}\nlabels: [a=b, c]\ngroup_add: [44, video]\npull_policy: if_not_present\nplatform: linux/amd64\nruntime: nvidia\nexpose: [80]\ncontainer_name: named\nannotations: {k: v}",
    );
    let web = &spec.services[0];
    assert_eq!(spec.unsupported, Vec::<String>::new());
    assert_eq!(web.user.as_deref(), Some("1000:1000"));
    assert_eq!(web.dns, ["1.1.1.1"]);
    assert_eq!(web.extra_hosts, ["h:host-gateway", "v6:::1"]);
    assert_eq!(web.restart, RestartPolicy::OnFailure { max_retries: Some(5) });
    assert_eq!(web.stop_grace_period_ms, Some(60_000));
    let devices: Vec<(&str, &str, &str)> =
        web.devices.iter().map(|d| (d.source.as_str(), d.target.as_str(), d.permissions.as_str())).collect();
    let wanted = [
        ("/dev/a", "/dev/a", "rwm"),
        ("/dev/b", "/dev/c", "r"),
        ("/dev/d", "/dev/d", "rw"),
        ("nvidia.com/gpu=all", "nvidia.com/gpu=all", "rwm"),
    ];
    assert_eq!(devices, wanted);
    assert_eq!(web.shm_size, Some(128 << 20));
    assert_eq!((web.ulimits[0].soft, web.ulimits[0].hard), (65_535, 65_535));
    assert_eq!((web.ulimits[1].soft, web.ulimits[1].hard), (1, 2));
    assert_eq!(web.sysctls["net.core.somaxconn"], "1024");
    assert_eq!(web.resources.memory_limit, Some(1 << 30));
    assert_eq!(web.resources.memory_swap_limit, Some(-1));
    assert_eq!(web.resources.nano_cpus, Some(1_500_000_000));
    assert_eq!(web.labels["c"], "");
    assert_eq!(web.group_add, ["44", "video"]);
    assert_eq!(web.container_name, "named");
    let codes: Vec<&str> = spec.permissions.iter().map(|permission| permission.code.as_str()).collect();
    for code in [
        "privileged",
        "host_pid",
        "host_ipc",
        "capability",
        "device",
        "gpu",
        "device_rule",
        "sysctl",
        "runtime",
    ] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
}

#[test]
fn gpus_and_limits_of_deploy() {
    let spec = service(
        "deploy:\n  resources:\n    limits: {cpus: '0.5', memory: 64M, pids: 10}\n    reservations:\n      memory: 32M\n      devices: [{driver: nvidia, count: all, capabilities: [gpu]}, {device_ids: ['0'], capabilities: [gpu, compute]}]\n  restart_policy: {condition: on-failure, max_attempts: 3}",
    );
    let web = &spec.services[0];
    assert_eq!(web.resources.memory_limit, Some(64 << 20));
    assert_eq!(web.resources.nano_cpus, Some(500_000_000));
    assert_eq!(web.resources.pids_limit, Some(10));
    assert_eq!(web.resources.memory_reservation, Some(32 << 20));
    assert_eq!((web.device_requests[0].driver.as_str(), web.device_requests[0].count), ("nvidia", Some(-1)));
    assert_eq!((web.device_requests[1].count, web.device_requests[1].device_ids.len()), (None, 1));
    assert_eq!(web.restart, RestartPolicy::OnFailure { max_retries: Some(3) });
    assert_eq!(service("gpus: all").services[0].device_requests[0].count, Some(-1));
}

#[test]
fn profiles_are_not_started() {
    let spec = compose("services:\n  a: {image: x}\n  b: {image: x, profiles: [debug]}\n");
    assert_eq!(spec.services.len(), 1);
    assert!(spec.warnings.iter().any(|text| text.contains("profile debug")), "{:?}", spec.warnings);
}

#[test]
fn moved_ports() {
    let mut context = super::context();
    context.ports.insert((8080, Protocol::Tcp), 42_001);
    let text = super::service_text("ports: ['8080:80', '8080:80/udp']");
    let plan = super::plan_in(crate::Format::Compose, &[("compose.yaml", &text)], &context);
    let ports = plan.spec.map(|spec| spec.services[0].ports.clone()).unwrap_or_default();
    assert_eq!((ports[0].host_port, ports[0].moved_from), (Some(42_001), Some(8080)));
    assert_eq!((ports[1].host_port, ports[1].moved_from), (Some(8080), None));
}

#[test]
fn the_context_survives_json() {
    let mut context = super::context();
    context.ports.insert((53, Protocol::Udp), 5353);
    let text = serde_json::to_string(&context).unwrap_or_default();
    assert_eq!(serde_json::from_str::<crate::Context>(&text).ok(), Some(context));
}

#[test]
fn permissions_say_what_an_app_reaches() {
    let spec = compose(
        "services:\n  a:\n    image: x\n    network_mode: host\n    volumes: ['/:/host:ro', '/var/run/docker.sock:/s', '~:/home', '~/Music:/m:ro', '/opt/a:/o:ro', 'disk:/d', 'own:/w', './x:/x']\n  b:\n    image: x\n    ports: ['80:80', '2222:22', '127.0.0.1:81:81']\n    networks: [lan, ext]\nvolumes:\n  disk: {driver_opts: {type: none, o: bind, device: /mnt/disk}}\n  own: {driver_opts: {type: none, o: bind, device: ./own}}\nnetworks:\n  lan: {driver: macvlan}\n  ext: {external: true}\n",
    );
    let mut found: Vec<(&str, &str, crate::Risk)> =
        spec.permissions.iter().map(|p| (p.code.as_str(), p.subject.as_str(), p.risk)).collect();
    found.sort_unstable();
    use crate::Risk::{High, Low, Medium};
    let wanted = [
        ("docker_socket", "/", High),
        ("docker_view", "/var/run/docker.sock", Medium),
        ("external_network", "ext", Medium),
        ("host_network", "a", High),
        ("host_path", "/", High),
        ("host_path", "/mnt/disk", High),
        ("host_path", "/opt/a", Medium),
        ("network_driver", "macvlan", Medium),
        // 80 is the page, which Caddy serves with sign-in in front.
        ("publish_port", "2222/tcp", Low),
        ("user_folder", "/srv/livos/home", High),
        ("user_folder", "/srv/livos/home/Music", Low),
    ];
    assert_eq!(found, wanted);
    assert_eq!(spec.volumes[1].driver_opts["device"], "/srv/livos/apps/demo/own");
    for permission in &spec.permissions {
        assert!(permission.text.ends_with('.'), "{}", permission.text);
    }
}
