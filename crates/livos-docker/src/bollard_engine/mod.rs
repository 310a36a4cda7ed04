//! [`Engine`] on a real Docker Engine.
//!
//! Every call opens its own connection (the client library keeps none on unix sockets), so a daemon that was
//! restarted is simply there again. Calls that should be quick have a time limit; those that stream end with
//! their connection.

mod classify;
mod convert;
mod logs;
mod progress;
mod read;

use std::collections::HashMap;
use std::future::Future;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::errors::Error as ClientError;
use bollard::models::{NetworkConnectRequest, NetworkDisconnectRequest};
use bollard::query_parameters as query;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use tokio::net::UnixStream;
use tokio::sync::{OnceCell, watch};
use tokio::time::timeout;

use self::classify::Call;
use crate::config::{ContainerConfig, NetworkConfig, NetworkJoin, NetworkMode, VolumeConfig};
use crate::engine::{Answer, Engine, EngineEvents, LogOptions, LogStream, RemoveContainer};
use crate::error::{EngineError, Result};
use crate::info::{
    ContainerInfo, ContainerSummary, EngineStatus, ImageInfo, LabelFilter, NetworkInfo, PullProgress,
    UnusableBecause, VolumeInfo,
};
use crate::reference;

/// For questions.
const QUICK: Duration = Duration::from_secs(30);
/// For work that touches the disk: creating, starting, removing.
const WORK: Duration = Duration::from_secs(180);
/// A pull in which nothing at all happens for so long won't go on.
const STALLED: Duration = Duration::from_secs(600);
/// For the first sign of life.
const CONNECT: Duration = Duration::from_secs(5);
/// Docker's own default between stop signal and kill.
const DEFAULT_GRACE: Duration = Duration::from_secs(10);
/// Docker 20.10, the oldest in a supported distribution.
const OLDEST: (u32, u32) = (1, 41);

/// A Docker Engine behind its unix socket.
#[derive(Debug)]
pub struct BollardEngine {
    socket: PathBuf,
    client: OnceCell<Docker>,
}

impl BollardEngine {
    /// An engine behind `address`: `unix:///path` or a plain path. Nothing is opened until the first call, so
    /// this works before the daemon runs.
    pub fn new(address: &str) -> Self {
        let path = address.strip_prefix("unix://").unwrap_or(address);
        Self { socket: PathBuf::from(path), client: OnceCell::new() }
    }

    /// Where the daemon's socket is.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    async fn client(&self) -> Result<&Docker> {
        let make = || async {
            // The library's own limit is for the head of an answer; ours, per call, are for the whole.
            let limit = STALLED.as_secs();
            let path = self.socket.to_string_lossy();
            let docker = Docker::connect_with_unix(&path, limit, bollard::API_DEFAULT_VERSION)?;
            docker.negotiate_version().await
        };
        match timeout(QUICK, self.client.get_or_try_init(make)).await {
            Ok(Ok(docker)) => Ok(docker),
            Ok(Err(error)) => Err(self.unavailable(error).await),
            Err(_) => Err(EngineError::Unavailable { because: UnusableBecause::NotAnswering, source: None }),
        }
    }

    async fn call<'c, T, F>(
        &'c self,
        call: &Call<'_>,
        limit: Duration,
        run: impl FnOnce(&'c Docker) -> F,
    ) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, ClientError>> + Send + 'c,
    {
        let docker = self.client().await?;
        match timeout(limit, run(docker)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.sort(call, error).await),
            Err(_) => Err(EngineError::TimedOut { operation: call.operation.to_owned(), limit }),
        }
    }

    async fn sort(&self, call: &Call<'_>, error: ClientError) -> EngineError {
        if classify::is_connection_trouble(&error) {
            self.unavailable(error).await
        } else {
            classify::classify(call, error)
        }
    }

    async fn unavailable(&self, error: ClientError) -> EngineError {
        let because = self.diagnose().await.unwrap_or(UnusableBecause::NotAnswering);
        EngineError::Unavailable { because, source: Some(Arc::new(error)) }
    }

    /// Why nobody can be reached, by trying; `None` when somebody accepts.
    async fn diagnose(&self) -> Option<UnusableBecause> {
        match timeout(CONNECT, UnixStream::connect(&self.socket)).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => Some(match error.kind() {
                ErrorKind::NotFound => UnusableBecause::SocketMissing,
                ErrorKind::PermissionDenied => UnusableBecause::PermissionDenied,
                ErrorKind::ConnectionRefused => UnusableBecause::NotRunning,
                _ => UnusableBecause::NotAnswering,
            }),
            Err(_) => Some(UnusableBecause::NotAnswering),
        }
    }

    async fn look_up<T>(found: Result<T>) -> Result<Option<T>> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(EngineError::NotFound { .. } | EngineError::ImageNotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn pulled(
        &self,
        image: &str,
        platform: Option<&str>,
        progress: &watch::Sender<PullProgress>,
    ) -> Result<ImageInfo> {
        let image = plausible_image("pull image", image)?;
        let call = Call::new("pull image", "image", image).image(image, platform);
        let before = self.image(image).await?;
        let options = query::CreateImageOptions {
            from_image: Some(reference::with_tag(image)),
            platform: platform.unwrap_or_default().to_owned(),
            ..query::CreateImageOptions::default()
        };
        let mut messages = self.client().await?.create_image(Some(options), None, None).boxed();
        let mut layers = progress::Layers::default();
        progress.send_replace(layers.sum());
        loop {
            match timeout(STALLED, messages.try_next()).await {
                Ok(Ok(Some(message))) => {
                    layers.add(&message);
                    let sum = layers.sum();
                    progress.send_if_modified(|last| std::mem::replace(last, sum) != sum);
                }
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(self.sort(&call, error).await),
                Err(_) => {
                    return Err(EngineError::TimedOut {
                        operation: call.operation.to_owned(),
                        limit: STALLED,
                    });
                }
            }
        }
        // A connection that ends early looks like the end of the stream; only the image itself is proof.
        let Some(info) = self.image(image).await? else {
            return Err(EngineError::Unavailable { because: UnusableBecause::NotAnswering, source: None });
        };
        let wanted = match platform {
            Some(platform) => platform.split('/').nth(1).unwrap_or(platform).to_owned(),
            None => self.status().await.architecture,
        };
        // Daemons only warn when the one architecture a registry has is another one.
        if !wanted.is_empty() && !reference::runs(&wanted, &info.architecture) {
            if before.is_none() {
                self.remove_image(image).await?;
            }
            return Err(EngineError::WrongPlatform {
                image: image.to_owned(),
                wanted: platform.map_or_else(|| format!("linux/{wanted}"), str::to_owned),
                found: Some(format!("{}/{}", info.os, info.architecture)),
            });
        }
        Ok(info)
    }

    async fn created(&self, container: &ContainerConfig) -> Result<String> {
        let name = plausible_name("create container", "container", &container.name)?;
        let image = plausible_image("create container", &container.image)?;
        let call =
            Call::new("create container", "container", name).image(image, container.platform.as_deref());
        let invalid =
            |detail: &str| EngineError::Invalid { subject: call.subject(), detail: detail.to_owned() };
        if let Some(detail) = convert::wrong_mount(container) {
            return Err(invalid(&detail));
        }
        if convert::depends_on_version(container) {
            let version = api_version(&self.status().await.api_version);
            if let Some(detail) = convert::beyond(container, version) {
                return Err(invalid(detail));
            }
        }
        let joins: &[NetworkJoin] = match container.network_mode {
            NetworkMode::Networks => &container.networks,
            _ => &[],
        };
        // Daemons notice a missing network only at the start; then the container would stay behind.
        for join in joins {
            if self.network(&join.network).await?.is_none() {
                return Err(EngineError::NotFound { subject: format!("network {}", join.network) });
            }
        }
        let mut body = convert::container(container);
        if container.command.as_ref().is_some_and(Vec::is_empty) && container.entrypoint.is_none() {
            // "No arguments" can't be said to the daemon, only "this entry point", which drops the image's.
            let Some(image) = self.image(image).await? else {
                return Err(EngineError::ImageNotFound { image: image.to_owned() });
            };
            body.entrypoint = (!image.entrypoint.is_empty()).then_some(image.entrypoint);
        }
        let options = query::CreateContainerOptions {
            name: Some(name.to_owned()),
            platform: container.platform.clone().unwrap_or_default(),
        };
        let id = self.call(&call, WORK, |docker| docker.create_container(Some(options), body)).await?.id;
        for join in joins.iter().skip(1) {
            if let Err(error) = self.joined(&id, join, &container.links).await {
                let how = RemoveContainer { force: true, anonymous_volumes: true };
                self.remove_container(&id, how).await?;
                return Err(error);
            }
        }
        Ok(id)
    }

    async fn joined(&self, container: &str, join: &NetworkJoin, links: &[String]) -> Result<()> {
        let network = plausible_name("connect network", "network", &join.network)?;
        let call = Call::new("connect network", "network", network);
        let request = NetworkConnectRequest {
            container: container.to_owned(),
            endpoint_config: Some(convert::endpoint(join, links)),
        };
        self.call(&call, WORK, |docker| docker.connect_network(network, request)).await
    }

    /// How long a stop may take in all.
    async fn stop_limit(&self, container: &str, grace: Option<Duration>) -> Result<Duration> {
        let grace = match grace {
            Some(grace) => grace,
            None => {
                let call = Call::new("inspect container", "container", container);
                let inspect =
                    self.call(&call, QUICK, |docker| docker.inspect_container(container, None)).await?;
                let own = inspect.config.and_then(|config| config.stop_timeout);
                own.map_or(DEFAULT_GRACE, |seconds| {
                    Duration::from_secs(u64::try_from(seconds).unwrap_or(u64::MAX / 4))
                })
            }
        };
        Ok(grace.saturating_add(WORK))
    }
}

impl Engine for BollardEngine {
    fn status(&self) -> BoxFuture<'_, EngineStatus> {
        async {
            let unusable = |because: UnusableBecause| EngineStatus {
                because: Some(because),
                reason: because.text().to_owned(),
                ..EngineStatus::default()
            };
            let call = Call::new("read version", "engine", "");
            match self.call(&call, CONNECT, Docker::version).await {
                Ok(version) => {
                    let api = version.api_version.unwrap_or_default();
                    let status = EngineStatus {
                        usable: true,
                        version: version.version.unwrap_or_default(),
                        os: version.os.unwrap_or_default(),
                        architecture: reference::docker_architecture(&version.arch.unwrap_or_default())
                            .to_owned(),
                        ..EngineStatus::default()
                    };
                    if api_version(&api) < OLDEST {
                        let no = unusable(UnusableBecause::NotSupported);
                        return EngineStatus {
                            usable: false,
                            because: no.because,
                            reason: no.reason,
                            api_version: api,
                            ..status
                        };
                    }
                    EngineStatus { api_version: api, ..status }
                }
                Err(EngineError::Unavailable { because, .. }) => unusable(because),
                Err(EngineError::TimedOut { .. }) => unusable(UnusableBecause::NotAnswering),
                Err(_) => unusable(UnusableBecause::NotSupported),
            }
        }
        .boxed()
    }

    fn pull<'a>(
        &'a self,
        image: &'a str,
        platform: Option<&'a str>,
        progress: &'a watch::Sender<PullProgress>,
    ) -> Answer<'a, ImageInfo> {
        self.pulled(image, platform, progress).boxed()
    }

    fn image<'a>(&'a self, image: &'a str) -> Answer<'a, Option<ImageInfo>> {
        async move {
            let call = Call::new("inspect image", "image", plausible_image("inspect image", image)?);
            let found = self.call(&call, QUICK, |docker| docker.inspect_image(image)).await;
            Self::look_up(found.map(read::image)).await
        }
        .boxed()
    }

    fn remove_image<'a>(&'a self, image: &'a str) -> Answer<'a, bool> {
        async move {
            let call = Call::new("remove image", "image", plausible_image("remove image", image)?);
            let options = query::RemoveImageOptions::default();
            let gone = self.call(&call, WORK, |docker| docker.remove_image(image, Some(options), None)).await;
            Ok(Self::look_up(gone).await?.is_some())
        }
        .boxed()
    }

    fn create_network<'a>(&'a self, network: &'a NetworkConfig) -> Answer<'a, String> {
        async move {
            let name = plausible_name("create network", "network", &network.name)?;
            let call = Call::new("create network", "network", name);
            // The daemon's own check for duplicates went away and came back between its versions.
            if self.network(name).await?.is_some_and(|found| found.name == name) {
                return Err(EngineError::NameTaken { name: name.to_owned() });
            }
            let request = convert::network(network);
            Ok(self.call(&call, WORK, |docker| docker.create_network(request)).await?.id)
        }
        .boxed()
    }

    fn network<'a>(&'a self, name: &'a str) -> Answer<'a, Option<NetworkInfo>> {
        async move {
            let call =
                Call::new("inspect network", "network", plausible_name("inspect network", "network", name)?);
            let found = self.call(&call, QUICK, |docker| docker.inspect_network(name, None)).await;
            Self::look_up(found.map(read::network)).await
        }
        .boxed()
    }

    fn list_networks<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<NetworkInfo>> {
        async move {
            let call = Call::new("list networks", "network", "");
            let options = query::ListNetworksOptions { filters: filters(labels), ..Default::default() };
            let found = self.call(&call, QUICK, |docker| docker.list_networks(Some(options))).await?;
            Ok(found.into_iter().map(read::listed_network).collect())
        }
        .boxed()
    }

    fn remove_network<'a>(&'a self, name: &'a str) -> Answer<'a, bool> {
        async move {
            let call =
                Call::new("remove network", "network", plausible_name("remove network", "network", name)?);
            let gone = self.call(&call, WORK, |docker| docker.remove_network(name)).await;
            Ok(Self::look_up(gone).await?.is_some())
        }
        .boxed()
    }

    fn connect_network<'a>(&'a self, container: &'a str, join: &'a NetworkJoin) -> Answer<'a, ()> {
        self.joined(container, join, &[]).boxed()
    }

    fn disconnect_network<'a>(&'a self, container: &'a str, network: &'a str) -> Answer<'a, ()> {
        async move {
            let name = plausible_name("disconnect network", "network", network)?;
            let call = Call::new("disconnect network", "network", name);
            let request = NetworkDisconnectRequest { container: container.to_owned(), force: Some(false) };
            self.call(&call, WORK, |docker| docker.disconnect_network(name, request)).await
        }
        .boxed()
    }

    fn create_volume<'a>(&'a self, volume: &'a VolumeConfig) -> Answer<'a, VolumeInfo> {
        async move {
            let name = plausible_name("create volume", "volume", &volume.name)?;
            let call = Call::new("create volume", "volume", name);
            let request = convert::volume(volume);
            self.call(&call, WORK, |docker| docker.create_volume(request)).await.map(read::volume)
        }
        .boxed()
    }

    fn volume<'a>(&'a self, name: &'a str) -> Answer<'a, Option<VolumeInfo>> {
        async move {
            let call =
                Call::new("inspect volume", "volume", plausible_name("inspect volume", "volume", name)?);
            let found = self.call(&call, QUICK, |docker| docker.inspect_volume(name)).await;
            Self::look_up(found.map(read::volume)).await
        }
        .boxed()
    }

    fn list_volumes<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<VolumeInfo>> {
        async move {
            let call = Call::new("list volumes", "volume", "");
            let options = query::ListVolumesOptions { filters: filters(labels), ..Default::default() };
            let found = self.call(&call, QUICK, |docker| docker.list_volumes(Some(options))).await?;
            Ok(found.volumes.unwrap_or_default().into_iter().map(read::volume).collect())
        }
        .boxed()
    }

    fn remove_volume<'a>(&'a self, name: &'a str) -> Answer<'a, bool> {
        async move {
            let call = Call::new("remove volume", "volume", plausible_name("remove volume", "volume", name)?);
            let options = query::RemoveVolumeOptions::default();
            let gone = self.call(&call, WORK, |docker| docker.remove_volume(name, Some(options))).await;
            Ok(Self::look_up(gone).await?.is_some())
        }
        .boxed()
    }

    fn create_container<'a>(&'a self, container: &'a ContainerConfig) -> Answer<'a, String> {
        self.created(container).boxed()
    }

    fn start_container<'a>(&'a self, container: &'a str) -> Answer<'a, ()> {
        async move {
            let name = plausible_name("start container", "container", container)?;
            let call = Call::new("start container", "container", name);
            self.call(&call, WORK, |docker| docker.start_container(name, None)).await
        }
        .boxed()
    }

    fn stop_container<'a>(&'a self, container: &'a str, grace: Option<Duration>) -> Answer<'a, ()> {
        async move {
            let name = plausible_name("stop container", "container", container)?;
            let call = Call::new("stop container", "container", name);
            let limit = self.stop_limit(name, grace).await?;
            let options = query::StopContainerOptions { t: grace.map(short_seconds), ..Default::default() };
            self.call(&call, limit, |docker| async move {
                docker.clone().with_timeout(limit).stop_container(name, Some(options)).await
            })
            .await
        }
        .boxed()
    }

    fn restart_container<'a>(&'a self, container: &'a str, grace: Option<Duration>) -> Answer<'a, ()> {
        async move {
            let name = plausible_name("restart container", "container", container)?;
            let call = Call::new("restart container", "container", name);
            let limit = self.stop_limit(name, grace).await?;
            let options =
                query::RestartContainerOptions { t: grace.map(short_seconds), ..Default::default() };
            self.call(&call, limit, |docker| async move {
                docker.clone().with_timeout(limit).restart_container(name, Some(options)).await
            })
            .await
        }
        .boxed()
    }

    fn kill_container<'a>(&'a self, container: &'a str, signal: &'a str) -> Answer<'a, ()> {
        async move {
            let name = plausible_name("kill container", "container", container)?;
            let call = Call::new("kill container", "container", name);
            let options = query::KillContainerOptions { signal: signal.to_owned() };
            self.call(&call, QUICK, |docker| docker.kill_container(name, Some(options))).await
        }
        .boxed()
    }

    fn remove_container<'a>(&'a self, container: &'a str, how: RemoveContainer) -> Answer<'a, bool> {
        async move {
            let name = plausible_name("remove container", "container", container)?;
            let call = Call::new("remove container", "container", name);
            let options =
                query::RemoveContainerOptions { force: how.force, v: how.anonymous_volumes, link: false };
            let gone = self.call(&call, WORK, |docker| docker.remove_container(name, Some(options))).await;
            Ok(Self::look_up(gone).await?.is_some())
        }
        .boxed()
    }

    fn rename_container<'a>(&'a self, container: &'a str, name: &'a str) -> Answer<'a, ()> {
        async move {
            let old = plausible_name("rename container", "container", container)?;
            let name = plausible_name("rename container", "container", name)?;
            let call = Call::new("rename container", "container", name);
            let options = query::RenameContainerOptions { name: name.to_owned() };
            self.call(&call, QUICK, |docker| docker.rename_container(old, options)).await
        }
        .boxed()
    }

    fn wait_container<'a>(&'a self, container: &'a str) -> Answer<'a, i64> {
        async move {
            let name = plausible_name("wait for container", "container", container)?;
            let call = Call::new("wait for container", "container", name);
            let options = query::WaitContainerOptions { condition: "not-running".to_owned() };
            // The daemon sends the head at once, so the library's limit doesn't end a long wait.
            match self.client().await?.wait_container(name, Some(options)).boxed().try_next().await {
                Ok(Some(answer)) => Ok(answer.status_code),
                // An exit code other than 0 is an answer, not a failure to wait.
                Err(ClientError::DockerContainerWaitError { error, code }) if error.is_empty() => Ok(code),
                Ok(None) => {
                    Err(EngineError::Unavailable { because: UnusableBecause::NotAnswering, source: None })
                }
                Err(error) => Err(self.sort(&call, error).await),
            }
        }
        .boxed()
    }

    fn inspect_container<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerInfo>> {
        async move {
            let name = plausible_name("inspect container", "container", container)?;
            let call = Call::new("inspect container", "container", name);
            let found = self.call(&call, QUICK, |docker| docker.inspect_container(name, None)).await;
            Self::look_up(found.map(read::container)).await
        }
        .boxed()
    }

    fn list_containers<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<ContainerSummary>> {
        async move {
            let call = Call::new("list containers", "container", "");
            let options =
                query::ListContainersOptions { all: true, filters: filters(labels), ..Default::default() };
            let found = self.call(&call, QUICK, |docker| docker.list_containers(Some(options))).await?;
            Ok(found.into_iter().map(read::summary).collect())
        }
        .boxed()
    }

    fn logs<'a>(&'a self, container: &'a str, options: LogOptions) -> Answer<'a, LogStream> {
        async move {
            let name = plausible_name("read container output", "container", container)?;
            let call = Call::new("read container output", "container", name);
            let inspect = self.call(&call, QUICK, |docker| docker.inspect_container(name, None)).await?;
            let raw = inspect.config.and_then(|config| config.tty).unwrap_or(false);
            let opened = timeout(QUICK, logs::open(&self.socket, name, raw, options)).await;
            match opened {
                Ok(Ok(logs::Answer::Output(stream))) => Ok(stream),
                Ok(Ok(logs::Answer::Refused { status, body })) => {
                    let message = serde_json::from_slice::<HashMap<String, String>>(&body)
                        .ok()
                        .and_then(|mut body| body.remove("message"))
                        .unwrap_or_else(|| String::from_utf8_lossy(&body).into_owned());
                    let error = ClientError::DockerResponseServerError { status_code: status, message };
                    Err(classify::classify(&call, error))
                }
                Ok(Err(err)) => Err(self.unavailable(ClientError::IOError { err }).await),
                Err(_) => Err(EngineError::TimedOut { operation: call.operation.to_owned(), limit: QUICK }),
            }
        }
        .boxed()
    }

    fn events(&self, labels: &LabelFilter) -> EngineEvents {
        // The request goes out with the first poll; asking for what happened since now closes that gap, because
        // the daemon keeps its latest events.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let options = query::EventsOptions {
            since: Some(format!("{}.{:09}", now.as_secs(), now.subsec_nanos())),
            filters: filters(labels),
            ..Default::default()
        };
        let engine = Self { socket: self.socket.clone(), client: self.client.clone() };
        stream::once(async move {
            let docker = engine.client().await?.clone();
            let socket = engine;
            Ok::<_, EngineError>(docker.events(Some(options)).then(move |event| {
                let socket = Self { socket: socket.socket.clone(), client: OnceCell::new() };
                async move {
                    match event {
                        Ok(event) => Ok(read::event(event)),
                        Err(error) => Err(socket.sort(&Call::new("read events", "engine", ""), error).await),
                    }
                }
            }))
        })
        .try_flatten()
        .chain(stream::once(async {
            Err(EngineError::Unavailable { because: UnusableBecause::NotRunning, source: None })
        }))
        .scan(false, |failed, event| {
            let ended = std::mem::replace(failed, event.is_err());
            async move { (!ended).then_some(event) }
        })
        .boxed()
    }

    fn put_archive<'a>(&'a self, container: &'a str, path: &'a str, archive: Bytes) -> Answer<'a, ()> {
        async move {
            let name = plausible_name("copy into container", "container", container)?;
            let call = Call::new("copy into container", "container", name);
            let options = query::UploadToContainerOptions { path: path.to_owned(), ..Default::default() };
            let body = bollard::body_full(archive);
            self.call(&call, WORK, |docker| docker.upload_to_container(name, Some(options), body)).await
        }
        .boxed()
    }
}

fn plausible_image<'a>(operation: &str, image: &'a str) -> Result<&'a str> {
    if reference::is_plausible(image) {
        return Ok(image);
    }
    let detail = format!("{operation}: {image:?} can't be an image reference");
    Err(EngineError::Invalid { subject: "the image reference".to_owned(), detail })
}

fn plausible_name<'a>(operation: &str, kind: &str, name: &'a str) -> Result<&'a str> {
    if reference::is_plausible_name(name) {
        return Ok(name);
    }
    let detail = format!("{operation}: {name:?} can't be a name");
    Err(EngineError::Invalid { subject: format!("the {kind} name"), detail })
}

fn filters(labels: &LabelFilter) -> Option<HashMap<String, Vec<String>>> {
    if labels.0.is_empty() {
        return None;
    }
    let label = |(key, value): &(String, Option<String>)| match value {
        Some(value) => format!("{key}={value}"),
        None => key.clone(),
    };
    Some(HashMap::from([("label".to_owned(), labels.0.iter().map(label).collect())]))
}

fn short_seconds(time: Duration) -> i32 {
    i32::try_from(convert::whole_seconds(time)).unwrap_or(i32::MAX)
}

fn api_version(text: &str) -> (u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
