use livos_bus::assistant::ProviderKey;
use livos_bus::tool_servers::{ServerToolRequest, ToolServerRequest};
use livos_bus::{Actor, Document, Result};
use livos_policy::Action::ManageAssistant;
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer};

/// Other servers whose tools are used.
#[derive(Debug)]
pub(super) struct ToolServers(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.ToolServers")]
impl ToolServers {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.servers.list().await)?)
    }

    async fn save(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: ToolServerRequest,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.servers.save(request).await)?)
    }

    async fn look(&self, #[zbus(header)] header: Header<'_>, actor: Actor, name: String) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.servers.look(&name).await)?)
    }

    async fn switch(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        name: String,
        on: bool,
    ) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.servers.switch(&name, on).await)
    }

    async fn set_tool(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: ServerToolRequest,
    ) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.servers.set_tool(request).await)
    }

    async fn remove(&self, #[zbus(header)] header: Header<'_>, actor: Actor, name: String) -> Result<()> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        answer(&actor, self.0.nexus.servers.remove(&name).await)
    }

    async fn export(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.servers.export().await)?)
    }

    async fn search(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        query: String,
        registry: String,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.search_registry(&query, &registry).await)?)
    }

    async fn import(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        config: ProviderKey,
        agreed: Vec<String>,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, ManageAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.servers.import(&config, &agreed).await)?)
    }
}
