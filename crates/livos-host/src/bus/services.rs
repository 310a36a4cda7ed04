//! `Services`: those that LivOS stands on, started anew; and what the reader says of them.

use std::collections::HashMap;
use std::path::Path;

use livos_bus::services::ServiceInfo;
use livos_bus::{Actor, Callers, Document, Error};
use livos_policy::{Action, SERVICES, decide};
use zbus::message::Header;
use zbus::{Connection, interface};

use crate::journal;
use crate::sandbox::ManagerProxy;
use crate::units::{self, Started};

/// The most lines of a log.
const MOST_LINES: u32 = 500;
/// The most bytes of it; a message on the bus has at most 64 KiB, and what is longer goes by a descriptor.
const MOST_BYTES: u64 = 256 * 1024;

pub(crate) struct Services {
    /// The bus that systemd is on, where it runs the machine.
    pub(crate) systemd: Option<Connection>,
    pub(crate) callers: Callers,
}

#[interface(name = "io.livos.Host1.Services")]
impl Services {
    async fn restart(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        unit: String,
    ) -> livos_bus::Result<()> {
        self.callers.require_speaker(&header).await?;
        if !decide(actor.role, actor.username.as_str(), Action::ManageSystem).is_allowed() {
            return Err(Error::denied("only an admin may restart a service of this server"));
        }
        if !SERVICES.iter().any(|service| service.unit == unit && service.restart.is_some()) {
            return Err(Error::invalid(format!("{unit:?} is no service that can be restarted here")));
        }
        match units::restart(bus_of(self.systemd.as_ref())?, &unit).await {
            Ok(Started::Yes | Started::NotYet) => Ok(()),
            Ok(Started::Missing) => Err(Error::conflict(format!("{unit} is not installed on this machine"))),
            Ok(Started::Failed) => Err(Error::conflict(format!(
                "{unit} doesn't come up again; `journalctl -u {unit}` on this machine says why"
            ))),
            Err(error) => Err(unasked(&error)),
        }
    }
}

fn bus_of(systemd: Option<&Connection>) -> livos_bus::Result<&Connection> {
    systemd.ok_or_else(|| {
        Error::conflict(
            "LivOS doesn't run as services of this machine here, so there are none to look at or restart",
        )
    })
}

fn unasked(error: &zbus::Error) -> Error {
    tracing::error!(%error, "systemd could not be asked");
    Error::internal("systemd could not be asked")
}

/// Who may look at services: those who run the server.
pub(super) fn may_look(actor: &Actor) -> livos_bus::Result<()> {
    if decide(actor.role, actor.username.as_str(), Action::ReadSystemDetail).is_allowed() {
        return Ok(());
    }
    Err(Error::denied("only an admin may look at the services of this server"))
}

/// How those that LivOS stands on are, as far as they are there.
pub(super) async fn list(systemd: Option<&Connection>) -> livos_bus::Result<Document> {
    let manager = ManagerProxy::new(bus_of(systemd)?).await.map_err(|error| unasked(&error))?;
    let names: Vec<&str> = SERVICES.iter().map(|service| service.unit).collect();
    let found = manager.list_units_by_patterns(&[], &names).await.map_err(|error| unasked(&error))?;
    let mut states: HashMap<String, (String, String)> =
        found.into_iter().map(|(unit, _, _, active, sub, ..)| (unit, (active, sub))).collect();
    let shown = SERVICES.iter().filter_map(|service| {
        let (state, detail) = states.remove(service.unit)?;
        let (unit, about) = (service.unit.to_owned(), service.about.to_owned());
        Some(ServiceInfo { unit, about, state, detail, restartable: service.restart.is_some() })
    });
    Document::json(&shown.collect::<Vec<_>>())
}

/// The last lines that one wrote, as a text.
pub(super) async fn log(program: &Path, unit: &str, lines: u32) -> livos_bus::Result<Document> {
    if !SERVICES.iter().any(|service| service.unit == unit) {
        return Err(Error::invalid(format!("{unit:?} is no service that can be looked at here")));
    }
    let read = journal::last_lines(program, &[unit], lines.clamp(1, MOST_LINES), MOST_BYTES).await;
    let bytes = read.map_err(|error| {
        tracing::warn!(%error, "the journal can't be read");
        Error::unavailable("the journal of this machine can't be read; is journalctl installed?")
    })?;
    Document::json(&String::from_utf8_lossy(&bytes))
}
