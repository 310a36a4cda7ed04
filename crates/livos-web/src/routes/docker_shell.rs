//! A shell in a container, over a WebSocket.
//!
//! What is typed and what is shown travels as binary messages, everything else as JSON in text messages: how large the
//! terminal is one way, what becomes of the shell the other way. A browser takes whatever comes and keeps it until its
//! page has time, so the page says how much of it is on the screen, and no more than a window is on its way: whoever does
//! not read stops the program. What a program does not read waits here, because what the page says comes behind it; a
//! program that never reads ends with its shell.

use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::Response;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{Sink, SinkExt as _, StreamExt as _};
use http::HeaderMap;
use livos_bus::{Actor, TerminalProxy};
use livos_service::CancellationToken;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::{Semaphore, mpsc};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::docker::checked;
use crate::App;
use crate::error::ApiError;
use crate::http::edge::Edge;
use crate::http::handover::{Connection, Talk};
use crate::http::query::Query;
use crate::http::websocket;
use crate::identity::SignedIn;
use crate::services::{actor_of, owned};

/// What is read from the shell at once, at most.
const PIECE: usize = 16 * 1024;
/// The longest message that is taken. The desktop sends what is pasted in shorter ones.
const LONGEST: usize = 64 * 1024;
/// So much may be on its way to the screen.
const WINDOW: usize = 256 * 1024;
/// So much may be typed that the shell has not read.
const MOST_TYPED: usize = 1 << 20;
/// What a message that waits takes besides its bytes.
const OF_A_MESSAGE: usize = 64;
/// So long the other side has to hear the last words.
const FAREWELL: Duration = Duration::from_secs(5);

/// What becomes of a shell, as its WebSocket says it
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ShellNews {
    /// It has begun.
    Open,
    /// It has ended by itself.
    Ended {
        /// With this exit code, where that is known.
        code: Option<i32>,
    },
    /// There is none.
    Refused {
        /// For machines.
        code: String,
        /// For people.
        message: String,
    },
    /// The session with which it was opened has ended, and the shell with it.
    SignedOut,
    /// The server stops, and the shell with it.
    Stopping,
}

/// What the page of a shell says about its screen
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ShellScreen {
    /// It is this large.
    Size {
        /// Characters in a line.
        columns: u16,
        /// Lines.
        rows: u16,
    },
    /// So many more bytes are on it.
    Shown {
        /// How many.
        bytes: usize,
    },
}

/// A shell in a container
///
/// Answers with a WebSocket, and to this server's own page only. Binary messages are bytes of the terminal, both ways.
/// Text messages are JSON: `ShellScreen` to the server, `ShellNews` from it. The shell ends when the WebSocket closes and
/// when the session ends.
#[utoipa::path(get, path = "/api/v1/docker/containers/{id}/shell", tag = "docker", params(
    ("id" = String, Path, description = "The container's full id"),
    ("columns" = Option<u16>, Query, description = "Characters in a line; 80 if not given"),
    ("rows" = Option<u16>, Query, description = "Lines; 24 if not given"),
), responses(
    (status = 101, description = "A WebSocket, whose text messages say what becomes of the shell"),
    (status = 426, description = "No WebSocket was asked for"),
))]
pub(crate) async fn open(
    State(app): State<App>,
    signed_in: SignedIn,
    edge: Edge,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = checked(&id)?;
    let asked = websocket::asked(&headers, &edge)?;
    let columns = query.number::<u16>("columns")?.unwrap_or(80);
    let rows = query.number::<u16>("rows")?.unwrap_or(24);
    let actor = actor_of(&signed_in.person);
    let terminal = app.services.terminal.clone();
    // A browser does not tell its page why it gets no WebSocket, so a refusal is said over one.
    let opened = begin(&terminal, &actor, id, columns, rows).await;
    let outcome = opened.as_ref().map_or_else(|error| error.code.as_str(), |_| "ok");
    app.identity.audit(Some(&signed_in.person), Some(&edge.visitor), "docker.shell", id, outcome).await;
    let shutdown = app.shutdown.clone();
    Ok(asked.begin(Shell { opened, terminal, actor, signed_in, shutdown }))
}

/// The shell's own end, and what it is called.
#[derive(Debug)]
struct Opened {
    socket: UnixStream,
    id: String,
}

async fn begin(
    terminal: &TerminalProxy<'static>,
    actor: &Actor,
    container: &str,
    columns: u16,
    rows: u16,
) -> Result<Opened, ApiError> {
    let (socket, id) = terminal.open(actor, container, columns, rows).await?;
    let socket = StdUnixStream::from(owned(socket));
    let failed = |error: std::io::Error| ApiError::internal(&error);
    socket.set_nonblocking(true).map_err(failed)?;
    Ok(Opened { socket: UnixStream::from_std(socket).map_err(failed)?, id })
}

/// A shell and whoever it is for.
struct Shell {
    opened: Result<Opened, ApiError>,
    terminal: TerminalProxy<'static>,
    actor: Actor,
    signed_in: SignedIn,
    shutdown: CancellationToken,
}

impl Talk for Shell {
    fn talk<'a>(self: Box<Self>, connection: &'a mut dyn Connection, early: Bytes) -> BoxFuture<'a, ()> {
        Box::pin(self.run(connection, early))
    }
}

impl Shell {
    async fn run(self, connection: &mut dyn Connection, early: Bytes) {
        let limits = WebSocketConfig::default()
            .read_buffer_size(PIECE)
            .write_buffer_size(0)
            .max_message_size(Some(LONGEST))
            .max_frame_size(Some(LONGEST));
        let mut socket =
            WebSocketStream::from_partially_read(connection, early.to_vec(), Role::Server, Some(limits))
                .await;
        let news = match self.opened {
            Err(ApiError { code, message, .. }) => Some(ShellNews::Refused { code, message }),
            Ok(mut opened) => {
                let carrying = carry(&mut socket, &mut opened, &self.terminal, &self.actor);
                let news = tokio::select! {
                    news = carrying => news,
                    () = self.signed_in.right_ends() => Some(ShellNews::SignedOut),
                    () = self.shutdown.cancelled() => Some(ShellNews::Stopping),
                };
                // Our end closes here, and the shell is hung up if it has not ended.
                drop(opened);
                news
            }
        };
        let farewell = async {
            if let Some(news) = news {
                tell(&mut socket, &news).await?;
            }
            socket.close(None).await?;
            // What was said last may be lost if the connection goes before the other side has closed it, too.
            while socket.next().await.is_some_and(|message| message.is_ok()) {}
            Ok::<_, tokio_tungstenite::tungstenite::Error>(())
        };
        match tokio::time::timeout(FAREWELL, farewell).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "nobody was there for the end of a shell"),
            Err(_) => tracing::debug!("nobody listened to the end of a shell"),
        }
    }
}

/// Room for what is on its way to the screen.
struct Window {
    room: Semaphore,
    under_way: AtomicUsize,
}

impl Window {
    fn new() -> Self {
        Self { room: Semaphore::new(WINDOW), under_way: AtomicUsize::new(0) }
    }

    /// Waits until so much more may be sent. `bytes` is no more than [`PIECE`].
    async fn send(&self, bytes: usize) {
        let wanted = u32::try_from(bytes).unwrap_or(u32::MAX);
        // It is never closed.
        if let Ok(room) = self.room.acquire_many(wanted).await {
            room.forget();
            self.under_way.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// So much has arrived, as is said; never more than was sent.
    fn arrived(&self, bytes: usize) {
        let bytes = bytes.min(self.under_way.load(Ordering::Relaxed));
        self.under_way.fetch_sub(bytes, Ordering::Relaxed);
        self.room.add_permits(bytes);
    }
}

type Socket<'a> = WebSocketStream<&'a mut dyn Connection>;

/// Carries bytes both ways until the shell ends, which is said, or the other side is gone.
async fn carry(
    socket: &mut Socket<'_>,
    opened: &mut Opened,
    terminal: &TerminalProxy<'static>,
    actor: &Actor,
) -> Option<ShellNews> {
    let Opened { socket: shell, id } = opened;
    let (mut from_shell, mut to_shell) = shell.split();
    let (mut sink, mut source) = socket.split();
    let window = Window::new();
    let shown = async {
        if tell(&mut sink, &ShellNews::Open).await.is_err() {
            return false;
        }
        let mut buffer = vec![0; PIECE];
        loop {
            // However its end breaks, what it wrote before has been sent.
            let count = from_shell.read(&mut buffer).await.unwrap_or_default();
            if count == 0 {
                return true;
            }
            window.send(count).await;
            if sink.send(Message::binary(Bytes::copy_from_slice(&buffer[..count]))).await.is_err() {
                return false;
            }
        }
    };
    let waiting = AtomicUsize::new(0);
    let (keep, mut kept) = mpsc::unbounded_channel::<Bytes>();
    let typed = async {
        while let Some(Ok(message)) = source.next().await {
            match message {
                Message::Binary(bytes) if bytes.is_empty() => {}
                Message::Binary(bytes) => {
                    let counts = bytes.len() + OF_A_MESSAGE;
                    let before = waiting.fetch_add(counts, Ordering::Relaxed);
                    if before + counts > MOST_TYPED || keep.send(bytes).is_err() {
                        return;
                    }
                }
                Message::Text(text) => match serde_json::from_str(&text) {
                    Ok(ShellScreen::Shown { bytes }) => window.arrived(bytes),
                    Ok(ShellScreen::Size { columns, rows }) => {
                        if let Err(error) = terminal.resize(actor, id, columns, rows).await {
                            tracing::debug!(%error, "a shell kept its size");
                        }
                    }
                    Err(_) => return,
                },
                Message::Close(_) => return,
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    };
    let read = async {
        while let Some(bytes) = kept.recv().await {
            if to_shell.write_all(&bytes).await.is_err() {
                // It has just ended. What it said until then is still on its way.
                break;
            }
            waiting.fetch_sub(bytes.len() + OF_A_MESSAGE, Ordering::Relaxed);
        }
        std::future::pending::<()>().await;
    };
    let ended = tokio::select! {
        ended = shown => ended,
        () = typed => false,
        () = read => false,
    };
    if !ended {
        return None;
    }
    let code = terminal.exit_code(actor, id).await;
    Some(ShellNews::Ended { code: code.inspect_err(|error| tracing::debug!(%error, "no exit code")).ok() })
}

async fn tell<S>(sink: &mut S, news: &ShellNews) -> Result<(), S::Error>
where
    S: Sink<Message> + Unpin,
{
    let text = serde_json::to_string(news).unwrap_or_default();
    sink.send(Message::text(text)).await
}
