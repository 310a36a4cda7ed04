//! The desktop: npm packages and the bundle, each made again only when its inputs changed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, bail};

use crate::shell;

/// Where the desktop's sources are.
pub(crate) fn source() -> PathBuf {
    crate::root().join("crates/livos-web/ui")
}

/// The finished bundle.
pub(crate) fn bundle() -> PathBuf {
    source().join("dist")
}

/// npm in the desktop's folder, quiet about things that are not errors.
pub(crate) fn npm(arguments: &[&str]) -> Result<()> {
    let mut command = shell::command("npm");
    command
        .current_dir(source())
        .args(arguments)
        .env("npm_config_fund", "false")
        .env("npm_config_audit", "false")
        .env("npm_config_update_notifier", "false");
    shell::run(&mut command)
}

/// Installs the packages of the lock file.
pub(crate) fn install() -> Result<()> {
    let stamp = source().join("node_modules/.livos-stamp");
    let wanted = fingerprint(&[source().join("package-lock.json"), source().join("package.json")])?;
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    npm(&["ci", "--no-progress"]).context("the desktop's packages could not be installed")?;
    std::fs::write(&stamp, wanted).with_context(|| format!("{} could not be written", stamp.display()))
}

/// Builds the bundle if an input changed since the last time; says whether it did.
pub(crate) fn build() -> Result<bool> {
    if !source().join("package.json").is_file() {
        bail!("there is no desktop at {}", source().display());
    }
    let stamp = crate::target().join("ui.stamp");
    let wanted = fingerprint(&inputs(&source())?)?;
    let fresh = std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted);
    if fresh && bundle().join("index.html").is_file() {
        return Ok(false);
    }
    install()?;
    npm(&["run", "--silent", "build"]).context("the desktop could not be built")?;
    // The build may have written generated sources: what counts is what it read in the end.
    let built = fingerprint(&inputs(&source())?)?;
    std::fs::create_dir_all(crate::target())?;
    std::fs::write(&stamp, built).with_context(|| format!("{} could not be written", stamp.display()))?;
    Ok(true)
}

/// Everything that may change the bundle.
fn inputs(folder: &Path) -> Result<Vec<PathBuf>> {
    const NOT_INPUTS: &[&str] = &["node_modules", "dist", "tests", ".vite", "coverage"];
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).with_context(|| format!("{} can't be read", folder.display()))?
        {
            let entry = entry?;
            let name = entry.file_name();
            if NOT_INPUTS.iter().any(|other| name == *other) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn fingerprint(files: &[PathBuf]) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        let about = file.metadata().with_context(|| format!("{} can't be read", file.display()))?;
        let changed = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        (file, about.len(), changed).hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}
