//! `livos assistant undo`

use std::process::ExitCode;

use anyhow::Result;
use futures_util::StreamExt as _;
use livos_bus::approvals::{UndoAgreed, UndoPlan, UndoState, UndoStep};
use livos_bus::{ChatProxy, Document, WebApprovalsProxy};

use super::apps::{ask, can_ask, read};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::output::{Output, plain, table};

pub(super) async fn run(bus: &Bus, run: i64, dry_run: bool, yes: bool, output: Output) -> Result<ExitCode> {
    let edge = WebApprovalsProxy::new(&bus.connection).await?;
    let plan: UndoPlan = read(edge.undo_plan(run).await?).await?;
    let agreed = ready(&plan);
    if dry_run || agreed.is_empty() {
        output.print(&plan.steps, |steps| list(steps))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !yes {
        if !can_ask(output) {
            return Err(Usage(format!("{}Agree with --yes", list(&plan.steps))).into());
        }
        eprint!("{}", list(&plan.steps));
        if !matches!(ask("Put back what is ready? [y/N] ")?.to_lowercase().as_str(), "y" | "yes") {
            return Err(Usage("not done".to_owned()).into());
        }
    }
    // Before it begins, so that no change is missed.
    let chat = ChatProxy::new(&bus.connection).await?;
    let mut changes = chat.receive_conversation_changed_with_args(&[(0, bus.actor.user.as_str())]).await?;
    edge.undo(run, Document::json(&agreed)?).await?;
    loop {
        let now: UndoPlan = read(edge.undo_plan(run).await?).await?;
        let mine: Vec<UndoStep> =
            now.steps.into_iter().filter(|step| agreed.iter().any(|agreed| agreed.id == step.id)).collect();
        if mine.iter().all(|step| step.state != UndoState::Working) {
            output.print(&mine, |steps| list(steps))?;
            let all = mine.iter().all(|step| step.state == UndoState::Undone);
            return Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        anyhow::ensure!(changes.next().await.is_some(), "the connection to LivOS ended");
    }
}

/// What can be put back, exactly as it is shown.
fn ready(plan: &UndoPlan) -> Vec<UndoAgreed> {
    let ready = plan.steps.iter().filter(|step| step.state == UndoState::Ready);
    ready.filter_map(|step| Some(UndoAgreed { id: step.id.clone(), undo: step.undo.clone()? })).collect()
}

fn list(steps: &[UndoStep]) -> String {
    if steps.is_empty() {
        return "This run changed nothing.\n".to_owned();
    }
    let row = |step: &UndoStep| {
        let undo = step.undo.as_ref().map(|undo| format!("{} {}", undo.tool, undo.arguments));
        let how = if step.why.is_empty() { undo.unwrap_or_default() } else { step.why.clone() };
        vec![plain(&step.summary), step.state.as_str().to_owned(), plain(&how)]
    };
    table(&["WHAT WAS DONE", "STATE", "HOW IT IS PUT BACK, OR WHY NOT"], steps.iter().map(row).collect())
}
