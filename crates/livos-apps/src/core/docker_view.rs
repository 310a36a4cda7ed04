//! What an app may ask of Docker that only looks, and what it does not get to see.
//!
//! Only what is named here is let through, and it is asked anew in our own words: nothing of a request but its path
//! and its query reaches Docker.

use serde_json::{Map, Value};

/// What is told whoever asks for more.
pub(crate) const REFUSED: &str = "LivOS lets this app look at Docker and change nothing. If it is meant to manage Docker, \
                                  give it full control over Docker in its settings.";
/// In the place of a value that is nobody else's business.
const HIDDEN: &str = "hidden";
/// A path is a verb and a name, and a query some filters.
const LONGEST_PATH: usize = 1024;
const LONGEST_QUERY: usize = 4096;

/// What is asked of Docker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Path and query.
    pub(crate) target: String,
    /// The answer holds values that are hidden.
    pub(crate) hides: bool,
}

/// What Docker is asked for a request; `None` if it is refused.
pub(crate) fn judge(method: &str, path: &str, query: Option<&str>) -> Option<Asked> {
    if !matches!(method, "GET" | "HEAD") || path.len() > LONGEST_PATH {
        return None;
    }
    let whole: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    if !whole.iter().all(|part| is_plain(part)) {
        return None;
    }
    let parts = match whole.split_first() {
        Some((first, rest)) if is_version(first) => rest,
        _ => whole.as_slice(),
    };
    let (hides, asks) = match parts {
        ["_ping" | "version" | "info"] => (false, true),
        ["events"] | ["containers" | "images", "json"] | ["containers", _, "stats" | "logs"] => (false, true),
        // What it would be asked is handed to `ps` on the machine, which can also show what variables hold.
        ["containers", _, "top"] => (false, false),
        ["containers", _, "json"]
        | ["volumes" | "networks"]
        | ["volumes" | "networks", _]
        | ["system", "df"] => (true, true),
        // Names of images have slashes.
        ["images", _, .., "json"] => (true, true),
        _ => return None,
    };
    let target = match query.filter(|query| asks && !query.is_empty()) {
        Some(query) if query.len() > LONGEST_QUERY || !query.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return None;
        }
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    Some(Asked { target, hides })
}

/// Nothing that somebody might read as another path: no dots alone, nothing encoded, nothing empty.
fn is_plain(part: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':' | b'@');
    !part.is_empty() && !part.bytes().all(|byte| byte == b'.') && part.bytes().all(known)
}

/// `v1.41`
fn is_version(part: &str) -> bool {
    let number = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let halves = part.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    halves.is_some_and(|(major, minor)| number(major) && number(minor))
}

/// Hides the values of variables and of what drivers are told: passwords of databases and of shares are among them.
/// What belongs to the app that asks stays as it is.
pub(crate) fn hide(answer: &mut Value, is_own: &dyn Fn(&Map<String, Value>) -> bool) {
    let labels = answer.pointer("/Config/Labels").and_then(Value::as_object);
    // An image may have been given any labels.
    let is_container = answer.get("HostConfig").is_some();
    if !(is_container && labels.is_some_and(is_own)) {
        hide_in(answer);
    }
}

fn hide_in(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(hide_in),
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), &mut *value) {
                    ("Env", Value::Array(variables)) => variables.iter_mut().for_each(hide_variable),
                    ("Options" | "DriverOpts" | "Status", Value::Object(options)) => hide_values(options),
                    ("LogConfig", Value::Object(log)) => {
                        if let Some(Value::Object(options)) = log.get_mut("Config") {
                            hide_values(options);
                        }
                    }
                    _ => hide_in(value),
                }
            }
        }
        _ => {}
    }
}

fn hide_variable(variable: &mut Value) {
    let name = variable.as_str().and_then(|text| text.split_once('=')).map(|(name, _)| name);
    // One without a value is one that is taken away.
    if let Some(name) = name {
        *variable = Value::String(format!("{name}={HIDDEN}"));
    }
}

fn hide_values(options: &mut Map<String, Value>) {
    options.values_mut().for_each(|value| *value = Value::String(HIDDEN.to_owned()));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reading_is_let_through_in_our_own_words() {
        for (path, query, target, hides) in [
            ("/_ping", None, "/_ping", false),
            ("/v1.41/version", None, "/v1.41/version", false),
            ("/info", None, "/info", false),
            ("/v1.24/events", Some("since=1&filters=%7B%7D"), "/v1.24/events?since=1&filters=%7B%7D", false),
            ("/containers/json", Some("all=1"), "/containers/json?all=1", false),
            ("/containers/0a1b/json", None, "/containers/0a1b/json", true),
            (
                "/containers/demo-web-1/stats",
                Some("stream=0"),
                "/containers/demo-web-1/stats?stream=0",
                false,
            ),
            ("/containers/x/logs", Some("follow=1&stdout=1"), "/containers/x/logs?follow=1&stdout=1", false),
            ("/containers/x/top", Some("ps_args=eww"), "/containers/x/top", false),
            ("/images/json", None, "/images/json", false),
            (
                "/images/ghcr.io/some/app:1@sha256:00/json",
                None,
                "/images/ghcr.io/some/app:1@sha256:00/json",
                true,
            ),
            ("/networks", None, "/networks", true),
            ("/networks/bridge", None, "/networks/bridge", true),
            ("/v1.44/volumes", None, "/v1.44/volumes", true),
            ("/volumes/rows", None, "/volumes/rows", true),
            ("/system/df", Some("type=volume"), "/system/df?type=volume", true),
        ] {
            for method in ["GET", "HEAD"] {
                let asked = judge(method, path, query);
                assert_eq!(asked, Some(Asked { target: target.to_owned(), hides }), "{method} {path}");
            }
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for (method, path) in [
            ("POST", "/containers/create"),
            ("POST", "/containers/x/json"),
            ("PUT", "/containers/x/archive"),
            ("DELETE", "/containers/x"),
            ("OPTIONS", "/_ping"),
            ("get", "/_ping"),
            ("GET", "/containers/x/attach"),
            ("GET", "/containers/x/attach/ws"),
            ("GET", "/containers/x/archive"),
            ("GET", "/containers/x/export"),
            ("GET", "/containers/x/changes"),
            ("GET", "/exec/x/json"),
            ("GET", "/images/x/history"),
            ("GET", "/images/x/get"),
            ("GET", "/images/get"),
            ("GET", "/images/search"),
            ("GET", "/distribution/x/json"),
            ("GET", "/secrets"),
            ("GET", "/configs"),
            ("GET", "/swarm"),
            ("GET", "/swarm/unlockkey"),
            ("GET", "/services"),
            ("GET", "/plugins"),
            ("GET", "/session"),
            ("GET", "/grpc"),
            ("GET", "/build"),
            ("GET", "/"),
            ("GET", ""),
            ("GET", "*"),
            ("GET", "_ping"),
            ("GET", "//_ping"),
            ("GET", "/_ping/"),
            ("GET", "/v1.41//info"),
            ("GET", "/v1/info"),
            ("GET", "/v1.41.2/info"),
            ("GET", "/v1.41/v1.41/info"),
            ("GET", "/containers/../json"),
            ("GET", "/containers/./json"),
            ("GET", "/containers/x/../../secrets/json"),
            ("GET", "/images/../containers/x/attach/json"),
            ("GET", "/containers/x%2Fattach/json"),
            ("GET", "/containers/%2e%2e/json"),
            ("GET", "/containers/x/json;/attach"),
            ("GET", "/containers/x\\attach/json"),
            ("GET", "/containers/x y/json"),
            ("GET", "/containers/x/json\r\nX: y"),
        ] {
            assert_eq!(judge(method, path, None), None, "{method} {path}");
        }
        let long = "a".repeat(LONGEST_PATH);
        assert_eq!(judge("GET", &format!("/containers/{long}/json"), None), None);
        for query in ["a".repeat(LONGEST_QUERY + 1), "a b".to_owned(), "a\u{e9}".to_owned()] {
            assert_eq!(judge("GET", "/events", Some(&query)), None, "{query}");
        }
    }

    #[test]
    fn what_others_keep_to_themselves_is_hidden() {
        let container = json!({
            "Id": "0a", "Config": {
                "Env": ["PASSWORD=secret", "EMPTY=", "TWO=a=secret", "GONE"], "Labels": {"io.livos.app": "other"},
            },
            "HostConfig": {
                "LogConfig": {"Type": "splunk", "Config": {"splunk-token": "secret"}},
                "Mounts": [{"VolumeOptions": {"DriverConfig": {"Name": "local", "Options": {"o": "password=secret"}}}}],
            },
        });
        let own = |labels: &Map<String, Value>| labels.get("io.livos.app") == Some(&json!("demo"));
        let mut seen = container.clone();
        hide(&mut seen, &own);
        assert!(!seen.to_string().contains("secret"), "{seen}");
        let names = json!(["PASSWORD=hidden", "EMPTY=hidden", "TWO=hidden", "GONE"]);
        assert_eq!((&seen["Config"]["Env"], &seen["Id"]), (&names, &json!("0a")));
        assert_eq!(seen["HostConfig"]["LogConfig"]["Type"], "splunk");

        let mut mine = container;
        mine["Config"]["Labels"]["io.livos.app"] = json!("demo");
        let before = mine.clone();
        hide(&mut mine, &own);
        assert_eq!(mine, before);

        // An image that claims to be somebody's.
        let mut image = json!({"Config": {"Env": ["TOKEN=secret"], "Labels": {"io.livos.app": "demo"}}});
        hide(&mut image, &own);
        assert_eq!(image["Config"]["Env"], json!(["TOKEN=hidden"]));
        let mut volumes = json!({"Volumes": [{"Name": "share", "Options": {"o": "password=secret"}}]});
        hide(&mut volumes, &own);
        assert!(!volumes.to_string().contains("secret"), "{volumes}");
    }
}
