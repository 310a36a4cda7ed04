use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use livos_bus::services::ServiceInfo;
use livos_bus::{Caller, Callers, ErrorKind, HostReaderProxy, HostServicesProxy, names};
use livos_types::Role;
use zbus::object_server::SignalEmitter;
use zbus::{ObjectPath, OwnedObjectPath, fdo, interface};

use super::docker::{pair, person};
use crate::Linux;
use crate::bus::{Reader, Services};

type Listed = (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

/// As much of systemd as restarts and lists.
struct Systemd {
    result: &'static str,
}

fn path(text: &'static str) -> ObjectPath<'static> {
    ObjectPath::try_from(text).expect("a path")
}

#[interface(name = "org.freedesktop.systemd1.Manager")]
impl Systemd {
    fn subscribe(&self) {}

    async fn restart_unit(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        name: String,
        mode: String,
    ) -> fdo::Result<OwnedObjectPath> {
        assert_eq!(mode, "replace");
        let job = path("/org/freedesktop/systemd1/job/7");
        Self::job_removed(&emitter, 7, job.clone(), &name, self.result).await?;
        Ok(job.into())
    }

    #[expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]
    fn list_units_by_patterns(&self, states: Vec<String>, patterns: Vec<String>) -> Vec<Listed> {
        assert!(states.is_empty() && patterns.contains(&"docker.service".to_owned()));
        let unit = |unit: &str, active: &str, sub: &str| {
            let text = str::to_owned;
            let none = || OwnedObjectPath::from(path("/"));
            (
                text(unit),
                text(""),
                text("loaded"),
                text(active),
                text(sub),
                text(""),
                none(),
                0,
                text(""),
                none(),
            )
        };
        vec![unit("docker.service", "failed", "failed"), unit("livos-apps.service", "active", "running")]
    }

    #[zbus(signal)]
    async fn job_removed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        job: ObjectPath<'_>,
        unit: &str,
        result: &str,
    ) -> zbus::Result<()>;
}

async fn restart(result: &'static str, caller: Caller, role: Role, unit: &str) -> livos_bus::Result<()> {
    let (_systemd, bus) = pair("/org/freedesktop/systemd1", Systemd { result }).await;
    let services = Services { systemd: Some(bus), callers: Callers::peer(caller) };
    let (_server, client) = pair(names::HOST.path, services).await;
    HostServicesProxy::new(&client).await.expect("a proxy").restart(&person(role), unit).await
}

#[tokio::test]
async fn a_service_is_restarted_and_what_comes_of_it_is_said() {
    restart("done", Caller::Web, Role::Admin, "docker.service").await.expect("it runs");
    let error =
        restart("failed", Caller::Web, Role::Owner, "livos-caddy.service").await.expect_err("it fails");
    assert!(error.message.contains("journalctl -u livos-caddy.service"), "{}", error.message);
}

#[tokio::test]
async fn only_those_that_are_named_and_only_for_admins() {
    for unit in
        ["ssh.service", "livos-web.service", "livos-host.service", "docker", "docker.service; reboot", ""]
    {
        let error = restart("done", Caller::Web, Role::Owner, unit).await.expect_err("refused");
        assert_eq!(error.kind, ErrorKind::Invalid, "{unit}");
    }
    for caller in [Caller::Apps, Caller::Files, Caller::Nexus, Caller::Host, Caller::Stranger] {
        let error = restart("done", caller, Role::Owner, "docker.service").await.expect_err("refused");
        assert_eq!(error.kind, ErrorKind::Denied, "{caller:?}");
    }
    let error = restart("done", Caller::Web, Role::Member, "docker.service").await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Denied);
}

#[tokio::test]
async fn how_they_are_and_what_they_wrote_is_for_admins() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = folder.path().join("journalctl");
    std::fs::write(&journal, "#!/bin/sh\necho \"$@\"\n").expect("a program");
    std::fs::set_permissions(&journal, std::fs::Permissions::from_mode(0o755)).expect("its mode");
    let (_systemd, bus) = pair("/org/freedesktop/systemd1", Systemd { result: "done" }).await;
    let callers = Callers::peer(Caller::Nexus);
    let reader = Reader {
        machine: Arc::new(Linux::default()),
        callers,
        systemd: Some(bus),
        journal,
        follower: Arc::default(),
    };
    let (_server, client) = pair(names::HOST.path, reader).await;
    let reader = HostReaderProxy::new(&client).await.expect("a proxy");
    let listed: Vec<ServiceInfo> =
        reader.services(&person(Role::Owner)).await.expect("an answer").parse().expect("a list");
    let listed: Vec<_> =
        listed.iter().map(|one| (one.unit.as_str(), one.state.as_str(), one.restartable)).collect();
    assert_eq!(listed, [("livos-apps.service", "active", true), ("docker.service", "failed", true)]);
    let log = |unit: &'static str, role| {
        let reader = reader.clone();
        async move { reader.service_log(&person(role), unit, 9_000).await }
    };
    let said: String = log("docker.service", Role::Admin).await.expect("an answer").parse().expect("a text");
    assert!(said.contains(" --lines=500 --unit=docker.service"), "{said}");
    let error = log("ssh.service", Role::Admin).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Invalid);
    let error = log("docker.service", Role::Member).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Denied);
    let error = reader.services(&person(Role::Member)).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Denied);
}
