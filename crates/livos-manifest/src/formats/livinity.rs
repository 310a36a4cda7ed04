//! LivOS's own catalogue: `manifest.json` with the compose file as a text inside.

use std::collections::BTreeMap;

use crate::catalogue::{Entry, Listing, Source};
use crate::compose::{self, Rules};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fields::Report;
use crate::formats::{Parts, Values, assemble, is_sensitive, main_port, optional_inputs};
use crate::node::{Map, Node};
use crate::paths::Paths;
use crate::read;
use crate::spec::{AppSpec, MainPort, ServiceSpec};

const MANIFEST: &str = "manifest.json";

fn manifest(source: &Source) -> Result<Map> {
    match read::json(MANIFEST, source.text(MANIFEST)?)? {
        Node::Map(map) => Ok(map),
        other => Err(Error::field(MANIFEST, format!("must be an object, not {}", other.kind()))),
    }
}

/// Store metadata.
pub(crate) fn listing(source: &Source) -> Result<Listing> {
    let map = manifest(source)?;
    let id = map.text("slug");
    if id.is_empty() {
        return Err(Error::field("slug", "is missing"));
    }
    Ok(Listing {
        name: map.text("name"),
        tagline: map.text("tagline"),
        description: map.text("description"),
        category: map.text("category"),
        version: map.text("version"),
        website: map.text("website"),
        icon: map.text("icon_url"),
        id,
        ..Listing::default()
    })
}

/// The compose file inside the manifest.
pub(crate) fn compose(source: &Source) -> Option<String> {
    manifest(source).ok()?.get("docker_compose").and_then(Node::as_str).map(str::to_owned)
}

/// Puts another one in its place.
pub(crate) fn set_compose(source: &mut Source, text: &str) -> Option<()> {
    let file = source.files.get_mut(MANIFEST)?;
    let mut manifest: serde_json::Value = serde_json::from_str(file.trim_start_matches('\u{FEFF}')).ok()?;
    *manifest.get_mut("docker_compose")? = text.into();
    *file = manifest.to_string();
    Some(())
}

pub(crate) fn plan(entry: &Entry, context: &Context) -> Result<AppSpec> {
    const KNOWN: [&str; 19] = [
        "slug",
        "name",
        "section",
        "tagline",
        "description",
        "category",
        "version",
        "port",
        "subdomain",
        "env",
        "internalPort",
        "mainService",
        "importSource",
        "importedAt",
        "icon_url",
        "docker_compose",
        "website",
        "tags",
        "$schema",
    ];
    let listing = entry.listing.clone();
    let map = manifest(&entry.source)?;
    let mut report = Report::default();
    for (key, _) in map.iter() {
        if !KNOWN.contains(&key) {
            report.warn(format!("{MANIFEST}: the field “{key}” is not known"));
        }
    }
    let text = map
        .get("docker_compose")
        .and_then(Node::as_str)
        .ok_or_else(|| Error::field("docker_compose", "is missing or not a text"))?;
    let document = read::yaml("docker_compose", text)?;
    let mut values: BTreeMap<String, String> = context.variables.clone();
    environment(&map, &mut values, &mut report);
    values.extend(context.answers.clone());
    values.entry("TZ".to_owned()).or_insert_with(|| context.timezone.clone());
    let rules = Rules {
        project: listing.id.clone(),
        separator: '-',
        platform_networks: Vec::new(),
        optional_devices: false,
        paths: Paths::new(&listing.id, context),
        profiles: compose::Profiles::default(),
    };
    let scope = Values(values);
    let loaded = compose::load(document, &rules, context, &scope, &mut report)?;
    warn_about_public_secrets(&loaded.services, &mut report);
    let main = main(&map, &loaded.services, &mut report);
    let inputs = optional_inputs(&loaded);
    let app_data_dir = rules.paths.app_data_dir().to_owned();
    assemble(entry, &listing, Parts { loaded, report, inputs, main, data_owner: None, app_data_dir })
}

/// `env`: a list of `{key|name, value|default}` or of `KEY=value`; empty in the whole catalogue today.
fn environment(map: &Map, values: &mut BTreeMap<String, String>, report: &mut Report) {
    let Some(node) = map.get("env") else { return };
    match node {
        Node::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                let pair = match item {
                    Node::Scalar { text, .. } => {
                        text.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned()))
                    }
                    Node::Map(item) => {
                        let first = |keys: [&str; 2]| {
                            keys.iter().map(|key| item.text(key)).find(|text| !text.is_empty())
                        };
                        first(["key", "name"])
                            .map(|key| (key, first(["value", "default"]).unwrap_or_default()))
                    }
                    _ => None,
                };
                match pair {
                    Some((key, value)) => {
                        values.entry(key).or_insert(value);
                    }
                    None => report.unsupported(format!("env[{index}]")),
                }
            }
        }
        Node::Map(items) => {
            for (key, value) in items.iter() {
                values.entry(key.to_owned()).or_insert_with(|| value.as_str().unwrap_or_default().to_owned());
            }
        }
        Node::Null => {}
        Node::Scalar { .. } => report.unsupported("env"),
    }
}

fn main(map: &Map, services: &[ServiceSpec], report: &mut Report) -> Option<MainPort> {
    let name = map.text("mainService");
    let service = services
        .iter()
        .find(|service| service.name == name)
        .or_else(|| if services.len() == 1 { services.first() } else { None });
    let Some(service) = service else {
        report.warn(format!("mainService “{name}” is no service of this app"));
        return None;
    };
    let port = map.text("port").parse().ok().filter(|port| *port != 0);
    let inner = map.text("internalPort").parse().ok().filter(|port| *port != 0).or_else(|| {
        let published =
            service.ports.iter().find(|spec| port.is_some() && spec.moved_from.or(spec.host_port) == port)?;
        Some(published.container_port)
    })?;
    Some(main_port(services, service, inner, "/", "http", port))
}

/// The catalogue's importer wrote secrets into the public file: the same on every installation.
fn warn_about_public_secrets(services: &[ServiceSpec], report: &mut Report) {
    let mut names: Vec<&str> = services
        .iter()
        .flat_map(|service| &service.environment)
        .filter(|(name, value)| {
            is_sensitive(name) && value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
        .map(|(name, _)| name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    if !names.is_empty() {
        report.warn(format!(
            "the catalogue publishes these secrets, the same for every installation: {}",
            names.join(", ")
        ));
    }
}
