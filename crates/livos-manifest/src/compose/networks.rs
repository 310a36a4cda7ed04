//! Networks and volumes: what a service joins, and what the project declares.

use std::collections::BTreeMap;

use crate::compose::{Loader, check_name};
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::interpolate::is_pending;
use crate::node::Node;
use crate::spec::{IpamPool, NetworkMode, NetworkSpec, ServiceNetwork, VolumeSpec};

static NULL: Node = Node::Null;

impl Loader<'_> {
    pub(super) fn service_networks(
        &mut self,
        fields: &mut Fields<'_>,
        mode: Option<&NetworkMode>,
        names: &[&str],
    ) -> Result<Vec<ServiceNetwork>> {
        let place = fields.at("networks");
        let mut found: Vec<ServiceNetwork> = Vec::new();
        match fields.get("networks") {
            None => {}
            Some(Node::Seq(items)) => {
                for item in items {
                    let Some(name) = item.as_str() else {
                        return Err(Error::field(place, format!("must list names, not {}", item.kind())));
                    };
                    found.push(ServiceNetwork { name: name.to_owned(), ..ServiceNetwork::default() });
                }
            }
            Some(Node::Map(map)) => {
                for (name, node) in map.iter() {
                    found.push(self.service_network(&format!("{place}.{name}"), name, node)?);
                }
            }
            Some(other) => {
                return Err(Error::field(
                    place,
                    format!("must be a list or a mapping, not {}", other.kind()),
                ));
            }
        }
        if mode.is_some() {
            if found.is_empty() {
                return Ok(found);
            }
            return Err(Error::field(place, "can't be combined with network_mode"));
        }
        if found.is_empty() {
            found.push(ServiceNetwork { name: "default".into(), ..ServiceNetwork::default() });
        }
        for network in &mut found {
            let known = network.name == "default"
                || self.root.map("networks").is_some_and(|networks| networks.get(&network.name).is_some())
                || self.rules.platform_networks.iter().any(|platform| platform.key == network.name);
            if !known {
                return Err(Error::field(place, format!("the network “{}” is not defined", network.name)));
            }
            self.used_networks.insert(network.name.clone());
            for name in names {
                if !network.aliases.iter().any(|alias| alias == name) {
                    network.aliases.push((*name).to_owned());
                }
            }
        }
        Ok(found)
    }

    fn service_network(&mut self, place: &str, name: &str, node: &Node) -> Result<ServiceNetwork> {
        let mut fields = Fields::new(place, node)?;
        let network = ServiceNetwork {
            name: name.to_owned(),
            aliases: fields.list("aliases")?,
            ipv4_address: fields.filled("ipv4_address")?,
            ipv6_address: fields.filled("ipv6_address")?,
            link_local_ips: fields.list("link_local_ips")?,
            mac_address: fields.filled("mac_address")?,
            priority: fields.number("priority")?,
            gw_priority: fields.number("gw_priority")?,
            interface_name: fields.filled("interface_name")?,
            driver_opts: fields.texts("driver_opts")?,
        };
        if let Some(address) = &network.ipv4_address
            && !is_pending(address)
            && address.parse::<std::net::Ipv4Addr>().is_err()
        {
            return Err(Error::field(
                fields.at("ipv4_address"),
                format!("“{address}” is not an IPv4 address"),
            ));
        }
        if let Some(address) = &network.ipv6_address
            && !is_pending(address)
            && address.parse::<std::net::Ipv6Addr>().is_err()
        {
            return Err(Error::field(
                fields.at("ipv6_address"),
                format!("“{address}” is not an IPv6 address"),
            ));
        }
        fields.finish(self.report);
        Ok(network)
    }

    /// The networks that services use; like compose, unused ones are not created.
    pub(super) fn network_specs(&mut self) -> Result<Vec<NetworkSpec>> {
        let mut specs = Vec::new();
        for key in self.used_networks.clone() {
            let declared = self.root.map("networks").and_then(|networks| networks.get(&key));
            let platform = self.rules.platform_networks.iter().find(|network| network.key == key);
            if let (Some(platform), None | Some(Node::Null)) = (platform, declared) {
                specs.push(platform.clone());
                continue;
            }
            check_name("networks", &key)?;
            let place = format!("networks.{key}");
            let mut fields = Fields::new(&place, declared.unwrap_or(&NULL))?;
            let (external, external_name) = external(&mut fields)?;
            let name = fields.filled("name")?.or(external_name);
            // A file that declares the platform's network as external means the platform's network.
            if external && let Some(platform) = platform {
                specs.push(platform.clone());
                continue;
            }
            let mut spec = NetworkSpec {
                name: match name {
                    Some(name) => name,
                    None if external => key.clone(),
                    None => format!("{}_{key}", self.rules.project),
                },
                key,
                shared: external,
                external,
                driver: fields.filled("driver")?.unwrap_or_default(),
                driver_opts: fields.texts("driver_opts")?,
                internal: fields.flag("internal")?.unwrap_or(false),
                attachable: fields.flag("attachable")?.unwrap_or(false),
                enable_ipv6: fields.flag("enable_ipv6")?,
                enable_ipv4: fields.flag("enable_ipv4")?,
                labels: fields.texts("labels")?,
                ..NetworkSpec::default()
            };
            if let Some(ipam) = fields.get("ipam") {
                self.ipam(&fields.at("ipam"), ipam, &mut spec)?;
            }
            fields.finish(self.report);
            specs.push(spec);
        }
        Ok(specs)
    }

    fn ipam(&mut self, place: &str, node: &Node, spec: &mut NetworkSpec) -> Result<()> {
        let mut fields = Fields::new(place, node)?;
        spec.ipam_driver = fields.filled("driver")?.unwrap_or_default();
        spec.ipam_options = fields.texts("options")?;
        for (place, item) in fields.items("config")? {
            let mut pool = Fields::new(place, item)?;
            spec.ipam.push(IpamPool {
                subnet: pool.filled("subnet")?,
                gateway: pool.filled("gateway")?,
                ip_range: pool.filled("ip_range")?,
                aux_addresses: pool.texts("aux_addresses")?,
            });
            pool.finish(self.report);
        }
        fields.finish(self.report);
        Ok(())
    }

    /// The named volumes that services use.
    pub(super) fn volume_specs(&mut self) -> Result<Vec<VolumeSpec>> {
        let mut specs = Vec::new();
        for key in self.used_volumes.clone() {
            check_name("volumes", &key)?;
            let place = format!("volumes.{key}");
            let declared = self.root.map("volumes").and_then(|volumes| volumes.get(&key));
            let mut fields = Fields::new(&place, declared.unwrap_or(&NULL))?;
            let (external, external_name) = external(&mut fields)?;
            let name = match fields.filled("name")?.or(external_name) {
                Some(name) => name,
                None if external => key.clone(),
                None => format!("{}_{key}", self.rules.project),
            };
            let driver = fields.filled("driver")?.unwrap_or_default();
            let mut driver_opts = fields.texts("driver_opts")?;
            self.volume_driver(&place, &driver, &mut driver_opts)?;
            specs.push(VolumeSpec {
                key,
                name,
                external,
                driver,
                driver_opts,
                labels: fields.texts("labels")?,
            });
            fields.finish(self.report);
        }
        Ok(specs)
    }
}

impl Loader<'_> {
    /// Options of the local driver are a mount(8) in disguise, done by root: only forms whose reach is known
    /// pass, and a bind obeys the rules of bind mounts. Any other driver is a plugin.
    fn volume_driver(
        &mut self,
        place: &str,
        driver: &str,
        options: &mut BTreeMap<String, String>,
    ) -> Result<()> {
        if !matches!(driver, "" | "local") {
            self.report.unsupported(format!("{place}.driver: {driver}"));
            return Ok(());
        }
        if options.values().any(|value| is_pending(value)) {
            return Ok(());
        }
        let place = format!("{place}.driver_opts");
        for key in options.keys().filter(|key| !matches!(key.as_str(), "type" | "o" | "device")) {
            self.report.unsupported(format!("{place}.{key}"));
        }
        let flags: Vec<&str> = options
            .get("o")
            .map(|text| text.split(',').map(str::trim).filter(|flag| !flag.is_empty()).collect())
            .unwrap_or_default();
        let is_bind = flags.iter().any(|flag| matches!(*flag, "bind" | "rbind"));
        let known = match options.get("type").map_or("", String::as_str) {
            "" | "none" if is_bind => flags.iter().all(|flag| BIND_FLAGS.contains(flag)),
            "" | "none" => options.is_empty(),
            "tmpfs" => !is_bind && flags.iter().all(|flag| is_tmpfs_flag(flag)),
            "nfs" | "nfs4" | "cifs" => !is_bind,
            _ => false,
        };
        if !known {
            let text: Vec<_> = options.iter().map(|(key, value)| format!("{key}={value}")).collect();
            self.report.unsupported(format!("{place}: {}", text.join(" ")));
            return Ok(());
        }
        if is_bind {
            let device = options.get("device").cloned().unwrap_or_default();
            let place = format!("{place}.device");
            let resolved =
                self.rules.paths.resolve(&device).map_err(|reason| Error::field(&place, reason))?;
            if let Some(what) = resolved.foreign {
                self.report.unsupported(format!("{place}: {device} belongs to {what}"));
            }
            options.insert("device".to_owned(), resolved.path);
        }
        Ok(())
    }
}

/// What may stand beside `bind`: nothing that names another place.
const BIND_FLAGS: [&str; 9] =
    ["bind", "rbind", "ro", "rw", "noexec", "nosuid", "nodev", "noatime", "relatime"];

fn is_tmpfs_flag(flag: &str) -> bool {
    let name = flag.split_once('=').map_or(flag, |(name, _)| name);
    matches!(name, "size" | "mode" | "uid" | "gid" | "nr_inodes" | "nr_blocks")
        || BIND_FLAGS[2..].contains(&flag)
}

/// `external: true`, or the old `external: {name: …}`.
fn external(fields: &mut Fields<'_>) -> Result<(bool, Option<String>)> {
    match fields.get("external") {
        Some(Node::Map(map)) => Ok((true, Some(map.text("name")).filter(|name| !name.is_empty()))),
        _ => Ok((fields.flag("external")?.unwrap_or(false), None)),
    }
}
