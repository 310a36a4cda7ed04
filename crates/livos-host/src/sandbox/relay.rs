//! Between a command and whoever asked for it: its words, bounded, and its end.

use std::collections::VecDeque;
use std::time::Duration;

use livos_bus::sandbox::{SandboxEnd, SandboxFrame, SandboxHow};
use livos_service::CancellationToken;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::unix::pipe;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Running;
use super::policy::MOST_OUTPUT;
use crate::Error;

/// As much of the beginning is passed on as it comes, and as much of the end when it is over.
const HEAD: usize = 32 * 1024;
const TAIL: usize = 32 * 1024;
/// For what is said when the time is over.
const GRACE: Duration = Duration::from_secs(5);

/// Keeps the beginning and the end of what is too long.
#[derive(Debug, Default)]
pub(super) struct Bounded {
    passed_on: usize,
    tail: VecDeque<u8>,
    cut: u64,
    total: u64,
}

impl Bounded {
    /// Takes more; answers what is passed on now.
    pub(super) fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        self.total = self.total.saturating_add(bytes.len() as u64);
        let (now, later) = bytes.split_at(HEAD.saturating_sub(self.passed_on).min(bytes.len()));
        self.passed_on += now.len();
        self.tail.extend(later);
        let over = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..over);
        self.cut = self.cut.saturating_add(over as u64);
        now
    }

    /// What is left to be said: how much is missing, and the end.
    pub(super) fn rest(self) -> (u64, Vec<u8>) {
        (self.cut, self.tail.into())
    }
}

/// Passes on what a command says until it ends, or is ended: then all of it is dead before that is said.
pub(super) async fn relay(
    running: Running,
    mut to: pipe::Sender,
    seconds: u32,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let Running { mut job, output: mut from, kept: _kept } = running;
    let begun = Instant::now();
    let until = begun + Duration::from_secs(u64::from(seconds));
    let (mut output, mut open) = (Bounded::default(), true);
    let mut buffer = vec![0; 16 * 1024];
    let by_us = |how| Ok((how, 0));
    let ended = {
        // Asked once and not again for each piece of output: on systemd every time is a call.
        let mut ended = std::pin::pin!(job.ended());
        loop {
            tokio::select! {
                read = from.read(&mut buffer), if open => {
                    let read = match read {
                        Ok(read) => read,
                        Err(error) => break Err(Error::SandboxPipe(error)),
                    };
                    open = read > 0;
                    let now = output.take(buffer.get(..read).unwrap_or_default()).to_vec();
                    if output.total > MOST_OUTPUT {
                        break by_us(SandboxHow::Output);
                    }
                    match timeout_at(until, say(&mut to, SandboxFrame::Output(now))).await {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => break by_us(SandboxHow::Stopped),
                        Err(_) => break by_us(SandboxHow::Time),
                    }
                }
                ended = &mut ended => break ended,
                () = sleep_until(until) => break by_us(SandboxHow::Time),
                // The reading end is closed.
                _ = to.ready(Interest::ERROR) => break by_us(SandboxHow::Stopped),
                () = shutdown.cancelled() => break by_us(SandboxHow::Stopped),
            }
        }
    };
    let (how, code) = match ended {
        Ok(ended) => ended,
        Err(Error::NoSandbox(why)) => return Err(never_began(job, from, why).await),
        Err(error) => {
            job.kill().await?;
            return Err(error);
        }
    };
    job.kill().await?;
    let end = SandboxEnd {
        how,
        code,
        milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let last = async {
        // Nobody is left who could write, so this comes to its end.
        while open {
            let read = from.read(&mut buffer).await.map_err(Error::SandboxPipe)?;
            open = read > 0;
            let now = output.take(buffer.get(..read).unwrap_or_default()).to_vec();
            say(&mut to, SandboxFrame::Output(now)).await?;
        }
        let (cut, tail) = output.rest();
        if cut > 0 {
            say(&mut to, SandboxFrame::Cut(cut)).await?;
        }
        say(&mut to, SandboxFrame::Output(tail)).await?;
        say(&mut to, SandboxFrame::End(end)).await
    };
    match timeout_at(Instant::now() + GRACE, last).await {
        Ok(Err(Error::SandboxPipe(error))) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Ok(said) => said,
        // Whoever asked does not read.
        Err(_) => Ok(()),
    }
}

/// A command that never began: what stands in its output are the words of whoever could not begin it.
async fn never_began(mut job: super::Job, mut from: pipe::Receiver, why: String) -> Error {
    if let Err(error) = job.kill().await {
        return error;
    }
    let mut words = vec![0; 500];
    match from.read(&mut words).await {
        Ok(read) => {
            let words = String::from_utf8_lossy(words.get(..read).unwrap_or_default());
            Error::NoSandbox(format!("{why} {}", words.trim()))
        }
        Err(error) => Error::SandboxPipe(error),
    }
}

async fn say(to: &mut pipe::Sender, frame: SandboxFrame) -> Result<(), Error> {
    let bytes = frame.encode().map_err(Error::SandboxFrame)?;
    to.write_all(&bytes).await.map_err(Error::SandboxPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_and_the_end_of_a_flood_stay() {
        let flood: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
        for step in [1000, 4096, flood.len()] {
            let (mut bounded, mut told) = (Bounded::default(), Vec::new());
            for piece in flood.chunks(step) {
                told.extend_from_slice(bounded.take(piece));
            }
            assert_eq!(bounded.total, 200_000);
            let (cut, tail) = bounded.rest();
            assert_eq!(told, flood[..HEAD], "in pieces of {step}");
            assert_eq!(tail, flood[flood.len() - TAIL..]);
            assert_eq!(cut, (flood.len() - HEAD - TAIL) as u64);
        }
    }

    #[test]
    fn what_is_short_is_whole() {
        let mut bounded = Bounded::default();
        let mut told = bounded.take(b"one ").to_vec();
        told.extend_from_slice(bounded.take(&[b'x'; HEAD]));
        let (cut, tail) = bounded.rest();
        told.extend(tail);
        assert_eq!((cut, told.len()), (0, HEAD + 4));
    }
}
