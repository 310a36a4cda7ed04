use livos_bus::assistant::ConversationsReply;
use livos_bus::{Actor, Document, Result};
use livos_policy::Action::UseAssistant;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{OwnedFd, interface};

use super::providers::tier_of;
use super::{Desk, answer, answer_edge};
use crate::core::pictures::LONGEST;

/// Talking.
#[derive(Debug)]
pub(super) struct Chat(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.Chat")]
impl Chat {
    async fn status(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.providers.status().await)?)
    }

    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let conversations = answer(&actor, self.0.nexus.conversations(&actor).await)?;
        Document::json(&ConversationsReply { conversations })
    }

    async fn create(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.create(&actor).await)?)
    }

    async fn get(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.conversation(&actor, &id).await)?)
    }

    async fn rename(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        title: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.rename(&actor, &id, &title).await)
    }

    async fn pin(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        on: bool,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.pin(&actor, &id, on).await)
    }

    async fn archive(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        on: bool,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.archive(&actor, &id, on).await)
    }

    async fn set_tier(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        tier: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.set_tier(&actor, &id, tier_of(&tier)?).await)
    }

    async fn set_thinking(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        thinking: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.set_thinking(&actor, &id, &thinking).await)
    }

    async fn remove(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.remove(&actor, &id).await)
    }

    async fn forget(&self, #[zbus(header)] header: Header<'_>, person: String) -> Result<()> {
        self.0.callers.require_speaker(&header).await?;
        answer_edge(self.0.nexus.forget(&person).await)
    }

    async fn send(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        text: String,
        pictures: Vec<String>,
        key: String,
    ) -> Result<i64> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.send(&actor, &id, &text, &pictures, &key).await)
    }

    async fn add_picture(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        file: Document,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let file = file.read_at_most(LONGEST)?;
        Document::json(&answer(&actor, self.0.nexus.add_picture(&actor, &id, &file).await)?)
    }

    async fn picture(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        picture: String,
    ) -> Result<(String, Document)> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let (picture, file) = answer(&actor, self.0.nexus.picture(&actor, &id, &picture).await)?;
        Ok((picture.kind, Document::from_bytes(file)?))
    }

    async fn stop(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.stop(&actor, &id).await)
    }

    async fn replay(&self, #[zbus(header)] header: Header<'_>, actor: Actor, run: i64) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.replay(&actor, run).await)?)
    }

    async fn whole_result(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        reference: String,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.whole_result(&actor, &id, &reference).await)?)
    }

    async fn events(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        after: i64,
    ) -> Result<OwnedFd> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Ok(answer(&actor, self.0.nexus.events(&actor, &id, after).await)?.into())
    }

    #[zbus(signal)]
    pub(super) async fn conversation_changed(
        emitter: &SignalEmitter<'_>,
        user: &str,
        id: &str,
    ) -> zbus::Result<()>;
}
