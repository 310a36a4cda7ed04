//! What the assistant is to be asked later. Whose each is, the agent's daemon knows.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use livos_bus::schedules::SchedulesReply;
use serde::Deserialize;
use utoipa::ToSchema;

use super::assistant::RunStarted;
use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::json::{self, Json};
use crate::identity::SignedIn;
use crate::services::actor_of;

/// What can't be an id is not looked for.
fn checked(id: &str) -> Result<&str, ApiError> {
    let fits = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    if (1..=100).contains(&id.len()) && id.bytes().all(fits) {
        return Ok(id);
    }
    Err(ApiError::not_found("there is no such schedule; it may have been removed"))
}

/// One's own schedules
#[utoipa::path(get, path = "/api/v1/assistant/schedules", tag = "assistant", responses((status = 200, description = "Those that come next first", body = SchedulesReply)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.schedules.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// What to change of a schedule.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchedulePatch {
    /// It does not come until it is resumed.
    paused: bool,
}

async fn changed(app: &App, signed_in: &SignedIn, id: &str, what: &str) -> Result<Response, ApiError> {
    app.services.schedules.change(&actor_of(&signed_in.person), checked(id)?, what).await?;
    Ok(super::done())
}

/// Pause or resume a schedule
#[utoipa::path(patch, path = "/api/v1/assistant/schedules/{id}", tag = "assistant", params(("id" = String, Path, description = "The schedule")), request_body = SchedulePatch, responses((status = 204, description = "Changed")))]
pub(crate) async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(patch): Json<SchedulePatch>,
) -> Result<Response, ApiError> {
    changed(&app, &signed_in, &id, if patch.paused { "pause" } else { "resume" }).await
}

/// Remove a schedule
///
/// It can be restored for a day.
#[utoipa::path(delete, path = "/api/v1/assistant/schedules/{id}", tag = "assistant", params(("id" = String, Path, description = "The schedule")), responses((status = 204, description = "Removed")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    changed(&app, &signed_in, &id, "remove").await
}

/// Take the removal of a schedule back
#[utoipa::path(post, path = "/api/v1/assistant/schedules/{id}/restore", tag = "assistant", params(("id" = String, Path, description = "The schedule")), responses((status = 204, description = "It is there again")))]
pub(crate) async fn restore(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    changed(&app, &signed_in, &id, "restore").await
}

/// Run a schedule now
#[utoipa::path(post, path = "/api/v1/assistant/schedules/{id}/run", tag = "assistant", params(("id" = String, Path, description = "The schedule")), responses((status = 202, description = "It will be answered", body = RunStarted)))]
pub(crate) async fn run(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let run = app.services.schedules.run(&actor_of(&signed_in.person), checked(&id)?).await?;
    Ok(json::reply(StatusCode::ACCEPTED, &RunStarted { run }))
}
