//! One's own account.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::sessions::{self, UserView};
use crate::App;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::http::json::{self, Json};
use crate::identity::SignedIn;

/// What one is called.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct RenameRequest {
    name: String,
}

/// A new password.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct PasswordRequest {
    current: String,
    /// At least 10 characters.
    new: String,
}

/// The password again, before something that matters.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ConfirmRequest {
    password: String,
}

/// A code of the authenticator app.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CodeRequest {
    code: String,
}

/// What an authenticator app needs, shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TotpOffer {
    /// Base 32, for typing.
    secret: String,
    /// `otpauth://…`
    uri: String,
    /// The same as a picture.
    qr_svg: String,
}

/// Ten codes, each good once; shown once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

/// Change one's name
#[utoipa::path(patch, path = "/api/v1/me", tag = "me", request_body = RenameRequest, responses((status = 200, description = "Changed", body = UserView)))]
pub(crate) async fn rename(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(asked): Json<RenameRequest>,
) -> Result<Response, ApiError> {
    let person = app.identity.rename_self(&signed_in.person, &asked.name).await?;
    app.events.users();
    Ok(json::ok(&sessions::view(&person)))
}

/// Change one's password
///
/// All other sign-ins end.
#[utoipa::path(put, path = "/api/v1/me/password", tag = "me", request_body = PasswordRequest, responses((status = 204, description = "Changed")))]
pub(crate) async fn password(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<PasswordRequest>,
) -> Result<Response, ApiError> {
    app.identity.change_password(&signed_in, &asked.current, &asked.new, &edge.visitor).await?;
    Ok(super::done())
}

/// Begin to use an authenticator app
#[utoipa::path(post, path = "/api/v1/me/totp", tag = "me", responses((status = 200, description = "Waits for its first code", body = TotpOffer)))]
pub(crate) async fn offer_totp(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    let offer = app.identity.offer_totp(&signed_in.person, &app.site.name).await?;
    let qr_svg = offer.qr_svg.unwrap_or_default();
    Ok(json::ok(&TotpOffer { secret: offer.secret, uri: offer.uri, qr_svg }))
}

/// Switch two-factor sign-in on with its first code
#[utoipa::path(post, path = "/api/v1/me/totp/confirm", tag = "me", request_body = CodeRequest, responses((status = 200, description = "On; fresh recovery codes", body = RecoveryCodes)))]
pub(crate) async fn confirm_totp(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<CodeRequest>,
) -> Result<Response, ApiError> {
    let recovery_codes = app.identity.confirm_totp(&signed_in, &asked.code, &edge.visitor).await?;
    Ok(json::ok(&RecoveryCodes { recovery_codes }))
}

/// Switch two-factor sign-in off
#[utoipa::path(delete, path = "/api/v1/me/totp", tag = "me", request_body = ConfirmRequest, responses((status = 204, description = "Off")))]
pub(crate) async fn disable_totp(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<ConfirmRequest>,
) -> Result<Response, ApiError> {
    app.identity.disable_totp(&signed_in, &asked.password, &edge.visitor).await?;
    Ok(super::done())
}

/// Replace one's recovery codes
#[utoipa::path(post, path = "/api/v1/me/recovery-codes", tag = "me", request_body = ConfirmRequest, responses((status = 200, description = "The old ones are void", body = RecoveryCodes)))]
pub(crate) async fn recovery_codes(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<ConfirmRequest>,
) -> Result<Response, ApiError> {
    let recovery_codes = app.identity.renew_recovery(&signed_in, &asked.password, &edge.visitor).await?;
    Ok(json::ok(&RecoveryCodes { recovery_codes }))
}

/// One's own settings
#[utoipa::path(get, path = "/api/v1/me/settings", tag = "me", responses((status = 200, description = "Whatever the desktop keeps", body = serde_json::Map<String, serde_json::Value>)))]
pub(crate) async fn settings(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    Ok(json::ok(&app.identity.settings(&signed_in.person).await?))
}

/// Change one's own settings
///
/// A JSON merge patch; all settings together can be 64 KiB.
#[utoipa::path(patch, path = "/api/v1/me/settings", tag = "me", request_body = serde_json::Map<String, serde_json::Value>, responses((status = 200, description = "All settings", body = serde_json::Map<String, serde_json::Value>)))]
pub(crate) async fn patch_settings(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(patch): Json<Map<String, Value>>,
) -> Result<Response, ApiError> {
    let settings = app.identity.patch_settings(&signed_in.person, patch).await?;
    app.events.settings(&signed_in.person.id);
    Ok(json::ok(&settings))
}
