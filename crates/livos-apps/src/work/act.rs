//! Acting on single things in Docker: what would happen is said thing by thing, and exactly what was agreed to is done.
//!
//! What changed since it was said is left alone and named, and so is what came into use meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use livos_bus::DockerThing;
use livos_bus::documents::DockerPlan;
use livos_docker::{
    ContainerSummary, EngineError, ImageSummary, LabelFilter, NetworkInfo, RemoveContainer, VolumeInfo,
};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::JobId;
use serde::{Deserialize, Serialize};

use super::Apps;
use super::docker::{Names, mounts_volume};
use super::keep::LABEL_KEPT;
use super::kept_images::KeptImages;
use super::reclaim::short;
use crate::Error;
use crate::core::foreign;
use crate::core::steps::{self, Kind, Owned, Refusal, Step, Verb};
use crate::error::{engine, refused};

/// Something that was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Chosen {
    kind: Kind,
    id: String,
    name: String,
    code: String,
    /// The names of an image.
    #[serde(default)]
    references: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ActJob {
    verb: Verb,
    chosen: Vec<Chosen>,
}

/// What became of something.
enum Outcome {
    Done,
    Gone,
    Stays(String),
}

/// Docker as it is at this moment, as far as these kinds of things need it.
struct Scene {
    names: Names,
    containers: Vec<ContainerSummary>,
    /// Those that run and were made to be removed as soon as they end.
    going: BTreeSet<String>,
    images: Vec<ImageSummary>,
    kept: KeptImages,
    volumes: Vec<VolumeInfo>,
    /// Whose volumes without a name are.
    unnamed: BTreeMap<String, String>,
    networks: Vec<NetworkInfo>,
}

impl Scene {
    fn users(&self, uses: impl Fn(&ContainerSummary) -> bool) -> Vec<String> {
        let mut users: Vec<String> =
            self.containers.iter().filter(|one| uses(one)).map(|one| one.name.clone()).collect();
        users.sort_unstable();
        users
    }
}

impl Apps {
    /// What `verb` would do to each of these. What is gone is left out.
    pub(crate) async fn look_at(&self, verb: Verb, things: &[DockerThing]) -> Result<DockerPlan, Error> {
        let wanted = wanted(verb, things)?;
        let steps = self.steps(verb, &wanted).await?;
        Ok(DockerPlan { steps: steps.into_iter().flatten().map(|step| step.document(verb)).collect() })
    }

    /// In the order of what is wanted; `None` for what is gone.
    async fn steps(&self, verb: Verb, wanted: &[(Kind, &str)]) -> Result<Vec<Option<Step>>, Error> {
        let mut scene = self.scene(wanted).await?;
        if matches!(verb, Verb::Stop | Verb::Kill | Verb::Remove) {
            scene.going = self.going(&scene.containers, wanted).await?;
        }
        Ok(wanted.iter().map(|&(kind, id)| self.step(&scene, verb, kind, id)).collect())
    }

    /// Which of these containers Docker removes by itself when they end; only inspecting one tells.
    async fn going(
        &self,
        containers: &[ContainerSummary],
        wanted: &[(Kind, &str)],
    ) -> Result<BTreeSet<String>, Error> {
        let mut going = BTreeSet::new();
        for one in containers.iter().filter(|one| steps::runs(one)) {
            if !wanted.contains(&(Kind::Container, one.id.as_str())) {
                continue;
            }
            let found = self.ports.engine.inspect_container(&one.id).await;
            if found.map_err(engine("cannot look at a container"))?.is_some_and(|found| found.auto_remove) {
                going.insert(one.id.clone());
            }
        }
        Ok(going)
    }

    async fn scene(&self, wanted: &[(Kind, &str)]) -> Result<Scene, Error> {
        let docker = &self.ports.engine;
        let about = |kind: Kind| wanted.iter().any(|(of, _)| *of == kind);
        let any = LabelFilter::any();
        let mut scene = Scene {
            names: self.app_names().await?,
            containers: self.all_containers().await?,
            going: BTreeSet::new(),
            images: Vec::new(),
            kept: KeptImages::default(),
            volumes: Vec::new(),
            unnamed: BTreeMap::new(),
            networks: Vec::new(),
        };
        if about(Kind::Image) {
            scene.images = docker.list_images().await.map_err(engine("cannot list the images"))?;
            scene.kept = self.kept_images().await?;
        }
        if about(Kind::Volume) {
            scene.volumes = docker.list_volumes(&any).await.map_err(engine("cannot list the volumes"))?;
            scene.unnamed = self.rows.all_unnamed().await?;
        }
        if about(Kind::Network) {
            scene.networks = docker.list_networks(&any).await.map_err(engine("cannot list the networks"))?;
        }
        Ok(scene)
    }

    fn step(&self, scene: &Scene, verb: Verb, kind: Kind, id: &str) -> Option<Step> {
        let there = |owner: &livos_bus::documents::DockerOwner| scene.names.has_app(&owner.id);
        match kind {
            Kind::Container => {
                let found = scene.containers.iter().find(|one| one.id == id)?;
                let owner = self.owner_of_container(found, &scene.names);
                Some(steps::container(
                    verb,
                    found,
                    scene.going.contains(id),
                    Owned { owner: &owner, there: there(&owner) },
                ))
            }
            Kind::Image => {
                let found = scene.images.iter().find(|one| one.id == id)?;
                let used_by = scene.users(|one| one.image_id == id);
                let kept_for: Vec<String> = scene.kept.apps_that_need(found).into_iter().collect();
                Some(steps::image(found, &short(id), &used_by, &kept_for))
            }
            Kind::Volume => {
                let found = scene.volumes.iter().find(|one| one.name == id)?;
                let owner = match scene.unnamed.get(id) {
                    Some(app) => self.owner_of(&self.labels_of(app), &scene.names),
                    None => self.owner_of_volume(&found.labels, &scene.names),
                };
                let used_by = scene.users(|one| one.mounts.iter().any(|mount| mounts_volume(mount, id)));
                let called = if foreign::is_anonymous(id, &found.labels) { short(id) } else { id.to_owned() };
                let kept = found.labels.contains_key(LABEL_KEPT);
                let owned = Owned { owner: &owner, there: there(&owner) };
                Some(steps::volume(id, &called, owned, kept, &used_by))
            }
            Kind::Network => {
                let found = scene.networks.iter().find(|one| one.id == id)?;
                let owner = if foreign::is_built_in(&found.name) {
                    foreign::docker()
                } else {
                    self.owner_of(&found.labels, &scene.names)
                };
                let used_by = scene.users(|one| one.networks.contains(&found.name));
                let owned = Owned { owner: &owner, there: there(&owner) };
                Some(steps::network(id, &found.name, owned, &used_by))
            }
        }
    }

    /// Queues what was agreed to, if all of it is as it was shown. As with cleaning up, a full disk does not stand in
    /// the way of removing: what no job can be written down for is removed at once, until one can.
    pub(crate) async fn begin_act(
        &self,
        verb: Verb,
        things: &[DockerThing],
        started_by: &str,
    ) -> Result<JobId, Error> {
        let wanted = wanted(verb, things)?;
        let steps = self.steps(verb, &wanted).await?;
        let mut chosen = Vec::with_capacity(things.len());
        for (thing, step) in things.iter().zip(steps) {
            let Some(step) = step else { continue };
            if let Some(Refusal::No(why) | Refusal::Down(why) | Refusal::Settled(why)) = &step.refusal {
                return Err(refused(
                    "conflict",
                    format!("{} stays as it is. {why}", the(step.kind, &step.name)),
                ));
            }
            if step.code(verb) != thing.code {
                return Err(refused("conflict", format!("{} {CHANGED}", the(step.kind, &step.name))));
            }
            chosen.push(Chosen {
                kind: step.kind,
                id: step.id,
                name: step.name,
                code: thing.code.clone(),
                references: step.references,
            });
        }
        if chosen.is_empty() {
            return Err(refused("not_found", "what was chosen is gone; look at the list again"));
        }
        loop {
            let job = ActJob { verb, chosen: chosen.clone() };
            let new = NewJob::new("docker.act", subject(&chosen), title(verb, &chosen))
                .payload(&job)?
                .started_by(started_by);
            match self.enqueue(new).await {
                Err(Error::Store(error)) if error.is_full() && verb == Verb::Remove && !chosen.is_empty() => {
                    let first = chosen.remove(0);
                    tracing::info!(name = first.name, "the disk is full; this is removed without a job");
                    if let Outcome::Stays(why) = self.act_on(verb, &first, false).await? {
                        return Err(refused(
                            "conflict",
                            format!("{} stays as it is. {why}", the(first.kind, &first.name)),
                        ));
                    }
                }
                Err(Error::Store(error)) if error.is_full() && verb == Verb::Remove => {
                    return Err(refused(
                        livos_bus::codes::NO_SPACE,
                        "what was chosen is removed, but the disk is still full; remove more",
                    ));
                }
                other => return other,
            }
        }
    }

    /// The job `docker.act`. What an earlier attempt did is as it should be, and that is what was wanted.
    pub(super) async fn act(self, job: JobContext) -> Result<(), JobFailure> {
        let ActJob { verb, chosen } = job.payload()?;
        job.step("working", 1, 1);
        // What is half done then is so because of us.
        let again = job.is_resumed();
        let count = chosen.len() as u64;
        let mut left: Vec<String> = Vec::new();
        for (index, item) in chosen.iter().enumerate() {
            job.check_cancelled()?;
            job.progress(|progress| {
                progress.done = index as u64;
                progress.total = count;
                "items".clone_into(&mut progress.unit);
                progress.detail.clone_from(&item.name);
            });
            let name = &item.name;
            match self.act_on(verb, item, again).await {
                Ok(Outcome::Done) => job.log(format!("{name}: {}", verb.done())),
                Ok(Outcome::Gone) => job.log(format!("{name}: it was gone already")),
                Ok(Outcome::Stays(why)) => {
                    job.log(format!("{name} stays as it is. {why}"));
                    left.push(format!("{name}: {why}"));
                }
                Err(error) if error.is_engine_down() => return Err(error.into_failure()),
                Err(error) => {
                    let (_, why) = error.explain();
                    job.log(format!("{name} stays as it is: {why}"));
                    left.push(format!("{name}: {why}"));
                }
            }
        }
        job.progress(|progress| {
            progress.done = count;
            progress.detail = format!("{} of {count} {}", chosen.len() - left.len(), verb.done());
        });
        self.docker_changed();
        match &left[..] {
            [] => Ok(()),
            [why] if chosen.len() == 1 => Err(JobFailure::fatal("conflict", why.clone())),
            [why, ..] => {
                let done = chosen.len() - left.len();
                let rest = if left.len() > 1 { " The log has the others." } else { "" };
                let word = verb.done();
                Err(JobFailure::fatal("conflict", format!("{done} of {count} {word}. {why}{rest}")))
            }
        }
    }

    /// Does it if it is still what was agreed to, or, when it is tried `again`, what is left to do of it.
    async fn act_on(&self, verb: Verb, item: &Chosen, again: bool) -> Result<Outcome, Error> {
        let Some(step) = self.steps(verb, &[(item.kind, &item.id)]).await?.pop().flatten() else {
            return Ok(if verb == Verb::Remove {
                Outcome::Gone
            } else {
                Outcome::Stays("It is gone.".into())
            });
        };
        match &step.refusal {
            Some(Refusal::Settled(_)) => return Ok(Outcome::Done),
            Some(Refusal::Down(_)) if again => {}
            Some(Refusal::Down(why) | Refusal::No(why)) => return Ok(Outcome::Stays(why.clone())),
            None => {}
        }
        let agreed =
            step.code(verb) == item.code || (again && step.is_rest_of(verb, &item.code, &item.references));
        if !agreed {
            return Ok(Outcome::Stays(format!("It {CHANGED}")));
        }
        let docker = &self.ports.engine;
        let done = match verb {
            Verb::Start => docker.start_container(&item.id).await.map(|()| true),
            Verb::Stop => docker.stop_container(&item.id, None).await.map(|()| true),
            Verb::Restart => docker.restart_container(&item.id, None).await.map(|()| true),
            Verb::Kill => docker.kill_container(&item.id, "SIGKILL").await.map(|()| true),
            Verb::Remove => self.remove_one(&step).await,
        };
        match done {
            Ok(true) => Ok(Outcome::Done),
            Ok(false) => Ok(Outcome::Gone),
            Err(error) => {
                let (verb, kind) = (verb.as_str(), item.kind.as_str());
                Err(engine(format!("cannot {verb} the {kind} {}", item.name))(error))
            }
        }
    }

    async fn remove_one(&self, step: &Step) -> Result<bool, EngineError> {
        let docker = &self.ports.engine;
        match step.kind {
            Kind::Container => {
                if step.runs {
                    match docker.stop_container(&step.id, None).await {
                        // It was made to go as soon as it ends.
                        Ok(()) | Err(EngineError::NotFound { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                docker.remove_container(&step.id, RemoveContainer::default()).await
            }
            Kind::Image => self.remove_image_whole(&step.id, &step.references).await,
            Kind::Volume => docker.remove_volume(&step.id).await,
            Kind::Network => docker.remove_network(&step.id).await,
        }
    }
}

const CHANGED: &str = "is no longer as it was shown; look at it again.";

/// What was asked for in our words. Only containers are started and stopped.
fn wanted(verb: Verb, things: &[DockerThing]) -> Result<Vec<(Kind, &str)>, Error> {
    let one = |thing: &'_ DockerThing| {
        Kind::parse(&thing.kind).filter(|&kind| verb == Verb::Remove || kind == Kind::Container)
    };
    let mut wanted = Vec::with_capacity(things.len());
    for thing in things {
        let kind = one(thing).ok_or_else(|| {
            refused("invalid", "a container can be started, stopped, restarted, ended and removed; an image, a volume and a network can be removed")
        })?;
        wanted.push((kind, thing.id.as_str()));
    }
    Ok(wanted)
}

fn the(kind: Kind, name: &str) -> String {
    format!("the {} {name}", kind.as_str())
}

fn subject(chosen: &[Chosen]) -> String {
    match chosen {
        [one] => format!("{}:{}", one.kind.as_str(), one.id),
        _ => "docker".to_owned(),
    }
}

fn title(verb: Verb, chosen: &[Chosen]) -> String {
    match chosen {
        [one] => format!("{} the {} {}", verb.title(), one.kind.as_str(), one.name),
        [first, rest @ ..] if rest.iter().all(|one| one.kind == first.kind) => {
            format!("{} {} {}s", verb.title(), chosen.len(), first.kind.as_str())
        }
        _ => format!("{} {} things in Docker", verb.title(), chosen.len()),
    }
}
