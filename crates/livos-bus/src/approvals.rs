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
