//! What the agent is to be asked later, once or again and again.

use serde::{Deserialize, Serialize};
use zbus::Type;

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
    /// What has to happen for it to come, if it is no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<ScheduleEvent>,
    /// When it comes next, UTC seconds; without it, it is paused or over, or waits for something to happen.
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

/// Something that a schedule waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleEvent {
    /// What.
    pub kind: EventKind,
    /// To what: an app's id, a container's name, a unit's name; `""` for any. Of the journal `UNIT PRIORITY: WORDS`.
    pub subject: String,
}

/// What can happen on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// An app has a problem.
    AppProblem,
    /// An app was stopped.
    AppStopped,
    /// An app runs.
    AppStarted,
    /// A store offers a newer version of an installed app.
    AppUpdate,
    /// A container runs no more.
    ContainerStopped,
    /// A container's own check fails.
    ContainerUnhealthy,
    /// A unit of systemd failed.
    UnitFailed,
    /// A line with these words was written to the journal.
    JournalLine,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::AppProblem,
        Self::AppStopped,
        Self::AppStarted,
        Self::AppUpdate,
        Self::ContainerStopped,
        Self::ContainerUnhealthy,
        Self::UnitFailed,
        Self::JournalLine,
    ];

    /// As it is said.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AppProblem => "app_problem",
            Self::AppStopped => "app_stopped",
            Self::AppStarted => "app_started",
            Self::AppUpdate => "app_update",
            Self::ContainerStopped => "container_stopped",
            Self::ContainerUnhealthy => "container_unhealthy",
            Self::UnitFailed => "unit_failed",
            Self::JournalLine => "journal_line",
        }
    }

    /// The one of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A line of the journal that somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct JournalRule {
    /// What it is called in what comes.
    pub id: String,
    /// The unit that writes it; `""` for any.
    pub unit: String,
    /// It is at least as bad: 0 is the worst and 7 the least.
    pub priority: u8,
    /// What is in it, whatever the capitals.
    pub text: String,
}

/// One that was written. They come over a pipe, each as JSON on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// The rule.
    pub id: String,
    /// The unit that wrote it; `""` for none.
    pub unit: String,
    /// The beginning of it: whoever's words.
    pub line: String,
    /// Others before it, which came too soon after one that was told.
    pub left_out: u32,
}

/// What is to be asked later; exactly one of `delay`, `at`, `cron`, `event` and `every` says when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
pub struct ScheduleRequest {
    /// What is to be asked.
    pub task: String,
    /// In so many seconds, once; 0 for none.
    pub delay: i64,
    /// Once at this time on the wall: `2026-11-28T08:00`.
    pub at: String,
    /// Again and again.
    pub cron: String,
    /// Where the clock hangs: `Europe/Berlin`; `""` for the server's own.
    pub time_zone: String,
    /// When this happens: the name of an [`EventKind`].
    pub event: String,
    /// To what it happens; `""` for any.
    pub subject: String,
    /// The subagent that is asked; `""` for the assistant itself.
    pub subagent: String,
    /// Of a loop of a subagent: seconds from the end of one run to the next; 0 for none.
    pub every: i64,
    /// Of a loop: runs in all.
    pub most: u32,
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
