//! Who did what.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::json;
use crate::http::query::Query;

/// An entry of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    id: i64,
    /// UTC seconds.
    at: i64,
    /// The account, or `""`.
    user_id: String,
    /// The user name they had then; `""` for the machine's administrator and for strangers.
    actor: String,
    /// Where the request came from.
    address: String,
    /// `session.begin`, `user.add`, `app.install`, …
    action: String,
    /// What it was about.
    subject: String,
    /// `ok`, or what went wrong.
    outcome: String,
}

/// Who did what, newest first
#[utoipa::path(get, path = "/api/v1/audit", tag = "users", params(
    ("before" = Option<i64>, Query, description = "Entries older than this id"),
    ("limit" = Option<i64>, Query, description = "At most this many; 100 if not given, never more than 500"),
), responses((status = 200, description = "Entries", body = Vec<AuditEntry>)))]
pub(crate) async fn list(State(app): State<App>, query: Query) -> Result<Response, ApiError> {
    let entries = app.identity.audit_trail(query.number("before")?, query.number("limit")?).await?;
    let entries: Vec<AuditEntry> = entries
        .into_iter()
        .map(|entry| AuditEntry {
            id: entry.id,
            at: entry.at,
            user_id: entry.user_id,
            actor: entry.actor,
            address: entry.address,
            action: entry.action,
            subject: entry.subject,
            outcome: entry.outcome,
        })
        .collect();
    Ok(json::ok(&entries))
}
