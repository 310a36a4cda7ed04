use livos_bus::spending::BudgetRequest;
use livos_bus::{Actor, Document, Result};
use livos_policy::Action::{ManageAssistant, UseAssistant};
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer};

/// What the models cost, and what may be spent.
#[derive(Debug)]
pub(super) struct Spending(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.Spending")]
impl Spending {
    async fn month(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        month: String,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.spending(&actor, &month).await)?)
    }

    async fn set_budget(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        budget: BudgetRequest,
    ) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.set_budget(&budget).await)
    }

    async fn remove_budget(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        person: String,
        cause: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.remove_budget(&person, &cause).await)
    }
}
