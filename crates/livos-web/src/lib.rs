//! The HTTP edge: accounts, sessions, JSON, events; it serves the desktop.
//!
//! Owns who somebody is and what the outside may ask. Must not open a user's file, talk to Docker or be root:
//! everything that matters is asked of the other daemons over the bus, and bytes come by descriptor.

mod approvals;
mod bus;
mod core;
mod error;
mod events;
mod http;
mod identity;
mod leaving;
mod listener;
mod mcp;
mod pages;
mod routes;
mod schedules;
mod services;
mod static_files;
mod store;
#[cfg(test)]
mod tests;
mod uploads;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use bytes::Bytes;
use livos_bus::{Callers, names};
use livos_service::{CancellationToken, Chassis, TaskTracker};

pub use crate::error::Error;

use crate::approvals::Approvals;
use crate::core::gate::Tickets;
use crate::core::live::Live;
use crate::core::password::Cost;
use crate::core::strangers::Strangers;
use crate::events::Events;
use crate::http::access::Line;
use crate::http::buffers::Buffers;
use crate::identity::{Identity, Parts};
use crate::listener::{Address, Listener};
use crate::services::Services;
use crate::uploads::Uploads;

/// What the configuration says about this site.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// What the server is called.
    pub(crate) name: String,
    /// Where the built desktop is.
    pub(crate) ui_dir: PathBuf,
    /// The address people type, without a slash at its end; empty: what the browser says.
    pub(crate) public_url: String,
    /// The port people see.
    pub(crate) http_port: u16,
}

/// What every request has at hand.
#[derive(Debug)]
pub(crate) struct Web {
    pub(crate) identity: Identity,
    pub(crate) services: Services,
    pub(crate) events: Arc<Events>,
    pub(crate) tickets: Tickets,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) approvals: Approvals,
    pub(crate) buffers: Buffers,
    /// Those who send something without being signed in.
    pub(crate) strangers: Strangers,
    pub(crate) site: Site,
    /// The description of the API, written once.
    pub(crate) openapi: OnceLock<Bytes>,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
}

/// The state of the router.
pub(crate) type App = Arc<Web>;

impl events::stream::Source for Web {
    fn events(&self) -> &Events {
        &self.events
    }

    fn live(&self) -> &Live {
        self.identity.live()
    }
}

/// The router with everything around it, and the table of who may use what.
pub(crate) fn router(app: &App) -> (Router, Vec<Line>) {
    let (router, mut document, lines) = routes::table(app).build();
    routes::openapi::complete(&mut document, &lines);
    // The document is made of our own types; that it can be written is held by a test.
    let text = serde_json::to_vec(&document).unwrap_or_default();
    app.openapi.get_or_init(|| Bytes::from(text));
    let wrong_method =
        || async { error::ApiError::status(405, "invalid", "this resource does not know that method") };
    let router = router
        .method_not_allowed_fallback(wrong_method)
        .fallback(static_files::serve)
        .layer(from_fn(http::edge::layer))
        .layer(from_fn_with_state(Arc::clone(app), http::drain::layer))
        .with_state(Arc::clone(app));
    (router, lines)
}

/// Runs the edge until the chassis says stop.
pub async fn run(chassis: Chassis) -> Result<(), Error> {
    let config = &chassis.config;
    let address = Address::parse(&config.web.listen)?;
    let secret = chassis.secrets.get_or_create("web-master-key", 32)?;
    let identity = Identity::open(Parts {
        directory: chassis.state_dir(),
        secret: secret.expose().to_vec(),
        cost: Cost::default(),
        clock: Arc::clone(&chassis.clock),
    })
    .await?;
    let app: App = Arc::new(Web {
        identity,
        services: Services::new(&chassis.bus).await?,
        events: Arc::new(Events::new(Arc::clone(&chassis.clock))),
        tickets: Tickets::default(),
        uploads: Arc::default(),
        approvals: Approvals::default(),
        buffers: Buffers::default(),
        strangers: Strangers::default(),
        site: Site {
            name: config.server.name.clone(),
            ui_dir: config.web.ui_dir.clone(),
            public_url: config.web.public_url.trim_end_matches('/').to_owned(),
            http_port: config.caddy.http_port,
        },
        openapi: OnceLock::new(),
        tasks: chassis.tasks.clone(),
        shutdown: chassis.shutdown.clone(),
    });
    let (router, _) = router(&app);
    events::signals::follow(&app.events, &app.services, &chassis.tasks, &chassis.shutdown).await?;
    let callers = Callers::follow(&chassis.bus).await?;
    let server = chassis.bus.object_server();
    server.at(names::WEB.path, bus::Approvals::new(Arc::clone(&app), callers.clone())).await?;
    server.at(names::WEB.path, bus::Keys::new(Arc::clone(&app), callers.clone())).await?;
    server.at(names::WEB.path, bus::Mcp::new(Arc::clone(&app), callers.clone())).await?;
    server.at(names::WEB.path, bus::Accounts::new(Arc::clone(&app), callers)).await?;
    let listener = Listener::bind(&address).await?;
    chassis.ready(names::WEB).await?;
    // What these ask at once is refused to whoever does not have the name yet.
    approvals::follow(&app).await?;
    schedules::follow(&app).await?;
    leaving::follow(&app).await?;
    listener.serve(router, Arc::clone(&chassis.clock), &chassis.shutdown).await;
    app.identity.close().await;
    Ok(())
}
