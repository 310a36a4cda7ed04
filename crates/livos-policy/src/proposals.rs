//! What the agent may propose and never do itself, and what is decided about it.

use livos_types::Role;

use crate::{Action, Verdict, decide};

/// Something that the agent may propose. Its name is the tool's and the verb's that is done in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposable {
    /// The tool: `apps_restart`.
    pub tool: &'static str,
    /// The right that a person needs for it, whoever proposes it.
    pub needs: Action<'static>,
    /// The tool that takes it back when it is done with the same arguments.
    pub undone_by: Option<&'static str>,
    /// It only looks, but outside: what is looked for is told to others. It is proposed only after a stranger's words,
    /// so what a person settles for it holds then as well.
    pub egress: bool,
    /// The agent does it itself once they agree, since nothing of the house is changed by it.
    pub by_agent: bool,
}

/// All of it. A tool that changes something is in here, or does not exist.
pub const PROPOSABLE: [Proposable; 5] = [
    Proposable {
        tool: "apps_start",
        needs: Action::ManageApps,
        undone_by: Some("apps_stop"),
        egress: false,
        by_agent: false,
    },
    Proposable {
        tool: "apps_stop",
        needs: Action::ManageApps,
        undone_by: Some("apps_start"),
        egress: false,
        by_agent: false,
    },
    Proposable {
        tool: "apps_restart",
        needs: Action::ManageApps,
        undone_by: None,
        egress: false,
        by_agent: false,
    },
    Proposable { tool: "scrape", needs: Action::UseAssistant, undone_by: None, egress: true, by_agent: true },
    Proposable {
        tool: "web_search",
        needs: Action::UseAssistant,
        undone_by: None,
        egress: true,
        by_agent: true,
    },
];

/// A tool of another server, whichever: nobody here knows what it does. An admin enabled it, for everybody who may talk
/// with the agent.
static OF_A_SERVER: Proposable =
    Proposable { tool: "*", needs: Action::UseAssistant, undone_by: None, egress: false, by_agent: true };

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
    // What another server does nobody here knows, and a rule may be older than what it would allow.
    let of_a_server = what.by_agent && !what.egress;
    let care = if of_a_server || (tainted && !what.egress) { Verdict::Ask } else { Verdict::Allow };
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
    fn what_takes_something_back_can_be_taken_back_and_needs_the_same_right() {
        for what in PROPOSABLE {
            let Some(inverse) = what.undone_by else { continue };
            let inverse = proposable(inverse).unwrap();
            assert_eq!((inverse.undone_by, inverse.needs), (Some(what.tool), what.needs));
        }
        assert_eq!(proposable("docker_logs"), None);
    }
}
