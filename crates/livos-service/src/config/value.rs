//! The kinds of values a key can have.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use toml::de::DeValue;

/// A value as it was given: from the file, or as the text of an environment variable.
#[derive(Debug, Clone, Copy)]
pub enum Given<'a> {
    /// From TOML.
    Toml(&'a DeValue<'a>),
    /// From an environment variable.
    Text(&'a str),
}

impl<'a> Given<'a> {
    fn as_text(self, kind: &str) -> Result<&'a str, String> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Toml(value) => value.as_str().ok_or_else(|| wrong(kind, value.type_str())),
        }
    }
}

fn wrong(kind: &str, found: &str) -> String {
    format!("expected {kind}, found {found}")
}

/// A type that a key can have.
pub trait Setting: Sized {
    /// What to call it in messages.
    const KIND: &'static str;

    /// Reads a value; the error says what was expected.
    fn from_given(given: Given<'_>) -> Result<Self, String>;

    /// Writes it as TOML.
    fn show(&self) -> String;
}

impl Setting for String {
    const KIND: &'static str = "text";

    fn from_given(given: Given<'_>) -> Result<Self, String> {
        given.as_text(Self::KIND).map(str::to_owned)
    }

    fn show(&self) -> String {
        toml::Value::String(self.clone()).to_string()
    }
}

impl Setting for PathBuf {
    const KIND: &'static str = "an absolute path";

    fn from_given(given: Given<'_>) -> Result<Self, String> {
        let path = Self::from(given.as_text(Self::KIND)?);
        // A relative path would mean another place for each daemon's working directory.
        if path.is_absolute() { Ok(path) } else { Err(wrong(Self::KIND, &format!("{:?}", path.display()))) }
    }

    fn show(&self) -> String {
        toml::Value::String(self.display().to_string()).to_string()
    }
}

impl Setting for bool {
    const KIND: &'static str = "true or false";

    fn from_given(given: Given<'_>) -> Result<Self, String> {
        match given {
            Given::Toml(value) => value.as_bool().ok_or_else(|| wrong(Self::KIND, value.type_str())),
            Given::Text(text) => text.trim().parse().map_err(|_| wrong(Self::KIND, &format!("{text:?}"))),
        }
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

macro_rules! whole_number {
    ($type:ty, $kind:literal) => {
        impl Setting for $type {
            const KIND: &'static str = $kind;

            fn from_given(given: Given<'_>) -> Result<Self, String> {
                let text = match given {
                    Given::Text(text) => text.trim().to_owned(),
                    Given::Toml(value) => match value.as_integer() {
                        Some(number) if number.radix() == 10 => number.as_str().replace('_', ""),
                        _ => return Err(wrong($kind, value.type_str())),
                    },
                };
                text.parse().map_err(|_| wrong($kind, &format!("{text:?}")))
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    };
}

whole_number!(u16, "a whole number from 0 to 65535");
whole_number!(u64, "a whole number");

impl Setting for Vec<String> {
    const KIND: &'static str = "a list of texts";

    fn from_given(given: Given<'_>) -> Result<Self, String> {
        match given {
            // In a variable, a comma separates.
            Given::Text(text) => Ok(text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect()),
            Given::Toml(value) => {
                let items = value.as_array().ok_or_else(|| wrong(Self::KIND, value.type_str()))?;
                items
                    .iter()
                    .map(|item| {
                        let item = item.get_ref();
                        item.as_str().map(str::to_owned).ok_or_else(|| wrong(Self::KIND, item.type_str()))
                    })
                    .collect()
            }
        }
    }

    fn show(&self) -> String {
        let items = self.iter().map(|item| toml::Value::String(item.clone()).to_string()).collect::<Vec<_>>();
        format!("[{}]", items.join(", "))
    }
}

/// A range of ports, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortRange {
    /// The first port.
    pub first: u16,
    /// The last port.
    pub last: u16,
}

impl PortRange {
    /// Every port in it.
    pub fn ports(self) -> impl Iterator<Item = u16> {
        self.first..=self.last
    }

    /// Whether `port` is in it.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl Setting for PortRange {
    const KIND: &'static str = "a range of ports such as \"42000-42999\"";

    fn from_given(given: Given<'_>) -> Result<Self, String> {
        let text = given.as_text(Self::KIND)?;
        let range = text.split_once('-').and_then(|(first, last)| {
            let range = Self { first: first.trim().parse().ok()?, last: last.trim().parse().ok()? };
            (range.first > 0 && range.first <= range.last).then_some(range)
        });
        range.ok_or_else(|| wrong(Self::KIND, &format!("{text:?}")))
    }

    fn show(&self) -> String {
        format!("\"{}-{}\"", self.first, self.last)
    }
}
