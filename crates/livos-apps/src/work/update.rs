//! Changing an installed app as a transaction, and going back by hand: to the newer version of its store, or to other
//! settings of the version it has.
//!
//! Check, download, stop, keep, replace, start, wait; then it counts, all at once. Whatever fails before that
//! ends with the old version as it was, and so does a crash: the rows say how far it was.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use livos_bus::codes;
use livos_manifest::{AppSpec, Context, Hook};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::{AppId, JobId};
use serde::{Deserialize, Serialize};

use super::Apps;
use super::compose::ComposeEdit;
use super::dependencies::Known;
use super::install::{InstallJob, parsed};
use super::lifecycle::subject;
use super::places::tell_moved;
use super::room::Counting;
use crate::Error;
use crate::core::blueprint::Blueprint;
use crate::core::overlay::{Overlay, image_and_tag, page_port};
use crate::core::{answers, state};
use crate::error::refused;
use crate::store::{App, FullEntry, Phase, Previous, Slot};

const STEPS: u32 = 7;
/// How long an app can be brought back to what it was before its update: 7 days.
pub(super) const KEPT_FOR: i64 = 7 * 24 * 60 * 60;

/// What an app is to become.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Aim {
    /// The newer version of its store.
    #[default]
    Newer,
    /// The version it has, with other settings.
    Settings,
}

impl Aim {
    /// Where it is kept what the app was before.
    fn slot(self) -> Slot {
        match self {
            Self::Newer => Slot::Version,
            Self::Settings => Slot::Settings,
        }
    }
}

/// What a change of an app is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UpdateJob {
    #[serde(default)]
    pub(crate) aim: Aim,
    /// Only what is said anew; an empty one takes back what was answered.
    pub(crate) answers: HashMap<String, String>,
    pub(crate) accept: Vec<String>,
    /// Ports by what the store asks for; 0 is what it asks for.
    #[serde(default)]
    pub(crate) ports: HashMap<String, u16>,
    /// Bytes by service; 0 is what the store says.
    #[serde(default)]
    pub(crate) memory: HashMap<String, u64>,
    /// Whether it may control Docker instead of only looking; `None` is as before.
    #[serde(default)]
    pub(crate) docker_control: Option<bool>,
    /// Tags of images by service; an empty one is what the store says.
    #[serde(default)]
    pub(crate) images: HashMap<String, String>,
    /// Another compose file.
    #[serde(default)]
    pub(crate) compose: Option<ComposeEdit>,
}

/// What an app was told by its owner.
pub(super) type Told = (BTreeMap<String, String>, Overlay);

impl UpdateJob {
    /// What the app is told when this is done: what it was told before, and what is said anew.
    pub(super) fn told(&self, app: &App) -> Told {
        let mut answers = app.answers.clone();
        answers.extend(self.answers.iter().map(|(key, answer)| (key.clone(), answer.clone())));
        answers.retain(|_, answer| !answer.is_empty());
        let mut overlay = app.overlay.with(&self.ports, &self.memory, &self.images);
        // The version that an app has anyway is not one that somebody chose, unless it is held to certain bytes.
        let has = |service: &str, tag: &str| {
            let image = app.spec.service(service).map(|service| service.image.as_str());
            image.is_some_and(|image| !image.contains('@') && image_and_tag(image).1 == tag)
        };
        overlay.images.retain(|service, tag| app.overlay.images.contains_key(service) || !has(service, tag));
        overlay.docker_control = self.docker_control.unwrap_or(overlay.docker_control);
        if let Some(edit) = &self.compose {
            overlay.compose.clone_from(&edit.text);
            // The file says which images are to run, the whole of it.
            overlay.images.clear();
        }
        (answers, overlay)
    }
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

    pub(super) fn context_of(&self, app: &App) -> Context {
        let context = self.context(&app.id, &app.host, super::sources::architecture());
        Context {
            answers: app.answers.clone(),
            exports: app.exports.all(),
            exports_known: true,
            ports: app.overlay.moved(),
            docker_control: app.overlay.docker_control,
            page_port: page_port(&app.spec, Some(app.gateway_port)),
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
        let mut spec = parsed.plan(&self.context_of(app)).spec?;
        app.overlay.apply(&mut spec);
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
        if self.rows.pins().await?.contains(app.id.as_str()) {
            return Err(refused(
                "pinned",
                format!("{} is to stay on its version; allow updates first", app.name),
            ));
        }
        let Some(entry) = self.newer(app).await? else {
            return Err(refused("conflict", format!("{} is up to date", app.name)));
        };
        Self::refuse_own_file(app)?;
        let needed = super::dependencies::words(&entry.line.dependencies);
        let around = self.around().await?;
        Self::refuse_missing(&app.name, &needed, &around)?;
        let known = Self::known_so_far(&needed, &around);
        let spec = self.plan_update(app, &entry, request, &status.architecture, &known)?;
        self.refuse_more_memory(app, &spec)?;
        self.refuse_loss(app, &request.accept).await?;
        let new = NewJob::new("app.update", app.id.as_str(), format!("Update {}", app.name))
            .payload(request)?
            .dedup(format!("app.update:{}", app.id))
            .started_by(started_by);
        self.enqueue(new).await
    }

    pub(super) fn only_installed(&self, app: &App) -> Result<(), Error> {
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
    ) -> Result<AppSpec, Error> {
        self.plan(entry, &Self::as_install(app, request), architecture, known)
    }

    /// A change as if the app was installed like that.
    pub(super) fn as_install(app: &App, request: &UpdateJob) -> InstallJob {
        let (answers, overlay) = request.told(app);
        let agreed = app.spec.permissions.iter().map(answers::consent);
        InstallJob {
            store: app.store.clone(),
            app: app.id.clone(),
            answers: answers.into_iter().collect(),
            accept: request.accept.iter().cloned().chain(agreed).collect(),
            overlay,
            own: None,
        }
    }

    /// The description that an app is to be made from; `None` if it is made from that already.
    async fn target(&self, app: &App, request: &UpdateJob) -> Result<Option<FullEntry>, Error> {
        match request.aim {
            Aim::Newer => self.newer(app).await,
            Aim::Settings if request.told(app) == (app.answers.clone(), app.overlay.clone()) => Ok(None),
            Aim::Settings => Ok(Some(Self::own_entry(app))),
        }
    }

    /// The jobs `app.update` and `app.configure`.
    pub(super) async fn update(self, job: JobContext) -> Result<(), JobFailure> {
        let id = subject(&job)?;
        let request: UpdateJob = job.payload()?;
        let outcome = async {
            // What a crash left is put right before anything else.
            if self.put_right(&id, &job).await? {
                job.log("a change was interrupted; the app was put back to what it was, and it begins anew");
            }
            let Some(app) = self.rows.app(&id).await? else {
                return Err(refused("not_found", "the app is not installed any more"));
            };
            // It was done but for the last word.
            if job.is_resumed() && self.target(&app, &request).await?.is_none() {
                self.stop_unwanted(&app, &job).await;
                return Ok(());
            }
            let new = match job.unless_cancelled(self.update_steps(&app, &request, &job)).await {
                Ok(new) => new?,
                Err(_) => return Err(refused("cancelled", "stopped as asked")),
            };
            // From here on it counts, and no wish to stop can come in between.
            self.finish_update(&app, &new, request.aim, &job).await
        }
        .await;
        // From here on its row says what it has, or that it was given up.
        self.unreserve(&id);
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
        let put_back = match self.put_right(&id, &job).await {
            Ok(false) => self.wake(&id, &job).await.map(|()| false),
            other => other,
        };
        if put_back.is_ok() {
            self.drop_new_images(&id, &request).await;
        }
        self.app_changed(&id);
        self.routes.changed();
        let how_it_is = match put_back {
            Ok(true) if request.compose.is_some() => {
                "The compose file from before is back, with the app's data."
            }
            Ok(true) if request.aim == Aim::Settings => {
                "The settings from before are back, with the app's data."
            }
            Ok(true) => "The version from before is back, with its data.",
            Ok(false) => "Nothing was changed.",
            Err(error) => {
                // The follower of Docker's events goes on with it.
                tracing::warn!(error = livos_service::chain(&error), app = %id, "an update is undone later");
                "What was before is put back as soon as that is possible."
            }
        };
        Err(JobFailure {
            retry: false,
            message: format!("{} {how_it_is}", sentence(&failure.message)),
            ..failure
        })
    }

    /// Starts an app again that was stopped, but not replaced yet.
    async fn wake(&self, id: &AppId, job: &JobContext) -> Result<(), Error> {
        let wanted = |app: &App| app.wanted && app.phase == Phase::Installed;
        let Some(app) = self.rows.app(id).await?.filter(wanted) else { return Ok(()) };
        let seen = state::seen(&app.spec, true, "", &self.containers(id).await?);
        if seen.services.iter().any(|service| matches!(service.state.as_str(), "stopped" | "missing")) {
            self.bring_up_again(&app, Some(job)).await?;
        }
        Ok(())
    }

    /// Removes what was downloaded for a version that did not come to be. Best effort: it can be had again.
    async fn drop_new_images(&self, id: &AppId, request: &UpdateJob) {
        let Ok(Some(app)) = self.rows.app(id).await else { return };
        let Ok(Some(entry)) = self.target(&app, request).await else { return };
        let spec = match request.aim {
            Aim::Newer => self.look_at_update(&app, &entry).map(|(spec, _)| spec),
            Aim::Settings => self.plan_settings(&app, request).ok(),
        };
        let Some(spec) = spec else { return };
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

    async fn update_steps(&self, app: &App, request: &UpdateJob, job: &JobContext) -> Result<App, Error> {
        job.step("checking", 1, STEPS);
        let (new, blueprint) = self.decide_update(app, request, job).await?;
        self.refuse_loss(app, &request.accept).await?;
        let mut copies = self.copies_of(app, Counting::Job).await?;
        self.refuse_too_little_room(&mut copies).await?;
        let images = self.images_of(app).await?;
        job.step("downloading", 2, STEPS);
        let newer = request.aim == Aim::Newer;
        match request.aim {
            Aim::Newer => self.pull_anew(&blueprint, job).await?,
            // Other settings are no reason for another version.
            Aim::Settings => self.pull_missing(&blueprint, job).await?,
        }
        // Its images have come since that was looked at, and may lie on the same disk.
        self.refuse_too_little_room(&mut copies).await?;
        job.step("keeping", 3, STEPS);
        self.run_own_hook(app, Hook::PreStop, job).await?;
        self.stop_containers(app, job).await?;
        // A job's id is unique as long as there is a queue, an attempt's number within it.
        let name = format!("{}-{}-{}", app.id, job.id(), job.attempt());
        self.keep(app, &name, images, job).await?;
        job.step("replacing", 4, STEPS);
        self.enter(&app.id, Phase::Updating).await?;
        self.run_own_hook(app, Hook::PostStop, job).await?;
        if newer {
            self.run_own_hook(app, Hook::PreUpdate, job).await?;
        }
        self.erase_containers(&app.id).await?;
        self.lay_seeds(&new).await?;
        let blueprint = self.make_ready(&new, blueprint, &[Hook::PreStart], job).await?;
        job.step("starting", 5, STEPS);
        let events = self.start_all(&app.id, &blueprint, job).await?;
        self.run_own_hook(&new, Hook::PostStart, job).await?;
        if newer {
            self.run_own_hook(&new, Hook::PostUpdate, job).await?;
        }
        job.step("waiting", 6, STEPS);
        self.wait_until_it_works(&new, &blueprint, events, job).await?;
        Ok(new)
    }

    /// Makes it count. What is left to do after that may fail, and then the app is the new one nevertheless.
    async fn finish_update(&self, app: &App, new: &App, aim: Aim, job: &JobContext) -> Result<(), Error> {
        job.step("routing", 7, STEPS);
        let slot = aim.slot();
        let older = self.rows.previous(&app.id, slot).await?;
        if let Some(pending) = self.rows.previous(&app.id, Slot::Pending).await? {
            let until = self.ports.clock.now() + KEPT_FOR;
            self.rows.put_previous(Slot::Pending, &Previous { until, ..pending }).await?;
        }
        self.rows.commit_update(new, slot).await?;
        self.stop_unwanted(new, job).await;
        self.close_unused_view(new);
        if let Some(older) = older
            && let Err(error) = self.drop_kept(&app.id, &older.keeping).await
        {
            tracing::debug!(error = livos_service::chain(&error), "an older copy is removed later");
        }
        self.routes.changed();
        Ok(())
    }

    /// An app that was stopped is started to see whether it works, and stopped again.
    async fn stop_unwanted(&self, app: &App, job: &JobContext) {
        if !app.wanted
            && let Err(error) = self.stop_containers(app, job).await
        {
            job.log(format!("it was to stay stopped, and runs: {}", livos_service::chain(&error)));
            tracing::warn!(error = livos_service::chain(&error), app = %app.id, "an app runs unasked");
        }
    }

    /// Everything that is refused before anything is touched.
    async fn decide_update(
        &self,
        app: &App,
        request: &UpdateJob,
        job: &JobContext,
    ) -> Result<(App, Blueprint), Error> {
        let status = self.engine_status().await;
        let Some(entry) = self.target(app, request).await? else {
            return Err(refused("conflict", format!("{} is as it should be already", app.name)));
        };
        // It may have been changed while this waited for its turn.
        Self::refuse_stale(app, request)?;
        if request.aim == Aim::Newer {
            Self::refuse_own_file(app)?;
        }
        let architecture = &status.architecture;
        let (answers, mut overlay) = request.told(app);
        let _choosing = self.choosing.lock().await;
        let (known, exports) = self.knowing(app, &entry, request, architecture).await?;
        let mut spec = self.plan_update(app, &entry, request, architecture, &known)?;
        if request.aim == Aim::Newer || request.compose.is_some() {
            // What it publishes that it did not before may be taken.
            let (roomy, moved) = self.make_room(app, &spec, &overlay).await?;
            tell_moved(job, &moved);
            if roomy != overlay {
                overlay = roomy;
                let elsewhere = InstallJob { overlay: overlay.clone(), ..Self::as_install(app, request) };
                spec = self.plan_unasked(&entry, &elsewhere, architecture, &known)?;
            }
        }
        if request.aim == Aim::Newer {
            let context = self.context(&app.id, &self.host_of(&app.id), architecture);
            let context = Context {
                exports: known.exports,
                page_port: known.page,
                answers: answers.clone(),
                ..context
            };
            self.gather_seeds(&app.id, &app.store, &parsed(&entry)?, &context).await?;
        }
        if request.aim == Aim::Newer {
            self.refuse_more_memory(app, &spec)?;
            self.refuse_too_little_space().await?;
        } else {
            if request.compose.is_some() {
                self.refuse_more_memory(app, &spec)?;
            }
            if self.all_images_are_here(&spec).await? {
                self.refuse_too_little_space_for_data()?;
            } else {
                self.refuse_too_little_space().await?;
            }
        }
        let Placed { blueprint, upstream, gateway } = self.place(app, &spec, &overlay).await?;
        self.refuse_missing_disks(&app.id, &app.name, &blueprint).await?;
        let host = if spec.main.is_some() { self.host_of(&app.id) } else { String::new() };
        if request.aim == Aim::Newer || request.compose.is_some() {
            overlay.forget_unknown(&spec);
        }
        let new = App {
            name: entry.line.name,
            version: entry.line.version,
            icon: entry.line.icon,
            source: entry.source,
            upstream_port: upstream.unwrap_or(0),
            gateway_port: gateway.unwrap_or(0),
            problem: String::new(),
            phase: Phase::Installed,
            answers,
            overlay,
            exports,
            host,
            spec,
            ..app.clone()
        };
        self.reserve(&new);
        Ok((new, blueprint))
    }

    /// What is known when an app becomes another: the port of its page, and what its own script exports then, once
    /// what can be refused without it has been looked at.
    async fn knowing(
        &self,
        app: &App,
        entry: &FullEntry,
        request: &UpdateJob,
        architecture: &str,
    ) -> Result<(Known, super::Exported), Error> {
        let parsed = parsed(entry)?;
        let before = page_port(&app.spec, Some(app.gateway_port));
        let newer = request.aim == Aim::Newer;
        let so_far = if newer {
            let around = self.around().await?;
            Known { page: before, ..Self::known_so_far(&parsed.listing.dependencies, &around) }
        } else {
            Known { exports: app.exports.all(), complete: true, page: before }
        };
        let spec = self.plan_update(app, entry, request, architecture, &so_far)?;
        let page = page_port(&spec, self.page_for(app, &spec, &request.told(app).1).await?);
        let context = self.context(&app.id, &self.host_of(&app.id), architecture);
        let context = Context { page_port: page, ..context };
        let exports = if newer {
            self.known_now(&app.id, &app.name, &parsed, &context).await?
        } else if page == before {
            app.exports.clone()
        } else {
            // It may say where its page is.
            let given = app.exports.given.clone();
            let context = Context { exports: given.clone(), ..context };
            super::Exported { own: self.own_exports(&app.id, &parsed, &context).await?, given }
        };
        Ok((Known { exports: exports.all(), complete: true, page }, exports))
    }

    /// The port that the page of an app gets that becomes another.
    pub(super) async fn page_for(
        &self,
        app: &App,
        spec: &AppSpec,
        overlay: &Overlay,
    ) -> Result<Option<u16>, Error> {
        let others = self.others(&app.id).await?;
        let promised = self.promised(&others);
        match (spec.main.is_some(), app.gateway_port, overlay.page()) {
            (false, ..) => Ok(None),
            (true, now, Some(wanted)) if now != wanted => {
                self.refuse_gateway(app, spec, &promised, wanted)?;
                Ok(Some(wanted))
            }
            (true, 0, _) => self.choose_gateway(spec, &promised),
            // The owner's own is given up for that of the store, or any.
            (true, _, None) if app.overlay.page().is_some() => self.choose_gateway(spec, &promised),
            (true, port, _) => Ok(Some(port)),
        }
    }

    /// Containers and ports of what an app is to become; refused if it cannot have them.
    pub(super) async fn place(&self, app: &App, spec: &AppSpec, overlay: &Overlay) -> Result<Placed, Error> {
        let others = self.others(&app.id).await?;
        let promised = self.promised(&others);
        let was_on_host = app.spec.main.as_ref().is_some_and(|main| main.on_host);
        let upstream = match &spec.main {
            None => None,
            Some(main) if !main.on_host && !was_on_host && app.upstream_port > 0 => Some(app.upstream_port),
            Some(_) => self.choose_upstream(spec, &others)?,
        };
        let blueprint = self.blueprint(&app.id, spec, upstream)?;
        self.refuse_new_collisions(app, spec, &blueprint, &promised)?;
        Ok(Placed { blueprint, upstream, gateway: self.page_for(app, spec, overlay).await? })
    }
}

/// What an app is to become, with its place on this machine.
pub(super) struct Placed {
    blueprint: Blueprint,
    upstream: Option<u16>,
    pub(super) gateway: Option<u16>,
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
