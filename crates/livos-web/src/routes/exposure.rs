//! How this server is reached: HTTPS in the house with its certificate, and a name on the internet.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use livos_bus::documents::Exposure;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::core::profile;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::Json;
use crate::identity::SignedIn;
use crate::pages;
use crate::services::actor_of;

/// Whether plain HTTP leads to HTTPS.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct AlwaysRequest {
    /// Under the names of the house and under addresses; a domain always does so.
    always: bool,
}

/// A name on the internet.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DomainRequest {
    /// `home.example.org`.
    name: String,
    /// Whom the one who issues certificates may write to; `""` for nobody.
    #[serde(default)]
    email: String,
}

/// How this server is reached
///
/// Each name on the internet is tried just now.
#[utoipa::path(get, path = "/api/v1/exposure", tag = "server", responses((status = 200, description = "Names and certificates", body = Exposure)))]
pub(crate) async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.apps.exposure(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Lead plain HTTP to HTTPS, or not
#[utoipa::path(put, path = "/api/v1/exposure/https", tag = "server", request_body = AlwaysRequest, responses((status = 204, description = "From now on")))]
pub(crate) async fn set_always(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<AlwaysRequest>,
) -> Result<Response, ApiError> {
    app.services.apps_manager.set_always_https(&actor_of(&signed_in.person), asked.always).await?;
    let what = if asked.always { "always" } else { "beside" };
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "server.https", what, "ok").await;
    Ok(super::done())
}

/// Give this server a name on the internet
///
/// Certificates are fetched from now on; how that stands is in GET /api/v1/exposure.
#[utoipa::path(put, path = "/api/v1/exposure/domain", tag = "server", request_body = DomainRequest, responses((status = 204, description = "From now on")))]
pub(crate) async fn set_domain(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(asked): Json<DomainRequest>,
) -> Result<Response, ApiError> {
    if asked.name.trim().is_empty() || asked.name.len() > 1024 || asked.email.len() > 1024 {
        return Err(ApiError::invalid("‘name’ is a name on the internet, for example home.example.org"));
    }
    let actor = actor_of(&signed_in.person);
    app.services.apps_manager.set_domain(&actor, &asked.name, &asked.email).await?;
    app.identity
        .audit(Some(&signed_in.person), Some(&edge.visitor), "server.domain", asked.name.trim(), "ok")
        .await;
    Ok(super::done())
}

/// Take the name on the internet away
#[utoipa::path(delete, path = "/api/v1/exposure/domain", tag = "server", responses((status = 204, description = "It has none any more")))]
pub(crate) async fn remove_domain(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
) -> Result<Response, ApiError> {
    app.services.apps_manager.set_domain(&actor_of(&signed_in.person), "", "").await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "server.domain", "", "ok").await;
    Ok(super::done())
}

fn download(body: String, kind: &'static str, name: &'static str) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The certificate of this server's own authority
///
/// For anybody: a device that does not trust it yet has no safe way to sign in. It is no secret; its key is.
#[utoipa::path(get, path = "/api/v1/certificate", tag = "server", responses((status = 200, description = "PEM", body = String, content_type = "application/x-x509-ca-cert")))]
pub(crate) async fn certificate(State(app): State<App>) -> Result<Response, ApiError> {
    let pem = app.services.apps.certificate().await?;
    Ok(download(pem, "application/x-x509-ca-cert", "attachment; filename=\"livos.crt\""))
}

/// The same as a configuration profile for iPhone, iPad and Mac
#[utoipa::path(get, path = "/api/v1/certificate/profile", tag = "server", responses((status = 200, description = "A property list", body = String, content_type = "application/x-apple-aspen-config")))]
pub(crate) async fn profile(State(app): State<App>) -> Result<Response, ApiError> {
    let pem = app.services.apps.certificate().await?;
    let profile = profile::of(&app.site.name, &pem)
        .ok_or_else(|| ApiError::internal(&std::io::Error::other("Caddy's certificate is no PEM")))?;
    Ok(download(profile, "application/x-apple-aspen-config", "attachment; filename=\"livos.mobileconfig\""))
}

/// How a device comes to trust this server
///
/// A plain page for a device that does not yet: http://livos.local/trust.
#[utoipa::path(get, path = "/trust", tag = "server", responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn page(State(app): State<App>) -> Response {
    match app.services.apps.certificate().await.map_err(ApiError::from) {
        Ok(pem) => {
            let fingerprint = profile::fingerprint(&pem).unwrap_or_default();
            pages::certificate(&app.site.name, &fingerprint)
        }
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            pages::notice(status, "There is no certificate", &error.message, ("/", "Back to LivOS"))
        }
    }
}
