//! Which ports of the machine an app gets.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use livos_docker::{PortBinding, Protocol};

use super::blueprint::Blueprint;

/// A span of ports from the configuration: `42000-42999`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PortRange(RangeInclusive<u16>);

/// Why there is no port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPort {
    /// The configuration's text is not a range.
    #[error("‘{0}’ is not a range of ports; write it like 42000-42999")]
    NotARange(String),
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

impl PortRange {
    /// Reads `first-last`.
    pub(crate) fn parse(text: &str) -> Result<Self, NoPort> {
        let wrong = || NoPort::NotARange(text.to_owned());
        let (first, last) = text.split_once('-').ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(wrong);
        let (first, last) = (number(first)?, number(last)?);
        if first > last { Err(wrong()) } else { Ok(Self(first..=last)) }
    }

    /// The wanted port if it can be had, else the first of the range that can.
    ///
    /// `taken` are the ports promised to other apps, running or not; `is_free` asks the machine.
    pub(crate) fn allocate(
        &self,
        wanted: Option<u16>,
        taken: &BTreeSet<u16>,
        is_free: &dyn Fn(u16) -> bool,
    ) -> Result<u16, NoPort> {
        wanted
            .into_iter()
            // Ports below 1024 belong to the machine's own services, Caddy's among them.
            .filter(|port| *port >= 1024)
            .chain(self.0.clone())
            .find(|port| !taken.contains(port) && is_free(*port))
            .ok_or(NoPort::Exhausted { first: *self.0.start(), last: *self.0.end() })
    }
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

    fn range(text: &str) -> PortRange {
        PortRange::parse(text).unwrap()
    }

    #[test]
    fn the_wanted_port_is_given_when_it_can_be_had() {
        let free = |_| true;
        assert_eq!(range("42000-42001").allocate(Some(8096), &BTreeSet::new(), &free), Ok(8096));
        assert_eq!(range("42000-42001").allocate(Some(80), &BTreeSet::new(), &free), Ok(42000));
        assert_eq!(
            range("42000-42001").allocate(Some(8096), &BTreeSet::from([8096, 42000]), &free),
            Ok(42001)
        );
        assert_eq!(range("42000-42001").allocate(None, &BTreeSet::new(), &|port| port == 42001), Ok(42001));
    }

    #[test]
    fn a_full_range_says_so() {
        let error = range("42000-42001").allocate(None, &BTreeSet::new(), &|_| false).unwrap_err();
        assert_eq!(error, NoPort::Exhausted { first: 42000, last: 42001 });
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in ["", "1", "2-1", "0-5", "a-b", "1-70000", "-"] {
            assert!(PortRange::parse(bad).is_err(), "{bad}");
        }
    }
}
