//! What a container was made with: from what the daemon says of it to what would make the same again.
//!
//! What says nothing is left out: zeros, and the settings that the daemon fills in for everybody.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use bollard::models;

use super::read::{bare, healthcheck, map};
use crate::config::{
    BlkioDevice, BlkioSetting, ContainerConfig, Device, DeviceRequest, LogDriver, Mount, MountKind,
    NetworkJoin, NetworkMode, PortBinding, Protocol, Recursion, Resources, RestartPolicy, Ulimit,
};

/// What every container gets of /dev/shm.
const SHM_SIZE: u64 = 64 << 20;

pub(super) fn container(from: models::ContainerInspectResponse) -> ContainerConfig {
    let config = from.config.unwrap_or_default();
    let mut host = from.host_config.unwrap_or_default();
    let id = from.id.unwrap_or_default();
    let short = id.get(..12).unwrap_or_default().to_owned();
    let volumes: BTreeMap<String, String> = from
        .mounts
        .unwrap_or_default()
        .into_iter()
        .filter_map(|mount| Some((mount.destination?, mount.name.filter(|name| !name.is_empty())?)))
        .collect();
    let mounts = mounts(&mut host, config.volumes.unwrap_or_default(), &volumes);
    let attached = from.network_settings.unwrap_or_default().networks.unwrap_or_default();
    let mut networks: Vec<(String, models::EndpointSettings)> = attached.into_iter().collect();
    let mode = host.network_mode.take().unwrap_or_default();
    // The first is the one that it was made on.
    networks.sort_by_key(|(name, endpoint)| {
        (*name != mode && endpoint.network_id.as_deref() != Some(mode.as_str()), name.clone())
    });
    let mut links: BTreeSet<String> = list(host.links.take()).iter().map(|link| linked(link)).collect();
    links.extend(networks.iter().flat_map(|(_, endpoint)| endpoint.links.clone().unwrap_or_default()));
    let network_mode = match mode.as_str() {
        "" | "default" | "bridge" => NetworkMode::Bridge,
        "host" => NetworkMode::Host,
        "none" => NetworkMode::None,
        other => match other.strip_prefix("container:") {
            Some(lender) => NetworkMode::Container(lender.to_owned()),
            None => NetworkMode::Networks,
        },
    };
    // In the machine's own network the daemon writes the machine's name here.
    let own_name = network_mode != NetworkMode::Host;
    ContainerConfig {
        image: config.image.unwrap_or_default(),
        platform: None,
        name: bare(from.name.as_deref().unwrap_or_default()),
        hostname: text(config.hostname).filter(|name| own_name && *name != short),
        domainname: text(config.domainname).filter(|_| own_name),
        command: config.cmd.filter(|words| !words.is_empty()),
        entrypoint: config.entrypoint.filter(|words| !words.is_empty()),
        user: text(config.user),
        working_dir: text(config.working_dir),
        env: config
            .env
            .unwrap_or_default()
            .into_iter()
            .map(|pair| match pair.split_once('=') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (pair, None),
            })
            .collect(),
        labels: map(config.labels),
        expose: config
            .exposed_ports
            .unwrap_or_default()
            .iter()
            .flat_map(|ports| exposes(ports.as_str()))
            .collect(),
        ports: ports(host.port_bindings.take().unwrap_or_default()),
        mounts,
        tmpfs: map(host.tmpfs.take()),
        volumes_from: list(host.volumes_from.take()),
        networks: match network_mode {
            NetworkMode::Networks => {
                networks.into_iter().map(|(name, endpoint)| join(name, endpoint, &short)).collect()
            }
            _ => Vec::new(),
        },
        network_mode,
        // Which address was asked for and which was given, no daemon says.
        mac_address: None,
        links: links.into_iter().collect(),
        dns: list(host.dns.take()),
        dns_search: list(host.dns_search.take()),
        dns_options: list(host.dns_options.take()),
        extra_hosts: list(host.extra_hosts.take()),
        healthcheck: config.healthcheck.and_then(healthcheck),
        restart: restart(&host.restart_policy.take().unwrap_or_default()),
        stop_signal: text(config.stop_signal),
        stop_grace: config
            .stop_timeout
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map(Duration::from_secs),
        init: host.init,
        tty: config.tty.unwrap_or(false),
        stdin_open: config.open_stdin.unwrap_or(false),
        privileged: host.privileged.unwrap_or(false),
        cap_add: list(host.cap_add.take()),
        cap_drop: list(host.cap_drop.take()),
        devices: list(host.devices.take()).into_iter().map(device).collect(),
        device_cgroup_rules: list(host.device_cgroup_rules.take()),
        device_requests: list(host.device_requests.take()).into_iter().map(device_request).collect(),
        security_opt: security(&mut host),
        group_add: list(host.group_add.take()),
        shm_size: positive(host.shm_size).filter(|size| *size != SHM_SIZE),
        ulimits: list(host.ulimits.take())
            .into_iter()
            .map(|limit| Ulimit {
                name: limit.name.unwrap_or_default(),
                soft: limit.soft.unwrap_or(-1),
                hard: limit.hard.unwrap_or(-1),
            })
            .collect(),
        sysctls: map(host.sysctls.take()),
        pid_mode: text(host.pid_mode.take()),
        ipc_mode: text(host.ipc_mode.take()).filter(|mode| mode != "private"),
        uts_mode: text(host.uts_mode.take()),
        userns_mode: text(host.userns_mode.take()),
        cgroupns_mode: host.cgroupns_mode.map(|mode| mode.to_string()).filter(|mode| !mode.is_empty()),
        cgroup_parent: text(host.cgroup_parent.take()),
        read_only: host.readonly_rootfs.unwrap_or(false),
        runtime: text(host.runtime.take()).filter(|runtime| runtime != "runc"),
        logging: host
            .log_config
            .take()
            .map(|log| LogDriver { driver: log.typ.unwrap_or_default(), options: map(log.config) }),
        storage_opt: map(host.storage_opt.take()),
        annotations: map(host.annotations.take()),
        resources: resources(host),
    }
}

/// Mounts in the daemon's two ways to write them, and the volumes that nobody named.
fn mounts(
    host: &mut models::HostConfig,
    declared: Vec<String>,
    volumes: &BTreeMap<String, String>,
) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = list(host.binds.take()).iter().filter_map(|bind| short(bind)).collect();
    mounts.extend(list(host.mounts.take()).into_iter().filter_map(|mount| long(mount, volumes)));
    for target in declared {
        let known = mounts.iter().any(|mount| mount.target == target)
            || host.tmpfs.as_ref().is_some_and(|memory| memory.contains_key(&target));
        if !known {
            let name = volumes.get(&target).cloned();
            let kind = MountKind::Volume { name, no_copy: false, subpath: None };
            mounts.push(Mount { target, kind, read_only: false });
        }
    }
    mounts
}

/// `/path:/target:ro,z`, `volume:/target`.
fn short(bind: &str) -> Option<Mount> {
    let mut parts = bind.split(':');
    let (source, target) = (parts.next()?, parts.next()?);
    let (mut read_only, mut no_copy, mut selinux, mut propagation) = (false, false, None, None);
    for option in parts.next().unwrap_or_default().split(',') {
        match option {
            "ro" => read_only = true,
            "nocopy" => no_copy = true,
            "z" | "Z" => selinux = option.chars().next(),
            "private" | "shared" | "rshared" | "slave" | "rslave" => propagation = Some(option.to_owned()),
            _ => {}
        }
    }
    let kind = if source.starts_with('/') {
        MountKind::Bind {
            source: source.to_owned(),
            create_host_path: true,
            propagation,
            selinux,
            recursion: Recursion::Enabled,
        }
    } else {
        MountKind::Volume { name: Some(source.to_owned()), no_copy, subpath: None }
    };
    Some(Mount { target: target.to_owned(), kind, read_only })
}

fn long(from: models::Mount, volumes: &BTreeMap<String, String>) -> Option<Mount> {
    let target = from.target?;
    let kind = match from.typ? {
        models::MountType::BIND => {
            let options = from.bind_options.unwrap_or_default();
            let propagation = options.propagation.map(|word| word.to_string());
            MountKind::Bind {
                source: from.source?,
                create_host_path: options.create_mountpoint.unwrap_or(false),
                propagation: propagation.filter(|word| !word.is_empty() && word != "rprivate"),
                selinux: None,
                recursion: if options.non_recursive == Some(true) {
                    Recursion::Disabled
                } else if options.read_only_non_recursive == Some(true) {
                    Recursion::Writable
                } else if options.read_only_force_recursive == Some(true) {
                    Recursion::ReadOnly
                } else {
                    Recursion::Enabled
                },
            }
        }
        models::MountType::VOLUME => {
            let options = from.volume_options.unwrap_or_default();
            MountKind::Volume {
                name: text(from.source).or_else(|| volumes.get(&target).cloned()),
                no_copy: options.no_copy.unwrap_or(false),
                subpath: text(options.subpath),
            }
        }
        models::MountType::TMPFS => {
            let options = from.tmpfs_options.unwrap_or_default();
            let mode = options.mode.and_then(|mode| u32::try_from(mode).ok()).filter(|mode| *mode > 0);
            MountKind::Tmpfs { size: positive(options.size_bytes), mode }
        }
        _ => return None,
    };
    Some(Mount { target, kind, read_only: from.read_only.unwrap_or(false) })
}

/// `80/tcp`, `9000-9002/udp`: Docker keeps what was asked for as it was written.
fn exposes(text: &str) -> Vec<(u16, Protocol)> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    match (first.parse::<u16>(), last.parse::<u16>(), Protocol::parse(protocol)) {
        (Ok(first), Ok(last), Some(protocol)) => (first..=last).map(|port| (port, protocol)).collect(),
        _ => Vec::new(),
    }
}

fn ports(from: models::PortMap) -> Vec<PortBinding> {
    let mut ports = Vec::new();
    for (inside, bindings) in from {
        let (port, protocol) = inside.split_once('/').unwrap_or((&inside, "tcp"));
        let (Ok(container_port), Some(protocol)) = (port.parse(), Protocol::parse(protocol)) else {
            continue;
        };
        for binding in bindings.unwrap_or_default() {
            let wanted = binding.host_port.unwrap_or_default();
            let (first, last) = wanted.split_once('-').unwrap_or((&wanted, ""));
            ports.push(PortBinding {
                container_port,
                protocol,
                host_ip: binding.host_ip.and_then(|ip| ip.parse().ok()),
                host_port: first.parse().ok().filter(|port| *port > 0),
                host_port_end: last.parse().ok(),
            });
        }
    }
    ports.sort_unstable();
    ports
}

fn join(network: String, endpoint: models::EndpointSettings, short: &str) -> NetworkJoin {
    let ipam = endpoint.ipam_config.unwrap_or_default();
    let address = |text: Option<String>| text.and_then(|text| text.parse::<IpAddr>().ok());
    NetworkJoin {
        network,
        aliases: list(endpoint.aliases).into_iter().filter(|alias| alias != short).collect(),
        ipv4: address(ipam.ipv4_address),
        ipv6: address(ipam.ipv6_address),
        link_local_ips: list(ipam.link_local_ips).iter().filter_map(|ip| ip.parse().ok()).collect(),
        mac_address: None,
        driver_options: map(endpoint.driver_opts),
        gateway_priority: endpoint.gw_priority.filter(|priority| *priority != 0),
    }
}

/// The daemon writes `/other:/this/alias` for `other:alias`.
fn linked(link: &str) -> String {
    let (other, alias) = link.split_once(':').unwrap_or((link, link));
    format!("{}:{}", bare(other), alias.rsplit('/').next().unwrap_or(alias))
}

fn restart(from: &models::RestartPolicy) -> RestartPolicy {
    match from.name {
        Some(models::RestartPolicyNameEnum::ALWAYS) => RestartPolicy::Always,
        Some(models::RestartPolicyNameEnum::UNLESS_STOPPED) => RestartPolicy::UnlessStopped,
        Some(models::RestartPolicyNameEnum::ON_FAILURE) => RestartPolicy::OnFailure {
            max_retries: from
                .maximum_retry_count
                .and_then(|count| u32::try_from(count).ok())
                .filter(|n| *n > 0),
        },
        _ => RestartPolicy::No,
    }
}

fn device(from: models::DeviceMapping) -> Device {
    Device {
        host_path: from.path_on_host.unwrap_or_default(),
        container_path: from.path_in_container.unwrap_or_default(),
        permissions: text(from.cgroup_permissions).unwrap_or_else(|| "rwm".to_owned()),
    }
}

fn device_request(from: models::DeviceRequest) -> DeviceRequest {
    DeviceRequest {
        driver: text(from.driver),
        count: from.count.filter(|count| *count != 0),
        device_ids: list(from.device_ids),
        capabilities: list(from.capabilities),
        options: map(from.options),
    }
}

/// Without the label that the daemon adds to who shares something with the machine.
fn security(host: &mut models::HostConfig) -> Vec<String> {
    let mut options = list(host.security_opt.take());
    let shares = |mode: &Option<String>| {
        mode.as_deref().is_some_and(|mode| mode == "host" || mode.starts_with("container:"))
    };
    if host.privileged == Some(true) || shares(&host.pid_mode) || shares(&host.ipc_mode) {
        options.retain(|option| option != "label=disable");
    }
    let nothing = |paths: &Option<Vec<String>>| paths.as_ref().is_some_and(Vec::is_empty);
    if host.privileged != Some(true) && nothing(&host.masked_paths) && nothing(&host.readonly_paths) {
        options.push("systempaths=unconfined".to_owned());
    }
    options
}

fn resources(from: models::HostConfig) -> Resources {
    let memory = positive(from.memory);
    let twice = memory.and_then(|bytes| i64::try_from(bytes.saturating_mul(2)).ok());
    let mut blkio_devices = Vec::new();
    for device in list(from.blkio_weight_device) {
        blkio_devices.push(BlkioDevice {
            setting: BlkioSetting::Weight,
            path: device.path.unwrap_or_default(),
            value: device.weight.and_then(|weight| u64::try_from(weight).ok()).unwrap_or(0),
        });
    }
    for (setting, devices) in [
        (BlkioSetting::ReadBytes, from.blkio_device_read_bps),
        (BlkioSetting::ReadRequests, from.blkio_device_read_iops),
        (BlkioSetting::WriteBytes, from.blkio_device_write_bps),
        (BlkioSetting::WriteRequests, from.blkio_device_write_iops),
    ] {
        blkio_devices.extend(list(devices).into_iter().map(|device| BlkioDevice {
            setting,
            path: device.path.unwrap_or_default(),
            value: positive(device.rate).unwrap_or(0),
        }));
    }
    let some = |number: Option<i64>| number.filter(|number| *number != 0);
    Resources {
        memory,
        memory_reservation: positive(from.memory_reservation),
        // What the daemon makes of it when it is told nothing.
        memory_swap: some(from.memory_swap).filter(|swap| Some(*swap) != twice),
        memory_swappiness: from.memory_swappiness.and_then(|value| u8::try_from(value).ok()),
        nano_cpus: positive(from.nano_cpus),
        cpu_shares: positive(from.cpu_shares),
        cpu_period: positive(from.cpu_period),
        cpu_quota: some(from.cpu_quota),
        cpuset: text(from.cpuset_cpus),
        pids: some(from.pids_limit),
        oom_score_adj: some(from.oom_score_adj).and_then(|value| i16::try_from(value).ok()),
        oom_kill_disable: from.oom_kill_disable.filter(|disable| *disable),
        cpu_realtime_runtime: some(from.cpu_realtime_runtime),
        cpu_realtime_period: some(from.cpu_realtime_period),
        blkio_weight: from.blkio_weight.filter(|weight| *weight > 0),
        blkio_devices,
    }
}

fn text(from: Option<String>) -> Option<String> {
    from.filter(|text| !text.is_empty())
}

fn list<T>(from: Option<Vec<T>>) -> Vec<T> {
    from.unwrap_or_default()
}

fn positive(number: Option<i64>) -> Option<u64> {
    number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0)
}
