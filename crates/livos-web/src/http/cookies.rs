//! Cookies, in and out.

use http::{HeaderMap, HeaderValue, header};

/// Carries the access token.
pub(crate) const ACCESS: &str = "livos_access";
/// Carries the refresh token.
pub(crate) const REFRESH: &str = "livos_refresh";
/// Says that somebody has signed in with this browser before. Opens nothing.
pub(crate) const DEVICE: &str = "livos_device";

/// The value of the first cookie of this name.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// A cookie to set.
#[derive(Debug)]
pub(crate) struct Cookie<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its value; ours are all of the cookie alphabet.
    pub(crate) value: &'a str,
    /// Where it is sent.
    pub(crate) path: &'a str,
    /// `Strict` or `Lax`.
    pub(crate) same_site: &'a str,
    /// Seconds; `None` until the browser closes.
    pub(crate) max_age: Option<i64>,
    /// Over HTTPS only.
    pub(crate) secure: bool,
}

impl Cookie<'_> {
    /// The header's value; `None` if something in it cannot stand in a header.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let mut text = format!(
            "{}={}; Path={}; HttpOnly; SameSite={}",
            self.name, self.value, self.path, self.same_site
        );
        if let Some(seconds) = self.max_age {
            text.push_str(&format!("; Max-Age={seconds}"));
        }
        if self.secure {
            text.push_str("; Secure");
        }
        HeaderValue::try_from(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; livos_access=t.o.k=; b"));
        headers.append(header::COOKIE, HeaderValue::from_static("livos_refresh=r"));
        assert_eq!(find(&headers, ACCESS), Some("t.o.k="));
        assert_eq!(find(&headers, REFRESH), Some("r"));
        assert_eq!(find(&headers, "b"), None);
        assert_eq!(find(&headers, "livos"), None);
    }

    #[test]
    fn a_cookie_says_how_it_may_be_sent() {
        let cookie =
            Cookie { name: "n", value: "v", path: "/", same_site: "Strict", max_age: Some(60), secure: true };
        assert_eq!(cookie.header().unwrap(), "n=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure");
        assert!(Cookie { value: "a\r\nb", ..cookie }.header().is_none());
    }
}
