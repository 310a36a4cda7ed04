//! What the agent's conversations look like to whoever shows them: documents, and one request.

use serde::{Deserialize, Serialize};
use zbus::Type;

use crate::approvals::Proposal;
use crate::spending::KnownPrice;

/// A key on its way to where it is sealed. It is never printed.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[zbus(signature = "s")]
pub struct ProviderKey(pub String);

impl std::fmt::Debug for ProviderKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ProviderKey(…)")
    }
}

/// A provider of models as an admin sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ProviderRequest {
    /// Its name for us: letters, digits and dashes.
    pub id: String,
    /// How it is spoken to: `anthropic`, `chat_completions`, `responses` or `gemini`.
    pub dialect: String,
    /// What people call it.
    pub label: String,
    /// Where it is: `https://api.anthropic.com`.
    pub base_url: String,
    /// The model to use there.
    pub model: String,
    /// The key; `""` keeps the one there is.
    pub key: ProviderKey,
}

/// How much of a model is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// A quick one.
    Fast,
    /// The one that answers if nobody says otherwise.
    #[default]
    Usual,
    /// The best there is.
    Best,
}

impl Tier {
    /// As it is said.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Usual => "usual",
            Self::Best => "best",
        }
    }

    /// The one of that name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Fast, Self::Usual, Self::Best].into_iter().find(|tier| tier.as_str() == name)
    }

    /// Whether it is nothing special.
    pub fn is_usual(&self) -> bool {
        *self == Self::Usual
    }
}

/// What came of going through a step once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReplayCheck {
    /// It is one that had to come there.
    Follows,
    /// And the model was told, letter by letter, what the log before it makes.
    Same,
    /// It is not.
    Differs,
    /// It was written before this could be known.
    Unchecked,
}

/// Derives what every document has, and a schema when the edge wants one.
macro_rules! document {
    ($($(#[$meta:meta])* pub $what:ident $name:ident { $($body:tt)* })*) => {
        $(
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            $(#[$meta])*
            pub $what $name { $($body)* }
        )*
    };
}

document! {
    /// Whether the assistant can answer.
    pub struct AssistantStatus {
        /// `ready`, `no_provider` or `unavailable`.
        pub state: String,
        /// Who answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub model: Option<ModelName>,
        /// Who answers where a conversation asks for another tier.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub tiers: Vec<TierModel>,
    }

    /// The model of a tier.
    pub struct TierModel {
        /// Which tier.
        pub tier: Tier,
        /// The provider's id.
        pub provider: String,
        /// The model's name there.
        pub model: String,
    }

    /// A model at a provider.
    pub struct ModelName {
        /// The provider's id.
        pub provider: String,
        /// The model's name there.
        pub model: String,
    }

    /// The providers there are, and ones that are easily added.
    pub struct ProvidersReply {
        /// Set up.
        pub providers: Vec<ProviderInfo>,
        /// To begin with.
        pub presets: Vec<ProviderPreset>,
    }

    /// Who makes vectors of what is remembered, so that it is found by meaning as well; and who could.
    pub struct EmbeddingsReply {
        /// Who does; nobody to begin with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub embeddings: Option<EmbeddingsInfo>,
        /// Providers that are set up and can.
        pub candidates: Vec<VectorProvider>,
    }

    /// Who makes vectors, and how far that is.
    pub struct EmbeddingsInfo {
        /// The provider's id, or `this-server`.
        pub provider: String,
        /// The model that makes them.
        pub model: String,
        /// When it last did, UTC seconds.
        pub checked_at: i64,
        /// What went wrong since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub problem: Option<Problem>,
        /// So much is remembered, of everybody.
        pub entries: u64,
        /// So much of it has a vector of this model.
        pub embedded: u64,
        /// How often it was asked this month.
        pub calls: u64,
        /// The tokens that took, as far as it says.
        pub tokens: u64,
    }

    /// A provider that can make vectors.
    pub struct VectorProvider {
        /// Its name for us.
        pub id: String,
        /// What people call it.
        pub label: String,
        /// Where it is; nothing for this server itself.
        pub base_url: String,
    }

    /// A provider of models. Its key is never answered.
    pub struct ProviderInfo {
        /// Its name for us.
        pub id: String,
        /// `anthropic`, `chat_completions`, `responses` or `gemini`.
        pub dialect: String,
        /// What people call it.
        pub label: String,
        /// Where it is.
        pub base_url: String,
        /// The model in use.
        pub model: String,
        /// `set` or `none`.
        pub key: String,
        /// It is the one that answers.
        pub default: bool,
        /// It answers where that is asked for; `usual` for nothing special.
        #[serde(default, skip_serializing_if = "Tier::is_usual")]
        pub tier: Tier,
        /// When it last answered as it should, UTC seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub checked_at: Option<i64>,
        /// What went wrong since.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub problem: Option<Problem>,
        /// What the model costs; without it, nobody here knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub price: Option<KnownPrice>,
    }

    /// A provider that is known beforehand.
    pub struct ProviderPreset {
        /// Its name for us.
        pub id: String,
        /// What people call it.
        pub label: String,
        /// `anthropic`, `chat_completions`, `responses` or `gemini`.
        pub dialect: String,
        /// Where it is.
        pub base_url: String,
        /// Models to choose from; others can be typed.
        pub models: Vec<String>,
        /// It wants a key.
        pub needs_key: bool,
    }

    /// A person's conversations, the latest first.
    pub struct ConversationsReply {
        /// All of them, archived ones too.
        pub conversations: Vec<ConversationInfo>,
    }

    /// A conversation in the list.
    pub struct ConversationInfo {
        /// Its id.
        pub id: String,
        /// Its title; `""` until something was said.
        pub title: String,
        /// Kept on top.
        pub pinned: bool,
        /// Put away.
        pub archived: bool,
        /// UTC seconds.
        pub updated_at: i64,
        /// An answer is being made.
        pub running: bool,
        /// It waits for the person to say whether something may be done.
        pub asks: bool,
        /// The subagent that works here; without one, it is a conversation of the person's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub subagent: Option<String>,
        /// Which model answers here.
        #[serde(default, skip_serializing_if = "Tier::is_usual")]
        pub tier: Tier,
        /// How hard it thinks: `low`, `medium` or `high`; without it, as its provider thinks best.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        pub thinking: String,
    }

    /// A run once more, made from its log: no model was asked for it, and no tool used.
    pub struct Replay {
        /// The run.
        pub run: i64,
        /// The conversation it is part of.
        pub conversation: String,
        /// Every step is the one that had to come, and what models were told is what the log says.
        pub same: bool,
        /// It has ended.
        pub over: bool,
        /// Its steps, in order.
        pub steps: Vec<ReplayStep>,
    }

    /// A step of it.
    pub struct ReplayStep {
        /// Its place in the conversation's log.
        pub seq: i64,
        /// UTC seconds.
        pub at: i64,
        /// What was done, in a line.
        pub what: String,
        /// Whether it is what it had to be.
        pub check: ReplayCheck,
    }

    /// All that a tool said, as far as it is kept.
    pub struct WholeResult {
        /// Its name in the conversation.
        pub reference: String,
        /// What it said; cut in the middle beyond a mebibyte.
        pub text: String,
    }

    /// A conversation with all that was said.
    pub struct Conversation {
        /// Its line in the list.
        #[serde(flatten)]
        pub info: ConversationInfo,
        /// Where to follow on from.
        pub seq: i64,
        /// What was said and done, in order; what the running answer has so far, too.
        pub items: Vec<Item>,
        /// Messages that wait for the running answer to end.
        pub queued: Vec<QueuedMessage>,
    }

    /// A message that waits.
    pub struct QueuedMessage {
        /// The run it will begin.
        pub run: i64,
        /// What was written.
        pub text: String,
        /// What was shown with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub pictures: Vec<Picture>,
        /// UTC seconds.
        pub at: i64,
    }

    /// A picture that a person gave. Its bytes are had by its id.
    #[derive(Eq)]
    pub struct Picture {
        /// Its name in the conversation, made of its bytes.
        pub id: String,
        /// What its bytes say it is: `image/png`, `image/jpeg`, `image/webp` or `image/gif`.
        pub kind: String,
        /// How many bytes it has.
        pub size: u64,
        /// In pixels.
        pub width: u32,
        /// In pixels.
        pub height: u32,
    }

    /// Something that was said or done. The same `key` again replaces what was there; a new one comes last.
    #[serde(tag = "kind", rename_all = "snake_case")]
    pub enum Item {
        /// The person wrote.
        Person {
            /// Tells it from other items.
            key: String,
            /// The step of the log that it stands at.
            seq: i64,
            /// The run it began.
            run: i64,
            /// What was written.
            text: String,
            /// What was shown with it.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pictures: Vec<Picture>,
            /// UTC seconds.
            at: i64,
            /// It was not written now, but scheduled.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            scheduled: Option<Scheduled>,
            /// The person did not write it, but the assistant did, in this conversation.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            asked_in: Option<String>,
        },
        /// The assistant's words.
        Answer {
            /// Tells it from other items.
            key: String,
            /// The step of the log that it stands at.
            seq: i64,
            /// The run it is part of.
            run: i64,
            /// Markdown.
            text: String,
            /// UTC seconds.
            at: i64,
            /// How far it is.
            state: AnswerState,
            /// Why it is not whole.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            problem: Option<Problem>,
            /// What it cost.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            usage: Option<Usage>,
        },
        /// What the assistant thought before it spoke.
        Thinking {
            /// Tells it from other items.
            key: String,
            /// The step of the log that it stands at.
            seq: i64,
            /// The run it is part of.
            run: i64,
            /// Its words.
            text: String,
        },
        /// A tool was used.
        Tool {
            /// Tells it from other items.
            key: String,
            /// The step of the log that it stands at.
            seq: i64,
            /// The run it is part of.
            run: i64,
            /// The model's name for this use.
            call: String,
            /// The tool.
            name: String,
            /// One line for people: "Read the log of jellyfin".
            summary: String,
            /// What it was given.
            #[cfg_attr(feature = "openapi", schema(value_type = Object))]
            input: serde_json::Value,
            /// How far it is.
            state: ToolState,
            /// What it said; cut when it is long.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            output: Option<String>,
            /// The name of the whole, when that is kept.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            kept: Option<String>,
            /// How long it took.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            duration_ms: Option<u64>,
            /// Why it failed.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            problem: Option<Problem>,
            /// What it would have done, when that is not the agent's to do.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            proposal: Option<Box<Proposal>>,
            /// Who works on it, when that is a subagent.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            subagent: Option<SubagentWork>,
        },
        /// A subagent says something that nobody waits for: what came of what was scheduled, or how far it is.
        Report {
            /// Tells it from other items.
            key: String,
            /// The step of the log that it stands at.
            seq: i64,
            /// The run it is part of; 0 for none.
            run: i64,
            /// UTC seconds.
            at: i64,
            /// Who says it.
            by: SubagentWork,
            /// Its words, as Markdown.
            text: String,
            /// It did not come to an end.
            failed: bool,
            /// It goes on.
            progress: bool,
        },
        /// From here on the model was told notes of older messages and not those themselves. They are all still here.
        Condensed {
            /// Tells it from other items.
            key: String,
            /// The step of the log that it stands at.
            seq: i64,
            /// The run it is part of.
            run: i64,
            /// UTC seconds.
            at: i64,
            /// The notes.
            text: String,
            /// Questions, answers and tools that they stand for.
            messages: u64,
            /// A model shortened them.
            shortened: bool,
            /// What that cost.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            usage: Option<Usage>,
        },
    }

    /// What a subagent does for another conversation.
    #[derive(Eq)]
    pub struct SubagentWork {
        /// What it is called.
        pub name: String,
        /// The conversation that it works in.
        pub conversation: String,
        /// The run in it.
        pub run: i64,
        /// It has ended and changed something.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub changed: bool,
    }

    /// When something scheduled was to come.
    #[derive(Copy, Eq)]
    pub struct Scheduled {
        /// UTC seconds.
        pub due_at: i64,
        /// It came much later, because the server was off then or it was paused.
        pub late: bool,
    }

    /// Why something did not work out.
    pub struct Problem {
        /// `key_refused`, `rate_limited`, `unreachable`, `model_missing`, `limit`, `interrupted` or `internal`.
        pub code: String,
        /// What happened, and what to do.
        pub message: String,
        /// Seconds to wait before trying again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub retry_after: Option<u64>,
    }

    /// What one answer took.
    #[derive(Copy)]
    pub struct Usage {
        /// Tokens read by the model.
        pub input: u64,
        /// Tokens written by it.
        pub output: u64,
        /// Millionths of a US dollar; without it, the price is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cost: Option<u64>,
    }
}

/// How far an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerState {
    /// It is being written.
    Streaming,
    /// It is whole.
    Done,
    /// The person stopped it.
    Stopped,
    /// It broke off; the problem says why.
    Failed,
}

/// How far the use of a tool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ToolState {
    /// It is at work.
    Running,
    /// It has answered.
    Done,
    /// It has not; the problem says why.
    Failed,
}
