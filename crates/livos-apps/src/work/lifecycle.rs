//! Start, stop, restart, remove. Doing any of them twice is doing it once.

use livos_manifest::Hook;
use livos_store::{JobContext, JobFailure, NewJob};
use livos_types::{AppId, JobId};
use serde::{Deserialize, Serialize};

use super::Apps;
use super::erase::Data;
use crate::Error;
use crate::core::blueprint::container_name;
use crate::error::{engine, refused};
use crate::store::{App, Phase, Slot};

/// What a removal is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RemoveJob {
    pub(crate) keep_data: bool,
}

pub(super) fn subject(job: &JobContext) -> Result<AppId, JobFailure> {
    AppId::new(job.subject()).map_err(|error| JobFailure::fatal("internal", error.to_string()))
}

impl Apps {
    /// Queues `app.start`, `app.stop` or `app.restart`.
    pub(crate) async fn begin(
        &self,
        verb: &'static str,
        app: &App,
        started_by: &str,
    ) -> Result<JobId, Error> {
        if app.phase != Phase::Installed {
            return Err(refused(
                "conflict",
                format!("{} is being installed or removed; wait until that has ended", app.name),
            ));
        }
        let word = match verb {
            "app.start" => "Start",
            "app.stop" => "Stop",
            _ => "Restart",
        };
        let job = NewJob::new(verb, app.id.as_str(), format!("{word} {}", app.name))
            .dedup(format!("{verb}:{}", app.id))
            .started_by(started_by);
        self.enqueue(job).await
    }

    /// Queues `app.remove`.
    pub(crate) async fn begin_remove(
        &self,
        app: &App,
        keep_data: bool,
        started_by: &str,
    ) -> Result<JobId, Error> {
        if matches!(app.phase, Phase::Installing | Phase::Updating | Phase::RollingBack) {
            let name = &app.name;
            return Err(refused(
                "conflict",
                format!("{name} is being installed or updated; cancel that first"),
            ));
        }
        let job = NewJob::new("app.remove", app.id.as_str(), format!("Remove {}", app.name))
            .payload(&RemoveJob { keep_data })?
            .dedup(format!("app.remove:{}", app.id))
            .started_by(started_by);
        self.enqueue(job).await
    }

    async fn installed_app(&self, job: &JobContext) -> Result<App, JobFailure> {
        let id = subject(job)?;
        match self.rows.app(&id).await.map_err(Error::into_failure)? {
            Some(app) if app.phase == Phase::Installed => Ok(app),
            _ => Err(JobFailure::fatal("not_found", "the app is not installed any more")),
        }
    }

    /// The job `app.start`.
    pub(super) async fn start(self, job: JobContext) -> Result<(), JobFailure> {
        let app = self.installed_app(&job).await?;
        self.rows.set_wanted(&app.id, true).await.map_err(Error::into_failure)?;
        self.run_app(app, &job).await
    }

    /// The job `app.restart`.
    pub(super) async fn restart(self, job: JobContext) -> Result<(), JobFailure> {
        let app = self.installed_app(&job).await?;
        self.rows.set_wanted(&app.id, true).await.map_err(Error::into_failure)?;
        job.step("stopping", 1, 3);
        self.stop_with_hooks(&app, &job).await.map_err(Error::into_failure)?;
        self.run_app(app, &job).await
    }

    async fn run_app(&self, app: App, job: &JobContext) -> Result<(), JobFailure> {
        let up = async {
            let blueprint =
                self.blueprint(&app.id, &app.spec, Some(app.upstream_port).filter(|port| *port > 0))?;
            self.wait_for_starts(&app, job).await?;
            let _turn = self.turn().await?;
            job.step("starting", 2, 3);
            if Self::has_start_hooks(&app)? {
                // Docker may start a failing container again at any time, and must not while a script works.
                self.stop_containers(&app, job).await?;
            }
            // What was removed behind our back is made anew.
            let blueprint = self.make_ready(&app, blueprint, &[Hook::PreStart], job).await?;
            let events = self.start_all(&app.id, &blueprint, job).await?;
            self.run_own_hook(&app, Hook::PostStart, job).await?;
            job.step("waiting", 3, 3);
            self.wait_until_it_works(&app, &blueprint, events, job).await
        };
        let outcome = job.unless_cancelled(up).await;
        if outcome.is_err() {
            self.end_hook(&app.id).await.map_err(Error::into_failure)?;
            self.end_toolbox(&app.id).await.map_err(Error::into_failure)?;
        }
        if let Ok(Err(error)) = &outcome
            && !error.is_engine_down()
        {
            let (_, message) = error.explain();
            self.rows.set_problem(&app.id, &message).await.map_err(Error::into_failure)?;
        }
        self.app_changed(&app.id);
        outcome?.map_err(Error::into_failure)
    }

    /// The job `app.stop`.
    pub(super) async fn stop(self, job: JobContext) -> Result<(), JobFailure> {
        let app = self.installed_app(&job).await?;
        job.step("stopping", 1, 1);
        // First the wish, then the deed: an app that is stopped in the middle is not started again.
        self.rows.set_wanted(&app.id, false).await.map_err(Error::into_failure)?;
        let stopped = self.stop_with_hooks(&app, &job).await;
        self.app_changed(&app.id);
        stopped.map_err(Error::into_failure)
    }

    /// Stops an app with its scripts. One that fails is an error, but stops nobody from stopping.
    async fn stop_with_hooks(&self, app: &App, job: &JobContext) -> Result<(), Error> {
        let before = self.run_own_hook(app, Hook::PreStop, job).await;
        self.stop_containers(app, job).await?;
        let after = self.run_own_hook(app, Hook::PostStop, job).await;
        before.and(after)
    }

    /// Stops in the order opposite to that of the start.
    pub(super) async fn stop_containers(&self, app: &App, job: &JobContext) -> Result<(), Error> {
        let running = self.containers(&app.id).await?;
        for service in app.spec.services.iter().rev() {
            let name = container_name(&app.id, &service.name);
            if running.iter().any(|container| container.name == name) {
                job.progress(|progress| progress.detail.clone_from(&service.name));
                let stopped = self.ports.engine.stop_container(&name, None).await;
                stopped.map_err(engine(format!("cannot stop {}", service.name)))?;
            }
        }
        self.views.forget_renewed(&app.id);
        Ok(())
    }

    /// The job `app.remove`.
    pub(super) async fn remove(self, job: JobContext) -> Result<(), JobFailure> {
        let id = subject(&job)?;
        let request: RemoveJob = job.payload()?;
        let Some(app) = self.rows.app(&id).await.map_err(Error::into_failure)? else {
            // An earlier attempt got to the end, or nearly.
            return Ok(());
        };
        let removed = async {
            self.rows.set_phase(&id, Phase::Removing).await?;
            self.app_changed(&id);
            job.step("stopping", 1, 3);
            self.stop_containers(&app, &job).await?;
            job.step("removing", 2, 3);
            let data = if request.keep_data { Data::Keep } else { Data::Delete };
            self.erase(&app, data, &[]).await?;
            self.erase_images(&app).await;
            for slot in Slot::ALL {
                self.forget(&id, slot).await?;
            }
            job.step("routing", 3, 3);
            self.rows.delete_app(&id).await?;
            if self.routes.apply().await.is_err() {
                self.routes.changed();
            }
            Ok::<_, Error>(())
        }
        .await;
        if let Err(error) = &removed
            && !error.is_engine_down()
        {
            // What is left can be seen and removed again.
            let (_, message) = error.explain();
            self.rows.set_phase(&id, Phase::Installed).await.map_err(Error::into_failure)?;
            self.rows.set_problem(&id, &message).await.map_err(Error::into_failure)?;
        }
        self.app_changed(&id);
        removed.map_err(Error::into_failure)
    }
}
