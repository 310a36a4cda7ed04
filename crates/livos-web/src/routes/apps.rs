//! Installed apps.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderValue, header};
use livos_bus::documents::{AppUpdate, InstalledApp, UpdatesReply};
use livos_bus::{EngineStatus, InstallRequest, UpdateRequest};
use livos_types::{AppId, StoreId};

use crate::App;
use crate::error::ApiError;
use crate::http::content;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::{self, JobStarted, Json};
use crate::http::query::Query;
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// The most lines of a log asked for at once.
const MOST_LINES: u32 = 10_000;

pub(super) fn checked(id: &str) -> Result<AppId, ApiError> {
    AppId::new(id).map_err(ApiError::invalid)
}

/// What is installed
#[utoipa::path(get, path = "/api/v1/apps", tag = "apps", responses((status = 200, description = "Apps", body = Vec<InstalledApp>)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.apps.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Install an app
#[utoipa::path(post, path = "/api/v1/apps", tag = "apps", request_body = InstallRequest, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn install(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<InstallRequest>,
) -> Result<Response, ApiError> {
    StoreId::new(asked.store.as_str()).map_err(ApiError::invalid)?;
    let id = checked(&asked.app)?;
    let job = app.services.apps_manager.install(&actor_of(&signed_in.person), &asked).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "app.install", id.as_str(), "ok").await;
    super::wishes::grant(&app, &asked.store, id.as_str()).await;
    Ok(json::accepted(job))
}

/// One installed app
#[utoipa::path(get, path = "/api/v1/apps/{id}", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 200, description = "The app", body = InstalledApp)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    document::reply(app.services.apps.get(&actor_of(&signed_in.person), id.as_str()).await?, &app.buffers)
}

/// Remove an app
#[utoipa::path(delete, path = "/api/v1/apps/{id}", tag = "apps", params(
    ("id" = String, Path, description = "The app"),
    ("data" = Option<String>, Query, description = "`keep` (the default) or `delete` what it stored"),
    ("although_needed" = Option<String>, Query, description = "1: also when other apps need it"),
), responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let keep = match query.one("data")? {
        None | Some("keep") => true,
        Some("delete") => false,
        Some(_) => return Err(ApiError::invalid("‘data’ is keep or delete")),
    };
    let although = query.flag("although_needed")?;
    let actor = actor_of(&signed_in.person);
    let job = app.services.apps_manager.remove(&actor, id.as_str(), keep, although).await?;
    let what = if keep { "app.remove" } else { "app.remove_with_data" };
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, id.as_str(), "ok").await;
    Ok(json::accepted(job))
}

/// Start an app
#[utoipa::path(post, path = "/api/v1/apps/{id}/start", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn start(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    Ok(json::accepted(app.services.apps_manager.start(&actor_of(&signed_in.person), id.as_str()).await?))
}

/// Stop an app
#[utoipa::path(post, path = "/api/v1/apps/{id}/stop", tag = "apps", params(
    ("id" = String, Path, description = "The app"),
    ("although_needed" = Option<String>, Query, description = "1: also when running apps need it"),
), responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn stop(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let although = query.flag("although_needed")?;
    let actor = actor_of(&signed_in.person);
    Ok(json::accepted(app.services.apps_manager.stop(&actor, id.as_str(), although).await?))
}

/// Stop and start an app
#[utoipa::path(post, path = "/api/v1/apps/{id}/restart", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn restart(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    Ok(json::accepted(app.services.apps_manager.restart(&actor_of(&signed_in.person), id.as_str()).await?))
}

/// What an update would change
#[utoipa::path(get, path = "/api/v1/apps/{id}/update", tag = "apps", params(("id" = String, Path, description = "The app")), responses((status = 200, description = "The update; 404 if there is none", body = AppUpdate)))]
pub(crate) async fn update_of(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    document::reply(
        app.services.apps.update_of(&actor_of(&signed_in.person), id.as_str()).await?,
        &app.buffers,
    )
}

/// What an update is given
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
pub(crate) struct UpdateBody {
    /// Answers to what is asked anew, by input key.
    #[serde(default)]
    answers: HashMap<String, String>,
    /// The codes of the new permissions that are agreed to.
    #[serde(default)]
    accept: Vec<String>,
}

/// Update an app
#[utoipa::path(post, path = "/api/v1/apps/{id}/update", tag = "apps", params(("id" = String, Path, description = "The app")), request_body = UpdateBody, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<UpdateBody>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let asked = UpdateRequest { app: id.to_string(), answers: body.answers, accept: body.accept };
    let job = app.services.apps_manager.update(&actor_of(&signed_in.person), &asked).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "app.update", id.as_str(), "ok").await;
    Ok(json::accepted(job))
}

/// Update every app that needs no new answer and no new consent
#[utoipa::path(post, path = "/api/v1/store/updates", tag = "apps", responses((status = 200, description = "What was begun, a job each, and what was not and why", body = UpdatesReply)))]
pub(crate) async fn update_all(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
) -> Result<Response, ApiError> {
    let reply = app.services.apps_manager.update_all(&actor_of(&signed_in.person)).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "app.update_all", "", "ok").await;
    document::reply(reply, &app.buffers)
}

/// An app as a plain compose project
#[utoipa::path(get, path = "/api/v1/apps/{id}/export", tag = "apps", params(
    ("id" = String, Path, description = "The app"),
    ("secrets" = Option<String>, Query, description = "1: with its passwords and keys, which are left blank otherwise"),
), responses((status = 200, description = "A tar archive", body = Vec<u8>, content_type = "application/x-tar")))]
pub(crate) async fn export(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let secrets = query.flag("secrets")?;
    let actor = actor_of(&signed_in.person);
    let archive = app.services.apps_manager.export(&actor, id.as_str(), secrets).await?;
    let what = if secrets { "app.export_with_secrets" } else { "app.export" };
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, id.as_str(), "ok").await;
    let mut response = document::reply(archive, &app.buffers)?;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-tar"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::try_from(content::disposition(&format!("{id}.tar"), false)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Bring an app back to what it was before its last update or change of settings
#[utoipa::path(post, path = "/api/v1/apps/{id}/rollback", tag = "apps", params(
    ("id" = String, Path, description = "The app"),
    ("to" = Option<String>, Query, description = "version: before its last update; settings: before its last change of settings; the later of the two if not given"),
), responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn rollback(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let to = query.one("to")?.unwrap_or_default();
    if !matches!(to, "" | "version" | "settings") {
        return Err(ApiError::invalid("‘to’ is version or settings"));
    }
    let job = app.services.apps_manager.rollback(&actor_of(&signed_in.person), id.as_str(), to).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "app.rollback", id.as_str(), "ok").await;
    Ok(json::accepted(job))
}

/// What an app writes
#[utoipa::path(get, path = "/api/v1/apps/{id}/logs", tag = "apps", params(
    ("id" = String, Path, description = "The app"),
    ("service" = Option<String>, Query, description = "One of its containers; all if not given"),
    ("tail" = Option<u32>, Query, description = "The last lines; 200 if not given"),
    ("follow" = Option<String>, Query, description = "1: and what comes after"),
), responses((status = 200, description = "Text", body = String, content_type = "text/plain")))]
pub(crate) async fn logs(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let service = query.one("service")?.unwrap_or_default();
    if service.len() > 128 {
        return Err(ApiError::invalid("‘service’ is too long"));
    }
    let tail = query.number::<u32>("tail")?.unwrap_or(200).min(MOST_LINES);
    let actor = actor_of(&signed_in.person);
    let log = app.services.apps.logs(&actor, id.as_str(), service, tail, query.flag("follow")?).await?;
    document::text(owned(log), &app.buffers)
}

/// Whether Docker can be used
#[utoipa::path(get, path = "/api/v1/engine", tag = "apps", responses((status = 200, description = "The engine", body = EngineStatus)))]
pub(crate) async fn engine(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    Ok(json::ok(&app.services.apps.engine(&actor_of(&signed_in.person)).await?))
}
