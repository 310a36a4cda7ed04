//! Installed apps.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Nothing, Outcome, Place, refused};
use crate::core::Nexus;

/// The most lines of a log.
const MOST_LINES: u32 = 500;
/// The most bytes that are read of one, whatever its lines are.
const MOST_BYTES: u64 = 1024 * 1024;

/// Which log.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Logs {
    /// The app's id, as apps_list says it.
    app: String,
    /// One of its containers; all of them without it.
    #[serde(default)]
    service: String,
    /// How many of the last lines, at most 500.
    #[serde(default = "usual")]
    tail: u32,
}

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// A word of its name or of what it is for, in any case.
    query: String,
}

/// So many apps of the stores are told.
const MOST_FOUND: usize = 30;

pub(super) async fn search(nexus: &Nexus, place: &Place<'_>, asked: Search) -> Outcome {
    let query = asked.query.trim().to_lowercase();
    if query.is_empty() {
        return Err("say what to look for".to_owned());
    }
    let offers = nexus.house.offers(place.actor).await.map_err(|error| refused(&error))?;
    let fits = |text: &str| text.to_lowercase().contains(&query);
    let found: Vec<_> = offers
        .iter()
        .filter(|app| fits(&app.name) || fits(app.id.as_str()) || fits(&app.tagline) || fits(&app.category))
        .collect();
    let shown: Vec<_> = found
        .iter()
        .take(MOST_FOUND)
        .map(|app| {
            json!({ "id": app.id, "store": app.store, "name": app.name, "tagline": app.tagline,
                "version": app.version, "installable": app.installable, "installed": app.installed })
        })
        .collect();
    let all = json!({ "apps": shown, "more": found.len().saturating_sub(MOST_FOUND) });
    serde_json::to_string_pretty(&all).map_err(|error| error.to_string())
}

pub(super) async fn containers(nexus: &Nexus, place: &Place<'_>, _: Nothing) -> Outcome {
    let all = nexus.house.containers(place.actor).await.map_err(|error| refused(&error))?;
    let shown: Vec<_> = all
        .iter()
        .map(|one| {
            let short: String = one.id.chars().take(12).collect();
            json!({ "name": one.name, "id": short, "state": one.state, "health": one.health, "image": one.image,
                "owner": { "kind": one.owner.kind, "name": one.owner.name } })
        })
        .collect();
    serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
}

fn usual() -> u32 {
    100
}

pub(super) async fn list(nexus: &Nexus, place: &Place<'_>, _: Nothing) -> Outcome {
    let apps = nexus.house.apps(place.actor).await.map_err(|error| refused(&error))?;
    let shown: Vec<_> = apps
        .iter()
        .map(|app| {
            let services: Vec<_> =
                app.services.iter().map(|one| json!({ "name": one.name, "state": one.state })).collect();
            json!({ "id": app.id, "name": app.name, "version": app.version, "state": app.state,
                "detail": app.detail, "update": app.update, "services": services })
        })
        .collect();
    serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
}

pub(super) async fn logs(nexus: &Nexus, place: &Place<'_>, asked: Logs) -> Outcome {
    let app = livos_types::AppId::new(asked.app.as_str()).map_err(|error| error.to_string())?;
    if asked.service.len() > 128 {
        return Err("a container's name is not that long".to_owned());
    }
    let lines = asked.tail.clamp(1, MOST_LINES);
    let house = &nexus.house;
    let log = house
        .logs(place.actor, app.as_str(), &asked.service, lines)
        .await
        .map_err(|error| refused(&error))?;
    let text = tokio::task::spawn_blocking(move || read(log)).await.map_err(|error| error.to_string())?;
    let text = text.map_err(|error| format!("the log can't be read: {error}"))?;
    if text.trim().is_empty() { Ok("The log is empty.".to_owned()) } else { Ok(text) }
}

fn read(log: OwnedFd) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    File::from(log).take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
