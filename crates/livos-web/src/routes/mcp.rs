//! The Model Context Protocol, for programs with a key.

use axum::extract::{Request, State};
use axum::response::Response;

use crate::App;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::identity::Guest;
use crate::mcp;

/// Use the assistant's tools from another program
///
/// The Model Context Protocol over streamable HTTP, without sessions: each message is answered by itself.
#[utoipa::path(post, path = "/mcp", tag = "mcp", request_body = serde_json::Value, responses(
    (status = 200, description = "The answer to a request", body = serde_json::Value),
    (status = 202, description = "A notification was taken"),
))]
pub(crate) async fn post(
    State(app): State<App>,
    guest: Guest,
    edge: Edge,
    request: Request,
) -> Result<Response, ApiError> {
    mcp::serve(&app, guest, edge.visitor, request).await
}

/// There is no stream of the server's own messages
#[utoipa::path(get, path = "/mcp", tag = "mcp", responses((status = 405, description = "As the protocol has it for a server without one")))]
pub(crate) async fn get(_: Guest) -> ApiError {
    no_session()
}

/// There are no sessions to end
#[utoipa::path(delete, path = "/mcp", tag = "mcp", responses((status = 405, description = "As the protocol has it for a server without them")))]
pub(crate) async fn delete(_: Guest) -> ApiError {
    no_session()
}

fn no_session() -> ApiError {
    ApiError::status(405, "invalid", "this server keeps no sessions; send each message by POST")
}
