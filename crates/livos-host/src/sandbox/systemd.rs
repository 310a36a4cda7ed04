//! The sandbox where systemd runs the machine: a transient unit for each command.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use livos_bus::sandbox::SandboxHow;
use zbus::fdo::{PropertiesChangedStream, PropertiesProxy};
use zbus::names::InterfaceName;
use zbus::{Connection, Fd, ObjectPath, OwnedObjectPath, OwnedVariant, Variant};

use super::policy::{Policy, STATE};
use super::{Ends, Job};
use crate::Error;

/// Commands end with the daemon that started them.
const OWNER: &str = "livos-host.service";
/// What all their units are called.
const UNITS: &str = "livos-tool-*.service";
/// A unit that is killed is gone this much later at most.
const PATIENCE: Duration = Duration::from_secs(10);
const SIGKILL: i32 = 9;
const EPERM: i32 = 1;

/// A unit as `StartTransientUnit` takes it.
type Property = (&'static str, Variant<'static>);

#[zbus::proxy(
    interface = "org.freedesktop.systemd1.Manager",
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1"
)]
pub(crate) trait Manager {
    fn subscribe(&self) -> zbus::Result<()>;
    fn start_transient_unit(
        &self,
        name: &str,
        mode: &str,
        properties: &[(&str, Variant<'_>)],
        others: &[(&str, Vec<(&str, Variant<'_>)>)],
    ) -> zbus::Result<OwnedObjectPath>;
    fn start_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn restart_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn stop_unit(&self, name: &str, mode: &str) -> zbus::Result<OwnedObjectPath>;
    fn unref_unit(&self, name: &str) -> zbus::Result<()>;
    fn list_units_by_patterns(
        &self,
        states: &[&str],
        patterns: &[&str],
    ) -> zbus::Result<
        Vec<(String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath)>,
    >;
    #[zbus(signal)]
    fn job_removed(&self, id: u32, job: ObjectPath<'_>, unit: &str, result: &str) -> zbus::Result<()>;
}

/// systemd, and the root that units are given.
#[derive(Debug, Clone)]
pub(super) struct Systemd {
    bus: Connection,
    manager: ManagerProxy<'static>,
    root: PathBuf,
}

/// A command in its unit.
#[derive(Debug)]
pub(super) struct Unit {
    name: String,
    manager: ManagerProxy<'static>,
    properties: PropertiesProxy<'static>,
    changes: PropertiesChangedStream,
    ended: bool,
}

impl Systemd {
    /// systemd, if it is on this bus: a developer's has none.
    pub(super) async fn new(bus: &Connection, state: &Path) -> Result<Option<Self>, Error> {
        let manager = ManagerProxy::new(bus).await.map_err(asking)?;
        match manager.subscribe().await {
            Ok(()) => {}
            Err(zbus::Error::MethodError(name, ..)) if name.ends_with(".AlreadySubscribed") => {}
            Err(zbus::Error::MethodError(..)) => return Ok(None),
            Err(error) => return Err(asking(error)),
        }
        let root = state.join("sandbox");
        made(&root, None)?;
        Ok(Some(Self { bus: bus.clone(), manager, root }))
    }

    /// Ends what an earlier life of the daemon left behind.
    pub(super) async fn sweep(&self) -> Result<(), Error> {
        for unit in self.manager.list_units_by_patterns(&[], &[UNITS]).await.map_err(asking)? {
            match self.manager.stop_unit(&unit.0, "replace").await {
                Ok(_) => tracing::warn!(unit = unit.0, "a command of an earlier life was ended"),
                // It ended by itself meanwhile.
                Err(error) => tracing::debug!(unit = unit.0, %error, "a command could not be ended"),
            }
        }
        Ok(())
    }

    /// The root of a command, or that of one program: in it leads [`STATE`] to where systemd mounts its folder.
    fn root_of(&self, policy: &Policy) -> Result<PathBuf, Error> {
        let Some(name) = &policy.state else { return Ok(self.root.clone()) };
        let root = self.root.with_file_name("sandbox-programs").join(name);
        made(&root, Some(name))?;
        Ok(root)
    }

    /// Starts a command or a program; it is at work when this answers.
    pub(super) async fn start(&self, name: &str, policy: &Policy, ends: Ends) -> Result<Job, Error> {
        let name = format!("{name}.service");
        let path = ObjectPath::try_from(unit_path(&name)).map_err(asking)?;
        // What is signalled from here on is heard.
        let properties = PropertiesProxy::builder(&self.bus)
            .destination("org.freedesktop.systemd1")
            .path(path)
            .build()
            .await
            .map_err(asking)?;
        let changes = properties.receive_properties_changed().await.map_err(asking)?;
        let mut jobs = self.manager.receive_job_removed().await.map_err(asking)?;
        let mut unit = render(policy, &self.root_of(policy)?);
        unit.push(("StandardInputFileDescriptor", Fd::from(ends.input).into()));
        unit.push(("StandardOutputFileDescriptor", Fd::from(ends.output).into()));
        unit.push(("StandardErrorFileDescriptor", Fd::from(ends.errors).into()));
        let job = self.manager.start_transient_unit(&name, "fail", &unit, &[]).await.map_err(asking)?;
        // Our copies of what the command writes to must be closed, or its end would never be seen.
        drop(unit);
        let manager = self.manager.clone();
        let mut unit = Unit { name, manager, properties, changes, ended: false };
        let begun = loop {
            let Some(removed) = jobs.next().await else { break "cancelled".to_owned() };
            let removed = removed.args().map_err(asking)?;
            if removed.job().as_str() == job.as_str() {
                break removed.result().to_string();
            }
        };
        if begun != "done" {
            let code = unit.service().await.map(|service| service.code).unwrap_or_default();
            unit.kill().await?;
            return Err(Error::NoSandbox(format!(
                "systemd could not put up the walls of {} ({begun}, {code}); `journalctl -u {OWNER}` and \
                 `systemctl status` say more",
                unit.name
            )));
        }
        Ok(Job::Unit(Box::new(unit)))
    }
}

/// How a unit's process ended.
#[derive(Debug, Default)]
struct Service {
    result: String,
    how: i32,
    code: i32,
}

impl Unit {
    pub(super) async fn ended(&mut self) -> Result<(SandboxHow, i32), Error> {
        while !self.is_over().await? {
            if self.changes.next().await.is_none() {
                return Err(Error::NoSandbox("systemd does not say how a command ended".to_owned()));
            }
        }
        self.ended = true;
        let service = self.service().await?;
        Ok(match (service.result.as_str(), service.how) {
            ("oom-kill", _) => (SandboxHow::Memory, service.code),
            ("timeout", _) => (SandboxHow::Time, service.code),
            // As the kernel numbers the ways to end: one is by itself.
            (_, 1) => (SandboxHow::Exited, service.code),
            _ => (SandboxHow::Signalled, service.code),
        })
    }

    /// Kills everything in it and waits until that is so.
    pub(super) async fn kill(&mut self) -> Result<(), Error> {
        if !self.ended {
            self.manager.stop_unit(&self.name, "replace").await.map_err(asking)?;
            let over = async {
                while !self.is_over().await? {
                    if self.changes.next().await.is_none() {
                        break;
                    }
                }
                Ok::<_, Error>(())
            };
            tokio::time::timeout(PATIENCE, over)
                .await
                .map_err(|_| Error::NoSandbox(format!("{} does not end", self.name)))??;
            self.ended = true;
        }
        self.manager.unref_unit(&self.name).await.map_err(asking)
    }

    /// It is not at work any more, and nothing of it is left.
    async fn is_over(&self) -> Result<bool, Error> {
        let unit = self.all("org.freedesktop.systemd1.Unit").await?;
        let state = text(&unit, "ActiveState");
        let waits = unit
            .get("Job")
            .and_then(|job| <(u32, OwnedObjectPath)>::try_from(job.try_clone().ok()?).ok())
            .is_some_and(|(number, _)| number != 0);
        Ok(!waits && matches!(state.as_str(), "inactive" | "failed"))
    }

    async fn service(&self) -> Result<Service, Error> {
        let service = self.all("org.freedesktop.systemd1.Service").await?;
        let number =
            |name: &str| service.get(name).and_then(|value| i32::try_from(value).ok()).unwrap_or_default();
        Ok(Service {
            result: text(&service, "Result"),
            how: number("ExecMainCode"),
            code: number("ExecMainStatus"),
        })
    }

    async fn all(
        &self,
        interface: &'static str,
    ) -> Result<std::collections::HashMap<String, OwnedVariant>, Error> {
        let interface = InterfaceName::from_static_str(interface).map_err(asking)?;
        self.properties.get_all(interface).await.map_err(|error| asking(error.into()))
    }
}

fn text(properties: &std::collections::HashMap<String, OwnedVariant>, name: &str) -> String {
    properties.get(name).and_then(|value| <&str>::try_from(value).ok()).unwrap_or_default().to_owned()
}

fn asking(source: zbus::Error) -> Error {
    Error::Systemd(Box::new(source))
}

/// The object of a unit: what is no letter and no digit is written as its number.
fn unit_path(name: &str) -> String {
    let label = name.bytes().fold(String::new(), |label, byte| {
        if byte.is_ascii_alphanumeric() {
            label + &char::from(byte).to_string()
        } else {
            label + &format!("_{byte:02x}")
        }
    });
    format!("/org/freedesktop/systemd1/unit/{label}")
}

fn made(root: &Path, state: Option<&str>) -> Result<(), Error> {
    let what = "could not make the root of commands in";
    make_root(root, state).map_err(|source| Error::Files { what, path: root.to_owned(), source })
}

/// The root of every command, or that of a program whose folder stays: places to mount upon, and nothing in them.
fn make_root(root: &Path, state: Option<&str>) -> std::io::Result<()> {
    let policy = Policy::computing(1);
    let stays = state.map(|name| format!("var/lib/{}", folder_of(name)));
    let folders = ["", "etc", "etc/ssl/certs", "proc", "dev", "sys", "run", "tmp", "var", "var/tmp", "root"]
        .into_iter();
    let mounted = policy.readable.iter().chain(policy.readable_if_there).chain([&policy.work]);
    for folder in folders.chain(mounted.map(|path| path.trim_start_matches('/'))).chain(stays.as_deref()) {
        fs::create_dir_all(root.join(folder))?;
        // Whoever runs a command is somebody else than whoever made this, and comes through every folder on the way.
        for on_the_way in Path::new(folder).ancestors() {
            fs::set_permissions(root.join(on_the_way), fs::Permissions::from_mode(0o755))?;
        }
    }
    // A file, which is mounted upon when there is a network.
    fs::write(root.join("etc/resolv.conf"), "")?;
    let mut links: Vec<(&str, String)> =
        policy.links.iter().map(|(name, leads_to)| (*name, (*leads_to).to_owned())).collect();
    links.extend(stays.map(|folder| (STATE.trim_start_matches('/'), format!("/{folder}"))));
    for (name, leads_to) in links {
        match symlink(leads_to, root.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// What a program keeps, below where services keep theirs.
fn folder_of(name: &str) -> String {
    format!("livos/programs/{name}")
}

/// Where a file of the root is. Names are looked up where this machine's own resolver looks them up, since that one is out
/// of reach.
fn source_of(path: &str) -> String {
    const BEHIND: &str = "/run/systemd/resolve/resolv.conf";
    let behind = path == "/etc/resolv.conf" && Path::new(BEHIND).exists();
    (if behind { BEHIND } else { path }).to_owned()
}

/// The policy as the properties of a unit.
pub(super) fn render(policy: &Policy, root: &Path) -> Vec<Property> {
    /// The mounts below it, too.
    const RECURSIVE: u64 = 0x4000;
    let strings = |words: &[&str]| -> Variant<'static> {
        words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>().into()
    };
    let bind = |path: &&str, may_lack: bool| (source_of(path), (*path).to_owned(), may_lack, RECURSIVE);
    let binds: Vec<(String, String, bool, u64)> = (policy.readable.iter().map(|path| bind(path, false)))
        .chain(policy.readable_if_there.iter().map(|path| bind(path, true)))
        .collect();
    let work = format!("size={},nr_inodes=16k,mode=1777", policy.work_bytes);
    let environment: Vec<String> =
        policy.environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let run = vec![(
        "/bin/sh".to_owned(),
        vec!["sh", "-c", policy.runner].into_iter().map(str::to_owned).collect::<Vec<_>>(),
        vec!["no-env-expand".to_owned()],
    )];
    let mut refused: Vec<String> = [
        "@privileged",
        "@resources",
        "@mount",
        "@debug",
        "@keyring",
        "@module",
        "@raw-io",
        "@reboot",
        "@swap",
        "@clock",
        "@cpu-emulation",
        "@obsolete",
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    refused
        .extend(policy.refused_calls.iter().chain(policy.refused_also).map(|(name, _)| (*name).to_owned()));
    let families: Vec<String> = policy.families.iter().map(|(name, _)| (*name).to_owned()).collect();
    let allowed = vec!["@system-service".to_owned()];
    let mut properties: Vec<Property> = vec![
        ("Description", "A command of the LivOS agent".into()),
        ("Type", "exec".into()),
        ("ExecStartEx", run.into()),
        ("BindsTo", strings(&[OWNER])),
        ("After", strings(&[OWNER])),
        // It stays until it was asked how it ended, and no longer.
        ("AddRef", true.into()),
        ("CollectMode", "inactive-or-failed".into()),
        // What can be seen.
        ("DynamicUser", true.into()),
        ("RootDirectory", root.to_string_lossy().into_owned().into()),
        ("MountAPIVFS", true.into()),
        ("BindReadOnlyPaths", binds.into()),
        ("TemporaryFileSystem", vec![(policy.work.to_owned(), work)].into()),
        ("WorkingDirectory", policy.work.into()),
        // A plus: in that root, and not in the machine's. The journal's sockets come with MountAPIVFS from systemd 257
        // on; the property that keeps them away is unknown to older ones.
        (
            "InaccessiblePaths",
            strings(&["+/sys", "+/tmp", "+/var/tmp", "+/dev/shm", "+/dev/mqueue", "-+/run/systemd/journal"]),
        ),
        ("ReadOnlyPaths", strings(&["+/run"])),
        ("ProtectSystem", "strict".into()),
        ("ProtectHome", "yes".into()),
        ("ProtectProc", "invisible".into()),
        ("ProcSubset", "pid".into()),
        ("Environment", environment.into()),
        // What can be reached.
        ("PrivateNetwork", (!policy.network).into()),
        ("PrivateIPC", true.into()),
        ("PrivateDevices", true.into()),
        ("RestrictAddressFamilies", (true, families).into()),
        ("KeyringMode", "private".into()),
        ("RemoveIPC", true.into()),
        // What can be done.
        ("NoNewPrivileges", true.into()),
        ("CapabilityBoundingSet", 0_u64.into()),
        ("AmbientCapabilities", 0_u64.into()),
        ("RestrictNamespaces", 0_u64.into()),
        ("RestrictRealtime", true.into()),
        ("RestrictSUIDSGID", true.into()),
        ("LockPersonality", true.into()),
        ("ProtectClock", true.into()),
        ("ProtectControlGroups", true.into()),
        ("ProtectHostname", true.into()),
        ("ProtectKernelLogs", true.into()),
        ("ProtectKernelModules", true.into()),
        ("ProtectKernelTunables", true.into()),
        ("SystemCallArchitectures", strings(&["native"])),
        ("SystemCallFilter", (true, allowed).into()),
        ("SystemCallFilter", (false, refused).into()),
        ("SystemCallErrorNumber", EPERM.into()),
        // How much of it.
        ("MemoryMax", policy.memory.into()),
        ("MemorySwapMax", 0_u64.into()),
        ("TasksMax", policy.processes.into()),
        ("CPUQuotaPerSecUSec", policy.cpu_percent.saturating_mul(10_000).into()),
        ("CPUWeight", 20_u64.into()),
        ("OOMPolicy", "kill".into()),
        ("OOMScoreAdjust", 800_i32.into()),
        // Later than the daemon would end it.
        ("RuntimeMaxUSec", (u64::from(policy.seconds).saturating_add(10).saturating_mul(1_000_000)).into()),
        // And its end.
        ("KillMode", "control-group".into()),
        ("KillSignal", SIGKILL.into()),
        ("SendSIGKILL", true.into()),
    ];
    if let Some(name) = &policy.state {
        // systemd keeps it for whoever the program runs as; that is somebody else each time. It is mounted in the root at
        // the place that it has in the machine, and only there its owner is who the program runs as: newer systemds give
        // the folder on the disk to nobody and say in the mount whose it is.
        properties.push(("StateDirectory", vec![folder_of(name)].into()));
        properties.push(("StateDirectoryMode", 0o700_u32.into()));
    }
    if policy.network {
        // The machine itself, its resolver too: what listens everywhere would take whoever comes by it for a neighbour.
        let (v4, mut v6) = (vec![127_u8, 0, 0, 0], vec![0_u8; 16]);
        if let Some(last) = v6.last_mut() {
            *last = 1;
        }
        properties.push(("IPAddressDeny", vec![(2_i32, v4, 8_u32), (10_i32, v6, 128_u32)].into()));
    }
    for (hard, soft, value) in [
        ("LimitFSIZE", "LimitFSIZESoft", policy.file_bytes),
        ("LimitNOFILE", "LimitNOFILESoft", policy.open_files),
        ("LimitCORE", "LimitCORESoft", 0),
    ] {
        properties.push((hard, value.into()));
        properties.push((soft, value.into()));
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wall_of_the_policy_is_rendered() {
        let unit = render(&Policy::computing(30), Path::new("/var/lib/livos/host/sandbox"));
        let value = |name: &str| {
            unit.iter()
                .find(|(known, _)| *known == name)
                .unwrap_or_else(|| panic!("{name} is missing"))
                .1
                .to_string()
        };
        for name in ["DynamicUser", "PrivateNetwork", "PrivateDevices", "NoNewPrivileges", "RestrictSUIDSGID"]
        {
            assert_eq!(value(name), "true", "{name}");
        }
        assert_eq!(value("RootDirectory"), "\"/var/lib/livos/host/sandbox\"");
        assert!(value("MemoryMax").contains("268435456") && value("TasksMax").contains("64"));
        assert!(value("RuntimeMaxUSec").contains("40000000"), "{}", value("RuntimeMaxUSec"));
        let filters: Vec<String> = unit
            .iter()
            .filter(|(name, _)| *name == "SystemCallFilter")
            .map(|(_, value)| value.to_string())
            .collect();
        assert!(
            filters[0].contains("@system-service") && filters[1].contains("io_uring_setup"),
            "{filters:?}"
        );
        assert!(!unit.iter().any(|(name, _)| name.starts_with("State") || name.starts_with("IPAddress")));
    }

    #[test]
    fn a_program_has_a_folder_that_stays_and_the_network_only_when_it_was_granted() {
        let words = |network| {
            let unit = render(&Policy::serving("notes", network), Path::new("/root"));
            unit.iter().map(|(name, value)| format!("{name}={value}\n")).collect::<String>()
        };
        let (without, with) = (words(false), words(true));
        for unit in [&without, &with] {
            assert!(unit.contains("StateDirectory=[\"livos/programs/notes\"]"), "{unit}");
            assert!(unit.contains("DynamicUser=true") && unit.contains("NoNewPrivileges=true"), "{unit}");
        }
        assert!(without.contains("PrivateNetwork=true") && !without.contains("AF_INET"), "{without}");
        assert!(with.contains("PrivateNetwork=false") && !with.contains("AF_UNIX"), "{with}");
        assert!(
            with.contains("IPAddressDeny")
                && !with.contains("IPAddressAllow")
                && !without.contains("resolv.conf"),
            "{with}"
        );
    }

    #[test]
    fn a_units_object_is_named_as_systemd_names_it() {
        assert_eq!(
            unit_path("livos-tool-7.service"),
            "/org/freedesktop/systemd1/unit/livos_2dtool_2d7_2eservice"
        );
    }

    #[test]
    fn the_root_has_places_and_nothing_in_them() {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().join("sandbox");
        make_root(&root, None).unwrap();
        make_root(&root, None).unwrap();
        assert_eq!(fs::read_link(root.join("bin")).unwrap(), Path::new("usr/bin"));
        for folder in ["usr", "work", "etc/alternatives", "etc/ssl/certs", "tmp"] {
            assert_eq!(fs::read_dir(root.join(folder)).unwrap().count(), 0, "{folder}");
        }
        let root = home.path().join("notes");
        // As the daemon's own mask makes folders.
        fs::create_dir_all(root.join("var/lib/livos")).unwrap();
        for folder in ["", "var", "var/lib", "var/lib/livos"] {
            fs::set_permissions(root.join(folder), fs::Permissions::from_mode(0o700)).unwrap();
        }
        make_root(&root, Some("notes")).unwrap();
        for folder in Path::new("var/lib/livos/programs/notes").ancestors() {
            let mode = fs::metadata(root.join(folder)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o755, "{}", folder.display());
        }
        assert_eq!(fs::read_link(root.join("state")).unwrap(), Path::new("/var/lib/livos/programs/notes"));
        assert!(root.join("var/lib/livos/programs/notes").is_dir());
    }
}
