//! One question to an engine, over a connection that we open ourselves: no redirect, no cookie, no proxy.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderValue, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use livos_bus::assistant::Problem;
use livos_fetch::{Connection, HEAD, Network, TRIES, Tls, host_of};
use livos_llm::is_of_the_house;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::{Ask, Said};
use crate::core::problem;

/// The most bytes of an answer.
const LONGEST: usize = 1024 * 1024;
const AGENT: &str = concat!("LivOS/", env!("CARGO_PKG_VERSION"));

fn unreachable(message: String) -> Problem {
    problem::of("unreachable", message)
}

pub(super) async fn send(network: &dyn Network, tls: &Tls, ask: Ask) -> Result<Said, Problem> {
    let stream = connect(network, &ask.url).await?;
    if ask.url.scheme() == "https" {
        let name = host_of(&ask.url).trim_start_matches('[').trim_end_matches(']').to_owned();
        let stream = tls.wrap(&name, stream).await;
        let stream = stream.map_err(|error| {
            unreachable(format!("{name} can't be trusted: {error}; check the address and its certificate"))
        })?;
        exchange(stream, ask).await
    } else {
        exchange(stream, ask).await
    }
}

pub(crate) async fn connect(network: &dyn Network, url: &Url) -> Result<TcpStream, Problem> {
    let host = host_of(url);
    let port = url.port_or_known_default().unwrap_or(443);
    let unknown =
        || unreachable(format!("{host} is not known; check the address, and whether this server is online"));
    let found: Vec<SocketAddr> = match url.host() {
        Some(Host::Ipv4(address)) => vec![(IpAddr::V4(address), port).into()],
        Some(Host::Ipv6(address)) => vec![(IpAddr::V6(address), port).into()],
        Some(Host::Domain(name)) => network.resolve(name, port).await.map_err(|_| unknown())?,
        None => Vec::new(),
    };
    let mut failure = unknown();
    for place in found.into_iter().take(TRIES) {
        // Looked at here and not at the name: what a name means may change.
        if url.scheme() == "http" && !is_of_the_house(place.ip()) {
            failure = unreachable(format!(
                "{host} is outside of the house; use https, so that nobody on the way reads along"
            ));
            continue;
        }
        match network.connect(place).await {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                failure = unreachable(format!(
                    "{host} does not answer: {error}; check the address and the network"
                ));
            }
        }
    }
    Err(failure)
}

async fn exchange<S>(stream: S, ask: Ask) -> Result<Said, Problem>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let host = host_of(&ask.url).to_owned();
    let failed = |error: &dyn std::fmt::Display| {
        unreachable(format!("{host} can't be searched: {error}; check the address"))
    };
    let handshake = http1::Builder::new().max_buf_size(HEAD).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| failed(&error))?;
    // What goes wrong on it is told to whoever reads the body.
    let _connection = Connection(tokio::spawn(async move { drop(connection.await) }));
    let target = match ask.url.query() {
        Some(query) => format!("{}?{query}", ask.url.path()),
        None => ask.url.path().to_owned(),
    };
    let authority = ask.url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
    let mut request = Request::builder()
        .method(ask.method)
        .uri(target)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, AGENT)
        .header(header::ACCEPT, HeaderValue::from_static("application/json"))
        .header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
        .header(header::CONNECTION, HeaderValue::from_static("close"));
    for (name, value) in ask.headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(ask.body)).map_err(|error| failed(&error))?;
    let answer = sender.send_request(request).await.map_err(|error| failed(&error))?;
    let (head, mut incoming) = answer.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| failed(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if body.len() + data.len() > LONGEST {
            return Err(failed(&format_args!("its answer is longer than {} MiB", LONGEST >> 20)));
        }
        body.extend_from_slice(&data);
    }
    Ok(Said { status: head.status, headers: head.headers, body })
}
