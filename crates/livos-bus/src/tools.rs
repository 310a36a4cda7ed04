//! The agent's tools as another program of a person's uses them, by a key.

use serde::{Deserialize, Serialize};
use zbus::Type;

use crate::approvals::Proposal;

/// A tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolInfo {
    /// What it is called: `apps_list`.
    pub name: String,
    /// What it does and when to use it, for a model.
    pub description: String,
    /// The JSON Schema of its arguments, an object.
    pub schema: serde_json::Value,
    /// It changes nothing.
    pub looks: bool,
    /// It interrupts something that runs.
    pub interrupts: bool,
}

/// A call by a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ToolRequest {
    /// The key it came with, which is also the conversation in which its proposals stand: 32 hex digits.
    pub key: String,
    /// What its person calls that key.
    pub label: String,
    /// The key may do more than look.
    pub acts: bool,
    /// What a stranger may have written was read with it lately.
    pub tainted: bool,
    /// The tool.
    pub tool: String,
    /// Its arguments, a JSON object.
    pub arguments: String,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolAnswer {
    /// What the tool says.
    pub text: String,
    /// It did not work; the text says why.
    pub failed: bool,
    /// The text may be a stranger's words.
    pub foreign: bool,
    /// It is not done yet: this was put before the person, or was there already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
}
