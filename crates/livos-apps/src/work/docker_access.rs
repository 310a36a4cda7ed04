//! What an app may do in Docker: look, by a socket of ours, or control it, by its own.

use livos_bus::documents;
use livos_manifest::{AppSpec, Context, Entry};

use super::Apps;
use super::describe::permission;
use crate::Error;
use crate::core::overlay::{DockerAccess, docker_access};
use crate::store::App;

/// The code of what nobody is given who only agreed to the rest.
const CONTROL: &str = "docker_socket";

impl Apps {
    /// Serves the sockets of the apps that are there.
    pub(crate) async fn open_views(&self) -> Result<(), Error> {
        for app in self.rows.apps().await? {
            // One that cannot be served is no reason to leave all others alone.
            if let Err(error) = self.open_view(&app) {
                tracing::warn!(error = livos_service::chain(&error), app = %app.id, "an app cannot look at Docker");
            }
        }
        Ok(())
    }

    /// Serves the app's socket, if it has one.
    pub(super) fn open_view(&self, app: &App) -> Result<(), Error> {
        match docker_access(&app.spec) {
            Some(DockerAccess::View) => self.views.open(&app.id),
            Some(DockerAccess::Control) | None => Ok(()),
        }
    }

    /// Ends what the app does not mount any more.
    pub(super) fn close_unused_view(&self, app: &App) {
        if docker_access(&app.spec) != Some(DockerAccess::View)
            && let Err(error) = self.views.close(&app.id)
        {
            tracing::debug!(error = livos_service::chain(&error), app = %app.id, "an unused socket stays");
        }
    }
}

/// What can be agreed to beyond the rest: that an app which may look at Docker controls it.
pub(super) fn control_offered(
    entry: &Entry,
    context: &Context,
    spec: &AppSpec,
) -> Option<documents::Permission> {
    docker_access(spec)?;
    let plan = entry.plan(&Context { docker_control: true, ..context.clone() });
    let more = plan.spec?.permissions;
    more.iter().find(|one| one.code == CONTROL && !spec.permissions.contains(one)).map(permission)
}
