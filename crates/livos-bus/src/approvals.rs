//! What the agent proposes, and what becomes of it.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;

/// Exactly what would be done. What a person agrees to and what is done are compared by it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProposedAction {
    /// The tool, which is the verb as well: `apps_restart`.
    pub tool: String,
    /// What it is done with.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub arguments: serde_json::Value,
}

impl ProposedAction {
    /// Another verb with these of the arguments.
    fn with(&self, tool: &str, arguments: &[&str]) -> Self {
        let value = |name: &&str| self.arguments.get(*name).map(|value| ((*name).to_owned(), value.clone()));
        let arguments = serde_json::Value::Object(arguments.iter().filter_map(value).collect());
        Self { tool: tool.to_owned(), arguments }
    }
}

/// How far a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProposalState {
    /// Nobody has answered it.
    Waiting,
    /// It was agreed to and is being done.
    Working,
    /// It was begun, and LivOS was stopped before it knew the end. The person is asked once more.
    Unknown,
    /// It is done.
    Done,
    /// It did not work.
    Failed,
    /// The person, or a rule of theirs, said no.
    Denied,
    /// Nobody answered in time.
    Expired,
    /// The run was stopped first.
    Withdrawn,
}

impl ProposalState {
    /// Its run waits for it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Working | Self::Unknown)
    }

    /// A person's answer is wanted.
    pub fn asks(self) -> bool {
        matches!(self, Self::Waiting | Self::Unknown)
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Working => "working",
            Self::Unknown => "unknown",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// How it stands with taking something back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Undoing {
    /// `waiting` for its turn, `working`, `done`, `failed`, or `unknown` when LivOS was stopped in the middle.
    pub state: ProposalState,
    /// What is done for it, exactly as its person agreed to it.
    pub action: ProposedAction,
    /// What is taken back together says the same here.
    pub together: String,
    /// Its turn among those, from 0.
    pub turn: u32,
    /// The job that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

impl Undoing {
    /// It is to be done, or being done.
    pub fn is_open(&self) -> bool {
        matches!(self.state, ProposalState::Waiting | ProposalState::Working)
    }
}

/// Something that the agent would like done. It is done by the edge, once, and only as it stands here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Proposal {
    /// Names it, and keeps it from being done twice.
    pub id: String,
    /// The conversation that waits for it.
    pub conversation: String,
    /// The run that waits for it.
    pub run: i64,
    /// What would be done.
    pub action: ProposedAction,
    /// The same in a line for people: "Restart Jellyfin".
    pub summary: String,
    /// On what: "Jellyfin".
    pub subject: String,
    /// Why, in the agent's words.
    pub why: String,
    /// What else is agreed to with it: what an app may reach, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The subagent that proposes it, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subagent: Option<String>,
    /// The conversation that asked that subagent and waits for it: what is forbidden there is forbidden here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_in: Option<String>,
    /// How far it is.
    pub state: ProposalState,
    /// What a stranger may have written was read before it was proposed, so a rule does not answer it.
    pub tainted: bool,
    /// UTC seconds.
    pub at: i64,
    /// Until when it can be agreed to, UTC seconds.
    pub expires_at: i64,
    /// The job that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What would take it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<ProposedAction>,
    /// It was taken back.
    pub undone: bool,
    /// How it stands with that, once somebody wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoing: Option<Undoing>,
}

impl Proposal {
    /// What takes it back: that verb with those of the arguments, or by this proposal's own id when there are none.
    pub fn inverse(&self, verb: &str, arguments: &[&str]) -> ProposedAction {
        if arguments.is_empty() {
            let arguments = serde_json::json!({ "change": self.id });
            return ProposedAction { tool: verb.to_owned(), arguments };
        }
        self.action.with(verb, arguments)
    }

    /// It is being taken back, or is to be.
    pub fn is_taken_back(&self) -> bool {
        self.undoing.as_ref().is_some_and(Undoing::is_open)
    }
}

/// What a run has changed. For the edge, which knows whether it can be put back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunChanges {
    /// The conversation it was part of.
    pub conversation: String,
    /// It has not come to its end.
    pub running: bool,
    /// What it and its subagents had done, the latest first.
    pub proposals: Vec<Proposal>,
    /// Jobs after which things are not counted as changed by somebody else: those of the same question, and those
    /// that were taken back since, with the ones that took them back.
    pub no_changes: Vec<String>,
}

/// What a run changed, and what of it can be put back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UndoPlan {
    /// The conversation.
    pub conversation: String,
    /// In the order in which they are put back: the latest first.
    pub steps: Vec<UndoStep>,
}

/// Something that a run changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UndoStep {
    /// The proposal.
    pub id: String,
    /// What was done.
    pub action: ProposedAction,
    /// The same in a line for people: "Stop Jellyfin".
    pub summary: String,
    /// On what: "Jellyfin".
    pub subject: String,
    /// What can be done about it.
    pub state: UndoState,
    /// What would put it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<ProposedAction>,
    /// Why it cannot be put back, or how putting it back went; `""` otherwise.
    pub why: String,
}

/// What can be done about something that was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UndoState {
    /// It can be put back.
    Ready,
    /// It waits for its turn, or is being put back.
    Working,
    /// It has been put back.
    Undone,
    /// It cannot be put back.
    Impossible,
}

impl UndoState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Working => "working",
            Self::Undone => "undone",
            Self::Impossible => "impossible",
        }
    }
}

/// What a person agrees to have put back, exactly as they saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UndoAgreed {
    /// The proposal.
    pub id: String,
    /// What puts it back.
    pub undo: ProposedAction,
}
/// What waits for a person's answer, or is being done with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProposalsReply {
    /// The oldest first.
    pub proposals: Vec<Proposal>,
}

/// A proposal and to whom it was made. For the edge alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenProposal {
    /// The person who talked with the agent, as they were then.
    pub actor: Actor,
    /// What is proposed to them.
    pub proposal: Proposal,
}
