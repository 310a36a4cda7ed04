//! Bytes on their way into a file: collected into large pieces, written while the next piece arrives, one
//! writer an upload.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt as _;
use livos_service::CancellationToken;
use tokio::task::JoinHandle;

use crate::core::tus::Checksum;

/// Bytes written at once.
const PIECE: usize = 1024 * 1024;
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
pub(crate) struct Writing<'a> {
    uploads: &'a Uploads,
    id: String,
    active: Active,
}

impl Uploads {
    /// Takes over an upload: who wrote to it until now stops first. A client whose connection broke comes
    /// back on a new one long before the old one is known to be dead.
    pub(crate) async fn take_over(&self, id: &str) -> Writing<'_> {
        loop {
            let before = {
                let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
                match active.get(id) {
                    Some(before) => before.clone(),
                    None => {
                        let mine = Active { stop: CancellationToken::new(), ended: CancellationToken::new() };
                        active.insert(id.to_owned(), mine.clone());
                        return Writing { uploads: self, id: id.to_owned(), active: mine };
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

impl Drop for Writing<'_> {
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
    /// Whether the checksum holds, if there is one and the body was complete.
    pub(crate) verified: Option<bool>,
}

struct Writer {
    file: Arc<OwnedFd>,
    offset: u64,
    checksum: Option<Checksum>,
    /// The write under way, and the buffer and checksum it will give back.
    under_way: Option<JoinHandle<Step>>,
    spare: Vec<u8>,
}

struct Step {
    buffer: Vec<u8>,
    checksum: Option<Checksum>,
    written: u64,
    outcome: io::Result<()>,
}

impl Writer {
    /// Waits for the write under way.
    async fn settle(&mut self) -> io::Result<()> {
        let Some(under_way) = self.under_way.take() else { return Ok(()) };
        let step = under_way.await.map_err(io::Error::other)?;
        self.offset += step.written;
        self.checksum = step.checksum;
        self.spare = step.buffer;
        self.spare.clear();
        step.outcome
    }

    /// Begins to write a piece once the one before is written; gives an empty buffer for the next.
    async fn write(&mut self, buffer: Vec<u8>) -> io::Result<Vec<u8>> {
        self.settle().await?;
        let (file, offset, mut checksum) = (Arc::clone(&self.file), self.offset, self.checksum.take());
        self.under_way = Some(tokio::task::spawn_blocking(move || {
            let mut written = 0;
            let mut outcome = Ok(());
            while let Some(rest) = buffer.get(written..).filter(|rest| !rest.is_empty()) {
                match rustix::io::pwrite(&*file, rest, offset + written as u64) {
                    Ok(0) => outcome = Err(io::ErrorKind::WriteZero.into()),
                    Ok(count) => written += count,
                    Err(rustix::io::Errno::INTR) => {}
                    Err(error) => outcome = Err(error.into()),
                }
                if outcome.is_err() {
                    break;
                }
            }
            if let Some(checksum) = &mut checksum {
                checksum.update(&buffer);
            }
            Step { buffer, checksum, written: written as u64, outcome }
        }));
        let spare = std::mem::take(&mut self.spare);
        Ok(if spare.capacity() == 0 { Vec::with_capacity(PIECE) } else { spare })
    }
}

impl Writing<'_> {
    /// Writes a body to the file from `offset` on, at most up to `size`.
    pub(crate) async fn receive(
        &self,
        body: Body,
        file: OwnedFd,
        offset: u64,
        size: u64,
        checksum: Option<Checksum>,
    ) -> Received {
        let checked = checksum.is_some();
        let mut writer =
            Writer { file: Arc::new(file), offset, checksum, under_way: None, spare: Vec::new() };
        let mut ended =
            self.pump(body, &mut writer, size - offset.min(size)).await.unwrap_or_else(Ended::Failed);
        if let Err(error) = writer.settle().await {
            ended = Ended::Failed(error);
        }
        let complete = matches!(ended, Ended::Complete);
        let verified = (checked && complete).then(|| writer.checksum.take().is_some_and(Checksum::holds));
        Received { offset: writer.offset, ended, verified }
    }

    async fn pump(&self, mut body: Body, writer: &mut Writer, mut room: u64) -> io::Result<Ended> {
        // Grown by what arrives: a small file takes no large buffer.
        let mut buffer = Vec::new();
        let ended = loop {
            let frame = tokio::select! {
                biased;
                () = self.active.stop.cancelled() => break Ended::BrokenOff,
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
            buffer.extend_from_slice(data.get(..fits).unwrap_or_default());
            if fits < data.len() {
                break Ended::TooLong;
            }
            if buffer.len() >= PIECE {
                buffer = writer.write(buffer).await?;
            }
        };
        if !buffer.is_empty() {
            writer.write(buffer).await?;
        }
        Ok(ended)
    }
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

    #[tokio::test]
    async fn pieces_of_any_size_end_up_in_order() {
        let uploads = Uploads::default();
        let file = tempfile::tempfile().unwrap();
        let whole: Vec<u8> = (0..5_000_000u32).map(|n| (n % 251) as u8).collect();
        let pieces = whole.chunks(70_001).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let writing = uploads.take_over("a").await;
        let received =
            writing.receive(body(pieces), file.try_clone().unwrap().into(), 0, 5_000_000, None).await;
        assert!(matches!(received.ended, Ended::Complete));
        assert_eq!(received.offset, 5_000_000);
        assert_eq!(content(&file), whole);
    }

    #[tokio::test]
    async fn what_arrived_before_a_break_is_kept() {
        let uploads = Uploads::default();
        let file = tempfile::tempfile().unwrap();
        let pieces = vec![
            Ok(Bytes::from_static(b"hello ")),
            Ok(Bytes::from_static(b"wor")),
            Err(io::Error::other("gone")),
        ];
        let writing = uploads.take_over("a").await;
        let received = writing.receive(body(pieces), file.try_clone().unwrap().into(), 0, 100, None).await;
        assert!(matches!(received.ended, Ended::BrokenOff));
        assert_eq!((received.offset, content(&file).as_slice()), (9, b"hello wor".as_slice()));
    }

    #[tokio::test]
    async fn nothing_is_written_beyond_the_upload() {
        let uploads = Uploads::default();
        let file = tempfile::tempfile().unwrap();
        let writing = uploads.take_over("a").await;
        let pieces = vec![Ok(Bytes::from_static(b"0123456789"))];
        let received = writing.receive(body(pieces), file.try_clone().unwrap().into(), 0, 4, None).await;
        assert!(matches!(received.ended, Ended::TooLong));
        assert_eq!((received.offset, content(&file).as_slice()), (4, b"0123".as_slice()));
    }

    #[tokio::test]
    async fn a_new_connection_stops_the_old_one() {
        let uploads = Arc::new(Uploads::default());
        let file = tempfile::tempfile().unwrap();
        let (sender, receiver) = tokio::sync::mpsc::channel::<Result<Bytes, io::Error>>(1);
        sender.send(Ok(Bytes::from_static(b"abc"))).await.unwrap();
        let (first, fd) = (Arc::clone(&uploads), file.try_clone().unwrap());
        let (began, begun) = tokio::sync::oneshot::channel();
        let old = tokio::spawn(async move {
            let writing = first.take_over("a").await;
            began.send(()).unwrap();
            let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
            writing.receive(Body::from_stream(stream), fd.into(), 0, 100, None).await
        });
        begun.await.unwrap();
        // The sender lives on: only the take-over can end the old connection.
        let writing = uploads.take_over("a").await;
        let before = old.await.unwrap();
        assert!(matches!(before.ended, Ended::BrokenOff));
        let received = writing
            .receive(
                body(vec![Ok(Bytes::from_static(b"def"))]),
                file.try_clone().unwrap().into(),
                before.offset,
                100,
                None,
            )
            .await;
        assert_eq!(received.offset, before.offset + 3);
        drop(sender);
    }

    #[tokio::test]
    async fn a_full_disk_is_told() {
        let uploads = Uploads::default();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let writing = uploads.take_over("a").await;
        let received =
            writing.receive(body(vec![Ok(Bytes::from_static(b"x"))]), full.into(), 0, 10, None).await;
        assert_eq!(received.offset, 0);
        let Ended::Failed(error) = received.ended else { panic!("{received:?}") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }

    #[tokio::test]
    async fn a_checksum_is_computed_while_writing() {
        let uploads = Uploads::default();
        for (text, holds) in [("hello world", true), ("hello World", false)] {
            let file = tempfile::tempfile().unwrap();
            let checksum = Checksum::parse("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=").unwrap();
            let writing = uploads.take_over("a").await;
            let pieces = vec![Ok(Bytes::copy_from_slice(text.as_bytes()))];
            let received = writing.receive(body(pieces), file.into(), 0, 11, Some(checksum)).await;
            assert_eq!(received.verified, Some(holds));
        }
    }
}
