use livos_bus::schedules::{ScheduleRequest, SchedulesReply};
use livos_bus::{Actor, Document, Error, Result};
use livos_policy::Action::UseAssistant;
use zbus::interface;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use super::{Desk, answer, answer_edge};
use crate::core::schedules::Change;

/// What is to be asked later.
#[derive(Debug)]
pub(super) struct Schedules(pub(super) Desk);

#[interface(name = "io.livos.Nexus1.Schedules")]
impl Schedules {
    async fn list(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let schedules = answer(&actor, self.0.nexus.schedules(&actor).await)?;
        Document::json(&SchedulesReply { schedules })
    }

    async fn create(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        request: ScheduleRequest,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        Document::json(&answer(&actor, self.0.nexus.plan(&actor, request).await)?)
    }

    async fn change(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        what: String,
    ) -> Result<()> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        let change = match what.as_str() {
            "pause" => Change::Pause,
            "resume" => Change::Resume,
            "remove" => Change::Remove,
            "restore" => Change::Restore,
            _ => return Err(Error::invalid("a schedule is paused, resumed, removed or restored")),
        };
        answer(&actor, self.0.nexus.change_schedule(&actor, &id, change).await)
    }

    async fn run(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<i64> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.run_schedule(&actor, &id).await)
    }

    async fn due(&self, #[zbus(header)] header: Header<'_>) -> Result<Document> {
        self.0.callers.require_speaker(&header).await?;
        Document::json(&answer_edge(self.0.nexus.due_schedules().await)?)
    }

    async fn begin(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<i64> {
        self.0.admit(&header, &actor, UseAssistant).await?;
        answer(&actor, self.0.nexus.begin_schedule(&actor, &id).await)
    }

    async fn refuse(&self, #[zbus(header)] header: Header<'_>, id: String, why: String) -> Result<()> {
        self.0.callers.require_speaker(&header).await?;
        answer_edge(self.0.nexus.refuse_schedule(&id, &why).await)
    }

    #[zbus(signal)]
    pub(super) async fn schedule_due(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(super) async fn schedule_answered(
        emitter: &SignalEmitter<'_>,
        user: &str,
        conversation: &str,
    ) -> zbus::Result<()>;
}
