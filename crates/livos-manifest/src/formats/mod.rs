//! What the catalogue formats add to compose: one file per format, and the parts they share.

pub(crate) mod casaos;
pub(crate) mod livinity;
pub(crate) mod plain;
pub(crate) mod runtipi;
mod runtipi_json;
pub(crate) mod umbrel;
pub(crate) mod umbrel_exports;
mod umbrel_scope;

use std::collections::BTreeMap;

use crate::catalogue::{Entry, Listing};
use crate::compose::Loaded;
use crate::error::Result;
use crate::fields::Report;
use crate::interpolate::{Lookup, Scope, show_pending};
use crate::node::Node;
use crate::permissions;
use crate::spec::{
    AppSpec, Input, InputKind, MainPort, MountKind, MountRole, NetworkMode, Owner, Provider, ServiceSpec,
};
use crate::validate;

/// Variables with fixed values, and nothing pending.
pub(crate) struct Values(pub(crate) BTreeMap<String, String>);

impl Scope for Values {
    fn lookup(&self, name: &str, _optional: bool) -> Lookup {
        self.0.get(name).map_or(Lookup::Unset, |value| Lookup::Value(value.clone()))
    }
}

/// The parts of a plan before they are put together.
pub(crate) struct Parts {
    pub(crate) loaded: Loaded,
    pub(crate) report: Report,
    pub(crate) inputs: Vec<Input>,
    pub(crate) main: Option<MainPort>,
    pub(crate) data_owner: Option<Owner>,
    pub(crate) app_data_dir: String,
}

/// Puts a spec together and checks it.
pub(crate) fn assemble(entry: &Entry, listing: &Listing, parts: Parts) -> Result<AppSpec> {
    let Parts { loaded, report, inputs, main, data_owner, app_data_dir } = parts;
    let mut permissions = permissions::derive(&loaded, &listing.dependencies, main.as_ref(), &app_data_dir);
    permissions.extend(permissions::scripts(entry));
    let mut data_directories: Vec<String> = vec![app_data_dir];
    for mount in loaded.services.iter().flat_map(|service| &service.mounts) {
        if mount.kind == MountKind::Bind && mount.role == MountRole::AppData && mount.options.create_host_path
        {
            data_directories.push(mount.source.clone());
        }
    }
    data_directories.sort();
    data_directories.dedup();
    let mut spec = AppSpec {
        id: listing.id.clone(),
        format: entry.format,
        name: listing.name.clone(),
        tagline: listing.tagline.clone(),
        description: listing.description.clone(),
        category: listing.category.clone(),
        version: listing.version.clone(),
        developer: listing.developer.clone(),
        website: listing.website.clone(),
        icon: listing.icon.clone(),
        gallery: listing.gallery.clone(),
        release_notes: listing.release_notes.clone(),
        default_username: listing.default_username.clone(),
        default_password: listing.default_password.clone(),
        architectures: listing.architectures.clone(),
        dependencies: listing.dependencies.clone(),
        services: loaded.services,
        networks: loaded.networks,
        volumes: loaded.volumes,
        data_directories,
        data_owner,
        permissions,
        inputs,
        main,
        unresolved: loaded.unresolved,
        variables: loaded.variables,
        unsupported: report.unsupported,
        warnings: report.warnings,
    };
    validate::check(&spec)?;
    if !spec.unresolved.is_empty() {
        spec = with_visible_names(&spec).unwrap_or(spec);
    }
    Ok(spec)
}

/// Inside a plan unresolved variables carry marks that no manifest can write; outside they read `${NAME}`.
fn with_visible_names(spec: &AppSpec) -> Option<AppSpec> {
    let text = serde_json::to_string(spec).ok()?;
    serde_json::from_str(&show_pending(&text)).ok()
}

/// Variables a file uses and nobody sets can be answered by the owner; unanswered they are empty.
pub(crate) fn optional_inputs(loaded: &Loaded) -> Vec<Input> {
    loaded.undefined.iter().map(|name| optional_input(name)).collect()
}

/// A question about a variable that nothing is known of but its name.
pub(crate) fn optional_input(name: &str) -> Input {
    Input {
        key: name.to_owned(),
        label: name.to_owned(),
        hint: String::new(),
        placeholder: String::new(),
        kind: if is_sensitive(name) { InputKind::Password } else { InputKind::Text },
        required: false,
        default: None,
        options: Vec::new(),
        min: None,
        max: None,
        pattern: None,
        pattern_error: None,
        sensitive: is_sensitive(name),
    }
}

/// Names that usually hold something secret.
pub(crate) fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["PASS", "SECRET", "TOKEN", "_KEY", "APIKEY", "PRIVATE", "CREDENTIAL"]
        .iter()
        .any(|word| name.contains(word))
}

/// The services in whose network a port lies: itself, or the one whose network it shares.
pub(crate) fn network_owner<'a>(services: &'a [ServiceSpec], service: &'a ServiceSpec) -> &'a ServiceSpec {
    match &service.network_mode {
        Some(NetworkMode::Service(name)) => {
            services.iter().find(|other| other.name == *name).unwrap_or(service)
        }
        _ => service,
    }
}

/// Describes the port a browser opens, `port` being what the catalogue promises on the host.
pub(crate) fn main_port(
    services: &[ServiceSpec],
    service: &ServiceSpec,
    container_port: u16,
    path: &str,
    scheme: &str,
    port: Option<u16>,
) -> MainPort {
    let owner = network_owner(services, service);
    MainPort {
        service: owner.name.clone(),
        container_port,
        path: if path.starts_with('/') { path.to_owned() } else { format!("/{path}") },
        scheme: if scheme.eq_ignore_ascii_case("https") { "https".to_owned() } else { "http".to_owned() },
        port,
        on_host: owner.network_mode == Some(NetworkMode::Host),
        sign_in: true,
        open_paths: Vec::new(),
        closed_paths: Vec::new(),
    }
}

/// The service that publishes this TCP port of the host, and the container port behind it.
pub(crate) fn publisher(services: &[ServiceSpec], host_port: u16) -> Option<(&ServiceSpec, u16)> {
    services.iter().find_map(|service| {
        let port = service.ports.iter().find(|port| {
            port.protocol == crate::spec::Protocol::Tcp
                && (port.moved_from.or(port.host_port) == Some(host_port)
                    || matches!((port.host_port, port.host_port_end), (Some(from), Some(to)) if (from..=to).contains(&host_port)))
        })?;
        Some((service, port.container_port))
    })
}

/// A text in the owner's language as far as the catalogue has it; English otherwise.
pub(crate) fn localized(node: Option<&Node>) -> String {
    match node {
        Some(Node::Scalar { text, .. }) => text.trim().to_owned(),
        Some(Node::Map(map)) => ["en_US", "en_us", "en_GB", "en", "custom"]
            .iter()
            .map(|language| map.text(language))
            .find(|text| !text.is_empty())
            .or_else(|| map.iter().find_map(|(_, node)| node.as_str()).map(|text| text.trim().to_owned()))
            .unwrap_or_default(),
        _ => String::new(),
    }
}

/// An id from a free text: lower case, everything else replaced, as compose makes project names.
pub(crate) fn slug(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '-' })
        .collect();
    let text = text.trim_matches(['-', '_', '.']).replace("..", ".");
    text.chars().take(63).collect()
}

/// Names of providers as they appear in `needs_input.from`.
pub(crate) fn provider_name(provider: &Provider) -> String {
    match provider {
        Provider::Owner => "owner".to_owned(),
        Provider::App(app) => format!("app:{app}"),
        Provider::Own => "own".to_owned(),
    }
}
