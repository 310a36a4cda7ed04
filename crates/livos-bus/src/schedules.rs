//! What the agent is to be asked later, once or again and again.

use serde::{Deserialize, Serialize};

/// A person's schedules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SchedulesReply {
    /// Those that come next first.
    pub schedules: Vec<ScheduleInfo>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleInfo {
    /// Its id.
    pub id: String,
    /// The conversation in which it was asked for and where its answers are.
    pub conversation: String,
    /// What is asked.
    pub task: String,
    /// When, again and again; `""` for once.
    pub cron: String,
    /// Where the clock hangs: `Europe/Berlin`.
    pub time_zone: String,
    /// When it comes next, UTC seconds; without it, it is paused or over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<i64>,
    /// It does not come until it is resumed.
    pub paused: bool,
    /// When it came last, UTC seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<i64>,
    /// How that went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ScheduleState>,
    /// Why it did not come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The id of the subagent that is asked, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subagent: Option<String>,
    /// Of a loop: seconds from the end of one run to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<i64>,
    /// Of a loop: runs in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<i64>,
    /// Of a loop: runs that were begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<i64>,
}

/// How the last run of a schedule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ScheduleState {
    /// It waits, or is worked on, or asks for something.
    Running,
    /// It was answered.
    Done,
    /// It could not be.
    Failed,
    /// The person stopped it.
    Stopped,
}

/// One that has come and waits to be begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueSchedule {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub person: String,
}
