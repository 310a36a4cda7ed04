//! The smallest HTTP client there is, for asking a server on loopback whether it lives. It spares
//! the build tool a real one.

use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Status and body of a GET on `127.0.0.1:port`.
pub async fn get(port: u16, path: &str, within: Duration) -> Result<(u16, String)> {
    tokio::time::timeout(within, ask(port, path)).await.context("no answer in time")?
}

async fn ask(port: u16, path: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request =
        format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no end of headers")?;
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .context("the answer has no status")?;
    Ok((status, body.to_owned()))
}

/// Asks again until the answer's status is `status`; for a server that is just starting.
pub async fn wait_for_status(port: u16, path: &str, status: u16, within: Duration) -> Result<String> {
    crate::wait_for(within, &format!("http://127.0.0.1:{port}{path} answers {status}"), async || {
        match get(port, path, Duration::from_secs(5)).await {
            Ok((found, body)) if found == status => Some(body),
            _ => None,
        }
    })
    .await
}
