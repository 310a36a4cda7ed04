//! What providers understand, and how they speak.

mod anthropic;
mod calls;
mod chat;
mod gemini;
mod responses;

use std::borrow::Cow;
use std::collections::VecDeque;

use bytes::Bytes;
use http::HeaderName;
use serde::{Deserialize, Serialize};

use crate::http::{Address, Sent};
use crate::{Error, Event, Request, StopReason};

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// Anthropic's messages.
    Anthropic,
    /// OpenAI's chat completions, which Ollama, OpenRouter, vLLM, llama.cpp and most others speak as well.
    ChatCompletions,
    /// OpenAI's responses, where thinking goes along with the conversation.
    Responses,
    /// Gemini.
    Gemini,
}

/// The longest name of a call that OpenAI takes back.
const CALL_ID: usize = 40;

/// A request in a dialect.
pub(crate) struct Written {
    pub(crate) path: Cow<'static, str>,
    pub(crate) body: Bytes,
}

impl Dialect {
    pub(crate) fn write(self, address: &Address, model: &str, request: &Request) -> Result<Written, Error> {
        match self {
            Self::Anthropic => anthropic::write(address, model, request),
            Self::ChatCompletions => chat::write(address, model, request),
            Self::Responses => responses::write(address, model, request),
            Self::Gemini => gemini::write(address, model, request),
        }
    }

    pub(crate) fn reader(self, request: &Request) -> Box<dyn Reader> {
        let calls = calls::Calls::after(&request.messages);
        match self {
            Self::Anthropic => Box::new(anthropic::Reading::new(calls)),
            Self::ChatCompletions => Box::new(chat::Reading::new(calls)),
            Self::Responses => Box::new(responses::Reading::new(calls)),
            Self::Gemini => Box::new(gemini::Reading::new(calls)),
        }
    }

    /// The header that the key goes into, and what stands before it.
    pub(crate) fn key_header(self) -> (HeaderName, &'static str) {
        match self {
            Self::Anthropic => (HeaderName::from_static("x-api-key"), ""),
            Self::ChatCompletions | Self::Responses => (http::header::AUTHORIZATION, "Bearer "),
            Self::Gemini => (HeaderName::from_static("x-goog-api-key"), ""),
        }
    }

    pub(crate) fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Anthropic => &[("anthropic-version", "2023-06-01")],
            Self::ChatCompletions | Self::Responses | Self::Gemini => &[],
        }
    }
}

/// Makes events of what one answer's server sends.
pub(crate) trait Reader: Send {
    /// Takes what was sent.
    fn read(&mut self, sent: &Sent, out: &mut VecDeque<Event>) -> Result<(), Said>;

    /// The body has ended; says whether the answer had, too.
    fn end(&mut self, out: &mut VecDeque<Event>) -> Result<(), Said>;
}

/// Why reading stops before the body does.
pub(crate) enum Said {
    /// All of it; the last event is out.
    Everything,
    /// The server reports a fault, in its own words.
    Fault(String),
    /// Something is wrong with it.
    Error(Error),
}

impl From<Error> for Said {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// JSON that can't be read says nothing about what it should have been.
fn parse<T: serde::de::DeserializeOwned>(data: &str) -> Result<T, Error> {
    serde_json::from_str(data)
        .map_err(|error| Error::malformed(format!("an event is no JSON of this dialect: {error}")))
}

fn body(value: &serde_json::Value) -> Bytes {
    Bytes::from(value.to_string())
}

/// Whoever calls tools waits for them, whatever the server calls it.
fn stop(reason: StopReason, called: bool) -> Event {
    Event::Stopped(if called && reason == StopReason::End { StopReason::ToolCalls } else { reason })
}

/// Other providers' names of calls may be too long; what is cut off is told apart by a sum.
fn short_call_id(call: &str) -> String {
    if call.len() <= CALL_ID {
        return call.to_owned();
    }
    // FNV-1a: it only has to tell the calls of one conversation apart, the same way each time.
    let sum = call
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("call_{sum:016x}")
}

fn refused() -> Error {
    Error::ContentRefused { message: "it stopped answering for reasons of its content rules".to_owned() }
}

fn broke_off() -> Error {
    Error::CutOff { message: "it ended before it was whole".to_owned() }
}
