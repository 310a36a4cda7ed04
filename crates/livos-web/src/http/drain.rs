//! Answers that come before the whole request was read: a refusal, mostly.
//!
//! A proxy that is still sending when we hang up never looks at our answer; it says that the server
//! is gone. So what is left of a body is read and thrown away before the answer goes out. Of those who are not
//! signed in only some are heard at once; the others are hung up on unheard.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes, HttpBody as _};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt as _};

use super::{cookies, edge, programs};
use crate::App;
use crate::core::limiter::network_of;
use crate::error::ApiError;

/// Somebody who sends more than this for nothing is hung up on.
const LIMIT: usize = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let token = cookies::find(request.headers(), cookies::ACCESS, edge::is_secure(&request));
    let known = token.is_some_and(|token| app.identity.authenticate(token).is_ok())
        || programs::bearer(request.headers()).is_some_and(|key| app.identity.knows_key(key));
    let network = network_of(edge::address_of(&request));
    // Held until the last byte is read or the connection is given up.
    let place = if known { None } else { app.strangers.hear(network) };
    if !known && place.is_none() {
        return edge::refuse(&ApiError::crowded());
    }
    drained(request, next).await
}

async fn drained(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let lent = Lent(Arc::new(Mutex::new(body.into_data_stream())));
    let answer = next.run(Request::from_parts(parts, Body::from_stream(lent.clone()))).await;
    // Whether it ends, goes on for too long or breaks off: the answer is the same.
    let _ = tokio::time::timeout(PATIENCE, drain(lent)).await;
    answer
}

async fn drain(mut body: Lent) {
    let mut thrown_away = 0;
    while thrown_away < LIMIT
        && let Some(Ok(bytes)) = body.next().await
    {
        thrown_away += bytes.len();
    }
}

/// A body that can still be read when whoever it was lent to has dropped it.
#[derive(Clone)]
struct Lent(Arc<Mutex<BodyDataStream>>);

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Router;
    use axum::body::{Body, Bytes};
    use axum::extract::Request;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use futures_util::StreamExt as _;
    use tower::ServiceExt as _;

    const PIECE: usize = 1 << 20;

    /// How many bytes of a body of `pieces` are read by a server whose handler looks at none of them.
    async fn read_of(pieces: usize) -> usize {
        let read = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&read);
        let body = futures_util::stream::iter(0..pieces).map(move |_| {
            counter.fetch_add(PIECE, Ordering::Relaxed);
            Ok::<_, std::io::Error>(Bytes::from(vec![0; PIECE]))
        });
        let refuse = || async { axum::http::StatusCode::UNAUTHORIZED };
        let router = Router::new().route("/", post(refuse)).layer(from_fn(super::drained));
        let request = Request::post("/").body(Body::from_stream(body)).expect("a request");
        assert_eq!(router.oneshot(request).await.expect("an answer").status(), 401);
        read.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn what_a_handler_leaves_is_read_before_its_answer_goes_out() {
        assert_eq!(read_of(3).await, 3 * PIECE);
    }

    #[tokio::test]
    async fn but_not_without_end() {
        assert_eq!(read_of(1000).await, super::LIMIT);
    }
}
