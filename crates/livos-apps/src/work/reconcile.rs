//! What should be against what is: when we start, and whenever Docker comes back.

use std::collections::HashSet;

use super::Apps;
use crate::Error;
use crate::core::blueprint::LABEL_APP;
use crate::core::state;
use crate::error::engine;
use crate::store::Phase;

impl Apps {
    /// Undoes what was begun and given up, and starts apps that should run and don't (Docker does not start those that it only restarts on failure).
    pub(crate) async fn reconcile(&self) -> Result<(), Error> {
        let containers = self
            .ports
            .engine
            .list_containers(&self.own())
            .await
            .map_err(engine("cannot look at the containers"))?;
        let busy: HashSet<String> = self
            .queue
            .list()
            .await?
            .into_iter()
            .filter(|job| !job.state.is_final())
            .map(|job| job.subject)
            .collect();
        if let Err(error) = self.tidy_kept().await {
            tracing::warn!(
                error = livos_service::chain(&error),
                "older copies of apps could not all be removed"
            );
        }
        let apps = self.rows.apps().await?;
        for app in Self::in_order(&apps).into_iter().filter(|app| !busy.contains(app.id.as_str())) {
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
                    self.rows.delete_app(&app.id).await?;
                    self.app_changed(&app.id);
                }
                Phase::Updating => {
                    tracing::info!(app = %app.id, "undoing an update that was given up");
                    self.put_right_with(&app.id, None).await?;
                }
                Phase::RollingBack => {
                    self.enqueue_rollback(app, "").await?;
                }
                Phase::Installed if app.wanted => {
                    let own: Vec<_> = containers
                        .iter()
                        .filter(|container| {
                            container.labels.get(LABEL_APP).is_some_and(|id| id == app.id.as_str())
                        })
                        .cloned()
                        .collect();
                    let seen = state::seen(&app.spec, true, "", &own);
                    if seen
                        .services
                        .iter()
                        .any(|service| matches!(service.state.as_str(), "stopped" | "missing"))
                    {
                        self.begin("app.start", app, "").await?;
                    }
                }
                Phase::Installed => {}
            }
        }
        Ok(())
    }
}
