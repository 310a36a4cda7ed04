//! Room on the disk: what nothing uses is listed line by line, and exactly what somebody agreed to goes.
//!
//! Nothing goes that runs, that an app needs to start, or that an app can be brought back with. What came into use
//! after it was listed is left and named.

use livos_bus::documents::{ReclaimItem, ReclaimReply};
use livos_docker::{ContainerState, ContainerSummary, ImageSummary, LabelFilter, RemoveContainer};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::JobId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::docker::mounts_volume;
use super::keep::LABEL_KEPT;
use super::{Apps, Names};
use crate::Error;
use crate::core::blueprint::LABEL_APP;
use crate::core::foreign;
use crate::error::{engine, refused};

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Image,
    Container,
    Volume,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Container => "container",
            Self::Volume => "volume",
        }
    }
}

/// Something that nothing uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Unused {
    kind: Kind,
    /// Id, or the name of a volume.
    id: String,
    name: String,
    /// An image's references, or a container's image.
    references: Vec<String>,
    size: u64,
    detail: String,
    safe: bool,
}

impl Unused {
    /// Stands for what it is and what is said of it, so that agreeing to one line is not agreeing to another.
    fn code(&self) -> String {
        let mut digest = Sha256::new();
        let head = [self.kind.as_str(), &self.id, &self.name, &self.detail];
        for text in head.into_iter().chain(self.references.iter().map(String::as_str)) {
            digest.update(text);
            digest.update([0]);
        }
        let hex = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("{}-{hex}", self.kind.as_str())
    }
}

/// What was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ReclaimJob {
    items: Vec<Unused>,
    /// Lines that were agreed to and are not as they were.
    changed: usize,
}

pub(super) fn short(id: &str) -> String {
    id.trim_start_matches("sha256:").chars().take(12).collect()
}

impl Apps {
    /// The lines as people see them.
    pub(crate) async fn reclaimable(&self) -> Result<ReclaimReply, Error> {
        let items = self.unused().await?.into_iter().map(|unused| ReclaimItem {
            code: unused.code(),
            kind: unused.kind.as_str().to_owned(),
            name: unused.name,
            detail: unused.detail,
            size: unused.size,
            safe: unused.safe,
        });
        Ok(ReclaimReply { items: items.collect() })
    }

    /// Everything that nothing uses, the largest first.
    async fn unused(&self) -> Result<Vec<Unused>, Error> {
        let docker = &self.ports.engine;
        let names = self.app_names().await?;
        let containers = self.all_containers().await?;
        let mut found = self.unused_images(&containers).await?;
        for container in containers.iter().filter(|container| self.is_left_over(container, &names)) {
            let written = docker.written_bytes(&container.id).await;
            let size = match written {
                Ok(size) => size,
                // It went while we looked.
                Err(livos_docker::EngineError::NotFound { .. }) => continue,
                Err(error) => return Err(engine("cannot measure a container")(error)),
            };
            found.push(Unused {
                kind: Kind::Container,
                id: container.id.clone(),
                name: container.name.clone(),
                references: vec![container.image.clone()],
                size,
                detail: format!(
                    "a stopped container of {}; what it wrote into itself goes with it, its volumes stay",
                    container.image
                ),
                safe: false,
            });
        }
        let volumes =
            docker.list_volumes(&LabelFilter::any()).await.map_err(engine("cannot list the volumes"))?;
        let of_apps = self.rows.all_unnamed().await?;
        for volume in volumes {
            let of_livos = of_apps.contains_key(&volume.name)
                || volume.labels.contains_key(LABEL_APP)
                || volume.labels.contains_key(LABEL_KEPT);
            let mounted = containers
                .iter()
                .any(|one| one.mounts.iter().any(|mount| mounts_volume(mount, &volume.name)));
            if of_livos || mounted || !foreign::is_anonymous(&volume.name, &volume.labels) {
                continue;
            }
            found.push(Unused {
                kind: Kind::Volume,
                name: short(&volume.name),
                id: volume.name,
                references: Vec::new(),
                size: 0,
                detail: "data of a container that is gone; it exists nowhere else".to_owned(),
                safe: false,
            });
        }
        found.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.name.cmp(&b.name)));
        Ok(found)
    }

    async fn unused_images(&self, containers: &[ContainerSummary]) -> Result<Vec<Unused>, Error> {
        let kept = self.kept_images().await?;
        let images = self.ports.engine.list_images().await.map_err(engine("cannot list the images"))?;
        let free = |image: &&ImageSummary| {
            !containers.iter().any(|container| container.image_id == image.id)
                && kept.apps_that_need(image).is_empty()
        };
        Ok(images
            .iter()
            .filter(free)
            .map(|image| {
                let nameless = image.tags.is_empty();
                let detail = if nameless {
                    "an image without a name: a newer one took its place"
                } else {
                    "an image that no container was made from; it can be downloaded again"
                };
                Unused {
                    kind: Kind::Image,
                    id: image.id.clone(),
                    name: image.tags.first().cloned().unwrap_or_else(|| short(&image.id)),
                    references: image.tags.clone(),
                    size: image.size,
                    detail: detail.to_owned(),
                    safe: true,
                }
            })
            .collect())
    }

    /// A container that is stopped and no app's. What an app has is the app's business.
    fn is_left_over(&self, container: &ContainerSummary, names: &Names) -> bool {
        let stopped = matches!(
            container.state,
            ContainerState::Created | ContainerState::Exited | ContainerState::Dead
        );
        let of_app = match container.labels.get(LABEL_APP) {
            Some(app) if self.is_own(&container.labels) => names.has_app(app),
            // Another LivOS looks after its own.
            Some(_) => true,
            // What was adopted may be stopped and is looked after all the same.
            None => self.owner_of_container(container, names).kind == "adopted",
        };
        stopped && !of_app
    }

    /// Queues the removal of what these codes stand for. A full disk must not stand in the way of getting room: if
    /// not even the job can be written down, the first things go at once, until it can.
    pub(crate) async fn begin_reclaim(&self, codes: &[String], started_by: &str) -> Result<JobId, Error> {
        let unused = self.unused().await?;
        let mut items: Vec<Unused> =
            unused.into_iter().filter(|unused| codes.contains(&unused.code())).collect();
        if items.is_empty() {
            return Err(refused(
                "conflict",
                "nothing of what was chosen is unused any more; look at the list again",
            ));
        }
        let changed = codes.len().saturating_sub(items.len());
        loop {
            let new = NewJob::new("docker.reclaim", "docker", "Clean up Docker")
                .payload(&ReclaimJob { items: items.clone(), changed })?
                .started_by(started_by);
            match self.enqueue(new).await {
                Err(Error::Store(error)) if error.is_full() && !items.is_empty() => {
                    let first = items.remove(0);
                    tracing::info!(name = first.name, "the disk is full; this is removed before the others");
                    self.remove_unused(&first).await?;
                }
                Err(Error::Store(error)) if error.is_full() => {
                    return Err(refused(
                        livos_bus::codes::NO_SPACE,
                        "what was chosen is removed, but the disk is still full; look at the list again and choose more",
                    ));
                }
                other => return other,
            }
        }
    }

    /// The job `docker.reclaim`. What an earlier attempt removed is gone, and that is what was wanted.
    pub(super) async fn reclaim(self, job: JobContext) -> Result<(), JobFailure> {
        let ReclaimJob { items, changed } = job.payload()?;
        job.step("removing", 1, 1);
        let (count, mut freed, mut left) = (items.len() as u64, 0_u64, changed);
        if changed > 0 {
            job.log(format!("{changed} of the chosen lines were no longer as they had been listed and stay"));
        }
        for (index, item) in items.iter().enumerate() {
            job.check_cancelled()?;
            job.progress(|progress| {
                progress.done = index as u64;
                progress.total = count;
                "items".clone_into(&mut progress.unit);
                progress.detail.clone_from(&item.name);
            });
            match self.remove_unused(item).await {
                Ok(Removal::Done) => {
                    freed = freed.saturating_add(item.size);
                    job.log(format!("removed the {} {}", item.kind.as_str(), item.name));
                }
                Ok(Removal::Gone) => {
                    job.log(format!("the {} {} was gone already", item.kind.as_str(), item.name));
                }
                Ok(Removal::InUse) => {
                    left += 1;
                    job.log(format!("{} {} has come into use and stays", item.kind.as_str(), item.name));
                }
                Err(error) if error.is_engine_down() => return Err(error.into_failure()),
                Err(error) => {
                    left += 1;
                    let (_, message) = error.explain();
                    job.log(format!("{} {} stays: {message}", item.kind.as_str(), item.name));
                }
            }
        }
        job.progress(|progress| {
            progress.done = count;
            progress.detail = format!("up to {} MB freed, {left} left", freed / 1_000_000);
        });
        self.docker_changed();
        Ok(())
    }

    /// Removes one thing if it is still what was agreed to and still unused.
    async fn remove_unused(&self, item: &Unused) -> Result<Removal, Error> {
        let doing = || engine(format!("cannot remove the {} {}", item.kind.as_str(), item.name));
        let docker = &self.ports.engine;
        let there = match item.kind {
            Kind::Image => docker.image(&item.id).await.map_err(doing())?.is_some(),
            Kind::Container => docker.inspect_container(&item.id).await.map_err(doing())?.is_some(),
            Kind::Volume => docker.volume(&item.id).await.map_err(doing())?.is_some(),
        };
        if !there {
            return Ok(Removal::Gone);
        }
        let code = item.code();
        if !self.unused().await?.iter().any(|unused| unused.code() == code) {
            return Ok(Removal::InUse);
        }
        let removed = match item.kind {
            Kind::Image => self.remove_image_whole(&item.id, &item.references).await,
            Kind::Container => docker.remove_container(&item.id, RemoveContainer::default()).await,
            Kind::Volume => docker.remove_volume(&item.id).await,
        };
        match removed {
            Ok(true) => Ok(Removal::Done),
            Ok(false) => Ok(Removal::Gone),
            // Docker saw something that came between our look and the deed.
            Err(livos_docker::EngineError::Conflict { .. }) => Ok(Removal::InUse),
            Err(error) => Err(doing()(error)),
        }
    }

    /// Every name that was listed, and then the image itself if it had none.
    pub(super) async fn remove_image_whole(
        &self,
        id: &str,
        references: &[String],
    ) -> Result<bool, livos_docker::EngineError> {
        let mut removed = false;
        for reference in references {
            removed |= self.ports.engine.remove_image(reference).await?;
        }
        if self.ports.engine.image(id).await?.is_some() {
            removed |= self.ports.engine.remove_image(id).await?;
        }
        Ok(removed)
    }
}

/// What became of something that was to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Removal {
    Done,
    Gone,
    InUse,
}
