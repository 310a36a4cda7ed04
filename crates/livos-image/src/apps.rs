//! Apps that ran when the machine was switched off run again, or a new version may not stay.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::About as _;
use crate::running::Appliance;
use crate::{Result, tools};

/// What ran, a line each: the app and its service.
const RECORD: &str = "apps";
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

fn running() -> Result<Vec<Container>> {
    let mut list = Command::new("docker");
    list.args([
        "ps",
        "--quiet",
        "--no-trunc",
        "--filter",
        "status=running",
        "--filter",
        "label=io.livos.app",
    ]);
    let ids = tools::run("docker ps", &mut list)?;
    if ids.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut inspect = Command::new("docker");
    inspect.args([
        "inspect",
        "--format",
        "{{index .Config.Labels \"io.livos.app\"}}\t{{index .Config.Labels \"io.livos.service\"}}\t\
         {{.State.StartedAt}}\t{{with .State.Health}}{{.Status}}{{end}}",
    ]);
    Ok(parse(&tools::run("docker inspect", inspect.args(ids.split_whitespace()))?))
}

/// Those that are not ill.
fn parse(text: &str) -> Vec<Container> {
    let mut found: Vec<Container> = text
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('\t');
            let (app, service, since) = (parts.next()?, parts.next()?, parts.next()?);
            let well = parts.next() != Some("unhealthy");
            well.then(|| Container { name: format!("{app}\t{service}"), since: since.to_owned() })
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "photos\tdatabase\nphotos\tweb\nmusic\tmain\n";

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
