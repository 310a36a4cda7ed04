//! Having somebody else do a part of it.

use livos_bus::assistant::Tier;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Did, Outcome, Place};
use crate::core::Nexus;
use crate::core::schedules::wall;
use crate::core::strangers::MARK;
use crate::core::subagents::{From, Wish};
use crate::error::Error;

/// Which model it asks. Those that are not set up are the usual one.
#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Model {
    #[serde(alias = "flash", alias = "haiku")]
    Fast,
    #[default]
    #[serde(alias = "sonnet", alias = "none")]
    Usual,
    #[serde(alias = "opus")]
    Best,
}

impl Model {
    fn tier(self) -> Tier {
        match self {
            Self::Fast => Tier::Fast,
            Self::Usual => Tier::Usual,
            Self::Best => Tier::Best,
        }
    }
}

/// A task for one that is made for it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Spawn {
    /// What is to be done, with everything that has to be known to do it: it knows nothing of this conversation.
    task: String,
    /// The only tools it may use; without them, those that you have and a subagent may have.
    #[serde(default)]
    tools: Option<Vec<String>>,
    /// How often it may ask its model, 1 to 30; 10 without it.
    #[serde(default)]
    max_turns: Option<u32>,
    /// Which model it asks: fast for what is simple, best for what is hard, and usual without it.
    #[serde(default)]
    tier: Option<Model>,
}

/// One that is kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    /// What you name it by: a-z, 0-9 and -.
    id: String,
    /// What it is called.
    name: String,
    /// What it is for, in a sentence.
    description: String,
    /// What it is told beside each task.
    #[serde(default, alias = "system_prompt")]
    instructions: String,
    /// The only skills it may use; without them, the person's.
    #[serde(default)]
    skills: Option<Vec<String>>,
    /// The only tools it may use; without them, those that you have and a subagent may have.
    #[serde(default)]
    tools: Option<Vec<String>>,
    /// How often it may ask its model for one task, 1 to 30; 15 without it.
    #[serde(default)]
    max_turns: Option<u32>,
    /// Which model it asks: fast for what is simple, best for what is hard, and usual without it.
    #[serde(default)]
    tier: Option<Model>,
}

/// What is to be different. What is not given stays.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    /// Its id.
    id: String,
    /// What it is called.
    #[serde(default)]
    name: Option<String>,
    /// What it is for.
    #[serde(default)]
    description: Option<String>,
    /// What it is told beside each task.
    #[serde(default, alias = "system_prompt")]
    instructions: Option<String>,
    /// The only skills it may use.
    #[serde(default)]
    skills: Option<Vec<String>>,
    /// The only tools it may use.
    #[serde(default)]
    tools: Option<Vec<String>>,
    /// How often it may ask its model for one task.
    #[serde(default)]
    max_turns: Option<u32>,
    /// Which model it asks: fast for what is simple, best for what is hard, and usual without it.
    #[serde(default)]
    tier: Option<Model>,
}

/// A task for one that is kept.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    /// Its id, as subagent_list says it.
    id: String,
    /// What is to be done, with everything that has to be known to do it.
    message: String,
}

/// Which one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Its id, as subagent_list says it.
    id: String,
}

/// Which ones.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    /// The id of one, to have its instructions whole.
    #[serde(default)]
    id: Option<String>,
}

/// So many letters of instructions are listed.
const BEGINNING: usize = 200;

/// Its place in the log, so that the same call does the same once.
fn made_by(place: &Place<'_>) -> String {
    format!("{}-{}-{}", place.conversation, place.turn, place.number)
}

fn from<'a>(place: &'a Place<'_>, made_by: &'a str) -> From<'a> {
    // What was read in an earlier question is still before the model, and what it asks for goes on alone.
    From { made_by, used: place.used, tainted: place.heard }
}

pub(super) fn spawn(nexus: &Nexus, place: &Place<'_>, asked: Spawn) -> Result<Did, String> {
    let Spawn { task, tools, max_turns, tier } = asked;
    let tier = tier.unwrap_or_default().tier();
    let task =
        nexus.new_subagent(&task, tools, max_turns, tier, from(place, "")).map_err(|error| failed(&error))?;
    Ok(Did::HandsOver(Box::new(task)))
}

pub(super) async fn message(nexus: &Nexus, place: &Place<'_>, asked: Message) -> Result<Did, String> {
    let Message { id, message } = asked;
    let task = nexus.known_subagent(place.actor, &id, &message, from(place, "")).await;
    Ok(Did::HandsOver(Box::new(task.map_err(|error| failed(&error))?)))
}

pub(super) async fn create(nexus: &Nexus, place: &Place<'_>, asked: Create) -> Outcome {
    let Create { id, name, description, instructions, skills, tools, max_turns: turns, tier } = asked;
    let wish = Wish {
        name: Some(name),
        description: Some(description),
        instructions: Some(instructions),
        tools,
        all_tools: false,
        skills,
        turns,
        tier: tier.map(Model::tier),
    };
    let made_by = made_by(place);
    let made = nexus.create_subagent(place.actor, &id, wish, from(place, &made_by)).await;
    made.map_err(|error| failed(&error))?;
    Ok(format!("{id} is there; subagent_message has it do something."))
}

pub(super) async fn update(nexus: &Nexus, place: &Place<'_>, asked: Update) -> Outcome {
    let Update { id, name, description, instructions, skills, tools, max_turns: turns, tier } = asked;
    let tier = tier.map(Model::tier);
    let wish = Wish { name, description, instructions, tools, all_tools: false, skills, turns, tier };
    let made_by = made_by(place);
    let changed = nexus.update_subagent(place.actor, &id, wish, from(place, &made_by)).await;
    changed.map_err(|error| failed(&error))?;
    Ok(format!("{id} is changed, from its next task on."))
}

pub(super) async fn list(nexus: &Nexus, place: &Place<'_>, asked: Listed) -> Outcome {
    let mut all = nexus.subagents(place.actor).await.map_err(|error| failed(&error))?;
    // Whole for one; of all of them it would be cut.
    let letters = if asked.id.is_some() { usize::MAX } else { BEGINNING };
    all.retain(|one| asked.id.as_ref().is_none_or(|id| one.id == *id));
    if all.is_empty() {
        return Ok("There is no subagent.".to_owned());
    }
    let shown: Vec<_> = all
        .iter()
        .map(|one| {
            let from = if one.brief.tainted { MARK.1 } else { "agent" };
            json!({ "id": one.id, "name": one.brief.name, (MARK.0): from, "description": one.description,
                "instructions": one.brief.instructions.chars().take(letters).collect::<String>(), "tools": one.brief.tools, "skills": one.brief.skills,
                "max_turns": one.brief.turns, "tier": one.brief.tier, "runs": one.runs, "running": one.running,
                "last": one.last_at.map(|at| wall(at, &nexus.time_zone)) })
        })
        .collect();
    serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
}

pub(super) async fn delete(nexus: &Nexus, place: &Place<'_>, asked: Which) -> Outcome {
    match nexus.delete_subagent(place.actor, &asked.id).await {
        Ok(()) => Ok("Deleted. What it has done is in the person's archived conversations.".to_owned()),
        // A call that is repeated after a death finds it done.
        Err(Error::UnknownSubagent) => Ok("There is no subagent of that id any more.".to_owned()),
        Err(error) => Err(failed(&error)),
    }
}

fn failed(error: &Error) -> String {
    match error {
        Error::Invalid(_) | Error::Conflict(_) | Error::UnknownSubagent | Error::TooMany(_) => {
            error.to_string()
        }
        _ => {
            tracing::warn!(error = livos_service::chain(error), "subagents failed");
            "subagents can't be used just now; the server's log says why".to_owned()
        }
    }
}
