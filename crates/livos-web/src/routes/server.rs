//! What anybody may know of this server.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::http::json;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`: the edge answers.
    status: &'static str,
    /// The version of the edge.
    version: &'static str,
    /// Each daemon: `ok` or `down`.
    services: BTreeMap<&'static str, &'static str>,
}

/// The version.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Version {
    /// Semantic version.
    version: &'static str,
}

/// How the server is
#[utoipa::path(get, path = "/api/v1/health", tag = "server", responses((status = 200, description = "It answers", body = Health)))]
pub(crate) async fn health(State(app): State<App>) -> Response {
    let services = app.events.health().into_iter().collect();
    json::ok(&Health { status: "ok", version: env!("CARGO_PKG_VERSION"), services })
}

/// Which version this is
#[utoipa::path(get, path = "/api/v1/version", tag = "server", responses((status = 200, description = "The version", body = Version)))]
pub(crate) async fn version() -> Response {
    json::ok(&Version { version: env!("CARGO_PKG_VERSION") })
}
