//! A person's subagents: what each is told, what it has done, and what it is to do later.

use serde::{Deserialize, Serialize};
use zbus::Type;

use crate::schedules::{ScheduleInfo, ScheduleState};

/// A person's subagents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubagentsReply {
    /// By name, without instructions and history.
    pub subagents: Vec<SubagentInfo>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubagentInfo {
    /// Its id, which its person gave it.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it is told beside each task; in a list it is left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instructions: String,
    /// The only tools it has; without it, those that its person's conversations have, as far as a subagent can have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// The only skills it has; without it, its person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skills: Option<Vec<String>>,
    /// How often its model is asked in one run.
    pub turns: u32,
    /// A stranger may have had a say in what it is told.
    pub tainted: bool,
    /// The conversation in which it works.
    pub conversation: String,
    /// UTC seconds.
    pub created_at: i64,
    /// How often it was asked.
    pub runs: i64,
    /// When it was asked last, UTC seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<i64>,
    /// How that went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ScheduleState>,
    /// What it said; in a list only the beginning.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub last_result: String,
    /// It is at work, or waits for its turn or an answer.
    pub running: bool,
    /// What it is to do later, and its loop.
    pub schedules: Vec<ScheduleInfo>,
    /// What it has done, the latest first; in a list it is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<SubagentRun>,
}

/// Something a subagent has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubagentRun {
    /// The number of the run.
    pub run: i64,
    /// When it was taken up, UTC seconds.
    pub at: i64,
    /// What was asked.
    pub task: String,
    /// How it stands.
    pub state: ScheduleState,
    /// What it said, as Markdown.
    pub result: String,
}

/// What one is to be from its next task on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SubagentRequest {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it is told beside each task.
    pub instructions: String,
    /// It has all tools that a subagent can have.
    pub all_tools: bool,
    /// The only tools it has otherwise.
    pub tools: Vec<String>,
    /// How often its model is asked in one run.
    pub turns: u32,
}
