//! Pictures in conversations with the agent. What one is, and whose, the agent's daemon knows.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use livos_bus::Document;
use livos_bus::assistant::Picture;

use super::assistant::checked;
use crate::App;
use crate::core::etag::none_match_hits;
use crate::error::ApiError;
use crate::http::headers::CONTENT_POLICY;
use crate::http::{document, json};
use crate::identity::SignedIn;
use crate::services::actor_of;

/// As what a picture is sent. Nothing else is, whatever a daemon says.
const KINDS: [(&str, &str); 4] =
    [("image/png", "png"), ("image/jpeg", "jpg"), ("image/webp", "webp"), ("image/gif", "gif")];

/// Take in a picture for a message
///
/// Its file is the body: PNG, JPEG, WebP or GIF by what it is, of at most 3.75 MB and 8,000 pixels on a side. It is shown with
/// the message that names its id; one that is named by none is forgotten after a day. The same file again is the same
/// picture.
#[utoipa::path(post, path = "/api/v1/assistant/conversations/{id}/pictures", tag = "assistant", params(("id" = String, Path, description = "The conversation")), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 201, description = "It can be sent", body = Picture)))]
pub(crate) async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    body: Body,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let file: Bytes = json::read_picture(body).await?;
    let file = Document::from_bytes(file.to_vec())?;
    let kept = app.services.chat.add_picture(&actor_of(&signed_in.person), id, file).await?;
    let mut response = document::reply(kept, &app.buffers)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// A picture of one's own conversation
#[utoipa::path(get, path = "/api/v1/assistant/conversations/{id}/pictures/{picture}", tag = "assistant", params(("id" = String, Path, description = "The conversation"), ("picture" = String, Path, description = "The picture")), responses((status = 200, description = "Its file", body = Vec<u8>, content_type = "image/*")))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    asked: HeaderMap,
    Path((id, picture)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let gone = || ApiError::not_found("there is no such picture; its conversation may have been deleted");
    if picture.len() != 64 || !picture.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(gone());
    }
    // Asked for each time, also when the browser has it: it is one person's.
    let found = app.services.chat.picture(&actor_of(&signed_in.person), checked(&id)?, &picture).await?;
    let (kind, file) = found;
    let (kind, ending) = KINDS.into_iter().find(|(name, _)| *name == kind).ok_or_else(gone)?;
    let tag = format!("\"{picture}\"");
    let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let mut response = if known.is_some_and(|tags| none_match_hits(tags, &tag)) {
        let mut unchanged = Response::default();
        *unchanged.status_mut() = StatusCode::NOT_MODIFIED;
        unchanged
    } else {
        document::reply(file, &app.buffers)?
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    for (name, value) in
        [(header::ETAG, tag), (header::CONTENT_DISPOSITION, format!("inline; filename=\"picture.{ending}\""))]
    {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    Ok(response)
}
