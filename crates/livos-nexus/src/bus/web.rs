use livos_bus::web::SearchRequest;
use livos_bus::{Actor, Document, Result};
use livos_policy::Action::{ManageAssistant, UseAssistant};
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer};

/// Whether the web is read, and who searches it.
#[derive(Debug)]
pub(super) struct Web(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.Web")]
impl Web {
    async fn show(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.web_shown(&actor).await)?)
    }

    async fn switch(&self, #[zbus(header)] header: Header<'_>, actor: Actor, on: bool) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.switch_web_of_all(on).await)
    }

    async fn switch_own(&self, #[zbus(header)] header: Header<'_>, actor: Actor, on: bool) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.switch_own_web(&actor, on).await)
    }

    async fn save_search(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: SearchRequest,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.save_search(request).await)?)
    }

    async fn remove_search(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.remove_search().await)
    }
}
