//! `Docker`: the service that everything in Docker stands on, and what it wrote.

use std::path::PathBuf;

use livos_bus::{Actor, Callers, Document, Error};
use livos_policy::{Action, decide};
use zbus::message::Header;
use zbus::{Connection, interface};

use crate::journal;
use crate::units::{self, Started};

const UNIT: &str = "docker.service";
/// What runs its containers; why Docker does not start is often said there.
const BENEATH: &str = "containerd.service";
const MOST_LINES: u32 = 5000;
/// And bytes of them: lines may be long.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

pub(crate) struct Docker {
    /// The bus that systemd is on, where it runs the machine.
    pub(crate) systemd: Option<Connection>,
    pub(crate) callers: Callers,
    /// The program that reads the machine's journal.
    pub(crate) journal: PathBuf,
}

impl Docker {
    async fn admit(&self, header: &Header<'_>, actor: &Actor, refusal: &str) -> livos_bus::Result<()> {
        self.callers.require_speaker(header).await?;
        if !decide(actor.role, actor.username.as_str(), Action::ManageSystem).is_allowed() {
            return Err(Error::denied(refusal));
        }
        Ok(())
    }
}

#[interface(name = "io.livos.Host1.Docker")]
impl Docker {
    async fn start(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> livos_bus::Result<()> {
        self.admit(&header, &actor, "only an admin may start Docker").await?;
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
                "Docker doesn't start; its log, and `journalctl -u docker.service` on this machine, says why",
            )),
            Err(error) => {
                tracing::error!(%error, "systemd could not be asked to start Docker");
                Err(Error::internal("systemd could not be asked to start Docker"))
            }
        }
    }

    async fn log(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        lines: u32,
    ) -> livos_bus::Result<Document> {
        self.admit(&header, &actor, "only an admin may read Docker's log").await?;
        match journal::last_lines(&self.journal, &[UNIT, BENEATH], lines.clamp(1, MOST_LINES), MOST_BYTES)
            .await
        {
            Ok(text) => Document::from_bytes(text),
            Err(error) => {
                tracing::warn!(%error, "the journal cannot be read");
                Err(Error::conflict(
                    "the journal of this machine cannot be read; Docker's log is where Docker was started",
                ))
            }
        }
    }
}
