use livos_bus::{Actor, Document, EntryInfo, Result, RootInfo, TrashedItem};
use livos_types::RelPath;
use tokio::sync::mpsc;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{OwnedFd, interface};

use super::{Desk, answer, located};
use crate::core::fs::list::Listed;
use crate::core::watch::Folder;

/// Looking.
#[derive(Debug)]
pub(super) struct Reader(pub(super) Desk);

#[interface(name = "io.livos.Files1.Reader")]
impl Reader {
    async fn roots(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Vec<RootInfo>> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.roots(actor.clone()).await)
    }

    async fn list(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
    ) -> Result<Document> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        match answer(&actor, self.0.files.list(actor.clone(), root, path).await)? {
            Listed::Bytes(bytes) => Document::from_bytes(bytes),
            Listed::Memory(memory) => Ok(Document::from_descriptor(memory)),
        }
    }

    async fn stat(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
    ) -> Result<EntryInfo> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.stat(actor.clone(), root, path).await)
    }

    async fn open(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
    ) -> Result<(EntryInfo, OwnedFd)> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        let (entry, file) = answer(&actor, self.0.files.open(actor.clone(), root, path).await)?;
        Ok((entry, file.into()))
    }

    async fn archive(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        paths: Vec<String>,
    ) -> Result<OwnedFd> {
        self.0.admit(&header).await?;
        let (root, _) = located(&root, String::new())?;
        let paths: std::result::Result<Vec<_>, _> = paths.into_iter().map(RelPath::new).collect();
        let paths = paths.map_err(livos_bus::Error::invalid)?;
        answer(&actor, self.0.files.archive(actor.clone(), root, paths).await).map(Into::into)
    }

    async fn search(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
        query: String,
    ) -> Result<Document> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        Document::json(&answer(&actor, self.0.files.search(actor.clone(), root, path, query).await)?)
    }

    async fn trashed(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Vec<TrashedItem>> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.trashed(&actor).await)
    }

    #[zbus(signal)]
    async fn dir_changed(emitter: &SignalEmitter<'_>, root: &str, path: &str) -> zbus::Result<()>;
}

/// Turns changed folders into signals. Joined already, so each is worth one.
pub(super) async fn announce(emitter: SignalEmitter<'static>, mut changed: mpsc::UnboundedReceiver<Folder>) {
    while let Some(folder) = changed.recv().await {
        if let Err(error) = Reader::dir_changed(&emitter, folder.root.as_str(), folder.path.as_str()).await {
            tracing::debug!(error = livos_service::chain(&error), "a change was not announced");
        }
    }
}
