//! From the daemon's status codes and sentences to [`EngineError`].
//!
//! The daemon sorts its errors by HTTP status only roughly, so its sentences are read too. Every pattern here
//! was seen on a daemon (20.10 to 28) or stands in its source.

use std::sync::Arc;

use bollard::errors::Error as ClientError;

use crate::config::Protocol;
use crate::error::EngineError;
use crate::reference;

/// What a call was about; it names the subject of the error.
#[derive(Debug, Clone)]
pub(crate) struct Call<'a> {
    /// The verb, for logs: `start container`.
    pub(crate) operation: &'static str,
    /// What kind of object: `container`, `image`, `network`, `volume`.
    pub(crate) kind: &'static str,
    /// Its name.
    pub(crate) name: &'a str,
    /// The image that is involved.
    pub(crate) image: &'a str,
    /// The platform that was asked for.
    pub(crate) platform: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) fn new(operation: &'static str, kind: &'static str, name: &'a str) -> Self {
        let image = if kind == "image" { name } else { "" };
        Self { operation, kind, name, image, platform: "" }
    }

    pub(crate) fn image(mut self, image: &'a str, platform: Option<&'a str>) -> Self {
        self.image = image;
        self.platform = platform.unwrap_or_default();
        self
    }

    pub(crate) fn subject(&self) -> String {
        if self.name.is_empty() { self.operation.to_owned() } else { format!("{} {}", self.kind, self.name) }
    }
}

/// An error that is about the connection and not about the request; the caller finds out why.
pub(crate) fn is_connection_trouble(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::HyperLegacyError { .. }
            | ClientError::HyperResponseError { .. }
            | ClientError::IOError { .. }
            | ClientError::SocketNotFoundError(_)
            | ClientError::RequestTimeoutError
    )
}

/// Sorts an error the daemon answered with.
pub(crate) fn classify(call: &Call<'_>, error: ClientError) -> EngineError {
    let (status, message) = match &error {
        ClientError::DockerResponseServerError { status_code, message } => (*status_code, message.clone()),
        ClientError::DockerStreamError { error } => (0, error.clone()),
        _ => return EngineError::Other { operation: call.operation.to_owned(), source: Arc::new(error) },
    };
    by_sentence(call, &message).or_else(|| by_status(call, status, &message)).unwrap_or_else(|| {
        EngineError::Other { operation: call.operation.to_owned(), source: Arc::new(error) }
    })
}

fn by_sentence(call: &Call<'_>, message: &str) -> Option<EngineError> {
    let has = |text: &str| message.contains(text);
    let detail = || message.to_owned();
    if has("no space left on device") {
        return Some(EngineError::NoSpace { detail: detail() });
    }
    if has("port is already allocated")
        || has("bind: address already in use")
        || has("failed to bind host port")
    {
        let (port, protocol) = port_in(message);
        return Some(EngineError::PortTaken { port, protocol });
    }
    if has("no matching manifest for")
        || has("does not match the specified platform")
        || has("does not provide the specified platform")
    {
        return Some(EngineError::WrongPlatform {
            image: call.image.to_owned(),
            wanted: call.platform.to_owned(),
            found: message.split("actual: ").nth(1).map(|rest| rest.trim().to_owned()),
        });
    }
    if !call.image.is_empty()
        && let Some(error) = by_registry(call, message)
    {
        return Some(error);
    }
    if has("is already in use by container") || (has("already exists") && has("network with name")) {
        return Some(EngineError::NameTaken { name: call.name.to_owned() });
    }
    if has("has active endpoints")
        || has("Address already in use")
        || has("Pool overlaps")
        || has("is in use")
    {
        return Some(EngineError::Conflict { subject: call.subject(), detail: detail() });
    }
    if has("OCI runtime create failed")
        || has("unknown or invalid runtime")
        || has("could not select device driver")
    {
        return Some(EngineError::Invalid { subject: call.subject(), detail: detail() });
    }
    None
}

/// What a registry, or the way to it, may say. Only asked where an image is involved.
fn by_registry(call: &Call<'_>, message: &str) -> Option<EngineError> {
    const MISSING: [&str; 5] = [
        "No such image",
        "manifest unknown",
        "name unknown",
        "repository does not exist",
        "not found: manifest",
    ];
    const UNREACHABLE: [&str; 13] = [
        "dial tcp",
        "no such host",
        "i/o timeout",
        "connection refused",
        "connection reset",
        "network is unreachable",
        "server misbehaving",
        "TLS handshake",
        "x509:",
        "Client.Timeout",
        "request canceled while waiting",
        "HTTP response to HTTPS client",
        "unexpected HTTP status",
    ];
    let image = call.image.to_owned();
    let registry = reference::registry(call.image).to_owned();
    let any = |patterns: &[&str]| patterns.iter().any(|pattern| message.contains(pattern));
    if any(&["toomanyrequests", "rate limit", "429 Too Many Requests"]) {
        return Some(EngineError::RegistryLimit { registry, retry_after: None });
    }
    // A registry doesn't tell strangers a private image from none, so both are "there is no such image".
    if any(&MISSING) {
        return Some(EngineError::ImageNotFound { image });
    }
    if any(&["unauthorized", "authentication required", "denied"]) {
        return Some(EngineError::Denied { subject: format!("image {image}"), detail: message.to_owned() });
    }
    if any(&UNREACHABLE) || message.trim_end().ends_with("EOF") {
        return Some(EngineError::RegistryUnreachable { registry, detail: message.to_owned() });
    }
    None
}

fn by_status(call: &Call<'_>, status: u16, message: &str) -> Option<EngineError> {
    let detail = message.to_owned();
    match status {
        400 => Some(EngineError::Invalid { subject: call.subject(), detail }),
        403 => Some(EngineError::Denied { subject: call.subject(), detail }),
        404 if call.kind == "image" => Some(EngineError::ImageNotFound { image: call.image.to_owned() }),
        404 => Some(EngineError::NotFound { subject: missing(message).unwrap_or_else(|| call.subject()) }),
        409 => Some(EngineError::Conflict { subject: call.subject(), detail }),
        503 => Some(EngineError::Other {
            operation: call.operation.to_owned(),
            source: Arc::new(ClientError::DockerResponseServerError { status_code: 503, message: detail }),
        }),
        _ => None,
    }
}

/// `No such container: web` and `network web not found` say which object is missing; that may be another one
/// than the call was about.
fn missing(message: &str) -> Option<String> {
    let message = message.trim();
    if let Some((kind, name)) = message.split_once("No such ").and_then(|(_, rest)| rest.split_once(": ")) {
        return Some(format!("{kind} {name}"));
    }
    let rest = message.strip_suffix(" not found")?.strip_prefix("network ")?;
    Some(format!("network {rest}"))
}

/// The host port in a sentence such as
/// `Bind for 0.0.0.0:8080 failed: port is already allocated`,
/// `listen tcp4 0.0.0.0:8080: bind: address already in use` or
/// `failed to bind host port for 0.0.0.0:8080:172.18.0.2:80/tcp: address already in use`.
fn port_in(message: &str) -> (u16, Protocol) {
    let start = [
        "Bind for ",
        "listen tcp4 ",
        "listen tcp6 ",
        "listen tcp ",
        "listen udp4 ",
        "listen udp6 ",
        "listen udp ",
        "host port for ",
        "host port ",
    ]
    .iter()
    .find_map(|mark| message.find(mark).map(|at| at + mark.len()));
    let protocol = if message.contains("/udp") || message.contains("listen udp") {
        Protocol::Udp
    } else {
        Protocol::Tcp
    };
    let Some(address) = start.map(|at| &message[at..]) else { return (0, protocol) };
    let address = address.split([' ', ',']).next().unwrap_or_default();
    // An address may be `[::]:8080:…`; the port is the first number after the closing bracket or first colon.
    let after = match address.split_once("]:") {
        Some((_, rest)) => rest,
        None => address.split_once(':').map_or("", |(_, rest)| rest),
    };
    let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
    (digits.parse().unwrap_or(0), protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(call: &Call<'_>, status: u16, message: &str) -> String {
        let error =
            ClientError::DockerResponseServerError { status_code: status, message: message.to_owned() };
        format!("{}", classify(call, error))
    }

    #[test]
    fn taken_ports_are_found_in_every_sentence() {
        let call = Call::new("start container", "container", "web");
        for (message, want) in [
            (
                "driver failed programming external connectivity on endpoint web (1f): Bind for 0.0.0.0:8080 failed: port is already allocated",
                "port 8080/tcp is taken",
            ),
            (
                "driver failed programming external connectivity on endpoint web (1f): Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use",
                "port 80/tcp is taken",
            ),
            (
                "Error starting userland proxy: listen udp4 127.0.0.1:53: bind: address already in use",
                "port 53/udp is taken",
            ),
            (
                "failed to set up container networking: driver failed programming external connectivity on endpoint web (1f): failed to bind host port for [::]:53:172.18.0.2:53/udp: address already in use",
                "port 53/udp is taken",
            ),
            ("failed to bind host port 127.0.0.1:8443/tcp: address already in use", "port 8443/tcp is taken"),
        ] {
            assert_eq!(check(&call, 500, message), want, "{message}");
        }
    }

    #[test]
    fn registries_are_told_from_images() {
        let call =
            Call::new("pull image", "image", "ghcr.io/a/b:1").image("ghcr.io/a/b:1", Some("linux/arm64"));
        for (message, want) in [
            (
                "manifest for ghcr.io/a/b:1 not found: manifest unknown: manifest unknown",
                "there is no image ghcr.io/a/b:1",
            ),
            (
                "pull access denied for a, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
                "there is no image ghcr.io/a/b:1",
            ),
            ("unauthorized: authentication required", "access to image ghcr.io/a/b:1 was denied"),
            ("toomanyrequests: You have reached your pull rate limit.", "registry ghcr.io limits downloads"),
            (
                "Get \"https://ghcr.io/v2/\": dial tcp: lookup ghcr.io: no such host",
                "registry ghcr.io can't be reached",
            ),
            (
                "no matching manifest for linux/arm64/v8 in the manifest list entries",
                "image ghcr.io/a/b:1 isn't made for linux/arm64",
            ),
            (
                "write /var/lib/docker/tmp/x: no space left on device",
                "the disk of the container engine is full",
            ),
        ] {
            assert_eq!(check(&call, 500, message), want, "{message}");
        }
    }

    #[test]
    fn the_missing_object_is_named() {
        let call = Call::new("start container", "container", "web");
        assert_eq!(check(&call, 404, "No such container: web"), "there is no container web");
        assert_eq!(check(&call, 404, "network app_default not found"), "there is no network app_default");
        let create = Call::new("create container", "container", "web").image("a:1", None);
        assert_eq!(check(&create, 404, "No such image: a:1"), "there is no image a:1");
        assert_eq!(
            check(
                &create,
                409,
                "Conflict. The container name \"/web\" is already in use by container \"1f\"."
            ),
            "the name web is taken"
        );
    }
}
