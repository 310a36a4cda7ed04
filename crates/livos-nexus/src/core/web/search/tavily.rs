//! Tavily: <https://docs.tavily.com/documentation/api-reference/endpoint/search>.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header};
use livos_llm::Key;
use serde_json::{Value, json};
use url::Url;

use super::{Ask, Found, below, listed, secret};

pub(super) fn ask(base: &Url, query: &str, most: usize, key: Option<&Key>) -> Result<Ask, String> {
    let body = json!({ "query": query, "max_results": most, "search_depth": "basic" });
    let headers = vec![
        (header::AUTHORIZATION, secret("Bearer ", key)?),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
    ];
    Ok(Ask {
        method: Method::POST,
        url: below(base, "/search"),
        headers,
        body: Bytes::from(body.to_string()),
    })
}

pub(super) fn results(value: &Value) -> Option<Box<dyn Iterator<Item = Found<'_>> + Send + '_>> {
    listed(value.get("results"), "content", false)
}

pub(super) fn fault(status: StatusCode) -> Option<(&'static str, &'static str)> {
    match status.as_u16() {
        432 | 433 => Some(("limit", "what this account at Tavily may ask is used up; raise its limit there")),
        _ => None,
    }
}
