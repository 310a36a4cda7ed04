//! `build.sh bench`: the figures, side by side in one run.

use anyhow::{Context as _, Result};

use crate::deps::Purpose;
use crate::{deps, shell, ui};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these parts (idle, start, requests, listing, transfer, events, manifests, apps, size, desktop)
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
    // The desktop is measured in a browser, by its own script.
    let (desktop, rest): (Vec<_>, Vec<_>) = arguments.parts.iter().partition(|part| *part == "desktop");
    if desktop.is_empty() || !rest.is_empty() {
        shell::run(command.args(rest))?;
    }
    if desktop.is_empty() && !arguments.parts.is_empty() {
        return Ok(());
    }
    let mut browser = shell::command("node");
    browser.arg("tests/perf.mjs").current_dir(ui::source()).env("LIVOS_TARGET", crate::target());
    browser.env("LIVOS_PROFILE", "release").env("LIVOS_BUILT", "1");
    if arguments.quick {
        browser.arg("--quick");
    }
    shell::run(&mut browser)
}
