//! What is looked at before an app is installed or changed.

use serde::{Deserialize, Serialize};

use crate::documents::Permission;

/// Everything that was looked at, before anything is begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checks {
    /// The worst of them: `ok`, `warn` or `block`. With `block`, it would be refused.
    pub state: String,
    /// One line each.
    pub checks: Vec<Check>,
    /// What it could reach with the answers that were looked at; of an update, only beyond what was agreed to. Empty
    /// where no answers were.
    #[serde(default)]
    pub permissions: Vec<Permission>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// `docker`, `architecture`, `support`, `answers`, `needs`, `memory`, `disk`, `download`, `ports`, `folders`, `version` or
    /// `copy`.
    pub check: String,
    /// `ok`, `warn` or `block`.
    pub state: String,
    /// What was found.
    pub words: String,
    /// What to do about it; `""` if there is nothing to do.
    pub next: String,
}
