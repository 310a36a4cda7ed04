//! Updating an app as a transaction, and going back by hand.
//!
//! Check, download, stop, keep, replace, start, wait; then it counts, all at once. Whatever fails before that
//! ends with the old version as it was, and so does a crash: the rows say how far it was.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use livos_bus::codes;
use livos_docker::Protocol;
use livos_manifest::{AppSpec, Hook};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::{AppId, JobId};
use serde::{Deserialize, Serialize};

use super::Apps;
use super::dependencies::Known;
use super::install::{InstallJob, parsed};
use super::lifecycle::subject;
use crate::Error;
use crate::core::blueprint::Blueprint;
use crate::core::{answers, ports};
use crate::error::refused;
use crate::store::{App, FullEntry, Phase, Previous, Slot};

const STEPS: u32 = 7;
/// How long an app can be brought back to what it was before its update: 7 days.
const KEPT_FOR: i64 = 7 * 24 * 60 * 60;

/// What an update is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UpdateJob {
    pub(crate) answers: HashMap<String, String>,
    pub(crate) accept: Vec<String>,
}

impl Apps {
    /// The newer version that an app's store offers, if it offers one.
    pub(crate) async fn newer(&self, app: &App) -> Result<Option<FullEntry>, Error> {
        if app.phase != Phase::Installed {
            return Ok(None);
        }
        let Some(entry) = self.rows.entry(&app.store, &app.id).await? else { return Ok(None) };
        if entry.source == app.source {
            return Ok(None);
        }
        let read = |text: &str| serde_json::from_str::<livos_manifest::Entry>(text);
        let same = match (read(&entry.source), read(&app.source)) {
            // A description that changed is no update.
            (Ok(new), Ok(old)) => {
                new.listing.version == old.listing.version
                    && new.plan(&self.context_of(app)).spec.map(containers)
                        == old.plan(&self.context_of(app)).spec.map(containers)
            }
            _ => false,
        };
        Ok((!same).then_some(entry))
    }

    pub(super) fn context_of(&self, app: &App) -> livos_manifest::Context {
        let context = self.context(&app.id, &app.host, super::sources::architecture());
        livos_manifest::Context {
            answers: app.answers.clone(),
            exports: app.exports.all(),
            exports_known: true,
            ..context
        }
    }

    /// What the newer version would be, and the consents it needs beyond those that were given.
    pub(crate) fn look_at_update(
        &self,
        app: &App,
        entry: &FullEntry,
    ) -> Option<(AppSpec, Vec<livos_manifest::Permission>)> {
        let parsed: livos_manifest::Entry = serde_json::from_str(&entry.source).ok()?;
        let spec = parsed.plan(&self.context_of(app)).spec?;
        let given: BTreeSet<String> = app.spec.permissions.iter().map(answers::consent).collect();
        let more =
            spec.permissions.iter().filter(|new| !given.contains(&answers::consent(new))).cloned().collect();
        Some((spec, more))
    }

    /// Checks what can be checked at once, and queues the rest.
    pub(crate) async fn begin_update(
        &self,
        app: &App,
        request: &UpdateJob,
        started_by: &str,
    ) -> Result<JobId, Error> {
        self.only_installed(app)?;
        let status = self.engine_status().await;
        if !status.usable {
            return Err(refused(codes::ENGINE_UNAVAILABLE, status.reason));
        }
        let Some(entry) = self.newer(app).await? else {
            return Err(refused("conflict", format!("{} is up to date", app.name)));
        };
        let needed = super::dependencies::words(&entry.line.dependencies);
        let around = self.around().await?;
        Self::refuse_missing(&app.name, &needed, &around)?;
        let known = Self::known_so_far(&needed, &around);
        self.plan_update(app, &entry, request, &status.architecture, &known)?;
        let new = NewJob::new("app.update", app.id.as_str(), format!("Update {}", app.name))
            .payload(request)?
            .dedup(format!("app.update:{}", app.id))
            .started_by(started_by);
        self.enqueue(new).await
    }

    /// Queues the way back to what the app was before its last update.
    pub(crate) async fn begin_rollback(&self, app: &App, started_by: &str) -> Result<JobId, Error> {
        self.only_installed(app)?;
        let kept = self.rows.previous(&app.id, Slot::Kept).await?;
        if kept.is_none_or(|kept| kept.until <= self.ports.clock.now()) {
            return Err(refused(
                "conflict",
                format!(
                    "{} has not been updated within the last 7 days; there is nothing to go back to",
                    app.name
                ),
            ));
        }
        self.enqueue_rollback(app, started_by).await
    }

    pub(super) async fn enqueue_rollback(&self, app: &App, started_by: &str) -> Result<JobId, Error> {
        let new = NewJob::new("app.rollback", app.id.as_str(), format!("Roll back {}", app.name))
            .dedup(format!("app.rollback:{}", app.id))
            .started_by(started_by);
        self.enqueue(new).await
    }

    fn only_installed(&self, app: &App) -> Result<(), Error> {
        if app.phase == Phase::Installed {
            return Ok(());
        }
        Err(refused("conflict", format!("{} is being worked on; wait until that has ended", app.name)))
    }

    fn plan_update(
        &self,
        app: &App,
        entry: &FullEntry,
        request: &UpdateJob,
        architecture: &str,
        known: &Known,
    ) -> Result<(AppSpec, BTreeMap<String, String>), Error> {
        let mut given = app.answers.clone();
        given.extend(request.answers.iter().map(|(key, value)| (key.clone(), value.clone())));
        let agreed = app.spec.permissions.iter().map(answers::consent);
        let job = InstallJob {
            store: app.store.clone(),
            app: app.id.clone(),
            answers: given.clone().into_iter().collect(),
            accept: request.accept.iter().cloned().chain(agreed).collect(),
        };
        Ok((self.plan(entry, &job, architecture, known)?, given))
    }

    /// The job `app.update`.
    pub(super) async fn update(self, job: JobContext) -> Result<(), JobFailure> {
        let id = subject(&job)?;
        let request: UpdateJob = job.payload()?;
        let outcome = async {
            // What a crash left is put right before anything else.
            if self.put_right(&id, &job).await? {
                job.log("an update was interrupted; the app was put back to what it was, and it begins anew");
            }
            let Some(app) = self.rows.app(&id).await? else {
                return Err(refused("not_found", "the app is not installed any more"));
            };
            // It was done but for the last word.
            if job.is_resumed() && self.newer(&app).await?.is_none() {
                return Ok(());
            }
            match job.unless_cancelled(self.update_steps(&app, &request, &job)).await {
                Ok(done) => done,
                Err(_) => Err(refused("cancelled", "stopped as asked")),
            }
        }
        .await;
        let Err(error) = outcome else {
            self.app_changed(&id);
            return Ok(());
        };
        if error.is_engine_down() && !job.cancelled().is_cancelled() && job.attempt() < super::ATTEMPTS {
            job.log("Docker went away; this goes on when it is back");
            return Err(error.into_failure());
        }
        let failure = error.into_failure();
        job.log(&failure.message);
        let put_back = self.put_right(&id, &job).await;
        if put_back.is_ok() {
            self.drop_new_images(&id).await;
        }
        self.app_changed(&id);
        self.routes.changed();
        let how_it_is = match put_back {
            Ok(true) => "The version from before is back, with its data.",
            Ok(false) => "Nothing was changed.",
            Err(error) => {
                // The follower of Docker's events goes on with it.
                tracing::warn!(error = livos_service::chain(&error), app = %id, "an update is undone later");
                "The version from before is put back as soon as that is possible."
            }
        };
        Err(JobFailure {
            retry: false,
            message: format!("{} {how_it_is}", sentence(&failure.message)),
            ..failure
        })
    }

    /// Removes what was downloaded for a version that did not come to be. Best effort: it can be had again.
    async fn drop_new_images(&self, id: &AppId) {
        let Ok(Some(app)) = self.rows.app(id).await else { return };
        let Ok(Some(entry)) = self.newer(&app).await else { return };
        let Some((spec, _)) = self.look_at_update(&app, &entry) else { return };
        let used = |image: &str| app.spec.services.iter().any(|service| service.image == image);
        for service in spec.services.iter().filter(|service| !used(&service.image)) {
            if let Err(error) = self.ports.engine.remove_image(&service.image).await {
                tracing::debug!(
                    error = livos_service::chain(&error),
                    image = service.image,
                    "an image stays"
                );
            }
        }
    }

    async fn update_steps(&self, app: &App, request: &UpdateJob, job: &JobContext) -> Result<(), Error> {
        job.step("checking", 1, STEPS);
        let (new, blueprint) = self.decide_update(app, request).await?;
        let images = self.images_of(app).await?;
        job.step("downloading", 2, STEPS);
        self.pull_anew(&blueprint, job).await?;
        job.step("keeping", 3, STEPS);
        self.run_own_hook(app, Hook::PreStop, job).await?;
        self.stop_containers(app, job).await?;
        // A job's id is unique as long as there is a queue, an attempt's number within it.
        let name = format!("{}-{}-{}", app.id, job.id(), job.attempt());
        self.keep(app, &name, images, job).await?;
        job.step("replacing", 4, STEPS);
        self.enter(&app.id, Phase::Updating).await?;
        for hook in [Hook::PostStop, Hook::PreUpdate] {
            self.run_own_hook(app, hook, job).await?;
        }
        self.erase_containers(&app.id).await?;
        self.lay_seeds(&new).await?;
        let blueprint = self.make_ready(&new, blueprint, &[Hook::PreStart], job).await?;
        job.step("starting", 5, STEPS);
        let events = self.start_all(&app.id, &blueprint, job).await?;
        for hook in [Hook::PostStart, Hook::PostUpdate] {
            self.run_own_hook(&new, hook, job).await?;
        }
        job.step("waiting", 6, STEPS);
        self.wait_until_it_works(&new, &blueprint, events, job).await?;
        job.step("routing", 7, STEPS);
        let older = self.rows.previous(&app.id, Slot::Kept).await?;
        if let Some(pending) = self.rows.previous(&app.id, Slot::Pending).await? {
            let until = self.ports.clock.now() + KEPT_FOR;
            self.rows.put_previous(Slot::Pending, &Previous { until, ..pending }).await?;
        }
        self.rows.commit_update(&new).await?;
        // From here on it is the new one; what is left to do may fail and is made up for.
        if !app.wanted {
            self.stop_containers(&new, job).await?;
        }
        if let Some(older) = older
            && let Err(error) = self.drop_kept(&app.id, &older.keeping).await
        {
            tracing::debug!(error = livos_service::chain(&error), "an older copy is removed later");
        }
        self.routes.changed();
        Ok(())
    }

    /// Everything that is refused before anything is touched.
    async fn decide_update(&self, app: &App, request: &UpdateJob) -> Result<(App, Blueprint), Error> {
        let status = self.engine_status().await;
        let Some(entry) = self.newer(app).await? else {
            return Err(refused("conflict", format!("{} is up to date", app.name)));
        };
        let architecture = &status.architecture;
        let parsed = parsed(&entry)?;
        let so_far = Self::known_so_far(&parsed.listing.dependencies, &self.around().await?);
        self.plan_update(app, &entry, request, architecture, &so_far)?;
        let context = self.context(&app.id, &self.host_of(&app.id), architecture);
        let exports = self.known_now(&app.id, &app.name, &parsed, &context).await?;
        let known = Known { exports: exports.all(), complete: true };
        let (spec, given) = self.plan_update(app, &entry, request, architecture, &known)?;
        let context = livos_manifest::Context { exports: known.exports, ..context };
        self.gather_seeds(&app.id, &app.store, &parsed, &context).await?;
        self.refuse_too_little_space()?;
        let _choosing = self.choosing.lock().await;
        let others: Vec<App> =
            self.rows.apps().await?.into_iter().filter(|other| other.id != app.id).collect();
        let promised = self.promised(&others);
        let was_on_host = app.spec.main.as_ref().is_some_and(|main| main.on_host);
        let upstream = match &spec.main {
            None => None,
            Some(main) if !main.on_host && !was_on_host && app.upstream_port > 0 => Some(app.upstream_port),
            Some(_) => self.choose_upstream(&spec, &others)?,
        };
        let blueprint = self.blueprint(&app.id, &spec, upstream)?;
        self.refuse_new_collisions(app, &spec, &blueprint, &promised)?;
        let gateway = match (spec.main.is_some(), app.gateway_port) {
            (true, 0) => self.choose_gateway(&spec, &blueprint, &promised)?,
            (true, port) => Some(port),
            (false, _) => None,
        };
        let host = if spec.main.is_some() { self.host_of(&app.id) } else { String::new() };
        let new = App {
            name: entry.line.name,
            version: entry.line.version,
            icon: entry.line.icon,
            source: entry.source,
            upstream_port: upstream.unwrap_or(0),
            gateway_port: gateway.unwrap_or(0),
            problem: String::new(),
            phase: Phase::Installed,
            answers: given,
            exports,
            host,
            spec,
            ..app.clone()
        };
        Ok((new, blueprint))
    }

    /// Ports that the new version publishes, the old one does not, and it cannot have.
    fn refuse_new_collisions(
        &self,
        app: &App,
        spec: &AppSpec,
        blueprint: &Blueprint,
        promised: &super::install::Promised,
    ) -> Result<(), Error> {
        let upstream = Some(app.upstream_port).filter(|port| *port > 0);
        let own: BTreeSet<(u16, Protocol)> = match self.blueprint(&app.id, &app.spec, upstream) {
            Ok(old) => ports::published(&old).filter_map(|(_, b)| Some((b.host_port?, b.protocol))).collect(),
            Err(_) => BTreeSet::new(),
        };
        self.refuse_collisions(spec, blueprint, promised, &own)
    }

    /// Ends an update that did not get to its end. True if the old version had to be put back.
    pub(super) async fn put_right(&self, id: &AppId, job: &JobContext) -> Result<bool, Error> {
        self.put_right_with(id, Some(job)).await
    }

    pub(super) async fn put_right_with(&self, id: &AppId, job: Option<&JobContext>) -> Result<bool, Error> {
        self.drop_seeds(id).await?;
        self.end_hook(id).await?;
        let Some(pending) = self.rows.previous(id, Slot::Pending).await? else { return Ok(false) };
        let Some(now) = self.rows.app(id).await? else {
            self.forget(id, Slot::Pending).await?;
            return Ok(false);
        };
        if let Some(job) = job {
            job.progress(|progress| progress.detail = "putting everything back".to_owned());
        }
        let replaced = pending.ready && now.phase == Phase::Updating;
        if replaced {
            self.erase_containers(id).await?;
            self.put_back_files(&pending, job).await?;
        }
        let old = if replaced { App { phase: Phase::Installed, ..pending.app.clone() } } else { now };
        self.bring_up_again(&old, job).await?;
        self.rows.commit_return(&old, Slot::Pending).await?;
        self.app_changed(id);
        if let Err(error) = self.drop_kept(id, &pending.keeping).await {
            tracing::debug!(error = livos_service::chain(&error), "a copy is removed later");
        }
        if job.is_none() && old.wanted && Self::has_start_hooks(&old)? {
            self.begin("app.start", &old, "").await?;
        }
        Ok(replaced)
    }

    /// Starts what ran before. Only Docker being away is an error: an old version that does not start shows that
    /// on its card.
    async fn bring_up_again(&self, app: &App, job: Option<&JobContext>) -> Result<(), Error> {
        let upstream = Some(app.upstream_port).filter(|port| *port > 0);
        let up = async {
            let blueprint = self.blueprint(&app.id, &app.spec, upstream)?;
            if let (true, Some(job)) = (app.wanted, job) {
                let blueprint = self.make_ready(app, blueprint, &[Hook::PreStart], job).await?;
                drop(self.start_all(&app.id, &blueprint, job).await?);
                return self.run_own_hook(app, Hook::PostStart, job).await;
            }
            self.create_all_quietly(app, &blueprint).await?;
            // Scripts run in a job; whoever has none begins one.
            if app.wanted && !Self::has_start_hooks(app)? {
                for container in &blueprint.containers {
                    let name = &container.config.name;
                    let started = self.ports.engine.start_container(name).await;
                    started.map_err(crate::error::engine(format!("cannot start {}", container.service)))?;
                }
            }
            Ok::<_, Error>(())
        }
        .await;
        match up {
            Err(error) if !error.is_engine_down() => {
                let said = livos_service::chain(&error).to_string();
                if let Some(job) = job {
                    job.log(format!("the version from before does not start: {said}"));
                }
                self.rows.set_problem(&app.id, &said).await
            }
            other => other,
        }
    }

    /// The job `app.rollback`.
    pub(super) async fn rollback(self, job: JobContext) -> Result<(), JobFailure> {
        let id = subject(&job)?;
        let outcome = self.rollback_steps(&id, &job).await;
        self.app_changed(&id);
        self.routes.changed();
        outcome.map_err(Error::into_failure)
    }

    async fn rollback_steps(&self, id: &AppId, job: &JobContext) -> Result<(), Error> {
        let (Some(now), Some(kept)) = (self.rows.app(id).await?, self.rows.previous(id, Slot::Kept).await?)
        else {
            // An earlier attempt got to the end.
            return Ok(());
        };
        job.step("stopping", 1, 3);
        self.stop_containers(&now, job).await?;
        self.enter(id, Phase::RollingBack).await?;
        job.step("replacing", 2, 3);
        self.erase_containers(id).await?;
        self.put_back_files(&kept, Some(job)).await?;
        job.step("starting", 3, 3);
        let old = App { phase: Phase::Installed, wanted: now.wanted, ..kept.app.clone() };
        self.bring_up_again(&old, Some(job)).await?;
        self.rows.commit_return(&old, Slot::Kept).await?;
        if let Err(error) = self.drop_kept(id, &kept.keeping).await {
            tracing::debug!(error = livos_service::chain(&error), "a copy is removed later");
        }
        Ok(())
    }
}

/// What of a spec makes containers different.
fn containers(
    spec: AppSpec,
) -> (Vec<livos_manifest::ServiceSpec>, Vec<livos_manifest::NetworkSpec>, Vec<livos_manifest::VolumeSpec>) {
    (spec.services, spec.networks, spec.volumes)
}

/// A message that another sentence can follow.
fn sentence(text: &str) -> String {
    if text.ends_with(['.', '!', '?']) { text.to_owned() } else { format!("{text}.") }
}
