//! What was adopted, described as an app is: read from the containers as they are, as nothing says that a compose
//! file that somebody once had is still what runs.

use std::collections::{BTreeMap, BTreeSet};

use livos_docker::{ContainerConfig, ContainerInfo, ImageInfo, NetworkInfo, Subnet};
use livos_manifest::AppSpec;
use livos_manifest::spec::{IpamPool, NetworkSpec, VolumeSpec};

use super::adopted_service::Reader;
use super::foreign::LABEL_PROJECT;

/// What Docker Compose calls a network in its file.
const LABEL_NETWORK: &str = "com.docker.compose.network";
/// Labels that Compose writes by itself.
pub(super) const LABELS_OF_COMPOSE: &str = "com.docker.compose.";

/// A container to describe.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// What the service is to be called.
    pub(crate) service: String,
    pub(crate) info: ContainerInfo,
    pub(crate) config: ContainerConfig,
    /// The image that it was made from, if that is still there.
    pub(crate) image: Option<ImageInfo>,
}

/// What there is beside it.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// Names of all containers by their ids.
    pub(crate) names: BTreeMap<String, String>,
    pub(crate) networks: Vec<NetworkInfo>,
    /// The machine's own, as images spell it.
    pub(crate) architecture: String,
}

/// A description, and what could not be said in it.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) spec: AppSpec,
    pub(crate) unsaid: Vec<String>,
}

/// Describes these containers, in their order, as the compose project of this name.
pub(crate) fn describe(project: &str, name: &str, mut found: Vec<Found>, around: &Around) -> Described {
    name_services(&mut found);
    let mut keys = Keys::new(project, around);
    let mut unsaid = Vec::new();
    let services = found
        .iter()
        .map(|one| Reader { found: &found, around, keys: &mut keys, unsaid: &mut unsaid, project }.read(one))
        .collect();
    let fixed = fixed(&found);
    let networks = keys
        .networks
        .iter()
        .map(|(name, key)| {
            let own = around.networks.iter().find(|one| one.name == *name && is_of(one, project));
            network(key, name, own, fixed.contains(name.as_str()))
        })
        .collect();
    let volumes = keys.volumes.iter().map(|(name, key)| VolumeSpec {
        key: key.clone(),
        name: name.clone(),
        // Compose offers to make a volume anew that is not as its file says; what is stored must not be at stake.
        external: true,
        ..VolumeSpec::default()
    });
    let spec = AppSpec {
        id: project.to_owned(),
        name: name.to_owned(),
        services,
        networks,
        volumes: volumes.collect(),
        ..AppSpec::default()
    };
    Described { spec, unsaid }
}

/// Each gets a name of its own that a file can have; Compose makes several containers of one service only when it
/// is told a number, and these need not be alike.
fn name_services(found: &mut [Found]) {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for one in found {
        one.service = unique(&one.service, &mut taken);
    }
}

/// Letters, digits, dots, dashes and underscores, and none of those that are taken.
fn unique(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let base: String = wanted.chars().map(plain).collect();
    let base = if base.is_empty() { "main".to_owned() } else { base };
    let mut name = base.clone();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{base}-{number}");
        number += 1;
    }
    name
}

fn is_of(network: &NetworkInfo, project: &str) -> bool {
    network.labels.get(LABEL_PROJECT).is_some_and(|of| of == project)
}

/// What networks and volumes are called in the file, by their names in Docker.
pub(super) struct Keys<'a> {
    project: &'a str,
    around: &'a Around,
    networks: BTreeMap<String, String>,
    volumes: BTreeMap<String, String>,
    taken: BTreeSet<String>,
    taken_volumes: BTreeSet<String>,
}

impl<'a> Keys<'a> {
    fn new(project: &'a str, around: &'a Around) -> Self {
        let (networks, volumes) = (BTreeMap::new(), BTreeMap::new());
        Self { project, around, networks, volumes, taken: BTreeSet::new(), taken_volumes: BTreeSet::new() }
    }

    pub(super) fn network(&mut self, name: &str) -> String {
        if let Some(key) = self.networks.get(name) {
            return key.clone();
        }
        let own = self.around.networks.iter().find(|one| one.name == name && is_of(one, self.project));
        let wanted = own.and_then(|own| own.labels.get(LABEL_NETWORK)).map_or(name, String::as_str);
        // A network that is not the project's own must not be taken for the one that Compose makes by itself.
        let wanted = if own.is_none() && wanted == "default" { "outside" } else { wanted };
        let key = unique(wanted, &mut self.taken);
        self.networks.insert(name.to_owned(), key.clone());
        key
    }

    pub(super) fn volume(&mut self, name: &str) -> String {
        if let Some(key) = self.volumes.get(name) {
            return key.clone();
        }
        let short = name.strip_prefix(self.project).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name);
        let key = unique(short, &mut self.taken_volumes);
        self.volumes.insert(name.to_owned(), key.clone());
        key
    }
}

/// The networks on which somebody has an address that was asked for.
fn fixed(found: &[Found]) -> BTreeSet<&str> {
    let joins = found.iter().flat_map(|one| &one.config.networks);
    joins
        .filter(|join| join.ipv4.is_some() || join.ipv6.is_some())
        .map(|join| join.network.as_str())
        .collect()
}

fn network(key: &str, name: &str, own: Option<&NetworkInfo>, fixed: bool) -> NetworkSpec {
    let Some(own) = own else {
        return NetworkSpec {
            key: key.to_owned(),
            name: name.to_owned(),
            external: true,
            ..NetworkSpec::default()
        };
    };
    let chosen = !fixed && own.subnets.iter().all(from_the_pool);
    let pools = own.subnets.iter().filter(|_| !chosen).map(|subnet| IpamPool {
        subnet: Some(subnet.subnet.clone()).filter(|text| !text.is_empty()),
        gateway: subnet.gateway.map(|address| address.to_string()),
        ip_range: subnet.ip_range.clone(),
        aux_addresses: subnet
            .aux_addresses
            .iter()
            .map(|(name, address)| (name.clone(), address.to_string()))
            .collect(),
    });
    NetworkSpec {
        key: key.to_owned(),
        name: name.to_owned(),
        driver: if own.driver == "bridge" { String::new() } else { own.driver.clone() },
        driver_opts: own.options.clone(),
        internal: own.internal,
        attachable: own.attachable,
        enable_ipv6: own.ipv6.then_some(true),
        ipam: pools.collect(),
        labels: others(&own.labels),
        ..NetworkSpec::default()
    }
}

/// Whether Docker gave a network this range by itself: on another machine it may be taken, and means nothing.
fn from_the_pool(subnet: &Subnet) -> bool {
    // An address of another kind (IPv6) has no second number, and is none of Docker's own choice of these.
    let second = || subnet.subnet.split('.').nth(1)?.parse::<u8>().ok();
    let of_sixteen =
        subnet.subnet.starts_with("172.") && second().is_some_and(|part| (16..32).contains(&part));
    let pool = (of_sixteen && subnet.subnet.ends_with("/16"))
        || (subnet.subnet.starts_with("192.168.") && subnet.subnet.ends_with("/20"));
    pool && subnet.ip_range.is_none() && subnet.aux_addresses.is_empty()
}

/// Labels that Compose does not write by itself.
pub(super) fn others(labels: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let own = labels.iter().filter(|(key, _)| !key.starts_with(LABELS_OF_COMPOSE));
    own.map(|(key, value)| (key.clone(), value.clone())).collect()
}
