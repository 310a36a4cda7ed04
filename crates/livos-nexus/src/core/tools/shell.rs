//! A command, run where there is nothing of anybody: computing, and so no more than looking.

use std::fmt::Write as _;
use std::os::fd::OwnedFd;

use livos_bus::sandbox::{SandboxEnd, SandboxFrame, SandboxHow};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;

use super::{Outcome, Place, refused};
use crate::core::Nexus;

/// The longest that a command may take, in milliseconds.
const LONGEST: u64 = 120_000;

/// What to run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    /// The command, for /bin/sh. Scripts of several lines may be given whole.
    cmd: String,
    /// Milliseconds after which it is ended, up to 120000.
    #[serde(default = "usual")]
    timeout: u64,
}

fn usual() -> u64 {
    30_000
}

/// The seconds that a call of this may take with what goes before and after it.
pub(super) const PATIENCE: u64 = LONGEST / 1000 + 30;

pub(super) async fn run(nexus: &Nexus, place: &Place<'_>, asked: Command) -> Outcome {
    let seconds = u32::try_from(asked.timeout.clamp(1, LONGEST).div_ceil(1000)).unwrap_or(u32::MAX);
    let said =
        nexus.house.command(place.actor, &asked.cmd, seconds).await.map_err(|error| refused(&error))?;
    // Whatever ends this early closes the pipe, and that ends the command.
    let (text, end) = follow(said).await.map_err(|error| refused(&error))?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    // Writing to a string can't fail.
    let _ = write!(text, "[{}]", in_words(&end, seconds));
    Ok(text)
}

/// Reads what a command says to its end.
async fn follow(said: OwnedFd) -> livos_bus::Result<(Vec<u8>, SandboxEnd)> {
    let mut from = pipe::Receiver::from_owned_fd(said).map_err(livos_bus::Error::internal)?;
    let (mut bytes, mut text) = (Vec::new(), Vec::new());
    while from.read_buf(&mut bytes).await.map_err(livos_bus::Error::internal)? > 0 {
        while let Some(frame) = SandboxFrame::decode(&mut bytes)? {
            match frame {
                SandboxFrame::Output(output) => text.extend(output),
                SandboxFrame::Cut(count) => {
                    text.extend(format!("\n[… {count} bytes left out …]\n").into_bytes());
                }
                SandboxFrame::End(end) => return Ok((text, end)),
            }
        }
    }
    Err(livos_bus::Error::internal("the sandbox ended without saying how a command did"))
}

fn in_words(end: &SandboxEnd, seconds: u32) -> String {
    let tenths = end.milliseconds / 100;
    let after = format!("after {}.{} s", tenths / 10, tenths % 10);
    match end.how {
        SandboxHow::Exited => format!("exit status {}, {after}", end.code),
        SandboxHow::Signalled => format!("ended by signal {}, {after}", end.code),
        SandboxHow::Time => format!("ended, as its {seconds} s were over"),
        SandboxHow::Memory => format!("ended, as there was no memory left for it, {after}"),
        SandboxHow::Output => format!("ended, as it wrote too much, {after}"),
        SandboxHow::Stopped => format!("ended, as the sandbox stopped, {after}"),
    }
}
