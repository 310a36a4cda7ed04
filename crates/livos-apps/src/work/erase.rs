//! Taking away what belongs to an app, and nothing else.

use livos_docker::RemoveContainer;
use livos_types::AppId;

use super::Apps;
use super::toolbox::Place;
use crate::error::{engine, refused};
use crate::store::App;
use crate::{Error, data};

/// What happens to what the app has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    Keep,
    Delete,
}

impl Apps {
    /// Containers and networks always; volumes but `spared` and the data folder if so wanted.
    ///
    /// Doing it again does no harm, so an interrupted one is simply repeated.
    pub(super) async fn erase(&self, app: &App, data: Data, spared: &[String]) -> Result<(), Error> {
        self.erase_containers(&app.id).await?;
        if data == Data::Delete {
            let volumes = self
                .ports
                .engine
                .list_volumes(&self.of(&app.id))
                .await
                .map_err(engine("cannot look at the volumes"))?;
            for volume in volumes.iter().filter(|volume| !spared.contains(&volume.name)) {
                let removed = self.ports.engine.remove_volume(&volume.name).await;
                removed.map_err(engine(format!("cannot remove the volume {}", volume.name)))?;
            }
            self.erase_unnamed(&app.id, spared).await?;
            self.erase_data(app).await?;
        }
        self.views.close(&app.id)?;
        let content = self.content_dir(&app.id);
        tokio::task::spawn_blocking(move || data::remove(&content))
            .await
            .map_err(|_| refused("internal", "interrupted"))??;
        Ok(())
    }

    /// Containers and networks with the app's label. Every volume stays, those without a name too: the containers
    /// that are made next get them.
    pub(super) async fn erase_containers(&self, id: &AppId) -> Result<(), Error> {
        self.note_unnamed(id).await?;
        let remove = RemoveContainer { force: true, anonymous_volumes: false };
        for container in self.containers(id).await? {
            let removed = self.ports.engine.remove_container(&container.id, remove).await;
            removed.map_err(engine(format!("cannot remove the container {}", container.name)))?;
        }
        let networks = self
            .ports
            .engine
            .list_networks(&self.of(id))
            .await
            .map_err(engine("cannot look at the networks"))?;
        for network in networks {
            let removed = self.ports.engine.remove_network(&network.id).await;
            removed.map_err(engine(format!("cannot remove the network {}", network.name)))?;
        }
        Ok(())
    }

    pub(super) async fn erase_data(&self, app: &App) -> Result<(), Error> {
        let folder = self.data_dir(&app.id);
        let path = folder.clone();
        let removed = tokio::task::spawn_blocking(move || data::remove(&path))
            .await
            .map_err(|_| refused("internal", "interrupted"))??;
        if removed {
            return Ok(());
        }
        // Containers write as users that we are not.
        self.clear_as_root(&app.id, &Place::Folder(folder.clone())).await?;
        let path = folder.clone();
        let removed = tokio::task::spawn_blocking(move || data::remove(&path))
            .await
            .map_err(|_| refused("internal", "interrupted"))??;
        if removed {
            return Ok(());
        }
        Err(refused("files", format!("{} could not be removed; remove it by hand", folder.display())))
    }

    /// Removes images that nothing uses any more; best effort, for they can be had again.
    pub(super) async fn erase_images(&self, app: &App) {
        for service in &app.spec.services {
            if let Err(error) = self.ports.engine.remove_image(&service.image).await {
                tracing::debug!(
                    error = livos_service::chain(&error),
                    image = service.image,
                    "an image stays"
                );
            }
        }
    }
}
