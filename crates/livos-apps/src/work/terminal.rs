//! A shell in a container, at the other end of a socket.
//!
//! The engine lets a program run on when its terminal is gone, so the shell says its number first, and is told to hang
//! up when nobody is there any more; what it has in front ends with it.

use std::collections::{BTreeSet, VecDeque};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use livos_bus::codes;
use livos_docker::{EngineError, Terminal, TerminalSize};
use livos_service::CancellationToken;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Apps;
use crate::Error;
use crate::error::{engine, refused};

/// More at the same time are forgotten ones.
const MOST_OPEN: usize = 8;
/// The best shell there is.
const SHELL: [&str; 3] =
    ["/bin/sh", "-c", "echo $$; if [ -x /bin/bash ]; then exec /bin/bash; fi; exec /bin/sh"];
/// A shell that has not begun by then won't.
const BEGINS: Duration = Duration::from_secs(15);
/// So long is listened to a shell that was hung up.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The engine's own words about an image without a shell are shorter than this.
const FIRST_LINE: usize = 4096;
/// Whoever asks for an exit code does so at once, so those of the latest shells are enough.
const MOST_ENDED: usize = 32;
/// The engine closes a terminal a moment before it knows with which code its program ended. It is asked at once, and
/// after pauses that grow.
const EXIT_CODE_PAUSES: [u64; 8] = [0, 10, 20, 50, 100, 200, 500, 1000];

/// Those that are open.
#[derive(Debug)]
pub(super) struct Terminals {
    open: Mutex<BTreeSet<String>>,
    /// With which code those ended that ended by themselves, the latest last.
    ended: Mutex<VecDeque<(String, i32)>>,
    places: Arc<Semaphore>,
}

impl Default for Terminals {
    fn default() -> Self {
        Self { open: Mutex::default(), ended: Mutex::default(), places: Arc::new(Semaphore::new(MOST_OPEN)) }
    }
}

impl Terminals {
    fn open(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self) -> MutexGuard<'_, VecDeque<(String, i32)>> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A size that a terminal can have.
fn size(columns: u16, rows: u16) -> TerminalSize {
    TerminalSize { columns: columns.clamp(2, 1000), rows: rows.clamp(2, 1000) }
}

impl Apps {
    /// Opens a shell: the other end of its socket, its name, and the work that carries its bytes until it ends.
    pub(crate) async fn open_terminal(
        &self,
        container: &str,
        (columns, rows): (u16, u16),
        shutdown: CancellationToken,
    ) -> Result<(OwnedFd, String, impl Future<Output = ()> + Send + use<>), Error> {
        let place = Arc::clone(&self.terminals.places).try_acquire_owned().map_err(|_| {
            refused("conflict", format!("{MOST_OPEN} shells are open already; close one of them first"))
        })?;
        let failed = |source| Error::Files { doing: "make a socket for", path: "a shell".into(), source };
        let (ours, theirs) = StdUnixStream::pair().map_err(failed)?;
        ours.set_nonblocking(true).map_err(failed)?;
        let ours = UnixStream::from_std(ours).map_err(failed)?;
        let opened = self.ports.engine.open_terminal(container, &SHELL, size(columns, rows)).await;
        let mut terminal = opened.map_err(|error| match error {
            EngineError::NotFound { .. } => refused("not_found", "this container is gone"),
            EngineError::Conflict { .. } => {
                refused("conflict", "this container does not run; start it first, then open a shell in it")
            }
            error => engine(format!("cannot open a shell in {container}"))(error),
        })?;
        let Ok(first) = tokio::time::timeout(BEGINS, first_line(&mut terminal)).await else {
            // Its number is not known, so it finds its end in what it reads when it begins after all; if it can't be told,
            // it is gone.
            let _ = terminal.input.write_all(b"exit\r").await;
            return Err(refused(
                "conflict",
                "the shell did not begin in time; the machine may be busy, so try again",
            ));
        };
        let Some(number) = first else {
            // Most likely nothing runs there that could be told.
            let _ = terminal.input.write_all(b"exit\r").await;
            return Err(refused(
                codes::UNSUPPORTED,
                "there is no shell in this container: its image has no /bin/sh. Its log and its files can be \
                 looked at instead",
            ));
        };
        let id = terminal.id.clone();
        self.terminals.open().insert(id.clone());
        let carrying = self.clone().carry(container.to_owned(), terminal, number, ours, shutdown, place);
        Ok((theirs.into(), id, carrying))
    }

    async fn carry(
        self,
        container: String,
        mut terminal: Terminal,
        number: u32,
        ours: UnixStream,
        shutdown: CancellationToken,
        place: OwnedSemaphorePermit,
    ) {
        let (mut from, mut to) = ours.into_split();
        let ended = tokio::select! {
            said = tokio::io::copy(&mut terminal.output, &mut to) => said.is_ok(),
            _gone = tokio::io::copy(&mut from, &mut terminal.input) => false,
            () = shutdown.cancelled() => false,
        };
        self.terminals.open().remove(&terminal.id);
        drop(from);
        if ended {
            // Before the socket closes: whoever sees that may ask.
            self.note_exit_code(&terminal.id).await;
        } else {
            self.hang_up(&container, &terminal.id, number).await;
            // What it said last still reaches whoever only stopped typing, and nobody if they are gone.
            let rest = tokio::io::copy(&mut terminal.output, &mut to);
            let _ = tokio::time::timeout(LAST_WORDS, rest).await;
        }
        drop(place);
    }

    async fn note_exit_code(&self, id: &str) {
        for pause in EXIT_CODE_PAUSES {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            match self.ports.engine.terminal_exit_code(id).await {
                Ok(Some(code)) => {
                    let mut ended = self.terminals.ended();
                    if ended.len() == MOST_ENDED {
                        ended.pop_front();
                    }
                    // The kernel has eight bits for it.
                    ended.push_back((id.to_owned(), i32::try_from(code).unwrap_or(255)));
                    return;
                }
                Ok(None) => {}
                // It went with its container.
                Err(error) => return tracing::debug!(%error, "the exit code of a shell is not known"),
            }
        }
        tracing::debug!("the engine does not say with which code a shell ended");
    }

    /// With which code a shell ended by itself.
    pub(crate) fn terminal_exit_code(&self, id: &str) -> Result<i32, Error> {
        let ended = self.terminals.ended();
        let found = ended.iter().find(|(one, _)| one == id).map(|(_, code)| *code);
        found.ok_or_else(|| refused("not_found", "it is not known with which code this shell ended"))
    }

    async fn hang_up(&self, container: &str, id: &str, number: u32) {
        let engine = &self.ports.engine;
        // It may have ended while nobody read any more; its number may be another's by now.
        if !matches!(engine.terminal_exit_code(id).await, Ok(None)) {
            return;
        }
        let command = format!("kill -HUP {number}");
        let ending = async {
            let mut kill =
                engine.open_terminal(container, &["/bin/sh", "-c", &command], size(80, 24)).await?;
            // Whoever has no more to read ends.
            drop(kill.input.shutdown().await);
            let mut said = Vec::new();
            drop((&mut kill.output).take(FIRST_LINE as u64).read_to_end(&mut said).await);
            Ok::<_, EngineError>(())
        };
        match tokio::time::timeout(BEGINS, ending).await {
            Ok(Ok(())) => {}
            // The container may be gone, and the shell with it.
            Ok(Err(error)) => tracing::debug!(%error, "a shell was not told to hang up"),
            Err(_) => tracing::debug!("a shell was not told to hang up in time"),
        }
    }

    /// Tells an open shell another size.
    pub(crate) async fn resize_terminal(&self, id: &str, columns: u16, rows: u16) -> Result<(), Error> {
        if !self.terminals.open().contains(id) {
            return Err(refused("not_found", "this shell has ended"));
        }
        let resized = self.ports.engine.resize_terminal(id, size(columns, rows)).await;
        resized.map_err(engine("cannot change the size of a shell"))
    }
}

/// The number that the shell says first; anything else is not from a shell.
async fn first_line(terminal: &mut Terminal) -> Option<u32> {
    let mut line = Vec::new();
    while line.len() < FIRST_LINE {
        let byte = terminal.output.read_u8().await.ok()?;
        if byte == b'\n' {
            return std::str::from_utf8(&line).ok()?.trim().parse().ok().filter(|number| *number > 1);
        }
        line.push(byte);
    }
    None
}
