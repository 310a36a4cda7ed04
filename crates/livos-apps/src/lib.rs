//! Catalogues, install, removal and routes of apps: the daemon that holds the Docker socket.
//!
//! Owns the stores and what they offer, the installed apps, their containers and folders, and
//! Caddy's configuration. May not run a container that no app's description asks for, touch one
//! without its own labels unless an admin is sure, listen on the network, or open people's files.

mod bus;
mod core;
mod data;
mod docker_view;
mod edge_document;
mod error;
mod ports;
mod routes;
mod signs;
mod store;
mod watch;
mod work;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use livos_bus::{Callers, names};
use livos_docker::BollardEngine;
use livos_service::Chassis;

pub use error::Error;
pub use ports::{CaddyAdmin, Edge, Machine, Patience, Ports, ThisMachine};

/// The name under which the device's seed is kept; the secrets of all apps are derived from it.
const SEED: &str = "device-seed";

/// Runs the daemon on the real world.
pub async fn run(chassis: Chassis) -> Result<(), Error> {
    let config = &chassis.config;
    let socket = config
        .apps
        .docker
        .strip_prefix("unix://")
        .filter(|path| path.starts_with('/'))
        .ok_or_else(|| Error::DockerAddress(config.apps.docker.clone()))?;
    let ports = Ports {
        engine: Arc::new(BollardEngine::new(socket)),
        edge: Arc::new(CaddyAdmin::new(&config.caddy)?),
        network: Arc::new(livos_fetch::Internet),
        tls: Arc::new(livos_fetch::Tls::of_the_machine()),
        machine: Arc::new(ThisMachine),
        clock: Arc::clone(&chassis.clock),
        patience: Patience::default(),
    };
    run_with(chassis, ports).await
}

/// Runs the daemon on whatever world it is given.
pub async fn run_with(chassis: Chassis, ports: Ports) -> Result<(), Error> {
    let seed = chassis.secrets.get_or_create(SEED, 32)?;
    let apps = work::Apps::open(
        Arc::clone(&chassis.config),
        ports,
        chassis.state_dir(),
        seed,
        chassis.health.clone(),
    )
    .await?;
    let callers = Callers::follow(&chassis.bus).await.map_err(Error::Callers)?;
    start(&apps, &chassis.bus, callers, &chassis.tasks, &chassis.shutdown).await?;
    chassis.ready(names::APPS).await?;
    chassis.shutdown.cancelled().await;
    Ok(())
}

/// Serves the interfaces and starts everything that runs in the background.
async fn start(
    apps: &work::Apps,
    connection: &zbus::Connection,
    callers: Callers,
    tasks: &livos_service::TaskTracker,
    shutdown: &livos_service::CancellationToken,
) -> Result<(), Error> {
    bus::serve(connection, apps, callers, tasks, shutdown).await?;
    // What died in the middle is in order before anybody looks at it.
    apps.queue.recover().await?;
    apps.schedule_refreshes().await?;
    apps.seed_sources().await?;
    apps.open_views().await?;
    tasks.spawn(apps.queue.clone().run(shutdown.clone()));
    tasks.spawn(apps.routes.clone().run(shutdown.clone()));
    tasks.spawn(watch::follow(apps.clone(), shutdown.clone()));
    Ok(())
}
