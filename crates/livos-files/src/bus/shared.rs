use livos_bus::{Actor, Document, EntryInfo, Result};
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer, located};

/// Looking into what a person shares with Nexus, and at nothing else.
#[derive(Debug)]
pub(super) struct Shared(pub(super) Desk);

#[interface(name = "io.livos.Files1.Shared")]
impl Shared {
    async fn folders(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit_reader(&header, &actor).await?;
        Document::json(&answer(&actor, self.0.files.shares(actor.clone()).await)?)
    }

    async fn list(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
    ) -> Result<Document> {
        self.0.admit_reader(&header, &actor).await?;
        let (root, path) = located(&root, path)?;
        Document::json(&answer(&actor, self.0.files.shared_list(actor.clone(), root, path).await)?)
    }

    async fn stat(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
    ) -> Result<EntryInfo> {
        self.0.admit_reader(&header, &actor).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.shared_stat(actor.clone(), root, path).await)
    }

    async fn read(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
        offset: u64,
        length: u32,
    ) -> Result<Document> {
        self.0.admit_reader(&header, &actor).await?;
        let (root, path) = located(&root, path)?;
        let piece = self.0.files.shared_read(actor.clone(), root, path, offset, length).await;
        Document::json(&answer(&actor, piece)?)
    }

    async fn search(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
        query: String,
    ) -> Result<Document> {
        self.0.admit_reader(&header, &actor).await?;
        let within = if root.is_empty() { None } else { Some(located(&root, path)?) };
        Document::json(&answer(&actor, self.0.files.shared_search(actor.clone(), within, query).await)?)
    }
}
