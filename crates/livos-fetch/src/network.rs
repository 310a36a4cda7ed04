//! The world outside, as far as files are read there. It does what it is told; whether that may be is decided in
//! `address`, on the addresses that are connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;

use tokio::net::TcpStream;

/// What comes in a while, or fails.
pub type Coming<'a, T> = Pin<Box<dyn Future<Output = std::io::Result<T>> + Send + 'a>>;

/// Names, and the way to addresses.
pub trait Network: std::fmt::Debug + Send + Sync + 'static {
    /// The addresses that this machine has.
    fn own(&self) -> Coming<'_, Vec<IpAddr>>;
    /// Where a name leads.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Coming<'a, Vec<SocketAddr>>;
    /// Goes to exactly this address.
    fn connect(&self, to: SocketAddr) -> Coming<'_, TcpStream>;
}

/// The real one.
#[derive(Debug)]
pub struct Internet;

impl Network for Internet {
    fn own(&self) -> Coming<'_, Vec<IpAddr>> {
        Box::pin(async {
            // The kernel's own tables: asking it over netlink would need one more kind of socket than the unit allows.
            let v4 = tokio::fs::read_to_string("/proc/self/net/fib_trie").await?;
            let mut own = own_v4(&v4);
            match tokio::fs::read_to_string("/proc/self/net/if_inet6").await {
                Ok(v6) => own.extend(own_v6(&v6)),
                // The machine has no IPv6.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            Ok(own)
        })
    }

    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Coming<'a, Vec<SocketAddr>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }

    fn connect(&self, to: SocketAddr) -> Coming<'_, TcpStream> {
        Box::pin(TcpStream::connect(to))
    }
}

/// The leaves of the kernel's table of routes that are this machine itself.
fn own_v4(table: &str) -> Vec<IpAddr> {
    let mut leaf = None;
    let mut own = Vec::new();
    for line in table.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            // Of what is none, the line after it says nothing either.
            leaf = address.parse::<Ipv4Addr>().ok();
        } else if line.starts_with("/32 host LOCAL") {
            own.extend(leaf.map(IpAddr::V4));
        }
    }
    own
}

fn own_v6(table: &str) -> Vec<IpAddr> {
    let first = |line: &str| {
        let digits = line.split_whitespace().next().filter(|digits| digits.len() == 32)?;
        u128::from_str_radix(digits, 16).ok()
    };
    table.lines().filter_map(first).map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses_are_read_from_the_kernels_tables() {
        let table = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 203.0.113.0/24 2 0 2\n        |-- 203.0.113.0\n           /24 link UNICAST\n        |-- 203.0.113.7\n           /32 host LOCAL\n        |-- 203.0.113.255\n           /32 link BROADCAST\nLocal:\n     |-- 127.0.0.1\n        /32 host LOCAL\n";
        assert_eq!(own_v4(table), ["203.0.113.7", "127.0.0.1"].map(|own| own.parse::<IpAddr>().unwrap()));
        let table = "00000000000000000000000000000001 01 80 10 80       lo\n20010db8000100020000000000000005 02 40 00 80     eth0\nshort 1\n";
        assert_eq!(own_v6(table), ["::1", "2001:db8:1:2::5"].map(|own| own.parse::<IpAddr>().unwrap()));
    }

    #[tokio::test]
    async fn this_machine_has_a_loopback_address() {
        assert!(Internet.own().await.unwrap().contains(&IpAddr::V4(Ipv4Addr::LOCALHOST)));
    }
}
