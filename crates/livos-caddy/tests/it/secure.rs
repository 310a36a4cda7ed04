//! HTTPS of the house, by the real Caddy.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use livos_caddy::{AppRoute, Https};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::documents::{app, https};
use crate::site::{DEADLINE, Message, Site, ask, caddy_is_missing, free_port, send};

/// Shakes hands with the one who has to prove to be `name`, a name or an address, and trusts this authority alone.
pub(crate) async fn shake(
    address: SocketAddr,
    name: &str,
    authority: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let socket = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, socket).await
}

/// The same until the certificate is there, which Caddy makes after it has said yes to the document.
pub(crate) async fn shake_soon(address: SocketAddr, name: &str, authority: &str) -> TlsStream<TcpStream> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        match shake(address, name, authority).await {
            Ok(socket) => return socket,
            Err(error) => assert!(Instant::now() < deadline, "{name}: {error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// A site that speaks HTTPS as well, where it does so, and whom to trust.
async fn secure(change: fn(&mut Https)) -> (Site, SocketAddr, String) {
    let mut site = Site::boot().await;
    let port = free_port().await;
    let mut wanted = https(port);
    change(&mut wanted);
    site.edge.https = Some(wanted);
    let route = site.edge.apps.remove(0);
    site.edge.apps = vec![AppRoute { host_names: vec!["notes.attic.local".to_owned()], ..route }];
    let answer = site.load(&site.edge).await;
    assert_eq!(answer.status(), 200, "{}", answer.body);
    let authority = site.authority().await;
    (site, SocketAddr::from(([127, 0, 0, 1], port)), authority)
}

fn last(seen: &crate::site::Seen) -> Message {
    seen.lock().unwrap().last().cloned().unwrap()
}

#[tokio::test]
async fn the_house_vouches_for_its_names_and_addresses() {
    if caddy_is_missing() {
        return;
    }
    let (site, address, authority) = secure(|_| {}).await;
    for name in ["attic", "attic.local", "127.0.0.1"] {
        let mut socket = shake_soon(address, name, &authority).await;
        let host = format!("{name}:{}", address.port());
        let answer = send(&mut socket, "GET /", &[("Host", &host)], "").await;
        assert_eq!((answer.status(), answer.body.as_str()), (200, "from web"), "{name}");
        let seen = last(&site.web);
        assert_eq!((seen.header("x-forwarded-proto"), seen.header("x-forwarded-host")), ("https", &*host));
        assert_eq!(seen.header("strict-transport-security"), "");
    }
    // An app, behind the same gate, which learns how its visitor came.
    let mut socket = shake_soon(address, "notes.attic.local", &authority).await;
    let visitor = [("Host", "notes.attic.local"), ("Cookie", "__Host-livos_x=1; livos_app_notes=good; a=1")];
    let answer = send(&mut socket, "GET /", &visitor, "").await;
    assert_eq!((answer.status(), answer.body.as_str()), (200, "app got "));
    let (gate, app) = (last(&site.web), last(&site.app));
    assert_eq!((gate.header("x-forwarded-proto"), app.header("x-forwarded-proto")), ("https", "https"));
    assert_eq!(app.header("cookie"), "a=1", "the app sees no cookie of ours");
    // Plain HTTP is as it was.
    assert_eq!(ask(site.address, "GET /", &[("Host", "attic.local")], "").await.body, "from web");
    site.stop().await;
}

#[tokio::test]
async fn nobody_has_a_certificate_made_for_a_name_of_their_choice() {
    if caddy_is_missing() {
        return;
    }
    let (site, address, authority) = secure(|_| {}).await;
    shake_soon(address, "attic.local", &authority).await;
    for name in ["evil.example", "x.attic.local", "attic.local.evil.example"] {
        let error = shake(address, name, &authority).await.map(|_| ()).expect_err("no certificate");
        assert!(error.to_string().contains("alert"), "{name}: {error}");
    }
    let made = std::fs::read_dir(site.edge.storage_dir.join("certificates/local")).unwrap();
    let made: Vec<_> = made.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert!(!made.iter().any(|name| name.contains("evil") || name.starts_with("x.")), "{made:?}");
    // The key that vouches for the house is readable to nobody else.
    let key = site.edge.storage_dir.join("pki/authorities/local/root.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(key).unwrap().permissions());
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    site.stop().await;
}

#[tokio::test]
async fn whoever_wants_it_is_sent_to_https() {
    if caddy_is_missing() {
        return;
    }
    let (site, address, authority) = secure(|https| https.always = true).await;
    shake_soon(address, "attic.local", &authority).await;
    let port = address.port();
    site.until(307, "GET /", &[("Host", "attic.local")]).await;
    for (host, name) in [
        ("attic.local", "attic.local"),
        ("attic.local:80", "attic.local"),
        ("notes.attic.local", "notes.attic.local"),
        ("192.168.1.5", "192.168.1.5"),
        ("[fd00::1]", "[fd00::1]"),
    ] {
        let answer = ask(site.address, "POST /files?a=b", &[("Host", host)], "").await;
        let to = format!("https://{name}:{port}/files?a=b");
        assert_eq!((answer.status(), answer.header("location")), (307, &*to), "{host}");
        assert_eq!(answer.header("cache-control"), "no-store", "it can be taken back");
    }
    // What a new device needs stays, and so does a name that has no certificate.
    for (host, path) in [
        ("attic.local", "/trust"),
        ("192.168.1.5", "/api/v1/certificate"),
        ("attic.local", "/api/v1/certificate/profile"),
        ("nas.example.org", "/"),
    ] {
        let answer = ask(site.address, &format!("GET {path}"), &[("Host", host)], "").await;
        assert_eq!((answer.status(), answer.body.as_str()), (200, "from web"), "{host}{path}");
    }
    site.stop().await;
}

#[tokio::test]
async fn what_is_loaded_again_keeps_the_authority() {
    if caddy_is_missing() {
        return;
    }
    let (mut site, address, authority) = secure(|_| {}).await;
    shake_soon(address, "attic.local", &authority).await;
    site.edge.apps.push(AppRoute { host_names: vec!["more.attic.local".to_owned()], ..app("more") });
    if let Some(https) = &mut site.edge.https {
        https.authority = "Another name".to_owned();
    }
    assert_eq!(site.load(&site.edge).await.status(), 200);
    assert_eq!(site.authority().await, authority);
    shake_soon(address, "more.attic.local", &authority).await;
    site.stop().await;
}
