//! What is asked of an engine: containers, networks and volumes to create.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A container to create: every field a compose service can have that concerns the engine.
///
/// `Default` leaves everything to the image and the daemon, so callers name only what they mean.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerConfig {
    /// Reference or id of a local image.
    pub image: String,
    /// `os/arch[/variant]`; `None` is the engine's own.
    pub platform: Option<String>,
    /// Container name.
    pub name: String,
    /// Host name inside the container.
    pub hostname: Option<String>,
    /// Domain name inside the container.
    pub domainname: Option<String>,
    /// Arguments; `None` keeps the image's, an empty list clears them.
    pub command: Option<Vec<String>>,
    /// Entry point; `None` keeps the image's, an empty list clears it.
    pub entrypoint: Option<Vec<String>>,
    /// `uid[:gid]` or names.
    pub user: Option<String>,
    /// Working directory.
    pub working_dir: Option<String>,
    /// Environment; a value of `None` removes a variable that the image sets.
    pub env: BTreeMap<String, Option<String>>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Ports that other containers may use; documentation only, as in Docker.
    pub expose: Vec<(u16, Protocol)>,
    /// Ports published on the host.
    pub ports: Vec<PortBinding>,
    /// Binds, volumes and memory file systems.
    pub mounts: Vec<Mount>,
    /// `tmpfs` short form: path to options (`size=64m,mode=1777`).
    pub tmpfs: BTreeMap<String, String>,
    /// Containers whose mounts this one also gets (`name[:ro]`).
    pub volumes_from: Vec<String>,
    /// Networks to be attached to; only with [`NetworkMode::Networks`].
    pub networks: Vec<NetworkJoin>,
    /// How the container is networked.
    pub network_mode: NetworkMode,
    /// MAC address on the first network.
    pub mac_address: Option<String>,
    /// Other containers by name, with the alias they get here: `name:alias`.
    pub links: Vec<String>,
    /// Name servers.
    pub dns: Vec<String>,
    /// DNS search domains.
    pub dns_search: Vec<String>,
    /// Resolver options.
    pub dns_options: Vec<String>,
    /// Additional names: `name:address`; the address may be `host-gateway`.
    pub extra_hosts: Vec<String>,
    /// Health check; `None` keeps the image's.
    pub healthcheck: Option<Healthcheck>,
    /// What happens when it exits.
    pub restart: RestartPolicy,
    /// Signal that stops it.
    pub stop_signal: Option<String>,
    /// How long a stop waits before it kills.
    pub stop_grace: Option<Duration>,
    /// Run a small init as process 1.
    pub init: Option<bool>,
    /// Allocate a terminal.
    pub tty: bool,
    /// Keep standard input open.
    pub stdin_open: bool,
    /// All rights of the host.
    pub privileged: bool,
    /// Capabilities added.
    pub cap_add: Vec<String>,
    /// Capabilities dropped.
    pub cap_drop: Vec<String>,
    /// Devices of the host.
    pub devices: Vec<Device>,
    /// Device cgroup rules: `c 188:* rmw`.
    pub device_cgroup_rules: Vec<String>,
    /// GPUs and the like.
    pub device_requests: Vec<DeviceRequest>,
    /// `no-new-privileges`, `seccomp=unconfined`, `apparmor=…`.
    pub security_opt: Vec<String>,
    /// Additional groups.
    pub group_add: Vec<String>,
    /// Size of /dev/shm in bytes.
    pub shm_size: Option<u64>,
    /// Limits.
    pub ulimits: Vec<Ulimit>,
    /// Kernel parameters.
    pub sysctls: BTreeMap<String, String>,
    /// `host` or `container:<id>`.
    pub pid_mode: Option<String>,
    /// `host`, `shareable`, `private`, `container:<id>`.
    pub ipc_mode: Option<String>,
    /// `host`.
    pub uts_mode: Option<String>,
    /// `host`: opt out of user namespace remapping.
    pub userns_mode: Option<String>,
    /// `host` or `private`.
    pub cgroupns_mode: Option<String>,
    /// Parent control group.
    pub cgroup_parent: Option<String>,
    /// Root file system is read-only.
    pub read_only: bool,
    /// Processor and memory.
    pub resources: Resources,
    /// OCI runtime (`nvidia`).
    pub runtime: Option<String>,
    /// Log driver; `None` is the daemon's.
    pub logging: Option<LogDriver>,
    /// Storage driver options.
    pub storage_opt: BTreeMap<String, String>,
    /// Annotations for the OCI runtime (engines from API 1.43 on).
    pub annotations: BTreeMap<String, String>,
}

/// TCP, UDP or SCTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// As Docker writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    /// Reads Docker's spelling; anything unknown is `None`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "tcp" => Some(Self::Tcp),
            "udp" => Some(Self::Udp),
            "sctp" => Some(Self::Sctp),
            _ => None,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One published port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PortBinding {
    /// Port inside the container.
    pub container_port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: Protocol,
    /// Address on the host; `None` is every address.
    pub host_ip: Option<IpAddr>,
    /// Port on the host; `None` lets the engine choose a free one.
    pub host_port: Option<u16>,
    /// Last port of a range from which the engine takes a free one.
    #[serde(default)]
    pub host_port_end: Option<u16>,
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// Absolute path inside the container.
    pub target: String,
    /// What is mounted there.
    pub kind: MountKind,
    /// Not writable from inside.
    pub read_only: bool,
}

/// What a mount shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MountKind {
    /// A path of the host.
    Bind {
        /// Absolute path on the host.
        source: String,
        /// Create a directory there if nothing exists, instead of failing.
        create_host_path: bool,
        /// `rprivate`, `rshared`, `rslave`, …
        propagation: Option<String>,
        /// `z` or `Z`: relabel for SELinux.
        selinux: Option<char>,
        /// What becomes of mounts below the path.
        #[serde(default)]
        recursion: Recursion,
    },
    /// A volume; without a name an anonymous one.
    Volume {
        /// Name of the volume.
        name: Option<String>,
        /// Don't copy the image's files into an empty volume.
        no_copy: bool,
        /// A directory inside the volume (engines from API 1.45 on).
        subpath: Option<String>,
    },
    /// Memory.
    Tmpfs {
        /// Size in bytes.
        size: Option<u64>,
        /// Mode bits.
        mode: Option<u32>,
    },
}

/// What becomes of what is mounted below a path that is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recursion {
    /// It is there too; read-only as far as the kernel can.
    #[default]
    Enabled,
    /// It is not there.
    Disabled,
    /// It is there and stays writable, even if the mount itself is not.
    Writable,
    /// It is there and read-only, or the container does not start.
    ReadOnly,
}

/// Attachment to one network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkJoin {
    /// Name or id of the network.
    pub network: String,
    /// Further names by which others on it find this container.
    pub aliases: Vec<String>,
    /// Fixed IPv4 address.
    pub ipv4: Option<IpAddr>,
    /// Fixed IPv6 address.
    pub ipv6: Option<IpAddr>,
    /// Link-local addresses.
    pub link_local_ips: Vec<IpAddr>,
    /// MAC address on this network (engines from API 1.44 on).
    pub mac_address: Option<String>,
    /// Options of the network's driver for this attachment.
    pub driver_options: BTreeMap<String, String>,
    /// Whose gateway is the default route: the highest wins. Engines before API 1.48 choose by themselves.
    pub gateway_priority: Option<i64>,
}

/// How a container is networked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkMode {
    /// On the networks it names; with none, on the engine's default bridge.
    #[default]
    Networks,
    /// On the engine's default bridge.
    Bridge,
    /// In the network of the host.
    Host,
    /// Without a network.
    None,
    /// In the network of another container.
    Container(String),
}

/// A health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Healthcheck {
    /// What is run.
    pub test: HealthTest,
    /// Time between checks.
    pub interval: Option<Duration>,
    /// How long one check may take.
    pub timeout: Option<Duration>,
    /// Failures in a row that make it unhealthy.
    pub retries: Option<u32>,
    /// Failures within this time after the start don't count.
    pub start_period: Option<Duration>,
    /// Time between checks within the start period (engines from API 1.44 on; older ones use `interval`).
    pub start_interval: Option<Duration>,
}

/// What a health check runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthTest {
    /// The image's own test, with other times.
    Inherit,
    /// No check, even if the image has one.
    Disabled,
    /// A program and its arguments.
    Command(Vec<String>),
    /// A line for the container's shell.
    Shell(String),
}

/// What happens when a container exits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartPolicy {
    /// Nothing.
    #[default]
    No,
    /// Started again.
    Always,
    /// Started again unless it was stopped by hand, or, with Docker 20.10, by a crash of the daemon.
    UnlessStopped,
    /// Started again when its exit code isn't 0.
    OnFailure {
        /// At most so often; `None` without limit.
        max_retries: Option<u32>,
    },
}

/// A device of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Path on the host.
    pub host_path: String,
    /// Path in the container.
    pub container_path: String,
    /// `rwm` or part of it.
    pub permissions: String,
}

/// A request for GPUs and the like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceRequest {
    /// `nvidia`, …
    pub driver: Option<String>,
    /// How many; -1 is all.
    pub count: Option<i64>,
    /// Certain ones instead of a number.
    pub device_ids: Vec<String>,
    /// Alternatives (or) of capabilities that belong together (and).
    pub capabilities: Vec<Vec<String>>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
}

/// One limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// `nofile`, …
    pub name: String,
    /// Soft limit; -1 is none.
    pub soft: i64,
    /// Hard limit; -1 is none.
    pub hard: i64,
}

/// Processor, memory and process limits.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Resources {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Memory that is kept for it, in bytes.
    pub memory_reservation: Option<u64>,
    /// Memory plus swap in bytes; -1 is without limit.
    pub memory_swap: Option<i64>,
    /// 0 to 100.
    pub memory_swappiness: Option<u8>,
    /// Processors, in billionths.
    pub nano_cpus: Option<u64>,
    /// Relative weight.
    pub cpu_shares: Option<u64>,
    /// Time slice in microseconds.
    pub cpu_period: Option<u64>,
    /// Part of the slice in microseconds.
    pub cpu_quota: Option<i64>,
    /// Which processors: `0-2`.
    pub cpuset: Option<String>,
    /// How many processes; -1 is without limit.
    pub pids: Option<i64>,
    /// -1000 to 1000.
    pub oom_score_adj: Option<i16>,
    /// Never end a process of it for want of memory.
    pub oom_kill_disable: Option<bool>,
    /// Real-time processor time in microseconds per period.
    pub cpu_realtime_runtime: Option<i64>,
    /// The period of that, in microseconds.
    pub cpu_realtime_period: Option<i64>,
    /// Weight of its block device requests, 10 to 1000.
    pub blkio_weight: Option<u16>,
    /// Limits and weights for single block devices.
    pub blkio_devices: Vec<BlkioDevice>,
}

/// What is set for one block device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlkioDevice {
    /// What is set.
    pub setting: BlkioSetting,
    /// Path of the device.
    pub path: String,
    /// Weight, or bytes or requests per second.
    pub value: u64,
}

/// What can be set for one block device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlkioSetting {
    /// Weight against the container's other devices.
    Weight,
    /// Bytes read per second.
    ReadBytes,
    /// Reads per second.
    ReadRequests,
    /// Bytes written per second.
    WriteBytes,
    /// Writes per second.
    WriteRequests,
}

/// A log driver.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LogDriver {
    /// `json-file`, `local`, `journald`, …
    pub driver: String,
    /// Its options.
    pub options: BTreeMap<String, String>,
}

/// A network to create.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkConfig {
    /// Its name.
    pub name: String,
    /// `bridge` when `None`.
    pub driver: Option<String>,
    /// No way out.
    pub internal: bool,
    /// Stand-alone containers may join (swarm networks).
    pub attachable: bool,
    /// IPv6 as well.
    pub ipv6: bool,
    /// Address ranges; none lets the engine choose.
    pub subnets: Vec<Subnet>,
    /// Address management driver.
    pub ipam_driver: Option<String>,
    /// Its options.
    pub ipam_options: BTreeMap<String, String>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// One address range of a network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Subnet {
    /// `10.21.0.0/16`.
    pub subnet: String,
    /// Part of it that the engine hands out.
    pub ip_range: Option<String>,
    /// Address of the host in it.
    pub gateway: Option<IpAddr>,
    /// Addresses that are used otherwise.
    pub aux_addresses: BTreeMap<String, IpAddr>,
}

/// A volume to create.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeConfig {
    /// Its name.
    pub name: String,
    /// `local` when `None`.
    pub driver: Option<String>,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}
