//! Apps that ran when the machine was switched off run again, or a new version may not stay.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::error::About as _;
use crate::running::Appliance;
use crate::{Result, docker};

/// What ran, a line each: the app and its service.
const RECORD: &str = "apps";
/// Containers of apps that run: `{"label": ["io.livos.app"], "status": ["running"]}`.
const RUNNING: &str = "/containers/json?filters=%7B%22label%22%3A%5B%22io.livos.app%22%5D%2C%22status%22%3A%5B%22running%22%5D%7D";
/// Between two looks: what starts again and again is not there in both.
const PAUSE: Duration = Duration::from_secs(5);

/// A container of an app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Container {
    /// App and service, a tab between.
    name: String,
    /// Since when it runs.
    since: String,
}

/// Writes down what runs, before it is stopped.
pub fn remember(appliance: &Appliance) -> Result<()> {
    let running = match running() {
        Ok(running) => running,
        Err(error) => {
            forget(&appliance.state)?;
            return Err(error);
        }
    };
    let lines: String = running.iter().map(|one| format!("{}\n", one.name)).collect();
    crate::place::replace(&appliance.state.join(RECORD), lines.as_bytes())
}

/// From here on people start and stop apps as they like.
pub(crate) fn forget(state: &Path) -> Result<()> {
    let path = state.join(RECORD);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).about("could not remove", path)
        }
        _ => Ok(()),
    }
}

/// Waits until everything that ran does again; gives back what does not when the time is over.
pub(crate) fn missing(state: &Path, time: Duration) -> Result<Vec<String>> {
    let path = state.join(RECORD);
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).about("could not read", path),
    };
    if before.is_empty() {
        return Ok(Vec::new());
    }
    let begun = Instant::now();
    let mut earlier = Vec::new();
    loop {
        let (now, trouble) = match running() {
            Ok(now) => (now, None),
            Err(error) => (Vec::new(), Some(format!("Docker can't be asked for the apps: {error}"))),
        };
        let gone = compare(&before, &earlier, &now);
        if gone.is_empty() {
            return Ok(gone);
        }
        if begun.elapsed() > time {
            return Ok(trouble.map_or(gone, |trouble| vec![trouble]));
        }
        earlier = now;
        std::thread::sleep(PAUSE);
    }
}

/// What ran and is not in both looks, as sentences.
fn compare(before: &str, earlier: &[Container], now: &[Container]) -> Vec<String> {
    let steady: BTreeSet<&str> =
        now.iter().filter(|one| earlier.contains(one)).map(|one| one.name.as_str()).collect();
    let gone: BTreeSet<&str> = before
        .lines()
        .filter(|name| !steady.contains(name))
        .map(|name| name.split('\t').next().unwrap_or(name))
        .collect();
    gone.iter().map(|app| format!("The app {app} ran before and doesn't run now.")).collect()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    config: Config,
    state: State,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    started_at: String,
    #[serde(default)]
    health: Option<Health>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Health {
    status: String,
}

fn running() -> Result<Vec<Container>> {
    let socket = Path::new(docker::SOCKET);
    let listed: Vec<Listed> = docker::get(socket, RUNNING)?.unwrap_or_default();
    let mut found = Vec::new();
    for Listed { id } in listed {
        // One that is gone by now does not run.
        found.extend(docker::get(socket, &format!("/containers/{id}/json"))?.and_then(container));
    }
    found.sort();
    Ok(found)
}

/// A container of an app, unless it is ill.
fn container(inspected: Inspected) -> Option<Container> {
    let label = |name: &str| inspected.config.labels.get(name).map_or("", String::as_str);
    let ill = inspected.state.health.as_ref().is_some_and(|health| health.status == "unhealthy");
    let name = format!("{}\t{}", label("io.livos.app"), label("io.livos.service"));
    (!ill).then_some(Container { name, since: inspected.state.started_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "photos\tdatabase\nphotos\tweb\nmusic\tmain\n";

    /// What Docker says of containers, as far as it counts: a line is app, service, start and health.
    fn parse(text: &str) -> Vec<Container> {
        let inspect = |line: &str| {
            let parts: Vec<&str> = line.split('\t').collect();
            let mut said = serde_json::json!({"Id": "0a", "State": {"Running": true, "StartedAt": parts[2]},
                "Config": {"Image": "x", "Labels": {"io.livos.app": parts[0], "io.livos.service": parts[1]}}});
            if !parts[3].is_empty() {
                said["State"]["Health"] = serde_json::json!({"Status": parts[3], "FailingStreak": 0});
            }
            container(serde_json::from_value(said).unwrap())
        };
        text.lines().filter_map(inspect).collect()
    }

    #[test]
    fn everything_that_ran_must_run_steadily() {
        let all =
            parse("photos\tweb\t12:00\thealthy\nphotos\tdatabase\t12:00\t\nmusic\tmain\t12:01\tstarting\n");
        assert_eq!(compare(BEFORE, &all, &all), [""; 0]);
        // The first look alone says nothing yet.
        assert_eq!(compare(BEFORE, &[], &all).len(), 2);
        let ill = parse("photos\tweb\t12:00\tunhealthy\nphotos\tdatabase\t12:00\t\nmusic\tmain\t12:01\t\n");
        assert_eq!(compare(BEFORE, &ill, &ill), ["The app photos ran before and doesn't run now."]);
        // Started anew between the two looks.
        let again = parse("photos\tweb\t12:00\t\nphotos\tdatabase\t12:00\t\nmusic\tmain\t12:07\t\n");
        assert_eq!(compare(BEFORE, &all, &again), ["The app music ran before and doesn't run now."]);
    }

    #[test]
    fn nothing_is_missed_that_nobody_wrote_down() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(missing(state.path(), Duration::ZERO).unwrap(), [""; 0]);
        fs::write(state.path().join(RECORD), "").unwrap();
        assert_eq!(missing(state.path(), Duration::ZERO).unwrap(), [""; 0]);
        forget(state.path()).unwrap();
        forget(state.path()).unwrap();
        assert!(!state.path().join(RECORD).exists());
    }
}
