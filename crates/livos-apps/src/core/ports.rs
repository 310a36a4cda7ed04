//! Which ports of the machine an app gets.

use std::collections::BTreeSet;

use livos_docker::{PortBinding, Protocol};
use livos_service::config::PortRange;

use super::blueprint::Blueprint;

/// Why there is no port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPort {
    /// Every port of the range is in use.
    #[error(
        "every port from {first} to {last} is in use; remove an app or widen the range in the configuration"
    )]
    Exhausted {
        /// First port of the range.
        first: u16,
        /// Last port of the range.
        last: u16,
    },
}

/// The wanted port if it can be had, else the first of the range that can.
///
/// `taken` are the ports promised to other apps, running or not; `is_free` asks the machine.
pub(crate) fn allocate(
    range: PortRange,
    wanted: Option<u16>,
    taken: &BTreeSet<u16>,
    is_free: &dyn Fn(u16) -> bool,
) -> Result<u16, NoPort> {
    wanted
        .into_iter()
        // Ports below 1024 belong to the machine's own services, Caddy's among them.
        .filter(|port| *port >= 1024)
        .chain(range.ports())
        .find(|port| !taken.contains(port) && is_free(*port))
        .ok_or(NoPort::Exhausted { first: range.first, last: range.last })
}

/// A published port that somebody else has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Collision {
    /// The service that asks for it.
    pub(crate) service: String,
    /// The port.
    pub(crate) port: u16,
    /// TCP, UDP or SCTP.
    pub(crate) protocol: Protocol,
}

/// The ports a blueprint publishes that are promised to another app or in use on the machine.
pub(crate) fn collisions(
    blueprint: &Blueprint,
    taken: &BTreeSet<(u16, Protocol)>,
    is_free: &dyn Fn(u16, Protocol) -> bool,
) -> Vec<Collision> {
    let mut seen = BTreeSet::new();
    published(blueprint)
        .filter(|(_, binding)| {
            let Some(port) = binding.host_port else { return false };
            let key = (port, binding.protocol);
            !seen.insert((key, binding.host_ip)) || taken.contains(&key) || !is_free(port, binding.protocol)
        })
        .filter_map(|(service, binding)| {
            Some(Collision {
                service: service.to_owned(),
                port: binding.host_port?,
                protocol: binding.protocol,
            })
        })
        .collect()
}

/// Every port a blueprint publishes, with the service it belongs to.
pub(crate) fn published(blueprint: &Blueprint) -> impl Iterator<Item = (&str, &PortBinding)> {
    blueprint.containers.iter().flat_map(|container| {
        container.config.ports.iter().map(|binding| (container.service.as_str(), binding))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: PortRange = PortRange { first: 42000, last: 42001 };

    #[test]
    fn the_wanted_port_is_given_when_it_can_be_had() {
        let free = |_| true;
        assert_eq!(allocate(TWO, Some(8096), &BTreeSet::new(), &free), Ok(8096));
        assert_eq!(allocate(TWO, Some(80), &BTreeSet::new(), &free), Ok(42000));
        assert_eq!(allocate(TWO, Some(8096), &BTreeSet::from([8096, 42000]), &free), Ok(42001));
        assert_eq!(allocate(TWO, None, &BTreeSet::new(), &|port| port == 42001), Ok(42001));
    }

    #[test]
    fn a_full_range_says_so() {
        let error = allocate(TWO, None, &BTreeSet::new(), &|_| false).unwrap_err();
        assert_eq!(error, NoPort::Exhausted { first: 42000, last: 42001 });
    }
}
