//! How well recall finds what it should: a file of conversations with questions, and what came of it.
//!
//! A question is hit at k when at least one of its evidence turns is among the turns of the first k finds.

use std::collections::BTreeMap;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use crate::store::{Memory, NewEntry, Origin};
use crate::{EmbedError, Embedder, Error, Meaning, Query, Strategy, Unembedded};

const DEPTHS: [usize; 4] = [1, 5, 10, 20];

#[derive(Debug, Deserialize)]
struct File {
    conversations: Vec<Conversation>,
}

#[derive(Debug, Deserialize)]
struct Conversation {
    id: Name,
    sessions: Vec<Session>,
    #[serde(default)]
    questions: Vec<Question>,
}

#[derive(Debug, Deserialize)]
struct Session {
    id: Name,
    #[serde(default)]
    at: Moment,
    turns: Vec<Turn>,
}

#[derive(Debug, Deserialize)]
struct Turn {
    id: Name,
    #[serde(default)]
    speaker: String,
    text: String,
}

#[derive(Debug, Deserialize)]
struct Question {
    text: String,
    #[serde(default)]
    category: Name,
    #[serde(default)]
    evidence: Vec<Name>,
}

/// An id, written as a text or a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "serde_json::Value")]
struct Name(String);

impl From<serde_json::Value> for Name {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::String(text) => Self(text),
            serde_json::Value::Null => Self::default(),
            other => Self(other.to_string()),
        }
    }
}

/// A time: UTC seconds, or a date with or without a time. What cannot be read is no time.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(from = "serde_json::Value")]
struct Moment(Option<i64>);

impl From<serde_json::Value> for Moment {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Number(number) => Self(number.as_i64()),
            serde_json::Value::String(text) => Self(moment(text.trim())),
            _ => Self(None),
        }
    }
}

fn moment(text: &str) -> Option<i64> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.timestamp());
    }
    for format in ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
            return Some(moment.and_utc().timestamp());
        }
    }
    for format in ["%I:%M %p on %d %B, %Y", "%I:%M %p on %d %B %Y", "%d %B %Y %H:%M"] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
            return Some(moment.and_utc().timestamp());
        }
    }
    for format in ["%Y-%m-%d", "%d %B, %Y", "%d %B %Y", "%B %d, %Y", "%Y/%m/%d"] {
        if let Ok(date) = NaiveDate::parse_from_str(text, format) {
            return Some(date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp());
        }
    }
    None
}

/// Hits as shares of the questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shares {
    /// How many questions were counted.
    pub questions: usize,
    /// The share hit by the first find.
    #[serde(rename = "hit@1")]
    pub hit_1: f64,
    /// The share hit within five.
    #[serde(rename = "hit@5")]
    pub hit_5: f64,
    /// The share hit within ten.
    #[serde(rename = "hit@10")]
    pub hit_10: f64,
    /// The share hit within twenty.
    #[serde(rename = "hit@20")]
    pub hit_20: f64,
}

/// What an evaluation found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Over all questions.
    #[serde(flatten)]
    pub all: Shares,
    /// Questions without evidence that is in the file: not counted.
    pub skipped: usize,
    /// The median time of a search, in milliseconds.
    pub p50_ms: f64,
    /// The 95th percentile of the time of a search, in milliseconds.
    pub p95_ms: f64,
    /// The longest, in milliseconds: the first after vectors were let go, as a rule.
    pub max_ms: f64,
    /// By the category of the question.
    pub by_category: BTreeMap<String, Shares>,
}

#[derive(Default)]
struct Count {
    questions: usize,
    hits: [usize; DEPTHS.len()],
}

impl Count {
    fn add(&mut self, depth: Option<usize>) {
        self.questions += 1;
        for (hits, limit) in self.hits.iter_mut().zip(DEPTHS) {
            *hits += usize::from(depth.is_some_and(|depth| depth < limit));
        }
    }

    fn shares(&self) -> Shares {
        #[expect(clippy::cast_precision_loss, reason = "a share, not a count")]
        let share = |hits: usize| {
            if self.questions == 0 { 0.0 } else { hits as f64 / self.questions as f64 }
        };
        let [hit_1, hit_5, hit_10, hit_20] = self.hits.map(share);
        Shares { questions: self.questions, hit_1, hit_5, hit_10, hit_20 }
    }
}

/// Remembers each conversation of a file by itself, asks its questions, and counts.
///
/// With an embedder every turn gets a vector first; whoever measures wants to know when it fails.
pub async fn run(
    json: &[u8],
    strategy: Strategy,
    embedder: Option<&dyn Embedder>,
) -> Result<Report, EmbedError> {
    let file: File = serde_json::from_slice(json).map_err(Error::Conversations)?;
    let mut all = Count::default();
    let mut categories: BTreeMap<String, Count> = BTreeMap::new();
    let (mut skipped, mut times) = (0, Vec::new());
    for conversation in &file.conversations {
        let memory = Memory::in_memory().await?;
        let last = remember(&memory, conversation).await?;
        let mut next = None;
        while let Some(embedder) = embedder {
            let progress = memory.embed_some(embedder, next).await?;
            next = progress.next;
            if next.is_none() {
                break;
            }
        }
        let known: std::collections::HashSet<&str> = conversation
            .sessions
            .iter()
            .flat_map(|session| &session.turns)
            .map(|turn| turn.id.0.as_str())
            .collect();
        for question in &conversation.questions {
            if !question.evidence.iter().any(|turn| known.contains(turn.0.as_str())) {
                skipped += 1;
                continue;
            }
            let query =
                Query { person: "one", text: &question.text, limit: 20, now: last, strategy, embedder };
            let begun = Instant::now();
            let found = memory.search(&query).await?;
            if let Meaning::Failed(why) = found.meaning {
                return Err(Unembedded::new(why).into());
            }
            times.push(begun.elapsed().as_secs_f64() * 1_000.0);
            let is_evidence = |turn: &str| question.evidence.iter().any(|evidence| evidence.0 == turn);
            let depth = found.hits.iter().position(|hit| match strategy {
                Strategy::Single => is_evidence(&hit.entry.turn),
                _ => hit.turns().any(is_evidence),
            });
            all.add(depth);
            categories.entry(question.category.0.clone()).or_default().add(depth);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times.get((times.len() * part / 100).min(times.len().saturating_sub(1)));
    Ok(Report {
        all: all.shares(),
        skipped,
        p50_ms: at(50).copied().unwrap_or_default(),
        p95_ms: at(95).copied().unwrap_or_default(),
        max_ms: times.last().copied().unwrap_or_default(),
        by_category: categories.into_iter().map(|(name, count)| (name, count.shares())).collect(),
    })
}

/// Puts a conversation into memory; the time of its last session.
async fn remember(memory: &Memory, conversation: &Conversation) -> Result<i64, Error> {
    let (mut entries, mut at) = (Vec::new(), 0);
    for session in &conversation.sessions {
        // A session that does not say when it was comes after the one before.
        at = session.at.0.unwrap_or(at);
        for (position, turn) in session.turns.iter().enumerate() {
            // Nothing was said: a picture, say. It has a place, but there is nothing to remember.
            if turn.text.trim().is_empty() {
                continue;
            }
            entries.push(NewEntry {
                person: "one".to_owned(),
                source: conversation.id.0.clone(),
                session: session.id.0.clone(),
                position: i64::try_from(position).unwrap_or(i64::MAX),
                turn: turn.id.0.clone(),
                speaker: turn.speaker.clone(),
                text: turn.text.clone(),
                at,
                origin: Origin::Owner,
                importance: 0.5,
            });
        }
    }
    memory.add(&entries).await?;
    Ok(at)
}
