//! Published ports: `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, ranges, and the long form.

use crate::compose::Loader;
use crate::error::{Error, Result};
use crate::fields::Fields;
use crate::interpolate::is_pending;
use crate::node::Node;
use crate::spec::{PortSpec, Protocol};

/// One service may publish this many ports; a range counts every port.
const MAX_PORTS: usize = 2048;

impl Loader<'_> {
    pub(super) fn ports(&mut self, fields: &mut Fields<'_>) -> Result<Vec<PortSpec>> {
        let mut ports: Vec<PortSpec> = Vec::new();
        for (place, item) in fields.items("ports")? {
            let found = match item {
                Node::Scalar { text, .. } => {
                    short(text).map_err(|reason| Error::field(&place, format!("“{text}”: {reason}")))?
                }
                Node::Map(_) => self.long(&place, item)?,
                other => return Err(Error::field(place, format!("must be a port, not {}", other.kind()))),
            };
            for port in found {
                if !ports.contains(&port) {
                    ports.push(port);
                }
            }
            if ports.len() > MAX_PORTS {
                return Err(Error::field(place, format!("publishes more than {MAX_PORTS} ports")));
            }
        }
        for port in &mut ports {
            if let Some(wanted) = port.host_port
                && let Some(given) = self.context.ports.get(&(wanted, port.protocol))
                && *given != wanted
            {
                port.host_port = Some(*given);
                port.host_port_end = None;
                port.moved_from = Some(wanted);
            }
        }
        Ok(ports)
    }

    fn long(&mut self, place: &str, item: &Node) -> Result<Vec<PortSpec>> {
        let mut fields = Fields::new(place, item)?;
        let target = fields.text("target")?;
        let published = fields.filled("published")?;
        let host_ip = fields.filled("host_ip")?;
        let protocol = fields.filled("protocol")?;
        // `mode` only matters to swarm; name and app_protocol describe.
        fields.ignore(&["mode", "name", "app_protocol"]);
        let target = target.ok_or_else(|| Error::field(fields.at("target"), "is missing"))?;
        fields.finish(self.report);
        let text = format!(
            "{}{}{target}/{}",
            host_ip.as_deref().map_or_else(String::new, |ip| {
                if ip.contains(':') { format!("[{ip}]:") } else { format!("{ip}:") }
            }),
            published.as_deref().map_or_else(
                || if host_ip.is_some() { ":".to_owned() } else { String::new() },
                |port| format!("{port}:")
            ),
            protocol.as_deref().unwrap_or("tcp"),
        );
        short(&text).map_err(|reason| Error::field(place, reason))
    }
}

/// Reads the short form.
pub(crate) fn short(text: &str) -> std::result::Result<Vec<PortSpec>, String> {
    let text = text.trim();
    let (body, protocol) = match text.rsplit_once('/') {
        Some((body, protocol)) => (body, protocol),
        None => (text, "tcp"),
    };
    let protocol = match protocol.to_ascii_lowercase().as_str() {
        "tcp" | "" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        other if is_pending(other) => Protocol::Tcp,
        other => return Err(format!("“{other}” is not a protocol")),
    };
    if is_pending(body) {
        return Ok(vec![PortSpec {
            host_ip: None,
            host_port: None,
            host_port_end: None,
            container_port: 0,
            protocol,
            pending: Some(text.to_owned()),
            moved_from: None,
        }]);
    }
    let (host, container) = match body.rsplit_once(':') {
        Some((host, container)) => (Some(host), container),
        None => (None, body),
    };
    let (ip, host_port) = match host {
        None => (None, None),
        Some(host) => split_host(host)?,
    };
    if let Some(ip) = &ip
        && ip.parse::<std::net::IpAddr>().is_err()
    {
        return Err(format!("“{ip}” is not an IP address"));
    }
    let container = range(container)?;
    let make = |host_port, host_port_end, container_port| PortSpec {
        host_ip: ip.clone(),
        host_port,
        host_port_end,
        container_port,
        protocol,
        pending: None,
        moved_from: None,
    };
    let Some(host) = host_port.map(|port| range(&port)).transpose()? else {
        return Ok((container.0..=container.1).map(|port| make(None, None, port)).collect());
    };
    let (host_length, container_length) = (host.1 - host.0, container.1 - container.0);
    if host_length == container_length {
        return Ok((container.0..=container.1)
            .zip(host.0..=host.1)
            .map(|(port, host)| make(Some(host), None, port))
            .collect());
    }
    if container_length == 0 {
        return Ok(vec![make(Some(host.0), Some(host.1), container.0)]);
    }
    Err("the host range and the container range have different lengths".to_owned())
}

/// `IP:PORT`, `[IPv6]:PORT`, `PORT` or `IP:` (any port); an address that is empty, as a variable may leave it, is every
/// one.
fn split_host(host: &str) -> std::result::Result<(Option<String>, Option<String>), String> {
    if let Some(rest) = host.strip_prefix('[') {
        let (ip, rest) = rest.split_once(']').ok_or("the bracket of the IPv6 address is never closed")?;
        let port = match rest {
            "" => None,
            rest => Some(rest.strip_prefix(':').ok_or("after the IPv6 address comes a colon")?.to_owned()),
        };
        return Ok((Some(ip.to_owned()).filter(|ip| !ip.is_empty()), port.filter(|port| !port.is_empty())));
    }
    match host.rsplit_once(':') {
        Some((ip, port)) => Ok((
            Some(ip.to_owned()).filter(|ip| !ip.is_empty()),
            Some(port.to_owned()).filter(|port| !port.is_empty()),
        )),
        // `127.0.0.1:80` publishes container port 80 on a random port of that address.
        None if host.contains('.') => Ok((Some(host.to_owned()), None)),
        None => Ok((None, Some(host.to_owned()).filter(|port| !port.is_empty()))),
    }
}

fn range(text: &str) -> std::result::Result<(u16, u16), String> {
    let port = |text: &str| match text.trim().parse::<u16>() {
        Ok(0) | Err(_) => Err(format!("“{text}” is not a port (1 to 65535)")),
        Ok(port) => Ok(port),
    };
    match text.split_once('-') {
        None => port(text).map(|port| (port, port)),
        Some((first, last)) => {
            let (first, last) = (port(first)?, port(last)?);
            if first > last {
                Err(format!("the range {first}-{last} runs backwards"))
            } else {
                Ok((first, last))
            }
        }
    }
}
