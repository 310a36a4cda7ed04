//! What may go into a document.
//!
//! JSON strings are safe by themselves, but Caddy reads more into some of them: placeholders in braces, port
//! ranges, wildcards. So values are held to what they should be.

use std::collections::BTreeSet;
use std::path::Path;

use crate::Error;
use crate::edge::{AppRoute, Edge, WebUpstream};

pub(crate) fn edge(edge: &Edge) -> Result<(), Error> {
    path("the storage directory", &edge.storage_dir)?;
    match &edge.web {
        WebUpstream::Unix(socket) => path("the web socket", socket)?,
        WebUpstream::Tcp(address) => dial("the web address", address)?,
    }
    if edge.listen.is_empty() {
        return Err(Error::Invalid { what: "the list of addresses", value: String::new() });
    }
    let mut ports = BTreeSet::new();
    for address in &edge.listen {
        let (host, port) = split(address).ok_or_else(|| invalid("a listen address", address))?;
        if !(host.is_empty() || is_host(host)) {
            return Err(invalid("a listen address", address));
        }
        ports.insert(port);
    }
    if !(edge.gateway_bind.is_empty() || is_host(&edge.gateway_bind)) {
        return Err(invalid("the gateway address", &edge.gateway_bind));
    }
    let mut names = BTreeSet::new();
    for app in &edge.apps {
        self::app(app)?;
        for name in &app.host_names {
            if !names.insert(name) {
                return Err(Error::Duplicate { what: "the host name", value: name.clone() });
            }
        }
        if let Some(port) = app.gateway_port
            && !ports.insert(port)
        {
            return Err(Error::Duplicate { what: "the port", value: port.to_string() });
        }
    }
    Ok(())
}

fn app(app: &AppRoute) -> Result<(), Error> {
    for name in &app.host_names {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
        if name.is_empty() || name.len() > 253 || !name.bytes().all(plain) {
            return Err(invalid("a host name", name));
        }
    }
    if app.gateway_port == Some(0) {
        return Err(invalid("a gateway port", "0"));
    }
    for open in &app.open_paths {
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"{}\\".contains(&byte);
        if !open.starts_with('/') || open.len() > 1024 || !open.bytes().all(fits) {
            return Err(invalid("an open path", open));
        }
    }
    dial("an app's address", &app.upstream)
}

fn dial(what: &'static str, address: &str) -> Result<(), Error> {
    match split(address) {
        Some((host, _)) if is_host(host) => Ok(()),
        _ => Err(invalid(what, address)),
    }
}

/// Host and port. The port is one number: Caddy would take `80-90` for eleven of them.
fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let number = port.bytes().all(|byte| byte.is_ascii_digit());
    Some((host, port.parse().ok().filter(|port| number && *port > 0)?))
}

fn is_host(host: &str) -> bool {
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=253).contains(&host.len()) && host.bytes().all(plain)
}

fn path(what: &'static str, path: &Path) -> Result<(), Error> {
    let shown = path.to_string_lossy();
    let plain = |letter: char| !letter.is_control() && !"{}|".contains(letter);
    // Caddy can't be told a path that isn't UTF-8.
    if path.is_absolute() && path.to_str().is_some() && shown.chars().all(plain) {
        return Ok(());
    }
    Err(invalid(what, &shown))
}

fn invalid(what: &'static str, value: &str) -> Error {
    Error::Invalid { what, value: value.to_owned() }
}
