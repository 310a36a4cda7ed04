//! The service on the bus. Thin: who calls, what they say, and the answer back.

mod manager;
mod personal;
mod reader;
mod shared;
mod uploads;

use std::sync::Arc;

use livos_bus::{Actor, Callers, names};
use livos_types::{RelPath, RootId};
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use crate::core::Files;
use crate::core::watch::Folder;
use crate::error::Error;

/// What every interface stands on.
#[derive(Debug, Clone)]
struct Desk {
    files: Arc<Files>,
    callers: Callers,
}

impl Desk {
    /// Lets through only those who may speak for a person: the edge, and the machine's administrator. The
    /// agent is not among them: it sees what is shared with it, by the one interface that shows only that.
    async fn admit(&self, header: &Header<'_>) -> livos_bus::Result<()> {
        self.callers.require_speaker(header).await.map(drop)
    }

    /// Lets the agent through as well, as long as it says that it is the one who asks.
    async fn admit_reader(&self, header: &Header<'_>, actor: &Actor) -> livos_bus::Result<()> {
        self.callers.require_reader(header, actor).await.map(drop)
    }
}

fn answer<T>(actor: &Actor, outcome: Result<T, Error>) -> livos_bus::Result<T> {
    livos_service::bus::answer(actor, outcome, Error::to_wire)
}

/// A place and a path as they came over the wire.
fn located(root: &str, path: String) -> livos_bus::Result<(RootId, RelPath)> {
    let root = RootId::new(root).map_err(livos_bus::Error::invalid)?;
    let path = RelPath::new(path).map_err(livos_bus::Error::invalid)?;
    Ok((root, path))
}

/// Serves the interfaces. The future tells of changed folders until `changed` ends: spawn it.
pub(crate) async fn serve(
    connection: &Connection,
    files: &Arc<Files>,
    callers: Callers,
    changed: mpsc::UnboundedReceiver<Folder>,
) -> Result<impl Future<Output = ()> + Send + 'static, Error> {
    let failed = |error| Error::Bus(Box::new(error));
    let desk = Desk { files: Arc::clone(files), callers };
    let server = connection.object_server();
    let path = names::FILES.path;
    server.at(path, reader::Reader(desk.clone())).await.map_err(failed)?;
    server.at(path, manager::Manager(desk.clone())).await.map_err(failed)?;
    server.at(path, personal::Personal(desk.clone())).await.map_err(failed)?;
    server.at(path, shared::Shared(desk.clone())).await.map_err(failed)?;
    server.at(path, uploads::Uploads(desk)).await.map_err(failed)?;
    let emitter = SignalEmitter::new(connection, path).map_err(failed)?.into_owned();
    Ok(reader::announce(emitter, changed))
}
