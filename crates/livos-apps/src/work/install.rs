//! Installing: check, download, create, start, wait, route. What fails on the way is undone.

use std::collections::{BTreeSet, HashMap};

use livos_bus::codes;
use livos_manifest::{AppSpec, Context, Hook};
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::{AppId, JobId, StoreId};
use serde::{Deserialize, Serialize};

use super::Apps;
use super::compose::with_own;
use super::dependencies::{Known, missing_settings};
use super::erase::Data;
use super::places::tell_moved;
use super::stack::stack_entry;
use crate::Error;
use crate::core::blueprint::Blueprint;
use crate::core::compose::revision;
use crate::core::in_vain::in_vain;
use crate::core::overlay::{Overlay, docker_access, page_port};
use crate::core::{addresses, answers};
use crate::error::{engine, refused};
use crate::store::{App, FullEntry, Kept, Phase};

/// Steps of an installation, as they are counted for people.
const STEPS: u32 = 6;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InstallJob {
    pub(crate) store: StoreId,
    pub(crate) app: AppId,
    pub(crate) answers: HashMap<String, String>,
    pub(crate) accept: Vec<String>,
    /// What an app that is there already has otherwise than its store says.
    #[serde(default)]
    pub(crate) overlay: Overlay,
    /// The description that its owner gave instead of a store, as JSON.
    #[serde(default)]
    pub(crate) own: Option<String>,
}

impl InstallJob {
    /// What sets it apart from another file of the same name, other answers and other consent.
    fn of_its_own(&self) -> String {
        let Some(source) = &self.own else { return String::new() };
        let answers: std::collections::BTreeMap<_, _> = self.answers.iter().collect();
        format!(":{}", revision(&format!("{source}{answers:?}{:?}", self.accept)))
    }
}

/// An entry's own files, read.
pub(super) fn parsed(entry: &FullEntry) -> Result<livos_manifest::Entry, Error> {
    serde_json::from_str(&entry.source).map_err(|source| Error::Record { app: entry.line.id.clone(), source })
}

/// What an installation has decided before it touches anything.
struct Decided {
    app: App,
    blueprint: Blueprint,
}

impl Apps {
    /// Checks what can be checked at once, and queues the rest.
    pub(crate) async fn begin_install(
        &self,
        entry: &FullEntry,
        job: &InstallJob,
        started_by: &str,
    ) -> Result<JobId, Error> {
        if let Some(there) = self.rows.app(&job.app).await?
            && there.phase == Phase::Installed
        {
            return Err(refused(
                codes::EXISTS,
                format!("{} is already installed; remove it first", there.name),
            ));
        }
        self.refuse_adopted(&job.app).await?;
        let status = self.engine_status().await;
        if !status.usable {
            return Err(refused(codes::ENGINE_UNAVAILABLE, status.reason));
        }
        let needed = super::dependencies::words(&entry.line.dependencies);
        let around = self.around().await?;
        Self::refuse_missing(&entry.line.name, &needed, &around)?;
        let spec = self.plan(entry, job, &status.architecture, &Self::known_so_far(&needed, &around))?;
        if job.overlay.docker_control && docker_access(&spec).is_none() {
            return Err(refused("invalid", format!("{} does not ask for Docker", entry.line.name)));
        }
        self.refuse_too_little_memory(&entry.line.name, &spec)?;
        let new = NewJob::new("app.install", job.app.as_str(), format!("Install {}", entry.line.name))
            .payload(job)?
            // Another file of the same name is not what is waited for.
            .dedup(format!("install:{}{}", job.app, job.of_its_own()))
            .started_by(started_by);
        self.enqueue(new).await
    }

    /// Something that was adopted may have an app's id.
    async fn refuse_adopted(&self, id: &AppId) -> Result<(), Error> {
        match self.rows.adopted(id).await? {
            None => Ok(()),
            Some(adopted) => Err(refused(
                codes::EXISTS,
                format!("{} was adopted under this id; release it first", adopted.name),
            )),
        }
    }

    /// Where people find an app.
    pub(super) fn host_of(&self, id: &AppId) -> String {
        let machine = addresses::machine_name(&self.config.server.name);
        let domain = addresses::domain(&self.config.web.public_url, &machine);
        addresses::host(id, &domain, self.config.caddy.http_port)
    }

    /// What would be installed, if everything is agreed to and answered.
    pub(super) fn plan(
        &self,
        entry: &FullEntry,
        job: &InstallJob,
        architecture: &str,
        known: &Known,
    ) -> Result<AppSpec, Error> {
        let spec = self.plan_unasked(entry, job, architecture, known)?;
        let not_accepted = answers::not_accepted(&spec, &job.accept);
        if !not_accepted.is_empty() {
            return Err(refused(
                codes::CONSENT_NEEDED,
                format!("{} asks for more than was agreed to: {}", entry.line.name, not_accepted.join(", ")),
            ));
        }
        Ok(spec)
    }

    /// The same, whoever agreed to what.
    pub(super) fn plan_unasked(
        &self,
        entry: &FullEntry,
        job: &InstallJob,
        architecture: &str,
        known: &Known,
    ) -> Result<AppSpec, Error> {
        let parsed = with_own(parsed(entry)?, job.overlay.compose.as_ref())?;
        let name = &entry.line.name;
        let context = self.context(&job.app, &self.host_of(&job.app), architecture);
        let context = Context {
            exports: known.exports.clone(),
            ports: job.overlay.moved(),
            docker_control: job.overlay.docker_control,
            page_port: known.page,
            ..context
        };
        let plan = parsed.plan(&context);
        let inputs = plan.spec.as_ref().map(|spec| spec.inputs.as_slice()).unwrap_or_default();
        let mut given =
            answers::check(inputs, &job.answers).map_err(|reason| refused(codes::INPUT_NEEDED, reason))?;
        // Without a spec, the questions are those that the file itself demands, one after the other.
        let mut plan = plan;
        while plan.spec.is_none() {
            let demanded = plan.needs_input.iter().filter(|need| !given.contains_key(&need.key));
            let more: Vec<_> = demanded.filter_map(|need| job.answers.get_key_value(&need.key)).collect();
            if more.is_empty() {
                break;
            }
            given.extend(more.into_iter().map(|(key, answer)| (key.clone(), answer.clone())));
            plan = parsed.plan(&Context { answers: given.clone(), ..context.clone() });
        }
        let mut context = Context { answers: given, ..context };
        let mut plan = parsed.plan(&context);
        // Once what it demands is answered, it can be seen what else it asks.
        if let Some(spec) = &plan.spec {
            let more = answers::check(&spec.inputs, &job.answers)
                .map_err(|reason| refused(codes::INPUT_NEEDED, reason))?;
            if more.keys().any(|key| !context.answers.contains_key(key)) {
                context.answers.extend(more);
                plan = parsed.plan(&context);
            }
        }
        let mut missing = plan.spec.as_ref().map(|spec| missing_settings(spec, &parsed)).unwrap_or_default();
        if known.complete && missing.is_empty() {
            // What is still unknown now, nobody will say; it is empty, as it is for Docker Compose.
            plan = parsed.plan(&Context { exports_known: true, ..context });
        }
        let Some(mut spec) = plan.spec else {
            return Err(match plan.needs_input.first() {
                Some(need) => {
                    refused(codes::INPUT_NEEDED, format!("“{}” must be answered: {}", need.key, need.label))
                }
                None => refused(
                    codes::UNSUPPORTED,
                    format!("{name} cannot be installed: {}", plan.error.unwrap_or_default()),
                ),
            });
        };
        if !spec.architectures.is_empty() && !spec.architectures.iter().any(|known| known == architecture) {
            let made_for = spec.architectures.join(" and ");
            return Err(refused(
                codes::WRONG_ARCHITECTURE,
                format!(
                    "{name} is made for {made_for} and this machine is {architecture}; it cannot run here"
                ),
            ));
        }
        missing.extend(spec.unsupported.iter().cloned());
        missing.extend(in_vain(&job.app, &parsed));
        if !missing.is_empty() {
            return Err(refused(
                codes::UNSUPPORTED,
                format!("{name} cannot run here: {}", missing.join("; ")),
            ));
        }
        if let Some(need) = plan.needs_input.iter().find(|need| need.from == "owner") {
            return Err(refused(codes::INPUT_NEEDED, format!("“{}” must be answered", need.label)));
        }
        job.overlay.apply(&mut spec);
        Ok(spec)
    }

    /// The job `app.install`.
    pub(super) async fn install(self, job: JobContext) -> Result<(), JobFailure> {
        let request: InstallJob = job.payload()?;
        let id = request.app.clone();
        let outcome = async {
            // An earlier attempt was cut off: what it left is cleared away, and it begins anew. Images
            // that have arrived stay, so the download goes on where it was.
            if job.is_resumed() {
                job.log("taking up what was interrupted");
                self.undo_install(&id).await?;
                // It was done but for the last step.
                if let Some(app) = self.rows.app(&id).await? {
                    return self.finish_install(app, &job).await;
                }
            }
            let app = match job.unless_cancelled(self.install_steps(&request, &job)).await {
                Ok(app) => app?,
                Err(_) => return Err(refused("cancelled", "stopped as asked")),
            };
            // From here on it is installed, and no wish to stop can come in between.
            self.finish_install(app, &job).await
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
        job.progress(|progress| progress.detail = "putting everything back".to_owned());
        if let Err(error) = self.undo_install(&id).await {
            // Docker is away: the follower of its events undoes it when it is back.
            tracing::warn!(error = livos_service::chain(&error), app = %id, "an installation is undone later");
        }
        self.app_changed(&id);
        self.routes.changed();
        Err(JobFailure { retry: false, ..failure })
    }

    async fn install_steps(&self, request: &InstallJob, job: &JobContext) -> Result<App, Error> {
        job.step("checking", 1, STEPS);
        self.wait_for_needs(request, job).await?;
        let _turn = self.turn().await?;
        let decided = self.decide(request, job).await?;
        let Decided { app, blueprint } = decided;
        self.app_changed(&app.id);
        job.step("downloading", 2, STEPS);
        self.pull(&blueprint, job).await?;
        job.step("creating", 3, STEPS);
        self.lay_seeds(&app).await?;
        let before = [Hook::PreInstall, Hook::PreStart];
        let blueprint = self.make_ready(&app, blueprint, &before, job).await?;
        job.step("starting", 4, STEPS);
        let after = self.start_all(&app.id, &blueprint, job).await?;
        for hook in [Hook::PostStart, Hook::PostInstall] {
            self.run_own_hook(&app, hook, job).await?;
        }
        job.step("waiting", 5, STEPS);
        self.wait_until_it_works(&app, &blueprint, after, job).await?;
        Ok(app)
    }

    async fn finish_install(&self, mut app: App, job: &JobContext) -> Result<(), Error> {
        job.step("routing", 6, STEPS);
        app.phase = Phase::Installed;
        app.installed_at = self.ports.clock.now();
        self.rows.put_app(&app).await?;
        if let Err(error) = self.routes.apply().await {
            // The app is there and works; its address follows as soon as Caddy listens.
            job.log(format!("the app's address follows later: {}", livos_service::chain(&error)));
            self.routes.changed();
        }
        Ok(())
    }

    /// Everything that is refused before anything is touched; then the app has its row and ports.
    async fn decide(&self, request: &InstallJob, job: &JobContext) -> Result<Decided, Error> {
        let status = self.engine_status().await;
        if !status.usable {
            let because = status.because.unwrap_or(livos_docker::UnusableBecause::NotAnswering);
            return Err(engine("cannot install")(livos_docker::EngineError::Unavailable {
                because,
                source: None,
            }));
        }
        let entry = match &request.own {
            Some(source) => Some(stack_entry(&request.app, source.clone())),
            None => self.rows.entry(&request.store, &request.app).await?,
        };
        let Some(entry) = entry else {
            return Err(refused("not_found", "the app is no longer in its store; refresh the store"));
        };
        // What was agreed to is looked at before anything of the app runs.
        let parsed = parsed(&entry)?;
        let around = self.around().await?;
        let so_far = Self::known_so_far(&parsed.listing.dependencies, &around);
        let first = self.plan(&entry, request, &status.architecture, &so_far)?;
        self.refuse_too_little_memory(&entry.line.name, &first)?;
        self.refuse_too_little_space().await?;
        // Held while the app's script runs, which may say where its page is.
        let _choosing = self.choosing.lock().await;
        self.refuse_adopted(&request.app).await?;
        let others = self.others(&request.app).await?;
        // A job that failed once may be tried again after another one has succeeded.
        if let Some(there) = self.rows.app(&request.app).await?.filter(|app| app.phase == Phase::Installed) {
            return Err(refused(
                codes::EXISTS,
                format!("{} is already installed; remove it first", there.name),
            ));
        }
        let promised = self.promised(&others);
        let context = self.context(&request.app, &self.host_of(&request.app), &status.architecture);
        let (mut context, mut spec) = (context, first);
        let (gateway, known, exports) = loop {
            let gateway = self.choose_gateway(&spec, &promised)?;
            context.page_port = page_port(&spec, gateway);
            let exports = self.known_now(&request.app, &entry.line.name, &parsed, &context).await?;
            let known = Known { exports: exports.all(), complete: true, page: context.page_port };
            let had_page = spec.main.is_some();
            spec = self.plan(&entry, request, &status.architecture, &known)?;
            // Where its page is may be what only its script says.
            if had_page || spec.main.is_none() {
                break (gateway.filter(|_| spec.main.is_some()), known, exports);
            }
        };
        // It was agreed that it may be reached; at which number is no matter of consent.
        let (overlay, moved) =
            self.move_away(&spec, &request.overlay, &promised, gateway, &BTreeSet::new())?;
        if overlay != request.overlay {
            let elsewhere = InstallJob { overlay: overlay.clone(), ..request.clone() };
            spec = self.plan_unasked(&entry, &elsewhere, &status.architecture, &known)?;
        }
        let page = Self::moved_page(&spec, gateway, &promised);
        tell_moved(job, &page.into_iter().chain(moved).collect::<Vec<_>>());
        let host = if spec.main.is_some() { self.host_of(&request.app) } else { String::new() };
        if let Some(other) = others.iter().find(|other| !host.is_empty() && other.host == host) {
            let name = &other.name;
            return Err(refused(
                codes::EXISTS,
                format!("the app {name} has the address {host} already; remove it first"),
            ));
        }
        let answers = request.answers.clone().into_iter().collect();
        let context = Context { exports: known.exports, answers, ..context };
        self.gather_seeds(&request.app, &request.store, &parsed, &context).await?;
        let upstream = self.choose_upstream(&spec, &others)?;
        let blueprint = self.blueprint(&request.app, &spec, upstream)?;
        self.refuse_missing_disks(&request.app, &entry.line.name, &blueprint).await?;
        self.refuse_collisions(&spec, &blueprint, &promised, &BTreeSet::new())?;
        let volumes = self.volumes_of(&request.app).await?;
        let app = App {
            id: request.app.clone(),
            name: entry.line.name,
            store: request.store.clone(),
            version: entry.line.version,
            icon: entry.line.icon,
            phase: Phase::Installing,
            wanted: true,
            source: entry.source,
            host,
            upstream_port: upstream.unwrap_or(0),
            gateway_port: gateway.unwrap_or(0),
            kept: Kept { data: self.data_dir(&request.app).exists(), volumes },
            problem: String::new(),
            installed_at: 0,
            answers: request.answers.clone().into_iter().collect(),
            exports,
            overlay,
            spec,
        };
        self.rows.put_app(&app).await?;
        Ok(Decided { app, blueprint })
    }

    /// Takes away everything that an unfinished installation has made.
    pub(super) async fn undo_install(&self, id: &AppId) -> Result<(), Error> {
        let Some(app) = self.rows.app(id).await? else {
            // It had no row yet, but its script may have been running.
            self.drop_seeds(id).await?;
            return self.erase_containers(id).await;
        };
        if app.phase == Phase::Installed {
            return Ok(());
        }
        self.drop_seeds(id).await?;
        let data = if app.kept.data { Data::Keep } else { Data::Delete };
        self.erase(&app, data, &app.kept.volumes).await?;
        self.rows.delete_app(id).await
    }
}
