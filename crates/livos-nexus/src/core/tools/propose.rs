//! What the agent may not do itself: a call becomes a proposal.

use livos_bus::approvals::{Proposal, ProposalState, ProposedAction};
use livos_llm::ToolCall;
use livos_policy::{Proposable, decide};
use livos_types::AppId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Place, parse, refused, verb};
use crate::core::Nexus;

/// How long a proposal waits for its answer, in seconds.
pub(super) const PATIENCE: i64 = 24 * 60 * 60;
/// The longest reason, in letters.
const LONGEST_REASON: usize = 500;

/// What to do it with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OnApp {
    /// The app's id, as apps_list says it.
    app: String,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// What is put before the person, or why it can't be.
pub(super) async fn on_app(
    nexus: &Nexus,
    place: &Place<'_>,
    call: &ToolCall,
    what: &Proposable,
) -> Result<Proposal, String> {
    let asked: OnApp = parse(call.arguments.clone())?;
    let id = AppId::new(asked.app.as_str()).map_err(|error| error.to_string())?;
    let actor = place.actor;
    if !decide(actor.role, actor.username.as_str(), what.needs).is_allowed() {
        return Err(format!(
            "{} has the role {} on this server and may not do this, so it is not proposed; only an admin may",
            actor.username, actor.role
        ));
    }
    let why: String = asked.why.split_whitespace().collect::<Vec<_>>().join(" ");
    let why: String = why.chars().filter(|letter| !letter.is_control()).take(LONGEST_REASON).collect();
    if why.is_empty() {
        return Err("say why it should be done".to_owned());
    }
    let apps = nexus.house.apps(actor).await.map_err(|error| refused(&error))?;
    let app = apps.into_iter().find(|app| app.id == id);
    let app = app.ok_or_else(|| format!("no app ‘{id}’ is installed; apps_list says which are"))?;
    let action = |tool: &str| ProposedAction { tool: tool.to_owned(), arguments: json!({ "app": id }) };
    let now = nexus.clock.now();
    Ok(Proposal {
        // Its place in the log, so that the same call is the same proposal.
        id: format!("{}-{}-{}", place.conversation, place.turn, place.number),
        conversation: place.conversation.to_owned(),
        run: place.run,
        action: action(what.tool),
        summary: format!("{} {}", verb(what.tool), app.name),
        subject: app.name,
        why,
        subagent: None,
        asked_in: None,
        state: ProposalState::Waiting,
        tainted: place.tainted,
        at: now,
        expires_at: now.saturating_add(PATIENCE),
        job: None,
        outcome: None,
        undo: what.undone_by.map(action),
        undone: false,
    })
}
