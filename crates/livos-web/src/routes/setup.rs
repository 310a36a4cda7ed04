//! First boot.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sessions::{self, SessionInfo};
use crate::App;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::http::json::{self, Json};
use crate::identity::NewOwner;

/// Whether the server has an owner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SetupState {
    /// It has.
    claimed: bool,
    /// What it is called.
    server_name: String,
}

/// The claim code.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ClaimRequest {
    /// As it stands on the server's screen.
    code: String,
}

/// The first account.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CreateOwnerRequest {
    /// The claim code.
    code: String,
    /// What they are called.
    name: String,
    /// What they sign in with.
    username: String,
    /// At least 10 characters.
    password: String,
}

/// The owner is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnerCreatedReply {
    #[serde(flatten)]
    session: SessionInfo,
    /// Shown once; each is good once.
    recovery_codes: Vec<String>,
}

/// Whether the server is set up
#[utoipa::path(get, path = "/api/v1/setup", tag = "setup", responses((status = 200, description = "The state", body = SetupState)))]
pub(crate) async fn state(State(app): State<App>) -> Response {
    json::ok(&SetupState { claimed: app.identity.claimed(), server_name: app.site.name.clone() })
}

/// Check the claim code
///
/// Five tries, then one a minute.
#[utoipa::path(post, path = "/api/v1/setup/claim", tag = "setup", request_body = ClaimRequest, responses((status = 204, description = "It is the code")))]
pub(crate) async fn claim(
    State(app): State<App>,
    edge: Edge,
    Json(asked): Json<ClaimRequest>,
) -> Result<Response, ApiError> {
    app.identity.check_claim(&asked.code, &edge.visitor).await?;
    Ok(super::done())
}

/// Create the owner's account
#[utoipa::path(post, path = "/api/v1/setup/account", tag = "setup", request_body = CreateOwnerRequest, responses((status = 201, description = "The owner, signed in", body = OwnerCreatedReply)))]
pub(crate) async fn account(
    State(app): State<App>,
    edge: Edge,
    Json(asked): Json<CreateOwnerRequest>,
) -> Result<Response, ApiError> {
    let CreateOwnerRequest { code, name, username, password } = asked;
    let new = NewOwner { code, name, username, password };
    let (granted, recovery_codes) = app.identity.create_owner(&new, &edge.visitor).await?;
    let session = sessions::info(&app, &granted.signed_in);
    let mut response = json::reply(StatusCode::CREATED, &OwnerCreatedReply { session, recovery_codes });
    sessions::set_cookies(&mut response, &granted, &edge);
    Ok(response)
}
