//! What became of a request whose answer was lost.

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::json;
use crate::identity::SignedIn;

/// What is known of a write with an `Idempotency-Key`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutcomeView {
    /// `done`, or `unknown` while it is being worked on or when the server was stopped in the middle.
    state: &'static str,
    /// The HTTP status it was answered with; 0 while unknown.
    status: i64,
    /// The body it was answered with.
    #[schema(value_type = Object)]
    body: Value,
}

/// What became of a request
///
/// 404: no request with this key arrived within the last day.
#[utoipa::path(get, path = "/api/v1/outcomes/{key}", tag = "server", params(("key" = String, Path, description = "The Idempotency-Key")), responses((status = 200, description = "What is known", body = OutcomeView)))]
pub(crate) async fn get(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<String>,
) -> Result<Response, ApiError> {
    let outcome = app.identity.store().outcome(signed_in.person.id.as_str(), &key).await?;
    let outcome = outcome.ok_or_else(|| ApiError::not_found("no request with this key arrived"))?;
    let state = if outcome.status == 0 { "unknown" } else { "done" };
    let body = serde_json::from_slice(&outcome.body).unwrap_or(Value::Null);
    Ok(json::ok(&OutcomeView { state, status: outcome.status, body }))
}
