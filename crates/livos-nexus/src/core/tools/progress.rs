//! Keeping track of a longer task: notes for oneself, and words to whoever waits.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Did, Outcome, Place, ours};
use crate::core::Nexus;
use crate::core::schedules::wall;
use crate::core::strangers::MARK;
use crate::store::task_state::Note;

/// Notes of one conversation.
const MOST: u32 = 50;
/// The longest key, in letters.
const LONGEST_KEY: usize = 64;
/// The longest note, in bytes.
const LONGEST_NOTE: usize = 8 * 1024;
/// The longest report, in letters.
const LONGEST_REPORT: usize = 2000;

/// A note for yourself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    operation: Operation,
    /// What it is called.
    #[serde(default)]
    key: Option<String>,
    /// For save: what it says, in at most 8 KiB.
    #[serde(default)]
    data: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Save,
    Load,
    List,
    Delete,
}

/// How far it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Report {
    /// What is done and what comes next, in a sentence or two.
    message: String,
}

fn named(key: Option<String>) -> Result<String, String> {
    let key = key.unwrap_or_default();
    let count = key.chars().count();
    if count == 0 || count > LONGEST_KEY || key.chars().any(char::is_control) {
        return Err(format!("a key has 1 to {LONGEST_KEY} letters"));
    }
    Ok(key)
}

pub(super) async fn state(nexus: &Nexus, place: &Place<'_>, asked: State) -> Outcome {
    let (store, conversation) = (&nexus.store, place.conversation);
    match asked.operation {
        Operation::Save => {
            let (key, data) = (named(asked.key)?, asked.data.unwrap_or_default());
            if data.len() > LONGEST_NOTE {
                return Err("a note has at most 8 KiB; write down less, or under several keys".to_owned());
            }
            let note = Note { key, data, tainted: place.heard, at: nexus.clock.now() };
            if store.save_note(conversation, &note, MOST).await.map_err(|error| ours(&error))? {
                return Ok("Saved.".to_owned());
            }
            Err(format!("{MOST} notes are enough; delete one first"))
        }
        Operation::Load => {
            let key = named(asked.key)?;
            let notes = store.notes(conversation).await.map_err(|error| ours(&error))?;
            let note = notes.into_iter().find(|note| note.key == key);
            let Note { data, tainted, .. } = note.ok_or_else(|| format!("there is no note {key:?}"))?;
            let from = if tainted { MARK.1 } else { "agent" };
            let shown = json!({ "key": key, (MARK.0): from, "data": data });
            serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
        }
        Operation::List => {
            let notes = store.notes(conversation).await.map_err(|error| ours(&error))?;
            if notes.is_empty() {
                return Ok("There is no note.".to_owned());
            }
            let shown: Vec<_> = notes
                .iter()
                .map(|note| {
                    let from = if note.tainted { MARK.1 } else { "agent" };
                    let at = wall(note.at, &nexus.time_zone);
                    json!({ "key": note.key, (MARK.0): from, "bytes": note.data.len(), "saved": at })
                })
                .collect();
            serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
        }
        Operation::Delete => {
            let key = named(asked.key)?;
            // A call that is repeated after a death finds it done.
            store.delete_note(conversation, &key).await.map_err(|error| ours(&error))?;
            Ok("Deleted.".to_owned())
        }
    }
}

pub(super) fn report(asked: &Report) -> Result<Did, String> {
    let message = asked.message.trim();
    if message.is_empty() || message.chars().count() > LONGEST_REPORT {
        return Err(format!("a report has 1 to {LONGEST_REPORT} letters"));
    }
    Ok(Did::Reports(message.to_owned()))
}
