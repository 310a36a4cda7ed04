//! The two trees that take long to make and change seldom: they are kept, named after what they are of.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Build, recipe};
use crate::shell;

/// The tree of tools.
pub(super) fn tools(build: &Build) -> Result<PathBuf> {
    kept(&build.cache, "tools", recipe::tools)
}

/// The tree of the base.
pub(super) fn base(build: &Build) -> Result<PathBuf> {
    kept(&build.cache, build.base.name(), |target| build.base.bootstrap(target, build.mirror.as_deref()))
}

fn kept(cache: &Path, name: &str, line: impl Fn(&str) -> Vec<String>) -> Result<PathBuf> {
    let key = digest(&line("TREE").join("\n"));
    let tree = cache.join(format!("{name}-{key}"));
    if tree.is_dir() {
        return Ok(tree);
    }
    let making = cache.join(format!("{name}-{key}.making"));
    let log = cache.join(format!("{name}.log"));
    if making.exists() {
        // Of a build that was cut off.
        shell::run(shell::command("rm").args(["-rf", "--one-file-system"]).arg(&making))?;
    }
    println!("making it, which takes a few minutes the first time (log: {})", log.display());
    let output = std::fs::File::create(&log)?;
    let status = shell::command("mmdebstrap")
        .args(line(&making.to_string_lossy()))
        // No initrd while the packages are set up: ours is made when everything is in place.
        .env("INITRD", "No")
        .stdin(std::process::Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .context("mmdebstrap could not be started")?;
    if !status.success() {
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let faults: Vec<&str> = said.lines().filter(|line| line.starts_with("E:")).collect();
        anyhow::bail!(
            "mmdebstrap failed. {}\nThe whole log is in {}. If the archive can't be reached, name another with --mirror.",
            faults.join("\n"),
            log.display()
        );
    }
    std::fs::rename(&making, &tree)?;
    Ok(tree)
}

fn digest(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(text).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}
