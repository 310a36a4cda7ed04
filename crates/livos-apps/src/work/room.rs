//! Room on the disks for what an installation or a change writes, looked at before anything stops.

use std::path::{Path, PathBuf};
use std::time::Duration;

use livos_bus::codes;
use livos_snapshot::Method;
use tokio::sync::Mutex;

use super::Apps;
use super::keep::apart;
use super::toolbox::Place;
use crate::Error;
use crate::core::checks::{self, Copy, SPACE_NEEDED, Shelf, amount};
use crate::error::refused;
use crate::ports::Disk;
use crate::store::App;

/// What is looked at while somebody waits for it is not counted for longer than this.
const COUNTED_WITHIN: Duration = Duration::from_secs(20);
const OF_DOCKER: &str = "where Docker keeps images and volumes";
const OF_APPS: &str = "where apps keep their data";

/// Only one is counted at a time for people who look: counting reads a whole disk.
static COUNTING: Mutex<()> = Mutex::const_new(());

/// Who counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counting {
    /// The app's own job, to the end.
    Job,
    /// Somebody who looks, for a while; a job may work on the app meanwhile.
    Look,
}

impl Apps {
    /// The disk on which Docker keeps images and volumes, as far as it can be seen from here.
    pub(super) async fn docker_disk(&self) -> Option<Disk> {
        let root = self.ports.engine.root_dir().await.ok().filter(|root| !root.is_empty())?;
        self.ports.machine.disk(Path::new(&root))
    }

    /// Where an app's data and images go.
    pub(super) async fn shelves(&self) -> [Shelf; 2] {
        let apps = self.ports.machine.disk(&self.config.server.data_dir);
        [Shelf { place: OF_APPS, disk: apps }, Shelf { place: OF_DOCKER, disk: self.docker_disk().await }]
    }

    /// Nothing is begun on a disk that is nearly full.
    pub(super) async fn refuse_too_little_space(&self) -> Result<(), Error> {
        self.shelves().await.into_iter().try_for_each(refuse_full)
    }

    pub(super) async fn all_images_are_here(&self, spec: &livos_manifest::AppSpec) -> Result<bool, Error> {
        for service in &spec.services {
            let there = self.ports.engine.image(&service.image).await;
            if there.map_err(crate::error::engine("cannot look at the images"))?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same where no image has to come.
    pub(super) fn refuse_too_little_space_for_data(&self) -> Result<(), Error> {
        let disk = self.ports.machine.disk(&self.config.server.data_dir);
        refuse_full(Shelf { place: OF_APPS, disk })
    }

    /// Nothing is stopped when what an app has stored could not be kept: the copies that would be made, against the
    /// disks as they are now.
    pub(super) async fn refuse_too_little_room(&self, copies: &mut [Copy]) -> Result<(), Error> {
        for copy in copies.iter_mut() {
            copy.disk = if copy.to == OF_DOCKER {
                self.docker_disk().await
            } else {
                self.ports.machine.disk(&self.beside())
            };
        }
        match checks::too_little_room(copies) {
            None => Ok(()),
            Some(reason) => Err(refused(codes::NO_SPACE, format!("{reason}; free some space and try again"))),
        }
    }

    /// The same for somebody who looks: one at a time and all in all for a while; `None` if it could not be counted.
    pub(super) async fn copies_seen(&self, app: &App) -> Option<Vec<Copy>> {
        let looking = async {
            let _alone = COUNTING.lock().await;
            self.copies_of(app, Counting::Look).await
        };
        match tokio::time::timeout(COUNTED_WITHIN, looking).await {
            Ok(Ok(copies)) => Some(copies),
            // A job that begins takes the app for itself.
            Ok(Err(error)) => {
                tracing::debug!(error = livos_service::chain(&error), app = %app.id, "not counted");
                None
            }
            Err(_) => {
                if let Err(error) = self.end_counting(&app.id).await {
                    tracing::debug!(error = livos_service::chain(&error), app = %app.id, "counting goes on");
                }
                None
            }
        }
    }

    /// What is copied before an app is changed, and how much that takes up where.
    pub(super) async fn copies_of(&self, app: &App, counting: Counting) -> Result<Vec<Copy>, Error> {
        let folder = self.data_dir(&app.id);
        let mut copies = Vec::new();
        let mut places = Vec::new();
        if folder.exists() {
            let beside = self.beside();
            let disk = self.ports.machine.disk(&beside);
            let needed = own_copy(folder.clone(), beside, counting).await?;
            if needed.is_none() {
                places.push(Place::Folder(folder));
            }
            copies.push(Copy { of: "its folder", to: OF_APPS, needed, disk });
        }
        let volumes = self.volumes_of(&app.id).await?;
        if !volumes.is_empty() {
            let disk = self.docker_disk().await;
            copies.push(Copy { of: "its volumes", to: OF_DOCKER, needed: None, disk });
            places.extend(volumes.into_iter().map(Place::Volume));
        }
        if !places.is_empty() {
            let counted = self.count_as_root(&app.id, &places, counting).await?;
            for copy in copies.iter_mut().filter(|copy| copy.needed.is_none()) {
                let mut of_copy = places
                    .iter()
                    .zip(&counted)
                    .filter(|(place, _)| matches!(place, Place::Folder(_)) == (copy.of == "its folder"));
                copy.needed = of_copy.try_fold(0_u64, |sum, (_, bytes)| Some(sum.saturating_add((*bytes)?)));
            }
        }
        Ok(copies)
    }

    /// Where the copy of a folder goes, or where the folder for that will be.
    fn beside(&self) -> PathBuf {
        let kept = self.snapshots_dir();
        if kept.is_dir() { kept } else { self.config.server.data_dir.clone() }
    }
}

fn refuse_full(shelf: Shelf) -> Result<(), Error> {
    let Some(disk) = shelf.disk.filter(|disk| disk.free < SPACE_NEEDED) else { return Ok(()) };
    let free = amount(disk.free);
    Err(refused(
        codes::NO_SPACE,
        format!("only {free} are free {}; free some space and try again", shelf.place),
    ))
}

/// Bytes that a copy of a folder takes up, as far as we can tell without more rights than ours. Who looks has it counted
/// by a container, which can be ended at any time.
async fn own_copy(folder: PathBuf, beside: PathBuf, counting: Counting) -> Result<Option<u64>, Error> {
    apart(move || {
        // Where nobody may say, it is taken for a plain copy, which needs the most.
        match livos_snapshot::method(&folder, &beside) {
            Ok(Method::Btrfs | Method::Reflink) => Ok(Some(0)),
            Ok(Method::Copy) | Err(_) if counting == Counting::Job && livos_snapshot::is_ours(&folder) => {
                // What runs removes files while they are counted.
                Ok(livos_snapshot::space_needed(Method::Copy, &folder).ok())
            }
            Ok(Method::Copy) | Err(_) => Ok(None),
        }
    })
    .await
}
