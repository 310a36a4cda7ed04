//! Downloading images, with bytes and layers told on the way.

use std::path::Path;

use livos_bus::codes;
use livos_docker::PullProgress;
use livos_manifest::PullPolicy;
use livos_store::JobContext;
use tokio::sync::watch;

use super::Apps;
use crate::Error;
use crate::core::blueprint::{Blueprint, PlannedContainer};
use crate::core::checks::amount;
use crate::error::{engine, refused};

impl Apps {
    /// Downloads every image that is not there yet, one after the other.
    pub(super) async fn pull(&self, blueprint: &Blueprint, job: &JobContext) -> Result<(), Error> {
        self.pull_images(blueprint, false, job).await
    }

    /// The same, also where the app's description would have every image downloaded again.
    pub(super) async fn pull_missing(&self, blueprint: &Blueprint, job: &JobContext) -> Result<(), Error> {
        let mut blueprint = blueprint.clone();
        let always = |container: &&mut PlannedContainer| container.pull == PullPolicy::Always;
        for container in blueprint.containers.iter_mut().filter(always) {
            container.pull = PullPolicy::Missing;
        }
        self.pull(&blueprint, job).await
    }

    /// Downloads every image, because what a tag means may have changed; what is pinned cannot.
    pub(super) async fn pull_anew(&self, blueprint: &Blueprint, job: &JobContext) -> Result<(), Error> {
        self.pull_images(blueprint, true, job).await
    }

    async fn pull_images(&self, blueprint: &Blueprint, anew: bool, job: &JobContext) -> Result<(), Error> {
        let mut wanted: Vec<(&str, Option<&str>, PullPolicy)> = Vec::new();
        for container in &blueprint.containers {
            let image = container.config.image.as_str();
            if !wanted.iter().any(|(known, platform, _)| {
                *known == image && *platform == container.config.platform.as_deref()
            }) {
                wanted.push((image, container.config.platform.as_deref(), container.pull));
            }
        }
        let count = wanted.len();
        let root = self.ports.engine.root_dir().await.map_err(engine("cannot ask where images are kept"))?;
        let (mut bytes, mut layers) = (0, 0);
        for (index, (image, platform, policy)) in wanted.into_iter().enumerate() {
            let doing = || format!("cannot download {image}");
            let there = self.ports.engine.image(image).await.map_err(engine(doing()))?.is_some();
            let again = policy == PullPolicy::Always || anew && !image.contains('@');
            if there && !again || policy == PullPolicy::Never {
                if !there {
                    return Err(refused(
                        codes::IMAGE_NOT_FOUND,
                        format!("the image {image} must be on this machine already, and it is not"),
                    ));
                }
                continue;
            }
            job.log(format!("downloading {image}"));
            let (sender, mut receiver) = watch::channel(PullProgress::default());
            let say = |pull: &PullProgress| {
                job.progress(|progress| {
                    progress.unit = "bytes".to_owned();
                    progress.done = bytes + pull.bytes_done;
                    progress.total = bytes + pull.bytes_total;
                    let image =
                        if count > 1 { format!("image {} of {count}, ", index + 1) } else { String::new() };
                    progress.detail = format!("{image}layer {} of {}", pull.layers_done, pull.layers_total);
                });
            };
            let mut pulling = self.ports.engine.pull(image, platform, &sender);
            loop {
                tokio::select! {
                    pulled = &mut pulling => {
                        pulled.map_err(engine(doing()))?;
                        break;
                    }
                    Ok(()) = receiver.changed() => {
                        let pull = *receiver.borrow_and_update();
                        say(&pull);
                        // Unpacked it is larger still, so this never refuses what would have fitted.
                        let left = pull.bytes_total.saturating_sub(pull.bytes_done);
                        let disk = self.ports.machine.disk(Path::new(&root));
                        if let Some(disk) = disk.filter(|disk| disk.free < left) {
                            return Err(no_room(image, left, disk.free));
                        }
                    }
                }
            }
            drop(pulling);
            let last = *receiver.borrow_and_update();
            say(&last);
            bytes += last.bytes_done;
            layers += last.layers_done;
        }
        job.log(format!("{layers} layers, {bytes} bytes downloaded"));
        Ok(())
    }
}

/// A download that would fill the disk; it is stopped while there is room for everything else.
fn no_room(image: &str, left: u64, free: u64) -> Error {
    let (left, missing, free) = (amount(left), amount(left.saturating_sub(free)), amount(free));
    refused(
        codes::NO_SPACE,
        format!(
            "{left} of {image} are still to be downloaded, and {free} are free where Docker keeps images, so at least \
             {missing} are missing; free some space and try again"
        ),
    )
}
