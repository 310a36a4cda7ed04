//! A shell over a WebSocket, over real sockets: who gets one, what it carries, and when it ends.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use std::os::fd::OwnedFd;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use livos_bus::{Actor, Error, Result, codes};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use zbus::interface;

use super::fakes::Fakes;
use super::handover::{answer, head, request, scene};
use super::world::{Client, World, eventually};

const KEY: &str = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const UPGRADE: &str = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
const OWN: &str = "origin: http://livos.test\r\nsec-fetch-site: same-origin\r\n";
const FLOOD: usize = 8 << 20;

/// A shell that says again what it hears, until it hears `exit`; `flood` is answered with much.
pub(super) struct Terminal(pub(super) Fakes);

#[interface(name = "io.livos.Apps1.Terminal")]
impl Terminal {
    fn open(
        &self,
        actor: Actor,
        container: String,
        columns: u16,
        rows: u16,
    ) -> Result<(zbus::OwnedFd, String)> {
        self.0.called("Terminal.Open", &actor, &format!("{} {columns} {rows}", &container[..2]));
        if container.starts_with("0b") {
            return Err(Error::conflict("there is no shell in it").with_code(codes::UNSUPPORTED));
        }
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        let (mut ours, fakes) = (UnixStream::from_std(ours).unwrap(), self.0.clone());
        tokio::spawn(async move {
            let mut piece = [0; 4096];
            loop {
                let count = ours.read(&mut piece).await.unwrap_or_default();
                let said = String::from_utf8_lossy(&piece[..count]).into_owned();
                match said.as_str() {
                    "" => return fakes.note("the shell is hung up"),
                    "exit" => return,
                    "flood" => {
                        if ours.write_all(&vec![b'x'; FLOOD]).await.is_err() {
                            return fakes.note("the shell is hung up");
                        }
                    }
                    _ => {
                        if ours.write_all(&piece[..count]).await.is_err() {
                            return fakes.note("the shell is hung up");
                        }
                    }
                }
            }
        });
        Ok((OwnedFd::from(theirs).into(), "t-1".to_owned()))
    }

    fn resize(&self, actor: Actor, terminal: String, columns: u16, rows: u16) {
        self.0.called("Terminal.Resize", &actor, &format!("{terminal} {columns} {rows}"));
    }

    fn exit_code(&self, actor: Actor, terminal: String) -> i32 {
        self.0.called("Terminal.ExitCode", &actor, &terminal);
        7
    }
}

fn path(container: &str) -> String {
    format!("/api/v1/docker/containers/{}/shell?columns=90&rows=30", container.repeat(32))
}

/// Asks for a shell and gets the WebSocket.
async fn shell<S: AsyncRead + AsyncWrite + Unpin>(
    client: &Client,
    mut stream: S,
    container: &str,
) -> WebSocketStream<S> {
    let asked = request(client, &path(container), &format!("{UPGRADE}{KEY}{OWN}"));
    stream.write_all(asked.as_bytes()).await.unwrap();
    let head = head(&mut stream).await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "{head}");
    assert!(!head.contains("content-length"), "{head}");
    WebSocketStream::from_raw_socket(stream, Role::Client, None).await
}

async fn next<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>) -> Option<Message> {
    let next = tokio::time::timeout(Duration::from_secs(30), socket.next()).await.expect("nothing comes");
    next.and_then(std::result::Result::ok)
}

async fn news<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>) -> Value {
    match next(socket).await {
        Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
        other => panic!("no news but {other:?}"),
    }
}

fn shown(bytes: usize) -> Message {
    Message::text(json!({ "type": "shown", "bytes": bytes }).to_string())
}

async fn over<S: AsyncRead + AsyncWrite + Unpin>(socket: &mut WebSocketStream<S>) {
    assert!(matches!(next(socket).await, Some(Message::Close(_)) | None));
    assert_eq!(next(socket).await, None);
}

#[tokio::test]
async fn a_shell_is_typed_at_resized_and_tells_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let (world, mut owner, _, unix) = scene(folder.path()).await;
    let mut socket = shell(&owner, unix, "0a").await;
    assert_eq!(news(&mut socket).await, json!({ "type": "open" }));
    // Whatever the bytes are: half a letter, and what is no text at all.
    for typed in [&b"ls\r"[..], b"\xe2\x82", b"\x00\xff\x1b[A"] {
        socket.send(Message::binary(typed.to_vec())).await.unwrap();
        assert_eq!(next(&mut socket).await, Some(Message::binary(typed.to_vec())));
    }
    socket.send(Message::text(r#"{"type":"size","columns":120,"rows":40}"#)).await.unwrap();
    world
        .fakes
        .until("the size", |calls| calls.iter().any(|call| call == "Terminal.Resize grace t-1 120 40"))
        .await;
    socket.send(Message::binary("exit")).await.unwrap();
    assert_eq!(news(&mut socket).await, json!({ "type": "ended", "code": 7 }));
    over(&mut socket).await;
    assert!(world.fakes.calls().contains(&"Terminal.Open grace 0a 90 30".to_owned()));
    assert!(owner.get("/api/v1/audit").await.text().contains("docker.shell"));
}

#[tokio::test]
async fn only_an_admin_s_own_page_opens_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let (world, mut owner, mut tcp, _) = scene(folder.path()).await;
    let member = world.person(&mut owner, "ada", "member").await;
    let stranger = world.client();
    let evil = "origin: http://evil.test\r\n";
    let app = "origin: http://livos.test:2283\r\nsec-fetch-site: same-site\r\n";
    let whole = format!("{UPGRADE}{KEY}{OWN}");
    let key = format!("{whole}authorization: Bearer livos_x\r\n");
    for (client, path, rest, status) in [
        (&stranger, path("0a"), whole.clone(), "401"),
        (&stranger, path("0a"), key, "401"),
        (&member, path("0a"), whole.clone(), "403"),
        (&owner, path("0a"), format!("{UPGRADE}{KEY}"), "403"),
        (&owner, path("0a"), format!("{UPGRADE}{KEY}{evil}"), "403"),
        (&owner, path("0a"), format!("{UPGRADE}{KEY}{app}"), "403"),
        (&owner, path("0a"), OWN.to_owned(), "426"),
        (&owner, path("0a"), format!("{UPGRADE}{OWN}"), "426"),
        (&owner, "/api/v1/docker/containers/web/shell".to_owned(), whole.clone(), "400"),
        (&owner, path("0a").replace("90", "many"), whole.clone(), "400"),
    ] {
        tcp.write_all(request(client, &path, &rest).as_bytes()).await.unwrap();
        let (head, body) = answer(&mut tcp).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{rest}: {head} {body:?}");
    }
    assert!(!world.fakes.calls().iter().any(|call| call.starts_with("Terminal")));
}

#[tokio::test]
async fn why_there_is_no_shell_is_said_where_a_page_can_hear_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_world, owner, _, unix) = scene(folder.path()).await;
    let mut socket = shell(&owner, unix, "0b").await;
    let refused = json!({ "type": "refused", "code": "unsupported", "message": "there is no shell in it" });
    assert_eq!(news(&mut socket).await, refused);
    over(&mut socket).await;
}

/// Each way in which somebody is not there any more ends the shell.
#[tokio::test]
async fn a_shell_ends_with_its_socket_its_session_and_its_server() {
    let folder = tempfile::tempdir().unwrap();
    let (world, mut owner, _, unix) = scene(folder.path()).await;
    let hung_up = |world: &World| world.fakes.calls().iter().filter(|call| call.contains("hung up")).count();
    let until = async |count: usize| {
        eventually("it is hung up", async || (hung_up(&world) == count).then_some(())).await;
    };
    let again = async || UnixStream::connect(folder.path().join("web.sock")).await.unwrap();

    // Gone without a word.
    let mut socket = shell(&owner, unix, "0a").await;
    news(&mut socket).await;
    drop(socket);
    until(1).await;

    // Closed in good order, while the shell says more than anybody reads.
    let mut socket = shell(&owner, again().await, "0a").await;
    news(&mut socket).await;
    socket.send(Message::binary("flood")).await.unwrap();
    assert!(matches!(next(&mut socket).await, Some(Message::Binary(_))));
    socket.close(None).await.unwrap();
    while next(&mut socket).await.is_some() {}
    until(2).await;

    // More at once than is taken, and what is no size.
    for wrong in [Message::binary(vec![b'x'; 65 * 1024]), Message::text("{}"), Message::text("columns")] {
        let before = hung_up(&world);
        let mut socket = shell(&owner, again().await, "0a").await;
        news(&mut socket).await;
        // It may be refused before all of it has gone.
        drop(socket.send(wrong).await);
        while next(&mut socket).await.is_some() {}
        until(before + 1).await;
    }

    // Signed out elsewhere.
    let before = hung_up(&world);
    let mut socket = shell(&owner, again().await, "0a").await;
    news(&mut socket).await;
    assert_eq!(owner.delete("/api/v1/session").await.status, 204);
    assert_eq!(news(&mut socket).await, json!({ "type": "signed_out" }));
    over(&mut socket).await;
    until(before + 1).await;

    owner.sign_in("grace", super::world::PASSWORD).await;
    let mut socket = shell(&owner, again().await, "0a").await;
    news(&mut socket).await;
    world.app.shutdown.cancel();
    assert_eq!(news(&mut socket).await, json!({ "type": "stopping" }));
    until(before + 2).await;
}

#[tokio::test]
async fn much_is_carried_both_ways_at_once_and_no_more_than_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (world, owner, tcp, _) = scene(folder.path()).await;
    let mut socket = shell(&owner, tcp, "0a").await;
    news(&mut socket).await;
    // Nothing was shown yet, so nothing has arrived either, whatever is said.
    socket.send(shown(usize::MAX)).await.unwrap();
    socket.send(Message::binary("flood")).await.unwrap();
    let (mut seen, mut told) = (0, 0);
    while seen < FLOOD {
        match next(&mut socket).await {
            Some(Message::Binary(bytes)) => seen += bytes.len(),
            other => panic!("{other:?} after {seen}"),
        }
        assert!(seen - told <= 256 * 1024, "{seen} came and {told} were shown");
        // As late as it can be said.
        if seen - told > 240 * 1024 {
            socket.send(shown(seen - told)).await.unwrap();
            told = seen;
        }
    }
    assert_eq!(seen, FLOOD);
    socket.send(shown(seen - told)).await.unwrap();

    // All of it is typed before anything is read, and the shell says it again while it reads.
    let (pieces, piece) = (24, 32 * 1024);
    for _ in 0..pieces {
        socket.send(Message::binary(vec![b'y'; piece])).await.unwrap();
    }
    let mut seen = 0;
    while seen < pieces * piece {
        match next(&mut socket).await {
            Some(Message::Binary(bytes)) => {
                seen += bytes.len();
                socket.send(shown(bytes.len())).await.unwrap();
            }
            other => panic!("{other:?} after {seen}"),
        }
    }

    // What nobody ever reads is not kept.
    for _ in 0..128 {
        if socket.send(Message::binary(vec![b'y'; piece])).await.is_err() {
            break;
        }
    }
    let ends = async { while socket.next().await.is_some_and(|message| message.is_ok()) {} };
    tokio::time::timeout(Duration::from_secs(60), ends).await.expect("it is ended");
    world.fakes.until("it is hung up", |calls| calls.iter().any(|call| call.contains("hung up"))).await;
}
