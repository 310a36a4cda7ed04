//! SearXNG: <https://docs.searxng.org/dev/search_api.html>. It wants no key, and gives JSON where its settings let it.

use bytes::Bytes;
use http::{Method, StatusCode};
use livos_bus::assistant::Problem;
use serde_json::Value;
use url::Url;

use super::{Ask, Found, below, line, listed};
use crate::core::problem;

pub(super) fn ask(base: &Url, query: &str) -> Result<Ask, String> {
    let mut url = below(base, "/search");
    url.query_pairs_mut().append_pair("q", query).append_pair("format", "json");
    Ok(Ask { method: Method::GET, url, headers: Vec::new(), body: Bytes::new() })
}

type Results<'a> = Option<Box<dyn Iterator<Item = Found<'a>> + Send + 'a>>;

pub(super) fn results(value: &Value) -> Result<Results<'_>, Problem> {
    let results = value.get("results");
    let none = results.and_then(Value::as_array).is_some_and(Vec::is_empty);
    // It asks others, and says which of them did not answer it.
    if none && let Some(away) = value.get("unresponsive_engines").and_then(Value::as_array) {
        let name = |one: &Value| {
            let one = one.as_array()?;
            let (name, why) = (one.first()?.as_str()?, one.get(1)?.as_str()?);
            Some(line(&format!("{name}: {why}")).chars().take(80).collect::<String>())
        };
        let away: Vec<String> = away.iter().filter_map(name).take(3).collect();
        if !away.is_empty() {
            return Err(problem::of(
                "unreachable",
                format!(
                    "the engines that SearXNG asks do not answer it ({}); look into its preferences",
                    away.join(", ")
                ),
            ));
        }
    }
    Ok(listed(results, "content", false))
}

pub(super) fn fault(status: StatusCode) -> Option<(&'static str, &'static str)> {
    match status.as_u16() {
        401 => Some((
            "unreachable",
            "whatever stands before this SearXNG wants a sign-in; let this server in without one",
        )),
        403 => Some((
            "unreachable",
            "this SearXNG gives no JSON; add json to search: formats: in its settings.yml and restart it",
        )),
        429 => Some((
            "rate_limited",
            "the limiter of this SearXNG refuses this server; let its address pass in limiter.toml, or wait",
        )),
        _ => None,
    }
}
