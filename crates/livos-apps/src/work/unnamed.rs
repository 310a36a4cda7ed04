//! Volumes that nobody gave a name: those of an image's `VOLUME`, and of `volumes: [/data]`.
//!
//! Docker makes a new one with each new container, and what an app has written would stay behind in the old one. As
//! with Docker Compose, the container that takes another one's place gets its unnamed volumes, at the same places.
//! They are told from others by a made-up name that no container's configuration mentions: a volume that somebody
//! named, or that another container lends, is never taken for one of them.

use std::collections::HashSet;

use livos_docker::{ContainerConfig, Mount, MountKind};
use livos_manifest::spec::{self, AppSpec, MountOptions, MountRole, MountSpec, VolumeSpec};
use livos_types::AppId;

use super::Apps;
use crate::Error;
use crate::core::blueprint::LABEL_SERVICE;
use crate::core::foreign;
use crate::error::engine;
use crate::store::Unnamed;

/// A path in a container, as Docker tells it.
fn plain(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path,
    }
}

impl Apps {
    /// Notes the unnamed volumes of an app's containers, before one of them goes and nothing else knows of them.
    pub(super) async fn note_unnamed(&self, id: &AppId) -> Result<(), Error> {
        let mut infos = Vec::new();
        for container in self.containers(id).await? {
            let info = self.ports.engine.inspect_container(&container.id).await;
            infos.extend(info.map_err(engine(format!("cannot look at {}", container.name)))?);
        }
        let named: HashSet<&String> = infos.iter().flat_map(|info| &info.named_volumes).collect();
        let mut found = Vec::new();
        for info in &infos {
            let Some(service) = info.labels.get(LABEL_SERVICE) else { continue };
            let unnamed = info.mounts.iter().filter(|mount| {
                mount.kind == "volume"
                    && !named.contains(&mount.name)
                    && foreign::is_anonymous(&mount.name, &foreign::Labels::new())
            });
            found.extend(unnamed.map(|mount| Unnamed {
                service: service.clone(),
                target: plain(&mount.target).to_owned(),
                volume: mount.name.clone(),
            }));
        }
        if found.is_empty() { Ok(()) } else { self.rows.note_unnamed(id, &found).await }
    }

    /// The unnamed volumes of an app that are still there, each once.
    pub(super) async fn unnamed_volumes(&self, id: &AppId) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for noted in self.rows.unnamed(id).await? {
            if !names.contains(&noted.volume) && self.volume_is_there(&noted.volume).await? {
                names.push(noted.volume);
            }
        }
        Ok(names)
    }

    async fn volume_is_there(&self, name: &str) -> Result<bool, Error> {
        let there = self.ports.engine.volume(name).await.map_err(engine("cannot look at a volume"))?;
        Ok(there.is_some())
    }

    /// A container as it is to be made: where it would get a new unnamed volume, with the one that was there before.
    pub(super) async fn with_its_unnamed(
        &self,
        id: &AppId,
        config: &ContainerConfig,
    ) -> Result<ContainerConfig, Error> {
        let mut config = config.clone();
        let Some(service) = config.labels.get(LABEL_SERVICE).cloned() else { return Ok(config) };
        let noted = self.rows.unnamed(id).await?;
        let of_service = noted.into_iter().rev().filter(|one| one.service == service);
        let image =
            self.ports.engine.image(&config.image).await.map_err(engine("cannot look at the image"))?;
        let of_image = image.map(|image| image.volumes).unwrap_or_default();
        let mut done: HashSet<String> = HashSet::new();
        for one in of_service {
            if done.contains(&one.target) {
                continue;
            }
            let at = config.mounts.iter().position(|mount| plain(&mount.target) == one.target);
            let asked = at.and_then(|at| config.mounts.get_mut(at));
            let in_memory = config.tmpfs.keys().any(|path| plain(path) == one.target);
            match asked {
                Some(Mount { kind: MountKind::Volume { name: name @ None, .. }, .. }) => {
                    if self.volume_is_there(&one.volume).await? {
                        *name = Some(one.volume);
                        done.insert(one.target);
                    }
                }
                None if !in_memory && of_image.iter().any(|path| plain(path) == one.target) => {
                    if self.volume_is_there(&one.volume).await? {
                        let kind =
                            MountKind::Volume { name: Some(one.volume), no_copy: false, subpath: None };
                        config.mounts.push(Mount { target: one.target.clone(), kind, read_only: false });
                        done.insert(one.target);
                    }
                }
                Some(_) | None => {}
            }
        }
        Ok(config)
    }

    /// Names the unnamed volumes where a description would have new ones made, so that what is stored in them goes on
    /// also when somebody else makes the containers.
    pub(super) async fn name_unnamed(&self, id: &AppId, spec: &mut AppSpec) -> Result<(), Error> {
        let mut done: HashSet<(String, String)> = HashSet::new();
        for one in self.rows.unnamed(id).await?.into_iter().rev() {
            let Some(service) = spec.services.iter_mut().find(|service| service.name == one.service) else {
                continue;
            };
            if done.contains(&(one.service.clone(), one.target.clone())) {
                continue;
            }
            match self.volume_is_there(&one.volume).await {
                Ok(false) => continue,
                // Nobody can be asked, and what was noted last is the best that is known.
                Err(error) if !error.is_engine_down() => return Err(error),
                Ok(true) | Err(_) => {}
            }
            let mount = service.mounts.iter_mut().find(|mount| plain(&mount.target) == one.target);
            match mount {
                Some(mount) if mount.kind == spec::MountKind::Volume && mount.source.is_empty() => {
                    mount.source.clone_from(&one.volume);
                }
                // Something else has its place by now.
                Some(_) => continue,
                None => service.mounts.push(MountSpec {
                    kind: spec::MountKind::Volume,
                    source: one.volume.clone(),
                    target: one.target.clone(),
                    read_only: false,
                    role: MountRole::Private,
                    options: MountOptions::default(),
                }),
            }
            spec.volumes.push(VolumeSpec {
                key: one.volume.clone(),
                name: one.volume,
                external: true,
                ..VolumeSpec::default()
            });
            done.insert((one.service, one.target));
        }
        Ok(())
    }

    /// Removes unnamed volumes of an app, but those that are spared.
    pub(super) async fn erase_unnamed(&self, id: &AppId, spared: &[String]) -> Result<(), Error> {
        let noted: HashSet<String> =
            self.rows.unnamed(id).await?.into_iter().map(|noted| noted.volume).collect();
        for volume in noted.iter().filter(|volume| !spared.contains(volume)) {
            let removed = self.ports.engine.remove_volume(volume).await;
            removed.map_err(engine(format!("cannot remove the volume {volume}")))?;
            self.rows.forget_unnamed(id, volume).await?;
        }
        Ok(())
    }
}
