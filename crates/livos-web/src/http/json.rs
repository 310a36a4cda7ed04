//! JSON in, with limits and errors in words; JSON out.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ApiError;
use crate::identity::SignedIn;

/// The largest JSON body.
pub(crate) const LIMIT: usize = 1024 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The same for somebody who is not signed in: enough for a name, a password and a code.
const STRANGERS_LIMIT: usize = 16 * 1024;
const STRANGERS_PATIENCE: Duration = Duration::from_secs(10);

/// A JSON body of this type.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::status(415, "invalid", "send the body as application/json"));
        }
        // Present exactly when somebody is signed in.
        let known = request.extensions().get::<SignedIn>().is_some();
        let bytes = if known {
            read(request.into_body()).await?
        } else {
            let body = Limited::new(request.into_body(), STRANGERS_LIMIT);
            collect(body, STRANGERS_PATIENCE, "16 KiB for somebody who is not signed in").await?
        };
        let parsed = serde_json::from_slice(&bytes);
        parsed.map(Self).map_err(|error| ApiError::invalid(format!("the body does not fit: {error}")))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// Reads a body of at most [`LIMIT`] bytes.
pub(crate) async fn read(body: Body) -> Result<Bytes, ApiError> {
    let limit = "1 MiB; files go through /api/v1/uploads";
    collect(Limited::new(body, LIMIT), PATIENCE, limit).await
}

/// Reads a picture, which has no more bytes than the agent's daemon takes, and comes from a phone.
pub(crate) async fn read_picture(body: Body) -> Result<Bytes, ApiError> {
    const LONGEST: usize = 3_750_000;
    collect(Limited::new(body, LONGEST), PATIENCE * 6, "3.75 MB for a picture; make it smaller").await
}

async fn collect(body: Limited<Body>, patience: Duration, limit: &str) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(patience, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(ApiError::too_large(format!("a request body can be at most {limit}")))
        }
        Ok(Err(_)) => Err(ApiError::invalid("the body broke off")),
        Err(_) => {
            let seconds = patience.as_secs();
            Err(ApiError::status(408, "timeout", format!("the body took longer than {seconds} s to arrive")))
        }
    }
}

/// Answers with JSON.
pub(crate) fn reply<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => bytes_reply(status, bytes),
        Err(error) => ApiError::internal(&error).into_response(),
    }
}

/// Answers with bytes that are JSON already.
pub(crate) fn bytes_reply(status: StatusCode, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// 200 with JSON.
pub(crate) fn ok<T: Serialize>(value: &T) -> Response {
    reply(StatusCode::OK, value)
}

/// 202 with the id of the job that was begun.
pub(crate) fn accepted(job_id: String) -> Response {
    reply(StatusCode::ACCEPTED, &JobStarted { job_id })
}

/// The job that was begun.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct JobStarted {
    /// Its id: `apps-12`.
    pub(crate) job_id: String,
}
