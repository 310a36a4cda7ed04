//! The agent on the bus. Thin: who calls, what they say, and the answer back.

mod chat;
mod providers;

use std::sync::Arc;

use livos_bus::{Actor, Callers, names};
use livos_policy::{Action, decide};
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use crate::core::{Changed, Nexus};
use crate::error::Error;

/// What every interface stands on.
#[derive(Debug, Clone)]
struct Desk {
    nexus: Arc<Nexus>,
    callers: Callers,
}

impl Desk {
    /// Lets the call through if the caller may speak for the person, and the person may do this.
    async fn admit(&self, header: &Header<'_>, actor: &Actor, action: Action<'_>) -> livos_bus::Result<()> {
        self.callers.require_speaker(header).await?;
        if decide(actor.role, actor.username.as_str(), action).is_allowed() {
            return Ok(());
        }
        Err(livos_bus::Error::denied("only an admin of this server may do that"))
    }
}

fn answer<T>(actor: &Actor, outcome: Result<T, Error>) -> livos_bus::Result<T> {
    livos_service::bus::answer(actor, outcome, Error::to_wire)
}

/// Serves the interfaces. The future tells of changed conversations until `changed` ends: spawn it.
pub(crate) async fn serve(
    connection: &Connection,
    nexus: &Arc<Nexus>,
    callers: Callers,
    changed: mpsc::UnboundedReceiver<Changed>,
) -> Result<impl Future<Output = ()> + Send + 'static, Error> {
    let desk = Desk { nexus: Arc::clone(nexus), callers };
    let path = names::NEXUS.path;
    connection.object_server().at(path, chat::Chat(desk.clone())).await?;
    connection.object_server().at(path, providers::Providers(desk)).await?;
    let emitter = SignalEmitter::new(connection, path)?.into_owned();
    let shutdown = nexus.shutdown.clone();
    Ok(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = chat::announce(emitter, changed) => {}
        }
    })
}
