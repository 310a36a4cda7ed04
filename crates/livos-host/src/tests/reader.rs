use std::sync::Arc;

use livos_bus::{Caller, Callers, ErrorKind, HostReaderProxy, names};
use zbus::Connection;
use zbus::connection::Builder;

use crate::bus::Reader;
use crate::{Error, FileSystem, Linux, Machine};

/// Both ends of a connection without a bus; the service takes its peer for `caller`.
async fn pair(machine: impl Machine, caller: Caller) -> (Connection, Connection) {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let reader = Reader {
        machine: Arc::new(machine),
        callers: Callers::peer(caller),
        systemd: None,
        journal: "/nonexistent".into(),
        follower: Arc::default(),
    };
    let server = Builder::unix_stream(ours)
        .server(zbus::Guid::generate())
        .p2p()
        .serve_at(names::HOST.path, reader)
        .build();
    let client = Builder::unix_stream(theirs).p2p().build();
    let (server, client) = tokio::join!(server, client);
    (server.expect("the service's end"), client.expect("our end"))
}

struct Small;

impl Machine for Small {
    fn text(&self, path: &'static str) -> Result<Option<String>, Error> {
        Ok(match path {
            "/proc/sys/kernel/hostname" => Some("attic\n".to_owned()),
            "/usr/lib/os-release" => Some("PRETTY_NAME=\"Debian 13\"".to_owned()),
            "/proc/meminfo" => Some("MemTotal: 4 kB\nMemAvailable: 2 kB\n".to_owned()),
            "/proc/uptime" => Some("61.5 1.0".to_owned()),
            "/proc/loadavg" => Some("1.50 0.90 0.80 1/99 1000\n".to_owned()),
            "/proc/self/mountinfo" => Some(
                "1 0 8:1 / / rw - ext4 /dev/vda1 rw\n2 1 8:2 / /gone rw - ext4 /dev/vdb1 rw\n".to_owned(),
            ),
            _ => None,
        })
    }

    fn kernel(&self) -> (String, String) {
        ("6.12".to_owned(), "aarch64".to_owned())
    }

    fn cpus(&self) -> u32 {
        4
    }

    fn file_system(&self, mount: &str) -> Option<FileSystem> {
        (mount == "/").then_some(FileSystem { total: 100, free: 40 })
    }
}

#[tokio::test]
async fn info_says_what_the_machine_says() {
    let (_server, client) = pair(Small, Caller::Web).await;
    let host = HostReaderProxy::new(&client).await.expect("a proxy");
    let info = host.info().await.expect("an answer");
    assert_eq!((info.hostname.as_str(), info.os.as_str()), ("attic", "Debian 13"));
    assert_eq!((info.kernel.as_str(), info.architecture.as_str(), info.cpus), ("6.12", "aarch64", 4));
    assert_eq!((info.memory_total, info.memory_available, info.uptime_seconds), (4096, 2048, 61));
    let disks: Vec<_> = info.disks.iter().map(|disk| (disk.mount.as_str(), disk.total, disk.free)).collect();
    assert_eq!(disks, [("/", 100, 40)], "a disk that doesn't answer is left out");
    let load = host.load().await.expect("an answer");
    assert_eq!((load.cpus, load.load, load.memory_total, load.memory_available), (4, 1.5, 4096, 2048));
}

#[tokio::test]
async fn this_machine_answers() {
    let (_server, client) = pair(Linux::default(), Caller::Administrator).await;
    let host = HostReaderProxy::new(&client).await.expect("a proxy");
    let load = host.load().await.expect("an answer");
    assert!(load.load >= 0.0 && load.cpus > 0 && load.memory_total >= load.memory_available, "{load:?}");
    let info = host.info().await.expect("an answer");
    assert!(!info.hostname.is_empty() && info.cpus > 0 && info.uptime_seconds > 0, "{info:?}");
    assert!(info.memory_total >= info.memory_available && info.memory_available > 0, "{info:?}");
    let root = info.disks.iter().find(|disk| disk.mount == "/").expect("there is a root");
    assert!(root.total >= root.free && root.total > 0, "{root:?}");
}

#[tokio::test]
async fn strangers_and_those_who_need_not_know_are_refused() {
    for caller in [Caller::Stranger, Caller::Files] {
        let (_server, client) = pair(Small, caller).await;
        let host = HostReaderProxy::new(&client).await.expect("a proxy");
        for error in
            [host.info().await.expect_err("refused"), host.load().await.map(drop).expect_err("refused")]
        {
            assert_eq!(error.kind, ErrorKind::Denied, "{caller:?}");
        }
    }
}

struct Broken;

impl Machine for Broken {
    fn text(&self, _path: &'static str) -> Result<Option<String>, Error> {
        Ok(None)
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

#[tokio::test]
async fn a_machine_that_says_nothing_is_an_internal_error() {
    let (_server, client) = pair(Broken, Caller::Web).await;
    let host = HostReaderProxy::new(&client).await.expect("a proxy");
    let info = host.info().await.expect_err("nothing to say");
    let load = host.load().await.expect_err("nothing to say");
    for (error, file) in [(info, "/proc/meminfo"), (load, "/proc/loadavg")] {
        assert_eq!(error.kind, ErrorKind::Internal);
        assert!(error.message.contains(file), "{error:?}");
    }
}
