//! An HTTP client that behaves like a browser where it matters: cookies by path, the CSRF token,
//! tus uploads and the event stream.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};

const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// A visitor of one LivOS.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    jar: Arc<Mutex<Jar>>,
}

#[derive(Debug, Default)]
struct Jar {
    /// Value and path by name.
    cookies: BTreeMap<String, (String, String)>,
    csrf: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: header::HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON, if the status is `status`.
    pub fn expect(self, status: u16) -> Result<Value> {
        ensure!(self.status == status, "status {} instead of {status}: {}", self.status, self.text());
        Ok(self.json())
    }
}

impl Client {
    /// A new visitor of `base` (`http://127.0.0.1:8080`).
    pub fn new(base: &str) -> Result<Self> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .context("no HTTP client")?;
        Ok(Self { http, base: base.to_owned(), jar: Arc::default() })
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(self.request(Method::PATCH, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// A request with this visitor's cookies and token, to add to.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.base) };
        let safe = method == Method::GET || method == Method::HEAD;
        let mut request = self.http.request(method, url);
        let jar = self.jar.lock().unwrap_or_else(PoisonError::into_inner);
        let route = path.split('?').next().unwrap_or(path);
        let cookies: Vec<String> = jar
            .cookies
            .iter()
            .filter(|(_, (_, scope))| route.starts_with(scope.as_str()))
            .map(|(name, (value, _))| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() && path.starts_with('/') {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let Some(csrf) = jar.csrf.as_ref().filter(|_| !safe) {
            request = request.header("X-CSRF-Token", csrf);
        }
        request
    }

    /// Sends, keeps the cookies, reads the answer to its end.
    pub async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let response = request.timeout(ANSWER_WITHIN).send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        self.keep_cookies(&headers);
        let bytes = response.bytes().await?.to_vec();
        Ok(Answer { status, headers, bytes })
    }

    fn keep_cookies(&self, headers: &header::HeaderMap) {
        let mut jar = self.jar.lock().unwrap_or_else(PoisonError::into_inner);
        for line in headers.get_all(header::SET_COOKIE) {
            let Some((pair, attributes)) =
                line.to_str().ok().map(|text| text.split_once(';').unwrap_or((text, "")))
            else {
                continue;
            };
            let Some((name, value)) = pair.split_once('=') else { continue };
            let attribute = |wanted: &str| {
                attributes.split(';').find_map(|part| {
                    let (name, value) = part.trim().split_once('=')?;
                    name.eq_ignore_ascii_case(wanted).then(|| value.to_owned())
                })
            };
            if value.is_empty() || attribute("max-age").as_deref() == Some("0") {
                jar.cookies.remove(name);
            } else {
                let scope = attribute("path").unwrap_or_else(|| "/".to_owned());
                jar.cookies.insert(name.to_owned(), (value.to_owned(), scope));
            }
        }
    }

    /// The cookies by name, for tests that tamper with them.
    #[must_use]
    pub fn cookies(&self) -> BTreeMap<String, String> {
        let jar = self.jar.lock().unwrap_or_else(PoisonError::into_inner);
        jar.cookies.iter().map(|(name, (value, _))| (name.clone(), value.clone())).collect()
    }

    /// Sends this token with every unsafe request; `None` forgets it.
    pub fn set_csrf(&self, token: Option<&str>) {
        let mut jar = self.jar.lock().unwrap_or_else(PoisonError::into_inner);
        jar.csrf = token.map(str::to_owned);
    }

    /// Becomes the owner of a LivOS that nobody has claimed.
    pub async fn claim(&self, code: &str, username: &str, password: &str) -> Result<Value> {
        self.post("/api/v1/setup/claim", &json!({ "code": code })).await?.expect(204)?;
        let account = json!({ "code": code, "name": username, "username": username, "password": password });
        let session = self.post("/api/v1/setup/account", &account).await?.expect(201)?;
        self.take_token(&session)?;
        Ok(session)
    }

    /// Signs in.
    pub async fn sign_in(&self, username: &str, password: &str) -> Result<Value> {
        let session = self
            .post("/api/v1/session", &json!({ "username": username, "password": password }))
            .await?
            .expect(200)?;
        self.take_token(&session)?;
        Ok(session)
    }

    fn take_token(&self, session: &Value) -> Result<()> {
        let token = session.get("csrf").and_then(Value::as_str).context("the session has no token")?;
        self.set_csrf(Some(token));
        Ok(())
    }

    /// Begins a tus upload; answers its address.
    pub async fn begin_upload(&self, root: &str, folder: &str, name: &str, length: usize) -> Result<String> {
        use std::fmt::Write as _;
        let mut metadata = String::new();
        for (key, value) in
            [("root", root), ("path", folder), ("filename", name), ("on_conflict", "keep_both")]
        {
            let _ = write!(
                metadata,
                "{}{key} {}",
                if metadata.is_empty() { "" } else { "," },
                base64(value.as_bytes())
            );
        }
        let request = self
            .request(Method::POST, "/api/v1/uploads")
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Length", length)
            .header("Upload-Metadata", metadata);
        let answer = self.send(request).await?;
        ensure!(answer.status == 201, "status {} instead of 201: {}", answer.status, answer.text());
        Ok(answer.header("location").context("the upload has no address")?.to_owned())
    }

    /// Sends bytes from `offset` on; answers the new offset.
    pub async fn send_part(&self, address: &str, offset: usize, bytes: &[u8]) -> Result<usize> {
        let request = self
            .request(Method::PATCH, address)
            .header("Tus-Resumable", "1.0.0")
            .header("Upload-Offset", offset)
            .header(header::CONTENT_TYPE, "application/offset+octet-stream")
            .body(bytes.to_vec());
        let answer = self.send(request).await?;
        ensure!(answer.status == 204, "status {} instead of 204: {}", answer.status, answer.text());
        answer.header("upload-offset").and_then(|text| text.parse().ok()).context("no offset in the answer")
    }

    /// How far an upload is.
    pub async fn upload_offset(&self, address: &str) -> Result<usize> {
        let request = self.request(Method::HEAD, address).header("Tus-Resumable", "1.0.0");
        let answer = self.send(request).await?;
        ensure!(answer.status == 200, "status {} instead of 200", answer.status);
        answer.header("upload-offset").and_then(|text| text.parse().ok()).context("no offset in the answer")
    }

    /// A whole file at once.
    pub async fn upload(&self, root: &str, folder: &str, name: &str, bytes: &[u8]) -> Result<()> {
        let address = self.begin_upload(root, folder, name, bytes.len()).await?;
        let offset = if bytes.is_empty() { 0 } else { self.send_part(&address, 0, bytes).await? };
        ensure!(offset == bytes.len(), "only {offset} of {} bytes arrived", bytes.len());
        Ok(())
    }

    /// Follows the event stream, from `last` on if given.
    pub async fn events(&self, last: Option<&str>) -> Result<Events> {
        let mut request =
            self.request(Method::GET, "/api/v1/events").header(header::ACCEPT, "text/event-stream");
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await?;
        ensure!(response.status() == 200, "the event stream answers {}", response.status());
        Ok(Events { response, buffer: Vec::new() })
    }

    /// Waits until a job has ended; its last description.
    pub async fn job_ended(&self, id: &str, within: Duration) -> Result<Value> {
        let path = format!("/api/v1/jobs/{id}");
        crate::wait_for(within, &format!("job {id} ends"), async || {
            // While a daemon is restarting the answer may be an error; that is not the job's end.
            let job = self.get(&path).await.ok().filter(|answer| answer.status == 200)?.json();
            let state = job.get("state")?.as_str()?;
            (!matches!(state, "queued" | "running")).then_some(job.clone())
        })
        .await
    }
}

/// One event of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `<epoch>-<seq>`; empty when the server gave none.
    pub id: String,
    /// Its kind.
    pub name: String,
    /// What it carries.
    pub data: Value,
}

/// An open event stream.
#[derive(Debug)]
pub struct Events {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

impl Events {
    /// The next event, pings included.
    pub async fn next(&mut self) -> Result<Event> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(event) = parse(&String::from_utf8_lossy(&block)) {
                    return Ok(event);
                }
                continue;
            }
            match self.response.chunk().await? {
                Some(bytes) => self.buffer.extend_from_slice(&bytes),
                None => bail!("the event stream ended"),
            }
        }
    }

    /// The next event that `wanted` takes.
    pub async fn until(&mut self, within: Duration, wanted: impl Fn(&Event) -> bool) -> Result<Event> {
        let look = async {
            loop {
                let event = self.next().await?;
                if wanted(&event) {
                    return Ok(event);
                }
            }
        };
        tokio::time::timeout(within, look).await.context("the event did not come in time")?
    }
}

fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim_start()))
    };
    let name = field("event")?;
    let data = field("data").and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    Some(Event { id: field("id").unwrap_or_default().to_owned(), name: name.to_owned(), data })
}

/// The standard alphabet, for metadata of tus.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = ALPHABET.get((group >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_is_the_standard_one() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(super::base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn events_are_blocks_of_fields() {
        let event = super::parse("id: 7-1\nevent: dir\ndata: {\"root\":\"home\"}\n\n").expect("an event");
        assert_eq!((event.id.as_str(), event.name.as_str()), ("7-1", "dir"));
        assert_eq!(event.data["root"], "home");
        assert_eq!(super::parse(": comment\n\n"), None);
    }
}
