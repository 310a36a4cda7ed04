//! `io.livos.Web1.Approvals`: for whoever asked the agent at the machine's command line.

use livos_bus::approvals::ProposedAction;
use livos_bus::{Actor, Callers, Error, Result};
use zbus::interface;
use zbus::message::Header;

use super::{on_the_wire, require_administrator};
use crate::App;
use crate::approvals::{self, Judge};

/// Answers to what was proposed at the command line.
#[derive(Debug)]
pub(crate) struct Approvals {
    app: App,
    callers: Callers,
}

impl Approvals {
    /// Answers those whom `callers` knows as the administrator.
    pub(crate) fn new(app: App, callers: Callers) -> Self {
        Self { app, callers }
    }

    async fn judge(&self, header: &Header<'_>) -> Result<Judge> {
        require_administrator(&self.callers, header).await?;
        let actor = Actor::command_line().ok_or_else(|| Error::internal("the administrator has no name"))?;
        Ok(Judge::Administrator(actor))
    }
}

#[interface(name = "io.livos.Web1.Approvals")]
impl Approvals {
    async fn approve(
        &self,
        #[zbus(header)] header: Header<'_>,
        id: String,
        tool: String,
        arguments: String,
    ) -> Result<()> {
        let by = self.judge(&header).await?;
        let arguments = serde_json::from_str(&arguments).map_err(Error::invalid)?;
        let seen = ProposedAction { tool, arguments };
        approvals::approve(&self.app, by, &id, seen, false).await.map_err(on_the_wire)
    }

    async fn deny(&self, #[zbus(header)] header: Header<'_>, id: String) -> Result<()> {
        let by = self.judge(&header).await?;
        approvals::deny(&self.app, &by, &id).await.map_err(on_the_wire)
    }
}
