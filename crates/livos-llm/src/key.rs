//! The key of an account with a provider.

use crate::Error;

/// A secret that can be sent and can't be printed.
///
/// There is no `Display` and no serialisation; `Debug` doesn't even say how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The longest key that is taken for one.
    const MAX: usize = 4096;

    /// Takes a key as people paste it: surrounding space doesn't count.
    pub fn new(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        if text.is_empty() || text.len() > Self::MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::Endpoint("a key is one word of letters, digits and signs".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The key, for the one who sends or seals it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` without the key in it: servers like to repeat what they refuse.
    pub(crate) fn scrub(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Key(…)")
    }
}
