//! The agent on the bus. Thin: who calls, what they say, and the answer back.

mod approvals;
mod chat;
mod providers;
mod schedules;
mod skills;
mod spending;
mod subagents;
mod tool_servers;
mod tools;
mod web;

use std::sync::Arc;

use livos_bus::{Actor, Callers, names};
use livos_policy::{Action, decide};
use tokio::sync::mpsc;
use zbus::Connection;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use crate::core::{News, Nexus};
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

/// The same for what the edge asks on nobody's behalf.
fn answer_edge<T>(outcome: Result<T, Error>) -> livos_bus::Result<T> {
    outcome.map_err(|error| {
        let wire = error.to_wire();
        if wire.kind == livos_bus::ErrorKind::Internal {
            tracing::error!(error = livos_service::chain(&error), "a request of the edge failed");
        } else {
            tracing::debug!(error = livos_service::chain(&error), "a request of the edge was refused");
        }
        wire
    })
}

/// Serves the interfaces. The future tells of changed conversations until `changed` ends: spawn it.
pub(crate) async fn serve(
    connection: &Connection,
    nexus: &Arc<Nexus>,
    callers: Callers,
    changed: mpsc::UnboundedReceiver<News>,
) -> Result<impl Future<Output = ()> + Send + 'static, Error> {
    let desk = Desk { nexus: Arc::clone(nexus), callers };
    let path = names::NEXUS.path;
    connection.object_server().at(path, chat::Chat(desk.clone())).await?;
    connection.object_server().at(path, approvals::Approvals(desk.clone())).await?;
    connection.object_server().at(path, providers::Providers(desk.clone())).await?;
    connection.object_server().at(path, tools::Tools(desk.clone())).await?;
    connection.object_server().at(path, spending::Spending(desk.clone())).await?;
    connection.object_server().at(path, schedules::Schedules(desk.clone())).await?;
    connection.object_server().at(path, subagents::Subagents(desk.clone())).await?;
    connection.object_server().at(path, web::Web(desk.clone())).await?;
    connection.object_server().at(path, tool_servers::ToolServers(desk.clone())).await?;
    connection.object_server().at(path, skills::Skills(desk)).await?;
    let emitter = SignalEmitter::new(connection, path)?.into_owned();
    let shutdown = nexus.shutdown.clone();
    Ok(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = announce(emitter, changed) => {}
        }
    })
}

/// Turns news into signals. There are a few an answer, so each is worth one.
async fn announce(emitter: SignalEmitter<'static>, mut news: mpsc::UnboundedReceiver<News>) {
    while let Some(news) = news.recv().await {
        let told = match &news {
            News::Conversation(user, id) => chat::Chat::conversation_changed(&emitter, user, id).await,
            News::Approval(id) => approvals::Approvals::approval_requested(&emitter, id).await,
            News::Schedule(id) => schedules::Schedules::schedule_due(&emitter, id).await,
            News::Answered(user, id) => schedules::Schedules::schedule_answered(&emitter, user, id).await,
        };
        if let Err(error) = told {
            tracing::debug!(error = livos_service::chain(&error), "a change was not announced");
        }
    }
}
