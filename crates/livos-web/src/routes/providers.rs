//! Who the agent gets its models from, for those who run the server. Keys go in and never come out.

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::assistant::{ProviderInfo, ProviderKey, ProviderRequest, ProvidersReply, Tier};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::App;
use crate::error::ApiError;
use crate::http::document;
use crate::http::edge::Edge;
use crate::http::json::Json;
use crate::identity::SignedIn;
use crate::services::actor_of;

/// A provider as it is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderBody {
    /// `anthropic`, `chat_completions`, `responses` or `gemini`.
    dialect: String,
    /// What people call it.
    label: String,
    /// Where it is.
    base_url: String,
    /// The model to use.
    model: String,
    /// Its key; without one, the key there is stays.
    #[serde(default)]
    key: Option<String>,
}

/// The providers there are
#[utoipa::path(get, path = "/api/v1/assistant/providers", tag = "assistant", responses((status = 200, description = "Providers, without their keys", body = ProvidersReply)))]
pub(crate) async fn list(State(app): State<App>, signed_in: SignedIn) -> Result<Response, ApiError> {
    document::reply(app.services.providers.list(&actor_of(&signed_in.person)).await?, &app.buffers)
}

/// Add or change a provider
///
/// It is tried with a tiny request first; if that fails, nothing is changed and the answer says why.
#[utoipa::path(put, path = "/api/v1/assistant/providers/{id}", tag = "assistant", params(("id" = String, Path, description = "Its name: small letters, digits and dashes")), request_body = ProviderBody, responses((status = 200, description = "It answers, and is kept", body = ProviderInfo)))]
pub(crate) async fn save(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<ProviderBody>,
) -> Result<Response, ApiError> {
    let request = ProviderRequest {
        id: id.clone(),
        dialect: body.dialect,
        label: body.label,
        base_url: body.base_url,
        model: body.model,
        key: ProviderKey(body.key.unwrap_or_default()),
    };
    let kept = app.services.providers.save(&actor_of(&signed_in.person), &request).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "assistant.provider", &id, "ok").await;
    document::reply(kept, &app.buffers)
}

/// Forget a provider and its key
#[utoipa::path(delete, path = "/api/v1/assistant/providers/{id}", tag = "assistant", params(("id" = String, Path, description = "The provider")), responses((status = 204, description = "Forgotten")))]
pub(crate) async fn remove(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.services.providers.remove(&actor_of(&signed_in.person), &id).await?;
    let what = "assistant.provider_removed";
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, &id, "ok").await;
    Ok(super::done())
}

/// Make a provider the one that answers
#[utoipa::path(put, path = "/api/v1/assistant/providers/{id}/default", tag = "assistant", params(("id" = String, Path, description = "The provider")), responses((status = 204, description = "It answers from now on")))]
pub(crate) async fn set_default(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.services.providers.set_default(&actor_of(&signed_in.person), &id).await?;
    Ok(super::done())
}

/// What a provider's model is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TierBody {
    /// The tier that it answers for; `usual` takes that back.
    tier: Tier,
}

/// Make a provider the one that answers for a tier
#[utoipa::path(put, path = "/api/v1/assistant/providers/{id}/tier", tag = "assistant", params(("id" = String, Path, description = "The provider")), request_body = TierBody, responses((status = 204, description = "It answers for that from now on")))]
pub(crate) async fn set_tier(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(id): Path<String>,
    Json(body): Json<TierBody>,
) -> Result<Response, ApiError> {
    app.services.providers.set_tier(&actor_of(&signed_in.person), &id, body.tier.as_str()).await?;
    Ok(super::done())
}
