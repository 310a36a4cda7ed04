//! `io.livos.Web1.Mcp`: the assistant's tools for a program that whoever has the machine starts at the command line.

use std::os::fd::OwnedFd as Descriptor;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use livos_bus::{Actor, Callers, Error, Result};
use tokio::sync::Semaphore;
use zbus::message::Header;
use zbus::{OwnedFd, interface};

use super::require_administrator;
use crate::{App, mcp};

/// Conversations at once.
const AT_ONCE: usize = 8;

/// Tools at the command line.
#[derive(Debug)]
pub(crate) struct Mcp {
    app: App,
    callers: Callers,
    places: Arc<Semaphore>,
}

impl Mcp {
    /// Answers those whom `callers` knows as the administrator.
    pub(crate) fn new(app: App, callers: Callers) -> Self {
        Self { app, callers, places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

#[interface(name = "io.livos.Web1.Mcp")]
impl Mcp {
    async fn open(&self, #[zbus(header)] header: Header<'_>, acts: bool) -> Result<OwnedFd> {
        require_administrator(&self.callers, &header).await?;
        let actor = Actor::command_line().ok_or_else(|| Error::internal("the administrator has no name"))?;
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place =
            place.map_err(|_| Error::unavailable("too many programs are connected; end one first"))?;
        let (ours, theirs) = UnixStream::pair().map_err(Error::internal)?;
        ours.set_nonblocking(true).map_err(Error::internal)?;
        let ours = tokio::net::UnixStream::from_std(ours).map_err(Error::internal)?;
        let app = Arc::clone(&self.app);
        self.app.tasks.spawn(async move {
            mcp::converse(&app, ours, actor, acts).await;
            drop(place);
        });
        Ok(Descriptor::from(theirs).into())
    }
}
