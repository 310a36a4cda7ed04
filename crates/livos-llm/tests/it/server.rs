//! A server that does what no server should.

use std::sync::{Arc, Mutex};

use livos_llm::{Client, Dialect, Endpoint, Key, Remote};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// The key that must not get out.
pub(crate) const KEY: &str = "sk-canary-0123456789";

/// One thing to do on a connection.
#[derive(Clone)]
pub(crate) enum Act {
    /// Sends this.
    Send(Vec<u8>),
    /// Sends this again and again until the other side has enough.
    Flood(Vec<u8>),
    /// Does nothing until the other side goes away.
    Wait,
}

pub(crate) fn send(bytes: impl AsRef<[u8]>) -> Act {
    Act::Send(bytes.as_ref().to_vec())
}

/// The head of an answer that streams until the connection closes.
pub(crate) fn streaming() -> Act {
    send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
}

/// A whole answer that is none.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Act {
    let length = body.len();
    send(format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"))
}

#[derive(Clone)]
pub(crate) struct Hostile {
    pub(crate) url: String,
    /// What was asked, head and body.
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    /// One permit for each connection that is over.
    pub(crate) over: Arc<Semaphore>,
}

impl Hostile {
    /// Does the first of `connections` on the first connection, and so on; the last one for all that come after.
    pub(crate) async fn start(connections: Vec<Vec<Act>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Self { url, seen: Arc::default(), over: Arc::new(Semaphore::new(0)) };
        let (seen, over) = (Arc::clone(&server.seen), Arc::clone(&server.over));
        tokio::spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let acts = connections.get(number).or(connections.last()).unwrap().clone();
                let (seen, over) = (Arc::clone(&seen), Arc::clone(&over));
                tokio::spawn(async move {
                    serve(stream, acts, &seen).await;
                    over.add_permits(1);
                });
            }
        });
        server
    }

    pub(crate) fn remote(&self, dialect: Dialect) -> Remote {
        let endpoint = Endpoint {
            name: "hostile".to_owned(),
            dialect,
            base_url: self.url.clone(),
            model: "m".to_owned(),
            key: Some(Key::new(KEY).unwrap()),
        };
        Remote::new(&Client::new(Arc::new(|| 0)), endpoint).unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, acts: Vec<Act>, seen: &Mutex<Vec<String>>) {
    let Some(request) = read(&mut stream).await else { return };
    seen.lock().unwrap().push(request);
    for act in acts {
        let sent = match act {
            Act::Send(bytes) => stream.write_all(&bytes).await,
            Act::Flood(bytes) => loop {
                if let Err(error) = stream.write_all(&bytes).await {
                    break Err(error);
                }
            },
            Act::Wait => stream.read(&mut [0]).await.map(|_| ()),
        };
        if sent.is_err() {
            return;
        }
    }
}

/// A request with a `Content-Length`.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}
