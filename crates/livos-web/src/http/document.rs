//! What other daemons hand over, passed on unread: documents and descriptors.

use std::os::fd::OwnedFd;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use livos_bus::Document;
use rustix::fs::FileType;
use tokio_util::io::ReaderStream;

use super::buffers::Buffers;
use super::handover::FilePart;
use super::json;
use crate::error::ApiError;

/// A pipe holds at most this much at once if we ask for it.
const PIPE_SIZE: usize = 1024 * 1024;

/// Answers with a document.
pub(crate) fn reply(document: Document, buffers: &Buffers) -> Result<Response, ApiError> {
    match document.into_parts() {
        (inline, None) => Ok(json::bytes_reply(StatusCode::OK, inline)),
        (_, Some(descriptor)) => {
            let (body, whole) = body(descriptor, buffers)?;
            let mut response = json::bytes_reply(StatusCode::OK, body);
            if let Some(whole) = whole {
                response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(whole.to));
                response.extensions_mut().insert(whole);
            }
            Ok(response)
        }
    }
}

/// A descriptor read to its end, and the same as a part of a file, if it is one.
pub(crate) fn body(descriptor: OwnedFd, buffers: &Buffers) -> Result<(Body, Option<FilePart>), ApiError> {
    let failed = |error: std::io::Error| ApiError::internal(&error);
    let stat = rustix::fs::fstat(&descriptor).map_err(|error| failed(error.into()))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            let size = u64::try_from(stat.st_size).unwrap_or(0);
            let whole = FilePart { file: Arc::new(descriptor), from: 0, to: size, buffers: buffers.clone() };
            Ok((Body::from_stream(whole.stream()), Some(whole)))
        }
        FileType::Fifo => {
            // A larger pipe saves round trips between the two processes; without it all works the same.
            if let Err(error) = rustix::pipe::fcntl_setpipe_size(&descriptor, PIPE_SIZE) {
                tracing::trace!(%error, "the pipe keeps its size");
            }
            let pipe = tokio::net::unix::pipe::Receiver::from_owned_fd(descriptor).map_err(failed)?;
            Ok((Body::from_stream(ReaderStream::with_capacity(pipe, super::buffers::SIZE)), None))
        }
        FileType::Socket => {
            let socket = std::os::unix::net::UnixStream::from(descriptor);
            socket.set_nonblocking(true).map_err(failed)?;
            let socket = tokio::net::UnixStream::from_std(socket).map_err(failed)?;
            Ok((Body::from_stream(ReaderStream::with_capacity(socket, super::buffers::SIZE)), None))
        }
        other => Err(failed(std::io::Error::other(format!("a service handed over a {other:?}")))),
    }
}

/// Answers with a document that is plain text.
pub(crate) fn plain(document: Document, buffers: &Buffers) -> Result<Response, ApiError> {
    let mut response = reply(document, buffers)?;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(response)
}

/// Answers with plain text from a descriptor.
pub(crate) fn text(descriptor: OwnedFd, buffers: &Buffers) -> Result<Response, ApiError> {
    let (body, _) = body(descriptor, buffers)?;
    let mut response = Response::new(body);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Ok(response)
}
