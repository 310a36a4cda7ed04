//! What the agent may propose and never do itself, and what is decided about it.

use livos_types::Role;

use crate::{Action, Verdict, decide};

/// What takes something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// This verb, with these of the arguments; with the proposal's own id when there are none.
    By(&'static str, &'static [&'static str]),
    /// Nothing; why that is so.
    Nothing(&'static str),
}

/// Something that the agent may propose. Its name is the tool's and the verb's that is done in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposable {
    /// The tool: `apps_restart`.
    pub tool: &'static str,
    /// The right that a person needs for it, whoever proposes it.
    pub needs: Action<'static>,
    /// What takes it back when it is done.
    pub undo: Undo,
    /// A person can settle beforehand that it is done without asking. Not what they have to read first, nor what
    /// somebody could miss dearly.
    pub may_settle: bool,
    /// It only looks, but outside: what is looked for is told to others. It is proposed only after a stranger's words,
    /// so what a person settles for it holds then as well.
    pub egress: bool,
    /// The agent does it itself once they agree, since nothing of the house is changed by it.
    pub by_agent: bool,
}

impl Proposable {
    /// The verb that takes it back, and the arguments that it takes over.
    pub fn undone_by(&self) -> Option<(&'static str, &'static [&'static str])> {
        match self.undo {
            Undo::By(verb, arguments) => Some((verb, arguments)),
            Undo::Nothing(_) => None,
        }
    }
}

const fn changes(tool: &'static str, needs: Action<'static>, undo: Undo) -> Proposable {
    Proposable { tool, needs, undo, may_settle: true, egress: false, by_agent: false }
}

/// The same, and its person is asked every time.
const fn asks(tool: &'static str, needs: Action<'static>, undo: Undo) -> Proposable {
    Proposable { tool, needs, undo, may_settle: false, egress: false, by_agent: false }
}

const fn looks(tool: &'static str) -> Proposable {
    let undo = Undo::Nothing("it only looked");
    Proposable { tool, needs: Action::UseAssistant, undo, may_settle: true, egress: true, by_agent: true }
}

const RESTARTED: Undo = Undo::Nothing("a restart leaves nothing to put back: it runs as it did before");
const REMOVED: Undo = Undo::Nothing(
    "an app that is gone is installed again in the App Store; what it had stored was kept for that",
);

const RAN: Undo = Undo::Nothing("what a command changed in a container nobody here knows");

const SET_UP: Undo = Undo::Nothing("other servers are changed and removed in Settings, AI");

/// All of it. A tool that changes something is in here, or does not exist.
pub const PROPOSABLE: [Proposable; 19] = [
    changes("apps_start", Action::ManageApps, Undo::By("apps_stop", &["app"])),
    changes("apps_stop", Action::ManageApps, Undo::By("apps_start", &["app"])),
    changes("apps_restart", Action::ManageApps, RESTARTED),
    asks("apps_install", Action::ManageApps, Undo::By("apps_remove", &["app"])),
    asks("apps_update", Action::ManageApps, Undo::By("apps_rollback", &["app", "to"])),
    asks("apps_remove", Action::ManageApps, REMOVED),
    asks("docker_start", Action::ManageDocker, Undo::By("docker_stop", &["container"])),
    asks("docker_stop", Action::ManageDocker, Undo::By("docker_start", &["container"])),
    asks("docker_restart", Action::ManageDocker, RESTARTED),
    asks("docker_exec", Action::ManageDocker, RAN),
    asks("service_restart", Action::ManageSystem, RESTARTED),
    asks("mcp_install", Action::ManageAssistant, SET_UP),
    asks("mcp_manage", Action::ManageAssistant, SET_UP),
    asks("mcp_config_raw", Action::ManageAssistant, SET_UP),
    // Whether they may write there is the place's to say, and whether Nexus may, their own.
    changes("files_write", Action::UseAssistant, Undo::By("files_put_back", &[])),
    changes("files_move", Action::UseAssistant, Undo::By("files_put_back", &[])),
    changes("files_trash", Action::UseAssistant, Undo::By("files_put_back", &[])),
    looks("scrape"),
    looks("web_search"),
];

/// A tool of another server, whichever: nobody here knows what it does. An admin enabled it, for everybody who may talk
/// with the agent.
static OF_A_SERVER: Proposable = Proposable {
    tool: "*",
    needs: Action::UseAssistant,
    undo: Undo::Nothing("what another server did nobody here knows"),
    may_settle: false,
    egress: false,
    by_agent: true,
};

/// What stands between a server's name and its tool's.
pub const OF: &str = "__";
/// The longest name of a tool that every model takes, in letters.
const LONGEST: usize = 64;

/// Whether this is the name of a tool of another server: `notes__search`. None of ours has such a name.
pub fn is_of_a_server(tool: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    tool.len() <= LONGEST
        && tool.bytes().all(plain)
        && tool.split_once(OF).is_some_and(|(server, tool)| !server.is_empty() && !tool.is_empty())
}

/// What a tool of this name proposes; nothing when it only looks, or is none.
pub fn proposable(tool: &str) -> Option<&'static Proposable> {
    if is_of_a_server(tool) {
        return Some(&OF_A_SERVER);
    }
    PROPOSABLE.iter().find(|known| known.tool == tool)
}

/// The verdict on a proposal to this person: the strictest of their right, of what they have settled for this tool,
/// and of the care that is due after a stranger's words were read.
///
/// Without a rule of theirs they are asked.
pub fn judge(
    role: Role,
    username: &str,
    what: &Proposable,
    settled: impl IntoIterator<Item = Verdict>,
    tainted: bool,
) -> Verdict {
    let right = decide(role, username, what.needs);
    let settled = settled.into_iter().max().unwrap_or(Verdict::Ask);
    let asked = !what.may_settle || (tainted && !what.egress);
    let care = if asked { Verdict::Ask } else { Verdict::Allow };
    right.max(settled).max(care)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strictest_wins() {
        use Verdict::{Allow, Ask, Deny};
        let restart = proposable("apps_restart").unwrap();
        for (role, settled, tainted, verdict) in [
            (Role::Owner, vec![], false, Ask),
            (Role::Owner, vec![Allow], false, Allow),
            (Role::Owner, vec![Allow], true, Ask),
            (Role::Owner, vec![Allow, Deny], false, Deny),
            (Role::Admin, vec![Deny], false, Deny),
            (Role::Admin, vec![Allow, Ask], false, Ask),
            (Role::Member, vec![Allow], false, Deny),
            (Role::Member, vec![], false, Deny),
        ] {
            assert_eq!(
                judge(role, "ada", restart, settled.clone(), tainted),
                verdict,
                "{role:?} {settled:?}"
            );
        }
    }

    #[test]
    fn what_has_to_be_read_first_is_always_asked() {
        use Verdict::{Allow, Ask, Deny};
        for tool in [
            "apps_install",
            "apps_update",
            "apps_remove",
            "docker_start",
            "docker_stop",
            "docker_restart",
            "docker_exec",
            "service_restart",
            "mcp_install",
            "mcp_manage",
            "mcp_config_raw",
        ] {
            let what = proposable(tool).unwrap();
            for (settled, verdict) in [(vec![], Ask), (vec![Allow], Ask), (vec![Allow, Deny], Deny)] {
                assert_eq!(
                    judge(Role::Owner, "ada", what, settled.clone(), false),
                    verdict,
                    "{tool} {settled:?}"
                );
            }
        }
    }

    #[test]
    fn looking_outside_is_as_its_person_settled_it() {
        use Verdict::{Allow, Ask, Deny};
        assert!(proposable("web_search").is_some_and(|search| search.egress));
        let scrape = proposable("scrape").unwrap();
        for (settled, verdict) in
            [(vec![], Ask), (vec![Allow], Allow), (vec![Allow, Ask], Ask), (vec![Allow, Deny], Deny)]
        {
            assert_eq!(judge(Role::Member, "ada", scrape, settled.clone(), true), verdict, "{settled:?}");
        }
    }

    #[test]
    fn a_tool_of_another_server_is_asked_about_whatever_was_allowed() {
        use Verdict::{Allow, Ask, Deny};
        let search = proposable("notes__search").unwrap();
        assert!(search.by_agent && PROPOSABLE.iter().all(|ours| !is_of_a_server(ours.tool)));
        for (settled, tainted, verdict) in [
            (vec![], false, Ask),
            (vec![Allow], false, Ask),
            (vec![Allow], true, Ask),
            (vec![Deny], false, Deny),
        ] {
            assert_eq!(judge(Role::Member, "ada", search, settled.clone(), tainted), verdict, "{settled:?}");
        }
        for none in ["__search", "notes__", "notes_search", "no tes__x", &format!("a__{}", "b".repeat(62))] {
            assert!(!is_of_a_server(none), "{none}");
        }
    }

    #[test]
    fn what_takes_something_back_needs_the_same_right() {
        for what in PROPOSABLE {
            let Some((inverse, _)) = what.undone_by() else { continue };
            // What only ever takes something back is nothing that the agent may propose.
            let Some(inverse) = proposable(inverse) else { continue };
            assert_eq!(inverse.needs, what.needs);
        }
        let start = proposable("apps_start").unwrap();
        assert_eq!(start.undone_by().map(|(verb, _)| verb), Some("apps_stop"));
        assert_eq!(proposable("docker_logs"), None);
    }
}
