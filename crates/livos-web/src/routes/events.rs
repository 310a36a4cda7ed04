//! The event stream.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};

use crate::App;
use crate::error::ApiError;
use crate::events::stream;
use crate::http::held::EndsByItself;
use crate::http::query::Query;
use crate::identity::SignedIn;

/// What happens, as it happens
///
/// Server-sent events with ids. `Last-Event-ID` (or `last_event_id`) continues a stream that broke; `reset` says that
/// too much was missed and everything must be read again. A `ping` comes when nothing else did for 15 s.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(
    ("last_event_id" = Option<String>, Query, description = "Like the header, for clients that cannot set one"),
), responses((status = 200, description = "hello, job, job_removed, app, catalog, dir, service, settings, users, assistant, reminder, reset, ping, signed_out", body = String, content_type = "text/event-stream")))]
pub(crate) async fn stream(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    query: Query,
) -> Result<Response, ApiError> {
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let last = header.or(query.one("last_event_id")?).filter(|id| !id.is_empty());
    let counted = signed_in.session.open_stream().ok_or_else(|| ApiError::rate_limited(15))?;
    let shutdown = app.shutdown.clone();
    let stream = stream::open(app, signed_in, counted, last, shutdown);
    let mut response = Response::new(Body::from_stream(stream));
    // It looks at the role before each event and tells its reader why it ends.
    response.extensions_mut().insert(EndsByItself);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // For proxies that collect answers before they pass them on.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}
