//! Settings of an installed app.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::SettingsRequest;
use livos_bus::documents::{AppChange, AppSettings};

use super::apps::checked;
use super::done;
use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::{self, JobStarted, Json};
use crate::identity::SignedIn;
use crate::services::actor_of;

/// Other settings; what is not said stays as it is
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct SettingsBody {
    /// Answers, by input key; an empty one takes back what was answered.
    #[serde(default)]
    answers: HashMap<String, String>,
    /// The codes of the permissions that are agreed to beyond those the app has.
    #[serde(default)]
    accept: Vec<String>,
    /// The ports to publish by what the store asks for (`8096/tcp`), that of the page as `page`; 0 is what the store asks for.
    #[serde(default)]
    ports: HashMap<String, u16>,
    /// The most bytes of memory by service; 0 is what the store says.
    #[serde(default)]
    memory: HashMap<String, u64>,
    /// What it may do in Docker: `view`, `control`, or `""` for what it may do now.
    #[serde(default)]
    docker: String,
    /// The tag of its image by service; an empty one is what the store says. An app with a tag of its own is not updated.
    #[serde(default)]
    images: HashMap<String, String>,
}

impl SettingsBody {
    fn of(self, app: String) -> SettingsRequest {
        let Self { answers, accept, ports, memory, docker, images } = self;
        SettingsRequest { app, answers, accept, ports, memory, docker, images }
    }
}

/// What can be changed about an installed app; of a secret only that it is set
#[utoipa::path(get, path = "/api/v1/apps/{id}/settings", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 200, description = "Its settings", body = AppSettings)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let found = app.services.apps_manager.settings(&actor_of(&signed_in.person), id.as_str()).await?;
    document::reply(found, &app.buffers)
}

/// What other settings would change; nothing is touched
#[utoipa::path(post, path = "/api/v1/apps/{id}/settings/look", tag = "apps", params(("id" = String, Path, description = "The app")), request_body = SettingsBody, responses((status = 200, description = "The change", body = AppChange)))]
pub(crate) async fn look(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(body): Json<SettingsBody>,
) -> Result<Response, ApiError> {
    let asked = body.of(checked(&id)?.to_string());
    let found = app.services.apps_manager.look_at_settings(&actor_of(&signed_in.person), &asked).await?;
    document::reply(found, &app.buffers)
}

/// Give an app other settings, or leave it as it is
#[utoipa::path(put, path = "/api/v1/apps/{id}/settings", tag = "apps", params(("id" = String, Path, description = "The app")), request_body = SettingsBody, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn set(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<SettingsBody>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let asked = body.of(id.to_string());
    let job = app.services.apps_manager.configure(&actor_of(&signed_in.person), &asked).await?;
    app.identity
        .audit(Some(&signed_in.person), Some(&edge.visitor), "app.configure", id.as_str(), "ok")
        .await;
    Ok(json::accepted(job))
}

/// Keep an app on the version it has
#[utoipa::path(put, path = "/api/v1/apps/{id}/pin", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 204, description = "It stays")))]
pub(crate) async fn pin(
    state: State<App>,
    signed_in: SignedIn,
    edge: Edge,
    path: Path<String>,
) -> Result<Response, ApiError> {
    set_pin(state, signed_in, edge, path, true).await
}

/// Let an app be updated again
#[utoipa::path(delete, path = "/api/v1/apps/{id}/pin", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 204, description = "It is updated with the others")))]
pub(crate) async fn unpin(
    state: State<App>,
    signed_in: SignedIn,
    edge: Edge,
    path: Path<String>,
) -> Result<Response, ApiError> {
    set_pin(state, signed_in, edge, path, false).await
}

async fn set_pin(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    pinned: bool,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    app.services.apps_manager.pin(&actor_of(&signed_in.person), id.as_str(), pinned).await?;
    let what = if pinned { "app.pin" } else { "app.unpin" };
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, id.as_str(), "ok").await;
    Ok(done())
}

/// The version that is meant
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct SkipBody {
    /// The newer version, as it is offered.
    version: String,
}

/// Do not offer this newer version of an app; the one after it is offered again
#[utoipa::path(put, path = "/api/v1/apps/{id}/skip", tag = "apps", params(("id" = String, Path, description = "The app")), request_body = SkipBody, responses((status = 204, description = "It is not offered")))]
pub(crate) async fn skip(
    state: State<App>,
    signed_in: SignedIn,
    edge: Edge,
    path: Path<String>,
    Json(body): Json<SkipBody>,
) -> Result<Response, ApiError> {
    if body.version.is_empty() || body.version.len() > 200 {
        return Err(ApiError::invalid("‘version’ is the newer version, as it is offered"));
    }
    set_skip(state, signed_in, edge, path, &body.version).await
}

/// Offer whatever newer version of an app there is again
#[utoipa::path(delete, path = "/api/v1/apps/{id}/skip", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 204, description = "It is offered")))]
pub(crate) async fn unskip(
    state: State<App>,
    signed_in: SignedIn,
    edge: Edge,
    path: Path<String>,
) -> Result<Response, ApiError> {
    set_skip(state, signed_in, edge, path, "").await
}

async fn set_skip(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    version: &str,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    app.services.apps_manager.skip(&actor_of(&signed_in.person), id.as_str(), version).await?;
    let what = if version.is_empty() { "app.unskip" } else { "app.skip" };
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, id.as_str(), "ok").await;
    Ok(done())
}
