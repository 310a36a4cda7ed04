//! The tiny image, and how it gets into a registry.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::archive::{Archive, Permissions};

const SOURCE: &str = include_str!("tiny.c");
const PATIENCE: Duration = Duration::from_secs(60);

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

/// A variant of the tiny image: a web server on port 8080 in one static binary.
///
/// Its behaviour follows from variables, which a container may set as well: `TINY_TEXT` (what `/` answers),
/// `TINY_EXIT` (end at once with this code), `TINY_UNHEALTHY` (the health check fails), `TINY_SLOW` (seconds
/// before it listens), `TINY_PORT`; `TINY_WRITE` and `TINY_ERASE` make and remove a file before that, `TINY_FILL` fills
/// the disk. `/headers` shows the request, `/env` the environment, `/count` counts in
/// `/data`, `/exit` ends it.
#[derive(Debug, Clone, Default)]
pub struct TinyImage {
    architectures: Vec<String>,
    env: BTreeMap<String, String>,
    healthcheck: bool,
    volumes: Vec<String>,
    labels: BTreeMap<String, String>,
    padding: usize,
}

impl TinyImage {
    /// The plain one, for amd64, or whatever this machine is.
    pub fn new() -> Self {
        let own = crate::reference::docker_architecture(std::env::consts::ARCH);
        Self { architectures: vec![own.to_owned()], ..Self::default() }
    }

    /// Claims to be made for these architectures; with more than one the reference names an index.
    #[must_use]
    pub fn architectures(mut self, names: &[&str]) -> Self {
        self.architectures = names.iter().map(|&name| name.to_owned()).collect();
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.env.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Checks its own health every second.
    #[must_use]
    pub fn healthcheck(mut self) -> Self {
        self.healthcheck = true;
        self
    }

    /// Declares a volume.
    #[must_use]
    pub fn volume(mut self, path: &str) -> Self {
        self.volumes.push(path.to_owned());
        self
    }

    /// Sets a label.
    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    /// A second layer of so many bytes, so that a pull takes a while.
    #[must_use]
    pub fn padding(mut self, bytes: usize) -> Self {
        self.padding = bytes;
        self
    }

    fn config(&self, architecture: &str, layers: &[Blob]) -> Value {
        let pairs: Vec<String> = self.env.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let set =
            |names: &[String]| names.iter().map(|name| (name.clone(), json!({}))).collect::<BTreeMap<_, _>>();
        let mut config = json!({
            "Env": pairs,
            "Entrypoint": ["/tiny"],
            "ExposedPorts": { "8080/tcp": {} },
            "Volumes": set(&self.volumes),
            "Labels": self.labels,
        });
        if self.healthcheck {
            config["Healthcheck"] = json!({
                "Test": ["CMD", "/tiny", "--check"],
                "Interval": 1_000_000_000,
                "Timeout": 5_000_000_000_u64,
                "Retries": 2,
            });
        }
        json!({
            "architecture": architecture,
            "os": "linux",
            "config": config,
            "rootfs": { "type": "layers", "diff_ids": layers.iter().map(|layer| &layer.digest).collect::<Vec<_>>() },
        })
    }
}

/// Compiles the server. The result is kept in `dir`.
pub(super) fn compile(dir: &Path) -> io::Result<Vec<u8>> {
    let binary = dir.join("tiny");
    if !binary.exists() {
        let source = dir.join("tiny.c");
        std::fs::write(&source, SOURCE)?;
        let output =
            Command::new("gcc").args(["-static", "-Os", "-s", "-o"]).arg(&binary).arg(&source).output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(format!("gcc can't build the tiny server: {said}")));
        }
    }
    std::fs::read(binary)
}

#[derive(Debug, Clone)]
struct Blob {
    bytes: Bytes,
    digest: String,
}

impl Blob {
    fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let digest = Sha256::digest(&bytes).iter().fold("sha256:".to_owned(), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        });
        Self { bytes, digest }
    }

    fn descriptor(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.bytes.len() })
    }
}

/// Puts the image into a registry that asks no questions, and returns the digest it got.
pub(super) fn push(
    registry: SocketAddr,
    name: &str,
    tag: &str,
    image: &TinyImage,
    binary: &[u8],
) -> io::Result<String> {
    let layers = layers(image, binary)?;
    for layer in &layers {
        upload(registry, name, layer)?;
    }
    let mut manifests = Vec::new();
    for architecture in &image.architectures {
        let config = Blob::new(image.config(architecture, &layers).to_string());
        upload(registry, name, &config)?;
        let manifest = Blob::new(
            json!({
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": config.descriptor(CONFIG),
                "layers": layers.iter().map(|layer| layer.descriptor(LAYER)).collect::<Vec<_>>(),
            })
            .to_string(),
        );
        manifests.push((architecture, manifest));
    }
    if let [(_, only)] = manifests.as_slice() {
        put(registry, &format!("/v2/{name}/manifests/{tag}"), MANIFEST, &only.bytes)?;
        return Ok(only.digest.clone());
    }
    let mut list = Vec::new();
    for (architecture, manifest) in &manifests {
        put(registry, &format!("/v2/{name}/manifests/{}", manifest.digest), MANIFEST, &manifest.bytes)?;
        let mut entry = manifest.descriptor(MANIFEST);
        entry["platform"] = json!({ "os": "linux", "architecture": architecture });
        list.push(entry);
    }
    let index = Blob::new(json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": list }).to_string());
    put(registry, &format!("/v2/{name}/manifests/{tag}"), INDEX, &index.bytes)?;
    Ok(index.digest)
}

fn layers(image: &TinyImage, binary: &[u8]) -> io::Result<Vec<Blob>> {
    let mut archive = Archive::new();
    archive.file("tiny", Permissions::root(0o755), binary).map_err(io::Error::other)?;
    archive.directory("tmp", Permissions::root(0o1777)).map_err(io::Error::other)?;
    let mut layers = vec![Blob::new(archive.finish())];
    if image.padding > 0 {
        // Bytes that don't compress, from a small generator; each size gives another layer.
        let mut number = 0x9e37_79b9_7f4a_7c15_u64 ^ image.padding as u64;
        let mut bytes = Vec::with_capacity(image.padding + 8);
        while bytes.len() < image.padding {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        bytes.truncate(image.padding);
        let mut archive = Archive::new();
        archive.file("padding", Permissions::root(0o644), &bytes).map_err(io::Error::other)?;
        layers.push(Blob::new(archive.finish()));
    }
    Ok(layers)
}

fn upload(registry: SocketAddr, name: &str, blob: &Blob) -> io::Result<()> {
    let (status, head) = exchange(registry, "HEAD", &format!("/v2/{name}/blobs/{}", blob.digest), "", &[])?;
    if status == 200 {
        return Ok(());
    }
    let (status, head) = match exchange(registry, "POST", &format!("/v2/{name}/blobs/uploads/"), "", &[])? {
        (202, head) => (202, head),
        (status, _) => (status, head),
    };
    let location = head
        .lines()
        .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case("location")))
        .map(|(_, value)| value.trim().to_owned())
        .ok_or_else(|| io::Error::other(format!("the registry takes no upload (status {status})")))?;
    let path =
        location.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()));
    let path = path.unwrap_or(location);
    let separator = if path.contains('?') { '&' } else { '?' };
    put(
        registry,
        &format!("{path}{separator}digest={}", blob.digest),
        "application/octet-stream",
        &blob.bytes,
    )
}

fn put(registry: SocketAddr, path: &str, media_type: &str, bytes: &[u8]) -> io::Result<()> {
    match exchange(registry, "PUT", path, media_type, bytes)? {
        (201, _) => Ok(()),
        (status, answer) => Err(io::Error::other(format!("the registry refused {path}: {status} {answer}"))),
    }
}

/// One request, one connection: status, and everything that came back.
fn exchange(
    address: SocketAddr,
    method: &str,
    path: &str,
    media_type: &str,
    body: &[u8],
) -> io::Result<(u16, String)> {
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let kind = if media_type.is_empty() { String::new() } else { format!("Content-Type: {media_type}\r\n") };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{kind}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes())?;
    socket.write_all(body)?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0);
    Ok((status, answer))
}
