//! Back to what an app was: after a change that did not get to its end, or by hand within a week.

use livos_manifest::Hook;
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::{AppId, JobId};
use serde::{Deserialize, Serialize};

use super::Apps;
use super::lifecycle::subject;
use crate::Error;
use crate::core::overlay::{DockerAccess, docker_access};
use crate::error::refused;
use crate::store::{App, Phase, Previous, Slot};

/// What a way back is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct RollbackJob {
    /// Where to; jobs from before there was a choice do not say it.
    #[serde(default)]
    to: Option<Slot>,
}

impl Apps {
    /// Queues the way back to what the app was before its last update or change of settings, or before the later of
    /// the two if it is not said which.
    pub(crate) async fn begin_rollback(
        &self,
        app: &App,
        to: Option<Slot>,
        started_by: &str,
    ) -> Result<JobId, Error> {
        self.only_installed(app)?;
        let now = self.ports.clock.now();
        let ways = self.rows.ways_back(&app.id).await?;
        let wanted = |(slot, kept): &&(Slot, Previous)| to.is_none_or(|to| to == *slot) && kept.until > now;
        let Some((slot, kept)) = ways.iter().find(wanted) else {
            let what = match to {
                None => "has not been changed",
                Some(Slot::Settings) => "has not been set otherwise",
                Some(_) => "has not been updated",
            };
            return Err(refused(
                "conflict",
                format!("{} {what} within the last 7 days; there is nothing to go back to", app.name),
            ));
        };
        let controls = |app: &App| docker_access(&app.spec) == Some(DockerAccess::Control);
        // An older version is wanted, and not what was taken away from it since then.
        if *slot == Slot::Version && controls(&kept.app) && !controls(app) {
            let name = &app.name;
            return Err(refused(
                livos_bus::codes::CONSENT_NEEDED,
                format!(
                    "{name} controlled Docker then; let it do so again in its settings before it goes back"
                ),
            ));
        }
        self.enqueue_rollback(app, *slot, started_by).await
    }

    pub(super) async fn enqueue_rollback(
        &self,
        app: &App,
        to: Slot,
        started_by: &str,
    ) -> Result<JobId, Error> {
        let new = NewJob::new("app.rollback", app.id.as_str(), format!("Roll back {}", app.name))
            .payload(&RollbackJob { to: Some(to) })?
            .dedup(format!("app.rollback:{}:{}", app.id, to.as_str()))
            .started_by(started_by);
        self.enqueue(new).await
    }

    /// Ends an update that did not get to its end. True if the old version had to be put back.
    pub(super) async fn put_right(&self, id: &AppId, job: &JobContext) -> Result<bool, Error> {
        self.put_right_with(id, Some(job)).await
    }

    pub(super) async fn put_right_with(&self, id: &AppId, job: Option<&JobContext>) -> Result<bool, Error> {
        self.drop_seeds(id).await?;
        self.end_hook(id).await?;
        self.end_toolbox(id).await?;
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
        self.close_unused_view(&old);
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
    pub(super) async fn bring_up_again(&self, app: &App, job: Option<&JobContext>) -> Result<(), Error> {
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
        let request = job.payload::<Option<RollbackJob>>()?.unwrap_or_default();
        let outcome = self.rollback_steps(&id, request.to, &job).await;
        self.unreserve(&id);
        self.app_changed(&id);
        self.routes.changed();
        outcome.map_err(Error::into_failure)
    }

    async fn rollback_steps(&self, id: &AppId, to: Option<Slot>, job: &JobContext) -> Result<(), Error> {
        // An earlier attempt got to the end, if there is nothing.
        let Some(now) = self.rows.app(id).await? else { return Ok(()) };
        let begun = self.rows.chosen_way(id).await?.filter(|_| now.phase == Phase::RollingBack);
        let ways = self.rows.ways_back(id).await?;
        let wanted = begun.or(to).or_else(|| ways.first().map(|(slot, _)| *slot));
        let Some(at) = ways.iter().position(|(slot, _)| Some(*slot) == wanted) else { return Ok(()) };
        let (slot, kept) = &ways[at];
        if now.phase == Phase::Installed
            && let Err(why) = self.disks_are_there(&kept.app).await?
        {
            return Err(refused(super::mounts::DISK_MISSING, why));
        }
        if now.phase == Phase::Installed {
            self.refuse_others_ports(&kept.app).await?;
        }
        job.step("stopping", 1, 3);
        self.stop_containers(&now, job).await?;
        self.rows.choose_way(id, *slot).await?;
        self.app_changed(id);
        job.step("replacing", 2, 3);
        self.erase_containers(id).await?;
        self.put_back_files(kept, Some(job)).await?;
        job.step("starting", 3, 3);
        let old = App { phase: Phase::Installed, wanted: now.wanted, ..kept.app.clone() };
        self.bring_up_again(&old, Some(job)).await?;
        self.rows.commit_return(&old, *slot).await?;
        // Those that came later lead to what has just been undone.
        for (_, gone) in &ways[..=at] {
            if let Err(error) = self.drop_kept(id, &gone.keeping).await {
                tracing::debug!(error = livos_service::chain(&error), "a copy is removed later");
            }
        }
        self.close_unused_view(&old);
        Ok(())
    }

    /// Refuses to go back to ports that another app was given meanwhile.
    async fn refuse_others_ports(&self, old: &App) -> Result<(), Error> {
        let _choosing = self.choosing.lock().await;
        let promised = self.promised(&self.others(&old.id).await?);
        for (port, protocol) in self.promised(std::slice::from_ref(old)).keys() {
            if let Some(other) = promised.get(&(*port, *protocol)) {
                return Err(refused(
                    livos_bus::codes::PORT_TAKEN,
                    format!(
                        "{} had port {port}, which the app {other} has by now; give that another one in its \
                         settings and try again",
                        old.name
                    ),
                ));
            }
        }
        self.reserve(old);
        Ok(())
    }
}
