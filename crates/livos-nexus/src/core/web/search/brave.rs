//! Brave Search: <https://api.search.brave.com/app/documentation/web-search/get-started>.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method};
use livos_llm::Key;
use serde_json::Value;
use url::Url;

use super::{Ask, Found, Said, below, header, listed, secret};

pub(super) fn ask(base: &Url, query: &str, most: usize, key: Option<&Key>) -> Result<Ask, String> {
    let mut url = below(base, "/res/v1/web/search");
    url.query_pairs_mut()
        .append_pair("q", query)
        .append_pair("count", &most.to_string())
        .append_pair("result_filter", "web")
        .append_pair("text_decorations", "false");
    let headers = vec![(HeaderName::from_static("x-subscription-token"), secret("", key)?)];
    Ok(Ask { method: Method::GET, url, headers, body: Bytes::new() })
}

/// Nothing found is an answer without `web`.
pub(super) fn results(value: &Value) -> Option<Box<dyn Iterator<Item = Found<'_>> + Send + '_>> {
    if value.get("type").and_then(Value::as_str) != Some("search") {
        return None;
    }
    match value.get("web") {
        None | Some(Value::Null) => Some(Box::new(std::iter::empty())),
        Some(web) => listed(web.get("results"), "description", true),
    }
}

pub(super) fn fault(said: &Said) -> Option<(&'static str, &'static str)> {
    match said.status.as_u16() {
        // What is wrong about a key is a value that does not fit here.
        422 if says(&said.body, "SUBSCRIPTION_TOKEN_INVALID") => {
            Some(("key_refused", "Brave Search refuses the key; enter a valid one"))
        }
        429 if last(&said.headers, "x-ratelimit-remaining") == Some(0)
            || says(&said.body, "QUOTA_LIMITED") =>
        {
            Some(("limit", "what this account at Brave Search may ask in a month is used up"))
        }
        _ => None,
    }
}

/// Its limits are for a second and for a month; whichever is used up has to pass.
pub(super) fn wait(headers: &HeaderMap) -> Option<u64> {
    let resets = header(headers, "x-ratelimit-reset");
    if last(headers, "x-ratelimit-remaining") == Some(0) {
        return last(headers, "x-ratelimit-reset");
    }
    resets.split(',').next()?.trim().parse().ok()
}

/// Of several, that of the month. One alone is the second's.
fn last(headers: &HeaderMap, name: &str) -> Option<u64> {
    header(headers, name).rsplit_once(',')?.1.trim().parse().ok()
}

/// Whether an error names this code. One that is no JSON, as of something on the way, names none; its status is told.
fn says(body: &[u8], code: &str) -> bool {
    let value: Option<Value> = serde_json::from_slice(body).ok();
    value.and_then(|value| Some(value.get("error")?.get("code")?.as_str()? == code)).unwrap_or(false)
}
