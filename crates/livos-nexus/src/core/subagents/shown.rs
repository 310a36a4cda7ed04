//! A person's subagents as they see them: what each has done, and what it is to do later.

use std::sync::Arc;

use livos_bus::Actor;
use livos_bus::schedules::{ScheduleInfo, ScheduleState};
use livos_bus::subagents::{SubagentInfo, SubagentRun};

use crate::core::Nexus;
use crate::core::page::text_of;
use crate::core::schedules::Change;
use crate::core::step::{Ending, Entry, Step};
use crate::error::Error;
use crate::store::subagents::Kept;

/// So many of its runs are shown.
const RUNS: usize = 50;
/// The beginning of a result in a list, in letters.
const BEGINNING: usize = 300;

impl Nexus {
    /// A person's subagents, as they are listed.
    pub(crate) async fn shown_subagents(&self, actor: &Actor) -> Result<Vec<SubagentInfo>, Error> {
        let schedules = self.schedules(actor).await?;
        let mut shown = Vec::new();
        for one in self.store.subagents(actor.user.as_str()).await? {
            let last = runs(&self.store.steps_of_last_run(&one.conversation).await?).pop();
            let mut info = info(one, &schedules);
            info.instructions.clear();
            info.last = last.as_ref().map(|run| run.state);
            info.last_result =
                last.map(|run| run.result.chars().take(BEGINNING).collect()).unwrap_or_default();
            shown.push(info);
        }
        Ok(shown)
    }

    /// One of them with all it has done.
    pub(crate) async fn shown_subagent(&self, actor: &Actor, id: &str) -> Result<SubagentInfo, Error> {
        let one = self.own_subagent(actor, id).await?;
        let mut history = runs(&self.store.steps(&one.conversation, 0).await?);
        history.reverse();
        history.truncate(RUNS);
        let mut info = info(one, &self.schedules(actor).await?);
        info.last = history.first().map(|run| run.state);
        info.last_result = history.first().map(|run| run.result.clone()).unwrap_or_default();
        info.history = history;
        Ok(info)
    }

    /// Pauses or resumes all that one is to do later.
    pub(crate) async fn change_schedules_of(
        &self,
        actor: &Actor,
        id: &str,
        change: Change,
    ) -> Result<(), Error> {
        self.own_subagent(actor, id).await?;
        for one in self.schedules(actor).await? {
            if one.subagent.as_deref() == Some(id) && !is_over(&one) {
                self.change_schedule(actor, &one.id, change).await?;
            }
        }
        Ok(())
    }

    /// Has one do something now: this, or without a task what it would do next.
    pub(crate) async fn run_subagent(
        self: &Arc<Self>,
        actor: &Actor,
        id: &str,
        task: &str,
    ) -> Result<i64, Error> {
        let one = self.own_subagent(actor, id).await?;
        if !task.trim().is_empty() {
            return self.send(actor, &one.conversation, task, &[], "").await;
        }
        let all = self.schedules(actor).await?;
        let next = all.iter().find(|next| next.subagent.as_deref() == Some(id) && !is_over(next));
        let nothing = || Error::Invalid("nothing is scheduled for it, so say what it is to do".to_owned());
        self.run_schedule(actor, &next.ok_or_else(nothing)?.id).await
    }
}

/// Whether nothing more is to come of it.
fn is_over(one: &ScheduleInfo) -> bool {
    let goes_round = one.most.zip(one.done).is_some_and(|(most, done)| done < most);
    one.next_at.is_none() && !one.paused && !goes_round
}

fn info(one: Kept, schedules: &[ScheduleInfo]) -> SubagentInfo {
    let Kept { id, conversation, description, brief, created_at, runs, last_at, running, .. } = one;
    SubagentInfo {
        name: brief.name,
        description,
        instructions: brief.instructions,
        tools: brief.tools,
        skills: brief.skills,
        turns: brief.turns,
        tainted: brief.tainted,
        conversation,
        created_at,
        runs,
        last_at,
        last: None,
        last_result: String::new(),
        running,
        schedules: schedules.iter().filter(|one| one.subagent.as_ref() == Some(&id)).cloned().collect(),
        history: Vec::new(),
        id,
    }
}

/// The runs of a conversation, in order.
fn runs(entries: &[Entry]) -> Vec<SubagentRun> {
    let mut runs: Vec<SubagentRun> = Vec::new();
    for entry in entries {
        if let Step::Asked { text, .. } = &entry.step {
            runs.push(SubagentRun {
                run: entry.run,
                at: entry.at,
                task: text.clone(),
                state: ScheduleState::Running,
                result: String::new(),
            });
            continue;
        }
        let Some(run) = runs.last_mut().filter(|run| run.run == entry.run) else { continue };
        match &entry.step {
            Step::Answered { parts, .. } => {
                let said = text_of(parts);
                if !said.is_empty() {
                    run.result = said;
                }
            }
            Step::Ended { how, problem } => {
                run.state = match how {
                    Ending::Done => ScheduleState::Done,
                    Ending::Stopped => ScheduleState::Stopped,
                    Ending::Failed => ScheduleState::Failed,
                };
                if let Some(problem) = problem.as_ref().filter(|_| run.result.is_empty()) {
                    run.result.clone_from(&problem.message);
                }
            }
            _ => {}
        }
    }
    runs
}
