//! Real sockets: limits, disconnects, and a stop that waits for nobody.

use std::sync::Arc;
use std::time::Duration;

use livos_service::{CancellationToken, Clock, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::world::{Client, World, eventually};
use crate::listener::{Address, Listener};

struct Server {
    port: u16,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

async fn serve(world: &World) -> Server {
    let listener = Listener::bind(&Address::Tcp("127.0.0.1:0".parse().unwrap())).await.unwrap();
    let port = listener.port();
    let (router, stop) = (world.router.clone(), world.app.shutdown.clone());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let running = tokio::spawn(async move { listener.serve(router, clock, &stop).await });
    Server { port, stop: world.app.shutdown.clone(), running }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    async fn ask(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn head(client: &Client, line: &str, rest: &str) -> String {
    let cookies: Vec<String> = client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!(
        "{line} HTTP/1.1\r\nhost: livos.test\r\ncookie: {}\r\nx-csrf-token: {}\r\n{rest}\r\n",
        cookies.join("; "),
        client.csrf
    )
}

/// Reads until `text` has come.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&read).contains(text) {
        let count =
            tokio::time::timeout(Duration::from_secs(20), stream.read(&mut piece)).await.unwrap().unwrap();
        assert_ne!(count, 0, "ended after {}", String::from_utf8_lossy(&read));
        read.extend_from_slice(&piece[..count]);
    }
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_waits_for_neither_streams_nor_downloads() {
    let (world, owner) = World::claimed().await;
    std::fs::File::create(world.fakes.folder.join("big")).unwrap().set_len(1 << 32).unwrap();
    let server = serve(&world).await;
    let mut events = server.connect().await;
    events.write_all(head(&owner, "GET /api/v1/events", "").as_bytes()).await.unwrap();
    read_until(&mut events, "event: hello").await;
    let mut download = server.connect().await;
    download
        .write_all(head(&owner, "GET /api/v1/files/content?root=home&path=big", "").as_bytes())
        .await
        .unwrap();
    read_until(&mut download, "200 OK").await;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /api/v1/health HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    read_until(&mut idle, "\"status\":\"ok\"").await;

    let asked = Instant::now();
    server.stop.cancel();
    server.running.await.unwrap();
    assert!(asked.elapsed() < Duration::from_secs(2));
    assert!(TcpStream::connect(("127.0.0.1", server.port)).await.is_err());
}

#[tokio::test]
async fn requests_that_are_none_are_refused() {
    let (world, owner) = World::claimed().await;
    let server = serve(&world).await;
    let large = format!("x-large: {}\r\n", "a".repeat(70_000));
    assert!(server.ask(&head(&owner, "GET /api/v1/session", &large)).await.starts_with("HTTP/1.1 431"));
    let many: String = (0..200).map(|n| format!("x-{n}: 1\r\n")).collect();
    assert!(server.ask(&head(&owner, "GET /api/v1/session", &many)).await.starts_with("HTTP/1.1 431"));
    assert!(server.ask("nonsense\r\n\r\n").await.starts_with("HTTP/1.1 400"));
    let smuggled = "transfer-encoding: chunked\r\ncontent-length: 3\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let answer =
        server.ask(&(head(&owner, "PATCH /api/v1/me/settings", smuggled) + "2\r\n{}\r\n0\r\n\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 400") || answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1);
    let claimed = server
        .ask(&head(&owner, "GET /api/v1/session", "connection: close\r\nx-forwarded-proto: https\r\n"))
        .await;
    assert!(claimed.starts_with("HTTP/1.1 200"), "{claimed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_client_vanishes_keeps_what_arrived() {
    let (world, mut owner) = World::claimed().await;
    let server = serve(&world).await;
    let about = "upload-metadata: root aG9tZQ==,filename YQ==\r\nupload-length: 1000000\r\ntus-resumable: 1.0.0\r\nconnection: close\r\n";
    let created = server.ask(&head(&owner, "POST /api/v1/uploads", about)).await;
    assert!(created.starts_with("HTTP/1.1 201"), "{created}");
    let rest = "content-type: application/offset+octet-stream\r\nupload-offset: 0\r\ntus-resumable: 1.0.0\r\ncontent-length: 1000000\r\n";
    let mut stream = server.connect().await;
    stream.write_all(head(&owner, "PATCH /api/v1/uploads/u1", rest).as_bytes()).await.unwrap();
    stream.write_all(&vec![b'x'; 300_000]).await.unwrap();
    drop(stream);
    let file = world.fakes.upload_file("u1");
    eventually("the bytes are in the file", async || {
        (std::fs::metadata(&file).unwrap().len() == 300_000).then_some(())
    })
    .await;
    let request = owner.request(http::Method::HEAD, "/api/v1/uploads/u1").header("tus-resumable", "1.0.0");
    let reply = owner.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(reply.header("upload-offset"), "300000");
}
