//! Looking for servers in a registry, as the official one documents its `GET /v0/servers`.

use std::time::Duration;

use livos_bus::tool_servers::{RegistryReply, RegistryServer};
use livos_fetch::Wanted;
use serde_json::Value;

use super::place::{address, is_ours};
use super::wire::words;
use crate::core::{Nexus, problem};
use crate::error::Error;

/// Where the official one is.
const OFFICIAL: &str = "https://registry.modelcontextprotocol.io";
/// The most that is found, and the most bytes that it is read from.
const MOST: usize = 30;
const BYTES: usize = 2 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest words to look for, in letters.
const LONGEST: usize = 100;

impl Nexus {
    /// Looks for servers with these words in a registry; the official one when none is named. It is read as every page of
    /// the public web is, and nothing is asked of whoever is found.
    pub(crate) async fn search_registry(&self, query: &str, registry: &str) -> Result<RegistryReply, Error> {
        if !self.web.is_on() {
            return Err(Error::Invalid(
                "the web is not read on this server; its administrator has switched that off".to_owned(),
            ));
        }
        let query = query.trim();
        if query.is_empty() || query.chars().count() > LONGEST {
            return Err(Error::Invalid(format!("a search has one to {LONGEST} letters")));
        }
        let registry = if registry.trim().is_empty() { OFFICIAL } else { registry.trim() };
        let mut url = address(registry).map_err(Error::Invalid)?;
        url.set_path(&format!("{}/v0/servers", url.path().trim_end_matches('/')));
        url.query_pairs_mut()
            .append_pair("search", query)
            .append_pair("limit", &MOST.to_string())
            .append_pair("version", "latest");
        let wanted = Wanted {
            admits: |_: &url::Url| Ok(()),
            wants: |kind: &str| kind == "application/json",
            accept: "application/json",
            most: BYTES,
        };
        let unreachable = |why: String| Error::Refused(problem::of("unreachable", why));
        let way = &self.servers.way;
        let reading = livos_fetch::get(&*way.network, &way.tls, url, wanted);
        let read = tokio::time::timeout(PATIENCE, reading).await;
        let read = read.map_err(|_| {
            unreachable(format!("{registry} did not answer within {} s; try again", PATIENCE.as_secs()))
        })?;
        let body = read.map_err(unreachable)?.body;
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        let servers = value.get("servers").and_then(Value::as_array);
        let servers = servers.ok_or_else(|| {
            unreachable(format!("what {registry} answers is not the answer of a registry; check the address"))
        })?;
        let mut reply = RegistryReply { registry: registry.to_owned(), found: Vec::new(), others: 0 };
        for one in servers.iter().take(MOST) {
            match entry(one.get("server").unwrap_or(one)) {
                Some(found) => reply.found.push(found),
                None => reply.others += 1,
            }
        }
        Ok(reply)
    }
}

fn text(value: &Value, key: &str, most: usize) -> String {
    words(value.get(key).and_then(Value::as_str).unwrap_or_default(), most)
}

/// A server that can be used here: at an address, or as a program that a package manager fetches.
fn entry(one: &Value) -> Option<RegistryServer> {
    at_an_address(one).or_else(|| package(one))
}

/// A package that is run by its name alone. One with arguments has to be put together by somebody who knows them.
fn package(one: &Value) -> Option<RegistryServer> {
    let packages = one.get("packages")?.as_array()?;
    packages.iter().find_map(|package| {
        let of = |key: &str, other: &str| {
            let said = text(package, key, 200);
            if said.is_empty() { text(package, other, 200) } else { said }
        };
        let (kind, name) = (of("registryType", "registry_type"), of("identifier", "name"));
        let version = text(package, "version", 40);
        let transport = package.pointer("/transport/type").and_then(Value::as_str).unwrap_or("stdio");
        let plain = |text: &str, more: &str| {
            !text.is_empty()
                && !text.starts_with('-')
                && text.chars().all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
        };
        let filled = ["packageArguments", "package_arguments", "runtimeArguments", "runtime_arguments"];
        let wants =
            |key: &&str| package.get(*key).and_then(Value::as_array).is_some_and(|all| !all.is_empty());
        if transport != "stdio"
            || !plain(&name, "@/._-")
            || !plain(&version, ".-+")
            || filled.iter().any(wants)
        {
            return None;
        }
        let command = match kind.as_str() {
            "npm" => vec!["npx".to_owned(), "-y".to_owned(), format!("{name}@{version}")],
            "pypi" => vec!["uvx".to_owned(), format!("{name}=={version}")],
            _ => return None,
        };
        let variables = ["environmentVariables", "environment_variables"];
        let variables = variables.iter().find_map(|key| package.get(*key)?.as_array());
        let named = variables.into_iter().flatten().map(|variable| text(variable, "name", 60));
        Some(RegistryServer {
            name: text(one, "name", 200),
            description: text(one, "description", 300),
            version,
            url: String::new(),
            command,
            headers: named.filter(|name| !name.is_empty()).take(10).collect(),
        })
    })
}

fn at_an_address(one: &Value) -> Option<RegistryServer> {
    let remotes = one.get("remotes")?.as_array()?;
    let remote = remotes.iter().find(|remote| {
        matches!(text(remote, "type", 40).as_str(), "streamable-http" | "streamable")
            && remote.get("url").and_then(Value::as_str).is_some_and(|url| {
                // One with a gap has to be filled in by somebody who knows with what.
                !url.contains(['{', '}']) && url.starts_with("https://") && address(url).is_ok()
            })
    })?;
    let headers = remote.get("headers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let named = headers.iter().filter_map(|header| {
        let name = text(header, "name", 60);
        let known = http::HeaderName::from_bytes(name.as_bytes()).ok()?;
        (!is_ours(&known)).then_some(name)
    });
    Some(RegistryServer {
        name: text(one, "name", 200),
        description: text(one, "description", 300),
        version: text(one, "version", 40),
        url: remote.get("url")?.as_str()?.to_owned(),
        command: Vec::new(),
        headers: named.take(10).collect(),
    })
}
