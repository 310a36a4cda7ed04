//! `build.sh bench`: the figures, side by side in one run.

use anyhow::{Context as _, Result};

use crate::deps::Purpose;
use crate::{deps, shell, ui};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these parts (idle, start, requests, listing, transfer, events, manifests, size)
    parts: Vec<String>,
    /// Small files and short windows: checks the measuring itself
    #[arg(long)]
    quick: bool,
    /// Also write the figures as JSON to FILE
    #[arg(long, value_name = "FILE")]
    json: Option<std::path::PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    deps::ensure(Purpose::Bench)?;
    shell::run(shell::cargo().args(["build", "--release", "--workspace", "--bins", "--examples"]))
        .context("the release build failed")?;
    ui::build()?;
    let mut command = shell::command("python3");
    command.arg("ci/bench/bench.py").arg("--target").arg(crate::target());
    if arguments.quick {
        command.arg("--quick");
    }
    if let Some(file) = &arguments.json {
        command.arg("--json").arg(std::path::absolute(file)?);
    }
    shell::run(command.args(&arguments.parts))
}
