//! Which addresses are read: pages of the public web, and nothing of the household. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// The longest address, in bytes.
pub const LONGEST: usize = 2048;
/// Where web pages are. Behind any other port is something else, to which a stranger's words could make this server
/// speak, or whose presence it would tell.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// Names that mean something at home, or nowhere.
const AT_HOME: [&str; 17] = [
    "arpa",
    "corp",
    "domain",
    "home",
    "host",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "router",
    "test",
    "workgroup",
];

/// Why something at home is not read.
pub const HOUSEHOLD: &str = "this address leads to this server, the household or a network that is not public; only pages of the public web are read";

/// An address as it is spelt by everybody who means the same page: without what is only for a browser.
pub fn parse(text: &str) -> Result<Url, String> {
    let text = text.trim();
    let too_long = || format!("an address has at most {LONGEST} bytes");
    if text.len() > LONGEST {
        return Err(too_long());
    }
    let mut url = Url::parse(text).map_err(|error| format!("that is no address: {error}"))?;
    admit(&url)?;
    url.set_fragment(None);
    // A link in a text ends at a bracket.
    let plain = url.as_str().replace('(', "%28").replace(')', "%29");
    if plain.len() > LONGEST {
        return Err(too_long());
    }
    Url::parse(&plain).map_err(|error| format!("that is no address: {error}"))
}

/// Refuses what is nobody's web page, as far as the address itself says so.
pub fn admit(url: &Url) -> Result<(), String> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https addresses are read".to_owned());
    }
    if url.as_str().len() > LONGEST {
        return Err(format!("an address has at most {LONGEST} bytes"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a name or password in it is not read".to_owned());
    }
    if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
        return Err("web pages are read at the ports 80, 443, 8080 and 8443 only".to_owned());
    }
    match url.host() {
        Some(Host::Domain(name)) if is_at_home(name) => Err(HOUSEHOLD.to_owned()),
        Some(Host::Ipv4(address)) if !is_public(address.into()) => Err(HOUSEHOLD.to_owned()),
        Some(Host::Ipv6(address)) if !is_public(address.into()) => Err(HOUSEHOLD.to_owned()),
        Some(_) => Ok(()),
        None => Err("there is no host in that address".to_owned()),
    }
}

fn is_at_home(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    match name.rsplit_once('.') {
        // A name without a dot is searched for in the household's own domain.
        None => true,
        Some((_, last)) => AT_HOME.iter().any(|home| home.eq_ignore_ascii_case(last)),
    }
}

/// Refuses where a name leads, unless all of it is public, and none of it this machine or its neighbours.
pub fn reachable(found: &[SocketAddr], own: &[IpAddr]) -> Result<(), String> {
    let all_public = found
        .iter()
        .all(|place| is_public(place.ip()) && !own.iter().any(|own| is_neighbour(*own, place.ip())));
    if all_public { Ok(()) } else { Err(HOUSEHOLD.to_owned()) }
}

/// The same network as one of this machine's own addresses: behind a router everything at home may have addresses
/// that are public and yet lie on this side of its firewall.
fn is_neighbour(own: IpAddr, other: IpAddr) -> bool {
    match (own, other) {
        (IpAddr::V4(own), IpAddr::V4(other)) => own.octets()[..3] == other.octets()[..3],
        // What a household is given is a /48 at the most.
        (IpAddr::V6(own), IpAddr::V6(other)) => own.segments()[..3] == other.segments()[..3],
        _ => false,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        // This network, private, loopback, carriers' own, link-local with the machines' credentials.
        [0 | 10 | 127, ..] | [100, 64..=127, ..] | [169, 254, ..] | [172, 16..=31, ..] | [192, 168, ..] => {
            false
        }
        // Protocols, examples, relays, measurements.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18..=19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            false
        }
        // Where Azure gives credentials out.
        [168, 63, 129, 16] => false,
        // Multicast and what is not given to anybody.
        [224..=255, ..] => false,
        _ => true,
    }
}

/// Only what is given out for use on the internet. An address that has another inside (mapped, compatible, NAT64,
/// 6to4, Teredo) is not looked into but refused: whoever means the other can write it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}
