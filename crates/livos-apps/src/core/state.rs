//! What people see of an app, from what its containers do.

use livos_bus::documents::AppService;
use livos_docker::{ContainerInfo, ContainerState, ContainerSummary, Health};
use livos_manifest::{AppSpec, Condition, RestartPolicy, ServiceSpec};

use super::blueprint::LABEL_SERVICE;

/// A state word and, when there is a problem, its reason.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub(crate) state: &'static str,
    pub(crate) detail: String,
    pub(crate) services: Vec<AppService>,
}

/// Whether a service may end by itself: another one waits for its end, or nothing says that it is to be started again.
///
/// What has a page or publishes a port is there to be reached, whatever its file says: without a word about it Compose
/// starts nothing again.
pub(crate) fn is_task(spec: &AppSpec, service: &ServiceSpec) -> bool {
    let is_reached =
        !service.ports.is_empty() || spec.main.as_ref().is_some_and(|main| main.service == service.name);
    is_waited_for(spec, service) || service.restart == RestartPolicy::No && !is_reached
}

/// Whether another service waits until this one has ended.
pub(crate) fn is_waited_for(spec: &AppSpec, service: &ServiceSpec) -> bool {
    spec.services.iter().flat_map(|other| &other.depends_on).any(|dependency| {
        dependency.service == service.name && dependency.condition == Condition::ServiceCompletedSuccessfully
    })
}

/// Whether a service that may end by itself was ended by something else: by a crash, or with the machine.
/// `booted_at` is in seconds UTC, as Docker's times.
pub(crate) fn was_ended(
    spec: &AppSpec,
    service: &ServiceSpec,
    container: &ContainerInfo,
    booted_at: i64,
) -> bool {
    container.state == ContainerState::Exited
        && !is_waited_for(spec, service)
        && (container.exit_code != Some(0) || container.started_at.is_some_and(|started| started < booted_at))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_took_with_it_was_ended_and_what_had_done_its_work_was_not() {
        let spec = AppSpec { services: vec![ServiceSpec::default()], ..AppSpec::default() };
        let service = &spec.services[0];
        let ended = |exit_code, started_at| ContainerInfo {
            state: ContainerState::Exited,
            exit_code: Some(exit_code),
            started_at: Some(started_at),
            ..ContainerInfo::default()
        };
        assert!(is_task(&spec, service));
        assert!(!was_ended(&spec, service, &ended(0, 2000), 1000), "it came to its end since the start");
        assert!(was_ended(&spec, service, &ended(137, 2000), 1000));
        assert!(was_ended(&spec, service, &ended(0, 500), 1000), "it ran when the machine was switched off");
        let running = ContainerInfo { state: ContainerState::Running, ..ended(0, 500) };
        assert!(!was_ended(&spec, service, &running, 1000));
    }
}
