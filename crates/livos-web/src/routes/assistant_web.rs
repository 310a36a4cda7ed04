//! Whether the assistant reads the web, and who searches it. Keys go in and never come out.

use axum::extract::State;
use axum::response::Response;
use livos_bus::assistant::ProviderKey;
use livos_bus::web::{SearchRequest, SearchTried, WebReply};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::Json;
use crate::identity::SignedIn;
use crate::services::actor_of;

/// Whether the assistant reads the web
///
/// For the machine, for everybody and for oneself: all three have to be on. Who searches is told to those who run the
/// server.
#[utoipa::path(get, path = "/api/v1/assistant/web", tag = "assistant", responses((status = 200, description = "As it is for whoever asks", body = WebReply)))]
pub(crate) async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.nexus_web.show(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// On or off.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchBody {
    /// On.
    on: bool,
}

/// Let the assistant read the web for everybody, or for nobody
#[utoipa::path(put, path = "/api/v1/assistant/web", tag = "assistant", request_body = SwitchBody, responses((status = 204, description = "From the next question on")))]
pub(crate) async fn switch(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(body): Json<SwitchBody>,
) -> Result<Response, ApiError> {
    app.services.nexus_web.switch(&actor_of(&signed_in.person), body.on).await?;
    let how = if body.on { "on" } else { "off" };
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "assistant.web", how, "ok").await;
    Ok(super::done())
}

/// Let the assistant read the web for oneself, or not
#[utoipa::path(put, path = "/api/v1/assistant/web/own", tag = "assistant", request_body = SwitchBody, responses((status = 204, description = "From the next question on")))]
pub(crate) async fn switch_own(
    State(app): State<App>,
    signed_in: SignedIn,
    Json(body): Json<SwitchBody>,
) -> Result<Response, ApiError> {
    app.services.nexus_web.switch_own(&actor_of(&signed_in.person), body.on).await?;
    Ok(super::done())
}

/// Who is to search the web.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchBody {
    /// `searxng`, `brave` or `tavily`.
    provider: String,
    /// Where a SearXNG of one's own is; nothing for the others.
    #[serde(default)]
    base_url: String,
    /// The key; without one, the key there is stays.
    #[serde(default)]
    key: Option<String>,
}

/// Choose who searches the web
///
/// It is asked for something first; if it finds nothing, nothing is changed and the answer says why.
#[utoipa::path(put, path = "/api/v1/assistant/web/search", tag = "assistant", request_body = SearchBody, responses((status = 200, description = "It finds something, and is kept", body = SearchTried)))]
pub(crate) async fn save_search(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(body): Json<SearchBody>,
) -> Result<Response, ApiError> {
    let request = SearchRequest {
        provider: body.provider,
        base_url: body.base_url,
        key: ProviderKey(body.key.unwrap_or_default()),
    };
    let tried = app.services.nexus_web.save_search(&actor_of(&signed_in.person), &request).await?;
    let what = "assistant.search";
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, &request.provider, "ok").await;
    document::reply(tried, &app.buffers)
}

/// Forget who searches the web, and the key
#[utoipa::path(delete, path = "/api/v1/assistant/web/search", tag = "assistant", responses((status = 204, description = "Nobody searches any more")))]
pub(crate) async fn remove_search(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
) -> Result<Response, ApiError> {
    app.services.nexus_web.remove_search(&actor_of(&signed_in.person)).await?;
    let what = "assistant.search_removed";
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, "", "ok").await;
    Ok(super::done())
}
