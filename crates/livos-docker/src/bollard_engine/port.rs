//! The port's methods, one by one.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::errors::Error as ClientError;
use bollard::exec::CreateExecOptions;
use bollard::models::{ChangeType, NetworkDisconnectRequest, SystemInfoCgroupDriverEnum};
use bollard::query_parameters as query;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use tokio::sync::watch;
use tokio::time::timeout;

use super::classify::{self, Call};
use super::{
    BollardEngine, CONNECT, OLDEST, QUICK, WORK, api_version, convert, events, filters, logs, made,
    plausible_image, plausible_name, read, short_seconds, terminal,
};
use crate::config::{ContainerConfig, NetworkConfig, NetworkJoin, VolumeConfig};
use crate::engine::{
    Answer, ArchiveStream, Engine, EngineEvents, LogOptions, LogStream, RemoveContainer, Terminal,
    TerminalSize,
};
use crate::error::EngineError;
use crate::info::{
    ContainerInfo, ContainerSummary, ContainerUsage, EngineStatus, ImageInfo, ImageSummary, LabelFilter,
    NetworkInfo, PullProgress, UnusableBecause, VolumeInfo,
};
use crate::reference;
use crate::run_in::{RanIn, RunIn};

/// The bits by which Go, in which the daemon is written, tells folders, links, devices and the like from files.
const NO_FILE: u32 = 0x8f28_0000;

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

    fn is_in_slices(&self) -> Answer<'_, bool> {
        async {
            let call = Call::new("read settings", "engine", "");
            let info = self.call(&call, QUICK, Docker::info).await?;
            Ok(info.cgroup_driver == Some(SystemInfoCgroupDriverEnum::SYSTEMD))
        }
        .boxed()
    }

    fn root_dir(&self) -> Answer<'_, String> {
        async {
            let call = Call::new("read settings", "engine", "");
            let info = self.call(&call, QUICK, Docker::info).await?;
            // With that store images lie where containerd says, which Docker does not tell.
            let status = info.driver_status.unwrap_or_default();
            let elsewhere = status.iter().flatten().any(|word| word.starts_with("io.containerd.snapshotter"));
            Ok(if elsewhere { String::new() } else { info.docker_root_dir.unwrap_or_default() })
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

    fn list_images(&self) -> Answer<'_, Vec<ImageSummary>> {
        async move {
            let call = Call::new("list images", "image", "");
            let options = query::ListImagesOptions { digests: true, ..Default::default() };
            let found = self.call(&call, QUICK, |docker| docker.list_images(Some(options))).await?;
            Ok(found.into_iter().map(read::listed_image).collect())
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

    fn tag_image<'a>(&'a self, image: &'a str, reference: &'a str) -> Answer<'a, ()> {
        async move {
            let call = Call::new("tag image", "image", plausible_image("tag image", image)?);
            let options = repository("tag image", reference)
                .map(|(repo, tag)| query::TagImageOptions { repo: Some(repo), tag: Some(tag) })?;
            self.call(&call, QUICK, |docker| docker.tag_image(image, Some(options))).await
        }
        .boxed()
    }

    fn import_image<'a>(&'a self, reference: &'a str, archive: Bytes) -> Answer<'a, ()> {
        async move {
            let call = Call::new("import image", "image", plausible_image("import image", reference)?);
            let (repo, tag) = repository("import image", reference)?;
            let options = query::CreateImageOptions {
                from_src: Some("-".to_owned()),
                repo: Some(repo),
                tag: Some(tag),
                ..query::CreateImageOptions::default()
            };
            let body = bollard::body_full(archive);
            let import = async |docker: Docker| -> std::result::Result<(), ClientError> {
                docker.create_image(Some(options), Some(body), None).try_for_each(|_| async { Ok(()) }).await
            };
            self.call(&call, WORK, |docker| import(docker.clone())).await
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
            let options = query::ListNetworksOptions { filters: filters(labels) };
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
            let options = query::ListVolumesOptions { filters: filters(labels) };
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

    fn container_config<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerConfig>> {
        async move {
            let name = plausible_name("inspect container", "container", container)?;
            let call = Call::new("inspect container", "container", name);
            let found = self.call(&call, QUICK, |docker| docker.inspect_container(name, None)).await;
            Self::look_up(found.map(made::container)).await
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

    fn written_bytes<'a>(&'a self, container: &'a str) -> Answer<'a, u64> {
        async move {
            let name = plausible_name("measure container", "container", container)?;
            let call = Call::new("measure container", "container", name);
            let options = query::InspectContainerOptions { size: true };
            let found =
                self.call(&call, WORK, |docker| docker.inspect_container(name, Some(options))).await?;
            Ok(u64::try_from(found.size_rw.unwrap_or(0)).unwrap_or(0))
        }
        .boxed()
    }

    fn changed_paths<'a>(&'a self, container: &'a str) -> Answer<'a, Vec<String>> {
        async move {
            let name = plausible_name("compare container", "container", container)?;
            let call = Call::new("compare container", "container", name);
            let found = self.call(&call, WORK, |docker| docker.container_changes(name)).await?;
            let there = found.unwrap_or_default().into_iter().filter(|change| change.kind != ChangeType::_2);
            let mut paths: Vec<String> = there.map(|change| change.path).collect();
            paths.sort_unstable();
            Ok(paths)
        }
        .boxed()
    }

    fn file_bytes<'a>(&'a self, container: &'a str, path: &'a str) -> Answer<'a, Option<u64>> {
        async move {
            let name = plausible_name("measure file", "container", container)?;
            let call = Call::new("measure file", "container", name);
            let options = query::ContainerArchiveInfoOptions { path: path.to_owned() };
            let found = self
                .call(&call, QUICK, |docker| docker.get_container_archive_info(name, Some(options)))
                .await;
            match found {
                Ok(about) if about.file_mode & NO_FILE == 0 => Ok(u64::try_from(about.size).ok()),
                Ok(_) => Ok(None),
                // The answer has no words that would say whether it is the file or the container.
                Err(EngineError::NotFound { .. }) => {
                    let call = Call::new("measure file", "container", name);
                    self.call(&call, QUICK, |docker| docker.inspect_container(name, None)).await?;
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        }
        .boxed()
    }

    fn read_archive<'a>(&'a self, container: &'a str, path: &'a str) -> Answer<'a, ArchiveStream> {
        self.archive_of(container, path).boxed()
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
                Ok(Ok(logs::Answer::Refused { status, body })) => Err(refused(&call, status, &body)),
                Ok(Err(err)) => Err(self.unavailable(ClientError::IOError { err }).await),
                Err(_) => Err(EngineError::TimedOut { operation: call.operation.to_owned(), limit: QUICK }),
            }
        }
        .boxed()
    }

    fn events(&self, labels: &LabelFilter) -> EngineEvents {
        let (now, nanos) = now();
        let options = query::EventsOptions {
            since: Some(format!("{now}.{nanos:09}")),
            filters: filters(labels),
            ..Default::default()
        };
        events::stream(self.again(), options, true)
    }

    fn recent_events(&self, since: i64, follow: bool) -> EngineEvents {
        let (now, nanos) = now();
        let since = u64::try_from(since).unwrap_or(0);
        // The daemon refuses a span that ends before it begins.
        if !follow && since > now {
            return futures_util::stream::empty().boxed();
        }
        let until = (!follow).then(|| format!("{now}.{nanos:09}"));
        let since = Some(since.to_string());
        events::stream(self.again(), query::EventsOptions { since, until, ..Default::default() }, follow)
    }

    fn usage<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerUsage>> {
        async move {
            let name = plausible_name("measure container", "container", container)?;
            let call = Call::new("measure container", "container", name);
            // One look: the default is two with a second between them, so that the daemon can compare.
            let options = query::StatsOptions { stream: false, one_shot: true };
            let found = self
                .call(&call, QUICK, |docker| async move {
                    docker.stats(name, Some(options)).boxed().try_next().await
                })
                .await;
            Ok(Self::look_up(found).await?.flatten().and_then(read::usage))
        }
        .boxed()
    }

    fn open_terminal<'a>(
        &'a self,
        container: &'a str,
        command: &'a [&'a str],
        size: TerminalSize,
    ) -> Answer<'a, Terminal> {
        async move {
            let name = plausible_name("open terminal", "container", container)?;
            let call = Call::new("open terminal", "container", name);
            let options = CreateExecOptions {
                attach_stdin: Some(true),
                attach_stdout: Some(true),
                attach_stderr: Some(true),
                tty: Some(true),
                env: Some(vec!["TERM=xterm-256color"]),
                cmd: Some(command.to_vec()),
                ..CreateExecOptions::default()
            };
            let id = self.call(&call, QUICK, |docker| docker.create_exec(name, options)).await?.id;
            match timeout(QUICK, terminal::start(&self.socket, &id)).await {
                Ok(Ok(terminal::Answer::Open(output, input))) => {
                    // A program that has ended already has no terminal any more, and nobody minds.
                    if let Err(error) = self.resize_terminal(&id, size).await
                        && !matches!(
                            error,
                            EngineError::NotFound { .. }
                                | EngineError::Conflict { .. }
                                | EngineError::Other { .. }
                        )
                    {
                        return Err(error);
                    }
                    Ok(Terminal { id, output, input })
                }
                Ok(Ok(terminal::Answer::Refused { status, body })) => Err(refused(&call, status, &body)),
                Ok(Err(err)) => Err(self.unavailable(ClientError::IOError { err }).await),
                Err(_) => Err(EngineError::TimedOut { operation: call.operation.to_owned(), limit: QUICK }),
            }
        }
        .boxed()
    }

    fn resize_terminal<'a>(&'a self, terminal: &'a str, size: TerminalSize) -> Answer<'a, ()> {
        async move {
            let id = plausible_name("resize terminal", "terminal", terminal)?;
            let call = Call::new("resize terminal", "terminal", id);
            let options = query::ResizeExecOptions { h: i32::from(size.rows), w: i32::from(size.columns) };
            self.call(&call, QUICK, |docker| docker.resize_exec(id, options)).await
        }
        .boxed()
    }

    fn terminal_exit_code<'a>(&'a self, terminal: &'a str) -> Answer<'a, Option<i64>> {
        async move {
            let id = plausible_name("look at terminal", "terminal", terminal)?;
            let call = Call::new("look at terminal", "terminal", id);
            let found = self.call(&call, QUICK, |docker| docker.inspect_exec(id)).await?;
            Ok(found.exit_code.filter(|_| found.running == Some(false)))
        }
        .boxed()
    }

    fn run_in<'a>(&'a self, container: &'a str, what: &'a RunIn) -> Answer<'a, RanIn> {
        self.ran_in(container, what).boxed()
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

/// The daemon's clock, which is the machine's: seconds and nanoseconds.
#[expect(clippy::disallowed_methods, reason = "it must be the daemon's clock, which is the machine's")]
fn now() -> (u64, u32) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_secs(), now.subsec_nanos())
}

/// What the daemon answered on a connection of our own.
fn refused(call: &Call<'_>, status: u16, body: &[u8]) -> EngineError {
    let message = serde_json::from_slice::<HashMap<String, String>>(body)
        .ok()
        .and_then(|mut body| body.remove("message"))
        .unwrap_or_else(|| String::from_utf8_lossy(body).into_owned());
    classify::classify(call, ClientError::DockerResponseServerError { status_code: status, message })
}

/// Repository and tag of a reference without a digest.
fn repository(doing: &'static str, reference: &str) -> crate::error::Result<(String, String)> {
    let reference = plausible_image(doing, reference)?;
    let slash = reference.rfind('/').map_or(0, |at| at + 1);
    Ok(match reference[slash..].rfind(':') {
        Some(at) => (reference[..slash + at].to_owned(), reference[slash + at + 1..].to_owned()),
        None => (reference.to_owned(), "latest".to_owned()),
    })
}
