//! A part of a file as a stream of large pieces.
//!
//! What the kernel has in memory is read on the spot, without leaving the thread; only what must come from
//! the disk goes to the blocking pool, and then the next piece is fetched while this one is being sent.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use rustix::fs::Advice;
use rustix::io::{Errno, ReadWriteFlags, preadv2};
use tokio::task::JoinHandle;

use super::buffers::{Buffer, Buffers, SIZE};

/// Pieces sent before others on this thread get their turn.
const TURN: u32 = 8;

/// Bytes `offset..end` of a file.
pub(crate) struct FileStream {
    file: Arc<OwnedFd>,
    offset: u64,
    end: u64,
    buffers: Buffers,
    ahead: Option<JoinHandle<io::Result<Buffer>>>,
    /// The file system can say "not in memory" instead of waiting.
    can_refuse: bool,
    sent: u32,
}

impl FileStream {
    /// Reads `offset..end` of this file.
    pub(crate) fn new(file: Arc<OwnedFd>, offset: u64, end: u64, buffers: Buffers) -> Self {
        // Only advice: a file system that does not take it reads a little slower.
        if let Err(error) = rustix::fs::fadvise(&file, offset, None, Advice::Sequential) {
            tracing::trace!(%error, "no read-ahead advice");
        }
        Self { file, offset, end, buffers, ahead: None, can_refuse: true, sent: 0 }
    }

    fn wanted(&self, offset: u64) -> usize {
        usize::try_from(self.end.saturating_sub(offset)).unwrap_or(usize::MAX).min(SIZE)
    }

    /// Begins to read in the background.
    fn read_ahead(&self, offset: u64) -> JoinHandle<io::Result<Buffer>> {
        let (file, mut buffer, wanted) = (Arc::clone(&self.file), self.buffers.take(), self.wanted(offset));
        tokio::task::spawn_blocking(move || {
            let space = buffer.space().get_mut(..wanted).unwrap_or_default();
            let filled = rustix::io::retry_on_intr(|| rustix::io::pread(&*file, &mut *space, offset))?;
            buffer.set_filled(filled);
            Ok(buffer)
        })
    }

    /// Takes a piece that was read; nothing in it means that the file became shorter meanwhile.
    fn piece(&mut self, buffer: Buffer) -> io::Result<Bytes> {
        let filled = buffer.as_ref().len();
        if filled == 0 {
            self.end = self.offset;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.offset += filled as u64;
        Ok(Bytes::from_owner(buffer))
    }

    /// Reads what is in memory; `None` when it is not.
    fn read_now(&mut self) -> io::Result<Option<Bytes>> {
        let mut buffer = self.buffers.take();
        let wanted = self.wanted(self.offset);
        let space = buffer.space().get_mut(..wanted).unwrap_or_default();
        let read = rustix::io::retry_on_intr(|| {
            preadv2(&*self.file, &mut [io::IoSliceMut::new(space)], self.offset, ReadWriteFlags::NOWAIT)
        });
        match read {
            Ok(filled) => {
                buffer.set_filled(filled);
                self.piece(buffer).map(Some)
            }
            Err(Errno::AGAIN) => Ok(None),
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                self.can_refuse = false;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Stream for FileStream {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(ahead) = &mut this.ahead {
            let Poll::Ready(joined) = Pin::new(ahead).poll(context) else { return Poll::Pending };
            this.ahead = None;
            let piece = joined.map_err(io::Error::other).flatten().and_then(|buffer| this.piece(buffer));
            // What comes next is likely not in memory either.
            if piece.is_ok() && this.offset < this.end {
                this.ahead = Some(this.read_ahead(this.offset));
            }
            return Poll::Ready(Some(piece));
        }
        if this.offset >= this.end {
            return Poll::Ready(None);
        }
        this.sent += 1;
        if this.sent.is_multiple_of(TURN) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if this.can_refuse {
            match this.read_now() {
                Ok(Some(piece)) => return Poll::Ready(Some(Ok(piece))),
                Ok(None) => {}
                Err(error) => {
                    this.end = this.offset;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
        this.ahead = Some(this.read_ahead(this.offset));
        self.poll_next(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use futures_util::StreamExt as _;

    use super::*;

    async fn check(size: usize, from: u64, to: u64, refuse: bool) {
        let bytes: Vec<u8> = (0..size).map(|n| (n / 7 % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let mut stream = FileStream::new(Arc::new(file.into()), from, to, Buffers::default());
        stream.can_refuse = refuse;
        let mut read = Vec::new();
        while let Some(piece) = stream.next().await {
            read.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(read, bytes[from as usize..to as usize]);
    }

    #[tokio::test]
    async fn any_part_arrives_whole() {
        for refuse in [true, false] {
            check(0, 0, 0, refuse).await;
            check(10, 0, 10, refuse).await;
            check(10, 3, 4, refuse).await;
            check(5 * SIZE + 17, 0, (5 * SIZE + 17) as u64, refuse).await;
            check(20 * SIZE, SIZE as u64 - 1, 19 * SIZE as u64 + 1, refuse).await;
        }
    }

    #[tokio::test]
    async fn a_file_that_shrinks_breaks_the_stream_off() {
        for refuse in [true, false] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&[1; 100]).unwrap();
            let mut stream = FileStream::new(Arc::new(file.into()), 0, 200, Buffers::default());
            stream.can_refuse = refuse;
            assert_eq!(stream.next().await.unwrap().unwrap().len(), 100);
            assert_eq!(stream.next().await.unwrap().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
            assert!(stream.next().await.is_none());
        }
    }
}
