//! Whether a stranger had a say in a conversation. Decided from its log alone, and in this one place, since rules,
//! memory, schedules, skills and the web all depend on it.

use std::collections::HashSet;

use livos_llm::AnswerPart;

use super::step::{Entry, Step};
use super::{subagents, tools};

/// What a kept text stands beside when a stranger may have had a say in it. No text can say so of itself: its quotation
/// marks would be escaped.
pub(crate) const MARK: (&str, &str) = ("from", "untrusted");

/// Whether anything in these steps may be a stranger's: what a tool read outside, or what was kept of that.
pub(crate) fn heard<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> bool {
    let mut quoting: HashSet<&str> = HashSet::new();
    for entry in entries {
        match &entry.step {
            Step::Answered { parts, .. } => {
                for part in parts {
                    let AnswerPart::Call(call) = part else { continue };
                    if tools::taints(&call.name) {
                        return true;
                    }
                    if quotes(&call.name) {
                        quoting.insert(call.call.as_str());
                    }
                }
            }
            // What happened that it was scheduled for may be a line that anybody wrote.
            Step::Asked { scheduled: Some(_), text, .. } if is_marked(text) => return true,
            Step::Asked { by, .. } if subagents::was_tainted(by.as_ref()) => return true,
            Step::Result { foreign: true, .. } | Step::Reported { foreign: true, .. } => return true,
            Step::Result { call, text, .. } if quoting.contains(call.as_str()) && is_marked(text) => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// The same of one run alone, with what subagents had told before it: that is said with its question.
pub(crate) fn heard_in(entries: &[Entry], run: i64) -> bool {
    let asked = |entry: &Entry| matches!(entry.step, Step::Asked { .. });
    let begins = entries.iter().position(|entry| entry.run == run && asked(entry)).unwrap_or(0);
    let before = entries.iter().take(begins).rev().take_while(|entry| !asked(entry));
    heard(before.filter(|entry| matches!(entry.step, Step::Reported { .. })))
        || heard(entries.iter().filter(|entry| entry.run == run))
}

/// Tools that say again what was kept, in this conversation or another.
pub(super) fn quotes(name: &str) -> bool {
    matches!(
        name,
        "memory_search"
            | "schedule_list"
            | "subagent_list"
            | "subagent_schedule"
            | "loop_manage"
            | "task_state"
    )
}

fn is_marked(said: &str) -> bool {
    // Where something was left out, it may have been that.
    said.contains(&format!("\"{}\": \"{}\"", MARK.0, MARK.1)) || said.contains(" bytes left out …]")
}
