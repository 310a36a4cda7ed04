//! `Idempotency-Key`: a write that is sent twice happens once and answers the same, for a day.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt as _;

use crate::App;
use crate::core::keys::fingerprint;
use crate::error::ApiError;
use crate::identity::SignedIn;
use crate::store::Outcome;

use super::{edge, json, respond};

/// Names the request for its sender.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Set on an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The largest answer that is kept.
const LARGEST: usize = 256 * 1024;

/// What a write is called by its sender. Nothing for reads, for uploads (whose offsets do the same), and for
/// what concerns passwords, codes and keys, whose answers must not lie in a database.
pub(crate) fn key_of(request: &Request) -> Result<Option<String>, ApiError> {
    let Some(value) = request.headers().get(KEY) else { return Ok(None) };
    let path = request.uri().path();
    let without = ["/api/v1/me", "/api/v1/session", "/api/v1/uploads", "/api/v1/assistant/providers"]
        .iter()
        .any(|prefix| path.starts_with(prefix));
    // The same picture again is the same one anyway.
    let without = without || path.ends_with("/pictures");
    if without || !edge::writes(request.method()) {
        return Ok(None);
    }
    let key = value.to_str().unwrap_or_default();
    let fine = (1..=128).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fine {
        Ok(Some(key.to_owned()))
    } else {
        Err(ApiError::invalid("an Idempotency-Key has 1 to 128 visible characters"))
    }
}

/// Answers a write that has a key.
pub(crate) async fn run(
    app: &App,
    signed_in: &SignedIn,
    key: &str,
    request: Request,
    next: Next,
) -> Response {
    match once(app, signed_in.person.id.as_str(), key, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn once(app: &App, user: &str, key: &str, request: Request, next: Next) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    let body = json::read(body).await?;
    let what = format!("{} {} {}", parts.method, parts.uri, fingerprint(&body));
    let store = app.identity.store();
    if let Some(outcome) = store.begin_outcome(user, key, &what, app.identity.now()).await? {
        return replay(&outcome, &what);
    }
    let request_id =
        parts.extensions.get::<edge::Edge>().map(|edge| edge.request_id.clone()).unwrap_or_default();
    let (app, user, key) = (app.clone(), user.to_owned(), key.to_owned());
    // Goes on when the client hangs up: the outcome is what it will ask for.
    let work = app.tasks.clone().spawn(async move {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        keep(&app, &user, &key, response, &request_id).await
    });
    work.await.map_err(|error| ApiError::internal(&error))?
}

fn replay(outcome: &Outcome, what: &str) -> Result<Response, ApiError> {
    if outcome.request != what {
        return Err(ApiError::conflict(
            "this Idempotency-Key was used for another request; use a new one for each",
        )
        .with_code("key_reused"));
    }
    if outcome.status == 0 {
        return Err(ApiError::conflict(
            "this request was received before and has not ended, or the server was stopped in the middle of it; look at \
             what it was about before you repeat it with a new key",
        )
        .with_code("outcome_unknown")
        .retry_after(1));
    }
    let mut response = Response::new(Body::from(outcome.body.clone()));
    *response.status_mut() = status_of(outcome);
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Ok(kind) = HeaderValue::try_from(outcome.media_type.as_str())
        && !outcome.media_type.is_empty()
    {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    Ok(response)
}

fn status_of(outcome: &Outcome) -> StatusCode {
    let status = u16::try_from(outcome.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

async fn keep(
    app: &App,
    user: &str,
    key: &str,
    mut response: Response,
    request_id: &str,
) -> Result<Response, ApiError> {
    let store = app.identity.store();
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = respond::with_body(&error, response, request_id);
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map_err(|error| ApiError::internal(&error))?.to_bytes();
    // What did not happen may be tried again under the same key.
    if parts.status == StatusCode::SERVICE_UNAVAILABLE || bytes.len() > LARGEST {
        store.forget_outcome(user, key).await?;
    } else {
        let kind =
            parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        store.finish_outcome(user, key, parts.status.as_u16(), kind, &bytes).await?;
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}
