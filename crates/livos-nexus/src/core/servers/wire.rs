//! One message to a server, over a connection that we open ourselves: no redirect, no cookie, no proxy, and nothing that
//! has no end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use livos_bus::assistant::Problem;
use livos_fetch::{Connection, HEAD, Network, Tls, host_of};
use livos_llm::{Sent, Splitter};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::transport::{Fault, Pending, Transport, said_no, without};
use crate::core::problem;
use crate::core::web::search::ask::connect;

/// The most bytes of an answer, whatever else is said on the way to it.
pub(super) const MOST: usize = 1024 * 1024;
/// The most messages on the way to an answer.
pub(super) const MESSAGES: usize = 1000;
/// Questions of the server that are answered on the way.
pub(super) const QUESTIONS: usize = 8;
/// How long a message may take that nobody waits for.
pub(super) const ASIDE: Duration = Duration::from_secs(3);
const AGENT: &str = concat!("LivOS/", env!("CARGO_PKG_VERSION"));
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// The way to servers.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) network: Arc<dyn Network>,
    pub(super) tls: Arc<Tls>,
}

/// Where a server is, and what it is sent with each message.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// The session, and which version is spoken in it.
    pub(super) session: Option<HeaderValue>,
    pub(super) version: Option<&'static str>,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Target").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// What was answered.
#[derive(Debug)]
struct Answer {
    result: Value,
    session: Option<HeaderValue>,
}

/// A server at an address.
#[derive(Debug)]
pub(super) struct Http {
    way: Way,
    target: Mutex<Target>,
}

impl Http {
    pub(super) fn new(way: Way, target: Target) -> Self {
        Self { way, target: Mutex::new(target) }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Target) -> T) -> T {
        change(&mut self.target.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn target(&self) -> Target {
        self.change(|target| target.clone())
    }
}

impl Transport for Http {
    fn name(&self) -> String {
        self.change(|target| host_of(&target.url).to_owned())
    }

    fn ask<'a>(&'a self, message: &'a Value, id: u64) -> Pending<'a, Result<Value, Fault>> {
        Box::pin(async move {
            let answer = ask(&self.way, &self.target(), message, id).await?;
            // What it calls the session comes with its greeting, and is for what follows.
            if message.get("method").and_then(Value::as_str) == Some("initialize") {
                self.change(|target| target.session = answer.session);
            }
            Ok(answer.result)
        })
    }

    fn tell<'a>(&'a self, message: &'a Value) -> Pending<'a, Result<(), Fault>> {
        Box::pin(async move { tell(&self.way, &self.target(), message).await })
    }

    fn speak(&self, version: &'static str) {
        self.change(|target| target.version = Some(version));
    }

    fn leave(&self) -> Pending<'_, ()> {
        Box::pin(async move {
            let target = self.target();
            if target.session.as_ref().is_some_and(|session| !session.is_empty()) {
                leave(&self.way, &target).await;
            }
        })
    }

    fn without_keys(&self, text: &str) -> String {
        without_keys(&self.target(), text)
    }
}

fn unreachable(message: String) -> Problem {
    problem::of("unreachable", message)
}

/// Asks something and waits for the answer. `id` is the message's own.
async fn ask(way: &Way, to: &Target, message: &Value, id: u64) -> Result<Answer, Fault> {
    let Opened { status, headers, body, connection } = open(way, to, Method::POST, Some(message)).await?;
    if !status.is_success() {
        return Err(refusal(to, status, body).await);
    }
    let session = headers.get(SESSION).filter(|value| value.len() <= 4096).cloned();
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let reading = Reading { way, to, id, messages: 0, questions: 0 };
    let result = match kind.as_str() {
        "application/json" => reading.whole(body).await?,
        "text/event-stream" => reading.stream(body).await?,
        _ => return Err(Fault::Unknown(strange(to))),
    };
    drop(connection);
    Ok(Answer { result, session })
}

/// Says something that has no answer.
async fn tell(way: &Way, to: &Target, message: &Value) -> Result<(), Fault> {
    let opened = open(way, to, Method::POST, Some(message)).await?;
    if opened.status.is_success() { Ok(()) } else { Err(refusal(to, opened.status, opened.body).await) }
}

/// The same when it does not matter whether it arrives.
async fn tell_aside(way: &Way, to: &Target, message: &Value) {
    if let Ok(Err(fault)) = tokio::time::timeout(ASIDE, tell(way, to, message)).await {
        tracing::debug!(problem = fault.into_problem().message, "a word aside did not arrive");
    }
}

/// Ends a session.
async fn leave(way: &Way, to: &Target) {
    if let Ok(Err(fault)) = tokio::time::timeout(ASIDE, open(way, to, Method::DELETE, None)).await {
        tracing::debug!(problem = fault.into_problem().message, "a session was not ended");
    }
}

struct Opened {
    status: StatusCode,
    headers: HeaderMap,
    body: Incoming,
    connection: Connection,
}

async fn open(way: &Way, to: &Target, method: Method, message: Option<&Value>) -> Result<Opened, Fault> {
    let stream = connect(&*way.network, &to.url).await.map_err(Fault::Refused)?;
    if to.url.scheme() == "https" {
        let name = host_of(&to.url).trim_start_matches('[').trim_end_matches(']').to_owned();
        let stream = way.tls.wrap(&name, stream).await.map_err(|error| {
            let why = format!("{name} can't be trusted: {error}; check the address and its certificate");
            Fault::Refused(unreachable(why))
        })?;
        send(stream, to, method, message).await
    } else {
        send(stream, to, method, message).await
    }
}

async fn send<S>(stream: S, to: &Target, method: Method, message: Option<&Value>) -> Result<Opened, Fault>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed =
        |error: &dyn std::fmt::Display| unreachable(format!("{} broke off: {error}", host_of(&to.url)));
    let handshake = http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| Fault::Refused(failed(&error)))?;
    // What goes wrong on it is told to whoever reads the body.
    let connection = Connection(tokio::spawn(async move { drop(connection.await) }));
    let target = match to.url.query() {
        Some(query) => format!("{}?{query}", to.url.path()),
        None => to.url.path().to_owned(),
    };
    let host = host_of(&to.url);
    let authority = to.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut request = Request::builder()
        .method(method)
        .uri(target)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, AGENT)
        .header(header::ACCEPT, HeaderValue::from_static("application/json, text/event-stream"))
        .header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .header(header::CONNECTION, HeaderValue::from_static("close"));
    for (name, value) in &to.headers {
        request = request.header(name, value);
    }
    if let Some(session) = &to.session {
        request = request.header(SESSION, session);
    }
    if let Some(version) = to.version {
        request = request.header(VERSION, HeaderValue::from_static(version));
    }
    let body = match message {
        Some(message) => {
            request = request.header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Bytes::from(message.to_string())
        }
        None => Bytes::new(),
    };
    let request = request.body(Full::new(body)).map_err(|error| Fault::Refused(failed(&error)))?;
    let answer = sender.send_request(request).await.map_err(|error| Fault::Unknown(failed(&error)))?;
    let (head, body) = answer.into_parts();
    Ok(Opened { status: head.status, headers: head.headers, body, connection })
}

/// What a status that is no success means, and what to do.
async fn refusal(to: &Target, status: StatusCode, body: Incoming) -> Fault {
    let host = host_of(&to.url);
    let because = reason(to, body).await;
    let because = if because.is_empty() { String::new() } else { format!(" ({because})") };
    let of = |code: &str, message: String| problem::of(code, message);
    Fault::Refused(match status.as_u16() {
        404 if to.session.is_some() => return Fault::Gone,
        401 | 403 => of(
            "key_refused",
            format!(
                "{host} refuses what it was sent as a key{because}; enter a valid one. A server that wants its users to sign in can't be used"
            ),
        ),
        300..=399 => of(
            "unreachable",
            format!(
                "{host} points elsewhere, and that is not followed; enter the address that answers itself"
            ),
        ),
        404 | 405 => of(
            "unreachable",
            format!("{host} has no such server at {}{because}; check the address", to.url.path()),
        ),
        429 => of("rate_limited", format!("{host} is asked too often{because}; try again later")),
        500.. => {
            let why = format!("{host} answers {status}{because}; look into that server's log");
            return Fault::Unknown(of("unreachable", why));
        }
        400 | 406 | 413 | 415 => {
            of("unreachable", format!("{host} answers {status}{because}; check the address"))
        }
        // Some of these come after something was done.
        _ => {
            let why = format!("{host} answers {status}{because}; check the address");
            return Fault::Unknown(of("unreachable", why));
        }
    })
}

/// The beginning of an explanation, without what could be a key of ours.
async fn reason(to: &Target, mut body: Incoming) -> String {
    let read = async {
        let mut bytes = Vec::new();
        while bytes.len() < 2000 {
            match body.frame().await {
                Some(Ok(frame)) => bytes.extend(frame.into_data().unwrap_or_default()),
                _ => break,
            }
        }
        bytes
    };
    let Ok(bytes) = tokio::time::timeout(ASIDE, read).await else { return String::new() };
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let said = ["/error/message", "/error_description", "/message", "/error", "/detail"]
        .iter()
        .find_map(|place| value.pointer(place)?.as_str());
    words(&without_keys(to, said.unwrap_or_default()), 200)
}

/// Servers like to repeat what they refuse.
fn without_keys(to: &Target, text: &str) -> String {
    without(to.headers.iter().filter_map(|(_, value)| value.to_str().ok()), text)
}

/// A stranger's words on one line, of so many letters.
pub(super) fn words(text: &str, most: usize) -> String {
    let text = crate::core::web::text::visible(text);
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

fn strange(to: &Target) -> Problem {
    unreachable(format!(
        "what answers at {} is no server of tools that is spoken to by streamable HTTP; check the address",
        to.url
    ))
}

/// Reads until the answer comes.
struct Reading<'a> {
    way: &'a Way,
    to: &'a Target,
    id: u64,
    messages: usize,
    questions: usize,
}

impl Reading<'_> {
    fn too_much(&self) -> Fault {
        let host = host_of(&self.to.url);
        Fault::Unknown(problem::of("limit", format!("{host} answers with more than is read of one")))
    }

    fn broken(&self, error: &dyn std::fmt::Display) -> Fault {
        Fault::Unknown(unreachable(format!("{} broke off: {error}", host_of(&self.to.url))))
    }

    async fn whole(mut self, mut body: Incoming) -> Result<Value, Fault> {
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.broken(&error))?;
            let Ok(data) = frame.into_data() else { continue };
            if bytes.len() + data.len() > MOST {
                return Err(self.too_much());
            }
            bytes.extend_from_slice(&data);
        }
        let value = serde_json::from_slice(&bytes).map_err(|_| Fault::Unknown(strange(self.to)))?;
        match self.take(value).await? {
            Some(result) => Ok(result),
            None => Err(Fault::Unknown(strange(self.to))),
        }
    }

    async fn stream(mut self, mut body: Incoming) -> Result<Value, Fault> {
        let mut splitter = Splitter::default();
        let mut events: VecDeque<Sent> = VecDeque::new();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.broken(&error))?;
            let Ok(data) = frame.into_data() else { continue };
            length += data.len();
            if length > MOST {
                return Err(self.too_much());
            }
            splitter.push(&data, &mut events).map_err(|_| Fault::Unknown(strange(self.to)))?;
            while let Some(event) = events.pop_front() {
                // One that only says where the stream is has no data.
                if event.data.is_empty() {
                    continue;
                }
                let value = serde_json::from_str(&event.data);
                let value = value.map_err(|_| Fault::Unknown(strange(self.to)))?;
                if let Some(result) = self.take(value).await? {
                    return Ok(result);
                }
            }
        }
        Err(self.broken(&"it ended before it answered"))
    }

    /// A message, or several. The result, if this is the answer.
    async fn take(&mut self, value: Value) -> Result<Option<Value>, Fault> {
        let messages = match value {
            Value::Array(messages) => messages,
            message => vec![message],
        };
        for mut message in messages {
            self.messages += 1;
            if self.messages > MESSAGES {
                return Err(self.too_much());
            }
            let method = message.get("method").and_then(Value::as_str).map(str::to_owned);
            match (method, message.get("id").cloned()) {
                (Some(method), Some(id)) => self.answer(&method, &id).await,
                (None, Some(id)) if id.as_u64() == Some(self.id) => {
                    if let Some(error) = message.get("error") {
                        return Err(said_no(error, |text| without_keys(self.to, text)));
                    }
                    return match message.get_mut("result") {
                        Some(result) => Ok(Some(result.take())),
                        None => Err(Fault::Unknown(strange(self.to))),
                    };
                }
                _ => {}
            }
        }
        Ok(None)
    }

    async fn answer(&mut self, method: &str, id: &Value) {
        self.questions += 1;
        if self.questions > QUESTIONS {
            return;
        }
        tell_aside(self.way, self.to, &answer_to(method, id)).await;
    }
}

/// It may ask whether we are there; whatever else it asks for, it does not get: no model, no files, no person.
pub(super) fn answer_to(method: &str, id: &Value) -> Value {
    if method == "ping" {
        json!({ "jsonrpc": "2.0", "id": id, "result": {} })
    } else {
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": -32601, "message": "not offered" } })
    }
}
