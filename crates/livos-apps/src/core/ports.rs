//! Which ports of the machine an app gets.

use std::collections::{BTreeMap, BTreeSet};

use livos_docker::{PortBinding, Protocol};
use livos_manifest::{AppSpec, PortSpec};
use livos_service::config::PortRange;

use super::blueprint::Blueprint;
use super::container::protocol;
use super::overlay::{movable, port_key};

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

/// Ports on which others look for a service and cannot be told another: mail, DNS, DHCP, TFTP, time, NetBIOS and SMB.
const LOOKED_FOR: [u16; 12] = [25, 53, 67, 68, 69, 123, 137, 138, 139, 445, 546, 547];
/// So many ports in a row are a range: an app tells others which of them to use.
const RANGE: usize = 4;

/// Why a taken port cannot be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stays {
    /// Nobody would look for it elsewhere.
    LookedFor,
    /// It belongs to a range.
    Range,
    /// Two parts of the app want the same.
    Twice,
}

impl Stays {
    /// The reason, as it follows what has the port.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::LookedFor => "programs look for it there and nowhere else",
            Self::Range => "it is one of a range that the app tells others about",
            Self::Twice => "another part of the app wants it, too",
        }
    }
}

/// Why this port, if it is taken, cannot be moved; `None` if it can, and nothing is lost but its number.
pub(crate) fn stays(spec: &AppSpec, port: &PortSpec) -> Option<Stays> {
    let number = port.host_port?;
    if LOOKED_FOR.contains(&number) {
        return Some(Stays::LookedFor);
    }
    let wanted = port.protocol;
    let same = || movable(spec).map(|(_, other)| other).filter(move |other| other.protocol == wanted);
    if same().filter(|other| other.host_port == Some(number)).count() > 1 {
        return Some(Stays::Twice);
    }
    let numbers: BTreeSet<u16> = same().filter_map(|other| other.host_port).collect();
    let up = (number..=u16::MAX).take_while(|number| numbers.contains(number)).count();
    let down = (0..number).rev().take_while(|number| numbers.contains(number)).count();
    (up + down >= RANGE).then_some(Stays::Range)
}

/// A published port that somebody else has, and the one that it gets, if it can be another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moved {
    /// As an overlay names it: `8096/tcp`.
    pub(crate) key: String,
    /// What is asked for.
    pub(crate) asked: (u16, Protocol),
    /// What is given.
    pub(crate) given: Option<u16>,
}

/// What becomes of the ports of an app that it cannot have. What is asked for with more than one protocol stays
/// together.
///
/// `taken` are the ports promised to other apps and to the app's page; `own` are those that the app has already.
pub(crate) fn move_away(
    spec: &AppSpec,
    range: PortRange,
    taken: &BTreeSet<(u16, Protocol)>,
    own: &BTreeSet<(u16, Protocol)>,
    is_free: &dyn Fn(u16, Protocol) -> bool,
) -> Result<Vec<Moved>, NoPort> {
    let published: Vec<(&PortSpec, (u16, Protocol), String)> = movable(spec)
        .filter(|(_, port)| port.host_port_end.is_none())
        .filter_map(|(_, port)| Some((port, (port.host_port?, protocol(port.protocol)), port_key(port)?)))
        .collect();
    let cannot =
        |key: &(u16, Protocol)| !own.contains(key) && (taken.contains(key) || !is_free(key.0, key.1));
    let mut numbers: BTreeSet<u16> = taken.iter().map(|(port, _)| *port).collect();
    numbers.extend(published.iter().map(|(_, (port, _), _)| *port));
    let mut given: BTreeMap<u16, Option<u16>> = BTreeMap::new();
    for (port, key, _) in published.iter().filter(|(_, key, _)| cannot(key)) {
        // What the owner has chosen is refused instead.
        if given.contains_key(&key.0) || port.moved_from.is_some() {
            continue;
        }
        let together: Vec<_> = published.iter().filter(|(_, other, _)| other.0 == key.0).collect();
        let to = if together.iter().any(|(port, ..)| stays(spec, port).is_some()) {
            None
        } else {
            let free = |number| together.iter().all(|(_, (_, protocol), _)| is_free(number, *protocol));
            let to = allocate(range, None, &numbers, &free)?;
            numbers.insert(to);
            Some(to)
        };
        given.insert(key.0, to);
    }
    let mut moved: Vec<Moved> = published
        .into_iter()
        .filter_map(|(_, asked, key)| Some(Moved { key, asked, given: *given.get(&asked.0)? }))
        // One that stays is in the way only with the protocol that is taken.
        .filter(|moved| moved.given.is_some() || cannot(&moved.asked))
        .collect();
    moved.sort_by(|one, other| one.key.cmp(&other.key));
    moved.dedup();
    Ok(moved)
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
