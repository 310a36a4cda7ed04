//! Instructions for tasks of a kind. Whose each is, the agent's daemon knows.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use livos_bus::skills::{SkillInfo, SkillsReply};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::json::Json;
use crate::identity::SignedIn;
use crate::services::actor_of;

/// The most bytes of a text; what a skill may have, the agent's daemon says. A message on the bus has at most 64 KiB.
const LONGEST: usize = 48 * 1024;

/// What can't be a name is not looked for.
fn checked(name: &str) -> Result<&str, ApiError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(name);
    }
    Err(ApiError::not_found("there is no such skill; it may have been removed"))
}

/// One's skills, without their texts
#[utoipa::path(get, path = "/api/v1/assistant/skills", tag = "assistant", responses((status = 200, description = "Those that wait to be looked at first", body = SkillsReply)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.skills.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// A skill with its texts
#[utoipa::path(get, path = "/api/v1/assistant/skills/{name}", tag = "assistant", params(("name" = String, Path, description = "The skill")), responses((status = 200, description = "The skill", body = SkillInfo)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    document::reply(app.services.skills.get(&actor, checked(&name)?).await?, &app.buffers)
}

/// A skill to take in.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillText {
    /// The whole SKILL.md.
    text: String,
}

/// Take a skill in
///
/// It is not used before what waits has been enabled.
#[utoipa::path(post, path = "/api/v1/assistant/skills", tag = "assistant", request_body = SkillText, responses((status = 201, description = "It waits to be looked at", body = SkillInfo)))]
pub(crate) async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(body): Json<SkillText>,
) -> Result<Response, ApiError> {
    if body.text.len() > LONGEST {
        return Err(ApiError::too_large("a skill is shorter than that"));
    }
    let added = app.services.skills.add(&actor_of(&signed_in.person), &body.text).await?;
    let mut response = document::reply(added, &app.buffers)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// What to change of a skill.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillPatch {
    /// Whether the assistant uses it.
    enabled: bool,
    /// The id of the text that is agreed to; needed to enable it.
    revision: Option<String>,
}

async fn changed(
    app: &App,
    signed_in: &SignedIn,
    name: &str,
    what: &str,
    revision: &str,
) -> Result<Response, ApiError> {
    app.services.skills.change(&actor_of(&signed_in.person), checked(name)?, what, revision).await?;
    Ok(super::done())
}

/// Enable or disable a skill
///
/// Enabled is exactly the text of that revision; if it is another by now, the answer is 409.
#[utoipa::path(patch, path = "/api/v1/assistant/skills/{name}", tag = "assistant", params(("name" = String, Path, description = "The skill")), request_body = SkillPatch, responses((status = 204, description = "Changed")))]
pub(crate) async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    Json(patch): Json<SkillPatch>,
) -> Result<Response, ApiError> {
    let revision = patch.revision.unwrap_or_default();
    if revision.len() > 64 {
        return Err(ApiError::invalid("that is no revision of a skill"));
    }
    changed(&app, &signed_in, &name, if patch.enabled { "enable" } else { "disable" }, &revision).await
}

/// Remove a skill of one's own
#[utoipa::path(delete, path = "/api/v1/assistant/skills/{name}", tag = "assistant", params(("name" = String, Path, description = "The skill")), responses((status = 204, description = "Removed")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    changed(&app, &signed_in, &name, "remove", "").await
}

/// Throw away what waits to be looked at
///
/// What is in use stays.
#[utoipa::path(delete, path = "/api/v1/assistant/skills/{name}/waiting", tag = "assistant", params(("name" = String, Path, description = "The skill")), responses((status = 204, description = "Thrown away")))]
pub(crate) async fn discard(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    changed(&app, &signed_in, &name, "discard", "").await
}
