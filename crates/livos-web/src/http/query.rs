//! Query strings, read strictly: a path may stand there several times, and sloppy escapes are refused
//! instead of guessed at.

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::error::ApiError;

/// The pairs of a query string, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    fn parse(text: &str) -> Result<Self, ApiError> {
        let wrong = || ApiError::invalid("the query string is not percent-encoded UTF-8");
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(key).ok_or_else(wrong)?, decode(value).ok_or_else(wrong)?))
        });
        pairs.collect::<Result<_, ApiError>>().map(Self)
    }

    /// The value of a key that stands there at most once.
    pub(crate) fn one(&self, key: &'static str) -> Result<Option<&str>, ApiError> {
        let mut values = self.all(key);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(ApiError::invalid(format!("‘{key}’ may be given once"))),
        }
    }

    /// The value of a key that must stand there.
    pub(crate) fn required(&self, key: &'static str) -> Result<&str, ApiError> {
        self.one(key)?.ok_or_else(|| ApiError::invalid(format!("‘{key}’ is missing")))
    }

    /// All values of a key.
    pub(crate) fn all(&self, key: &'static str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// A number.
    pub(crate) fn number<N: std::str::FromStr>(&self, key: &'static str) -> Result<Option<N>, ApiError> {
        let parsed = self
            .one(key)?
            .map(|text| text.parse().map_err(|_| ApiError::invalid(format!("‘{key}’ must be a number"))));
        parsed.transpose()
    }

    /// A switch: `1` or `true`.
    pub(crate) fn flag(&self, key: &'static str) -> Result<bool, ApiError> {
        Ok(matches!(self.one(key)?, Some("1" | "true")))
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

/// Undoes percent-encoding; `None` for a broken escape or what is not UTF-8 (overlong forms are not).
pub(crate) fn decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = bytes.get(at + 1..at + 3)?;
                let hex = |digit: u8| char::from(digit).to_digit(16);
                out.push(u8::try_from(hex(digits[0])? << 4 | hex(digits[1])?).ok()?);
                at += 2;
            }
            other => out.push(other),
        }
        at += 1;
    }
    String::from_utf8(out).ok()
}

/// Encodes a text for a query string.
pub(crate) fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_strictly() {
        let query = Query::parse("root=home&path=a%20b%2Fc&path=d+e&x").unwrap();
        assert_eq!(query.required("root").unwrap(), "home");
        assert_eq!(query.all("path").collect::<Vec<_>>(), ["a b/c", "d e"]);
        assert_eq!(query.one("x").unwrap(), Some(""));
        assert!(query.one("path").is_err());
        assert!(query.required("y").is_err());
        for bad in ["a=%", "a=%2", "a=%zz", "a=%c0%af", "a=%ff", "%e0%80%ae=1", "a=%ed%a0%80"] {
            assert!(Query::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_encoded_is_read_again() {
        for text in ["/a b?c=d&e#f", "ä/文", "%2e%2e", "+"] {
            assert_eq!(decode(&encode(text)).as_deref(), Some(text));
        }
    }
}
