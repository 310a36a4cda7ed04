//! What a person wants remembered.

use livos_memory::{Embedder, Meaning, NewEntry, Origin, Query, Strategy};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Outcome, Place};
use crate::core::Nexus;
use crate::core::strangers::MARK;

/// Where notes come from, so that they can be told from turns of conversations.
const SOURCE: &str = "notes";

/// What to look for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// What to look for, in words.
    query: String,
    /// How many finds at most, up to 20.
    #[serde(default = "usual")]
    limit: usize,
}

/// Told when meaning could not be looked for.
const ONLY_WORDS: &str = "Only words could be looked for just now, not meaning: ask again in other words.";

fn usual() -> usize {
    5
}

/// What to remember.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Add {
    /// The fact, in a sentence that can be understood by itself.
    content: String,
}

pub(super) async fn search(nexus: &Nexus, place: &Place<'_>, asked: Search) -> Outcome {
    if asked.query.trim().is_empty() || asked.query.len() > 2000 {
        return Err("ask in 1 to 2000 letters".to_owned());
    }
    let (embedder, lost) = match nexus.embedder().await {
        Ok(embedder) => (embedder, false),
        Err(_) => (None, true),
    };
    let query = Query {
        person: place.actor.user.as_str(),
        text: &asked.query,
        limit: asked.limit.clamp(1, 20),
        now: nexus.clock.now(),
        strategy: Strategy::Full,
        embedder: embedder.as_ref().map(|one| one as &dyn Embedder),
    };
    let found = nexus.memory.search(&query).await.map_err(|error| failed(&error))?;
    // Why is told where people look, in Settings; what a provider says is not for the model.
    let lost = lost || matches!(found.meaning, Meaning::Failed(_));
    let only_words = lost.then_some(ONLY_WORDS);
    if found.hits.is_empty() {
        return Ok(["Nothing about this is remembered.", only_words.unwrap_or_default()]
            .join(" ")
            .trim_end()
            .to_owned());
    }
    let shown: Vec<_> = found
        .hits
        .iter()
        .map(|hit| json!({ "text": hit.entry.text, "at": hit.entry.at, (MARK.0): hit.entry.origin }))
        .collect();
    let shown = match only_words {
        Some(note) => json!({ "found": shown, "note": note }),
        None => json!(shown),
    };
    serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
}

pub(super) async fn add(nexus: &Nexus, place: &Place<'_>, asked: Add) -> Outcome {
    let entry = NewEntry {
        person: place.actor.user.to_string(),
        source: SOURCE.to_owned(),
        // A call that is repeated after a crash finds its place taken, and adds nothing twice.
        session: place.conversation.to_owned(),
        position: place.turn.saturating_mul(1000).saturating_add(i64::try_from(place.number).unwrap_or(0)),
        turn: format!("{}.{}", place.turn, place.number),
        speaker: "Nexus".to_owned(),
        text: asked.content,
        at: nexus.clock.now(),
        // What was written after something foreign was read may be the foreigner's words, in the next run as well.
        origin: if place.heard { Origin::Untrusted } else { Origin::Agent },
        importance: 0.7,
    };
    nexus.memory.add(&[entry]).await.map_err(|error| failed(&error))?;
    nexus.unembedded.notify_one();
    Ok("Remembered.".to_owned())
}

fn failed(error: &livos_memory::Error) -> String {
    if let livos_memory::Error::Invalid(why) = error {
        return why.clone();
    }
    tracing::warn!(error = livos_service::chain(error), "memory failed");
    "the memory can't be used just now; the server's log says why".to_owned()
}
