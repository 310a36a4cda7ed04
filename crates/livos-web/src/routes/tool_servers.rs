//! Other servers whose tools the assistant uses. Keys go in and never come out.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::assistant::ProviderKey;
use livos_bus::tool_servers::{
    RegistryReply, ServerProgram, ServerToolRequest, ServersImported, ToolServerInfo, ToolServerRequest,
    ToolServersReply,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::Json;
use crate::http::query::Query;
use crate::identity::SignedIn;
use crate::services::actor_of;

/// Servers whose tools the assistant uses
///
/// With their tools as they are now, and as they were agreed to where that is not the same.
#[utoipa::path(get, path = "/api/v1/assistant/tool-servers", tag = "assistant", responses((status = 200, description = "By name", body = ToolServersReply)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.tool_servers.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Where a server is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolServerBody {
    /// Its address, which may be at home; none for a program.
    #[serde(default)]
    url: String,
    /// The program that it is, exactly as it is to be run on this server.
    #[serde(default)]
    program: Option<ServerProgram>,
    /// A key that is sent as `Authorization: Bearer …`.
    #[serde(default)]
    key: Option<String>,
    /// Other headers that it is sent. Without these and a key, those that it is sent now stay.
    #[serde(default)]
    headers: Option<BTreeMap<String, String>>,
    /// Variables that a program has. Without these, those that it has now stay.
    #[serde(default)]
    variables: Option<BTreeMap<String, String>>,
}

impl ToolServerBody {
    fn into_request(self, name: String) -> Result<ToolServerRequest, ApiError> {
        let of_an_address = self.key.is_some() || self.headers.is_some();
        let secrets = match &self.program {
            Some(_) if of_an_address => {
                return Err(ApiError::invalid(
                    "a program has variables; a key and headers are for an address",
                ));
            }
            None if self.variables.is_some() => {
                return Err(ApiError::invalid(
                    "only a program has variables; an address has a key and headers",
                ));
            }
            Some(_) => self.variables,
            None if of_an_address => {
                let mut headers = self.headers.unwrap_or_default();
                if let Some(key) = self.key {
                    headers.insert("authorization".to_owned(), format!("Bearer {}", key.trim()));
                }
                Some(headers)
            }
            None => None,
        };
        let headers = match secrets {
            None => ProviderKey::default(),
            Some(secrets) => serde_json::to_string(&secrets)
                .map(ProviderKey)
                .map_err(|error| ApiError::internal(&error))?,
        };
        let (command, network) =
            self.program.map(|program| (program.command, program.network)).unwrap_or_default();
        Ok(ToolServerRequest { name, url: self.url, command, network, headers })
    }
}

/// Add a server, or change one
///
/// It is asked which tools it has first, and a program is started for that, shut in; if it does not say, nothing is
/// changed and the answer says why. No tool is used before it is enabled.
#[utoipa::path(put, path = "/api/v1/assistant/tool-servers/{name}", tag = "assistant", params(("name" = String, Path, description = "What its tools' names begin with")), request_body = ToolServerBody, responses((status = 200, description = "It answers, and is kept", body = ToolServerInfo)))]
pub(crate) async fn save(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(name): Path<String>,
    Json(body): Json<ToolServerBody>,
) -> Result<Response, ApiError> {
    let request = body.into_request(name)?;
    let kept = app.services.tool_servers.save(&actor_of(&signed_in.person), &request).await?;
    // What is run on this server is written down with who had it run.
    let network = if request.network { " +network" } else { "" };
    let what = std::iter::once(&request.name).chain(&request.command).map(String::as_str).collect::<Vec<_>>();
    audit(&app, &signed_in, &edge, "assistant.tool_server", &format!("{}{network}", what.join(" "))).await;
    document::reply(kept, &app.buffers)
}

async fn audit(app: &App, signed_in: &SignedIn, edge: &Edge, what: &str, subject: &str) {
    let subject: String = subject.chars().filter(|letter| !letter.is_control()).take(200).collect();
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, &subject, "ok").await;
}

/// Forget a server, its keys and what was agreed to
#[utoipa::path(delete, path = "/api/v1/assistant/tool-servers/{name}", tag = "assistant", params(("name" = String, Path, description = "Which")), responses((status = 204, description = "It is not asked any more")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    app.services.tool_servers.remove(&actor_of(&signed_in.person), &name).await?;
    audit(&app, &signed_in, &edge, "assistant.tool_server_removed", &name).await;
    Ok(super::done())
}

/// Ask a server again which tools it has
#[utoipa::path(post, path = "/api/v1/assistant/tool-servers/{name}/look", tag = "assistant", params(("name" = String, Path, description = "Which")), responses((status = 200, description = "As it is now", body = ToolServerInfo)))]
pub(crate) async fn look(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(name): Path<String>,
) -> Result<Response, ApiError> {
    document::reply(app.services.tool_servers.look(&actor_of(&signed_in.person), &name).await?, &app.buffers)
}

/// On or off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolServerSwitch {
    /// On.
    on: bool,
}

/// Have a server's tools used, or not
#[utoipa::path(put, path = "/api/v1/assistant/tool-servers/{name}/on", tag = "assistant", params(("name" = String, Path, description = "Which")), request_body = ToolServerSwitch, responses((status = 204, description = "From the next question on")))]
pub(crate) async fn switch(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(name): Path<String>,
    Json(body): Json<ToolServerSwitch>,
) -> Result<Response, ApiError> {
    app.services.tool_servers.switch(&actor_of(&signed_in.person), &name, body.on).await?;
    let how = if body.on { "on" } else { "off" };
    audit(&app, &signed_in, &edge, "assistant.tool_server", &format!("{name} {how}")).await;
    Ok(super::done())
}

/// A tool, as it was looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerToolBody {
    /// What the server calls it.
    tool: String,
    /// Which of its descriptions was looked at.
    #[serde(default)]
    digest: String,
    /// `ask` before each use, `look` (it is used without asking until a stranger's words were read) or `off`.
    how: String,
}

/// Enable a tool exactly as it was looked at, or disable it
#[utoipa::path(put, path = "/api/v1/assistant/tool-servers/{name}/tools", tag = "assistant", params(("name" = String, Path, description = "Which server")), request_body = ServerToolBody, responses((status = 204, description = "From the next question on"), (status = 409, description = "It is not what was looked at any more")))]
pub(crate) async fn set_tool(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(name): Path<String>,
    Json(body): Json<ServerToolBody>,
) -> Result<Response, ApiError> {
    let ServerToolBody { tool, digest, how } = body;
    let request = ServerToolRequest { server: name, tool, digest, how };
    app.services.tool_servers.set_tool(&actor_of(&signed_in.person), &request).await?;
    let subject = format!("{} {} {}", request.server, request.tool, request.how);
    audit(&app, &signed_in, &edge, "assistant.server_tool", &subject).await;
    Ok(super::done())
}

/// The servers as other programs write them down
///
/// `{"mcpServers": {…}}`. What stands for a key is not one.
#[utoipa::path(get, path = "/api/v1/assistant/tool-server-file", tag = "assistant", responses((status = 200, description = "Without keys", body = serde_json::Value)))]
pub(crate) async fn export(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.tool_servers.export(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Such a file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolServerFile {
    /// What stands in it.
    text: String,
    /// The digests of programs in it that may be run, as an answer named them; with `+network` behind one, it has that.
    #[serde(default)]
    agreed: Vec<String>,
}

/// Add the servers of such a file
///
/// Each is tried as by itself, so some may be kept and others not. Programs are not started before what is run was agreed
/// to.
#[utoipa::path(post, path = "/api/v1/assistant/tool-server-file", tag = "assistant", request_body = ToolServerFile, responses((status = 200, description = "What came of each", body = ServersImported)))]
pub(crate) async fn import(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(body): Json<ToolServerFile>,
) -> Result<Response, ApiError> {
    let file = ProviderKey(body.text);
    let came = app.services.tool_servers.import(&actor_of(&signed_in.person), &file, &body.agreed).await?;
    let agreed: String = body.agreed.iter().map(|digest| format!(" {digest}")).collect();
    audit(&app, &signed_in, &edge, "assistant.tool_server", &format!("from a file{agreed}")).await;
    document::reply(came, &app.buffers)
}

/// Look for servers in a public registry
///
/// What is looked for is told to that registry. Nobody who is found is asked anything.
#[utoipa::path(get, path = "/api/v1/assistant/tool-server-registry", tag = "assistant", params(("search" = String, Query, description = "Words of its name"), ("registry" = Option<String>, Query, description = "Another registry than the official one")), responses((status = 200, description = "Those that are at an address", body = RegistryReply)))]
pub(crate) async fn search(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let actor = actor_of(&signed_in.person);
    let registry = query.one("registry")?.unwrap_or_default();
    let found = app.services.tool_servers.search(&actor, query.required("search")?, registry).await?;
    document::reply(found, &app.buffers)
}
