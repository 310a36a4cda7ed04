//! Looking after what somebody else made, in place: it is noted here and nothing is done to it. Then it is started,
//! stopped, restarted and removed like an app, and given back as it is.

use livos_bus::{codes, documents};
use livos_docker::{ContainerSummary, LabelFilter, RemoveContainer};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::{AppId, JobId, StoreId};

use super::Apps;
use super::lifecycle::subject;
use crate::Error;
use crate::core::adoption::{self, Kind, Part};
use crate::core::blueprint::LABEL_APP;
use crate::core::foreign::LABEL_PROJECT;
use crate::core::health;
use crate::error::{engine, refused};
use crate::store::Adopted;

/// Stands where an app has the store it comes from.
const STORE: &str = "adopted";

impl Apps {
    /// Takes over a compose project by its name, or a single container by its id. Answers the id it has from now on.
    pub(crate) async fn adopt(&self, kind: Kind, wanted: &str) -> Result<AppId, Error> {
        let all = self.all_containers().await?;
        let chosen: Vec<&ContainerSummary> = match kind {
            Kind::Stack => all.iter().filter(|one| is_of_project(one, wanted)).collect(),
            Kind::Container => all.iter().filter(|one| one.id == wanted).collect(),
        };
        let mut found = Vec::with_capacity(chosen.len());
        for one in &chosen {
            let doing = "cannot look at a container";
            found.extend(self.ports.engine.inspect_container(&one.id).await.map_err(engine(doing))?);
        }
        let name = match (kind, chosen.first()) {
            (_, None) => return Err(refused("not_found", "there is no such project or container any more")),
            (Kind::Stack, _) => wanted.to_owned(),
            (Kind::Container, Some(one)) => one.name.clone(),
        };
        let parts = adoption::parts(kind, &found)
            .map_err(|why| refused(codes::UNSUPPORTED, format!("{name} cannot be adopted: {why}")))?;
        // Nobody may choose the same id meanwhile, for an app or for something adopted.
        let _choosing = self.choosing.lock().await;
        let mut taken = self.rows.app_ids().await?;
        taken.extend(self.rows.all_adopted().await?.iter().map(|one| one.id.to_string()));
        let id = adoption::id_for(&name, &|id| taken.iter().any(|known| known == id))
            .and_then(|id| AppId::new(id).ok())
            .ok_or_else(|| refused(codes::EXISTS, format!("there are too many apps called {name}")))?;
        let adopted = Adopted {
            id: id.clone(),
            subject: name.clone(),
            adopted_at: self.ports.clock.now(),
            name,
            kind,
            parts,
        };
        if !self.rows.put_adopted(&adopted).await? {
            return Err(refused(codes::EXISTS, format!("{} is adopted already", adopted.name)));
        }
        tracing::info!(app = %id, kind = kind.as_str(), "adopted");
        self.app_changed(&id);
        self.docker_changed();
        Ok(id)
    }

    /// Gives it back as it is.
    pub(crate) async fn release(&self, adopted: &Adopted) -> Result<(), Error> {
        let jobs = self.queue.list().await?;
        if jobs.iter().any(|job| job.subject == adopted.id.as_str() && !job.state.is_final()) {
            return Err(refused(
                "conflict",
                format!("{} is being worked on; wait until that has ended", adopted.name),
            ));
        }
        self.rows.delete_adopted(&adopted.id).await?;
        tracing::info!(app = %adopted.id, "released");
        self.app_changed(&adopted.id);
        self.docker_changed();
        Ok(())
    }

    /// Its containers as they are now, those made since by the same project among them.
    pub(super) async fn containers_of_adopted(
        &self,
        adopted: &Adopted,
    ) -> Result<Vec<ContainerSummary>, Error> {
        let mut all = self.all_containers().await?;
        all.retain(|one| match adopted.kind {
            _ if one.labels.contains_key(LABEL_APP) => false,
            Kind::Stack => is_of_project(one, &adopted.subject),
            Kind::Container => one.name == adopted.subject,
        });
        Ok(all)
    }

    /// Everything that is adopted, or one of it, as people see it beside the apps.
    pub(crate) async fn adopted_apps(
        &self,
        only: Option<&AppId>,
    ) -> Result<Vec<documents::InstalledApp>, Error> {
        let rows = match only {
            Some(id) => self.rows.adopted(id).await?.into_iter().collect(),
            None => self.rows.all_adopted().await?,
        };
        let Some(store) = StoreId::new(STORE).ok().filter(|_| !rows.is_empty()) else {
            return Ok(Vec::new());
        };
        let all = self.ports.engine.list_containers(&LabelFilter::any()).await;
        let shown = rows.into_iter().map(|row| {
            let (state, detail, services) = match &all {
                Ok(all) => adoption::seen(&row.parts, all),
                Err(error) => {
                    let (_, _, services) = adoption::seen(&row.parts, &[]);
                    let error = engine("cannot look at its containers")(error.clone());
                    ("problem", error.explain().1, services)
                }
            };
            documents::InstalledApp {
                id: row.id,
                name: row.name,
                store: store.clone(),
                version: String::new(),
                icon: String::new(),
                state: state.to_owned(),
                detail,
                host: String::new(),
                domain: String::new(),
                port: 0,
                path: String::new(),
                installed_at: row.adopted_at,
                default_username: String::new(),
                services,
                update: String::new(),
                skipped: String::new(),
                ways_back: Vec::new(),
                previous: String::new(),
                previous_until: 0,
                previous_settings: false,
                pinned: false,
                edited: false,
                adopted: true,
            }
        });
        Ok(shown.collect())
    }

    /// Queues `adopted.start`, `adopted.stop`, `adopted.restart` or `adopted.remove`.
    pub(crate) async fn begin_adopted(
        &self,
        verb: &'static str,
        adopted: &Adopted,
        started_by: &str,
    ) -> Result<JobId, Error> {
        let word = match verb {
            "adopted.start" => "Start",
            "adopted.stop" => "Stop",
            "adopted.remove" => "Remove",
            _ => "Restart",
        };
        let job = NewJob::new(verb, adopted.id.as_str(), format!("{word} {}", adopted.name))
            .dedup(format!("{verb}:{}", adopted.id))
            .started_by(started_by);
        self.enqueue(job).await
    }

    /// The jobs `adopted.start`, `adopted.stop`, `adopted.restart` and `adopted.remove`.
    pub(super) async fn act_on_adopted(self, job: JobContext) -> Result<(), JobFailure> {
        let id = subject(&job)?;
        let Some(adopted) = self.rows.adopted(&id).await.map_err(Error::into_failure)? else {
            // An earlier attempt got to the end of it.
            if job.is_resumed() && job.kind() == "adopted.remove" {
                return Ok(());
            }
            return Err(JobFailure::fatal("not_found", "it was released or removed meanwhile"));
        };
        let done = job.unless_cancelled(self.adopted_steps(&adopted, &job)).await;
        self.app_changed(&id);
        self.docker_changed();
        done?.map_err(Error::into_failure)
    }

    async fn adopted_steps(&self, adopted: &Adopted, job: &JobContext) -> Result<(), Error> {
        match job.kind() {
            "adopted.stop" => {
                job.step("stopping", 1, 1);
                self.stop_adopted(adopted, job).await
            }
            "adopted.start" => self.start_adopted(adopted, job).await,
            "adopted.restart" => {
                job.step("stopping", 1, 3);
                self.stop_adopted(adopted, job).await?;
                self.start_adopted(adopted, job).await
            }
            _ => {
                job.step("stopping", 1, 2);
                self.stop_adopted(adopted, job).await?;
                job.step("removing", 2, 2);
                self.remove_adopted(adopted).await
            }
        }
    }

    /// In the order opposite to that of the start; what came to the project since then goes first.
    async fn stop_adopted(&self, adopted: &Adopted, job: &JobContext) -> Result<(), Error> {
        let found = self.containers_of_adopted(adopted).await?;
        let place =
            |one: &&ContainerSummary| adopted.parts.iter().position(|part| part.container == one.name);
        let mut running: Vec<&ContainerSummary> = found
            .iter()
            .filter(|one| one.state.is_running() || one.state == livos_docker::ContainerState::Restarting)
            .collect();
        running.sort_by_key(|one| std::cmp::Reverse(place(one).unwrap_or(usize::MAX)));
        for one in running {
            job.progress(|progress| progress.detail.clone_from(&one.name));
            let stopped = self.ports.engine.stop_container(&one.id, None).await;
            stopped.map_err(engine(format!("cannot stop {}", one.name)))?;
        }
        Ok(())
    }

    async fn start_adopted(&self, adopted: &Adopted, job: &JobContext) -> Result<(), Error> {
        let _turn = self.turn().await?;
        job.step("starting", 2, 3);
        let found = self.containers_of_adopted(adopted).await?;
        let wanted: Vec<&Part> = adopted.parts.iter().filter(|part| part.ran).collect();
        if let Some(gone) = wanted.iter().find(|part| !found.iter().any(|one| one.name == part.container)) {
            return Err(refused(
                "not_found",
                format!("the container {} is gone; make it anew where it was made", gone.container),
            ));
        }
        let filter = match adopted.kind {
            Kind::Stack => LabelFilter::equals(LABEL_PROJECT, adopted.subject.as_str()),
            Kind::Container => LabelFilter::any(),
        };
        let mut events = self.ports.engine.events(&filter);
        for part in &wanted {
            for gate in &part.after {
                for first in wanted.iter().filter(|first| first.service == gate.service && first != &part) {
                    let reached = self
                        .wait_for(&first.container, &mut events, |info| {
                            health::condition(info, gate.condition)
                        })
                        .await?;
                    reached.map_err(|why| does_not_work(&first.service, &why))?;
                }
            }
            job.progress(|progress| progress.detail.clone_from(&part.service));
            let started = self.ports.engine.start_container(&part.container).await;
            started.map_err(engine(format!("cannot start {}", part.container)))?;
        }
        job.step("waiting", 3, 3);
        for part in wanted {
            let works =
                self.wait_for(&part.container, &mut events, |info| health::works(info, false)).await?;
            if let Err(why) = works {
                self.keep_last_words(&part.container, job).await;
                return Err(does_not_work(&part.service, &why));
            }
        }
        Ok(())
    }

    /// The containers and the project's own networks. Volumes and folders stay: whose data is in them, nobody knows.
    async fn remove_adopted(&self, adopted: &Adopted) -> Result<(), Error> {
        let remove = RemoveContainer { force: true, anonymous_volumes: false };
        for one in self.containers_of_adopted(adopted).await? {
            let removed = self.ports.engine.remove_container(&one.id, remove).await;
            removed.map_err(engine(format!("cannot remove the container {}", one.name)))?;
        }
        if adopted.kind == Kind::Stack {
            let filter = LabelFilter::equals(LABEL_PROJECT, adopted.subject.as_str());
            let networks = self.ports.engine.list_networks(&filter).await;
            let in_use: Vec<String> =
                self.all_containers().await?.into_iter().flat_map(|one| one.networks).collect();
            for network in networks.map_err(engine("cannot look at the networks"))? {
                if in_use.contains(&network.name) {
                    continue;
                }
                let removed = self.ports.engine.remove_network(&network.id).await;
                removed.map_err(engine(format!("cannot remove the network {}", network.name)))?;
            }
        }
        self.rows.delete_adopted(&adopted.id).await
    }
}

fn is_of_project(container: &ContainerSummary, project: &str) -> bool {
    container.labels.get(LABEL_PROJECT).is_some_and(|name| name == project)
        && adoption::is_part(&container.labels)
}

fn does_not_work(service: &str, why: &str) -> Error {
    refused(codes::UNHEALTHY, format!("{service} does not work: {why}"))
}
