//! What people see of an app, from what its containers do.

use livos_bus::documents::AppService;
use livos_docker::{ContainerState, ContainerSummary, Health};
use livos_manifest::{AppSpec, Condition, RestartPolicy, ServiceSpec};

use super::blueprint::LABEL_SERVICE;

/// A state word and, when there is a problem, its reason.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) state: &'static str,
    pub(crate) detail: String,
    pub(crate) services: Vec<AppService>,
}

/// Whether a service is meant to end by itself.
pub(crate) fn is_task(spec: &AppSpec, service: &ServiceSpec) -> bool {
    service.restart == RestartPolicy::No
        || spec.services.iter().flat_map(|other| &other.depends_on).any(|dependency| {
            dependency.service == service.name
                && dependency.condition == Condition::ServiceCompletedSuccessfully
        })
}

fn service_state(
    spec: &AppSpec,
    service: &ServiceSpec,
    container: Option<&ContainerSummary>,
) -> &'static str {
    let Some(container) = container else { return "missing" };
    match (container.state, container.health) {
        (ContainerState::Running, Health::Starting) | (ContainerState::Created, _) => "starting",
        (ContainerState::Running, Health::Unhealthy) => "unhealthy",
        (ContainerState::Running, _) => "running",
        (ContainerState::Restarting, _) => "unhealthy",
        (ContainerState::Exited, _) if is_task(spec, service) => "done",
        _ => "stopped",
    }
}

/// The state of an installed app whose containers are these.
pub(crate) fn seen(spec: &AppSpec, wanted: bool, problem: &str, containers: &[ContainerSummary]) -> Seen {
    let services: Vec<AppService> = spec
        .services
        .iter()
        .map(|service| {
            let container = containers
                .iter()
                .find(|container| container.labels.get(LABEL_SERVICE) == Some(&service.name));
            AppService {
                name: service.name.clone(),
                state: service_state(spec, service, container).to_owned(),
                image: service.image.clone(),
            }
        })
        .collect();
    let names = |state: &str| {
        let names: Vec<&str> = services
            .iter()
            .filter(|service| service.state == state)
            .map(|service| service.name.as_str())
            .collect();
        names.join(", ")
    };
    let any = |state: &str| services.iter().any(|service| service.state == state);
    let (state, detail) = if !wanted {
        ("stopped", String::new())
    } else if !problem.is_empty() && (any("missing") || any("stopped")) {
        ("problem", problem.to_owned())
    } else if any("missing") {
        ("problem", format!("a container is missing ({}); restart the app to make it anew", names("missing")))
    } else if any("stopped") {
        ("problem", format!("{} has stopped; its log says why, and a restart may help", names("stopped")))
    } else if any("unhealthy") {
        (
            "problem",
            format!(
                "{} does not work properly; its log says why, and a restart may help",
                names("unhealthy")
            ),
        )
    } else if any("starting") {
        ("starting", String::new())
    } else if !problem.is_empty() {
        ("problem", problem.to_owned())
    } else {
        ("running", String::new())
    };
    Seen { state, detail, services }
}
