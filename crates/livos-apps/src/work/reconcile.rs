//! What should be against what is: when we start, and whenever Docker comes back.

use std::collections::HashSet;

use futures_util::future::join_all;
use livos_docker::ContainerSummary;
use livos_store::Job;

use super::Apps;
use crate::Error;
use crate::core::blueprint::{LABEL_APP, container_name};
use crate::core::state;
use crate::error::engine;
use crate::store::{App, Phase, Slot};

impl Apps {
    /// The jobs that have not ended. Their apps are theirs; `settle` is for afterwards.
    pub(crate) async fn under_way(&self) -> Result<Vec<Job>, Error> {
        let jobs = self.queue.list().await?;
        Ok(jobs.into_iter().filter(|job| !job.state.is_final()).collect())
    }

    /// Undoes what was begun and given up, and starts apps that should run and don't (Docker does not start those that it only restarts on failure).
    pub(crate) async fn reconcile(&self, under_way: &[Job]) -> Result<(), Error> {
        let containers = self
            .ports
            .engine
            .list_containers(&self.own())
            .await
            .map_err(engine("cannot look at the containers"))?;
        self.end_counting_of(&containers).await?;
        if let Err(error) = self.tidy_kept().await {
            tracing::warn!(
                error = livos_service::chain(&error),
                "older copies of apps could not all be removed"
            );
        }
        let apps = self.rows.apps().await?;
        // What began meanwhile is its job's, too.
        let since = self.under_way().await?;
        let busy: HashSet<&str> = under_way.iter().chain(&since).map(|job| job.subject.as_str()).collect();
        for app in Self::in_order(&apps).into_iter().filter(|app| !busy.contains(app.id.as_str())) {
            self.put_in_order(app, &containers).await?;
        }
        Ok(())
    }

    /// Looks at the apps of these jobs when they have ended: what Docker stopped when it died may have been past its part of the job, which then succeeds and leaves an app that nobody starts.
    ///
    /// Each is looked at once, so that an app that can't be started isn't tried for ever.
    pub(crate) async fn settle(&self, under_way: &[Job]) {
        join_all(under_way.iter().map(async |job| {
            if let Err(error) = self.settle_one(job).await {
                tracing::warn!(
                    error = livos_service::chain(&error),
                    app = job.subject,
                    "an app could not be put in order after its job"
                );
            }
        }))
        .await;
    }

    async fn settle_one(&self, job: &Job) -> Result<(), Error> {
        self.queue.finished(&job.id).await?;
        let apps = self.rows.apps().await?;
        let Some(app) = apps.iter().find(|app| app.id.as_str() == job.subject) else { return Ok(()) };
        // Whatever was begun since then has met Docker as it is now.
        if self.under_way().await?.iter().any(|other| other.subject == job.subject) {
            return Ok(());
        }
        let containers = self.containers(&app.id).await?;
        self.put_in_order(app, &containers).await
    }

    async fn put_in_order(&self, app: &App, containers: &[ContainerSummary]) -> Result<(), Error> {
        match app.phase {
            Phase::Installing => {
                tracing::info!(app = %app.id, "undoing an installation that was given up");
                self.undo_install(&app.id).await?;
                self.app_changed(&app.id);
            }
            // Half removed is nothing to go on with; its data, if any is left, stays.
            Phase::Removing => {
                tracing::info!(app = %app.id, "finishing a removal that was given up");
                self.erase_containers(&app.id).await?;
                self.views.close(&app.id)?;
                self.rows.delete_app(&app.id).await?;
                self.app_changed(&app.id);
            }
            Phase::Updating => {
                tracing::info!(app = %app.id, "undoing an update that was given up");
                self.put_right_with(&app.id, None).await?;
            }
            Phase::RollingBack => {
                // It was chosen in the moment in which this began.
                let chosen = self.rows.chosen_way(&app.id).await?;
                // Or before that was noted.
                let ways = self.rows.ways_back(&app.id).await?;
                let to = chosen.or_else(|| ways.first().map(|(slot, _)| *slot)).unwrap_or(Slot::Version);
                self.enqueue_rollback(app, to, "").await?;
            }
            Phase::Installed if app.wanted => {
                if let Err(why) = self.disks_are_there(app).await? {
                    return self.stop_without_disk(app, &why).await;
                }
                let own: Vec<_> = containers
                    .iter()
                    .filter(|container| {
                        container.labels.get(LABEL_APP).is_some_and(|id| id == app.id.as_str())
                    })
                    .cloned()
                    .collect();
                let seen = state::seen(&app.spec, true, "", &own);
                let runs =
                    own.iter().any(|container| container.state == livos_docker::ContainerState::Running);
                if !runs {
                    self.views.forget_renewed(&app.id);
                }
                if self.views.is_renewed(&app.id) {
                    // What they mounted is a socket at which nobody listens any more.
                    self.begin("app.restart", app, "").await?;
                } else if seen
                    .services
                    .iter()
                    .any(|service| matches!(service.state.as_str(), "stopped" | "missing"))
                    || self.any_was_ended(app).await?
                {
                    self.begin("app.start", app, "").await?;
                }
            }
            Phase::Installed => self.views.forget_renewed(&app.id),
        }
        Ok(())
    }

    /// Whether a service that Docker does not start again, and that may end by itself, did not: a database without a
    /// word about it in its file, say. As with `docker compose up`, what had really ended runs once more, then.
    async fn any_was_ended(&self, app: &App) -> Result<bool, Error> {
        let up = rustix::system::sysinfo().uptime;
        let booted_at = self.ports.clock.now() - up;
        for service in app.spec.services.iter().filter(|service| state::is_task(&app.spec, service)) {
            let name = container_name(&app.id, &service.name);
            let container = self.ports.engine.inspect_container(&name).await;
            let container = container.map_err(engine(format!("cannot look at {name}")))?;
            if container.is_some_and(|info| state::was_ended(&app.spec, service, &info, booted_at)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
