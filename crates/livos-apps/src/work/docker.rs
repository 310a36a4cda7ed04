//! Everything in Docker, whoever made it: seen by admins, and touched only when it is no app's and somebody is sure.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use livos_bus::codes;
use livos_bus::documents;
use livos_docker::{ContainerState, ContainerSummary, Health, LabelFilter, PublishedPort};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::JobId;
use serde::{Deserialize, Serialize};

use super::{Apps, LABEL_INSTALLATION};
use crate::Error;
use crate::core::adoption::Kind;
use crate::core::blueprint::LABEL_APP;
use crate::core::foreign::{self, Labels};
use crate::error::{engine, refused};
use crate::store::Adopted;

/// Containers that are looked at side by side.
const AT_ONCE: usize = 8;

/// A container that is to be started or stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ContainerJob {
    id: String,
    name: String,
}

fn state_word(state: ContainerState) -> &'static str {
    match state {
        ContainerState::Created => "created",
        ContainerState::Running => "running",
        ContainerState::Paused => "paused",
        ContainerState::Restarting => "restarting",
        ContainerState::Removing => "removing",
        ContainerState::Exited => "exited",
        ContainerState::Dead => "dead",
    }
}

fn health_word(health: Health) -> &'static str {
    match health {
        Health::None => "",
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    }
}

fn port(port: &PublishedPort) -> documents::DockerPort {
    documents::DockerPort {
        address: port.host_ip.filter(|ip| !ip.is_unspecified()).map(|ip| ip.to_string()).unwrap_or_default(),
        port: port.host_port,
        inside: port.container_port,
        protocol: match port.protocol {
            livos_docker::Protocol::Tcp => "tcp",
            livos_docker::Protocol::Udp => "udp",
            livos_docker::Protocol::Sctp => "sctp",
        }
        .to_owned(),
    }
}

/// What there is that things in Docker can belong to.
pub(super) struct Names {
    /// What apps are called, by id.
    apps: BTreeMap<String, String>,
    adopted: Vec<Adopted>,
}

impl Names {
    pub(super) fn has_app(&self, id: &str) -> bool {
        self.apps.contains_key(id)
    }

    /// What was adopted with this project, or this container.
    pub(super) fn adopted(&self, kind: Kind, subject: &str) -> Option<&Adopted> {
        self.adopted.iter().find(|one| one.kind == kind && one.subject == subject)
    }
}

impl Apps {
    pub(super) fn is_own(&self, labels: &Labels) -> bool {
        labels.contains_key(LABEL_APP)
            && labels.get(LABEL_INSTALLATION).is_some_and(|id| *id == self.installation)
    }

    pub(super) async fn app_names(&self) -> Result<Names, Error> {
        let apps = self.rows.apps().await?.into_iter().map(|app| (app.id.to_string(), app.name)).collect();
        Ok(Names { apps, adopted: self.rows.all_adopted().await? })
    }

    pub(super) fn owner_of(&self, labels: &Labels, names: &Names) -> documents::DockerOwner {
        let owner = foreign::owner(labels, |labels| self.is_own(labels), |app| names.apps.get(app).cloned());
        if owner.kind == "stack"
            && let Some(adopted) = names.adopted(Kind::Stack, &owner.id)
        {
            return owner_adopted(adopted);
        }
        owner
    }

    /// The same of a container, which may have been adopted by itself.
    pub(super) fn owner_of_container(
        &self,
        container: &ContainerSummary,
        names: &Names,
    ) -> documents::DockerOwner {
        let owner = self.owner_of(&container.labels, names);
        match names.adopted(Kind::Container, &container.name) {
            Some(adopted) if owner.kind == "nobody" => owner_adopted(adopted),
            _ => owner,
        }
    }

    fn listed(
        &self,
        container: &ContainerSummary,
        started_at: i64,
        names: &Names,
    ) -> documents::DockerContainer {
        let mut ports: Vec<documents::DockerPort> = container.ports.iter().map(port).collect();
        // The same port on IPv4 and IPv6 is one to people.
        ports.dedup();
        documents::DockerContainer {
            id: container.id.clone(),
            name: container.name.clone(),
            owner: self.owner_of_container(container, names),
            service: foreign::service(&container.labels).to_owned(),
            image: container.image.clone(),
            state: state_word(container.state).to_owned(),
            health: health_word(container.health).to_owned(),
            created_at: container.created_at,
            started_at,
            ports,
        }
    }

    pub(super) async fn all_containers(&self) -> Result<Vec<ContainerSummary>, Error> {
        let listed = self.ports.engine.list_containers(&LabelFilter::any()).await;
        listed.map_err(engine("cannot list the containers"))
    }

    /// Since when a container runs; only inspecting it tells. One that went meanwhile does not.
    async fn started_at(&self, container: &ContainerSummary) -> Result<i64, Error> {
        if !container.state.is_running() {
            return Ok(0);
        }
        let found = self.ports.engine.inspect_container(&container.id).await;
        let found = found.map_err(engine("cannot look at a container"))?;
        Ok(found.and_then(|found| found.started_at).unwrap_or(0))
    }

    /// Everything there is.
    pub(crate) async fn docker_overview(&self) -> Result<documents::DockerOverview, Error> {
        let docker = &self.ports.engine;
        let names = self.app_names().await?;
        let (any, containers) = (LabelFilter::any(), self.all_containers().await?);
        let looks: Vec<_> = containers.iter().map(|container| self.started_at(container)).collect();
        let started: Vec<Result<i64, Error>> =
            futures_util::stream::iter(looks).buffered(AT_ONCE).collect().await;
        let mut listed = Vec::with_capacity(containers.len());
        for (container, started) in containers.iter().zip(started) {
            listed.push(self.listed(container, started?, &names));
        }
        listed.sort_by(|a, b| (&a.owner.name, &a.name).cmp(&(&b.owner.name, &b.name)));
        let users = |uses: &dyn Fn(&ContainerSummary) -> bool| -> Vec<String> {
            let mut users: Vec<String> =
                containers.iter().filter(|one| uses(one)).map(|one| one.name.clone()).collect();
            users.sort_unstable();
            users
        };
        let kept = self.kept_images().await?;
        let mut images: Vec<documents::DockerImage> = docker
            .list_images()
            .await
            .map_err(engine("cannot list the images"))?
            .into_iter()
            .map(|image| documents::DockerImage {
                used_by: users(&|one| one.image_id == image.id),
                kept_for: kept.apps_that_need(&image).into_iter().collect(),
                id: image.id,
                tags: image.tags,
                size: image.size,
                created_at: image.created_at,
            })
            .collect();
        images.sort_by(|a, b| (&a.tags, &a.id).cmp(&(&b.tags, &b.id)));
        let of_apps = self.rows.all_unnamed().await?;
        let mut volumes: Vec<documents::DockerVolume> = docker
            .list_volumes(&any)
            .await
            .map_err(engine("cannot list the volumes"))?
            .into_iter()
            .map(|volume| documents::DockerVolume {
                owner: match of_apps.get(&volume.name) {
                    Some(app) => self.owner_of(&self.labels_of(app), &names),
                    None => self.owner_of_volume(&volume.labels, &names),
                },
                anonymous: foreign::is_anonymous(&volume.name, &volume.labels),
                used_by: users(&|one| one.mounts.iter().any(|mount| mounts_volume(mount, &volume.name))),
                name: volume.name,
                driver: volume.driver,
                path: volume.mountpoint,
            })
            .collect();
        volumes.sort_by(|a, b| a.name.cmp(&b.name));
        let mut networks: Vec<documents::DockerNetwork> = docker
            .list_networks(&any)
            .await
            .map_err(engine("cannot list the networks"))?
            .into_iter()
            .map(|network| documents::DockerNetwork {
                owner: if foreign::is_built_in(&network.name) {
                    foreign::docker()
                } else {
                    self.owner_of(&network.labels, &names)
                },
                used_by: users(&|one| one.networks.contains(&network.name)),
                subnets: network.subnets.into_iter().map(|range| range.subnet).collect(),
                id: network.id,
                name: network.name,
                driver: network.driver,
                internal: network.internal,
            })
            .collect();
        networks.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(documents::DockerOverview { containers: listed, images, volumes, networks })
    }

    /// What would be written on something of an app, if it could be.
    pub(super) fn labels_of(&self, app: &str) -> Labels {
        [(LABEL_APP, app), (super::LABEL_INSTALLATION, self.installation.as_str())]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    /// A copy that is kept for going back belongs to its app, too.
    pub(super) fn owner_of_volume(&self, labels: &Labels, names: &Names) -> documents::DockerOwner {
        let Some(app) = labels.get(super::keep::LABEL_KEPT) else { return self.owner_of(labels, names) };
        let mut labels = labels.clone();
        labels.insert(LABEL_APP.to_owned(), app.clone());
        self.owner_of(&labels, names)
    }

    /// The container of this id, as it is listed.
    async fn find_container(&self, id: &str) -> Result<ContainerSummary, Error> {
        let found = self.all_containers().await?.into_iter().find(|container| container.id == id);
        found.ok_or_else(|| refused("not_found", "there is no such container any more"))
    }

    /// Everything about one container.
    pub(crate) async fn docker_container(&self, id: &str) -> Result<documents::DockerDetail, Error> {
        let container = self.find_container(id).await?;
        let found = self.ports.engine.inspect_container(id).await;
        let found = found.map_err(engine("cannot look at the container"))?;
        let found = found.ok_or_else(|| refused("not_found", "there is no such container any more"))?;
        let names = self.app_names().await?;
        let running = found.state.is_running();
        let started_at = found.started_at.filter(|_| running).unwrap_or(0);
        Ok(documents::DockerDetail {
            container: self.listed(&container, started_at, &names),
            exit_code: found.exit_code.unwrap_or(-1),
            out_of_memory: found.oom_killed,
            restarts: found.restart_count,
            error: found.error,
            mounts: found
                .mounts
                .into_iter()
                .map(|mount| documents::DockerMount {
                    source: if mount.kind == "volume" { mount.name } else { mount.source },
                    kind: mount.kind,
                    target: mount.target,
                    writable: mount.writable,
                })
                .collect(),
            networks: found
                .networks
                .into_iter()
                .map(|network| documents::DockerAttached {
                    name: network.name,
                    address: network.ip.map(|ip| ip.to_string()).unwrap_or_default(),
                })
                .collect(),
            environment: foreign::environment(&found.env, false),
            compose_file: foreign::compose_file(&found.labels).to_owned(),
        })
    }

    /// The environment of a container, secrets and all.
    pub(crate) async fn docker_environment(&self, id: &str) -> Result<Vec<documents::DockerVariable>, Error> {
        let found = self.ports.engine.inspect_container(id).await;
        let found = found.map_err(engine("cannot look at the container"))?;
        let found = found.ok_or_else(|| refused("not_found", "there is no such container any more"))?;
        Ok(foreign::environment(&found.env, true))
    }

    /// Queues `docker.start`, `docker.stop` or `docker.restart` of a container that is no app's.
    pub(crate) async fn begin_container(
        &self,
        verb: &'static str,
        id: &str,
        sure: bool,
        started_by: &str,
    ) -> Result<JobId, Error> {
        let container = self.find_container(id).await?;
        let owner = self.owner_of_container(&container, &self.app_names().await?);
        let name = &container.name;
        if matches!(owner.kind.as_str(), "app" | "adopted") {
            return Err(refused(
                "conflict",
                format!("{name} belongs to {}; start, stop or restart that instead", owner.name),
            ));
        }
        if !sure {
            return Err(refused(
                codes::CONSENT_NEEDED,
                format!(
                    "{name} was not made by this LivOS and something else may rely on it; confirm to go on"
                ),
            ));
        }
        let word = match verb {
            "docker.start" => "Start",
            "docker.stop" => "Stop",
            _ => "Restart",
        };
        let job = NewJob::new(verb, format!("container:{id}"), format!("{word} the container {name}"))
            .payload(&ContainerJob { id: id.to_owned(), name: name.clone() })?
            .dedup(format!("{verb}:{id}"))
            .started_by(started_by);
        self.enqueue(job).await
    }

    /// The jobs `docker.start`, `docker.stop` and `docker.restart`.
    pub(super) async fn act_on_container(self, job: JobContext) -> Result<(), JobFailure> {
        let ContainerJob { id, name } = job.payload()?;
        let docker = &self.ports.engine;
        let doing = |what: &str| engine(format!("cannot {what} the container {name}"));
        let done = match job.kind() {
            "docker.start" => docker.start_container(&id).await.map_err(doing("start")),
            "docker.stop" => docker.stop_container(&id, None).await.map_err(doing("stop")),
            _ => docker.restart_container(&id, None).await.map_err(doing("restart")),
        };
        self.docker_changed();
        done.map_err(Error::into_failure)
    }
}

fn owner_adopted(adopted: &Adopted) -> documents::DockerOwner {
    documents::DockerOwner {
        kind: "adopted".to_owned(),
        id: adopted.id.to_string(),
        name: adopted.name.clone(),
    }
}

pub(super) fn mounts_volume(mount: &livos_docker::MountedVolume, name: &str) -> bool {
    mount.kind == "volume" && mount.name == name
}
