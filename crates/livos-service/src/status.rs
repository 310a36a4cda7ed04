//! `io.livos.Service1`: how the daemon is.

use std::sync::{Arc, Mutex, PoisonError};

use livos_bus::ServiceStatus;
use livos_bus::names::Service;
use zbus::interface;

use crate::{Chassis, Error};

/// What a daemon says about itself; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Health(Arc<Mutex<String>>);

impl Health {
    /// It works, but not all of it: why, in words.
    pub fn degraded(&self, why: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = why.into();
    }

    /// All of it works again.
    pub fn ok(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn detail(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The interface every daemon serves.
#[derive(Debug)]
pub(crate) struct StatusInterface {
    name: &'static str,
    version: &'static str,
    started_at: i64,
    health: Health,
}

#[interface(name = "io.livos.Service1")]
impl StatusInterface {
    fn status(&self) -> ServiceStatus {
        let detail = self.health.detail();
        ServiceStatus {
            name: self.name.to_owned(),
            version: self.version.to_owned(),
            started_at: self.started_at,
            state: if detail.is_empty() { "ok" } else { "degraded" }.to_owned(),
            detail,
        }
    }
}

/// Serves Status for `service`, started at `started_at`, on a connection; peer to peer in tests.
pub async fn serve_status(
    connection: &zbus::Connection,
    service: Service,
    version: &'static str,
    started_at: i64,
    health: &Health,
) -> Result<(), Error> {
    let status = StatusInterface { name: service.short, version, started_at, health: health.clone() };
    connection
        .object_server()
        .at(service.path, status)
        .await
        .map_err(|source| Error::Serve { name: "Status".to_owned(), source: Box::new(source) })?;
    Ok(())
}

impl Chassis {
    /// Serves Status, takes the daemon's well-known name and tells the service manager.
    ///
    /// Call it once every object is served: from then on, callers come.
    pub async fn ready(&self, service: Service) -> Result<(), Error> {
        let failed = |source| Error::Serve { name: service.bus_name.to_owned(), source: Box::new(source) };
        serve_status(&self.bus, service, self.version, self.clock.now(), &self.health).await?;
        // Without queueing: a second copy must fail loudly instead of waiting for the first to go.
        let flags = zbus::fdo::RequestNameFlags::DO_NOT_QUEUE;
        self.bus.request_name_with_flags(service.bus_name, flags).await.map_err(failed)?;
        self.notifier.ready()?;
        tracing::info!(version = self.version, "ready");
        Ok(())
    }
}
