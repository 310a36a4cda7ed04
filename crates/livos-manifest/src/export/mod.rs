//! An app as a plain compose project again: what is planned, written down so that `docker compose up` makes the
//! same containers without LivOS.

mod settings;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use self::settings::{life, limits, rights};
use self::yaml::block;
use crate::formats::is_sensitive;
use crate::spec::{
    AppSpec, Condition, MountKind, MountSpec, NetworkMode, NetworkSpec, PortSpec, ServiceSpec, VolumeSpec,
};

/// A shorter secret is only taken for one where it stands alone: `admin` is a word like any other.
const LEAST_SECRET: usize = 8;

/// A compose project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// `compose.yaml`. Secrets stand in it as `${NAME}` only.
    pub compose: String,
    /// The secrets by name.
    pub secrets: BTreeMap<String, String>,
}

impl Project {
    /// The text of `.env`: the secrets, or with `filled` false only their names.
    #[must_use]
    pub fn env_file(&self, filled: bool) -> String {
        let lines = self.secrets.iter().map(|(name, value)| {
            let value = if filled { quoted(value) } else { String::new() };
            format!("{name}={value}\n")
        });
        lines.collect()
    }
}

/// Writes a planned app as a compose project. `page` is the port of the machine on which its page is to be found
/// when the app's own description publishes none.
#[must_use]
pub fn compose(spec: &AppSpec, page: Option<u16>) -> Project {
    let mut writer = Writer { spec, secrets: secrets(spec), configs: Map::new() };
    let mut services = Map::new();
    for service in &spec.services {
        services.insert(service.name.clone(), writer.service(service, page));
    }
    let mut project = Fields::default();
    project.set("name", json!(spec.id));
    project.set("services", Value::Object(services));
    let networks = spec.networks.iter().map(|network| (network.key.clone(), network_value(spec, network)));
    project.some("networks", networks.collect());
    let volumes = spec.volumes.iter().map(|volume| (volume.key.clone(), volume_value(spec, volume)));
    project.some("volumes", volumes.collect());
    project.some("configs", writer.configs);
    let document = hide(Value::Object(project.0), &writer.secrets);
    let mut compose = String::new();
    block(&document, 0, &mut compose);
    let secrets = writer.secrets.into_iter().map(|secret| (secret.name, secret.value)).collect();
    Project { compose, secrets }
}

struct Secret {
    name: String,
    value: String,
}

/// What is secret: variables and settings with a name that says so. The longest first, so that one that holds
/// another is found as a whole.
fn secrets(spec: &AppSpec) -> Vec<Secret> {
    let mut found: Vec<Secret> = Vec::new();
    let mut add = |name: String, value: &str| {
        if value.is_empty() || found.iter().any(|known| known.value == value) {
            return;
        }
        let mut unique = name.clone();
        let mut number = 2;
        while found.iter().any(|known| known.name == unique) {
            unique = format!("{name}_{number}");
            number += 1;
        }
        found.push(Secret { name: unique, value: value.to_owned() });
    };
    for (name, value) in spec.variables.iter().filter(|(name, _)| is_sensitive(name)) {
        add(variable_name(name), value);
    }
    for service in &spec.services {
        for (name, value) in service.environment.iter().filter(|(name, _)| is_sensitive(name)) {
            // A file that holds the secret is none.
            if !value.starts_with('/') {
                add(variable_name(&format!("{}_{name}", service.name)), value);
            }
        }
    }
    found.sort_by(|a, b| b.value.len().cmp(&a.value.len()).then_with(|| a.name.cmp(&b.name)));
    found
}

fn variable_name(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    let name: String = text.chars().map(plain).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// Puts `${NAME}` where a secret stands, and makes every other `$` one that compose leaves alone.
fn hide(value: Value, secrets: &[Secret]) -> Value {
    match value {
        Value::String(text) => Value::String(hide_text(&text, secrets)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| hide(item, secrets)).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, item)| (key, hide(item, secrets))).collect())
        }
        other => other,
    }
}

fn hide_text(text: &str, secrets: &[Secret]) -> String {
    let here = |secret: &&Secret| {
        text == secret.value || (secret.value.len() >= LEAST_SECRET && text.contains(&secret.value))
    };
    match secrets.iter().find(here).and_then(|secret| Some((secret, text.split_once(&secret.value)?))) {
        Some((secret, (before, after))) => {
            let (before, after) = (hide_text(before, secrets), hide_text(after, secrets));
            format!("{before}${{{}:?fill it in in .env}}{after}", secret.name)
        }
        None => text.replace('$', "$$"),
    }
}

/// A value of an env file, read back as exactly this text.
fn quoted(value: &str) -> String {
    if !value.contains(['\'', '\n', '\r', '\\']) {
        return format!("'{value}'");
    }
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' | '$' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            other => text.push(other),
        }
    }
    text + "\""
}

/// A mapping in which what says nothing is left out.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, key: &str, value: Value) {
        self.0.insert(key.to_owned(), value);
    }

    fn option<T: Into<Value>>(&mut self, key: &str, value: Option<T>) {
        if let Some(value) = value {
            self.set(key, value.into());
        }
    }

    fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.set(key, Value::Bool(true));
        }
    }

    fn text(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.set(key, json!(value));
        }
    }

    fn list(&mut self, key: &str, value: &[String]) {
        if !value.is_empty() {
            self.set(key, json!(value));
        }
    }

    fn items(&mut self, key: &str, items: Vec<Value>) {
        if !items.is_empty() {
            self.set(key, Value::Array(items));
        }
    }

    fn texts(&mut self, key: &str, value: &BTreeMap<String, String>) {
        if !value.is_empty() {
            self.set(key, json!(value));
        }
    }

    fn some(&mut self, key: &str, value: Map<String, Value>) {
        if !value.is_empty() {
            self.set(key, Value::Object(value));
        }
    }

    fn millis(&mut self, key: &str, value: Option<u64>) {
        self.option(key, value.map(|millis| format!("{millis}ms")));
    }
}

struct Writer<'a> {
    spec: &'a AppSpec,
    secrets: Vec<Secret>,
    configs: Map<String, Value>,
}

impl Writer<'_> {
    fn service(&mut self, service: &ServiceSpec, page: Option<u16>) -> Value {
        let mut fields = Fields::default();
        fields.text("image", &service.image);
        fields.option("platform", service.platform.clone());
        if service.container_name != format!("{}-{}-1", self.spec.id, service.name) {
            fields.text("container_name", &service.container_name);
        }
        fields.option("command", service.command.clone());
        fields.option("entrypoint", service.entrypoint.clone());
        fields.option("user", service.user.clone());
        fields.option("working_dir", service.working_dir.clone());
        let without = service.environment_without.iter().map(|name| (name.clone(), Value::Null));
        let environment = service.environment.iter().map(|(name, value)| (name.clone(), json!(value)));
        fields.some("environment", environment.chain(without).collect());
        let files = service.env_files.iter().map(|file| {
            let mut item = Fields::default();
            item.text("path", &file.path);
            if !file.required {
                item.set("required", json!(false));
            }
            if file.raw {
                item.set("format", json!("raw"));
            }
            Value::Object(item.0)
        });
        fields.items("env_file", files.collect());
        fields.items("ports", self.ports(service, page));
        fields.list("expose", &service.expose);
        self.mounts(service, &mut fields);
        attach(service, &mut fields);
        let after = service.depends_on.iter().map(|dependency| {
            let mut item = Fields::default();
            item.set("condition", json!(condition(dependency.condition)));
            if !dependency.required {
                item.set("required", json!(false));
            }
            item.flag("restart", dependency.restart);
            (dependency.service.clone(), Value::Object(item.0))
        });
        fields.some("depends_on", after.collect());
        life(service, &mut fields);
        rights(service, &mut fields);
        limits(service, &mut fields);
        Value::Object(fields.0)
    }

    fn ports(&self, service: &ServiceSpec, page: Option<u16>) -> Vec<Value> {
        let mut ports: Vec<Value> = service.ports.iter().map(port).collect();
        if let (Some(main), Some(page)) = (&self.spec.main, page)
            && main.service == service.name
            && !main.on_host
            && !service.ports.iter().any(|port| port.container_port == main.container_port)
        {
            ports.push(json!({ "target": main.container_port, "published": page.to_string() }));
        }
        ports
    }

    fn mounts(&mut self, service: &ServiceSpec, fields: &mut Fields) {
        let (mut volumes, mut memory, mut configs) = (Vec::new(), Vec::new(), Vec::new());
        for mount in &service.mounts {
            match mount.kind {
                MountKind::Content => {
                    let key = format!("{}-{}", service.name, self.configs.len() + 1);
                    let content = mount.options.content.clone().unwrap_or_default();
                    self.configs.insert(key.clone(), json!({ "content": content }));
                    let mut item = Fields::default();
                    item.text("source", &key);
                    item.text("target", &mount.target);
                    item.option("uid", mount.options.uid.clone());
                    item.option("gid", mount.options.gid.clone());
                    item.option("mode", mount.options.mode);
                    configs.push(Value::Object(item.0));
                }
                MountKind::Tmpfs if mount.options.tmpfs_options.is_some() => {
                    let options = mount.options.tmpfs_options.as_deref().unwrap_or_default();
                    let colon = if options.is_empty() { "" } else { ":" };
                    memory.push(json!(format!("{}{colon}{options}", mount.target)));
                }
                _ => volumes.push(volume_mount(mount)),
            }
        }
        fields.items("volumes", volumes);
        fields.items("tmpfs", memory);
        fields.items("configs", configs);
        fields.list("volumes_from", &service.volumes_from);
    }
}

fn port(port: &PortSpec) -> Value {
    let mut item = Fields::default();
    item.set("target", json!(port.container_port));
    item.option(
        "published",
        port.host_port.map(|first| match port.host_port_end {
            Some(last) => format!("{first}-{last}"),
            None => first.to_string(),
        }),
    );
    item.option("host_ip", port.host_ip.clone());
    item.text("protocol", port.protocol.as_str());
    Value::Object(item.0)
}

fn volume_mount(mount: &MountSpec) -> Value {
    let options = &mount.options;
    let mut item = Fields::default();
    item.text("source", &mount.source);
    item.text("target", &mount.target);
    item.flag("read_only", mount.read_only);
    item.option("consistency", options.consistency.clone());
    let mut more = Fields::default();
    let kind = match mount.kind {
        MountKind::Bind => {
            more.set("create_host_path", json!(options.create_host_path));
            more.option("propagation", options.propagation.clone());
            more.option("selinux", options.selinux.clone());
            more.option("recursive", options.recursive.clone());
            "bind"
        }
        MountKind::Tmpfs => {
            more.option("size", options.tmpfs_size);
            more.option("mode", options.mode);
            "tmpfs"
        }
        MountKind::Volume | MountKind::Content => {
            more.flag("nocopy", options.nocopy);
            more.option("subpath", options.subpath.clone());
            "volume"
        }
    };
    item.set("type", json!(kind));
    item.some(kind, more.0);
    Value::Object(item.0)
}

/// Networks and names.
fn attach(service: &ServiceSpec, fields: &mut Fields) {
    let networks = service.networks.iter().map(|network| {
        let mut item = Fields::default();
        let own = |alias: &&String| **alias != service.name && **alias != service.container_name;
        let aliases: Vec<String> = network.aliases.iter().filter(own).cloned().collect();
        item.list("aliases", &aliases);
        item.option("ipv4_address", network.ipv4_address.clone());
        item.option("ipv6_address", network.ipv6_address.clone());
        item.list("link_local_ips", &network.link_local_ips);
        item.option("mac_address", network.mac_address.clone());
        item.option("priority", network.priority);
        item.option("gw_priority", network.gw_priority);
        item.option("interface_name", network.interface_name.clone());
        item.texts("driver_opts", &network.driver_opts);
        (network.name.clone(), Value::Object(item.0))
    });
    fields.some("networks", networks.collect());
    fields.option(
        "network_mode",
        service.network_mode.as_ref().map(|mode| match mode {
            NetworkMode::Bridge => "bridge".to_owned(),
            NetworkMode::Host => "host".to_owned(),
            NetworkMode::None => "none".to_owned(),
            NetworkMode::Service(name) => format!("service:{name}"),
            NetworkMode::Container(name) => format!("container:{name}"),
        }),
    );
    fields.list("dns", &service.dns);
    fields.list("dns_search", &service.dns_search);
    fields.list("dns_opt", &service.dns_opt);
    fields.list("extra_hosts", &service.extra_hosts);
    fields.option("hostname", service.hostname.clone());
    fields.option("domainname", service.domainname.clone());
    fields.option("mac_address", service.mac_address.clone());
    let links = service.links.iter().map(|link| json!(format!("{}:{}", link.service, link.alias)));
    fields.items("links", links.collect());
}

fn condition(condition: Condition) -> &'static str {
    match condition {
        Condition::ServiceStarted => "service_started",
        Condition::ServiceHealthy => "service_healthy",
        Condition::ServiceCompletedSuccessfully => "service_completed_successfully",
    }
}

fn network_value(spec: &AppSpec, network: &NetworkSpec) -> Value {
    let mut item = Fields::default();
    if network.external {
        item.set("external", json!(true));
        item.text("name", &network.name);
        return Value::Object(item.0);
    }
    if network.name != format!("{}_{}", spec.id, network.key) {
        item.text("name", &network.name);
    }
    item.text("driver", &network.driver);
    item.texts("driver_opts", &network.driver_opts);
    item.flag("internal", network.internal);
    item.flag("attachable", network.attachable);
    item.option("enable_ipv6", network.enable_ipv6);
    item.option("enable_ipv4", network.enable_ipv4);
    item.texts("labels", &network.labels);
    let mut ipam = Fields::default();
    ipam.text("driver", &network.ipam_driver);
    ipam.texts("options", &network.ipam_options);
    let pools = network.ipam.iter().map(|pool| {
        let mut item = Fields::default();
        item.option("subnet", pool.subnet.clone());
        item.option("gateway", pool.gateway.clone());
        item.option("ip_range", pool.ip_range.clone());
        item.texts("aux_addresses", &pool.aux_addresses);
        Value::Object(item.0)
    });
    ipam.items("config", pools.collect());
    item.some("ipam", ipam.0);
    Value::Object(item.0)
}

fn volume_value(spec: &AppSpec, volume: &VolumeSpec) -> Value {
    let mut item = Fields::default();
    item.flag("external", volume.external);
    if volume.external || volume.name != format!("{}_{}", spec.id, volume.key) {
        item.text("name", &volume.name);
    }
    if !volume.external {
        item.text("driver", &volume.driver);
        item.texts("driver_opts", &volume.driver_opts);
        item.texts("labels", &volume.labels);
    }
    Value::Object(item.0)
}
