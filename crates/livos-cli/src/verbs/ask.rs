//! `livos ask`

use std::collections::HashMap;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::approvals::{Proposal, ProposalState};
use livos_bus::assistant::{
    AnswerState, Conversation, ConversationInfo, ConversationsReply, Item, Picture, SubagentWork, ToolState,
};
use livos_bus::{ChatProxy, Document};
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;
use tokio::sync::mpsc;

use super::apps::read;
use crate::arguments::AskArguments;
use crate::bus::Bus;
use crate::exit::Usage;
use crate::output::Output;

/// More than a message may have.
const LONGEST: u64 = 64 * 1024;
/// Pictures of one message, and the largest, as the daemon takes them.
const MOST_PICTURES: usize = 4;
const LARGEST_PICTURE: u64 = 3_750_000;
/// What shells say of a program that was interrupted.
const INTERRUPTED: u8 = 130;

pub(crate) async fn run(bus: &Bus, arguments: &AskArguments, output: Output) -> Result<ExitCode> {
    let text = if arguments.text == "-" {
        let mut text = String::new();
        std::io::stdin()
            .lock()
            .take(LONGEST)
            .read_to_string(&mut text)
            .context("the question can't be read")?;
        text
    } else {
        arguments.text.clone()
    };
    let files: Vec<Vec<u8>> = arguments.picture.iter().map(|file| picture(file)).collect::<Result<_>>()?;
    if files.len() > MOST_PICTURES {
        return Err(Usage(format!("a message has at most {MOST_PICTURES} pictures")).into());
    }
    let chat = ChatProxy::new(&bus.connection).await?;
    let id = conversation(bus, &chat, arguments).await?;
    if let Some(tier) = &arguments.model {
        chat.set_tier(&bus.actor, &id, tier).await?;
    }
    if let Some(level) = &arguments.think {
        chat.set_thinking(&bus.actor, &id, if level == "off" { "" } else { level }).await?;
    }
    let mut pictures = Vec::new();
    for file in files {
        let kept: Picture =
            read(chat.add_picture(&bus.actor, &id, Document::from_bytes(file)?).await?).await?;
        pictures.push(kept.id);
    }
    let known: Conversation = read(chat.get(&bus.actor, &id).await?).await?;
    // Listened to from before the question, so that nothing of the answer is missed.
    let events: OwnedFd = chat.events(&bus.actor, &id, known.seq).await?.into();
    let mut events = BufReader::new(Receiver::from_owned_fd(events)?).lines();
    let run = chat.send(&bus.actor, &id, &text, &pictures, "").await?;
    // What subagents would like done is asked here as well, as this waits for them.
    let (theirs, mut heard) = mpsc::unbounded_channel();
    let mut shown =
        Shown { run, output, styled: output.watched, told: HashMap::new(), failed: false, line_open: false };
    loop {
        tokio::select! {
            event = next(&mut events) => match event? {
                Some(event) if shown.take(&event)? => break,
                Some(event) => {
                    if let Some(work) = handed_over(&event)
                        && shown.told.insert(work.conversation.clone(), 0).is_none()
                    {
                        let events: OwnedFd = chat.events(&bus.actor, &work.conversation, 0).await?.into();
                        let lines = BufReader::new(Receiver::from_owned_fd(events)?).lines();
                        tokio::spawn(relay(lines, work.run, theirs.clone()));
                    }
                }
                None => anyhow::bail!("the assistant's daemon went away; it goes on with the answer when it is back: livos ask --conversation {id} …"),
            },
            Some(proposal) = heard.recv() => shown.proposal(&proposal)?,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                chat.stop(&bus.actor, &id).await?;
                shown.end_line()?;
                eprintln!("livos: stopped");
                return Ok(ExitCode::from(INTERRUPTED));
            }
        }
    }
    shown.end_line()?;
    Ok(if shown.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A picture's file. What it is, the daemon says.
fn picture(file: &Path) -> Result<Vec<u8>> {
    let shown = file.display();
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(LARGEST_PICTURE + 1).read_to_end(&mut bytes))
        .with_context(|| format!("{shown} can't be read"))?;
    if bytes.len() as u64 > LARGEST_PICTURE {
        return Err(Usage(format!("{shown} is larger than 3.75 MB; make it smaller")).into());
    }
    Ok(bytes)
}

async fn conversation(bus: &Bus, chat: &ChatProxy<'_>, arguments: &AskArguments) -> Result<String> {
    if let Some(id) = &arguments.conversation {
        return Ok(id.clone());
    }
    if arguments.r#continue {
        let all: ConversationsReply = read(chat.list(&bus.actor).await?).await?;
        let last = all.conversations.into_iter().find(|one| one.subagent.is_none());
        return Ok(last.ok_or_else(|| Usage("there is no conversation to go on with".to_owned()))?.id);
    }
    let made: ConversationInfo = read(chat.create(&bus.actor).await?).await?;
    Ok(made.id)
}

/// Who begins to work for the conversation.
fn handed_over(event: &Event) -> Option<SubagentWork> {
    let item: Item = serde_json::from_value(event.data.clone()).ok().filter(|_| event.name == "item")?;
    match item {
        Item::Tool { subagent, state: ToolState::Running, .. } => subagent,
        _ => None,
    }
}

/// Hands on what a subagent proposes in its run, until its conversation says nothing more.
async fn relay(mut lines: Lines<BufReader<Receiver>>, run: i64, to: mpsc::UnboundedSender<Proposal>) {
    // What can't be read is told by the conversation that waits for it.
    while let Ok(Some(event)) = next(&mut lines).await {
        let item: Option<Item> = serde_json::from_value(event.data).ok().filter(|_| event.name == "item");
        let Some(Item::Tool { run: of, proposal: Some(proposal), state: ToolState::Running, .. }) = item
        else {
            continue;
        };
        if of == run && to.send(*proposal).is_err() {
            return;
        }
    }
}

/// An event of a conversation's stream.
struct Event {
    name: String,
    data: Value,
}

async fn next(lines: &mut Lines<BufReader<Receiver>>) -> Result<Option<Event>> {
    let (mut name, mut data) = (String::new(), Value::Null);
    while let Some(line) = lines.next_line().await? {
        if let Some(text) = line.strip_prefix("event: ") {
            text.clone_into(&mut name);
        } else if let Some(text) = line.strip_prefix("data: ") {
            data = serde_json::from_str(text).context("the assistant's daemon says what can't be read")?;
        } else if line.is_empty() && !name.is_empty() {
            return Ok(Some(Event { name, data }));
        }
    }
    Ok(None)
}

/// More of an item.
#[derive(Deserialize)]
struct Delta {
    run: i64,
    item: String,
    text: String,
}

/// What was shown so far.
struct Shown {
    run: i64,
    output: Output,
    styled: bool,
    /// Bytes of each item that were shown, by its key.
    told: HashMap<String, usize>,
    failed: bool,
    line_open: bool,
}

impl Shown {
    /// Shows an event; true when our answer is over.
    fn take(&mut self, event: &Event) -> Result<bool> {
        match event.name.as_str() {
            "item" => {
                let item: Item = serde_json::from_value(event.data.clone())?;
                let (Item::Person { run, .. }
                | Item::Answer { run, .. }
                | Item::Thinking { run, .. }
                | Item::Tool { run, .. }
                | Item::Report { run, .. }
                | Item::Condensed { run, .. }) = &item;
                if *run == self.run {
                    self.print_json(event)?;
                    self.item(&item)?;
                }
            }
            "delta" => {
                let delta: Delta = serde_json::from_value(event.data.clone())?;
                // Thinking is shown whole or not at all; its key is one that was not told of as an answer.
                if delta.run == self.run
                    && let Some(told) = self.told.get_mut(&delta.item)
                {
                    *told += delta.text.len();
                    self.print_json(event)?;
                    self.words(&delta.text)?;
                }
            }
            // The first state of the stream may be an earlier run's end; ours begins with our message.
            "state" if event.data["running"] == false && self.told.contains_key("begun") => return Ok(true),
            "reset" => anyhow::bail!("the conversation was deleted"),
            _ => {}
        }
        Ok(false)
    }

    fn item(&mut self, item: &Item) -> Result<()> {
        match item {
            Item::Person { .. } => {
                self.told.insert("begun".to_owned(), 0);
            }
            Item::Thinking { .. } => {}
            Item::Report { by, text, .. } => {
                self.aside(&format!("· {}: {text}", by.name))?;
            }
            Item::Condensed { messages, .. } => {
                self.aside(&format!("· Older messages were condensed ({messages}); none is lost"))?;
            }
            Item::Answer { key, text, state, problem, .. } => {
                let told = self.told.insert(key.clone(), text.len()).unwrap_or(0);
                let text = text.get(told..).unwrap_or_default().to_owned();
                self.words(&text)?;
                if *state != AnswerState::Streaming {
                    self.end_line()?;
                }
                // A later attempt that works makes up for an earlier one.
                self.failed = matches!(state, AnswerState::Failed | AnswerState::Stopped);
                if let Some(problem) = problem
                    && !self.output.json
                {
                    eprintln!("livos: {}", disarmed(&problem.message));
                }
            }
            Item::Tool { proposal: Some(proposal), state: ToolState::Running, .. } => {
                self.proposal(proposal)?;
            }
            Item::Tool { proposal: Some(proposal), state: ToolState::Done, .. }
                if proposal.undo.is_some() && !proposal.undone =>
            {
                // Said once, however much there is to put back.
                if self.told.insert("undo".to_owned(), 0).is_none() {
                    self.aside(&format!("  livos assistant undo {}", self.run))?;
                }
            }
            Item::Tool { summary, state, problem, .. } => {
                let line = match (state, problem) {
                    (ToolState::Running, _) => format!("· {summary}"),
                    (ToolState::Failed, Some(problem)) => format!("· {summary}: {}", problem.message),
                    _ => return Ok(()),
                };
                self.aside(&line)?;
            }
        }
        Ok(())
    }

    fn print_json(&self, event: &Event) -> Result<()> {
        if self.output.json {
            let mut out = std::io::stdout().lock();
            serde_json::to_writer(&mut out, &serde_json::json!({ "event": event.name, "data": event.data }))?;
            out.write_all(b"\n")?;
            out.flush()?;
        }
        Ok(())
    }

    fn words(&mut self, text: &str) -> Result<()> {
        if self.output.json || text.is_empty() {
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        out.write_all(disarmed(text).as_bytes())?;
        self.line_open = !text.ends_with('\n');
        Ok(out.flush()?)
    }

    /// A line beside the answer: what a tool does.
    fn aside(&mut self, line: &str) -> Result<()> {
        if self.output.json {
            return Ok(());
        }
        self.end_line()?;
        let line = disarmed(line).replace('\n', " ");
        if self.styled {
            eprintln!("\u{1b}[2m{line}\u{1b}[0m");
        } else {
            eprintln!("{line}");
        }
        Ok(())
    }

    /// What waits for an answer, and how to give it.
    fn proposal(&mut self, proposal: &Proposal) -> Result<()> {
        let Proposal { id, summary, why, outcome, .. } = proposal;
        match proposal.state {
            ProposalState::Waiting => self.aside(&format!("? {summary}: {why}"))?,
            ProposalState::Unknown => {
                let why = outcome.as_deref().unwrap_or_default();
                self.aside(&format!("? {summary}, once more? {why}"))?;
            }
            ProposalState::Working => return self.aside(&format!("· {summary}: being done")),
            _ => return Ok(()),
        }
        if proposal.state == ProposalState::Waiting {
            for line in super::assistant::in_full(proposal).lines().skip(1) {
                self.aside(line)?;
            }
        }
        for verb in ["approve", "deny"] {
            self.aside(&format!("  livos assistant approvals {verb} {id}"))?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<()> {
        if std::mem::take(&mut self.line_open) {
            println!();
        }
        Ok(std::io::stdout().flush()?)
    }
}

/// What a model or a log says must not move the cursor or colour the terminal; it may have lines.
fn disarmed(text: &str) -> String {
    let harmless = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\t');
    text.chars().map(|letter| if harmless(letter) { letter } else { '\u{fffd}' }).collect()
}
