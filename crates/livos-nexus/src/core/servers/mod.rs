//! Other servers whose tools are used. What they say of themselves is a stranger's words: a person agrees to each tool
//! exactly as it describes itself, and to nothing that it becomes later.

pub(crate) mod config;
pub(crate) mod definition;
pub(crate) mod pipes;
pub(crate) mod place;
mod program;
mod registry;
mod session;
mod transport;
mod using;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use livos_bus::assistant::{Problem, ProviderKey};
use livos_bus::sandbox::ProgramRequest;
use livos_bus::tool_servers::{
    ServerProgram, ServerToolInfo, ServerToolRequest, ToolBefore, ToolServerInfo, ToolServerRequest,
    ToolServersReply,
};
use livos_fetch::{Network, Tls};
use livos_service::{CancellationToken, Clock, TaskTracker};
use serde_json::Value;

use self::definition::Definition;
use self::pipes::Programs;
use self::place::{Place, Program};
use self::program::Piped;
use self::session::Session;
use self::transport::{Fault, Transport};
use self::using::Sessions;
use self::wire::{Http, Target, Way};
use super::problem;
use super::seal::Seal;
use crate::error::Error;
use crate::ports::House;
use crate::store::Store;
use crate::store::servers::{Kept, KeptTool, Seen};

pub(crate) use using::Said;

/// Servers that may be set up.
const MOST: usize = 20;
/// Tools that may be enabled: each is told to a model with every question.
const ENABLED: usize = 60;
/// What all tools of a server may say of themselves, and all that are enabled, in bytes.
const WORDS: usize = 512 * 1024;
const TOLD: usize = 96 * 1024;
/// The longest name of a server, in letters.
const NAME: usize = 20;

/// How long a server may take to say what it has. A call over the bus takes 30 s at most.
const PATIENCE: Duration = Duration::from_secs(20);

/// The servers there are, and the way to them.
pub(crate) struct Servers {
    store: Store,
    seal: Seal,
    way: Way,
    clock: Arc<dyn Clock>,
    tasks: TaskTracker,
    sessions: Sessions,
    pub(crate) programs: Arc<Programs>,
}

/// What they stand on.
pub(crate) struct Ground {
    pub(crate) network: Arc<dyn Network>,
    pub(crate) tls: Arc<Tls>,
    pub(crate) house: Arc<dyn House>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tasks: TaskTracker,
    pub(crate) shutdown: CancellationToken,
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Servers").finish_non_exhaustive()
    }
}

impl Servers {
    pub(crate) fn new(store: Store, seal: Seal, ground: Ground) -> Self {
        let Ground { network, tls, house, clock, tasks, shutdown } = ground;
        let programs = Arc::new(Programs::new(house, tasks.clone(), shutdown));
        let way = Way { network, tls };
        Self { store, seal, way, clock, tasks, sessions: Sessions::default(), programs }
    }

    /// All of them.
    pub(crate) async fn list(&self) -> Result<ToolServersReply, Error> {
        let mut tools = self.store.server_tools(None).await?;
        let mut servers = Vec::new();
        for kept in self.store.tool_servers().await? {
            let (own, others) = tools.into_iter().partition(|tool: &KeptTool| tool.server == kept.name);
            tools = others;
            servers.push(shown(kept, own));
        }
        Ok(ToolServersReply { servers })
    }

    /// All of them with their tools, as they are kept.
    pub(crate) async fn all(&self) -> Result<(Vec<Kept>, Vec<KeptTool>), Error> {
        Ok((self.store.tool_servers().await?, self.store.server_tools(None).await?))
    }

    /// Whether one could be added under this name and at this place. Nobody is asked anything for that.
    pub(crate) async fn could_add(&self, request: &ToolServerRequest) -> Result<Result<(), String>, Error> {
        let ToolServerRequest { name, url, command, network, .. } = request;
        let all = self.store.tool_servers().await?;
        let why = if !is_name(name) {
            Some(format!(
                "{name:?} is no name for a server: it has 1 to {NAME} small letters, digits and single underscores"
            ))
        } else if all.iter().any(|kept| kept.name == *name) {
            Some(format!("there is a server called {name} already; mcp_list says which there are"))
        } else if all.len() >= MOST {
            Some(format!("there are {MOST} servers already; one has to be removed first"))
        } else {
            placed(url, command.clone(), *network).err()
        };
        Ok(why.map_or(Ok(()), Err))
    }

    pub(crate) async fn one(&self, name: &str) -> Result<ToolServerInfo, Error> {
        let kept = self.kept(name).await?;
        let tools = self.store.server_tools(Some(name)).await?;
        Ok(shown(kept, tools))
    }

    async fn kept(&self, name: &str) -> Result<Kept, Error> {
        self.store.tool_server(name).await?.ok_or_else(|| Error::UnknownToolServer(name.to_owned()))
    }

    /// Tries a server and keeps it, if it says which tools it has. None of them is used by that.
    pub(crate) async fn save(&self, request: ToolServerRequest) -> Result<ToolServerInfo, Error> {
        let ToolServerRequest { name, url, command, network, headers } = request;
        let name = name.trim();
        if !is_name(name) {
            return Err(Error::Invalid(format!(
                "{name:?} is no name for a server: it has 1 to {NAME} small letters, digits and single underscores"
            )));
        }
        let place = placed(&url, command, network).map_err(Error::Invalid)?;
        let url = place.written();
        let all = self.store.tool_servers().await?;
        let before = all.iter().find(|kept| kept.name == name);
        if before.is_none() && all.len() >= MOST {
            return Err(Error::Invalid(format!("there are {MOST} servers already; remove one first")));
        }
        let replaced = before.filter(|kept| kept.url != url).and_then(folder_of);
        let before = before.filter(|kept| kept.url == url);
        let (names, sealed) = match (headers.0.trim(), before) {
            ("", Some(before)) => (before.headers.clone(), before.sealed.clone()),
            ("", None) => (Vec::new(), None),
            (given, _) => {
                let (names, text) = place.secrets(given).map_err(Error::Invalid)?;
                let sealed = (!names.is_empty()).then(|| self.seal.seal(&text, &sealed_to(name, &url)));
                (names, sealed.transpose()?)
            }
        };
        let mut kept = Kept {
            name: name.to_owned(),
            url,
            title: String::new(),
            sealed,
            headers: names,
            enabled: before.is_none_or(|before| before.enabled),
            checked_at: 0,
            problem: None,
        };
        let (title, tools) = match self.ask(&kept).await? {
            Ok(said) => said,
            Err(problem) => {
                // What is not kept leaves nothing; unless it is only late, and fetches itself meanwhile.
                let late = problem.message == place.late(PATIENCE);
                if let Some(folder) = folder_of(&kept).filter(|_| before.is_none() && !late) {
                    self.programs.forget_aside(&folder);
                }
                return Err(Error::Refused(problem));
            }
        };
        (kept.title, kept.checked_at) = (title, self.clock.now());
        self.store.keep_tool_server(&kept, &tools).await?;
        if let Some(folder) = replaced {
            self.programs.forget_aside(&folder);
        }
        self.one(name).await
    }

    /// Asks a server again which tools it has.
    pub(crate) async fn look(&self, name: &str) -> Result<ToolServerInfo, Error> {
        let mut kept = self.kept(name).await?;
        match self.ask(&kept).await? {
            Ok((title, tools)) => {
                kept.title = title;
                self.store.see_tools(&kept, &tools, self.clock.now()).await?;
            }
            Err(problem) => {
                self.store.note_tool_server(&kept, &problem).await?;
                return Err(Error::Refused(problem));
            }
        }
        self.one(name).await
    }

    /// What it calls itself and which tools it has.
    async fn ask(&self, kept: &Kept) -> Result<Result<(String, Vec<Seen>), Problem>, Error> {
        // Somebody looks on, who may have mended what ailed it.
        if let Some(folder) = folder_of(kept) {
            self.programs.forgive(&folder);
        }
        let transport = self.transport(kept)?;
        let asking = async {
            let mut session = Session::open(transport).await?;
            let tools = session.tools().await;
            session.transport().leave().await;
            Ok::<_, Fault>((session.title.clone(), tools?))
        };
        let Ok(asked) = tokio::time::timeout(PATIENCE, asking).await else {
            let why = Place::read(&kept.url).map_err(Error::Invalid)?.late(PATIENCE);
            return Ok(Err(problem::of("unreachable", why)));
        };
        match asked {
            Ok((title, tools)) => Ok(Ok((title, judged(&kept.name, tools).await))),
            Err(fault) => Ok(Err(fault.into_problem())),
        }
    }

    /// Has its tools used, or not.
    pub(crate) async fn switch(&self, name: &str, on: bool) -> Result<(), Error> {
        let there = self.store.switch_tool_server(name, on).await?;
        if !on && let Some(folder) = self.store.tool_server(name).await?.as_ref().and_then(folder_of) {
            self.programs.let_go(&folder);
        }
        if there { Ok(()) } else { Err(Error::UnknownToolServer(name.to_owned())) }
    }

    /// Forgets it.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Error> {
        // What it kept goes first: if that fails or this daemon dies, it is there to be removed again.
        if let Some(folder) = self.store.tool_server(name).await?.as_ref().and_then(folder_of) {
            self.programs.forget(&folder).await.map_err(|error| {
                let why = wire::words(&error.message, 300);
                let why =
                    format!("what {name} kept can't be deleted, so it was not removed: {why}; try again");
                Error::Refused(problem::of("unreachable", why))
            })?;
        }
        let there = self.store.remove_tool_server(name).await?;
        if there { Ok(()) } else { Err(Error::UnknownToolServer(name.to_owned())) }
    }

    /// Agrees to a tool as it was looked at, or has it not used.
    pub(crate) async fn set_tool(&self, request: ServerToolRequest) -> Result<(), Error> {
        let ServerToolRequest { server, tool, digest, how } = request;
        let how = match how.as_str() {
            "off" => "",
            "ask" | "look" => how.as_str(),
            _ => return Err(Error::Invalid("a tool is used with ask or look, or it is off".to_owned())),
        };
        self.kept(&server).await?;
        let tools = self.store.server_tools(None).await?;
        let one = tools.iter().find(|one| one.server == server && one.seen.name == tool);
        let one = one.ok_or_else(|| Error::Invalid(format!("{server} has no tool called {tool}")))?;
        if let (false, Some(why)) = (how.is_empty(), &one.seen.refused) {
            return Err(Error::Invalid(format!("{tool} can't be used: {why}")));
        }
        let others = tools.iter().filter(|other| !other.how.is_empty() && other.known_as != one.known_as);
        if !how.is_empty() && others.count() >= ENABLED {
            return Err(Error::Invalid(format!("{ENABLED} tools are enabled already; disable one first")));
        }
        let told = tools.iter().filter(|other| !other.how.is_empty() && other.known_as != one.known_as);
        let told: usize = told.filter_map(|other| other.agreed.as_ref()).map(Definition::length).sum();
        if !how.is_empty() && told + one.seen.length() > TOLD {
            let most = TOLD / 1024;
            return Err(Error::Invalid(format!(
                "a model would be told more than {most} KiB of tools with every question; disable some first"
            )));
        }
        if self.store.settle_tool(&server, &tool, &digest, how, self.clock.now()).await? {
            return Ok(());
        }
        Err(Error::Conflict(format!("{tool} is not what was looked at any more; look at it again")))
    }

    /// The way to a server, with what it is given as keys.
    fn transport(&self, kept: &Kept) -> Result<Arc<dyn Transport>, Error> {
        let opened = match &kept.sealed {
            None => "{}".to_owned(),
            Some(sealed) => {
                let opened = self.seal.open(sealed, &sealed_to(&kept.name, &kept.url));
                opened.ok_or_else(|| Error::Sealed(kept.name.clone()))?
            }
        };
        let sealed = |_| Error::Sealed(kept.name.clone());
        Ok(match Place::read(&kept.url).map_err(Error::Invalid)? {
            Place::Address(url) => {
                let headers = place::headers(&opened).map_err(sealed)?;
                let target = Target { url, headers, session: None, version: None };
                Arc::new(Http::new(self.way.clone(), target))
            }
            Place::Program(program) => {
                let given = place::variables(&opened).map_err(sealed)?;
                let request = ProgramRequest {
                    name: program.folder(&kept.name),
                    command: program.command,
                    environment: given.into_iter().map(|(name, value)| (name, ProviderKey(value))).collect(),
                    network: program.network,
                };
                Arc::new(Piped::new(Arc::clone(&self.programs), kept.name.clone(), request))
            }
        })
    }
}

/// Where a server is, as somebody typed it.
fn placed(url: &str, command: Vec<String>, network: bool) -> Result<Place, String> {
    match (command.is_empty(), url.trim().is_empty()) {
        (true, _) => place::address(url).map(Place::Address),
        (false, true) => Program::of(command, network).map(Place::Program),
        (false, false) => Err("a server is at an address or a program, and not both".to_owned()),
    }
}

/// Where a program keeps what it keeps; nothing for a server at an address.
fn folder_of(kept: &Kept) -> Option<String> {
    Program::read(&kept.url).map(|program| program.folder(&kept.name))
}

/// What keys are sealed to. Neither a provider of models nor a search engine has such an id.
fn sealed_to(name: &str, url: &str) -> String {
    format!("tools/{name}\n{url}")
}

pub(super) fn is_name(name: &str) -> bool {
    (1..=NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.contains(livos_policy::OF)
        && !name.starts_with('_')
        && !name.ends_with('_')
}

/// A server's list, judged. That may take a while, and nobody else is to wait for it. If it fails, there are no tools.
async fn judged(server: &str, tools: Vec<Value>) -> Vec<Seen> {
    let server = server.to_owned();
    let judging = tokio::task::spawn_blocking(move || seen(&server, &tools)).await;
    judging.unwrap_or_else(|error| {
        tracing::error!(%error, "the tools of a server can't be judged");
        Vec::new()
    })
}

/// A server's list, judged.
fn seen(server: &str, tools: &[Value]) -> Vec<Seen> {
    let mut tools: Vec<Definition> = tools.iter().filter_map(Definition::read).collect();
    definition::without_doubles(server, &mut tools);
    let mut names = std::collections::HashSet::new();
    tools.retain(|tool| names.insert(tool.name.clone()));
    definition::within(WORDS, &mut tools);
    let seen = |definition: Definition| Seen {
        known_as: definition.known_as(server),
        digest: definition.digest(),
        definition,
    };
    tools.into_iter().map(seen).collect()
}

fn shown(kept: Kept, tools: Vec<KeptTool>) -> ToolServerInfo {
    let program = Program::read(&kept.url);
    ToolServerInfo {
        name: kept.name,
        url: if program.is_some() { String::new() } else { kept.url },
        program: program.map(|Program { command, network }| ServerProgram { command, network }),
        title: kept.title,
        headers: kept.headers,
        on: kept.enabled,
        checked_at: kept.checked_at,
        problem: kept.problem,
        tools: tools.into_iter().map(shown_tool).collect(),
    }
}

fn pretty(schema: &Value) -> String {
    let pretty = serde_json::to_string_pretty(schema).unwrap_or_default();
    // What is nested deeply is mostly space then.
    if pretty.len() > 32 * 1024 { schema.to_string() } else { pretty }
}

fn is_changed(tool: &KeptTool) -> bool {
    tool.agreed_digest.as_ref().is_some_and(|agreed| *agreed != tool.digest)
}

/// How a tool stands.
pub(crate) fn state_of(tool: &KeptTool) -> &'static str {
    match tool {
        KeptTool { gone: true, .. } => "gone",
        KeptTool { seen: Definition { refused: Some(_), .. }, .. } => "refused",
        KeptTool { how, .. } if !how.is_empty() && is_changed(tool) => "changed",
        KeptTool { how, .. } if how == "look" => "look",
        KeptTool { how, .. } if !how.is_empty() => "ask",
        KeptTool { known: true, .. } => "off",
        _ => "new",
    }
}

fn shown_tool(tool: KeptTool) -> ServerToolInfo {
    let (changed, state) = (is_changed(&tool), state_of(&tool));
    let before = tool.agreed.filter(|_| changed);
    ServerToolInfo {
        state: state.to_owned(),
        known_as: tool.known_as,
        digest: tool.digest,
        before: before
            .map(|before| ToolBefore { schema: pretty(&before.schema), description: before.description }),
        schema: pretty(&tool.seen.schema),
        name: tool.seen.name,
        description: tool.seen.description,
        says_it_looks: tool.seen.says_it_looks,
        refused: tool.seen.refused,
    }
}
