use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use livos_bus::documents::UpdateStatus;
use livos_bus::{Actor, Caller, Callers, ErrorKind, HostUpdateProxy, Via, names};
use livos_types::{Role, UserId, Username};
use zbus::Connection;
use zbus::connection::Builder;

use crate::bus::{Update, announce_updates};
use crate::update::{Folder, Request};
use crate::{Error, FileSystem, Machine};

/// Has these files, by path and text.
struct Files(&'static [(&'static str, &'static str)]);

impl Machine for Files {
    fn text(&self, path: &'static str) -> Result<Option<String>, Error> {
        Ok(self.0.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned()))
    }

    fn kernel(&self) -> (String, String) {
        (String::new(), String::new())
    }

    fn cpus(&self) -> u32 {
        1
    }

    fn file_system(&self, _mount: &str) -> Option<FileSystem> {
        None
    }
}

const UNIT: (&str, &str) = ("/usr/lib/systemd/system/livos-update.path", "[Path]");
const DPKG: (&str, &str) =
    ("/var/lib/dpkg/status", "Package: livos\nStatus: install ok installed\nVersion: 0.1.0\n");

async fn pair(folder: &Folder, machine: Files, caller: Caller) -> (Connection, Connection) {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let update = Update {
        folder: folder.clone(),
        machine: Arc::new(machine),
        receiving: Arc::default(),
        systemd: None,
        callers: Callers::peer(caller),
    };
    let server = Builder::unix_stream(ours)
        .server(zbus::Guid::generate())
        .p2p()
        .serve_at(names::HOST.path, update)
        .build();
    let client = Builder::unix_stream(theirs).p2p().build();
    let (server, client) = tokio::join!(server, client);
    (server.expect("the service's end"), client.expect("our end"))
}

fn person(role: Role) -> Actor {
    let name = Username::new("ada").expect("a name");
    Actor { user: UserId::new("u-1").expect("an id"), username: name, role, via: Via::Web }
}

fn write(folder: &Folder, status: &serde_json::Value) {
    std::fs::write(folder.path().join("status.json"), status.to_string()).expect("written");
}

async fn status(host: &HostUpdateProxy<'_>) -> UpdateStatus {
    host.status(&person(Role::Admin)).await.expect("an answer").parse().expect("a status")
}

#[tokio::test]
async fn what_is_asked_for_is_written_down_once() {
    let state = tempfile::tempdir().expect("a folder");
    let folder = Folder::open(state.path()).expect("a folder");
    let (_server, client) = pair(&folder, Files(&[UNIT, DPKG]), Caller::Web).await;
    let host = HostUpdateProxy::new(&client).await.expect("a proxy");
    let admin = person(Role::Admin);
    let now = status(&host).await;
    assert_eq!(
        (now.kind.as_str(), now.state.as_str(), now.installed.as_str()),
        ("packages", "idle", "0.1.0")
    );

    let unknown = host.start(&admin, "0.2.0").await.expect_err("nobody has looked");
    assert_eq!(unknown.kind, ErrorKind::Conflict);
    host.check(&admin).await.expect("written down");
    assert_eq!(folder.request().expect("read"), Some(Request::Check));
    let now = status(&host).await;
    assert_eq!((now.state.as_str(), now.cancellable), ("asked", true));
    assert_eq!(host.check(&admin).await.expect_err("it is asked already").kind, ErrorKind::Conflict);
    host.cancel(&admin).await.expect("written down");
    assert!(folder.path().join("cancel").exists());

    std::fs::remove_file(folder.path().join("request.json")).expect("it is done");
    write(&folder, &serde_json::json!({ "state": "idle", "available": "0.2.0" }));
    assert_eq!(host.start(&admin, "0.3.0").await.expect_err("another one").kind, ErrorKind::Conflict);
    host.start(&admin, "0.2.0").await.expect("written down");
    assert_eq!(folder.request().expect("read"), Some(Request::Install("0.2.0".to_owned())));
    assert!(!folder.path().join("cancel").exists(), "an old wish to stop is not about this");

    write(&folder, &serde_json::json!({ "state": "installing", "installed": "0.0.9", "percent": 40 }));
    let now = status(&host).await;
    assert_eq!((now.state.as_str(), now.installed.as_str(), now.percent), ("installing", "0.0.9", 40));
    assert_eq!(host.cancel(&admin).await.expect_err("too late").kind, ErrorKind::Conflict);
}

/// An open file with these bytes.
fn file_with(bytes: &[u8]) -> std::fs::File {
    use std::io::{Seek as _, Write as _};
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file.rewind().expect("at its start");
    file
}

#[tokio::test]
async fn a_file_is_copied_to_where_nobody_else_can_change_it() {
    let state = tempfile::tempdir().expect("a folder");
    let folder = Folder::open(state.path()).expect("a folder");
    let (_server, client) = pair(&folder, Files(&[UNIT, DPKG]), Caller::Web).await;
    let host = HostUpdateProxy::new(&client).await.expect("a proxy");
    let mut changes = host.receive_update_changed().await.expect("a stream");
    let admin = person(Role::Admin);
    for name in ["", "a/b", "a\nb"] {
        let refused = host.offer(&admin, name, (&file_with(b"bytes")).into()).await.expect_err("no name");
        assert_eq!(refused.kind, ErrorKind::Invalid, "{name:?}");
    }
    // What is no file with bytes in it is no bundle; that is said in the status, and nothing else happens.
    let (pipe, _writer) = std::io::pipe().expect("a pipe");
    let pipe = std::fs::File::from(std::os::fd::OwnedFd::from(pipe));
    for nothing in [pipe, file_with(b"")] {
        host.offer(&admin, "livos-2.bundle", (&nothing).into()).await.expect("taken");
        while status(&host).await.problem.code != "not_a_bundle" {
            changes.next().await.expect("it is told");
        }
        assert_eq!(status(&host).await.state, "idle");
        assert_eq!(folder.request().expect("read"), None);
        host.check(&admin).await.expect("asked for");
        assert_eq!(status(&host).await.problem.code, "", "old news");
        std::fs::remove_file(folder.path().join("request.json")).expect("it is done");
    }

    let file = file_with(&[7; 3_000_000]);
    host.offer(&admin, "livos-2.bundle", (&file).into()).await.expect("taken");
    file.set_len(0).expect("who handed it over does with it what they like");
    while folder.request().expect("read").is_none() && status(&host).await.problem.code.is_empty() {
        changes.next().await.expect("it is told");
    }
    if folder.request().expect("read").is_none() {
        // It was cut off before or while it was copied, which is noticed.
        let code = status(&host).await.problem.code;
        assert!(["not_a_bundle", "damaged"].contains(&code.as_str()), "{code}");
        host.offer(&admin, "livos-2.bundle", (&file_with(&[7; 3_000_000])).into()).await.expect("taken");
        while folder.request().expect("read").is_none() {
            changes.next().await.expect("it is told");
        }
    }
    assert_eq!(folder.request().expect("read"), Some(Request::Offered("livos-2.bundle".to_owned())));
    assert_eq!(std::fs::read(folder.offered()).expect("a copy"), [7; 3_000_000]);
    assert!(!folder.offered().with_extension("part").exists());
    while status(&host).await.state != "asked" {
        changes.next().await.expect("it is told");
    }
    let second = host.offer(&admin, "livos-3.bundle", (&file_with(b"x")).into()).await;
    assert_eq!(second.expect_err("one at a time").kind, ErrorKind::Conflict);
}

#[tokio::test]
async fn what_was_brought_by_hand_waits_no_more() {
    let state = tempfile::tempdir().expect("a folder");
    let folder = Folder::open(state.path()).expect("a folder");
    write(&folder, &serde_json::json!({ "state": "idle", "installed": "0.0.9", "available": "0.1.0" }));
    let (_server, client) = pair(&folder, Files(&[UNIT, DPKG]), Caller::Administrator).await;
    let host = HostUpdateProxy::new(&client).await.expect("a proxy");
    assert_eq!(status(&host).await.available, "");
}

#[tokio::test]
async fn where_nothing_can_be_brought_nothing_is_asked_for() {
    const HEALTH: (&str, &str) = ("/usr/lib/systemd/system/livos-health.service", "[Unit]");
    let state = tempfile::tempdir().expect("a folder");
    let folder = Folder::open(state.path()).expect("a folder");
    let (_server, client) = pair(&folder, Files(&[]), Caller::Web).await;
    let host = HostUpdateProxy::new(&client).await.expect("a proxy");
    assert_eq!(status(&host).await.kind, "none");
    let refused = host.check(&person(Role::Owner)).await.expect_err("refused");
    assert_eq!(refused.kind, ErrorKind::Conflict);
    assert_eq!(folder.request().expect("read"), None);

    let (_server, client) = pair(&folder, Files(&[UNIT, HEALTH]), Caller::Web).await;
    let host = HostUpdateProxy::new(&client).await.expect("a proxy");
    assert_eq!(status(&host).await.kind, "appliance");
    host.check(&person(Role::Owner)).await.expect("asked for");
    assert_eq!(folder.request().expect("read"), Some(Request::Check));
}

#[tokio::test]
async fn an_appliance_on_trial_is_at_rest_once_it_is_known_how_that_ended() {
    const HEALTH: (&str, &str) = ("/usr/lib/systemd/system/livos-health.service", "[Unit]");
    const KEPT: (&str, &str) = (
        "/var/lib/livos/slots/report.json",
        r#"{"version":"0.2.0-2","from":"0.1.0-1","kept":true,"reasons":[],"at":7}"#,
    );
    for (files, state, result) in
        [(&[UNIT, HEALTH][..], "judging", ""), (&[UNIT, HEALTH, KEPT][..], "idle", "done")]
    {
        let home = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(home.path()).expect("a folder");
        write(&folder, &serde_json::json!({ "state": "judging", "installed": "0.1.0" }));
        let (_server, client) = pair(&folder, Files(files), Caller::Web).await;
        let host = HostUpdateProxy::new(&client).await.expect("a proxy");
        let now = status(&host).await;
        assert_eq!((now.state.as_str(), now.last.result.as_str()), (state, result));
        let asked = host.check(&person(Role::Owner)).await;
        assert_eq!(asked.is_ok(), state == "idle", "{asked:?}");
    }
}

#[tokio::test]
async fn the_appliance_says_how_its_last_version_fared() {
    const HEALTH: (&str, &str) = ("/usr/lib/systemd/system/livos-health.service", "[Unit]");
    const GONE: (&str, &str) = (
        "/var/lib/livos/slots/report.json",
        r#"{"version":"0.2.0-2","from":"0.1.0-1","kept":false,"reasons":["livos-web does not run."],"at":7}"#,
    );
    const TORN: (&str, &str) = ("/var/lib/livos/slots/report.json", r#"{"version":"0.2"#);
    for (files, said) in [
        (&[UNIT, HEALTH, GONE][..], ("returned", "0.1.0-1", "0.2.0-2", 1, 7)),
        (&[UNIT, HEALTH, TORN][..], ("", "", "", 0, 0)),
        (&[UNIT, GONE][..], ("", "", "", 0, 0)),
    ] {
        let state = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(state.path()).expect("a folder");
        let (_server, client) = pair(&folder, Files(files), Caller::Web).await;
        let last = status(&HostUpdateProxy::new(&client).await.expect("a proxy")).await.last;
        let told = (last.result.as_str(), last.from.as_str(), last.to.as_str(), last.reasons.len(), last.at);
        assert_eq!(told, said, "{files:?}");
    }
}

#[tokio::test]
async fn only_admins_may_by_way_of_those_who_speak_for_them() {
    for (caller, role) in [
        (Caller::Web, Role::Member),
        (Caller::Nexus, Role::Owner),
        (Caller::Apps, Role::Owner),
        (Caller::Stranger, Role::Owner),
    ] {
        let state = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(state.path()).expect("a folder");
        let (_server, client) = pair(&folder, Files(&[UNIT, DPKG]), caller).await;
        let host = HostUpdateProxy::new(&client).await.expect("a proxy");
        let actor = person(role);
        for outcome in [
            host.status(&actor).await.map(drop),
            host.check(&actor).await,
            host.start(&actor, "0.2.0").await,
            host.cancel(&actor).await,
            host.offer(&actor, "livos-2.bundle", (&file_with(b"x")).into()).await,
        ] {
            assert_eq!(outcome.expect_err("refused").kind, ErrorKind::Denied, "{caller:?} {role:?}");
        }
        assert_eq!(folder.request().expect("read"), None);
    }
}

#[tokio::test]
async fn a_status_that_changes_is_told() {
    let state = tempfile::tempdir().expect("a folder");
    let folder = Folder::open(state.path()).expect("a folder");
    let (server, client) = pair(&folder, Files(&[UNIT, DPKG]), Caller::Web).await;
    let host = HostUpdateProxy::new(&client).await.expect("a proxy");
    let mut changes = host.receive_update_changed().await.expect("a stream");
    let watched = folder.clone();
    let telling = tokio::spawn(async move { announce_updates(&server, &watched).await });
    let soon = Duration::from_secs(60);
    tokio::time::timeout(soon, changes.next()).await.expect("told when it begins").expect("a signal");
    folder.ask(&Request::Check).expect("written");
    tokio::time::timeout(soon, changes.next()).await.expect("told when it changes").expect("a signal");
    telling.abort();
}
