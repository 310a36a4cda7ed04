//! `build.sh test`: every check there is, cheapest first.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::deps::Purpose;
use crate::{clients, deps, fuzz, package, shell, tidy, ui};

/// What to test.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The inner loop: no Docker, no browser
    #[arg(long)]
    fast: bool,
    /// Also install, upgrade and purge the packages and boot the image, in virtual machines
    #[arg(long, conflicts_with = "fast")]
    machines: bool,
}

type Step = (&'static str, fn() -> Result<()>);

/// Runs without Docker, root and a browser.
const FAST: &[Step] = &[
    ("format", format),
    ("lints", lints),
    ("tidy", tidy::run),
    ("tests without Docker", fast_tests),
    ("desktop: packages", ui::install),
    ("desktop: check", ui_check),
    ("desktop: tests", ui_test),
];

const FULL: &[Step] = &[
    ("packages", packages),
    ("format", format),
    ("scripts", scripts),
    ("lints", lints),
    ("tidy", tidy::run),
    ("desktop: packages", ui::install),
    ("desktop: check", ui_check),
    ("desktop: tests", ui_test),
    ("desktop: build", ui_build),
    ("desktop: size", ui_size),
    ("desktop: browser", ui_browser),
    ("daemons", daemons),
    ("tests", all_tests),
    ("manifests: fuzz", fuzz::step),
    ("browser journeys", journeys),
    ("packages: lint", lint_packages),
];

/// With the real systemd, D-Bus and Docker: slow where the processor does not help.
const MACHINES: &[Step] = &[("packages: clean Debian", clean_debian), ("appliance: image", appliance)];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut steps = if arguments.fast { FAST } else { FULL }.to_vec();
    if arguments.machines {
        steps.extend_from_slice(MACHINES);
    }
    let mut table: Vec<(&str, Duration, bool)> = Vec::new();
    let started = Instant::now();
    let mut failure = None;
    for (name, step) in &steps {
        println!("\n== {name}");
        let begun = Instant::now();
        let outcome = step();
        table.push((name, begun.elapsed(), outcome.is_ok()));
        if let Err(error) = outcome {
            failure = Some(error.context(format!("{name} failed")));
            break;
        }
    }
    println!("\n{:<24} {:>8}", "step", "seconds");
    for (name, took, ok) in &table {
        println!("{name:<24} {:>8.1}  {}", took.as_secs_f32(), if *ok { "ok" } else { "FAILED" });
    }
    for (name, _) in steps.iter().skip(table.len()) {
        println!("{name:<24} {:>8}  not run", "-");
    }
    println!("{:<24} {:>8.1}", "total", started.elapsed().as_secs_f32());
    failure.map_or(Ok(()), Err)
}

/// Scripts that packages bring along.
const INSTALLED: [&str; 5] = [
    "rootfs/usr/lib/livos/livos-front-door",
    "rootfs/usr/lib/livos/livos-health",
    "rootfs/debian/livos/postinst",
    "rootfs/debian/livos/prerm",
    "rootfs/debian/livos/postrm",
];

/// Installing, using, upgrading and purging takes some five minutes; a machine that hangs must not take all day.
const CLEAN_DEBIAN_WITHIN: &str = "1800";

/// Building the image twice and booting it some twenty times.
const APPLIANCE_WITHIN: &str = "14400";

fn packages() -> Result<()> {
    deps::ensure(Purpose::Bench)
}

fn format() -> Result<()> {
    shell::run(shell::cargo().args(["fmt", "--all", "--check"])).context("run `cargo fmt --all`")
}

fn scripts() -> Result<()> {
    for script in ["build.sh", "install.sh", ".ci/run"] {
        shell::run(shell::command("bash").args(["-n", script]))?;
    }
    if shell::find("shellcheck").is_some() {
        shell::run(shell::command("shellcheck").args(["build.sh", "install.sh", ".ci/run"]).args(INSTALLED))?;
    }
    shell::run(shell::command("python3").args(["-m", "compileall", "-q", "ci"]))
}

fn lints() -> Result<()> {
    shell::run(shell::cargo().args(["clippy", "-q", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// The journeys and the whole-system tests start the programs themselves.
fn daemons() -> Result<()> {
    shell::run(shell::cargo().args(["build", "-q", "--workspace", "--bins"]))
}

fn fast_tests() -> Result<()> {
    let mut command = runner()?;
    if is_nextest() {
        command.args(["--profile", "fast"]);
    }
    shell::run(command.args(["--workspace", "--exclude", "livos-e2e"]).env("LIVOS_TEST_FAST", "1"))
}

/// As root nothing may be skipped: what can't be tested is a failure.
fn all_tests() -> Result<()> {
    let mut command = runner()?;
    // The step before has built the daemons.
    command.arg("--workspace").env("LIVOS_BUILT", "1");
    require(&mut command);
    shell::run(&mut command)
}

fn is_nextest() -> bool {
    shell::output(shell::cargo().args(["nextest", "--version"])).is_ok()
}

/// nextest when it is there: each test its own process, the slow ones first.
fn runner() -> Result<std::process::Command> {
    let mut command = shell::cargo();
    if is_nextest() {
        command.args(["nextest", "run", "--no-fail-fast"]);
    } else {
        println!("cargo-nextest is not installed: using cargo test, which is slower");
        command.args(["test", "--no-fail-fast"]);
    }
    Ok(command)
}

fn require(command: &mut std::process::Command) {
    if shell::is_root() {
        for name in ["ROOT", "DOCKER", "CADDY", "BUS", "BROWSER", "NODE", "APT", "SANDBOX", "COMPOSE"] {
            command.env(format!("LIVOS_REQUIRE_{name}"), "1");
        }
    }
}

fn ui_check() -> Result<()> {
    ui::npm(&["run", "--silent", "check"])
}

fn ui_test() -> Result<()> {
    ui::npm(&["run", "--silent", "test"])
}

fn ui_build() -> Result<()> {
    ui::build().map(|_| ())
}

fn ui_size() -> Result<()> {
    ui::npm(&["run", "--silent", "size"])
}

/// Every window in a browser, against a server that is made for it.
fn ui_browser() -> Result<()> {
    shell::run(&mut in_browser("ui.mjs"))
}

/// Debian's own checks, on packages that were built quickly.
fn lint_packages() -> Result<()> {
    package::lint()
}

/// The packages in a virtual machine with the real systemd, D-Bus, Caddy and Docker.
fn clean_debian() -> Result<()> {
    if !shell::is_root() {
        println!("not run: making a disk with a clean Debian takes root");
        return Ok(());
    }
    shell::run(
        shell::command("timeout")
            .args(["--kill-after=10", CLEAN_DEBIAN_WITHIN, "python3", "ci/boot/packages.py", "trixie"])
            .env("LIVOS_TARGET", crate::target()),
    )
}

/// The image, built and booted.
fn appliance() -> Result<()> {
    if !shell::is_root() {
        println!("not run: building an image takes root");
        return Ok(());
    }
    shell::run(
        shell::command("timeout")
            .args(["--kill-after=10", APPLIANCE_WITHIN, "python3", "ci/boot/image.py", "--work"])
            .arg(crate::target().join("boot/appliance")),
    )
}

fn journeys() -> Result<()> {
    let mut command = in_browser("e2e/run.mjs");
    clients::prepare(&mut command);
    shell::run(&mut command)
}

fn in_browser(tests: &str) -> std::process::Command {
    let mut command = shell::command("node");
    command.arg(ui::source().join("tests").join(tests)).env("LIVOS_TARGET", crate::target());
    require(&mut command);
    command
}
