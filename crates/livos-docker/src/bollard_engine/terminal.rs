//! A program at a terminal, over the socket directly.
//!
//! The client library's decoder looks for frames in what a terminal writes, where there are none: one control character
//! at its beginning fools it. Once the daemon has accepted, the connection is the terminal, byte for byte.

use std::io::{Error, ErrorKind};
use std::path::Path;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;

const MAX_HEAD: usize = 16 * 1024;

/// How the daemon answered.
pub(crate) enum Answer {
    Open(Box<dyn AsyncRead + Send + Unpin>, Box<dyn AsyncWrite + Send + Unpin>),
    Refused { status: u16, body: Vec<u8> },
}

/// Starts a program that was prepared, and takes its terminal.
pub(crate) async fn start(socket: &Path, id: &str) -> std::io::Result<Answer> {
    let body = r#"{"Detach":false,"Tty":true}"#;
    let request = format!(
        "POST /exec/{id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut socket = UnixStream::connect(socket).await?;
    socket.write_all(request.as_bytes()).await?;
    let mut buffer = BytesMut::with_capacity(MAX_HEAD);
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if buffer.len() > MAX_HEAD || socket.read_buf(&mut buffer).await? == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "no answer from the daemon"));
        }
    };
    let head = buffer.split_to(end);
    let status: u16 =
        head.get(9..12).and_then(|code| std::str::from_utf8(code).ok()?.parse().ok()).unwrap_or_default();
    if status != 101 && status != 200 {
        // Its sentence came with the head; the daemon keeps the connection open, so nobody waits for its end.
        return Ok(Answer::Refused { status, body: buffer.to_vec() });
    }
    let (output, input) = socket.into_split();
    // What the program wrote at once may have come with the head.
    let output = std::io::Cursor::new(buffer.freeze()).chain(output);
    Ok(Answer::Open(Box::new(output), Box::new(input)))
}
