//! Runtipi's `docker-compose.json` (dynamic compose, schema versions 1 and 2) rewritten as compose.
//!
//! The rewriting only renames; values stay untouched, so that interpolation and all checks happen in one place.

use crate::error::{Error, Result};
use crate::fields::Report;
use crate::node::{Map, Node};

/// What the dialect says beside the compose file.
#[derive(Debug, Default)]
pub(super) struct Dialect {
    pub(super) compose: Map,
    /// Service, and the port it listens on inside.
    pub(super) main: Option<(String, String)>,
}

/// Keys that only change their spelling.
const RENAMED: [(&str, &str); 27] = [
    ("image", "image"),
    ("networkMode", "network_mode"),
    ("extraHosts", "extra_hosts"),
    ("ulimits", "ulimits"),
    ("command", "command"),
    ("entrypoint", "entrypoint"),
    ("dependsOn", "depends_on"),
    ("capAdd", "cap_add"),
    ("capDrop", "cap_drop"),
    ("hostname", "hostname"),
    ("devices", "devices"),
    ("pid", "pid"),
    ("privileged", "privileged"),
    ("tty", "tty"),
    ("user", "user"),
    ("workingDir", "working_dir"),
    ("shmSize", "shm_size"),
    ("logging", "logging"),
    ("readOnly", "read_only"),
    ("securityOpt", "security_opt"),
    ("stopSignal", "stop_signal"),
    ("stopGracePeriod", "stop_grace_period"),
    ("stdinOpen", "stdin_open"),
    ("sysctls", "sysctls"),
    ("dns", "dns"),
    ("restart", "restart"),
    ("init", "init"),
];

/// Rewrites the document for one architecture.
pub(super) fn translate(
    document: &Node,
    id: &str,
    architecture: &str,
    report: &mut Report,
) -> Result<Dialect> {
    let Node::Map(root) = document else {
        return Err(Error::field("docker-compose.json", "must be an object"));
    };
    for (key, _) in root.iter() {
        if !matches!(key, "services" | "schemaVersion" | "$schema" | "overrides") {
            report.unsupported(format!("docker-compose.json: {key}"));
        }
    }
    if !matches!(root.text("schemaVersion").as_str(), "" | "1" | "2") {
        report.unsupported(format!("docker-compose.json: schemaVersion {}", root.text("schemaVersion")));
    }
    let Some(Node::Seq(services)) = root.get("services") else {
        return Err(Error::field("services", "must be a list"));
    };
    let mut services = services.clone();
    apply_overrides(root, &mut services, architecture)?;
    let mut dialect = Dialect::default();
    let mut compose_services = Map::default();
    for (index, service) in services.iter().enumerate() {
        let place = format!("services[{index}]");
        let Node::Map(service) = service else {
            return Err(Error::field(place, "must be an object"));
        };
        let name = service.text("name");
        if name.is_empty() {
            return Err(Error::field(format!("{place}.name"), "is missing"));
        }
        if compose_services.get(&name).is_some() {
            return Err(Error::field(place, format!("the service “{name}” is given twice")));
        }
        let is_main = service.is_true("isMain");
        if is_main && dialect.main.is_none() {
            dialect.main = Some((name.clone(), service.text("internalPort")));
        }
        let translated = translate_service(&name, service, id, is_main, report)?;
        compose_services.set(&name, Node::Map(translated));
    }
    dialect.compose.set("services", Node::Map(compose_services));
    Ok(dialect)
}

/// `overrides: [{architecture, services: [{name, …}]}]`: the given keys replace those of the service.
fn apply_overrides(root: &Map, services: &mut [Node], architecture: &str) -> Result<()> {
    let Some(overrides) = root.get("overrides") else { return Ok(()) };
    let Node::Seq(overrides) = overrides else {
        return Err(Error::field("overrides", "must be a list"));
    };
    for item in
        overrides.iter().filter_map(Node::as_map).filter(|item| item.text("architecture") == architecture)
    {
        for change in
            item.get("services").and_then(Node::as_seq).unwrap_or_default().iter().filter_map(Node::as_map)
        {
            let name = change.text("name");
            for service in services.iter_mut() {
                if let Node::Map(service) = service
                    && service.text("name") == name
                {
                    for (key, value) in change.iter() {
                        service.set(key, value.clone());
                    }
                }
            }
        }
    }
    Ok(())
}

fn translate_service(name: &str, service: &Map, id: &str, is_main: bool, report: &mut Report) -> Result<Map> {
    let place = format!("services.{name}");
    let mut out = Map::default();
    let host_network = service.get("networkMode").is_some_and(|node| *node != Node::Null);
    for (key, value) in service.iter() {
        // Authors write compose's own names as well; what they mean by them is no question.
        if let Some((from, to)) = RENAMED.iter().find(|(from, to)| *from == key || *to == key) {
            if *from == key || service.get(from).is_none() {
                out.set(to, value.clone());
            }
            continue;
        }
        match key {
            "name" | "isMain" | "internalPort" | "addToMainNetwork" => {}
            "environment" => out.set("environment", environment(&place, value)?),
            "volumes" => out.set("volumes", volumes(&place, value, report)?),
            // With another network stack there is nothing to publish; Runtipi drops the ports too.
            "addPorts" if host_network => {}
            "addPorts" => out.set("ports", ports(&place, value, report)?),
            "healthCheck" => out.set(
                "healthcheck",
                renamed(value, &[("startPeriod", "start_period"), ("startInterval", "start_interval")]),
            ),
            "deploy" => out.set("deploy", deploy(value)),
            "extraLabels" => out.set("labels", labels(value, id)),
            other if other.starts_with('$') => {}
            other => report.unsupported(format!("{place}.{other}")),
        }
    }
    if out.get("restart").is_none() {
        out.set("restart", Node::text("unless-stopped"));
    }
    let in_main_network = is_main || service.is_true("addToMainNetwork");
    if !host_network {
        out.set("networks", networks(in_main_network));
    }
    if is_main && !host_network {
        add_main_port(&mut out, &service.text("internalPort"));
    }
    Ok(out)
}

/// The app's own network, and for reachable services the platform's, whose gateway is the default route.
pub(super) fn networks(in_main_network: bool) -> Node {
    let mut networks = Map::default();
    networks.set("default", Node::Null);
    if in_main_network {
        let mut main = Map::default();
        main.set("gw_priority", Node::Scalar { text: "1".into(), plain: true });
        networks.set("tipi_main_network", Node::Map(main));
    }
    Node::Map(networks)
}

/// The main port is published as the app's port, unless the file does so itself.
pub(super) fn add_main_port(service: &mut Map, internal: &str) {
    if internal.is_empty() {
        return;
    }
    let mut ports = service.get("ports").and_then(Node::as_seq).unwrap_or_default().to_vec();
    let published = ports.iter().any(|port| port.as_str().is_some_and(|port| port.contains("APP_PORT")));
    if !published {
        ports.push(Node::text(format!("${{APP_PORT}}:{internal}")));
    }
    service.set("ports", Node::Seq(ports));
}

fn renamed(node: &Node, names: &[(&str, &str)]) -> Node {
    match node {
        Node::Map(map) => Node::Map(Map(map
            .iter()
            .map(|(key, value)| {
                let name = names.iter().find(|(from, _)| *from == key).map_or(key, |(_, to)| *to);
                (name.to_owned(), value.clone())
            })
            .collect())),
        other => other.clone(),
    }
}

/// Only the device requests are spelled differently.
fn deploy(node: &Node) -> Node {
    match node {
        Node::Map(map) => Node::Map(Map(map
            .iter()
            .map(|(key, value)| {
                let value = match (key, value) {
                    ("devices", Node::Seq(items)) => Node::Seq(
                        items.iter().map(|item| renamed(item, &[("deviceIds", "device_ids")])).collect(),
                    ),
                    (_, value) => deploy(value),
                };
                (key.to_owned(), value)
            })
            .collect())),
        other => other.clone(),
    }
}

/// A list of `{key, value}` in version 2, an object in version 1.
fn environment(place: &str, node: &Node) -> Result<Node> {
    let Node::Seq(items) = node else { return Ok(node.clone()) };
    let mut out = Map::default();
    for (index, item) in items.iter().enumerate() {
        let pair = item.as_map().map(|item| (item.text("key"), item.get("value").cloned()));
        match pair {
            Some((key, value)) if !key.is_empty() => {
                out.set(&key, value.filter(|value| *value != Node::Null).unwrap_or_else(|| Node::text("")));
            }
            _ => {
                return Err(Error::field(format!("{place}.environment[{index}]"), "needs a key and a value"));
            }
        }
    }
    Ok(Node::Map(out))
}

fn volumes(place: &str, node: &Node, report: &mut Report) -> Result<Node> {
    let Node::Seq(items) = node else {
        return Err(Error::field(format!("{place}.volumes"), "must be a list"));
    };
    let mut out = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("{place}.volumes[{index}]");
        let Node::Map(item) = item else {
            return Err(Error::field(place, "must be an object"));
        };
        let mut volume = Map::default();
        for (key, value) in item.iter() {
            match key {
                "hostPath" => volume.set("source", value.clone()),
                "containerPath" => volume.set("target", value.clone()),
                "readOnly" => volume.set("read_only", value.clone()),
                "shared" | "private" => {
                    if value.as_bool() == Some(true) {
                        let mut bind = Map::default();
                        bind.set("selinux", Node::text(if key == "shared" { "z" } else { "Z" }));
                        volume.set("bind", Node::Map(bind));
                    }
                }
                other => report.unsupported(format!("{place}.{other}")),
            }
        }
        out.push(Node::Map(volume));
    }
    Ok(Node::Seq(out))
}

fn ports(place: &str, node: &Node, report: &mut Report) -> Result<Node> {
    let Node::Seq(items) = node else {
        return Err(Error::field(format!("{place}.addPorts"), "must be a list"));
    };
    let mut out = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("{place}.addPorts[{index}]");
        let Node::Map(item) = item else {
            return Err(Error::field(place, "must be an object"));
        };
        for (key, _) in item.iter() {
            if !matches!(key, "containerPort" | "hostPort" | "tcp" | "udp" | "interface") {
                report.unsupported(format!("{place}.{key}"));
            }
        }
        let interface = item.text("interface");
        let address = if interface.is_empty() { String::new() } else { format!("{interface}:") };
        let text = format!("{address}{}:{}", item.text("hostPort"), item.text("containerPort"));
        match (item.is_true("tcp"), item.is_true("udp")) {
            (false, false) => out.push(Node::text(text)),
            (tcp, udp) => {
                if tcp {
                    out.push(Node::text(format!("{text}/tcp")));
                }
                if udp {
                    out.push(Node::text(format!("{text}/udp")));
                }
            }
        }
    }
    Ok(Node::Seq(out))
}

/// `{{RUNTIPI_APP_ID}}` stands for the app in keys and values.
fn labels(node: &Node, id: &str) -> Node {
    let fill = |text: &str| text.replace("{{RUNTIPI_APP_ID}}", id).replace("{{ RUNTIPI_APP_ID }}", id);
    match node {
        Node::Map(map) => Node::Map(Map(map
            .iter()
            .map(|(key, value)| {
                let value = match value {
                    Node::Scalar { text, plain } => Node::Scalar { text: fill(text), plain: *plain },
                    other => other.clone(),
                };
                (fill(key), value)
            })
            .collect())),
        other => other.clone(),
    }
}
