use livos_bus::tools::ToolRequest;
use livos_bus::{Actor, Document, Result};
use livos_policy::Action::UseAssistant;
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer};
use crate::core::outside;

/// Tools, for a person's other programs.
#[derive(Debug)]
pub(super) struct Tools(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.Tools")]
impl Tools {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&outside::tools())
    }

    async fn call(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: ToolRequest,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.call_outside(&actor, request).await)?)
    }
}
