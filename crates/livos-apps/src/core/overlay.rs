//! What the owner wants otherwise than an app's store: other ports, less memory. It lies beside the app's own files,
//! which stay as they are, and goes along when they change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use livos_manifest::spec::{MountKind, MountRole};
use livos_manifest::{AppSpec, NetworkMode, PortSpec, Protocol};
use serde::{Deserialize, Serialize};

/// Docker takes no less.
const LEAST_MEMORY: u64 = 6 * 1024 * 1024;
/// More than any machine has, and still a number for JavaScript.
const MOST_MEMORY: u64 = 1 << 50;

/// What the owner wants otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Overlay {
    /// The port that is published instead of the one the store asks for, which is the key: `8096/tcp`. That of the
    /// page has the key [`PAGE`].
    pub(crate) ports: BTreeMap<String, u16>,
    /// The most bytes of memory a service gets.
    pub(crate) memory: BTreeMap<String, u64>,
    /// The tag that a service's image has instead of the store's.
    pub(crate) images: BTreeMap<String, String>,
    /// The text that takes the place of the store's compose file.
    pub(crate) compose: Option<String>,
    /// It controls Docker by the socket that it mounts, instead of only looking.
    pub(crate) docker_control: bool,
}

/// An image without its tag and digest, and its tag.
pub(crate) fn image_and_tag(reference: &str) -> (&str, &str) {
    let named = reference.split_once('@').map_or(reference, |(named, _)| named);
    // A colon before the last slash belongs to the registry's port.
    match named.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
        Some((image, tag)) => (image, tag),
        None => (named, "latest"),
    }
}

/// What Docker takes for a tag.
fn is_tag(text: &str) -> bool {
    let mut letters = text.bytes();
    let word = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'_';
    text.len() <= 128
        && letters.next().is_some_and(word)
        && letters.all(|letter| word(letter) || matches!(letter, b'.' | b'-'))
}

/// The key of a published port; `None` for one that Docker chooses.
pub(crate) fn port_key(port: &PortSpec) -> Option<String> {
    Some(format!("{}/{}", asked_port(port)?, port.protocol.as_str()))
}

/// The port that the store asks for.
pub(crate) fn asked_port(port: &PortSpec) -> Option<u16> {
    port.moved_from.or(port.host_port)
}

/// The key of the port that an app's page has on every address, with Caddy in front; no store asks for one.
pub(crate) const PAGE: &str = "page";

/// The published ports that can be others, with their services. That of the page is not one of them: it is Caddy's.
pub(crate) fn movable(spec: &AppSpec) -> impl Iterator<Item = (&str, &PortSpec)> {
    let publisher = spec.main.as_ref().and_then(|main| main.publisher(&spec.services));
    let page = spec.main.as_ref().map(|main| (publisher, main.container_port));
    let is_page = move |service: &str, port: &PortSpec| {
        page.as_ref().is_some_and(|(publisher, inside)| {
            *publisher == Some(service) && port.protocol == Protocol::Tcp && port.container_port == *inside
        })
    };
    let own = spec.services.iter().filter(|service| service.network_mode != Some(NetworkMode::Host));
    own.flat_map(|service| service.ports.iter().map(|port| (service.name.as_str(), port)))
        .filter(move |(service, port)| port_key(port).is_some() && !is_page(service, port))
}

/// What an app is told about the port of its page, which Caddy has. One that listens on the machine's own network
/// is where its store says, whatever else Caddy offers.
pub(crate) fn page_port(spec: &AppSpec, gateway: Option<u16>) -> Option<u16> {
    let main = spec.main.as_ref()?;
    let by_itself = main.on_host && main.port.is_none_or(|port| port == main.container_port);
    gateway.filter(|port| *port > 0 && !by_itself)
}

/// What an app may do in Docker by the socket that it mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DockerAccess {
    /// It looks, by a socket of ours.
    View,
    /// It has Docker's own socket.
    Control,
}

impl DockerAccess {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Control => "control",
        }
    }
}

/// What the app may do in Docker; `None` if it does not ask for its socket.
pub(crate) fn docker_access(spec: &AppSpec) -> Option<DockerAccess> {
    let mounts = || spec.services.iter().flat_map(|service| &service.mounts);
    let has = |role: &MountRole| mounts().any(|mount| mount.kind == MountKind::Bind && mount.role == *role);
    if has(&MountRole::DockerSocket) {
        return Some(DockerAccess::Control);
    }
    has(&MountRole::DockerView).then_some(DockerAccess::View)
}

impl Overlay {
    /// The ports as a plan wants them.
    pub(crate) fn moved(&self) -> BTreeMap<(u16, Protocol), u16> {
        let read = |(key, to): (&String, &u16)| {
            let (port, protocol) = key.split_once('/')?;
            let protocol = match protocol {
                "tcp" => Protocol::Tcp,
                "udp" => Protocol::Udp,
                "sctp" => Protocol::Sctp,
                _ => return None,
            };
            Some(((port.parse().ok()?, protocol), *to))
        };
        self.ports.iter().filter_map(read).collect()
    }

    /// The port that the app's page is to have.
    pub(crate) fn page(&self) -> Option<u16> {
        self.ports.get(PAGE).copied()
    }

    /// Gives the services the images and the memory they are to have.
    pub(crate) fn apply(&self, spec: &mut AppSpec) {
        for service in &mut spec.services {
            if let Some(tag) = self.images.get(&service.name) {
                service.image = format!("{}:{tag}", image_and_tag(&service.image).0);
            }
            if let Some(limit) = self.memory.get(&service.name) {
                service.resources.memory_limit = Some(*limit);
                // It cannot be promised more than it may have, or less swap than memory.
                service.resources.memory_reservation =
                    service.resources.memory_reservation.filter(|reserved| reserved <= limit);
                service.resources.memory_swap_limit = None;
            }
        }
    }

    /// This one with what was said anew; port 0, no bytes and no tag are what the store says.
    pub(crate) fn with(
        &self,
        ports: &HashMap<String, u16>,
        memory: &HashMap<String, u64>,
        images: &HashMap<String, String>,
    ) -> Self {
        let mut new = self.clone();
        new.images.extend(images.iter().map(|(service, tag)| (service.clone(), tag.clone())));
        new.images.retain(|_, tag| !tag.is_empty());
        new.ports.extend(ports.iter().map(|(key, port)| (key.clone(), *port)));
        new.ports
            .retain(|key, port| *port != 0 && *key.split('/').next().unwrap_or_default() != port.to_string());
        new.memory.extend(memory.iter().map(|(service, bytes)| (service.clone(), *bytes)));
        new.memory.retain(|_, bytes| *bytes != 0);
        new
    }

    /// Drops what is about something that the app does not have any more.
    pub(crate) fn forget_unknown(&mut self, spec: &AppSpec) {
        self.docker_control &= docker_access(spec).is_some();
        let ports: BTreeSet<String> = movable(spec).filter_map(|(_, port)| port_key(port)).collect();
        let has_page = spec.main.as_ref().is_some_and(|main| !main.on_host);
        self.ports.retain(|key, _| if key == PAGE { has_page } else { ports.contains(key) });
        self.memory.retain(|service, _| spec.service(service).is_some());
        self.images.retain(|service, _| spec.service(service).is_some());
    }

    /// Whether everything in it is about something that the app has.
    pub(crate) fn check(&self, spec: &AppSpec) -> Result<(), String> {
        if self.docker_control && docker_access(spec).is_none() {
            return Err("it does not ask for Docker".to_owned());
        }
        for (key, port) in &self.ports {
            if key == PAGE && spec.main.as_ref().is_some_and(|main| !main.on_host) {
                // The ports below belong to the machine's own services.
                if *port < 1024 {
                    return Err("the port of its page must be at least 1024".to_owned());
                }
                continue;
            }
            if !movable(spec).any(|(_, known)| port_key(known).as_ref() == Some(key)) {
                return Err(format!("it publishes no port {key}"));
            }
        }
        for (service, tag) in &self.images {
            if spec.service(service).is_none() {
                return Err(format!("it has no service {service}"));
            }
            if !is_tag(tag) {
                return Err(format!("{tag:?} is no version of an image; it looks like 1.2.3"));
            }
        }
        for (service, bytes) in &self.memory {
            if spec.service(service).is_none() {
                return Err(format!("it has no service {service}"));
            }
            if !(LEAST_MEMORY..=MOST_MEMORY).contains(bytes) {
                return Err(format!("{service} needs a memory limit of at least 6 MB"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_takes_the_place_of_tag_and_digest_and_of_nothing_else() {
        for (reference, image, tag) in [
            ("app", "app", "latest"),
            ("app:1", "app", "1"),
            ("ghcr.io/a/b:1.2@sha256:00", "ghcr.io/a/b", "1.2"),
            ("registry.example:5000/a/b", "registry.example:5000/a/b", "latest"),
            ("registry.example:5000/a/b:2", "registry.example:5000/a/b", "2"),
            ("a/b@sha256:00", "a/b", "latest"),
        ] {
            assert_eq!(image_and_tag(reference), (image, tag), "{reference}");
        }
        for good in ["1", "latest", "v1.2.3-alpine", "_x"] {
            assert!(is_tag(good), "{good}");
        }
        for bad in ["", ".1", "-rf", "1:2", "a/b", "1@sha256:00", "1 2", "\u{fc}", &"1".repeat(129)] {
            assert!(!is_tag(bad), "{bad}");
        }
    }
}
