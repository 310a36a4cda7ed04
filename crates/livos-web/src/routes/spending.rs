//! What the models cost, and what may be spent on them.

use axum::extract::{Path, State};
use axum::response::Response;
use livos_bus::spending::{BudgetRequest, ModelPrice, SpendingReply};
use livos_types::UserId;
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

/// A budget of everybody who has none of their own.
const EVERYONE: &str = "everyone";
/// A budget of everything together.
const ALL: &str = "all";

/// What may be spent a day; what is left out has no limit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetBody {
    /// Tokens, read and written.
    #[serde(default)]
    tokens: Option<u64>,
    /// Millionths of a US dollar.
    #[serde(default)]
    money: Option<u64>,
}

/// What a model costs: millionths of a US dollar for a million tokens.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceBody {
    /// Read by the model.
    input: u64,
    /// Written by it.
    output: u64,
    /// Read from its provider's cache; as if it were not there, if left out.
    #[serde(default)]
    cached: Option<u64>,
    /// Written to its provider's cache; as if it were not there, if left out.
    #[serde(default)]
    cache_written: Option<u64>,
}

/// What the models cost in a month
///
/// One's own, and everybody's for those who run the server.
#[utoipa::path(get, path = "/api/v1/assistant/spending", tag = "assistant", params(("month" = Option<String>, Query, description = "2026-11; this month without it")), responses((status = 200, description = "What was used, and what may be", body = SpendingReply)))]
pub(crate) async fn month(
    State(app): State<App>,
    signed_in: SignedIn,
    query: Query,
) -> Result<Response, ApiError> {
    let month = query.one("month")?.unwrap_or_default();
    document::reply(app.services.spending.month(&actor_of(&signed_in.person), month).await?, &app.buffers)
}

/// Whose budget, and what for, as the agent's daemon names them.
async fn checked<'a>(app: &App, who: &'a str, cause: &'a str) -> Result<(&'a str, &'a str), ApiError> {
    let cause = if cause == ALL { "" } else { cause };
    if who == EVERYONE {
        return Ok(("", cause));
    }
    let missing = || ApiError::not_found("there is no such account");
    let id = UserId::new(who).map_err(|_| missing())?;
    app.identity.store().account(id.as_str()).await?.ok_or_else(missing)?;
    Ok((who, cause))
}

/// Set what may be spent a day
#[utoipa::path(put, path = "/api/v1/assistant/budgets/{who}/{cause}", tag = "assistant", params(("who" = String, Path, description = "A person's id, or `everyone` for those who have none of their own"), ("cause" = String, Path, description = "`chat`, `schedule`, or `all` for everything together")), request_body = BudgetBody, responses((status = 204, description = "It holds from now on")))]
pub(crate) async fn set_budget(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path((who, cause)): Path<(String, String)>,
    Json(body): Json<BudgetBody>,
) -> Result<Response, ApiError> {
    let (person, cause) = checked(&app, &who, &cause).await?;
    // More than fits is more than any budget; the daemon says so.
    let number = |limit: Option<u64>| limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
    let budget = BudgetRequest {
        person: person.to_owned(),
        cause: cause.to_owned(),
        tokens: number(body.tokens),
        money: number(body.money),
    };
    app.services.spending.set_budget(&actor_of(&signed_in.person), &budget).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "assistant.budget", &who, "ok").await;
    Ok(super::done())
}

/// Forget a budget
#[utoipa::path(delete, path = "/api/v1/assistant/budgets/{who}/{cause}", tag = "assistant", params(("who" = String, Path, description = "A person's id, or `everyone`"), ("cause" = String, Path, description = "`chat`, `schedule` or `all`")), responses((status = 204, description = "It does not hold any more")))]
pub(crate) async fn remove_budget(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path((who, cause)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    // Also of somebody who is not there any more.
    let (person, about) = (if who == EVERYONE { "" } else { &who }, if cause == ALL { "" } else { &cause });
    app.services.spending.remove_budget(&actor_of(&signed_in.person), person, about).await?;
    let what = "assistant.budget_removed";
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, &who, "ok").await;
    Ok(super::done())
}

/// Enter what a provider's model costs
///
/// It goes before the price list that LivOS brings along.
#[utoipa::path(put, path = "/api/v1/assistant/providers/{id}/price", tag = "assistant", params(("id" = String, Path, description = "The provider")), request_body = PriceBody, responses((status = 204, description = "Calls cost that from now on")))]
pub(crate) async fn set_price(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    Json(body): Json<PriceBody>,
) -> Result<Response, ApiError> {
    let price = ModelPrice {
        input: body.input,
        output: body.output,
        cached: body.cached.unwrap_or(body.input),
        cache_written: body.cache_written.unwrap_or(body.input),
    };
    app.services.providers.set_price(&actor_of(&signed_in.person), &id, &price).await?;
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "assistant.price", &id, "ok").await;
    Ok(super::done())
}

/// Forget the price that was entered
#[utoipa::path(delete, path = "/api/v1/assistant/providers/{id}/price", tag = "assistant", params(("id" = String, Path, description = "The provider")), responses((status = 204, description = "The price list is asked again")))]
pub(crate) async fn forget_price(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    app.services.providers.forget_price(&actor_of(&signed_in.person), &id).await?;
    let what = "assistant.price_removed";
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), what, &id, "ok").await;
    Ok(super::done())
}
