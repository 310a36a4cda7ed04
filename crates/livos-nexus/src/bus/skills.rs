use livos_bus::skills::SkillsReply;
use livos_bus::{Actor, Document, Error, Result};
use livos_policy::Action::UseAssistant;
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer};
use crate::core::skills::{Change, Source};

/// Instructions for tasks of a kind.
#[derive(Debug)]
pub(super) struct Skills(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.Skills")]
impl Skills {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let skills = answer(&actor, self.0.nexus.skills(&actor).await)?;
        Document::json(&SkillsReply { skills })
    }

    async fn get(&self, #[zbus(header)] header: Header<'_>, actor: Actor, name: String) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.skill(&actor, &name).await)?)
    }

    async fn add(&self, #[zbus(header)] header: Header<'_>, actor: Actor, text: String) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let added = self.0.nexus.add_skill(&actor, &text, Source::Person).await;
        Document::json(&answer(&actor, added)?)
    }

    async fn change(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        name: String,
        what: String,
        revision: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let change = match what.as_str() {
            "enable" => Change::Enable(&revision),
            "disable" => Change::Disable,
            "discard" => Change::Discard,
            "remove" => Change::Remove,
            _ => return Err(Error::invalid("a skill is enabled, disabled, discarded or removed")),
        };
        answer(&actor, self.0.nexus.change_skill(&actor, &name, change).await)
    }
}
