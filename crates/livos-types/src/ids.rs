use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("‘{text}’ is not {what}: {rule}")]
pub struct InvalidId {
    /// What was expected, with its article ("an app id").
    pub what: &'static str,
    /// The rule it breaks, for the person who typed it.
    pub rule: &'static str,
    /// The offending text, shortened to 64 characters.
    pub text: String,
}

impl InvalidId {
    fn new(what: &'static str, rule: &'static str, text: &str) -> Self {
        Self { what, rule, text: text.chars().take(64).collect() }
    }
}

/// Defines a checked string newtype: the only way in is the check.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes the text if it keeps the rule.
            pub fn new(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(InvalidId::new($what, $rule, &text)) }
            }

            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

fn slug(text: &str, max: usize, extra: &[u8]) -> bool {
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= max
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || extra.contains(b))
        && !text.contains("..")
}

checked_text!(
    /// An app: also the name of its data folder, its container prefix and its host name.
    AppId,
    "an app id",
    "1 to 63 of a–z, 0–9, ‘-’, ‘_’ and ‘.’, starting with a letter or digit",
    |t| slug(t, 63, b"-_.")
);
checked_text!(
    /// A store source, as the person named it or as its URL's last part gave it.
    StoreId,
    "a store id",
    "1 to 63 of a–z, 0–9, ‘-’ and ‘_’, starting with a letter or digit",
    |t| slug(t, 63, b"-_")
);
impl StoreId {
    /// In the place of a store's id: the app was made from a compose file that its owner gave. No store has it.
    pub const OWN: &str = "own";

    /// Whether the app came from no store but from its owner.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.as_str() == Self::OWN
    }
}

checked_text!(
    /// A person's account. Never reused, so it may stand in an audit trail.
    UserId,
    "a user id",
    "1 to 36 of a–z, 0–9 and ‘-’, starting with a letter or digit",
    |t| slug(t, 36, b"-")
);
checked_text!(
    /// What a person types to sign in; also the name of a member's folder.
    Username,
    "a user name",
    "1 to 32 of a–z, 0–9, ‘-’, ‘_’ and ‘.’, starting with a letter or digit",
    |t| slug(t, 32, b"-_.")
);
checked_text!(
    /// A place that holds files: `home`, `home.<username>`, `shared`, `apps`, or a drive.
    RootId,
    "a place",
    "1 to 80 of a–z, 0–9, ‘-’, ‘_’ and ‘.’, starting with a letter or digit",
    |t| slug(t, 80, b"-_.")
);

/// A job: which service runs it, and its number there. Written `apps-12`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JobId {
    service: String,
    number: i64,
}

impl JobId {
    /// The job `number` of `service` ("apps").
    pub fn new(service: &str, number: i64) -> Self {
        Self { service: service.to_owned(), number }
    }

    /// The service that runs it, without the `livos-` prefix.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// Its number within that service, rising from 1.
    pub fn number(&self) -> i64 {
        self.number
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.service, self.number)
    }
}

impl FromStr for JobId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let wrong = || InvalidId::new("a job id", "a service and a number, like ‘apps-12’", text);
        let (service, number) = text.split_once('-').ok_or_else(wrong)?;
        let named =
            !service.is_empty() && service.len() <= 16 && service.bytes().all(|b| b.is_ascii_lowercase());
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        match number.parse() {
            Ok(number) if named && digits => Ok(Self { service: service.to_owned(), number }),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for JobId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<JobId> for String {
    fn from(id: JobId) -> String {
        id.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_could_escape_a_folder_or_a_host_name() {
        for good in ["jellyfin", "home-assistant", "a", "9p", "io.livos.app", "x_y"] {
            assert!(AppId::new(good).is_ok(), "{good}");
        }
        for bad in ["", "..", "a..b", "/etc", "a/b", "A", "-a", ".a", "a b", "ä", "a\0", &"a".repeat(64)] {
            assert!(AppId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_job_id_says_which_service_runs_it() {
        let id: JobId = "apps-12".parse().unwrap();
        assert_eq!((id.service(), id.number()), ("apps", 12));
        assert_eq!(id.to_string(), "apps-12");
        for bad in
            ["apps", "apps-", "-1", "apps-+1", "apps--1", "Apps-1", "apps-1x", "apps-99999999999999999999"]
        {
            assert!(bad.parse::<JobId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn deserialising_checks_too() {
        assert!(serde_json::from_str::<AppId>("\"../x\"").is_err());
        assert_eq!(serde_json::to_string(&AppId::new("x").unwrap()).unwrap(), "\"x\"");
    }
}
