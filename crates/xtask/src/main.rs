//! What `build.sh` does: run, test, bench and check the project.
//!
//! Owns the developer's and the pipeline's steps. It must not hold anything that an installed LivOS
//! needs.

mod bench;
mod clients;
mod compose;
mod deps;
mod fuzz;
mod image;
mod package;
mod run;
mod shell;
mod test;
mod tidy;
mod ui;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// Run, test and measure LivOS from this checkout.
#[derive(Debug, Parser)]
#[command(name = "build.sh", bin_name = "./build.sh", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Build LivOS and run it here, as you, on http://127.0.0.1:8080
    Run(run::Arguments),
    /// Check everything: format, lints, rules, tests, the UI, browser journeys
    Test(test::Arguments),
    /// Measure a release build against bare servers
    Bench(bench::Arguments),
    /// Feed made-up manifests to what reads them, steered by which code they reach
    Fuzz(fuzz::Arguments),
    /// Make the Debian packages
    Deb(package::Arguments),
    /// Make a signed archive of packages that apt can use
    Repo(package::RepoArguments),
    /// Build the image of the appliance; image/README.md says how far it has been seen to work
    Image(image::Arguments),
    /// Remove what was built, and what `run` keeps
    Clean,
    /// Explain the verbs
    Help,
    /// Hold the rules of crates/README.md against the code
    Tidy,
    /// Install what building and testing need, or name what is missing
    Deps(deps::Arguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().verb.unwrap_or(Verb::Help) {
        Verb::Run(arguments) => run::run(&arguments),
        Verb::Test(arguments) => test::run(&arguments),
        Verb::Bench(arguments) => bench::run(&arguments),
        Verb::Fuzz(arguments) => fuzz::run(&arguments),
        Verb::Deb(arguments) => package::run(&arguments),
        Verb::Repo(arguments) => package::repo(&arguments),
        Verb::Image(arguments) => image::run(&arguments),
        Verb::Clean => clean(),
        Verb::Help => Arguments::command().print_long_help().map_err(Into::into),
        Verb::Tidy => tidy::run(),
        Verb::Deps(arguments) => deps::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("build.sh: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the checkout that this program was built from.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn clean() -> anyhow::Result<()> {
    let site = target().join("run");
    if run::is_running(&site) {
        anyhow::bail!(
            "LivOS is running from {}; stop it first (Ctrl-C where it was started)",
            site.display()
        );
    }
    for path in
        [root().join("crates/livos-web/ui/dist"), root().join("crates/livos-web/ui/node_modules"), target()]
    {
        match std::fs::remove_dir_all(&path) {
            Ok(()) => println!("removed {}", path.display()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => anyhow::bail!("{} could not be removed: {error}", path.display()),
        }
    }
    Ok(())
}
