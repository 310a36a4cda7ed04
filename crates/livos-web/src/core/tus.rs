//! The words of the tus 1.0 protocol.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::Sha1;
use sha2::Sha256;

/// The one version there is.
pub(crate) const VERSION: &str = "1.0.0";
/// What this server can do beyond the core.
pub(crate) const EXTENSIONS: &str = "creation,creation-with-upload,termination,checksum,expiration";
/// The digests it can check.
pub(crate) const ALGORITHMS: &str = "sha1,sha256";
/// The media type of a piece.
pub(crate) const MEDIA_TYPE: &str = "application/offset+octet-stream";

/// A length or an offset: digits only.
pub(crate) fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 19 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok().filter(|number| i64::try_from(*number).is_ok()) } else { None }
}

/// Reads `Upload-Metadata`: `key base64,key base64`. `None` when it is malformed.
pub(crate) fn metadata(header: &str) -> Option<HashMap<String, String>> {
    let mut pairs = HashMap::new();
    for pair in header.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        if pairs.insert(key.to_owned(), value).is_some() {
            return None;
        }
    }
    Some(pairs)
}

/// A digest being computed, and what it must come to.
#[derive(Clone)]
pub(crate) struct Checksum {
    running: Running,
    expected: Vec<u8>,
}

#[derive(Clone)]
enum Running {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksum {
    /// Reads `Upload-Checksum`: `algorithm base64`. `None` when it is malformed or unknown.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let (algorithm, digest) = header.trim().split_once(' ')?;
        let (running, length) = match algorithm {
            "sha1" => (Running::Sha1(sha1::Digest::new()), 20),
            "sha256" => (Running::Sha256(sha2::Digest::new()), 32),
            _ => return None,
        };
        let expected = STANDARD.decode(digest.trim()).ok().filter(|digest| digest.len() == length)?;
        Some(Self { running, expected })
    }

    /// Takes more bytes in.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match &mut self.running {
            Running::Sha1(digest) => sha1::Digest::update(digest, bytes),
            Running::Sha256(digest) => sha2::Digest::update(digest, bytes),
        }
    }

    /// True when the bytes were those that were meant.
    pub(crate) fn holds(self) -> bool {
        match self.running {
            Running::Sha1(digest) => sha1::Digest::finalize(digest)[..] == self.expected,
            Running::Sha256(digest) => sha2::Digest::finalize(digest)[..] == self.expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_pairs_of_word_and_base64() {
        let pairs = metadata("filename d29ybGRfZG9taW5hdGlvbl9wbGFuLnBkZg==,is_confidential").unwrap();
        assert_eq!(pairs["filename"], "world_domination_plan.pdf");
        assert_eq!(pairs["is_confidential"], "");
        assert_eq!(metadata("").unwrap().len(), 0);
        assert!(metadata("filename ***").is_none());
        assert!(metadata("a YQ==,a Yg==").is_none(), "a key may stand there once");
        assert!(metadata("a /w==").is_none(), "not UTF-8");
    }

    #[test]
    fn numbers_are_digits() {
        assert_eq!(number("0"), Some(0));
        assert_eq!(number("9223372036854775807"), Some(i64::MAX as u64));
        for bad in ["", "-1", "+1", "1.0", " 1", "9223372036854775808", "99999999999999999999"] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn checksums_are_computed_over_pieces() {
        // The example of the protocol's text: "hello world".
        let mut right = Checksum::parse("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=").unwrap();
        right.update(b"hello ");
        let mut wrong = right.clone();
        right.update(b"world");
        wrong.update(b"World");
        assert!(right.holds());
        assert!(!wrong.holds());
        let mut long = Checksum::parse("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=").unwrap();
        long.update(b"hello world");
        assert!(long.holds());
        for bad in ["", "sha1", "sha1 ", "crc32 AAAA", "sha1 AAAA", "sha1 ***"] {
            assert!(Checksum::parse(bad).is_none(), "{bad}");
        }
    }
}
