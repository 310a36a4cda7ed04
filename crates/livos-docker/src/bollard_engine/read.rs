//! From the client library's models to this crate's words.
//!
//! Daemons leave out what they think uninteresting, so everything here has a default.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use bollard::models;

use crate::config::{HealthTest, Healthcheck, Protocol, Subnet};
use crate::info::{
    AttachedNetwork, ContainerInfo, ContainerState, ContainerSummary, ContainerUsage, EngineEvent,
    EventSubject, ExposedPort, Health, ImageInfo, ImageSummary, MountedVolume, NetworkInfo, PublishedPort,
    VolumeInfo,
};

pub(crate) fn image(from: models::ImageInspect) -> ImageInfo {
    let config = from.config.unwrap_or_default();
    let mut exposed_ports: Vec<ExposedPort> =
        config.exposed_ports.unwrap_or_default().iter().filter_map(|text| exposed(text)).collect();
    exposed_ports.sort_unstable();
    let mut volumes = config.volumes.unwrap_or_default();
    volumes.sort_unstable();
    ImageInfo {
        id: from.id.unwrap_or_default(),
        tags: from.repo_tags.unwrap_or_default(),
        digests: from.repo_digests.unwrap_or_default(),
        os: from.os.unwrap_or_default(),
        architecture: from.architecture.unwrap_or_default(),
        variant: from.variant.unwrap_or_default(),
        size: unsigned(from.size),
        volumes,
        exposed_ports,
        healthcheck: config.healthcheck.and_then(healthcheck),
        env: config.env.unwrap_or_default(),
        entrypoint: config.entrypoint.unwrap_or_default(),
        command: config.cmd.unwrap_or_default(),
        user: config.user.unwrap_or_default(),
        working_dir: config.working_dir.unwrap_or_default(),
        labels: map(config.labels),
    }
}

fn exposed(text: &str) -> Option<ExposedPort> {
    let (port, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    Some(ExposedPort { port: port.parse().ok()?, protocol: Protocol::parse(protocol)? })
}

pub(super) fn healthcheck(from: models::HealthConfig) -> Option<Healthcheck> {
    let mut words = from.test.unwrap_or_default().into_iter();
    let test = match words.next().as_deref() {
        None => return None,
        Some("NONE") => HealthTest::Disabled,
        Some("CMD-SHELL") => HealthTest::Shell(words.next().unwrap_or_default()),
        Some(_) => HealthTest::Command(words.collect()),
    };
    let time = |nanoseconds: Option<i64>| match nanoseconds {
        Some(value) if value > 0 => Some(Duration::from_nanos(unsigned(Some(value)))),
        _ => None,
    };
    Some(Healthcheck {
        test,
        interval: time(from.interval),
        timeout: time(from.timeout),
        retries: from.retries.filter(|count| *count > 0).and_then(|count| u32::try_from(count).ok()),
        start_period: time(from.start_period),
        start_interval: time(from.start_interval),
    })
}

pub(crate) fn container(from: models::ContainerInspectResponse) -> ContainerInfo {
    let state = from.state.unwrap_or_default();
    let config = from.config.unwrap_or_default();
    let settings = from.network_settings.unwrap_or_default();
    let doing = state.status.map_or(ContainerState::default(), |status| state_word(status.as_ref()));
    let health = state.health.unwrap_or_default();
    let started_at = state.started_at.as_deref().and_then(moment);
    let host = from.host_config.unwrap_or_default();
    ContainerInfo {
        id: from.id.unwrap_or_default(),
        name: bare(from.name.as_deref().unwrap_or_default()),
        state: doing,
        // Daemons call a container "unhealthy" once it stopped, whatever it was before.
        health: health
            .status
            .filter(|_| doing.is_running())
            .map_or(Health::None, |status| health_word(status.as_ref())),
        health_output: health.log.unwrap_or_default().pop().and_then(|last| last.output).unwrap_or_default(),
        exit_code: (!doing.is_running() && started_at.is_some()).then_some(state.exit_code).flatten(),
        oom_killed: state.oom_killed.unwrap_or(false),
        error: state.error.unwrap_or_default(),
        restart_count: u32::try_from(from.restart_count.unwrap_or(0)).unwrap_or(0),
        created_at: from.created.as_deref().and_then(moment).unwrap_or(0),
        started_at,
        finished_at: state.finished_at.as_deref().and_then(moment),
        image: config.image.unwrap_or_default(),
        image_id: from.image.unwrap_or_default(),
        labels: map(config.labels),
        networks: networks(settings.networks.unwrap_or_default()),
        ports: ports(settings.ports.unwrap_or_default()),
        mounts: from.mounts.unwrap_or_default().into_iter().map(mount).collect(),
        named_volumes: named_volumes(&host),
        env: config.env.unwrap_or_default(),
        auto_remove: host.auto_remove.unwrap_or(false),
    }
}

/// Both of the daemon's ways to write a mount can name a volume.
fn named_volumes(host: &models::HostConfig) -> Vec<String> {
    let long = host.mounts.iter().flatten().filter(|mount| mount.typ == Some(models::MountType::VOLUME));
    let long = long.filter_map(|mount| mount.source.clone()).filter(|name| !name.is_empty());
    let short = host.binds.iter().flatten().filter_map(|bind| bind.split_once(':'));
    let short = short.map(|(source, _)| source.to_owned()).filter(|source| !source.starts_with('/'));
    let mut names: Vec<String> = long.chain(short).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn networks(from: HashMap<String, models::EndpointSettings>) -> Vec<AttachedNetwork> {
    let address = |text: Option<String>| text.and_then(|text| text.parse::<IpAddr>().ok());
    let mut networks: Vec<AttachedNetwork> = from
        .into_iter()
        .map(|(name, endpoint)| AttachedNetwork {
            name,
            id: endpoint.network_id.unwrap_or_default(),
            ip: address(endpoint.ip_address).or_else(|| address(endpoint.global_ipv6_address)),
            gateway: address(endpoint.gateway),
            aliases: endpoint.aliases.unwrap_or_default(),
        })
        .collect();
    networks.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    networks
}

fn ports(from: models::PortMap) -> Vec<PublishedPort> {
    let mut ports = Vec::new();
    for (inside, bindings) in from {
        let Some(inside) = exposed(&inside) else { continue };
        for binding in bindings.unwrap_or_default() {
            let Some(host_port) = binding.host_port.and_then(|port| port.parse().ok()) else { continue };
            ports.push(PublishedPort {
                container_port: inside.port,
                protocol: inside.protocol,
                host_ip: binding.host_ip.and_then(|ip| ip.parse().ok()),
                host_port,
            });
        }
    }
    ports.sort_unstable();
    ports
}

fn mount(from: models::MountPoint) -> MountedVolume {
    MountedVolume {
        kind: from.typ.unwrap_or_default(),
        name: from.name.unwrap_or_default(),
        source: from.source.unwrap_or_default(),
        target: from.destination.unwrap_or_default(),
        writable: from.rw.unwrap_or(false),
    }
}

pub(crate) fn summary(from: models::ContainerSummary) -> ContainerSummary {
    let mut ports: Vec<PublishedPort> = from
        .ports
        .unwrap_or_default()
        .into_iter()
        .filter_map(|port| {
            Some(PublishedPort {
                container_port: port.private_port,
                protocol: port.typ.map_or(Some(Protocol::Tcp), |typ| Protocol::parse(typ.as_ref()))?,
                host_ip: port.ip.and_then(|ip| ip.parse().ok()),
                host_port: port.public_port?,
            })
        })
        .collect();
    ports.sort_unstable();
    // Only newer daemons list the health as a field; the sentence says it in all of them.
    let status = from.status.unwrap_or_default();
    let health = if status.contains("(healthy)") {
        Health::Healthy
    } else if status.contains("(unhealthy)") {
        Health::Unhealthy
    } else if status.contains("(health: starting)") {
        Health::Starting
    } else {
        Health::None
    };
    let mut networks: Vec<String> = from
        .network_settings
        .and_then(|settings| settings.networks)
        .unwrap_or_default()
        .into_keys()
        .collect();
    networks.sort_unstable();
    ContainerSummary {
        id: from.id.unwrap_or_default(),
        name: own_name(&from.names.unwrap_or_default()),
        state: from.state.map_or(ContainerState::default(), |state| state_word(state.as_ref())),
        health,
        image: from.image.unwrap_or_default(),
        image_id: from.image_id.unwrap_or_default(),
        created_at: from.created.unwrap_or(0),
        labels: map(from.labels),
        ports,
        mounts: from.mounts.unwrap_or_default().into_iter().map(mount).collect(),
        networks,
    }
}

pub(crate) fn listed_image(from: models::ImageSummary) -> ImageSummary {
    // Older daemons give an image without a name this one.
    let named = |references: Vec<String>| {
        let mut references: Vec<String> =
            references.into_iter().filter(|reference| !reference.starts_with("<none>")).collect();
        references.sort_unstable();
        references
    };
    ImageSummary {
        id: from.id,
        tags: named(from.repo_tags),
        digests: named(from.repo_digests),
        created_at: from.created,
        size: unsigned(Some(from.size)),
    }
}

/// A linked container is listed under `/other/alias` as well; its own name is the one without a second slash.
fn own_name(names: &[String]) -> String {
    let own = names.iter().find(|name| !name.trim_start_matches('/').contains('/'));
    own.map_or_else(String::new, |name| bare(name))
}

pub(super) fn bare(name: &str) -> String {
    name.trim_start_matches('/').to_owned()
}

pub(crate) fn network(from: models::NetworkInspect) -> NetworkInfo {
    let mut containers: Vec<String> = from.containers.unwrap_or_default().into_keys().collect();
    containers.sort_unstable();
    NetworkInfo {
        id: from.id.unwrap_or_default(),
        name: from.name.unwrap_or_default(),
        driver: from.driver.unwrap_or_default(),
        internal: from.internal.unwrap_or(false),
        attachable: from.attachable.unwrap_or(false),
        ipv6: from.enable_ipv6.unwrap_or(false),
        options: map(from.options),
        subnets: subnets(from.ipam),
        labels: map(from.labels),
        containers,
    }
}

pub(crate) fn listed_network(from: models::Network) -> NetworkInfo {
    NetworkInfo {
        id: from.id.unwrap_or_default(),
        name: from.name.unwrap_or_default(),
        driver: from.driver.unwrap_or_default(),
        internal: from.internal.unwrap_or(false),
        attachable: from.attachable.unwrap_or(false),
        ipv6: from.enable_ipv6.unwrap_or(false),
        options: map(from.options),
        subnets: subnets(from.ipam),
        labels: map(from.labels),
        containers: Vec::new(),
    }
}

fn subnets(ipam: Option<models::Ipam>) -> Vec<Subnet> {
    let ranges = ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    ranges
        .into_iter()
        .map(|range| Subnet {
            subnet: range.subnet.unwrap_or_default(),
            ip_range: range.ip_range.filter(|text| !text.is_empty()),
            // Some daemons answer with the prefix length behind the address.
            gateway: range.gateway.and_then(|text| text.split('/').next().and_then(|ip| ip.parse().ok())),
            aux_addresses: range
                .auxiliary_addresses
                .unwrap_or_default()
                .into_iter()
                .filter_map(|(name, ip)| Some((name, ip.parse().ok()?)))
                .collect(),
        })
        .collect()
}

pub(crate) fn volume(from: models::Volume) -> VolumeInfo {
    VolumeInfo {
        name: from.name,
        driver: from.driver,
        mountpoint: from.mountpoint,
        options: from.options.into_iter().collect(),
        labels: from.labels.into_iter().collect(),
    }
}

pub(crate) fn event(from: models::EventMessage) -> EngineEvent {
    let actor = from.actor.unwrap_or_default();
    let attributes = map(actor.attributes);
    EngineEvent {
        subject: match from.typ {
            Some(models::EventMessageTypeEnum::CONTAINER) => EventSubject::Container,
            Some(models::EventMessageTypeEnum::IMAGE) => EventSubject::Image,
            Some(models::EventMessageTypeEnum::NETWORK) => EventSubject::Network,
            Some(models::EventMessageTypeEnum::VOLUME) => EventSubject::Volume,
            _ => EventSubject::Other,
        },
        action: from.action.unwrap_or_default(),
        name: attributes.get("name").cloned().unwrap_or_default(),
        id: actor.id.unwrap_or_default(),
        attributes,
        at: from.time.unwrap_or(0),
    }
}

/// `None` for a container that doesn't run: the daemon answers with nothing in it.
pub(crate) fn usage(from: models::ContainerStatsResponse) -> Option<ContainerUsage> {
    let cpu = from.cpu_stats.unwrap_or_default();
    let memory = from.memory_stats.unwrap_or_default();
    let used = memory.usage?;
    // The two versions of control groups call the same thing by these names.
    let about = memory.stats.unwrap_or_default();
    let cache = about.get("inactive_file").or_else(|| about.get("total_inactive_file")).copied().unwrap_or(0);
    Some(ContainerUsage {
        cpu_ns: cpu.cpu_usage.unwrap_or_default().total_usage.unwrap_or(0),
        machine_ns: cpu.system_cpu_usage.unwrap_or(0),
        memory: used.saturating_sub(cache),
        memory_limit: memory.limit.unwrap_or(0),
        processes: from.pids_stats.unwrap_or_default().current.unwrap_or(0),
    })
}

fn state_word(word: &str) -> ContainerState {
    match word {
        "running" | "stopping" => ContainerState::Running,
        "paused" => ContainerState::Paused,
        "restarting" => ContainerState::Restarting,
        "removing" => ContainerState::Removing,
        "exited" => ContainerState::Exited,
        "dead" => ContainerState::Dead,
        _ => ContainerState::Created,
    }
}

fn health_word(word: &str) -> Health {
    match word {
        "starting" => Health::Starting,
        "healthy" => Health::Healthy,
        "unhealthy" => Health::Unhealthy,
        _ => Health::None,
    }
}

/// UTC seconds; `None` for the year 1, by which the daemon says "never".
fn moment(text: &str) -> Option<i64> {
    let seconds = chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp();
    (seconds > 0).then_some(seconds)
}

pub(super) fn map(from: Option<HashMap<String, String>>) -> BTreeMap<String, String> {
    from.unwrap_or_default().into_iter().collect()
}

pub(super) fn unsigned(number: Option<i64>) -> u64 {
    u64::try_from(number.unwrap_or(0)).unwrap_or(0)
}
