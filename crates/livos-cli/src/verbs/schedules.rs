//! `livos assistant schedules`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::SchedulesProxy;
use livos_bus::schedules::{ScheduleEvent, ScheduleInfo, ScheduleRequest, ScheduleState, SchedulesReply};

use super::apps::read;
use crate::arguments::SchedulesVerb;
use crate::bus::Bus;
use crate::output::{Output, table, time};

pub(crate) async fn run(bus: &Bus, verb: &SchedulesVerb, output: Output) -> Result<ExitCode> {
    let schedules = SchedulesProxy::new(&bus.connection).await?;
    let (id, what) = match verb {
        SchedulesVerb::List => {
            let reply: SchedulesReply = read(schedules.list(&bus.actor).await?).await?;
            output.print(&reply.schedules, |all| {
                if all.is_empty() {
                    return "Nothing is scheduled. Ask for it, `livos ask \"remind me in 2 hours to …\"`, or `livos assistant schedules add`."
                        .to_owned();
                }
                let head = ["ID", "TASK", "WHEN", "NEXT (UTC)", "LAST"];
                table(&head, all.iter().map(row).collect())
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        SchedulesVerb::Add { task, delay, at, cron, on, every, subject, most, time_zone, agent } => {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let request = ScheduleRequest {
                task: task.clone(),
                delay: delay.map_or(0, |delay| delay.0),
                at: text(at),
                cron: text(cron),
                time_zone: text(time_zone),
                event: text(on),
                subject: text(subject),
                subagent: text(agent),
                every: every.map_or(0, |every| every.0),
                most: *most,
            };
            let made: ScheduleInfo = read(schedules.create(&bus.actor, &request).await?).await?;
            output
                .print(&made, |one| format!("Scheduled as {}: {}, next {}", one.id, when(one), next(one)))?;
            return Ok(ExitCode::SUCCESS);
        }
        SchedulesVerb::Run { id } => {
            let run = schedules.run(&bus.actor, id).await?;
            output.print(&serde_json::json!({ "run": run }), |_| {
                "It is asked now; the answer will be in its conversation.".to_owned()
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        SchedulesVerb::Pause { id } => (id, "pause"),
        SchedulesVerb::Resume { id } => (id, "resume"),
        SchedulesVerb::Remove { id } => (id, "remove"),
        SchedulesVerb::Restore { id } => (id, "restore"),
    };
    schedules.change(&bus.actor, id, what).await?;
    Ok(ExitCode::SUCCESS)
}

fn row(one: &ScheduleInfo) -> Vec<String> {
    let task: String = one.task.chars().take(60).collect();
    vec![one.id.clone(), task, when(one), next(one), last(one.last).to_owned()]
}

/// How often one comes.
pub(super) fn when(one: &ScheduleInfo) -> String {
    match (one.every, one.done, one.most) {
        (Some(every), Some(done), Some(most)) => format!("{every} s after each run, {done} of {most}"),
        _ if one.event.is_some() => one.event.as_ref().map(happens).unwrap_or_default(),
        _ if one.cron.is_empty() => "once".to_owned(),
        _ => format!("{} ({})", one.cron, one.time_zone),
    }
}

/// What has to happen for one to come.
fn happens(event: &ScheduleEvent) -> String {
    let what = event.kind.as_str().replace('_', " ");
    if event.subject.is_empty() { format!("on {what}") } else { format!("on {what}: {}", event.subject) }
}

/// When it comes, or why it does not.
pub(super) fn next(one: &ScheduleInfo) -> String {
    let goes_round = one.done.zip(one.most).is_some_and(|(done, most)| done < most);
    match (&one.problem, one.paused, one.next_at) {
        (Some(problem), ..) => problem.clone(),
        (None, true, _) => "paused".to_owned(),
        (None, false, Some(at)) => time(at),
        (None, false, None) if goes_round => "after this run".to_owned(),
        (None, false, None) if one.event.is_some() => "when it happens".to_owned(),
        (None, false, None) => "over".to_owned(),
    }
}

/// How the last run of something went.
pub(super) fn last(state: Option<ScheduleState>) -> &'static str {
    match state {
        None => "",
        Some(ScheduleState::Running) => "at work",
        Some(ScheduleState::Done) => "answered",
        Some(ScheduleState::Failed) => "failed",
        Some(ScheduleState::Stopped) => "stopped",
    }
}

#[cfg(test)]
mod tests {
    use livos_bus::schedules::EventKind;

    use super::*;
    use crate::arguments::EVENTS;

    #[test]
    fn whatever_can_happen_can_be_waited_for() {
        assert_eq!(EventKind::ALL.map(EventKind::as_str), EVENTS);
        let event = ScheduleEvent { kind: EventKind::UnitFailed, subject: "caddy.service".to_owned() };
        assert_eq!(happens(&event), "on unit failed: caddy.service");
    }
}
