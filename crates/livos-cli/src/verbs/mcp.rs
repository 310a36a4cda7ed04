//! `livos mcp`

use std::io::{ErrorKind, Read, Write};
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
        let passed = pass(&mut std::io::stdin().lock(), &mut &written);
        // Whether its input ended or broke, there is nothing more to come.
        let _ = passed.and(written.shutdown(Shutdown::Write));
    });
    let answered = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout().lock();
        pass(&mut &stream, &mut out)
    });
    answered.await.context("the answers can't be passed on")?.context("the answers can't be passed on")?;
    Ok(ExitCode::SUCCESS)
}

/// Passes on each piece as soon as it comes: whoever speaks waits for an answer before they say more.
fn pass(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<()> {
    let mut piece = [0; 16 * 1024];
    loop {
        let count = match from.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        to.write_all(piece.get(..count).unwrap_or_default())?;
        to.flush()?;
    }
}
