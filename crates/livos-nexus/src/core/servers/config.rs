//! Servers as other programs write them down: `{"mcpServers": {"notes": {"url": …, "headers": {…}}}}`, or with a
//! `command`, its `args` and `env`.

use livos_bus::assistant::ProviderKey;
use livos_bus::tool_servers::{
    ServerAsking, ServerProgram, ServerRefused, ServersImported, ToolServerRequest,
};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::place::Program;
use super::wire::words;
use super::{Servers, is_name};
use crate::error::Error;

/// The longest file, in bytes.
const LONGEST: usize = 48 * 1024;
/// What stands for a key where one is not shown.
const MASK: &str = "••••••••";

/// Whether a value is not a key but stands for one: `${TOKEN}`, `<your key>`, `YOUR_API_KEY`, or our own mask.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.strip_prefix("Bearer ").unwrap_or(value).trim();
    let lower = value.to_ascii_lowercase();
    value.contains("${")
        || (value.starts_with('<') && value.ends_with('>'))
        || value.contains("••")
        || value.bytes().all(|byte| matches!(byte, b'*' | b'.' | b'x' | b'X'))
        || ["your_", "your-", "<your", "replace_me", "changeme"].iter().any(|begin| lower.starts_with(begin))
}

/// The same for a word of a command, which may be much else.
pub(super) fn is_gap(word: &str) -> bool {
    word.contains("${") || word.contains("••") || (word.starts_with('<') && word.ends_with('>'))
}

/// What somebody agrees to who has read a command. The network is granted beside it.
fn digest(name: &str, command: &[String], variables: &[&String]) -> String {
    let text = format!("{name}\n{}", json!([command, variables]));
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What became of one of a file.
enum Taken {
    Kept(String),
    Asking(Box<ServerAsking>),
}

/// A name that other programs take, if it can be made one of ours.
fn ours(name: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
    let name: String = name.to_lowercase().chars().map(plain).collect();
    name.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_")
}

impl Servers {
    /// All of them, without what they are sent as keys.
    pub(crate) async fn export(&self) -> Result<Value, Error> {
        let mut servers = Map::new();
        for kept in self.store.tool_servers().await? {
            let program = Program::read(&kept.url);
            let (mut one, keys) = match &program {
                None => (json!({ "type": "http", "url": kept.url }), "headers"),
                Some(Program { command, .. }) => {
                    let (program, rest) =
                        command.split_first().map_or(("", &[][..]), |(a, b)| (a.as_str(), b));
                    (json!({ "type": "stdio", "command": program, "args": rest }), "env")
                }
            };
            if program.is_some_and(|program| program.network) {
                one["network"] = Value::Bool(true);
            }
            if !kept.headers.is_empty() {
                one[keys] = kept.headers.iter().map(|name| (name.clone(), Value::from(MASK))).collect();
            }
            if !kept.enabled {
                one["disabled"] = Value::Bool(true);
            }
            servers.insert(kept.name, one);
        }
        Ok(json!({ "mcpServers": servers }))
    }

    /// Tries and keeps each server of such a file. One that is not taken leaves what there is of its name.
    /// Programs are started only if what they are was agreed to: its digest, with `+network` behind it to grant that.
    pub(crate) async fn import(
        &self,
        config: &ProviderKey,
        agreed: &[String],
    ) -> Result<ServersImported, Error> {
        if config.0.len() > LONGEST {
            return Err(Error::Invalid(format!("a file of servers has at most {LONGEST} bytes")));
        }
        let whole: Value = serde_json::from_str(&config.0)
            .map_err(|error| Error::Invalid(format!("this is no JSON: {error}")))?;
        let servers = whole.get("mcpServers").and_then(Value::as_object).ok_or_else(|| {
            Error::Invalid(
                "there are no servers in it; it looks like {\"mcpServers\": {\"notes\": {\"url\": …}}}"
                    .to_owned(),
            )
        })?;
        if servers.len() > super::MOST {
            return Err(Error::Invalid(format!("a file has at most {} servers", super::MOST)));
        }
        let mut imported = ServersImported { kept: Vec::new(), refused: Vec::new(), asking: Vec::new() };
        let mut names = std::collections::HashSet::new();
        let (servers, doubles): (Vec<_>, Vec<_>) =
            servers.iter().partition(|(name, _)| names.insert(ours(name)));
        for (name, _) in doubles {
            let why = format!("another in this file has the name {} here, too", ours(name));
            imported.refused.push(ServerRefused { name: words(name, 40), why });
        }
        // All at once: each may take as long as somebody waits for one.
        let trials =
            servers.into_iter().map(|(name, one)| async move { (name, self.take(name, one, agreed).await) });
        for (name, taken) in futures_util::future::join_all(trials).await {
            match taken {
                Ok(Taken::Kept(name)) => imported.kept.push(name),
                Ok(Taken::Asking(asking)) => imported.asking.push(*asking),
                Err(error @ (Error::Invalid(_) | Error::Refused(_) | Error::Sealed(_))) => {
                    imported.refused.push(ServerRefused { name: words(name, 40), why: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(imported)
    }

    async fn take(&self, name: &str, one: &Value, agreed: &[String]) -> Result<Taken, Error> {
        let request = if one.get("command").is_some() {
            match self.program(name, one, agreed).await? {
                Ok(request) => request,
                Err(asking) => return Ok(Taken::Asking(asking)),
            }
        } else {
            self.wanted(name, one).await?.map_err(Error::Invalid)?
        };
        let kept = self.save(request).await?;
        if one.get("disabled") == Some(&Value::Bool(true)) {
            self.switch(&kept.name, false).await?;
        }
        Ok(Taken::Kept(kept.name))
    }

    /// A program of a file, as it is to be run, or what has to be agreed to first.
    async fn program(
        &self,
        name: &str,
        one: &Value,
        agreed: &[String],
    ) -> Result<Result<ToolServerRequest, Box<ServerAsking>>, Error> {
        let wrong = |why: &str| Error::Invalid(why.to_owned());
        let name = ours(name);
        if !is_name(&name) {
            return Err(Error::Invalid(format!(
                "{name:?} is no name for a server here; give it a shorter one"
            )));
        }
        if one.get("cwd").is_some() {
            return Err(wrong("it wants to run in a folder (cwd), and programs here see none but their own"));
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let program = one.get("command").and_then(text).ok_or_else(|| wrong("its command is no text"))?;
        let arguments: Option<Vec<String>> = match one.get("args") {
            None => Some(Vec::new()),
            Some(arguments) => arguments.as_array().and_then(|all| all.iter().map(text).collect()),
        };
        let arguments = arguments.ok_or_else(|| wrong("its args are no list of texts"))?;
        let command: Vec<String> = std::iter::once(program).chain(arguments).collect();
        let wants_network = one.get("network") == Some(&Value::Bool(true));
        let asked = Program::of(command.clone(), wants_network).map_err(Error::Invalid)?;
        let variables = one.get("env").and_then(Value::as_object).cloned().unwrap_or_default();
        let url = super::Place::Program(asked).written();
        let mut names: Vec<&String> = variables.keys().collect();
        names.sort_unstable();
        let masked = variables.values().all(|value| value == MASK);
        // Our own file, taken back: what is kept was agreed to, and nothing of it is another.
        let known = masked
            && self.store.tool_server(&name).await?.is_some_and(|kept| {
                let mut had: Vec<&String> = kept.headers.iter().collect();
                had.sort_unstable();
                kept.url == url && had == names
            });
        let digest = digest(&name, &command, &names);
        let granted = agreed.contains(&format!("{digest}+network"));
        if !known && !granted && !agreed.contains(&digest) {
            let program = ServerProgram { command, network: wants_network };
            let variables = variables.keys().map(|name| words(name, 100)).collect();
            return Ok(Err(Box::new(ServerAsking { name, program, variables, digest })));
        }
        let network = if known { wants_network } else { granted };
        let variables =
            if variables.is_empty() || known { String::new() } else { Value::Object(variables).to_string() };
        let headers = ProviderKey(variables);
        Ok(Ok(ToolServerRequest { name, url: String::new(), command, network, headers }))
    }

    /// What a file says of a server, or why that can't be done.
    async fn wanted(&self, name: &str, one: &Value) -> Result<Result<ToolServerRequest, String>, Error> {
        let Some(url) = one.get("url").and_then(Value::as_str) else {
            return Ok(Err("it has neither a url nor a command".to_owned()));
        };
        if one.get("type").and_then(Value::as_str) == Some("sse") {
            return Ok(Err("it is spoken to in the old way (sse); look for its address for http".to_owned()));
        }
        let name = ours(name);
        let headers = one.get("headers").and_then(Value::as_object).cloned().unwrap_or_default();
        let masked = !headers.is_empty() && headers.values().all(|value| value == MASK);
        let same = |kept: &crate::store::servers::Kept| kept.url == url;
        let known = self.store.tool_server(&name).await?.is_some_and(|kept| same(&kept));
        // Our own file, taken back: the keys that were left out of it are here.
        let headers = if headers.is_empty() || (masked && known) {
            String::new()
        } else {
            Value::Object(headers).to_string()
        };
        let (url, headers) = (url.to_owned(), ProviderKey(headers));
        Ok(Ok(ToolServerRequest { name, url, command: Vec::new(), network: false, headers }))
    }
}
