//! Docker Compose 2 for the tests that compare with it, as a single program under `target/tools`.
//!
//! It is unpacked, not installed: the machine keeps whatever it has. Debian 12 has no version 2, so its package
//! is taken from the next release, from the same archive that the machine's own sources name. Where that cannot
//! be had the comparisons are left out, and say so.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::shell;

/// A release of Debian whose `docker-compose` is version 2.
const RELEASE: &str = "trixie";
const SOURCES: &str = "/etc/apt/sources.list.d/debian.sources";

pub(crate) fn ensure() {
    let program = crate::root().join("target/tools/docker-compose");
    if program.exists() {
        return;
    }
    if let Err(error) = fetch(&program) {
        println!("Docker Compose 2 is not to be had here ({error:#}); nothing is compared with it.");
    }
}

fn fetch(program: &Path) -> Result<()> {
    let work = tempfile::tempdir()?;
    let at = |name: &str| work.path().join(name);
    for folder in ["sources", "lists/partial", "cache/archives/partial", "files"] {
        fs::create_dir_all(at(folder))?;
    }
    let sources =
        fs::read_to_string(SOURCES).context("the machine is no Debian with its sources in one file")?;
    let first = sources.split("\n\n").next().unwrap_or_default();
    let changed: Vec<String> = first
        .lines()
        .map(|line| if line.starts_with("Suites:") { format!("Suites: {RELEASE}") } else { line.to_owned() })
        .collect();
    fs::write(at("sources/next.sources"), changed.join("\n") + "\n")?;
    let apt = || {
        let mut command = shell::command("apt-get");
        command.arg("-qq").args([
            "-o".to_owned(),
            "Dir::Etc::sourcelist=/dev/null".to_owned(),
            "-o".to_owned(),
            format!("Dir::Etc::sourceparts={}", at("sources").display()),
            "-o".to_owned(),
            format!("Dir::State::lists={}", at("lists").display()),
            "-o".to_owned(),
            format!("Dir::Cache={}", at("cache").display()),
        ]);
        command
    };
    println!("Fetching Docker Compose 2, to compare with");
    shell::output(apt().arg("update"))?;
    shell::output(apt().args(["download", "docker-compose"]).current_dir(work.path()))?;
    let package = fs::read_dir(work.path())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .context("apt-get gave no package")?;
    shell::output(shell::command("dpkg-deb").arg("-x").arg(package).arg(at("files")))?;
    let inside = at("files/usr/libexec/docker/cli-plugins/docker-compose");
    if !inside.exists() {
        bail!("the package has no docker-compose where it was expected");
    }
    fs::create_dir_all(program.parent().context("a folder")?)?;
    fs::copy(inside, program)?;
    Ok(())
}
