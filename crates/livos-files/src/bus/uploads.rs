use livos_bus::{Actor, EntryInfo, Result, UploadInfo, UploadRequest};
use zbus::message::Header;
use zbus::{OwnedFd, interface};

use super::{Desk, answer};

/// Files on their way in.
#[derive(Debug)]
pub(super) struct Uploads(pub(super) Desk);

#[interface(name = "io.livos.Files1.Uploads")]
impl Uploads {
    async fn create(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: UploadRequest,
    ) -> Result<UploadInfo> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.create_upload(&actor, request).await)
    }

    async fn open(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> Result<(UploadInfo, OwnedFd)> {
        self.0.admit(&header).await?;
        let (info, file) = answer(&actor, self.0.files.open_upload(&actor, &id).await)?;
        Ok((info, file.into()))
    }

    async fn get(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<UploadInfo> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.get_upload(&actor, &id).await)
    }

    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Vec<UploadInfo>> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.uploads(&actor).await)
    }

    async fn commit(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> Result<EntryInfo> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.commit_upload(&actor, &id).await)
    }

    async fn cancel(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<()> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.cancel_upload(&actor, &id).await)
    }
}
