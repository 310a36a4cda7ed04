//! Host names and ports of apps.

use livos_types::AppId;

/// The label of an app in a host name: what an id may have and a host name may not becomes `-`.
pub(crate) fn host_label(id: &AppId) -> String {
    id.as_str().replace(['.', '_'], "-").trim_matches('-').to_owned()
}

/// `jellyfin.localhost:8080`, without the port when it is the usual one.
pub(crate) fn host(id: &AppId, domain: &str, port: u16) -> String {
    let label = host_label(id);
    if port == 80 { format!("{label}.{domain}") } else { format!("{label}.{domain}:{port}") }
}

/// The name a machine has in its own network, from the name its owner gave it.
pub(crate) fn machine_name(name: &str) -> String {
    let label: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(63)
        .collect();
    let label = label.trim_matches('-');
    if label.is_empty() { "livos".to_owned() } else { label.to_owned() }
}

/// Under which domain apps are served: `localhost` on a developer's machine, else the machine's own.
pub(crate) fn domain(public_url: &str, machine: &str) -> String {
    let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    if matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        "localhost".to_owned()
    } else {
        format!("{machine}.local")
    }
}
