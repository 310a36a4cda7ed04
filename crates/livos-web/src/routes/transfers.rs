//! Moving, copying, and the trash.

use axum::extract::State;
use axum::response::Response;
use livos_bus::{EntryInfo, Location, TransferRequest, TrashedItem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::json::{self, JobStarted, Json};
use crate::identity::SignedIn;
use crate::services::actor_of;

/// The most things in one request.
const MOST: usize = 1000;

/// Files and folders.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ItemsRequest {
    items: Vec<Location>,
}

/// Things in the trash.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TrashIdsRequest {
    ids: Vec<String>,
}

/// Where the things are in the trash.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TrashIdsReply {
    ids: Vec<String>,
}

/// What is back where it was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RestoredReply {
    restored: Vec<EntryInfo>,
}

fn some<T>(items: &[T]) -> Result<(), ApiError> {
    match items.len() {
        0 => Err(ApiError::invalid("nothing was chosen")),
        1..=MOST => Ok(()),
        _ => Err(ApiError::invalid(format!("at most {MOST} things at once; choose their folder instead"))),
    }
}

fn checked(request: &TransferRequest) -> Result<(), ApiError> {
    some(&request.items)?;
    request.destination.check()?;
    request.items.iter().try_for_each(|item| item.check().map(drop))?;
    match request.on_conflict.as_str() {
        "keep_both" | "replace" | "skip" => Ok(()),
        _ => Err(ApiError::invalid("‘on_conflict’ is keep_both, replace or skip")),
    }
}

/// Move files and folders
#[utoipa::path(post, path = "/api/v1/files/move", tag = "files", request_body = TransferRequest, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn move_items(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<TransferRequest>,
) -> Result<Response, ApiError> {
    checked(&asked)?;
    Ok(json::accepted(app.services.files_manager.transfer(&actor_of(&signed_in.person), &asked).await?))
}

/// Copy files and folders
#[utoipa::path(post, path = "/api/v1/files/copy", tag = "files", request_body = TransferRequest, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn copy_items(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<TransferRequest>,
) -> Result<Response, ApiError> {
    checked(&asked)?;
    Ok(json::accepted(app.services.files_manager.copy(&actor_of(&signed_in.person), &asked).await?))
}

/// What one has in the trash
#[utoipa::path(get, path = "/api/v1/files/trash", tag = "files", responses((status = 200, description = "Things", body = Vec<TrashedItem>)))]
pub(crate) async fn trashed(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    Ok(json::ok(&app.services.files.trashed(&actor_of(&signed_in.person)).await?))
}

/// Put files and folders in the trash
#[utoipa::path(post, path = "/api/v1/files/trash", tag = "files", request_body = ItemsRequest, responses((status = 200, description = "In the trash", body = TrashIdsReply)))]
pub(crate) async fn trash(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<ItemsRequest>,
) -> Result<Response, ApiError> {
    some(&asked.items)?;
    asked.items.iter().try_for_each(|item| item.check().map(drop))?;
    let ids = app.services.files_manager.trash(&actor_of(&signed_in.person), &asked.items).await?;
    Ok(json::ok(&TrashIdsReply { ids }))
}

/// Empty the trash
#[utoipa::path(delete, path = "/api/v1/files/trash", tag = "files", responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn empty_trash(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    Ok(json::accepted(app.services.files_manager.delete(&actor_of(&signed_in.person), &[]).await?))
}

/// Put things back where they were
#[utoipa::path(post, path = "/api/v1/files/trash/restore", tag = "files", request_body = TrashIdsRequest, responses((status = 200, description = "Back", body = RestoredReply)))]
pub(crate) async fn restore(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<TrashIdsRequest>,
) -> Result<Response, ApiError> {
    some(&asked.ids)?;
    let ids: Vec<&str> = asked.ids.iter().map(String::as_str).collect();
    let restored = app.services.files_manager.restore(&actor_of(&signed_in.person), &ids).await?;
    Ok(json::ok(&RestoredReply { restored }))
}

/// Delete things in the trash for good
#[utoipa::path(post, path = "/api/v1/files/trash/delete", tag = "files", request_body = TrashIdsRequest, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn delete_trashed(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<TrashIdsRequest>,
) -> Result<Response, ApiError> {
    // No ids would mean all of them to livos-files; here it is a mistake.
    some(&asked.ids)?;
    let ids: Vec<&str> = asked.ids.iter().map(String::as_str).collect();
    Ok(json::accepted(app.services.files_manager.delete(&actor_of(&signed_in.person), &ids).await?))
}
