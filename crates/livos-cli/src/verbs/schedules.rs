//! `livos assistant schedules`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::SchedulesProxy;
use livos_bus::schedules::{ScheduleInfo, ScheduleState, SchedulesReply};

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
                    return "Nothing is scheduled. Ask for it: `livos ask \"remind me in 2 hours to …\"`."
                        .to_owned();
                }
                let head = ["ID", "TASK", "WHEN", "NEXT (UTC)", "LAST"];
                table(&head, all.iter().map(row).collect())
            })?;
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
    let when =
        if one.cron.is_empty() { "once".to_owned() } else { format!("{} ({})", one.cron, one.time_zone) };
    let next = match (&one.problem, one.paused, one.next_at) {
        (Some(problem), ..) => problem.clone(),
        (None, true, _) => "paused".to_owned(),
        (None, false, Some(at)) => time(at),
        (None, false, None) => "over".to_owned(),
    };
    let last = match one.last {
        None => String::new(),
        Some(ScheduleState::Running) => "at work".to_owned(),
        Some(ScheduleState::Done) => "answered".to_owned(),
        Some(ScheduleState::Failed) => "failed".to_owned(),
        Some(ScheduleState::Stopped) => "stopped".to_owned(),
    };
    let task: String = one.task.chars().take(60).collect();
    vec![one.id.clone(), task, when, next, last]
}
