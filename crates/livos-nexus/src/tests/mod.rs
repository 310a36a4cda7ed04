//! The agent from inside: a scripted model, a house that says what a test wrote down, real rows.

mod approvals;
mod bus;
mod condense;
mod embeddings;
mod events;
mod files;
mod killed;
mod outside;
mod pictures;
mod planning;
mod proposing;
mod providers;
mod pure;
mod replay;
mod results;
mod runs;
mod schedules;
mod search;
mod servers;
mod shell;
mod skills;
mod spending;
mod streams;
mod subagents;
mod undoing;
mod web;

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use livos_bus::assistant::{Conversation, Item, ProviderKey, ProviderRequest};
use livos_bus::documents::{
    AppUpdate, CatalogApp, DockerContainer, InstalledApp, SearchReply, SharedFolder, SharedListing,
    SharedPiece, StoreApp,
};
use livos_bus::sandbox::{ProgramRequest, SandboxFrame};
use livos_bus::schedules::JournalRule;
use livos_bus::services::ServiceInfo;
use livos_bus::{Actor, EngineStatus, EntryInfo, Error, HostInfo, HostLoad, Via};
use livos_fetch::Network;
use livos_fetch::testing::FakeNetwork;
use livos_llm::scripted::{Reply, Scripted};
use livos_llm::{Model, ToolCall};
use livos_service::{CancellationToken, Clock, ManualClock, Secret, TaskTracker};
use livos_types::{AppId, Role, StoreId, UserId, Username};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Notify, mpsc};

use crate::core::embeddings::Vectors;
use crate::core::progress::Bounds;
use crate::core::{News, Nexus};
use crate::ports::{Answer, Happening, Happenings, House, Pipes};
use crate::{Ground, open};

/// Nothing here takes this long unless it never comes.
const DEADLINE: Duration = Duration::from_secs(30);
const NOW: i64 = 1_800_000_000;

/// The other daemons, as far as the agent can tell.
#[derive(Debug, Default)]
struct FakeHouse {
    /// Who asked for what.
    asked: Mutex<Vec<String>>,
    /// While it is there, logs wait for it.
    hold: Mutex<Option<Arc<Notify>>>,
    log: Mutex<String>,
    /// What people share.
    shared: files::Shared,
    /// What the next command says; without it there is no sandbox.
    says: Mutex<Option<Says>>,
    /// Programs that are servers of tools.
    programs: servers::programs::Started,
    /// How the app is, if a test says so.
    app: Mutex<Option<InstalledApp>>,
    /// What happens, to whoever listens.
    happens: Mutex<Option<mpsc::UnboundedSender<Happening>>>,
    /// What of the journal is followed, and what is written to it.
    journal: Mutex<Option<(Vec<JournalRule>, mpsc::UnboundedSender<Happening>)>>,
}

/// A command's words, and the writing end of its pipe for a test that keeps it open.
#[derive(Debug)]
struct Says {
    frames: Vec<SandboxFrame>,
    keep: Option<Arc<Mutex<Option<OwnedFd>>>>,
}

impl FakeHouse {
    fn note(&self, what: &str, actor: &Actor) {
        let via = if actor.via == Via::Nexus { "" } else { " by itself" };
        self.asked.lock().unwrap().push(format!("{what} {}{via}", actor.username));
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl House for FakeHouse {
    fn info(&self) -> Answer<'_, HostInfo> {
        Box::pin(async {
            Ok(HostInfo {
                hostname: "attic".to_owned(),
                os: "Debian".to_owned(),
                kernel: "6".to_owned(),
                architecture: "x86_64".to_owned(),
                cpus: 2,
                memory_total: 4 << 30,
                memory_available: 1 << 30,
                uptime_seconds: 90_061,
                disks: Vec::new(),
            })
        })
    }

    fn load(&self) -> Answer<'_, HostLoad> {
        Box::pin(async {
            Ok(HostLoad { cpus: 2, load: 3.5, memory_total: 4 << 30, memory_available: 1 << 30 })
        })
    }

    fn services<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<ServiceInfo>> {
        self.note("services", actor);
        Box::pin(async {
            Ok(vec![ServiceInfo {
                unit: "docker.service".to_owned(),
                about: "runs the containers of apps".to_owned(),
                state: "failed".to_owned(),
                detail: "failed".to_owned(),
                restartable: true,
            }])
        })
    }

    fn service_log<'a>(&'a self, actor: &'a Actor, unit: &'a str, lines: u32) -> Answer<'a, String> {
        self.note(&format!("log of {unit}, {lines} lines, for"), actor);
        Box::pin(async { Ok(self.log.lock().unwrap().clone()) })
    }

    fn engine<'a>(&'a self, actor: &'a Actor) -> Answer<'a, EngineStatus> {
        self.note("engine", actor);
        Box::pin(async { Err(Error::unavailable("a part of LivOS is not running")) })
    }

    fn apps<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<InstalledApp>> {
        self.note("apps", actor);
        let app = self.app.lock().unwrap().clone().unwrap_or_else(app);
        Box::pin(async { Ok(vec![app]) })
    }

    fn offers<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<StoreApp>> {
        self.note("offers", actor);
        Box::pin(async { Ok(vec![proposing::offer("immich", "main"), proposing::offer("jellyfin", "main")]) })
    }

    fn offer<'a>(&'a self, actor: &'a Actor, store: &'a str, app: &'a str) -> Answer<'a, CatalogApp> {
        self.note(&format!("offer {store} {app}"), actor);
        Box::pin(async move { Ok(proposing::offered(store, app)) })
    }

    fn update_of<'a>(&'a self, actor: &'a Actor, app: &'a str) -> Answer<'a, AppUpdate> {
        self.note(&format!("update of {app}"), actor);
        Box::pin(async { Ok(proposing::update()) })
    }

    fn containers<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<DockerContainer>> {
        self.note("containers", actor);
        Box::pin(async { Ok(proposing::containers()) })
    }

    fn logs<'a>(&'a self, actor: &'a Actor, app: &'a str, _: &'a str, lines: u32) -> Answer<'a, OwnedFd> {
        self.note(&format!("log of {app}, {lines} lines, for"), actor);
        let hold = self.hold.lock().unwrap().clone();
        Box::pin(async move {
            if let Some(hold) = hold {
                hold.notified().await;
            }
            if actor.role == Role::Member {
                return Err(Error::denied("only an admin of this server may do that"));
            }
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(self.log.lock().unwrap().as_bytes()).unwrap();
            std::io::Seek::rewind(&mut file).unwrap();
            Ok(file.into())
        })
    }

    fn shared_folders<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<SharedFolder>> {
        self.note("shared folders of", actor);
        Box::pin(async move { self.shared.folders(actor) })
    }

    fn shared_list<'a>(
        &'a self,
        actor: &'a Actor,
        root: &'a str,
        path: &'a str,
    ) -> Answer<'a, SharedListing> {
        Box::pin(async move { self.shared.list(actor, root, path) })
    }

    fn shared_stat<'a>(&'a self, actor: &'a Actor, root: &'a str, path: &'a str) -> Answer<'a, EntryInfo> {
        Box::pin(async move { self.shared.stat(actor, root, path) })
    }

    fn shared_read<'a>(
        &'a self,
        actor: &'a Actor,
        root: &'a str,
        path: &'a str,
        offset: u64,
        length: u32,
    ) -> Answer<'a, SharedPiece> {
        Box::pin(async move { self.shared.read(actor, root, path, offset, length) })
    }

    fn shared_search<'a>(
        &'a self,
        actor: &'a Actor,
        root: &'a str,
        path: &'a str,
        query: &'a str,
    ) -> Answer<'a, SearchReply> {
        Box::pin(async move { self.shared.search(actor, root, path, query) })
    }

    fn command<'a>(&'a self, actor: &'a Actor, command: &'a str, seconds: u32) -> Answer<'a, OwnedFd> {
        Box::pin(async move { self.say(actor, command, seconds) })
    }

    fn program<'a>(&'a self, request: &'a ProgramRequest) -> Answer<'a, Pipes> {
        Box::pin(async move { self.programs.start(request) })
    }

    fn forget_program<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        self.programs.forgotten.lock().unwrap().push(name.to_owned());
        Box::pin(async { Ok(()) })
    }

    fn journal<'a>(&'a self, actor: &'a Actor, rules: &'a [JournalRule]) -> Answer<'a, Happenings> {
        self.note("journal", actor);
        let (writes, mut written) = mpsc::unbounded_channel();
        *self.journal.lock().unwrap() = Some((rules.to_vec(), writes));
        let all = futures_util::stream::poll_fn(move |context| written.poll_recv(context));
        Box::pin(async move { Ok(Box::pin(all) as Happenings) })
    }

    fn happenings(&self) -> Answer<'_, Happenings> {
        let (happens, mut happening) = mpsc::unbounded_channel();
        *self.happens.lock().unwrap() = Some(happens);
        let all = futures_util::stream::poll_fn(move |context| happening.poll_recv(context));
        Box::pin(async move { Ok(Box::pin(all) as Happenings) })
    }
}

impl FakeHouse {
    fn say(&self, actor: &Actor, command: &str, seconds: u32) -> livos_bus::Result<OwnedFd> {
        self.note(&format!("{command}, {seconds} s, for"), actor);
        let Some(says) = self.says.lock().unwrap().take() else {
            return Err(Error::unavailable("commands can't be run on this machine: bwrap is not there"));
        };
        let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
        let bytes: Vec<u8> = says.frames.iter().flat_map(|frame| frame.encode().unwrap()).collect();
        let mut file = std::fs::File::from(write);
        file.write_all(&bytes).unwrap();
        if let Some(keep) = says.keep {
            *keep.lock().unwrap() = Some(file.into());
        }
        Ok(read)
    }
}

fn app() -> InstalledApp {
    InstalledApp {
        id: AppId::new("jellyfin").unwrap(),
        name: "Jellyfin".to_owned(),
        store: StoreId::new("s").unwrap(),
        version: "1".to_owned(),
        icon: String::new(),
        state: "problem".to_owned(),
        detail: "it restarts all the time".to_owned(),
        host: String::new(),
        domain: String::new(),
        port: 0,
        path: "/".to_owned(),
        installed_at: 0,
        default_username: String::new(),
        services: Vec::new(),
        update: String::new(),
        skipped: String::new(),
        previous: String::new(),
        ways_back: Vec::new(),
        previous_until: 0,
        previous_settings: false,
        pinned: false,
        edited: false,
        adopted: false,
    }
}

/// An agent with a provider whose model says what the test wrote down.
struct Life {
    nexus: Arc<Nexus>,
    changed: Option<mpsc::UnboundedReceiver<News>>,
    house: Arc<FakeHouse>,
    network: Arc<FakeNetwork>,
    clock: Arc<ManualClock>,
    script: Scripted,
    embeds: Arc<embeddings::FakeEmbeds>,
    /// What the models were made of.
    endpoints: Arc<Mutex<Vec<livos_llm::Endpoint>>>,
    home: TempDir,
}

impl Life {
    async fn new(replies: Vec<Reply>) -> Self {
        Self::with(replies, Bounds::default()).await
    }

    async fn with(replies: Vec<Reply>, bounds: Bounds) -> Self {
        let life = Self::open(TempDir::new().unwrap(), Scripted::new("Scripted", Vec::new()), bounds).await;
        // Saving asks once whether the provider answers.
        life.script.push(Reply::text("OK"));
        life.nexus.providers.save(provider("sk-1")).await.unwrap();
        replies.into_iter().for_each(|reply| life.script.push(reply));
        life
    }

    async fn open(home: TempDir, script: Scripted, bounds: Bounds) -> Self {
        Self::open_with(home, script, bounds, true).await
    }

    async fn open_with(home: TempDir, script: Scripted, bounds: Bounds, web: bool) -> Self {
        let house = Arc::new(FakeHouse::default());
        let network = Arc::new(FakeNetwork::default());
        let clock = Arc::new(ManualClock::at(NOW));
        let (changes, changed) = mpsc::unbounded_channel();
        let model: Arc<dyn Model> = Arc::new(script.clone());
        let endpoints: Arc<Mutex<Vec<livos_llm::Endpoint>>> = Arc::default();
        let made_of = Arc::clone(&endpoints);
        let embeds = Arc::new(embeddings::FakeEmbeds::default());
        let (makes, vectors_of) = (Arc::clone(&embeds), Arc::clone(&endpoints));
        let nexus = open(Ground {
            state: home.path(),
            secret: &Secret::new(vec![7; 32]),
            connect: Arc::new(move |endpoint| {
                made_of.lock().unwrap().push(endpoint);
                Ok(Arc::clone(&model))
            }),
            vectors: Vectors::new(
                Arc::new(move |endpoint| {
                    vectors_of.lock().unwrap().push(endpoint);
                    Ok(Arc::clone(&makes) as Arc<dyn livos_llm::Embeds>)
                }),
                home.path().join("embeddings.sock"),
            ),
            tls: Arc::new(livos_fetch::Tls::of_the_machine()),
            network: Arc::clone(&network) as Arc<dyn Network>,
            web,
            search: search::places,
            house: Arc::clone(&house) as Arc<dyn House>,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            bounds,
            tasks: TaskTracker::new(),
            shutdown: CancellationToken::new(),
            changes,
            time_zone: "Europe/Berlin".to_owned(),
        })
        .await
        .unwrap();
        Self { nexus, changed: Some(changed), house, network, clock, script, embeds, endpoints, home }
    }

    /// Dies as by a signal, and comes back with these replies.
    async fn again(self, replies: Vec<Reply>) -> Self {
        let Self { nexus, home, .. } = self;
        // Nothing more is written from here on: whatever was under way sees only that the daemon stops.
        nexus.shutdown.cancel();
        nexus.tasks.close();
        within(nexus.tasks.wait()).await;
        nexus.store.database().close().await;
        drop(nexus);
        let life = Self::open(home, Scripted::new("Scripted", replies), Bounds::default()).await;
        life.nexus.resume().await.unwrap();
        life
    }

    /// A new conversation of this person.
    async fn talk(&self, actor: &Actor) -> String {
        self.nexus.create(actor).await.unwrap().id
    }

    async fn say(&self, actor: &Actor, id: &str, text: &str) -> i64 {
        self.nexus.send(actor, id, text, &[], "").await.unwrap()
    }

    async fn see(&self, actor: &Actor, id: &str) -> Conversation {
        self.nexus.conversation(actor, id).await.unwrap()
    }

    /// Waits until something is true of a conversation.
    async fn until(&self, actor: &Actor, id: &str, true_of: impl Fn(&Conversation) -> bool) -> Conversation {
        let room = self.nexus.rooms.of(id);
        let mut news = room.watch();
        within(async {
            loop {
                let seen = self.see(actor, id).await;
                if true_of(&seen) {
                    return seen;
                }
                news.changed().await.unwrap();
            }
        })
        .await
    }

    /// Waits until nothing is going on in a conversation any more.
    async fn done(&self, actor: &Actor, id: &str) -> Conversation {
        self.until(actor, id, |seen| !seen.info.running).await
    }
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, work).await.expect("it never came")
}

fn actor(role: Role, name: &str) -> Actor {
    Actor { user: UserId::new(name).unwrap(), username: Username::new(name).unwrap(), role, via: Via::Web }
}

fn owner() -> Actor {
    actor(Role::Owner, "grace")
}

fn member() -> Actor {
    actor(Role::Member, "ada")
}

fn call(call: &str, name: &str, arguments: Value) -> ToolCall {
    ToolCall { call: call.to_owned(), name: name.to_owned(), arguments, signature: None }
}

fn log_call(id: &str) -> ToolCall {
    call(id, "docker_logs", json!({ "app": "jellyfin" }))
}

/// Items in a line each: what a person sees.
fn lines(conversation: &Conversation) -> Vec<String> {
    conversation.items.iter().map(line).collect()
}

fn line(item: &Item) -> String {
    let because = |problem: &Option<livos_bus::assistant::Problem>| {
        problem.as_ref().map(|problem| format!(" ({})", problem.code)).unwrap_or_default()
    };
    match item {
        Item::Person { text, .. } => format!("person: {text}"),
        Item::Thinking { text, .. } => format!("thinking: {text}"),
        Item::Answer { text, state, problem, .. } => {
            format!("answer {}: {text}{}", json!(state).as_str().unwrap(), because(problem))
        }
        Item::Condensed { .. } => "condensed".to_owned(),
        Item::Report { by, text, failed, progress, .. } => {
            let how = if *progress {
                " so far"
            } else if *failed {
                " failed"
            } else {
                ""
            };
            format!("report of {}{how}: {text}", by.name)
        }
        Item::Tool { name, state, problem, proposal, .. } => {
            let stands = proposal.as_ref().map(|proposal| format!(" [{}]", proposal.state.as_str()));
            let (state, because) = (json!(state), because(problem));
            format!("tool {}: {name}{because}{}", state.as_str().unwrap(), stands.unwrap_or_default())
        }
    }
}

fn provider(key: &str) -> ProviderRequest {
    ProviderRequest {
        id: "p".to_owned(),
        dialect: "anthropic".to_owned(),
        label: "Provider".to_owned(),
        base_url: "https://models.test".to_owned(),
        model: "m".to_owned(),
        key: ProviderKey(key.to_owned()),
    }
}
