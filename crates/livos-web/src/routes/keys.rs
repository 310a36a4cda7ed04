//! One's own keys for other programs.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::core::api_keys::ApiKey;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::http::json::{self, Json};
use crate::identity::{NewKey, SignedIn};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyAccess {
    /// Look.
    Read,
    /// Look, and do what its person's rules allow or what they agree to.
    Act,
}

/// A key, without what it opens with.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyEntry {
    id: String,
    /// What one calls it.
    name: String,
    access: KeyAccess,
    /// UTC seconds.
    created_at: i64,
    /// UTC seconds; 0 if it does not end by itself.
    expires_at: i64,
    /// UTC seconds; 0 if never.
    used_at: i64,
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    /// What one calls it, by the program it is for.
    name: String,
    access: KeyAccess,
    /// For how many days; until it is revoked without it.
    #[serde(default)]
    days: u32,
    /// One's password, again.
    password: String,
}

/// A key that was made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyMade {
    entry: KeyEntry,
    /// The key itself, which is shown this once.
    key: String,
}

fn entry(key: &ApiKey) -> KeyEntry {
    KeyEntry {
        id: key.id.clone(),
        name: key.name.clone(),
        access: if key.acts { KeyAccess::Act } else { KeyAccess::Read },
        created_at: key.created_at,
        expires_at: key.expires_at,
        used_at: key.used_at(),
    }
}

/// One's keys for other programs
#[utoipa::path(get, path = "/api/v1/me/keys", tag = "me", responses((status = 200, description = "The newest first", body = Vec<KeyEntry>)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Response {
    let keys = app.identity.keyring().list(Some(&signed_in.person.id));
    json::ok(&keys.iter().map(|key| entry(key)).collect::<Vec<_>>())
}

/// Make a key for another program
///
/// It acts with the rights one has when it is used, and ends with the account.
#[utoipa::path(post, path = "/api/v1/me/keys", tag = "me", request_body = KeyBody, responses((status = 201, description = "The key, this once", body = KeyMade)))]
pub(crate) async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<KeyBody>,
) -> Result<Response, ApiError> {
    let KeyBody { name, access, days, password } = asked;
    let new = NewKey { name, acts: access == KeyAccess::Act, days };
    let (made, key) = app.identity.make_key(&signed_in, &new, &password, &edge.visitor).await?;
    app.events.settings(&signed_in.person.id);
    Ok(json::reply(StatusCode::CREATED, &KeyMade { entry: entry(&made), key }))
}

/// Revoke a key
///
/// What goes on with it ends at once.
#[utoipa::path(delete, path = "/api/v1/me/keys/{id}", tag = "me", params(("id" = String, Path, description = "The key")), responses((status = 204, description = "Revoked")))]
pub(crate) async fn revoke(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.identity.revoke_key(&signed_in, &id, &edge.visitor).await?;
    app.events.settings(&signed_in.person.id);
    Ok(super::done())
}
