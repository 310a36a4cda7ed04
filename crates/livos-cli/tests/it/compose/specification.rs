//! The whole specification in cases of our own, beside Docker Compose.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::{compose, plans, project, shape};

/// What is expected of us when Docker Compose accepts the file; when it refuses one, so must we.
enum Expect {
    /// Complete, and the same.
    Same,
    /// Not complete, and this is named.
    Names(&'static str),
    Refused,
}
use Expect::{Names, Refused, Same};

const CASES: &[(&str, Expect, &str)] = &[
    ("ports", Same, "services: {a: {image: x, ports: [80, '81', '82:83', '127.0.0.1:84:85/udp', '90-92:90-92', '[::1]:6000:6001', '127.0.0.1::99', '5000-5010:7000', {target: 86}, {target: 87, published: 88, protocol: udp, host_ip: 10.0.0.1, mode: host}, {target: 89, published: '9000-9005'}, {target: 77, published: '78', app_protocol: http, name: web}]}}"),
    ("port-mismatch", Refused, "services: {a: {image: x, ports: ['90-92:90-95']}}"),
    ("port-nonsense", Refused, "services: {a: {image: x, ports: ['a:b']}}"),
    ("volumes", Same, "
services:
  a:
    image: x
    volumes:
      - /anonymous
      - ./rel:/rel
      - /abs:/abs:ro
      - data:/data
      - data:/data2:ro,nocopy
      - ./z:/z:z
      - ./zz:/zz:ro,Z
      - /shared:/shared:rshared
      - {type: bind, source: ./long, target: /long, read_only: true, bind: {propagation: rslave, create_host_path: false, selinux: z}}
      - {type: volume, source: data, target: /long2, volume: {nocopy: true, subpath: sub}}
      - {type: tmpfs, target: /tmpfs, tmpfs: {size: 10m, mode: 0o1777}}
      - {type: tmpfs, target: /tmpfs2}
      - ./trailing/:/trailing/
    tmpfs: [/run, '/scratch:size=64m,mode=755']
volumes:
  data: {driver: local, labels: {a: b}, name: other}
"),
    ("tmpfs-text", Same, "services: {a: {image: x, tmpfs: /run}}"),
    ("volume-undeclared", Refused, "services: {a: {image: x, volumes: ['data:/data']}}"),
    ("environment-list", Same, "services: {a: {image: x, environment: [A=1, 'B=x=y', C=, PASSED, 'D= spaced ', 'E=\"q\"']}}"),
    ("environment-map", Same, "services: {a: {image: x, environment: {A: 1, B: 1.50, C: true, D: 'yes', E: null, F: '', G: 0644, H: 1e3, I: 12345678901234567890, J: yes, K: 0x1F, L: ~, M: 'a$$b', O: .5, P: 0o17}}}"),
    ("words", Same, r#"
services:
  a: {image: x, command: "sh -c 'echo \"a b\" $$HOME && exit'", entrypoint: /bin/x --flag="quoted words"}
  b: {image: x, command: [sh, -c, "a b"], entrypoint: []}
  c: {image: x, command: [], entrypoint: ''}
  d: {image: x, command: ''}
  e: {image: x, command: 'a\ b "c\"d" ''e f'' g'}
  f: {image: x, command: null, entrypoint: null}
  g: {image: x, command: "line one\n  --two\n  --three"}
"#),
    ("health", Same, "
services:
  a: {image: x, healthcheck: {test: curl -f http://localhost, interval: 1m30s, timeout: 10s, retries: 3, start_period: 40s, start_interval: 5s}}
  b: {image: x, healthcheck: {test: [CMD, a, b], interval: 1h, timeout: 500ms, retries: 0}}
  c: {image: x, healthcheck: {disable: true}}
  d: {image: x, healthcheck: {test: [NONE]}}
  e: {image: x, healthcheck: {test: [CMD-SHELL, 'a || exit 1'], interval: 0s}}
  f: {image: x, healthcheck: {test: NONE}}
"),
    ("depends", Same, "
services:
  a: {image: x, depends_on: [b, c]}
  b: {image: x, depends_on: {c: {condition: service_healthy, restart: true}, d: {condition: service_completed_successfully, required: false}}}
  c: {image: x, links: ['d:db', d], volumes_from: ['e:ro', e]}
  d: {image: x}
  e: {image: x}
  f: {image: x, network_mode: 'service:a', pid: 'service:a', ipc: 'service:b'}
"),
    ("depends-missing", Refused, "services: {a: {image: x, depends_on: [zz]}}"),
    ("depends-circle", Refused, "services: {a: {image: x, depends_on: [b]}, b: {image: x, depends_on: [a]}}"),
    ("networks", Same, "
services:
  a:
    image: x
    networks:
      one: {aliases: [web, www], ipv4_address: 10.99.0.5, ipv6_address: 'fd00::5', priority: 100, mac_address: '02:42:ac:11:00:02'}
      two:
      default:
  b: {image: x, networks: [two, three]}
  c: {image: x, network_mode: none}
  d: {image: x, network_mode: host}
  e: {image: x, network_mode: bridge}
networks:
  one:
    driver: bridge
    internal: true
    attachable: true
    enable_ipv6: true
    driver_opts: {com.docker.network.bridge.name: br9}
    labels: [k=v]
    ipam:
      driver: default
      config: [{subnet: 10.99.0.0/16, gateway: 10.99.0.1, ip_range: 10.99.1.0/24, aux_addresses: {host1: 10.99.0.9}}, {subnet: 'fd00::/64'}]
  two: {name: fixed-name}
  three: {external: true}
  unused: {driver: bridge}
"),
    ("network-and-mode", Refused, "services: {a: {image: x, network_mode: host, networks: [default]}}"),
    ("network-undeclared", Refused, "services: {a: {image: x, networks: [nope]}}"),
    ("rights", Same, "
services:
  a:
    image: x
    user: 1000:1000
    group_add: [docker, 44]
    privileged: true
    cap_add: [NET_ADMIN, sys_time]
    cap_drop: [ALL]
    security_opt: [no-new-privileges:true, seccomp=unconfined]
    devices: [/dev/dri, '/dev/ttyUSB0:/dev/tty9', '/dev/sda:/dev/xvda:r', '/dev/snd:/dev/snd:rw']
    device_cgroup_rules: ['c 1:3 mr', 'a 7:* rmw']
    read_only: true
    userns_mode: host
    pid: host
    ipc: shareable
    uts: host
    cgroup: host
    cgroup_parent: m-executor
    runtime: runsc
    isolation: default
    sysctls: {net.core.somaxconn: 1024, net.ipv4.tcp_syncookies: '0'}
    ulimits: {nproc: 65535, nofile: {soft: 20000, hard: 40000}, memlock: -1}
  b: {image: x, sysctls: [net.core.somaxconn=1024]}
"),
    ("resources", Same, "
services:
  a: {image: x, mem_limit: 512m, mem_reservation: 256M, memswap_limit: 2gb, mem_swappiness: 10, cpus: 1.5, cpu_shares: 73, cpu_quota: 50000, cpu_period: 100000, cpuset: 0-1, pids_limit: 100, oom_kill_disable: true, oom_score_adj: 500, shm_size: 64M}
  b: {image: x, mem_limit: 1000000, memswap_limit: -1, cpus: '0.25', shm_size: 67108864, pids_limit: -1, cpu_rt_runtime: 95000, cpu_rt_period: 100000}
  c: {image: x, deploy: {resources: {limits: {cpus: '0.50', memory: 50M, pids: 1}, reservations: {cpus: '0.25', memory: 20M, devices: [{driver: nvidia, count: all, capabilities: [gpu]}]}}}}
  d: {image: x, deploy: {resources: {reservations: {devices: [{capabilities: [gpu], device_ids: ['0', '3'], options: {a: b}}, {capabilities: [tpu], count: 2}]}}, placement: {constraints: [x]}, update_config: {parallelism: 2}, labels: {a: b}}}
  e: {image: x, blkio_config: {weight: 300, weight_device: [{path: /dev/sda, weight: 400}], device_read_bps: [{path: /dev/sdb, rate: 12mb}], device_write_iops: [{path: /dev/sdb, rate: 30}]}}
  f: {image: x, deploy: {restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3, window: 120s}}}
"),
    ("replicas", Names("replicas"), "services: {a: {image: x, deploy: {replicas: 3}}}"),
    ("scale", Names("scale"), "services: {a: {image: x, scale: 2}}"),
    ("names", Same, "
services:
  a:
    image: reg.example.com:5000/team/app:1.2@sha256:0123456789012345678901234567890123456789012345678901234567890123
    platform: linux/amd64
    container_name: my-name
    hostname: host
    domainname: example.com
    mac_address: 02:42:ac:11:65:43
    dns: 8.8.8.8
    dns_search: [a.example.com, b.example.com]
    dns_opt: [use-vc, no-tld-query]
    extra_hosts: ['somehost:162.242.195.82', 'other=50.31.209.229', 'v6:::1', 'gw:host-gateway']
    expose: ['3000', 8000, 9000-9005/udp]
    working_dir: /code
    stdin_open: true
    tty: true
    init: true
    stop_signal: SIGUSR1
    stop_grace_period: 1m30s
    restart: on-failure:5
    pull_policy: always
    labels: [a=b, 'c', 'd=e=f']
    annotations: {com.example.foo: bar}
    logging: {driver: syslog, options: {syslog-address: 'tcp://192.168.0.42:123', max-size: 10m}}
    storage_opt: {size: 1G}
    attach: false
    x-anything: {whatever: [1]}
  b: {image: x, labels: {n: 1, t: true, e: '', z: null}, extra_hosts: {a: 10.0.0.1, b: host-gateway}, dns: [1.1.1.1], init: false, restart: unless-stopped, pull_policy: if_not_present}
  c: {image: x, restart: always, pull_policy: never, stop_grace_period: 90s}
  d: {image: x, restart: 'no', pull_policy: missing, stop_grace_period: 1500ms}
  e: {image: x, restart: on-failure}
x-top: {a: b}
version: '3.9'
name: other
"),
    ("profiles", Same, "
services:
  a: {image: x}
  b: {image: x, profiles: [debug]}
  c: {image: x, profiles: []}
"),
    ("profiles-nobody-chose", Same, "
services:
  a: {image: x}
  b: {image: x, profiles: ['', other]}
  c: {image: x, profiles: [other]}
"),
    ("profiles-chosen", Same, "
services:
  a: {image: x}
  b: {image: x, profiles: [one, three]}
  c: {image: x, profiles: [two]}
  d: {image: x, profiles: ['', three]}
  e: {image: x, profiles: [three]}
"),
    ("profiles-all", Same, "
services:
  a: {image: x, profiles: [one]}
  b: {image: x, profiles: ['']}
"),
    ("ports-of-an-empty-address", Same, "services: {a: {image: x, ports: ['${EMPTY}:80:80', '${EMPTY}:81:81/udp', '${EMPTY}::82']}}"),
    ("merge-tag", Same, "
x-common: &common
  restart: always
  labels: [one=1]
services:
  a:
    !!merge <<: *common
    image: x
"),
    ("beside", Same, "
include: [beside.yml, {path: ./more.yml}]
services:
  web:
    image: x
    extends: {file: beside-base.yml, service: middle}
    environment: [B=3]
    volumes: ['./own:/a']
  local: {extends: web, command: [c], depends_on: [cache]}
networks: {n: {}}
"),
    ("beside-conflict", Refused, "
include: [beside.yml]
services:
  cache: {image: other}
"),
    ("beside-missing", Refused, "
include: [nowhere/compose.yml]
services: {a: {image: x}}
"),
    ("beside-no-service", Refused, "services: {a: {image: x, extends: {file: beside-base.yml, service: nope}}}"),
    ("overridden", Same, "
services:
  a:
    image: x
    command: [one]
    environment: {A: '1', B: '2'}
    ports: ['80:80']
    volumes: ['./a:/a', './b:/b']
    healthcheck: {test: [CMD, a], interval: 5s}
"),
    ("anchors", Same, "
x-common: &common
  restart: always
  environment: &env
    A: '1'
    B: '2'
  labels: [one=1]
x-more: &more
  tty: true
  restart: 'no'
services:
  a: {<<: *common, image: x}
  b:
    <<: [*more, *common]
    image: x
    environment:
      <<: *env
      B: '3'
  c:
    image: x
    environment: *env
"),
    ("contents", Same, "
services:
  a:
    image: x
    configs:
      - inline
      - {source: inline, target: /etc/app.conf, uid: '103', gid: '103', mode: 0440}
      - {source: file, target: /etc/file.conf}
    secrets:
      - hidden
      - {source: hidden, target: renamed, mode: 0400}
      - {source: hidden, target: /abs/path}
configs:
  inline: {content: \"a=$$b\\nc=d\\n\"}
  file: {file: ./app.conf}
secrets:
  hidden: {file: ./secret.txt}
"),
    ("config-external", Names("external"), "
services: {a: {image: x, configs: [c]}}
configs: {c: {external: true}}
"),
    ("interpolation", Same, "
services:
  a:
    image: 'x:${TAG:-latest}'
    environment:
      A: $SET
      B: ${SET}
      C: ${UNSET:-default}
      D: ${UNSET-default}
      E: ${EMPTY:-default}
      F: ${EMPTY-default}
      G: ${SET:+alternative}
      H: ${UNSET:+alternative}
      I: ${EMPTY+alternative}
      J: ${EMPTY:+alternative}
      K: '${UNSET:-${SET}}'
      L: '${UNSET:-${ALSO:-deep}}'
      M: $$SET
      N: '$${SET}'
      O: '${SET:?must be there}'
      P: '${SET?must be there}'
      Q: '${UNSET:-a b:c-d?e+f}'
      R: 'x${SET}y$SET-z'
      S: '${UNSET:-}'
      T: '${SET:-with}brace}'
      U: '${SET}${SET}$SET$SET'
      V: '${UNSET:-http://$SET:80}'
      W: '${UNSET-}${EMPTY-}'
      X: '${SET:+${SET}-x}'
"),
    ("interpolation-required", Refused, "services: {a: {image: 'x:${NOPE:?needed}'}}"),
    ("interpolation-bad", Refused, "services: {a: {image: 'x:${NO PE}'}}"),
    ("interpolation-open", Refused, "services: {a: {image: 'x:${NOPE'}}"),
    ("interpolation-types", Same, "services: {a: {image: x, privileged: '${T:-true}', ports: ['${P:-8080}:80'], mem_limit: '${M:-64m}', init: '${I:-false}', cpus: '${C:-0.5}', healthcheck: {test: x, retries: '${R:-5}'}, scale: '${S:-1}', stdin_open: '${U:-no}'}}"),
    ("env-files", Same, "
services:
  a: {image: x, env_file: one.env}
  b: {image: x, env_file: [one.env, two.env], environment: {A: '1'}}
  c: {image: x, env_file: [{path: one.env, required: true}, {path: missing.env, required: false}]}
"),
    ("extends", Same, "
services:
  base:
    image: x
    command: [a]
    environment: {A: '1', B: '2'}
    ports: ['80']
    volumes: ['./a:/a', './b:/b']
    labels: {l: '1'}
    cap_add: [NET_ADMIN]
    dns: 1.1.1.1
    healthcheck: {test: [CMD, a], interval: 5s}
    logging: {driver: json-file, options: {max-size: 1m}}
    networks: [n]
    ulimits: {nofile: 5}
    depends_on: [other]
  web:
    extends: base
    command: [b]
    environment: [B=3, C=4]
    ports: ['81']
    volumes: ['./c:/a', './d:/d']
    labels: [m=2]
    cap_add: [SYS_TIME]
    dns: [2.2.2.2]
    healthcheck: {test: [CMD, b], retries: 3}
    logging: {options: {max-file: '3'}}
  worker: {extends: {service: web}, image: y, restart: always}
  other: {image: z}
networks: {n: {}}
"),
    ("extends-missing", Refused, "services: {a: {image: x, extends: nope}}"),
    ("extends-circle", Refused, "services: {a: {image: x, extends: b}, b: {image: x, extends: a}}"),
    ("build", Names("build"), "services: {a: {build: .}}"),
    ("unknown-key", Refused, "services: {a: {image: x, network-mode: host}}"),
    ("unknown-top", Refused, "services: {a: {image: x}}\nnonsense: 1"),
    ("no-image", Refused, "services: {a: {restart: always}}"),
    ("bad-duration", Refused, "services: {a: {image: x, stop_grace_period: soon}}"),
    ("bad-size", Refused, "services: {a: {image: x, mem_limit: lots}}"),
    ("bad-restart", Refused, "services: {a: {image: x, ports: {a: b}}}"),
    ("bad-environment", Refused, "services: {a: {image: x, environment: {A: [1]}}}"),
];

/// What lies beside every case's file; only what a file names is read of it.
const BESIDE: &[(&str, &str)] = &[
    (
        "beside.yml",
        "services:\n  cache: {image: 'c:${SET}', volumes: ['kept:/data', './rel:/rel']}\nvolumes: {kept: {}}\n",
    ),
    ("more.yml", "include: [beside.yml]\nservices:\n  more: {image: m, depends_on: [cache]}\n"),
    (
        "beside-base.yml",
        "
services:
  base: {image: b, restart: always, environment: {A: '1', B: '2'}, volumes: ['./a:/a', './b:/b']}
  middle: {extends: base, labels: {l: '${SET}'}, networks: [n]}
",
    ),
];

/// Beside one case alone.
const OVERRIDE: &str = "
services:
  a:
    command: [two]
    environment: [B=3, C=4]
    ports: ['81:81', '80:80']
    volumes: ['./c:/a']
    healthcheck: {test: [CMD, b]}
  b: {image: y}
";

/// What the `.env` of every case says, and of some more.
fn dotenv(name: &str) -> String {
    let profiles = match name {
        "profiles-chosen" => "COMPOSE_PROFILES=one, two\n",
        "profiles-all" => "COMPOSE_PROFILES=*\n",
        _ => "",
    };
    format!("SET=value\nEMPTY=\nPASSED=on\n{profiles}")
}

#[test]
fn the_specification_is_what_compose_makes_of_it() {
    let Some(compose) = compose() else {
        eprintln!("skipped: needs Docker Compose");
        return;
    };
    let mut wrong = Vec::new();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, _, text) in CASES {
        let app = folder.path().join(name);
        fs::create_dir(&app).expect("made");
        fs::write(app.join("docker-compose.yml"), text).expect("written");
        fs::write(app.join(".env"), dotenv(name)).expect("written");
        for (beside, text) in BESIDE {
            fs::write(app.join(beside), text).expect("written");
        }
        if *name == "overridden" {
            fs::write(app.join("docker-compose.override.yml"), OVERRIDE).expect("written");
        }
    }
    let plans = plans(folder.path(), &BTreeMap::new());
    for (name, expect, _) in CASES {
        let Some(plan) = plans.iter().find(|plan| plan["id"] == *name) else {
            wrong.push(format!("{name}: no plan at all"));
            continue;
        };
        let file = folder.path().join(name).join("docker-compose.yml");
        let env_files: Vec<String> =
            ["one.env", "two.env"].map(|file| format!("/srv/livos/apps/{name}/{file}")).into();
        let over = file.with_file_name("docker-compose.override.yml");
        let files: Vec<_> = [file, over].into_iter().filter(|file| file.is_file()).collect();
        let dotenv = dotenv(name);
        let variables: BTreeMap<String, String> = dotenv
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        let theirs = project::config(&compose, &files, name, &variables, &env_files);
        let said = || format!("{} {}", plan["error"], plan["unsupported"]);
        match (expect, theirs, plan["complete"] == Value::Bool(true)) {
            (Same, Ok(theirs), true) => {
                let differences =
                    shape::differences(&shape::ours(plan), &shape::theirs(&theirs, name, "compose"));
                if !differences.is_empty() {
                    wrong.push(format!("{name}:\n    {}", differences.join("\n    ")));
                }
            }
            (Same, Ok(_), false) => wrong.push(format!("{name} should be complete: {}", said())),
            (Same | Names(_), Err(reason), _) => wrong.push(format!("{name}: compose refuses it: {reason}")),
            (Names(what), Ok(_), complete) => {
                if complete || !said().contains(what) {
                    wrong.push(format!("{name} should name {what}: {}", said()));
                }
            }
            (Refused, Err(_), false) => {}
            (Refused, Ok(_), _) => wrong.push(format!("{name}: compose accepts it")),
            (Refused, Err(reason), true) => wrong.push(format!("{name} is accepted; compose says: {reason}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
