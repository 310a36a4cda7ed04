//! A whole LivOS for a test that is not written in Rust: browser journeys above all. With `--docker` it has a Docker Engine of
//! its own and a store; with `--only-docker` it is these two alone, for a LivOS that somebody else starts.
//!
//! Prints one line of JSON when it is up, then obeys lines of JSON on its input, one answer a line:
//! `{"crash": "livos-web"}` kills a unit and waits until it is back, `{"kill": …}` only kills it,
//! `{"stop_docker": true}`, `{"start_docker": true}`. It ends with its input.

use std::io::{BufRead as _, Write as _};

use anyhow::{Context as _, Result, bail};
use livos_docker::testing::PrivateDocker;
use livos_e2e::{Catalogue, TINY_APP};
use livos_testkit::{Options, Stack};
use serde_json::{Value, json};

fn main() -> Result<()> {
    let has = |wanted: &str| std::env::args().any(|argument| argument == wanted);
    // The units live as long as this thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(has("--docker") || has("--only-docker"), has("--only-docker")))
}

async fn run(wants_docker: bool, only_docker: bool) -> Result<()> {
    let docker =
        if wants_docker { tokio::task::spawn_blocking(PrivateDocker::start_or_skip).await?? } else { None };
    let catalogue = match &docker {
        // Slow enough that a person sees it go.
        Some(docker) => Some(Catalogue::tiny(docker, 8 << 20)?),
        None => None,
    };
    let beside = json!({
        "docker": docker.as_ref().map(PrivateDocker::socket_path),
        "store": catalogue.as_ref().map(Catalogue::path),
        "app": catalogue.is_some().then_some(TINY_APP),
    });
    if only_docker {
        say(&beside)?;
        // Nothing is ordered here: it ends with its input.
        std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink())?;
        return Ok(());
    }
    let stack = Stack::with(Options {
        docker: docker.as_ref().map(PrivateDocker::socket_path),
        sources: catalogue.iter().map(Catalogue::source).collect(),
        ..Options::default()
    })
    .await?;
    let mut about = json!({
        "url": stack.site.url(),
        "port": stack.site.port,
        "claim": stack.claim_code().await?,
        "data": stack.site.data(),
        "bus": stack.site.bus_address(),
        "programs": stack.site.programs,
        "log": stack.site.places().log,
    });
    if let (Some(about), Value::Object(beside)) = (about.as_object_mut(), beside) {
        about.extend(beside);
    }
    say(&about)?;
    let (lines, mut input) = tokio::sync::mpsc::channel(8);
    // Reading blocks; the last line is the end of the program.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = input.recv().await {
        let answer = match obey(&stack, docker.as_ref(), &line).await {
            Ok(()) => json!({ "ok": true }),
            Err(error) => json!({ "ok": false, "error": format!("{error:#}") }),
        };
        say(&answer)?;
    }
    stack.stop().await;
    Ok(())
}

async fn obey(stack: &Stack, docker: Option<&PrivateDocker>, line: &str) -> Result<()> {
    let order: Value = serde_json::from_str(line).context("an order is one line of JSON")?;
    if let Some(unit) = order.get("crash").and_then(Value::as_str) {
        return stack.crash(unit).await;
    }
    if let Some(unit) = order.get("kill").and_then(Value::as_str) {
        return stack.kill(unit).map(|_| ());
    }
    let docker = docker.context("there is no Docker here")?;
    if order.get("stop_docker").is_some() {
        return Ok(docker.stop_daemon()?);
    }
    if order.get("start_docker").is_some() {
        return Ok(docker.start_daemon()?);
    }
    bail!("unknown order: {line}")
}

fn say(value: &Value) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    Ok(out.flush()?)
}
