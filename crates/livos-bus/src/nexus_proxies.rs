//! Proxies for the agent.

use zbus::{OwnedFd, proxy};

use crate::actor::Actor;
use crate::assistant::{ProviderKey, ProviderRequest};
use crate::document::Document;
use crate::error::Result;
use crate::schedules::ScheduleRequest;
use crate::spending::{BudgetRequest, ModelPrice};
use crate::subagents::SubagentRequest;
use crate::tool_servers::{ServerToolRequest, ToolServerRequest};
use crate::tools::ToolRequest;
use crate::web::SearchRequest;

/// A person's conversations with the agent. Nobody else's exist to them, whatever their role.
#[proxy(
    interface = "io.livos.Nexus1.Chat",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "ChatProxy"
)]
pub trait Chat {
    /// An [`crate::assistant::AssistantStatus`].
    fn status(&self, actor: &Actor) -> Result<Document>;
    /// An [`crate::assistant::ConversationsReply`].
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// Begins one; an [`crate::assistant::ConversationInfo`].
    fn create(&self, actor: &Actor) -> Result<Document>;
    /// An [`crate::assistant::Conversation`].
    fn get(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// Gives it a title.
    fn rename(&self, actor: &Actor, id: &str, title: &str) -> Result<()>;
    /// Keeps it on top, or not.
    fn pin(&self, actor: &Actor, id: &str, on: bool) -> Result<()>;
    /// Puts it away, or takes it out again.
    fn archive(&self, actor: &Actor, id: &str, on: bool) -> Result<()>;
    /// Which model answers in it: `fast`, `usual` or `best`.
    fn set_tier(&self, actor: &Actor, id: &str, tier: &str) -> Result<()>;
    /// How hard its model thinks: `low`, `medium` or `high`; `""` for as its provider thinks best.
    fn set_thinking(&self, actor: &Actor, id: &str, thinking: &str) -> Result<()>;
    /// Stops it and forgets it.
    fn remove(&self, actor: &Actor, id: &str) -> Result<()>;
    /// Somebody's account is gone, and so is what they said, what was remembered for them, and what they scheduled.
    fn forget(&self, person: &str) -> Result<()>;
    /// Says something and shows pictures, by their ids; answers the number of the run that will answer. The same key again
    /// says nothing twice.
    fn send(&self, actor: &Actor, id: &str, text: &str, pictures: &[String], key: &str) -> Result<i64>;
    /// Takes in a picture's file, to be sent with a message; a [`crate::assistant::Picture`]. The same bytes again are the
    /// same picture.
    fn add_picture(&self, actor: &Actor, id: &str, file: Document) -> Result<Document>;
    /// What a picture is, as `image/png`, and its file.
    fn picture(&self, actor: &Actor, id: &str, picture: &str) -> Result<(String, Document)>;
    /// Ends the running answer. Messages that wait are taken up in their turn.
    fn stop(&self, actor: &Actor, id: &str) -> Result<()>;
    /// An [`crate::assistant::Replay`] of a run of this person's, made from its log alone.
    fn replay(&self, actor: &Actor, run: i64) -> Result<Document>;
    /// An [`crate::assistant::WholeResult`]: all that a tool said in this conversation, of which an item has a part.
    fn whole_result(&self, actor: &Actor, id: &str, reference: &str) -> Result<Document>;
    /// A pipe of server-sent events: what changed after step `after`, then what happens, until it is closed.
    fn events(&self, actor: &Actor, id: &str, after: i64) -> Result<OwnedFd>;
    /// Something in this person's conversation changed, or it is gone.
    #[zbus(signal)]
    fn conversation_changed(&self, user: &str, id: &str) -> Result<()>;
}

/// What the agent proposes. Only the edge does what stands there, and only once somebody who may has agreed.
#[proxy(
    interface = "io.livos.Nexus1.Approvals",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "ApprovalsProxy"
)]
pub trait Approvals {
    /// A [`crate::approvals::ProposalsReply`]: what waits for this person's answer, or is being done with it.
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// A [`crate::approvals::Proposal`] that was made to this person.
    fn get(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// A list of [`crate::approvals::OpenProposal`]: everybody's, for whoever answers by rules; and what is being put back.
    fn open(&self) -> Result<Document>;
    /// The person agreed, and it is about to be done: the [`crate::approvals::Proposal`]. Refused when it was begun
    /// before, or is over.
    fn begin(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// A job does it.
    fn started(&self, id: &str, job: &str) -> Result<()>;
    /// It is `done`, it `failed`, or whether it was done is `unknown`; and what the agent is told.
    fn finish(&self, id: &str, how: &str, text: &str) -> Result<()>;
    /// The person, or a rule of theirs, said no.
    fn deny(&self, actor: &Actor, id: &str, why: &str) -> Result<()>;
    /// A [`crate::approvals::RunChanges`]: what a run of this person's has changed.
    fn changes(&self, actor: &Actor, run: i64) -> Result<Document>;
    /// The person agreed to have these put back, in this order: a list of [`crate::approvals::UndoAgreed`]. All of them
    /// are noted, or none is.
    fn take_back(&self, actor: &Actor, steps: Document) -> Result<()>;
    /// Its turn to be put back has come: the [`crate::approvals::Proposal`]. Refused when it was begun before.
    fn begin_undo(&self, id: &str) -> Result<Document>;
    /// A job puts it back.
    fn started_undo(&self, id: &str, job: &str) -> Result<()>;
    /// How putting it back ended, as for [`Approvals::finish`].
    fn finish_undo(&self, id: &str, how: &str, text: &str) -> Result<()>;
    /// Something was proposed.
    #[zbus(signal)]
    fn approval_requested(&self, id: &str) -> Result<()>;
}

/// Who the agent gets its models from, for those who run the server.
#[proxy(
    interface = "io.livos.Nexus1.Providers",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "ProvidersProxy"
)]
pub trait Providers {
    /// A [`crate::assistant::ProvidersReply`].
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// Tries a provider and, if it answers, keeps it; a [`crate::assistant::ProviderInfo`].
    fn save(&self, actor: &Actor, request: &ProviderRequest) -> Result<Document>;
    /// Forgets a provider and its key.
    fn remove(&self, actor: &Actor, id: &str) -> Result<()>;
    /// Makes it the one that answers.
    fn set_default(&self, actor: &Actor, id: &str) -> Result<()>;
    /// Makes it the one that answers for `fast` or `best`, and no other; `usual` takes that back.
    fn set_tier(&self, actor: &Actor, id: &str, tier: &str) -> Result<()>;
    /// Enters what its model costs, which goes before the price list.
    fn set_price(&self, actor: &Actor, id: &str, price: &ModelPrice) -> Result<()>;
    /// Forgets what was entered.
    fn forget_price(&self, actor: &Actor, id: &str) -> Result<()>;
    /// Who makes vectors of what is remembered: an [`crate::assistant::EmbeddingsReply`].
    fn embeddings(&self, actor: &Actor) -> Result<Document>;
    /// Tries a provider's model and, if a vector comes, has it make all of them: everybody's notes and questions go there.
    fn set_embeddings(&self, actor: &Actor, provider: &str, model: &str) -> Result<Document>;
    /// Nobody makes vectors any more.
    fn remove_embeddings(&self, actor: &Actor) -> Result<()>;
}

/// Whether the agent reads the web, and who searches it.
#[proxy(
    interface = "io.livos.Nexus1.Web",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "NexusWebProxy"
)]
pub trait NexusWeb {
    /// A [`crate::web::WebReply`]: as it is for this person.
    fn show(&self, actor: &Actor) -> Result<Document>;
    /// Switches it for everybody.
    fn switch(&self, actor: &Actor, on: bool) -> Result<()>;
    /// Switches it for this person.
    fn switch_own(&self, actor: &Actor, on: bool) -> Result<()>;
    /// Tries a search engine and, if it finds something, keeps it; a [`crate::web::SearchTried`].
    fn save_search(&self, actor: &Actor, request: &SearchRequest) -> Result<Document>;
    /// Forgets it and its key.
    fn remove_search(&self, actor: &Actor) -> Result<()>;
}

/// Other servers whose tools the agent uses, for those who run this one.
#[proxy(
    interface = "io.livos.Nexus1.ToolServers",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "ToolServersProxy"
)]
pub trait ToolServers {
    /// A [`crate::tool_servers::ToolServersReply`].
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// Tries a server and, if it answers with tools, keeps it; a [`crate::tool_servers::ToolServerInfo`].
    fn save(&self, actor: &Actor, request: &ToolServerRequest) -> Result<Document>;
    /// Asks it again which tools it has; a [`crate::tool_servers::ToolServerInfo`].
    fn look(&self, actor: &Actor, name: &str) -> Result<Document>;
    /// Has its tools used, or not.
    fn switch(&self, actor: &Actor, name: &str, on: bool) -> Result<()>;
    /// Agrees to a tool exactly as it was looked at, or has it not used.
    fn set_tool(&self, actor: &Actor, request: &ServerToolRequest) -> Result<()>;
    /// Forgets a server, its keys and what was agreed to.
    fn remove(&self, actor: &Actor, name: &str) -> Result<()>;
    /// All of them as other programs write them down, `{"mcpServers": …}`, without their keys.
    fn export(&self, actor: &Actor) -> Result<Document>;
    /// Looks for servers in a registry, the official one if none is named; a [`crate::tool_servers::RegistryReply`].
    fn search(&self, actor: &Actor, query: &str, registry: &str) -> Result<Document>;
    /// Tries and keeps those of such a file; a [`crate::tool_servers::ServersImported`]. Programs in it are started only
    /// if what they are is among what was agreed to.
    fn import(&self, actor: &Actor, config: &ProviderKey, agreed: &[String]) -> Result<Document>;
}

/// What people want the agent to be asked later. What has come, the edge begins, because it knows who may still do what.
#[proxy(
    interface = "io.livos.Nexus1.Schedules",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "SchedulesProxy"
)]
pub trait Schedules {
    /// A [`crate::schedules::SchedulesReply`]: a person's own.
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// Keeps something to be asked later, in a conversation of its own; a [`crate::schedules::ScheduleInfo`].
    fn create(&self, actor: &Actor, request: &ScheduleRequest) -> Result<Document>;
    /// `pause`, `resume`, `remove` or `restore`.
    fn change(&self, actor: &Actor, id: &str, what: &str) -> Result<()>;
    /// Runs one now; answers the number of the run.
    fn run(&self, actor: &Actor, id: &str) -> Result<i64>;
    /// A list of [`crate::schedules::DueSchedule`]: everybody's that have come, for whoever begins them.
    fn due(&self) -> Result<Document>;
    /// Begins one that has come, as its person; answers the number of the run. Refused when it was begun before.
    fn begin(&self, actor: &Actor, id: &str) -> Result<i64>;
    /// Its person may not ask any more: it is paused, and says why.
    fn refuse(&self, id: &str, why: &str) -> Result<()>;
    /// One has come.
    #[zbus(signal)]
    fn schedule_due(&self, id: &str) -> Result<()>;
    /// One of this person's was answered, in that conversation.
    #[zbus(signal)]
    fn schedule_answered(&self, user: &str, conversation: &str) -> Result<()>;
}

/// Subagents that a person keeps.
#[proxy(
    interface = "io.livos.Nexus1.Subagents",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "SubagentsProxy"
)]
pub trait Subagents {
    /// A [`crate::subagents::SubagentsReply`]: a person's own.
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// A [`crate::subagents::SubagentInfo`] with all it has done.
    fn get(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// Makes one.
    fn create(&self, actor: &Actor, id: &str, wanted: &SubagentRequest) -> Result<()>;
    /// Gives one another brief, from its next task on.
    fn update(&self, actor: &Actor, id: &str, wanted: &SubagentRequest) -> Result<()>;
    /// `pause` or `resume` what it is to do later, or `remove` it.
    fn change(&self, actor: &Actor, id: &str, what: &str) -> Result<()>;
    /// Has one do this now, or without a task what it would do next; answers the number of the run.
    fn run(&self, actor: &Actor, id: &str, task: &str) -> Result<i64>;
}

/// Instructions for tasks of a kind, a person's own and those that LivOS brings along.
#[proxy(
    interface = "io.livos.Nexus1.Skills",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "SkillsProxy"
)]
pub trait Skills {
    /// A [`crate::skills::SkillsReply`], without the texts.
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// A [`crate::skills::SkillInfo`] with its texts.
    fn get(&self, actor: &Actor, name: &str) -> Result<Document>;
    /// Takes a SKILL.md in, to be looked at; answers its [`crate::skills::SkillInfo`].
    fn add(&self, actor: &Actor, text: &str) -> Result<Document>;
    /// `enable` exactly this revision, `disable`, `discard` what waits, or `remove`.
    fn change(&self, actor: &Actor, name: &str, what: &str, revision: &str) -> Result<()>;
}

/// What the models cost, and what may be spent.
#[proxy(
    interface = "io.livos.Nexus1.Spending",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "SpendingProxy"
)]
pub trait Spending {
    /// A [`crate::spending::SpendingReply`] of a month, `2026-11`; of this one for `""`.
    fn month(&self, actor: &Actor, month: &str) -> Result<Document>;
    /// Sets what may be spent.
    fn set_budget(&self, actor: &Actor, budget: &BudgetRequest) -> Result<()>;
    /// Forgets a budget.
    fn remove_budget(&self, actor: &Actor, person: &str, cause: &str) -> Result<()>;
}

/// The agent's tools for a person's other programs. They answer here what they answer the agent.
#[proxy(
    interface = "io.livos.Nexus1.Tools",
    default_service = "io.livos.Nexus1",
    default_path = "/io/livos/Nexus1",
    async_name = "ToolsProxy"
)]
pub trait Tools {
    /// A list of [`crate::tools::ToolInfo`].
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// Uses one; a [`crate::tools::ToolAnswer`].
    fn call(&self, actor: &Actor, request: &ToolRequest) -> Result<Document>;
}
