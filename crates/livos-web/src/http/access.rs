//! Authorisation by construction: a route cannot be added without saying who may use it.

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use utoipa::openapi::path::PathItem;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};

use crate::App;
use crate::error::ApiError;
use crate::identity::SignedIn;

use super::{cookies, edge, held, outcomes, programs};

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody.
    Open,
    /// Who is signed in.
    SignedIn,
    /// Who runs the server.
    Admin,
    /// A program with somebody's key.
    Key,
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Upper case.
    pub(crate) method: &'static str,
    /// With `{placeholders}`.
    pub(crate) path: String,
    /// Who may use it.
    pub(crate) access: Access,
}

/// Every route there is, with who may use it.
pub(crate) struct Table {
    app: App,
    router: OpenApiRouter<App>,
    lines: Vec<Line>,
}

impl Table {
    /// An empty table over this document.
    pub(crate) fn new(app: App, document: utoipa::openapi::OpenApi) -> Self {
        Self { app, router: OpenApiRouter::with_openapi(document), lines: Vec::new() }
    }

    /// Routes for anybody.
    pub(crate) fn open(self, routes: UtoipaMethodRouter<App>) -> Self {
        self.add(Access::Open, routes)
    }

    /// Routes for those who are signed in.
    pub(crate) fn signed_in(self, routes: UtoipaMethodRouter<App>) -> Self {
        self.add(Access::SignedIn, routes)
    }

    /// Routes for those who run the server.
    pub(crate) fn admin(self, routes: UtoipaMethodRouter<App>) -> Self {
        self.add(Access::Admin, routes)
    }

    /// Routes for programs with somebody's key.
    pub(crate) fn with_key(self, routes: UtoipaMethodRouter<App>) -> Self {
        self.add(Access::Key, routes)
    }

    fn add(mut self, access: Access, routes: UtoipaMethodRouter<App>) -> Self {
        for (path, item) in &routes.1.paths {
            let methods = methods_of(item);
            self.lines.extend(methods.map(|method| Line { method, path: path.clone(), access }));
        }
        let routes = match access {
            Access::Open => routes,
            Access::Key => routes.layer(from_fn_with_state(self.app.clone(), programs::guard)),
            level => routes.layer(from_fn_with_state((self.app.clone(), level), guard)),
        };
        self.router = self.router.routes(routes);
        self
    }

    /// The router, the document and the table.
    pub(crate) fn build(self) -> (axum::Router<App>, utoipa::openapi::OpenApi, Vec<Line>) {
        let (router, document) = self.router.split_for_parts();
        (router, document, self.lines)
    }
}

/// The methods of an item of the OpenAPI document.
pub(crate) fn methods_of(item: &PathItem) -> impl Iterator<Item = &'static str> {
    [
        ("GET", item.get.is_some()),
        ("PUT", item.put.is_some()),
        ("POST", item.post.is_some()),
        ("DELETE", item.delete.is_some()),
        ("OPTIONS", item.options.is_some()),
        ("HEAD", item.head.is_some()),
        ("PATCH", item.patch.is_some()),
    ]
    .into_iter()
    .filter_map(|(method, there)| there.then_some(method))
}

/// Lets those through who may, and tells the handler who they are.
async fn guard(State((app, access)): State<(App, Access)>, mut request: Request, next: Next) -> Response {
    let signed_in = match admit(&app, access, &request) {
        Ok(signed_in) => signed_in,
        Err(error) => return error.into_response(),
    };
    request.extensions_mut().insert(signed_in.clone());
    let request = held::request(&signed_in, request);
    let response = match outcomes::key_of(&request) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => outcomes::run(&app, &signed_in, &key, request, next).await,
        Err(error) => error.into_response(),
    };
    held::response(&signed_in, response)
}

fn admit(app: &App, access: Access, request: &Request) -> Result<SignedIn, ApiError> {
    let secure = edge::is_secure(request);
    let token =
        cookies::find(request.headers(), cookies::ACCESS, secure).ok_or_else(ApiError::unauthenticated)?;
    let signed_in = app.identity.authenticate(token)?;
    if edge::writes(request.method()) {
        let given =
            request.headers().get("x-csrf-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !app.identity.csrf_holds(&signed_in.session.id, given) {
            return Err(ApiError::csrf());
        }
    }
    if access == Access::Admin && !signed_in.person.role.is_admin() {
        return Err(ApiError::denied("only those who run this server may do that; ask the owner"));
    }
    Ok(signed_in)
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        // Present exactly when the guard let the request through.
        parts.extensions.get::<Self>().cloned().ok_or_else(ApiError::unauthenticated)
    }
}
