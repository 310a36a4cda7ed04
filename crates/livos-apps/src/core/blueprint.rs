//! From an [`AppSpec`] to what is asked of the container engine, without asking it yet.
//!
//! Pure: two facts about the machine (which devices exist, what an env file says) come in as functions.
//! Whatever a spec asks for that the engine's port cannot express is named, never dropped.

use std::collections::BTreeMap;
use std::path::Path;

use livos_docker as docker;
use livos_manifest::spec::{AppSpec, Condition, EnvFile, PullPolicy, ServiceSpec};
use livos_types::AppId;

use super::container::Mapper;
use super::networks::{plan_network, plan_volume};

/// Every object LivOS makes in the engine carries this label with the app's id. Nothing without it is touched.
pub(crate) const LABEL_APP: &str = "io.livos.app";
/// The compose service a container belongs to.
pub(crate) const LABEL_SERVICE: &str = "io.livos.service";

/// Variables by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// What the machine adds to a spec.
pub(crate) struct Placement<'a> {
    /// The app's id on this machine.
    pub(crate) app: &'a AppId,
    /// The loopback port on which the app's page is published for Caddy; `None` for an app without a page.
    pub(crate) web_port: Option<u16>,
    /// Absolute directory in which content files are written.
    pub(crate) content_dir: &'a str,
    /// The app's own folder.
    pub(crate) data_dir: &'a Path,
    /// The socket that the app gets in the place of Docker's, if it may only look.
    pub(crate) docker_view: &'a str,
    /// Whether there is a file, and no folder.
    pub(crate) is_file: &'a dyn Fn(&Path) -> bool,
    /// Whether a device exists on this machine.
    pub(crate) device_exists: &'a dyn Fn(&str) -> bool,
    /// The variables of an env file, or why it cannot be read.
    pub(crate) read_env: &'a dyn Fn(&EnvFile) -> Result<Variables, String>,
}

/// Everything that is created for an app, in an order in which it can be created.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Blueprint {
    /// Networks, before any container.
    pub(crate) networks: Vec<PlannedNetwork>,
    /// Volumes, before any container.
    pub(crate) volumes: Vec<PlannedVolume>,
    /// Containers, each after those it depends on.
    pub(crate) containers: Vec<PlannedContainer>,
    /// Absolute directories that must exist first, and belong to the data's owner when they are made.
    pub(crate) directories: Vec<String>,
    /// Files that must be written first.
    pub(crate) contents: Vec<ContentFile>,
}

/// A network and whether it is this app's own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedNetwork {
    /// What to create.
    pub(crate) config: docker::NetworkConfig,
    /// Used by other apps too: made when missing, never removed with the app.
    pub(crate) shared: bool,
    /// Must exist already.
    pub(crate) external: bool,
}

/// A volume and whether it is this app's own.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedVolume {
    /// What to create.
    pub(crate) config: docker::VolumeConfig,
    /// Must exist already, and stays.
    pub(crate) external: bool,
}

/// A container and when it may start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedContainer {
    /// The compose service.
    pub(crate) service: String,
    /// What to create.
    pub(crate) config: docker::ContainerConfig,
    /// What must have happened before it starts.
    pub(crate) after: Vec<Gate>,
    /// When to pull its image.
    pub(crate) pull: PullPolicy,
    /// It runs once and ends: something waits for its completion.
    pub(crate) one_shot: bool,
}

/// Something that must have happened before a container starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Gate {
    /// The service that is waited for.
    pub(crate) service: String,
    /// What it must have reached.
    pub(crate) condition: Condition,
    /// Without it, the container must not start.
    pub(crate) required: bool,
}

/// A file that a container mounts and LivOS writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentFile {
    /// Absolute path on the host.
    pub(crate) path: String,
    /// Its text.
    pub(crate) text: String,
    /// Mode bits.
    pub(crate) mode: u32,
}

/// Why a spec cannot become containers here: one sentence per thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this app asks for what cannot be done here: {}", .0.join("; "))]
pub(crate) struct CannotRun(pub(crate) Vec<String>);

/// The name of a service's container. Names are global in Docker, so the app's id comes first.
pub(crate) fn container_name(app: &AppId, service: &str) -> String {
    format!("{app}-{service}-1")
}

/// Turns a spec into what is created for it.
pub(crate) fn blueprint(spec: &AppSpec, place: &Placement<'_>) -> Result<Blueprint, CannotRun> {
    let mut problems = spec.unsupported.clone();
    for variable in &spec.unresolved {
        problems.push(format!("‘{}’ has no value yet", variable.name));
    }
    let mut directories: Vec<String> = spec.data_directories.clone();
    let mut contents = Vec::new();
    let mut containers = Vec::new();
    let publisher = spec.main.as_ref().and_then(|main| main.publisher(&spec.services));
    for service in &spec.services {
        let mut mapper = Mapper { spec, place, service, problems: &mut problems };
        let web = place.web_port.filter(|_| publisher == Some(service.name.as_str()));
        let config = mapper.container(web, &mut directories, &mut contents);
        containers.push(PlannedContainer {
            service: service.name.clone(),
            config,
            after: service
                .depends_on
                .iter()
                .map(|dependency| Gate {
                    service: dependency.service.clone(),
                    condition: dependency.condition,
                    required: dependency.required,
                })
                .collect(),
            pull: service.pull_policy.unwrap_or(PullPolicy::Missing),
            one_shot: is_one_shot(spec, service),
        });
    }
    let mut configs: Vec<_> =
        containers.iter_mut().map(|planned| std::mem::take(&mut planned.config)).collect();
    super::pins::pin(&mut configs, place.data_dir, place.is_file);
    containers.iter_mut().zip(configs).for_each(|(planned, config)| planned.config = config);
    let networks = spec.networks.iter().map(|network| plan_network(network, place, &mut problems)).collect();
    let volumes = spec.volumes.iter().map(|volume| plan_volume(volume, place)).collect();
    if !problems.is_empty() {
        return Err(CannotRun(problems));
    }
    directories.retain(|path| !(place.is_file)(Path::new(path)));
    directories.sort();
    directories.dedup();
    Ok(Blueprint { networks, volumes, containers, directories, contents })
}

fn is_one_shot(spec: &AppSpec, service: &ServiceSpec) -> bool {
    spec.services.iter().flat_map(|other| &other.depends_on).any(|dependency| {
        dependency.service == service.name && dependency.condition == Condition::ServiceCompletedSuccessfully
    })
}

#[cfg(test)]
#[path = "blueprint_tests.rs"]
mod tests;
