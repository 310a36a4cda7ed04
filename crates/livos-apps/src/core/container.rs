//! One compose service becomes one container.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use livos_docker as docker;
use livos_manifest::spec::{
    AppSpec, BlkioDevice, Healthcheck, Link, MountKind, MountRole, MountSpec, NetworkMode, PortSpec,
    Protocol, RestartPolicy, ServiceNetwork, ServiceSpec,
};

use super::blueprint::{ContentFile, LABEL_APP, LABEL_SERVICE, Placement, container_name};
use super::networks::{network_name, volume_name};

/// Turns one service into one container, noting what cannot be expressed.
pub(super) struct Mapper<'a> {
    pub(super) spec: &'a AppSpec,
    pub(super) place: &'a Placement<'a>,
    pub(super) service: &'a ServiceSpec,
    pub(super) problems: &'a mut Vec<String>,
}

impl Mapper<'_> {
    fn cannot(&mut self, what: &str) {
        self.problems.push(format!("{}: {what}", self.service.name));
    }

    pub(super) fn container(
        &mut self,
        web: Option<u16>,
        directories: &mut Vec<String>,
        contents: &mut Vec<ContentFile>,
    ) -> docker::ContainerConfig {
        let service = self.service;
        self.refuse_inexpressible();
        let mut labels = service.labels.clone();
        // A catalogue cannot give itself another app's identity.
        labels.retain(|key, _| !key.starts_with("io.livos."));
        labels.insert(LABEL_APP.to_owned(), self.place.app.to_string());
        labels.insert(LABEL_SERVICE.to_owned(), service.name.clone());
        let (mounts, tmpfs) = self.mounts(directories, contents);
        docker::ContainerConfig {
            image: service.image.clone(),
            platform: service.platform.clone(),
            name: container_name(self.place.app, &service.name),
            hostname: service.hostname.clone(),
            domainname: service.domainname.clone(),
            command: service.command.clone(),
            entrypoint: service.entrypoint.clone(),
            user: service.user.clone(),
            working_dir: service.working_dir.clone(),
            env: self.environment(),
            labels,
            expose: service.expose.iter().flat_map(|text| parse_expose(text)).collect(),
            ports: self.ports(web),
            mounts,
            tmpfs,
            volumes_from: service.volumes_from.iter().map(|text| self.lent_volumes(text)).collect(),
            networks: self.networks(),
            network_mode: self.network_mode(),
            mac_address: service.mac_address.clone(),
            links: service.links.iter().flat_map(|link| self.link(link)).collect(),
            dns: service.dns.clone(),
            dns_search: service.dns_search.clone(),
            dns_options: service.dns_opt.clone(),
            extra_hosts: service.extra_hosts.clone(),
            healthcheck: service.healthcheck.as_ref().map(healthcheck),
            restart: restart(service.restart),
            stop_signal: service.stop_signal.clone(),
            stop_grace: service.stop_grace_period_ms.map(Duration::from_millis),
            init: service.init,
            tty: service.tty,
            stdin_open: service.stdin_open,
            privileged: service.privileged,
            cap_add: service.cap_add.clone(),
            cap_drop: service.cap_drop.clone(),
            devices: self.devices(),
            device_cgroup_rules: service.device_cgroup_rules.clone(),
            device_requests: service.device_requests.iter().map(device_request).collect(),
            security_opt: service.security_opt.clone(),
            group_add: service.group_add.clone(),
            shm_size: service.shm_size,
            ulimits: service
                .ulimits
                .iter()
                .map(|limit| docker::Ulimit { name: limit.name.clone(), soft: limit.soft, hard: limit.hard })
                .collect(),
            sysctls: service.sysctls.clone(),
            pid_mode: self.lent_namespace(service.pid.as_deref()),
            ipc_mode: self.lent_namespace(service.ipc.as_deref()),
            uts_mode: service.uts.clone(),
            userns_mode: service.userns_mode.clone(),
            cgroupns_mode: service.cgroup.clone(),
            cgroup_parent: service.cgroup_parent.clone(),
            read_only: service.read_only,
            resources: self.resources(),
            runtime: service.runtime.clone(),
            logging: service.logging.as_ref().map(|logging| docker::LogDriver {
                driver: logging.driver.clone(),
                options: logging.options.clone(),
            }),
            storage_opt: service.storage_opt.clone(),
            annotations: service.annotations.clone(),
        }
    }

    fn refuse_inexpressible(&mut self) {
        let service = self.service;
        if service.isolation.as_deref().is_some_and(|value| !value.is_empty() && value != "default") {
            self.cannot("isolation, which is for Windows");
        }
    }

    /// Env files in order, then the service's own variables over them, as Compose has it.
    fn environment(&mut self) -> BTreeMap<String, Option<String>> {
        let mut environment = BTreeMap::new();
        for file in &self.service.env_files {
            match (self.place.read_env)(file) {
                Ok(variables) => {
                    environment.extend(variables.into_iter().map(|(key, value)| (key, Some(value))));
                }
                Err(reason) if file.required => {
                    self.cannot(&format!("its env file cannot be read: {reason}"));
                }
                Err(_) => {}
            }
        }
        environment.extend(self.service.environment_without.iter().map(|key| (key.clone(), None)));
        environment
            .extend(self.service.environment.iter().map(|(key, value)| (key.clone(), Some(value.clone()))));
        environment
    }

    /// The ports as asked for; the page's own goes to the loopback address, where Caddy stands in front.
    fn ports(&mut self, web: Option<u16>) -> Vec<docker::PortBinding> {
        let page = self.spec.main.as_ref().filter(|_| web.is_some()).map(|main| main.container_port);
        let mut bindings: Vec<_> = self
            .service
            .ports
            .iter()
            .filter(|port| !(port.protocol == Protocol::Tcp && Some(port.container_port) == page))
            .filter_map(|port| self.port(port))
            .collect();
        if let (Some(container_port), Some(host_port)) = (page, web) {
            bindings.push(docker::PortBinding {
                container_port,
                protocol: docker::Protocol::Tcp,
                host_ip: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                host_port: Some(host_port),
                host_port_end: None,
            });
        }
        bindings
    }

    fn port(&mut self, port: &PortSpec) -> Option<docker::PortBinding> {
        let host_ip = match port.host_ip.as_deref().map(str::parse) {
            None => None,
            Some(Ok(address)) => Some(address),
            Some(Err(_)) => {
                self.cannot("a port on a host name; use an address");
                return None;
            }
        };
        Some(docker::PortBinding {
            container_port: port.container_port,
            protocol: protocol(port.protocol),
            host_ip,
            host_port: port.host_port,
            host_port_end: port.host_port_end,
        })
    }

    fn mounts(
        &mut self,
        directories: &mut Vec<String>,
        contents: &mut Vec<ContentFile>,
    ) -> (Vec<docker::Mount>, BTreeMap<String, String>) {
        let mut mounts = Vec::new();
        let mut tmpfs = BTreeMap::new();
        for mount in &self.service.mounts {
            if let (MountKind::Tmpfs, Some(options)) = (mount.kind, &mount.options.tmpfs_options) {
                tmpfs.insert(mount.target.clone(), options.clone());
                continue;
            }
            let kind = match mount.kind {
                MountKind::Bind if mount.role == MountRole::DockerView => self.docker_view(mount),
                MountKind::Bind => bind(mount, directories),
                MountKind::Volume => self.volume(mount),
                MountKind::Tmpfs => {
                    docker::MountKind::Tmpfs { size: mount.options.tmpfs_size, mode: mount.options.mode }
                }
                MountKind::Content => self.content(mount, contents),
            };
            mounts.push(docker::Mount { target: mount.target.clone(), kind, read_only: mount.read_only });
        }
        (mounts, tmpfs)
    }

    /// Never made by Docker: a folder in its place would hide that nobody serves it.
    fn docker_view(&self, mount: &MountSpec) -> docker::MountKind {
        docker::MountKind::Bind {
            source: self.place.docker_view.to_owned(),
            create_host_path: false,
            propagation: None,
            selinux: mount.options.selinux.as_deref().and_then(|text| text.chars().next()),
            recursion: docker::Recursion::Enabled,
        }
    }

    fn volume(&self, mount: &MountSpec) -> docker::MountKind {
        let name = self
            .spec
            .volumes
            .iter()
            .find(|volume| volume.key == mount.source)
            .map(|volume| volume_name(volume, self.place.app));
        docker::MountKind::Volume {
            name: if mount.source.is_empty() { None } else { name.or_else(|| Some(mount.source.clone())) },
            no_copy: mount.options.nocopy,
            subpath: mount.options.subpath.clone(),
        }
    }

    fn content(&mut self, mount: &MountSpec, contents: &mut Vec<ContentFile>) -> docker::MountKind {
        let owned = |id: &Option<String>| id.as_deref().is_some_and(|id| id != "0");
        if owned(&mount.options.uid) || owned(&mount.options.gid) {
            self.cannot("a config file that belongs to another user");
        }
        // Numbered, because a target may repeat in other services and its name may hold anything.
        let path = format!("{}/{}-{}", self.place.content_dir, self.service.name, contents.len());
        contents.push(ContentFile {
            path: path.clone(),
            text: mount.options.content.clone().unwrap_or_default(),
            mode: mount.options.mode.unwrap_or(0o444),
        });
        docker::MountKind::Bind {
            source: path,
            create_host_path: false,
            propagation: None,
            selinux: None,
            recursion: docker::Recursion::Enabled,
        }
    }

    fn lent_volumes(&self, text: &str) -> String {
        let (service, mode) = text.split_once(':').map_or((text, ""), |(service, mode)| (service, mode));
        let name = container_name(self.place.app, service);
        if mode.is_empty() { name } else { format!("{name}:{mode}") }
    }

    fn lent_namespace(&self, mode: Option<&str>) -> Option<String> {
        let mode = mode?;
        Some(match mode.strip_prefix("service:") {
            Some(service) => format!("container:{}", container_name(self.place.app, service)),
            None => mode.to_owned(),
        })
    }

    fn network_mode(&self) -> docker::NetworkMode {
        match &self.service.network_mode {
            None => docker::NetworkMode::Networks,
            Some(NetworkMode::Bridge) => docker::NetworkMode::Bridge,
            Some(NetworkMode::Host) => docker::NetworkMode::Host,
            Some(NetworkMode::None) => docker::NetworkMode::None,
            Some(NetworkMode::Service(service)) => {
                docker::NetworkMode::Container(container_name(self.place.app, service))
            }
            Some(NetworkMode::Container(name)) => docker::NetworkMode::Container(name.clone()),
        }
    }

    /// The first is what the container's way out goes over: the most important, by name among equals, as Compose
    /// has it.
    fn networks(&mut self) -> Vec<docker::NetworkJoin> {
        let mut networks: Vec<&ServiceNetwork> = self.service.networks.iter().collect();
        networks.sort_by_key(|network| (std::cmp::Reverse(network.priority.unwrap_or(0)), &network.name));
        networks.into_iter().map(|network| self.join(network)).collect()
    }

    /// The other container under the name that was asked for, and under those that Compose adds.
    fn link(&self, link: &Link) -> Vec<String> {
        let name = container_name(self.place.app, &link.service);
        let mut aliases = vec![link.alias.clone(), format!("{}-1", link.service), name.clone()];
        aliases.dedup();
        aliases.into_iter().map(|alias| format!("{name}:{alias}")).collect()
    }

    fn join(&mut self, network: &ServiceNetwork) -> docker::NetworkJoin {
        let mut aliases = network.aliases.clone();
        for name in [&self.service.name, &self.service.container_name] {
            if !name.is_empty() && !aliases.contains(name) {
                aliases.push(name.clone());
            }
        }
        let name = self
            .spec
            .networks
            .iter()
            .find(|spec| spec.key == network.name)
            .map_or_else(|| network.name.clone(), |spec| network_name(spec, self.place.app));
        let mut driver_options = network.driver_opts.clone();
        if let Some(interface) = &network.interface_name {
            driver_options.insert("com.docker.network.endpoint.ifname".to_owned(), interface.clone());
        }
        docker::NetworkJoin {
            network: name,
            aliases,
            ipv4: self.address(network.ipv4_address.as_deref()),
            ipv6: self.address(network.ipv6_address.as_deref()),
            link_local_ips: network
                .link_local_ips
                .iter()
                .filter_map(|text| self.address(Some(text)))
                .collect(),
            mac_address: network.mac_address.clone(),
            driver_options,
            gateway_priority: network.gw_priority,
        }
    }

    fn address(&mut self, text: Option<&str>) -> Option<IpAddr> {
        let text = text?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.cannot(&format!("‘{text}’ is not an address"));
        }
        parsed
    }

    fn devices(&mut self) -> Vec<docker::Device> {
        let mut devices = Vec::new();
        for device in &self.service.devices {
            if device.optional && !(self.place.device_exists)(&device.source) {
                continue;
            }
            devices.push(docker::Device {
                host_path: device.source.clone(),
                container_path: device.target.clone(),
                permissions: device.permissions.clone(),
            });
        }
        devices
    }

    fn resources(&mut self) -> docker::Resources {
        let resources = &self.service.resources;
        docker::Resources {
            memory: resources.memory_limit,
            memory_reservation: resources.memory_reservation,
            memory_swap: resources.memory_swap_limit,
            memory_swappiness: resources.memory_swappiness.and_then(|value| u8::try_from(value).ok()),
            nano_cpus: resources.nano_cpus,
            cpu_shares: resources.cpu_shares,
            cpu_period: resources.cpu_period,
            cpu_quota: resources.cpu_quota,
            cpuset: resources.cpuset.clone(),
            pids: resources.pids_limit,
            oom_score_adj: resources.oom_score_adj.and_then(|value| i16::try_from(value).ok()),
            oom_kill_disable: resources.oom_kill_disable.then_some(true),
            cpu_realtime_runtime: resources.cpu_rt_runtime.and_then(|value| i64::try_from(value).ok()),
            cpu_realtime_period: resources.cpu_rt_period.and_then(|value| i64::try_from(value).ok()),
            blkio_weight: resources.blkio_weight,
            blkio_devices: resources.blkio_devices.iter().filter_map(block_device).collect(),
        }
    }
}

fn block_device(device: &BlkioDevice) -> Option<docker::BlkioDevice> {
    use docker::BlkioSetting::{ReadBytes, ReadRequests, Weight, WriteBytes, WriteRequests};
    let setting = match device.setting.as_str() {
        "weight_device" => Weight,
        "device_read_bps" => ReadBytes,
        "device_read_iops" => ReadRequests,
        "device_write_bps" => WriteBytes,
        "device_write_iops" => WriteRequests,
        _ => return None,
    };
    Some(docker::BlkioDevice { setting, path: device.path.clone(), value: device.value })
}

/// Only the app's own data is created for it; a missing path of the machine is a reason to stop.
fn bind(mount: &MountSpec, directories: &mut Vec<String>) -> docker::MountKind {
    let ours = matches!(mount.role, MountRole::AppData | MountRole::UserFolder { .. });
    if ours && mount.options.create_host_path {
        directories.push(mount.source.clone());
    }
    docker::MountKind::Bind {
        source: mount.source.clone(),
        create_host_path: mount.options.create_host_path && !ours,
        propagation: mount.options.propagation.clone(),
        selinux: mount.options.selinux.as_deref().and_then(|text| text.chars().next()),
        recursion: match mount.options.recursive.as_deref() {
            Some("disabled") => docker::Recursion::Disabled,
            Some("writable") => docker::Recursion::Writable,
            Some("readonly") => docker::Recursion::ReadOnly,
            _ => docker::Recursion::Enabled,
        },
    }
}

pub(super) fn protocol(protocol: Protocol) -> docker::Protocol {
    match protocol {
        Protocol::Tcp => docker::Protocol::Tcp,
        Protocol::Udp => docker::Protocol::Udp,
        Protocol::Sctp => docker::Protocol::Sctp,
    }
}

/// `3000`, `8000/udp`, `9000-9005`.
fn parse_expose(text: &str) -> Vec<(u16, docker::Protocol)> {
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    match (first.parse::<u16>(), last.parse::<u16>(), docker::Protocol::parse(protocol)) {
        (Ok(first), Ok(last), Some(protocol)) => (first..=last).map(|port| (port, protocol)).collect(),
        _ => Vec::new(),
    }
}

fn restart(policy: RestartPolicy) -> docker::RestartPolicy {
    match policy {
        RestartPolicy::No => docker::RestartPolicy::No,
        RestartPolicy::Always => docker::RestartPolicy::Always,
        RestartPolicy::UnlessStopped => docker::RestartPolicy::UnlessStopped,
        RestartPolicy::OnFailure { max_retries } => docker::RestartPolicy::OnFailure { max_retries },
    }
}

fn device_request(request: &livos_manifest::spec::DeviceRequest) -> docker::DeviceRequest {
    docker::DeviceRequest {
        driver: (!request.driver.is_empty()).then(|| request.driver.clone()),
        count: request.count,
        device_ids: request.device_ids.clone(),
        // Compose means all of them together.
        capabilities: vec![request.capabilities.clone()],
        options: request.options.clone(),
    }
}

pub(super) fn healthcheck(check: &Healthcheck) -> docker::Healthcheck {
    let test = match check.test.split_first() {
        _ if check.disable => docker::HealthTest::Disabled,
        None => docker::HealthTest::Inherit,
        Some((word, _)) if word == "NONE" => docker::HealthTest::Disabled,
        Some((word, rest)) if word == "CMD-SHELL" => docker::HealthTest::Shell(rest.join(" ")),
        Some((word, rest)) if word == "CMD" => docker::HealthTest::Command(rest.to_vec()),
        Some(_) => docker::HealthTest::Command(check.test.clone()),
    };
    let time = |milliseconds: Option<u64>| milliseconds.map(Duration::from_millis);
    docker::Healthcheck {
        test,
        interval: time(check.interval_ms),
        timeout: time(check.timeout_ms),
        retries: check.retries,
        start_period: time(check.start_period_ms),
        start_interval: time(check.start_interval_ms),
    }
}
