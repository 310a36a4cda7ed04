//! Subagents: conversations in which a run follows instructions of its own and has no more than the tools it was given.
//!
//! One is made for a single task, or kept under a name with all that it has done. Whoever asks it waits for its answer
//! in the rows, as for that of a person. It has no right that the run which made it, and the one which asks it, has
//! not; and it asks no other, so that nobody has to look through a tree of them to see who does what for whom.

mod shown;

use std::sync::Arc;

use livos_bus::Actor;
use livos_bus::assistant::Tier;
use serde::{Deserialize, Serialize};

use super::Nexus;
use super::schedules::{Asked, When};
use super::skills::Used;
use super::step::{AskedBy, Ending, Entry, Step};
use super::{page, tools};
use crate::error::Error;
use crate::store::inbox::title_of;
use crate::store::schedules::Schedule;
use crate::store::subagents::{Errand, Handed, Kept, Told, Where};

/// Subagents that one person may have.
const MOST: u32 = 50;
/// Of one run, so many work at once.
const AT_ONCE: i64 = 4;
/// And in all.
const IN_ALL: i64 = 12;
/// Tasks that may wait for one subagent.
const MOST_WAITING: i64 = 20;
/// The longest task, in bytes.
const LONGEST_TASK: usize = 16 * 1024;
/// The longest instructions, in bytes.
const LONGEST_INSTRUCTIONS: usize = 16 * 1024;
/// The longest name and id, in letters.
const LONGEST_NAME: usize = 64;
/// The longest description, in letters.
const LONGEST_DESCRIPTION: usize = 500;
/// Tools and skills that can be named.
const MOST_NAMED: usize = 64;
/// How often one that is kept asks its model, if nobody says otherwise.
pub(crate) const TURNS: u32 = 15;
/// The same for one that is made for a task.
pub(crate) const TURNS_OF_ONE_TASK: u32 = 10;
/// And at most.
pub(crate) const MOST_TURNS: u32 = 30;

/// What a subagent follows, and may at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Brief {
    /// What it is called.
    pub(crate) name: String,
    /// What it is told beside its task.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) instructions: String,
    /// The only tools it has; without them, those that its person's conversations have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tools: Option<Vec<String>>,
    /// The only skills it has; without them, its person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) skills: Option<Vec<String>>,
    /// How often its model is asked in one run.
    pub(crate) turns: u32,
    /// Which model that is.
    #[serde(default, skip_serializing_if = "Tier::is_usual")]
    pub(crate) tier: Tier,
    /// What was followed by whoever made it, changed it or asks it: it narrows this one as it did them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) follows: Vec<Used>,
    /// A stranger may have had a say in it.
    #[serde(default)]
    pub(crate) tainted: bool,
}

impl Brief {
    /// Why a tool is not used here.
    pub(crate) fn forbids(&self, tool: &str) -> Option<String> {
        if !tools::for_subagents(tool) {
            return Some(format!("a subagent has no {tool}; say in your answer what should be done with it"));
        }
        if tool == "result_read" {
            // It says no more than what a tool has told before.
            return None;
        }
        let tools = self.tools.as_ref()?;
        let named = tools.iter().any(|name| name == tool);
        (!named).then(|| format!("this subagent has only these tools: {}", tools.join(", ")))
    }

    /// Never wider than what these narrow.
    pub(super) fn narrow(&mut self, used: &[Used]) {
        for one in used {
            if !self.follows.contains(one) {
                self.follows.push(one.clone());
            }
        }
    }
}

/// What somebody wants of one that is kept. What is none stays as it is, or is as usual.
#[derive(Debug, Default)]
pub(crate) struct Wish {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) instructions: Option<String>,
    pub(crate) tools: Option<Vec<String>>,
    /// Every tool that a subagent can have, whatever it had.
    pub(crate) all_tools: bool,
    pub(crate) skills: Option<Vec<String>>,
    pub(crate) turns: Option<u32>,
    pub(crate) tier: Option<Tier>,
}

/// From where one is made, changed or asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct From<'a> {
    /// Its place in the log, so that the same call does the same once.
    pub(crate) made_by: &'a str,
    /// What that run follows.
    pub(crate) used: &'a [Used],
    /// A stranger may have had a say in it.
    pub(crate) tainted: bool,
}

/// What a run wants done.
#[derive(Debug)]
pub(crate) struct Task {
    to: Where,
    brief: Brief,
    text: String,
    tainted: bool,
}

fn text(what: &str, text: &str, longest: usize) -> Result<String, Error> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(Error::Invalid(format!("a {what} has 1 to {longest} letters, on one line")));
    }
    Ok(text.to_owned())
}

fn id(text: &str) -> Result<(), Error> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if text.is_empty() || text.len() > LONGEST_NAME || !text.bytes().all(fits) {
        return Err(Error::Invalid(format!(
            "the id of a subagent has 1 to {LONGEST_NAME} of the letters a-z, 0-9 and -"
        )));
    }
    Ok(())
}

fn instructions(text: &str) -> Result<String, Error> {
    if text.len() > LONGEST_INSTRUCTIONS {
        return Err(Error::Invalid("instructions have at most 16 KiB".to_owned()));
    }
    Ok(text.trim().to_owned())
}

fn task(text: &str) -> Result<String, Error> {
    if text.trim().is_empty() || text.len() > LONGEST_TASK {
        return Err(Error::Invalid("say what is to be done, in at most 16 KiB".to_owned()));
    }
    Ok(text.trim().to_owned())
}

fn turns(count: u32) -> Result<u32, Error> {
    if (1..=MOST_TURNS).contains(&count) {
        return Ok(count);
    }
    Err(Error::Invalid(format!("a subagent asks its model 1 to {MOST_TURNS} times")))
}

/// Tools that there are, that a subagent may have, and that whoever names them has.
fn named(names: Vec<String>, used: &[Used]) -> Result<Vec<String>, Error> {
    if names.len() > MOST_NAMED {
        return Err(Error::Invalid(format!("{MOST_NAMED} tools are enough")));
    }
    let known = tools::all();
    for name in &names {
        if !known.iter().any(|tool| tool.name == *name) || !tools::for_subagents(name) {
            return Err(Error::Invalid(format!("there is no tool {name:?} for a subagent")));
        }
        if let Some(why) = super::skills::forbids(used.iter(), name) {
            return Err(Error::Invalid(why));
        }
    }
    Ok(names)
}

fn skills(names: Vec<String>) -> Result<Vec<String>, Error> {
    if names.len() > MOST_NAMED || names.iter().any(|name| name.len() > LONGEST_NAME) {
        return Err(Error::Invalid("those are no names of skills".to_owned()));
    }
    Ok(names)
}

impl Nexus {
    /// A person's subagents.
    pub(crate) async fn subagents(&self, actor: &Actor) -> Result<Vec<Kept>, Error> {
        self.store.subagents(actor.user.as_str()).await
    }

    pub(super) async fn own_subagent(&self, actor: &Actor, wanted: &str) -> Result<Kept, Error> {
        let all = self.store.subagents(actor.user.as_str()).await?;
        all.into_iter().find(|one| one.id == wanted).ok_or(Error::UnknownSubagent)
    }

    /// Makes one that is kept.
    pub(crate) async fn create_subagent(
        &self,
        actor: &Actor,
        wanted: &str,
        wish: Wish,
        from: From<'_>,
    ) -> Result<(), Error> {
        id(wanted)?;
        let mut brief = Brief {
            name: text("name", &wish.name.unwrap_or_default(), LONGEST_NAME)?,
            instructions: instructions(&wish.instructions.unwrap_or_default())?,
            tools: wish.tools.map(|tools| named(tools, from.used)).transpose()?,
            skills: wish.skills.map(skills).transpose()?,
            turns: turns(wish.turns.unwrap_or(TURNS))?,
            tier: wish.tier.unwrap_or_default(),
            follows: Vec::new(),
            tainted: from.tainted,
        };
        brief.narrow(from.used);
        let one = Kept {
            id: wanted.to_owned(),
            conversation: uuid::Uuid::new_v4().simple().to_string(),
            description: text("description", &wish.description.unwrap_or_default(), LONGEST_DESCRIPTION)?,
            brief,
            made_by: from.made_by.to_owned(),
            created_at: self.clock.now(),
            runs: 0,
            last_at: None,
            running: false,
        };
        if let Some(known) = self.store.create_subagent(actor.user.as_str(), &one, MOST).await? {
            // The same call, repeated after a death, made it.
            if known.made_by == one.made_by && !one.made_by.is_empty() {
                return Ok(());
            }
            return Err(Error::Conflict(format!("there is a subagent called {wanted} already")));
        }
        self.tell(actor.user.as_str(), &one.conversation);
        Ok(())
    }

    /// Changes one. It stays as narrow as it was, and becomes as narrow as whoever changes it.
    pub(crate) async fn update_subagent(
        &self,
        actor: &Actor,
        wanted: &str,
        wish: Wish,
        from: From<'_>,
    ) -> Result<(), Error> {
        let change = |one: &mut Kept| -> Result<(), Error> {
            let Wish {
                name,
                description,
                instructions: told,
                tools,
                all_tools,
                skills: known,
                turns: count,
                tier,
            } = wish;
            if let Some(name) = name {
                one.brief.name = text("name", &name, LONGEST_NAME)?;
            }
            if let Some(description) = description {
                one.description = text("description", &description, LONGEST_DESCRIPTION)?;
            }
            if let Some(told) = told {
                one.brief.instructions = instructions(&told)?;
            }
            if all_tools {
                one.brief.tools = None;
            }
            if let Some(tools) = tools {
                one.brief.tools = Some(named(tools, from.used)?);
            }
            if let Some(known) = known {
                one.brief.skills = Some(skills(known)?);
            }
            if let Some(tier) = tier {
                one.brief.tier = tier;
            }
            if let Some(count) = count {
                one.brief.turns = turns(count)?;
            }
            one.brief.narrow(from.used);
            one.brief.tainted |= from.tainted;
            Ok(())
        };
        let conversation = self.store.update_subagent(actor.user.as_str(), wanted, change).await?;
        self.tell(actor.user.as_str(), &conversation);
        Ok(())
    }

    /// Removes one. What it has done stays, as an archived conversation that may no more than before.
    pub(crate) async fn delete_subagent(&self, actor: &Actor, wanted: &str) -> Result<(), Error> {
        let one = self.own_subagent(actor, wanted).await?;
        self.store.delete_subagent(actor.user.as_str(), wanted).await?;
        self.tell(actor.user.as_str(), &one.conversation);
        Ok(())
    }

    /// A task for one that is made for it.
    pub(crate) fn new_subagent(
        &self,
        asked: &str,
        wanted: Option<Vec<String>>,
        count: Option<u32>,
        tier: Tier,
        from: From<'_>,
    ) -> Result<Task, Error> {
        let asked = task(asked)?;
        let mut brief = Brief {
            name: title_of(&asked),
            instructions: String::new(),
            tools: wanted.map(|tools| named(tools, from.used)).transpose()?,
            skills: None,
            turns: turns(count.unwrap_or(TURNS_OF_ONE_TASK))?,
            tier,
            follows: Vec::new(),
            tainted: false,
        };
        brief.narrow(from.used);
        let id = uuid::Uuid::new_v4().simple().to_string();
        Ok(Task { to: Where::New(id), brief, text: asked, tainted: from.tainted })
    }

    /// A task for one that is kept.
    pub(crate) async fn known_subagent(
        &self,
        actor: &Actor,
        wanted: &str,
        asked: &str,
        from: From<'_>,
    ) -> Result<Task, Error> {
        let asked = task(asked)?;
        let Kept { conversation, mut brief, .. } = self.own_subagent(actor, wanted).await?;
        brief.narrow(from.used);
        let tainted = from.tainted || brief.tainted;
        Ok(Task { to: Where::Known(conversation), brief, text: asked, tainted })
    }

    /// Hands a task over for a run that waits for what comes of it, or says why not.
    pub(crate) async fn hand_over(
        self: &Arc<Self>,
        task: Task,
        asker: Asker<'_>,
    ) -> Result<Result<Entry, String>, Error> {
        let conversation = task.to.id().to_owned();
        let errand = Errand {
            to: task.to,
            brief: task.brief,
            text: task.text,
            tainted: task.tainted,
            actor: asker.actor,
            cause: asker.cause,
            asker: asker.conversation,
            run: asker.run,
            call: asker.call,
            at: self.clock.now(),
        };
        match self.store.hand_over(errand, AT_ONCE, IN_ALL, MOST_WAITING).await? {
            Handed::Over(entry) => {
                let room = self.rooms.of(&conversation);
                room.settled();
                self.tell(asker.actor.user.as_str(), &conversation);
                self.wake(room);
                Ok(Ok(entry))
            }
            Handed::TooMany => Ok(Err(format!(
                "{AT_ONCE} subagents work for this at once; ask again when one of them has answered"
            ))),
            Handed::Enough => Ok(Err(format!(
                "{IN_ALL} tasks were given to subagents for this question already; answer with what there is, and \
                 let the person ask for more"
            ))),
            Handed::Gone => Ok(Err(Error::UnknownSubagent.to_string())),
            Handed::Full => Ok(Err("so many tasks wait for this subagent that it takes no more".to_owned())),
        }
    }

    /// Has one that is kept do something later.
    pub(crate) async fn schedule_subagent(&self, actor: &Actor, asked: Asked<'_>) -> Result<Schedule, Error> {
        let wanted = asked.subagent.unwrap_or_default();
        self.own_subagent(actor, wanted).await?;
        if matches!(asked.when, When::Round(..)) {
            let all = self.store.schedules(actor.user.as_str()).await?;
            let goes_on = |one: &Schedule| {
                one.id != asked.id
                    && one.subagent.as_deref() == Some(wanted)
                    && one.round.as_ref().is_some_and(|round| !round.is_over())
            };
            if all.iter().any(goes_on) {
                return Err(Error::Conflict(format!("{wanted} is in a loop already; stop that first")));
            }
        }
        self.schedule(actor, asked).await
    }

    /// Stops one run, whether it is at work, waits for somebody, or for its turn.
    pub(crate) async fn stop_run(self: &Arc<Self>, conversation: &str, run: i64) -> Result<(), Error> {
        let woken = self.store.mark_run_stop(run, self.clock.now()).await?;
        let room = self.rooms.of(conversation);
        room.stop_run(run);
        room.settled();
        self.wake(room);
        for conversation in woken {
            let room = self.rooms.of(&conversation);
            room.settled();
            self.wake(room);
        }
        Ok(())
    }
}

/// Who waits for what a task comes to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) cause: &'a str,
    pub(crate) conversation: &'a str,
    pub(crate) run: i64,
    pub(crate) call: &'a str,
}

/// What a run that is over comes to, for whoever waits for it.
pub(crate) fn outcome(entries: &[Entry], run: i64, how: Ending, why: Option<&str>, foreign: bool) -> Told {
    let own = entries.iter().rev().filter(|entry| entry.run == run);
    let said = own.filter_map(|entry| match &entry.step {
        Step::Answered { parts, .. } => Some(page::text_of(parts)),
        _ => None,
    });
    let said = said.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let (text, failed) = match how {
        Ending::Done if said.is_empty() => ("It said nothing.".to_owned(), false),
        Ending::Done => (said, false),
        Ending::Stopped => ("the person stopped this".to_owned(), true),
        Ending::Failed => {
            let why = why.unwrap_or("it broke off");
            let before =
                if said.is_empty() { String::new() } else { format!("\nBefore that it said:\n{said}") };
            (format!("it did not come to an end: {why}{before}"), true)
        }
    };
    Told { text: tools::bounded(text), failed, foreign }
}

/// Whether a step says that a stranger had a say in what was asked.
pub(crate) fn was_tainted(by: Option<&AskedBy>) -> bool {
    by.is_some_and(|by| by.tainted)
}
