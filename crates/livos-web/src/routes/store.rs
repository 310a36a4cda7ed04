//! Stores and what they offer.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, header};
use livos_bus::EntryInfo;
use livos_bus::documents::{CatalogApp, StoreReply, StoreSource};
use livos_types::{AppId, StoreId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::http::json::{self, JobStarted, Json};
use crate::http::{content, document};
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// A store to add.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AddSourceRequest {
    /// A git address, or a directory on the server.
    url: String,
}

pub(super) fn checked(id: &str) -> Result<StoreId, ApiError> {
    StoreId::new(id).map_err(ApiError::invalid)
}

/// Every app of every store
#[utoipa::path(get, path = "/api/v1/store/apps", tag = "store", responses((status = 200, description = "Apps and stores", body = StoreReply)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.catalog.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Everything about an app
#[utoipa::path(get, path = "/api/v1/store/apps/{store}/{id}", tag = "store", params(
    ("store" = String, Path, description = "The store"),
    ("id" = String, Path, description = "The app in it"),
), responses((status = 200, description = "The app", body = CatalogApp)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((store, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (store, id) = (checked(&store)?, AppId::new(id).map_err(ApiError::invalid)?);
    document::reply(
        app.services.catalog.get(&actor_of(&signed_in.person), store.as_str(), id.as_str()).await?,
        &app.buffers,
    )
}

/// A picture of an app
///
/// Where it is, the field `icon` of an app says. Its name is made of its content, so it may be kept for good.
#[utoipa::path(get, path = "/api/v1/store/icons/{name}", tag = "store", params(("name" = String, Path, description = "Its name")), responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/*")))]
pub(crate) async fn icon(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if name.len() > 80 {
        return Err(ApiError::not_found("there is no such picture"));
    }
    let picture = app.services.catalog.icon(&actor_of(&signed_in.person), &name).await?;
    serve_picture(&app, picture, name, &method, &headers, "private, max-age=31536000, immutable")
}

/// A picture of an app's page
///
/// The server fetches it from the host that `pictures` of the app names; the browser is not sent there.
#[utoipa::path(get, path = "/api/v1/store/apps/{store}/{app}/pictures/{number}", tag = "store", params(("store" = String, Path, description = "The store's id"), ("app" = String, Path, description = "The app's id"), ("number" = u32, Path, description = "Which one, from 0")), responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/*")))]
pub(crate) async fn picture(
    State(app): State<App>,
    signed_in: SignedIn,
    Path((store, id, number)): Path<(String, String, u32)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    let picture = app.services.catalog.picture(&actor, &store, &id, number).await?;
    serve_picture(&app, picture, number.to_string(), &method, &headers, "private, max-age=86400")
}

fn serve_picture(
    app: &App,
    (file, media_type): (zbus::OwnedFd, String),
    name: String,
    method: &Method,
    headers: &HeaderMap,
    cache: &'static str,
) -> Result<Response, ApiError> {
    let entry = EntryInfo {
        root: String::new(),
        path: String::new(),
        name,
        kind: "file".to_owned(),
        size: 0,
        modified_at: 0,
        media_type,
        writable: false,
        revision: String::new(),
    };
    let mut response = content::serve(&entry, owned(file), method, headers, false, &app.buffers)?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    Ok(response)
}

/// The stores
#[utoipa::path(get, path = "/api/v1/store/sources", tag = "store", responses((status = 200, description = "Stores", body = Vec<StoreSource>)))]
pub(crate) async fn sources(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    let document = app.services.catalog.list(&actor_of(&signed_in.person)).await?;
    // A small part of a large document, asked for by a settings page: reading it here is worth no verb of its own.
    let parsed = tokio::task::spawn_blocking(move || document.parse::<StoreReply>()).await;
    let reply = parsed.map_err(|error| ApiError::internal(&error))??;
    Ok(json::ok(&reply.sources))
}

/// Add a store
#[utoipa::path(post, path = "/api/v1/store/sources", tag = "store", request_body = AddSourceRequest, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn add_source(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<AddSourceRequest>,
) -> Result<Response, ApiError> {
    let url = asked.url.trim();
    if url.is_empty() || url.len() > 2048 || url.chars().any(char::is_control) {
        return Err(ApiError::invalid("‘url’ is a git address or a directory on the server"));
    }
    let job = app.services.apps_manager.add_source(&actor_of(&signed_in.person), url).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "store.add", url, "ok").await;
    Ok(json::accepted(job))
}

/// Forget a store
///
/// Apps installed from it stay.
#[utoipa::path(delete, path = "/api/v1/store/sources/{id}", tag = "store", params(("id" = String, Path, description = "The store")), responses((status = 204, description = "Forgotten")))]
pub(crate) async fn remove_source(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    app.services.apps_manager.remove_source(&actor_of(&signed_in.person), id.as_str()).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "store.remove", id.as_str(), "ok").await;
    Ok(super::done())
}

/// Read a store again
#[utoipa::path(post, path = "/api/v1/store/sources/{id}/refresh", tag = "store", params(("id" = String, Path, description = "The store")), responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn refresh_source(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    Ok(json::accepted(
        app.services.apps_manager.refresh_source(&actor_of(&signed_in.person), id.as_str()).await?,
    ))
}
