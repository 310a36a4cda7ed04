//! The port: everything LivOS asks of a container engine.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::config::{ContainerConfig, NetworkConfig, VolumeConfig};
use crate::error::Result;
use crate::info::{
    ContainerInfo, ContainerSummary, ContainerUsage, EngineEvent, EngineStatus, ImageInfo, ImageSummary,
    LabelFilter, LogChunk, NetworkInfo, PullProgress, VolumeInfo,
};
use crate::run_in::{RanIn, RunIn};

/// What a call returns; boxed, so that `dyn Engine` works.
pub type Answer<'a, T> = BoxFuture<'a, Result<T>>;

/// Output of a container, in order. It ends when there is no more, and after its first error.
pub type LogStream = BoxStream<'static, Result<LogChunk>>;

/// A tar archive in the making.
pub type ArchiveStream = BoxStream<'static, Result<Bytes>>;

/// What happens in the engine. It ends after its first error, which is also how a restart of the daemon shows:
/// the caller subscribes again and then looks at everything once, because events may have been missed.
pub type EngineEvents = BoxStream<'static, Result<EngineEvent>>;

/// How large a terminal is, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalSize {
    /// Width.
    pub columns: u16,
    /// Height.
    pub rows: u16,
}

/// A program at a terminal of its own.
pub struct Terminal {
    /// What the engine calls it.
    pub id: String,
    /// What it writes; ends when it does.
    pub output: Box<dyn AsyncRead + Send + Unpin>,
    /// What it reads.
    pub input: Box<dyn AsyncWrite + Send + Unpin>,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Terminal").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Which part of the output [`Engine::logs`] returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogOptions {
    /// The last so many lines only; `None` is everything there is.
    pub tail: Option<u32>,
    /// Keep the stream open and send new output as it comes, until the container exits.
    pub follow: bool,
    /// Put an RFC 3339 time before each line.
    pub timestamps: bool,
    /// Only output after this moment, UTC seconds.
    pub since: Option<i64>,
}

/// How [`Engine::remove_container`] removes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RemoveContainer {
    /// Kill it first when it still runs; otherwise a running container is a conflict.
    pub force: bool,
    /// Remove its anonymous volumes too. Named volumes always stay.
    pub anonymous_volumes: bool,
}

/// A container engine.
///
/// Rules that both implementations keep and the contract suite checks:
///
/// * Containers are named by id, unique id prefix or name. Images by reference (`name:tag`, `name@digest`) or id.
/// * Looking up something that isn't there is `None`. Removing it is `Ok(false)`. Acting on it is
///   [`EngineError::NotFound`](crate::EngineError::NotFound).
/// * Starting a running container and stopping a stopped one succeed and change nothing.
/// * Every call can be dropped. A dropped [`pull`](Engine::pull) stops the download.
/// * A daemon that is down or goes away makes calls fail with
///   [`EngineError::Unavailable`](crate::EngineError::Unavailable). The next call after it is back works; there
///   is nothing to reconnect. What ran before need not run again: Docker 20.10 leaves containers that are to run
///   `unless-stopped` stopped after it was killed. Callers compare and start what should run.
pub trait Engine: Send + Sync {
    /// Whether the engine can be used, and if not why, in words for the owner. Never fails.
    fn status(&self) -> BoxFuture<'_, EngineStatus>;

    /// Whether systemd keeps the containers' limits, so that a container's parent is one of its slices.
    fn is_in_slices(&self) -> Answer<'_, bool>;

    /// The folder of this machine in which the engine keeps images and volumes; empty if that is not one and the same.
    fn root_dir(&self) -> Answer<'_, String>;

    /// Downloads `image` and returns what arrived. `platform` is `os/arch[/variant]`, `None` the engine's own.
    ///
    /// `progress` always holds the latest figures; intermediate ones may be skipped by a slow reader.
    /// An image whose architecture differs from the wanted one is an error even if the registry hands it out.
    fn pull<'a>(
        &'a self,
        image: &'a str,
        platform: Option<&'a str>,
        progress: &'a watch::Sender<PullProgress>,
    ) -> Answer<'a, ImageInfo>;

    /// The local image of this reference or id.
    fn image<'a>(&'a self, image: &'a str) -> Answer<'a, Option<ImageInfo>>;

    /// Every local image, those that no reference names any more too.
    fn list_images(&self) -> Answer<'_, Vec<ImageSummary>>;

    /// Removes this reference, and the image itself when it was the last one.
    /// An image that a container uses is a conflict.
    fn remove_image<'a>(&'a self, image: &'a str) -> Answer<'a, bool>;

    /// Gives a local image a further reference, taking it from whatever had it: how an older one comes back.
    fn tag_image<'a>(&'a self, image: &'a str, reference: &'a str) -> Answer<'a, ()>;

    /// Makes an image of one layer from a tar archive, under this reference.
    fn import_image<'a>(&'a self, reference: &'a str, archive: Bytes) -> Answer<'a, ()>;

    /// Creates a network and returns its id. A name that exists already is `NameTaken`.
    fn create_network<'a>(&'a self, network: &'a NetworkConfig) -> Answer<'a, String>;

    /// The network of this name or id.
    fn network<'a>(&'a self, name: &'a str) -> Answer<'a, Option<NetworkInfo>>;

    /// Networks that carry these labels.
    fn list_networks<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<NetworkInfo>>;

    /// Removes a network. One with running containers is a conflict.
    fn remove_network<'a>(&'a self, name: &'a str) -> Answer<'a, bool>;

    /// Attaches an existing container to a further network.
    fn connect_network<'a>(
        &'a self,
        container: &'a str,
        join: &'a crate::config::NetworkJoin,
    ) -> Answer<'a, ()>;

    /// Detaches a container from a network.
    fn disconnect_network<'a>(&'a self, container: &'a str, network: &'a str) -> Answer<'a, ()>;

    /// Creates a volume; one that exists with the same driver is returned as it is.
    fn create_volume<'a>(&'a self, volume: &'a VolumeConfig) -> Answer<'a, VolumeInfo>;

    /// The volume of this name.
    fn volume<'a>(&'a self, name: &'a str) -> Answer<'a, Option<VolumeInfo>>;

    /// Volumes that carry these labels.
    fn list_volumes<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<VolumeInfo>>;

    /// Removes a volume with its contents. One that a container uses is a conflict.
    fn remove_volume<'a>(&'a self, name: &'a str) -> Answer<'a, bool>;

    /// Creates a container, attached to all its networks, and returns its id; on failure nothing stays.
    /// The image must be local: this never pulls.
    fn create_container<'a>(&'a self, container: &'a ContainerConfig) -> Answer<'a, String>;

    /// Starts a container. This is where a taken port shows.
    fn start_container<'a>(&'a self, container: &'a str) -> Answer<'a, ()>;

    /// Sends the stop signal and, after `grace` (`None`: the container's own), kills. Returns once it is down.
    fn stop_container<'a>(&'a self, container: &'a str, grace: Option<Duration>) -> Answer<'a, ()>;

    /// Stops and starts.
    fn restart_container<'a>(&'a self, container: &'a str, grace: Option<Duration>) -> Answer<'a, ()>;

    /// Sends a signal (`SIGKILL`, `HUP`, …). A container that isn't running is a conflict.
    fn kill_container<'a>(&'a self, container: &'a str, signal: &'a str) -> Answer<'a, ()>;

    /// Removes a container.
    fn remove_container<'a>(&'a self, container: &'a str, how: RemoveContainer) -> Answer<'a, bool>;

    /// Gives a container another name.
    fn rename_container<'a>(&'a self, container: &'a str, name: &'a str) -> Answer<'a, ()>;

    /// Waits until the container isn't running and returns its exit code; at once when it is down already.
    /// There is no time limit: drop it to stop waiting.
    fn wait_container<'a>(&'a self, container: &'a str) -> Answer<'a, i64>;

    /// Everything about one container.
    fn inspect_container<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerInfo>>;

    /// What one container was made with, so that the same could be made again: what came from its image is in it,
    /// too, as are the names of volumes that nobody named, and other containers stand there by their ids.
    fn container_config<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerConfig>>;

    /// All containers, running or not, that carry these labels.
    fn list_containers<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<ContainerSummary>>;

    /// Bytes that a container has written into itself, outside of volumes and mounts.
    fn written_bytes<'a>(&'a self, container: &'a str) -> Answer<'a, u64>;

    /// Paths in a container, outside of volumes and mounts, that its image has not or has otherwise, in order. Those
    /// of folders are among them; what was removed is not.
    fn changed_paths<'a>(&'a self, container: &'a str) -> Answer<'a, Vec<String>>;

    /// Bytes of a file in a container, running or not; `None` if there is none, or something else.
    fn file_bytes<'a>(&'a self, container: &'a str, path: &'a str) -> Answer<'a, Option<u64>>;

    /// A tar archive of what lies at this path in a container, running or not; of a folder everything below it. It
    /// costs what it has, so whoever wants the beginning drops it. Nothing there is `NotFound`.
    fn read_archive<'a>(&'a self, container: &'a str, path: &'a str) -> Answer<'a, ArchiveStream>;

    /// The output of a container.
    fn logs<'a>(&'a self, container: &'a str, options: LogOptions) -> Answer<'a, LogStream>;

    /// What happens from the moment of this call on, to objects that carry these labels.
    /// Networks and images have no labels in events: with a label filter only containers and volumes show.
    fn events(&self, labels: &LabelFilter) -> EngineEvents;

    /// What the engine remembers of what happened since this moment, UTC seconds, then, if asked, what follows. It
    /// remembers a few hundred events, of which the running of health checks is a part.
    fn recent_events(&self, since: i64, follow: bool) -> EngineEvents;

    /// What a container uses at this moment; `None` if it doesn't run, or is gone.
    fn usage<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerUsage>>;

    /// Runs a program in a running container, at a terminal of its own. The program goes on when nobody reads any more:
    /// the engine has no way to end it but its own end, or that of the container.
    fn open_terminal<'a>(
        &'a self,
        container: &'a str,
        command: &'a [&'a str],
        size: TerminalSize,
    ) -> Answer<'a, Terminal>;

    /// Tells a terminal another size.
    fn resize_terminal<'a>(&'a self, terminal: &'a str, size: TerminalSize) -> Answer<'a, ()>;

    /// The code with which the program at a terminal ended; `None` while it runs.
    fn terminal_exit_code<'a>(&'a self, terminal: &'a str) -> Answer<'a, Option<i64>>;

    /// Runs a command in a running container to its end. There is no time limit: whoever drops it stops waiting, and
    /// the command goes on for as long as it or its container does. A container that does not run is a conflict.
    fn run_in<'a>(&'a self, container: &'a str, what: &'a RunIn) -> Answer<'a, RanIn>;

    /// Unpacks a tar archive into a container, running or not. `path` is a directory inside it.
    fn put_archive<'a>(&'a self, container: &'a str, path: &'a str, archive: Bytes) -> Answer<'a, ()>;
}
