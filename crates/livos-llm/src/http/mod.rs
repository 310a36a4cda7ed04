//! One question to one provider: where it lies, the way there, what it says on the way back.
//!
//! A question has a connection of its own. Dropping the answer closes it, which is the one sign to stop that every
//! provider understands; and nothing is kept open, or awake, in between.

mod address;
mod fault;
mod server_sent;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

pub(crate) use address::Address;
pub use address::is_of_the_house;
pub(crate) use fault::{fault, reported, tidy};
pub use server_sent::{Sent, Splitter};

use livos_fetch::Tls;

use crate::{Error, Key, Limits};

/// A plain function that tells milliseconds since 1970; a server may say until when to wait.
pub type MillisFn = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The longest explanation that is read.
const EXPLANATION: usize = 64 * 1024;

/// The most that one answer may come to: far above the longest, far below what would hurt.
const ANSWER: usize = 64 * 1024 * 1024;

/// Goes out to providers. One per process; cheap to clone; does nothing while nobody asks.
///
/// It takes no proxy from its environment and follows no redirect: the key would go along.
#[derive(Clone)]
pub struct Client {
    tls: Arc<Tls>,
    now: MillisFn,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Client")
    }
}

impl Client {
    /// A client that trusts whom the machine trusts; `now` is the wall clock.
    #[must_use]
    pub fn new(now: MillisFn) -> Self {
        Self { tls: Arc::new(Tls::of_the_machine()), now }
    }

    /// What it speaks TLS with, for whoever goes elsewhere with the same trust.
    #[must_use]
    pub fn tls(&self) -> Arc<Tls> {
        Arc::clone(&self.tls)
    }

    /// A client that trusts only these certificate authorities (DER), for tests of what is refused.
    #[cfg(feature = "testing")]
    #[must_use]
    pub fn trusting(authorities: Vec<Vec<u8>>, now: MillisFn) -> Self {
        Self { tls: Arc::new(Tls::only(authorities)), now }
    }

    /// Sends a question and waits for the head of the answer, which is to be a stream of events.
    pub(crate) async fn post(&self, post: Post<'_>, limits: &Limits) -> Result<Body, Error> {
        let (response, body) = self.send(&post, limits).await?;
        self.accept(response, body, &post).await
    }

    /// Sends a question that is answered with one document, and reads that to its end.
    pub(crate) async fn document(
        &self,
        post: Post<'_>,
        limits: &Limits,
        most: usize,
    ) -> Result<String, Error> {
        let (response, mut body) = self.send(&post, limits).await?;
        if response.status() != StatusCode::OK || is_compressed(response.headers()) {
            return Err(self.explained(response, body, &post).await);
        }
        body.incoming = Some(response.into_body());
        let mut text = BytesMut::new();
        while let Some(bytes) = body.next().await? {
            if text.len() + bytes.len() > most {
                return Err(Error::malformed(format!("it is longer than {} MiB", most >> 20)));
            }
            text.extend_from_slice(&bytes);
        }
        String::from_utf8(text.into()).map_err(|_| Error::malformed("it is no text"))
    }

    async fn send(&self, post: &Post<'_>, limits: &Limits) -> Result<(Response<Incoming>, Body), Error> {
        let begun = Instant::now();
        let end = begun + limits.whole;
        let connected = timeout_at(end.min(begun + limits.connect), self.connect(post.address)).await;
        let (mut sender, connection) =
            connected.map_err(|_| timed_out("connection", limits.connect, false))??;
        let request = post.request()?;
        let answered = timeout_at(end.min(begun + limits.first), sender.send_request(request)).await;
        let response = answered
            .map_err(|_| timed_out("answer", limits.first.min(limits.whole), false))?
            .map_err(|source| unreachable(post.address, source))?;
        let body = Body {
            incoming: None,
            end,
            whole: limits.whole,
            silence: limits.silence,
            taken: 0,
            _connection: connection,
        };
        Ok((response, body))
    }

    async fn connect(
        &self,
        address: &Address,
    ) -> Result<(http1::SendRequest<Full<Bytes>>, Connection), Error> {
        let stream = self.dial(address).await?;
        // Tokens come in small pieces; none is to wait for the next.
        stream.set_nodelay(true).map_err(|source| unreachable(address, source))?;
        if address.tls() {
            let stream =
                self.tls.wrap(address.host(), stream).await.map_err(|source| unreachable(address, source))?;
            shake_hands(address, stream).await
        } else {
            shake_hands(address, stream).await
        }
    }

    async fn dial(&self, address: &Address) -> Result<TcpStream, Error> {
        let found = tokio::net::lookup_host((address.host(), address.port()));
        let found = found.await.map_err(|source| unreachable(address, source))?;
        let mut failure = Error::Endpoint(format!("{address} has no address"));
        for place in found {
            // Looked at here and not at the name: what a name means may change.
            if !address.tls() && !address::is_of_the_house(place.ip()) {
                failure = Error::Endpoint(format!(
                    "{address} is outside of the house; use https, so that nobody on the way reads along"
                ));
                continue;
            }
            match TcpStream::connect(place).await {
                Ok(stream) => return Ok(stream),
                Err(source) => failure = unreachable(address, source),
            }
        }
        Err(failure)
    }

    /// A stream of events is handed on; anything else is an explanation.
    async fn accept(
        &self,
        response: Response<Incoming>,
        mut body: Body,
        post: &Post<'_>,
    ) -> Result<Body, Error> {
        let kind = text_of(response.headers(), &header::CONTENT_TYPE).to_ascii_lowercase();
        if is_compressed(response.headers()) {
            return Err(compressed());
        }
        let explains = kind.starts_with("application/json") || kind.starts_with("text/html");
        if response.status() == StatusCode::OK && !explains {
            body.incoming = Some(response.into_body());
            return Ok(body);
        }
        Err(self.explained(response, body, post).await)
    }

    /// What an answer says that is none.
    async fn explained(&self, response: Response<Incoming>, mut body: Body, post: &Post<'_>) -> Error {
        let (head, incoming) = response.into_parts();
        body.incoming = Some(incoming);
        if is_compressed(&head.headers) {
            return compressed();
        }
        if head.status.is_redirection() {
            let to = text_of(&head.headers, &header::LOCATION);
            let message = format!("it points to {:?}; enter the address that answers itself", tidy(to, None));
            return Error::Refused { status: head.status.as_u16(), message };
        }
        let text = match body.explanation().await {
            Ok(text) => text,
            Err(error) => return error,
        };
        if head.status == StatusCode::OK && reported(&text).is_none() {
            let kind = text_of(&head.headers, &header::CONTENT_TYPE).to_ascii_lowercase();
            return Error::malformed(format!("it is {kind:?} and not a stream of events"));
        }
        let wait = fault::retry_after(&head.headers, (self.now)());
        fault(head.status.as_u16(), wait, &text, post.model, post.key)
    }
}

fn is_compressed(headers: &HeaderMap) -> bool {
    text_of(headers, &header::CONTENT_ENCODING).len() > "identity".len()
}

fn compressed() -> Error {
    Error::malformed("it is compressed, although that wasn't asked for")
}

/// What is sent.
pub(crate) struct Post<'a> {
    pub(crate) address: &'a Address,
    /// Below the address's own path.
    pub(crate) path: &'a str,
    pub(crate) model: &'a str,
    pub(crate) key: Option<&'a Key>,
    /// The header that the key goes into, and what stands before it.
    pub(crate) key_header: (HeaderName, &'static str),
    pub(crate) headers: &'static [(&'static str, &'static str)],
    /// The kind of answer.
    pub(crate) accept: &'static str,
    pub(crate) body: Bytes,
}

impl Post<'_> {
    fn request(&self) -> Result<Request<Full<Bytes>>, Error> {
        let unsendable = |error: &dyn std::fmt::Display| Error::Endpoint(error.to_string());
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.address.path(self.path))
            .header(header::HOST, self.address.authority())
            .header(header::USER_AGENT, concat!("LivOS/", env!("CARGO_PKG_VERSION")))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, self.accept)
            .header(header::ACCEPT_ENCODING, "identity");
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        if let Some(key) = self.key {
            let (name, before) = &self.key_header;
            let mut value = HeaderValue::try_from(format!("{before}{}", key.expose()))
                .map_err(|error| unsendable(&error))?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        request.body(Full::new(self.body.clone())).map_err(|error| unsendable(&error))
    }
}

/// The answer's body, bounded in size and time.
pub(crate) struct Body {
    incoming: Option<Incoming>,
    end: Instant,
    whole: Duration,
    silence: Duration,
    taken: usize,
    _connection: Connection,
}

impl Body {
    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let Some(incoming) = &mut self.incoming else { return Ok(None) };
        loop {
            let quiet = Instant::now() + self.silence;
            let (until, what, limit) = if quiet < self.end {
                (quiet, "more of the answer", self.silence)
            } else {
                (self.end, "end of the answer", self.whole)
            };
            let frame =
                timeout_at(until, incoming.frame()).await.map_err(|_| timed_out(what, limit, true))?;
            let frame = match frame {
                None => return Ok(None),
                Some(frame) => frame.map_err(|source| Error::CutOff { message: chain(&source) })?,
            };
            // Trailers say nothing that we want to know.
            let Ok(bytes) = frame.into_data() else { continue };
            self.taken = self.taken.saturating_add(bytes.len());
            if self.taken > ANSWER {
                return Err(Error::malformed(format!("it is longer than {} MiB", ANSWER >> 20)));
            }
            return Ok(Some(bytes));
        }
    }

    /// What a body that is no answer says, as far as it is read; that it breaks off doesn't matter.
    async fn explanation(&mut self) -> Result<String, Error> {
        let mut text = BytesMut::new();
        while let Ok(Some(bytes)) = self.next().await {
            let room = EXPLANATION - text.len();
            text.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
            if text.len() >= EXPLANATION {
                break;
            }
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Moves the bytes of one connection, and closes it when dropped.
struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn shake_hands<S>(
    address: &Address,
    stream: S,
) -> Result<(http1::SendRequest<Full<Bytes>>, Connection), Error>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(256 * 1024)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|source| unreachable(address, source))?;
    // What goes wrong on it is told to whoever reads the body.
    let moving = tokio::spawn(async move { drop(connection.await) });
    Ok((sender, Connection(moving)))
}

fn text_of<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn timed_out(what: &'static str, limit: Duration, begun: bool) -> Error {
    Error::TimedOut { what, limit, begun }
}

fn unreachable(address: &Address, source: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Unreachable { address: address.to_string(), source: Arc::new(source) }
}

/// An error and what caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
