//! One container that was adopted, as a service: what differs from its image, and nothing that Docker fills in.

use std::collections::BTreeMap;
use std::time::Duration;

use livos_docker::{self as docker, BlkioSetting, ContainerConfig, HealthTest, ImageInfo};
use livos_manifest::spec::{
    BlkioDevice, Dependency, DeviceRequest, DeviceSpec, Healthcheck, Link, Logging, MountKind, MountOptions,
    MountRole, MountSpec, NetworkMode, PortSpec, Protocol, Resources, RestartPolicy, ServiceNetwork,
    ServiceSpec, Ulimit,
};

use super::adopted_spec::{Around, Found, Keys, others};
use super::adoption;

/// Reads one after the other.
pub(super) struct Reader<'a, 'k> {
    pub(super) project: &'a str,
    pub(super) found: &'a [Found],
    pub(super) around: &'a Around,
    pub(super) keys: &'k mut Keys<'a>,
    pub(super) unsaid: &'k mut Vec<String>,
}

impl Reader<'_, '_> {
    pub(super) fn read(mut self, one: &Found) -> ServiceSpec {
        let config = &one.config;
        let nothing = ImageInfo::default();
        let image = one.image.as_ref().unwrap_or(&nothing);
        let (entrypoint, command) = words(config, image);
        let (environment, environment_without) = environment(config, image);
        let foreign = !image.architecture.is_empty() && image.architecture != self.around.architecture;
        let published = |port: &(u16, docker::Protocol)| {
            config.ports.iter().any(|own| (own.container_port, own.protocol) == *port)
        };
        let of_image = |port: &(u16, docker::Protocol)| {
            image.exposed_ports.iter().any(|own| (own.port, own.protocol) == *port)
        };
        let mut labels = others(&config.labels);
        labels.retain(|key, value| image.labels.get(key) != Some(value));
        ServiceSpec {
            name: one.service.clone(),
            image: reference(one, image),
            platform: foreign.then(|| platform(image)),
            container_name: config.name.clone(),
            command,
            entrypoint,
            user: config.user.clone().filter(|user| *user != image.user),
            working_dir: config.working_dir.clone().filter(|folder| *folder != image.working_dir),
            environment,
            environment_without,
            ports: config.ports.iter().map(port).collect(),
            expose: config
                .expose
                .iter()
                .filter(|port| !published(port) && !of_image(port))
                .map(|(port, protocol)| format!("{port}/{protocol}"))
                .collect(),
            mounts: self.mounts(config),
            volumes_from: config.volumes_from.iter().map(|lender| self.lender(lender)).collect(),
            networks: self.networks(config),
            network_mode: match &config.network_mode {
                docker::NetworkMode::Networks => None,
                docker::NetworkMode::Bridge => Some(NetworkMode::Bridge),
                docker::NetworkMode::Host => Some(NetworkMode::Host),
                docker::NetworkMode::None => Some(NetworkMode::None),
                docker::NetworkMode::Container(other) => Some(match self.part(other) {
                    Some(service) => NetworkMode::Service(service),
                    None => NetworkMode::Container(self.name(other)),
                }),
            },
            dns: config.dns.clone(),
            dns_search: config.dns_search.clone(),
            dns_opt: config.dns_options.clone(),
            extra_hosts: config.extra_hosts.clone(),
            hostname: config.hostname.clone(),
            domainname: config.domainname.clone(),
            depends_on: self.dependencies(one),
            links: self.links(config),
            healthcheck: healthcheck(config, image),
            restart: restart(config.restart),
            stop_grace_period_ms: config.stop_grace.map(millis),
            stop_signal: config.stop_signal.clone(),
            init: config.init,
            tty: config.tty,
            stdin_open: config.stdin_open,
            privileged: config.privileged,
            cap_add: config.cap_add.clone(),
            cap_drop: config.cap_drop.clone(),
            devices: config.devices.iter().map(device).collect(),
            device_cgroup_rules: config.device_cgroup_rules.clone(),
            security_opt: self.security(config),
            shm_size: config.shm_size,
            ulimits: config
                .ulimits
                .iter()
                .map(|limit| Ulimit { name: limit.name.clone(), soft: limit.soft, hard: limit.hard })
                .collect(),
            sysctls: config.sysctls.clone(),
            pid: self.lent(config.pid_mode.as_deref()),
            ipc: self.lent(config.ipc_mode.as_deref()),
            userns_mode: config.userns_mode.clone(),
            uts: config.uts_mode.clone(),
            cgroup: config.cgroupns_mode.clone(),
            cgroup_parent: config.cgroup_parent.clone(),
            read_only: config.read_only,
            resources: resources(&config.resources),
            device_requests: self.device_requests(config),
            runtime: config.runtime.clone(),
            logging: config
                .logging
                .as_ref()
                .filter(|log| says_something(log))
                .map(|log| Logging { driver: log.driver.clone(), options: log.options.clone() }),
            labels,
            annotations: config.annotations.clone(),
            group_add: config.group_add.clone(),
            storage_opt: config.storage_opt.clone(),
            ..ServiceSpec::default()
        }
    }

    /// The service that a container of the project is, by the container's id or name.
    fn part(&self, container: &str) -> Option<String> {
        let is = |one: &&Found| one.info.id == container || one.info.name == container;
        self.found.iter().find(is).map(|one| one.service.clone())
    }

    /// What a container is called.
    fn name(&self, container: &str) -> String {
        self.around.names.get(container).cloned().unwrap_or_else(|| container.to_owned())
    }

    /// `container:…` as a service of the project, if it is one.
    fn lent(&self, mode: Option<&str>) -> Option<String> {
        let mode = mode?;
        Some(match mode.strip_prefix("container:") {
            Some(other) => match self.part(other) {
                Some(service) => format!("service:{service}"),
                None => format!("container:{}", self.name(other)),
            },
            None => mode.to_owned(),
        })
    }

    fn lender(&self, text: &str) -> String {
        let (other, mode) = text.split_once(':').unwrap_or((text, ""));
        let mode = if matches!(mode, "" | "rw") { String::new() } else { format!(":{mode}") };
        match self.part(other) {
            Some(service) => format!("{service}{mode}"),
            None => format!("container:{}{mode}", self.name(other)),
        }
    }

    fn mounts(&mut self, config: &ContainerConfig) -> Vec<MountSpec> {
        let memory = config.tmpfs.iter().map(|(target, options)| MountSpec {
            kind: MountKind::Tmpfs,
            source: String::new(),
            target: target.clone(),
            read_only: false,
            role: MountRole::Private,
            options: MountOptions { tmpfs_options: Some(options.clone()), ..MountOptions::default() },
        });
        let mut mounts: Vec<MountSpec> = memory.collect();
        mounts.extend(config.mounts.iter().map(|mount| self.mount(mount)));
        mounts
    }

    fn mount(&mut self, mount: &docker::Mount) -> MountSpec {
        let mut options = MountOptions::default();
        let (kind, source, role) = match &mount.kind {
            docker::MountKind::Bind { source, create_host_path, propagation, selinux, recursion } => {
                options.create_host_path = *create_host_path;
                options.propagation.clone_from(propagation);
                options.selinux = selinux.map(String::from);
                options.recursive = match recursion {
                    docker::Recursion::Enabled => None,
                    docker::Recursion::Disabled => Some("disabled".to_owned()),
                    docker::Recursion::Writable => Some("writable".to_owned()),
                    docker::Recursion::ReadOnly => Some("readonly".to_owned()),
                };
                (MountKind::Bind, source.clone(), MountRole::HostPath)
            }
            docker::MountKind::Volume { name, no_copy, subpath } => {
                options.nocopy = *no_copy;
                options.subpath.clone_from(subpath);
                let key = name.as_deref().map_or_else(String::new, |name| self.keys.volume(name));
                (MountKind::Volume, key, MountRole::Private)
            }
            docker::MountKind::Tmpfs { size, mode } => {
                (options.tmpfs_size, options.mode) = (*size, *mode);
                (MountKind::Tmpfs, String::new(), MountRole::Private)
            }
        };
        MountSpec { kind, source, target: mount.target.clone(), read_only: mount.read_only, role, options }
    }

    fn networks(&mut self, config: &ContainerConfig) -> Vec<ServiceNetwork> {
        let mut networks: Vec<ServiceNetwork> = config
            .networks
            .iter()
            .map(|join| ServiceNetwork {
                name: self.keys.network(&join.network),
                aliases: join.aliases.clone(),
                ipv4_address: join.ipv4.map(|address| address.to_string()),
                ipv6_address: join.ipv6.map(|address| address.to_string()),
                link_local_ips: join.link_local_ips.iter().map(ToString::to_string).collect(),
                gw_priority: join.gateway_priority,
                driver_opts: join.driver_options.clone(),
                ..ServiceNetwork::default()
            })
            .collect();
        // The one that it was made on comes first for Compose only if its name does, or if that is said.
        let by_name = networks.iter().map(|network| network.name.clone()).min();
        if let Some(first) = networks.first_mut()
            && by_name.is_some_and(|name| name != first.name)
        {
            first.priority = Some(1);
        }
        networks
    }

    fn dependencies(&self, one: &Found) -> Vec<Dependency> {
        let known = |service: &str| self.found.iter().any(|other| other.service == service);
        adoption::depends_on(&one.config.labels).into_iter().filter(|after| known(&after.service)).collect()
    }

    /// Compose adds two names to each link by itself.
    fn links(&mut self, config: &ContainerConfig) -> Vec<Link> {
        let mut links = Vec::new();
        for link in &config.links {
            let (other, alias) = link.split_once(':').unwrap_or((link, link));
            match self.part(other) {
                Some(service)
                    if alias != format!("{service}-1")
                        && alias != format!("{}-{service}-1", self.project)
                        && alias != self.name(other) =>
                {
                    links.push(Link { service, alias: alias.to_owned() });
                }
                Some(_) => {}
                None => self.unsaid.push(format!(
                    "{} is linked to the container {} as {alias}, which is not a part of this project.",
                    config.name,
                    self.name(other)
                )),
            }
        }
        links
    }

    fn security(&mut self, config: &ContainerConfig) -> Vec<String> {
        let (whole, rest): (Vec<_>, Vec<_>) =
            config.security_opt.iter().partition(|option| option.contains('{'));
        if !whole.is_empty() {
            self.unsaid.push(format!(
                "{} has a kernel filter of its own (seccomp); Compose wants it as a file beside compose.yaml.",
                config.name
            ));
        }
        rest.into_iter().cloned().collect()
    }

    fn device_requests(&mut self, config: &ContainerConfig) -> Vec<DeviceRequest> {
        if config.device_requests.iter().any(|request| request.capabilities.len() > 1) {
            self.unsaid
                .push(format!("{} takes one of several kinds of devices; the first is named.", config.name));
        }
        let requests = config.device_requests.iter().map(|request| DeviceRequest {
            driver: request.driver.clone().unwrap_or_default(),
            count: request.count,
            device_ids: request.device_ids.clone(),
            capabilities: request.capabilities.first().cloned().unwrap_or_default(),
            options: request.options.clone(),
        });
        requests.collect()
    }
}

/// The name of the image; one that was given by its id is called by its name, if it has one.
fn reference(one: &Found, image: &ImageInfo) -> String {
    let named = image.tags.first().or(image.digests.first());
    match named {
        Some(name) if one.info.image.is_empty() || one.info.image.starts_with("sha256:") => name.clone(),
        _ => one.info.image.clone(),
    }
}

fn platform(image: &ImageInfo) -> String {
    let os = if image.os.is_empty() { "linux" } else { &image.os };
    let variant = if image.variant.is_empty() { String::new() } else { format!("/{}", image.variant) };
    format!("{os}/{}{variant}", image.architecture)
}

/// Entry point and arguments, as far as they are not the image's. Docker drops the image's arguments for another
/// entry point, and also for the same one if it is named.
fn words(config: &ContainerConfig, image: &ImageInfo) -> (Option<Vec<String>>, Option<Vec<String>>) {
    let entrypoint = config.entrypoint.clone().unwrap_or_default();
    let command = config.command.clone().unwrap_or_default();
    let dropped = command.is_empty() && !image.command.is_empty();
    if entrypoint == image.entrypoint && !dropped {
        return (None, (command != image.command).then_some(command));
    }
    let inherits = entrypoint.is_empty() && command == image.command;
    (Some(entrypoint), (!command.is_empty() && !inherits).then_some(command))
}

/// Variables that the image does not set, or otherwise; and those of the image that were taken away.
fn environment(config: &ContainerConfig, image: &ImageInfo) -> (BTreeMap<String, String>, Vec<String>) {
    let of_image: BTreeMap<&str, &str> = image.env.iter().filter_map(|pair| pair.split_once('=')).collect();
    let own = config.env.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    let own = own.filter(|(key, value)| of_image.get(key.as_str()) != Some(&value.as_str()));
    let gone = of_image.keys().filter(|key| config.env.get(**key).is_none_or(Option::is_none));
    (
        own.map(|(key, value)| (key.clone(), value.clone())).collect(),
        gone.map(|key| (*key).to_owned()).collect(),
    )
}

fn port(port: &docker::PortBinding) -> PortSpec {
    PortSpec {
        host_ip: port.host_ip.map(|address| address.to_string()),
        host_port: port.host_port,
        host_port_end: port.host_port_end,
        container_port: port.container_port,
        protocol: match port.protocol {
            docker::Protocol::Tcp => Protocol::Tcp,
            docker::Protocol::Udp => Protocol::Udp,
            docker::Protocol::Sctp => Protocol::Sctp,
        },
        pending: None,
        moved_from: None,
    }
}

fn healthcheck(config: &ContainerConfig, image: &ImageInfo) -> Option<Healthcheck> {
    if config.healthcheck == image.healthcheck {
        return None;
    }
    let check = config.healthcheck.as_ref()?;
    let test = match &check.test {
        HealthTest::Inherit => Vec::new(),
        HealthTest::Disabled => vec!["NONE".to_owned()],
        HealthTest::Command(words) => {
            std::iter::once("CMD".to_owned()).chain(words.iter().cloned()).collect()
        }
        HealthTest::Shell(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
    };
    Some(Healthcheck {
        disable: check.test == HealthTest::Disabled,
        test,
        interval_ms: check.interval.map(millis),
        timeout_ms: check.timeout.map(millis),
        retries: check.retries,
        start_period_ms: check.start_period.map(millis),
        start_interval_ms: check.start_interval.map(millis),
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn restart(policy: docker::RestartPolicy) -> RestartPolicy {
    match policy {
        docker::RestartPolicy::No => RestartPolicy::No,
        docker::RestartPolicy::Always => RestartPolicy::Always,
        docker::RestartPolicy::UnlessStopped => RestartPolicy::UnlessStopped,
        docker::RestartPolicy::OnFailure { max_retries } => RestartPolicy::OnFailure { max_retries },
    }
}

fn device(device: &docker::Device) -> DeviceSpec {
    DeviceSpec {
        source: device.host_path.clone(),
        target: device.container_path.clone(),
        permissions: device.permissions.clone(),
        optional: false,
    }
}

/// Whether it is not what Docker does without being asked.
fn says_something(log: &docker::LogDriver) -> bool {
    !log.options.is_empty() || !matches!(log.driver.as_str(), "" | "json-file")
}

fn resources(from: &docker::Resources) -> Resources {
    Resources {
        memory_limit: from.memory,
        memory_reservation: from.memory_reservation,
        memory_swap_limit: from.memory_swap,
        memory_swappiness: from.memory_swappiness.map(u64::from),
        nano_cpus: from.nano_cpus,
        nano_cpus_reservation: None,
        cpu_shares: from.cpu_shares,
        cpu_quota: from.cpu_quota,
        cpu_period: from.cpu_period,
        cpu_rt_runtime: from.cpu_realtime_runtime.and_then(|value| u64::try_from(value).ok()),
        cpu_rt_period: from.cpu_realtime_period.and_then(|value| u64::try_from(value).ok()),
        cpuset: from.cpuset.clone(),
        pids_limit: from.pids,
        oom_kill_disable: from.oom_kill_disable == Some(true),
        oom_score_adj: from.oom_score_adj.map(i64::from),
        blkio_weight: from.blkio_weight,
        blkio_devices: from
            .blkio_devices
            .iter()
            .map(|device| BlkioDevice {
                setting: match device.setting {
                    BlkioSetting::Weight => "weight_device",
                    BlkioSetting::ReadBytes => "device_read_bps",
                    BlkioSetting::ReadRequests => "device_read_iops",
                    BlkioSetting::WriteBytes => "device_write_bps",
                    BlkioSetting::WriteRequests => "device_write_iops",
                }
                .to_owned(),
                path: device.path.clone(),
                value: device.value,
            })
            .collect(),
    }
}
