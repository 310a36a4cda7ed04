//! Instructions for tasks of a kind, which the agent reads when one comes up.

use serde::{Deserialize, Serialize};

/// A person's skills: those that LivOS brings along, and their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkillsReply {
    /// Those that wait to be looked at first.
    pub skills: Vec<SkillInfo>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkillInfo {
    /// What it is called.
    pub name: String,
    /// LivOS brings it along: it can be disabled, and neither changed nor removed.
    pub bundled: bool,
    /// The agent uses it.
    pub enabled: bool,
    /// What is in use, or would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<SkillRevision>,
    /// What waits to be looked at, and is not used until its person has enabled exactly that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<SkillRevision>,
    /// Why what is in use can't be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What a skill says at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkillRevision {
    /// Made of its text: the same id, the same text to the last letter.
    pub id: String,
    /// What it is for.
    pub description: String,
    /// Words with which a person asks for it.
    pub triggers: Vec<String>,
    /// The only tools that are used while it is followed; without it, it does not narrow anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// Those of them that there are not.
    pub missing: Vec<String>,
    /// The places on the network that it is about.
    pub hosts: Vec<String>,
    /// The folders that it is about.
    pub paths: Vec<String>,
    /// The agent wrote it.
    pub generated: bool,
    /// It wrote that after it had read what a stranger may have written.
    pub tainted: bool,
    /// The whole SKILL.md; in a list it is left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}
