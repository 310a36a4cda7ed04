//! What the package `livos` holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Build, Profile, deb, symbols};
use crate::{shell, ui};

/// A program and where it goes.
pub(super) struct Program {
    pub(super) crate_name: &'static str,
    pub(super) name: &'static str,
    pub(super) folder: &'static str,
}

const fn program(crate_name: &'static str, name: &'static str) -> Program {
    Program { crate_name, name, folder: "usr/lib/livos" }
}

const fn daemon(name: &'static str) -> Program {
    program(name, name)
}

/// The programs.
pub(super) const PROGRAMS: &[Program] = &[
    daemon("livos-web"),
    daemon("livos-apps"),
    daemon("livos-files"),
    daemon("livos-host"),
    daemon("livos-nexus"),
    program("livos-host", "livos-update"),
    Program { crate_name: "livos-cli", name: "livos", folder: "usr/bin" },
];

/// Files of the checkout that go in as they are: from, to. What ends in `/` keeps its name.
const FILES: &[(&str, &str)] = &[
    ("systemd/io.livos.conf", "usr/share/dbus-1/system.d/"),
    ("systemd/livos.sysusers.conf", "usr/lib/sysusers.d/livos.conf"),
    ("systemd/livos.tmpfiles.conf", "usr/lib/tmpfiles.d/livos.conf"),
    ("systemd/livos.sysctl.conf", "usr/lib/sysctl.d/60-livos.conf"),
    ("rootfs/etc/livos/livos.toml.example", "usr/share/doc/livos/examples/livos.toml"),
    ("rootfs/etc/livos/livos.env.example", "usr/share/doc/livos/examples/livos.env"),
    ("CHANGELOG.md", "usr/share/doc/livos/"),
    ("SECURITY.md", "usr/share/doc/livos/"),
];

/// Kinds of units; every one in `systemd/` is installed.
const UNITS: [&str; 6] = ["service", "socket", "target", "slice", "timer", "path"];

/// Where each shell looks for completions.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "usr/share/bash-completion/completions/livos"),
    ("zsh", "usr/share/zsh/vendor-completions/_livos"),
    ("fish", "usr/share/fish/vendor_completions.d/livos.fish"),
];

/// Puts the package together; the programs and the desktop have been built.
pub(super) fn package(build: &Build, output: &Path) -> Result<PathBuf> {
    let root = crate::root();
    let stage = build.stage("livos")?;
    for program in PROGRAMS {
        install_program(build, program, &stage)?;
    }
    deb::copy_tree(&ui::bundle(), &stage.join("usr/share/livos/ui"))?;
    for (from, to) in FILES {
        let from = root.join(from);
        let mut to = stage.join(to);
        if !to.to_string_lossy().ends_with('/') {
            deb::copy(&from, &to)?;
            continue;
        }
        to.push(from.file_name().with_context(|| format!("{} has no name", from.display()))?);
        deb::copy(&from, &to)?;
    }
    deb::gzip(&stage.join("usr/share/doc/livos/CHANGELOG.md"))?;
    deb::write(&stage.join("usr/lib/livos/databases"), shape_of_databases(&root)?)?;
    units(&root.join("systemd"), &stage.join("usr/lib/systemd/system"))?;
    for folder in ["usr", "lib"] {
        let tree = root.join("rootfs").join(folder);
        if tree.is_dir() {
            deb::copy_tree(&tree, &stage.join(folder))?;
        }
    }
    command_line(build, &stage)?;
    deb::finish(build, "livos", &stage, &root.join("rootfs/debian/livos"), output)
}

pub(super) fn install_program(build: &Build, program: &Program, stage: &Path) -> Result<()> {
    let built = build.programs().join(program.name);
    let place = stage.join(program.folder).join(program.name);
    deb::copy(&built, &place)?;
    if build.profile == Profile::Dev {
        // The release profile strips by itself.
        shell::output(shell::command("strip").arg(&place))?;
    }
    symbols::check(&place)
}

pub(super) fn units(from: &Path, to: &Path) -> Result<()> {
    let mut found = 0;
    for entry in std::fs::read_dir(from)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.rsplit_once('.').is_some_and(|(_, kind)| UNITS.contains(&kind)) {
            deb::copy(&from.join(&name), &to.join(&name))?;
            found += 1;
        }
    }
    if found == 0 {
        bail!("there is no unit in {}", from.display());
    }
    Ok(())
}

/// Every step that a database goes through, with its digest: two versions with the same list read each other's
/// databases (`livos_image::databases`).
fn shape_of_databases(root: &Path) -> Result<String> {
    let mut command = shell::command("sh");
    command.current_dir(root).args(["-c", "LC_ALL=C sha256sum crates/*/migrations/*.sql"]);
    shell::output(&mut command)
}

/// What the command line says about itself: completions, pages of the manual, what Caddy starts with.
fn command_line(build: &Build, stage: &Path) -> Result<()> {
    let livos = build.programs().join("livos");
    for (shell_name, place) in COMPLETIONS {
        deb::write(&stage.join(place), ask(&livos, &["completions", shell_name])?)?;
    }
    let manual = stage.join("usr/share/man/man1");
    let folder = manual.to_str().context("the folder of the manual is not text")?;
    ask(&livos, &["man", folder])?;
    for page in std::fs::read_dir(&manual)? {
        deb::gzip(&page?.path())?;
    }
    deb::write(&stage.join("usr/share/livos/caddy/bootstrap.json"), ask(&livos, &["config", "caddy"])?)?;
    Ok(())
}

/// What the program prints with nothing of this machine's settings.
fn ask(livos: &Path, arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(livos);
    command.args(arguments).env_clear().env("LIVOS_CONFIG", "/dev/null");
    shell::output(&mut command)
}
