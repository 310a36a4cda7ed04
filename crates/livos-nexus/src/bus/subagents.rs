use livos_bus::subagents::{SubagentRequest, SubagentsReply};
use livos_bus::{Actor, Document, Error, Result};
use livos_policy::Action::UseAssistant;
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer};
use crate::core::schedules::Change;
use crate::core::subagents::{From, Wish};

/// Its person says so, and nobody else had a say in it.
const PERSON: From<'_> = From { made_by: "", used: &[], tainted: false };

fn wish(wanted: SubagentRequest) -> Wish {
    let SubagentRequest { name, description, instructions, all_tools, tools, turns } = wanted;
    Wish {
        name: Some(name),
        description: Some(description),
        instructions: Some(instructions),
        tools: (!all_tools).then_some(tools),
        all_tools,
        skills: None,
        turns: Some(turns),
        tier: None,
    }
}

/// Subagents that a person keeps.
#[derive(Debug)]
pub(super) struct Subagents(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.Subagents")]
impl Subagents {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let subagents = answer(&actor, self.0.nexus.shown_subagents(&actor).await)?;
        Document::json(&SubagentsReply { subagents })
    }

    async fn get(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.shown_subagent(&actor, &id).await)?)
    }

    async fn create(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        wanted: SubagentRequest,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.create_subagent(&actor, &id, wish(wanted), PERSON).await)
    }

    async fn update(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        wanted: SubagentRequest,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.update_subagent(&actor, &id, wish(wanted), PERSON).await)
    }

    async fn change(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        what: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let nexus = &self.0.nexus;
        let changed = match what.as_str() {
            "pause" => nexus.change_schedules_of(&actor, &id, Change::Pause).await,
            "resume" => nexus.change_schedules_of(&actor, &id, Change::Resume).await,
            "remove" => nexus.delete_subagent(&actor, &id).await,
            _ => return Err(Error::invalid("a subagent is paused, resumed or removed")),
        };
        answer(&actor, changed)
    }

    async fn run(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        task: String,
    ) -> Result<i64> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.run_subagent(&actor, &id, &task).await)
    }
}
