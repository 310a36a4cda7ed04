//! Where a provider lies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;

use crate::Error;

/// A base address as an owner typed it, looked at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    tls: bool,
    host: String,
    port: u16,
    path: String,
}

impl Address {
    /// `https://…`, or `http://…` for what is in the house.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let wrong =
            |why: &str| Error::Endpoint(format!("{why}: an address looks like https://example.org/v1"));
        let text = text.trim();
        if text.len() > 1024 || text.contains('#') {
            return Err(wrong("that is too long or has a # in it"));
        }
        let uri: Uri = text.parse().map_err(|_| wrong("that is no address"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong("it begins with neither https:// nor http://")),
        };
        let authority = uri.authority().ok_or_else(|| wrong("there is no host in it"))?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(wrong(
                "a password or question in an address would be seen; keys have a field of their own",
            ));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err(wrong("there is no host in it"));
        }
        let after_host = authority.as_str().rsplit_once(']').map_or(authority.as_str(), |(_, rest)| rest);
        let port = match after_host.split_once(':') {
            Some((_, port)) => port.parse().map_err(|_| wrong("that is no port"))?,
            None if tls => 443,
            None => 80,
        };
        if !tls && host.parse().is_ok_and(|address| !is_of_the_house(address)) {
            return Err(Error::Endpoint(format!(
                "{host} is outside of the house; use https, so that nobody on the way reads along"
            )));
        }
        Ok(Self { tls, host, port, path: uri.path().trim_end_matches('/').to_owned() })
    }

    pub(crate) fn tls(&self) -> bool {
        self.tls
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Nothing after the host.
    pub(crate) fn is_bare(&self) -> bool {
        self.path.is_empty()
    }

    /// The last part of its path.
    pub(crate) fn ends_with(&self, part: &str) -> bool {
        self.path.rsplit('/').next() == Some(part)
    }

    pub(super) fn path(&self, below: &str) -> String {
        format!("{}{below}", self.path)
    }

    /// As in a `Host` header.
    pub(super) fn authority(&self) -> String {
        let usual = if self.tls { 443 } else { 80 };
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.authority())
    }
}

/// This machine, its network, or the owner's private one (a Tailscale address is one of 100.64.0.0/10).
///
/// Link-local addresses are not: in a data centre that is where a machine's own credentials are given out.
#[must_use]
pub fn is_of_the_house(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_of_the_house_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => is_of_the_house_v4(inner),
            None => address == Ipv6Addr::LOCALHOST || address.is_unique_local(),
        },
    }
}

fn is_of_the_house_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    address.is_loopback() || address.is_private() || (first == 100 && (64..128).contains(&second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn taken(text: &str, authority: &str, path: &str) {
        let address = Address::parse(text).unwrap();
        assert_eq!((address.authority().as_str(), address.path("/x").as_str()), (authority, path));
    }

    #[track_caller]
    fn refused(text: &str) {
        let Err(Error::Endpoint(_)) = Address::parse(text) else { panic!("{text} is taken") };
    }

    #[test]
    fn an_address_is_what_people_paste() {
        taken("https://api.example.org", "api.example.org", "/x");
        taken(" https://API.example.org/v1/ ", "api.example.org", "/v1/x");
        taken("https://api.example.org:443/v1", "api.example.org", "/v1/x");
        taken("http://localhost:11434/v1", "localhost:11434", "/v1/x");
        taken("http://192.168.1.9:8080", "192.168.1.9:8080", "/x");
        taken("http://[::1]:8080/v1", "[::1]:8080", "/v1/x");
        taken("http://100.101.1.1", "100.101.1.1", "/x");
    }

    #[test]
    fn what_would_be_read_on_the_way_is_refused() {
        refused("http://8.8.8.8/v1");
        refused("http://[2001:db8::1]/v1");
        refused("http://169.254.169.254");
        refused("http://[fe80::1]");
        refused("http://[::ffff:8.8.8.8]/");
        refused("http://100.128.0.1");
        refused("http://0.0.0.0");
        refused("https://me:secret@example.org");
        refused("https://example.org/v1?key=secret");
        refused("https://example.org/#secret");
        refused("ftp://example.org");
        refused("example.org");
        refused("");
        refused("https://");
        refused("https://example.org:99999");
    }
}
