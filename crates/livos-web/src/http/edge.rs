//! The layer around everything that answers: who is at the other end, is this request ours to answer, and what
//! every answer gets.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, header};

use crate::core::hosts;
use crate::error::ApiError;
use crate::identity::Visitor;

use super::{headers, respond};

/// The longest address of a request, query and all.
const LONGEST_ADDRESS: usize = 32 * 1024;

/// How a connection came in. The listener attaches it to every request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The other end, where sockets have addresses.
    pub(crate) address: Option<IpAddr>,
    /// It is our own Caddy: what it says about the client is true.
    pub(crate) is_proxy: bool,
}

impl Peer {
    fn of(request: &Request) -> Self {
        request.extensions().get().copied().unwrap_or(Self { address: None, is_proxy: false })
    }
}

/// What is known of a request before it is looked at.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    /// Finds it in the log.
    pub(crate) request_id: String,
    /// Who asks.
    pub(crate) visitor: Visitor,
    /// The browser used HTTPS.
    pub(crate) secure: bool,
    /// The host, with port, that the browser thinks it talks to.
    pub(crate) host: String,
    /// Our own Caddy says that this host is the domain that this server was given.
    pub(crate) domain: bool,
}

impl<S: Sync> FromRequestParts<S> for Edge {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let missing = || ApiError::internal(&std::io::Error::other("a request without its context"));
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}

impl Edge {
    fn of(request: &Request) -> Self {
        let headers = request.headers();
        let is_proxy = Peer::of(request).is_proxy;
        let said = |name: &str| if is_proxy { text(headers, name) } else { None };
        let host = said("x-forwarded-host")
            .or_else(|| text(headers, "host"))
            .or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
        let host = host.unwrap_or_default().to_ascii_lowercase();
        let domain = said("x-livos-domain");
        Self {
            request_id: next_request_id(),
            visitor: Visitor {
                address: address_of(request),
                agent: text(headers, "user-agent").unwrap_or_default().to_owned(),
            },
            secure: is_secure(request),
            domain: domain.is_some_and(|domain| hosts::name_of(&host) == Some(domain)),
            host,
        }
    }
}

/// Whether the browser used HTTPS, of which only our own Caddy is believed.
pub(crate) fn is_secure(request: &Request) -> bool {
    let said = text(request.headers(), "x-forwarded-proto").filter(|_| Peer::of(request).is_proxy);
    said.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// Whether an `Origin` is the page of this host. Over HTTPS the page has to have come that way, too: over plain HTTP
/// somebody in between may have written it. The other way round there may be a proxy with HTTPS in front of us.
pub(crate) fn is_origin(origin: &str, host: &str, secure: bool) -> bool {
    origin.split_once("://").is_some_and(|(scheme, from)| {
        from.eq_ignore_ascii_case(host) && (!secure || scheme.eq_ignore_ascii_case("https"))
    })
}

/// Where a request comes from.
pub(super) fn address_of(request: &Request) -> IpAddr {
    let peer = Peer::of(request);
    let forwarded = text(request.headers(), "x-forwarded-for").filter(|_| peer.is_proxy);
    // The last entry is the one that our Caddy wrote.
    let last = forwarded.and_then(|list| list.rsplit(',').next()).and_then(|last| last.trim().parse().ok());
    last.or(peer.address).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// Sixteen hex digits: the run of the server and the number of the request in it.
fn next_request_id() -> String {
    static RUN: std::sync::LazyLock<u32> = std::sync::LazyLock::new(rand::random);
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{:08x}{:08x}", *RUN, NEXT.fetch_add(1, Ordering::Relaxed) & 0xFFFF_FFFF)
}

/// True for methods that change something.
pub(crate) fn writes(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A browser says where a request comes from. If it says "elsewhere", nothing is changed; a program that
/// says nothing has no cookies of somebody else to misuse.
pub(super) fn from_our_page(request: &Request, edge: &Edge) -> bool {
    let headers = request.headers();
    if let Some(site) = text(headers, "sec-fetch-site") {
        // An app on a neighbouring name of ours is "same-site", and still somebody else.
        if !matches!(site, "same-origin" | "none") {
            return false;
        }
    }
    match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => is_origin(origin.to_str().unwrap_or_default(), &edge.host, edge.secure),
    }
}

/// A refusal of a request that no other layer sees.
pub(super) fn refuse(error: &ApiError) -> Response {
    let request_id = next_request_id();
    let mut response = respond::with_body(error, error.clone().into_response(), &request_id);
    headers::complete(&mut response, &request_id, true);
    response
}

/// The layer around everything that answers.
pub(crate) async fn layer(mut request: Request, next: Next) -> Response {
    let edge = Edge::of(&request);
    let request_id = edge.request_id.clone();
    let path = request.uri().path();
    let api = path.starts_with("/api/");
    let method = request.method().clone();
    let refused =
        if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > LONGEST_ADDRESS) {
            Some(ApiError::status(414, "too_large", "the address of the request is too long"))
        } else if writes(&method) && !from_our_page(&request, &edge) {
            Some(ApiError::csrf())
        } else {
            None
        };
    let mut response = match refused {
        Some(error) => error.into_response(),
        None => {
            request.extensions_mut().insert(edge);
            next.run(request).await
        }
    };
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response = respond::with_body(&error, response, &request_id);
    }
    headers::complete(&mut response, &request_id, api);
    response
}
