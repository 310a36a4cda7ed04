//! Coverage-guided fuzzing of `ci/fuzz`, for a bounded time.
//!
//! The targets are those of `cargo fuzz`, which may be used on them; here they are built by cargo itself, with the
//! part of its flags that a stable compiler knows. What a longer run has found stays in `target/fuzz/corpus` and is
//! where the next one starts.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::{root, shell, target};

/// One program each in `ci/fuzz/targets`.
const TARGETS: [&str; 2] = ["compose", "store"];

/// How long each target runs in a test.
const SECONDS: u32 = 20;

/// Edge counters and comparison tracing, which is what LibFuzzer steers by.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// What to fuzz.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Seconds for each target
    #[arg(long, default_value_t = SECONDS, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Only this one
    #[arg(value_parser = TARGETS)]
    target: Option<String>,
}

/// The step of `build.sh test`.
pub(crate) fn step() -> Result<()> {
    run(&Arguments { seconds: SECONDS, target: None })
}

/// `build.sh fuzz`.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let programs = build()?;
    for name in TARGETS.iter().filter(|name| arguments.target.as_deref().is_none_or(|only| only == **name)) {
        fuzz(&programs.join(name), name, arguments.seconds)?;
    }
    Ok(())
}

fn build() -> Result<PathBuf> {
    let output = target().join("fuzz");
    let host = host()?;
    let mut command = shell::cargo();
    command
        .args(["build", "-q", "--release", "--locked", "--manifest-path", "ci/fuzz/Cargo.toml"])
        // With a target, only what runs on it is instrumented, and not what builds it.
        .args(["--target", &host, "--target-dir"])
        .arg(&output)
        .env("RUSTFLAGS", INSTRUMENTED);
    shell::run(&mut command)?;
    Ok(output.join(host).join("release"))
}

fn host() -> Result<String> {
    let version = shell::output(shell::command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(ToOwned::to_owned).context("rustc -vV doesn't name its host")
}

fn fuzz(program: &Path, name: &str, seconds: u32) -> Result<()> {
    let found = target().join("fuzz/found").join(name);
    let corpus = target().join("fuzz/corpus").join(name);
    for folder in [&found, &corpus] {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let log = target().join("fuzz").join(name).with_extension("log");
    let mut command = shell::command(program);
    command
        .arg(&corpus)
        .arg(root().join("ci/fuzz/seeds").join(name))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        // No single manifest may take longer, or more memory, to say no to.
        .args(["-timeout=10", "-rss_limit_mb=1024", "-max_len=16384"])
        .args(["-dict=ci/fuzz/words.dict", "-print_final_stats=1"])
        .stderr(File::create(&log).with_context(|| format!("making {}", log.display()))?);
    let ended = shell::run(&mut command);
    let said = fs::read(&log).with_context(|| format!("reading {}", log.display()))?;
    let said = String::from_utf8_lossy(&said);
    if let Err(error) = ended {
        let end: Vec<&str> = said.lines().rev().take(40).collect();
        for line in end.iter().rev() {
            eprintln!("{line}");
        }
        bail!(
            "{error:#}; the input is in {}, and `{} FILE` runs it again",
            found.display(),
            program.display()
        );
    }
    let number = |name: &str| {
        said.lines()
            .find_map(|line| line.strip_prefix(name))
            .map_or("?", |rest| rest.trim_start_matches(':').trim())
    };
    println!(
        "{name}: {} inputs, {} of them new ways through the code, in {seconds} s",
        number("stat::number_of_executed_units"),
        number("stat::new_units_added"),
    );
    Ok(())
}
