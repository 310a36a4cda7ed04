use livos_bus::{Actor, Document, Error, Result};
use livos_policy::Action::UseAssistant;
use zbus::interface;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use super::{Desk, answer, answer_edge};
use crate::core::approvals::{End, Move};

/// What the agent proposes, and what comes of it.
#[derive(Debug)]
pub(super) struct Approvals(pub(super) Desk);

impl Approvals {
    async fn own(&self, header: &Header<'_>, actor: &Actor, id: &str, what: Move) -> Result<Document> {
        self.0.admit(header, actor, UseAssistant).await?;
        Document::json(&answer(actor, self.0.nexus.move_own(actor, id, what).await)?)
    }

    /// For the edge, which knows what it begun, whoever it was for.
    async fn any(&self, header: &Header<'_>, id: &str, what: Move) -> Result<()> {
        self.0.callers.require_speaker(header).await?;
        answer_edge(self.0.nexus.move_any(id, what).await).map(drop)
    }
}

#[interface(name = "io.livos.Nexus1.Approvals")]
impl Approvals {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.approvals(&actor).await)?)
    }

    async fn get(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.approval(&actor, &id).await)?)
    }

    async fn open(&self, #[zbus(header)] header: Header<'_>) -> Result<Document> {
        self.0.callers.require_speaker(&header).await?;
        Document::json(&answer_edge(self.0.nexus.open_approvals().await)?)
    }

    async fn begin(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<Document> {
        self.own(&header, &actor, &id, Move::Begin).await
    }

    async fn started(&self, #[zbus(header)] header: Header<'_>, id: String, job: String) -> Result<()> {
        self.any(&header, &id, Move::Started(job)).await
    }

    async fn finish(
        &self,
        #[zbus(header)] header: Header<'_>,
        id: String,
        how: String,
        text: String,
    ) -> Result<()> {
        let end = match how.as_str() {
            "done" => End::Done,
            "failed" => End::Failed,
            "unknown" => End::Unknown,
            _ => return Err(Error::invalid("something ends done, failed or unknown")),
        };
        self.any(&header, &id, Move::Finish(end, text)).await
    }

    async fn deny(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        why: String,
    ) -> Result<()> {
        self.own(&header, &actor, &id, Move::Deny(why)).await.map(drop)
    }

    async fn undone(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<()> {
        self.own(&header, &actor, &id, Move::Undone).await.map(drop)
    }

    #[zbus(signal)]
    pub(super) async fn approval_requested(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;
}
