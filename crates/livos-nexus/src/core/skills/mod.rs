//! Skills: instructions for tasks of a kind. The agent knows the names of those that are enabled, and reads one when a
//! task of its kind comes up.
//!
//! A skill gives no right: it can only name the tools that are enough for it, and then no other is used in that run.
//! What a model wrote, or came from anywhere else, waits until its person has looked at exactly that text.

pub(crate) mod bundled;
pub(crate) mod parse;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use livos_bus::Actor;
use livos_bus::skills::{SkillInfo, SkillRevision};
use serde::{Deserialize, Serialize};

use super::Nexus;
use super::step::{Entry, Step};
use super::tools;
use crate::error::Error;
use crate::store::skills::{Kept, Waiting};
pub(crate) use parse::hidden;
use parse::{Skill, parse, revision};

/// Skills that one person may have, with those that wait.
const MOST: u32 = 50;
/// Letters of a description that a model is told before it reads the skill.
const TOLD_OF_ONE: usize = 240;
/// Bytes that all of them may take there.
const TOLD: usize = 4 * 1024;

/// A skill that may be used, as it was when the run began.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    pub(crate) skill: Skill,
    pub(crate) revision: String,
}

/// What a run has read, as its log keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Used {
    pub(crate) name: String,
    pub(crate) revision: String,
    /// The only tools that it needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tools: Option<Vec<String>>,
    /// The only places on the network that it is about; all of them without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) hosts: Vec<String>,
}

/// Where a text comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Its person gave it.
    Person,
    /// The agent wrote it, perhaps after a stranger's words.
    Agent { tainted: bool },
}

/// What a person changes about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change<'a> {
    /// Exactly this revision.
    Enable(&'a str),
    Disable,
    Discard,
    Remove,
}

impl Nexus {
    /// A person's skills, without the texts.
    pub(crate) async fn skills(&self, actor: &Actor) -> Result<Vec<SkillInfo>, Error> {
        let rows = self.store.skills(actor.user.as_str()).await?;
        let mut all: Vec<SkillInfo> = rows.iter().filter(|row| is_own(row)).map(own).collect();
        for one in &self.bundled {
            if all.iter().any(|own| own.name == one.skill.name) {
                continue;
            }
            let row = rows.iter().find(|row| row.name == one.skill.name);
            all.push(SkillInfo {
                name: one.skill.name.clone(),
                bundled: true,
                enabled: row.is_none_or(|row| row.enabled),
                current: Some(shown(&one.skill, one.text)),
                waiting: None,
                problem: None,
            });
        }
        for text in all.iter_mut().flat_map(|one| [&mut one.current, &mut one.waiting]).flatten() {
            text.text.clear();
        }
        all.sort_by(|a, b| {
            let key = |one: &SkillInfo| (one.waiting.is_none(), one.bundled);
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        Ok(all)
    }

    /// One of them, with its texts.
    pub(crate) async fn skill(&self, actor: &Actor, name: &str) -> Result<SkillInfo, Error> {
        let mut all = self.skills(actor).await?;
        let at = all.iter().position(|one| one.name == name).ok_or(Error::UnknownSkill)?;
        let found = all.swap_remove(at);
        if let Some(bundled) = self.bundled.iter().find(|one| found.bundled && one.skill.name == name) {
            return Ok(SkillInfo { current: Some(shown(&bundled.skill, bundled.text)), ..found });
        }
        let rows = self.store.skills(actor.user.as_str()).await?;
        rows.iter().find(|row| row.name == name && is_own(row)).map(own).ok_or(Error::UnknownSkill)
    }

    /// Takes a text in, to be looked at by its person.
    pub(crate) async fn add_skill(
        &self,
        actor: &Actor,
        text: &str,
        source: Source,
    ) -> Result<SkillInfo, Error> {
        let skill = parse(text).map_err(Error::Invalid)?;
        let person = actor.user.as_str();
        let before = self.store.skills(person).await?.into_iter().find(|row| row.name == skill.name);
        if let Some(row) = before.as_ref().filter(|row| is_own(row)) {
            // The same again, as by a call that is repeated after a death, changes nothing.
            if [&row.text, &row.waiting].into_iter().flatten().any(|known| known == text) {
                return self.skill(actor, &skill.name).await;
            }
        } else if self.bundled.iter().any(|one| one.skill.name == skill.name) {
            return Err(Error::Invalid(format!(
                "LivOS brings a skill called {} along; give this one another name",
                skill.name
            )));
        }
        let (generated, tainted) = match source {
            Source::Person => (false, false),
            Source::Agent { tainted } => (true, tainted),
        };
        let waiting = Waiting { name: &skill.name, text, generated, tainted };
        if !self.store.quarantine(person, waiting, self.clock.now(), MOST).await? {
            return Err(Error::Invalid(format!("there are {MOST} skills already; remove some first")));
        }
        self.skill(actor, &skill.name).await
    }

    /// Enables, disables or removes one.
    pub(crate) async fn change_skill(
        &self,
        actor: &Actor,
        name: &str,
        change: Change<'_>,
    ) -> Result<(), Error> {
        let (person, now) = (actor.user.as_str(), self.clock.now());
        let one = self.skill(actor, name).await?;
        match change {
            Change::Enable(wanted) => {
                if let Some(waiting) = one.waiting.filter(|waiting| waiting.id == wanted) {
                    // What a text must be may have become stricter since it was taken in.
                    parse(&waiting.text).map_err(Error::Invalid)?;
                    if self.store.accept_skill(person, name, &waiting.text, now).await? {
                        return Ok(());
                    }
                    return Err(changed());
                }
                if let Some(problem) = one.problem {
                    return Err(Error::Invalid(problem));
                }
                if one.current.is_none_or(|current| current.id != wanted) {
                    return Err(changed());
                }
                self.store.switch_skill(person, name, true, now).await
            }
            Change::Disable if one.current.is_none() => {
                Err(Error::Conflict("it is not enabled; it waits to be looked at".to_owned()))
            }
            Change::Disable => self.store.switch_skill(person, name, false, now).await,
            Change::Discard if one.waiting.is_none() => {
                Err(Error::Conflict("nothing of it waits to be looked at".to_owned()))
            }
            Change::Discard => self.store.discard_skill(person, name, now).await,
            Change::Remove if one.bundled => {
                Err(Error::Conflict("LivOS brings it along; it can be disabled, but not removed".to_owned()))
            }
            Change::Remove => self.store.remove_skill(person, name).await,
        }
    }

    /// Those that a run of this person may use.
    pub(crate) async fn offered_skills(&self, actor: &Actor) -> Result<Vec<Offered>, Error> {
        let rows = self.store.skills(actor.user.as_str()).await?;
        let mut offered = Vec::new();
        for row in rows.iter().filter(|row| row.enabled) {
            let Some(text) = &row.text else { continue };
            match parse(text) {
                Ok(skill) => offered.push(Offered { skill, revision: revision(text) }),
                // Shown to its person with the reason wherever skills are listed.
                Err(why) => tracing::warn!(skill = row.name, why, "a skill can't be used"),
            }
        }
        for one in &self.bundled {
            let said = rows.iter().find(|row| row.name == one.skill.name);
            if said.is_none_or(|row| !is_own(row) && row.enabled) {
                offered.push(Offered { skill: one.skill.clone(), revision: one.revision.clone() });
            }
        }
        Ok(offered)
    }
}

fn changed() -> Error {
    Error::Conflict("it has changed since you looked at it; look at it again, then enable it".to_owned())
}

/// A row is somebody's skill, and not only their word about one that LivOS brings along.
fn is_own(row: &Kept) -> bool {
    row.text.is_some() || row.waiting.is_some()
}

fn own(row: &Kept) -> SkillInfo {
    let read = |text: &Option<String>| {
        text.as_ref().map(|text| match parse(text) {
            Ok(skill) => (shown(&skill, text), None),
            Err(why) => {
                let raw =
                    SkillRevision { id: revision(text), text: text.clone(), ..SkillRevision::default() };
                (raw, Some(why))
            }
        })
    };
    let (current, waiting) = (read(&row.text), read(&row.waiting));
    let problem = [&current, &waiting].into_iter().flatten().find_map(|(_, problem)| problem.clone());
    SkillInfo {
        name: row.name.clone(),
        bundled: false,
        enabled: row.enabled && current.is_some(),
        current: current.map(|(shown, _)| shown),
        waiting: waiting.map(|(shown, _)| SkillRevision {
            generated: row.generated,
            tainted: row.tainted,
            ..shown
        }),
        problem,
    }
}

fn shown(skill: &Skill, text: &str) -> SkillRevision {
    let known: BTreeSet<String> = tools::all().into_iter().map(|tool| tool.name).collect();
    let missing = skill.tools.iter().flatten().filter(|name| !known.contains(*name)).cloned().collect();
    SkillRevision {
        id: revision(text),
        description: skill.description.clone(),
        triggers: skill.triggers.clone(),
        tools: skill.tools.clone(),
        missing,
        hosts: skill.hosts.clone(),
        paths: skill.paths.clone(),
        generated: false,
        tainted: false,
        text: text.to_owned(),
    }
}

/// What a model is told of them before it reads one.
pub(crate) fn told(offered: &[Offered]) -> String {
    if offered.is_empty() {
        return String::new();
    }
    let mut text =
        "\nFor tasks of these kinds there are skills, which are instructions. Read the one that fits with \
                    skill_use before you begin; it gives you no more rights."
            .to_owned();
    for (index, Offered { skill, .. }) in offered.iter().enumerate() {
        let description: String = skill.description.chars().take(TOLD_OF_ONE).collect();
        let mut line = format!("\n- {}: {description}", skill.name);
        if let Some(trigger) = skill.triggers.first() {
            let _ = write!(line, " (“{trigger}”)");
        }
        if text.len() + line.len() > TOLD {
            let _ = write!(text, "\n- and {} more, which skill_list names", offered.len() - index);
            break;
        }
        text += &line;
    }
    text
}

/// What this run had read before that turn.
pub(crate) fn used<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    run: i64,
    turn: i64,
) -> impl Iterator<Item = &'a Used> {
    let before = entries.into_iter().filter(move |entry| entry.run == run && entry.seq < turn);
    before.filter_map(|entry| match &entry.step {
        Step::Result { skill, .. } => skill.as_deref(),
        _ => None,
    })
}

/// Why a tool is not used while the skills that were read are followed. Each of them narrows; none makes wider what
/// another has narrowed.
pub(crate) fn forbids<'a>(mut used: impl Iterator<Item = &'a Used>, tool: &str) -> Option<String> {
    if matches!(tool, "skill_use" | "skill_list" | "result_read") {
        return None;
    }
    let strict =
        used.find(|used| used.tools.as_ref().is_some_and(|tools| !tools.iter().any(|name| name == tool)))?;
    let tools = strict.tools.as_deref().unwrap_or_default().join(", ");
    Some(format!(
        "the skill {} is followed, and it uses only {tools}; if {tool} is needed, say what for, and let the person ask again",
        strict.name
    ))
}
