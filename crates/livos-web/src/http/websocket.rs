//! WebSockets: whether one is asked for by our own page, and the answer with which it begins.
//!
//! A browser lets any page open one to any server, and sends that server's cookies along. So unlike everywhere else, who
//! says nothing about where the request comes from is refused as well.

use axum::body::Body;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use sha1::{Digest as _, Sha1};

use super::edge::{self, Edge};
use super::handover::{Conversation, Talk};
use crate::error::ApiError;

/// What the protocol has both sides put behind the client's key.
const BEHIND_KEY: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the client is answered with, once it may have its WebSocket.
#[derive(Debug)]
pub(crate) struct Asked(HeaderValue);

/// Reads the request for a WebSocket of our own page.
pub(crate) fn asked(headers: &HeaderMap, edge: &Edge) -> Result<Asked, ApiError> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let own = text(&header::ORIGIN).is_some_and(|origin| edge::is_origin(origin, &edge.host, edge.secure));
    if !own || text(&FETCH_SITE).is_some_and(|site| site != "same-origin") {
        return Err(ApiError::csrf());
    }
    let has = |name: &HeaderName, wanted: &str| {
        text(name).is_some_and(|list| list.split(',').any(|word| word.trim().eq_ignore_ascii_case(wanted)))
    };
    let key = text(&header::SEC_WEBSOCKET_KEY).unwrap_or_default();
    let fine = has(&header::UPGRADE, "websocket")
        && has(&header::CONNECTION, "upgrade")
        && text(&header::SEC_WEBSOCKET_VERSION) == Some("13")
        && STANDARD.decode(key).is_ok_and(|key| key.len() == 16);
    if !fine {
        return Err(ApiError::status(426, "invalid", "at this address only a WebSocket can be opened"));
    }
    let digest = Sha1::new().chain_update(key).chain_update(BEHIND_KEY).finalize();
    let accept = HeaderValue::try_from(STANDARD.encode(digest));
    accept.map(Asked).map_err(|error| ApiError::internal(&error))
}

impl Asked {
    /// The answer with which it begins.
    pub(crate) fn begin(self, talk: impl Talk + 'static) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.0);
        response.extensions_mut().insert(Conversation::new(talk));
        response
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::identity::Visitor;

    #[test]
    fn only_our_own_page_gets_one_and_only_if_it_asks_for_one() {
        let edge = |secure| Edge {
            request_id: String::new(),
            visitor: Visitor { address: Ipv4Addr::LOCALHOST.into(), agent: String::new() },
            secure,
            host: "livos.test:8080".to_owned(),
            domain: false,
        };
        let right = [
            ("origin", "http://livos.test:8080"),
            ("sec-fetch-site", "same-origin"),
            ("upgrade", "websocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        let check = |name: &'static str, value: Option<&'static str>, secure: bool| {
            let mut headers: HeaderMap = right
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from_static(value));
            } else {
                headers.remove(name);
            }
            asked(&headers, &edge(secure)).map(|asked| asked.0).map_err(|error| error.status)
        };
        // The example of RFC 6455.
        assert_eq!(check("x-any", None, false).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(check("origin", Some("https://livos.test:8080"), true).is_ok());
        assert!(check("sec-fetch-site", None, false).is_ok());
        for (name, value, secure) in [
            ("origin", None, false),
            ("origin", Some("null"), false),
            ("origin", Some(""), false),
            ("origin", Some("http://evil.test"), false),
            // An app of ours, on another port and on a neighbouring name.
            ("origin", Some("http://livos.test:2283"), false),
            ("origin", Some("http://photos.livos.test:8080"), false),
            ("origin", Some("http://livos.test"), false),
            ("origin", Some("http://livos.test:8080"), true),
            ("sec-fetch-site", Some("same-site"), false),
            ("sec-fetch-site", Some("cross-site"), false),
            ("sec-fetch-site", Some("none"), false),
        ] {
            assert_eq!(check(name, value, secure), Err(403), "{name}: {value:?}");
        }
        for (name, value) in [
            ("upgrade", None),
            ("upgrade", Some("h2c")),
            ("connection", Some("close")),
            ("sec-websocket-version", Some("8")),
            ("sec-websocket-key", None),
            ("sec-websocket-key", Some("c2hvcnQ=")),
        ] {
            assert_eq!(check(name, value, false), Err(426), "{name}: {value:?}");
        }
    }
}
