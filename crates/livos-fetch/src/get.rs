//! One file: the way there, looked at anew at every step, and what it answers, as far as it is read.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use flate2::write::GzDecoder;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use url::{Host, Url};

use crate::address;
use crate::network::Network;
use crate::tls::Tls;

/// The most bytes of an answer's head.
pub const HEAD: usize = 64 * 1024;
/// How often a file may be elsewhere.
const REDIRECTS: usize = 5;
/// Addresses of one name that are tried.
pub const TRIES: usize = 3;

const AGENT: &str = concat!("LivOS/", env!("CARGO_PKG_VERSION"), " (home server)");

/// What is wanted of a file.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<A, W> {
    /// Asked about every address on the way, beside what is refused in any case; an error says why it is refused.
    pub admits: A,
    /// Whether a kind of content (`text/html`, in lower case) is read.
    pub wants: W,
    /// The value of the header `Accept`.
    pub accept: &'static str,
    /// The most bytes that are kept, unpacked.
    pub most: usize,
}

/// What was answered.
#[derive(Debug)]
pub struct Answered {
    /// Where it was in the end.
    pub url: Url,
    /// `text/html`, in lower case.
    pub kind: String,
    /// As it was named.
    pub charset: Option<String>,
    /// How long it says it is, in bytes, packed.
    pub length: Option<u64>,
    /// Unpacked; empty if this kind is not wanted.
    pub body: Vec<u8>,
    /// There is more than was read, or it broke off.
    pub cut: bool,
}

/// Reads a file. An error is a sentence that says why not.
pub async fn get<A, W>(
    network: &dyn Network,
    tls: &Tls,
    mut url: Url,
    wanted: Wanted<A, W>,
) -> Result<Answered, String>
where
    A: Fn(&Url) -> Result<(), String> + Send,
    W: Fn(&str) -> bool + Send,
{
    for _ in 0..=REDIRECTS {
        address::admit(&url)?;
        (wanted.admits)(&url)?;
        let answer = ask(network, tls, &url, wanted.accept).await?;
        match answer.next(&url)? {
            Some(next) => url = next,
            None => return answer.read(url, wanted.wants, wanted.most).await,
        }
    }
    Err(format!("it points elsewhere more than {REDIRECTS} times"))
}

/// An answer whose body has not been read.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Incoming,
    _connection: Connection,
}

/// Moves the bytes of one connection, and closes it when dropped.
#[derive(Debug)]
pub struct Connection(pub JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn ask(network: &dyn Network, tls: &Tls, url: &Url, accept: &'static str) -> Result<Answer, String> {
    let stream = connect(network, url).await?;
    let failed = |error: &dyn std::fmt::Display| format!("{} can't be read: {error}", host_of(url));
    if url.scheme() == "https" {
        let name = host_of(url);
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let stream = tls.wrap(name, stream).await.map_err(|error| failed(&error))?;
        send(stream, url, accept).await
    } else {
        send(stream, url, accept).await
    }
}

/// A connection to an address that was looked at: what a name means may change, so it is not asked again.
async fn connect(network: &dyn Network, url: &Url) -> Result<TcpStream, String> {
    let port = url.port_or_known_default().unwrap_or(443);
    let host = host_of(url);
    let unknown = || format!("{host} is not known; is the address right, and is this server online?");
    let found: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![(IpAddr::V4(address), port).into()],
        Some(Host::Ipv6(address)) => vec![(IpAddr::V6(address), port).into()],
        Some(Host::Domain(name)) => network.resolve(name, port).await.map_err(|_| unknown())?,
        None => Vec::new(),
    };
    if found.is_empty() {
        return Err(unknown());
    }
    let own = network.own().await.map_err(|error| {
        tracing::error!(%error, "this machine's own addresses can't be told");
        "which addresses are this server's own can't be told, so nothing is read; its log says why".to_owned()
    })?;
    address::reachable(&found, &own)?;
    let mut failure = String::new();
    for place in found.into_iter().take(TRIES) {
        match network.connect(place).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = format!("{host} does not answer: {error}"),
        }
    }
    Err(failure)
}

async fn send<S>(stream: S, url: &Url, accept: &'static str) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |error: hyper::Error| {
        let why = if error.is_parse_too_large() {
            "the head of its answer is too long".to_owned()
        } else if error.is_parse() {
            "what it answers is not HTTP".to_owned()
        } else {
            error.to_string()
        };
        format!("{} can't be read: {why}", host_of(url))
    };
    let (mut sender, connection) =
        http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(stream)).await.map_err(failed)?;
    // What goes wrong on it is told to whoever reads the body.
    let connection = Connection(tokio::spawn(async move { drop(connection.await) }));
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target = format!("{target}?{query}");
    }
    let mut host = host_of(url).to_owned();
    if let Some(port) = url.port() {
        host = format!("{host}:{port}");
    }
    let request = Request::builder()
        .method(Method::GET)
        .uri(target)
        .header(header::HOST, host)
        .header(header::USER_AGENT, AGENT)
        .header(header::ACCEPT, HeaderValue::from_static(accept))
        .header(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"))
        .header(header::CONNECTION, HeaderValue::from_static("close"))
        .body(Empty::<Bytes>::new())
        .map_err(|error| format!("that address can't be asked for: {error}"))?;
    let (head, body) = sender.send_request(request).await.map_err(failed)?.into_parts();
    Ok(Answer { status: head.status, headers: head.headers, body, _connection: connection })
}

impl Answer {
    fn header(&self, name: &HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where it points, if it does; otherwise it has to be a page.
    fn next(&self, url: &Url) -> Result<Option<Url>, String> {
        if self.status.is_success() {
            return Ok(None);
        }
        let to = self.header(&header::LOCATION);
        if self.status.is_redirection() && !to.is_empty() {
            let mut next = url.join(to).map_err(|_| "it points to what is no address".to_owned())?;
            next.set_fragment(None);
            return Ok(Some(next));
        }
        Err(format!("{} answers {}", host_of(url), self.status))
    }

    async fn read(
        mut self,
        url: Url,
        wants: impl Fn(&str) -> bool + Send,
        most: usize,
    ) -> Result<Answered, String> {
        let (kind, charset) = content_type(self.header(&header::CONTENT_TYPE));
        // Only to be said; what comes is counted.
        let length = self.header(&header::CONTENT_LENGTH).parse().ok();
        let mut answered = Answered { url, kind, charset, length, body: Vec::new(), cut: false };
        if !wants(&answered.kind) {
            return Ok(answered);
        }
        let encoding = self.header(&header::CONTENT_ENCODING).trim().to_ascii_lowercase();
        let mut unpacked = match encoding.as_str() {
            "" | "identity" => Unpacked::Plain(Room::of(most)),
            "gzip" | "x-gzip" => Unpacked::Gzip(Box::new(GzDecoder::new(Room::of(most)))),
            _ => return Err("it is packed in a way that was not asked for".to_owned()),
        };
        while let Some(frame) = self.body.frame().await {
            // What there was of it is worth something.
            let Ok(frame) = frame else {
                answered.cut = true;
                break;
            };
            let Ok(data) = frame.into_data() else { continue };
            if !unpacked.push(&data)? {
                answered.cut = true;
                break;
            }
        }
        let (body, whole) = unpacked.end();
        answered.body = body;
        answered.cut |= !whole;
        Ok(answered)
    }
}

/// Keeps what fits.
#[derive(Debug)]
struct Room {
    most: usize,
    bytes: Vec<u8>,
    full: bool,
}

impl Room {
    fn of(most: usize) -> Self {
        Self { most, bytes: Vec::new(), full: false }
    }
}

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let fits = bytes.len().min(self.most - self.bytes.len());
        self.bytes.extend_from_slice(&bytes[..fits]);
        if fits < bytes.len() {
            self.full = true;
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        Ok(fits)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

enum Unpacked {
    Plain(Room),
    Gzip(Box<GzDecoder<Room>>),
}

impl Unpacked {
    /// False when there is no more room.
    fn push(&mut self, data: &[u8]) -> Result<bool, String> {
        let (outcome, room) = match self {
            Self::Plain(room) => (room.write_all(data), &*room),
            Self::Gzip(decoder) => (decoder.write_all(data), decoder.get_ref()),
        };
        match outcome {
            Ok(()) => Ok(true),
            Err(_) if room.full => Ok(false),
            Err(error) => Err(format!("it can't be unpacked: {error}")),
        }
    }

    /// What was kept, and whether that is all.
    fn end(self) -> (Vec<u8>, bool) {
        match self {
            Self::Plain(room) => (room.bytes, !room.full),
            Self::Gzip(mut decoder) => {
                let whole = decoder.try_finish().is_ok();
                let room = decoder.get_mut();
                (std::mem::take(&mut room.bytes), whole && !room.full)
            }
        }
    }
}

/// The host of an address, as it is written there; IPv6 in brackets.
#[must_use]
pub fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// The kind and the charset that a header names.
fn content_type(header: &str) -> (String, Option<String>) {
    let mut parts = header.split(';');
    let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    });
    (kind, charset)
}
