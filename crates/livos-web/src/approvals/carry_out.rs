//! From a proposal to the call of another daemon that does it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;

use livos_bus::approvals::ProposedAction;
use livos_bus::documents::{AppUpdate, CatalogApp, ContainerRan, FileChange};
use livos_bus::{Actor, DockerManagerProxy, Document, Error, InstallRequest, Result, UpdateRequest};
use livos_policy::{SERVICES, is_of_a_server, no_command};
use livos_types::{AppId, RelPath, RootId, StoreId};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::servers::{OnServers, on_servers, set_up};
use crate::services::Services;

/// What is said of what the agent does itself once a person has agreed.
pub(super) const AGREED: &str = "it was agreed to";

/// The most bytes of how a program ended, as they come.
const MOST_ENDING: u64 = 256 * 1024;

/// What a proposal is, once it was looked at.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verb {
    /// Something with an app.
    App(OnApp, AppId),
    /// A new one.
    Install(Install),
    /// Another version of one.
    Update(Update),
    /// That taken back, with its data.
    Rollback(Back),
    /// Something with a container, by its full id.
    Container(OnContainer, String),
    /// A program in a container, its words and the seconds that it may take.
    Command(Command),
    /// The setting up of other servers.
    Servers(OnServers),
    /// The restart of a service that LivOS stands on.
    Service(String),
    /// A change of files, kept under the proposal's id.
    File(FileChange),
    /// The taking back of one.
    PutBack(String),
    /// The agent looks at something outside, or asks another server; agreeing is all that is done here.
    ByAgent,
}

/// What is done with an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnApp {
    Start,
    Stop,
    Restart,
    /// What it stored stays.
    Remove,
}

/// Back from this version to the one before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Back {
    pub(super) app: AppId,
    pub(super) to: String,
}

/// What is done with a container that is no app's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnContainer {
    Start,
    Stop,
    Restart,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Install {
    app: AppId,
    store: StoreId,
    version: String,
    accept: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    app: AppId,
    to: String,
    accept: Vec<String>,
}

/// What the three that change files have in common.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OnFile {
    root: String,
    path: String,
    revision: String,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    change: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct App {
    app: AppId,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    service: String,
}

/// A program and its arguments, in a container by its full id.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    container: String,
    cmd: Vec<String>,
    seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Container {
    container: String,
}

/// The arguments, understood to the last word.
pub(super) fn read<T: DeserializeOwned>(action: &ProposedAction) -> Result<T> {
    // A list would be read as well, by the order of what is in it.
    if !action.arguments.is_object() {
        return Err(Error::invalid("the arguments have no names"));
    }
    serde_json::from_value(action.arguments.clone()).map_err(Error::invalid)
}

fn on_app(action: &ProposedAction, what: OnApp) -> Result<Verb> {
    Ok(Verb::App(what, read::<App>(action)?.app))
}

fn on_container(action: &ProposedAction, what: OnContainer) -> Result<Verb> {
    let id = read::<Container>(action)?.container;
    is_container(&id)?;
    Ok(Verb::Container(what, id))
}

fn is_container(id: &str) -> Result<()> {
    if id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(Error::invalid("the id of a container has 64 hexadecimal digits"))
}

fn command(action: &ProposedAction) -> Result<Verb> {
    let command: Command = read(action)?;
    is_container(&command.container)?;
    match no_command(&command.cmd, command.seconds) {
        None => Ok(Verb::Command(command)),
        Some(why) => Err(Error::invalid(why)),
    }
}

fn on_service(action: &ProposedAction) -> Result<Verb> {
    let unit = read::<Service>(action)?.service;
    if SERVICES.iter().any(|service| service.unit == unit && service.restart.is_some()) {
        return Ok(Verb::Service(unit));
    }
    Err(Error::invalid("that is no service that can be restarted"))
}

fn on_file(action: &ProposedAction, kind: &str) -> Result<Verb> {
    let OnFile { root, path, revision, to, text } = read(action)?;
    RootId::new(root.as_str()).map_err(Error::invalid)?;
    let not_root = |path: &str| match RelPath::new(path) {
        Ok(path) if !path.is_root() => Ok(()),
        Ok(_) => Err(Error::invalid("a whole place stays as it is")),
        Err(error) => Err(Error::invalid(error)),
    };
    not_root(&path)?;
    if to.is_some() != (kind == "move") || text.is_some() != (kind == "write") {
        return Err(Error::invalid("the arguments do not fit"));
    }
    if let Some(to) = &to {
        not_root(to)?;
    }
    let (to, text) = (to.unwrap_or_default(), text.unwrap_or_default());
    Ok(Verb::File(FileChange { kind: kind.to_owned(), root, path, revision, to, text }))
}

/// Reads a proposal, or what takes one back. What is not understood to the last word is not done.
pub(super) fn verb(action: &ProposedAction) -> Result<Verb> {
    match action.tool.as_str() {
        // What they may be, the agent holds against what the server says of itself.
        tool if is_of_a_server(tool) && action.arguments.is_object() => Ok(Verb::ByAgent),
        tool if is_of_a_server(tool) => Err(Error::invalid("the arguments have no names")),
        "scrape" => {
            let page: Page = read(action)?;
            let is_address = ["https://", "http://"].iter().any(|scheme| page.url.starts_with(scheme));
            if is_address { Ok(Verb::ByAgent) } else { Err(Error::invalid("that is no address")) }
        }
        "web_search" => {
            let search: Search = read(action)?;
            if search.query.is_empty() {
                Err(Error::invalid("there is nothing to search for"))
            } else {
                Ok(Verb::ByAgent)
            }
        }
        "apps_start" => on_app(action, OnApp::Start),
        "apps_stop" => on_app(action, OnApp::Stop),
        "apps_restart" => on_app(action, OnApp::Restart),
        "apps_remove" => on_app(action, OnApp::Remove),
        // Nothing that is proposed: it takes an update back.
        "apps_rollback" => read(action).map(Verb::Rollback),
        "apps_install" => read(action).map(Verb::Install),
        "apps_update" => read(action).map(Verb::Update),
        "docker_start" => on_container(action, OnContainer::Start),
        "docker_stop" => on_container(action, OnContainer::Stop),
        "docker_restart" => on_container(action, OnContainer::Restart),
        "docker_exec" => command(action),
        "mcp_install" | "mcp_manage" | "mcp_config_raw" => on_servers(action).map(Verb::Servers),
        "service_restart" => on_service(action),
        "files_write" => on_file(action, "write"),
        "files_move" => on_file(action, "move"),
        "files_trash" => on_file(action, "trash"),
        // As with an update.
        "files_put_back" => Ok(Verb::PutBack(read::<Changed>(action)?.change)),
        other => Err(Error::invalid(format!("nothing is known of a tool called {other}"))),
    }
}

/// What was begun.
#[derive(Debug)]
pub(super) enum Begun {
    /// A job goes on with it.
    Job(String),
    /// It is done, and this is told.
    Done(String),
    /// It is done, and this is told with all that a program wrote.
    Wrote(String),
}

impl Verb {
    /// Whoever does it knows it by its proposal's id: the same again does nothing twice.
    pub(super) fn may_repeat(&self) -> bool {
        matches!(self, Self::File(_) | Self::PutBack(_))
    }

    /// Nobody is kept waiting until it is done.
    pub(super) fn takes_its_time(&self) -> bool {
        matches!(self, Self::Command(_) | Self::Servers(_))
    }
}

/// Does it, as this person, for the proposal of this id.
pub(super) async fn begin(services: &Services, actor: &Actor, verb: &Verb, id: &str) -> Result<Begun> {
    let files = &services.files_manager;
    let (apps, docker) = (&services.apps_manager, &services.docker_manager);
    let job = match verb {
        Verb::ByAgent => return Ok(Begun::Done(AGREED.to_owned())),
        Verb::File(change) => {
            return files.change(actor, id, Document::json(change)?).await.map(Begun::Done);
        }
        // Only what this proposal itself has changed.
        Verb::PutBack(change) if change != id => return Err(Error::invalid("this is another change")),
        Verb::PutBack(change) => return files.put_back(actor, change).await.map(Begun::Done),
        Verb::App(OnApp::Start, app) => apps.start(actor, app.as_str()).await,
        Verb::App(OnApp::Stop, app) => apps.stop(actor, app.as_str(), false).await,
        Verb::App(OnApp::Restart, app) => apps.restart(actor, app.as_str()).await,
        Verb::App(OnApp::Remove, app) => apps.remove(actor, app.as_str(), true, false).await,
        Verb::Rollback(back) => apps.rollback(actor, back.app.as_str(), "version").await,
        Verb::Install(install) => apps.install(actor, &request(install)).await,
        Verb::Update(update) => apps.update(actor, &newer(update)).await,
        Verb::Command(command) => return run(docker, actor, command).await.map(Begun::Wrote),
        Verb::Servers(what) => return set_up(services, actor, what).await.map(Begun::Done),
        Verb::Service(unit) => {
            services.host_services.restart(actor, unit).await?;
            return Ok(Begun::Done(format!("{unit} was restarted")));
        }
        // Its person has read that it is not LivOS'.
        Verb::Container(OnContainer::Start, id) => docker.start(actor, id, true).await,
        Verb::Container(OnContainer::Stop, id) => docker.stop(actor, id, true).await,
        Verb::Container(OnContainer::Restart, id) => docker.restart(actor, id, true).await,
    };
    job.map(Begun::Job)
}

/// Runs it to its end.
async fn run(docker: &DockerManagerProxy<'_>, actor: &Actor, command: &Command) -> Result<String> {
    let words: Vec<&str> = command.cmd.iter().map(String::as_str).collect();
    let pipe = docker.run(actor, &command.container, &words, command.seconds).await?;
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        File::from(OwnedFd::from(pipe)).take(MOST_ENDING).read_to_end(&mut bytes).map(|_| bytes)
    });
    let bytes = reading.await.map_err(Error::internal)?.map_err(Error::internal)?;
    // Whoever ran it is gone if it ends without a word.
    let ran: ContainerRan = serde_json::from_slice(&bytes).map_err(Error::internal)?;
    Ok(told(&ran, command.seconds))
}

/// How a program ended, and what it wrote.
fn told(ran: &ContainerRan, seconds: u32) -> String {
    let how = match (ran.code, ran.ended) {
        (Some(code), _) => format!("It ended with exit code {code}."),
        (None, true) => format!("It took longer than {seconds} s and was ended."),
        (None, false) => {
            format!("It took longer than {seconds} s and could not be ended, so it may run on.")
        }
    };
    let wrote = [("It wrote", &ran.stdout), ("It wrote as errors", &ran.stderr)];
    let wrote = wrote.into_iter().filter(|(_, stream)| !stream.trim().is_empty());
    let wrote = wrote.map(|(what, stream)| format!("{what}:\n{}", stream.trim_end()));
    let more = ran.more.then(|| "[It wrote more than that.]".to_owned());
    std::iter::once(how).chain(wrote).chain(more).collect::<Vec<_>>().join("\n")
}

fn request(Install { app, store, accept, .. }: &Install) -> InstallRequest {
    InstallRequest {
        store: store.to_string(),
        app: app.to_string(),
        answers: HashMap::new(),
        accept: accept.clone(),
        docker_control: false,
    }
}

fn newer(Update { app, accept, .. }: &Update) -> UpdateRequest {
    UpdateRequest { app: app.to_string(), answers: HashMap::new(), accept: accept.clone() }
}

/// Refuses what is not offered as it was agreed to: another version, or sentences on the card that are not those which
/// its codes stand for. The agent wrote both, and is not believed.
pub(super) async fn consented(
    services: &Services,
    actor: &Actor,
    verb: &Verb,
    notes: &[String],
) -> Result<()> {
    let (agreed, offered, accept, permissions) = match verb {
        Verb::Install(Install { app, store, version, accept }) => {
            let found = services.catalog.get(actor, store.as_str(), app.as_str()).await?;
            let found: CatalogApp = parsed(found).await?;
            (version, found.app.version, accept, found.permissions)
        }
        Verb::Update(Update { app, to, accept }) => {
            let found: AppUpdate = parsed(services.apps.update_of(actor, app.as_str()).await?).await?;
            (to, found.to, accept, found.permissions)
        }
        _ => return Ok(()),
    };
    if offered != *agreed {
        return Err(Error::conflict(format!(
            "version {offered} is offered by now, and {agreed} was agreed to; it was not done"
        )));
    }
    let was_read = |code: &String| {
        permissions.iter().any(|permission| permission.code == *code && notes.contains(&permission.text))
    };
    if accept.iter().all(was_read) {
        return Ok(());
    }
    Err(Error::conflict("it asks for something else by now than what was agreed to; it was not done"))
}

pub(super) async fn parsed<T: DeserializeOwned + Send + 'static>(document: Document) -> Result<T> {
    tokio::task::spawn_blocking(move || document.parse()).await.map_err(Error::internal)?
}

#[cfg(test)]
mod tests {
    use livos_policy::PROPOSABLE;
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_may_be_proposed_can_be_done_and_nothing_else() {
        let action = |tool: &str, arguments| ProposedAction { tool: tool.to_owned(), arguments };
        for what in PROPOSABLE {
            let fits = match what.tool {
                "scrape" => json!({ "url": "https://example.org/" }),
                "web_search" => json!({ "query": "garden" }),
                "apps_install" => {
                    json!({ "app": "jellyfin", "store": "main", "version": "1", "accept": ["c"] })
                }
                "apps_update" => json!({ "app": "jellyfin", "to": "2", "accept": [] }),
                "files_write" => json!({ "root": "home", "path": "a/b.txt", "revision": "", "text": "x" }),
                "files_move" => json!({ "root": "home", "path": "a/b", "revision": "1", "to": "a/c" }),
                "files_trash" => json!({ "root": "home", "path": "a/b", "revision": "1" }),
                "service_restart" => json!({ "service": "docker.service" }),
                "mcp_install" => {
                    json!({ "name": "notes", "url": "", "command": ["npx", "notes"], "network": true })
                }
                "mcp_manage" => json!({ "name": "notes", "action": "remove", "at": "https://example.org/" }),
                "mcp_config_raw" => json!({ "json": "{}" }),
                "docker_exec" => json!({ "container": "a".repeat(64), "cmd": ["ls", "-l"], "seconds": 30 }),
                docker if docker.starts_with("docker_") => json!({ "container": "a".repeat(64) }),
                _ => json!({ "app": "jellyfin" }),
            };
            let fits = action(what.tool, fits);
            verb(&fits).unwrap();
            for wrong in [
                json!({ "url": "file:///etc/passwd" }),
                json!({ "url": "https://example.org/", "more": 1 }),
                json!(["https://example.org/"]),
                json!({ "query": "" }),
                json!({ "query": "garden", "more": 1 }),
                json!(["garden"]),
                json!({}),
                json!({ "app": "../x" }),
                json!({ "app": "x", "more": 1 }),
                json!(["jellyfin"]),
                json!({ "app": "jellyfin", "store": "../x", "accept": [] }),
                json!({ "app": "jellyfin", "to": "2", "accept": [], "force": true }),
                json!({ "container": "web" }),
                json!({ "container": "web", "cmd": ["ls"], "seconds": 30 }),
                json!({ "container": "a".repeat(64), "cmd": "ls", "seconds": 30 }),
                json!({ "container": "a".repeat(64), "cmd": [], "seconds": 30 }),
                json!({ "container": "a".repeat(64), "cmd": ["ls"], "seconds": 900 }),
                json!({ "container": "a".repeat(64), "cmd": ["ls"], "seconds": 30, "user": "root" }),
                json!({ "name": "notes", "url": "", "command": [], "network": false }),
                json!({ "name": "notes", "url": "http://a", "command": ["b"], "network": false }),
                json!({ "name": "notes", "url": "http://a", "command": [], "network": false, "headers": {} }),
                json!({ "name": "notes", "action": "erase", "at": "" }),
                json!({ "json": "" }),
                json!({ "service": "ssh.service" }),
                json!({ "service": "livos-web.service" }),
                json!({ "service": "docker.service", "more": 1 }),
                json!({ "root": "home", "path": "../b", "revision": "1" }),
                json!({ "root": "home", "path": "b", "revision": "1", "more": 1 }),
                json!({ "root": "home", "path": "", "revision": "1", "text": "x" }),
                json!({ "root": "home", "path": "a", "revision": "1", "to": "../c" }),
                json!({ "root": "home", "path": "a", "revision": "1", "to": "c", "text": "x" }),
                json!(null),
            ] {
                verb(&action(what.tool, wrong.clone())).unwrap_err();
            }
        }
        verb(&action("apps_erase", json!({ "app": "jellyfin" }))).unwrap_err();
        for (back, arguments) in [
            ("apps_rollback", json!({ "app": "jellyfin", "to": "2" })),
            ("files_put_back", json!({ "change": "c-1-0" })),
        ] {
            verb(&action(back, arguments)).unwrap();
            assert!(livos_policy::proposable(back).is_none(), "it only takes something back");
        }
        assert_eq!(verb(&action("notes__search", json!({ "any": 1 }))).unwrap(), Verb::ByAgent);
        verb(&action("notes__search", json!(["any"]))).unwrap_err();
        verb(&action("__search", json!({}))).unwrap_err();
    }
}
