//! Other servers whose tools the agent uses. They are spoken to by the Model Context Protocol.

use serde::{Deserialize, Serialize};
use zbus::Type;

use crate::assistant::{Problem, ProviderKey};

/// A server as an admin adds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ToolServerRequest {
    /// What its tools' names begin with: small letters, digits and single underscores.
    pub name: String,
    /// Where it is; `""` for a program.
    pub url: String,
    /// The program it is on this server, with its arguments; none for one that is at an address.
    pub command: Vec<String>,
    /// That program has the network.
    pub network: bool,
    /// The headers it is sent, or the variables it has, as a JSON object of texts; `""` keeps those there are. Their
    /// values are keys.
    pub headers: ProviderKey,
}

/// How a tool is to be used, by somebody who has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ServerToolRequest {
    /// The server.
    pub server: String,
    /// The tool, as the server calls it.
    pub tool: String,
    /// What was looked at.
    pub digest: String,
    /// `ask`, `look` or `off`.
    pub how: String,
}

/// The servers there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolServersReply {
    /// By name.
    pub servers: Vec<ToolServerInfo>,
}

/// A server. What its headers say is never answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolServerInfo {
    /// What its tools' names begin with.
    pub name: String,
    /// Where it is; `""` for a program.
    pub url: String,
    /// The program it is, exactly as it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<ServerProgram>,
    /// What it calls itself.
    pub title: String,
    /// The names of the headers it is sent, or of the variables it has.
    pub headers: Vec<String>,
    /// Its tools are used, as far as they are enabled.
    pub on: bool,
    /// When it last answered as it should, UTC seconds.
    pub checked_at: i64,
    /// What went wrong since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// Its tools, by name.
    pub tools: Vec<ServerToolInfo>,
}

impl ToolServerInfo {
    /// Where it is, in a line: its address, or the program with its words.
    pub fn place(&self) -> String {
        place(&self.url, self.program.as_ref())
    }
}

/// Where a server is, in a line that no other place has.
pub fn place(url: &str, program: Option<&ServerProgram>) -> String {
    match program {
        None => url.to_owned(),
        Some(ServerProgram { command, network }) => {
            let words = serde_json::json!(command).to_string();
            if *network { format!("{words} with the network") } else { words }
        }
    }
}

/// A program that speaks through its input and output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ServerProgram {
    /// Its words, the program first.
    pub command: Vec<String>,
    /// It has the network.
    pub network: bool,
}

/// A tool of another server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerToolInfo {
    /// What the server calls it.
    pub name: String,
    /// What a model calls it.
    pub known_as: String,
    /// What it is for, in the server's words, which a model is told.
    pub description: String,
    /// The JSON Schema of its arguments, which a model is told.
    pub schema: String,
    /// The server says that it changes nothing. Nobody here believes that.
    pub says_it_looks: bool,
    /// What of it was looked at.
    pub digest: String,
    /// `new`, `ask`, `look`, `off`, `changed` (it is not what was agreed to), `gone` or `refused`.
    pub state: String,
    /// Why it can't be enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What was agreed to, when it is not that any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<ToolBefore>,
}

/// What a tool said of itself when it was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolBefore {
    /// What it was for.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub schema: String,
}

/// What came of a file of servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServersImported {
    /// Those that answer and are kept.
    pub kept: Vec<String>,
    /// Those that are not, and why.
    pub refused: Vec<ServerRefused>,
    /// Programs, which are started only once somebody has agreed to what is run.
    pub asking: Vec<ServerAsking>,
}

/// A program of a file that nobody has agreed to yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerAsking {
    /// What it is called here.
    pub name: String,
    /// What is run.
    pub program: ServerProgram,
    /// The names of the variables it has.
    pub variables: Vec<String>,
    /// What is agreed to.
    pub digest: String,
}

/// A server of a file that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerRefused {
    /// What the file calls it.
    pub name: String,
    /// Why.
    pub why: String,
}

/// Servers that a public registry knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryReply {
    /// Where it was looked.
    pub registry: String,
    /// Those that can be used here.
    pub found: Vec<RegistryServer>,
    /// So many more can not be used as they are: they are containers, or want to be filled in first.
    pub others: u32,
}

/// A server in a registry, in the words of whoever entered it. Nobody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RegistryServer {
    /// What the registry calls it: `io.github.ada/notes`.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Which version of it.
    pub version: String,
    /// Where it is; `""` for a program.
    pub url: String,
    /// The program that it is, fetched when it runs; none for one that is at an address.
    pub command: Vec<String>,
    /// The names of the headers, or of the variables, it wants.
    pub headers: Vec<String>,
}
