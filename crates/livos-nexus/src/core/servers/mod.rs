//! Other servers whose tools are used. What they say of themselves is a stranger's words: a person agrees to each tool
//! exactly as it describes itself, and to nothing that it becomes later.

pub(crate) mod config;
pub(crate) mod definition;
mod registry;
mod session;
mod using;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, header};
use livos_bus::assistant::Problem;
use livos_bus::tool_servers::{
    ServerToolInfo, ServerToolRequest, ToolBefore, ToolServerInfo, ToolServerRequest, ToolServersReply,
};
use livos_fetch::{Network, Tls};
use livos_service::{Clock, TaskTracker};
use serde_json::{Map, Value};
use url::Url;

use self::definition::Definition;
use self::session::Session;
use self::using::Sessions;
use self::wire::{Fault, Target, Way};
use super::problem;
use super::seal::Seal;
use crate::error::Error;
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
/// The longest address, in bytes.
const ADDRESS: usize = 500;
/// The most headers, and the longest value of one.
const HEADERS: usize = 10;
const VALUE: usize = 4096;
/// How long a server may take to say what it has.
const PATIENCE: Duration = Duration::from_secs(20);

/// The servers there are, and the way to them.
pub(crate) struct Servers {
    store: Store,
    seal: Seal,
    way: Way,
    clock: Arc<dyn Clock>,
    tasks: TaskTracker,
    sessions: Sessions,
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Servers").finish_non_exhaustive()
    }
}

impl Servers {
    pub(crate) fn new(
        store: Store,
        seal: Seal,
        network: Arc<dyn Network>,
        tls: Arc<Tls>,
        clock: Arc<dyn Clock>,
        tasks: TaskTracker,
    ) -> Self {
        let way = Way { network, tls };
        Self { store, seal, way, clock, tasks, sessions: Sessions::default() }
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

    async fn one(&self, name: &str) -> Result<ToolServerInfo, Error> {
        let kept = self.kept(name).await?;
        let tools = self.store.server_tools(Some(name)).await?;
        Ok(shown(kept, tools))
    }

    async fn kept(&self, name: &str) -> Result<Kept, Error> {
        self.store.tool_server(name).await?.ok_or_else(|| Error::UnknownToolServer(name.to_owned()))
    }

    /// Tries a server and keeps it, if it says which tools it has. None of them is used by that.
    pub(crate) async fn save(&self, request: ToolServerRequest) -> Result<ToolServerInfo, Error> {
        let ToolServerRequest { name, url, headers } = request;
        let name = name.trim();
        if !is_name(name) {
            return Err(Error::Invalid(format!(
                "{name:?} is no name for a server: it has 1 to {NAME} small letters, digits and single underscores"
            )));
        }
        let url = address(&url).map_err(Error::Invalid)?;
        let all = self.store.tool_servers().await?;
        let before = all.iter().find(|kept| kept.name == name);
        if before.is_none() && all.len() >= MOST {
            return Err(Error::Invalid(format!("there are {MOST} servers already; remove one first")));
        }
        let before = before.filter(|kept| kept.url == url.as_str());
        let (names, sealed) = match (headers.0.trim(), before) {
            ("", Some(before)) => (before.headers.clone(), before.sealed.clone()),
            ("", None) => (Vec::new(), None),
            (given, _) => {
                let given = parse_headers(given).map_err(Error::Invalid)?;
                let names = given.iter().map(|(name, _)| name.to_string()).collect();
                (names, self.sealed(name, &url, &given)?)
            }
        };
        let mut kept = Kept {
            name: name.to_owned(),
            url: url.into(),
            title: String::new(),
            sealed,
            headers: names,
            enabled: before.is_none_or(|before| before.enabled),
            checked_at: 0,
            problem: None,
        };
        let (title, tools) = self.ask(&kept).await?.map_err(Error::Refused)?;
        (kept.title, kept.checked_at) = (title, self.clock.now());
        self.store.keep_tool_server(&kept, &tools).await?;
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
        let target = self.target(kept)?;
        let asking = async {
            let mut session = Session::open(&self.way, target).await?;
            let tools = session.tools(&self.way).await;
            if session::has_session(session.target()) {
                wire::leave(&self.way, session.target()).await;
            }
            Ok::<_, Fault>((session.title.clone(), tools?))
        };
        let Ok(asked) = tokio::time::timeout(PATIENCE, asking).await else {
            let why = format!("it did not say which tools it has within {} s; try again", PATIENCE.as_secs());
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
        if there { Ok(()) } else { Err(Error::UnknownToolServer(name.to_owned())) }
    }

    /// Forgets it.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Error> {
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

    /// Where a server is, with its headers.
    fn target(&self, kept: &Kept) -> Result<Target, Error> {
        let url = address(&kept.url).map_err(Error::Invalid)?;
        let headers = match &kept.sealed {
            None => Vec::new(),
            Some(sealed) => {
                let opened = self.seal.open(sealed, &place(&kept.name, &kept.url));
                let opened = opened.and_then(|text| parse_headers(&text).ok());
                opened.ok_or_else(|| Error::Sealed(kept.name.clone()))?
            }
        };
        Ok(Target { url, headers, session: None, version: None })
    }

    fn sealed(
        &self,
        name: &str,
        url: &Url,
        headers: &[(HeaderName, HeaderValue)],
    ) -> Result<Option<Vec<u8>>, Error> {
        if headers.is_empty() {
            return Ok(None);
        }
        let text = |value: &HeaderValue| Value::from(value.to_str().unwrap_or_default());
        let fields: Map<String, Value> =
            headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let text = Value::Object(fields).to_string();
        self.seal.seal(&text, &place(name, url.as_str())).map(Some)
    }
}

/// What headers are sealed to. Neither a provider of models nor a search engine has such an id.
fn place(name: &str, url: &str) -> String {
    format!("tools/{name}\n{url}")
}

pub(super) fn is_name(name: &str) -> bool {
    (1..=NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        && !name.contains(livos_policy::OF)
        && !name.starts_with('_')
        && !name.ends_with('_')
}

/// An address that an admin types may be at home; what it may not be is a place for keys, since it is shown.
fn address(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("{why}: an address looks like http://192.168.1.20:8000/mcp");
    let text = text.trim();
    if text.len() > ADDRESS {
        return Err(wrong("that is too long"));
    }
    let url = Url::parse(text).map_err(|_| wrong("that is no address"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it begins with neither https:// nor http://"));
    }
    if url.host().is_none() {
        return Err(wrong("there is no host in it"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("a password in an address would be seen"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("what comes after ? or # would be seen; a key is entered as one, or as a header"));
    }
    Ok(url)
}

/// Headers as they are handed over: a JSON object of texts.
fn parse_headers(text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let fields: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| "headers are names with a text each".to_owned())?;
    if fields.len() > HEADERS {
        return Err(format!("a server is sent at most {HEADERS} headers"));
    }
    let mut headers = Vec::new();
    for (name, value) in fields {
        let known = HeaderName::from_bytes(name.as_bytes()).ok().filter(|known| !is_ours(known));
        let known = known.ok_or_else(|| format!("{name:?} is no header that can be chosen"))?;
        let value = value.as_str().map(str::trim).filter(|value| !value.is_empty() && value.len() <= VALUE);
        let value = value.ok_or_else(|| format!("the header {name} has 1 to {VALUE} letters"))?;
        if config::is_placeholder(value) {
            return Err(format!("the header {name} holds what only stands for a key; enter the key itself"));
        }
        let value = HeaderValue::from_str(value);
        let mut value = value.map_err(|_| format!("the header {name} has letters that none may have"))?;
        value.set_sensitive(true);
        headers.push((known, value));
    }
    Ok(headers)
}

/// What we say ourselves.
fn is_ours(name: &HeaderName) -> bool {
    let ours = [
        header::HOST,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::UPGRADE,
        header::TE,
        header::TRAILER,
        header::EXPECT,
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::USER_AGENT,
    ];
    ours.contains(name) || name.as_str().starts_with("mcp-")
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
    ToolServerInfo {
        name: kept.name,
        url: kept.url,
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
