//! A run once more, from its log alone: no model is asked and no tool is used.
//!
//! What comes next in a run is a function of the steps before it, and so is what a model is told. So a run can be gone
//! through step by step afterwards, and each step held against what it had to be; what a model was told is made again and
//! compared with the digest that stands in the log since it was asked.

use livos_bus::Actor;
use livos_bus::assistant::{Replay, ReplayCheck, ReplayStep};
use livos_llm::Message;
use sha2::{Digest as _, Sha256};

use super::Nexus;
use super::progress::{self, Bounds, Next};
use super::step::{Ending, Entry, Step};
use super::{context, page, tools};
use crate::error::Error;

/// What stands for all that a model is told of a conversation.
pub(crate) fn digest(messages: &[Message]) -> Result<String, Error> {
    let text = serde_json::to_vec(messages).map_err(|error| Error::Write("a question", error))?;
    Ok(Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Nexus {
    /// Goes through a run of this person's once more.
    pub(crate) async fn replay(&self, actor: &Actor, run: i64) -> Result<Replay, Error> {
        let found = self.store.run_of(actor.user.as_str(), run).await?;
        let (conversation, cause) = found.ok_or(Error::UnknownRun)?;
        let entries = self.store.steps(&conversation, 0).await?;
        let steps = again(&entries, run, cause == "schedule", &self.bounds, &self.time_zone)?;
        let same = steps.iter().all(|step| step.check != ReplayCheck::Differs);
        let over = entries.iter().any(|entry| entry.run == run && matches!(entry.step, Step::Ended { .. }));
        Ok(Replay { run, conversation, same, over, steps })
    }
}

/// Each step of a run, and whether it is what had to come.
pub(crate) fn again(
    entries: &[Entry],
    run: i64,
    scheduled: bool,
    bounds: &Bounds,
    time_zone: &str,
) -> Result<Vec<ReplayStep>, Error> {
    let mut steps = Vec::new();
    let mut begun = false;
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.run == run) {
        let before = entries.get(..index).unwrap_or_default();
        let follows = if begun { follows(&progress::next(before, run, bounds), &entry.step) } else { true };
        begun = true;
        let mut check = if follows { ReplayCheck::Follows } else { ReplayCheck::Differs };
        if let (true, Step::Turn { told, upto, .. }) = (follows, &entry.step) {
            check = match told {
                // It was written before digests were.
                None => ReplayCheck::Unchecked,
                Some(told) => {
                    let known = before.iter().position(|entry| entry.seq > *upto).unwrap_or(before.len());
                    let known = before.get(..known).unwrap_or_default();
                    let known = if scheduled { context::recent(known) } else { known };
                    let same = digest(&context::messages(known, time_zone))? == *told;
                    if same { ReplayCheck::Same } else { ReplayCheck::Differs }
                }
            };
        }
        steps.push(ReplayStep { seq: entry.seq, at: entry.at, what: in_words(&entry.step), check });
    }
    Ok(steps)
}

/// Whether a step is one that may come where this is next.
fn follows(next: &Next, step: &Step) -> bool {
    match step {
        // Whatever it comes between: a title, what a subagent tells, what is taken back after the end.
        Step::Titled { .. } | Step::Reported { .. } => true,
        Step::Asked { .. } => false,
        Step::Turn { .. } => matches!(next, Next::Ask),
        // An open question reads like one that nobody answered any more.
        Step::Answered { .. } | Step::BrokenOff { .. } => matches!(next, Next::NoteInterruption),
        Step::Result { call, .. } => match next {
            Next::Call(_, calls) => calls.iter().any(|(_, known)| known.call == *call),
            Next::Wait(..) => true,
            _ => false,
        },
        Step::HandedOver { call, .. } => {
            matches!(next, Next::Call(_, calls) if calls.iter().any(|(_, known)| known.call == *call))
        }
        // A call becomes one, and what becomes of it is written down whenever that is known: while other calls are still
        // done, before the next question, and after the end.
        Step::Proposal { .. } => {
            matches!(next, Next::Call(..) | Next::Wait(..) | Next::Ask | Next::Over)
        }
        Step::Condensing { .. } => matches!(next, Next::Ask | Next::Condense),
        Step::Condensed { .. } => matches!(next, Next::Ask | Next::Condense | Next::NoteCondensed(..)),
        // A stop, a limit of time and an empty budget may come at any question; what was done well ends where it had to.
        Step::Ended { how: Ending::Done, .. } => matches!(next, Next::End(Ending::Done, _)),
        Step::Ended { .. } => !matches!(next, Next::Over | Next::NoteInterruption),
    }
}

fn in_words(step: &Step) -> String {
    match step {
        Step::Asked { text, pictures, .. } if pictures.is_empty() => format!("asked: {}", short(text)),
        Step::Asked { text, pictures, .. } => {
            format!("asked, with pictures ({}): {}", pictures.len(), short(text))
        }
        Step::Titled { title } => format!("titled {}", short(title)),
        Step::Turn { model, .. } => format!("{model} was asked"),
        Step::Answered { parts, .. } => {
            let calls: Vec<String> = progress::calls(parts).map(|call| call.name).collect();
            match (page::text_of(parts), calls.is_empty()) {
                (text, true) => format!("it answered: {}", short(&text)),
                (_, false) => format!("it called {}", calls.join(", ")),
            }
        }
        Step::BrokenOff { by, .. } => format!("it broke off ({by:?})"),
        Step::Result { call, failed, text, .. } => {
            format!("{call} {}: {}", if *failed { "failed" } else { "answered" }, short(text))
        }
        Step::HandedOver { name, .. } => format!("handed over to {}", short(name)),
        Step::Reported { name, .. } => format!("{} told how far it is", short(name)),
        Step::Proposal { proposal, .. } => {
            format!("{}: {}", short(&proposal.summary), proposal.state.as_str())
        }
        Step::Condensing { .. } => "a model was asked to shorten notes".to_owned(),
        Step::Condensed { .. } => "older steps were left out, and notes told instead".to_owned(),
        Step::Ended { how, .. } => format!("ended ({how:?})"),
    }
}

/// The beginning of a text, on one line.
fn short(text: &str) -> String {
    let line = tools::bounded(text.split_whitespace().collect::<Vec<_>>().join(" "));
    line.chars().filter(|letter| !letter.is_control()).take(100).collect()
}
