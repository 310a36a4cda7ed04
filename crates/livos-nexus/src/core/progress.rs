//! What a run has to do next, from what it has done. Pure, so that a run that was killed goes on exactly as one
//! that was not.

use livos_bus::approvals::Proposal;
use livos_bus::assistant::Problem;
use livos_llm::{AnswerPart, ToolCall};

use super::problem;
use super::step::{Break, Ending, Entry, Step};

/// Where a run ends, whatever the model wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Times a model is asked.
    pub(crate) turns: usize,
    /// Tokens read and written in all.
    pub(crate) tokens: u64,
    /// Tool calls of one answer.
    pub(crate) calls: usize,
    /// How long it may be at work without a break, in seconds.
    pub(crate) seconds: u64,
    /// How long one tool may take, in seconds.
    pub(crate) tool_seconds: u64,
    /// Tokens, as they are estimated, that a model is told at once before older messages are condensed.
    pub(crate) told: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        // Those of the installations before this one, but for the last: it leaves several turns of the 200,000 tokens,
        // and fits every larger model. One that takes less says so.
        Self { turns: 30, tokens: 200_000, calls: 16, seconds: 600, tool_seconds: 30, told: 64_000 }
    }
}

/// The next thing to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    /// Write down that the daemon died while the model spoke.
    NoteInterruption,
    /// Do what the model called for: the turn, and each call with its place in it.
    Call(i64, Vec<(usize, ToolCall)>),
    /// Wait for what becomes of these proposals, and what subagents say: their conversations and runs.
    Wait(Vec<Proposal>, Vec<(String, i64)>),
    /// Ask the model.
    Ask,
    /// Tell it less, since it was too much.
    Condense,
    /// Write down that the daemon died while a model shortened notes: the step that asked, and what is left out.
    NoteCondensed(i64, i64),
    /// Nothing more.
    End(Ending, Option<Problem>),
    /// It has ended.
    Over,
}

/// Looks at the steps of one run.
pub(crate) fn next(entries: &[Entry], run: i64, bounds: &Bounds) -> Next {
    let (mut turns, mut tokens, mut turn) = (0, 0_u64, 0);
    let mut open = false;
    let (mut condensing, mut too_long) = (None, false);
    let mut ended = None;
    let mut pending: Vec<(usize, ToolCall)> = Vec::new();
    let mut proposed: Vec<(&str, &Proposal)> = Vec::new();
    let mut handed: Vec<(&str, (&str, i64))> = Vec::new();
    for entry in entries.iter().filter(|entry| entry.run == run) {
        match &entry.step {
            Step::Asked { .. } | Step::Titled { .. } | Step::Reported { .. } => {}
            Step::Turn { .. } => {
                (turns, turn, open) = (turns + 1, entry.seq, true);
                too_long = false;
                ended = None;
            }
            Step::Answered { parts, usage, .. } => {
                open = false;
                tokens = tokens.saturating_add(total(usage));
                pending = calls(parts).enumerate().collect();
                proposed.clear();
                handed.clear();
                if pending.is_empty() {
                    ended = Some(Next::End(Ending::Done, None));
                }
            }
            Step::BrokenOff { usage, by, .. } => {
                open = false;
                tokens = tokens.saturating_add(total(usage));
                ended = match by {
                    Break::Stopped => Some(Next::End(Ending::Stopped, None)),
                    Break::Failed => Some(Next::End(Ending::Failed, None)),
                    Break::Interrupted | Break::TooLong | Break::Elsewhere | Break::Unseen => None,
                };
                too_long = *by == Break::TooLong;
            }
            Step::Condensing { upto, .. } => condensing = Some((entry.seq, *upto)),
            Step::Condensed { usage, .. } => {
                tokens = tokens.saturating_add(total(usage));
                (condensing, too_long) = (None, false);
            }
            Step::Result { call, .. } => {
                if let Some(place) = pending.iter().position(|(_, pending)| pending.call == *call) {
                    pending.remove(place);
                }
                proposed.retain(|(proposed, _)| proposed != call);
                handed.retain(|(handed, _)| handed != call);
            }
            Step::HandedOver { call, conversation, run, .. } => handed.push((call, (conversation, *run))),
            Step::Proposal { call, proposal } => {
                proposed.retain(|(proposed, _)| proposed != call);
                // What is over has its result beside it; what is taken back later concerns nobody here.
                if proposal.state.is_open() {
                    proposed.push((call, proposal));
                }
            }
            Step::Ended { .. } => return Next::Over,
        }
    }
    if open {
        return Next::NoteInterruption;
    }
    if let Some((seq, upto)) = condensing {
        return Next::NoteCondensed(seq, upto);
    }
    if let Some(end) = ended {
        return end;
    }
    pending.retain(|(_, call)| {
        let waits = |of: &str| of == call.call;
        !proposed.iter().any(|(of, _)| waits(of)) && !handed.iter().any(|(of, _)| waits(of))
    });
    if !pending.is_empty() {
        return Next::Call(turn, pending);
    }
    if !proposed.is_empty() || !handed.is_empty() {
        return Next::Wait(
            proposed.into_iter().map(|(_, proposal)| proposal.clone()).collect(),
            handed.into_iter().map(|(_, (conversation, run))| (conversation.to_owned(), run)).collect(),
        );
    }
    let limit = |what: String| Next::End(Ending::Failed, Some(problem::limit(what)));
    if turns >= bounds.turns {
        return limit(format!(
            "Nexus stopped after {turns} steps without an end; ask for a smaller piece of it"
        ));
    }
    if tokens >= bounds.tokens {
        return limit(format!("Nexus stopped after {tokens} tokens; ask for a smaller piece of it"));
    }
    if too_long { Next::Condense } else { Next::Ask }
}

/// The calls of an answer.
pub(crate) fn calls(parts: &[AnswerPart]) -> impl Iterator<Item = ToolCall> {
    parts.iter().filter_map(|part| match part {
        AnswerPart::Call(call) => Some(call.clone()),
        AnswerPart::Text { .. } | AnswerPart::Thinking { .. } => None,
    })
}

/// Everything that was read and written.
pub(crate) fn total(usage: &livos_llm::Usage) -> u64 {
    [usage.input, usage.cached, usage.cache_written, usage.output].into_iter().fold(0, u64::saturating_add)
}
