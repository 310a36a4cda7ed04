//! Apps from a compose file of their owner's.

use axum::extract::State;
use axum::response::Response;
use livos_bus::Document;
use livos_bus::documents::{StackCheck, StackRequest};

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::{self, JobStarted, Json};
use crate::identity::SignedIn;
use crate::services::actor_of;

/// What would become of a compose file; nothing is touched
#[utoipa::path(post, path = "/api/v1/stacks/check", tag = "apps", request_body = StackRequest, responses((status = 200, description = "What is wrong with it, what it asks, what it could reach", body = StackCheck)))]
pub(crate) async fn check(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<StackRequest>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    let found = app.services.apps_manager.look_at_stack(&actor, Document::json(&asked)?).await?;
    document::reply(found, &app.buffers)
}

/// Make an app from a compose file
///
/// From then on it is an app like any other, of the store `own`.
#[utoipa::path(post, path = "/api/v1/stacks", tag = "apps", request_body = StackRequest, responses((status = 202, description = "A job was begun", body = JobStarted)))]
pub(crate) async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<StackRequest>,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    let job = app.services.apps_manager.create_stack(&actor, Document::json(&asked)?).await?;
    // What was created has a name that was found to be one.
    app.identity
        .audit(Some(&signed_in.person), Some(&edge.visitor), "app.create_stack", &asked.name, "ok")
        .await;
    Ok(json::accepted(job))
}
