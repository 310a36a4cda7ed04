//! Whether a container has reached what others wait for.

use livos_docker::{ContainerInfo, ContainerState, Health};
use livos_manifest::Condition;

/// After so many restarts it will not come up by itself.
const RESTARTS_ALLOWED: u32 = 3;

/// What is known of a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reached {
    Yes,
    NotYet,
    /// And it won't be.
    Never(String),
}

/// Whether a container fulfils a condition of `depends_on`.
pub(crate) fn condition(container: Option<&ContainerInfo>, condition: Condition) -> Reached {
    let Some(container) = container else { return Reached::Never("it is gone".to_owned()) };
    match condition {
        Condition::ServiceStarted => match container.state {
            ContainerState::Created => Reached::NotYet,
            ContainerState::Dead | ContainerState::Removing => Reached::Never("it is gone".to_owned()),
            _ => Reached::Yes,
        },
        Condition::ServiceCompletedSuccessfully => match (container.state, container.exit_code) {
            (ContainerState::Exited, Some(0)) => Reached::Yes,
            (ContainerState::Exited | ContainerState::Dead, code) => Reached::Never(ended(container, code)),
            _ if container.restart_count >= RESTARTS_ALLOWED => {
                Reached::Never("it ends with an error again and again".to_owned())
            }
            _ => Reached::NotYet,
        },
        Condition::ServiceHealthy => match (container.state, container.health) {
            (ContainerState::Running, Health::Healthy) => Reached::Yes,
            // Compose calls this an error; an app that worked elsewhere should work here.
            (ContainerState::Running, Health::None) => Reached::Yes,
            _ => alive(container),
        },
    }
}

/// Whether a container works: healthy, running without a check, or ended well if it is meant to end.
pub(crate) fn works(container: Option<&ContainerInfo>, task: bool) -> Reached {
    let Some(container) = container else { return Reached::Never("it is gone".to_owned()) };
    match (container.state, container.health) {
        (ContainerState::Running, Health::Healthy | Health::None) => Reached::Yes,
        (ContainerState::Exited, _) if task && container.exit_code == Some(0) => Reached::Yes,
        _ => alive(container),
    }
}

/// Not there yet: may it still come?
fn alive(container: &ContainerInfo) -> Reached {
    match (container.state, container.health) {
        (ContainerState::Running, Health::Unhealthy) => {
            let said = container.health_output.lines().last().unwrap_or_default();
            Reached::Never(if said.is_empty() {
                "its health check fails".to_owned()
            } else {
                format!("its health check fails: {}", said.chars().take(200).collect::<String>())
            })
        }
        (ContainerState::Exited | ContainerState::Dead | ContainerState::Removing, _) => {
            Reached::Never(ended(container, container.exit_code))
        }
        _ if container.restart_count >= RESTARTS_ALLOWED => {
            Reached::Never("it ends with an error again and again".to_owned())
        }
        _ => Reached::NotYet,
    }
}

fn ended(container: &ContainerInfo, code: Option<i64>) -> String {
    if container.oom_killed {
        return "it was ended because it needs more memory than there is".to_owned();
    }
    if !container.error.is_empty() {
        return format!("it could not be started: {}", container.error);
    }
    code.map_or_else(|| "it has ended".to_owned(), |code| format!("it ended with exit code {code}"))
}
