//! Nobody gets a question who can't prove who they are.
//!
//! `tls/` holds a certificate for `localhost`, its key and its authority, all made for this test and good for nothing else.

use std::sync::Arc;

use livos_llm::{Client, Dialect, Endpoint, Error, Key, Remote};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::contract::{follow, request, said};
use crate::server::KEY;

const AUTHORITY: &[u8] = include_bytes!("tls/authority.der");
const CERTIFICATE: &[u8] = include_bytes!("tls/localhost.der");
const CERTIFICATE_KEY: &[u8] = include_bytes!("tls/localhost-key.der");

const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n\
     data: {\"choices\":[{\"delta\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

/// Answers everybody who trusts it; says on which port.
async fn server() -> u16 {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(CERTIFICATE_KEY));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(CERTIFICATE)], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Who doesn't trust it goes away.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if stream.read(&mut [0; 64 * 1024]).await.is_ok_and(|count| count > 0) {
                drop(stream.write_all(ANSWER.as_bytes()).await);
                drop(stream.shutdown().await);
            }
        }
    });
    port
}

async fn ask(client: &Client, host: &str, port: u16) -> Result<String, Error> {
    let endpoint = Endpoint {
        name: "tls".to_owned(),
        dialect: Dialect::ChatCompletions,
        base_url: format!("https://{host}:{port}"),
        model: "m".to_owned(),
        key: Some(Key::new(KEY).unwrap()),
    };
    let (collected, _, failure) = follow(&Remote::new(client, endpoint)?, request("say it")).await;
    failure.map_or_else(|| Ok(said(&collected)), Err)
}

#[tokio::test]
async fn a_name_is_proved_or_nothing_is_said() {
    let port = server().await;
    let trusting = Client::trusting(vec![AUTHORITY.to_vec()], Arc::new(|| 0));
    assert_eq!(ask(&trusting, "localhost", port).await.unwrap(), "yes");
    let failure = ask(&trusting, "127.0.0.1", port).await.unwrap_err();
    assert!(matches!(failure, Error::Unreachable { .. }), "another name: {failure:?}");
    let failure = ask(&Client::new(Arc::new(|| 0)), "localhost", port).await.unwrap_err();
    assert!(matches!(failure, Error::Unreachable { .. }), "an authority that nobody knows: {failure:?}");
    let failure = ask(&Client::trusting(vec![], Arc::new(|| 0)), "localhost", port).await.unwrap_err();
    let Error::Unreachable { source, .. } = failure else { panic!("{failure:?}") };
    assert!(source.to_string().contains("ca-certificates"), "it says what to do: {source}");
}
