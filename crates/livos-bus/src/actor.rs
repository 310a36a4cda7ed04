//! For whom a call is made.

use livos_types::{Role, UserId, Username};
use serde::{Deserialize, Serialize};
use zbus::Type;

/// The way a person's request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
#[zbus(signature = "s")]
pub enum Via {
    /// The desktop or the HTTP API.
    Web,
    /// The command line.
    Cli,
    /// The agent, on behalf of that person, after the rules agreed.
    Nexus,
    /// A schedule.
    Schedule,
}

/// The person a call is made for. Accepted from the edge and from the administrator alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[zbus(signature = "(ssss)")]
pub struct Actor {
    /// Their account.
    pub user: UserId,
    /// What they sign in with; names a member's folder.
    pub username: Username,
    /// What they may do.
    pub role: Role,
    /// How the request came.
    pub via: Via,
}

impl Actor {
    /// The administrator at the command line, who acts with the owner's rights.
    ///
    /// `None` never: the names are constants that keep the rules, and a test holds that.
    pub fn command_line() -> Option<Self> {
        Some(Self {
            user: UserId::new("cli").ok()?,
            username: Username::new("administrator").ok()?,
            role: Role::Owner,
            via: Via::Cli,
        })
    }

    /// The text a job is marked with as theirs.
    pub fn job_owner(&self) -> &str {
        self.user.as_str()
    }
}
