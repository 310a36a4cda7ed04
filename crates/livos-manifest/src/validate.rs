//! The last check before a spec is handed out: everything Docker would refuse, and everything that would reach
//! further than the owner was told.

use livos_types::AppId;

use crate::error::{Error, Result};
use crate::fields::shorten;
use crate::interpolate::is_pending;
use crate::spec::{AppSpec, MountSpec, NetworkMode, ServiceSpec};

/// Refuses what can't work or isn't safe.
pub(crate) fn check(spec: &AppSpec) -> Result<()> {
    AppId::new(spec.id.as_str()).map_err(|error| Error::field("id", error.to_string()))?;
    let mut names: Vec<&str> = Vec::new();
    for service in &spec.services {
        let place = format!("services.{}", service.name);
        if !service.image.is_empty() && !is_pending(&service.image) {
            check_image(&service.image).map_err(|reason| {
                Error::field(format!("{place}.image"), format!("“{}”: {reason}", shorten(&service.image)))
            })?;
        }
        check_container_name(&place, service)?;
        if names.contains(&service.container_name.as_str()) {
            return Err(Error::field(
                place,
                format!("the container name “{}” is used twice", service.container_name),
            ));
        }
        names.push(&service.container_name);
        check_hostname(&place, service)?;
        // The runtime refuses anything over /proc, except the machine's own.
        let over_proc = |mount: &&MountSpec| {
            let target = mount.target.as_str();
            (target == "/proc" || target.starts_with("/proc/")) && mount.source != target
        };
        if let Some(mount) = service.mounts.iter().find(over_proc) {
            return Err(Error::field(
                &place,
                format!("mounts “{}” over {}", shorten(&mount.source), mount.target),
            ));
        }
        if let Some(NetworkMode::Service(other)) = &service.network_mode
            && spec.service(other).is_none()
        {
            return Err(Error::field(
                format!("{place}.network_mode"),
                format!("the service “{other}” is not defined"),
            ));
        }
    }
    check_ports(spec)
}

fn check_container_name(place: &str, service: &ServiceSpec) -> Result<()> {
    let name = &service.container_name;
    if is_pending(name) {
        return Ok(());
    }
    let valid = (2..=200).contains(&name.len())
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
    if valid {
        Ok(())
    } else {
        Err(Error::field(
            format!("{place}.container_name"),
            format!("“{}” is not a valid name", shorten(name)),
        ))
    }
}

fn check_hostname(place: &str, service: &ServiceSpec) -> Result<()> {
    let Some(name) = &service.hostname else { return Ok(()) };
    let valid = name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        });
    if valid || is_pending(name) {
        Ok(())
    } else {
        Err(Error::field(format!("{place}.hostname"), format!("“{}” is not a host name", shorten(name))))
    }
}

/// Two containers of one app can't have the same host port.
fn check_ports(spec: &AppSpec) -> Result<()> {
    let mut taken = std::collections::HashMap::new();
    for service in &spec.services {
        if service.network_mode == Some(NetworkMode::Host) {
            continue;
        }
        for port in &service.ports {
            let (Some(number), None) = (port.host_port, port.host_port_end) else { continue };
            let addresses: &mut Vec<(Option<&str>, &str)> = taken.entry((number, port.protocol)).or_default();
            let any = |ip: Option<&str>| ip.is_none_or(|ip| matches!(ip, "0.0.0.0" | "::"));
            let ip = port.host_ip.as_deref();
            if let Some((_, other)) =
                addresses.iter().find(|(other, _)| *other == ip || any(*other) || any(ip))
            {
                return Err(Error::field(
                    format!("services.{}.ports", service.name),
                    format!(
                        "the host port {number}/{} is already published by “{other}”",
                        port.protocol.as_str()
                    ),
                ));
            }
            addresses.push((ip, &service.name));
        }
    }
    Ok(())
}

/// The grammar of image references: `[domain[:port]/]path[:tag][@digest]`.
pub(crate) fn check_image(image: &str) -> std::result::Result<(), &'static str> {
    if image.len() > 512 {
        return Err("is too long");
    }
    let (rest, digest) = match image.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (image, None),
    };
    if let Some(digest) = digest {
        let Some((algorithm, hex)) = digest.split_once(':') else {
            return Err("the digest has no algorithm");
        };
        let valid = !algorithm.is_empty()
            && algorithm
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'_' | b'-'))
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        let length = algorithm != "sha256" || hex.len() == 64;
        if !valid || !length {
            return Err("the digest is malformed");
        }
    }
    let slash = rest.rfind('/').map_or(0, |at| at + 1);
    let (path, tag) = match rest[slash..].find(':') {
        Some(at) => (&rest[..slash + at], Some(&rest[slash + at + 1..])),
        None => (rest, None),
    };
    if let Some(tag) = tag {
        let valid = (1..=128).contains(&tag.len())
            && tag.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
        if !valid {
            return Err("the tag is malformed");
        }
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    let domain = parts.len() > 1
        && (parts[0].contains(['.', ':'])
            || parts[0] == "localhost"
            || parts[0].bytes().any(|b| b.is_ascii_uppercase()));
    if domain {
        let host = parts.remove(0);
        let (host, port) = host.rsplit_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
        let valid = !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'[' | b']' | b':'))
            && port.is_none_or(|port| port.parse::<u16>().is_ok());
        if !valid {
            return Err("the registry is malformed");
        }
    }
    let component = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-')
            })
            && part.starts_with(|c: char| c.is_ascii_alphanumeric())
            && part.ends_with(|c: char| c.is_ascii_alphanumeric())
    };
    if parts.iter().all(component) {
        Ok(())
    } else {
        Err("the repository name is malformed (lower case only)")
    }
}
