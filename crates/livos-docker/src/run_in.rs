//! A command that runs in a container to its end, for programs: without a terminal, and with bounded output.

use std::time::Duration;

/// A command to run in a container that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunIn {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// As whom, where the container says somebody else.
    pub user: Option<String>,
    /// Where, where the container says somewhere else.
    pub working_dir: Option<String>,
    /// Further variables, `NAME=value`.
    pub env: Vec<String>,
    /// Of each stream so many bytes are kept; the rest is read and thrown away.
    pub most_output: usize,
    /// So long is waited for its end; without it, for ever. The engine has no way to end it, so it may run on.
    pub patience: Option<Duration>,
}

/// How it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RanIn {
    /// Its exit code; 126 or 127 if it could not be run at all.
    pub code: i64,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
    /// It had not ended when patience had, so there is no exit code.
    pub timed_out: bool,
}

/// Keeps no more than wanted of what comes.
pub(crate) fn keep(kept: &mut Vec<u8>, more: &[u8], most: usize) {
    let room = most.saturating_sub(kept.len()).min(more.len());
    kept.extend_from_slice(more.get(..room).unwrap_or_default());
}
