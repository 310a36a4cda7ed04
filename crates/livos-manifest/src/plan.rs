//! The outcome of planning one app.

use serde::{Deserialize, Serialize};

use crate::place::Position;
use crate::spec::{AppSpec, Format};

/// What became of one manifest in one context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The app's id (the directory's name when the manifest is too broken to say).
    pub id: String,
    /// Catalogue format.
    pub format: Format,
    /// A validated spec exists and nothing the app asked for is missing from it.
    pub complete: bool,
    /// What the app asks for and LivOS doesn't do.
    pub unsupported: Vec<String>,
    /// What is still missing before it can start: answers, and variables that other apps export.
    pub needs_input: Vec<NeedsInput>,
    /// Why there is no spec.
    pub error: Option<String>,
    /// Where in the file that says which containers it has; `None` if the error is elsewhere.
    #[serde(default)]
    pub error_at: Option<Position>,
    /// The spec; `None` when there is an error.
    pub spec: Option<AppSpec>,
}

/// Something that is missing before an app can start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NeedsInput {
    /// Variable.
    pub key: String,
    /// What to ask or to do.
    pub label: String,
    /// `owner`, `app:<id>` or `own`.
    pub from: String,
    /// Fields that wait for it.
    pub used_in: Vec<String>,
}
