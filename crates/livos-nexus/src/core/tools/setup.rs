//! Setting up other servers: proposed here, done by the edge for an admin who agreed. No key is ever taken from a model,
//! which may have it from anywhere; where one is needed, a person enters it.

use std::collections::BTreeMap;

use livos_bus::assistant::ProviderKey;
use livos_bus::tool_servers::{ServerProgram, ToolServerInfo, ToolServerRequest, place};
use livos_policy::{Action, decide};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::propose::{Wanted, reason};
use super::{Outcome, Place};
use crate::core::Nexus;
use crate::error::Error;

/// The longest text of a configuration, in bytes: a person has to read it.
const LONGEST: usize = 16 * 1024;

const LOOKED_AT: &str = "None of its tools is used before an admin has looked at it in Settings, AI, where its key is entered if it wants one.";
const NO_KEYS: &str =
    "no key is taken from you, so leave out env and headers; an admin enters keys in Settings, AI";

/// What to add.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Install {
    /// What its tools' names are to begin with: small letters, digits and single underscores.
    name: String,
    /// Its address, if it is at one.
    #[serde(default)]
    url: String,
    /// The program that it is and its arguments, a word each, if it runs on this server: ["npx", "-y", "@notes/server"].
    #[serde(default)]
    command: Vec<String>,
    /// That program needs the network.
    #[serde(default)]
    network: bool,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

/// What to do with one.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Doing {
    Enable,
    Disable,
    /// Ask it again which tools it has; a program is started anew.
    Restart,
    Remove,
}

/// What to change.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Manage {
    /// The server's name, as mcp_list says it.
    name: String,
    /// What to do with it.
    action: Doing,
    /// Why, in a sentence for the person who is asked.
    why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Operation {
    Get,
    Set,
}

/// The configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    /// What to do.
    operation: Operation,
    /// For set: {"mcpServers": {"notes": {"url": …}}}, or with a command and its args; network: true grants a program that.
    #[serde(default)]
    json: String,
    /// For set: why, in a sentence for the person who is asked.
    #[serde(default)]
    why: String,
}

fn failed(error: &Error) -> String {
    match error {
        Error::Invalid(why) => why.clone(),
        Error::UnknownToolServer(name) => {
            format!("there is no server called {name}; mcp_list says which there are")
        }
        other => super::ours(other),
    }
}

/// What is said of a place before it is agreed to.
fn about(url: &str, command: &[String], network: bool) -> String {
    if command.is_empty() {
        return format!("It is at {url}, and whoever runs it is told what its tools are asked.");
    }
    let words = json!(command);
    let network = if network { "with the network" } else { "without the network" };
    format!("It is a program that is run on this server, shut in and {network}: {words}")
}

fn request(name: String, url: String, command: Vec<String>, network: bool) -> ToolServerRequest {
    ToolServerRequest { name, url, command, network, headers: ProviderKey::default() }
}

pub(super) async fn install(nexus: &Nexus, asked: Install) -> Result<Wanted, String> {
    let Install { name, url, command, network, why } = asked;
    let why = reason(&why)?;
    let asked = request(name, url.trim().to_owned(), command, network);
    nexus.servers.could_add(&asked).await.map_err(|error| failed(&error))??;
    let ToolServerRequest { name, url, command, network, .. } = asked;
    let notes = vec![about(&url, &command, network), LOOKED_AT.to_owned()];
    let arguments = json!({ "name": name, "url": url, "command": command, "network": network });
    Ok(Wanted { arguments, subject: name, why, notes })
}

pub(super) async fn manage(nexus: &Nexus, asked: Manage) -> Result<Wanted, String> {
    let why = reason(&asked.why)?;
    let found = nexus.servers.one(&asked.name).await.map_err(|error| failed(&error))?;
    let (action, means) = match asked.action {
        Doing::Enable if found.on => return Err(format!("{} is enabled already", found.name)),
        Doing::Disable if !found.on => return Err(format!("{} is disabled already", found.name)),
        Doing::Enable => ("enable", "Those of its tools that were agreed to are used again."),
        Doing::Disable => ("disable", "None of its tools is used any more. What was agreed to stays."),
        Doing::Restart => {
            ("restart", "It is asked again which tools it has; what is new is not used by that.")
        }
        Doing::Remove => {
            ("remove", "It is forgotten, with its keys, what it kept here and what was agreed to.")
        }
    };
    let at = found.place();
    let arguments = json!({ "name": found.name, "action": action, "at": at });
    Ok(Wanted { arguments, subject: found.name, why, notes: vec![means.to_owned()] })
}

/// Whether this call of the configuration changes nothing.
pub(super) fn only_looks(arguments: &Value) -> bool {
    arguments.get("operation").and_then(Value::as_str) == Some("get")
}

/// The configuration without its keys.
pub(super) async fn read(nexus: &Nexus, place: &Place<'_>, asked: Config) -> Outcome {
    let actor = place.actor;
    if asked.operation != Operation::Get {
        return Err("say get or set".to_owned());
    }
    if !decide(actor.role, actor.username.as_str(), Action::ManageAssistant).is_allowed() {
        return Err("only an admin of this server looks at how other servers are set up".to_owned());
    }
    let all = nexus.servers.export().await.map_err(|error| failed(&error))?;
    serde_json::to_string_pretty(&all).map_err(|error| error.to_string())
}

/// What is different in a configuration.
pub(super) async fn change(nexus: &Nexus, asked: Config) -> Result<Wanted, String> {
    let why = reason(&asked.why)?;
    if asked.json.len() > LONGEST {
        return Err(format!("a configuration of at most {LONGEST} bytes is set"));
    }
    let whole: Value =
        serde_json::from_str(&asked.json).map_err(|error| format!("this is no JSON: {error}"))?;
    let wanted = whole.get("mcpServers").and_then(Value::as_object);
    let wanted = wanted
        .ok_or("there are no servers in it; it looks like {\"mcpServers\": {\"notes\": {\"url\": …}}}")?;
    let known = nexus.servers.list().await.map_err(|error| failed(&error))?.servers;
    let known: BTreeMap<&str, &ToolServerInfo> = known.iter().map(|one| (one.name.as_str(), one)).collect();
    let (mut changed, mut notes) = (Map::new(), Vec::new());
    for (name, one) in wanted {
        let (url, program) = at(name, one)?;
        let (now, command) = (place(&url, program.as_ref()), program.as_ref().map(|one| one.command.clone()));
        let before = known.get(name.as_str());
        if before.is_some_and(|before| before.place() == now) {
            continue;
        }
        if ["env", "headers"].iter().any(|keys| one.get(keys).is_some_and(|keys| *keys != json!({}))) {
            return Err(format!("{name}: {NO_KEYS}"));
        }
        if before.is_none() {
            let network = program.as_ref().is_some_and(|one| one.network);
            let asked = request(name.clone(), url.clone(), command.unwrap_or_default(), network);
            nexus.servers.could_add(&asked).await.map_err(|error| failed(&error))??;
        }
        notes.push(match before {
            None => format!("{name} is new: {now}"),
            Some(before) => format!(
                "{name} is changed from {} to {now}. Its keys and what was agreed to of its tools are forgotten.",
                before.place()
            ),
        });
        changed.insert(name.clone(), written(&url, program));
    }
    if changed.is_empty() {
        return Err(
            "nothing in it is new or different; what is switched or removed, mcp_manage does".to_owned()
        );
    }
    notes.push("What is left out of it stays as it is.".to_owned());
    let subject = changed.keys().cloned().collect::<Vec<_>>().join(", ");
    let json = json!({ "mcpServers": changed }).to_string();
    Ok(Wanted { arguments: json!({ "json": json }), subject, why, notes })
}

/// Where a server of a configuration is. What is not understood is not passed on.
fn at(name: &str, one: &Value) -> Result<(String, Option<ServerProgram>), String> {
    const KNOWN: [&str; 8] = ["type", "url", "headers", "command", "args", "env", "network", "disabled"];
    let fields = one.as_object().ok_or_else(|| format!("{name} is no object"))?;
    if let Some(other) = fields.keys().find(|field| !KNOWN.contains(&field.as_str())) {
        return Err(format!("{name}: nothing is known of ‘{other}’ here"));
    }
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match (one.get("url").and_then(text), one.get("command").and_then(text)) {
        (Some(url), None) => Ok((url, None)),
        (None, Some(program)) => {
            let arguments = one.get("args").cloned().unwrap_or_else(|| json!([]));
            let arguments =
                arguments.as_array().and_then(|all| all.iter().map(text).collect::<Option<Vec<_>>>());
            let arguments = arguments.ok_or_else(|| format!("{name}: args is a list of texts"))?;
            let command = std::iter::once(program).chain(arguments).collect();
            let network = one.get("network") == Some(&Value::Bool(true));
            Ok((String::new(), Some(ServerProgram { command, network })))
        }
        _ => Err(format!("{name} has either a url or a command")),
    }
}

fn written(url: &str, program: Option<ServerProgram>) -> Value {
    let Some(ServerProgram { command, network }) = program else {
        return json!({ "url": url });
    };
    let (program, arguments) =
        command.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut one = json!({ "command": program, "args": arguments });
    if network {
        one["network"] = Value::Bool(true);
    }
    one
}
