//! A compose file without a catalogue around it: the directory's name is the app.

use std::collections::BTreeMap;

use crate::catalogue::{Entry, Listing, Source};
use crate::compose::beside;
use crate::compose::{self, Loaded, Profiles, Rules};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fields::Report;
use crate::formats::{Parts, Values, assemble, main_port, optional_input, optional_inputs, slug};
use crate::paths::Paths;
use crate::read;
use crate::spec::{AppSpec, Input, MainPort, Protocol, ServiceSpec};
use crate::values;

/// Store metadata: little more than a name.
pub(crate) fn listing(source: &Source, folder: &str) -> Result<Listing> {
    let file = source.compose_file();
    let document = read::yaml(file, source.text(file)?)?;
    let root = document.as_map().ok_or_else(|| Error::field(file, "must be a mapping"))?;
    let id =
        [slug(folder), slug(&root.text("name"))].into_iter().find(|id| !id.is_empty()).unwrap_or_default();
    Ok(Listing { name: id.clone(), id, ..Listing::default() })
}

pub(crate) fn plan(entry: &Entry, context: &Context) -> Result<AppSpec> {
    let listing = entry.listing.clone();
    let file = entry.source.compose_file();
    let mut report = Report::default();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut presets: BTreeMap<String, String> = BTreeMap::new();
    if let Some(text) = entry.source.files.get(".env") {
        let (found, problems) = values::parse_env_file(text, &context.variables);
        values.clone_from(&found);
        presets = found;
        for problem in problems {
            report.warn(format!(".env: {problem}"));
        }
    }
    values.extend(context.variables.clone());
    values.extend(context.answers.clone());
    let document = beside::document(&entry.source, file, &mut report)?;
    let profiles = values.get("COMPOSE_PROFILES").cloned().unwrap_or_default();
    let rules = Rules {
        project: listing.id.clone(),
        separator: '-',
        platform_networks: Vec::new(),
        optional_devices: false,
        paths: Paths::new(&listing.id, context),
        profiles: Profiles::new(&profiles),
    };
    let scope = Values(values);
    let loaded = compose::load(document, &rules, context, &scope, &mut report)?;
    let main = main(&loaded.services);
    let mut inputs = optional_inputs(&loaded);
    inputs.extend(preset(&loaded, &presets));
    if !loaded.profiles.is_empty() {
        let names: Vec<&str> = loaded.profiles.iter().map(String::as_str).collect();
        // A file that uses the variable itself has been asked for it already; a form has one line for each.
        inputs.retain(|input| input.key != "COMPOSE_PROFILES");
        inputs.push(Input {
            hint: format!("parts that are started only if they are named, with commas: {}", names.join(", ")),
            default: presets.get("COMPOSE_PROFILES").cloned(),
            ..optional_input("COMPOSE_PROFILES")
        });
    }
    let app_data_dir = rules.paths.app_data_dir().to_owned();
    assemble(entry, &listing, Parts { loaded, report, inputs, main, data_owner: None, app_data_dir })
}

/// What the file's `.env` says of variables that the file uses: it may be answered otherwise. A form has one line for
/// each, so what has several stays as it is.
fn preset(loaded: &Loaded, presets: &BTreeMap<String, String>) -> Vec<Input> {
    let used = presets
        .iter()
        .filter(|(name, value)| loaded.variables.contains_key(*name) && !value.chars().any(char::is_control))
        .filter(|(name, _)| *name != "COMPOSE_PROJECT_NAME");
    used.map(|(name, value)| Input { default: Some(value.clone()), ..optional_input(name) }).collect()
}

/// Nothing says which port a browser should open, so the first that looks like a web port is taken.
fn main(services: &[ServiceSpec]) -> Option<MainPort> {
    const NOT_WEB: [u16; 14] = [21, 22, 25, 53, 143, 465, 587, 993, 1883, 3306, 5432, 6379, 27017, 51820];
    const WEB: [u16; 12] = [80, 8080, 3000, 8000, 5000, 8081, 9000, 8888, 8096, 443, 8443, 9443];
    let candidates: Vec<(&ServiceSpec, u16, Option<u16>)> = services
        .iter()
        .flat_map(|service| {
            service
                .ports
                .iter()
                .filter(|port| port.protocol == Protocol::Tcp && port.pending.is_none())
                .map(move |port| (service, port.container_port, port.moved_from.or(port.host_port)))
        })
        .filter(|(_, port, _)| !NOT_WEB.contains(port))
        .collect();
    let (service, port, host) = WEB
        .iter()
        .find_map(|web| candidates.iter().find(|(_, port, _)| port == web))
        .or_else(|| candidates.first())?;
    let scheme = if matches!(port, 443 | 8443 | 9443) { "https" } else { "http" };
    Some(main_port(services, service, *port, "/", scheme, *host))
}
