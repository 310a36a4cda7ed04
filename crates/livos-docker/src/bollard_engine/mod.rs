//! [`Engine`] on a real Docker Engine.
//!
//! Every call opens its own connection (the client library keeps none on unix sockets), so a daemon that was
//! restarted is simply there again. Calls that should be quick have a time limit; those that stream end with
//! their connection.

mod classify;
mod convert;
mod events;
mod files;
mod logs;
mod made;
mod port;
mod progress;
mod read;
mod run_in;
mod terminal;

use std::collections::HashMap;
use std::future::Future;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bollard::Docker;
use bollard::errors::Error as ClientError;
use bollard::models::NetworkConnectRequest;
use bollard::query_parameters as query;
use futures_util::{StreamExt, TryStreamExt};
use tokio::net::UnixStream;
use tokio::sync::{OnceCell, watch};
use tokio::time::timeout;

use self::classify::Call;
use crate::config::{ContainerConfig, NetworkJoin, NetworkMode};
use crate::engine::{Engine, RemoveContainer};
use crate::error::{EngineError, Result};
use crate::info::{ImageInfo, LabelFilter, PullProgress, UnusableBecause};
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

    /// The same engine for what outlives a call.
    fn again(&self) -> Self {
        Self { socket: self.socket.clone(), client: self.client.clone() }
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
