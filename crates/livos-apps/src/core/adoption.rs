//! Whether what somebody else made can be looked after here, of which parts it is, and how it is.
//!
//! Everything is read from the containers themselves. The compose file that their labels name is not looked at: it may
//! lie in somebody's own folder, and nothing says that it is still what runs.

use std::collections::BTreeSet;

use livos_bus::documents::AppService;
use livos_docker::{ContainerInfo, ContainerState, ContainerSummary, Health};
use livos_manifest::{Condition, Dependency};
use serde::{Deserialize, Serialize};

use super::blueprint::LABEL_APP;
use super::foreign::{self, LABEL_PROJECT, Labels};

/// What Docker Compose notes of `depends_on`: `db:service_healthy:false,cache:service_started:true`.
const LABEL_DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// `True` on a container of `docker compose run`, which is no part of the project.
const LABEL_ONE_OFF: &str = "com.docker.compose.oneoff";
/// Those who would make anew what is stopped or removed, and who they are.
const MANAGERS: [(&str, &str); 2] =
    [("com.docker.swarm.service.id", "Docker Swarm"), ("io.kubernetes.pod.name", "Kubernetes")];
/// More containers than this are not one project.
const PARTS_LIMIT: usize = 200;

/// What was adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A compose project.
    Stack,
    /// One container.
    Container,
}

impl Kind {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Stack => "stack",
            Self::Container => "container",
        }
    }

    pub(crate) fn parse(text: &str) -> Self {
        if text == "stack" { Self::Stack } else { Self::Container }
    }
}

/// A container of what was adopted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Its compose service, or its own name.
    pub(crate) service: String,
    /// Its name, by which it is found again when it was made anew.
    pub(crate) container: String,
    pub(crate) image: String,
    /// It ran when it was adopted; otherwise it is something that runs once, and is left as it is.
    pub(crate) ran: bool,
    /// What it waits for.
    pub(crate) after: Vec<After>,
}

/// A service that comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct After {
    pub(crate) service: String,
    pub(crate) condition: Condition,
}

/// Whether a container with these labels belongs to a compose project and is one of its services.
pub(crate) fn is_part(labels: &Labels) -> bool {
    labels.get(LABEL_ONE_OFF).is_none_or(|value| !value.eq_ignore_ascii_case("true"))
}

/// Why a container cannot be looked after here.
fn obstacle(container: &ContainerInfo) -> Option<String> {
    let name = &container.name;
    if let Some(app) = container.labels.get(LABEL_APP) {
        return Some(format!("{name} belongs to the app {app} already"));
    }
    if let Some((_, manager)) = MANAGERS.iter().find(|(label, _)| container.labels.contains_key(*label)) {
        return Some(format!("{manager} looks after {name} and would undo what is done here"));
    }
    if container.auto_remove {
        return Some(format!(
            "{name} was made to be removed as soon as it stops, so it could not be started again"
        ));
    }
    if matches!(container.state, ContainerState::Removing | ContainerState::Dead) {
        return Some(format!("{name} is being removed"));
    }
    None
}

/// The parts of what is to be adopted, those first that others wait for; or why it cannot be.
pub(crate) fn parts(kind: Kind, found: &[ContainerInfo]) -> Result<Vec<Part>, String> {
    if found.is_empty() {
        return Err("it has no containers".to_owned());
    }
    if found.len() > PARTS_LIMIT {
        return Err(format!("it has more than {PARTS_LIMIT} containers"));
    }
    if let Some(why) = found.iter().find_map(obstacle) {
        return Err(why);
    }
    if kind == Kind::Container
        && let Some(project) = found.iter().find_map(|one| one.labels.get(LABEL_PROJECT))
    {
        return Err(format!("it is a part of the project {project}; adopt that as a whole"));
    }
    let mut parts: Vec<Part> = found
        .iter()
        .map(|one| {
            let service = foreign::service(&one.labels);
            Part {
                service: if service.is_empty() { one.name.clone() } else { service.to_owned() },
                container: one.name.clone(),
                image: one.image.clone(),
                ran: one.state.is_running() || one.state == ContainerState::Restarting,
                after: after(&one.labels),
            }
        })
        .collect();
    // Whatever is stopped altogether is meant to run.
    if !parts.iter().any(|part| part.ran) {
        parts.iter_mut().for_each(|part| part.ran = true);
    }
    parts.sort_by(|a, b| a.container.cmp(&b.container));
    Ok(in_order(parts))
}

/// What a container waits for, by what Docker Compose noted of it.
pub(crate) fn depends_on(labels: &Labels) -> Vec<Dependency> {
    let read = |entry: &str| {
        let mut words = entry.split(':');
        let service = words.next().filter(|service| !service.is_empty())?.to_owned();
        let condition = match words.next() {
            Some("service_healthy") => Condition::ServiceHealthy,
            Some("service_completed_successfully") => Condition::ServiceCompletedSuccessfully,
            _ => Condition::ServiceStarted,
        };
        Some(Dependency { service, condition, required: true, restart: words.next() == Some("true") })
    };
    let label = labels.get(LABEL_DEPENDS_ON).map_or("", String::as_str);
    label.split(',').take(PARTS_LIMIT).filter_map(read).collect()
}

fn after(labels: &Labels) -> Vec<After> {
    let after = |one: Dependency| After { service: one.service, condition: one.condition };
    depends_on(labels).into_iter().map(after).collect()
}

/// Each after those it waits for; a circle stays in the order of its names.
fn in_order(parts: Vec<Part>) -> Vec<Part> {
    let mut rest = parts;
    let mut ordered: Vec<Part> = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let waiting: BTreeSet<String> = rest.iter().map(|part| part.service.clone()).collect();
        let free = |part: &Part| {
            part.after.iter().all(|after| after.service == part.service || !waiting.contains(&after.service))
        };
        let at = rest.iter().position(free).unwrap_or(0);
        ordered.push(rest.remove(at));
    }
    ordered
}

/// An id for a project or container of this name that nobody has; ids are narrower than Docker's names.
pub(crate) fn id_for(name: &str, taken: &dyn Fn(&str) -> bool) -> Option<String> {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(48)
        .collect();
    let plain = plain.trim_matches('-');
    let plain = if plain.is_empty() { "adopted" } else { plain };
    std::iter::once(plain.to_owned())
        .chain((2..1000).map(|number| format!("{plain}-{number}")))
        .find(|id| livos_types::AppId::new(id.as_str()).is_ok() && !taken(id))
}

/// What people see of it: a state, the reason of a problem, and its containers.
pub(crate) fn seen(
    parts: &[Part],
    containers: &[ContainerSummary],
) -> (&'static str, String, Vec<AppService>) {
    let state_of = |part: &Part| {
        let Some(there) = containers.iter().find(|one| one.name == part.container) else { return "missing" };
        match (there.state, there.health) {
            (ContainerState::Running, Health::Unhealthy) | (ContainerState::Restarting, _) => "unhealthy",
            (ContainerState::Running, Health::Starting) => "starting",
            (ContainerState::Running, _) => "running",
            _ if part.ran => "stopped",
            _ => "done",
        }
    };
    let services: Vec<AppService> = parts
        .iter()
        .map(|part| AppService {
            name: part.service.clone(),
            state: state_of(part).to_owned(),
            image: part.image.clone(),
        })
        .collect();
    let of = |state: &str| {
        let names = services.iter().filter(|one| one.state == state).map(|one| one.name.as_str());
        names.collect::<Vec<_>>().join(", ")
    };
    let any = |state: &str| services.iter().any(|one| one.state == state);
    // It may be stopped or started by whoever made it at any time, and both is fine.
    let up = ["running", "starting", "unhealthy"].into_iter().any(any);
    let (state, detail) = if any("missing") {
        let gone = of("missing");
        ("problem", format!("{gone} is gone; make it anew where it was made, or release what was adopted"))
    } else if !up {
        ("stopped", String::new())
    } else if any("unhealthy") {
        ("problem", format!("{} does not work properly; its log says why", of("unhealthy")))
    } else if any("stopped") {
        ("problem", format!("{} has stopped; its log says why, and a restart may help", of("stopped")))
    } else if any("starting") {
        ("starting", String::new())
    } else {
        ("running", String::new())
    };
    (state, detail, services)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(name: &str, labels: &[(&str, &str)]) -> ContainerInfo {
        ContainerInfo {
            name: name.to_owned(),
            state: ContainerState::Running,
            labels: labels.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
            ..ContainerInfo::default()
        }
    }

    fn of_project(name: &str, service: &str, after: &str) -> ContainerInfo {
        let labels =
            [(LABEL_PROJECT, "blog"), ("com.docker.compose.service", service), (LABEL_DEPENDS_ON, after)];
        container(name, &labels)
    }

    #[test]
    fn parts_come_in_the_order_in_which_they_start() {
        let mut once = of_project("blog-init-1", "init", "");
        once.state = ContainerState::Exited;
        let found = [
            of_project(
                "blog-web-1",
                "web",
                "db:service_healthy:false,init:service_completed_successfully:false",
            ),
            once,
            of_project("blog-db-1", "db", ""),
        ];
        let found = parts(Kind::Stack, &found).unwrap();
        let order: Vec<_> = found.iter().map(|part| (part.service.as_str(), part.ran)).collect();
        assert_eq!(order, [("db", true), ("init", false), ("web", true)]);
        assert_eq!(found[2].after[0].condition, Condition::ServiceHealthy);
        let circle = [of_project("a", "a", "b:x:y"), of_project("b", "b", "a")];
        assert_eq!(parts(Kind::Stack, &circle).unwrap().len(), 2);
    }

    #[test]
    fn what_cannot_be_adopted_says_why() {
        let with = |change: fn(&mut ContainerInfo)| {
            let mut one = container("one", &[]);
            change(&mut one);
            parts(Kind::Container, &[one])
        };
        assert!(with(|_| {}).is_ok());
        type Change = fn(&mut ContainerInfo);
        let cases: [(Change, &str); 5] = [
            (|one| one.auto_remove = true, "removed as soon as it stops"),
            (|one| one.state = ContainerState::Dead, "being removed"),
            (|one| drop(one.labels.insert(LABEL_APP.to_owned(), "x".to_owned())), "belongs to the app x"),
            (|one| drop(one.labels.insert(MANAGERS[0].0.to_owned(), "x".to_owned())), "Docker Swarm"),
            (|one| drop(one.labels.insert(LABEL_PROJECT.to_owned(), "blog".to_owned())), "project blog"),
        ];
        for (change, why) in cases {
            let said = with(change).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        assert!(parts(Kind::Stack, &[]).is_err());
    }

    #[test]
    fn ids_are_made_from_any_name_and_taken_once() {
        for (name, id) in
            [("blog", "blog"), ("My_Blog.2", "my-blog-2"), ("---", "adopted"), ("taken", "taken-2")]
        {
            assert_eq!(id_for(name, &|id| id == "taken").as_deref(), Some(id), "{name}");
        }
        assert_eq!(id_for("x", &|_| true), None);
    }

    #[test]
    fn its_state_is_what_its_containers_do() {
        let found = [of_project("blog-web-1", "web", ""), of_project("blog-db-1", "db", "")];
        let parts = parts(Kind::Stack, &found).unwrap();
        let now = |states: &[(&str, ContainerState, Health)]| {
            let summaries: Vec<ContainerSummary> = states
                .iter()
                .map(|&(name, state, health)| ContainerSummary {
                    name: name.to_owned(),
                    state,
                    health,
                    ..ContainerSummary::default()
                })
                .collect();
            seen(&parts, &summaries).0
        };
        let (running, exited) = (ContainerState::Running, ContainerState::Exited);
        let web = |state, health| ("blog-web-1", state, health);
        let db = |state| ("blog-db-1", state, Health::None);
        assert_eq!(now(&[web(running, Health::Healthy), db(running)]), "running");
        assert_eq!(now(&[web(running, Health::Starting), db(running)]), "starting");
        assert_eq!(now(&[web(running, Health::Unhealthy), db(running)]), "problem");
        assert_eq!(now(&[web(exited, Health::None), db(running)]), "problem");
        assert_eq!(now(&[web(exited, Health::None), db(exited)]), "stopped");
        assert_eq!(now(&[db(running)]), "problem");
    }
}
