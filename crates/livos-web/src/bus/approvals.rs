//! `io.livos.Web1.Approvals`: for whoever asked the agent at the machine's command line.

use livos_bus::approvals::ProposedAction;
use livos_bus::{Actor, Callers, Document, Error, Result};
use zbus::interface;
use zbus::message::Header;

use super::{on_the_wire, require_administrator};
use crate::App;
use crate::approvals::{self, Judge};

/// The most bytes of what is to be put back.
const LONGEST_STEPS: usize = 1024 * 1024;

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

    async fn undo_plan(&self, #[zbus(header)] header: Header<'_>, run: i64) -> Result<Document> {
        let by = self.judge(&header).await?;
        let plan = approvals::plan(&self.app, &by.actor(), run).await.map_err(on_the_wire)?;
        Document::json(&plan)
    }

    async fn undo(&self, #[zbus(header)] header: Header<'_>, run: i64, steps: Document) -> Result<()> {
        let by = self.judge(&header).await?;
        let steps = tokio::task::spawn_blocking(move || steps.read_at_most(LONGEST_STEPS)).await;
        let steps = serde_json::from_slice(&steps.map_err(Error::internal)??).map_err(Error::invalid)?;
        approvals::take_back(&self.app, by, run, steps).await.map_err(on_the_wire).map(drop)
    }
}
