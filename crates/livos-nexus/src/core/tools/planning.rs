//! What subagents are to do later, and again and again.

use livos_bus::schedules::ScheduleInfo;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::schedules::{On, Unit, failed, in_words, when};
use super::{Outcome, Place};
use crate::core::Nexus;
use crate::core::schedules::{Asked, Change, When, wall};
use crate::core::strangers::MARK;

/// Runs of a loop, if nobody says how many.
const ROUNDS: u32 = 20;

/// What a subagent is to do later.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Later {
    operation: Plan,
    /// The subagent, by the id that subagent_list says.
    #[serde(default)]
    id: Option<String>,
    /// For add: what it is to do then, with everything that has to be known to do it.
    #[serde(default)]
    task: Option<String>,
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
    /// Of `on`: the id of the app, or the name of the container or unit; any without it.
    #[serde(default)]
    subject: Option<String>,
    /// Where the clock hangs, as Europe/Berlin; the server's own without it.
    #[serde(default)]
    timezone: Option<String>,
    /// For remove: the id of one schedule, as list says it; without it, all of that subagent's.
    #[serde(default)]
    schedule: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Plan {
    Add,
    Remove,
    List,
}

/// A loop.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Loop {
    operation: Rounds,
    /// The subagent, by the id that subagent_list says.
    #[serde(default)]
    id: Option<String>,
    /// For start: what it is to do each time.
    #[serde(default)]
    task: Option<String>,
    /// For start: how many of `unit` pass between two runs.
    #[serde(default)]
    interval: Option<u32>,
    /// The unit of `interval`.
    #[serde(default)]
    unit: Unit,
    /// For start: how many runs there are in all; 20 without it.
    #[serde(default)]
    max_iterations: Option<u32>,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Rounds {
    Start,
    Stop,
    List,
}

/// Its place in the log, so that the same call is the same schedule.
fn id_of(place: &Place<'_>) -> String {
    format!("{}-{}-{}", place.conversation, place.turn, place.number)
}

fn named(id: Option<String>) -> Result<String, String> {
    id.ok_or_else(|| "say which subagent, by its id".to_owned())
}

/// Has a subagent do something later, if that can be begun here.
async fn add(nexus: &Nexus, place: &Place<'_>, task: &str, asked: Asked<'_>) -> Outcome {
    if place.scheduled {
        // Else it could go on for ever, with nobody there to see it.
        return Err("what was scheduled cannot schedule more; say what the person may ask for".to_owned());
    }
    let made = nexus.schedule_subagent(place.actor, Asked { task, ..asked }).await;
    let made = made.map_err(|error| failed(&error))?;
    let first = match &made.event {
        Some(event) => in_words(event),
        None => wall(made.first_at, &made.time_zone),
    };
    let again = match &made.round {
        Some(round) => format!("and then {} s after each run, {} in all", round.every, round.most),
        None if !made.is_repeated() => "once".to_owned(),
        None => "and then again and again".to_owned(),
    };
    Ok(format!("Scheduled as {}: {first}, {again}. What comes of it is told in this conversation.", made.id))
}

pub(super) async fn schedule(nexus: &Nexus, place: &Place<'_>, asked: Later) -> Outcome {
    let Later { operation, id, task, delay, unit, at, cron, on, subject, timezone, schedule } = asked;
    match operation {
        Plan::List => list(nexus, place, id.as_deref(), false).await,
        Plan::Remove => remove(nexus, place, &named(id)?, schedule.as_deref(), false).await,
        Plan::Add => {
            let (subagent, when) = (named(id)?, when(delay, unit, at, cron, on, subject)?);
            let time_zone = timezone.unwrap_or_else(|| nexus.time_zone.clone());
            let later = asked_of(place, &subagent, when, &time_zone);
            add(nexus, place, &task.unwrap_or_default(), later).await
        }
    }
}

pub(super) async fn rounds(nexus: &Nexus, place: &Place<'_>, asked: Loop) -> Outcome {
    let Loop { operation, id, task, interval, unit, max_iterations } = asked;
    match operation {
        Rounds::List => list(nexus, place, id.as_deref(), true).await,
        Rounds::Stop => remove(nexus, place, &named(id)?, None, true).await,
        Rounds::Start => {
            let subagent = named(id)?;
            let interval = interval.ok_or("say how long it is between two runs")?;
            let when = When::Round(unit.seconds(interval), max_iterations.unwrap_or(ROUNDS));
            let later = asked_of(place, &subagent, when, &nexus.time_zone);
            add(nexus, place, &task.unwrap_or_default(), later).await
        }
    }
}

fn asked_of<'a>(place: &'a Place<'_>, subagent: &'a str, when: When, time_zone: &'a str) -> Asked<'a> {
    Asked {
        id: id_of(place),
        conversation: place.conversation,
        task: "",
        when,
        time_zone,
        // What was read in an earlier question is still before the model, and what it asks for runs alone.
        tainted: place.heard,
        subagent: Some(subagent),
        follows: place.used,
    }
}

async fn of(nexus: &Nexus, place: &Place<'_>, rounds: bool) -> Result<Vec<ScheduleInfo>, String> {
    let mut all = nexus.schedules(place.actor).await.map_err(|error| failed(&error))?;
    all.retain(|one| one.subagent.is_some() && one.every.is_some() == rounds);
    Ok(all)
}

async fn list(nexus: &Nexus, place: &Place<'_>, id: Option<&str>, rounds: bool) -> Outcome {
    let mut all = of(nexus, place, rounds).await?;
    all.retain(|one| id.is_none_or(|id| one.subagent.as_deref() == Some(id)));
    if all.is_empty() {
        return Ok("There is none.".to_owned());
    }
    let foreign = nexus.foreign_schedules(place.actor).await.map_err(|error| failed(&error))?;
    let shown: Vec<_> = all
        .iter()
        .map(|one| {
            let from = if foreign.contains(&one.id) { MARK.1 } else { "agent" };
            json!({ "schedule": one.id, "id": one.subagent, "task": one.task, (MARK.0): from, "cron": one.cron,
                "paused": one.paused, "interval_seconds": one.every, "iterations": one.done,
                "max_iterations": one.most, "next": one.next_at.map(|at| wall(at, &one.time_zone)),
                "last": one.last_at.map(|at| wall(at, &one.time_zone)), "outcome": one.last })
        })
        .collect();
    serde_json::to_string_pretty(&shown).map_err(|error| error.to_string())
}

async fn remove(
    nexus: &Nexus,
    place: &Place<'_>,
    subagent: &str,
    schedule: Option<&str>,
    rounds: bool,
) -> Outcome {
    let mut all = of(nexus, place, rounds).await?;
    all.retain(|one| {
        one.subagent.as_deref() == Some(subagent) && schedule.is_none_or(|schedule| one.id == schedule)
    });
    // A call that is repeated after a death finds it done.
    for one in &all {
        let changed = nexus.change_schedule(place.actor, &one.id, Change::Remove).await;
        changed.map_err(|error| failed(&error))?;
    }
    Ok(format!("{} removed. A run that has begun comes to its end.", all.len()))
}
