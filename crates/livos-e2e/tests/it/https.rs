//! HTTPS of a whole LivOS: a device that trusts its certificate signs in by name and by address.

use std::time::{Duration, Instant};

use livos_fetch::Tls;
use livos_testkit::Stack;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const DEADLINE: Duration = Duration::from_secs(60);

/// Asks over HTTPS, as somebody who trusts this certificate alone; `None` while there is none for `name`.
async fn ask(port: u16, name: &str, pem: &str, request: &str, body: &str) -> Option<String> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let mut socket = Tls::only_in_pem(pem.as_bytes()).wrap(name, socket).await.ok()?;
    let length = body.len();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: {name}:{port}\r\nOrigin: https://{name}:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.ok()?;
    socket.write_all(body.as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    // Whether the other side says goodbye before it hangs up is of no interest.
    let read = tokio::time::timeout(DEADLINE, socket.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "{name} never ends its answer");
    Some(String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn a_device_that_trusts_the_certificate_comes_in_by_name_and_by_address() {
    let stack = Stack::start().await.expect("LivOS runs");
    let owner = stack.owner().await.expect("claimed");
    let stranger = stack.client().expect("a client");
    let deadline = Instant::now() + DEADLINE;
    // The app daemon tells Caddy to speak HTTPS; until then nobody vouches for it.
    let pem = loop {
        let answer = stranger.get("/api/v1/certificate").await.expect("an answer");
        if answer.status == 200 {
            break answer.text();
        }
        assert!(Instant::now() < deadline, "{}", answer.text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let port = stack.site.https_port;
    for name in ["livos.local", "127.0.0.1"] {
        let answer = loop {
            if let Some(answer) = ask(port, name, &pem, "GET /api/v1/health", "").await {
                break answer;
            }
            assert!(Instant::now() < deadline, "{name} has no certificate");
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        // Refused, but by who answers sign-ins, and not as a page from elsewhere.
        let asked = "{\"username\":\"nobody\",\"password\":\"nothing\"}";
        let answer = ask(port, name, &pem, "POST /api/v1/session", asked).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
    assert!(
        ask(port, "evil.example", &pem, "GET /", "").await.is_none(),
        "no certificate for a stranger's name"
    );
    let exposure =
        owner.get("/api/v1/exposure").await.expect("an answer").expect(200).expect("how it is reached");
    assert_eq!(exposure["https"], "on");
    let profile = stranger.get("/api/v1/certificate/profile").await.expect("an answer");
    assert!(profile.text().contains("com.apple.security.root"));
    stack.stop().await;
}
