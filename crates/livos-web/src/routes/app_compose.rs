//! The compose file of an installed app.

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::Document;
use livos_bus::documents::{AppCompose, ComposeCheck};

use super::apps::checked;
use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::{self, JobStarted, Json};
use crate::identity::SignedIn;
use crate::services::actor_of;

/// A text to look at
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct ComposeText {
    /// The whole file.
    text: String,
}

/// A text to be used
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct ComposeBody {
    /// The whole file; that of its store, word for word, is its store's file again.
    text: String,
    /// What stood for the text that was changed.
    revision: String,
    /// The codes of the permissions that are agreed to beyond those the app has.
    #[serde(default)]
    accept: Vec<String>,
}

/// The file that says which containers an app has
#[utoipa::path(get, path = "/api/v1/apps/{id}/compose", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 200, description = "The file", body = AppCompose)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let found = app.services.apps_manager.compose(&actor_of(&signed_in.person), id.as_str()).await?;
    document::reply(found, &app.buffers)
}

/// What another compose file would do; nothing is touched
#[utoipa::path(post, path = "/api/v1/apps/{id}/compose/check", tag = "apps", params(("id" = String, Path, description = "The app")), request_body = ComposeText, responses((status = 200, description = "What is wrong with it, what differs, what it would do", body = ComposeCheck)))]
pub(crate) async fn check(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(body): Json<ComposeText>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let text = Document::from_bytes(body.text.into_bytes())?;
    let actor = actor_of(&signed_in.person);
    let found = app.services.apps_manager.look_at_compose(&actor, id.as_str(), text).await?;
    document::reply(found, &app.buffers)
}

/// Make an app's containers from another compose file, or leave it as it is
#[utoipa::path(put, path = "/api/v1/apps/{id}/compose", tag = "apps", params(("id" = String, Path, description = "The app")), request_body = ComposeBody, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn set(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<ComposeBody>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let text = Document::from_bytes(body.text.into_bytes())?;
    let actor = actor_of(&signed_in.person);
    let manager = &app.services.apps_manager;
    let job = manager.edit_compose(&actor, id.as_str(), &body.revision, &body.accept, text).await?;
    app.identity
        .audit(Some(&signed_in.person), Some(&edge.visitor), "app.edit_compose", id.as_str(), "ok")
        .await;
    Ok(json::accepted(job))
}
