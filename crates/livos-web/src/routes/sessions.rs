//! Signing in and out, and the list of where one is signed in.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::App;
use crate::core::live::Person;
use crate::error::ApiError;
use crate::http::cookies::{self, Cookie};
use crate::http::edge::Edge;
use crate::http::json::{self, Json};
use crate::identity::{Credentials, Granted, SignedIn};

/// Seconds a browser keeps the cookies. What they hold may end sooner; that a token is too old is something a
/// page must be able to learn.
const KEPT: i64 = 30 * 86_400;
/// The device cookie outlives signing out; browsers keep none longer than this.
const DEVICE_KEPT: i64 = 400 * 86_400;
/// Where the cookies are sent that only signing in and renewing need.
const SESSION_PATH: &str = "/api/v1/session";

/// What somebody signs in with.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct SignInRequest {
    username: String,
    password: String,
    /// A code of the authenticator app, or a recovery code.
    totp: Option<String>,
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    id: String,
    username: String,
    name: String,
    /// `owner`, `admin` or `member`.
    role: String,
    totp_enabled: bool,
    /// The password was made by somebody else and should be changed now.
    temporary_password: bool,
}

/// A sign-in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionInfo {
    user: UserView,
    session_id: String,
    /// Send it as `X-CSRF-Token` with every request that changes something.
    csrf: String,
    /// UTC seconds; renew with POST /api/v1/session/refresh.
    access_expires_at: i64,
}

/// A line of the session list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionLine {
    id: String,
    /// The one that asks.
    current: bool,
    /// UTC seconds.
    created_at: i64,
    /// UTC seconds.
    last_seen_at: i64,
    /// Where it began.
    address: String,
    /// What the browser calls itself.
    agent: String,
}

pub(super) fn view(person: &Person) -> UserView {
    UserView {
        id: person.id.to_string(),
        username: person.username.to_string(),
        name: person.name.clone(),
        role: person.role.to_string(),
        totp_enabled: person.totp_enabled,
        temporary_password: person.temporary_password,
    }
}

pub(super) fn info(app: &App, signed_in: &SignedIn) -> SessionInfo {
    SessionInfo {
        user: view(&signed_in.person),
        session_id: signed_in.session.id.clone(),
        csrf: app.identity.csrf_token(&signed_in.session.id),
        access_expires_at: signed_in.access_expires_at,
    }
}

/// Gives the browser its cookies.
pub(super) fn set_cookies(response: &mut Response, granted: &Granted, edge: &Edge) {
    put_cookies(response, edge, &granted.access_token, &granted.refresh_token, KEPT);
    if let Some(device) = &granted.device {
        put_cookie(response, edge, cookies::DEVICE, device, SESSION_PATH, DEVICE_KEPT);
    }
}

fn put_cookies(response: &mut Response, edge: &Edge, access: &str, refresh: &str, seconds: i64) {
    put_cookie(response, edge, cookies::ACCESS, access, "/", seconds);
    put_cookie(response, edge, cookies::REFRESH, refresh, SESSION_PATH, seconds);
}

fn put_cookie(response: &mut Response, edge: &Edge, name: &str, value: &str, path: &str, seconds: i64) {
    let max_age = Some(seconds);
    let cookie = Cookie { name, value, path, same_site: "Strict", max_age, secure: edge.secure };
    if let Some(value) = cookie.header() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Sign in
///
/// 401 `totp_required` asks for the second factor; send everything again with `totp`.
#[utoipa::path(post, path = "/api/v1/session", tag = "session", request_body = SignInRequest, responses((status = 200, description = "Signed in", body = SessionInfo)))]
pub(crate) async fn sign_in(
    State(app): State<App>,
    edge: Edge,
    headers: HeaderMap,
    Json(asked): Json<SignInRequest>,
) -> Result<Response, ApiError> {
    let SignInRequest { username, password, totp } = asked;
    let device = cookies::find(&headers, cookies::DEVICE, edge.secure).map(str::to_owned);
    let credentials = Credentials { username, password, totp, device };
    let granted = app.identity.sign_in(&credentials, &edge.visitor).await?;
    let mut response = json::ok(&info(&app, &granted.signed_in));
    set_cookies(&mut response, &granted, &edge);
    Ok(response)
}

/// Renew the sign-in
///
/// The refresh cookie is good once. One that comes back after it was used ends the session.
#[utoipa::path(post, path = "/api/v1/session/refresh", tag = "session", responses((status = 200, description = "Renewed", body = SessionInfo)))]
pub(crate) async fn refresh(State(app): State<App>, edge: Edge, headers: HeaderMap) -> Response {
    let renewed = match cookies::find(&headers, cookies::REFRESH, edge.secure) {
        Some(token) => app.identity.refresh(token, &edge.visitor).await,
        None => Err(ApiError::unauthenticated()),
    };
    match renewed {
        Ok(granted) => {
            let mut response = json::ok(&info(&app, &granted.signed_in));
            set_cookies(&mut response, &granted, &edge);
            response
        }
        Err(error) => {
            let gone = error.status == 401;
            let mut response = error.into_response();
            if gone {
                put_cookies(&mut response, &edge, "", "", 0);
            }
            response
        }
    }
}

/// Who is signed in
#[utoipa::path(get, path = "/api/v1/session", tag = "session", responses((status = 200, description = "This sign-in", body = SessionInfo)))]
pub(crate) async fn current(State(app): State<App>, signed_in: SignedIn) -> Response {
    json::ok(&info(&app, &signed_in))
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/session", tag = "session", responses((status = 204, description = "Signed out")))]
pub(crate) async fn sign_out(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
) -> Result<Response, ApiError> {
    app.identity.sign_out(&signed_in, &edge.visitor).await?;
    let mut response = super::done();
    put_cookies(&mut response, &edge, "", "", 0);
    Ok(response)
}

/// Where one is signed in
#[utoipa::path(get, path = "/api/v1/sessions", tag = "session", responses((status = 200, description = "Newest first", body = Vec<SessionLine>)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    let lines: Vec<SessionLine> = app
        .identity
        .sessions(&signed_in)
        .await?
        .into_iter()
        .map(|entry| SessionLine {
            id: entry.id,
            current: entry.current,
            created_at: entry.created_at,
            last_seen_at: entry.last_seen_at,
            address: entry.address,
            agent: entry.agent,
        })
        .collect();
    Ok(json::ok(&lines))
}

/// End a sign-in somewhere else
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "session", params(("id" = String, Path, description = "The session")), responses((status = 204, description = "Ended")))]
pub(crate) async fn revoke(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.identity.revoke(&signed_in, &id, &edge.visitor).await?;
    Ok(super::done())
}
