//! `Sandbox`: running a command, for the agent.

use std::sync::Arc;

use livos_bus::{Actor, Caller, Callers, Error, Via};
use livos_policy::{Action, decide};
use zbus::message::Header;
use zbus::{OwnedFd, interface};

use crate::sandbox;

pub(crate) struct Sandbox {
    pub(crate) commands: Arc<sandbox::Sandbox>,
    pub(crate) callers: Callers,
}

impl Sandbox {
    /// The agent, which says that it is the one who asks, and the administrator.
    async fn admit(&self, header: &Header<'_>, actor: &Actor) -> livos_bus::Result<()> {
        match self.callers.who(header).await? {
            Caller::Administrator => {}
            Caller::Nexus if actor.via == Via::Nexus => {}
            _ => return Err(Error::denied("only the agent may run a command")),
        }
        if decide(actor.role, actor.username.as_str(), Action::UseAssistant).is_allowed() {
            return Ok(());
        }
        Err(Error::denied("this person may not use the assistant"))
    }
}

#[interface(name = "io.livos.Host1.Sandbox")]
impl Sandbox {
    async fn run(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        command: String,
        seconds: u32,
    ) -> livos_bus::Result<OwnedFd> {
        self.admit(&header, &actor).await?;
        match self.commands.run(&command, seconds).await {
            Ok(said) => Ok(said.into()),
            Err(error @ crate::Error::Command(_)) => Err(Error::invalid(error)),
            Err(error @ (crate::Error::Busy(_) | crate::Error::NoSandbox(_))) => {
                Err(Error::unavailable(error))
            }
            Err(error) => Err(Error::internal(livos_service::chain(&error))),
        }
    }
}
