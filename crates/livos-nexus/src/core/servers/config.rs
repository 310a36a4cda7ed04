//! Servers as other programs write them down: `{"mcpServers": {"notes": {"url": …, "headers": {…}}}}`.

use livos_bus::assistant::ProviderKey;
use livos_bus::tool_servers::{ServerRefused, ServersImported, ToolServerRequest};
use serde_json::{Map, Value, json};

use super::Servers;
use super::wire::words;
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
            let mut one = json!({ "type": "http", "url": kept.url });
            if !kept.headers.is_empty() {
                one["headers"] = kept.headers.iter().map(|name| (name.clone(), Value::from(MASK))).collect();
            }
            if !kept.enabled {
                one["disabled"] = Value::Bool(true);
            }
            servers.insert(kept.name, one);
        }
        Ok(json!({ "mcpServers": servers }))
    }

    /// Tries and keeps each server of such a file. One that is not taken leaves what there is of its name.
    pub(crate) async fn import(&self, config: &ProviderKey) -> Result<ServersImported, Error> {
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
        let mut imported = ServersImported { kept: Vec::new(), refused: Vec::new() };
        let mut names = std::collections::HashSet::new();
        let (servers, doubles): (Vec<_>, Vec<_>) =
            servers.iter().partition(|(name, _)| names.insert(ours(name)));
        for (name, _) in doubles {
            let why = format!("another in this file has the name {} here, too", ours(name));
            imported.refused.push(ServerRefused { name: words(name, 40), why });
        }
        // All at once: each may take as long as somebody waits for one.
        let trials = servers.into_iter().map(|(name, one)| async move { (name, self.take(name, one).await) });
        for (name, taken) in futures_util::future::join_all(trials).await {
            match taken {
                Ok(name) => imported.kept.push(name),
                Err(error @ (Error::Invalid(_) | Error::Refused(_) | Error::Sealed(_))) => {
                    imported.refused.push(ServerRefused { name: words(name, 40), why: error.to_string() });
                }
                Err(error) => return Err(error),
            }
        }
        Ok(imported)
    }

    async fn take(&self, name: &str, one: &Value) -> Result<String, Error> {
        let request = self.wanted(name, one).await?.map_err(Error::Invalid)?;
        let kept = self.save(request).await?;
        if one.get("disabled") == Some(&Value::Bool(true)) {
            self.switch(&kept.name, false).await?;
        }
        Ok(kept.name)
    }

    /// What a file says of a server, or why that can't be done.
    async fn wanted(&self, name: &str, one: &Value) -> Result<Result<ToolServerRequest, String>, Error> {
        if one.get("command").is_some() {
            return Ok(Err(
                "programs are not started here, only servers with an address are asked".to_owned()
            ));
        }
        let Some(url) = one.get("url").and_then(Value::as_str) else {
            return Ok(Err("it has no url".to_owned()));
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
        Ok(Ok(ToolServerRequest { name, url: url.to_owned(), headers: ProviderKey(headers) }))
    }
}
