//! A compose file to containers, networks and volumes, as Docker Compose would create them.

pub(crate) mod beside;
mod extends;
mod mounts;
mod networks;
pub(crate) mod ports;
mod resources;
mod service;

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::fields::{Fields, Report, shorten};
use crate::interpolate::{Interpolator, Lookup, Scope, Variables};
use crate::node::{Map, Node};
use crate::paths::Paths;
use crate::spec::{Condition, NetworkSpec, ServiceSpec, Unresolved, VolumeSpec};

const MAX_SERVICES: usize = 100;

/// How a catalogue format differs from plain compose.
pub(crate) struct Rules {
    /// Compose project name.
    pub(crate) project: String,
    /// Separator of generated container names: `-` for compose, `_` for umbrel.
    pub(crate) separator: char,
    /// Networks that exist without being declared (the platform's own), by key.
    pub(crate) platform_networks: Vec<NetworkSpec>,
    /// A device that the machine doesn't have is skipped.
    pub(crate) optional_devices: bool,
    /// Where paths lie.
    pub(crate) paths: Paths,
    /// Profiles whose services are started as well.
    pub(crate) profiles: Profiles,
}

/// What `COMPOSE_PROFILES` chooses.
#[derive(Debug, Default)]
pub(crate) struct Profiles(BTreeSet<String>);

impl Profiles {
    /// Names, separated by commas.
    pub(crate) fn new(text: &str) -> Self {
        Profiles(text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect())
    }

    /// Whether a service with these profiles is started. One whose profile is the empty text is meant for whoever
    /// chose none.
    fn start(&self, of_service: &[String]) -> bool {
        let chosen = |name: &String| self.0.contains(name) || (name.is_empty() && self.0.is_empty());
        of_service.is_empty() || self.0.contains("*") || of_service.iter().any(chosen)
    }
}

/// The containers of a compose file.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) services: Vec<ServiceSpec>,
    pub(crate) networks: Vec<NetworkSpec>,
    pub(crate) volumes: Vec<VolumeSpec>,
    pub(crate) unresolved: Vec<Unresolved>,
    /// Variables nobody knows; they counted as empty.
    pub(crate) undefined: BTreeSet<String>,
    /// Variables the file uses, with the values they had.
    pub(crate) variables: BTreeMap<String, String>,
    /// Profiles that services belong to.
    pub(crate) profiles: BTreeSet<String>,
}

pub(crate) struct Loader<'a> {
    context: &'a Context,
    rules: &'a Rules,
    root: &'a Map,
    report: &'a mut Report,
    interpolator: Interpolator<'a>,
    used_volumes: BTreeSet<String>,
    used_networks: BTreeSet<String>,
    seen_profiles: BTreeSet<String>,
}

/// What every compose file may say of where it runs, beside what its platform knows.
struct Around<'a> {
    scope: &'a dyn Scope,
    rules: &'a Rules,
    home: &'a str,
}

impl Scope for Around<'_> {
    fn lookup(&self, name: &str, optional: bool) -> Lookup {
        match (name, self.scope.lookup(name, optional)) {
            // The project is the app, whatever a file would have it called.
            ("COMPOSE_PROJECT_NAME", _) => Lookup::Value(self.rules.project.clone()),
            ("HOME", Lookup::Unset) => Lookup::Value(self.home.to_owned()),
            ("PWD", Lookup::Unset) => Lookup::Value(self.rules.paths.app_data_dir().to_owned()),
            (_, found) => found,
        }
    }
}

/// Interpolates and normalises a compose document.
pub(crate) fn load(
    mut document: Node,
    rules: &Rules,
    context: &Context,
    scope: &dyn Scope,
    report: &mut Report,
) -> Result<Loaded> {
    let around = Around { scope, rules, home: context.home_dir.trim_end_matches('/') };
    let mut interpolator = Interpolator::new(&around);
    interpolator.tree("", &mut document)?;
    extends::resolve(&mut document)?;
    let Node::Map(root) = &document else {
        return Err(Error::field(
            "docker-compose.yml",
            format!("must be a mapping, not {}", document.kind()),
        ));
    };
    let loader = Loader {
        context,
        rules,
        root,
        report,
        interpolator,
        used_volumes: BTreeSet::new(),
        used_networks: BTreeSet::new(),
        seen_profiles: BTreeSet::new(),
    };
    loader.project(&document)
}

impl Loader<'_> {
    fn project(mut self, document: &Node) -> Result<Loaded> {
        let mut fields = Fields::new("", document)?;
        // `version` is obsolete; `name` is the project's, which is the app's id here; the rest is read on use.
        fields.ignore(&["version", "name", "networks", "volumes", "configs", "secrets"]);
        let Some(services) = fields.get("services") else {
            return Err(Error::field("services", "is missing"));
        };
        fields.finish(self.report);
        let Node::Map(services) = services else {
            return Err(Error::field("services", format!("must be a mapping, not {}", services.kind())));
        };
        if services.0.is_empty() {
            return Err(Error::field("services", "is empty"));
        }
        if services.0.len() > MAX_SERVICES {
            return Err(Error::field("services", format!("more than {MAX_SERVICES} services")));
        }
        for section in ["networks", "volumes", "configs", "secrets"] {
            Fields::new(section, self.root.get(section).unwrap_or(&Node::Null))?;
        }
        let mut specs = Vec::new();
        for (name, node) in services.iter() {
            check_name("services", name)?;
            if let Some(spec) = self.service(name, node)? {
                specs.push(spec);
            }
        }
        if specs.is_empty() {
            return Err(Error::field(
                "services",
                "every service belongs to a profile that is not chosen, none is started",
            ));
        }
        let services = ordered(specs, self.report)?;
        let networks = self.network_specs()?;
        let volumes = self.volume_specs()?;
        let Variables { unresolved, undefined, known } = self.interpolator.finish();
        for name in &undefined {
            self.report.warn(format!("the variable {} is not set and counts as empty", shorten(name)));
        }
        let profiles = self.seen_profiles;
        Ok(Loaded { services, networks, volumes, unresolved, undefined, variables: known, profiles })
    }
}

/// Names of services, networks and volumes.
pub(crate) fn check_name(place: &str, name: &str) -> Result<()> {
    let valid = name.len() <= 128
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if valid {
        Ok(())
    } else {
        Err(Error::field(
            place,
            format!("“{}” is not a valid name (letters, digits, _ - . and at most 128)", shorten(name)),
        ))
    }
}

/// Start order: dependencies first, otherwise as in the file.
fn ordered(mut services: Vec<ServiceSpec>, report: &mut Report) -> Result<Vec<ServiceSpec>> {
    let names: BTreeSet<String> = services.iter().map(|service| service.name.clone()).collect();
    for service in &mut services {
        let name = service.name.clone();
        let mut missing = None;
        service.depends_on.retain(|dependency| {
            if names.contains(&dependency.service) {
                return true;
            }
            if dependency.required {
                missing = Some(dependency.service.clone());
            } else {
                report.warn(format!(
                    "services.{name} would wait for “{}”, which isn't there",
                    dependency.service
                ));
            }
            false
        });
        if let Some(missing) = missing {
            return Err(Error::field(
                format!("services.{name}.depends_on"),
                format!("the service “{}” is not defined", shorten(&missing)),
            ));
        }
    }
    let mut waiting: BTreeMap<String, BTreeSet<String>> = services
        .iter()
        .map(|service| {
            (
                service.name.clone(),
                service.depends_on.iter().map(|dependency| dependency.service.clone()).collect(),
            )
        })
        .collect();
    let mut sorted = Vec::with_capacity(services.len());
    while !services.is_empty() {
        let Some(index) = services.iter().position(|service| waiting[&service.name].is_empty()) else {
            let circle: Vec<&str> = services.iter().map(|service| service.name.as_str()).collect();
            return Err(Error::field(
                "services",
                format!("depend on each other in a circle: {}", circle.join(", ")),
            ));
        };
        let service = services.remove(index);
        for others in waiting.values_mut() {
            others.remove(&service.name);
        }
        sorted.push(service);
    }
    warn_unhealthy(&sorted, report);
    Ok(sorted)
}

/// Waiting for "healthy" needs a health check; the image may bring one, so this is only worth a word.
fn warn_unhealthy(services: &[ServiceSpec], report: &mut Report) {
    for service in services {
        for dependency in &service.depends_on {
            let target = services.iter().find(|other| other.name == dependency.service);
            let disabled =
                target.and_then(|target| target.healthcheck.as_ref()).is_some_and(|check| check.disable);
            if dependency.condition == Condition::ServiceHealthy && disabled {
                report.warn(format!(
                    "services.{} waits for {} to be healthy, but its health check is switched off",
                    service.name, dependency.service
                ));
            }
        }
    }
}
