//! `livos apps checks`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::documents::{Check, Checks, InstalledApp};
use livos_bus::{AppsManagerProxy, AppsReaderProxy, CatalogProxy};

use super::apps::{find, read};
use crate::bus::Bus;
use crate::output::{Output, plain};

/// What stands in the way of an app: of its update if it is installed, of its installation if not. What would be
/// refused ends with an error, so that a script can ask first.
pub(super) async fn run(bus: &Bus, app: &str, output: Output) -> Result<ExitCode> {
    let installed: Vec<InstalledApp> =
        read(AppsReaderProxy::new(&bus.connection).await?.list(&bus.actor).await?).await?;
    let found: Checks = if installed.iter().any(|known| known.id.as_str() == app) {
        read(AppsManagerProxy::new(&bus.connection).await?.checks(&bus.actor, app).await?).await?
    } else {
        let (store, id) = find(bus, app).await?;
        read(CatalogProxy::new(&bus.connection).await?.checks(&bus.actor, &store, &id).await?).await?
    };
    output.print(&found, |found| found.checks.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(if found.state == "block" { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn line(check: &Check) -> String {
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
