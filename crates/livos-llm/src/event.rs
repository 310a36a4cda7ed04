//! What comes back, piece by piece.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Error, Signature, ToolCall};

/// One piece of an answer. [`crate::Answer`] says in which order they come.
#[derive(Debug, Clone)]
pub enum Event {
    /// An attempt began to answer; `model` is who.
    ///
    /// Usage that was told before belongs to an attempt that came to nothing, and was paid for.
    Started {
        /// The name of the model that answers, see [`crate::Model::name`].
        model: String,
    },
    /// An attempt failed before it said anything; another is made after `wait`.
    Retrying {
        /// Why the last one failed.
        after: Error,
        /// How long until the next.
        wait: Duration,
        /// Who is asked next.
        model: String,
    },
    /// More of the answer.
    Text(String),
    /// More of the thinking before it.
    Thinking(String),
    /// The thinking so far is whole, and this proves whose it is; without it, it can't be given back.
    ///
    /// May come without any [`Event::Thinking`]: some providers keep the words and give only the proof.
    ThinkingSigned(Signature),
    /// The model began to call a tool.
    CallStarted {
        /// Names the call within the conversation.
        call: String,
        /// The tool's name.
        name: String,
    },
    /// More of a call's arguments: a piece of JSON that means nothing by itself.
    CallArguments {
        /// Which call.
        call: String,
        /// The next piece.
        text: String,
    },
    /// A whole call. Its arguments are a JSON object, but nobody has yet looked whether they fit the tool's schema.
    CallComplete(ToolCall),
    /// What this attempt has used so far; a later one replaces an earlier one of the same attempt.
    ///
    /// Not every provider tells.
    Usage(Usage),
    /// The answer is whole.
    Stopped(StopReason),
}

impl Event {
    /// Whether it is a piece of the answer itself, after which there is no second attempt.
    #[must_use]
    pub fn is_said(&self) -> bool {
        match self {
            Self::Text(_)
            | Self::Thinking(_)
            | Self::ThinkingSigned(_)
            | Self::CallStarted { .. }
            | Self::CallArguments { .. }
            | Self::CallComplete(_) => true,
            Self::Started { .. } | Self::Retrying { .. } | Self::Usage(_) | Self::Stopped(_) => false,
        }
    }
}

/// Tokens, each counted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Read by the model, apart from the two below.
    pub input: u64,
    /// Read by the model from its provider's cache.
    pub cached: u64,
    /// Read by the model and written to its provider's cache.
    pub cache_written: u64,
    /// Written by the model, thinking included.
    pub output: u64,
}

/// Why a whole answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model had said everything.
    End,
    /// The model waits for the results of its tool calls.
    ToolCalls,
    /// The limit on output tokens was reached: the text is cut short, and a call that was cut short is left out.
    Limit,
}
