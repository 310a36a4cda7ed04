//! The machine: what it is, and later its power, updates, disks, network and time.
//!
//! The only daemon that is root, so it keeps no state, talks to nobody outside, and does nothing
//! until it is asked.

mod bus;
mod core;
mod error;
mod linux;
mod ports;
#[cfg(test)]
mod tests;

pub use error::Error;
pub use linux::Linux;
pub use ports::{FileSystem, Machine};

use std::sync::Arc;

use livos_bus::{Callers, names};
use livos_service::Chassis;

/// Serves the bus until shutdown.
pub async fn run(chassis: Chassis, machine: impl Machine) -> Result<(), Error> {
    let callers = Callers::follow(&chassis.bus).await.map_err(Error::Callers)?;
    let reader = bus::Reader { machine: Arc::new(machine), callers };
    let serve = chassis.bus.object_server().at(names::HOST.path, reader).await;
    serve.map_err(|source| Error::Serve { source: Box::new(source) })?;
    chassis.ready(names::HOST).await.map_err(Error::Ready)?;
    chassis.shutdown.cancelled().await;
    Ok(())
}
