//! What is to be asked later.

use livos_bus::schedules::{EventKind, ScheduleEvent};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Nothing, Outcome, Place};
use crate::core::Nexus;
use crate::core::schedules::{Asked, Change, When, wall};
use crate::core::strangers::MARK;
use crate::error::Error;

/// What to ask, and when: with `delay` and `unit`, or `at`, or `cron`, or `on` and `subject`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cron {
    /// What you will be asked then, as the person would say it, with everything that has to be known to do it.
    task: String,
    /// In how many of `unit`, once.
    #[serde(default)]
    delay: Option<u32>,
    /// The unit of `delay`.
    #[serde(default)]
    unit: Unit,
    /// Once at this time on the clock of `timezone`, written 2026-11-28T08:00.
    #[serde(default)]
    at: Option<String>,
    /// Again and again: minute, hour, day of the month, month, day of the week; "0 8 * * MON-FRI".
    #[serde(default)]
    cron: Option<String>,
    /// Whenever this happens on the server.
    #[serde(default)]
    on: Option<On>,
    /// Of `on`: the id of the app, or the name of the container or unit; any without it. Of journal_line it is needed,
    /// written “UNIT PRIORITY: WORDS”, where unit and priority may be left out: “caddy.service err: no space left”,
    /// “: out of memory”.
    #[serde(default)]
    subject: Option<String>,
    /// Where the clock hangs, as Europe/Berlin; the server's own without it.
    #[serde(default)]
    timezone: Option<String>,
}

/// What can happen.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum On {
    AppProblem,
    AppStopped,
    AppStarted,
    AppUpdate,
    ContainerStopped,
    ContainerUnhealthy,
    UnitFailed,
    JournalLine,
}

impl On {
    fn event(self, subject: Option<String>) -> ScheduleEvent {
        let kind = match self {
            Self::AppProblem => EventKind::AppProblem,
            Self::AppStopped => EventKind::AppStopped,
            Self::AppStarted => EventKind::AppStarted,
            Self::AppUpdate => EventKind::AppUpdate,
            Self::ContainerStopped => EventKind::ContainerStopped,
            Self::ContainerUnhealthy => EventKind::ContainerUnhealthy,
            Self::UnitFailed => EventKind::UnitFailed,
            Self::JournalLine => EventKind::JournalLine,
        };
        ScheduleEvent { kind, subject: subject.unwrap_or_default() }
    }
}

#[derive(Debug, Default, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    #[default]
    Minutes,
    Hours,
    Days,
}

impl Unit {
    /// How long so many of them are, in seconds.
    pub(super) fn seconds(self, count: u32) -> i64 {
        let one = match self {
            Self::Minutes => 60,
            Self::Hours => 60 * 60,
            Self::Days => 24 * 60 * 60,
        };
        i64::from(count).saturating_mul(one)
    }
}

/// The one of these that was given.
pub(super) fn when(
    delay: Option<u32>,
    unit: Unit,
    at: Option<String>,
    cron: Option<String>,
    on: Option<On>,
    subject: Option<String>,
) -> Result<When, String> {
    match (delay, at, cron, on) {
        (Some(delay), None, None, None) => Ok(When::In(unit.seconds(delay))),
        (None, Some(at), None, None) => Ok(When::At(at)),
        (None, None, Some(cron), None) => Ok(When::Cron(cron)),
        (None, None, None, Some(on)) => Ok(When::Event(on.event(subject))),
        _ => Err("give one of delay, at, cron and on".to_owned()),
    }
}

/// Which one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Its id, as schedule_list says it.
    id: String,
}

pub(super) async fn create(nexus: &Nexus, place: &Place<'_>, asked: Cron) -> Outcome {
    if place.scheduled {
        // Else it could go on for ever, with nobody there to see it.
        return Err("what was scheduled cannot schedule more; say what the person may ask for".to_owned());
    }
    let when = when(asked.delay, asked.unit, asked.at, asked.cron, asked.on, asked.subject)?;
    let time_zone = asked.timezone.unwrap_or_else(|| nexus.time_zone.clone());
    // Its place in the log, so that the same call is the same schedule.
    let id = format!("{}-{}-{}", place.conversation, place.turn, place.number);
    let later = Asked {
        id,
        conversation: place.conversation,
        task: &asked.task,
        when,
        time_zone: &time_zone,
        // What was read in an earlier question is still before the model, and what it asks for runs alone.
        tainted: place.heard,
        subagent: None,
        follows: &[],
    };
    let made = nexus.schedule(place.actor, later).await.map_err(|error| failed(&error))?;
    let first = wall(made.first_at, &made.time_zone);
    if let Some(event) = &made.event {
        return Ok(format!(
            "Scheduled as {}: {}, at most every five minutes. The answers will be in this conversation.",
            made.id,
            in_words(event)
        ));
    }
    let again = if made.is_repeated() { "and then again and again" } else { "once" };
    Ok(format!("Scheduled as {}: {first}, {again}. The answer will be in this conversation.", made.id))
}

/// When something comes that waits for this.
pub(super) fn in_words(event: &ScheduleEvent) -> String {
    let of = if event.subject.is_empty() { "anything" } else { event.subject.as_str() };
    format!("whenever {} is true of {of}", event.kind.as_str())
}

pub(super) async fn list(nexus: &Nexus, place: &Place<'_>, _: Nothing) -> Outcome {
    let all = nexus.schedules(place.actor).await.map_err(|error| failed(&error))?;
    let foreign = nexus.foreign_schedules(place.actor).await.map_err(|error| failed(&error))?;
    if all.is_empty() {
        return Ok("Nothing is scheduled.".to_owned());
    }
    let shown: Vec<_> = all
        .iter()
        .map(|one| {
            let from = if foreign.contains(&one.id) { MARK.1 } else { "agent" };
            json!({ "id": one.id, "task": one.task, (MARK.0): from, "cron": one.cron, "paused": one.paused,
                "subagent": one.subagent, "on": one.event, "next": one.next_at.map(|at| wall(at, &one.time_zone)),
                "last": one.last_at.map(|at| wall(at, &one.time_zone)), "outcome": one.last })
        })
        .collect();
    serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
}

pub(super) async fn remove(nexus: &Nexus, place: &Place<'_>, asked: Which) -> Outcome {
    nexus.change_schedule(place.actor, &asked.id, Change::Remove).await.map_err(|error| failed(&error))?;
    Ok("Removed.".to_owned())
}

pub(super) fn failed(error: &Error) -> String {
    match error {
        Error::Invalid(_) | Error::Conflict(_) | Error::UnknownSchedule | Error::UnknownSubagent => {
            error.to_string()
        }
        _ => {
            tracing::warn!(error = livos_service::chain(error), "schedules failed");
            "schedules can't be used just now; the server's log says why".to_owned()
        }
    }
}
