//! What the app engine needs of the world outside, so that tests can be the world.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use livos_docker::{Engine, Protocol};
use livos_fetch::{Network, Tls};
use livos_service::Clock;
use livos_service::config::CaddyConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Error;

/// Everything outside.
#[derive(Clone)]
pub struct Ports {
    /// The container engine.
    pub engine: Arc<dyn Engine>,
    /// Caddy.
    pub edge: Arc<dyn Edge>,
    /// The way to files of the public web.
    pub network: Arc<dyn Network>,
    /// Whom to trust there.
    pub tls: Arc<Tls>,
    /// The machine.
    pub machine: Arc<dyn Machine>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// How long to wait for what.
    pub patience: Patience,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ports").field("patience", &self.patience).finish_non_exhaustive()
    }
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For all containers of an app to work.
    pub healthy: Duration,
    /// For a container to show that it doesn't end at once.
    pub settle: Duration,
    /// For the app's page to answer.
    pub page: Duration,
    /// For git.
    pub git: Duration,
    /// For a script of an app.
    pub script: Duration,
    /// For a script of an app that may wait for its containers.
    pub hook: Duration,
    /// Before the first attempt to reach the engine or Caddy again; doubled up to `again_at_most`.
    pub again: Duration,
    /// Between attempts, at most.
    pub again_at_most: Duration,
    /// How long attempts go on by themselves; after that, only a sign of life leads to another.
    pub keep_trying: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            healthy: Duration::from_secs(600),
            settle: Duration::from_secs(3),
            page: Duration::from_secs(180),
            git: Duration::from_secs(300),
            script: Duration::from_secs(20),
            hook: Duration::from_secs(10 * 60),
            again: Duration::from_secs(1),
            again_at_most: Duration::from_secs(30),
            keep_trying: Duration::from_secs(120),
        }
    }
}

/// The edge proxy, as far as it is told about apps.
pub trait Edge: Send + Sync {
    /// Replaces its whole configuration. On an error the old one stays.
    ///
    /// `anew` does so even if it is the one that it has, which closes the WebSockets that go through it.
    fn load(&self, document: String, anew: bool) -> BoxFuture<'_, Result<(), Error>>;
    /// What it runs with, in its own words.
    fn running(&self) -> BoxFuture<'_, Result<serde_json::Value, Error>>;
    /// The certificate of its own authority, as PEM.
    fn authority(&self) -> BoxFuture<'_, Result<String, Error>>;
    /// Whether it proves to be `name` to somebody who believes in the authorities of the internet.
    fn proves<'a>(&'a self, name: &'a str) -> BoxFuture<'a, bool>;
}

/// Caddy behind its admin socket.
#[derive(Debug)]
pub struct CaddyAdmin {
    socket: PathBuf,
    client: reqwest::Client,
    /// Where it speaks HTTPS, seen from this machine.
    secure: Option<String>,
    tls: Tls,
}

impl CaddyAdmin {
    /// Connects when it is first used.
    pub fn new(caddy: &CaddyConfig) -> Result<Self, Error> {
        let socket = caddy.admin.as_path();
        let client = reqwest::Client::builder()
            .unix_socket(socket.to_owned())
            .timeout(Duration::from_secs(20))
            // A connection kept open would have to be looked after while nothing happens.
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|source| Error::Edge { path: socket.to_owned(), source })?;
        Ok(Self { socket: socket.to_owned(), client, secure: secure_address(caddy), tls: believed(caddy) })
    }
}

/// Where Caddy speaks HTTPS; on every address is on this machine's own, too.
fn secure_address(caddy: &CaddyConfig) -> Option<String> {
    let (host, _) = caddy.listen.first()?.rsplit_once(':')?;
    let host = match host {
        "" | "0.0.0.0" => "127.0.0.1",
        "[::]" => "[::1]",
        host => host,
    };
    (caddy.https_port > 0).then(|| format!("{host}:{}", caddy.https_port))
}

/// Who may vouch for the domain: whom the machine believes, or who vouches for the directory that was chosen.
fn believed(caddy: &CaddyConfig) -> Tls {
    if caddy.acme_roots.is_empty() {
        return Tls::of_the_machine();
    }
    match std::fs::read(&caddy.acme_roots) {
        Ok(text) => Tls::only_in_pem(&text),
        Err(error) => {
            tracing::warn!(file = caddy.acme_roots, %error, "caddy.acme_roots cannot be read");
            Tls::of_the_machine()
        }
    }
}

/// What Caddy says about its own authority, as far as it matters.
#[derive(serde::Deserialize)]
struct Authority {
    root_certificate: String,
}

impl Edge for CaddyAdmin {
    fn load(&self, document: String, anew: bool) -> BoxFuture<'_, Result<(), Error>> {
        async move {
            let failed = |source| Error::Edge { path: self.socket.clone(), source };
            // The host name is the one origin that the admin interface is told to accept.
            let mut request =
                self.client.post("http://caddy/load").header("content-type", "application/json");
            if anew {
                request = request.header("cache-control", "must-revalidate");
            }
            let reply = request.body(document).send().await.map_err(failed)?;
            if reply.status().is_success() {
                return Ok(());
            }
            let text = reply.text().await.map_err(failed)?;
            Err(Error::EdgeRefused(text.chars().take(500).collect()))
        }
        .boxed()
    }

    fn running(&self) -> BoxFuture<'_, Result<serde_json::Value, Error>> {
        async move {
            let failed = |source| Error::Edge { path: self.socket.clone(), source };
            // While it takes a document it answers when it has it, or has gone back.
            let reply = self.client.get("http://caddy/config/").send().await.map_err(failed)?;
            let status = reply.status();
            let text = reply.text().await.map_err(failed)?;
            match serde_json::from_str(&text) {
                Ok(document) if status.is_success() => Ok(document),
                _ => Err(Error::EdgeRefused(text.chars().take(500).collect())),
            }
        }
        .boxed()
    }

    fn authority(&self) -> BoxFuture<'_, Result<String, Error>> {
        async move {
            let failed = |source| Error::Edge { path: self.socket.clone(), source };
            // Asked for an authority that it was not told to have, it would make one under a name of its own.
            let told = self.client.get("http://caddy/config/apps/http/servers/secure/listen");
            let told = told.send().await.map_err(failed)?.text().await.map_err(failed)?;
            if !told.trim_start().starts_with('[') {
                return Err(Error::EdgeRefused("it does not speak HTTPS".to_owned()));
            }
            let reply = self.client.get("http://caddy/pki/ca/local").send().await.map_err(failed)?;
            let status = reply.status();
            let text = reply.text().await.map_err(failed)?;
            match serde_json::from_str::<Authority>(&text) {
                Ok(known) if status.is_success() => Ok(known.root_certificate),
                _ => Err(Error::EdgeRefused(text.chars().take(500).collect())),
            }
        }
        .boxed()
    }

    fn proves<'a>(&'a self, name: &'a str) -> BoxFuture<'a, bool> {
        async move {
            let Some(address) = &self.secure else { return false };
            let shake = async {
                let stream = tokio::net::TcpStream::connect(address.as_str()).await?;
                self.tls.wrap(name, stream).await
            };
            // It is on this machine, so this is long.
            let shaken = tokio::time::timeout(Duration::from_secs(5), shake).await;
            matches!(shaken, Ok(Ok(_)))
        }
        .boxed()
    }
}

/// A disk, as far as it matters to what is written there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disk {
    /// The same number is the same disk.
    pub number: u64,
    /// Bytes that can still be written.
    pub free: u64,
    /// Its copies may share their blocks with what they were made from, so that one need not take up any.
    pub may_share: bool,
}

/// The memory of the machine, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All there is.
    pub total: u64,
    /// What could be had now without swapping, as the kernel estimates it; `None` where that may not be read.
    pub available: Option<u64>,
}

/// The machine, as far as apps concern it.
pub trait Machine: Send + Sync {
    /// Bytes that can still be written where `path` is.
    fn free_bytes(&self, path: &Path) -> Option<u64>;
    /// The disk that `path` lies on.
    fn disk(&self, path: &Path) -> Option<Disk> {
        let free = self.free_bytes(path)?;
        Some(Disk { number: 0, free, may_share: false })
    }
    /// Its memory.
    fn memory(&self) -> Option<Memory>;
    /// Whether nothing listens on this port.
    fn port_is_free(&self, address: IpAddr, port: u16, protocol: Protocol) -> bool;
    /// Whether something on this loopback port says anything when it is asked for a page.
    fn answers(&self, port: u16) -> BoxFuture<'_, bool>;
    /// Its time zone, `Europe/Berlin`.
    fn time_zone(&self) -> String;
    /// Its address in the home network, or empty.
    fn address(&self) -> String;
    /// Where something is mounted.
    fn mount_points(&self) -> Vec<PathBuf>;
}

/// File systems whose files can share blocks: btrfs, XFS, bcachefs and ZFS.
const SHARING: [u64; 4] = [0x9123_683E, 0x5846_5342, 0xCA45_1A4E, 0x2FC1_2FC1];

/// What is available, by `/proc/meminfo`.
fn available_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The machine we run on.
#[derive(Debug, Clone, Copy, Default)]
pub struct ThisMachine;

impl Machine for ThisMachine {
    fn free_bytes(&self, path: &Path) -> Option<u64> {
        let numbers = rustix::fs::statvfs(path).ok()?;
        Some(numbers.f_bavail.saturating_mul(numbers.f_frsize))
    }

    fn disk(&self, path: &Path) -> Option<Disk> {
        let kind = rustix::fs::statfs(path).ok()?.f_type;
        let number = std::os::unix::fs::MetadataExt::dev(&std::fs::metadata(path).ok()?);
        // How wide the number is, and whether it has a sign, differs between architectures.
        let may_share = u64::try_from(kind).is_ok_and(|kind| SHARING.contains(&(kind & 0xFFFF_FFFF)));
        Some(Disk { number, free: self.free_bytes(path)?, may_share })
    }

    fn memory(&self) -> Option<Memory> {
        // Our unit sees no more of /proc than processes, so the total is asked of the kernel. What it calls free leaves
        // out what it could give back at once, so without meminfo nothing is said of that.
        let known = rustix::system::sysinfo();
        let total = known.totalram.checked_mul(u64::from(known.mem_unit))?;
        let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Some(Memory { total, available: available_memory(&meminfo) })
    }

    fn port_is_free(&self, address: IpAddr, port: u16, protocol: Protocol) -> bool {
        let address = SocketAddr::new(address, port);
        match protocol {
            Protocol::Tcp => TcpListener::bind(address).is_ok(),
            Protocol::Udp => UdpSocket::bind(address).is_ok(),
            Protocol::Sctp => true,
        }
    }

    fn answers(&self, port: u16) -> BoxFuture<'_, bool> {
        async move {
            let ask = async {
                // Docker's proxy accepts for a container that does not listen yet, so only an
                // answer proves that the app is there. One that speaks TLS answers with an alert.
                let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
                stream.write_all(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
                stream.read(&mut [0; 16]).await
            };
            matches!(tokio::time::timeout(Duration::from_secs(10), ask).await, Ok(Ok(length)) if length > 0)
        }
        .boxed()
    }

    fn time_zone(&self) -> String {
        let named = std::fs::read_to_string("/etc/timezone").ok().map(|text| text.trim().to_owned());
        let linked = || {
            let target = std::fs::read_link("/etc/localtime").ok()?;
            Some(target.to_str()?.split_once("zoneinfo/")?.1.to_owned())
        };
        named.filter(|name| !name.is_empty()).or_else(linked).unwrap_or_else(|| "Etc/UTC".to_owned())
    }

    fn address(&self) -> String {
        // "Connecting" a datagram socket sends nothing; it only makes the kernel choose an address.
        let local = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
            socket.connect("192.0.2.1:9")?;
            socket.local_addr()
        });
        local.map(|address| address.ip().to_string()).unwrap_or_default()
    }

    fn mount_points(&self) -> Vec<PathBuf> {
        let mountinfo = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        crate::core::mounts::mount_points(&mountinfo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_what_the_kernel_says() {
        let text = "MemTotal:       16303428 kB\nMemAvailable:   12000000 kB\n";
        assert_eq!(available_memory(text), Some(12_000_000 * 1024));
        assert_eq!(available_memory("MemAvailable: lots\n"), None);
        assert_eq!(available_memory(""), None);
        let memory = ThisMachine.memory().unwrap();
        assert!(memory.available.is_none_or(|available| available <= memory.total), "{memory:?}");
    }
}
