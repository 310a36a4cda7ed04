//! What opens an app: a ticket from the desktop's address to the app's, and there a cookie of its own.
//!
//! An app's page never sees the LivOS session, so a hostile app cannot use its visitor's sign-in.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::keys::{Key, fingerprint, random_token};

/// Seconds a ticket is good for.
const TICKET_LIFETIME: i64 = 60;
/// Tickets that may be on their way at once.
const TICKETS: usize = 1024;

/// What a ticket is good for, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The app it opens.
    pub(crate) app: String,
    /// The session it was given to.
    pub(crate) session: String,
    /// The page to go to, on the app's own address.
    pub(crate) page: String,
    expires_at: i64,
}

/// Tickets that have been given out. Random and kept here, so nothing in one can be altered.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<HashMap<String, Ticket>>);

impl Tickets {
    /// Gives a ticket out.
    pub(crate) fn issue(&self, app: &str, session: &str, page: &str, now: i64) -> String {
        let ticket = random_token();
        let mut tickets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, ticket| ticket.expires_at > now);
        if tickets.len() >= TICKETS {
            let oldest =
                tickets.iter().min_by_key(|(_, ticket)| ticket.expires_at).map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                tickets.remove(&oldest);
            }
        }
        let entry = Ticket {
            app: app.to_owned(),
            session: session.to_owned(),
            page: page.to_owned(),
            expires_at: now + TICKET_LIFETIME,
        };
        tickets.insert(fingerprint(&ticket), entry);
        ticket
    }

    /// Takes a ticket back; each works once.
    pub(crate) fn redeem(&self, ticket: &str, now: i64) -> Option<Ticket> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&fingerprint(ticket));
        taken.filter(|ticket| now < ticket.expires_at)
    }
}

/// What an app is called in a host name, where not every letter of an id may stand.
pub(crate) fn label(app: &str) -> String {
    app.replace(['.', '_'], "-").trim_matches('-').to_owned()
}

/// The name of an app's cookie. App ids may hold dots, which cookie names may too.
pub(crate) fn cookie_name(app: &str) -> String {
    format!("livos_app_{app}")
}

/// The value of an app's cookie: the session it hangs on, and a seal that binds it to the app.
pub(crate) fn cookie_value(key: &Key, app: &str, session: &str) -> String {
    format!("{session}.{}", key.seal(&[app, session]))
}

/// The session of an app's cookie, if the cookie is ours and for this app.
pub(crate) fn read_cookie<'a>(key: &Key, app: &str, value: &'a str) -> Option<&'a str> {
    let (session, seal) = value.split_once('.')?;
    key.opens(&[app, session], seal).then_some(session)
}

/// A page on the same address, or `/`: whatever could lead a browser elsewhere is refused.
pub(crate) fn local_page(text: &str) -> &str {
    let mut bytes = text.bytes();
    let local = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    // Browsers drop tabs and line breaks from addresses and read a backslash as a slash.
    let plain = text.len() <= 2048 && text.bytes().all(|byte| byte > 0x20 && byte < 0x7F && byte != b'\\');
    if local && plain { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::keys::Keys;

    #[test]
    fn a_ticket_works_once_and_for_a_minute() {
        let tickets = Tickets::default();
        let ticket = tickets.issue("jellyfin", "s1", "/web/", 100);
        assert!(tickets.redeem("x", 100).is_none());
        assert!(tickets.redeem(&ticket[1..], 100).is_none());
        let redeemed = tickets.redeem(&ticket, 159).unwrap();
        assert_eq!(
            (redeemed.app.as_str(), redeemed.session.as_str(), redeemed.page.as_str()),
            ("jellyfin", "s1", "/web/")
        );
        assert!(tickets.redeem(&ticket, 159).is_none(), "used");
        let late = tickets.issue("jellyfin", "s1", "/", 100);
        assert!(tickets.redeem(&late, 160).is_none());
    }

    #[test]
    fn tickets_do_not_pile_up() {
        let tickets = Tickets::default();
        for now in 0..3000 {
            tickets.issue("a", "s", "/", now / 1000);
        }
        assert!(tickets.0.lock().unwrap().len() <= TICKETS);
    }

    #[test]
    fn a_cookie_is_good_for_its_app_only() {
        let key = Keys::new(b"k").gate;
        let value = cookie_value(&key, "jellyfin", "s1");
        assert_eq!(read_cookie(&key, "jellyfin", &value), Some("s1"));
        assert_eq!(read_cookie(&key, "nextcloud", &value), None);
        assert_eq!(read_cookie(&key, "jellyfin", &value.replace("s1", "s2")), None);
        for forged in ["", ".", "s1", "s1.", "s1.AAAA"] {
            assert_eq!(read_cookie(&key, "jellyfin", forged), None, "{forged}");
        }
    }

    #[test]
    fn no_return_page_leads_elsewhere() {
        for good in ["/", "/web/", "/a?b=c#d", "/a//b", "/%2f%2fevil.example"] {
            assert_eq!(local_page(good), good);
        }
        let long = format!("/{}", "a".repeat(3000));
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/ a",
            "/\u{e4}",
            "\\\\evil",
            long.as_str(),
        ] {
            assert_eq!(local_page(bad), "/", "{bad:?}");
        }
    }
}
