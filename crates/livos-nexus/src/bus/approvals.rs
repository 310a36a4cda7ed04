use livos_bus::{Actor, Document, Error, Result};
use livos_policy::Action::UseAssistant;
use zbus::interface;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use super::{Desk, answer, answer_edge};
use crate::core::approvals::{End, Move};
use crate::core::undoing::Undo;

/// More than two hundred of the longest actions that there are, in bytes.
const LONGEST_STEPS: usize = 1024 * 1024;

fn end(how: &str) -> Result<End> {
    match how {
        "done" => Ok(End::Done),
        "failed" => Ok(End::Failed),
        "unknown" => Ok(End::Unknown),
        _ => Err(Error::invalid("something ends done, failed or unknown")),
    }
}

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
        self.any(&header, &id, Move::Finish(end(&how)?, text)).await
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

    async fn changes(&self, #[zbus(header)] header: Header<'_>, actor: Actor, run: i64) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.changes_of(&actor, run).await)?)
    }

    async fn take_back(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        steps: Document,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let steps = tokio::task::spawn_blocking(move || steps.read_at_most(LONGEST_STEPS)).await;
        let steps = serde_json::from_slice(&steps.map_err(Error::internal)??).map_err(Error::invalid)?;
        answer(&actor, self.0.nexus.take_back(&actor, steps).await)
    }

    async fn begin_undo(&self, #[zbus(header)] header: Header<'_>, id: String) -> Result<Document> {
        self.0.callers.require_speaker(&header).await?;
        Document::json(&answer_edge(self.0.nexus.move_undo(&id, Undo::Begin).await)?)
    }

    async fn started_undo(&self, #[zbus(header)] header: Header<'_>, id: String, job: String) -> Result<()> {
        self.0.callers.require_speaker(&header).await?;
        answer_edge(self.0.nexus.move_undo(&id, Undo::Started(job)).await).map(drop)
    }

    async fn finish_undo(
        &self,
        #[zbus(header)] header: Header<'_>,
        id: String,
        how: String,
        text: String,
    ) -> Result<()> {
        self.0.callers.require_speaker(&header).await?;
        answer_edge(self.0.nexus.move_undo(&id, Undo::Finish(end(&how)?, text)).await).map(drop)
    }

    #[zbus(signal)]
    pub(super) async fn approval_requested(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;
}
