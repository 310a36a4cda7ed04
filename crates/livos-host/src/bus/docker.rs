//! `Docker`: the service that everything in Docker stands on.

use livos_bus::{Actor, Callers, Error};
use livos_policy::{Action, decide};
use zbus::message::Header;
use zbus::{Connection, interface};

use crate::units::{self, Started};

const UNIT: &str = "docker.service";

pub(crate) struct Docker {
    /// The bus that systemd is on, where it runs the machine.
    pub(crate) systemd: Option<Connection>,
    pub(crate) callers: Callers,
}

#[interface(name = "io.livos.Host1.Docker")]
impl Docker {
    async fn start(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> livos_bus::Result<()> {
        self.callers.require_speaker(&header).await?;
        if !decide(actor.role, actor.username.as_str(), Action::ManageSystem).is_allowed() {
            return Err(Error::denied("only an admin may start Docker"));
        }
        let Some(bus) = &self.systemd else {
            return Err(Error::conflict(
                "LivOS can't start Docker here, because it doesn't run as a service of this machine; start Docker by hand",
            ));
        };
        match units::start(bus, UNIT).await {
            Ok(Started::Yes | Started::NotYet) => Ok(()),
            Ok(Started::Missing) => Err(Error::conflict(
                "Docker isn't installed on this machine; install the package docker.io and try again",
            )),
            Ok(Started::Failed) => Err(Error::conflict(
                "Docker doesn't start; `journalctl -u docker.service` on this machine says why",
            )),
            Err(error) => {
                tracing::error!(%error, "systemd could not be asked to start Docker");
                Err(Error::internal("systemd could not be asked to start Docker"))
            }
        }
    }
}
