//! Pages of the web: hostile servers, addresses of the household in every spelling, and who is asked when.

mod asking;
mod reading;

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::*;
use crate::core::web::address;
use crate::core::web::{Format, Page, Web};

/// Somewhere public.
const THERE: &str = "93.184.216.34";

/// A server that answers each connection with what `answer` makes of its request, and then hangs up.
struct Server {
    task: JoinHandle<()>,
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn request(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await.unwrap() == 0 {
            break;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

async fn serve<F>(answer: F) -> Server
where
    F: Fn(&str) -> Vec<u8> + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&requests);
    let task = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = request(&mut stream).await;
            let bytes = answer(&request);
            seen.lock().unwrap().push(request);
            // Whoever has had enough hangs up.
            let _ = stream.write_all(&bytes).await;
        }
    });
    Server { task, address, requests }
}

fn ok(kind: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n", body.len())
            .into_bytes();
    answer.extend(body);
    answer
}

fn to(place: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

struct World {
    web: Web,
    network: Arc<FakeNetwork>,
}

impl World {
    fn new(server: Option<&Server>) -> Self {
        let network = Arc::new(FakeNetwork::default());
        *network.server.lock().unwrap() = server.map(|server| server.address);
        network.name("site.example", &[THERE]);
        let tls = Arc::new(livos_fetch::Tls::of_the_machine());
        Self { web: Web::new(true, Arc::clone(&network) as Arc<dyn Network>, tls), network }
    }

    async fn read_as(&self, url: &str, format: Format, links: bool) -> Result<Page, String> {
        within(self.web.read(address::parse(url)?, format, links, |_| Ok(()))).await
    }

    async fn read(&self, url: &str) -> Result<Page, String> {
        self.read_as(url, Format::Markdown, false).await
    }

    /// Why an address is not read; nobody may have been gone to.
    async fn refused(&self, url: &str) -> String {
        let before = self.network.went().len();
        let why = self.read(url).await.expect_err(url);
        assert_eq!(self.network.went().len(), before, "{url}");
        why
    }
}

async fn page_of(kind: &'static str, body: impl Into<Vec<u8>>) -> Page {
    let body = body.into();
    let server = serve(move |_| ok(kind, &body)).await;
    World::new(Some(&server)).read("http://site.example/").await.unwrap()
}

async fn text_of(html: &str) -> String {
    page_of("text/html; charset=utf-8", html).await.text.unwrap()
}

#[tokio::test]
async fn nothing_of_the_household_is_read_however_it_is_spelt() {
    let world = World::new(None);
    for host in [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0",
        "0.0.0.0",
        "0x0",
        "10.0.0.1",
        "10.1",
        "167772161",
        "0xa.1",
        "012.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "192.168.257",
        "3232235777",
        "0xc0a80101",
        "0300.0250.1.1",
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "100.64.0.1",
        "100.100.100.200",
        "100.127.255.255",
        "192.0.0.192",
        "168.63.129.16",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "255.255.255.255",
        "240.0.0.1",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "[::]",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[::ffff:0:127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::1]",
        "[64:ff9b::5db8:d822]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[2001:db8::1]",
        "[3fff::1]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[100::1]",
        "[5f00::1]",
        "attic",
        "attic.local",
        "attic.local.",
        "nas.lan",
        "router.home",
        "nas.home.arpa",
        "x.internal",
        "metadata.google.internal",
        "x.onion",
        "x.corp",
        "lOcAlHoSt",
        "ⓛocalhost",
    ] {
        world.refused(&format!("http://{host}/")).await;
        world.refused(&format!("https://{host}:8443/x?y")).await;
    }
    // A zone, credentials, other ports, and what is no web address at all.
    for url in [
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://me@site.example/",
        "http://a:b@site.example/",
        "http://site.example:22/",
        "http://site.example:6379/",
        "http://site.example:65535/",
        "http://site.example:0/",
        "ftp://site.example/",
        "file:///etc/passwd",
        "gopher://site.example/",
        "data:text/plain,x",
        "javascript:1",
        "//site.example/",
        "site.example",
        "",
        "http://",
        "http://site.example@127.0.0.1/",
        "http://127.0.0.1#@site.example/",
        "http://127.0.0.1\\@site.example/",
        "unix:/run/x.sock",
        "ws://site.example/",
    ] {
        world.refused(url).await;
    }
    world.refused(&format!("http://site.example/{}", "x".repeat(3000))).await;
}

#[tokio::test]
async fn a_name_is_judged_by_where_it_leads_and_every_time() {
    let world = World::new(None);
    for (name, addresses) in [
        ("a.example", vec!["127.0.0.1"]),
        ("b.example", vec![THERE, "192.168.1.1"]),
        ("c.example", vec![THERE, "::1"]),
        ("d.example", vec!["::ffff:10.0.0.1"]),
        ("e.example", vec!["169.254.169.254"]),
        ("f.example", vec!["fd00::1"]),
    ] {
        world.network.name(name, &addresses);
        assert_eq!(world.refused(&format!("https://{name}/")).await, livos_fetch::HOUSEHOLD, "{name}");
    }
    assert!(world.refused("http://nowhere.example/").await.contains("is not known"));
    // This machine by its public address, and what stands beside it behind the same router.
    *world.network.own.lock().unwrap() =
        vec!["93.184.216.9".parse().unwrap(), "2a00:1:2:3::4".parse().unwrap()];
    world.network.name("g.example", &["2a00:1:2:ffff::1"]);
    world.refused("http://site.example/").await;
    world.refused("http://93.184.216.9/").await;
    world.refused("http://g.example/").await;
    *world.network.own.lock().unwrap() = Vec::new();
    // The name means something else the second time.
    let server = serve(|_| ok("text/plain", "public")).await;
    let world = World::new(Some(&server));
    assert_eq!(world.read("http://site.example/").await.unwrap().text.unwrap(), "public");
    assert_eq!(world.network.went(), [SocketAddr::from((THERE.parse::<IpAddr>().unwrap(), 80))]);
    world.network.name("site.example", &["10.0.0.1"]);
    assert_eq!(world.refused("http://site.example/").await, livos_fetch::HOUSEHOLD);
}

#[tokio::test]
async fn a_page_that_points_elsewhere_is_followed_only_where_one_may_go() {
    for (from, place) in [
        ("/loop", "/loop"),
        ("/home", "http://127.0.0.1/"),
        ("/home6", "http://[::1]/"),
        ("/cloud", "http://169.254.169.254/latest/meta-data/"),
        ("/name", "http://nas.lan/"),
        ("/inside", "http://inside.example/"),
        ("/file", "file:///etc/passwd"),
        ("/port", "http://site.example:22/"),
        ("/login", "http://me:secret@site.example/"),
    ] {
        let server = serve(move |_| to(place)).await;
        let world = World::new(Some(&server));
        world.network.name("inside.example", &["192.168.1.9"]);
        world.read(&format!("http://site.example{from}")).await.expect_err(place);
        let asked = server.requests.lock().unwrap().len();
        assert_eq!(asked, if place == "/loop" { 6 } else { 1 }, "{place}");
    }
    let server = serve(|request| {
        if request.starts_with("GET /new ") {
            ok("text/plain", "found")
        } else {
            to("//other.example/new#part")
        }
    })
    .await;
    let world = World::new(Some(&server));
    world.network.name("other.example", &["1.1.1.1"]);
    let page = world.read("http://site.example/old").await.unwrap();
    assert_eq!((page.url.as_str(), page.text.as_deref()), ("http://other.example/new", Some("found")));
    // Whoever may read only one site is asked about each step.
    let only = |url: &url::Url| match url.host_str() {
        Some("site.example") => Ok(()),
        _ => Err("not there".to_owned()),
    };
    let old = address::parse("http://site.example/old").unwrap();
    let refused = within(world.web.read(old, Format::Text, false, only)).await.unwrap_err();
    assert_eq!(refused, "not there");
}

#[tokio::test]
async fn a_request_says_who_asks_and_nothing_else() {
    let server = serve(|request| {
        let cookie = "Set-Cookie: a=b\r\n";
        if request.starts_with("GET /a?b=c ") {
            format!("HTTP/1.1 302 Found\r\n{cookie}Location: /d\r\nContent-Length: 0\r\n\r\n").into_bytes()
        } else {
            ok("text/plain", "x")
        }
    })
    .await;
    World::new(Some(&server)).read("http://site.example:8080/a?b=c#secret").await.unwrap();
    let requests = server.requests.lock().unwrap().clone();
    let names = |request: &String| -> Vec<String> {
        let lines = request.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.map(|(name, _)| name.to_ascii_lowercase()).collect()
    };
    for request in &requests {
        assert_eq!(names(request), ["host", "user-agent", "accept", "accept-encoding", "connection"]);
        assert!(request.contains("host: site.example:8080\r\n") && request.contains("LivOS/"), "{request}");
    }
    assert!(
        requests[0].starts_with("GET /a?b=c HTTP/1.1\r\n") && requests[1].starts_with("GET /d HTTP/1.1\r\n")
    );
}

#[tokio::test]
async fn what_has_no_end_is_read_to_a_bound() {
    let most = crate::core::web::MOST;
    // An endless body: the server notices that nobody reads any more.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let endless = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n").await.unwrap();
        let piece = vec![b'x'; 65536];
        while stream.write_all(&piece).await.is_ok() {
            count.fetch_add(piece.len(), Ordering::SeqCst);
        }
    });
    let world = World::new(None);
    *world.network.server.lock().unwrap() = Some(address);
    let page = world.read("http://site.example/").await.unwrap();
    assert_eq!((page.text.unwrap().len(), page.cut), (most, true));
    within(endless).await.unwrap();
    assert!(written.load(Ordering::SeqCst) < most + (64 << 20), "the connection was closed");

    // A bomb: a hundred megabytes in a hundred kilobytes.
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    let piece = vec![b' '; 1 << 20];
    (0..100).for_each(|_| packer.write_all(&piece).unwrap());
    let bomb = packer.finish().unwrap();
    let gzip = move |body: Vec<u8>| {
        let mut answer =
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n".to_vec();
        answer.extend(body);
        answer
    };
    let server = serve(move |_| gzip(bomb.clone())).await;
    let page = World::new(Some(&server)).read("http://site.example/").await.unwrap();
    assert_eq!((page.text.unwrap().len(), page.cut), (most, true));

    // Packed well, broken, and in a way that nobody asked for.
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all("Grüße".as_bytes()).unwrap();
    let packed = packer.finish().unwrap();
    let server = serve(move |_| gzip(packed.clone())).await;
    let page = World::new(Some(&server)).read("http://site.example/").await.unwrap();
    assert_eq!((page.text.as_deref(), page.cut), (Some("Grüße"), false));
    let server = serve(move |_| gzip(b"no gzip at all, but long enough to look like one".to_vec())).await;
    let why = World::new(Some(&server)).read("http://site.example/").await.unwrap_err();
    assert!(why.contains("can't be unpacked"), "{why}");
    let server =
        serve(|_| b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: br\r\n\r\nxx".to_vec())
            .await;
    let why = World::new(Some(&server)).read("http://site.example/").await.unwrap_err();
    assert!(why.contains("not asked for"), "{why}");
}

#[tokio::test]
async fn a_server_that_does_what_none_should_only_fails() {
    let long = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "x".repeat(200_000));
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(5000));
    for answer in [
        long,
        many,
        "no HTTP\r\n\r\n".to_owned(),
        String::new(),
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n".to_owned(),
    ] {
        let shown: String = answer.chars().take(40).collect();
        let server = serve(move |_| answer.clone().into_bytes()).await;
        World::new(Some(&server)).read("http://site.example/").await.expect_err(&shown);
    }
    // What breaks off is shown as far as it came.
    let server =
        serve(|_| b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 900\r\n\r\nhalf".to_vec())
            .await;
    let page = World::new(Some(&server)).read("http://site.example/").await.unwrap();
    assert_eq!((page.text.as_deref(), page.cut), (Some("half"), true));
}

#[tokio::test(start_paused = true)]
async fn a_page_that_comes_in_drops_is_given_up() {
    // The clock runs on whenever nothing else is to be done.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let world = World::new(None);
    *world.network.server.lock().unwrap() = Some(listener.local_addr().unwrap());
    let dripping = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n").await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let url = address::parse("http://site.example/").unwrap();
    let why = world.web.read(url, Format::Text, false, |_| Ok(())).await.unwrap_err();
    assert!(why.contains("took longer than"), "{why}");
    dripping.await.unwrap();
}
