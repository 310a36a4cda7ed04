//! `livos mcp`

use std::io::Write as _;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::McpProxy;

use crate::bus::Bus;

/// Passes on what a program writes to us and what it is answered, until it has nothing more to say or LivOS hangs up.
pub(crate) async fn run(bus: &Bus, acts: bool) -> Result<ExitCode> {
    let descriptor = McpProxy::new(&bus.connection).await?.open(acts).await?;
    let stream = UnixStream::from(OwnedFd::from(descriptor));
    let written = stream.try_clone().context("the connection can't be used both ways")?;
    // The program that started us hangs up by closing our input; nobody waits for this thread when LivOS does.
    std::thread::spawn(move || {
        let passed = std::io::copy(&mut std::io::stdin().lock(), &mut &written);
        // Whether its input ended or broke, there is nothing more to come.
        let _ = passed.and(written.shutdown(Shutdown::Write));
    });
    let answered = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout().lock();
        std::io::copy(&mut &stream, &mut out).and_then(|_| out.flush())
    });
    answered.await.context("the answers can't be passed on")?.context("the answers can't be passed on")?;
    Ok(ExitCode::SUCCESS)
}
