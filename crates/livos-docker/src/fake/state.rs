//! The world of the fake: what exists, and what follows from it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};

use super::image::{Behaviour, FakeImage};
use super::terminal::Terminals;
use crate::config::{
    ContainerConfig, HealthTest, MountKind, NetworkMode, PortBinding, Protocol, RestartPolicy,
};
use crate::error::{EngineError, Result};
use crate::info::{
    AttachedNetwork, ContainerInfo, ContainerState, EngineEvent, EventSubject, Health, ImageInfo, LogChunk,
    LogSource, MountedVolume, NetworkInfo, PublishedPort, UnusableBecause, VolumeInfo,
};
use crate::reference;
use crate::run_in::{RanIn, RunIn};

/// How often the fake restarts what exits at once before it rests in "restarting"; a real daemon waits ever
/// longer in between.
const RESTARTS_SHOWN: u32 = 3;
const FIRST_FREE_PORT: u16 = 49_153;

#[derive(Debug)]
pub(super) struct Container {
    pub(super) config: ContainerConfig,
    pub(super) info: ContainerInfo,
    pub(super) behaviour: Behaviour,
    pub(super) greeting: Vec<u8>,
    pub(super) output: Vec<LogChunk>,
    pub(super) archives: Vec<(String, bytes::Bytes)>,
}

#[derive(Debug)]
pub(super) struct Network {
    pub(super) info: NetworkInfo,
    next_address: u16,
    third: u8,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) architecture: String,
    pub(super) down: Option<UnusableBecause>,
    /// What the registry has, and what pulling it does instead of succeeding.
    pub(super) registry: BTreeMap<String, FakeImage>,
    /// What is on this machine: reference to image.
    pub(super) images: BTreeMap<String, (FakeImage, ImageInfo)>,
    pub(super) containers: BTreeMap<String, Container>,
    pub(super) networks: BTreeMap<String, Network>,
    pub(super) volumes: BTreeMap<String, VolumeInfo>,
    /// systemd keeps the containers' limits.
    pub(super) in_slices: bool,
    pub(super) foreign_ports: BTreeSet<(u16, Protocol)>,
    pub(super) failures: Vec<(&'static str, String, EngineError)>,
    pub(super) held_pulls: BTreeSet<String>,
    pub(super) calls: Vec<String>,
    pub(super) terminals: Terminals,
    /// How commands end in the containers of these names, and which were run.
    pub(super) answers_in: BTreeMap<String, RanIn>,
    pub(super) ran_in: Vec<(String, RunIn)>,
    pub(super) fresh_events: VecDeque<EngineEvent>,
    /// What happened so far, as a daemon remembers it.
    pub(super) past_events: Vec<EngineEvent>,
    /// Looks at what containers use; each finds that a little more was used.
    pub(super) looks: u64,
    made: u64,
    now: i64,
}

impl State {
    pub(super) fn new(architecture: &str) -> Self {
        Self {
            architecture: architecture.to_owned(),
            down: None,
            registry: BTreeMap::new(),
            images: BTreeMap::new(),
            containers: BTreeMap::new(),
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            in_slices: false,
            foreign_ports: BTreeSet::new(),
            failures: Vec::new(),
            held_pulls: BTreeSet::new(),
            calls: Vec::new(),
            terminals: Terminals::default(),
            answers_in: BTreeMap::new(),
            ran_in: Vec::new(),
            fresh_events: VecDeque::new(),
            past_events: Vec::new(),
            looks: 0,
            made: 0,
            now: 1_700_000_000,
        }
    }

    /// Time passes by one second an event, so that it is the same in every run.
    fn tick(&mut self) -> i64 {
        self.now += 1;
        self.now
    }

    pub(super) fn new_id(&mut self) -> String {
        self.made += 1;
        format!("{:064x}", 0x00fa_ce00_0000_0000_u64 + self.made)
    }

    /// Notes the call, and what the test wants it to fail with.
    pub(super) fn enter(&mut self, operation: &'static str, subject: &str) -> Result<()> {
        self.calls.push(if subject.is_empty() {
            operation.to_owned()
        } else {
            format!("{operation} {subject}")
        });
        if let Some(because) = self.down {
            return Err(EngineError::Unavailable { because, source: None });
        }
        let planned = self
            .failures
            .iter()
            .position(|(verb, name, _)| *verb == operation && (name.is_empty() || name == subject));
        match planned {
            Some(at) => Err(self.failures.remove(at).2),
            None => Ok(()),
        }
    }

    pub(super) fn event(
        &mut self,
        subject: EventSubject,
        action: &str,
        id: &str,
        attributes: BTreeMap<String, String>,
    ) {
        let at = self.tick();
        let name = attributes.get("name").cloned().unwrap_or_default();
        let event =
            EngineEvent { subject, action: action.to_owned(), id: id.to_owned(), name, attributes, at };
        self.past_events.push(event.clone());
        self.fresh_events.push_back(event);
    }

    fn container_event(&mut self, id: &str, action: &str, more: &[(&str, String)]) {
        let Some(container) = self.containers.get(id) else { return };
        let mut attributes = container.info.labels.clone();
        attributes.insert("name".to_owned(), container.info.name.clone());
        attributes.insert("image".to_owned(), container.info.image.clone());
        attributes.extend(more.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        self.event(EventSubject::Container, action, id, attributes);
    }

    pub(super) fn local_image(&self, image: &str) -> Option<&(FakeImage, ImageInfo)> {
        self.images.get(&reference::familiar(image)).or_else(|| {
            self.images.values().find(|(_, info)| info.id == image || info.digests.iter().any(|d| d == image))
        })
    }

    /// Gives an image this reference. The one that had it stays, without a name if that was its last.
    pub(super) fn name_image(&mut self, reference: String, made: FakeImage, info: ImageInfo) {
        let Some((old, before)) = self.images.insert(reference, (made, info)) else { return };
        if !self.images.values().any(|(_, other)| other.id == before.id) {
            let nameless = ImageInfo { tags: Vec::new(), ..before };
            self.images.insert(nameless.id.clone(), (old, nameless));
        }
    }

    /// Finds by id, unique id prefix or name.
    pub(super) fn container_id(&self, name: &str) -> Result<String> {
        let by_name =
            self.containers.iter().find(|(id, container)| *id == name || container.info.name == name);
        let by_prefix = || {
            let mut found = self.containers.keys().filter(|id| id.starts_with(name));
            found.next().filter(|_| found.next().is_none())
        };
        by_name
            .map(|(id, _)| id)
            .or_else(by_prefix)
            .cloned()
            .ok_or_else(|| EngineError::NotFound { subject: format!("container {name}") })
    }

    pub(super) fn network_name(&self, name: &str) -> Option<String> {
        self.networks
            .values()
            .find(|network| network.info.name == name || network.info.id == name)
            .map(|n| n.info.name.clone())
    }

    pub(super) fn add_network(&mut self, mut info: NetworkInfo) -> String {
        let id = self.new_id();
        info.id.clone_from(&id);
        let third = u8::try_from(self.networks.len() % 200).unwrap_or(0);
        if info.subnets.is_empty() {
            info.subnets.push(crate::Subnet {
                subnet: format!("172.30.{third}.0/24"),
                gateway: Some(IpAddr::V4(Ipv4Addr::new(172, 30, third, 1))),
                ..crate::Subnet::default()
            });
        }
        self.networks.insert(info.name.clone(), Network { info, next_address: 1, third });
        id
    }

    pub(super) fn make(&mut self, config: &ContainerConfig) -> Result<String> {
        let name = config.name.clone();
        let subject = format!("container {name}");
        let Some((image, image_info)) = self.local_image(&config.image).cloned() else {
            return Err(EngineError::ImageNotFound { image: config.image.clone() });
        };
        let wanted = config.platform.as_deref().and_then(|platform| platform.split('/').nth(1));
        if wanted.is_some_and(|wanted| wanted != image_info.architecture) {
            return Err(EngineError::WrongPlatform {
                image: config.image.clone(),
                wanted: config.platform.clone().unwrap_or_default(),
                found: Some(format!("linux/{}", image_info.architecture)),
            });
        }
        if self.containers.values().any(|container| container.info.name == name) {
            return Err(EngineError::NameTaken { name });
        }
        let mut networks = Vec::new();
        if config.network_mode == NetworkMode::Networks {
            for join in &config.networks {
                let Some(network) = self.network_name(&join.network) else {
                    return Err(EngineError::NotFound { subject: format!("network {}", join.network) });
                };
                networks.push(AttachedNetwork {
                    name: network,
                    aliases: join.aliases.clone(),
                    ..AttachedNetwork::default()
                });
            }
        }
        for mount in &config.mounts {
            if let MountKind::Bind { source, create_host_path: false, .. } = &mount.kind
                && !std::path::Path::new(source).exists()
            {
                let detail = format!("bind source path does not exist: {source}");
                return Err(EngineError::Invalid { subject, detail });
            }
        }
        let no_slice = |parent: &String| {
            std::path::Path::new(parent).extension().is_none_or(|extension| extension != "slice")
        };
        if self.in_slices && config.cgroup_parent.as_ref().is_some_and(no_slice) {
            let detail = "cgroup-parent for systemd cgroup should be a valid slice".to_owned();
            return Err(EngineError::Invalid { subject, detail });
        }
        let id = self.new_id();
        let mounts = self.mount(config, &image_info);
        let mut labels = image_info.labels.clone();
        labels.extend(config.labels.clone());
        let mut env = image_info.env.clone();
        env.retain(|pair| !config.env.contains_key(pair.split('=').next().unwrap_or_default()));
        env.extend(
            config.env.iter().filter_map(|(key, value)| value.as_ref().map(|value| format!("{key}={value}"))),
        );
        let info = ContainerInfo {
            id: id.clone(),
            name,
            image: config.image.clone(),
            image_id: image_info.id,
            labels,
            networks,
            mounts,
            named_volumes: named_volumes(config),
            env,
            created_at: self.tick(),
            ..ContainerInfo::default()
        };
        let mut config = config.clone();
        if matches!(config.healthcheck, None | Some(crate::Healthcheck { test: HealthTest::Inherit, .. })) {
            config.healthcheck = image.info.healthcheck.clone();
        }
        let container = Container {
            config,
            info,
            behaviour: image.behaviour,
            greeting: image.output,
            output: Vec::new(),
            archives: Vec::new(),
        };
        self.containers.insert(id.clone(), container);
        self.container_event(&id, "create", &[]);
        Ok(id)
    }

    /// Volumes come into being with the container that uses them, anonymous ones for what the image declares.
    fn mount(&mut self, config: &ContainerConfig, image: &ImageInfo) -> Vec<MountedVolume> {
        let mut mounts = Vec::new();
        let volume = |state: &mut Self, name: Option<String>, target: &str, read_only: bool| {
            let name = name.unwrap_or_else(|| state.new_id());
            let mountpoint = format!("/fake/volumes/{name}/_data");
            state.volumes.entry(name.clone()).or_insert_with(|| VolumeInfo {
                name: name.clone(),
                driver: "local".to_owned(),
                mountpoint: mountpoint.clone(),
                ..VolumeInfo::default()
            });
            MountedVolume {
                kind: "volume".to_owned(),
                name,
                source: mountpoint,
                target: target.to_owned(),
                writable: !read_only,
            }
        };
        for mount in &config.mounts {
            mounts.push(match &mount.kind {
                MountKind::Volume { name, .. } => volume(self, name.clone(), &mount.target, mount.read_only),
                MountKind::Bind { source, .. } => MountedVolume {
                    kind: "bind".to_owned(),
                    source: source.clone(),
                    target: mount.target.clone(),
                    writable: !mount.read_only,
                    ..MountedVolume::default()
                },
                MountKind::Tmpfs { .. } => MountedVolume {
                    kind: "tmpfs".to_owned(),
                    target: mount.target.clone(),
                    writable: true,
                    ..MountedVolume::default()
                },
            });
        }
        for path in &image.volumes {
            if !mounts.iter().any(|mount| mount.target == *path) && !config.tmpfs.contains_key(path) {
                mounts.push(volume(self, None, path, false));
            }
        }
        mounts
    }

    pub(super) fn start(&mut self, id: &str) -> Result<()> {
        let Some(container) = self.containers.get(id) else { return Ok(()) };
        if container.info.state.is_running() {
            return Ok(());
        }
        let ports = self.publish(id)?;
        let addresses = self.addresses(id)?;
        let now = self.tick();
        let Some(container) = self.containers.get_mut(id) else { return Ok(()) };
        container.info.state = ContainerState::Running;
        container.info.started_at = Some(now);
        container.info.exit_code = None;
        container.info.ports = ports;
        for (network, (network_id, ip, gateway)) in container.info.networks.iter_mut().zip(addresses) {
            network.id = network_id;
            network.ip = Some(ip);
            network.gateway = gateway;
        }
        let bytes = bytes::Bytes::from(container.greeting.clone());
        container.output.push(LogChunk { source: LogSource::Stdout, bytes });
        let checked = !matches!(
            &container.config.healthcheck,
            None | Some(crate::Healthcheck { test: HealthTest::Disabled, .. })
        );
        container.info.health = if checked { Health::Starting } else { Health::None };
        let behaviour = container.behaviour;
        self.container_event(id, "start", &[]);
        match behaviour {
            Behaviour::Exits(code) => self.exit(id, code, false),
            Behaviour::Runs if checked => self.set_health(id, Health::Healthy),
            Behaviour::Unhealthy if checked => self.set_health(id, Health::Unhealthy),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn set_health(&mut self, id: &str, health: Health) {
        let Some(container) = self.containers.get_mut(id) else { return };
        container.info.health = health;
        let word = match health {
            Health::Healthy => "healthy",
            Health::Unhealthy => "unhealthy",
            Health::Starting | Health::None => "starting",
        };
        self.container_event(id, &format!("health_status: {word}"), &[]);
    }

    /// The main process ends. By hand means that no restart policy applies.
    pub(super) fn exit(&mut self, id: &str, code: i64, by_hand: bool) {
        let now = self.tick();
        let Some(container) = self.containers.get_mut(id) else { return };
        if !container.info.state.is_running() && container.info.state != ContainerState::Restarting {
            return;
        }
        container.info.exit_code = Some(code);
        container.info.health = Health::None;
        container.info.finished_at = Some(now);
        container.info.ports.clear();
        container.info.networks.iter_mut().for_each(|network| {
            network.ip = None;
            network.gateway = None;
        });
        let again = match container.config.restart {
            _ if by_hand => None,
            RestartPolicy::No => None,
            RestartPolicy::OnFailure { .. } if code == 0 => None,
            RestartPolicy::OnFailure { max_retries: Some(most) } => {
                (container.info.restart_count < most).then_some(most)
            }
            RestartPolicy::OnFailure { max_retries: None }
            | RestartPolicy::Always
            | RestartPolicy::UnlessStopped => Some(u32::MAX),
        };
        container.info.state =
            if again.is_some() { ContainerState::Restarting } else { ContainerState::Exited };
        let restarts = container.info.restart_count;
        self.container_event(id, "die", &[("exitCode", code.to_string())]);
        let rests = again == Some(u32::MAX) && restarts >= RESTARTS_SHOWN;
        if again.is_some() && !rests {
            if let Some(container) = self.containers.get_mut(id) {
                container.info.restart_count += 1;
            }
            if let Err(error) = self.start(id)
                && let Some(container) = self.containers.get_mut(id)
            {
                container.info.state = ContainerState::Exited;
                container.info.error = error.to_string();
            }
        }
    }

    pub(super) fn stop(&mut self, id: &str, code: i64) {
        self.exit(id, code, true);
        self.container_event(id, "stop", &[]);
    }

    pub(super) fn remove(&mut self, id: &str, anonymous_volumes: bool) {
        self.exit(id, 137, true);
        self.container_event(id, "destroy", &[]);
        let Some(container) = self.containers.remove(id) else { return };
        if anonymous_volumes {
            let named = |name: &String| container.info.named_volumes.contains(name);
            for mount in
                container.info.mounts.iter().filter(|mount| mount.kind == "volume" && !named(&mount.name))
            {
                self.volumes.remove(&mount.name);
            }
        }
    }

    fn publish(&self, id: &str) -> Result<Vec<PublishedPort>> {
        let Some(container) = self.containers.get(id) else { return Ok(Vec::new()) };
        if !matches!(container.config.network_mode, NetworkMode::Networks | NetworkMode::Bridge) {
            return Ok(Vec::new());
        }
        let mut published: Vec<PublishedPort> = Vec::new();
        for port in &container.config.ports {
            let free = |candidate: u16| {
                !self.is_taken(candidate, port) && !published.iter().any(|own| overlaps(own, candidate, port))
            };
            let host_port = match port.host_port {
                Some(wanted) if free(wanted) => wanted,
                Some(wanted) => {
                    return Err(EngineError::PortTaken { port: wanted, protocol: port.protocol });
                }
                None => (FIRST_FREE_PORT..u16::MAX).find(|candidate| free(*candidate)).unwrap_or(0),
            };
            published.push(PublishedPort {
                container_port: port.container_port,
                protocol: port.protocol,
                host_ip: Some(port.host_ip.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))),
                host_port,
            });
        }
        published.sort_unstable();
        Ok(published)
    }

    fn is_taken(&self, candidate: u16, port: &PortBinding) -> bool {
        self.foreign_ports.contains(&(candidate, port.protocol))
            || self
                .containers
                .values()
                .flat_map(|other| &other.info.ports)
                .any(|other| overlaps(other, candidate, port))
    }

    fn addresses(&mut self, id: &str) -> Result<Vec<(String, IpAddr, Option<IpAddr>)>> {
        let Some(container) = self.containers.get(id) else { return Ok(Vec::new()) };
        let wishes: Vec<(String, Option<IpAddr>)> = container
            .info
            .networks
            .iter()
            .map(|attached| {
                let fixed = container.config.networks.iter().find(|join| join.network == attached.name);
                (attached.name.clone(), fixed.and_then(|join| join.ipv4))
            })
            .collect();
        let used: BTreeSet<(String, IpAddr)> = self
            .containers
            .values()
            .flat_map(|other| &other.info.networks)
            .filter_map(|network| Some((network.name.clone(), network.ip?)))
            .collect();
        let mut addresses = Vec::new();
        for (name, wish) in wishes {
            let Some(network) = self.networks.get_mut(&name) else {
                return Err(EngineError::NotFound { subject: format!("network {name}") });
            };
            let ip = match wish {
                Some(ip) if used.contains(&(name.clone(), ip)) => {
                    let detail = "Address already in use".to_owned();
                    return Err(EngineError::Conflict { subject: format!("container {id}"), detail });
                }
                Some(ip) => ip,
                None => loop {
                    network.next_address += 1;
                    let [_, last] = network.next_address.to_be_bytes();
                    let ip = IpAddr::V4(Ipv4Addr::new(172, 30, network.third, last));
                    if !used.contains(&(name.clone(), ip)) {
                        break ip;
                    }
                },
            };
            let gateway = network.info.subnets.first().and_then(|subnet| subnet.gateway);
            addresses.push((network.info.id.clone(), ip, gateway));
        }
        Ok(addresses)
    }
}

fn overlaps(other: &PublishedPort, candidate: u16, port: &PortBinding) -> bool {
    let any = |ip: Option<IpAddr>| ip.is_none_or(|ip| ip.is_unspecified());
    other.host_port == candidate
        && other.protocol == port.protocol
        && (any(other.host_ip) || any(port.host_ip) || other.host_ip == port.host_ip)
}

fn named_volumes(config: &ContainerConfig) -> Vec<String> {
    let name = |mount: &crate::Mount| match &mount.kind {
        MountKind::Volume { name, .. } => name.clone(),
        MountKind::Bind { .. } | MountKind::Tmpfs { .. } => None,
    };
    let mut names: Vec<String> = config.mounts.iter().filter_map(name).collect();
    names.sort_unstable();
    names.dedup();
    names
}
