//! Subagents that a person keeps. Whose each is, the agent's daemon knows.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use livos_bus::subagents::{SubagentInfo, SubagentRequest, SubagentsReply};
use serde::Deserialize;
use utoipa::ToSchema;

use super::assistant::RunStarted;
use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::json::{self, Json};
use crate::identity::SignedIn;
use crate::services::actor_of;

/// The most bytes of a brief or a task; what one may have, the agent's daemon says. A message on the bus has at most
/// 64 KiB.
const LONGEST: usize = 48 * 1024;

/// What can't be an id is not looked for.
fn checked(id: &str) -> Result<&str, ApiError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&id.len()) && id.bytes().all(fits) {
        return Ok(id);
    }
    Err(ApiError::not_found("there is no such subagent; it may have been deleted"))
}

/// One's own subagents, without instructions and history
#[utoipa::path(get, path = "/api/v1/assistant/subagents", tag = "assistant", responses((status = 200, description = "By name", body = SubagentsReply)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.subagents.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// A subagent with all it has done
#[utoipa::path(get, path = "/api/v1/assistant/subagents/{id}", tag = "assistant", params(("id" = String, Path, description = "The subagent")), responses((status = 200, description = "The subagent", body = SubagentInfo)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    document::reply(app.services.subagents.get(&actor, checked(&id)?).await?, &app.buffers)
}

/// What a subagent is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubagentBody {
    /// What it is called.
    name: String,
    /// What it is for.
    description: String,
    /// What it is told beside each task.
    instructions: String,
    /// The only tools it has; `null` for all that a subagent can have.
    tools: Option<Vec<String>>,
    /// How often its model is asked in one run, 1 to 30.
    turns: u32,
}

/// A subagent to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSubagent {
    /// What it is named by: a-z, 0-9 and -.
    id: String,
    /// What it is called.
    name: String,
    /// What it is for.
    description: String,
    /// What it is told beside each task.
    instructions: String,
    /// The only tools it has; `null` for all that a subagent can have.
    tools: Option<Vec<String>>,
    /// How often its model is asked in one run, 1 to 30.
    turns: u32,
}

/// Make a subagent
#[utoipa::path(post, path = "/api/v1/assistant/subagents", tag = "assistant", request_body = NewSubagent, responses((status = 201, description = "Made")))]
pub(crate) async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(body): Json<NewSubagent>,
) -> Result<Response, ApiError> {
    let NewSubagent { id, name, description, instructions, tools, turns } = body;
    if id.len() > LONGEST {
        return Err(ApiError::too_large("an id is shorter than that"));
    }
    let wanted = wanted(SubagentBody { name, description, instructions, tools, turns })?;
    app.services.subagents.create(&actor_of(&signed_in.person), &id, &wanted).await?;
    Ok(StatusCode::CREATED.into_response())
}

/// What is asked for, as it is said on the bus.
fn wanted(body: SubagentBody) -> Result<SubagentRequest, ApiError> {
    let SubagentBody { name, description, instructions, tools, turns } = body;
    let (all_tools, tools) = (tools.is_none(), tools.unwrap_or_default());
    let named: usize = tools.iter().map(String::len).sum();
    if name.len() + description.len() + instructions.len() + named > LONGEST || tools.len() > 1000 {
        return Err(ApiError::too_large("a brief is shorter than that"));
    }
    Ok(SubagentRequest { name, description, instructions, all_tools, tools, turns })
}

/// Give a subagent another brief
///
/// It holds from its next task on. What narrowed it when it was made still does.
#[utoipa::path(put, path = "/api/v1/assistant/subagents/{id}", tag = "assistant", params(("id" = String, Path, description = "The subagent")), request_body = SubagentBody, responses((status = 204, description = "Changed")))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(body): Json<SubagentBody>,
) -> Result<Response, ApiError> {
    app.services.subagents.update(&actor_of(&signed_in.person), checked(&id)?, &wanted(body)?).await?;
    Ok(super::done())
}

/// What to change of a subagent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubagentPatch {
    /// What it is to do later does not come until that is resumed.
    paused: bool,
}

/// Pause or resume what a subagent is to do later
#[utoipa::path(patch, path = "/api/v1/assistant/subagents/{id}", tag = "assistant", params(("id" = String, Path, description = "The subagent")), request_body = SubagentPatch, responses((status = 204, description = "Changed")))]
pub(crate) async fn pause(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(patch): Json<SubagentPatch>,
) -> Result<Response, ApiError> {
    let what = if patch.paused { "pause" } else { "resume" };
    app.services.subagents.change(&actor_of(&signed_in.person), checked(&id)?, what).await?;
    Ok(super::done())
}

/// Delete a subagent
///
/// What it was to do later goes with it; what it has done stays as an archived conversation.
#[utoipa::path(delete, path = "/api/v1/assistant/subagents/{id}", tag = "assistant", params(("id" = String, Path, description = "The subagent")), responses((status = 204, description = "Deleted")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.services.subagents.change(&actor_of(&signed_in.person), checked(&id)?, "remove").await?;
    Ok(super::done())
}

/// What a subagent is to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubagentTask {
    /// The task; without it, what it would do next.
    task: Option<String>,
}

/// Have a subagent do something now
#[utoipa::path(post, path = "/api/v1/assistant/subagents/{id}/run", tag = "assistant", params(("id" = String, Path, description = "The subagent")), request_body = SubagentTask, responses((status = 202, description = "It will be answered", body = RunStarted)))]
pub(crate) async fn run(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(body): Json<SubagentTask>,
) -> Result<Response, ApiError> {
    let task = body.task.unwrap_or_default();
    if task.len() > LONGEST {
        return Err(ApiError::too_large("a task is shorter than that"));
    }
    let run = app.services.subagents.run(&actor_of(&signed_in.person), checked(&id)?, &task).await?;
    Ok(json::reply(StatusCode::ACCEPTED, &RunStarted { run }))
}
