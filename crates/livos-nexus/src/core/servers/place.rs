//! Where a server is: at an address, or in a program on this one. And what it is given that nobody else may see.

use std::time::Duration;

use http::{HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use url::Url;

use super::config;

/// The longest address, in bytes.
const ADDRESS: usize = 500;
/// The most headers or variables, and the longest value of one.
const HEADERS: usize = 10;
const VARIABLES: usize = 32;
const VALUE: usize = 4096;
/// The most words of a command, and all of them together, in bytes.
const WORDS: usize = 64;
const COMMAND: usize = 4096;
/// What a program is kept under begins with this, which no address does.
const PROGRAM: &str = "program:";

/// Where a server is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    Address(Url),
    Program(Program),
}

/// A program, exactly as it runs. With another word of it, it is another server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) command: Vec<String>,
    /// Somebody who runs this server has granted it the network.
    pub(crate) network: bool,
}

impl Place {
    /// As it is kept.
    pub(super) fn read(kept: &str) -> Result<Self, String> {
        match Program::read(kept) {
            Some(program) => Ok(Self::Program(program)),
            None => address(kept).map(Self::Address),
        }
    }

    /// To keep.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Address(url) => url.to_string(),
            Self::Program(program) => {
                format!(
                    "{PROGRAM}{}",
                    serde_json::json!({ "command": program.command, "network": program.network })
                )
            }
        }
    }

    /// Why it has not said what it has, and what to do. It goes on fetching itself meanwhile.
    pub(super) fn late(&self, patience: Duration) -> String {
        let late = format!("it did not say which tools it has within {} s", patience.as_secs());
        match self {
            Self::Address(_) => format!("{late}; try again"),
            Self::Program(_) => format!(
                "{late}; npx and uvx fetch a program when it first runs, which goes on for a while: try again in a moment"
            ),
        }
    }

    /// Keys and the like as they are handed over, a JSON object of texts: the names, and that text again.
    pub(super) fn secrets(&self, text: &str) -> Result<(Vec<String>, String), String> {
        match self {
            Self::Address(_) => {
                let given = headers(text)?;
                let value = |value: &HeaderValue| Value::from(value.to_str().unwrap_or_default());
                let fields: Map<String, Value> =
                    given.iter().map(|(name, text)| (name.to_string(), value(text))).collect();
                let names = given.iter().map(|(name, _)| name.to_string()).collect();
                Ok((names, Value::Object(fields).to_string()))
            }
            Self::Program(_) => {
                let given = variables(text)?;
                let fields: Map<String, Value> =
                    given.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
                Ok((given.into_iter().map(|(name, _)| name).collect(), Value::Object(fields).to_string()))
            }
        }
    }
}

impl Program {
    /// As it is kept; nothing when that is an address.
    pub(crate) fn read(kept: &str) -> Option<Self> {
        serde_json::from_str(kept.strip_prefix(PROGRAM)?).ok()
    }

    /// What the folder is called that stays: another command is another program, which inherits nothing.
    pub(super) fn folder(&self, name: &str) -> String {
        let text = serde_json::json!([self.command, self.network]).to_string();
        let digest: String =
            Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{name}_{digest}")
    }

    /// As somebody typed it.
    pub(super) fn of(command: Vec<String>, network: bool) -> Result<Self, String> {
        let length: usize = command.iter().map(|word| word.len() + 1).sum();
        if command.len() > WORDS || length > COMMAND {
            return Err(format!("a command has at most {WORDS} words and {COMMAND} bytes"));
        }
        if command.first().is_none_or(|program| program.trim().is_empty()) {
            return Err("a command begins with a program, as npx or /usr/local/bin/notes".to_owned());
        }
        for word in &command {
            // Who agrees to it is to see all of it.
            if word.chars().any(char::is_control) || crate::core::web::text::visible(word) != *word {
                return Err("a command has letters that nobody sees, or several lines".to_owned());
            }
            if config::is_gap(word) {
                return Err(format!("{word} only stands for something; put in what it stands for"));
            }
        }
        Ok(Self { command, network })
    }
}

/// An address that an admin types may be at home; what it may not be is a place for keys, since it is shown.
pub(super) fn address(text: &str) -> Result<Url, String> {
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
pub(super) fn headers(text: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
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
pub(super) fn is_ours(name: &HeaderName) -> bool {
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

/// Variables as they are handed over: a JSON object of texts.
pub(super) fn variables(text: &str) -> Result<Vec<(String, String)>, String> {
    let fields: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| "variables are names with a text each".to_owned())?;
    if fields.len() > VARIABLES {
        return Err(format!("a program is given at most {VARIABLES} variables"));
    }
    let mut variables = Vec::new();
    for (name, value) in fields {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let begins = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
        if !begins || name.len() > 100 || !name.bytes().all(plain) {
            return Err(format!(
                "{name:?} is no name for a variable: it has letters, digits and underscores"
            ));
        }
        let value =
            value.as_str().filter(|value| value.len() <= VALUE && !value.chars().any(char::is_control));
        let value =
            value.ok_or_else(|| format!("the variable {name} has one line of at most {VALUE} letters"))?;
        if !value.is_empty() && config::is_placeholder(value) {
            return Err(format!(
                "the variable {name} holds what only stands for a key; enter the key itself"
            ));
        }
        variables.push((name, value.to_owned()));
    }
    Ok(variables)
}
