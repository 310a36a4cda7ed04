//! What each person keeps for themselves among the files: favourites, recent files, what they share
//! with Nexus, a wallpaper.
//!
//! The other tabs of the person are told by the `settings` event.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, Method};
use livos_bus::documents::{RecentFile, SharedFolder};
use livos_bus::{EntryInfo, Location};

use super::files::place;
use crate::App;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::http::json::{self, Json};
use crate::http::query::Query;
use crate::http::{content, document};
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// One's favourites
///
/// The first added first. What is not there just now, or not one's to see any more, is left out.
#[utoipa::path(get, path = "/api/v1/files/favourites", tag = "files", responses((status = 200, description = "Favourites", body = Vec<EntryInfo>)))]
pub(crate) async fn favourites(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.personal.favourites(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Add a file or folder to one's favourites
#[utoipa::path(put, path = "/api/v1/files/favourites", tag = "files", request_body = Location, responses((status = 204, description = "It is one now")))]
pub(crate) async fn add_favourite(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<Location>,
) -> Result<Response, ApiError> {
    let (root, path) = asked.check()?;
    let actor = actor_of(&signed_in.person);
    app.services.personal.set_favourite(&actor, root.as_str(), path.as_str(), true).await?;
    app.events.settings(&signed_in.person.id);
    Ok(super::done())
}

/// Take a file or folder from one's favourites
#[utoipa::path(delete, path = "/api/v1/files/favourites", tag = "files", params(
    ("root" = String, Query, description = "The place"),
    ("path" = String, Query, description = "The path in it"),
), responses((status = 204, description = "It is none any more")))]
pub(crate) async fn remove_favourite(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let (root, path) = place(query.required("root")?, query.required("path")?)?;
    let actor = actor_of(&signed_in.person);
    app.services.personal.set_favourite(&actor, root.as_str(), path.as_str(), false).await?;
    app.events.settings(&signed_in.person.id);
    Ok(super::done())
}

/// Folders one shares with Nexus
///
/// The first shared first. What is not there just now says so; what is not one's to see any more is left out.
#[utoipa::path(get, path = "/api/v1/files/shares", tag = "files", responses((status = 200, description = "Shared folders", body = Vec<SharedFolder>)))]
pub(crate) async fn shares(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.personal.shares(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// A folder to share.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShareBody {
    /// The place.
    root: String,
    /// The path there.
    path: String,
    /// Nexus may also change files in it; as it was without it, and no at first.
    #[serde(default)]
    writes: Option<bool>,
}

/// Share a folder with Nexus
///
/// It can look into that folder and everything in it when one talks with it. It changes something there only if
/// `writes` says that it may, and then each thing once one has agreed to it.
#[utoipa::path(put, path = "/api/v1/files/shares", tag = "files", request_body = ShareBody, responses((status = 204, description = "It is shared now")))]
pub(crate) async fn share(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<ShareBody>,
) -> Result<Response, ApiError> {
    let (root, path) = Location { root: asked.root, path: asked.path }.check()?;
    let actor = actor_of(&signed_in.person);
    let personal = &app.services.personal;
    personal.set_share(&actor, root.as_str(), path.as_str(), true).await?;
    if let Some(writes) = asked.writes {
        personal.set_share_writes(&actor, root.as_str(), path.as_str(), writes).await?;
        let subject = format!("{root}/{path} {}", if writes { "may change" } else { "looks only" });
        let subject: String = subject.chars().filter(|letter| !letter.is_control()).take(200).collect();
        app.identity
            .audit(Some(&signed_in.person), Some(&edge.visitor), "files.shared", &subject, "ok")
            .await;
    }
    app.events.settings(&signed_in.person.id);
    Ok(super::done())
}

/// Stop sharing a folder with Nexus
#[utoipa::path(delete, path = "/api/v1/files/shares", tag = "files", params(
    ("root" = String, Query, description = "The place"),
    ("path" = String, Query, description = "The path in it"),
), responses((status = 204, description = "It is not shared any more")))]
pub(crate) async fn unshare(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let (root, path) = place(query.required("root")?, query.required("path")?)?;
    let actor = actor_of(&signed_in.person);
    app.services.personal.set_share(&actor, root.as_str(), path.as_str(), false).await?;
    app.events.settings(&signed_in.person.id);
    Ok(super::done())
}

/// Files one opened or changed lately
///
/// The latest first, at most 200.
#[utoipa::path(get, path = "/api/v1/files/recents", tag = "files", responses((status = 200, description = "Recent files", body = Vec<RecentFile>)))]
pub(crate) async fn recents(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.personal.recents(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Say that one opened a file
///
/// Reading its contents says nothing: a thumbnail, or the next part of a film, opens no file.
#[utoipa::path(post, path = "/api/v1/files/recents", tag = "files", request_body = Location, responses((status = 204, description = "Noted")))]
pub(crate) async fn opened(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<Location>,
) -> Result<Response, ApiError> {
    let (root, path) = asked.check()?;
    let actor = actor_of(&signed_in.person);
    app.services.personal.note_opened(&actor, root.as_str(), path.as_str()).await?;
    Ok(super::done())
}

/// Forget which files one opened and changed
#[utoipa::path(delete, path = "/api/v1/files/recents", tag = "files", responses((status = 204, description = "Forgotten")))]
pub(crate) async fn clear_recents(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    app.services.personal.clear_recents(&actor_of(&signed_in.person)).await?;
    Ok(super::done())
}

/// The picture behind one's desktop
#[utoipa::path(get, path = "/api/v1/me/wallpaper", tag = "me", responses(
    (status = 200, description = "A JPEG", body = Vec<u8>, content_type = "image/jpeg"),
    (status = 304, description = "It has not changed"),
))]
pub(crate) async fn wallpaper(
    State(app): State<App>,
    signed_in: SignedIn,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (entry, file) = app.services.personal.wallpaper(&actor_of(&signed_in.person)).await?;
    content::serve(&entry, owned(file), &method, &headers, false, &app.buffers)
}

/// Make a picture the one behind one's desktop
///
/// It is cut to 2560 × 1600 pixels at most. The setting `wallpaper` decides whether it is shown.
#[utoipa::path(put, path = "/api/v1/me/wallpaper", tag = "me", request_body = Location, responses((status = 200, description = "What was made of it", body = EntryInfo)))]
pub(crate) async fn set_wallpaper(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<Location>,
) -> Result<Response, ApiError> {
    let (root, path) = asked.check()?;
    let actor = actor_of(&signed_in.person);
    let made = app.services.personal.set_wallpaper(&actor, root.as_str(), path.as_str()).await?;
    Ok(json::ok(&made))
}

/// Throw away the picture behind one's desktop
#[utoipa::path(delete, path = "/api/v1/me/wallpaper", tag = "me", responses((status = 204, description = "It is gone")))]
pub(crate) async fn clear_wallpaper(
    State(app): State<App>,
    signed_in: SignedIn,
) -> Result<Response, ApiError> {
    app.services.personal.clear_wallpaper(&actor_of(&signed_in.person)).await?;
    Ok(super::done())
}
