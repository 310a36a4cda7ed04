//! A real Caddy on loopback, with stand-ins for livos-web and an app behind it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use livos_caddy::{AppRoute, Edge, WebUpstream, bootstrap, render};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

use crate::documents::app;

pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// Says so on stderr, unless LIVOS_REQUIRE_CADDY=1 makes it a failure.
pub(crate) fn caddy_is_missing() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing = !std::env::split_paths(&path).any(|dir| dir.join("caddy").is_file());
    let required = std::env::var_os("LIVOS_REQUIRE_CADDY").is_some_and(|value| value == "1");
    assert!(!(missing && required), "LIVOS_REQUIRE_CADDY=1, but there is no caddy in PATH");
    if missing {
        eprintln!("SKIPPED: the tests with the real Caddy (no caddy in PATH)");
    }
    missing
}

/// A request or an answer, as far as these tests look at it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Message {
    /// `GET /path HTTP/1.1` or `HTTP/1.1 200 OK`.
    pub(crate) first: String,
    /// Names in lower case; several of one name are joined.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Message {
    pub(crate) fn status(&self) -> u16 {
        self.first.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn path(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }

    /// Reads one message; `None` at the end of the connection.
    pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(from.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.trim_end().split("\r\n");
        let mut message = Self { first: lines.next()?.to_owned(), ..Self::default() };
        for line in lines {
            let (name, value) = line.split_once(':').unwrap();
            let entry = message.headers.entry(name.to_ascii_lowercase()).or_default();
            if !entry.is_empty() {
                entry.push_str(", ");
            }
            entry.push_str(value.trim());
        }
        let mut body = Vec::new();
        if message.header("transfer-encoding") == "chunked" {
            loop {
                let mut size = String::new();
                while !size.ends_with("\r\n") {
                    size.push(from.read_u8().await.ok()? as char);
                }
                let size = usize::from_str_radix(size.trim(), 16).unwrap();
                let mut chunk = vec![0; size + 2];
                from.read_exact(&mut chunk).await.ok()?;
                body.extend_from_slice(&chunk[..size]);
                if size == 0 {
                    break;
                }
            }
        } else if let Ok(length) = message.header("content-length").parse() {
            body.resize(length, 0);
            from.read_exact(&mut body).await.ok()?;
        }
        message.body = String::from_utf8(body).unwrap();
        Some(message)
    }
}

/// Everything that reached a stand-in.
pub(crate) type Seen = Arc<Mutex<Vec<Message>>>;

pub(crate) struct Site {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) edge: Edge,
    pub(crate) address: SocketAddr,
    pub(crate) web: Seen,
    pub(crate) app: Seen,
    caddy: Child,
    servers: JoinSet<()>,
}

impl Site {
    /// Caddy from its bootstrap, then with one app, `notes`, on a name and on a port.
    pub(crate) async fn start() -> Self {
        let site = Self::boot().await;
        assert_eq!(site.load(&site.edge).await.status(), 200);
        site.until(302, "GET /", &[("Host", "notes.localhost")]).await;
        site.alone().await;
        site.web.lock().unwrap().clear();
        site
    }

    /// Asks until the answer has this status. Right after a change Caddy may take one more connection the old way,
    /// or drop it: see [`ask`].
    pub(crate) async fn until(&self, status: u16, request: &str, headers: &[(&str, &str)]) {
        let deadline = Instant::now() + DEADLINE;
        while ask(self.address, request, headers, "").await.status() != status {
            assert!(Instant::now() < deadline, "{request} never got {status}");
        }
    }

    /// Waits until only one configuration listens: the one before may take connections for a moment longer.
    async fn alone(&self) {
        const LISTENS: &str = "0A";
        let own = format!("0100007F:{:04X}", self.address.port());
        let deadline = Instant::now() + DEADLINE;
        loop {
            let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
            let listening = sockets.lines().filter(|line| {
                let mut words = line.split_whitespace().skip(1);
                words.next() == Some(&own) && words.nth(1) == Some(LISTENS)
            });
            if listening.count() == 1 {
                return;
            }
            assert!(Instant::now() < deadline, "Caddy goes on listening for its configuration of before");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Caddy from its bootstrap.
    pub(crate) async fn boot() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (web, app_seen) = (Seen::default(), Seen::default());
        let mut servers = JoinSet::new();
        let socket = dir.path().join("web.sock");
        serve_web(&mut servers, &socket, web.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = listener.local_addr().unwrap().to_string();
        let seen = app_seen.clone();
        servers.spawn(async move {
            let mut clients = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                clients.spawn(serve(client, seen.clone(), answer_app));
            }
        });
        let port = free_port().await;
        let edge = Edge {
            storage_dir: dir.path().join("storage"),
            listen: vec![format!("127.0.0.1:{port}")],
            http_port: port,
            gateway_bind: "127.0.0.1".to_owned(),
            web: WebUpstream::Unix(socket),
            apps: vec![AppRoute { upstream, gateway_port: Some(free_port().await), ..app("notes") }],
            https: None,
            domain: None,
        };
        let file = dir.path().join("caddy.json");
        std::fs::write(&file, bootstrap(&edge).unwrap()).unwrap();
        let caddy = Command::new("caddy")
            .args(["run", "--config"])
            .arg(&file)
            .env("CADDY_ADMIN", format!("unix/{}", admin_socket(&dir).display()))
            .env("HOME", dir.path())
            .env("XDG_DATA_HOME", dir.path())
            .env("XDG_CONFIG_HOME", dir.path())
            .stdin(Stdio::null())
            .stderr(std::fs::File::create(dir.path().join("log")).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let address = edge.listen[0].parse().unwrap();
        let site = Self { dir, edge, address, web, app: app_seen, caddy, servers };
        let deadline = Instant::now() + DEADLINE;
        while UnixStream::connect(admin_socket(&site.dir)).await.is_err()
            || TcpStream::connect(address).await.is_err()
        {
            let log = std::fs::read_to_string(site.dir.path().join("log")).unwrap();
            assert!(Instant::now() < deadline, "Caddy doesn't start: {log}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        site
    }

    /// Gives Caddy another document, the way livos-apps does.
    pub(crate) async fn load(&self, edge: &Edge) -> Message {
        self.load_text(&render(edge).unwrap()).await
    }

    /// Gives it the same document once more, as if it were another.
    pub(crate) async fn load_anew(&self) -> Message {
        self.post(&render(&self.edge).unwrap(), "Cache-Control: must-revalidate\r\n").await
    }

    pub(crate) async fn load_text(&self, document: &str) -> Message {
        self.post(document, "").await
    }

    /// The certificate of the house's authority, as Caddy tells it.
    pub(crate) async fn authority(&self) -> String {
        let mut socket = UnixStream::connect(admin_socket(&self.dir)).await.unwrap();
        socket.write_all(wire("GET /pki/ca/local", &[("Host", "caddy")], "").as_bytes()).await.unwrap();
        let answer = Message::read(&mut socket).await.unwrap();
        let known: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        known["root_certificate"].as_str().unwrap().to_owned()
    }

    async fn post(&self, document: &str, header: &str) -> Message {
        let mut socket = UnixStream::connect(admin_socket(&self.dir)).await.unwrap();
        let head = format!(
            "POST /load HTTP/1.1\r\nHost: caddy\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             {header}Connection: close\r\n\r\n",
            document.len()
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        socket.write_all(document.as_bytes()).await.unwrap();
        Message::read(&mut socket).await.unwrap()
    }

    pub(crate) fn gateway(&self) -> SocketAddr {
        SocketAddr::new(self.address.ip(), self.edge.apps[0].gateway_port.unwrap())
    }

    /// livos-web goes away.
    pub(crate) async fn stop_web(&mut self) {
        self.servers.shutdown().await;
        std::fs::remove_file(self.dir.path().join("web.sock")).unwrap();
    }

    /// livos-web comes back.
    pub(crate) fn start_web(&mut self) {
        serve_web(&mut self.servers, &self.dir.path().join("web.sock"), self.web.clone());
    }

    pub(crate) async fn stop(mut self) {
        self.caddy.kill().await.unwrap();
        self.servers.shutdown().await;
    }
}

pub(crate) async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

fn serve_web(servers: &mut JoinSet<()>, socket: &Path, seen: Seen) {
    let listener = UnixListener::bind(PathBuf::from(socket)).unwrap();
    servers.spawn(async move {
        let mut clients = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            clients.spawn(serve(client, seen.clone(), answer_web));
        }
    });
}

async fn serve(mut client: impl AsyncRead + AsyncWrite + Unpin, seen: Seen, answer: fn(&Message) -> String) {
    while let Some(request) = Message::read(&mut client).await {
        seen.lock().unwrap().push(request.clone());
        if client.write_all(answer(&request).as_bytes()).await.is_err() {
            return;
        }
        if request.header("upgrade") == "websocket" && !request.path().starts_with("/api/v1/gate") {
            // What a WebSocket carries is no business of a proxy's: bytes come back as they were sent.
            let (mut from, mut to) = tokio::io::split(client);
            tokio::io::copy(&mut from, &mut to).await.unwrap_or_default();
            return;
        }
    }
}

fn answer_web(request: &Message) -> String {
    let body = "from web";
    if request.path() != "/api/v1/gate" {
        return format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    }
    let ticket = format!("livos_app_{}=good", request.header("x-livos-app"));
    if request.header("cookie").contains(&ticket) {
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned()
    } else if request.header("cookie").contains("livos_app_notes=member") {
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nnot me".to_owned()
    } else {
        "HTTP/1.1 302 Found\r\nLocation: http://livos.test/open/notes\r\nContent-Length: 0\r\n\r\n".to_owned()
    }
}

fn answer_app(request: &Message) -> String {
    // The cookie it is asked to set.
    let cookie = request.headers.get("x-set").map(|cookie| format!("Set-Cookie: {cookie}\r\n"));
    let cookie = cookie.unwrap_or_default();
    if request.header("upgrade") == "websocket" {
        return format!(
            "HTTP/1.1 101 Switching Protocols\r\n{cookie}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        );
    }
    let body = format!("app got {}", request.body);
    format!("HTTP/1.1 200 OK\r\n{cookie}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// One request on a connection of its own, asked again when that is dropped before an answer.
///
/// Caddy gives each configuration a listening socket of its own, and Linux resets what waits in the queue of one that
/// is closed, which may be a moment after the new one has answered. `net.ipv4.tcp_migrate_req`, which the package
/// switches on, moves them to the next one instead; where tests run it may be off.
pub(crate) async fn ask(address: SocketAddr, request: &str, headers: &[(&str, &str)], body: &str) -> Message {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Ok(mut socket) = TcpStream::connect(address).await
            && socket.write_all(wire(request, headers, body).as_bytes()).await.is_ok()
            && let Some(answer) = tokio::time::timeout(DEADLINE, Message::read(&mut socket)).await.unwrap()
        {
            return answer;
        }
        assert!(Instant::now() < deadline, "{request} is never answered");
    }
}

fn admin_socket(dir: &tempfile::TempDir) -> PathBuf {
    dir.path().join("admin.sock")
}

pub(crate) async fn send(
    socket: &mut (impl AsyncRead + AsyncWrite + Unpin),
    request: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Message {
    socket.write_all(wire(request, headers, body).as_bytes()).await.unwrap();
    let answer = tokio::time::timeout(DEADLINE, Message::read(socket)).await;
    answer.expect("an answer in time").expect("an answer")
}

/// A request as it goes over the wire.
fn wire(request: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{request} HTTP/1.1\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    text + body
}
