//! The services that LivOS stands on.

use livos_policy::SERVICES;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::propose::{Wanted, reason};
use super::{Nothing, Outcome, Place, refused};
use crate::core::Nexus;

/// Which log.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Logs {
    /// The service, as service_list says it; the assistant's own without it.
    #[serde(default = "own")]
    service: String,
    /// How many of the last lines, at most 500.
    #[serde(default = "usual")]
    lines: u32,
}

fn own() -> String {
    "livos-nexus.service".to_owned()
}

fn usual() -> u32 {
    50
}

/// What to restart.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Restart {
    /// The service, as service_list says it.
    service: String,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// A unit's whole name; people leave its kind out.
fn whole(name: &str) -> String {
    if name.contains('.') { name.to_owned() } else { format!("{name}.service") }
}

pub(super) async fn list(nexus: &Nexus, place: &Place<'_>, _: Nothing) -> Outcome {
    let all = nexus.house.services(place.actor).await.map_err(|error| refused(&error))?;
    let shown: Vec<_> = all
        .iter()
        .map(|one| {
            json!({ "service": one.unit, "for": one.about, "state": one.state, "detail": one.detail,
                "can_be_restarted": one.restartable })
        })
        .collect();
    serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
}

pub(super) async fn logs(nexus: &Nexus, place: &Place<'_>, asked: Logs) -> Outcome {
    let unit = whole(&asked.service);
    let text = nexus.house.service_log(place.actor, &unit, asked.lines).await;
    let text = text.map_err(|error| refused(&error))?;
    if text.trim().is_empty() { Ok("The log is empty.".to_owned()) } else { Ok(text) }
}

pub(super) fn restart(asked: &Restart) -> Result<Wanted, String> {
    let unit = whole(&asked.service);
    let why = reason(&asked.why)?;
    let known = SERVICES.iter().find(|service| service.unit == unit);
    let known =
        known.ok_or_else(|| format!("there is no service {unit} here; service_list says which there are"))?;
    let Some(means) = known.restart else {
        return Err(format!(
            "{unit} can't be restarted by being asked itself; an admin does that on the server"
        ));
    };
    let notes = vec![means.to_owned()];
    Ok(Wanted { arguments: json!({ "service": unit }), subject: unit, why, notes })
}
