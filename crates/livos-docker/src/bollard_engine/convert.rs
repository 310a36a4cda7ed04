//! From this crate's words to the client library's bodies.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, DeviceMapping, DeviceRequest, EndpointIpamConfig, EndpointSettings, HealthConfig,
    HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Ipam, IpamConfig, Mount, MountBindOptions,
    MountTmpfsOptions, MountType, MountVolumeOptions, NetworkCreateRequest, NetworkingConfig, PortBinding,
    PortMap, ResourcesBlkioWeightDevice, ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
    ThrottleDevice, VolumeCreateRequest,
};

use crate::config::{
    self, BlkioSetting, ContainerConfig, HealthTest, MountKind, NetworkConfig, NetworkJoin, NetworkMode,
    Recursion,
};

/// The daemon's interface version from which a field is understood; older daemons ignore it silently.
const MAC_PER_NETWORK: (u32, u32) = (1, 44);
const VOLUME_SUBPATH: (u32, u32) = (1, 45);
const ANNOTATIONS: (u32, u32) = (1, 43);
const BIND_RECURSION: (u32, u32) = (1, 44);
const INTERFACE_NAME: (u32, u32) = (1, 48);
/// How an interface is named through the driver's options.
const IFNAME: &str = "com.docker.network.endpoint.ifname";

/// What a daemon of this interface version would silently leave out, if anything.
pub(crate) fn beyond(container: &ContainerConfig, version: (u32, u32)) -> Option<&'static str> {
    let subpath = |mount: &config::Mount| matches!(&mount.kind, MountKind::Volume { subpath: Some(_), .. });
    if container.mac_address.is_some() && version < MAC_PER_NETWORK {
        return Some("a fixed MAC address needs Docker 25 or newer");
    }
    if container.networks.iter().any(|join| join.mac_address.is_some()) && version < MAC_PER_NETWORK {
        return Some("a fixed MAC address on a network needs Docker 25 or newer");
    }
    if container.networks.iter().any(|join| join.driver_options.contains_key(IFNAME))
        && version < INTERFACE_NAME
    {
        return Some("naming a network interface needs Docker 28 or newer");
    }
    if !container.annotations.is_empty() && version < ANNOTATIONS {
        return Some("annotations for the runtime need Docker 24 or newer");
    }
    let shaped = |mount: &config::Mount| {
        matches!(&mount.kind, MountKind::Bind { recursion: Recursion::Writable | Recursion::ReadOnly, .. })
    };
    if container.mounts.iter().any(shaped) && version < BIND_RECURSION {
        return Some("deciding about mounts below a read-only one needs Docker 25 or newer");
    }
    if container.mounts.iter().any(subpath) && version < VOLUME_SUBPATH {
        return Some("mounting a folder of a volume needs Docker 26 or newer");
    }
    None
}

/// Whether [`beyond`] has anything to decide.
pub(crate) fn depends_on_version(container: &ContainerConfig) -> bool {
    beyond(container, (0, 0)).is_some()
}

/// What is wrong with the mounts, if anything. The daemon would take a relative source for a volume's name.
pub(crate) fn wrong_mount(container: &ContainerConfig) -> Option<String> {
    container.mounts.iter().find_map(|mount| match &mount.kind {
        _ if !mount.target.starts_with('/') => {
            Some(format!("mount target {:?} isn't absolute", mount.target))
        }
        MountKind::Bind { source, .. } if !source.starts_with('/') => {
            Some(format!("mount source {source:?} isn't absolute"))
        }
        MountKind::Volume { name: Some(name), .. } if !crate::reference::is_plausible_name(name) => {
            Some(format!("{name:?} can't name a volume"))
        }
        _ => None,
    })
}

/// The container without its second and further networks, which are attached one by one: daemons before API
/// 1.44 refuse more than one here.
pub(crate) fn container(container: &ContainerConfig) -> ContainerCreateBody {
    let first = match container.network_mode {
        NetworkMode::Networks => container.networks.first(),
        _ => None,
    };
    let mut exposed: Vec<String> =
        container.expose.iter().map(|(port, proto)| format!("{port}/{proto}")).collect();
    exposed.extend(container.ports.iter().map(|port| format!("{}/{}", port.container_port, port.protocol)));
    exposed.sort_unstable();
    exposed.dedup();
    ContainerCreateBody {
        image: Some(container.image.clone()),
        hostname: container.hostname.clone(),
        domainname: container.domainname.clone(),
        user: container.user.clone(),
        working_dir: container.working_dir.clone(),
        cmd: container.command.clone(),
        entrypoint: container.entrypoint.clone(),
        env: Some(
            container
                .env
                .iter()
                .map(|(key, value)| {
                    value.as_ref().map_or_else(|| key.clone(), |value| format!("{key}={value}"))
                })
                .collect(),
        ),
        labels: Some(map(&container.labels)),
        exposed_ports: Some(exposed),
        healthcheck: container.healthcheck.as_ref().map(healthcheck),
        stop_signal: container.stop_signal.clone(),
        stop_timeout: container.stop_grace.map(whole_seconds),
        tty: Some(container.tty),
        open_stdin: Some(container.stdin_open),
        volumes: None,
        host_config: Some(host(container)),
        networking_config: first.map(|join| NetworkingConfig {
            endpoints_config: Some(HashMap::from([(
                join.network.clone(),
                EndpointSettings {
                    mac_address: join.mac_address.clone().or_else(|| container.mac_address.clone()),
                    ..endpoint(join, &container.links)
                },
            )])),
        }),
        ..ContainerCreateBody::default()
    }
}

/// One attachment. Links hold on networks of one's own only as part of the attachment.
pub(crate) fn endpoint(join: &NetworkJoin, links: &[String]) -> EndpointSettings {
    let text = |address: &IpAddr| address.to_string();
    let fixed = join.ipv4.is_some() || join.ipv6.is_some() || !join.link_local_ips.is_empty();
    EndpointSettings {
        aliases: some(&join.aliases),
        links: some(links),
        mac_address: join.mac_address.clone(),
        driver_opts: some_map(&join.driver_options),
        gw_priority: join.gateway_priority,
        ipam_config: fixed.then(|| EndpointIpamConfig {
            ipv4_address: join.ipv4.as_ref().map(text),
            ipv6_address: join.ipv6.as_ref().map(text),
            link_local_ips: some(&join.link_local_ips.iter().map(text).collect::<Vec<_>>()),
        }),
        ..EndpointSettings::default()
    }
}

fn host(container: &ContainerConfig) -> HostConfig {
    let resources = &container.resources;
    let (mut binds, mut mounts) = (Vec::new(), Vec::new());
    for form in container.mounts.iter().map(mount) {
        match form {
            Form::Short(text) => binds.push(text),
            Form::Long(mount) => mounts.push(*mount),
        }
    }
    let on_default_bridge =
        !matches!(container.network_mode, NetworkMode::Networks) || container.networks.is_empty();
    HostConfig {
        binds: (!binds.is_empty()).then_some(binds),
        mounts: (!mounts.is_empty()).then_some(mounts),
        tmpfs: some_map(&container.tmpfs),
        volumes_from: some(&container.volumes_from),
        port_bindings: Some(ports(&container.ports)),
        network_mode: Some(match &container.network_mode {
            NetworkMode::Networks => {
                container.networks.first().map_or_else(|| "bridge".to_owned(), |join| join.network.clone())
            }
            NetworkMode::Bridge => "bridge".to_owned(),
            NetworkMode::Host => "host".to_owned(),
            NetworkMode::None => "none".to_owned(),
            NetworkMode::Container(other) => format!("container:{other}"),
        }),
        links: if on_default_bridge { some(&container.links) } else { None },
        dns: some(&container.dns),
        dns_search: some(&container.dns_search),
        dns_options: some(&container.dns_options),
        extra_hosts: some(&container.extra_hosts),
        restart_policy: Some(restart(container.restart)),
        init: container.init,
        privileged: Some(container.privileged),
        cap_add: some(&container.cap_add),
        cap_drop: some(&container.cap_drop),
        devices: some(
            &container
                .devices
                .iter()
                .map(|device| DeviceMapping {
                    path_on_host: Some(device.host_path.clone()),
                    path_in_container: Some(device.container_path.clone()),
                    cgroup_permissions: Some(device.permissions.clone()),
                })
                .collect::<Vec<_>>(),
        ),
        device_cgroup_rules: some(&container.device_cgroup_rules),
        device_requests: some(&container.device_requests.iter().map(device_request).collect::<Vec<_>>()),
        security_opt: some(&container.security_opt),
        group_add: some(&container.group_add),
        shm_size: container.shm_size.map(signed),
        ulimits: some(
            &container
                .ulimits
                .iter()
                .map(|limit| ResourcesUlimits {
                    name: Some(limit.name.clone()),
                    soft: Some(limit.soft),
                    hard: Some(limit.hard),
                })
                .collect::<Vec<_>>(),
        ),
        sysctls: some_map(&container.sysctls),
        pid_mode: container.pid_mode.clone(),
        ipc_mode: container.ipc_mode.clone(),
        uts_mode: container.uts_mode.clone(),
        userns_mode: container.userns_mode.clone(),
        cgroupns_mode: container.cgroupns_mode.as_deref().and_then(|mode| match mode {
            "host" => Some(HostConfigCgroupnsModeEnum::HOST),
            "private" => Some(HostConfigCgroupnsModeEnum::PRIVATE),
            _ => None,
        }),
        cgroup_parent: container.cgroup_parent.clone(),
        readonly_rootfs: Some(container.read_only),
        runtime: container.runtime.clone(),
        log_config: container.logging.as_ref().map(|logging| HostConfigLogConfig {
            typ: Some(logging.driver.clone()),
            config: Some(map(&logging.options)),
        }),
        storage_opt: some_map(&container.storage_opt),
        memory: resources.memory.map(signed),
        memory_reservation: resources.memory_reservation.map(signed),
        memory_swap: resources.memory_swap,
        memory_swappiness: resources.memory_swappiness.map(i64::from),
        nano_cpus: resources.nano_cpus.map(signed),
        cpu_shares: resources.cpu_shares.map(signed),
        cpu_period: resources.cpu_period.map(signed),
        cpu_quota: resources.cpu_quota,
        cpuset_cpus: resources.cpuset.clone(),
        pids_limit: resources.pids,
        oom_score_adj: resources.oom_score_adj.map(i64::from),
        oom_kill_disable: resources.oom_kill_disable,
        cpu_realtime_runtime: resources.cpu_realtime_runtime,
        cpu_realtime_period: resources.cpu_realtime_period,
        blkio_weight: resources.blkio_weight,
        blkio_weight_device: some(
            &resources
                .blkio_devices
                .iter()
                .filter(|device| device.setting == BlkioSetting::Weight)
                .map(|device| ResourcesBlkioWeightDevice {
                    path: Some(device.path.clone()),
                    weight: usize::try_from(device.value).ok(),
                })
                .collect::<Vec<_>>(),
        ),
        blkio_device_read_bps: throttled(resources, BlkioSetting::ReadBytes),
        blkio_device_read_iops: throttled(resources, BlkioSetting::ReadRequests),
        blkio_device_write_bps: throttled(resources, BlkioSetting::WriteBytes),
        blkio_device_write_iops: throttled(resources, BlkioSetting::WriteRequests),
        annotations: some_map(&container.annotations),
        ..HostConfig::default()
    }
}

fn throttled(resources: &config::Resources, setting: BlkioSetting) -> Option<Vec<ThrottleDevice>> {
    let devices = resources.blkio_devices.iter().filter(|device| device.setting == setting);
    some(
        &devices
            .map(|device| ThrottleDevice {
                path: Some(device.path.clone()),
                rate: Some(signed(device.value)),
            })
            .collect::<Vec<_>>(),
    )
}

/// The daemon's two ways to write a mount. Each can say something that the other can't.
enum Form {
    Short(String),
    Long(Box<Mount>),
}

/// A mount, in the short form only where the long one can't say it.
fn mount(mount: &config::Mount) -> Form {
    let long = |typ, source: Option<String>| Mount {
        target: Some(mount.target.clone()),
        source,
        typ: Some(typ),
        read_only: Some(mount.read_only),
        ..Mount::default()
    };
    match &mount.kind {
        MountKind::Bind { source, create_host_path, propagation, selinux, recursion } => {
            let colon = source.contains(':') || mount.target.contains(':');
            let plain = *recursion == Recursion::Enabled;
            if (*create_host_path || selinux.is_some()) && !colon && plain {
                let mut options = vec![if mount.read_only { "ro".to_owned() } else { "rw".to_owned() }];
                options.extend(selinux.map(String::from));
                options.extend(propagation.clone());
                return Form::Short(format!("{source}:{}:{}", mount.target, options.join(",")));
            }
            Form::Long(Box::new(Mount {
                bind_options: Some(MountBindOptions {
                    propagation: propagation.as_deref().and_then(|text| text.parse().ok()),
                    create_mountpoint: create_host_path.then_some(true),
                    non_recursive: (*recursion == Recursion::Disabled).then_some(true),
                    read_only_non_recursive: (*recursion == Recursion::Writable).then_some(true),
                    read_only_force_recursive: (*recursion == Recursion::ReadOnly).then_some(true),
                }),
                ..long(MountType::BIND, Some(source.clone()))
            }))
        }
        MountKind::Volume { name, no_copy, subpath } => Form::Long(Box::new(Mount {
            volume_options: Some(MountVolumeOptions {
                no_copy: Some(*no_copy),
                subpath: subpath.clone(),
                ..MountVolumeOptions::default()
            }),
            ..long(MountType::VOLUME, name.clone())
        })),
        MountKind::Tmpfs { size, mode } => Form::Long(Box::new(Mount {
            tmpfs_options: Some(MountTmpfsOptions {
                size_bytes: size.map(signed),
                mode: mode.map(i64::from),
                options: None,
            }),
            ..long(MountType::TMPFS, None)
        })),
    }
}

fn ports(ports: &[config::PortBinding]) -> PortMap {
    let mut map = PortMap::new();
    for port in ports {
        let binding = PortBinding {
            host_ip: port.host_ip.map(|ip| ip.to_string()),
            host_port: Some(match (port.host_port, port.host_port_end) {
                (None, _) => String::new(),
                (Some(first), Some(last)) => format!("{first}-{last}"),
                (Some(only), None) => only.to_string(),
            }),
        };
        map.entry(format!("{}/{}", port.container_port, port.protocol))
            .or_default()
            .get_or_insert_default()
            .push(binding);
    }
    map
}

fn restart(policy: config::RestartPolicy) -> RestartPolicy {
    let (name, retries) = match policy {
        config::RestartPolicy::No => (RestartPolicyNameEnum::NO, None),
        config::RestartPolicy::Always => (RestartPolicyNameEnum::ALWAYS, None),
        config::RestartPolicy::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
        config::RestartPolicy::OnFailure { max_retries } => (RestartPolicyNameEnum::ON_FAILURE, max_retries),
    };
    RestartPolicy { name: Some(name), maximum_retry_count: retries.map(i64::from) }
}

fn healthcheck(check: &config::Healthcheck) -> HealthConfig {
    let marked = |mark: &str, words: &[String]| {
        std::iter::once(mark.to_owned()).chain(words.iter().cloned()).collect::<Vec<_>>()
    };
    HealthConfig {
        test: Some(match &check.test {
            HealthTest::Inherit => Vec::new(),
            HealthTest::Disabled => vec!["NONE".to_owned()],
            HealthTest::Command(words) => marked("CMD", words),
            HealthTest::Shell(line) => marked("CMD-SHELL", std::slice::from_ref(line)),
        }),
        interval: check.interval.map(nanoseconds),
        timeout: check.timeout.map(nanoseconds),
        retries: check.retries.map(i64::from),
        start_period: check.start_period.map(nanoseconds),
        start_interval: check.start_interval.map(nanoseconds),
    }
}

fn device_request(request: &config::DeviceRequest) -> DeviceRequest {
    DeviceRequest {
        driver: request.driver.clone(),
        count: request.count,
        device_ids: some(&request.device_ids),
        capabilities: some(&request.capabilities),
        options: some_map(&request.options),
    }
}

pub(crate) fn network(network: &NetworkConfig) -> NetworkCreateRequest {
    let ipam = (!network.subnets.is_empty()
        || network.ipam_driver.is_some()
        || !network.ipam_options.is_empty())
    .then(|| Ipam {
        driver: Some(network.ipam_driver.clone().unwrap_or_else(|| "default".to_owned())),
        config: some(
            &network
                .subnets
                .iter()
                .map(|subnet| IpamConfig {
                    subnet: Some(subnet.subnet.clone()),
                    ip_range: subnet.ip_range.clone(),
                    gateway: subnet.gateway.map(|ip| ip.to_string()),
                    auxiliary_addresses: (!subnet.aux_addresses.is_empty()).then(|| {
                        subnet.aux_addresses.iter().map(|(name, ip)| (name.clone(), ip.to_string())).collect()
                    }),
                })
                .collect::<Vec<_>>(),
        ),
        options: some_map(&network.ipam_options),
    });
    NetworkCreateRequest {
        name: network.name.clone(),
        driver: Some(network.driver.clone().unwrap_or_else(|| "bridge".to_owned())),
        internal: Some(network.internal),
        attachable: Some(network.attachable),
        enable_ipv6: Some(network.ipv6),
        ipam,
        options: some_map(&network.options),
        labels: Some(map(&network.labels)),
        ..NetworkCreateRequest::default()
    }
}

pub(crate) fn volume(volume: &config::VolumeConfig) -> VolumeCreateRequest {
    VolumeCreateRequest {
        name: Some(volume.name.clone()),
        driver: Some(volume.driver.clone().unwrap_or_else(|| "local".to_owned())),
        driver_opts: some_map(&volume.options),
        labels: Some(map(&volume.labels)),
        ..VolumeCreateRequest::default()
    }
}

fn map(from: &BTreeMap<String, String>) -> HashMap<String, String> {
    from.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn some_map(from: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!from.is_empty()).then(|| map(from))
}

fn some<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Rounded up: a grace of half a second must not become an immediate kill.
pub(crate) fn whole_seconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis().div_ceil(1000)).unwrap_or(i64::MAX)
}
