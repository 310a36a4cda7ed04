//! Cookies, in and out.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, header};

/// Carries the access token.
pub(crate) const ACCESS: &str = "livos_access";
/// Carries the refresh token.
pub(crate) const REFRESH: &str = "livos_refresh";
/// Says that somebody has signed in with this browser before. Opens nothing.
pub(crate) const DEVICE: &str = "livos_device";

/// What a cookie is called on the wire.
///
/// Over HTTPS it has another name, one that browsers take from nobody but this very host, for all of its paths and only
/// over HTTPS: so what is set over plain HTTP, or by a script of an app on a neighbouring name, never stands in for it,
/// and a browser that comes both ways has two sign-ins that do not push each other out.
fn on_the_wire(name: &str, secure: bool) -> Cow<'_, str> {
    if secure { Cow::Owned(format!("__Host-{name}")) } else { Cow::Borrowed(name) }
}

/// The value of the first cookie of this name that came the way the request did.
pub(crate) fn find<'a>(headers: &'a HeaderMap, name: &str, secure: bool) -> Option<&'a str> {
    let name = on_the_wire(name, secure);
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
    /// Its name over plain HTTP.
    pub(crate) name: &'a str,
    /// Its value; ours are all of the cookie alphabet.
    pub(crate) value: &'a str,
    /// Where it is sent over plain HTTP. Over HTTPS it is sent everywhere, which its name asks for.
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
            on_the_wire(self.name, self.secure),
            self.value,
            if self.secure { "/" } else { self.path },
            self.same_site
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
        assert_eq!(find(&headers, ACCESS, false), Some("t.o.k="));
        assert_eq!(find(&headers, REFRESH, false), Some("r"));
        assert_eq!(find(&headers, "b", false), None);
        assert_eq!(find(&headers, "livos", false), None);
        // What came over plain HTTP counts for nothing over HTTPS, and the other way round.
        assert_eq!(find(&headers, ACCESS, true), None);
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("__Host-livos_access=s; __Host-livos_refresh=q"),
        );
        assert_eq!((find(&headers, ACCESS, true), find(&headers, REFRESH, true)), (Some("s"), Some("q")));
        assert_eq!(find(&headers, ACCESS, false), Some("t.o.k="));
    }

    #[test]
    fn a_cookie_says_how_it_may_be_sent() {
        let cookie =
            Cookie { name: "n", value: "v", path: "/", same_site: "Strict", max_age: Some(60), secure: true };
        assert_eq!(
            cookie.header().unwrap(),
            "__Host-n=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure"
        );
        assert!(Cookie { value: "a\r\nb", ..cookie }.header().is_none());
        let cookie =
            Cookie { name: REFRESH, value: "v", path: "/api", same_site: "Lax", max_age: None, secure: true };
        assert_eq!(
            cookie.header().unwrap(),
            "__Host-livos_refresh=v; Path=/; HttpOnly; SameSite=Lax; Secure"
        );
        let cookie = Cookie { secure: false, ..cookie };
        assert_eq!(cookie.header().unwrap(), "livos_refresh=v; Path=/api; HttpOnly; SameSite=Lax");
    }
}
