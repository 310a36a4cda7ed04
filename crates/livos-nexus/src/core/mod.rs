//! What this service decides and does, without the bus.

pub(crate) mod approvals;
pub(crate) mod chat;
pub(crate) mod condense;
pub(crate) mod context;
pub(crate) mod embeddings;
pub(crate) mod events;
pub(crate) mod inbox;
pub(crate) mod live;
pub(crate) mod money;
pub(crate) mod outside;
pub(crate) mod page;
pub(crate) mod pictures;
pub(crate) mod problem;
pub(crate) mod progress;
pub(crate) mod providers;
pub(crate) mod replay;
pub(crate) mod results;
pub(crate) mod run;
pub(crate) mod schedules;
pub(crate) mod seal;
pub(crate) mod searching;
pub(crate) mod servers;
pub(crate) mod skills;
pub(crate) mod spending;
pub(crate) mod step;
pub(crate) mod strangers;
pub(crate) mod stream;
pub(crate) mod subagents;
pub(crate) mod tools;
pub(crate) mod undoing;
pub(crate) mod web;

use std::sync::Arc;

use livos_service::{CancellationToken, Clock, TaskTracker};
use tokio::sync::{Notify, Semaphore, mpsc};

use crate::ports::House;
use crate::store::Store;
use embeddings::Vectors;
use live::Rooms;
use progress::Bounds;
use providers::Providers;
use searching::Searching;
use servers::Servers;
use skills::bundled::Bundled;
use web::Web;

/// Conversations in which something is being done at once; more of them wait for each other.
const RUNS_AT_ONCE: usize = 4;
/// The same for those of subagents, so that nobody's question waits for somebody else's.
const SUBAGENTS_AT_ONCE: usize = 4;
/// Streams of events that are open at once.
const STREAMS_AT_ONCE: usize = 64;

/// What the outside is told of. Ids only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// A person's conversation changed: their id and its id.
    Conversation(String, String),
    /// Something was proposed.
    Approval(String),
    /// Something that was scheduled has come.
    Schedule(String),
    /// It was answered: a person's id and the conversation's.
    Answered(String, String),
}

/// The agent.
#[derive(Debug)]
pub(crate) struct Nexus {
    pub(crate) store: Store,
    pub(crate) providers: Providers,
    pub(crate) memory: livos_memory::Memory,
    pub(crate) vectors: Vectors,
    /// Something is remembered that has no vector yet.
    pub(crate) unembedded: Notify,
    pub(crate) house: Arc<dyn House>,
    pub(crate) web: Web,
    pub(crate) searching: Searching,
    pub(crate) servers: Servers,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rooms: Rooms,
    pub(crate) bounds: Bounds,
    pub(crate) runs: Semaphore,
    pub(crate) subagent_runs: Semaphore,
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
    pub(crate) changes: mpsc::UnboundedSender<News>,
    /// What comes next is another.
    pub(crate) alarm: Notify,
    /// What is waited for is something else.
    pub(crate) watch_anew: Notify,
    /// Where the server's clock hangs.
    pub(crate) time_zone: String,
    /// The skills that LivOS brings along.
    pub(crate) bundled: Vec<Bundled>,
}

/// What the agent is put together from.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) providers: Providers,
    pub(crate) vectors: Vectors,
    pub(crate) house: Arc<dyn House>,
    pub(crate) web: Web,
    pub(crate) searching: Searching,
    pub(crate) servers: Servers,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bounds: Bounds,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
    pub(crate) changes: mpsc::UnboundedSender<News>,
    pub(crate) time_zone: String,
    pub(crate) bundled: Vec<Bundled>,
}

impl Nexus {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            store,
            providers,
            vectors,
            house,
            web,
            searching,
            servers,
            clock,
            bounds,
            tasks,
            shutdown,
            changes,
            time_zone,
            bundled,
        } = parts;
        let database = store.database();
        let memory = livos_memory::Memory::new(database.reader().clone(), database.writer().clone());
        Self {
            store,
            providers,
            memory,
            vectors,
            unembedded: Notify::new(),
            house,
            web,
            searching,
            servers,
            clock,
            rooms: Rooms::default(),
            bounds,
            runs: Semaphore::new(RUNS_AT_ONCE),
            subagent_runs: Semaphore::new(SUBAGENTS_AT_ONCE),
            streams: Arc::new(Semaphore::new(STREAMS_AT_ONCE)),
            tasks,
            shutdown,
            changes,
            alarm: Notify::new(),
            watch_anew: Notify::new(),
            time_zone,
            bundled,
        }
    }

    /// Tells the outside that a conversation changed.
    fn tell(&self, person: &str, conversation: &str) {
        // Nobody listens any more only while the daemon stops.
        let _ = self.changes.send(News::Conversation(person.to_owned(), conversation.to_owned()));
    }
}
