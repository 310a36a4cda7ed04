//! `livos assistant replay`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::ChatProxy;
use livos_bus::assistant::{Replay, ReplayCheck, ReplayStep};

use super::apps::read;
use crate::bus::Bus;
use crate::output::{Output, table, time};

/// Fails where a step is not what had to come, so that a script can tell.
pub(super) async fn run(bus: &Bus, run: i64, output: Output) -> Result<ExitCode> {
    let chat = ChatProxy::new(&bus.connection).await?;
    let again: Replay = read(chat.replay(&bus.actor, run).await?).await?;
    output.print(&again, page)?;
    Ok(if again.same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn page(again: &Replay) -> String {
    let steps = table(&["STEP", "AT (UTC)", "WHAT", "AGAIN"], again.steps.iter().map(row).collect());
    let how = match (again.same, again.over) {
        (true, true) => "Every step is the one that had to come.",
        (true, false) => "Every step until now is the one that had to come.",
        (false, _) => "Not every step is the one that had to come.",
    };
    format!("{steps}\n{how}")
}

fn row(step: &ReplayStep) -> Vec<String> {
    let check = match step.check {
        ReplayCheck::Follows => "follows",
        ReplayCheck::Same => "told the same",
        ReplayCheck::Differs => "DIFFERS",
        ReplayCheck::Unchecked => "follows; what it was told was not kept then",
    };
    vec![step.seq.to_string(), time(step.at), step.what.clone(), check.to_owned()]
}
