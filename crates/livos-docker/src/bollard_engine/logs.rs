//! The output of a container, read from the socket directly.
//!
//! The client library's decoder guesses from the first byte whether output is framed. A container with a
//! terminal can fool it with one control character into buffering up to 4 GiB. Here the framing follows from
//! the container's own configuration, and nothing larger than one read is ever held.
//! The request is HTTP/1.0, to which the daemon answers without chunks: head, output, end.

use std::path::Path;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::stream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::engine::{LogOptions, LogStream};
use crate::error::{EngineError, Result};
use crate::info::{LogChunk, LogSource};

const MAX_HEAD: usize = 16 * 1024;
const READ: usize = 32 * 1024;

/// A frame's header: which stream, and how many bytes of it follow.
const FRAME: usize = 8;

struct Reader {
    socket: UnixStream,
    buffer: BytesMut,
    /// The container has a terminal: one stream, no frames.
    raw: bool,
    source: LogSource,
    /// How much of the current frame is still to come.
    left: usize,
}

/// Asks for the output and returns once the daemon has accepted.
pub(crate) async fn open(socket: &Path, id: &str, raw: bool, options: LogOptions) -> std::io::Result<Answer> {
    let tail = options.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
    let request = format!(
        "GET /containers/{id}/logs?stdout=1&stderr=1&follow={}&timestamps={}&tail={tail}&since={} HTTP/1.0\r\n\
         Host: docker\r\n\r\n",
        u8::from(options.follow),
        u8::from(options.timestamps),
        options.since.unwrap_or(0).max(0),
    );
    let mut socket = UnixStream::connect(socket).await?;
    socket.write_all(request.as_bytes()).await?;
    let mut buffer = BytesMut::with_capacity(READ);
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if buffer.len() > MAX_HEAD || socket.read_buf(&mut buffer).await? == 0 {
            return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "no answer from the daemon"));
        }
    };
    let head = buffer.split_to(end);
    let status: u16 =
        head.get(9..12).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok()).unwrap_or_default();
    if status != 200 {
        let mut body = buffer.to_vec();
        (&mut socket).take(MAX_HEAD as u64).read_to_end(&mut body).await?;
        return Ok(Answer::Refused { status, body });
    }
    Ok(Answer::Output(Box::pin(chunks(Reader { socket, buffer, raw, source: LogSource::Stdout, left: 0 }))))
}

/// How the daemon answered.
pub(crate) enum Answer {
    Output(LogStream),
    Refused { status: u16, body: Vec<u8> },
}

fn chunks(reader: Reader) -> impl futures_util::Stream<Item = Result<LogChunk>> + Send {
    stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        match reader.next().await {
            Ok(Some(chunk)) => Some((Ok(chunk), Some(reader))),
            Ok(None) => None,
            Err(source) => {
                let error = EngineError::Other {
                    operation: "read container output".to_owned(),
                    source: source.into_shared(),
                };
                Some((Err(error), None))
            }
        }
    })
}

impl Reader {
    async fn next(&mut self) -> std::io::Result<Option<LogChunk>> {
        loop {
            if let Some(bytes) = self.take() {
                return Ok(Some(LogChunk { source: self.source, bytes }));
            }
            self.buffer.reserve(READ);
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return if self.left == 0 && self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "output ended within a frame"))
                };
            }
        }
    }

    /// What of the buffer belongs to one stream.
    fn take(&mut self) -> Option<Bytes> {
        if self.raw {
            return (!self.buffer.is_empty()).then(|| self.buffer.split().freeze());
        }
        while self.left == 0 {
            if self.buffer.len() < FRAME {
                return None;
            }
            self.source = if self.buffer[0] == 2 { LogSource::Stderr } else { LogSource::Stdout };
            self.buffer.advance(4);
            self.left = self.buffer.get_u32() as usize;
        }
        if self.buffer.is_empty() {
            return None;
        }
        let length = self.left.min(self.buffer.len());
        self.left -= length;
        Some(self.buffer.split_to(length).freeze())
    }
}

trait IntoShared {
    fn into_shared(self) -> std::sync::Arc<dyn std::error::Error + Send + Sync>;
}

impl IntoShared for std::io::Error {
    fn into_shared(self) -> std::sync::Arc<dyn std::error::Error + Send + Sync> {
        std::sync::Arc::new(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(raw: bool, pieces: &[&[u8]]) -> (Vec<u8>, Vec<u8>, bool) {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let reader =
            Reader { socket: ours, buffer: BytesMut::new(), raw, source: LogSource::Stdout, left: 0 };
        for piece in pieces {
            theirs.write_all(piece).await.unwrap();
        }
        drop(theirs);
        let (mut out, mut err, mut failed) = (Vec::new(), Vec::new(), false);
        let mut stream = Box::pin(chunks(reader));
        while let Some(chunk) = futures_util::StreamExt::next(&mut stream).await {
            match chunk {
                Ok(LogChunk { source: LogSource::Stdout, bytes }) => out.extend_from_slice(&bytes),
                Ok(LogChunk { source: LogSource::Stderr, bytes }) => err.extend_from_slice(&bytes),
                Err(_) => failed = true,
            }
        }
        (out, err, failed)
    }

    #[tokio::test]
    async fn frames_come_apart_and_terminals_stay_whole() {
        let framed: [&[u8]; 3] =
            [b"\x01\0\0\0\0\0\0\x05he", b"llo\x02\0\0\0\0\0", b"\0\x03bad\x01\0\0\0\0\0\0\0"];
        assert_eq!(check(false, &framed).await, (b"hello".to_vec(), b"bad".to_vec(), false));
        // What a frame header looks like is just output when there is a terminal.
        let raw: [&[u8]; 1] = [b"\x01\0\0\0\xff\xff\xff\xffx"];
        assert_eq!(check(true, &raw).await, (raw[0].to_vec(), Vec::new(), false));
        assert!(check(false, &[b"\x01\0\0\0\0\0\0\x05he"]).await.2, "a torn frame is an error");
    }
}
