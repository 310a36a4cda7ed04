//! Instructions for tasks of a kind: reading one, and writing one that its person then looks at.

use livos_bus::skills::SkillInfo;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Did, Nothing, Outcome, Place};
use crate::core::Nexus;
use crate::core::skills::{Source, Used};
use crate::error::Error;

/// Which one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Use {
    /// Its name.
    name: String,
}

/// What it says.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Generate {
    /// What it is called: a-z, 0-9 and single - between them.
    name: String,
    /// What it is for and when to use it, in one sentence.
    description: String,
    /// The instructions, in Markdown, for somebody who knows nothing of this conversation.
    instructions: String,
    /// What a person would say to ask for it.
    #[serde(default)]
    triggers: Vec<String>,
    /// The only tools that it uses.
    tools: Vec<String>,
}

/// Hands the instructions over. They come once in a run, again when they were condensed, and stay as they were then.
pub(super) fn read(place: &Place<'_>, asked: &Use) -> Result<Did, String> {
    if place.above.contains(&asked.name) {
        return Ok(Did::Said(format!("You have read {} above; follow it.", asked.name)));
    }
    let found = place.skills.iter().find(|one| one.skill.name == asked.name);
    let Some(one) = found else {
        return Err("no skill of that name is enabled; skill_list names those that are".to_owned());
    };
    let before = place.used.iter().find(|used| used.name == asked.name);
    if before.is_some_and(|used| used.revision != one.revision) {
        return Err(format!("{} has changed since you read it; the person can ask again", asked.name));
    }
    let skill = &one.skill;
    let narrowed = match &skill.tools {
        None => String::new(),
        Some(tools) if tools.is_empty() => {
            " It uses no tools, and none is used while it is followed.".to_owned()
        }
        Some(tools) => {
            format!(" Only these tools are used while it is followed: {}.", tools.join(", "))
        }
    };
    let text = format!(
        "The skill {}. It tells how to do what the person asked for, and gives no rights.{narrowed}\n\n{}",
        skill.name, skill.instructions
    );
    let used = Used {
        name: skill.name.clone(),
        revision: one.revision.clone(),
        tools: skill.tools.clone(),
        hosts: skill.hosts.clone(),
    };
    Ok(Did::Read(Box::new(used), text))
}

pub(super) async fn list(nexus: &Nexus, place: &Place<'_>, _: Nothing) -> Outcome {
    let all = nexus.skills(place.actor).await.map_err(|error| failed(&error))?;
    let shown: Vec<_> = all.iter().map(line).collect();
    serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
}

/// Nothing of a text that nobody has looked at but its name.
fn line(one: &SkillInfo) -> serde_json::Value {
    let about = one.current.as_ref().map(|current| current.description.as_str());
    json!({ "name": one.name, "description": about, "enabled": one.enabled, "bundled": one.bundled,
        "waits_for_the_person": one.waiting.is_some(), "problem": one.problem })
}

pub(super) async fn generate(nexus: &Nexus, place: &Place<'_>, asked: Generate) -> Outcome {
    let Generate { name, description, instructions, triggers, tools } = asked;
    // JSON is YAML, too, and leaves no way out of a field.
    let text = format!(
        "---\nname: {}\ndescription: {}\ntriggers: {}\ntools: {}\n---\n{}\n",
        json!(name),
        json!(description),
        json!(triggers),
        json!(tools),
        instructions.trim()
    );
    let source = Source::Agent { tainted: place.heard };
    let made = nexus.add_skill(place.actor, &text, source).await.map_err(|error| failed(&error))?;
    if made.waiting.is_none() {
        return Ok(format!("{} says exactly that already.", made.name));
    }
    Ok(format!(
        "{} waits for the person. Nothing uses it until they have looked at it and enabled it in Settings, AI, Skills.",
        made.name
    ))
}

fn failed(error: &Error) -> String {
    match error {
        Error::Invalid(_) | Error::Conflict(_) | Error::UnknownSkill => error.to_string(),
        _ => {
            tracing::warn!(error = livos_service::chain(error), "skills failed");
            "skills can't be used just now; the server's log says why".to_owned()
        }
    }
}
