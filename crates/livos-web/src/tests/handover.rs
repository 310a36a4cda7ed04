//! Files that leave without passing through the process, over real sockets.

use std::sync::Arc;

use livos_service::{Clock, SystemClock};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use super::world::{Client, World};
use crate::http::handover::WORTH_IT;
use crate::listener::{Address, Listener};

const SIZE: usize = 5 * WORTH_IT as usize + 17;
const PATH: &str = "/api/v1/files/content?root=home&path=big.bin";

fn bytes() -> Vec<u8> {
    (0..SIZE).map(|n| (n / 7 % 251) as u8).collect()
}

/// A world with the file in it, and a connection of each kind to its server.
pub(super) async fn scene(folder: &std::path::Path) -> (World, Client, TcpStream, UnixStream) {
    let (world, owner) = World::claimed().await;
    std::fs::write(world.fakes.folder.join("big.bin"), bytes()).unwrap();
    let socket = folder.join("web.sock");
    let tcp = Listener::bind(&Address::Tcp("127.0.0.1:0".parse().unwrap())).await.unwrap();
    let unix = Listener::bind(&Address::Unix(socket.clone())).await.unwrap();
    let port = tcp.port();
    for listener in [tcp, unix] {
        let (router, stop) = (world.router.clone(), world.app.shutdown.clone());
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        tokio::spawn(async move { listener.serve(router, clock, &stop).await });
    }
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    (world, owner, tcp, UnixStream::connect(socket).await.unwrap())
}

pub(super) fn request(client: &Client, path: &str, rest: &str) -> String {
    let cookies: Vec<String> = client.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    format!("GET {path} HTTP/1.1\r\nhost: livos.test\r\ncookie: {}\r\n{rest}\r\n", cookies.join("; "))
}

/// The head of one answer, and its body as long as the head says.
pub(super) async fn answer<S: AsyncRead + Unpin>(stream: &mut S) -> (String, Vec<u8>) {
    let head = head(stream).await;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    (head, body)
}

pub(super) async fn head<S: AsyncRead + Unpin>(stream: &mut S) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("more of the head"));
    }
    String::from_utf8(head).unwrap()
}

async fn check<S: AsyncRead + AsyncWrite + Unpin>(owner: &Client, stream: &mut S) {
    let file = bytes();
    // One connection for all of them: it goes back and forth between the library and us.
    for (range, from, to) in [
        ("", 0, SIZE),
        ("range: bytes=3-4\r\n", 3, 5),
        ("range: bytes=1-\r\n", 1, SIZE),
        ("range: bytes=1000000-3000000\r\n", 1_000_000, 3_000_001),
        ("range: bytes=-2000000\r\n", SIZE - 2_000_000, SIZE),
    ] {
        stream.write_all(request(owner, PATH, range).as_bytes()).await.unwrap();
        let (head, body) = answer(stream).await;
        assert!(
            head.starts_with(if range.is_empty() { "HTTP/1.1 200 OK\r\n" } else { "HTTP/1.1 206 " }),
            "{head}"
        );
        for header in
            ["date: ", "etag: ", "x-request-id: ", "content-security-policy: ", "content-disposition: "]
        {
            assert_eq!(head.matches(&format!("\r\n{header}")).count(), 1, "{header}: {head}");
        }
        assert!(body == file[from..to], "{range:?}: other bytes");
    }
    // The last one says so, and is the last one.
    stream.write_all(request(owner, PATH, "connection: close\r\n").as_bytes()).await.unwrap();
    let (head, body) = answer(stream).await;
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(body == file);
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn parts_of_a_big_file_arrive_whole_on_one_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (_world, owner, mut tcp, mut unix) = scene(folder.path()).await;
    check(&owner, &mut tcp).await;
    check(&owner, &mut unix).await;
}

#[tokio::test]
async fn a_request_that_came_too_early_is_sent_again_by_its_client() {
    let folder = tempfile::tempdir().unwrap();
    let (_world, owner, mut tcp, _) = scene(folder.path()).await;
    let two = request(&owner, PATH, "") + &request(&owner, PATH, "");
    tcp.write_all(two.as_bytes()).await.unwrap();
    let (head, body) = answer(&mut tcp).await;
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(body == bytes());
    // An end, or a reset for what was not read: no second answer either way.
    assert_eq!(tcp.read(&mut [0]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_file_that_shrinks_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let (world, owner, _, mut unix) = scene(folder.path()).await;
    let file = std::fs::File::options().write(true).open(world.fakes.folder.join("big.bin")).unwrap();
    // More than what lies in the two ends of the socket.
    file.set_len(1 << 30).unwrap();
    unix.write_all(request(&owner, PATH, "").as_bytes()).await.unwrap();
    assert!(head(&mut unix).await.contains("content-length: 1073741824\r\n"));
    file.set_len(2 << 20).unwrap();
    let mut rest = Vec::new();
    unix.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() < 1 << 30 && rest.starts_with(&bytes()[..1 << 20]), "{}", rest.len());
}

#[tokio::test]
async fn a_download_ends_with_the_right_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let (world, mut owner, _, mut unix) = scene(folder.path()).await;
    std::fs::File::options()
        .write(true)
        .open(world.fakes.folder.join("big.bin"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    unix.write_all(request(&owner, PATH, "").as_bytes()).await.unwrap();
    head(&mut unix).await;
    assert_eq!(owner.delete("/api/v1/session").await.status, 204);
    let ends = async {
        let mut piece = vec![0; 1 << 16];
        while unix.read(&mut piece).await.unwrap() > 0 {}
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), ends).await.expect("the download goes on");
}
