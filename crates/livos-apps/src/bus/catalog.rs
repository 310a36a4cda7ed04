//! Stores and what they offer.

use livos_bus::{Actor, Document, Result, Via};
use livos_policy::{Action, decide};
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{OwnedFd, interface};

use super::{Face, app_id, store_id};
use crate::Error;
use crate::work::store_reply;

pub(super) struct Catalog(pub(super) Face);

/// A first password that is this server's own is for those who run it, on their own screen: neither a member nor a
/// model needs it.
fn may_see_secrets(actor: &Actor) -> bool {
    matches!(actor.via, Via::Web | Via::Cli)
        && decide(actor.role, actor.username.as_str(), Action::ManageApps).is_allowed()
}

#[interface(name = "io.livos.Apps1.Catalog")]
impl Catalog {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit_reader(&header, &actor, Action::BrowseStore).await?;
        Document::json(&store_reply(&self.0.apps).await.map_err(Error::into_bus)?)
    }

    async fn get(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        store: String,
        app: String,
    ) -> Result<Document> {
        self.0.admit_reader(&header, &actor, Action::BrowseStore).await?;
        let (store, app) = (store_id(&store)?, app_id(&app)?);
        let not_found = || livos_bus::Error::not_found(format!("there is no app {app} in the store {store}"));
        let apps = &self.0.apps;
        let page = match apps.rows.entry(&store, &app).await.map_err(Error::into_bus)? {
            Some(entry) => apps.catalogue_app(&entry, may_see_secrets(&actor)).await,
            None => apps.page_without_store(&store, &app, may_see_secrets(&actor)).await,
        };
        Document::json(&page.map_err(Error::into_bus)?.ok_or_else(not_found)?)
    }

    async fn checks(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        store: String,
        app: String,
    ) -> Result<Document> {
        self.0.admit_reader(&header, &actor, Action::BrowseStore).await?;
        let (store, app) = (store_id(&store)?, app_id(&app)?);
        let apps = &self.0.apps;
        let entry = apps.rows.entry(&store, &app).await.map_err(Error::into_bus)?;
        let entry = entry.ok_or_else(|| {
            livos_bus::Error::not_found(format!("there is no app {app} in the store {store}"))
        })?;
        Document::json(&apps.checks_before_install(&entry, None).await.map_err(Error::into_bus)?)
    }

    async fn icon(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        name: String,
    ) -> Result<(OwnedFd, String)> {
        self.0.admit_reader(&header, &actor, Action::BrowseStore).await?;
        let apps = self.0.apps.clone();
        let opened = tokio::task::spawn_blocking(move || apps.icon(&name)).await;
        let opened =
            opened.map_err(|_| livos_bus::Error::internal("interrupted"))?.map_err(Error::into_bus)?;
        let (file, media_type) =
            opened.ok_or_else(|| livos_bus::Error::not_found("there is no such picture"))?;
        Ok((file.into(), media_type.to_owned()))
    }

    async fn picture(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        store: String,
        app: String,
        number: u32,
    ) -> Result<(OwnedFd, String)> {
        self.0.admit_reader(&header, &actor, Action::BrowseStore).await?;
        let picture = self.0.apps.picture(&store_id(&store)?, &app_id(&app)?, number).await;
        let (file, media_type) = picture
            .map_err(Error::into_bus)?
            .ok_or_else(|| livos_bus::Error::not_found("there is no such picture"))?;
        Ok((file.into(), media_type.to_owned()))
    }

    #[zbus(signal)]
    pub(super) async fn catalog_changed(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}
