//! The skills that LivOS brings along. They are a part of this program: nobody can change them on a running server, and
//! none can be missing on one.

use super::parse::{Skill, parse, revision};
use crate::error::Error;

const TEXTS: [&str; 11] = [
    include_str!("../../../skills/content/SKILL.md"),
    include_str!("../../../skills/deploy/SKILL.md"),
    include_str!("../../../skills/email-composer/SKILL.md"),
    include_str!("../../../skills/leadgen/SKILL.md"),
    include_str!("../../../skills/meeting-prep/SKILL.md"),
    include_str!("../../../skills/research/SKILL.md"),
    include_str!("../../../skills/server-health/SKILL.md"),
    include_str!("../../../skills/server-monitor/SKILL.md"),
    include_str!("../../../skills/site-audit/SKILL.md"),
    include_str!("../../../skills/skill-create/SKILL.md"),
    include_str!("../../../skills/subagent-manage/SKILL.md"),
];

/// One of them.
#[derive(Debug)]
pub(crate) struct Bundled {
    pub(crate) skill: Skill,
    pub(crate) text: &'static str,
    pub(crate) revision: String,
}

/// All of them, by name.
pub(crate) fn all() -> Result<Vec<Bundled>, Error> {
    let read = |text: &'static str| {
        let skill = parse(text).map_err(Error::Invalid)?;
        Ok(Bundled { skill, text, revision: revision(text) })
    };
    TEXTS.into_iter().map(read).collect()
}
