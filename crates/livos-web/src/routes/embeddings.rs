//! Who makes vectors of what the assistant remembers, for those who run the server.

use axum::extract::State;
use axum::response::Response;
use livos_bus::assistant::EmbeddingsReply;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::Json;
use crate::identity::SignedIn;
use crate::services::actor_of;

/// Who is to make vectors.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmbeddingsBody {
    /// A provider that is set up, or `this-server`.
    provider: String,
    /// The model there that makes them; this server has but one.
    #[serde(default)]
    model: String,
}

/// Who makes vectors of what is remembered
#[utoipa::path(get, path = "/api/v1/assistant/embeddings", tag = "assistant", responses((status = 200, description = "Who does, and who could", body = EmbeddingsReply)))]
pub(crate) async fn get(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.providers.embeddings(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Choose who makes vectors of what is remembered
///
/// A tiny text is tried first; if no vector comes, nothing is changed and the answer says why. From then on what
/// everybody has the assistant remember, and what it looks up for them, is sent there.
#[utoipa::path(put, path = "/api/v1/assistant/embeddings", tag = "assistant", request_body = EmbeddingsBody, responses((status = 200, description = "It makes them, and is kept", body = EmbeddingsReply)))]
pub(crate) async fn set(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Json(body): Json<EmbeddingsBody>,
) -> Result<Response, ApiError> {
    let EmbeddingsBody { provider, model } = body;
    let actor = actor_of(&signed_in.person);
    let kept = app.services.providers.set_embeddings(&actor, &provider, &model).await?;
    let what = "assistant.embeddings";
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, &provider, "ok").await;
    document::reply(kept, &app.buffers)
}

/// Have nobody make vectors of what is remembered
#[utoipa::path(delete, path = "/api/v1/assistant/embeddings", tag = "assistant", responses((status = 204, description = "Words alone are looked for from now on")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
) -> Result<Response, ApiError> {
    app.services.providers.remove_embeddings(&actor_of(&signed_in.person)).await?;
    let what = "assistant.embeddings";
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, "off", "ok").await;
    Ok(super::done())
}
