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

/// The largest JSON body.
pub(crate) const LIMIT: usize = 1024 * 1024;
/// How long a client may take to send it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A JSON body of this type.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::status(415, "invalid", "send the body as application/json"));
        }
        let bytes = read(request.into_body()).await?;
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
    let reading = tokio::time::timeout(PATIENCE, Limited::new(body, LIMIT).collect()).await;
    match reading {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(ApiError::too_large("a request body can be at most 1 MiB; files go through /api/v1/uploads"))
        }
        Ok(Err(_)) => Err(ApiError::invalid("the body broke off")),
        Err(_) => Err(ApiError::status(408, "timeout", "the body took longer than 30 s to arrive")),
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
