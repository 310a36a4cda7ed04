use livos_bus::{Actor, Document, EntryInfo, Error, Location, Result, TransferRequest};
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer, located};

/// The most bytes of a change: a text whose every byte is written as six, and its paths.
const LONGEST_CHANGE: usize = 512 * 1024;

/// Changing.
#[derive(Debug)]
pub(super) struct Manager(pub(super) Desk);

#[interface(name = "io.livos.Files1.Manager")]
impl Manager {
    async fn create_directory(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
    ) -> Result<EntryInfo> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.create_directory(actor.clone(), root, path).await)
    }

    async fn rename(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
        name: String,
    ) -> Result<EntryInfo> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.rename(actor.clone(), root, path, name).await)
    }

    #[zbus(name = "Move")]
    async fn transfer(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: TransferRequest,
    ) -> Result<String> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.transfer(&actor, &request, true).await).map(|job| job.to_string())
    }

    async fn copy(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: TransferRequest,
    ) -> Result<String> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.transfer(&actor, &request, false).await).map(|job| job.to_string())
    }

    async fn trash(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        items: Vec<Location>,
    ) -> Result<Vec<String>> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.trash(&actor, &items).await)
    }

    async fn restore(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        ids: Vec<String>,
    ) -> Result<Vec<EntryInfo>> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.restore(&actor, &ids).await)
    }

    async fn delete(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        ids: Vec<String>,
    ) -> Result<String> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.delete(&actor, &ids).await).map(|job| job.to_string())
    }

    async fn change(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        change: Document,
    ) -> Result<String> {
        self.0.admit(&header).await?;
        let change = tokio::task::spawn_blocking(move || change.read_at_most(LONGEST_CHANGE)).await;
        let change = serde_json::from_slice(&change.map_err(Error::internal)??).map_err(Error::invalid)?;
        answer(&actor, self.0.files.change(&actor, &id, change).await)
    }

    async fn stands_against(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> Result<String> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.stands_against(&actor, &id).await)
    }

    async fn put_back(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<String> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.put_back(&actor, &id).await)
    }
}
