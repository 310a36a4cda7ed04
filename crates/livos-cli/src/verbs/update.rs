//! `livos apps update` and `livos apps rollback`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::documents::{AppUpdate, Checks, InstalledApp, WayBack};
use livos_bus::{AppsManagerProxy, AppsReaderProxy, UpdateRequest};

use super::apps::{agree, ask, can_ask, read};
use crate::arguments::{AppArguments, UpdateArguments};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job;
use crate::output::{Output, plain, time};

pub(super) async fn update(bus: &Bus, arguments: &UpdateArguments, output: Output) -> Result<ExitCode> {
    if let Some(app) = &arguments.app {
        return one(bus, app, arguments, output).await;
    }
    let reader = AppsReaderProxy::new(&bus.connection).await?;
    let apps: Vec<InstalledApp> = read(reader.list(&bus.actor).await?).await?;
    let mut outcome = ExitCode::SUCCESS;
    let with_update: Vec<_> = apps.iter().filter(|app| !app.update.is_empty() && !app.pinned).collect();
    let pinned: Vec<_> = apps.iter().filter(|app| !app.update.is_empty() && app.pinned).collect();
    if !output.json {
        for app in &pinned {
            println!("{} stays on its version, as it is pinned.", plain(&app.name));
        }
    }
    if with_update.is_empty() && pinned.is_empty() && !output.json {
        println!("Every app is up to date.");
    }
    let mut summary = Summary::default();
    for app in &with_update {
        let name = plain(&app.name);
        match one(bus, app.id.as_str(), arguments, output).await {
            Ok(code) if code == ExitCode::SUCCESS => summary.done.push(name),
            Ok(code) => {
                outcome = code;
                summary.failed.push(name);
            }
            // The others have their turn all the same.
            Err(error) => {
                outcome = crate::exit::report(&error, output);
                summary.skipped.push(name);
            }
        }
    }
    if with_update.len() > 1 && !output.json && !arguments.dry_run {
        print!("{}", summary.text(arguments.no_wait));
    }
    Ok(outcome)
}

/// What became of each app when all were to be updated. The reasons have been given, each in its place.
#[derive(Debug, Default)]
struct Summary {
    done: Vec<String>,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Summary {
    fn text(&self, begun_only: bool) -> String {
        let done = if begun_only { "Begun" } else { "Updated" };
        [(done, &self.done), ("Failed, and as before", &self.failed), ("Not begun", &self.skipped)]
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what}: {}\n", names.join(", ")))
            .collect()
    }
}

async fn one(bus: &Bus, app: &str, arguments: &UpdateArguments, output: Output) -> Result<ExitCode> {
    let reader = AppsReaderProxy::new(&bus.connection).await?;
    let update: AppUpdate = read(reader.update_of(&bus.actor, app).await?).await?;
    if arguments.dry_run {
        output.print(&update, |update| describe(app, update))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !update.error.is_empty() {
        return Err(livos_bus::Error::conflict(format!("{app} can't be updated: {}", update.error)).into());
    }
    let answers = arguments.answers.iter().cloned().collect();
    let mut request = UpdateRequest { app: app.to_owned(), answers, accept: Vec::new() };
    let manager = AppsManagerProxy::new(&bus.connection).await?;
    let mut permissions = update.permissions;
    if !request.answers.is_empty() {
        // Which folder it is to reach, an answer may say.
        let found: Checks = read(manager.check_update(&bus.actor, &request).await?).await?;
        if !found.permissions.is_empty() {
            permissions = found.permissions;
        }
    }
    request.accept = agree(app, &permissions, &arguments.accept, arguments.yes, "Update it?", output)?;
    let id = manager.update(&bus.actor, &request).await?;
    job::started(bus, &id, arguments.no_wait, output).await
}

fn describe(app: &str, update: &AppUpdate) -> String {
    let mut lines = vec![format!("{app}: {} to {}", plain(&update.from), plain(&update.to))];
    lines.extend(
        update.permissions.iter().map(|new| format!("  asks anew, {}: {}", new.risk, plain(&new.text))),
    );
    lines.extend(
        update.inputs.iter().map(|new| format!("  asks: --set {}=… ({})", new.key, plain(&new.label))),
    );
    if !update.error.is_empty() {
        lines.push(format!("  can't be done: {}", update.error));
    }
    if !update.release_notes.is_empty() {
        lines.push(plain(&update.release_notes));
    }
    lines.join("\n")
}

/// What a way back leads to, and what it costs.
fn leads_to(name: &str, way: &WayBack) -> String {
    let what = match way.kind.as_str() {
        "settings" => {
            format!("its settings from before {} (version {})", time(way.at), plain(&way.version))
        }
        _ => format!("version {}, from before {}", plain(&way.version), time(way.at)),
    };
    let also = match way.also.iter().any(|kind| kind == "version") {
        _ if way.also.is_empty() => "",
        true => " The update since then is undone, too.",
        false => " The change of settings since then is undone, too.",
    };
    format!(
        "{} goes back to {what}, with the data it had then; what was stored since is lost.{also}",
        plain(name)
    )
}

pub(super) async fn rollback(
    bus: &Bus,
    app: &AppArguments,
    to: &str,
    yes: bool,
    output: Output,
) -> Result<ExitCode> {
    let reader = AppsReaderProxy::new(&bus.connection).await?;
    let installed: InstalledApp = read(reader.get(&bus.actor, &app.app).await?).await?;
    let chosen = |way: &&WayBack| to.is_empty() || way.kind == to;
    if !yes && let Some(way) = installed.ways_back.iter().find(chosen) {
        let question = leads_to(&installed.name, way);
        if !can_ask(output) {
            return Err(Usage(format!("{question} Agree with --yes")).into());
        }
        eprintln!("{question} Possible until {}.", time(way.until));
        for other in installed.ways_back.iter().filter(|other| other.kind != way.kind) {
            let until = time(other.until);
            eprintln!("Or with --to {}, until {until}: {}", other.kind, leads_to(&installed.name, other));
        }
        if !matches!(ask("Go back? [y/N] ")?.to_lowercase().as_str(), "y" | "yes") {
            return Err(Usage("not done".to_owned()).into());
        }
    }
    let id = AppsManagerProxy::new(&bus.connection).await?.rollback(&bus.actor, &app.app, to).await?;
    job::started(bus, &id, app.no_wait, output).await
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::WayBack;

    use super::{Summary, leads_to};

    #[test]
    fn a_way_back_says_what_else_it_undoes() {
        let way = |kind: &str, also: &[&str]| WayBack {
            kind: kind.to_owned(),
            version: "1.2".to_owned(),
            at: 0,
            until: 1,
            also: also.iter().map(|&kind| kind.to_owned()).collect(),
        };
        for (way, parts) in [
            (way("version", &[]), ["back to version 1.2", "what was stored since is lost."]),
            (way("version", &["settings"]), ["back to version 1.2", "The change of settings since then"]),
            (way("settings", &["version"]), ["its settings from before", "The update since then"]),
        ] {
            let said = leads_to("Demo", &way);
            assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        }
    }

    #[test]
    fn a_summary_names_what_there_is() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let summary = Summary { done: names(&["A", "B"]), failed: names(&["C"]), skipped: Vec::new() };
        assert_eq!(summary.text(false), "Updated: A, B\nFailed, and as before: C\n");
        assert_eq!(summary.text(true), "Begun: A, B\nFailed, and as before: C\n");
    }
}
