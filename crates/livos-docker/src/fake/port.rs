//! The port's methods, one by one.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use tokio::sync::{broadcast, watch};

use super::state::State;
use super::{Behaviour, FakeEngine, FakeImage, check_image, check_name, conflict, layer};
use crate::config::{ContainerConfig, NetworkConfig, NetworkJoin, VolumeConfig};
use crate::engine::{
    Answer, ArchiveStream, Engine, EngineEvents, LogOptions, LogStream, RemoveContainer, Terminal,
    TerminalSize,
};
use crate::error::EngineError;
use crate::info::{
    AttachedNetwork, ContainerInfo, ContainerState, ContainerSummary, ContainerUsage, EngineEvent,
    EngineStatus, EventSubject, Health, ImageInfo, ImageSummary, LabelFilter, NetworkInfo, PullProgress,
    UnusableBecause, VolumeInfo,
};
use crate::reference;
use crate::run_in::{RanIn, RunIn};

impl Engine for FakeEngine {
    fn status(&self) -> BoxFuture<'_, EngineStatus> {
        let state = self.state();
        let status = match state.down {
            Some(because) => EngineStatus {
                because: Some(because),
                reason: because.text().to_owned(),
                ..EngineStatus::default()
            },
            None => EngineStatus {
                usable: true,
                version: "20.10.24".to_owned(),
                api_version: "1.41".to_owned(),
                os: "linux".to_owned(),
                architecture: state.architecture.clone(),
                ..EngineStatus::default()
            },
        };
        std::future::ready(status).boxed()
    }

    fn is_in_slices(&self) -> Answer<'_, bool> {
        self.act("is_in_slices", "", |state| Ok(state.in_slices))
    }

    fn root_dir(&self) -> Answer<'_, String> {
        self.act("root_dir", "", |_| Ok("/var/lib/docker".to_owned()))
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
        self.act("image", image, move |state| {
            check_image(image)?;
            Ok(state.local_image(image).map(|(_, info)| info.clone()))
        })
    }

    fn list_images(&self) -> Answer<'_, Vec<ImageSummary>> {
        self.act("list_images", "", |state| {
            let mut found: BTreeMap<&str, ImageSummary> = BTreeMap::new();
            for (reference, (_, info)) in &state.images {
                let image = found.entry(&info.id).or_insert_with(|| ImageSummary {
                    id: info.id.clone(),
                    size: info.size,
                    digests: info.digests.clone(),
                    ..ImageSummary::default()
                });
                if !reference.contains('@') && *reference != info.id {
                    image.tags.push(reference.clone());
                }
            }
            Ok(found.into_values().collect())
        })
    }

    fn remove_image<'a>(&'a self, image: &'a str) -> Answer<'a, bool> {
        self.act("remove_image", image, move |state| {
            check_image(image)?;
            let Some(info) = state.local_image(image).map(|(_, info)| info.clone()) else { return Ok(false) };
            let last = state.images.values().filter(|(_, other)| other.id == info.id).count() == 1;
            if last && state.containers.values().any(|container| container.info.image_id == info.id) {
                return conflict(format!("image {image}"), "a container uses it");
            }
            let key = reference::familiar(image);
            state.images.retain(|reference, (_, other)| {
                *reference != key && (other.id != info.id || image != info.id)
            });
            Ok(true)
        })
    }

    fn tag_image<'a>(&'a self, image: &'a str, reference: &'a str) -> Answer<'a, ()> {
        self.act("tag_image", reference, move |state| {
            check_image(reference)?;
            let Some((made, info)) = state.local_image(image).cloned() else {
                return Err(EngineError::ImageNotFound { image: image.to_owned() });
            };
            let key = reference::familiar(reference);
            let info = ImageInfo { tags: vec![key.clone()], ..info };
            state.name_image(key, made, info);
            Ok(())
        })
    }

    fn import_image<'a>(&'a self, reference: &'a str, _: Bytes) -> Answer<'a, ()> {
        self.act("import_image", reference, move |state| {
            check_image(reference)?;
            let made = FakeImage::new(reference).behaviour(Behaviour::Exits(0));
            let info = ImageInfo {
                id: format!("sha256:{}", state.new_id()),
                tags: vec![reference::familiar(reference)],
                size: 1,
                architecture: state.architecture.clone(),
                ..made.info.clone()
            };
            state.name_image(reference::familiar(reference), made, info);
            Ok(())
        })
    }

    fn create_network<'a>(&'a self, network: &'a NetworkConfig) -> Answer<'a, String> {
        self.act("create_network", &network.name, move |state| {
            check_name("network", &network.name)?;
            if state.networks.contains_key(&network.name) {
                return Err(EngineError::NameTaken { name: network.name.clone() });
            }
            let id = state.add_network(NetworkInfo {
                name: network.name.clone(),
                driver: network.driver.clone().unwrap_or_else(|| "bridge".to_owned()),
                internal: network.internal,
                attachable: network.attachable,
                ipv6: network.ipv6,
                options: network.options.clone(),
                subnets: network.subnets.clone(),
                labels: network.labels.clone(),
                ..NetworkInfo::default()
            });
            let attributes = [("name".to_owned(), network.name.clone())].into();
            state.event(EventSubject::Network, "create", &id, attributes);
            Ok(id)
        })
    }

    fn network<'a>(&'a self, name: &'a str) -> Answer<'a, Option<NetworkInfo>> {
        self.act("network", name, move |state| {
            check_name("network", name)?;
            let Some(name) = state.network_name(name) else { return Ok(None) };
            let containers = on_network(state, &name);
            Ok(state.networks.get(&name).map(|network| NetworkInfo { containers, ..network.info.clone() }))
        })
    }

    fn list_networks<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<NetworkInfo>> {
        self.act("list_networks", "", move |state| {
            let all = state.networks.values().map(|network| network.info.clone());
            Ok(all.filter(|network| labels.matches(&network.labels)).collect())
        })
    }

    fn remove_network<'a>(&'a self, name: &'a str) -> Answer<'a, bool> {
        self.act("remove_network", name, move |state| {
            check_name("network", name)?;
            let Some(own) = state.network_name(name) else { return Ok(false) };
            if !on_network(state, &own).is_empty() {
                return conflict(format!("network {name}"), "it has active endpoints");
            }
            state.networks.remove(&own);
            Ok(true)
        })
    }

    fn connect_network<'a>(&'a self, container: &'a str, join: &'a NetworkJoin) -> Answer<'a, ()> {
        self.act("connect_network", container, move |state| {
            let id = state.container_id(container)?;
            let Some(name) = state.network_name(&join.network) else {
                return Err(EngineError::NotFound { subject: format!("network {}", join.network) });
            };
            if let Some(container) = state.containers.get_mut(&id) {
                if container.info.networks.iter().any(|network| network.name == name) {
                    return conflict(format!("network {name}"), "the container is on it already");
                }
                container.config.networks.push(join.clone());
                let attached =
                    AttachedNetwork { name, aliases: join.aliases.clone(), ..AttachedNetwork::default() };
                container.info.networks.push(attached);
            }
            Ok(())
        })
    }

    fn disconnect_network<'a>(&'a self, container: &'a str, network: &'a str) -> Answer<'a, ()> {
        self.act("disconnect_network", container, move |state| {
            let id = state.container_id(container)?;
            let name = state.network_name(network);
            let found = name.and_then(|name| {
                let container = state.containers.get_mut(&id)?;
                let at = container.info.networks.iter().position(|network| network.name == name)?;
                container.config.networks.retain(|join| join.network != name);
                Some(container.info.networks.remove(at))
            });
            found.map(drop).ok_or_else(|| EngineError::NotFound { subject: format!("network {network}") })
        })
    }

    fn create_volume<'a>(&'a self, volume: &'a VolumeConfig) -> Answer<'a, VolumeInfo> {
        self.act("create_volume", &volume.name, move |state| {
            check_name("volume", &volume.name)?;
            let made = VolumeInfo {
                name: volume.name.clone(),
                driver: volume.driver.clone().unwrap_or_else(|| "local".to_owned()),
                mountpoint: format!("/fake/volumes/{}/_data", volume.name),
                options: volume.options.clone(),
                labels: volume.labels.clone(),
            };
            Ok(state.volumes.entry(volume.name.clone()).or_insert(made).clone())
        })
    }

    fn volume<'a>(&'a self, name: &'a str) -> Answer<'a, Option<VolumeInfo>> {
        self.act("volume", name, move |state| {
            check_name("volume", name)?;
            Ok(state.volumes.get(name).cloned())
        })
    }

    fn list_volumes<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<VolumeInfo>> {
        self.act("list_volumes", "", move |state| {
            Ok(state.volumes.values().filter(|volume| labels.matches(&volume.labels)).cloned().collect())
        })
    }

    fn remove_volume<'a>(&'a self, name: &'a str) -> Answer<'a, bool> {
        self.act("remove_volume", name, move |state| {
            check_name("volume", name)?;
            let used = |mount: &crate::MountedVolume| mount.kind == "volume" && mount.name == name;
            if state.containers.values().any(|container| container.info.mounts.iter().any(used)) {
                return conflict(format!("volume {name}"), "a container uses it");
            }
            Ok(state.volumes.remove(name).is_some())
        })
    }

    fn create_container<'a>(&'a self, container: &'a ContainerConfig) -> Answer<'a, String> {
        self.act("create_container", &container.name, move |state| {
            check_name("container", &container.name)?;
            check_image(&container.image)?;
            state.make(container)
        })
    }

    fn start_container<'a>(&'a self, container: &'a str) -> Answer<'a, ()> {
        self.act("start_container", container, move |state| {
            let id = state.container_id(container)?;
            state.start(&id)
        })
    }

    fn stop_container<'a>(&'a self, container: &'a str, _grace: Option<Duration>) -> Answer<'a, ()> {
        self.act("stop_container", container, move |state| {
            let id = state.container_id(container)?;
            if state.containers.get(&id).is_some_and(|container| {
                container.info.state.is_running() || container.info.state == ContainerState::Restarting
            }) {
                state.stop(&id, 0);
            }
            Ok(())
        })
    }

    fn restart_container<'a>(&'a self, container: &'a str, _grace: Option<Duration>) -> Answer<'a, ()> {
        self.act("restart_container", container, move |state| {
            let id = state.container_id(container)?;
            state.stop(&id, 0);
            state.start(&id)
        })
    }

    fn kill_container<'a>(&'a self, container: &'a str, signal: &'a str) -> Answer<'a, ()> {
        self.act("kill_container", container, move |state| {
            let id = state.container_id(container)?;
            if !state.containers.get(&id).is_some_and(|container| container.info.state.is_running()) {
                return conflict(format!("container {container}"), "it isn't running");
            }
            match signal.trim_start_matches("SIG") {
                "KILL" | "9" => state.exit(&id, 137, true),
                "TERM" | "15" | "INT" | "2" => state.exit(&id, 0, true),
                _ => {}
            }
            Ok(())
        })
    }

    fn remove_container<'a>(&'a self, container: &'a str, how: RemoveContainer) -> Answer<'a, bool> {
        self.act("remove_container", container, move |state| {
            check_name("container", container)?;
            let Ok(id) = state.container_id(container) else { return Ok(false) };
            let running = state.containers.get(&id).is_some_and(|container| {
                container.info.state.is_running() || container.info.state == ContainerState::Restarting
            });
            if running && !how.force {
                return conflict(format!("container {container}"), "it is running");
            }
            state.remove(&id, how.anonymous_volumes);
            Ok(true)
        })
    }

    fn rename_container<'a>(&'a self, container: &'a str, name: &'a str) -> Answer<'a, ()> {
        self.act("rename_container", container, move |state| {
            check_name("container", name)?;
            let id = state.container_id(container)?;
            if state.containers.values().any(|other| other.info.name == name) {
                return Err(EngineError::NameTaken { name: name.to_owned() });
            }
            if let Some(container) = state.containers.get_mut(&id) {
                name.clone_into(&mut container.info.name);
                name.clone_into(&mut container.config.name);
            }
            Ok(())
        })
    }

    fn wait_container<'a>(&'a self, container: &'a str) -> Answer<'a, i64> {
        async move {
            let id = self.change(|state| {
                state.enter("wait_container", container)?;
                state.container_id(container)
            })?;
            self.wait_for(|state| match state.containers.get(&id) {
                Some(container) if container.info.state.is_running() => None,
                Some(container) => Some(Ok(container.info.exit_code.unwrap_or(0))),
                None => Some(Ok(137)),
            })
            .await
        }
        .boxed()
    }

    fn inspect_container<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerInfo>> {
        self.act("inspect_container", container, move |state| {
            check_name("container", container)?;
            let id = state.container_id(container).unwrap_or_default();
            Ok(state.containers.get(&id).map(|container| container.info.clone()))
        })
    }

    fn container_config<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerConfig>> {
        self.act("container_config", container, move |state| {
            check_name("container", container)?;
            let id = state.container_id(container).unwrap_or_default();
            Ok(state.containers.get(&id).map(|container| {
                let image = state.local_image(&container.info.image_id).map(|(_, info)| info);
                super::made::config(container, image)
            }))
        })
    }

    fn list_containers<'a>(&'a self, labels: &'a LabelFilter) -> Answer<'a, Vec<ContainerSummary>> {
        self.act("list_containers", "", move |state| {
            let all = state.containers.values().filter(|container| labels.matches(&container.info.labels));
            Ok(all.map(|container| summary(&container.info)).collect())
        })
    }

    fn written_bytes<'a>(&'a self, container: &'a str) -> Answer<'a, u64> {
        self.act("written_bytes", container, move |state| {
            let id = state.container_id(container)?;
            let written = state.containers.get(&id).map_or(0, |container| {
                container.archives.iter().map(|(_, archive)| archive.len()).sum::<usize>()
            });
            Ok(u64::try_from(written).unwrap_or(u64::MAX))
        })
    }

    fn changed_paths<'a>(&'a self, container: &'a str) -> Answer<'a, Vec<String>> {
        self.act("changed_paths", container, move |state| {
            let id = state.container_id(container)?;
            Ok(state.containers.get(&id).map(layer::changed).unwrap_or_default())
        })
    }

    fn file_bytes<'a>(&'a self, container: &'a str, path: &'a str) -> Answer<'a, Option<u64>> {
        self.act("file_bytes", container, move |state| {
            let id = state.container_id(container)?;
            Ok(state.containers.get(&id).and_then(|container| layer::files(container).get(path).copied()))
        })
    }

    fn read_archive<'a>(&'a self, container: &'a str, path: &'a str) -> Answer<'a, ArchiveStream> {
        self.act("read_archive", container, move |state| {
            let id = state.container_id(container)?;
            let packed = state.containers.get(&id).and_then(|container| layer::archive(container, path));
            let absent = || EngineError::NotFound { subject: format!("{path} in container {container}") };
            Ok(stream::iter([Ok(packed.ok_or_else(absent)?)]).boxed())
        })
    }

    fn logs<'a>(&'a self, container: &'a str, options: LogOptions) -> Answer<'a, LogStream> {
        let id = self.change(|state| {
            state.enter("logs", container)?;
            state.container_id(container)
        });
        let engine = self.clone();
        let answer = id.map(|id| {
            let length =
                |state: &State| state.containers.get(&id).map_or(0, |container| container.output.len());
            let total = length(&engine.state());
            let tail = options.tail.map_or(total, |lines| lines as usize);
            let first = total.saturating_sub(tail);
            stream::unfold(first, move |next| {
                let engine = engine.clone();
                let id = id.clone();
                async move {
                    let chunk = engine
                        .wait_for(|state| match state.containers.get(&id) {
                            None => Some(Ok(None)),
                            Some(container) => match container.output.get(next) {
                                Some(chunk) => Some(Ok(Some(chunk.clone()))),
                                None if options.follow && container.info.state.is_running() => None,
                                None => Some(Ok(None)),
                            },
                        })
                        .await;
                    chunk.ok().flatten().map(|chunk| (Ok(chunk), next + 1))
                }
            })
            .boxed()
        });
        std::future::ready(answer).boxed()
    }

    fn events(&self, labels: &LabelFilter) -> EngineEvents {
        let down = self.state().down;
        match down {
            Some(because) => stream::once(std::future::ready(gone(because))).boxed(),
            None => following(self.shared.events.subscribe(), labels.clone()).boxed(),
        }
    }

    fn recent_events(&self, since: i64, follow: bool) -> EngineEvents {
        // Events are sent under the lock, so that none falls between what was and what comes.
        let state = self.state();
        let past: Vec<_> = state.past_events.iter().filter(|event| event.at >= since).cloned().collect();
        let down = state.down;
        let fresh = self.shared.events.subscribe();
        drop(state);
        let past = stream::iter(past.into_iter().map(Ok));
        match down {
            Some(because) => stream::once(std::future::ready(gone(because))).boxed(),
            None if follow => past.chain(following(fresh, LabelFilter::any())).boxed(),
            None => past.boxed(),
        }
    }

    fn usage<'a>(&'a self, container: &'a str) -> Answer<'a, Option<ContainerUsage>> {
        self.act("usage", container, move |state| {
            check_name("container", container)?;
            let id = state.container_id(container).unwrap_or_default();
            let runs = state.containers.get(&id).is_some_and(|container| container.info.state.is_running());
            state.looks += 1;
            let looks = state.looks;
            Ok(runs.then_some(ContainerUsage {
                cpu_ns: looks * 50_000_000,
                machine_ns: looks * 1_000_000_000,
                memory: 24_000_000,
                memory_limit: 4_000_000_000,
                processes: 3,
            }))
        })
    }

    fn open_terminal<'a>(
        &'a self,
        container: &'a str,
        command: &'a [&'a str],
        size: TerminalSize,
    ) -> Answer<'a, Terminal> {
        self.act("open_terminal", container, move |state| {
            let id = state.container_id(container)?;
            if !state.containers.get(&id).is_some_and(|container| container.info.state.is_running()) {
                return conflict(format!("container {container}"), "it isn't running");
            }
            Ok(state.terminals.open(command, size))
        })
    }

    fn resize_terminal<'a>(&'a self, terminal: &'a str, size: TerminalSize) -> Answer<'a, ()> {
        self.act("resize_terminal", terminal, move |state| state.terminals.resize(terminal, size))
    }

    fn terminal_exit_code<'a>(&'a self, terminal: &'a str) -> Answer<'a, Option<i64>> {
        self.act("terminal_exit_code", terminal, move |state| state.terminals.exit_code(terminal))
    }

    fn run_in<'a>(&'a self, container: &'a str, what: &'a RunIn) -> Answer<'a, RanIn> {
        self.act("run_in", container, move |state| {
            check_name("container", container)?;
            let id = state.container_id(container)?;
            match state.containers.get(&id) {
                Some(container) if container.info.state.is_running() => {
                    let mut ran = state.answers_in.get(&container.config.name).cloned().unwrap_or_default();
                    ran.stdout.truncate(what.most_output);
                    ran.stderr.truncate(what.most_output);
                    state.ran_in.push((container.config.name.clone(), what.clone()));
                    Ok(ran)
                }
                _ => conflict(format!("container {container}"), "it isn't running"),
            }
        })
    }

    fn put_archive<'a>(&'a self, container: &'a str, path: &'a str, archive: Bytes) -> Answer<'a, ()> {
        self.act("put_archive", container, move |state| {
            let id = state.container_id(container)?;
            if let Some(container) = state.containers.get_mut(&id) {
                container.archives.push((path.to_owned(), archive));
            }
            Ok(())
        })
    }
}

fn gone(because: UnusableBecause) -> crate::error::Result<EngineEvent> {
    Err(EngineError::Unavailable { because, source: None })
}

/// What is told from now on, until the daemon goes away.
fn following(
    events: broadcast::Receiver<Option<EngineEvent>>,
    labels: LabelFilter,
) -> impl Stream<Item = crate::error::Result<EngineEvent>> + Send {
    stream::unfold(Some((events, labels)), move |listener| async move {
        let (mut events, labels) = listener?;
        loop {
            match events.recv().await {
                Ok(Some(event)) if labels.matches(&event.attributes) => {
                    return Some((Ok(event), Some((events, labels))));
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return Some((gone(UnusableBecause::NotRunning), None)),
            }
        }
    })
}

fn on_network(state: &State, name: &str) -> Vec<String> {
    let attached = |info: &ContainerInfo| {
        info.state.is_running() && info.networks.iter().any(|network| network.name == name)
    };
    state
        .containers
        .iter()
        .filter(|(_, container)| attached(&container.info))
        .map(|(id, _)| id.clone())
        .collect()
}

fn summary(info: &ContainerInfo) -> ContainerSummary {
    ContainerSummary {
        id: info.id.clone(),
        name: info.name.clone(),
        state: info.state,
        health: if info.state.is_running() { info.health } else { Health::None },
        image: info.image.clone(),
        image_id: info.image_id.clone(),
        created_at: info.created_at,
        labels: info.labels.clone(),
        ports: info.ports.clone(),
        mounts: info.mounts.clone(),
        networks: info.networks.iter().map(|network| network.name.clone()).collect(),
    }
}
