//! What is kept of a conversation: one step after the other, never changed.

use livos_bus::approvals::Proposal;
use livos_bus::assistant::{Picture, Problem, Scheduled};
use livos_llm::{AnswerPart, StopReason, Usage};
use serde::{Deserialize, Serialize};

use super::skills::Used;

/// Something that was said or done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Step {
    /// A person's message; a run begins.
    Asked {
        /// What was written.
        text: String,
        /// What was shown with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pictures: Vec<Picture>,
        /// When it was to come, if it was written long before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scheduled: Option<Scheduled>,
        /// Who asks, if it is not the person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<AskedBy>,
    },
    /// The conversation got a title.
    Titled {
        /// The title.
        title: String,
    },
    /// A model is about to be asked. Without an answer after it, the daemon died while the model spoke.
    Turn {
        /// Who is asked.
        model: String,
        /// What stands for all that it is told of the conversation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        told: Option<String>,
        /// The last step of what it is told.
        #[serde(default)]
        upto: i64,
    },
    /// The model's whole answer.
    Answered {
        /// Its parts.
        parts: Vec<AnswerPart>,
        /// What it took.
        usage: Usage,
        /// What it cost, in millionths of a dollar, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<u64>,
        /// Why it ended.
        stop: StopReason,
    },
    /// The model's answer broke off.
    BrokenOff {
        /// What there was of it.
        text: String,
        /// What it had thought.
        thinking: String,
        /// What it took, as far as was told.
        usage: Usage,
        /// What that cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<u64>,
        /// By what.
        by: Break,
        /// Why, unless the person wanted it.
        problem: Option<Problem>,
    },
    /// What came of a tool call.
    Result {
        /// The call.
        call: String,
        /// What the model is told.
        text: String,
        /// It did not work.
        failed: bool,
        /// How long it took.
        duration_ms: u64,
        /// The skill that it hands over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skill: Option<Box<Used>>,
        /// A stranger may have had a say in it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        foreign: bool,
        /// The subagent that says it changed something.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        changed: bool,
        /// The text is the beginning and the end of what is kept whole by this name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<String>,
    },
    /// A subagent works on what a call asks for; its outcome is the call's result.
    HandedOver {
        /// The call that waits for it.
        call: String,
        /// What the subagent is called.
        name: String,
        /// The conversation it works in.
        conversation: String,
        /// The run in it.
        run: i64,
    },
    /// What a subagent says that nobody waits for: what came of something that was scheduled, or how far it is.
    Reported {
        /// What the subagent is called.
        name: String,
        /// The conversation it works in.
        conversation: String,
        /// The run in it.
        run: i64,
        /// Its words.
        text: String,
        /// It did not come to an end.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        failed: bool,
        /// A stranger may have had a say in it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        foreign: bool,
        /// It goes on: this is for people to see, and models are not told of it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        progress: bool,
    },
    /// What a call proposes, as it stands from here on.
    Proposal {
        /// The call that waits for it.
        call: String,
        /// All of it.
        proposal: Box<Proposal>,
    },
    /// A model is about to be asked to shorten the notes of what is left out from here on.
    Condensing {
        /// Who is asked.
        model: String,
        /// The last step that is left out.
        upto: i64,
    },
    /// Older steps are left out of what a model is told, and notes of them are told instead. They stay in the log.
    Condensed {
        /// What stands for them.
        condensed: Condensed,
        /// What shortening the notes took.
        usage: Usage,
        /// What that cost.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cost: Option<u64>,
    },
    /// The run is over.
    Ended {
        /// How.
        how: Ending,
        /// Why, when it did not end well.
        problem: Option<Problem>,
    },
}

impl Step {
    /// Words of the person, and nothing besides.
    pub(crate) fn asked(text: String) -> Self {
        Self::Asked { text, pictures: Vec::new(), scheduled: None, by: None }
    }
}

/// A conversation whose run asks a subagent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedBy {
    /// Which.
    pub(crate) conversation: String,
    /// A stranger may have had a say in what it asks.
    pub(crate) tainted: bool,
}

/// What stands for older steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Condensed {
    /// The last step that is left out.
    pub(crate) upto: i64,
    /// What is told instead.
    pub(crate) text: String,
    /// Questions, answers and tools that it stands for.
    pub(crate) messages: u64,
    /// Where it comes from.
    pub(crate) how: How,
}

/// How older steps became fewer words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// Notes were taken by rule.
    Noted,
    /// A model shortened such notes.
    Shortened,
}

/// What breaks an answer off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Break {
    /// The person.
    Stopped,
    /// The model, or the way to it.
    Failed,
    /// The daemon died; the model is asked again.
    Interrupted,
    /// The conversation is too long for the model; it is asked again with less.
    TooLong,
    /// The provider of a tier did not answer; the usual one is asked.
    Elsewhere,
    /// The model does not take the pictures; it is asked again without them.
    Unseen,
}

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// Everything was said.
    Done,
    /// The person wanted it.
    Stopped,
    /// It could not go on.
    Failed,
}

/// A step with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// Its number in the conversation, from 1.
    pub(crate) seq: i64,
    /// The run it is part of; 0 for none.
    pub(crate) run: i64,
    /// UTC seconds.
    pub(crate) at: i64,
    /// What it is.
    pub(crate) step: Step,
}
