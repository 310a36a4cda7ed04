//! What the assistant is to be asked later. Whose each is, the agent's daemon knows.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use livos_bus::schedules::{EventKind, ScheduleInfo, ScheduleRequest, SchedulesReply};
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

/// The most bytes of a task and what says when; what they may be, the agent's daemon says.
const LONGEST: usize = 48 * 1024;

/// What is to be asked later; exactly one of `delay`, `at`, `cron`, `event` and `every` says when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScheduleBody {
    /// What is to be asked.
    task: String,
    /// Once, in so many seconds.
    delay: Option<u32>,
    /// Once, at this time on the clock of the time zone: `2026-11-28T08:00`.
    at: Option<String>,
    /// Again and again: minute, hour, day of the month, month, day of the week.
    cron: Option<String>,
    /// Whenever this happens on the server.
    event: Option<EventKind>,
    /// To what it happens: an app's id, a container's or a unit's name; without it, to any.
    subject: Option<String>,
    /// A subagent's loop: seconds from the end of one run to the next.
    every: Option<u32>,
    /// Of a loop: runs in all.
    most: Option<u32>,
    /// Where the clock hangs: `Europe/Berlin`; without it, the server's own.
    time_zone: Option<String>,
    /// The subagent that is asked; without it, the assistant.
    subagent: Option<String>,
}

/// Have the assistant, or a subagent, asked later
///
/// The answers are in a conversation of their own. When what is waited for happens, it comes at most every five minutes.
#[utoipa::path(post, path = "/api/v1/assistant/schedules", tag = "assistant", request_body = ScheduleBody, responses((status = 201, description = "It will come", body = ScheduleInfo)))]
pub(crate) async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(body): Json<ScheduleBody>,
) -> Result<Response, ApiError> {
    let ScheduleBody { task, delay, at, cron, event, subject, every, most, time_zone, subagent } = body;
    let request = ScheduleRequest {
        task,
        delay: delay.map_or(0, i64::from),
        at: at.unwrap_or_default(),
        cron: cron.unwrap_or_default(),
        time_zone: time_zone.unwrap_or_default(),
        event: event.map(EventKind::as_str).unwrap_or_default().to_owned(),
        subject: subject.unwrap_or_default(),
        subagent: subagent.unwrap_or_default(),
        every: every.map_or(0, i64::from),
        most: most.unwrap_or_default(),
    };
    let texts =
        [&request.task, &request.at, &request.cron, &request.time_zone, &request.subject, &request.subagent];
    if texts.iter().map(|text| text.len()).sum::<usize>() > LONGEST {
        return Err(ApiError::too_large("a task is shorter than that"));
    }
    let made = app.services.schedules.create(&actor_of(&signed_in.person), &request).await?;
    let mut response = document::reply(made, &app.buffers)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
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
