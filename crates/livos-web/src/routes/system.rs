//! The machine.

use axum::extract::State;
use axum::response::Response;
use livos_bus::names;
use livos_bus::{DiskInfo, HostInfo, HostLoad};
use livos_policy::{Action, decide};
use serde::Serialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::json;
use crate::identity::SignedIn;

/// A daemon.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServiceState {
    /// `web`, `apps`, …
    name: &'static str,
    /// Its version; `""` while it is down.
    version: String,
    /// `ok`, `degraded` or `down`.
    state: String,
    /// What is degraded and why, in words.
    detail: String,
}

/// The machine and the daemons on it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SystemInfo {
    hostname: String,
    os: String,
    kernel: String,
    architecture: String,
    cpus: u32,
    memory_total: u64,
    memory_available: u64,
    uptime_seconds: u64,
    /// For those who run the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    disks: Option<Vec<DiskInfo>>,
    services: Vec<ServiceState>,
}

/// The machine and the daemons on it
#[utoipa::path(get, path = "/api/v1/system", tag = "server", responses((status = 200, description = "The machine", body = SystemInfo)))]
pub(crate) async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    let services =
        futures_util::future::join_all(names::SERVICES.into_iter().map(|service| state_of(&app, service)));
    let (host, services) = tokio::join!(app.services.host.info(), services);
    let HostInfo {
        hostname,
        os,
        kernel,
        architecture,
        cpus,
        memory_total,
        memory_available,
        uptime_seconds,
        disks,
    } = host?;
    let person = &signed_in.person;
    let detailed = decide(person.role, person.username.as_str(), Action::ReadSystemDetail).is_allowed();
    Ok(json::ok(&SystemInfo {
        hostname,
        os,
        kernel,
        architecture,
        cpus,
        memory_total,
        memory_available,
        uptime_seconds,
        disks: detailed.then_some(disks),
        services,
    }))
}

/// How busy the machine is
///
/// Small, for those who look at it again and again.
#[utoipa::path(get, path = "/api/v1/system/load", tag = "server", responses((status = 200, description = "The load", body = HostLoad)))]
pub(crate) async fn load(State(app): State<App>, _signed_in: SignedIn) -> Result<Response, ApiError> {
    Ok(json::ok(&app.services.host.load().await?))
}

async fn state_of(app: &App, service: names::Service) -> ServiceState {
    let name = service.short;
    if service == names::WEB {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        return ServiceState { name, version, state: "ok".to_owned(), detail: String::new() };
    }
    match app.services.status_of(service).await {
        Some(status) => {
            ServiceState { name, version: status.version, state: status.state, detail: status.detail }
        }
        None => {
            ServiceState { name, version: String::new(), state: "down".to_owned(), detail: String::new() }
        }
    }
}
