//! One file per noun.

mod adopt;
pub(crate) mod agents;
pub(crate) mod apps;
pub(crate) mod ask;
pub(crate) mod assistant;
mod checks;
mod compose;
pub(crate) mod config;
mod container_files;
pub(crate) mod docker;
mod docker_work;
mod export;
pub(crate) mod exposure;
pub(crate) mod files;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod mcp;
pub(crate) mod memory;
mod reclaim;
mod replay;
mod result;
pub(crate) mod schedules;
mod settings;
pub(crate) mod setup_code;
mod shell;
pub(crate) mod skills;
pub(crate) mod spending;
mod stack;
pub(crate) mod status;
pub(crate) mod tool_servers;
mod undo;
mod update;
pub(crate) mod upgrade;
pub(crate) mod users;
pub(crate) mod web;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;

use crate::arguments::Arguments;

/// The completion script of a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode> {
    // Into memory first: the generator panics when nobody reads to the end, as in `… | head`.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "livos", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// The manual: `livos.1`, and one page for every command below it.
pub(crate) fn man(directory: &Path) -> Result<ExitCode> {
    let failed = || format!("cannot write the manual to {}", directory.display());
    std::fs::create_dir_all(directory).with_context(failed)?;
    clap_mangen::generate_to(Arguments::command(), directory).with_context(failed)?;
    Ok(ExitCode::SUCCESS)
}
