//! Sockets: where requests come in, and how they are ended.

use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use bytes::Bytes;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use livos_service::{CancellationToken, Clock, TaskTracker};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, UnixListener};
use tower::ServiceExt as _;

use crate::error::Error;
use crate::http::edge::Peer;
use crate::http::handover::{Handover, Slot, Socket, Wish};

/// Sent to a client that connected without being Caddy: its headers must come within this time.
const HEADER_PATIENCE: Duration = Duration::from_secs(20);
/// Caddy lets its idle connections go after two minutes; we wait a little longer, so that it is never us who
/// closes one that is about to be used.
const PROXY_PATIENCE: Duration = Duration::from_secs(150);
/// How long answers under way may take when the daemon stops.
const STOP_PATIENCE: Duration = Duration::from_millis(1200);
/// What is read from a connection at once, at most; a connection never holds more of what it hasn't handled.
const READ_BUFFER: usize = 128 * 1024;
/// What waits in a Unix socket for Caddy to take it. With the kernel's usual fifth of it, a download changes between
/// the two processes so often that it costs Caddy a third more. The kernel gives less where less is allowed.
const SEND_BUFFER: usize = 1 << 20;
/// All headers of a request together.
const LARGEST_HEAD: usize = 64 * 1024;

/// What every connection needs to be answered.
#[derive(Debug, Clone)]
struct Answers {
    router: Router,
    clock: Arc<dyn Clock>,
    shutdown: CancellationToken,
}

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// A Unix socket, for Caddy.
    Unix(PathBuf),
    /// A TCP port of the loopback or another interface.
    Tcp(SocketAddr),
    /// The socket that the service manager passed.
    Systemd,
}

impl Address {
    /// Reads `web.listen`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || Error::ListenAddress(text.to_owned());
        match text.split_once(':') {
            None if text == "systemd" => Ok(Self::Systemd),
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(("tcp", address)) => address.parse().map(Self::Tcp).map_err(|_| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// A socket that listens.
#[derive(Debug)]
pub(crate) enum Listener {
    /// Whoever connects is our Caddy: the socket's mode lets nobody else in.
    Unix(UnixListener),
    /// Whoever connects is anybody.
    Tcp(TcpListener),
}

impl Listener {
    /// Listens.
    pub(crate) async fn bind(address: &Address) -> Result<Self, Error> {
        let failed = |source| Error::Listen { address: format!("{address:?}"), source };
        match address {
            Address::Unix(path) => bind_unix(path).map(Self::Unix).map_err(failed),
            Address::Tcp(address) => TcpListener::bind(address).await.map(Self::Tcp).map_err(failed),
            Address::Systemd => passed().map_err(failed),
        }
    }

    /// Where a TCP socket listens; for tests that let the kernel choose.
    #[cfg(test)]
    pub(crate) fn port(&self) -> u16 {
        match self {
            Self::Tcp(listener) => listener.local_addr().unwrap().port(),
            Self::Unix(_) => 0,
        }
    }

    /// Answers until `shutdown`; returns when every connection is closed.
    pub(crate) async fn serve(self, router: Router, clock: Arc<dyn Clock>, shutdown: &CancellationToken) {
        let answers = Answers { router, clock, shutdown: shutdown.clone() };
        let connections = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = self.accept(&answers, &connections) => accepted,
            };
            if let Err(error) = accepted {
                // Out of descriptors, most likely: others must end before there is one again.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        drop(self);
        connections.close();
        connections.wait().await;
    }

    async fn accept(&self, answers: &Answers, connections: &TaskTracker) -> std::io::Result<()> {
        match self {
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER)?;
                let peer = Peer { address: None, is_proxy: true };
                connections.spawn(answer(stream, peer, PROXY_PATIENCE, answers.clone()));
            }
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Without this an event waits for the acknowledgement of the one before.
                stream.set_nodelay(true)?;
                let peer = Peer { address: Some(address.ip()), is_proxy: false };
                connections.spawn(answer(stream, peer, HEADER_PATIENCE, answers.clone()));
            }
        }
        Ok(())
    }
}

fn bind_unix(path: &Path) -> std::io::Result<UnixListener> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    // What an earlier run left behind; a file that is no socket is none of ours.
    if std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket()) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}

/// The socket that the service manager passed, whichever kind it is.
fn passed() -> std::io::Result<Listener> {
    let mut passed = listenfd::ListenFd::from_env();
    let none = || std::io::Error::other("the service manager passed no socket");
    if passed.len() == 0 {
        return Err(none());
    }
    match passed.take_unix_listener(0) {
        Ok(Some(listener)) => {
            listener.set_nonblocking(true)?;
            UnixListener::from_std(listener).map(Listener::Unix)
        }
        Ok(None) => Err(none()),
        Err(_) => {
            let listener = passed.take_tcp_listener(0)?.ok_or_else(none)?;
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener).map(Listener::Tcp)
        }
    }
}

/// Answers on one connection, until it ends.
async fn answer<S: Socket>(mut stream: S, peer: Peer, patience: Duration, answers: Answers) {
    let shutdown = &answers.shutdown;
    let over = async {
        shutdown.cancelled().await;
        tokio::time::sleep(STOP_PATIENCE).await;
    };
    let mut over = std::pin::pin!(over);
    loop {
        let (handover, early);
        (stream, handover, early) = tokio::select! {
            served = serve(stream, peer, patience, &answers) => match served {
                Some(served) => served,
                None => return,
            },
            // A download that goes on is resumed with a range after the restart.
            () = &mut over => return,
        };
        let sent = tokio::select! {
            sent = handover.send(&mut stream, early, answers.clock.now()) => sent,
            () = &mut over => return,
        };
        match sent {
            Ok(true) if !shutdown.is_cancelled() => {}
            Ok(_) => return close(&mut stream).await,
            Err(error) => return tracing::debug!(%error, "an answer broke off"),
        }
    }
}

/// Lets the HTTP library answer on a connection, until that ends or an answer comes that is better sent without
/// it. Then: the connection, the answer, and what came after the request.
async fn serve<S: Socket>(
    stream: S,
    peer: Peer,
    patience: Duration,
    Answers { router, shutdown, .. }: &Answers,
) -> Option<(S, Handover, Bytes)> {
    let slot = Slot::default();
    let service = hyper::service::service_fn(|mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        let (wish, slot, answer) = (Wish::of(&request), slot.clone(), router.clone().oneshot(request));
        Box::pin(async move {
            match answer.await {
                Ok(response) => wish.answer(response, &slot),
                Err(never) => match never {},
            }
        })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience)
        .max_header_size(LARGEST_HEAD)
        .max_buf_size(READ_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    let mut ended = std::pin::pin!(std::future::poll_fn(|context| connection.poll_without_shutdown(context)));
    let ended = tokio::select! {
        ended = ended.as_mut() => Some(ended),
        () = shutdown.cancelled() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    match (slot.take(), ended) {
        (Some(handover), _) => return Some((stream, handover, parts.read_buf)),
        (None, Ok(())) => close(&mut stream).await,
        (None, Err(error)) => tracing::debug!(%error, "a connection broke off"),
    }
    None
}

/// Says that nothing more comes.
async fn close<S: Socket>(stream: &mut S) {
    if let Err(error) = stream.shutdown().await {
        tracing::debug!(%error, "a connection was gone before it was closed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        assert_eq!(Address::parse("unix:/run/x.sock").unwrap(), Address::Unix("/run/x.sock".into()));
        assert_eq!(
            Address::parse("tcp:127.0.0.1:80").unwrap(),
            Address::Tcp("127.0.0.1:80".parse().unwrap())
        );
        assert_eq!(Address::parse("systemd").unwrap(), Address::Systemd);
        for bad in ["", "unix:x", "tcp:80", "tcp:localhost:80", "http://x", "systemd:"] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_unix_socket_is_for_caddy_alone_and_replaces_a_stale_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run/web.sock");
        for _ in 0..2 {
            let listener = Listener::bind(&Address::Unix(path.clone())).await.unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
            drop(listener);
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "somebody's file").unwrap();
        assert!(Listener::bind(&Address::Unix(path)).await.is_err());
    }
}
