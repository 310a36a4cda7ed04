//! Installed apps, to look at.

use livos_bus::{Actor, Document, EngineStatus, Result};
use livos_policy::Action;
use zbus::interface;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use super::{Face, app_id, logs};
use crate::Error;
use crate::core::blueprint::container_name;
use crate::work::installed;

pub(super) struct Reader(pub(super) Face);

#[interface(name = "io.livos.Apps1.Reader")]
impl Reader {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit_reader(&header, &actor, Action::UseApps).await?;
        let mut all = installed(&self.0.apps, None).await.map_err(Error::into_bus)?;
        all.extend(self.0.apps.adopted_apps(None).await.map_err(Error::into_bus)?);
        Document::json(&all)
    }

    async fn get(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<Document> {
        self.0.admit_reader(&header, &actor, Action::UseApps).await?;
        let id = app_id(&id)?;
        let mut found = installed(&self.0.apps, Some(&id)).await.map_err(Error::into_bus)?;
        if found.is_empty() {
            found = self.0.apps.adopted_apps(Some(&id)).await.map_err(Error::into_bus)?;
        }
        match found.first() {
            Some(app) => Document::json(app),
            None => Err(livos_bus::Error::not_found(format!("the app {id} is not installed"))),
        }
    }

    async fn update_of(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> Result<Document> {
        self.0.admit_reader(&header, &actor, Action::UseApps).await?;
        let id = app_id(&id)?;
        let apps = &self.0.apps;
        let app = apps
            .rows
            .app(&id)
            .await
            .map_err(Error::into_bus)?
            .ok_or_else(|| livos_bus::Error::not_found(format!("the app {id} is not installed")))?;
        match apps.update_of(&app).await.map_err(Error::into_bus)? {
            Some(update) => Document::json(&update),
            None => Err(livos_bus::Error::not_found(format!("{} is up to date", app.name))),
        }
    }

    async fn logs(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        service: String,
        tail: u32,
        follow: bool,
    ) -> Result<zbus::OwnedFd> {
        self.0.admit_reader(&header, &actor, Action::ReadAppLogs).await?;
        let id = app_id(&id)?;
        let apps = &self.0.apps;
        let mut containers: Vec<(String, String)> = match apps.rows.app(&id).await.map_err(Error::into_bus)? {
            Some(app) => {
                let names = app.spec.services.into_iter().map(|known| known.name);
                names.map(|name| (name.clone(), container_name(&id, &name))).collect()
            }
            None => match apps.rows.adopted(&id).await.map_err(Error::into_bus)? {
                Some(adopted) => {
                    adopted.parts.into_iter().map(|part| (part.service, part.container)).collect()
                }
                None => return Err(livos_bus::Error::not_found(format!("the app {id} is not installed"))),
            },
        };
        containers.retain(|(name, _)| service.is_empty() || *name == service);
        if containers.is_empty() {
            return Err(livos_bus::Error::not_found(format!("{id} has no service {service:?}")));
        }
        let (reading, writing) = logs::open(apps, &containers, tail, follow).await?;
        let shutdown = self.0.shutdown.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = writing => {}
            }
        });
        Ok(reading.into())
    }

    async fn engine(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<EngineStatus> {
        self.0.admit_reader(&header, &actor, Action::BrowseStore).await?;
        let status = self.0.apps.engine_status().await;
        Ok(EngineStatus {
            usable: status.usable,
            version: status.version,
            architecture: status.architecture,
            reason: status.reason,
        })
    }

    async fn exposure(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit_reader(&header, &actor, Action::UseApps).await?;
        let mut exposure = self.0.apps.exposure().await.map_err(Error::into_bus)?;
        if let Some(domain) = &mut exposure.domain
            && Face::allow(&actor, Action::ManageSystem).is_err()
        {
            domain.email.clear();
        }
        Document::json(&exposure)
    }

    async fn certificate(&self, #[zbus(header)] header: Header<'_>) -> Result<String> {
        self.0.callers.require_speaker(&header).await?;
        self.0.apps.certificate().await.map_err(Error::into_bus)
    }

    #[zbus(signal)]
    pub(super) async fn app_changed(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;
}
