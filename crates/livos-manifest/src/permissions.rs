//! What an app may do because the owner agreed, in words for the owner.

use crate::catalogue::Entry;
use crate::compose::Loaded;
use crate::fields::shorten;
use crate::hook::Hook;
use crate::paths;
use crate::read::{CLOSE, OPEN};
use crate::spec::{
    MainPort, MountKind, MountRole, MountSpec, NetworkMode, NetworkSpec, Permission, Protocol, Provider,
    Risk, ServiceSpec, Unresolved, VolumeSpec,
};

/// Everything an app asks for beyond its own containers and its own data.
pub(crate) fn derive(
    loaded: &Loaded,
    dependencies: &[String],
    main: Option<&MainPort>,
    app_data_dir: &str,
) -> Vec<Permission> {
    let mut found = Found::default();
    let page = main.and_then(|main| Some((main.publisher(&loaded.services)?, main.container_port)));
    for service in &loaded.services {
        host(service, &mut found);
        hardware(service, &mut found);
        data(service, &loaded.unresolved, &mut found);
        let page = page.filter(|(publisher, _)| *publisher == service.name).map(|(_, port)| port);
        ports(service, page, &mut found);
    }
    nested_folders(&loaded.services, &mut found);
    for volume in &loaded.volumes {
        shared_volume(volume, app_data_dir, &mut found);
    }
    for network in &loaded.networks {
        outer_network(network, &mut found);
    }
    for dependency in dependencies {
        found.add("other_app", Risk::Low, dependency, format!("Work together with the app “{dependency}”."));
    }
    if let Some(main) = main {
        sign_in(main, &mut found);
    }
    found.0
}

/// Scripts that the app's store brings along for moments of its life.
pub(crate) fn scripts(entry: &Entry) -> Option<Permission> {
    let names: Vec<&str> =
        Hook::ALL.into_iter().filter(|hook| entry.hook(*hook).is_some()).map(Hook::name).collect();
    (!names.is_empty()).then(|| Permission {
        code: "scripts".to_owned(),
        text: "Run scripts of its own when it is installed, started, stopped or updated. They are shut in: they \
               reach the app's own files and containers and nothing else."
            .to_owned(),
        risk: Risk::Low,
        subject: names.join(" "),
    })
}

/// Where the catalogue wants LivOS not to ask who is there.
fn sign_in(main: &MainPort, found: &mut Found) {
    if !main.sign_in && main.closed_paths.is_empty() {
        let text = "Be opened without LivOS's sign-in by everybody who can reach this machine: its store says that it \
                    looks after sign-in itself, or is used by programs that cannot sign in.";
        found.add("no_sign_in", Risk::Medium, &main.service, text.to_owned());
    }
    for path in main.open_paths.iter().filter(|_| main.sign_in) {
        let text = format!(
            "Answer everybody at {path} without LivOS's sign-in, as its store asks for its programs."
        );
        found.add("open_path", Risk::Low, path, text);
    }
}

fn shared_volume(volume: &VolumeSpec, app_data_dir: &str, found: &mut Found) {
    let kind = volume.driver_opts.get("type").map_or("", String::as_str);
    let device = volume.driver_opts.get("device").filter(|_| kind != "tmpfs");
    // Of a bind's device the path counts, cleaned, so that no “..” makes a foreign one look like the app's own.
    let own = |device: &str| {
        matches!(kind, "" | "none") && paths::below(&paths::clean(device), app_data_dir).is_some()
    };
    if let Some(device) = device.filter(|device| !own(device)) {
        found.add("host_path", Risk::High, device, format!("Use “{device}” of this machine or its network."));
    }
    if let Some(device) = device.filter(|_| matches!(kind, "" | "none"))
        && DOCKER_SOCKETS.iter().any(|socket| paths::below(socket, &paths::clean(device)).is_some())
    {
        docker_control(device, found);
    }
    if volume.external {
        let text = format!("Use the existing volume “{}”.", volume.name);
        found.add("external_volume", Risk::Medium, &volume.name, text);
    }
}

/// A folder that is mounted by itself and also lies inside one that a container may change can be swapped for
/// a link, which Docker follows at the next start: whoever may do that reaches any folder of the machine.
fn nested_folders(services: &[ServiceSpec], found: &mut Found) {
    let own = || {
        services
            .iter()
            .flat_map(|service| &service.mounts)
            .filter(|mount| mount.kind == MountKind::Bind && mount.role == MountRole::AppData)
    };
    for outer in own().filter(|mount| !mount.read_only) {
        for inner in own() {
            if paths::below(&inner.source, &outer.source).is_some_and(|rest| !rest.is_empty()) {
                let text = "Mount a folder that lies inside another one it may change; a broken-into app could use \
                            that to reach any folder of this machine.";
                found.add("nested_folder", Risk::High, &inner.source, text.to_owned());
            }
        }
    }
}

fn outer_network(network: &NetworkSpec, found: &mut Found) {
    if network.external {
        let text = format!("Join the existing network “{}” and reach what is in it.", network.name);
        found.add("external_network", Risk::Medium, &network.name, text);
    } else if network.shared {
        let text = "Reach the other apps that were made for the same store, and be reached by them.";
        found.add("shared_network", Risk::Low, &network.name, text.to_owned());
    } else if !matches!(network.driver.as_str(), "" | "bridge") {
        let text = format!("Be in your network with an address of its own ({}).", network.driver);
        found.add("network_driver", Risk::Medium, &network.driver, text);
    }
}

#[derive(Default)]
struct Found(Vec<Permission>);

impl Found {
    fn add(&mut self, code: &str, risk: Risk, subject: &str, text: String) {
        match self.0.iter_mut().find(|other| other.code == code && other.subject == subject) {
            Some(other) if other.risk >= risk => {}
            Some(other) => {
                other.risk = risk;
                other.text = text;
            }
            None => {
                self.0.push(Permission { code: code.to_owned(), text, risk, subject: subject.to_owned() });
            }
        }
    }
}

fn host(service: &ServiceSpec, found: &mut Found) {
    if service.privileged {
        found.add(
            "privileged",
            Risk::High,
            &service.name,
            "Full control over this machine: the container runs privileged.".to_owned(),
        );
    }
    match &service.network_mode {
        Some(NetworkMode::Host) => found.add(
            "host_network",
            Risk::High,
            &service.name,
            "Use this machine's own network: see local traffic and open any port.".to_owned(),
        ),
        Some(NetworkMode::Container(name)) => found.add(
            "container_network",
            Risk::Medium,
            name,
            format!("Use the network of the container “{name}”."),
        ),
        _ => {}
    }
    if let Some(pid) = &service.pid {
        let (code, risk, subject, text) = match pid.split_once(':') {
            None if pid == "host" => {
                let text = "See and signal every process of this machine.".to_owned();
                ("host_pid", Risk::High, &service.name, text)
            }
            Some(("container", name)) => {
                let text =
                    format!("See and signal the processes of the container “{name}”, which is not its own.");
                ("container_pid", Risk::High, pid, text)
            }
            _ => ("shared_pid", Risk::Low, &service.name, format!("See the processes of “{pid}”.")),
        };
        found.add(code, risk, subject, text);
    }
    match service.ipc.as_deref().map(|ipc| (ipc, ipc.split_once(':'))) {
        Some(("host", _)) => {
            let text = "Share memory with this machine's processes.";
            found.add("host_ipc", Risk::High, &service.name, text.to_owned());
        }
        Some((ipc, Some(("container", name)))) => {
            let text = format!("Share memory with the container “{name}”, which is not its own.");
            found.add("container_ipc", Risk::High, ipc, text);
        }
        _ => {}
    }
    for (what, value) in
        [("userns", &service.userns_mode), ("uts", &service.uts), ("cgroup", &service.cgroup)]
    {
        if value.as_deref() == Some("host") {
            found.add(
                "host_namespace",
                Risk::High,
                what,
                format!("Leave its container in one respect: it uses this machine's {what} namespace."),
            );
        }
    }
    if let Some(parent) = &service.cgroup_parent {
        found.add("cgroup_parent", Risk::Medium, parent, format!("Run in the control group “{parent}”."));
    }
    for capability in &service.cap_add {
        let name = capability.trim().to_ascii_uppercase();
        let name = name.strip_prefix("CAP_").unwrap_or(&name).to_owned();
        let (risk, meaning) = match name.as_str() {
            "ALL" | "SYS_ADMIN" => (Risk::High, "almost full control over this machine"),
            "SYS_MODULE" => (Risk::High, "load drivers into the kernel"),
            "SYS_PTRACE" => (Risk::High, "look into other processes"),
            "SYS_RAWIO" | "DAC_READ_SEARCH" | "BPF" | "PERFMON" | "MAC_ADMIN" | "MAC_OVERRIDE"
            | "SYS_BOOT" | "CHECKPOINT_RESTORE" => (Risk::High, "reach hardware or files directly"),
            "NET_ADMIN" => (Risk::Medium, "change network settings"),
            "NET_RAW" => (Risk::Medium, "send and read raw network packets"),
            "SYS_TIME" => (Risk::Medium, "set the clock"),
            "SYS_NICE" | "SYS_RESOURCE" | "IPC_LOCK" => {
                (Risk::Low, "use more memory or processor time than others")
            }
            "NET_BIND_SERVICE" | "CHOWN" | "SETUID" | "SETGID" | "FOWNER" | "DAC_OVERRIDE" | "KILL"
            | "SETPCAP" | "SETFCAP" | "MKNOD" | "AUDIT_WRITE" | "SYS_CHROOT" | "FSETID" => {
                (Risk::Low, "a right that containers usually have")
            }
            _ => (Risk::Medium, "a special right of the kernel"),
        };
        found.add("capability", risk, &name, format!("{name}: {meaning}."));
    }
    for option in &service.security_opt {
        security_option(option, found);
    }
    for group in &service.group_add {
        let high =
            ["0", "root", "docker", "disk", "shadow", "sudo", "wheel", "adm"].contains(&group.as_str());
        let risk = if high { Risk::High } else { Risk::Low };
        found.add("group", risk, group, format!("Be in the group {group}, and reach what that may."));
    }
    if let Some(logging) = &service.logging
        && !matches!(logging.driver.as_str(), "" | "json-file" | "local" | "journald" | "none")
    {
        let to = logging.options.iter().find(|(key, _)| key.ends_with("-address") || key.ends_with("-url"));
        let to = to.map_or(logging.driver.as_str(), |(_, address)| address);
        let text = format!("Send everything it prints elsewhere, to {to}; LivOS can't show it then.");
        found.add("log_elsewhere", Risk::Medium, to, text);
    }
    for name in service.sysctls.keys() {
        let risk = if name.starts_with("net.") { Risk::Low } else { Risk::Medium };
        found.add("sysctl", risk, name, format!("Set the kernel option {name} for itself."));
    }
    if let Some(runtime) = &service.runtime {
        found.add("runtime", Risk::Medium, runtime, format!("Run under the container runtime “{runtime}”."));
    }
    if service.resources.oom_kill_disable {
        found.add("oom", Risk::Medium, &service.name, "Never be ended when memory runs out.".to_owned());
    }
}

/// What a security option takes away; only `no-new-privileges` adds protection.
fn security_option(option: &str, found: &mut Found) {
    let (name, value) = option.split_once(['=', ':']).unwrap_or((option, ""));
    let text = match (name.trim(), value.trim()) {
        ("no-new-privileges", "" | "true") => return,
        (_, "unconfined" | "disable" | "false") | ("no-new-privileges", _) => {
            format!("Switch off a protection of its container ({option}).")
        }
        ("seccomp", _) => "Replace the filter of kernel calls by one of its own.".to_owned(),
        ("apparmor", profile) => format!("Run under the AppArmor profile “{profile}” instead of Docker's."),
        _ => format!("Change how its container is confined ({option})."),
    };
    found.add("security_option", Risk::High, &shorten(option), text);
}

fn hardware(service: &ServiceSpec, found: &mut Found) {
    for device in &service.devices {
        let path = device.source.as_str();
        if path.starts_with("/dev/dri") || path.contains('=') {
            found.add("gpu", Risk::Low, path, "Use the graphics processor.".to_owned());
            continue;
        }
        let (risk, what) = match path {
            "/dev" | "/dev/mem" | "/dev/kmem" | "/dev/kvm" => (Risk::High, "hardware of this machine"),
            _ if path.starts_with("/dev/sd")
                || path.starts_with("/dev/nvme")
                || path.starts_with("/dev/disk") =>
            {
                (Risk::High, "a whole disk, with everything on it")
            }
            "/dev/net/tun" => (Risk::Medium, "virtual network interfaces"),
            _ if path.starts_with("/dev/bus/usb") || path.starts_with("/dev/tty") => {
                (Risk::Medium, "USB or serial devices")
            }
            _ => (Risk::Medium, "a device of this machine"),
        };
        found.add("device", risk, path, format!("Use {what} ({path})."));
    }
    for rule in &service.device_cgroup_rules {
        // All devices, or block devices: whole disks.
        let kind = rule.trim_start();
        let all = kind.starts_with(['a', 'b']) || kind.contains("*:");
        let risk = if all { Risk::High } else { Risk::Medium };
        found.add("device_rule", risk, rule, format!("Reach devices by number ({rule})."));
    }
    for request in &service.device_requests {
        let driver = if request.driver.is_empty() { "any" } else { &request.driver };
        found.add("gpu", Risk::Low, driver, "Use the graphics processor.".to_owned());
    }
}

/// Reading these as a whole tells nearly everything.
const SENSITIVE: [&str; 10] =
    ["/", "/etc", "/boot", "/var", "/run", "/var/run", "/usr", "/dev", "/proc", "/sys"];
/// Reading anything below these does.
const BELOW_SENSITIVE: [&str; 8] = [
    "/root",
    "/home",
    "/etc/shadow",
    "/etc/ssh",
    "/etc/livos",
    "/var/lib/livos",
    "/var/lib/docker",
    "/run/livos",
];

/// Where Docker's socket is.
const DOCKER_SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// What our own socket in the place of Docker's lets through.
const DOCKER_VIEW: &str = "See all containers of this machine, with their commands and everything that they log, and change \
                           nothing in Docker.";

/// The app that will say where a mount comes from, when everything before that is its variable.
fn promised_by<'a>(source: &str, unresolved: &'a [Unresolved]) -> Option<&'a str> {
    let (name, _) = source.strip_prefix(OPEN)?.split_once(CLOSE)?;
    match &unresolved.iter().find(|variable| variable.name == name)?.provider {
        Provider::App(app) => Some(app),
        Provider::Own | Provider::Owner => None,
    }
}

fn other_app_data(mount: &MountSpec, app: &str, found: &mut Found) {
    let (verb, risk) = if mount.read_only { ("Read", Risk::Medium) } else { ("Read and change", Risk::High) };
    found.add("other_app_data", risk, app, format!("{verb} the data of the app “{app}”."));
}

fn docker_control(source: &str, found: &mut Found) {
    let text = "Control Docker, and with it every app and this whole machine.";
    found.add("docker_socket", Risk::High, source, text.to_owned());
}

fn data(service: &ServiceSpec, unresolved: &[Unresolved], found: &mut Found) {
    for mount in service.mounts.iter().filter(|mount| mount.kind == MountKind::Bind) {
        let (verb, writes) = if mount.read_only { ("Read", false) } else { ("Read and change", true) };
        match &mount.role {
            MountRole::AppData | MountRole::HostClock | MountRole::Private => {}
            // Agreed to before the other app is there; what it then exports must be just that.
            MountRole::Pending => {
                if let Some(app) = promised_by(&mount.source, unresolved) {
                    other_app_data(mount, app, found);
                }
            }
            MountRole::DockerSocket => docker_control(&mount.source, found),
            MountRole::DockerView => {
                found.add("docker_view", Risk::Medium, &mount.source, DOCKER_VIEW.to_owned());
            }
            MountRole::UserFolder { folder } => {
                let name =
                    if folder.is_empty() { "all files in Home".to_owned() } else { format!("Home/{folder}") };
                let risk = match (folder.is_empty(), writes) {
                    (true, true) => Risk::High,
                    (true, false) | (false, true) => Risk::Medium,
                    (false, false) => Risk::Low,
                };
                found.add("user_folder", risk, &mount.source, format!("{verb} {name}."));
            }
            MountRole::OtherApp { app } if app.is_empty() => {
                found.add(
                    "other_app_data",
                    Risk::High,
                    &mount.source,
                    format!("{verb} the data of all apps."),
                );
            }
            MountRole::OtherApp { app } => other_app_data(mount, app, found),
            MountRole::HostPath => {
                let sensitive = SENSITIVE.contains(&mount.source.as_str())
                    || BELOW_SENSITIVE.iter().any(|path| paths::below(&mount.source, path).is_some());
                let risk = if writes || sensitive { Risk::High } else { Risk::Medium };
                found.add(
                    "host_path",
                    risk,
                    &mount.source,
                    format!("{verb} “{}” of this machine.", mount.source),
                );
                // Whoever sees the folder can connect to what lies in it, also if it is mounted read-only.
                if DOCKER_SOCKETS.iter().any(|socket| paths::below(socket, &mount.source).is_some()) {
                    docker_control(&mount.source, found);
                }
            }
        }
    }
}

/// The page's own port is left out: it is published for Caddy alone, which asks who is there.
fn ports(service: &ServiceSpec, page: Option<u16>, found: &mut Found) {
    if service.network_mode == Some(NetworkMode::Host) {
        return;
    }
    for port in &service.ports {
        if port.pending.is_some() || (port.protocol == Protocol::Tcp && Some(port.container_port) == page) {
            continue;
        }
        if port.host_ip.as_deref().is_some_and(|ip| ip.starts_with("127.") || ip == "::1") {
            continue;
        }
        let subject = match port.host_port {
            Some(number) => format!("{number}/{}", port.protocol.as_str()),
            None => format!("{} (any)/{}", port.container_port, port.protocol.as_str()),
        };
        let text = match port.host_port {
            Some(_) => format!("Be reachable in your network on port {subject}."),
            None => format!("Be reachable in your network on a free port (its own {}).", port.container_port),
        };
        found.add("publish_port", Risk::Low, &subject, text);
    }
}
