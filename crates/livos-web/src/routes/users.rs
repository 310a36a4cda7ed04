//! People, for those who run the server.

use axum::extract::{Path, State};
use axum::response::Response;
use http::StatusCode;
use livos_bus::UserInfo;
use livos_types::{Role, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::http::json::{self, Json};
use crate::identity::{NewPerson, PersonChange, SignedIn};
use crate::leaving;
use crate::store::Account;

/// A person to add.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CreateUserRequest {
    username: String,
    name: String,
    /// `admin` or `member`.
    #[schema(value_type = String)]
    role: Role,
    /// Their first password; they are asked to change it.
    password: String,
}

/// What to change about a person.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct UpdateUserRequest {
    name: Option<String>,
    /// `admin` or `member`.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// True: they may not sign in, and all their sessions end.
    disabled: Option<bool>,
}

/// A row as others may see it.
pub(crate) fn entry(account: Account) -> UserInfo {
    UserInfo {
        id: account.id,
        username: account.username,
        name: account.name,
        role: account.role,
        totp_enabled: account.totp_secret.is_some(),
        disabled: account.disabled,
        created_at: account.created_at,
        last_seen_at: account.last_seen_at,
    }
}

async fn reread(app: &App, id: &UserId) -> Result<UserInfo, ApiError> {
    let account = app.identity.store().account(id.as_str()).await?;
    account.map(entry).ok_or_else(|| ApiError::not_found("there is no such account"))
}

fn checked(id: &str) -> Result<UserId, ApiError> {
    UserId::new(id).map_err(ApiError::invalid)
}

/// Everybody
#[utoipa::path(get, path = "/api/v1/users", tag = "users", responses((status = 200, description = "In the order they came", body = Vec<UserInfo>)))]
pub(crate) async fn list(State(app): State<App>) -> Result<Response, ApiError> {
    let people: Vec<UserInfo> = app.identity.people().await?.into_iter().map(entry).collect();
    Ok(json::ok(&people))
}

/// Add a person
#[utoipa::path(post, path = "/api/v1/users", tag = "users", request_body = CreateUserRequest, responses((status = 201, description = "Added", body = UserInfo)))]
pub(crate) async fn add(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<CreateUserRequest>,
) -> Result<Response, ApiError> {
    let CreateUserRequest { username, name, role, password } = asked;
    let new = NewPerson { username, name, role, password };
    let person = app.identity.add_person(Some(&signed_in.person), &new, Some(&edge.visitor)).await?;
    app.events.users();
    Ok(json::reply(StatusCode::CREATED, &reread(&app, &person.id).await?))
}

/// Change a person
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", params(("id" = String, Path, description = "The account")), request_body = UpdateUserRequest, responses((status = 200, description = "Changed", body = UserInfo)))]
pub(crate) async fn change(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(asked): Json<UpdateUserRequest>,
) -> Result<Response, ApiError> {
    let UpdateUserRequest { name, role, disabled } = asked;
    let id = checked(&id)?;
    let change = PersonChange { name, role, disabled };
    app.identity.change_person(Some(&signed_in.person), &id, &change, Some(&edge.visitor)).await?;
    app.events.users();
    Ok(json::ok(&reread(&app, &id).await?))
}

/// Remove a person
///
/// Their files stay where they are; the assistant forgets what it knew of them.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "users", params(("id" = String, Path, description = "The account")), responses((status = 204, description = "Removed")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    app.identity.remove_person(Some(&signed_in.person), &id, Some(&edge.visitor)).await?;
    leaving::say_farewell(&app).await;
    app.events.users();
    Ok(super::done())
}
