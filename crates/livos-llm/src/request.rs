//! What a model is asked.

use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Error;

/// A question: the whole conversation, every time.
///
/// Calls without a result and results without a call are mended before they are sent, and thinking that another
/// provider signed is left out, so a conversation may change its model at any message.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// What the model is told before anybody speaks.
    pub system: String,
    /// The conversation, oldest first; the last one is a person's or tool results.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// How hard the model is to think.
    pub thinking: Thinking,
    /// Which model of those there are; one that is alone answers to every tier.
    pub tier: Tier,
    /// Where it ends.
    pub limits: Limits,
}

/// One turn of a conversation. It is made to be stored: what reads it back is the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "from", content = "parts", rename_all = "snake_case")]
pub enum Message {
    /// What a person said.
    Person(Vec<PersonPart>),
    /// What the model said: [`crate::Collected::parts`].
    Answer(Vec<AnswerPart>),
    /// What came of the calls of the answer before it.
    Results(Vec<ToolResult>),
}

impl Message {
    /// A person's words.
    #[must_use]
    pub fn person(text: impl Into<String>) -> Self {
        Self::Person(vec![PersonPart::Text(text.into())])
    }
}

/// A piece of what a person said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum PersonPart {
    /// Words.
    Text(String),
    /// A picture.
    Image(Image),
}

/// A piece of what a model said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum AnswerPart {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// Thinking, to be given back unchanged to whoever signed it.
    Thinking {
        /// The words, which a provider may keep to itself.
        text: String,
        /// Without one it is for people to read only.
        signature: Option<Signature>,
    },
    /// A tool call.
    Call(ToolCall),
}

/// A whole tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Names the call within the conversation.
    pub call: String,
    /// The tool's name. Nobody has yet looked whether there is such a tool.
    pub name: String,
    /// Always a JSON object.
    pub arguments: serde_json::Value,
    /// Some providers sign the call and not the thinking before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Signature>,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    /// Which call.
    pub call: String,
    /// What the model is told.
    pub parts: Vec<ResultPart>,
    /// Whether the tool failed.
    #[serde(default)]
    pub failed: bool,
}

impl ToolResult {
    /// What a tool said.
    #[must_use]
    pub fn text(call: impl Into<String>, text: impl Into<String>) -> Self {
        Self { call: call.into(), parts: vec![ResultPart::Text(text.into())], failed: false }
    }

    /// Why a tool failed.
    #[must_use]
    pub fn failure(call: impl Into<String>, text: impl Into<String>) -> Self {
        Self { failed: true, ..Self::text(call, text) }
    }
}

/// A piece of a tool's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum ResultPart {
    /// Words.
    Text(String),
    /// A picture; a provider that takes none in results is told that there was one.
    Image(Image),
}

/// A picture.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Which kind of file it is.
    pub mime: ImageKind,
    /// The file.
    #[serde(with = "as_base64")]
    pub bytes: Bytes,
}

impl Image {
    pub(crate) fn base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(&self.bytes)
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Image({}, {} bytes)", self.mime.as_str(), self.bytes.len())
    }
}

/// The kinds of picture that every provider takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImageKind {
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// GIF; providers look at the first frame.
    #[serde(rename = "image/gif")]
    Gif,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
}

impl ImageKind {
    /// As in a `Content-Type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
}

/// Proof of who thought something. What it says inside is its issuer's business.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Who can check it; nobody else is sent it.
    pub issuer: Issuer,
    /// The proof.
    pub value: String,
}

/// Who signs thinking, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Issuer {
    /// Anthropic's messages.
    Anthropic,
    /// Anthropic's messages, where the words are kept and the proof is all there is.
    AnthropicRedacted,
    /// OpenAI's responses.
    Responses,
    /// Gemini.
    Gemini,
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// Its name: `[a-zA-Z0-9_-]`, at most 64.
    pub name: String,
    /// What it does and when to use it, for the model.
    pub description: String,
    /// The JSON Schema of its arguments, an object.
    pub schema: serde_json::Value,
}

/// How hard to think before answering. A model that can't think just answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// As the provider thinks best.
    #[default]
    Unset,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// A lot.
    High,
}

/// How good a model is wanted, for what it costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// Fast and cheap: titles, summaries, sorting.
    Quick,
    /// The everyday one.
    #[default]
    Standard,
    /// The best there is.
    Deep,
}

/// Where an answer ends, whatever the other side does. Past a time there is [`Error::TimedOut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most tokens to write, thinking included.
    pub output_tokens: u32,
    /// Until the connection stands.
    pub connect: Duration,
    /// From the question to the first byte of the answer: a local model may have to be loaded first.
    pub first: Duration,
    /// The longest silence within the answer.
    pub silence: Duration,
    /// From the question to the end of the answer; each attempt has its own.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            output_tokens: 8192,
            connect: Duration::from_secs(10),
            first: Duration::from_secs(120),
            silence: Duration::from_secs(60),
            whole: Duration::from_secs(600),
        }
    }
}

impl Request {
    /// What can't be sent to anybody.
    pub(crate) fn validate(&self) -> Result<(), Error> {
        let name_fits = |tool: &Tool| {
            (1..=64).contains(&tool.name.len())
                && tool.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
                && tool.schema.is_object()
        };
        match self.messages.last() {
            Some(Message::Person(_) | Message::Results(_)) => {}
            _ => {
                return Err(Error::Request("a conversation ends with a question or with results".to_owned()));
            }
        }
        match self.tools.iter().find(|tool| !name_fits(tool)) {
            Some(tool) => Err(Error::Request(format!(
                "{:?} is not a tool's name, or its schema is no object",
                tool.name
            ))),
            None => Ok(()),
        }
    }
}

mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Bytes::from).map_err(D::Error::custom)
    }
}
