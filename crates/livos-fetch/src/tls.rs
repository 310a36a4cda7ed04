//! TLS: rustls with ring, and nobody trusted whom the machine doesn't trust.

use std::io;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The one way to speak TLS. Made when it is first needed: somebody whose models are all in the house never loads a
/// certificate.
pub struct Tls {
    config: OnceCell<Arc<ClientConfig>>,
    authorities: Option<Vec<Vec<u8>>>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Tls")
    }
}

impl Tls {
    /// Trusts whom the machine trusts.
    #[must_use]
    pub fn of_the_machine() -> Self {
        Self { config: OnceCell::new(), authorities: None }
    }

    /// Trusts these alone, each a certificate in DER.
    #[must_use]
    pub fn only(authorities: Vec<Vec<u8>>) -> Self {
        Self { config: OnceCell::new(), authorities: Some(authorities) }
    }

    /// Trusts the certificates in this PEM text alone, and nobody if none of them can be read.
    #[must_use]
    pub fn only_in_pem(text: &[u8]) -> Self {
        Self::only(certificates(text))
    }

    /// Shakes hands with the one who has to prove to be `host`, a name or an address.
    pub async fn wrap(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let config = self.config.get_or_try_init(|| self.load()).await?;
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        TlsConnector::from(Arc::clone(config)).connect(name, stream).await
    }

    async fn load(&self) -> io::Result<Arc<ClientConfig>> {
        let given = self.authorities.clone();
        tokio::task::spawn_blocking(move || configure(given)).await.map_err(io::Error::other)?
    }
}

/// The certificates in a PEM text, in DER. What cannot be read in it is left out.
#[must_use]
pub fn certificates(pem: &[u8]) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).map(|one| one.to_vec()).collect()
}

fn configure(given: Option<Vec<Vec<u8>>>) -> io::Result<Arc<ClientConfig>> {
    let certificates = match given {
        Some(given) => given.into_iter().map(CertificateDer::from).collect(),
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    // The odd certificate that can't be read is nobody's fault here; none at all is.
    let (read, _) = roots.add_parsable_certificates(certificates);
    if read == 0 {
        return Err(io::Error::other(
            "this machine trusts no certificate authority; install the package ca-certificates",
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
