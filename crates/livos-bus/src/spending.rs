//! What the models cost, and what may be spent.
//!
//! Money is counted in millionths of a US dollar, as providers write their prices: a dollar a million tokens is one
//! of them a token.

use serde::{Deserialize, Serialize};
use zbus::Type;

/// What a model costs: millionths of a US dollar for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ModelPrice {
    /// Read by the model.
    pub input: u64,
    /// Written by it, thinking included.
    pub output: u64,
    /// Read from its provider's cache.
    pub cached: u64,
    /// Read and written to its provider's cache.
    pub cache_written: u64,
}

/// What may be spent a day, as an admin sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct BudgetRequest {
    /// Whose it is; `""` is everybody who has none of their own.
    pub person: String,
    /// What it is for: `chat` or `schedule`; `""` is everything together.
    pub cause: String,
    /// Tokens; a negative number is no limit.
    pub tokens: i64,
    /// Millionths of a US dollar; a negative number is no limit.
    pub money: i64,
}

/// A model's price and where it is known from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnownPrice {
    /// The price.
    #[serde(flatten)]
    pub price: ModelPrice,
    /// When the price list that LivOS brings along read it at the provider: `2026-11`. Without it, an admin entered
    /// the price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// A month of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpendingReply {
    /// Which month, in UTC: `2026-11`.
    pub month: String,
    /// When the day's budgets begin anew, UTC seconds.
    pub renews_at: i64,
    /// Everybody who used a model; only oneself for somebody who does not run the server.
    pub people: Vec<PersonSpending>,
    /// The budgets that are set; none for somebody who does not run the server.
    pub budgets: Vec<Budget>,
}

/// What one person used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PersonSpending {
    /// Their id.
    pub person: String,
    /// Their user name when they last used one.
    pub username: String,
    /// All of the month.
    #[serde(flatten)]
    pub sum: Spent,
    /// For what, with which model; what cost most comes first.
    pub parts: Vec<SpendingPart>,
    /// What binds them today.
    pub limits: Vec<Limit>,
}

/// A part of what one person used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpendingPart {
    /// What asked: `chat` or `schedule`.
    pub cause: String,
    /// The provider and the model, as people call them.
    pub model: String,
    /// How much.
    #[serde(flatten)]
    pub sum: Spent,
}

/// Calls added up. What was set aside for calls that are out, or whose end nobody knows, counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Spent {
    /// How often a model was asked.
    pub calls: u64,
    /// Tokens read and written.
    pub tokens: u64,
    /// Millionths of a US dollar, of the calls whose price is known.
    pub money: u64,
    /// Calls whose price is not known, which are not in `money`.
    pub unpriced: u64,
}

/// A budget as it binds somebody today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limit {
    /// Which.
    #[serde(flatten)]
    pub budget: Budget,
    /// Tokens of today, those that are set aside included.
    pub used_tokens: u64,
    /// Millionths of a US dollar of today, the same.
    pub used_money: u64,
}

/// What may be spent a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Budget {
    /// Whose it is; `""` is everybody who has none of their own.
    pub person: String,
    /// What it is for: `chat` or `schedule`; `""` is everything together.
    pub cause: String,
    /// Tokens; without them there is no limit on tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Millionths of a US dollar; without them there is no limit on money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<u64>,
}
