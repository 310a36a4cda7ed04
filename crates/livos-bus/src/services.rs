//! The services that LivOS stands on.

use serde::{Deserialize, Serialize};

/// One of them, as systemd has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceInfo {
    /// The unit's name: `livos-apps.service`.
    pub unit: String,
    /// What it is for.
    pub about: String,
    /// `active`, `inactive`, `failed`, `activating` or `deactivating`.
    pub state: String,
    /// More exactly: `running`, `dead`.
    pub detail: String,
    /// A restart of it can be asked for.
    pub restartable: bool,
}
