//! The root hash: the one number that stands for every byte of a root.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use uuid::Uuid;

use crate::{Error, Result};

/// SHA-256 at the top of the tree of hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RootHash([u8; 32]);

impl RootHash {
    /// From its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// What the partition with the data is called, so that it can be found: the first half.
    pub fn data_id(&self) -> Uuid {
        self.half(0)
    }

    /// What the partition with the hashes is called: the second half.
    pub fn tree_id(&self) -> Uuid {
        self.half(16)
    }

    fn half(&self, from: usize) -> Uuid {
        let mut half = [0; 16];
        half.copy_from_slice(&self.0[from..from + 16]);
        Uuid::from_bytes(half)
    }
}

impl fmt::Display for RootHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            write!(text, "{byte:02x}")?;
        }
        out.write_str(&text)
    }
}

impl FromStr for RootHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || Error::Invalid(format!("{text:?} is not a root hash"));
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

impl serde::Serialize for RootHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halves_name_the_partitions() {
        let text = "b2083e26000102030405060708090a0b0c0d0e0f101112131415161718191a1b";
        let hash: RootHash = text.parse().unwrap();
        assert_eq!(hash.to_string(), text);
        assert_eq!(hash.data_id().to_string(), "b2083e26-0001-0203-0405-060708090a0b");
        assert_eq!(hash.tree_id().to_string(), "0c0d0e0f-1011-1213-1415-161718191a1b");
        assert!("b2".parse::<RootHash>().is_err());
        assert!("zz".repeat(32).parse::<RootHash>().is_err());
    }
}
