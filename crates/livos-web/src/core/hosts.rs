//! Which names are this server's, for what must not be reached under a stranger's: a page that has its own name point
//! at this machine (DNS rebinding) would otherwise count as being from here.

use std::net::IpAddr;

/// Names that nobody can register on the internet.
const PRIVATE: [&str; 8] =
    [".local", ".localhost", ".lan", ".home", ".internal", ".home.arpa", ".localdomain", ".test"];

/// True for an address, a name of the local network, and the name in the server's public address.
pub(crate) fn is_ours(authority: &str, public_url: &str) -> bool {
    let authority = authority.to_ascii_lowercase();
    let Some(name) = name_of(&authority) else { return false };
    let public = public_url.to_ascii_lowercase();
    let public = public.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    if public.and_then(name_of) == Some(name) || name.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = name.trim_end_matches('.');
    !name.is_empty() && (!name.contains('.') || PRIVATE.iter().any(|end| name.ends_with(end)))
}

/// Without its port and, of an IPv6 address, its brackets.
pub(crate) fn name_of(authority: &str) -> Option<&str> {
    let name = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => authority.split(':').next().unwrap_or_default(),
    };
    (!name.is_empty() && !name.contains(['@', '/', ' '])).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_names_that_nobody_else_can_have() {
        for ours in [
            "192.168.1.5",
            "192.168.1.5:8080",
            "[fd00::1]:80",
            "[::1]",
            "localhost:8080",
            "livos",
            "livos.local",
            "LIVOS.LOCAL.:80",
            "box.home.arpa",
            "livos.example.org",
            "Livos.Example.org:443",
        ] {
            assert!(is_ours(ours, "https://livos.example.org/"), "{ours}");
        }
        for foreign in [
            "",
            ":80",
            "evil.example",
            "evil.example:8080",
            "livos.example.org.evil.example",
            "example.org",
            "192.168.1.5.evil.example",
            "x.local.evil.example",
            "[::1",
            "a@livos.local",
            ".",
        ] {
            assert!(!is_ours(foreign, "https://livos.example.org"), "{foreign}");
        }
        assert!(!is_ours("livos.example.org", ""));
    }
}
