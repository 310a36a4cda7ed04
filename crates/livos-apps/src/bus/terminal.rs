//! Shells in containers.

use livos_bus::{Actor, Result};
use livos_policy::Action;
use zbus::message::Header;
use zbus::{OwnedFd, interface};

use super::Face;
use super::docker::container_id;
use super::manager::to_request_error;

pub(super) struct Terminal(pub(super) Face);

#[interface(name = "io.livos.Apps1.Terminal")]
impl Terminal {
    async fn open(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        container: String,
        columns: u16,
        rows: u16,
    ) -> Result<(OwnedFd, String)> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        let shutdown = self.0.shutdown.clone();
        let opened = self.0.apps.open_terminal(container_id(&container)?, (columns, rows), shutdown).await;
        let (socket, id, carrying) = opened.map_err(to_request_error)?;
        self.0.tasks.spawn(carrying);
        Ok((socket.into(), id))
    }

    async fn resize(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        terminal: String,
        columns: u16,
        rows: u16,
    ) -> Result<()> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        self.0.apps.resize_terminal(&terminal, columns, rows).await.map_err(to_request_error)
    }

    async fn exit_code(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        terminal: String,
    ) -> Result<i32> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        self.0.apps.terminal_exit_code(&terminal).map_err(to_request_error)
    }
}
