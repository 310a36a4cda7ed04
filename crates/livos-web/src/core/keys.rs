//! One master secret, a key of its own for every purpose.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A derived key; never printed.
#[derive(Clone)]
pub(crate) struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key(…)")
    }
}

impl Key {
    fn derive(master: &[u8], purpose: &str) -> Self {
        Self(mac(master, &[purpose.as_bytes()]))
    }

    /// The bytes, for the one library that needs them.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }

    /// A text that only the holder of this key can make from these parts.
    ///
    /// Each part is preceded by its length, so that no two lists of parts read the same.
    pub(crate) fn seal(&self, parts: &[&str]) -> String {
        let mut framed = Vec::with_capacity(parts.len() * 2);
        let lengths: Vec<[u8; 8]> = parts.iter().map(|part| (part.len() as u64).to_be_bytes()).collect();
        for (part, length) in parts.iter().zip(&lengths) {
            framed.push(length.as_slice());
            framed.push(part.as_bytes());
        }
        URL_SAFE_NO_PAD.encode(mac(&self.0, &framed))
    }

    /// True when `seal` is what [`Key::seal`] gave for these parts. Takes the same time either way.
    pub(crate) fn opens(&self, parts: &[&str], seal: &str) -> bool {
        same(&self.seal(parts), seal)
    }
}

/// The keys of this server.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    /// Signs access tokens.
    pub(crate) access: Key,
    /// Makes the CSRF token of a session.
    pub(crate) csrf: Key,
    /// Makes refresh tokens.
    pub(crate) refresh: Key,
    /// Signs what an app's address carries instead of the session.
    pub(crate) gate: Key,
    /// Hashes recovery codes.
    pub(crate) recovery: Key,
    /// Hashes what a device is known by.
    pub(crate) device: Key,
    /// Hashes the keys of other programs.
    pub(crate) program: Key,
}

impl Keys {
    /// All keys of one master secret.
    pub(crate) fn new(master: &[u8]) -> Self {
        Self {
            access: Key::derive(master, "livos access token"),
            csrf: Key::derive(master, "livos csrf token"),
            refresh: Key::derive(master, "livos refresh token"),
            gate: Key::derive(master, "livos app gate"),
            recovery: Key::derive(master, "livos recovery code"),
            device: Key::derive(master, "livos device"),
            program: Key::derive(master, "livos key of a program"),
        }
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC pads or hashes its key to the block size itself; doing it here keeps a fallible
    // constructor, which cannot fail for HMAC, out of every caller.
    let mut block = [0u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Compares two secrets without telling, by its time, where they differ.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// 256 random bits as text.
pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is stored of a secret that only has to be recognised.
pub(crate) fn fingerprint(secret: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_is_the_standard_one() {
        // RFC 4231, test cases 2 and 6.
        let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(
            hex(mac(b"Jefe", &[b"what do ya want ", b"for nothing?"])),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(mac(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"])),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_seal_opens_only_for_its_parts_and_its_purpose() {
        let keys = Keys::new(b"master");
        let seal = keys.gate.seal(&["app", "session"]);
        assert!(keys.gate.opens(&["app", "session"], &seal));
        assert!(!keys.gate.opens(&["apps", "ession"], &seal));
        assert!(!keys.gate.opens(&["app"], &seal));
        assert!(!keys.csrf.opens(&["app", "session"], &seal));
        assert!(!Keys::new(b"other").gate.opens(&["app", "session"], &seal));
    }
}
