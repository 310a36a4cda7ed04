//! `livos agents`

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::SubagentsProxy;
use livos_bus::subagents::{SubagentInfo, SubagentRequest, SubagentsReply};

use super::apps::read;
use super::schedules::{last, next, when};
use crate::arguments::AgentsVerb;
use crate::bus::Bus;
use crate::output::{Output, plain, table, time};

/// More than instructions may have; a longer file is refused by whoever takes them.
const LONGEST: u64 = 32 * 1024;

pub(crate) async fn run(bus: &Bus, verb: &AgentsVerb, output: Output) -> Result<ExitCode> {
    let subagents = SubagentsProxy::new(&bus.connection).await?;
    let actor = &bus.actor;
    match verb {
        AgentsVerb::List => {
            let reply: SubagentsReply = read(subagents.list(actor).await?).await?;
            output.print(&reply.subagents, |all| {
                if all.is_empty() {
                    return "There are no subagents. Ask for one, `livos ask \"make a subagent that …\"`, or `livos agents add`."
                        .to_owned();
                }
                table(
                    &["ID", "NAME", "WHAT FOR", "RUNS", "LAST", "NEXT (UTC)"],
                    all.iter().map(row).collect(),
                )
            })?;
        }
        AgentsVerb::Show { id } => {
            let one: SubagentInfo = read(subagents.get(actor, id).await?).await?;
            output.print(&one, page)?;
        }
        AgentsVerb::Add { id, description, name, instructions_file, tools, turns } => {
            let wanted = SubagentRequest {
                name: name.clone().unwrap_or_else(|| id.clone()),
                description: description.clone(),
                instructions: instructions_file.as_deref().map(text_of).transpose()?.unwrap_or_default(),
                all_tools: tools.is_empty(),
                tools: tools.clone(),
                turns: *turns,
            };
            subagents.create(actor, id, &wanted).await?;
            output.print(&serde_json::json!({ "id": id }), |_| {
                format!("It is there; `livos agents run {} \"…\"` has it do something.", plain(id))
            })?;
        }
        AgentsVerb::Run { id, task } => {
            let run = subagents.run(actor, id, task.as_deref().unwrap_or_default()).await?;
            output.print(&serde_json::json!({ "run": run }), |_| {
                format!("It works on it; `livos agents show {}` shows what came of it.", plain(id))
            })?;
        }
        AgentsVerb::Pause { id } => subagents.change(actor, id, "pause").await?,
        AgentsVerb::Resume { id } => subagents.change(actor, id, "resume").await?,
        AgentsVerb::Remove { id } => subagents.change(actor, id, "remove").await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What stands in a file, or comes over the standard input.
fn text_of(file: &Path) -> Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().lock().take(LONGEST).read_to_string(&mut text).context("they can't be read")?;
    } else {
        let opened = File::open(file).with_context(|| format!("{} can't be read", file.display()))?;
        opened
            .take(LONGEST)
            .read_to_string(&mut text)
            .with_context(|| format!("{} can't be read", file.display()))?;
    }
    Ok(text)
}

fn row(one: &SubagentInfo) -> Vec<String> {
    let state = if one.running { "at work" } else { last(one.last) };
    let comes = one.schedules.first().map(next).unwrap_or_default();
    let about = one.description.chars().take(60).collect();
    vec![one.id.clone(), one.name.clone(), about, one.runs.to_string(), state.to_owned(), comes]
}

/// All of one.
fn page(one: &SubagentInfo) -> String {
    let mut text = format!("{} ({}): {}\n", plain(&one.name), plain(&one.id), plain(&one.description));
    let tools =
        one.tools.as_ref().map_or_else(|| "all that a subagent can have".to_owned(), |all| all.join(", "));
    text += &format!("Tools: {}\nTurns: {}\nConversation: {}\n", plain(&tools), one.turns, one.conversation);
    if one.tainted {
        text += "A stranger may have had a say in what it is told.\n";
    }
    for line in one.instructions.lines() {
        text += &format!("  {}\n", plain(line));
    }
    for plan in &one.schedules {
        text += &format!("\nLater: {}\n  {}, next {}\n", plain(&plan.task), when(plan), plain(&next(plan)));
    }
    for run in &one.history {
        let state = last(Some(run.state));
        text += &format!("\n{} UTC, {state}: {}\n", time(run.at), plain(&run.task));
        for line in run.result.lines() {
            text += &format!("  {}\n", plain(line));
        }
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use livos_bus::schedules::ScheduleState;
    use livos_bus::subagents::SubagentRun;

    use super::*;

    #[test]
    fn all_of_one_is_shown_and_moves_no_cursor() {
        let run = SubagentRun {
            run: 3,
            at: 1_800_000_000,
            task: "Look.".to_owned(),
            state: ScheduleState::Done,
            result: "All \u{1b}[2Jis\nwell.".to_owned(),
        };
        let one = SubagentInfo {
            id: "watcher".to_owned(),
            name: "Watcher".to_owned(),
            description: "Watches.".to_owned(),
            instructions: "Be short.".to_owned(),
            tools: None,
            skills: None,
            turns: 15,
            tainted: true,
            conversation: "c".to_owned(),
            created_at: 0,
            runs: 1,
            last_at: None,
            last: Some(ScheduleState::Done),
            last_result: String::new(),
            running: false,
            schedules: Vec::new(),
            history: vec![run],
        };
        let shown = page(&one);
        for part in ["Watcher (watcher): Watches.", "  Be short.", "stranger", "answered: Look.", "  well."] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert!(!shown.contains('\u{1b}'), "{shown}");
        assert_eq!(row(&one)[3..], ["1", "answered", ""]);
    }
}
