//! Errors as answers. The body is written where the request's id is known, in [`super::edge`].

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Every refusal and failure looks like this.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// For machines: `invalid`, `denied`, `not_found`, `conflict`, `unavailable`, `internal`, or finer.
    pub(crate) code: String,
    /// For people: what failed, why, what to do next.
    pub(crate) message: String,
    /// More, when there is more to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// Finds this request in the log.
    pub(crate) request_id: String,
    /// Seconds to wait before trying again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<i64>,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self);
        response
    }
}

/// Gives an error response its body.
pub(crate) fn with_body(error: &ApiError, mut response: Response, request_id: &str) -> Response {
    let body = ErrorBody {
        code: error.code.clone(),
        message: error.message.clone(),
        detail: None,
        request_id: request_id.to_owned(),
        retry_after: error.retry_after,
    };
    // A struct of texts and a number always is JSON.
    let bytes = serde_json::to_vec(&body).unwrap_or_default();
    *response.body_mut() = bytes.into();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_LENGTH);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(seconds) = error.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
