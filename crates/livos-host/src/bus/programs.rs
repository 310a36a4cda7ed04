//! `Programs`: those that the agent speaks with.

use std::sync::Arc;

use livos_bus::sandbox::ProgramRequest;
use livos_bus::{Caller, Callers, Error};
use zbus::message::Header;
use zbus::{OwnedFd, interface};

use crate::sandbox;

pub(crate) struct Programs {
    pub(crate) sandbox: Arc<sandbox::Sandbox>,
    pub(crate) callers: Callers,
}

impl Programs {
    /// The agent, and the administrator. No person is asked about: a program is there for everybody, and who may add one
    /// is decided where it is kept.
    async fn admit(&self, header: &Header<'_>) -> livos_bus::Result<()> {
        match self.callers.who(header).await? {
            Caller::Administrator | Caller::Nexus => Ok(()),
            _ => Err(Error::denied("only the agent may start a program")),
        }
    }
}

fn answer(error: crate::Error) -> Error {
    match error {
        error @ crate::Error::Command(_) => Error::invalid(error),
        error @ (crate::Error::BusyPrograms(_) | crate::Error::NoSandbox(_)) => Error::unavailable(error),
        error => Error::internal(livos_service::chain(&error)),
    }
}

#[interface(name = "io.livos.Host1.Programs")]
impl Programs {
    async fn start(
        &self,
        #[zbus(header)] header: Header<'_>,
        request: ProgramRequest,
    ) -> livos_bus::Result<(OwnedFd, OwnedFd, OwnedFd)> {
        self.admit(&header).await?;
        let spoken = self.sandbox.serve(&request).await.map_err(answer)?;
        Ok((spoken.input.into(), spoken.output.into(), spoken.said.into()))
    }

    async fn forget(&self, #[zbus(header)] header: Header<'_>, name: String) -> livos_bus::Result<()> {
        self.admit(&header).await?;
        self.sandbox.forget(&name).await.map_err(answer)
    }
}
