//! `livos apps checks` and `livos apps skip`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::documents::{AppUpdate, Check, Checks, InstalledApp};
use livos_bus::{AppsManagerProxy, AppsReaderProxy, CatalogProxy, InstallRequest, UpdateRequest};

use super::apps::{find, read};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::output::{Output, plain};

/// What stands in the way of an app: of its update if it is installed, of its installation if not. What would be
/// refused ends with an error, so that a script can ask first. With answers, it is looked at as it would be installed
/// or updated with them.
pub(super) async fn run(
    bus: &Bus,
    app: &str,
    answers: &[(String, String)],
    docker_control: bool,
    output: Output,
) -> Result<ExitCode> {
    let typed = docker_control || !answers.is_empty();
    let installed: Vec<InstalledApp> =
        read(AppsReaderProxy::new(&bus.connection).await?.list(&bus.actor).await?).await?;
    let found: Checks = if installed.iter().any(|known| known.id.as_str() == app) {
        if docker_control {
            let reason =
                format!("{app} is installed; `livos apps settings {app} --docker` changes what it may do");
            return Err(Usage(reason).into());
        }
        let manager = AppsManagerProxy::new(&bus.connection).await?;
        if typed {
            let request = UpdateRequest {
                app: app.to_owned(),
                answers: answers.iter().cloned().collect(),
                accept: Vec::new(),
            };
            read(manager.check_update(&bus.actor, &request).await?).await?
        } else {
            read(manager.checks(&bus.actor, app).await?).await?
        }
    } else {
        let (store, id) = find(bus, app).await?;
        if typed {
            let request = InstallRequest {
                store,
                app: id,
                answers: answers.iter().cloned().collect(),
                accept: Vec::new(),
                docker_control,
            };
            let manager = AppsManagerProxy::new(&bus.connection).await?;
            read(manager.check_install(&bus.actor, &request).await?).await?
        } else {
            read(CatalogProxy::new(&bus.connection).await?.checks(&bus.actor, &store, &id).await?).await?
        }
    };
    output.print(&found, |found| found.checks.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(if found.state == "block" { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Leaves out the newer version that is there now, or offers it again.
pub(super) async fn skip(bus: &Bus, app: &str, undo: bool) -> Result<ExitCode> {
    let version = if undo {
        String::new()
    } else {
        let update = AppsReaderProxy::new(&bus.connection).await?.update_of(&bus.actor, app).await?;
        read::<AppUpdate>(update).await?.to
    };
    AppsManagerProxy::new(&bus.connection).await?.skip(&bus.actor, app, &version).await?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn line(check: &Check) -> String {
    let mark = match check.state.as_str() {
        "ok" => "ok     ",
        "warn" => "note   ",
        _ => "no     ",
    };
    let words = plain(&check.words);
    if check.next.is_empty() {
        format!("{mark}{words}")
    } else {
        format!("{mark}{words} {}", plain(&check.next))
    }
}
