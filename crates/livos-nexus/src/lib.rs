//! The agent's daemon. It has a place on the bus and says how it is; it reads nothing and does
//! nothing on its own.
//!
//! It will be the only daemon that talks to model providers and reads untrusted text, and so the
//! one that never gets a write interface of another.

use livos_bus::names;
use livos_service::{Chassis, Error};

/// Serves the bus until shutdown.
pub async fn run(chassis: Chassis) -> Result<(), Error> {
    chassis.ready(names::NEXUS).await?;
    chassis.shutdown.cancelled().await;
    Ok(())
}
