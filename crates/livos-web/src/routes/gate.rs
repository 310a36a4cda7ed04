//! Opening apps: Caddy asks here whether a browser may reach an app, and the desktop sends it there.

use std::sync::atomic::Ordering;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use livos_bus::documents::InstalledApp;
use livos_policy::{Action, decide};
use livos_types::AppId;

use crate::App;
use crate::core::gate;
use crate::error::ApiError;
use crate::http::cookies::{self, Cookie};
use crate::http::edge::{Edge, is_origin};
use crate::http::query::{Query, encode};
use crate::identity::SignedIn;
use crate::pages;
use crate::services::actor_of;

/// Where an app's address hands a ticket in.
const ENTER: &str = "/.livos/enter";

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The app that Caddy says a request is for.
fn named(headers: &HeaderMap) -> Option<AppId> {
    text(headers, "x-livos-app").and_then(|id| AppId::new(id).ok())
}

/// Whether a browser may reach an app
///
/// For Caddy's forward_auth, with `X-Livos-App`. 204 lets the request through; anything else is the answer.
#[utoipa::path(get, path = "/api/v1/gate", tag = "gate", params(("X-Livos-App" = String, Header, description = "The app")), responses((status = 204, description = "It may"), (status = 302, description = "Sign in first")))]
pub(crate) async fn check(
    State(app): State<App>,
    edge: Edge,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = named(&headers).ok_or_else(|| ApiError::invalid("‘X-Livos-App’ says which app is meant"))?;
    if from_elsewhere(&edge, &headers) {
        return Err(
            ApiError::denied("another page may not use this app; open it yourself").with_code("cross_site")
        );
    }
    if let Some(person) = holder(&app, &edge, &id, &headers) {
        person.session.in_apps.store(true, Ordering::SeqCst);
        // Whoever ended it just before did not know that it is in an app.
        if person.session.ended.is_cancelled() {
            return Err(ApiError::unauthenticated());
        }
        let mut response = super::done();
        if let Ok(name) = HeaderValue::try_from(person.person.username.as_str()) {
            response.headers_mut().insert("x-livos-user", name);
        }
        return Ok(response);
    }
    let wants_page = text(&headers, "sec-fetch-mode").map_or_else(
        || text(&headers, "accept").is_some_and(|kinds| kinds.contains("text/html")),
        |mode| mode == "navigate",
    );
    let reads = matches!(text(&headers, "x-forwarded-method"), None | Some("GET" | "HEAD"));
    if !(wants_page && reads) {
        return Err(ApiError::unauthenticated());
    }
    let page = gate::local_page(text(&headers, "x-forwarded-uri").unwrap_or("/"));
    super::redirect(&format!("{}/open/{id}?page={}", desktop(&app, &edge, &id), encode(page)))
}

/// Whether another page's script is behind the request: apps are neighbours on one site, so their cookies go
/// along, and one must not act on another. Following a link is what the person did, and passes.
fn from_elsewhere(edge: &Edge, headers: &HeaderMap) -> bool {
    let site = text(headers, "sec-fetch-site");
    let foreign = match text(headers, "origin") {
        None => false,
        // A page that hides its origin is believed only if the browser itself says that it is the app's own.
        Some("null") => site != Some("same-origin"),
        Some(origin) => !is_origin(origin, &edge.host, edge.secure),
    };
    let reads = matches!(text(headers, "x-forwarded-method"), None | Some("GET" | "HEAD"));
    let follows_link = reads && text(headers, "sec-fetch-mode") == Some("navigate");
    foreign || (matches!(site, Some("same-site" | "cross-site")) && !follows_link)
}

/// The session behind an app's cookie.
fn holder(app: &App, edge: &Edge, id: &AppId, headers: &HeaderMap) -> Option<SignedIn> {
    let value = cookies::find(headers, &gate::cookie_name(id.as_str()), edge.secure)?;
    let session = gate::read_cookie(&app.identity.keys().gate, id.as_str(), value)?;
    let (session, person) = app.identity.live().find(session, app.identity.now())?;
    let may = decide(person.role, person.username.as_str(), Action::UseApps).is_allowed();
    may.then_some(SignedIn { session, person, access_expires_at: 0 })
}

/// The desktop's own address, seen from an app's.
fn desktop(app: &App, edge: &Edge, id: &AppId) -> String {
    let above = [id.as_str(), &gate::label(id.as_str())]
        .iter()
        .find_map(|label| edge.host.strip_prefix(&format!("{label}.")).map(str::to_owned));
    match above {
        // Over HTTPS every name of an app lies below one of the desktop's.
        Some(rest) if edge.secure => format!("https://{rest}"),
        _ if !app.site.public_url.is_empty() => app.site.public_url.clone(),
        Some(rest) => format!("{}://{rest}", scheme(edge)),
        None => {
            let name = host_name(&edge.host);
            match app.site.http_port {
                80 => format!("http://{name}"),
                port => format!("http://{name}:{port}"),
            }
        }
    }
}

fn scheme(edge: &Edge) -> &'static str {
    if edge.secure { "https" } else { "http" }
}

/// The host without its port.
fn host_name(host: &str) -> &str {
    let after_bracket = host.rfind(']').map_or(0, |at| at + 1);
    match host.get(after_bracket..).and_then(|rest| rest.find(':')) {
        Some(colon) => host.get(..after_bracket + colon).unwrap_or(host),
        None => host,
    }
}

/// Where this browser reaches an app: by name where names lead here, else by the app's own port.
fn address(edge: &Edge, installed: &InstalledApp) -> Option<String> {
    let here = host_name(&edge.host);
    let there = host_name(&installed.host);
    // Over HTTPS the port is the one that the visitor came by; what the app's own host says is that of plain HTTP.
    let at = |there: &str| match edge.secure {
        true => format!("https://{there}{}", edge.host.get(here.len()..).unwrap_or_default()),
        false => format!("http://{there}"),
    };
    let outside = installed.domain.as_str();
    if !here.is_empty() && outside.ends_with(&format!(".{here}")) {
        return Some(at(outside));
    }
    let loopback = here == "localhost" || here == "[::1]" || here.starts_with("127.");
    let by_name = !there.is_empty()
        && (there.ends_with(&format!(".{here}"))
            // The machine's bare name has a certificate, too, and its apps have theirs below the long one.
            || (edge.secure && there.ends_with(&format!(".{here}.local")))
            || (loopback && there.ends_with(".localhost")));
    if by_name || (installed.port == 0 && !there.is_empty()) {
        return Some(at(if edge.secure { there } else { &installed.host }));
    }
    let plain = !here.is_empty()
        && here.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte));
    (installed.port != 0 && plain).then(|| format!("http://{here}:{}", installed.port))
}

/// Open an app
///
/// Sends a browser that is signed in to the app, with a ticket; any other to the sign-in page.
#[utoipa::path(get, path = "/open/{app}", tag = "gate", params(
    ("app" = String, Path, description = "The app"),
    ("page" = Option<String>, Query, description = "The page of the app to open"),
), responses((status = 302, description = "To the app, or to sign in"), (status = 200, description = "One more step", body = String, content_type = "text/html")))]
pub(crate) async fn open(
    State(app): State<App>,
    Path(id): Path<String>,
    edge: Edge,
    headers: HeaderMap,
    query: Query,
) -> Response {
    let outcome = go(&app, &id, &edge, &headers, &query).await;
    outcome.unwrap_or_else(|error| {
        let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        pages::notice(status, "This app cannot be opened", &error.message, ("/", "Back to LivOS"))
    })
}

async fn go(
    app: &App,
    id: &str,
    edge: &Edge,
    headers: &HeaderMap,
    query: &Query,
) -> Result<Response, ApiError> {
    let id = AppId::new(id).map_err(ApiError::invalid)?;
    let page = query.one("page")?.map(gate::local_page);
    let again = match page {
        Some(page) => format!("/open/{id}?page={}", encode(page)),
        None => format!("/open/{id}"),
    };
    let token = cookies::find(headers, cookies::ACCESS, edge.secure);
    let Some(signed_in) = token.and_then(|token| app.identity.authenticate(token).ok()) else {
        // Coming from an app's address, a browser keeps our strict cookies back; a step of our own has them.
        let from_elsewhere = text(headers, "sec-fetch-site").is_none_or(|site| site != "same-origin");
        if token.is_none() && from_elsewhere && query.one("step")?.is_none() {
            let mark = if page.is_some() { '&' } else { '?' };
            return Ok(pages::step(&format!("{again}{mark}step=1")));
        }
        return super::redirect(&format!("/?next={}", encode(&again)));
    };
    let document = app.services.apps.get(&actor_of(&signed_in.person), id.as_str()).await?;
    let installed: InstalledApp = tokio::task::spawn_blocking(move || document.parse())
        .await
        .map_err(|error| ApiError::internal(&error))??;
    let address = address(edge, &installed)
        .ok_or_else(|| ApiError::not_found("this app has no page of its own to open"))?;
    let page = page.unwrap_or_else(|| gate::local_page(&installed.path));
    let ticket = app.tickets.issue(id.as_str(), &signed_in.session.id, page, app.identity.now());
    super::redirect(&format!("{address}{ENTER}?ticket={ticket}"))
}

/// Hand a ticket in
///
/// Caddy sends this path of every app's address here. Each ticket is good once, within a minute.
#[utoipa::path(get, path = "/.livos/enter", tag = "gate", params(("ticket" = String, Query, description = "From /open")), responses((status = 302, description = "To the app"), (status = 403, description = "The ticket is void", body = String, content_type = "text/html")))]
pub(crate) async fn enter(State(app): State<App>, edge: Edge, headers: HeaderMap, query: Query) -> Response {
    admit(&app, &edge, &headers, &query).unwrap_or_else(|error| {
        let back = match named(&headers) {
            Some(id) => format!("{}/open/{id}", desktop(&app, &edge, &id)),
            None => "/".to_owned(),
        };
        match error.status {
            403 => pages::notice(
                StatusCode::FORBIDDEN,
                "This way in was used already",
                &error.message,
                (&back, "Open the app again"),
            ),
            _ => error.into_response(),
        }
    })
}

fn admit(app: &App, edge: &Edge, headers: &HeaderMap, query: &Query) -> Result<Response, ApiError> {
    let void = || ApiError::denied("A ticket to an app is good once and for a minute.");
    let now = app.identity.now();
    let Some(ticket) = app.tickets.redeem(query.required("ticket")?, now) else {
        // Going back in the browser's history comes here again; who is in already stays in.
        let inside = named(headers).and_then(|id| holder(app, edge, &id, headers));
        return if inside.is_some() { super::redirect("/") } else { Err(void()) };
    };
    if named(headers).is_some_and(|id| id.as_str() != ticket.app) {
        return Err(void());
    }
    app.identity.live().find(&ticket.session, now).ok_or_else(void)?;
    let mut response = super::redirect(&ticket.page)?;
    let cookie = Cookie {
        name: &gate::cookie_name(&ticket.app),
        value: &gate::cookie_value(&app.identity.keys().gate, &ticket.app, &ticket.session),
        path: "/",
        same_site: "Lax",
        max_age: None,
        secure: edge.secure,
    };
    if let Some(value) = cookie.header() {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use livos_types::StoreId;

    use super::*;
    use crate::identity::Visitor;

    fn edge(host: &str, secure: bool) -> Edge {
        let visitor = Visitor { address: IpAddr::V4(Ipv4Addr::LOCALHOST), agent: String::new() };
        Edge { request_id: String::new(), visitor, secure, host: host.to_owned(), domain: false }
    }

    fn installed(host: &str, port: u16) -> InstalledApp {
        InstalledApp {
            id: AppId::new("jellyfin").unwrap(),
            name: String::new(),
            store: StoreId::new("s").unwrap(),
            version: String::new(),
            icon: String::new(),
            state: String::new(),
            detail: String::new(),
            host: host.to_owned(),
            domain: "jellyfin.home.example.org".to_owned(),
            port,
            path: "/".to_owned(),
            installed_at: 0,
            default_username: String::new(),
            services: Vec::new(),
            update: String::new(),
            skipped: String::new(),
            previous: String::new(),
            ways_back: Vec::new(),
            previous_until: 0,
            previous_settings: false,
            pinned: false,
            edited: false,
            adopted: false,
        }
    }

    #[test]
    fn an_app_is_reached_the_way_the_desktop_was() {
        let to = |from: &str, secure, host: &str, port| address(&edge(from, secure), &installed(host, port));
        let is = |text: &str| Some(text.to_owned());
        assert_eq!(
            to("127.0.0.1:8080", false, "jellyfin.localhost:8080", 42001),
            is("http://jellyfin.localhost:8080")
        );
        assert_eq!(
            to("[::1]:8080", false, "jellyfin.localhost:8080", 42001),
            is("http://jellyfin.localhost:8080")
        );
        assert_eq!(to("home.local", true, "jellyfin.home.local", 42001), is("https://jellyfin.home.local"));
        assert_eq!(to("192.168.1.5", false, "jellyfin.home.local", 42001), is("http://192.168.1.5:42001"));
        assert_eq!(
            to("[fe80::1]:8080", false, "jellyfin.localhost:8080", 42001),
            is("http://[fe80::1]:42001")
        );
        assert_eq!(to("192.168.1.5", false, "jellyfin.home.local", 0), is("http://jellyfin.home.local"));
        assert_eq!(to("192.168.1.5", false, "", 0), None);
        // Over HTTPS the port is the visitor's, and an address leads to the app's own port.
        assert_eq!(
            to("localhost:8443", true, "jellyfin.localhost:8080", 42001),
            is("https://jellyfin.localhost:8443")
        );
        assert_eq!(to("home", true, "jellyfin.home.local", 42001), is("https://jellyfin.home.local"));
        assert_eq!(to("192.168.1.5", true, "jellyfin.home.local", 42001), is("http://192.168.1.5:42001"));
        // Under the server's own domain an app has a name there.
        assert_eq!(
            to("home.example.org", true, "jellyfin.home.local", 42001),
            is("https://jellyfin.home.example.org")
        );
        assert_eq!(
            to("home.example.org:8443", true, "jellyfin.home.local", 42001),
            is("https://jellyfin.home.example.org:8443")
        );
        assert_eq!(to("example.com", true, "jellyfin.home.local", 42001), is("http://example.com:42001"));
        assert_eq!(to("evil@x/y", false, "", 42001), None);
    }
}
