//! Programs that come with somebody's key.

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};

use crate::App;
use crate::core::hosts;
use crate::error::ApiError;
use crate::identity::{Guest, Visitor};

use super::edge::{self, Edge};
use super::held;

/// The key that a request carries.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Lets those through who have a key, and tells the handler whose it is. A page of somebody else is refused whatever
/// key it has, and so is one that makes a name of its own point here.
pub(super) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let admitted = match key_of(&app, &request) {
        Ok((token, visitor)) => app.identity.admit_key(&token, &visitor).await,
        Err(error) => Err(error),
    };
    let guest = match admitted {
        Ok(guest) => guest,
        Err(error) => {
            let unknown = error.status == 401;
            let mut response = error.into_response();
            if unknown {
                let scheme = HeaderValue::from_static("Bearer realm=\"LivOS\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
            }
            return response;
        }
    };
    request.extensions_mut().insert(guest.clone());
    let request = request.map(|body| held::until(guest.right_ends(), body));
    let answer = tokio::select! {
        biased;
        () = guest.right_ends() => ApiError::bad_key().into_response(),
        answer = next.run(request) => answer,
    };
    let mut response = answer.map(|body| held::until(guest.right_ends(), body));
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The key of a request that may come as it does, and from where it comes.
fn key_of(app: &App, request: &Request) -> Result<(String, Visitor), ApiError> {
    let edge = request.extensions().get::<Edge>().ok_or_else(ApiError::bad_key)?;
    if !edge.domain && !hosts::is_ours(&edge.host, &app.site.public_url) {
        return Err(ApiError::foreign(format!(
            "{} is not known to be this server's name; use its address or its name in the local network, or let \
             whoever runs it set web.public_url",
            printable(&edge.host)
        )));
    }
    if !edge::from_our_page(request, edge) {
        return Err(ApiError::foreign("this comes from a page that is not LivOS's own"));
    }
    let token = bearer(request.headers()).ok_or_else(ApiError::bad_key)?;
    Ok((token.to_owned(), edge.visitor.clone()))
}

fn printable(host: &str) -> String {
    host.chars().filter(|letter| letter.is_ascii_graphic()).take(100).collect()
}

impl<S: Sync> FromRequestParts<S> for Guest {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // Present exactly when the guard let the request through.
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::bad_key)
    }
}
