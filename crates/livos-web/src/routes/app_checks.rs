//! What is looked at before an app is installed or changed.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::documents::Checks;
use livos_bus::{InstallRequest, UpdateRequest};
use serde::Deserialize;
use utoipa::ToSchema;

use super::apps::checked;
use super::store::checked as checked_store;
use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::json::Json;
use crate::identity::SignedIn;
use crate::services::actor_of;

/// What stands in the way of installing an app; nothing is touched
#[utoipa::path(get, path = "/api/v1/store/apps/{store}/{id}/checks", tag = "store", params(
    ("store" = String, Path, description = "The store"),
    ("id" = String, Path, description = "The app in it"),
), responses((status = 200, description = "What was looked at", body = Checks)))]
pub(crate) async fn before_install(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((store, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (store, id) = (checked_store(&store)?, checked(&id)?);
    let found =
        app.services.catalog.checks(&actor_of(&signed_in.person), store.as_str(), id.as_str()).await?;
    document::reply(found, &app.buffers)
}

/// What is typed into the sheet of an app.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChecksBody {
    /// Answers to what it asks, by key.
    #[serde(default)]
    answers: HashMap<String, String>,
    /// It is to control Docker instead of only looking.
    #[serde(default)]
    docker_control: bool,
}

/// What stands in the way of installing an app with these answers; nothing is touched, and nothing is kept of them
#[utoipa::path(post, path = "/api/v1/store/apps/{store}/{id}/checks", tag = "store", params(
    ("store" = String, Path, description = "The store"),
    ("id" = String, Path, description = "The app in it"),
), request_body = ChecksBody, responses((status = 200, description = "What was looked at", body = Checks)))]
pub(crate) async fn with_answers(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((store, id)): Path<(String, String)>,
    Json(body): Json<ChecksBody>,
) -> Result<Response, ApiError> {
    let asked = InstallRequest {
        store: checked_store(&store)?.to_string(),
        app: checked(&id)?.to_string(),
        answers: body.answers,
        accept: Vec::new(),
        docker_control: body.docker_control,
    };
    let found = app.services.apps_manager.check_install(&actor_of(&signed_in.person), &asked).await?;
    document::reply(found, &app.buffers)
}

/// What is typed into the sheet of an update.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UpdateChecksBody {
    /// Answers to what it asks anew, by key.
    #[serde(default)]
    answers: HashMap<String, String>,
}

/// What stands in the way of an app's update with these answers; nothing is touched, and nothing is kept of them
#[utoipa::path(post, path = "/api/v1/apps/{id}/checks", tag = "apps", params(("id" = String, Path, description = "The app")), request_body = UpdateChecksBody, responses((status = 200, description = "What was looked at", body = Checks)))]
pub(crate) async fn update_with_answers(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(body): Json<UpdateChecksBody>,
) -> Result<Response, ApiError> {
    let asked = UpdateRequest { app: checked(&id)?.to_string(), answers: body.answers, accept: Vec::new() };
    let found = app.services.apps_manager.check_update(&actor_of(&signed_in.person), &asked).await?;
    document::reply(found, &app.buffers)
}

/// What stands in the way of an app's update, or of other settings if there is none; nothing is touched
#[utoipa::path(get, path = "/api/v1/apps/{id}/checks", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 200, description = "What was looked at", body = Checks)))]
pub(crate) async fn before_change(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let found = app.services.apps_manager.checks(&actor_of(&signed_in.person), id.as_str()).await?;
    document::reply(found, &app.buffers)
}
