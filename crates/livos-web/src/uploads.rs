//! Bytes on their way into a file: collected into large pieces, written while the next piece arrives, one
//! writer an upload.

use std::collections::HashMap;
use std::io;
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use livos_service::CancellationToken;
use rustix::fs::Advice;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::core::tus::Checksum;

/// Bytes written at once: few enough to be still in the processor's cache when they are copied.
const PIECE: usize = 256 * 1024;
/// Buffers of an upload: one is filled while others wait or are written.
const BUFFERS: usize = 4;
/// The disk begins to write when so much has come, so that at the end there is little left to wait for.
const WRITE_BACK: u64 = 32 << 20;
/// So long a writer waits for the next piece before it leaves its thread to others.
const LINGER: Duration = Duration::from_millis(20);
/// A client that sends nothing for this long is gone.
const PATIENCE: Duration = Duration::from_secs(90);
/// Finished uploads remembered, for clients that did not hear the last answer.
const FINISHED: usize = 1024;

/// Which uploads are being written, and which have ended lately.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    active: Mutex<HashMap<String, Active>>,
    finished: Mutex<Vec<Finished>>,
}

/// An upload that has become a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finished {
    /// Its id.
    pub(crate) id: String,
    /// Whose it was.
    pub(crate) user: String,
    /// Bytes.
    pub(crate) size: u64,
}

#[derive(Debug, Clone)]
struct Active {
    stop: CancellationToken,
    ended: CancellationToken,
}

/// The right to write to an upload. Gone when dropped.
#[derive(Debug)]
pub(crate) struct Writing {
    uploads: Arc<Uploads>,
    id: String,
    active: Active,
}

impl Uploads {
    /// Takes over an upload: who wrote to it until now stops first. A client whose connection broke comes
    /// back on a new one long before the old one is known to be dead.
    pub(crate) async fn take_over(self: &Arc<Self>, id: &str) -> Writing {
        loop {
            let before = {
                let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
                match active.get(id) {
                    Some(before) => before.clone(),
                    None => {
                        let mine = Active { stop: CancellationToken::new(), ended: CancellationToken::new() };
                        active.insert(id.to_owned(), mine.clone());
                        return Writing { uploads: Arc::clone(self), id: id.to_owned(), active: mine };
                    }
                }
            };
            before.stop.cancel();
            before.ended.cancelled().await;
        }
    }

    /// Remembers that an upload has become a file.
    pub(crate) fn finish(&self, finished: Finished) {
        let mut list = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        if list.len() >= FINISHED {
            list.remove(0);
        }
        list.push(finished);
    }

    /// An upload of this person that has become a file.
    pub(crate) fn finished(&self, id: &str, user: &str) -> Option<Finished> {
        let list = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        list.iter().find(|finished| finished.id == id && finished.user == user).cloned()
    }
}

impl Writing {
    /// Cancelled when somebody else wants to write to this upload.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.active.stop.clone()
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.uploads.active.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
        self.active.ended.cancel();
    }
}

/// How receiving ended. In each case the bytes up to the offset are in the file.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The body was received to its end.
    Complete,
    /// The connection broke, or another one took over.
    BrokenOff,
    /// The body was longer than the upload.
    TooLong,
    /// The file could not be written.
    Failed(io::Error),
}

/// What was received.
#[derive(Debug)]
pub(crate) struct Received {
    /// Where the file ends now.
    pub(crate) offset: u64,
    /// How it ended.
    pub(crate) ended: Ended,
    /// Whether the checksum holds, if there is one; it holds for complete bodies only.
    pub(crate) verified: Option<bool>,
}

/// What goes from the one who reads a body to the one who writes the file.
#[derive(Debug)]
enum Piece {
    Bytes(Vec<u8>),
    End(Ended),
}

/// Two ends of an upload. The intake is read to by the request, in its own task: whatever arrives wakes nobody
/// else until a large piece is together. The outlet writes in a task that outlives the request, because a
/// connection that breaks takes its request with it, and what arrived must still be written.
pub(crate) fn channel(file: OwnedFd, offset: u64, checksum: Option<Checksum>) -> (Intake, Outlet) {
    // Never more in it than there are buffers.
    let (full, pieces) = mpsc::unbounded_channel();
    let (give_back, empty) = mpsc::unbounded_channel();
    let intake = Intake { full, empty, buffer: Vec::new(), buffers: 1 };
    (intake, Outlet { pieces, give_back, file, offset, begun: offset, checksum })
}

/// Where bytes come in.
#[derive(Debug)]
pub(crate) struct Intake {
    full: mpsc::UnboundedSender<Piece>,
    empty: mpsc::UnboundedReceiver<Vec<u8>>,
    buffer: Vec<u8>,
    buffers: usize,
}

impl Intake {
    /// Takes a body in, at most `room` bytes of it, until it ends or `stop`.
    pub(crate) async fn take(mut self, mut body: Body, mut room: u64, stop: &CancellationToken) {
        let ended = loop {
            let frame = tokio::select! {
                biased;
                () = stop.cancelled() => break Ended::BrokenOff,
                frame = tokio::time::timeout(PATIENCE, body.frame()) => frame,
            };
            let data = match frame {
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => data,
                    Err(_) => continue,
                },
                Ok(None) => break Ended::Complete,
                Ok(Some(Err(_))) | Err(_) => break Ended::BrokenOff,
            };
            let fits = usize::try_from(room).unwrap_or(usize::MAX).min(data.len());
            room -= fits as u64;
            if !self.fill(data.get(..fits).unwrap_or_default()).await {
                // The other end could not write; it says why.
                return;
            }
            if fits < data.len() {
                break Ended::TooLong;
            }
        };
        self.pass_on();
        // When nobody is there to hear it, the file could not be written, and that is known already.
        self.full.send(Piece::End(ended)).ok();
    }

    /// Puts bytes in the buffer and passes on each that gets full.
    async fn fill(&mut self, mut bytes: &[u8]) -> bool {
        loop {
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            if self.buffer.len() < PIECE {
                return true;
            }
            if !self.next_buffer().await {
                return false;
            }
            bytes = later;
        }
    }

    fn pass_on(&mut self) -> bool {
        let piece = std::mem::take(&mut self.buffer);
        piece.is_empty() || self.full.send(Piece::Bytes(piece)).is_ok()
    }

    /// Passes the buffer on and takes another: while one is written, the next is filled.
    async fn next_buffer(&mut self) -> bool {
        if !self.pass_on() {
            return false;
        }
        if self.buffers < BUFFERS {
            self.buffers += 1;
            self.buffer = Vec::with_capacity(PIECE);
            return true;
        }
        match self.empty.recv().await {
            Some(buffer) => self.buffer = buffer,
            None => return false,
        }
        true
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        // The request was dropped with its connection; what had arrived counts.
        self.pass_on();
    }
}

/// Where bytes are written.
pub(crate) struct Outlet {
    pieces: mpsc::UnboundedReceiver<Piece>,
    give_back: mpsc::UnboundedSender<Vec<u8>>,
    file: OwnedFd,
    offset: u64,
    /// Up to here the disk has begun to write.
    begun: u64,
    checksum: Option<Checksum>,
}

impl Outlet {
    /// Writes until the other end is done or gone.
    pub(crate) async fn drain(mut self) -> Received {
        let ended = loop {
            match self.pieces.recv().await {
                Some(Piece::Bytes(bytes)) => {
                    let here = Handle::current();
                    // Files are written where waiting for a disk keeps nobody else waiting.
                    match tokio::task::spawn_blocking(move || self.write_on(bytes, &here)).await {
                        Ok((outlet, None)) => self = outlet,
                        Ok((outlet, Some(ended))) => {
                            self = outlet;
                            break ended;
                        }
                        Err(error) => {
                            // The writer is lost; so is how far it came. Whoever asks next looks at the file.
                            let ended = Ended::Failed(io::Error::other(error));
                            return Received { offset: 0, ended, verified: None };
                        }
                    }
                }
                Some(Piece::End(ended)) => break ended,
                None => break Ended::BrokenOff,
            }
        };
        let complete = matches!(ended, Ended::Complete);
        let verified = self.checksum.map(|checksum| complete && checksum.holds());
        Received { offset: self.offset, ended, verified }
    }

    /// Writes a piece, and goes on for as long as more come soon: a fast upload changes threads once, and a slow
    /// one keeps none.
    fn write_on(mut self, mut bytes: Vec<u8>, here: &Handle) -> (Self, Option<Ended>) {
        loop {
            if let Err(error) = self.write(bytes) {
                return (self, Some(Ended::Failed(error)));
            }
            match here.block_on(tokio::time::timeout(LINGER, self.pieces.recv())) {
                Ok(Some(Piece::Bytes(more))) => bytes = more,
                Ok(Some(Piece::End(ended))) => return (self, Some(ended)),
                Ok(None) => return (self, Some(Ended::BrokenOff)),
                Err(_) => return (self, None),
            }
        }
    }

    fn write(&mut self, mut bytes: Vec<u8>) -> io::Result<()> {
        let (written, outcome) = write_all(&self.file, &bytes, self.offset);
        self.offset += written;
        if let Some(checksum) = &mut self.checksum {
            checksum.update(&bytes);
        }
        if self.offset - self.begun >= WRITE_BACK {
            write_back(&self.file, self.begun, self.offset - self.begun);
            self.begun = self.offset;
        }
        bytes.clear();
        // A request that has ended needs no buffer any more.
        self.give_back.send(bytes).ok();
        outcome
    }
}

/// Has the disk begin to write this part, and waits for nothing.
fn write_back(file: &OwnedFd, from: u64, length: u64) {
    // "Don't need" does so with what is dirty, and what is dirty stays in memory.
    if let Err(error) = rustix::fs::fadvise(file, from, NonZeroU64::new(length), Advice::DontNeed) {
        tracing::trace!(%error, "no write-back advice");
    }
}

/// Writes all of it; how much was written also when not all could be.
fn write_all(file: &OwnedFd, bytes: &[u8], offset: u64) -> (u64, io::Result<()>) {
    let mut written = 0;
    while let Some(rest) = bytes.get(written..).filter(|rest| !rest.is_empty()) {
        match rustix::io::pwrite(file, rest, offset + written as u64) {
            Ok(0) => return (written as u64, Err(io::ErrorKind::WriteZero.into())),
            Ok(count) => written += count,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return (written as u64, Err(error.into())),
        }
    }
    (written as u64, Ok(()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;

    use bytes::Bytes;
    use futures_util::stream;

    use super::*;

    fn body(pieces: Vec<Result<Bytes, io::Error>>) -> Body {
        Body::from_stream(stream::iter(pieces))
    }

    fn content(file: &std::fs::File) -> Vec<u8> {
        let mut bytes = vec![0; file.metadata().unwrap().len() as usize];
        file.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    async fn receive(
        body: Body,
        file: OwnedFd,
        offset: u64,
        size: u64,
        checksum: Option<Checksum>,
    ) -> Received {
        let (intake, outlet) = channel(file, offset, checksum);
        let stop = CancellationToken::new();
        tokio::join!(intake.take(body, size - offset, &stop), outlet.drain()).1
    }

    #[tokio::test]
    async fn pieces_of_any_size_end_up_in_order() {
        let file = tempfile::tempfile().unwrap();
        let whole: Vec<u8> = (0..5_000_000u32).map(|n| (n % 251) as u8).collect();
        let pieces = whole.chunks(70_001).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let received = receive(body(pieces), file.try_clone().unwrap().into(), 0, 5_000_000, None).await;
        assert!(matches!(received.ended, Ended::Complete));
        assert_eq!(received.offset, 5_000_000);
        assert_eq!(content(&file), whole);
    }

    #[tokio::test]
    async fn what_arrived_before_a_break_is_kept() {
        let file = tempfile::tempfile().unwrap();
        let pieces = vec![
            Ok(Bytes::from_static(b"hello ")),
            Ok(Bytes::from_static(b"wor")),
            Err(io::Error::other("gone")),
        ];
        let received = receive(body(pieces), file.try_clone().unwrap().into(), 0, 100, None).await;
        assert!(matches!(received.ended, Ended::BrokenOff));
        assert_eq!((received.offset, content(&file).as_slice()), (9, b"hello wor".as_slice()));
    }

    #[tokio::test]
    async fn nothing_is_written_beyond_the_upload() {
        let file = tempfile::tempfile().unwrap();
        let pieces = vec![Ok(Bytes::from_static(b"0123456789"))];
        let received = receive(body(pieces), file.try_clone().unwrap().into(), 0, 4, None).await;
        assert!(matches!(received.ended, Ended::TooLong));
        assert_eq!((received.offset, content(&file).as_slice()), (4, b"0123".as_slice()));
    }

    #[tokio::test]
    async fn a_new_connection_stops_the_old_one() {
        let uploads = Arc::new(Uploads::default());
        let file = tempfile::tempfile().unwrap();
        let (sender, receiver) = mpsc::channel::<Result<Bytes, io::Error>>(1);
        sender.send(Ok(Bytes::from_static(b"abc"))).await.unwrap();
        let writing = uploads.take_over("a").await;
        let (intake, outlet) = channel(file.try_clone().unwrap().into(), 0, None);
        let old = tokio::spawn(async move {
            let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
            let stop = writing.stop();
            let received = tokio::join!(intake.take(Body::from_stream(stream), 100, &stop), outlet.drain()).1;
            drop(writing);
            received
        });
        // The sender lives on: only the take-over can end the old connection.
        let _writing = uploads.take_over("a").await;
        let before = old.await.unwrap();
        assert!(matches!(before.ended, Ended::BrokenOff));
        assert_eq!(content(&file).len() as u64, before.offset);
        drop(sender);
    }

    #[tokio::test]
    async fn a_request_that_is_dropped_leaves_what_had_arrived() {
        let file = tempfile::tempfile().unwrap();
        let (sender, receiver) = mpsc::channel::<Result<Bytes, io::Error>>(1);
        let (intake, outlet) = channel(file.try_clone().unwrap().into(), 0, None);
        let (stop, written) = (CancellationToken::new(), tokio::spawn(outlet.drain()));
        let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
        {
            let mut request = std::pin::pin!(intake.take(Body::from_stream(stream), 100, &stop));
            let more = async {
                sender.send(Ok(Bytes::from_static(b"abc"))).await.unwrap();
                // Accepted only when the piece before was taken out.
                sender.send(Ok(Bytes::from_static(b"def"))).await.unwrap();
                sender.send(Ok(Bytes::from_static(b"ghi"))).await.unwrap();
            };
            tokio::select! {
                () = &mut request => panic!("the body goes on"),
                () = more => {}
            }
        }
        let received = written.await.unwrap();
        assert!(matches!(received.ended, Ended::BrokenOff));
        assert!(content(&file).starts_with(b"abc"), "{received:?}");
    }

    #[tokio::test]
    async fn a_full_disk_is_told() {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let received = receive(body(vec![Ok(Bytes::from_static(b"x"))]), full.into(), 0, 10, None).await;
        assert_eq!(received.offset, 0);
        let Ended::Failed(error) = received.ended else { panic!("{received:?}") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[tokio::test]
    async fn a_checksum_is_computed_while_writing() {
        for (text, holds) in [("hello world", true), ("hello World", false)] {
            let file = tempfile::tempfile().unwrap();
            let checksum = Checksum::parse("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=").unwrap();
            let pieces = vec![Ok(Bytes::copy_from_slice(text.as_bytes()))];
            let received = receive(body(pieces), file.into(), 0, 11, Some(checksum)).await;
            assert_eq!(received.verified, Some(holds));
        }
    }
}
