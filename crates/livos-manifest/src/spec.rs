//! The one description of an app that every catalogue format becomes.
//!
//! An `AppSpec` is plain data: it can be stored as JSON, compared with the spec of a newer version, shown to
//! the owner before anything happens, and turned into containers without looking at the original file again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a manifest came from, and therefore which rules its text was read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `umbrel-app.yml` beside `docker-compose.yml`.
    Umbrel,
    /// A compose file with a top-level `x-casaos` (CasaOS and ZimaOS version 2).
    Casaos,
    /// `config.json` beside `docker-compose.json` or `docker-compose.yml`.
    Runtipi,
    /// The `manifest.json` of LivOS's own catalogue.
    Livinity,
    /// A compose file and nothing else.
    Compose,
}

impl Format {
    /// The name used in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Umbrel => "umbrel",
            Format::Casaos => "casaos",
            Format::Runtipi => "runtipi",
            Format::Livinity => "livinity",
            Format::Compose => "compose",
        }
    }
}

/// One app: what the store shows, what the owner must agree to, and the containers to create.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppSpec {
    /// Lower-case id, unique inside its catalogue; also the compose project name.
    pub id: String,
    /// Which catalogue format it was written in.
    pub format: Format,
    /// Display name.
    pub name: String,
    /// One line.
    pub tagline: String,
    /// Long text, Markdown in most catalogues.
    pub description: String,
    /// The catalogue's own category.
    pub category: String,
    /// The catalogue's version text.
    pub version: String,
    /// Who writes the software.
    pub developer: String,
    /// Home page, or empty.
    pub website: String,
    /// Icon URL, or empty.
    pub icon: String,
    /// Screenshot URLs or file names.
    pub gallery: Vec<String>,
    /// What is new in this version.
    pub release_notes: String,
    /// Name for the first sign-in inside the app, or empty.
    pub default_username: String,
    /// Password for the first sign-in inside the app, or empty.
    pub default_password: String,
    /// Processor architectures the catalogue claims, Docker's names (`amd64`, `arm64`); empty = not stated.
    pub architectures: Vec<String>,
    /// Ids of apps that must be installed and running first.
    pub dependencies: Vec<String>,
    /// The containers, in an order in which they can be started.
    pub services: Vec<ServiceSpec>,
    /// Networks to join or create.
    pub networks: Vec<NetworkSpec>,
    /// Named volumes to create.
    pub volumes: Vec<VolumeSpec>,
    /// Directories inside the app's data directory that must exist, and belong to the app, before the start.
    pub data_directories: Vec<String>,
    /// Who those directories belong to, when the catalogue says so; `None` = the context's user.
    #[serde(default)]
    pub data_owner: Option<Owner>,
    /// What the owner has to agree to.
    pub permissions: Vec<Permission>,
    /// What the owner is asked.
    pub inputs: Vec<Input>,
    /// The port a browser opens, if the app has one.
    pub main: Option<MainPort>,
    /// Variables that had no value yet; `${NAME}` stands in the fields that use them.
    /// A spec with any of these must be planned again with answers or exports before it can be started.
    pub unresolved: Vec<Unresolved>,
    /// Everything the file asks for that LivOS doesn't do. Not empty means the plan is not complete.
    pub unsupported: Vec<String>,
    /// Things worth knowing that don't stop the app.
    pub warnings: Vec<String>,
}

/// A user and a group by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

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

/// Transport protocol of a published port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// The default.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// Docker's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

/// One published port; ranges are already expanded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortSpec {
    /// Host address to bind; `None` = all.
    pub host_ip: Option<String>,
    /// Host port; `None` = Docker picks a free one.
    pub host_port: Option<u16>,
    /// Last port of the range Docker may pick from, when the file gives a range for one container port.
    pub host_port_end: Option<u16>,
    /// Port in the container.
    pub container_port: u16,
    /// Transport.
    pub protocol: Protocol,
    /// The text of a port that still contains an unresolved variable; the ports above are then meaningless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
    /// The host port the file asked for, when the context moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<u16>,
}

/// How something is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    /// A host path.
    Bind,
    /// A named volume (`source` = key in `AppSpec::volumes`), or an anonymous one (`source` empty).
    Volume,
    /// Memory.
    Tmpfs,
    /// A file with the text in `content`, written by the engine.
    Content,
}

/// Whose data a mount is. Decides the permission shown and who creates the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MountRole {
    /// Inside the app's own data directory: created on demand.
    AppData,
    /// A folder of the owner; `folder` is relative to Home, empty = all of it.
    UserFolder {
        /// Path relative to Home.
        folder: String,
    },
    /// The data directory of another app; empty = of all apps.
    OtherApp {
        /// The other app's id.
        app: String,
    },
    /// Somewhere else on the host.
    HostPath,
    /// A path everybody may read and that says nothing private (`/etc/localtime`, `/etc/timezone`).
    HostClock,
    /// The Docker socket: whoever has it is root.
    DockerSocket,
    /// A volume, memory, or a file the engine writes.
    Private,
    /// The source still contains an unresolved variable.
    Pending,
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountSpec {
    /// How.
    pub kind: MountKind,
    /// Host path, or volume key, or empty.
    pub source: String,
    /// Absolute path in the container.
    pub target: String,
    /// Not writable.
    pub read_only: bool,
    /// Whose data it is.
    pub role: MountRole,
    /// The rest.
    #[serde(default)]
    pub options: MountOptions,
}

/// Less common settings of a mount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountOptions {
    /// `rprivate`, `rshared`, `rslave`, `shared`, …
    pub propagation: Option<String>,
    /// SELinux relabelling: `z` shared, `Z` private.
    pub selinux: Option<String>,
    /// Create a missing host path (compose's default for the short syntax); `false` = a missing path is an error.
    pub create_host_path: bool,
    /// The bind is not recursive: `disabled`, `enabled`, `writable`, `readonly`.
    pub recursive: Option<String>,
    /// Don't copy the image's files into a new volume.
    pub nocopy: bool,
    /// Directory inside the volume.
    pub subpath: Option<String>,
    /// Size of a tmpfs in bytes.
    pub tmpfs_size: Option<u64>,
    /// Mode bits of a tmpfs or of a content file.
    pub mode: Option<u32>,
    /// Raw tmpfs options of the short `tmpfs:` syntax, for example `size=64m,uid=1000`.
    pub tmpfs_options: Option<String>,
    /// Text of a content file.
    pub content: Option<String>,
    /// Owner of a content file.
    pub uid: Option<String>,
    /// Group of a content file.
    pub gid: Option<String>,
    /// macOS consistency hint, kept because it is part of the file.
    pub consistency: Option<String>,
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

/// A network of the app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Key, as services refer to it.
    pub key: String,
    /// Name in Docker.
    pub name: String,
    /// Belongs to the platform or to somebody else: joined, never removed with the app.
    /// A shared network is created when it is missing if it has a `subnet` or is one of `SHARED_NETWORKS`.
    pub shared: bool,
    /// Must exist already; its absence is an error.
    pub external: bool,
    /// `bridge`, …; empty = Docker's default.
    pub driver: String,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// No way out.
    pub internal: bool,
    /// Stand-alone containers may attach.
    pub attachable: bool,
    /// IPv6 switched on or off explicitly.
    pub enable_ipv6: Option<bool>,
    /// IPv4 switched on or off explicitly.
    pub enable_ipv4: Option<bool>,
    /// IPAM driver; empty = default.
    pub ipam_driver: String,
    /// IPAM options.
    pub ipam_options: BTreeMap<String, String>,
    /// Address pools.
    pub ipam: Vec<IpamPool>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// An address pool of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpamPool {
    /// `10.21.0.0/16`.
    pub subnet: Option<String>,
    /// Gateway address.
    pub gateway: Option<String>,
    /// Range for dynamic addresses.
    pub ip_range: Option<String>,
    /// Reserved addresses.
    pub aux_addresses: BTreeMap<String, String>,
}

/// A named volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// Key, as mounts refer to it.
    pub key: String,
    /// Name in Docker.
    pub name: String,
    /// Must exist already; never removed with the app.
    pub external: bool,
    /// Driver; empty = `local`.
    pub driver: String,
    /// Driver options.
    pub driver_opts: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// How much harm a permission can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Everyday.
    Low,
    /// Worth a look.
    Medium,
    /// Could take over the machine or read everything.
    High,
}

/// Something an app may do only because the owner agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Stable code, for example `host_network`; the owner accepts codes.
    pub code: String,
    /// A sentence for the owner.
    pub text: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// What exactly: a path, a port, a device, a capability, a service name.
    pub subject: String,
}

/// What kind of answer an input wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// Any text.
    Text,
    /// Text that is not shown.
    Password,
    /// Digits.
    Number,
    /// `true` or `false`.
    Boolean,
    /// E-mail address.
    Email,
    /// Web address.
    Url,
    /// IP address.
    Ip,
    /// Domain name.
    Fqdn,
    /// Domain name or IP address.
    Fqdnip,
    /// One of `options`.
    Choice,
    /// Generated, never asked; listed so that it can be shown and rotated.
    Random,
}

/// A question to the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Variable name, key of the answer.
    pub key: String,
    /// Question.
    pub label: String,
    /// Explanation.
    pub hint: String,
    /// Example.
    pub placeholder: String,
    /// Kind of answer.
    pub kind: InputKind,
    /// An answer is needed.
    pub required: bool,
    /// Used when there is no answer.
    pub default: Option<String>,
    /// Choices, when there are any.
    pub options: Vec<InputOption>,
    /// Shortest text or smallest number.
    pub min: Option<i64>,
    /// Longest text or largest number.
    pub max: Option<i64>,
    /// Regular expression the answer must match (the catalogue's dialect, JavaScript's).
    pub pattern: Option<String>,
    /// What to say when it doesn't.
    pub pattern_error: Option<String>,
    /// Keep out of logs and screens.
    pub sensitive: bool,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputOption {
    /// What the owner reads.
    pub label: String,
    /// What the app gets.
    pub value: String,
}

/// The port a browser opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MainPort {
    /// Service that listens.
    pub service: String,
    /// Port in the container (or on the host, if the service uses the host network).
    pub container_port: u16,
    /// Path of the start page, begins with `/`.
    pub path: String,
    /// `http` or `https`: what the app itself speaks.
    pub scheme: String,
    /// Host port the catalogue promises the app on, if any.
    pub port: Option<u16>,
    /// The service runs on the host network, so `container_port` is already a port of the host.
    pub on_host: bool,
    /// The catalogue wants sign-in in front of the app.
    pub sign_in: bool,
    /// Paths that must stay reachable without sign-in (`/api/*`).
    pub open_paths: Vec<String>,
    /// Paths that need sign-in although the app as a whole doesn't.
    pub closed_paths: Vec<String>,
}

/// A variable without a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unresolved {
    /// Its name.
    pub name: String,
    /// Who will give it.
    pub provider: Provider,
    /// Where it is used, for example `services.web.environment.API_KEY`.
    pub used_in: Vec<String>,
}

/// Who gives a variable its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Provider {
    /// The owner, by answering the input of the same name.
    Owner,
    /// Another app exports it (its id).
    App(String),
    /// The app's own `exports.sh`.
    Own,
}

impl AppSpec {
    /// Finds a service by name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&ServiceSpec> {
        self.services.iter().find(|service| service.name == name)
    }

    /// Whether every value is known, so that containers can be created from it as it is.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.unsupported.is_empty() && self.unresolved.is_empty()
    }
}
