//! GRUB's environment block: 1024 bytes that GRUB reads and, in place, writes. Pure.

use std::collections::BTreeMap;

use crate::{Error, Result};

const SIZE: usize = 1024;
const HEADER: &str = "# GRUB Environment Block\n";

/// Names and values; order does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct GrubEnvironment(BTreeMap<String, String>);

impl GrubEnvironment {
    /// Reads a block; one that is damaged counts as empty, since GRUB would see it so too.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.strip_prefix(HEADER).unwrap_or_default().lines();
        let pairs = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
        Self(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// A value, or nothing.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Sets a value.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The block, padded to the size that GRUB insists on.
    pub(crate) fn render(&self) -> Result<Vec<u8>> {
        let mut text = HEADER.to_owned();
        for (name, value) in &self.0 {
            text.push_str(&format!("{name}={value}\n"));
        }
        if text.len() > SIZE {
            return Err(Error::Invalid("GRUB's environment block is full".to_owned()));
        }
        let mut bytes = text.into_bytes();
        bytes.resize(SIZE, b'#');
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_comes_back_as_it_was() {
        let mut block = GrubEnvironment::default();
        block.set("next", "0.1.0-2");
        block.set("left", "3");
        let bytes = block.render().unwrap();
        assert_eq!(bytes.len(), SIZE);
        assert!(bytes.starts_with(b"# GRUB Environment Block\nleft=3\nnext=0.1.0-2\n####"));
        assert_eq!(GrubEnvironment::parse(&bytes), block);
    }

    #[test]
    fn a_damaged_block_is_empty() {
        assert_eq!(GrubEnvironment::parse(&[0; 1024]).get("next"), "");
        assert_eq!(GrubEnvironment::parse(b""), GrubEnvironment::default());
    }
}
