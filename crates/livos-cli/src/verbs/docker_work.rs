//! `livos docker remove`, `kill`, `stats`, `events` and `start-engine`

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use livos_bus::documents::{DockerEvent, DockerOverview, DockerPlan, DockerStats, DockerStep};
use livos_bus::{DockerManagerProxy, DockerReaderProxy, DockerThing, HostDockerProxy};
use serde::Serialize;

use super::apps::{ask, can_ask, copy, read};
use crate::arguments::{RemoveArguments, RemoveVerb};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job;
use crate::output::{Output, bytes, plain, table, time};

/// Between the two looks that a share of the processors is made of.
const BETWEEN: Duration = Duration::from_secs(1);

/// What is to be done, and how it is agreed to.
pub(super) struct Wish<'a> {
    pub(super) verb: &'a str,
    pub(super) things: Vec<DockerThing>,
    pub(super) dry_run: bool,
    pub(super) yes: bool,
    pub(super) no_wait: bool,
}

pub(super) async fn remove(
    bus: &Bus,
    verb: &RemoveVerb,
    all: &DockerOverview,
    output: Output,
) -> Result<ExitCode> {
    let (kind, arguments) = match verb {
        RemoveVerb::Container(arguments) => ("container", arguments),
        RemoveVerb::Image(arguments) => ("image", arguments),
        RemoveVerb::Volume(arguments) => ("volume", arguments),
        RemoveVerb::Network(arguments) => ("network", arguments),
    };
    let RemoveArguments { names, dry_run, yes, no_wait } = arguments;
    let things = names.iter().map(|name| thing(kind, name, all)).collect::<Result<Vec<_>>>()?;
    let wish = Wish { verb: "remove", things, dry_run: *dry_run, yes: *yes, no_wait: *no_wait };
    act(bus, wish, output).await
}

/// By name, or by the beginning of the id if only one begins so.
fn thing(kind: &str, wanted: &str, all: &DockerOverview) -> Result<DockerThing> {
    let known: Vec<(&str, Vec<&str>)> = match kind {
        "container" => all.containers.iter().map(|one| (one.id.as_str(), vec![one.name.as_str()])).collect(),
        "image" => all
            .images
            .iter()
            .map(|one| (one.id.as_str(), one.tags.iter().map(String::as_str).collect()))
            .collect(),
        "volume" => all.volumes.iter().map(|one| (one.name.as_str(), vec![one.name.as_str()])).collect(),
        _ => all.networks.iter().map(|one| (one.id.as_str(), vec![one.name.as_str()])).collect(),
    };
    let found = |id: &str| DockerThing { kind: kind.to_owned(), id: id.to_owned(), code: String::new() };
    if let Some((id, _)) = known.iter().find(|(_, names)| names.contains(&wanted)) {
        return Ok(found(id));
    }
    let begins = |id: &&str| {
        !wanted.is_empty() && (id.starts_with(wanted) || id.trim_start_matches("sha256:").starts_with(wanted))
    };
    let mut those = known.iter().map(|(id, _)| *id).filter(begins);
    match (those.next(), those.next()) {
        (Some(id), None) => Ok(found(id)),
        (Some(_), Some(_)) => Err(Usage(format!("several have an id that begins with {wanted}")).into()),
        (None, _) => Err(livos_bus::Error::not_found(format!("there is no {kind} {wanted}")).into()),
    }
}

/// Says what would happen, and does that and nothing else once it is agreed to.
pub(super) async fn act(bus: &Bus, wish: Wish<'_>, output: Output) -> Result<ExitCode> {
    let Wish { verb, mut things, dry_run, yes, no_wait } = wish;
    let reader = DockerReaderProxy::new(&bus.connection).await?;
    let plan: DockerPlan = read(reader.look(&bus.actor, verb, &things).await?).await?;
    if dry_run {
        output.print(&plan, |plan| words(&plan.steps))?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(refused) = plan.steps.iter().find(|step| !step.refused.is_empty()) {
        let why = format!("{}: {}", plain(&refused.name), plain(&refused.refused));
        return Err(livos_bus::Error::conflict(why).into());
    }
    if !yes {
        if !can_ask(output) {
            return Err(Usage(format!("{}Agree with --yes", words(&plan.steps))).into());
        }
        eprint!("{}", words(&plan.steps));
        if !matches!(ask(&format!("Really {verb}? [y/N] "))?.to_lowercase().as_str(), "y" | "yes") {
            return Err(Usage("not done".to_owned()).into());
        }
    }
    for thing in &mut things {
        let step = plan.steps.iter().find(|step| step.id == thing.id && step.kind == thing.kind);
        thing.code = step.map(|step| step.code.clone()).unwrap_or_default();
    }
    let manager = DockerManagerProxy::new(&bus.connection).await?;
    let id = manager.act(&bus.actor, verb, &things).await?;
    job::started(bus, &id, no_wait, output).await
}

fn words(steps: &[DockerStep]) -> String {
    let rows = steps.iter().map(|step| {
        let what =
            if step.refused.is_empty() { step.detail.clone() } else { format!("no: {}", step.refused) };
        vec![step.kind.clone(), step.name.clone(), what]
    });
    table(&["KIND", "NAME", "WHAT HAPPENS"], rows.collect())
}

/// What one container uses, as it is printed.
#[derive(Debug, Serialize)]
struct Used {
    name: String,
    /// Of all processors together.
    cpu_percent: f64,
    memory: u64,
    memory_limit: u64,
    processes: u64,
}

pub(super) async fn stats(bus: &Bus, all: &DockerOverview, output: Output) -> Result<ExitCode> {
    let reader = DockerReaderProxy::new(&bus.connection).await?;
    let before: DockerStats = read(reader.stats(&bus.actor).await?).await?;
    tokio::time::sleep(BETWEEN).await;
    let now: DockerStats = read(reader.stats(&bus.actor).await?).await?;
    let used: Vec<Used> = now
        .samples
        .iter()
        .filter_map(|sample| {
            let first = before.samples.iter().find(|first| first.id == sample.id)?;
            let name = all.containers.iter().find(|one| one.id == sample.id)?.name.clone();
            let cpu_percent = share(
                sample.cpu_ns.saturating_sub(first.cpu_ns),
                sample.machine_ns.saturating_sub(first.machine_ns),
            );
            let (memory, memory_limit) = (sample.memory, sample.memory_limit);
            Some(Used { name, cpu_percent, memory, memory_limit, processes: sample.processes })
        })
        .collect();
    output.print(&used, |used| {
        let rows = used.iter().map(|one| {
            vec![
                one.name.clone(),
                format!("{:.1} %", one.cpu_percent),
                bytes(one.memory),
                bytes(one.memory_limit),
                one.processes.to_string(),
            ]
        });
        table(&["NAME", "CPU", "MEMORY", "AT MOST", "PROCESSES"], rows.collect())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// In percent, to a tenth.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let tenths = (u128::from(part) * 1000 / u128::from(whole)).min(1000);
    f64::from(u32::try_from(tenths).unwrap_or(1000)) / 10.0
}

pub(super) async fn events(bus: &Bus, since: i64, follow: bool, output: Output) -> Result<ExitCode> {
    let reader = DockerReaderProxy::new(&bus.connection).await?;
    let lines: OwnedFd = reader.events(&bus.actor, since, follow).await?.into();
    if output.json {
        copy(lines).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let printed = tokio::task::spawn_blocking(move || -> Result<()> {
        for line in BufReader::new(File::from(lines)).lines() {
            let event: DockerEvent = serde_json::from_str(&line?).context("an event cannot be read")?;
            writeln!(std::io::stdout().lock(), "{}", said(&event))?;
        }
        Ok(())
    });
    printed.await??;
    Ok(ExitCode::SUCCESS)
}

fn said(event: &DockerEvent) -> String {
    let name = if event.name.is_empty() { event.id.chars().take(12).collect() } else { plain(&event.name) };
    let code = if event.exit_code >= 0 { format!(" ({})", event.exit_code) } else { String::new() };
    let at = time(event.at);
    format!("{at}  {} {name}: {}{code}", plain(&event.kind), plain(&event.action))
}

pub(super) async fn start_engine(bus: &Bus, output: Output) -> Result<ExitCode> {
    HostDockerProxy::new(&bus.connection).await?.start(&bus.actor).await?;
    output.print(&serde_json::json!({ "started": true }), |_| {
        "Docker is started; apps come up by themselves".to_owned()
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Docker's own log, without what could steer the terminal.
pub(super) async fn engine_log(bus: &Bus, tail: u32, output: Output) -> Result<ExitCode> {
    let text = HostDockerProxy::new(&bus.connection).await?.log(&bus.actor, tail).await?;
    let text = tokio::task::spawn_blocking(|| text.read()).await??;
    let lines: Vec<String> = String::from_utf8_lossy(&text).lines().map(plain).collect();
    output.print(&lines, |lines| lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::{DockerEvent, DockerImage, DockerOverview};

    #[test]
    fn an_image_is_found_by_each_of_its_names_and_by_its_id() {
        let image = |id: &str, tags: &[&str]| DockerImage {
            id: format!("sha256:{id}"),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            size: 0,
            created_at: 0,
            used_by: Vec::new(),
            kept_for: Vec::new(),
        };
        let all = DockerOverview {
            containers: Vec::new(),
            images: vec![image("aa11", &["web:1", "web:latest"]), image("aa22", &[])],
            volumes: Vec::new(),
            networks: Vec::new(),
        };
        let found = |wanted: &str| super::thing("image", wanted, &all).map(|one| one.id).ok();
        for (wanted, id) in [("web:latest", "aa11"), ("aa2", "aa22"), ("sha256:aa11", "aa11")] {
            assert_eq!(found(wanted), Some(format!("sha256:{id}")), "{wanted}");
        }
        for none in ["aa", "", "web", "sha256:"] {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn shares_and_events_are_short() {
        assert!((super::share(1, 8) - 12.5).abs() < 0.01 && super::share(1, 0) == 0.0);
        let event = DockerEvent {
            at: 0,
            kind: "container".to_owned(),
            action: "die".to_owned(),
            id: "ab".repeat(32),
            name: "web\u{1b}".to_owned(),
            exit_code: 137,
            container: String::new(),
        };
        assert!(super::said(&event).ends_with("container web\u{fffd}: die (137)"));
    }
}
