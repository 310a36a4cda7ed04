//! What people see of a conversation: the steps folded into items.

use std::collections::HashMap;

use livos_bus::approvals::Proposal;
use livos_bus::assistant::{AnswerState, Item, Problem, SubagentWork, ToolState, Usage};
use livos_llm::{AnswerPart, StopReason};

use super::problem;
use super::progress::calls;
use super::step::{Break, Condensed, Ending, Entry, How, Step};
use super::tools;

/// A change that a watcher is told of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// An item is new, or not what it was.
    Item(Box<Item>),
    /// Whether an answer is being made.
    Running(bool),
    /// The conversation has another title.
    Title(String),
}

/// The items of a conversation up to some step.
#[derive(Debug, Default)]
pub(crate) struct Page {
    items: Vec<Item>,
    places: HashMap<String, usize>,
    /// Tool items by run and call; the latest wins.
    calls: HashMap<(i64, String), usize>,
    /// The turn that the steps have reached.
    turn: i64,
    /// It has its answer.
    settled: bool,
    /// The last step of the run said already how it ended.
    said: bool,
    /// The last step.
    pub(crate) seq: i64,
}

impl Page {
    /// The items of these steps.
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut page = Self::default();
        for entry in entries {
            page.apply(entry);
        }
        page
    }

    /// All items, in order.
    pub(crate) fn into_items(self) -> Vec<Item> {
        self.items
    }

    /// True while what is streamed for this turn is not settled here.
    pub(crate) fn awaits(&self, turn: i64) -> bool {
        turn > self.turn || (turn == self.turn && !self.settled)
    }

    /// Takes the next step.
    pub(crate) fn apply(&mut self, entry: &Entry) -> Vec<Change> {
        self.seq = entry.seq;
        let (seq, run, at) = (entry.seq, entry.run, entry.at);
        let said = std::mem::take(&mut self.said);
        match &entry.step {
            Step::Asked { text, pictures, scheduled, by } => {
                let (key, text) = (format!("r{run}"), text.clone());
                let asked_in = by.as_ref().map(|by| by.conversation.clone());
                let pictures = pictures.clone();
                let item =
                    Item::Person { key, seq, run, text, pictures, at, scheduled: *scheduled, asked_in };
                vec![Change::Running(true), self.put(format!("r{run}"), item)]
            }
            Step::Titled { title } => vec![Change::Title(title.clone())],
            Step::Turn { .. } => {
                (self.turn, self.settled) = (seq, false);
                Vec::new()
            }
            Step::Answered { parts, usage, cost, stop } => {
                self.settled = true;
                self.answered(entry, parts, spent(*usage, *cost), *stop)
            }
            Step::BrokenOff { by: Break::TooLong, .. } => {
                // It is asked again with less, and what is left out then says so.
                self.settled = true;
                Vec::new()
            }
            Step::BrokenOff { text, thinking, usage, cost, by, problem } => {
                // What was interrupted, or is asked of another, is no end of the run.
                (self.settled, self.said) =
                    (true, !matches!(by, Break::Interrupted | Break::Elsewhere | Break::Unseen));
                let state = if *by == Break::Stopped { AnswerState::Stopped } else { AnswerState::Failed };
                let mut changes = self.thought(entry, thinking);
                let usage = spent(*usage, *cost);
                let end = Said { text: text.clone(), state, problem: problem.clone(), usage };
                changes.push(self.answer(answer_key(self.turn), entry, end));
                changes
            }
            Step::Result { call, text, failed, duration_ms, changed, kept, .. } => {
                let whole = kept.clone();
                let said = Came { text, failed: *failed, took: *duration_ms, changed: *changed, whole };
                self.result(entry, call, said).into_iter().collect()
            }
            Step::Proposal { call, proposal } => {
                // Taken back after the run has ended: how that was said stands.
                self.said = said;
                self.proposed(entry, call, proposal).into_iter().collect()
            }
            Step::HandedOver { call, name, conversation, run } => {
                let (name, conversation) = (name.clone(), conversation.clone());
                let work = SubagentWork { name, conversation, run: *run, changed: false };
                self.handed_over(entry, call, work).into_iter().collect()
            }
            Step::Reported { name, conversation, run: of, text, failed, progress, .. } => {
                // Whatever it comes between.
                self.said = said;
                let key = format!("p{seq}");
                let (name, conversation) = (name.clone(), conversation.clone());
                let by = SubagentWork { name, conversation, run: *of, changed: false };
                let (text, failed, progress) = (text.clone(), *failed, *progress);
                let item = Item::Report { key: key.clone(), seq, run, at, by, text, failed, progress };
                vec![self.put(key, item)]
            }
            Step::Condensing { .. } => Vec::new(),
            Step::Condensed { condensed, usage, cost } => {
                let Condensed { text, messages, how, .. } = condensed.clone();
                let (key, usage) = (format!("c{seq}"), spent(*usage, *cost));
                let shortened = how == How::Shortened;
                let item =
                    Item::Condensed { key: key.clone(), seq, run, at, text, messages, shortened, usage };
                vec![self.put(key, item)]
            }
            Step::Ended { how, problem } => {
                let mut changes = Vec::new();
                if *how != Ending::Done && !said {
                    let state =
                        if *how == Ending::Stopped { AnswerState::Stopped } else { AnswerState::Failed };
                    let end = Said { text: String::new(), state, problem: problem.clone(), usage: None };
                    changes.push(self.answer(format!("e{seq}"), entry, end));
                }
                changes.push(Change::Running(false));
                changes
            }
        }
    }

    fn put(&mut self, key: String, item: Item) -> Change {
        match self.places.get(&key) {
            Some(place) => {
                if let Some(old) = self.items.get_mut(*place) {
                    *old = item.clone();
                }
            }
            None => {
                self.places.insert(key, self.items.len());
                self.items.push(item.clone());
            }
        }
        Change::Item(Box::new(item))
    }

    fn thought(&mut self, entry: &Entry, text: &str) -> Vec<Change> {
        if text.is_empty() {
            return Vec::new();
        }
        let key = thinking_key(self.turn);
        let item = Item::Thinking { key: key.clone(), seq: entry.seq, run: entry.run, text: text.to_owned() };
        vec![self.put(key, item)]
    }

    fn answer(&mut self, key: String, entry: &Entry, said: Said) -> Change {
        let item = Item::Answer {
            key: key.clone(),
            seq: entry.seq,
            run: entry.run,
            text: said.text,
            at: entry.at,
            state: said.state,
            problem: said.problem,
            usage: said.usage,
        };
        self.put(key, item)
    }

    fn answered(
        &mut self,
        entry: &Entry,
        parts: &[AnswerPart],
        usage: Option<Usage>,
        stop: StopReason,
    ) -> Vec<Change> {
        let mut changes = self.thought(entry, &thinking_of(parts));
        let text = text_of(parts);
        let calls: Vec<_> = calls(parts).collect();
        let cut = stop == StopReason::Limit && calls.is_empty();
        if !text.is_empty() || cut || calls.is_empty() {
            let state = if cut { AnswerState::Failed } else { AnswerState::Done };
            let problem = cut.then(|| {
                problem::limit(
                    "the answer reached the most that may be written at once; ask to go on with it",
                )
            });
            changes.push(self.answer(answer_key(self.turn), entry, Said { text, state, problem, usage }));
        }
        for (number, call) in calls.into_iter().enumerate() {
            let key = format!("{}.{number}", answer_key(self.turn));
            self.calls.insert((entry.run, call.call.clone()), self.items.len());
            let item = Item::Tool {
                key: key.clone(),
                seq: entry.seq,
                run: entry.run,
                summary: tools::summary(&call.name, &call.arguments),
                call: call.call,
                name: call.name,
                input: call.arguments,
                state: ToolState::Running,
                output: None,
                kept: None,
                duration_ms: None,
                problem: None,
                proposal: None,
                subagent: None,
            };
            changes.push(self.put(key, item));
        }
        changes
    }

    fn proposed(&mut self, entry: &Entry, of: &str, now: &Proposal) -> Option<Change> {
        let place = self.calls.get(&(entry.run, of.to_owned()))?;
        let item = self.items.get_mut(*place)?;
        let Item::Tool { seq, proposal, .. } = item else { return None };
        *seq = entry.seq;
        *proposal = Some(Box::new(now.clone()));
        Some(Change::Item(Box::new(item.clone())))
    }

    fn handed_over(&mut self, entry: &Entry, of: &str, work: SubagentWork) -> Option<Change> {
        let place = self.calls.get(&(entry.run, of.to_owned()))?;
        let item = self.items.get_mut(*place)?;
        let Item::Tool { seq, subagent, .. } = item else { return None };
        *seq = entry.seq;
        *subagent = Some(work);
        Some(Change::Item(Box::new(item.clone())))
    }

    fn result(&mut self, entry: &Entry, of: &str, came: Came<'_>) -> Option<Change> {
        let Came { text, failed, took, changed, whole } = came;
        let place = self.calls.get(&(entry.run, of.to_owned()))?;
        let item = self.items.get_mut(*place)?;
        let Item::Tool { seq, state, output, duration_ms, problem, subagent, kept, .. } = item else {
            return None;
        };
        *seq = entry.seq;
        *duration_ms = Some(took);
        *kept = whole;
        if let Some(work) = subagent {
            work.changed = changed;
        }
        if failed {
            *state = ToolState::Failed;
            *problem = Some(problem::of("failed", text));
        } else {
            *state = ToolState::Done;
            *output = Some(text.to_owned());
        }
        Some(Change::Item(Box::new(item.clone())))
    }
}

/// What came of a call.
struct Came<'a> {
    text: &'a str,
    failed: bool,
    took: u64,
    changed: bool,
    /// The name of the whole.
    whole: Option<String>,
}

/// What an answer item says.
struct Said {
    text: String,
    state: AnswerState,
    problem: Option<Problem>,
    usage: Option<Usage>,
}

/// Names the answer of a turn.
pub(crate) fn answer_key(turn: i64) -> String {
    format!("s{turn}")
}

/// Names the thinking of a turn.
pub(crate) fn thinking_key(turn: i64) -> String {
    format!("s{turn}t")
}

/// The words of an answer.
pub(crate) fn text_of(parts: &[AnswerPart]) -> String {
    joined(parts.iter().filter_map(|part| match part {
        AnswerPart::Text { text } => Some(text.as_str()),
        AnswerPart::Thinking { .. } | AnswerPart::Call(_) => None,
    }))
}

/// What was thought before them.
pub(crate) fn thinking_of(parts: &[AnswerPart]) -> String {
    joined(parts.iter().filter_map(|part| match part {
        AnswerPart::Thinking { text, .. } => Some(text.as_str()),
        AnswerPart::Text { .. } | AnswerPart::Call(_) => None,
    }))
}

fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn spent(usage: livos_llm::Usage, cost: Option<u64>) -> Option<Usage> {
    let input = usage.input.saturating_add(usage.cached).saturating_add(usage.cache_written);
    (input > 0 || usage.output > 0).then_some(Usage { input, output: usage.output, cost })
}
