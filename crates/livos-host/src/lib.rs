//! The machine: what it is, and later its power, updates, disks, network and time.
//!
//! The only daemon that is root, so it keeps no state, talks to nobody outside, and does nothing
//! until it is asked. What takes the network and changes the machine is a program of its own, started by
//! its own unit: `livos-update`.

mod automatic;
mod bus;
mod core;
mod error;
mod follow;
mod journal;
mod linux;
mod ports;
pub mod sandbox;
#[cfg(test)]
mod tests;
mod units;
pub mod update;

pub use error::Error;
pub use linux::Linux;
pub use ports::{FileSystem, Machine};

use std::sync::Arc;

use livos_bus::{Callers, names};
use livos_service::Chassis;

/// Serves the bus until shutdown.
pub async fn run(chassis: Chassis, machine: impl Machine) -> Result<(), Error> {
    let callers = Callers::follow(&chassis.bus).await.map_err(Error::Callers)?;
    let machine = Arc::new(machine);
    let folder = update::Folder::open(&chassis.config.state_of(chassis.name))?;
    folder.forget_part()?;
    let systemd = sandbox::by_systemd().then(|| chassis.bus.clone());
    // What can't be arranged is not worth a daemon that does not start.
    if let Some(bus) = systemd.as_ref().filter(|_| update::is_installed())
        && let Err(error) = automatic::arrange(bus, folder.automatic()?).await
    {
        tracing::warn!(%error, "systemd could not be told when to update");
    }
    let update = bus::Update {
        folder: folder.clone(),
        machine: Arc::clone(&machine),
        receiving: Arc::default(),
        systemd: systemd.clone(),
        callers: callers.clone(),
    };
    let commands = Arc::new(sandbox::Sandbox::new(
        systemd.clone(),
        &chassis.state_dir(),
        chassis.tasks.clone(),
        chassis.shutdown.clone(),
    ));
    commands.sweep().await;
    let programs = bus::Programs { sandbox: Arc::clone(&commands), callers: callers.clone() };
    let sandbox = bus::Sandbox { commands, callers: callers.clone() };
    let journal = std::path::PathBuf::from("/usr/bin/journalctl");
    let docker = bus::Docker { systemd: systemd.clone(), callers: callers.clone(), journal: journal.clone() };
    let services = bus::Services { systemd: systemd.clone(), callers: callers.clone() };
    let reader = bus::Reader { machine, callers, systemd, journal, follower: Arc::default() };
    let failed = |source| Error::Serve { source: Box::new(source) };
    chassis.bus.object_server().at(names::HOST.path, reader).await.map_err(failed)?;
    chassis.bus.object_server().at(names::HOST.path, update).await.map_err(failed)?;
    chassis.bus.object_server().at(names::HOST.path, sandbox).await.map_err(failed)?;
    chassis.bus.object_server().at(names::HOST.path, programs).await.map_err(failed)?;
    chassis.bus.object_server().at(names::HOST.path, docker).await.map_err(failed)?;
    chassis.bus.object_server().at(names::HOST.path, services).await.map_err(failed)?;
    chassis.ready(names::HOST).await.map_err(Error::Ready)?;
    tokio::select! {
        announced = bus::announce_updates(&chassis.bus, &folder) => announced,
        () = chassis.shutdown.cancelled() => Ok(()),
    }
}
