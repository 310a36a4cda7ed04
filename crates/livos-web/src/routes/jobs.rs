//! The jobs of all daemons as one list.

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::{JobInfo, names};
use livos_types::JobId;

use crate::App;
use crate::error::ApiError;
use crate::http::{document, json};
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

fn checked(id: &str) -> Result<JobId, ApiError> {
    id.parse().map_err(ApiError::invalid)
}

/// Unfinished jobs, and finished ones nobody dismissed
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs", responses((status = 200, description = "Newest first", body = Vec<JobInfo>)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Response {
    json::ok(&app.services.all_jobs(&actor_of(&signed_in.person)).await)
}

/// One job
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "The job: apps-12")), responses((status = 200, description = "The job", body = JobInfo)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    Ok(json::ok(&app.services.jobs_of(&id)?.get(&actor_of(&signed_in.person), &id.to_string()).await?))
}

/// Take a finished job off the list
#[utoipa::path(delete, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "The job")), responses((status = 204, description = "Gone")))]
pub(crate) async fn dismiss(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    if id.service() == names::HOST.short {
        // An update of LivOS is on the list only while it goes on; afterwards devices merely still show it.
        app.events.job_removed(&id.to_string());
        return Ok(super::done());
    }
    app.services.jobs_of(&id)?.dismiss(&actor_of(&signed_in.person), &id.to_string()).await?;
    Ok(super::done())
}

/// Stop a job
#[utoipa::path(post, path = "/api/v1/jobs/{id}/cancel", tag = "jobs", params(("id" = String, Path, description = "The job")), responses((status = 204, description = "It stops; what it had begun is undone")))]
pub(crate) async fn cancel(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    app.services.jobs_of(&id)?.cancel(&actor_of(&signed_in.person), &id.to_string()).await?;
    Ok(super::done())
}

/// Try a failed job again
#[utoipa::path(post, path = "/api/v1/jobs/{id}/retry", tag = "jobs", params(("id" = String, Path, description = "The job")), responses((status = 204, description = "It is in the queue again")))]
pub(crate) async fn retry(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    app.services.jobs_of(&id)?.retry(&actor_of(&signed_in.person), &id.to_string()).await?;
    Ok(super::done())
}

/// What a job wrote
#[utoipa::path(get, path = "/api/v1/jobs/{id}/log", tag = "jobs", params(("id" = String, Path, description = "The job")), responses((status = 200, description = "Text", body = String, content_type = "text/plain")))]
pub(crate) async fn log(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let log = app.services.jobs_of(&id)?.log(&actor_of(&signed_in.person), &id.to_string()).await?;
    document::text(owned(log), &app.buffers)
}
