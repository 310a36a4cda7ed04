//! A big file's bytes go from the kernel's memory to the socket without passing through this process.
//!
//! The HTTP library only sends bytes it is given. So an answer that is a part of a file carries a mark; the
//! listener takes its connection back from the library before a byte of the answer is out, sends head and file by
//! itself, and gives the connection to the library again. Everything else about the answer (who may have it, its
//! headers, when the right to it ends) has happened by then, as for every other one.
//!
//! A conversation that only begins as HTTP takes the connection in the same way, and keeps it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use http::response::Parts;
use http::{HeaderMap, HeaderValue, Method, Version, header};
use hyper::body::Body as _;
use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, Interest};
use tokio::net::{TcpStream, UnixStream};

use super::buffers::Buffers;
use super::edge;
use super::file_stream::FileStream;
use crate::core::etag::http_date;
use crate::error::ApiError;
use crate::identity::SignedIn;

/// Less than this is sent by the library: taking a connection back costs more than it saves.
pub(crate) const WORTH_IT: u64 = 1 << 20;
/// So much is made sure to be in memory before it is sent from there.
const WINDOW: u64 = 1 << 20;

/// The mark of an answer whose body is a part of a file.
#[derive(Debug, Clone)]
pub(crate) struct FilePart {
    /// Of this file,
    pub(crate) file: Arc<OwnedFd>,
    /// from this byte
    pub(crate) from: u64,
    /// to before this one.
    pub(crate) to: u64,
    /// For files that can only be copied.
    pub(crate) buffers: Buffers,
}

/// What a conversation is held over.
pub(crate) trait Connection: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Connection for T {}

/// What goes on over a connection after an answer that ends HTTP on it.
pub(crate) trait Talk: Send {
    /// Until it is over. `early` came before the answer had gone.
    fn talk<'a>(self: Box<Self>, connection: &'a mut dyn Connection, early: Bytes) -> BoxFuture<'a, ()>;
}

/// The mark of an answer after which something else than HTTP is spoken.
#[derive(Clone)]
pub(crate) struct Conversation(Arc<Mutex<Option<Box<dyn Talk>>>>);

impl Conversation {
    /// With this.
    pub(crate) fn new(talk: impl Talk + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(Box::new(talk)))))
    }

    fn begin(&self) -> Option<Box<dyn Talk>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl std::fmt::Debug for Conversation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Conversation")
    }
}

/// A connection that a file can be sent to.
pub(crate) trait Socket: AsyncRead + AsyncWrite + AsFd + Unpin + Send + 'static {
    /// Does something when there is room; asks again when there was none after all.
    fn when_writable<R>(
        &self,
        act: impl FnMut() -> io::Result<R> + Send,
    ) -> impl Future<Output = io::Result<R>> + Send;
}

impl Socket for UnixStream {
    fn when_writable<R>(
        &self,
        act: impl FnMut() -> io::Result<R> + Send,
    ) -> impl Future<Output = io::Result<R>> + Send {
        self.async_io(Interest::WRITABLE, act)
    }
}

impl Socket for TcpStream {
    fn when_writable<R>(
        &self,
        act: impl FnMut() -> io::Result<R> + Send,
    ) -> impl Future<Output = io::Result<R>> + Send {
        self.async_io(Interest::WRITABLE, act)
    }
}

/// An answer on its way out.
#[derive(Debug)]
pub(crate) struct Handover {
    head: Parts,
    rest: Rest,
    /// The client wants no other answer after this one.
    last: bool,
}

/// What follows the head.
#[derive(Debug)]
enum Rest {
    File(FilePart),
    Talk(Conversation),
}

/// Where the answer waits while the library gives the connection back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<Handover>>>);

impl Slot {
    /// What the library was stopped for, if it was.
    pub(crate) fn take(&self) -> Option<Handover> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, handover: Handover) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(handover);
    }
}

/// Stops the library. Nobody reads it: the slot says why.
#[derive(Debug, thiserror::Error)]
#[error("the answer is sent without the HTTP library")]
pub(crate) struct Handed;

/// What is known of a request before it is answered: whether its answer may be handed over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    possible: bool,
    last: bool,
}

impl Wish {
    /// Only a plain `GET` of this version of HTTP has no more to it than a head and a body.
    pub(crate) fn of(request: &Request<hyper::body::Incoming>) -> Self {
        let plain = *request.method() == Method::GET && request.version() == Version::HTTP_11;
        Self { possible: plain && request.body().is_end_stream(), last: says_close(request.headers()) }
    }

    /// The answer, or the end of the library's part in it.
    pub(crate) fn answer(self, mut response: Response, slot: &Slot) -> Result<Response, Handed> {
        if let Some(conversation) = response.extensions_mut().remove::<Conversation>() {
            if !self.possible {
                let plain = "this address is asked for with GET and HTTP/1.1, and without a body";
                return Ok(edge::refuse(&ApiError::invalid(plain)));
            }
            let (mut head, _) = response.into_parts();
            // The answer before a conversation has no body, not even an empty one.
            head.headers.remove(header::CONTENT_LENGTH);
            slot.put(Handover { head, rest: Rest::Talk(conversation), last: true });
            return Err(Handed);
        }
        let part = response.extensions_mut().remove::<FilePart>();
        match part {
            Some(part) if self.possible && part.to - part.from >= WORTH_IT => {
                let (head, _) = response.into_parts();
                let last = self.last || says_close(&head.headers);
                slot.put(Handover { head, rest: Rest::File(part), last });
                Err(Handed)
            }
            _ => Ok(response),
        }
    }
}

fn says_close(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .any(|word| word.trim().eq_ignore_ascii_case("close"))
}

impl Handover {
    /// Sends the answer; whether the connection may be used for another one. `early` are bytes that have been read
    /// already. Those of a next request are lost with the connection, and the client is told to send it again.
    pub(crate) async fn send<S: Socket>(
        mut self,
        socket: &mut S,
        early: Bytes,
        now: i64,
    ) -> io::Result<bool> {
        let part = match self.rest {
            Rest::File(part) => part,
            Rest::Talk(conversation) => {
                socket.write_all(&head_of(&self.head, now)).await?;
                if let Some(talk) = conversation.begin() {
                    talk.talk(socket, early).await;
                }
                return Ok(false);
            }
        };
        let again = !self.last && early.is_empty();
        if !again {
            self.head.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        let ends = self.head.extensions.remove::<SignedIn>().map(|signed_in| signed_in.right_ends());
        let all = async {
            socket.write_all(&head_of(&self.head, now)).await?;
            part.send(socket).await
        };
        match ends {
            None => all.await?,
            Some(ends) => tokio::select! {
                sent = all => sent?,
                () = ends => return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the right to this has ended")),
            },
        }
        Ok(again)
    }
}

/// The status line and the headers, as the library would write them.
fn head_of(parts: &Parts, now: i64) -> Vec<u8> {
    let mut head = Vec::with_capacity(1024);
    let reason = parts.status.canonical_reason().unwrap_or_default();
    head.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", parts.status.as_u16()).as_bytes());
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    if !parts.headers.contains_key(header::DATE) {
        head.extend_from_slice(format!("date: {}\r\n", http_date(now)).as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    head
}

impl FilePart {
    /// The same bytes, read by this process.
    pub(crate) fn stream(&self) -> FileStream {
        FileStream::new(Arc::clone(&self.file), self.from, self.to, self.buffers.clone())
    }

    async fn send<S: Socket>(&self, socket: &mut S) -> io::Result<()> {
        let (mut offset, mut ready) = (self.from, self.from);
        while offset < self.to {
            if offset >= ready {
                ready = self.to.min(offset + WINDOW);
                self.fetch(offset, ready).await?;
            }
            let wanted = usize::try_from(ready - offset).unwrap_or(usize::MAX);
            let sent = {
                let from = socket.as_fd();
                socket
                    .when_writable(|| {
                        let mut at = offset;
                        Ok(rustix::fs::sendfile(from, &*self.file, Some(&mut at), wanted)?)
                    })
                    .await
            };
            match sent {
                // The file became shorter meanwhile. The head promised more, so the connection has to end.
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(sent) => offset += sent as u64,
                Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::INVAL | Errno::NOSYS)) => {
                    return self.copy(offset, socket).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Makes sure that nobody on this thread waits for the disk when these bytes are sent.
    async fn fetch(&self, from: u64, to: u64) -> io::Result<()> {
        let there = |offset| {
            let mut byte = [0];
            let flags = ReadWriteFlags::NOWAIT;
            let read = rustix::io::retry_on_intr(|| {
                preadv2(&*self.file, &mut [io::IoSliceMut::new(&mut byte)], offset, flags)
            });
            read.is_ok()
        };
        // The kernel reads ahead in order; with the ends there, the middle is.
        if there(from) && there(to - 1) {
            return Ok(());
        }
        let file = Arc::clone(&self.file);
        let read = move || -> io::Result<()> {
            let length = std::num::NonZeroU64::new(to - from);
            rustix::fs::fadvise(&*file, from, length, Advice::WillNeed)?;
            for offset in [from, to - 1] {
                rustix::io::retry_on_intr(|| rustix::io::pread(&*file, &mut [0_u8][..], offset))?;
            }
            Ok(())
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }

    /// The way for a file system whose files cannot be sent from the kernel's memory.
    async fn copy<S: Socket>(&self, offset: u64, socket: &mut S) -> io::Result<()> {
        let mut pieces = Self { from: offset, ..self.clone() }.stream();
        while let Some(piece) = pieces.next().await {
            socket.write_all(&piece?).await?;
        }
        Ok(())
    }
}
