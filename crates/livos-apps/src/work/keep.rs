//! Keeping what an app is, and making it that again: its folder, its volumes, its images.

use std::path::{Path, PathBuf};

use livos_docker::VolumeConfig;
use livos_store::JobContext;
use livos_types::AppId;

use super::toolbox::Place;
use super::{Apps, LABEL_INSTALLATION};
use crate::Error;
use crate::error::{engine, refused};
use crate::store::{App, Keeping, KeptImage, KeptVolume, Phase, Previous, Slot};

/// Marks the copy of a volume; its value is the app.
pub(super) const LABEL_KEPT: &str = "io.livos.kept";

/// Runs something that may take long beside the others.
pub(super) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, livos_snapshot::Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| refused("internal", "copying was interrupted"))?
        .map_err(Error::from)
}

impl Apps {
    pub(super) fn snapshots_dir(&self) -> PathBuf {
        self.config.server.data_dir.join("app-snapshots")
    }

    /// What an app's images are now, so that a tag that moves can be moved back.
    pub(super) async fn images_of(&self, app: &App) -> Result<Vec<KeptImage>, Error> {
        let mut images: Vec<KeptImage> = Vec::new();
        for service in &app.spec.services {
            let reference = &service.image;
            if images.iter().any(|known| known.reference == *reference) {
                continue;
            }
            let there =
                self.ports.engine.image(reference).await.map_err(engine("cannot look at the images"))?;
            if let Some(image) = there {
                images.push(KeptImage { reference: reference.clone(), id: image.id });
            }
        }
        Ok(images)
    }

    /// Keeps what an app is, which must not run meanwhile, under a name of its own.
    pub(super) async fn keep(
        &self,
        app: &App,
        name: &str,
        images: Vec<KeptImage>,
        job: &JobContext,
    ) -> Result<(), Error> {
        let of_app = self.snapshots_dir().join(app.id.as_str());
        self.note_unnamed(&app.id).await?;
        let volumes = self
            .volumes_of(&app.id)
            .await?
            .into_iter()
            .enumerate()
            .map(|(index, volume)| KeptVolume { name: volume, copy: format!("livos-kept-{name}-{index}") })
            .collect();
        let folder = self.data_dir(&app.id);
        let copy = if folder.exists() { of_app.join(name) } else { PathBuf::new() };
        let mut previous = Previous {
            ready: false,
            app: app.clone(),
            keeping: Keeping { folder: copy, volumes, unnamed: true, images },
            until: 0,
        };
        // The note comes first: what is made after it is found, whatever happens.
        self.rows.put_previous(Slot::Pending, &previous).await?;
        self.make_own_folder(&app.id, &self.snapshots_dir()).await?;
        if !previous.keeping.folder.as_os_str().is_empty() {
            livos_service::fs::create_directory(&of_app, 0o700)?;
            self.keep_folder(&app.id, &folder, &previous.keeping.folder, job).await?;
        }
        for volume in &previous.keeping.volumes {
            job.progress(|progress| progress.detail = format!("the volume {}", volume.name));
            let labels = [(LABEL_KEPT, app.id.as_str()), (LABEL_INSTALLATION, self.installation.as_str())];
            let config = VolumeConfig {
                name: volume.copy.clone(),
                labels: labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
                ..VolumeConfig::default()
            };
            self.ports.engine.create_volume(&config).await.map_err(engine("cannot keep a volume"))?;
            let (from, to) = (Place::Volume(volume.name.clone()), Place::Volume(volume.copy.clone()));
            self.copy_as_root(&app.id, &from, &to).await?;
        }
        previous.ready = true;
        self.rows.put_previous(Slot::Pending, &previous).await
    }

    async fn named_volumes(&self, id: &AppId) -> Result<Vec<String>, Error> {
        let volumes = self.ports.engine.list_volumes(&self.of(id)).await;
        let volumes = volumes.map_err(engine("cannot look at the volumes"))?;
        Ok(volumes.into_iter().map(|volume| volume.name).collect())
    }

    /// An app's own volumes, those without a name too.
    pub(super) async fn volumes_of(&self, id: &AppId) -> Result<Vec<String>, Error> {
        let mut volumes = self.named_volumes(id).await?;
        volumes.extend(self.unnamed_volumes(id).await?);
        Ok(volumes)
    }

    async fn keep_folder(
        &self,
        id: &AppId,
        folder: &Path,
        copy: &Path,
        job: &JobContext,
    ) -> Result<(), Error> {
        job.progress(|progress| progress.detail = "the app's folder".to_owned());
        let (from, to) = (folder.to_owned(), copy.to_owned());
        let ours = apart({
            let from = from.clone();
            move || Ok(livos_snapshot::is_ours(&from))
        })
        .await?;
        if ours {
            let way = apart(move || livos_snapshot::take(&from, &to)).await?;
            job.log(format!("the app's folder is kept ({})", way.as_str()));
            return Ok(());
        }
        livos_service::fs::create_directory(copy, 0o700)?;
        self.copy_as_root(id, &Place::Folder(from), &Place::Folder(to)).await?;
        job.log("the app's folder is kept");
        Ok(())
    }

    /// Makes the app's folder and volumes what they were, and its image references mean what they meant.
    pub(super) async fn put_back_files(
        &self,
        previous: &Previous,
        job: Option<&JobContext>,
    ) -> Result<(), Error> {
        let id = &previous.app.id;
        let say = |text: &str| {
            if let Some(job) = job {
                job.progress(|progress| progress.detail = text.to_owned());
            }
        };
        let copy = previous.keeping.folder.clone();
        let folder = self.data_dir(id);
        if copy.as_os_str().is_empty() {
            // There was none, so what is there is the new version's.
            self.erase_data(&previous.app).await?;
        } else {
            say("the app's folder");
            self.make_own_folder(id, &folder).await?;
            let (from, to) = (copy.clone(), folder.clone());
            let ours =
                apart(move || Ok(livos_snapshot::is_ours(&from) && livos_snapshot::is_ours(&to))).await?;
            if ours {
                apart(move || livos_snapshot::restore(&copy, &folder)).await?;
            } else {
                let (from, to) = (Place::Folder(copy), Place::Folder(folder));
                self.clear_as_root(id, &to).await?;
                self.copy_as_root(id, &from, &to).await?;
            }
        }
        for volume in &previous.keeping.volumes {
            say(&format!("the volume {}", volume.name));
            let there =
                self.ports.engine.volume(&volume.copy).await.map_err(engine("cannot look at a volume"))?;
            if there.is_none() {
                return Err(refused("files", format!("the copy of the volume {} is gone", volume.name)));
            }
            let to = Place::Volume(volume.name.clone());
            self.clear_as_root(id, &to).await?;
            self.copy_as_root(id, &Place::Volume(volume.copy.clone()), &to).await?;
        }
        // Volumes that only the new version had.
        let kept: Vec<String> = previous.keeping.volumes.iter().map(|kept| kept.name.clone()).collect();
        for volume in self.named_volumes(id).await? {
            if !kept.contains(&volume) {
                let removed = self.ports.engine.remove_volume(&volume).await;
                removed.map_err(engine("cannot remove a volume of the new version"))?;
            }
        }
        if previous.keeping.unnamed {
            self.erase_unnamed(id, &kept).await?;
        }
        for image in &previous.keeping.images {
            let doing = "cannot bring the image back";
            let now = self.ports.engine.image(&image.reference).await.map_err(engine(doing))?;
            if now.is_none_or(|now| now.id != image.id) && !image.reference.contains('@') {
                self.ports.engine.tag_image(&image.id, &image.reference).await.map_err(engine(doing))?;
            }
        }
        Ok(())
    }

    /// Removes what is kept. What is gone already is fine.
    pub(super) async fn drop_kept(&self, id: &AppId, keeping: &Keeping) -> Result<(), Error> {
        for volume in &keeping.volumes {
            let removed = self.ports.engine.remove_volume(&volume.copy).await;
            removed.map_err(engine("cannot remove the copy of a volume"))?;
        }
        self.drop_folder(id, &keeping.folder).await
    }

    async fn drop_folder(&self, id: &AppId, folder: &Path) -> Result<(), Error> {
        if !folder.starts_with(self.snapshots_dir()) || !folder.exists() {
            return Ok(());
        }
        let path = folder.to_owned();
        if apart(move || livos_snapshot::remove(&path)).await.is_ok() {
            return Ok(());
        }
        self.clear_as_root(id, &Place::Folder(folder.to_owned())).await?;
        let path = folder.to_owned();
        apart(move || livos_snapshot::remove(&path)).await
    }

    /// Forgets what an app was, in one of its places, with the files.
    pub(super) async fn forget(&self, id: &AppId, slot: Slot) -> Result<(), Error> {
        if let Some(previous) = self.rows.previous(id, slot).await? {
            self.drop_kept(id, &previous.keeping).await?;
            self.rows.delete_previous(id, slot).await?;
        }
        Ok(())
    }

    /// Removes what is kept for longer than promised, and what nobody knows of any more.
    pub(super) async fn tidy_kept(&self) -> Result<(), Error> {
        let now = self.ports.clock.now();
        for app in self.rows.apps().await? {
            if app.phase != Phase::Installed {
                continue;
            }
            for (slot, _) in
                self.rows.ways_back(&app.id).await?.into_iter().filter(|(_, kept)| kept.until <= now)
            {
                self.forget(&app.id, slot).await?;
            }
        }
        let known = self.rows.keepings().await?;
        let label =
            livos_docker::LabelFilter::key(LABEL_KEPT).and(LABEL_INSTALLATION, self.installation.as_str());
        let volumes =
            self.ports.engine.list_volumes(&label).await.map_err(engine("cannot look at the volumes"))?;
        for volume in volumes {
            let wanted = |keeping: &Keeping| keeping.volumes.iter().any(|kept| kept.copy == volume.name);
            if !known.iter().any(wanted) {
                let removed = self.ports.engine.remove_volume(&volume.name).await;
                removed.map_err(engine("cannot remove the copy of a volume"))?;
            }
        }
        let Ok(apps) = std::fs::read_dir(self.snapshots_dir()) else { return Ok(()) };
        for of_app in apps.flatten() {
            let Ok(id) = AppId::new(of_app.file_name().to_string_lossy().as_ref()) else { continue };
            for copy in std::fs::read_dir(of_app.path()).into_iter().flatten().flatten() {
                if !known.iter().any(|keeping| keeping.folder == copy.path()) {
                    self.drop_folder(&id, &copy.path()).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes a folder of ours, with root's help where its parent belongs to somebody else.
    pub(super) async fn make_own_folder(&self, id: &AppId, folder: &Path) -> Result<(), Error> {
        if folder.is_dir() {
            return Ok(());
        }
        let Err(error) = livos_service::fs::create_directory(folder, 0o755) else { return Ok(()) };
        let (Some(parent), Some(name)) = (folder.parent(), folder.file_name().and_then(|name| name.to_str()))
        else {
            return Err(error.into());
        };
        self.make_as_root(id, parent, name).await
    }

    /// Marks a phase and tells everybody.
    pub(super) async fn enter(&self, id: &AppId, phase: Phase) -> Result<(), Error> {
        self.rows.set_phase(id, phase).await?;
        self.app_changed(id);
        Ok(())
    }
}
