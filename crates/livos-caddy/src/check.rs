//! What may go into a document.
//!
//! JSON strings are safe by themselves, but Caddy reads more into some of them: placeholders in braces, port
//! ranges, wildcards. So values are held to what they should be.

use std::collections::BTreeSet;
use std::path::Path;

use crate::Error;
use crate::edge::{AppRoute, Edge, Https, WebUpstream};

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
    if let Some(https) = &edge.https {
        self::https(https)?;
        if !ports.insert(https.port) {
            return Err(Error::Duplicate { what: "the port", value: https.port.to_string() });
        }
    }
    let mut names = BTreeSet::new();
    if let Some(domain) = &edge.domain {
        name(domain)?;
        names.insert(domain);
    }
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
    app.host_names.iter().try_for_each(|host| name(host))?;
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

fn https(https: &Https) -> Result<(), Error> {
    if https.port == 0 {
        return Err(invalid("the port of HTTPS", "0"));
    }
    if https.home_names.is_empty() {
        return Err(invalid("the list of names", ""));
    }
    https.home_names.iter().try_for_each(|host| name(host))?;
    // What a certificate calls its maker is 64 letters at most.
    let plain = |letter: char| !letter.is_control() && !"{}".contains(letter);
    if https.authority.is_empty()
        || https.authority.chars().count() > 64
        || !https.authority.chars().all(plain)
    {
        return Err(invalid("the name of the certificate authority", &https.authority));
    }
    let acme = &https.acme;
    for (what, text) in [("the ACME directory", &acme.directory), ("an e-mail address", &acme.email)] {
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"{}\"\\".contains(&byte);
        if text.len() > 1024 || !text.bytes().all(fits) {
            return Err(invalid(what, text));
        }
    }
    for (what, file) in [("the file of authorities", &acme.roots), ("the log of certificates", &acme.log)] {
        file.as_deref().map_or(Ok(()), |file| path(what, file))?;
    }
    Ok(())
}

/// Whether this can be the name of a host: lower case, without a port or a wildcard.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    (1..=253).contains(&name.len()) && name.bytes().all(plain)
}

fn name(name: &str) -> Result<(), Error> {
    if is_name(name) { Ok(()) } else { Err(invalid("a host name", name)) }
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
