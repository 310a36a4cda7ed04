//! Other servers that could be set up, as a public registry lists them.

use livos_policy::{Action, decide};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Outcome, Place};
use crate::core::Nexus;
use crate::core::web::text::visible;
use crate::error::Error;

/// So many are told.
const MOST: usize = 10;

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// A word of a server's name.
    query: String,
}

pub(super) async fn search(nexus: &Nexus, place: &Place<'_>, asked: Search) -> Outcome {
    let actor = place.actor;
    if !decide(actor.role, actor.username.as_str(), Action::ManageAssistant).is_allowed() {
        return Err("only an admin of this server sets up other servers".to_owned());
    }
    if place.strangers {
        // The registry is told the words, and they may be somebody else's by now.
        return Err("a stranger's words were read in this conversation, so nothing is looked for outside; the person \
                    does that in Settings, AI, or asks in a new conversation"
            .to_owned());
    }
    let found = nexus.search_registry(&asked.query, "").await.map_err(|error| match error {
        Error::Invalid(why) => why,
        Error::Refused(problem) => problem.message,
        other => super::ours(&other),
    })?;
    let shown: Vec<_> = found
        .found
        .iter()
        .take(MOST)
        .map(|one| {
            json!({ "name": visible(&one.name), "for": visible(&one.description), "version": visible(&one.version),
                "address": visible(&one.url), "program": one.command.iter().map(|word| visible(word)).collect::<Vec<_>>(),
                "wants": one.headers.iter().map(|name| visible(name)).collect::<Vec<_>>() })
        })
        .collect();
    let all = json!({ "registry": found.registry, "from": "strangers", "found": shown,
        "more": found.found.len().saturating_sub(MOST),
        "next": "An admin adds one in Settings, AI, where it is tried and each of its tools is looked at." });
    serde_json::to_string_pretty(&all).map_err(|error| error.to_string())
}
