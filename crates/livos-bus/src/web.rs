//! Whether the agent reads the web, and who searches it for everybody.

use serde::{Deserialize, Serialize};
use zbus::Type;

use crate::assistant::{Problem, ProviderKey};

/// Who is to search the web, as an admin sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct SearchRequest {
    /// `searxng`, `brave` or `tavily`.
    pub provider: String,
    /// Where a SearXNG of one's own is; `""` for the others.
    pub base_url: String,
    /// The key; `""` keeps the one there is.
    pub key: ProviderKey,
}

/// Whether the web is read for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebReply {
    /// The machine's administrator allows it in its configuration.
    pub machine: bool,
    /// It is on for everybody.
    pub house: bool,
    /// This person has it on for themselves.
    pub own: bool,
    /// Somebody searches it, who is set up.
    pub searches: bool,
    /// Who, for those who run the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchInfo>,
}

/// Who searches the web. The key is never answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchInfo {
    /// `searxng`, `brave` or `tavily`.
    pub provider: String,
    /// What people call it.
    pub label: String,
    /// Where it is.
    pub base_url: String,
    /// `set` or `none`.
    pub key: String,
    /// When it last answered as it should, UTC seconds.
    pub checked_at: i64,
    /// What went wrong since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What a search engine found when it was tried; it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchTried {
    /// Who searches from now on.
    pub search: SearchInfo,
    /// What it was asked.
    pub query: String,
    /// Some of what it found.
    pub found: Vec<FoundPage>,
}

/// A page that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundPage {
    /// Its title, in a stranger's words.
    pub title: String,
    /// Where it is.
    pub url: String,
}
