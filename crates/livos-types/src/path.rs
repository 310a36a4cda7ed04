use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::unescape_name;

/// Why a text cannot name a file or a path inside a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing was given.
    #[error("a name cannot be empty")]
    Empty,
    /// `.` or `..`, which would walk instead of name.
    #[error("‘.’ and ‘..’ are not names")]
    Dots,
    /// A slash inside one name, or a NUL byte anywhere.
    #[error("a name cannot contain ‘/’ or a zero byte")]
    Character,
    /// More than 255 bytes in one name.
    #[error("a name can be at most 255 bytes long")]
    NameTooLong,
    /// More than 4,096 bytes in all.
    #[error("a path can be at most 4,096 bytes long")]
    PathTooLong,
    /// It starts with a slash.
    #[error("a path starts inside its place, without ‘/’")]
    Absolute,
}

/// Checks one file name as it stands on the wire (see [`crate::escape_name`]).
pub fn check_component(name: &str) -> Result<(), InvalidName> {
    if name.is_empty() {
        return Err(InvalidName::Empty);
    }
    let bytes = unescape_name(name);
    if bytes == b"." || bytes == b".." {
        return Err(InvalidName::Dots);
    }
    if bytes.contains(&b'/') || bytes.contains(&0) {
        return Err(InvalidName::Character);
    }
    if bytes.len() > 255 {
        return Err(InvalidName::NameTooLong);
    }
    Ok(())
}

/// A path inside a place: names joined by `/`, no `.`/`..`, no empty part; empty text is the place itself.
///
/// Being checked makes it harmless as text; that it stays beneath its root is the kernel's promise
/// (`openat2`), never this type's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RelPath(String);

impl RelPath {
    /// The place itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Takes the text if every part of it is a name.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        if text.is_empty() {
            return Ok(Self(text));
        }
        if text.starts_with('/') {
            return Err(InvalidName::Absolute);
        }
        if text.len() > 4096 {
            return Err(InvalidName::PathTooLong);
        }
        for part in text.split('/') {
            check_component(part)?;
        }
        Ok(Self(text))
    }

    /// The text, escaped names joined by `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for the place itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes the kernel knows the path by.
    pub fn to_bytes(&self) -> Vec<u8> {
        unescape_name(&self.0)
    }

    /// The last name; `None` for the place itself.
    pub fn name(&self) -> Option<&str> {
        if self.is_root() { None } else { self.0.rsplit('/').next() }
    }

    /// The folder it stands in; `None` for the place itself.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default()))
    }

    /// The path of `name` inside this folder.
    pub fn join(&self, name: &str) -> Result<Self, InvalidName> {
        check_component(name)?;
        let text = if self.is_root() { name.to_owned() } else { format!("{}/{name}", self.0) };
        if text.len() > 4096 { Err(InvalidName::PathTooLong) } else { Ok(Self(text)) }
    }

    /// True when this is `other` or lies inside it.
    pub fn is_within(&self, other: &Self) -> bool {
        other.is_root()
            || self.0 == other.0
            || self.0.strip_prefix(&other.0).is_some_and(|rest| rest.starts_with('/'))
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RelPath {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl TryFrom<String> for RelPath {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

impl From<RelPath> for String {
    fn from(path: RelPath) -> String {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_the_way_out_is_refused() {
        for bad in [
            "..",
            "../x",
            "a/..",
            "a/../b",
            "./a",
            "a/.",
            "/etc",
            "//x",
            "a//b",
            "a/",
            "a\0b",
            // The escape characters stand for bytes and must not smuggle a dot or a slash.
            "a/\u{EF80}\0",
        ] {
            assert!(RelPath::new(bad).is_err(), "{bad:?}");
        }
        assert!(RelPath::new("a".repeat(256)).is_err());
        assert!(RelPath::new(vec!["abc"; 1200].join("/")).is_err());
    }

    #[test]
    fn parts_and_parents() {
        let path = RelPath::new("Photos/2026/x.jpg").unwrap();
        assert_eq!(path.name(), Some("x.jpg"));
        assert_eq!(path.parent().unwrap().as_str(), "Photos/2026");
        assert_eq!(RelPath::new("x").unwrap().parent(), Some(RelPath::root()));
        assert_eq!(RelPath::root().parent(), None);
        assert!(path.is_within(&RelPath::new("Photos").unwrap()));
        assert!(!path.is_within(&RelPath::new("Pho").unwrap()));
        assert_eq!(RelPath::root().join("a b").unwrap().as_str(), "a b");
    }
}
