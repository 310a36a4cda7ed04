//! Search engines behind one port: how each is asked, what its answer says, and what its refusals mean.
//!
//! Who searches for the house is chosen by those who run it, so its address may be one of the household; what it finds
//! is a stranger's words as every page is, and only addresses that `scrape` could read are kept of it.

pub(crate) mod ask;
mod brave;
mod searxng;
mod tavily;

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use livos_bus::assistant::Problem;
use livos_fetch::{Network, Tls};
use livos_llm::Key;
use serde_json::Value;
use url::Url;

use super::address;
use super::text::{Writer, visible};
use crate::core::problem;

/// The most results of one search.
pub(crate) const MOST: usize = 10;
/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest title, piece of text and address of a result, in bytes: ten of them are no more than a tool may say.
const TITLE: usize = 200;
const SNIPPET: usize = 600;
const ADDRESS: usize = 600;
/// The longest address of an engine, in bytes.
const BASE: usize = 500;
/// The longest explanation that is passed on, in letters.
const REASON: usize = 200;
/// The longest wait that is believed, in seconds.
const WAIT: u64 = 31 * 24 * 60 * 60;

/// What searches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One's own, at home or elsewhere.
    Searxng,
    Brave,
    Tavily,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Searxng, Self::Brave, Self::Tavily];

    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Searxng => "searxng",
            Self::Brave => "brave",
            Self::Tavily => "tavily",
        }
    }

    /// What people call it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Searxng => "SearXNG",
            Self::Brave => "Brave Search",
            Self::Tavily => "Tavily",
        }
    }

    /// Where it is, if that is the same for everybody; such a one wants a key.
    pub(crate) fn place(self) -> Option<&'static str> {
        match self {
            Self::Searxng => None,
            Self::Brave => Some("https://api.search.brave.com"),
            Self::Tavily => Some("https://api.tavily.com"),
        }
    }
}

/// A page that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) title: String,
    pub(crate) url: Url,
    pub(crate) snippet: String,
}

/// How an engine is asked.
#[derive(Debug)]
struct Ask {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// What it answers.
#[derive(Debug)]
struct Said {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// An engine that can be asked.
#[derive(Debug)]
pub(crate) struct Engine {
    kind: Kind,
    base: Url,
    key: Option<Key>,
}

impl Engine {
    pub(crate) fn new(kind: Kind, base: &str, key: Option<Key>) -> Result<Self, String> {
        if kind.place().is_some() && key.is_none() {
            return Err(format!("{} wants a key; enter the one of your account there", kind.label()));
        }
        Ok(Self { kind, base: parse_base(base)?, key })
    }

    /// Searches. `now` is in UTC seconds.
    pub(crate) async fn search(
        &self,
        network: &dyn Network,
        tls: &Tls,
        query: &str,
        most: usize,
        now: i64,
    ) -> Result<Vec<Hit>, Problem> {
        let most = most.clamp(1, MOST);
        let ask = match self.kind {
            Kind::Searxng => searxng::ask(&self.base, query),
            Kind::Brave => brave::ask(&self.base, query, most, self.key.as_ref()),
            Kind::Tavily => tavily::ask(&self.base, query, most, self.key.as_ref()),
        };
        let ask = ask.map_err(|why| problem::of("unreachable", why))?;
        let said = tokio::time::timeout(PATIENCE, ask::send(network, tls, ask)).await.map_err(|_| {
            let label = self.kind.label();
            problem::of(
                "unreachable",
                format!("{label} did not answer within {} s; try again", PATIENCE.as_secs()),
            )
        })??;
        if said.status != StatusCode::OK {
            return Err(self.fault(&said, now));
        }
        let value: Value = serde_json::from_slice(&said.body).map_err(|_| self.strange())?;
        let results = match self.kind {
            Kind::Searxng => searxng::results(&value)?,
            Kind::Brave => brave::results(&value),
            Kind::Tavily => tavily::results(&value),
        };
        let results = results.ok_or_else(|| self.strange())?;
        Ok(results.filter_map(|result| hit(&result)).take(most).collect())
    }

    fn strange(&self) -> Problem {
        let label = self.kind.label();
        problem::of(
            "unreachable",
            format!("what {} answers is not the answer of {label}; check the address", self.base),
        )
    }

    /// Why it was refused, and what to do.
    fn fault(&self, said: &Said, now: i64) -> Problem {
        let label = self.kind.label();
        let reason = self.reason(&said.body);
        let because = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        let special = match self.kind {
            Kind::Searxng => searxng::fault(said.status),
            Kind::Brave => brave::fault(said),
            Kind::Tavily => tavily::fault(said.status),
        };
        if let Some((code, why)) = special {
            let retry_after = if code == "key_refused" { None } else { self.wait(said, now) };
            return Problem { code: code.to_owned(), message: format!("{why}{because}"), retry_after };
        }
        let status = said.status.as_u16();
        let (code, message) = match status {
            401 | 403 => ("key_refused", format!("{label} refuses the key{because}; enter a valid one")),
            402 => ("limit", format!("{label} wants to be paid{because}; look into the account there")),
            429 => ("rate_limited", format!("{label} is asked too often{because}; try again later")),
            300..=399 => (
                "unreachable",
                format!("{} points elsewhere; enter the address that answers itself", self.base),
            ),
            404 => ("unreachable", format!("there is no search at {}; check the address", self.base)),
            500.. => ("unreachable", format!("{label} answers {status}{because}; try again later")),
            _ => ("internal", format!("{label} refuses to search: {status}{because}")),
        };
        Problem { code: code.to_owned(), message, retry_after: self.wait(said, now) }
    }

    fn wait(&self, said: &Said, now: i64) -> Option<u64> {
        let own = if self.kind == Kind::Brave { brave::wait(&said.headers) } else { None };
        retry_after(&said.headers, now).or(own).map(|wait| wait.clamp(1, WAIT))
    }

    /// What a refusal says, on a line, without our key: servers like to repeat what they refuse.
    fn reason(&self, body: &[u8]) -> String {
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return String::new() };
        let text = ["error", "detail", "message"].iter().find_map(|name| {
            let found = value.get(*name)?;
            let inner = ["detail", "error", "message"].iter().find_map(|name| found.get(*name)?.as_str());
            inner.or_else(|| found.as_str())
        });
        let mut text = text.unwrap_or_default().to_owned();
        if let Some(key) = &self.key {
            text = text.replace(key.expose(), "[key]");
        }
        line(&text).chars().take(REASON).collect::<String>().trim_end_matches(['.', ' ']).to_owned()
    }
}

/// An engine's address as an admin typed it.
fn parse_base(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("{why}: an address looks like http://192.168.1.20:8080");
    let text = text.trim();
    if text.len() > BASE {
        return Err(wrong("that is too long"));
    }
    let mut url = Url::parse(text).map_err(|_| wrong("that is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with neither https:// nor http://"));
    }
    if url.host().is_none() {
        return Err(wrong("there is no host in it"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("a password in an address would be seen"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("there is more in it than where the search is"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// What stands below an engine's address.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// One result as an engine says it.
#[derive(Debug, Default)]
struct Found<'a> {
    title: &'a str,
    url: &'a str,
    snippet: &'a str,
    /// Its text is written in HTML.
    markup: bool,
}

/// The results in a list of objects; nothing when it is none.
fn listed<'a>(
    list: Option<&'a Value>,
    snippet: &'static str,
    markup: bool,
) -> Option<Box<dyn Iterator<Item = Found<'a>> + Send + 'a>> {
    let text = |one: &'a Value, name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default();
    let list = list?.as_array()?;
    Some(Box::new(list.iter().map(move |one| Found {
        title: text(one, "title"),
        url: text(one, "url"),
        snippet: text(one, snippet),
        markup,
    })))
}

/// A result, bounded; nothing if its address is none that is read.
fn hit(found: &Found<'_>) -> Option<Hit> {
    let url = address::parse(found.url).ok().filter(|url| url.as_str().len() <= ADDRESS)?;
    let plain = |text: &str, longest: usize| {
        // Far more than is kept of it, far less than takes long.
        let text = &text[..text.floor_char_boundary(longest * 8)];
        let text = if found.markup { Writer::read(text, &url, false, false).text } else { text.to_owned() };
        let text = line(&text);
        text[..text.floor_char_boundary(longest)].trim_end().to_owned()
    };
    let (title, snippet) = (plain(found.title, TITLE), plain(found.snippet, SNIPPET));
    Some(Hit { title, snippet, url })
}

/// A text on one line, of letters that people see.
pub(crate) fn line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim()
}

/// Seconds, or a date.
fn retry_after(headers: &HeaderMap, now: i64) -> Option<u64> {
    let text = header(headers, "retry-after");
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let until = chrono::DateTime::parse_from_rfc2822(text).ok()?.timestamp();
    u64::try_from(until.saturating_sub(now)).ok()
}

/// A header that nobody prints.
fn secret(before: &str, key: Option<&Key>) -> Result<HeaderValue, String> {
    let key = key.map(Key::expose).unwrap_or_default();
    let mut value =
        HeaderValue::try_from(format!("{before}{key}")).map_err(|_| "that key can't be sent".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}
