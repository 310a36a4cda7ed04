//! Files, to look at and to arrange. The bytes of a listing are passed on as livos-files wrote them.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use livos_bus::documents::{Listing, SearchReply};
use livos_bus::{EntryInfo, Location, RootInfo};
use livos_types::{RelPath, RootId, check_component};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::json::Json;
use crate::http::query::Query;
use crate::http::{content, document, json};
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// A place and a path in it, checked.
pub(super) fn place(root: &str, path: &str) -> Result<(RootId, RelPath), ApiError> {
    Ok((RootId::new(root).map_err(ApiError::invalid)?, RelPath::new(path).map_err(ApiError::invalid)?))
}

fn asked(query: &Query) -> Result<(RootId, RelPath), ApiError> {
    place(query.required("root")?, query.one("path")?.unwrap_or_default())
}

/// A file or folder and its new name.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RenameItemRequest {
    root: String,
    path: String,
    /// In the same folder.
    name: String,
}

/// The places one may enter
#[utoipa::path(get, path = "/api/v1/files/roots", tag = "files", responses((status = 200, description = "Places", body = Vec<RootInfo>)))]
pub(crate) async fn roots(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    Ok(json::ok(&app.services.files.roots(&actor_of(&signed_in.person)).await?))
}

/// A whole folder
///
/// Never cut. From now on the event stream says when something in it changes.
#[utoipa::path(get, path = "/api/v1/files/list", tag = "files", params(
    ("root" = String, Query, description = "The place"),
    ("path" = Option<String>, Query, description = "The folder in it"),
), responses((status = 200, description = "Every entry", body = Listing)))]
pub(crate) async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let (root, path) = asked(&query)?;
    let listing = app.services.files.list(&actor_of(&signed_in.person), root.as_str(), path.as_str()).await?;
    document::reply(listing, &app.buffers)
}

/// One file or folder
#[utoipa::path(get, path = "/api/v1/files/stat", tag = "files", params(
    ("root" = String, Query, description = "The place"),
    ("path" = Option<String>, Query, description = "The path in it"),
), responses((status = 200, description = "What it is", body = EntryInfo)))]
pub(crate) async fn stat(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let (root, path) = asked(&query)?;
    Ok(json::ok(&app.services.files.stat(&actor_of(&signed_in.person), root.as_str(), path.as_str()).await?))
}

/// The contents of a file
///
/// One range a request, `If-Range`, `If-None-Match`. What could carry script is only ever saved, never shown.
#[utoipa::path(get, path = "/api/v1/files/content", tag = "files", params(
    ("root" = String, Query, description = "The place"),
    ("path" = String, Query, description = "The file in it"),
    ("download" = Option<String>, Query, description = "1: to be saved, not shown"),
), responses(
    (status = 200, description = "All of it", body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 206, description = "The part that was asked for", body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 304, description = "It has not changed"),
))]
pub(crate) async fn content(
    State(app): State<App>,
    signed_in: SignedIn,
    method: Method,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, ApiError> {
    let (root, path) = asked(&query)?;
    let (entry, file) =
        app.services.files.open(&actor_of(&signed_in.person), root.as_str(), path.as_str()).await?;
    content::serve(&entry, owned(file), &method, &headers, query.flag("download")?, &app.buffers)
}

/// The headers of a file
#[utoipa::path(head, path = "/api/v1/files/content", tag = "files", params(
    ("root" = String, Query, description = "The place"),
    ("path" = String, Query, description = "The file in it"),
), responses((status = 200, description = "Its length and tag")))]
pub(crate) async fn content_head(
    app: State<App>,
    signed_in: SignedIn,
    method: Method,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, ApiError> {
    content(app, signed_in, method, headers, query).await
}

/// Files and folders as one zip
#[utoipa::path(get, path = "/api/v1/files/archive", tag = "files", params(
    ("root" = String, Query, description = "The place"),
    ("path" = Vec<String>, Query, description = "What to put in; may be given several times"),
), responses((status = 200, description = "A zip, made while it is sent", body = Vec<u8>, content_type = "application/zip")))]
pub(crate) async fn archive(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let root = RootId::new(query.required("root")?).map_err(ApiError::invalid)?;
    let paths =
        query.all("path").map(RelPath::new).collect::<Result<Vec<_>, _>>().map_err(ApiError::invalid)?;
    // One thing gives the zip its name; several are named after the place.
    let name = match paths.as_slice() {
        [] => return Err(ApiError::invalid("‘path’ is missing")),
        [one] => one.name().unwrap_or(root.as_str()).to_owned(),
        _ => root.to_string(),
    };
    let texts: Vec<&str> = paths.iter().map(RelPath::as_str).collect();
    let pipe = app.services.files.archive(&actor_of(&signed_in.person), root.as_str(), &texts).await?;
    let (body, _) = document::body(owned(pipe), &app.buffers)?;
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    if let Ok(value) = HeaderValue::try_from(content::disposition(&format!("{name}.zip"), false)) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Names that contain a text
#[utoipa::path(get, path = "/api/v1/files/search", tag = "files", params(
    ("root" = String, Query, description = "The place"),
    ("path" = Option<String>, Query, description = "The folder to look below"),
    ("q" = String, Query, description = "The text, in any case"),
), responses((status = 200, description = "What was found", body = SearchReply)))]
pub(crate) async fn search(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let (root, path) = asked(&query)?;
    let wanted = query.required("q")?;
    if wanted.is_empty() || wanted.len() > 255 {
        return Err(ApiError::invalid("‘q’ has 1 to 255 bytes"));
    }
    let found =
        app.services.files.search(&actor_of(&signed_in.person), root.as_str(), path.as_str(), wanted).await?;
    document::reply(found, &app.buffers)
}

/// Make a folder
#[utoipa::path(post, path = "/api/v1/files/directories", tag = "files", request_body = Location, responses((status = 201, description = "Made", body = EntryInfo)))]
pub(crate) async fn create_directory(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<Location>,
) -> Result<Response, ApiError> {
    let (root, path) = asked.check()?;
    let made = app
        .services
        .files_manager
        .create_directory(&actor_of(&signed_in.person), root.as_str(), path.as_str())
        .await?;
    Ok(json::reply(StatusCode::CREATED, &made))
}

/// Give a file or folder another name
#[utoipa::path(post, path = "/api/v1/files/rename", tag = "files", request_body = RenameItemRequest, responses((status = 200, description = "Renamed", body = EntryInfo)))]
pub(crate) async fn rename(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<RenameItemRequest>,
) -> Result<Response, ApiError> {
    let (root, path) = place(&asked.root, &asked.path)?;
    check_component(&asked.name).map_err(ApiError::invalid)?;
    let actor = actor_of(&signed_in.person);
    let renamed =
        app.services.files_manager.rename(&actor, root.as_str(), path.as_str(), &asked.name).await?;
    Ok(json::ok(&renamed))
}
