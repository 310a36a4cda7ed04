//! One container: everything Docker needs to create it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::mounts::{MountSpec, PortSpec};

/// One container.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceSpec {
    /// Service name, unique in the app; also its DNS name on the app's networks.
    pub name: String,
    /// Image reference as written, after interpolation.
    pub image: String,
    /// `linux/amd64` and the like; `None` = the machine's own.
    pub platform: Option<String>,
    /// The container name the catalogue expects. Names are global in Docker, so the engine may choose another
    /// one, but this name must then still resolve: it is listed in every network's aliases.
    pub container_name: String,
    /// Arguments; `None` = the image's own, empty = none at all.
    pub command: Option<Vec<String>>,
    /// Program; `None` = the image's own, empty = the image's is cleared.
    pub entrypoint: Option<Vec<String>>,
    /// `user`, `uid`, `uid:gid`.
    pub user: Option<String>,
    /// Working directory in the container.
    pub working_dir: Option<String>,
    /// Environment, already interpolated.
    pub environment: BTreeMap<String, String>,
    /// Variables without a value: not even what the image says of them holds.
    #[serde(default)]
    pub environment_without: Vec<String>,
    /// Files with more variables, in order; `environment` wins over them.
    pub env_files: Vec<EnvFile>,
    /// Ports published on the host.
    pub ports: Vec<PortSpec>,
    /// Ports only other containers see (documentation; nothing is published).
    pub expose: Vec<String>,
    /// Everything mounted into the container, in order.
    pub mounts: Vec<MountSpec>,
    /// Networks with aliases; empty when `network_mode` is set.
    pub networks: Vec<ServiceNetwork>,
    /// `None` = the networks above.
    pub network_mode: Option<NetworkMode>,
    /// DNS servers.
    pub dns: Vec<String>,
    /// DNS search domains.
    pub dns_search: Vec<String>,
    /// DNS resolver options.
    pub dns_opt: Vec<String>,
    /// `name:address` lines for /etc/hosts; the address may be `host-gateway`.
    pub extra_hosts: Vec<String>,
    /// Host name in the container.
    pub hostname: Option<String>,
    /// Domain name in the container.
    pub domainname: Option<String>,
    /// MAC address.
    pub mac_address: Option<String>,
    /// What must have happened before this starts.
    pub depends_on: Vec<Dependency>,
    /// Legacy links `service:alias`.
    pub links: Vec<Link>,
    /// How Docker finds out whether it is healthy.
    pub healthcheck: Option<Healthcheck>,
    /// When Docker starts it again.
    pub restart: RestartPolicy,
    /// How long to wait between the stop signal and kill, in milliseconds; `None` = Docker's 10 s.
    pub stop_grace_period_ms: Option<u64>,
    /// Signal that stops it.
    pub stop_signal: Option<String>,
    /// Run an init as process 1.
    pub init: Option<bool>,
    /// Allocate a terminal.
    pub tty: bool,
    /// Keep standard input open.
    pub stdin_open: bool,
    /// All capabilities and devices.
    pub privileged: bool,
    /// Added capabilities, as written (`NET_ADMIN`).
    pub cap_add: Vec<String>,
    /// Dropped capabilities.
    pub cap_drop: Vec<String>,
    /// Host devices.
    pub devices: Vec<DeviceSpec>,
    /// Rules such as `c 189:* rmw`.
    pub device_cgroup_rules: Vec<String>,
    /// `no-new-privileges:true`, `seccomp=unconfined`, …
    pub security_opt: Vec<String>,
    /// Size of /dev/shm in bytes.
    pub shm_size: Option<u64>,
    /// Resource limits of processes.
    pub ulimits: Vec<Ulimit>,
    /// Kernel settings.
    pub sysctls: BTreeMap<String, String>,
    /// `host` or `container:…`/`service:…`.
    pub pid: Option<String>,
    /// `host`, `shareable`, `private`, `service:…`.
    pub ipc: Option<String>,
    /// `host` turns user namespaces off.
    pub userns_mode: Option<String>,
    /// `host`.
    pub uts: Option<String>,
    /// `host` or `private`.
    pub cgroup: Option<String>,
    /// Parent cgroup.
    pub cgroup_parent: Option<String>,
    /// Root file system is read-only.
    pub read_only: bool,
    /// Limits and reservations.
    pub resources: Resources,
    /// GPUs and other accelerators asked of Docker.
    pub device_requests: Vec<DeviceRequest>,
    /// OCI runtime, for example `nvidia`.
    pub runtime: Option<String>,
    /// Log driver and its options.
    pub logging: Option<Logging>,
    /// Labels, already interpolated.
    pub labels: BTreeMap<String, String>,
    /// Annotations handed to the OCI runtime.
    pub annotations: BTreeMap<String, String>,
    /// Supplementary groups.
    pub group_add: Vec<String>,
    /// Mount the volumes of another service of the app: `service` or `service:ro`.
    pub volumes_from: Vec<String>,
    /// When to pull.
    pub pull_policy: Option<PullPolicy>,
    /// `storage_opt` of the storage driver.
    pub storage_opt: BTreeMap<String, String>,
    /// Windows isolation, kept because it is part of the file.
    pub isolation: Option<String>,
}

/// A file of `KEY=value` lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvFile {
    /// Absolute path.
    pub path: String,
    /// Whether a missing file stops the start.
    pub required: bool,
    /// Values are taken literally instead of being interpolated.
    pub raw: bool,
}

/// A network a service is attached to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceNetwork {
    /// Key in `AppSpec::networks`.
    pub name: String,
    /// Further DNS names on it (service name and container name included).
    pub aliases: Vec<String>,
    /// Fixed address.
    pub ipv4_address: Option<String>,
    /// Fixed address.
    pub ipv6_address: Option<String>,
    /// Link-local addresses.
    pub link_local_ips: Vec<String>,
    /// MAC address on this network.
    pub mac_address: Option<String>,
    /// Order in which networks are attached; higher first.
    pub priority: Option<i64>,
    /// Which network's gateway is the default route; higher wins.
    pub gw_priority: Option<i64>,
    /// Interface name in the container.
    pub interface_name: Option<String>,
    /// Driver options of the endpoint.
    pub driver_opts: BTreeMap<String, String>,
}

/// Where the network stack comes from when it isn't one of the app's networks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum NetworkMode {
    /// Docker's default bridge.
    Bridge,
    /// The machine's own.
    Host,
    /// None at all.
    None,
    /// That of another service of the app.
    Service(String),
    /// That of a container by name.
    Container(String),
}

/// What a dependency must have reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Its container runs.
    #[default]
    ServiceStarted,
    /// Its health check passes.
    ServiceHealthy,
    /// It ended with code 0.
    ServiceCompletedSuccessfully,
}

/// Something that must come first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dependency {
    /// Service of the same app.
    pub service: String,
    /// What it must have reached.
    pub condition: Condition,
    /// `false` = only a wish: it may be absent or fail.
    pub required: bool,
    /// Restart this service when the dependency was recreated.
    pub restart: bool,
}

/// `links:` entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Service of the same app.
    pub service: String,
    /// Name under which it is reachable.
    pub alias: String,
}

/// Docker's health check; `None` fields inherit from the image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healthcheck {
    /// Docker's form: `["CMD", …]`, `["CMD-SHELL", "…"]`, `["NONE"]`; empty = the image's own test.
    pub test: Vec<String>,
    /// Milliseconds between tests.
    pub interval_ms: Option<u64>,
    /// Milliseconds a test may take.
    pub timeout_ms: Option<u64>,
    /// Failures in a row until unhealthy.
    pub retries: Option<u32>,
    /// Milliseconds in which failures don't count.
    pub start_period_ms: Option<u64>,
    /// Milliseconds between tests in the start period.
    pub start_interval_ms: Option<u64>,
    /// Switched off (the test is then `["NONE"]`).
    pub disable: bool,
}

/// When Docker starts a container again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RestartPolicy {
    /// Never.
    #[default]
    No,
    /// Always.
    Always,
    /// Unless somebody stopped it.
    UnlessStopped,
    /// When it failed.
    OnFailure {
        /// How often at most; `None` = without end.
        max_retries: Option<u32>,
    },
}

/// A host device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceSpec {
    /// Path on the host, or a CDI name.
    pub source: String,
    /// Path in the container.
    pub target: String,
    /// `rwm`.
    pub permissions: String,
    /// A missing device is skipped instead of stopping the start (umbrel's GPU permission, CasaOS devices).
    pub optional: bool,
}

/// A limit of processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// `nofile`, …
    pub name: String,
    /// Soft limit; -1 = unlimited.
    pub soft: i64,
    /// Hard limit; -1 = unlimited.
    pub hard: i64,
}

/// Limits and reservations.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    /// Bytes of memory it may use.
    pub memory_limit: Option<u64>,
    /// Bytes it should have.
    pub memory_reservation: Option<u64>,
    /// Memory plus swap; -1 = unlimited.
    pub memory_swap_limit: Option<i64>,
    /// 0 to 100.
    pub memory_swappiness: Option<u64>,
    /// Billionths of a CPU it may use.
    pub nano_cpus: Option<u64>,
    /// Billionths of a CPU it should have (informative: Docker has no such setting outside swarm).
    pub nano_cpus_reservation: Option<u64>,
    /// Relative weight.
    pub cpu_shares: Option<u64>,
    /// Quota in microseconds per period.
    pub cpu_quota: Option<i64>,
    /// Period in microseconds.
    pub cpu_period: Option<u64>,
    /// Real-time runtime, microseconds.
    pub cpu_rt_runtime: Option<u64>,
    /// Real-time period, microseconds.
    pub cpu_rt_period: Option<u64>,
    /// `0-3`.
    pub cpuset: Option<String>,
    /// Number of processes; -1 = unlimited.
    pub pids_limit: Option<i64>,
    /// Never kill it when memory runs out.
    pub oom_kill_disable: bool,
    /// -1000 to 1000.
    pub oom_score_adj: Option<i64>,
    /// Weight of block IO, 10 to 1000.
    pub blkio_weight: Option<u16>,
    /// Per-device block IO limits and weights.
    pub blkio_devices: Vec<BlkioDevice>,
}

/// A block IO setting for one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlkioDevice {
    /// Compose's key: `weight_device`, `device_read_bps`, `device_write_iops`, …
    pub setting: String,
    /// Device path.
    pub path: String,
    /// Weight, bytes or operations per second.
    pub value: u64,
}

/// A GPU or another accelerator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// `nvidia`, or empty.
    pub driver: String,
    /// How many; -1 = all; `None` when ids are given.
    pub count: Option<i64>,
    /// Which.
    pub device_ids: Vec<String>,
    /// `gpu`, `compute`, …
    pub capabilities: Vec<String>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
}

/// Log driver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// `json-file`, …; empty = Docker's default.
    pub driver: String,
    /// Its options.
    pub options: BTreeMap<String, String>,
}

/// When to pull an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullPolicy {
    /// Every time.
    Always,
    /// Never: it must be there.
    Never,
    /// When it isn't there (compose's default).
    Missing,
}
