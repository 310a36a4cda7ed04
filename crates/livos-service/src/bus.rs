//! The connection to the bus, and what goes back over it.

use std::time::Duration;

use livos_bus::{Actor, ErrorKind};
use zbus::Connection;
use zbus::connection::Builder;

use crate::{Config, Error, chain};

/// A call that takes longer than this has lost its peer; long work is a job, never a slow method.
const METHOD_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects to the bus that the configuration names: `system`, `session` or an address.
///
/// The connection owns no name yet: serve the objects first, then [`crate::Chassis::ready`], so
/// that nobody finds a name without its objects.
pub async fn connect(config: &Config) -> Result<Connection, Error> {
    let address = config.bus.address.as_str();
    let builder = match address {
        "system" => Builder::system(),
        "session" => Builder::session(),
        other => Builder::address(other),
    };
    builder
        .method_timeout(METHOD_TIMEOUT)
        .build()
        .await
        .map_err(|source| Error::ConnectBus { address: address.to_owned(), source: Box::new(source) })
}

/// A service's answer as it crosses the bus. A fault of ours is logged here, once.
pub fn answer<T, E: std::error::Error + 'static>(
    actor: &Actor,
    outcome: Result<T, E>,
    to_wire: impl FnOnce(&E) -> livos_bus::Error,
) -> livos_bus::Result<T> {
    outcome.map_err(|error| {
        let wire = to_wire(&error);
        if wire.kind == ErrorKind::Internal {
            tracing::error!(user = %actor.user, error = chain(&error), "a request failed");
        } else {
            tracing::debug!(user = %actor.user, error = chain(&error), "a request was refused");
        }
        wire
    })
}
