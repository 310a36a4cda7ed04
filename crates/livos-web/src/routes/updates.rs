//! LivOS' own updates.

use axum::extract::State;
use axum::response::Response;
use livos_bus::Location;
use livos_bus::documents::{UpdateAutomatic, UpdateStatus};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::Json;
use crate::identity::SignedIn;
use crate::services::actor_of;

/// Which version to bring LivOS to.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UpdateToRequest {
    /// The one that waits, as read before; `""` if only packages of an appliance's system wait.
    version: String,
}

/// How LivOS stands with its own updates
#[utoipa::path(get, path = "/api/v1/system/updates", tag = "server", responses((status = 200, description = "Versions and progress", body = UpdateStatus)))]
pub(crate) async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.host_update.status(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Look for a newer version
///
/// What comes of it is in the status, and the event `update` says when.
#[utoipa::path(post, path = "/api/v1/system/updates/check", tag = "server", responses((status = 204, description = "It begins")))]
pub(crate) async fn check(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    app.services.host_update.check(&actor_of(&signed_in.person)).await?;
    Ok(super::done())
}

/// Read a newer version from a file
///
/// A `livos-VERSION.bundle` among the files of who asks, for a server without a network. It is copied and verified;
/// what it brings is in the status then, as after a look for updates, and `POST /api/v1/system/updates` brings it.
#[utoipa::path(post, path = "/api/v1/system/updates/file", tag = "server", request_body = Location, responses((status = 204, description = "It begins")))]
pub(crate) async fn file(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<Location>,
) -> Result<Response, ApiError> {
    let (root, path) = asked.check()?;
    let actor = actor_of(&signed_in.person);
    let (entry, file) = app.services.files.open(&actor, root.as_str(), path.as_str()).await?;
    app.services.host_update.offer(&actor, &entry.name, file.into()).await?;
    app.identity
        .audit(Some(&signed_in.person), Some(&edge.visitor), "system.update_file", &entry.name, "ok")
        .await;
    Ok(super::done())
}

/// Bring LivOS to the newer version
///
/// The server is away for a moment. If the newer version does not work, the one before comes back.
#[utoipa::path(post, path = "/api/v1/system/updates", tag = "server", request_body = UpdateToRequest, responses((status = 204, description = "It begins")))]
pub(crate) async fn start(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<UpdateToRequest>,
) -> Result<Response, ApiError> {
    let version = asked.version;
    if version.len() > 128 || version.chars().any(char::is_control) {
        return Err(ApiError::invalid("‘version’ is the version that waits"));
    }
    app.services.host_update.start(&actor_of(&signed_in.person), &version).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "system.update", &version, "ok").await;
    Ok(super::done())
}

/// Whether LivOS updates by itself, and when
///
/// It looks and brings what is newer at some moment of the hour. What does not stay is not brought again by itself.
#[utoipa::path(put, path = "/api/v1/system/updates/automatic", tag = "server", request_body = UpdateAutomatic, responses((status = 204, description = "From now on")))]
pub(crate) async fn automatic(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(wanted): Json<UpdateAutomatic>,
) -> Result<Response, ApiError> {
    app.services.host_update.set_automatic(&actor_of(&signed_in.person), wanted.on, wanted.hour).await?;
    let said = if wanted.on { format!("at {}", wanted.hour) } else { "off".to_owned() };
    app.identity
        .audit(Some(&signed_in.person), Some(&edge.visitor), "system.update_automatic", &said, "ok")
        .await;
    Ok(super::done())
}

/// Stop it while nothing has changed
#[utoipa::path(post, path = "/api/v1/system/updates/cancel", tag = "server", responses((status = 204, description = "It stops")))]
pub(crate) async fn cancel(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    app.services.host_update.cancel(&actor_of(&signed_in.person)).await?;
    Ok(super::done())
}
