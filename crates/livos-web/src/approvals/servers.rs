//! Other servers whose tools are used, set up as an admin agreed to it. No key comes this way.

use livos_bus::approvals::ProposedAction;
use livos_bus::assistant::ProviderKey;
use livos_bus::tool_servers::{ServerProgram, ServersImported, ToolServerRequest, place};
use livos_bus::{Actor, Error, Result};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::carry_out::{parsed, read};
use crate::services::Services;

/// The longest configuration, in bytes.
const LONGEST: usize = 32 * 1024;
const BY_HAND: &str = "an admin can add it in Settings, AI, with its key if it wants one";

/// What is done with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OnServers {
    /// One that was not there.
    Add(New),
    /// One that is.
    Manage(Managed),
    /// Those of a configuration.
    Set(Config),
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    name: String,
    url: String,
    command: Vec<String>,
    network: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Managed {
    name: String,
    action: Doing,
    /// Where it was when this was agreed to.
    at: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Doing {
    Enable,
    Disable,
    Restart,
    Remove,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    json: String,
}

/// What is looked at of those that there are.
#[derive(Deserialize)]
struct Servers {
    servers: Vec<Server>,
}

#[derive(Deserialize)]
struct Server {
    name: String,
    url: String,
    #[serde(default)]
    program: Option<ServerProgram>,
}

#[derive(Deserialize)]
struct Tried {
    tools: Vec<IgnoredAny>,
}

/// Reads what was agreed to.
pub(super) fn on_servers(action: &ProposedAction) -> Result<OnServers> {
    match action.tool.as_str() {
        "mcp_install" => {
            let new: New = read(action)?;
            if new.url.is_empty() == new.command.is_empty() || (new.command.is_empty() && new.network) {
                return Err(Error::invalid("a server is at an address or a program"));
            }
            Ok(OnServers::Add(new))
        }
        "mcp_manage" => read(action).map(OnServers::Manage),
        _ => {
            let config: Config = read(action)?;
            let is_config = config.json.len() <= LONGEST && config.json.starts_with('{');
            if is_config {
                Ok(OnServers::Set(config))
            } else {
                Err(Error::invalid("that is no configuration"))
            }
        }
    }
}

/// Does it, and says how that went.
pub(super) async fn set_up(services: &Services, actor: &Actor, what: &OnServers) -> Result<String> {
    let servers = &services.tool_servers;
    match what {
        OnServers::Add(New { name, url, command, network }) => {
            if known(services, actor, name).await?.is_some() {
                return Err(Error::conflict(format!(
                    "a server called {name} was added since; it was left as it is"
                )));
            }
            let request = ToolServerRequest {
                name: name.clone(),
                url: url.clone(),
                command: command.clone(),
                network: *network,
                headers: ProviderKey::default(),
            };
            let tried = servers.save(actor, &request).await;
            let tried =
                tried.map_err(|error| Error { message: format!("{}; {BY_HAND}", error.message), ..error })?;
            let Tried { tools } = parsed(tried).await?;
            Ok(format!(
                "{name} was added and has {} tools. An admin looks at them in Settings, AI before any is used.",
                tools.len()
            ))
        }
        OnServers::Manage(Managed { name, action, at }) => {
            let found = known(services, actor, name).await?;
            let found = found
                .ok_or_else(|| Error::not_found(format!("there is no server called {name} any more")))?;
            if place(&found.url, found.program.as_ref()) != *at {
                return Err(Error::conflict(format!(
                    "{name} is at another place by now; it was left as it is"
                )));
            }
            let done = match action {
                Doing::Enable => servers.switch(actor, name, true).await.map(|()| "is enabled"),
                Doing::Disable => servers.switch(actor, name, false).await.map(|()| "is disabled"),
                Doing::Remove => servers.remove(actor, name).await.map(|()| "was removed"),
                Doing::Restart => {
                    servers.look(actor, name).await.map(|_| "answers; mcp_list says what it has")
                }
            };
            Ok(format!("{name} {}", done?))
        }
        OnServers::Set(Config { json }) => {
            let file = ProviderKey(json.clone());
            let came: ServersImported = parsed(servers.import(actor, &file, &[]).await?).await?;
            // The programs are those of the text that was agreed to, and nothing else can be in this answer.
            let network = |program: &ServerProgram| if program.network { "+network" } else { "" };
            let agreed: Vec<String> =
                came.asking.iter().map(|one| format!("{}{}", one.digest, network(&one.program))).collect();
            let came = if agreed.is_empty() {
                came
            } else {
                parsed(servers.import(actor, &file, &agreed).await?).await?
            };
            told(&came)
        }
    }
}

async fn known(services: &Services, actor: &Actor, name: &str) -> Result<Option<Server>> {
    let Servers { servers } = parsed(services.tool_servers.list(actor).await?).await?;
    Ok(servers.into_iter().find(|one| one.name == name))
}

fn told(came: &ServersImported) -> Result<String> {
    let refused: Vec<String> =
        came.refused.iter().map(|one| format!("{} was not taken: {}", one.name, one.why)).collect();
    if came.kept.is_empty() {
        return Err(Error::conflict(format!("{}; {BY_HAND}", refused.join("; "))));
    }
    let kept = format!("kept: {}. Their tools are looked at in Settings, AI", came.kept.join(", "));
    Ok(std::iter::once(kept).chain(refused).collect::<Vec<_>>().join("; "))
}
