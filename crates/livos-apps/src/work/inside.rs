//! What lies in a container: its folders are listed and a file is handed out. Nothing is changed.
//!
//! A container that runs is asked by its own `find`, which costs nothing. Where there is none, or nothing runs, the engine
//! packs the folder with all that is below it, and what it packs is looked through as far as patience goes.

use std::io::{self, Read};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use livos_bus::documents::ContainerFolder;
use livos_docker::{EngineError, RunIn};
use livos_service::CancellationToken;
use tokio::sync::{mpsc, oneshot};

use super::Apps;
use crate::Error;
use crate::core::inside::{MOST_ENTRIES, answer, entry, in_order, path_in, question};
use crate::error::{engine, refused};

/// A listing of so many lines is as long as this.
const MOST_OUTPUT: usize = 2 * 1024 * 1024;
/// So much of what is packed is looked through.
const MOST_PACKED: usize = 128 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
const PIECE: usize = 64 * 1024;

/// What comes from elsewhere, read by a thread that may wait.
struct Pieces {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let count = into.len().min(self.piece.len());
        self.piece.copy_to_slice(into.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Passes on what comes, at most so much of it.
async fn pump(
    mut packed: impl Stream<Item = livos_docker::Result<Bytes>> + Unpin,
    to: mpsc::Sender<Bytes>,
    most: usize,
) {
    let mut passed = 0_usize;
    while let Some(piece) = packed.next().await {
        let piece = match piece {
            Ok(piece) => piece,
            // What was packed ends here, which whoever unpacks it notices.
            Err(error) => {
                return tracing::warn!(error = livos_service::chain(&error), "what is packed broke off");
            }
        };
        passed = passed.saturating_add(piece.len());
        if passed > most || to.send(piece).await.is_err() {
            return;
        }
    }
}

fn pieces() -> (mpsc::Sender<Bytes>, Pieces) {
    let (sender, receiver) = mpsc::channel(4);
    (sender, Pieces { pieces: receiver, piece: Bytes::new() })
}

/// The entries of a packed folder itself, and whether that was all of it.
fn listed(packed: Pieces) -> (Vec<livos_bus::documents::ContainerEntry>, bool) {
    let mut found = Vec::new();
    let mut archive = tar::Archive::new(packed);
    let Ok(entries) = archive.entries() else { return (found, false) };
    for one in entries {
        // It ends in the middle when it was given up.
        let Ok(one) = one else { return (found, false) };
        if found.len() > MOST_ENTRIES {
            return (found, false);
        }
        let path = one.path_bytes();
        let path = String::from_utf8_lossy(&path);
        let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
        let (Some(name), None) = (parts.next(), parts.next()) else { continue };
        let header = one.header();
        let kind = match header.entry_type() {
            tar::EntryType::Directory => 0o040_000,
            tar::EntryType::Symlink => 0o120_000,
            tar::EntryType::Char => 0o020_000,
            tar::EntryType::Block => 0o060_000,
            tar::EntryType::Fifo => 0o010_000,
            _ => 0o100_000,
        };
        let mode = header.mode().unwrap_or(0) & 0o7777;
        let owner = (header.uid().unwrap_or(0), header.gid().unwrap_or(0));
        let modified = i64::try_from(header.mtime().unwrap_or(0)).unwrap_or(0);
        found.push(entry(name, kind | mode, one.size(), modified, owner));
    }
    (found, true)
}

/// Hands out the one file that was packed: first how large it is, then its bytes.
fn handed_out(packed: Pieces, about: oneshot::Sender<Option<u64>>, to: &mpsc::Sender<Bytes>) {
    let mut archive = tar::Archive::new(packed);
    let first = archive.entries().ok().and_then(|mut entries| entries.next());
    let Some(Ok(mut file)) =
        first.filter(|first| first.as_ref().is_ok_and(|first| first.header().entry_type().is_file()))
    else {
        // Whoever asked may be gone.
        let _ = about.send(None);
        return;
    };
    if about.send(Some(file.size())).is_err() {
        return;
    }
    let mut piece = vec![0; PIECE];
    while let Ok(count @ 1..) = file.read(&mut piece) {
        let bytes = Bytes::copy_from_slice(piece.get(..count).unwrap_or_default());
        if to.blocking_send(bytes).is_err() {
            return;
        }
    }
}

fn failed(path: &str) -> impl FnOnce(EngineError) -> Error {
    let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
    move |error| match error {
        EngineError::NotFound { .. } => {
            refused("not_found", format!("there is no {path} in this container, or the container is gone"))
        }
        EngineError::Invalid { .. } | EngineError::Conflict { .. } => {
            refused("conflict", format!("{path} in this container cannot be read; it may be no folder"))
        }
        error => engine(format!("cannot look into {path}"))(error),
    }
}

impl Apps {
    /// What lies in a folder of a container.
    pub(crate) async fn folder_in(&self, container: &str, path: &str) -> Result<ContainerFolder, Error> {
        let path = path_in(path).map_err(|reason| refused("invalid", reason))?;
        let found = match self.found_in(container, &path).await {
            Some(found) => found,
            None => self.packed_in(container, &path).await?,
        };
        let (mut entries, whole) = found;
        let more = in_order(&mut entries) || !whole;
        Ok(ContainerFolder { path: if path.is_empty() { "/".to_owned() } else { path }, entries, more })
    }

    /// As the container's own programs list it, if it runs and has them.
    async fn found_in(
        &self,
        container: &str,
        path: &str,
    ) -> Option<(Vec<livos_bus::documents::ContainerEntry>, bool)> {
        let what = RunIn {
            command: question(path),
            user: Some("0".to_owned()),
            most_output: MOST_OUTPUT,
            ..RunIn::default()
        };
        let ran = tokio::time::timeout(PATIENCE, self.ports.engine.run_in(container, &what)).await;
        // Nothing runs, it has no such program, or it takes its time; the engine is asked then, and says what is wrong.
        let ran = ran.ok()?.ok()?;
        let found = answer(path, &ran.stdout);
        // An empty folder is no mistake, and what went away meanwhile is only complained about.
        let any = ran.code == 0 || !found.is_empty();
        any.then_some((found, ran.stdout.len() < MOST_OUTPUT))
    }

    /// As the engine packs it.
    async fn packed_in(
        &self,
        container: &str,
        path: &str,
    ) -> Result<(Vec<livos_bus::documents::ContainerEntry>, bool), Error> {
        let folder = format!("{path}/.");
        let packed = self.ports.engine.read_archive(container, &folder).await.map_err(failed(path))?;
        let (sender, pieces) = pieces();
        let reading = tokio::task::spawn_blocking(move || listed(pieces));
        // What ends in the middle is listed as far as it came, and said to be more.
        if tokio::time::timeout(PATIENCE, pump(packed, sender, MOST_PACKED)).await.is_err() {
            tracing::debug!(container, path, "a folder takes longer to be packed than anybody waits");
        }
        reading.await.map_err(|error| refused("internal", error.to_string()))
    }

    /// A file of a container: its bytes as they come, its name, and how many there are.
    pub(crate) async fn file_in(
        &self,
        container: &str,
        path: &str,
        shutdown: CancellationToken,
    ) -> Result<(BoxStream<'static, Bytes>, String, u64), Error> {
        let path = path_in(path).map_err(|reason| refused("invalid", reason))?;
        let no_file = || refused("conflict", format!("{path} is no file that could be read"));
        // A folder would be packed whole.
        let there = self.ports.engine.file_bytes(container, &path).await.map_err(failed(&path))?;
        there.ok_or_else(no_file)?;
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        let packed = self.ports.engine.read_archive(container, &path).await.map_err(failed(&path))?;
        let (sender, pieces) = pieces();
        let (about, size) = oneshot::channel();
        let (to, from) = mpsc::channel(4);
        tokio::task::spawn_blocking(move || handed_out(pieces, about, &to));
        let packed = packed.take_until(shutdown.cancelled_owned()).boxed();
        // It ends with its reader.
        tokio::spawn(pump(packed, sender, usize::MAX));
        let size = size.await.ok().flatten().ok_or_else(no_file)?;
        let bytes = stream::unfold(from, |mut from| async { from.recv().await.map(|piece| (piece, from)) });
        Ok((bytes.boxed(), name, size))
    }
}
