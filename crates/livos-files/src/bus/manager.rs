use livos_bus::{Actor, EntryInfo, Location, Result, TransferRequest};
use zbus::interface;
use zbus::message::Header;

use super::{Desk, answer, located};

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
}
