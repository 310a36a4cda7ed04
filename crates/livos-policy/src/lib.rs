//! Who may do what: a role and an action in, a verdict out.
//!
//! Pure. The edge asks before it passes a request on and each service asks again, so a mistake in one
//! place is not yet a hole.

mod commands;
mod proposals;
mod services;

use std::str::FromStr;

use livos_types::{Role, RootId};

pub use commands::{COMMAND_SECONDS, no_command};
pub use proposals::{OF, PROPOSABLE, Proposable, Undo, is_of_a_server, judge, proposable};
pub use services::{SERVICES, Service};

/// What the rules answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Go on.
    Allow,
    /// A human has to agree first.
    Ask,
    /// Not for this person.
    Deny,
}

impl Verdict {
    /// True when nothing stands in the way.
    pub fn is_allowed(self) -> bool {
        self == Self::Allow
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Ask => "ask",
            Self::Deny => "deny",
        }
    }
}

/// A word that is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoVerdict;

impl std::fmt::Display for NoVerdict {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a rule is allow, ask or deny")
    }
}

impl std::error::Error for NoVerdict {}

impl FromStr for Verdict {
    type Err = NoVerdict;

    fn from_str(word: &str) -> Result<Self, NoVerdict> {
        [Self::Allow, Self::Ask, Self::Deny].into_iter().find(|known| known.as_str() == word).ok_or(NoVerdict)
    }
}

/// Something a person may want to do, as coarse as the rules need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Look at the stores and their apps.
    BrowseStore,
    /// Add, remove or refresh a store.
    ManageStores,
    /// See which apps are installed, and open them.
    UseApps,
    /// Install, start, stop, update or remove an app.
    ManageApps,
    /// Read what an app writes to its log, which may hold secrets.
    ReadAppLogs,
    /// See everything in Docker, also what is no app's.
    ReadDocker,
    /// Start and stop what is no app's, read its secrets, and remove what nothing uses.
    ManageDocker,
    /// List and read files in a place.
    ReadFiles(&'a RootId),
    /// Change files in a place.
    WriteFiles(&'a RootId),
    /// See jobs that somebody else started.
    SeeAllJobs,
    /// Try a job of this kind (`app.install`) again: as much as starting it.
    RetryJob(&'a str),
    /// Read the machine's name, load and version.
    ReadSystem,
    /// Read the machine's disks and addresses.
    ReadSystemDetail,
    /// Restart, shut down, or change the machine.
    ManageSystem,
    /// Add people, change their role, disable or remove them.
    ManagePeople,
    /// Read who signed in and who changed what.
    ReadAudit,
    /// Talk with the assistant.
    UseAssistant,
    /// Choose who the assistant gets its models from, and give it keys.
    ManageAssistant,
}

/// The verdict for a person of this role and user name.
///
/// `username` decides which member's folder is their own.
pub fn decide(role: Role, username: &str, action: Action<'_>) -> Verdict {
    let allowed = match action {
        Action::BrowseStore | Action::UseApps | Action::ReadSystem | Action::UseAssistant => true,
        Action::ReadFiles(root) | Action::WriteFiles(root) => may_enter(role, username, root),
        Action::RetryJob(kind) => {
            let managing = ["app.", "store.", "docker."].iter().any(|of| kind.starts_with(of));
            role.is_admin() || !managing
        }
        Action::ManageStores
        | Action::ManageApps
        | Action::ReadAppLogs
        | Action::ReadDocker
        | Action::ManageDocker
        | Action::SeeAllJobs
        | Action::ReadSystemDetail
        | Action::ManageSystem
        | Action::ManagePeople
        | Action::ReadAudit
        | Action::ManageAssistant => role.is_admin(),
    };
    if allowed { Verdict::Allow } else { Verdict::Deny }
}

/// The place that is this person's Home.
///
/// The owner's is plain `home`, which is where an upgraded installation already has its files; everybody
/// else has `home.<username>`. `None` only when the name makes no valid place.
pub fn home_of(role: Role, username: &str) -> Option<RootId> {
    match role {
        Role::Owner => RootId::new("home").ok(),
        Role::Admin | Role::Member => RootId::new(format!("home.{username}")).ok(),
    }
}

fn may_enter(role: Role, username: &str, root: &RootId) -> bool {
    if home_of(role, username).as_ref() == Some(root) {
        return true;
    }
    match root.as_str() {
        "shared" => true,
        // An admin of a home server is not thereby a reader of the family's private folders.
        name if name == "home" || name.starts_with("home.") => false,
        _ => role.is_admin(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(id: &str) -> RootId {
        RootId::new(id).unwrap()
    }

    #[test]
    fn members_use_and_admins_run() {
        for action in [
            Action::ManageApps,
            Action::ManageStores,
            Action::ManagePeople,
            Action::ReadAudit,
            Action::ReadAppLogs,
            Action::ReadDocker,
            Action::ManageDocker,
            Action::SeeAllJobs,
            Action::ManageAssistant,
        ] {
            assert_eq!(decide(Role::Member, "ada", action), Verdict::Deny, "{action:?}");
            assert_eq!(decide(Role::Admin, "ada", action), Verdict::Allow, "{action:?}");
            assert_eq!(decide(Role::Owner, "ada", action), Verdict::Allow, "{action:?}");
        }
        for action in [Action::BrowseStore, Action::UseApps, Action::ReadSystem, Action::UseAssistant] {
            assert_eq!(decide(Role::Member, "ada", action), Verdict::Allow, "{action:?}");
        }
    }

    #[test]
    fn trying_again_needs_what_starting_needed() {
        for (kind, member) in [
            ("app.install", false),
            ("app.remove", false),
            ("store.refresh", false),
            ("docker.stop", false),
            ("files.copy", true),
        ] {
            assert_eq!(decide(Role::Member, "ada", Action::RetryJob(kind)).is_allowed(), member, "{kind}");
            assert!(decide(Role::Admin, "ada", Action::RetryJob(kind)).is_allowed(), "{kind}");
        }
    }

    #[test]
    fn a_home_is_for_its_person_alone() {
        let reads =
            |role, name: &str, at: &str| decide(role, name, Action::ReadFiles(&root(at))).is_allowed();
        assert!(reads(Role::Owner, "grace", "home"));
        assert!(!reads(Role::Owner, "grace", "home.ada"));
        assert!(reads(Role::Member, "ada", "home.ada"));
        assert!(!reads(Role::Member, "ada", "home"));
        assert!(!reads(Role::Admin, "bob", "home.ada"));
        assert!(!reads(Role::Admin, "bob", "home"));
        assert!(reads(Role::Member, "ada", "shared"));
        assert!(!reads(Role::Member, "ada", "apps"));
        assert!(reads(Role::Admin, "bob", "apps"));
    }
}
