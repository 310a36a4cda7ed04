//! Bodies that end with the right to them: a download, a log or an upload of somebody who was just switched
//! off goes no further.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body as _, Frame, SizeHint};

use crate::identity::SignedIn;

/// Marks an answer that sees to its own end, and says goodbye first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndsByItself;

/// A request whose body breaks off when the right to send it ends.
pub(crate) fn request(signed_in: &SignedIn, request: Request) -> Request {
    if request.body().is_end_stream() { request } else { request.map(|body| held(signed_in, body)) }
}

/// An answer that breaks off when the right to read it ends. What is in memory as a whole goes out as it is.
pub(crate) fn response(signed_in: &SignedIn, response: Response) -> Response {
    let short = response.body().size_hint().exact().is_some();
    if short || response.extensions().get::<EndsByItself>().is_some() {
        return response;
    }
    let mut response = response.map(|body| held(signed_in, body));
    // A file may leave without its body: whoever sends it then looks here.
    response.extensions_mut().insert(signed_in.clone());
    response
}

fn held(signed_in: &SignedIn, body: Body) -> Body {
    until(signed_in.right_ends(), body)
}

/// A body that breaks off when a right ends.
pub(crate) fn until(ends: impl Future<Output = ()> + Send + 'static, body: Body) -> Body {
    Body::new(Held { body, ends: Box::pin(ends), over: false })
}

struct Held {
    body: Body,
    ends: Pin<Box<dyn Future<Output = ()> + Send>>,
    over: bool,
}

impl hyper::body::Body for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if self.ends.as_mut().poll(context).is_ready() {
            self.over = true;
            let error = io::Error::new(io::ErrorKind::PermissionDenied, "the right to this has ended");
            return Poll::Ready(Some(Err(axum::Error::new(error))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.over || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
