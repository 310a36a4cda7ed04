//! Keys at rest: XChaCha20-Poly1305 under a key that is not in the database.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use livos_service::Secret;
use rand::TryRngCore as _;

use crate::error::Error;

const NONCE: usize = 24;

/// Seals and unseals.
pub(crate) struct Seal(XChaCha20Poly1305);

impl std::fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seal(…)")
    }
}

impl Seal {
    /// Under this secret.
    pub(crate) fn new(secret: &Secret) -> Result<Self, Error> {
        XChaCha20Poly1305::new_from_slice(secret.expose()).map(Self).map_err(|_| Error::SealingKey)
    }

    /// Seals a key to where it may be used: it does not open for anything else.
    pub(crate) fn seal(&self, key: &str, place: &str) -> Result<Vec<u8>, Error> {
        let mut nonce = [0; NONCE];
        rand::rngs::OsRng.try_fill_bytes(&mut nonce).map_err(|_| Error::Random)?;
        let payload = Payload { msg: key.as_bytes(), aad: place.as_bytes() };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload).map_err(|_| Error::SealingKey)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed to this place.
    pub(crate) fn open(&self, sealed: &[u8], place: &str) -> Option<String> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let key = self.0.decrypt(&XNonce::from(*nonce), payload).ok()?;
        String::from_utf8(key).ok()
    }
}
