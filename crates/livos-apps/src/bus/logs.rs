//! What containers write, through a pipe.

use std::future::Future;
use std::os::fd::OwnedFd;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use livos_docker::LogOptions;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;

use crate::Error;
use crate::error::engine;
use crate::work::Apps;

/// Nobody reads more lines than this.
const TAIL_LIMIT: u32 = 10_000;
/// A line longer than this is cut into several.
const LINE_LIMIT: usize = 16 * 1024;

/// The logs of these containers, each with what stands before its lines if there are several: the reading end, and
/// the work that fills it until the reader is gone.
pub(super) async fn open(
    apps: &Apps,
    containers: &[(String, String)],
    tail: u32,
    follow: bool,
) -> livos_bus::Result<(OwnedFd, impl Future<Output = ()> + Send + use<>)> {
    let options = LogOptions { tail: Some(tail.min(TAIL_LIMIT)), follow, ..LogOptions::default() };
    let mut logs: Vec<BoxStream<'static, Bytes>> = Vec::new();
    for (label, name) in containers {
        let log = match apps.ports.engine.logs(name, options).await {
            Ok(log) => log,
            // It may not have been made yet, or is gone: then it has written nothing.
            Err(livos_docker::EngineError::NotFound { .. }) => continue,
            Err(error) => {
                return Err(Error::into_bus(engine(format!("cannot read the log of {name}"))(error)));
            }
        };
        let chunks = log
            .take_while(|chunk| std::future::ready(chunk.is_ok()))
            .filter_map(async |chunk| Some(chunk.ok()?.bytes))
            .boxed();
        let label = (containers.len() > 1).then(|| format!("{label} | "));
        logs.push(match label {
            None => chunks,
            Some(label) => labelled(chunks, label),
        });
    }
    let failed = |error: std::io::Error| livos_bus::Error::internal(format!("cannot make a pipe: {error}"));
    let (writer, reader) = pipe::pipe().map_err(failed)?;
    let reader = reader.into_blocking_fd().map_err(failed)?;
    let writing = async move {
        let mut writer = writer;
        if follow {
            // A reader that goes away while nothing is written would otherwise hold the engine's stream.
            write_all(&mut writer, stream::select_all(logs)).await;
        } else {
            for log in logs {
                write_all(&mut writer, log).await;
            }
        }
    };
    Ok((reader, writing))
}

/// Lines that come as they happen: the reading end, and the work that fills it until the reader is gone.
pub(super) fn piped(
    lines: BoxStream<'static, Bytes>,
) -> livos_bus::Result<(OwnedFd, impl Future<Output = ()> + Send + use<>)> {
    let failed = |error: std::io::Error| livos_bus::Error::internal(format!("cannot make a pipe: {error}"));
    let (mut writer, reader) = pipe::pipe().map_err(failed)?;
    let reader = reader.into_blocking_fd().map_err(failed)?;
    Ok((reader, async move { write_all(&mut writer, lines).await }))
}

async fn write_all(writer: &mut pipe::Sender, mut chunks: impl futures_util::Stream<Item = Bytes> + Unpin) {
    loop {
        let next = tokio::select! {
            next = chunks.next() => next,
            () = reader_gone(writer) => return,
        };
        let Some(bytes) = next else { return };
        if writer.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Ends when the other end of the pipe was closed.
async fn reader_gone(writer: &pipe::Sender) {
    loop {
        match writer.ready(tokio::io::Interest::ERROR).await {
            Ok(ready) if ready.is_error() || ready.is_write_closed() => return,
            Ok(_) => tokio::task::yield_now().await,
            Err(_) => return,
        }
    }
}

/// Puts the service's name before each line.
fn labelled(chunks: BoxStream<'static, Bytes>, label: String) -> BoxStream<'static, Bytes> {
    let ended = stream::once(std::future::ready(None));
    chunks
        .map(Some)
        .chain(ended)
        .scan(Vec::new(), move |rest: &mut Vec<u8>, chunk| {
            let mut out = Vec::new();
            let mut put = |line: &[u8]| {
                out.extend_from_slice(label.as_bytes());
                out.extend_from_slice(line);
                out.push(b'\n');
            };
            match chunk {
                Some(chunk) => {
                    for byte in &chunk {
                        if *byte == b'\n' || rest.len() >= LINE_LIMIT {
                            put(rest);
                            rest.clear();
                        }
                        if *byte != b'\n' {
                            rest.push(*byte);
                        }
                    }
                }
                None if rest.is_empty() => {}
                None => put(rest),
            }
            std::future::ready(Some(Bytes::from(out)))
        })
        .boxed()
}
