//! What lies in a container, for admins: folders to look at and files to save.

use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderValue, header};
use livos_bus::documents::ContainerFolder;

use super::docker::checked;
use crate::App;
use crate::error::ApiError;
use crate::http::content::disposition;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::query::Query;
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// What lies in a folder of a container
#[utoipa::path(get, path = "/api/v1/docker/containers/{id}/files", tag = "docker", params(
    ("id" = String, Path, description = "The container's full id"),
    ("path" = Option<String>, Query, description = "The folder; / if not given"),
), responses((status = 200, description = "The folder, as far as it was read", body = ContainerFolder)))]
pub(crate) async fn folder(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let path = query.one("path")?.unwrap_or("/");
    let found = app.services.docker_manager.folder(&actor_of(&signed_in.person), checked(&id)?, path).await?;
    document::reply(found, &app.buffers)
}

/// A file of a container, to save
#[utoipa::path(get, path = "/api/v1/docker/containers/{id}/file", tag = "docker", params(
    ("id" = String, Path, description = "The container's full id"),
    ("path" = String, Query, description = "The file"),
), responses((status = 200, description = "Its bytes", body = String, content_type = "application/octet-stream")))]
pub(crate) async fn file(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    let (id, path) = (checked(&id)?, query.required("path")?);
    let (pipe, name, size) = app.services.docker_manager.file(&actor_of(&signed_in.person), id, path).await?;
    // It may be anything, passwords too, so it is noted who had it.
    let subject = format!("{id} {path}");
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.file", &subject, "ok").await;
    let mut response = document::text(owned(pipe), &app.buffers)?;
    let headers = response.headers_mut();
    // Whatever it calls itself, it comes out of a container, so no browser shows it.
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    let named = HeaderValue::try_from(disposition(&name, false));
    headers.insert(header::CONTENT_DISPOSITION, named.map_err(|error| ApiError::internal(&error))?);
    Ok(response)
}
