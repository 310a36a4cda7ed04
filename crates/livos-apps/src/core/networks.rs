//! What the containers of an app share: networks and volumes.

use std::collections::BTreeMap;

use livos_docker as docker;
use livos_manifest::spec::{NetworkSpec, VolumeSpec};
use livos_types::AppId;

use super::blueprint::{LABEL_APP, Placement, PlannedNetwork, PlannedVolume};

pub(super) fn network_name(network: &NetworkSpec, app: &AppId) -> String {
    if network.name.is_empty() { format!("{app}_{}", network.key) } else { network.name.clone() }
}

pub(super) fn volume_name(volume: &VolumeSpec, app: &AppId) -> String {
    if volume.name.is_empty() { format!("{app}_{}", volume.key) } else { volume.name.clone() }
}

pub(super) fn plan_network(
    network: &NetworkSpec,
    place: &Placement<'_>,
    problems: &mut Vec<String>,
) -> PlannedNetwork {
    let mut labels = network.labels.clone();
    labels.retain(|key, _| !key.starts_with("io.livos."));
    if !network.shared && !network.external {
        labels.insert(LABEL_APP.to_owned(), place.app.to_string());
    }
    let mut subnets = Vec::new();
    for pool in &network.ipam {
        let Some(subnet) = &pool.subnet else {
            problems.push(format!("network {}: an address pool without a subnet", network.key));
            continue;
        };
        let gateway = pool.gateway.as_deref().and_then(|text| text.parse().ok());
        let aux_addresses = pool
            .aux_addresses
            .iter()
            .filter_map(|(name, text)| Some((name.clone(), text.parse().ok()?)))
            .collect::<BTreeMap<_, _>>();
        if gateway.is_some() != pool.gateway.is_some() || aux_addresses.len() != pool.aux_addresses.len() {
            problems.push(format!("network {}: an address that is none", network.key));
        }
        subnets.push(docker::Subnet {
            subnet: subnet.clone(),
            ip_range: pool.ip_range.clone(),
            gateway,
            aux_addresses,
        });
    }
    if network.enable_ipv4 == Some(false) {
        problems.push(format!("network {}: IPv4 switched off", network.key));
    }
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PlannedNetwork {
        config: docker::NetworkConfig {
            name: network_name(network, place.app),
            driver: some(&network.driver),
            internal: network.internal,
            attachable: network.attachable,
            ipv6: network.enable_ipv6.unwrap_or(false),
            subnets,
            ipam_driver: some(&network.ipam_driver),
            ipam_options: network.ipam_options.clone(),
            options: network.driver_opts.clone(),
            labels,
        },
        shared: network.shared,
        external: network.external,
    }
}

pub(super) fn plan_volume(volume: &VolumeSpec, place: &Placement<'_>) -> PlannedVolume {
    let mut labels = volume.labels.clone();
    labels.retain(|key, _| !key.starts_with("io.livos."));
    labels.insert(LABEL_APP.to_owned(), place.app.to_string());
    PlannedVolume {
        config: docker::VolumeConfig {
            name: volume_name(volume, place.app),
            driver: (!volume.driver.is_empty()).then(|| volume.driver.clone()),
            options: volume.driver_opts.clone(),
            labels,
        },
        external: volume.external,
    }
}
