//! What an engine answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::config::{Healthcheck, Protocol, Subnet};

/// Whether the engine can be used, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EngineStatus {
    /// Calls can be expected to work.
    pub usable: bool,
    /// Version of the daemon, empty when unknown.
    pub version: String,
    /// Version of its interface, empty when unknown.
    pub api_version: String,
    /// `linux`, empty when unknown.
    pub os: String,
    /// As images spell it (`amd64`, `arm64`), empty when unknown.
    pub architecture: String,
    /// Why it can't be used.
    pub because: Option<UnusableBecause>,
    /// The same in words for the owner, with the next step; empty when usable.
    pub reason: String,
}

/// The known reasons why an engine can't be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnusableBecause {
    /// There is no socket: Docker isn't installed or not started.
    SocketMissing,
    /// The socket is there, but this process may not open it.
    PermissionDenied,
    /// The socket is there, but nobody listens: the daemon stopped or starts.
    NotRunning,
    /// The daemon accepts connections but doesn't answer in time, or hung up in the middle.
    NotAnswering,
    /// Something answers that isn't a Docker Engine, or one too old.
    NotSupported,
}

impl UnusableBecause {
    /// A sentence for the owner: cause and next step.
    pub fn text(self) -> &'static str {
        match self {
            Self::SocketMissing => {
                "Docker isn't installed or isn't started on this machine. Install or start it and try again."
            }
            Self::PermissionDenied => {
                "LivOS may not use Docker: its service user isn't in the docker group. Add it and restart LivOS."
            }
            Self::NotRunning => "Docker is stopped or is just starting. Start it, or wait a moment.",
            Self::NotAnswering => "Docker doesn't answer. Wait a moment; if it stays so, restart Docker.",
            Self::NotSupported => {
                "The Docker version on this machine is too old. Docker 20.10 or newer is needed."
            }
        }
    }
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PullProgress {
    /// Bytes downloaded, over all layers.
    pub bytes_done: u64,
    /// Bytes to download as far as known; it grows while layers are announced.
    pub bytes_total: u64,
    /// Layers unpacked, or there before.
    pub layers_done: u32,
    /// Layers of the image, as far as known.
    pub layers_total: u32,
}

/// An image that is on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImageInfo {
    /// `sha256:…`
    pub id: String,
    /// References by tag.
    pub tags: Vec<String>,
    /// References by registry digest.
    pub digests: Vec<String>,
    /// `linux`.
    pub os: String,
    /// `amd64`, `arm64`, `arm`, …
    pub architecture: String,
    /// `v7`, …; often empty.
    pub variant: String,
    /// Bytes on disk.
    pub size: u64,
    /// Paths the image declares as volumes.
    pub volumes: Vec<String>,
    /// Ports the image declares.
    pub exposed_ports: Vec<ExposedPort>,
    /// The image's own health check.
    pub healthcheck: Option<Healthcheck>,
    /// `KEY=value`, in order.
    pub env: Vec<String>,
    /// Entry point.
    pub entrypoint: Vec<String>,
    /// Arguments.
    pub command: Vec<String>,
    /// User, empty for root.
    pub user: String,
    /// Working directory.
    pub working_dir: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// A port an image declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExposedPort {
    /// Number.
    pub port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: Protocol,
}

/// Labels an object must carry: key, and the value if given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelFilter(pub Vec<(String, Option<String>)>);

impl LabelFilter {
    /// Everything.
    pub fn any() -> Self {
        Self::default()
    }

    /// Objects with this label, whatever its value.
    pub fn key(key: impl Into<String>) -> Self {
        Self(vec![(key.into(), None)])
    }

    /// Objects with this label and value.
    pub fn equals(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self(vec![(key.into(), Some(value.into()))])
    }

    /// And this one too.
    #[must_use]
    pub fn and(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((key.into(), Some(value.into())));
        self
    }

    /// Whether these labels satisfy the filter.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|(key, value)| match (labels.get(key), value) {
            (Some(have), Some(want)) => have == want,
            (Some(_), None) => true,
            (None, _) => false,
        })
    }
}

/// What a container is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// Made, never started.
    #[default]
    Created,
    /// Runs.
    Running,
    /// Frozen.
    Paused,
    /// Exited and will be started again by its restart policy.
    Restarting,
    /// On its way out.
    Removing,
    /// Stopped by itself or by somebody.
    Exited,
    /// Half removed; only removal is possible.
    Dead,
}

impl ContainerState {
    /// Whether its main process runs.
    pub fn is_running(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

/// What the health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// There is no check.
    #[default]
    None,
    /// No verdict yet.
    Starting,
    /// The last check passed.
    Healthy,
    /// Too many checks in a row failed.
    Unhealthy,
}

/// Everything about one container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContainerInfo {
    /// Full id.
    pub id: String,
    /// Name, without Docker's leading slash.
    pub name: String,
    /// What it is doing.
    pub state: ContainerState,
    /// What its health check says; `None` while it doesn't run.
    pub health: Health,
    /// What the last health check printed.
    pub health_output: String,
    /// Exit code of the last run; `None` before the first exit and while it runs.
    pub exit_code: Option<i64>,
    /// It was ended for want of memory.
    pub oom_killed: bool,
    /// Why the daemon couldn't start it, empty when it could.
    pub error: String,
    /// How often its restart policy started it again.
    pub restart_count: u32,
    /// UTC seconds of its making.
    pub created_at: i64,
    /// UTC seconds of its last start.
    pub started_at: Option<i64>,
    /// UTC seconds of its last exit.
    pub finished_at: Option<i64>,
    /// The reference it was made from.
    pub image: String,
    /// Id of the image.
    pub image_id: String,
    /// Labels, the image's included.
    pub labels: BTreeMap<String, String>,
    /// Networks it is on.
    pub networks: Vec<AttachedNetwork>,
    /// Ports published on the host; empty while it doesn't run.
    pub ports: Vec<PublishedPort>,
    /// What is mounted.
    pub mounts: Vec<MountedVolume>,
    /// The volumes that its configuration names. The others that are mounted were lent by another container or have a
    /// name that the engine made up.
    pub named_volumes: Vec<String>,
    /// `KEY=value`, the image's included.
    pub env: Vec<String>,
    /// The daemon removes it as soon as it ends.
    pub auto_remove: bool,
}

/// A network a container is on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AttachedNetwork {
    /// Name.
    pub name: String,
    /// Id; empty before the first start.
    pub id: String,
    /// Its address there; `None` while it doesn't run.
    pub ip: Option<IpAddr>,
    /// Address of the host there.
    pub gateway: Option<IpAddr>,
    /// The further names it was given.
    pub aliases: Vec<String>,
}

/// A port published on the host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedPort {
    /// Port inside the container.
    pub container_port: u16,
    /// TCP, UDP or SCTP.
    pub protocol: Protocol,
    /// Address on the host.
    pub host_ip: Option<IpAddr>,
    /// Port on the host.
    pub host_port: u16,
}

/// Something mounted in a container.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MountedVolume {
    /// `bind`, `volume` or `tmpfs`.
    pub kind: String,
    /// Name of the volume, empty for others.
    pub name: String,
    /// Path on the host.
    pub source: String,
    /// Path in the container.
    pub target: String,
    /// Writable from inside.
    pub writable: bool,
}

/// A container in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContainerSummary {
    /// Full id.
    pub id: String,
    /// Name, without Docker's leading slash.
    pub name: String,
    /// What it is doing.
    pub state: ContainerState,
    /// What its health check says; `None` while it doesn't run.
    pub health: Health,
    /// The reference it was made from.
    pub image: String,
    /// Id of the image.
    pub image_id: String,
    /// UTC seconds of its making.
    pub created_at: i64,
    /// Labels, the image's included.
    pub labels: BTreeMap<String, String>,
    /// Ports published on the host.
    pub ports: Vec<PublishedPort>,
    /// What is mounted.
    pub mounts: Vec<MountedVolume>,
    /// Names of the networks it is on.
    pub networks: Vec<String>,
}

/// What a container uses. Times only grow while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContainerUsage {
    /// Time of processors used so far, in nanoseconds.
    pub cpu_ns: u64,
    /// The same of the whole machine, so that shares can be had without a clock.
    pub machine_ns: u64,
    /// Bytes of memory, without the caches that the kernel gives up first.
    pub memory: u64,
    /// The most it may use; without a limit, what the machine has.
    pub memory_limit: u64,
    /// Processes and threads.
    pub processes: u64,
}

/// An image in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImageSummary {
    /// `sha256:…`
    pub id: String,
    /// References by tag; none for an image whose last one went to another.
    pub tags: Vec<String>,
    /// References by registry digest.
    pub digests: Vec<String>,
    /// UTC seconds of its making, by whoever made it.
    pub created_at: i64,
    /// Bytes, those that it shares with other images too.
    pub size: u64,
}

/// A network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NetworkInfo {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// `bridge`, …
    pub driver: String,
    /// No way out.
    pub internal: bool,
    /// Stand-alone containers may join.
    pub attachable: bool,
    /// IPv6 as well.
    pub ipv6: bool,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// Address ranges.
    pub subnets: Vec<Subnet>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Ids of running containers on it. Only [`Engine::network`](crate::Engine::network) fills this.
    pub containers: Vec<String>,
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VolumeInfo {
    /// Name.
    pub name: String,
    /// `local`, …
    pub driver: String,
    /// Where its contents are on the host.
    pub mountpoint: String,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// A piece of output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunk {
    /// Where it was written.
    pub source: LogSource,
    /// The bytes, which need not be whole lines nor UTF-8.
    pub bytes: Bytes,
}

/// Where output was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSource {
    /// Standard output, or a terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Something happened in the engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineEvent {
    /// To what kind of object.
    pub subject: EventSubject,
    /// What, in Docker's words: `create`, `start`, `die`, `oom`, `destroy`, `health_status: healthy`, …
    pub action: String,
    /// Id of the object (the name, for volumes; the reference, for images).
    pub id: String,
    /// Name of the object, where it has one.
    pub name: String,
    /// Its labels and Docker's own attributes (`image`, `exitCode`, …).
    pub attributes: BTreeMap<String, String>,
    /// UTC seconds.
    pub at: i64,
}

impl EngineEvent {
    /// The verdict, when this is about health.
    pub fn health(&self) -> Option<Health> {
        match self.action.strip_prefix("health_status: ")? {
            "healthy" => Some(Health::Healthy),
            "unhealthy" => Some(Health::Unhealthy),
            _ => Some(Health::Starting),
        }
    }

    /// The exit code, when this is the end of a container.
    pub fn exit_code(&self) -> Option<i64> {
        if self.action != "die" {
            return None;
        }
        self.attributes.get("exitCode")?.parse().ok()
    }
}

/// Kinds of objects that events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSubject {
    /// A container.
    Container,
    /// An image.
    Image,
    /// A network.
    Network,
    /// A volume.
    Volume,
    /// Anything else.
    Other,
}
