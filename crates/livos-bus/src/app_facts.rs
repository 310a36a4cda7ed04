//! What is known about an app beside what it may do.

use serde::{Deserialize, Serialize};

/// What is known about an app beside what it may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct AppFacts {
    /// Bytes on disk of its images that are here; 0 if there are none. How large a download is, nobody says before.
    pub on_disk: u64,
    /// Bytes of memory that its parts are to have at least together; 0 if it does not say.
    pub memory_least: u64,
    /// Bytes of memory that all its parts together may have; 0 if one of them may have any.
    pub memory_most: u64,
    /// It can reach the internet, or whatever else the machine can.
    pub internet: bool,
    /// Under which licence it is, as its store or its image says; `""` if neither does.
    pub licence: String,
    /// Where more about it is.
    pub links: Vec<AppLink>,
}

/// An address outside.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppLink {
    /// `source`, `documentation` or `support`.
    pub kind: String,
    /// The address, `http` or `https`.
    pub url: String,
}
