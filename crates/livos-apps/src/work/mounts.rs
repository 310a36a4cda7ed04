//! Folders of the machine that apps are given, and the disks they lie on.
//!
//! A disk that is not there leaves an empty folder, or none, and Docker would make one: an app would start with
//! nothing of what it had, and write where nobody looks for it. So it is noted on which mount each folder lies, and
//! without that mount the app does not start.
//!
//! What we cannot see (below `/home`, or somebody's private folder) is left to Docker. A folder of the machine that was
//! never there is made by Docker as Docker Compose has it do, since catalogues name folders that only some machines have;
//! but not where disks are mounted.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use livos_docker::MountKind;
use livos_types::AppId;

use super::Apps;
use crate::Error;
use crate::core::blueprint::{Blueprint, container_name};
use crate::core::mounts::mount_of;
use crate::error::{engine, refused};
use crate::store::App;

/// The code of an app whose disk is not there.
pub(crate) const DISK_MISSING: &str = "disk_missing";

/// The machine's own, and what our unit has instead of the machine's.
const OF_THE_SYSTEM: [&str; 12] =
    ["/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr", "/var/run"];
const PRIVATE: [&str; 2] = ["/tmp", "/var/tmp"];
/// Where disks are mounted: what is missing there is a disk, also at the first time.
const OF_DISKS: [&str; 2] = ["/media", "/mnt"];
/// A disk that does not answer within this time is not there.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// What can be seen of a path.
enum Seen {
    /// Its real path, or that of the innermost folder on the way that is there.
    At(PathBuf),
    Missing,
    Unclear,
}

fn look(path: &Path, is_made: bool) -> Seen {
    for there in path.ancestors() {
        match std::fs::canonicalize(there) {
            Ok(real) => return Seen::At(real),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                if !is_made {
                    let ours = PRIVATE.iter().any(|private| path.starts_with(private));
                    return if ours { Seen::Unclear } else { Seen::Missing };
                }
            }
            Err(_) => return Seen::Unclear,
        }
    }
    Seen::Unclear
}

impl Apps {
    /// Refuses what lies on a disk that is not there. Tells where the rest lies, as far as it is to be noted.
    pub(super) async fn refuse_missing_disks(
        &self,
        id: &AppId,
        name: &str,
        blueprint: &Blueprint,
    ) -> Result<Vec<(String, String)>, Error> {
        let content_dir = self.content_dir(id);
        let docker_view = self.views.path(id);
        let mounts = blueprint.containers.iter().flat_map(|container| &container.config.mounts);
        let mut paths: Vec<String> = mounts
            .filter_map(|mount| match &mount.kind {
                MountKind::Bind { source, .. } => Some(source.clone()),
                MountKind::Volume { .. } | MountKind::Tmpfs { .. } => None,
            })
            .filter(|path| {
                let path = Path::new(path);
                path != docker_view
                    && !path.starts_with(&content_dir)
                    && !OF_THE_SYSTEM.iter().any(|own| path.starts_with(own))
            })
            .collect();
        paths.sort();
        paths.dedup();
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let noted = self.rows.places(id).await?;
        let root = self.config.server.data_dir.clone();
        // Looking is also what mounts a disk that is mounted on demand.
        let looking = tokio::task::spawn_blocking(move || {
            let seen = paths.into_iter().map(|path| {
                let seen = look(Path::new(&path), Path::new(&path).starts_with(&root));
                (path, seen)
            });
            let seen: Vec<(String, Seen)> = seen.collect();
            (seen, std::fs::canonicalize(&root).unwrap_or(root))
        });
        let (seen, root) = tokio::time::timeout(ANSWERS_WITHIN, looking)
            .await
            .map_err(|_| {
                refused(
                    DISK_MISSING,
                    format!(
                        "a disk with folders of {name} does not answer; connect it and start {name} again"
                    ),
                )
            })?
            .map_err(|_| refused("internal", "looking at the folders was interrupted"))?;
        let points = self.ports.machine.mount_points();
        let mut to_note = Vec::new();
        for (path, seen) in seen {
            let before = noted.get(&path);
            if before
                .is_some_and(|mount| mount != "/" && !points.iter().any(|point| point == Path::new(mount)))
            {
                return Err(refused(
                    DISK_MISSING,
                    format!("The disk with {path} isn't there. Connect it, then start {name}."),
                ));
            }
            match seen {
                Seen::Missing
                    if before.is_none() && !OF_DISKS.iter().any(|of| Path::new(&path).starts_with(of)) => {}
                Seen::Missing => {
                    return Err(refused(
                        DISK_MISSING,
                        format!(
                            "{path} isn't there. Connect the disk it is on, or make the folder, and try again."
                        ),
                    ));
                }
                Seen::Unclear => {}
                Seen::At(real) => {
                    let mount = mount_of(&real, &points);
                    // Our own data is on whatever it is on; only a disk inside it can be missing by itself.
                    let own = real.starts_with(&root) && root.starts_with(mount);
                    let mount = if own { Path::new("/") } else { mount };
                    if before.is_none_or(|before| mount != Path::new(before) && mount.starts_with(before)) {
                        to_note.push((path, mount.display().to_string()));
                    }
                }
            }
        }
        Ok(to_note)
    }

    /// The same for an app as it is. What cannot be said of it now says itself when it is started.
    pub(super) async fn disks_are_there(&self, app: &App) -> Result<Result<(), String>, Error> {
        let upstream = Some(app.upstream_port).filter(|port| *port > 0);
        let Ok(blueprint) = self.blueprint(&app.id, &app.spec, upstream) else { return Ok(Ok(())) };
        match self.refuse_missing_disks(&app.id, &app.name, &blueprint).await {
            Ok(to_note) => self.rows.note_places(&app.id, &to_note).await.map(Ok),
            Err(Error::Refused { code: DISK_MISSING, message }) => Ok(Err(message)),
            Err(error) => Err(error),
        }
    }

    /// Stops an app that Docker started without its disk, and says why.
    pub(super) async fn stop_without_disk(&self, app: &App, why: &str) -> Result<(), Error> {
        let running = self.containers(&app.id).await?;
        for service in app.spec.services.iter().rev() {
            let name = container_name(&app.id, &service.name);
            if running.iter().any(|container| container.name == name && container.state.is_running()) {
                let stopped = self.ports.engine.stop_container(&name, None).await;
                stopped.map_err(engine(format!("cannot stop {}", service.name)))?;
            }
        }
        tracing::warn!(app = %app.id, "an app is not started, because a disk of it is not there");
        self.rows.set_problem(&app.id, why).await?;
        self.app_changed(&app.id);
        Ok(())
    }
}
