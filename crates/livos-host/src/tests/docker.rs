use livos_bus::{Actor, Caller, Callers, ErrorKind, HostDockerProxy, Via, names};
use livos_types::{Role, UserId, Username};
use zbus::connection::Builder;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, ObjectPath, OwnedObjectPath, fdo, interface};

use crate::bus::Docker;

/// As much of systemd as a service is started with: what becomes of it was said before.
struct Systemd {
    result: &'static str,
}

const JOB: &str = "/org/freedesktop/systemd1/job/7";
const OTHER: &str = "/org/freedesktop/systemd1/job/6";

#[interface(name = "org.freedesktop.systemd1.Manager")]
impl Systemd {
    fn subscribe(&self) {}

    async fn start_unit(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        name: String,
        mode: String,
    ) -> fdo::Result<OwnedObjectPath> {
        assert_eq!((name.as_str(), mode.as_str()), ("docker.service", "replace"));
        if self.result.is_empty() {
            return Err(fdo::Error::UnknownObject("no such unit".to_owned()));
        }
        let job = ObjectPath::try_from(JOB).expect("a path");
        let other = ObjectPath::try_from(OTHER).expect("a path");
        // Somebody else's job ends, and ours before its path has arrived.
        Self::job_removed(&emitter, 6, other, "cron.service", "failed").await?;
        Self::job_removed(&emitter, 7, job.clone(), &name, self.result).await?;
        Ok(job.into())
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

/// Both ends of a connection without a bus, the first of which serves something.
pub(super) async fn pair<I: zbus::object_server::Interface>(
    path: &'static str,
    served: I,
) -> (Connection, Connection) {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let guid = zbus::Guid::generate();
    let server = Builder::unix_stream(ours).server(guid).p2p().serve_at(path, served).build();
    let client = Builder::unix_stream(theirs).p2p().build();
    let (server, client) = tokio::join!(server, client);
    (server.expect("the service's end"), client.expect("our end"))
}

pub(super) fn person(role: Role) -> Actor {
    let name = Username::new("ada").expect("a name");
    Actor { user: UserId::new("u-1").expect("an id"), username: name, role, via: Via::Web }
}

async fn start(systemd: Option<&'static str>, caller: Caller, role: Role) -> livos_bus::Result<()> {
    let (_systemd, bus) = match systemd {
        Some(result) => {
            let (server, client) = pair("/org/freedesktop/systemd1", Systemd { result }).await;
            (Some(server), Some(client))
        }
        None => (None, None),
    };
    let docker = Docker { systemd: bus, callers: Callers::peer(caller), journal: "/nowhere".into() };
    let (_server, client) = pair(names::HOST.path, docker).await;
    HostDockerProxy::new(&client).await.expect("a proxy").start(&person(role)).await
}

#[tokio::test]
async fn docker_is_started_and_what_comes_of_it_is_said() {
    start(Some("done"), Caller::Web, Role::Admin).await.expect("it runs");
    let error = start(Some("failed"), Caller::Web, Role::Owner).await.expect_err("it does not come up");
    assert!(error.message.contains("journalctl -u docker.service"), "{}", error.message);
    let error = start(None, Caller::Administrator, Role::Owner).await.expect_err("nobody to ask");
    assert_eq!(error.kind, ErrorKind::Conflict);
    assert!(error.message.contains("start Docker by hand"), "{}", error.message);
}

#[tokio::test]
async fn only_admins_through_who_may_speak_for_them_start_it() {
    let denied = |caller, role| start(Some("done"), caller, role);
    for caller in [Caller::Apps, Caller::Files, Caller::Nexus, Caller::Host, Caller::Stranger] {
        let error = denied(caller, Role::Owner).await.expect_err("refused");
        assert_eq!(error.kind, ErrorKind::Denied, "{caller:?}");
    }
    let error = denied(Caller::Web, Role::Member).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Denied);
}

async fn log(program: &std::path::Path, caller: Caller, role: Role) -> livos_bus::Result<String> {
    let docker = Docker { systemd: None, callers: Callers::peer(caller), journal: program.to_owned() };
    let (_server, client) = pair(names::HOST.path, docker).await;
    let text = HostDockerProxy::new(&client).await.expect("a proxy").log(&person(role), 20).await?;
    Ok(String::from_utf8(text.read()?).expect("text"))
}

/// As much of `journalctl` as is asked of it.
fn journal(body: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("journalctl");
    std::fs::write(&program, format!("#!/bin/sh\n{body}\n")).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&program, mode).expect("a program");
    (folder, program)
}

#[tokio::test]
async fn what_docker_wrote_is_told_to_admins_alone() {
    let (_folder, program) = journal("echo \"$@\"");
    let told = log(&program, Caller::Web, Role::Admin).await.expect("a log");
    for word in ["--lines=20", "--unit=docker.service", "--unit=containerd.service", "--no-pager"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    let error = log(&program, Caller::Web, Role::Member).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Denied);
    let error = log(&program, Caller::Nexus, Role::Owner).await.expect_err("refused");
    assert_eq!(error.kind, ErrorKind::Denied);
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_is_said_and_a_long_one_is_cut_off() {
    let (_folder, program) = journal("exit 1");
    let error = log(&program, Caller::Administrator, Role::Owner).await.expect_err("none");
    assert!(error.kind == ErrorKind::Conflict && error.message.contains("journal"), "{error:?}");
    let error = log("/nowhere".as_ref(), Caller::Administrator, Role::Owner).await.expect_err("none");
    assert_eq!(error.kind, ErrorKind::Conflict);
    let (_folder, program) = journal("exec yes much");
    let told = log(&program, Caller::Administrator, Role::Owner).await.expect("a part of it");
    assert_eq!(told.len(), 4 * 1024 * 1024);
}
