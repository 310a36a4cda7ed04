use livos_bus::{Actor, Document, EntryInfo, Result};
use zbus::message::Header;
use zbus::{OwnedFd, interface};

use super::{Desk, answer, located};

/// What each person keeps for themselves.
#[derive(Debug)]
pub(super) struct Personal(pub(super) Desk);

#[interface(name = "io.livos.Files1.Personal")]
impl Personal {
    async fn favourites(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header).await?;
        Document::json(&answer(&actor, self.0.files.favourites(actor.clone()).await)?)
    }

    async fn set_favourite(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
        on: bool,
    ) -> Result<()> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.set_favourite(actor.clone(), root, path, on).await)
    }

    async fn recents(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header).await?;
        Document::json(&answer(&actor, self.0.files.recents(actor.clone()).await)?)
    }

    async fn note_opened(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
    ) -> Result<()> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.note_opened(actor.clone(), root, path).await)
    }

    async fn clear_recents(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<()> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.clear_recents(&actor).await)
    }

    async fn shares(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header).await?;
        Document::json(&answer(&actor, self.0.files.shares(actor.clone()).await)?)
    }

    async fn set_share(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
        on: bool,
    ) -> Result<()> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.set_share(actor.clone(), root, path, on).await)
    }

    async fn set_share_writes(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
        on: bool,
    ) -> Result<()> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.set_share_writes(&actor, &root, &path, on).await)
    }

    async fn wallpaper(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
    ) -> Result<(EntryInfo, OwnedFd)> {
        self.0.admit(&header).await?;
        let (entry, file) = answer(&actor, self.0.files.wallpaper(&actor).await)?;
        Ok((entry, file.into()))
    }

    async fn set_wallpaper(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        root: String,
        path: String,
    ) -> Result<EntryInfo> {
        self.0.admit(&header).await?;
        let (root, path) = located(&root, path)?;
        answer(&actor, self.0.files.set_wallpaper(actor.clone(), root, path).await)
    }

    async fn clear_wallpaper(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<()> {
        self.0.admit(&header).await?;
        answer(&actor, self.0.files.clear_wallpaper(&actor).await)
    }
}
