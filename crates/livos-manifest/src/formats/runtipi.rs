//! Runtipi: `config.json` beside `docker-compose.json`, native `docker-compose.yml` with `x-runtipi`, or a
//! legacy `docker-compose.yml` with Traefik labels.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::{Entry, Listing, Source};
use crate::compose::{self, Rules};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fields::{Fields, Report};
use crate::formats::runtipi_json::{self, Dialect};
use crate::formats::{Parts, assemble, is_sensitive, main_port, publisher};
use crate::interpolate::{Lookup, Scope};
use crate::node::{Map, Node};
use crate::paths::{Paths, Target};
use crate::read;
use crate::secrets;
use crate::spec::{
    AppSpec, Input, InputKind, InputOption, MainPort, NetworkSpec, Owner, Provider, ServiceSpec,
};

const CONFIG: &str = "config.json";
pub(crate) const DYNAMIC: &str = "docker-compose.json";
/// Where Runtipi itself lies in paths; rewritten to this machine's folders.
const ROOT_FOLDER: &str = "/opt/runtipi";

fn config(source: &Source) -> Result<Map> {
    match read::json(CONFIG, source.text(CONFIG)?)? {
        Node::Map(map) => Ok(map),
        other => Err(Error::field(CONFIG, format!("must be an object, not {}", other.kind()))),
    }
}

/// Store metadata.
pub(crate) fn listing(source: &Source) -> Result<Listing> {
    let map = config(source)?;
    let id = map.text("id");
    if id.is_empty() {
        return Err(Error::field("id", "is missing"));
    }
    let long = source.files.get("metadata/description.md").map(|text| text.trim().to_owned());
    let website = [map.text("website"), map.text("source")].into_iter().find(|text| !text.is_empty());
    Ok(Listing {
        name: map.text("name"),
        tagline: map.text("short_desc"),
        description: long.filter(|text| !text.is_empty()).unwrap_or_else(|| map.text("description")),
        category: map.texts("categories").first().cloned().unwrap_or_default(),
        version: map.text("version"),
        developer: map.text("author"),
        website: website.unwrap_or_default(),
        repository: map.text("source"),
        licence: map.text("license"),
        icon: source.icon.clone(),
        architectures: map.texts("supported_architectures"),
        hidden: map.get("available").and_then(Node::as_bool) == Some(false),
        id,
        ..Listing::default()
    })
}

pub(crate) fn plan(entry: &Entry, context: &Context) -> Result<AppSpec> {
    // An optional question without an answer is empty. Where that makes no sense (a device, a path) the plan
    // fails; then the questions are what is missing, and saying so helps more than the failure.
    attempt(entry, context, false).or_else(|error| attempt(entry, context, true).map_err(|_| error))
}

fn attempt(entry: &Entry, context: &Context, all_required: bool) -> Result<AppSpec> {
    let listing = entry.listing.clone();
    let config = config(&entry.source)?;
    let mut report = Report::default();
    check_config(&config, &mut report);
    let mut inputs = inputs(&config)?;
    if all_required {
        for input in &mut inputs {
            input.required = input.kind != InputKind::Random;
        }
    }
    let scope = TipiScope::new(&listing.id, &config, &inputs, context);
    let Dialect { mut compose, main } = read_compose(entry, &listing.id, context, &mut report)?;
    let rules = Rules {
        project: listing.id.clone(),
        separator: '-',
        platform_networks: vec![NetworkSpec {
            key: "tipi_main_network".into(),
            name: "runtipi_tipi_main_network".into(),
            shared: true,
            driver: "bridge".into(),
            ..NetworkSpec::default()
        }],
        optional_devices: false,
        paths: paths(&listing.id, context),
        profiles: compose::Profiles::default(),
    };
    let document = Node::Map(std::mem::take(&mut compose));
    let loaded = compose::load(document, &rules, context, &scope, &mut report)?;
    let main = find_main(&config, main, context.page_port, &loaded.services);
    if config.is_true("force_expose") && !context.exposure.public {
        report.warn("the app only works under a public domain");
    }
    let data_owner = match (config.text("uid").parse(), config.text("gid").parse()) {
        (Ok(uid), Ok(gid)) => Some(Owner { uid, gid }),
        _ => None,
    };
    let app_data_dir = rules.paths.app_data_dir().to_owned();
    assemble(entry, &listing, Parts { loaded, report, inputs, main, data_owner, app_data_dir })
}

fn check_config(config: &Map, report: &mut Report) {
    const KNOWN: [&str; 41] = [
        "$schema",
        "id",
        "name",
        "available",
        "tipi_version",
        "version",
        "categories",
        "description",
        "short_desc",
        "author",
        "source",
        "website",
        "supported_architectures",
        "dynamic_config",
        "created_at",
        "updated_at",
        "min_tipi_version",
        "port",
        "exposable",
        "form_fields",
        "force_pull",
        "no_gui",
        "uid",
        "gid",
        "force_expose",
        "url_suffix",
        "https",
        "deprecated",
        "generate_vapid_keys",
        "requirements",
        "urn",
        "schema_version",
        "icon",
        "hint",
        "repo",
        "docker_compose",
        "force_expose_local",
        "internal_port",
        "gui",
        "contributors",
        "license",
    ];
    for (key, _) in config.iter() {
        if !KNOWN.contains(&key) {
            report.warn(format!("{CONFIG}: the field “{key}” is not known"));
        }
    }
    if config.is_true("deprecated") {
        report.warn("the catalogue calls this app deprecated");
    }
    if let Some(requirements) = config.map("requirements") {
        let ports = requirements.texts("ports");
        if !ports.is_empty() {
            report.warn(format!("the app needs these ports to be free: {}", ports.join(", ")));
        }
    }
}

fn read_compose(entry: &Entry, id: &str, context: &Context, report: &mut Report) -> Result<Dialect> {
    let files = &entry.source.files;
    if let Some(text) = files.get(DYNAMIC) {
        let document = read::json(DYNAMIC, text)?;
        return runtipi_json::translate(&document, id, &context.architecture, report);
    }
    let file = entry.source.compose_file();
    match read::yaml(file, entry.source.text(file)?)? {
        Node::Map(compose) => native(compose, report),
        other => Err(Error::field(file, format!("must be a mapping, not {}", other.kind()))),
    }
}

/// A native file says with `x-runtipi` which service is the main one; a legacy one has no such keys.
fn native(mut compose: Map, report: &mut Report) -> Result<Dialect> {
    let mut main = None;
    let mut is_native = false;
    if let Some(node) = compose.get("x-runtipi") {
        let mut top = Fields::new("x-runtipi", node)?;
        top.ignore(&["schema_version"]);
        // An empty list is what the converter writes where there is nothing for other machines.
        if matches!(node.as_map().and_then(|map| map.get("overrides")), Some(Node::Seq(items)) if items.is_empty())
        {
            top.ignore(&["overrides"]);
        }
        top.finish(report);
        is_native = true;
    }
    if let Some((_, Node::Map(services))) = compose.0.iter_mut().find(|(key, _)| key == "services") {
        for (name, service) in &mut services.0 {
            let Node::Map(service) = service else { continue };
            let Some(extension) = service.get("x-runtipi").cloned() else {
                if is_native {
                    finish_native(service, false);
                }
                continue;
            };
            let mut fields = Fields::new(format!("services.{name}.x-runtipi"), &extension)?;
            let internal = fields.filled("internal_port")?.unwrap_or_default();
            let is_main = fields.flag("is_main")?.unwrap_or(false);
            let joins = fields.flag("add_to_main_network")?.unwrap_or(false) || is_main;
            fields.finish(report);
            finish_native(service, joins);
            if is_main && main.is_none() {
                if service.get("network_mode").is_none() {
                    runtipi_json::add_main_port(service, &internal);
                }
                main = Some((name.clone(), internal));
            }
        }
    }
    Ok(Dialect { compose, main })
}

/// What Runtipi adds to every service of a native file.
fn finish_native(service: &mut Map, in_main_network: bool) {
    if service.get("restart").is_none() {
        service.set("restart", Node::text("unless-stopped"));
    }
    if service.get("network_mode").is_some() {
        return;
    }
    match service.get("networks").cloned() {
        None | Some(Node::Null) => service.set("networks", runtipi_json::networks(in_main_network)),
        Some(Node::Seq(mut names)) if in_main_network => {
            if !names.iter().any(|name| name.as_str() == Some("tipi_main_network")) {
                names.push(Node::text("tipi_main_network"));
            }
            service.set("networks", Node::Seq(names));
        }
        Some(Node::Map(mut map)) if in_main_network => {
            if map.get("tipi_main_network").is_none() {
                map.set("tipi_main_network", Node::Null);
            }
            service.set("networks", Node::Map(map));
        }
        Some(_) => {}
    }
}

fn paths(id: &str, context: &Context) -> Paths {
    let home = context.home_dir.trim_end_matches('/');
    Paths::new(id, context)
        .rewrite(format!("{ROOT_FOLDER}/media"), Target::Path(format!("{home}/Media")))
        .rewrite(
            format!("{ROOT_FOLDER}/app-data"),
            Target::Path(context.apps_dir.trim_end_matches('/').to_owned()),
        )
        .rewrite(ROOT_FOLDER, Target::Foreign("Runtipi itself"))
}

fn find_main(
    config: &Map,
    main: Option<(String, String)>,
    given: Option<u16>,
    services: &[ServiceSpec],
) -> Option<MainPort> {
    if config.is_true("no_gui") {
        return None;
    }
    let port = config.text("port").parse::<u16>().ok().filter(|port| *port != 0);
    let path = config.text("url_suffix");
    let scheme = if config.is_true("https") { "https" } else { "http" };
    // Where the file names the port by its variable, it is the one that was given.
    let publisher = |port: u16| publisher(services, port).or_else(|| publisher(services, given?));
    if let Some((name, internal)) = main {
        let service = services.iter().find(|service| service.name == name)?;
        let container_port = internal.parse::<u16>().ok().filter(|port| *port != 0).or_else(|| {
            let (publisher, inner) = publisher(port?)?;
            (publisher.name == name).then_some(inner)
        });
        let host = service.network_mode == Some(crate::spec::NetworkMode::Host);
        let container_port = container_port.or(if host { port } else { None })?;
        return Some(main_port(services, service, container_port, &path, scheme, port));
    }
    let port = port?;
    if let Some((service, container_port)) = publisher(port) {
        return Some(main_port(services, service, container_port, &path, scheme, Some(port)));
    }
    let host =
        services.iter().find(|service| service.network_mode == Some(crate::spec::NetworkMode::Host))?;
    Some(main_port(services, host, port, &path, scheme, Some(port)))
}

/// `form_fields` as questions.
fn inputs(config: &Map) -> Result<Vec<Input>> {
    let mut inputs: Vec<Input> = Vec::new();
    let fields = match config.get("form_fields") {
        Some(Node::Seq(fields)) => fields.as_slice(),
        _ => &[],
    };
    for (index, node) in fields.iter().enumerate() {
        let place = format!("form_fields[{index}]");
        let Node::Map(field) = node else {
            return Err(Error::field(place, "must be an object"));
        };
        let key = field.text("env_variable");
        if key.is_empty() {
            return Err(Error::field(format!("{place}.env_variable"), "is missing"));
        }
        let options = options(field);
        let kind = match field.text("type").as_str() {
            _ if !options.is_empty() => InputKind::Choice,
            "text" => InputKind::Text,
            "password" => InputKind::Password,
            "number" => InputKind::Number,
            "boolean" => InputKind::Boolean,
            "email" => InputKind::Email,
            "url" => InputKind::Url,
            "ip" => InputKind::Ip,
            "fqdn" => InputKind::Fqdn,
            "fqdnip" => InputKind::Fqdnip,
            "random" => InputKind::Random,
            other => {
                return Err(Error::field(
                    format!("{place}.type"),
                    format!("“{other}” is not a kind of input"),
                ));
            }
        };
        let whole = |key: &str| field.text(key).parse::<f64>().ok().filter(|n| n.abs() < 1e15);
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
        let whole = |key: &str| whole(key).map(|number| number as i64);
        inputs.push(Input {
            label: Some(field.text("label")).filter(|label| !label.is_empty()).unwrap_or_else(|| key.clone()),
            hint: field.text("hint"),
            placeholder: field.text("placeholder"),
            kind,
            required: field.is_true("required") && kind != InputKind::Random,
            default: field.get("default").and_then(Node::as_str).map(str::to_owned),
            options,
            min: whole("min"),
            max: whole("max"),
            pattern: Some(field.text("regex")).filter(|text| !text.is_empty()),
            pattern_error: Some(field.text("pattern_error")).filter(|text| !text.is_empty()),
            sensitive: matches!(kind, InputKind::Password | InputKind::Random) || is_sensitive(&key),
            key,
        });
    }
    Ok(inputs)
}

fn options(field: &Map) -> Vec<InputOption> {
    let Some(Node::Seq(items)) = field.get("options") else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| match item {
            Node::Map(item) => Some(InputOption { label: item.text("label"), value: item.text("value") }),
            Node::Scalar { text, .. } => Some(InputOption { label: text.clone(), value: text.clone() }),
            _ => None,
        })
        .collect()
}

/// The environment of a Runtipi app. Runtipi lets apps read its own secrets; here they get values of their own.
struct TipiScope {
    values: BTreeMap<String, String>,
    /// Required questions without an answer.
    open: BTreeSet<String>,
}

impl TipiScope {
    fn new(id: &str, config: &Map, inputs: &[Input], context: &Context) -> Self {
        let mut values = context.variables.clone();
        let mut open = BTreeSet::new();
        let seed = context.device_seed.as_slice();
        let lan = if context.lan_address.is_empty() { context.domain.as_str() } else { &context.lan_address };
        let port = context.page_port_or(&config.text("port"));
        let exposure = &context.exposure;
        let (host, domain) = if exposure.host.is_empty() {
            (lan.to_owned(), format!("{lan}:{port}"))
        } else {
            let port = exposure.port.map(|port| format!(":{port}")).unwrap_or_default();
            (exposure.host.clone(), format!("{}{port}", exposure.host))
        };
        for (name, value) in [
            ("APP_ID", id.to_owned()),
            ("APP_NAME", id.to_owned()),
            ("APP_URN", format!("{id}:livos")),
            ("APP_STORE_ID", "livos".to_owned()),
            ("APP_PORT", port),
            ("APP_DATA_DIR", context.data_dir(id)),
            ("ROOT_FOLDER_HOST", ROOT_FOLDER.to_owned()),
            ("RUNTIPI_APP_DATA_PATH", context.apps_dir.clone()),
            ("APP_DOMAIN", domain),
            ("APP_HOST", host),
            ("APP_PROTOCOL", exposure.scheme.clone()),
            ("TZ", context.timezone.clone()),
            ("INTERNAL_IP", lan.to_owned()),
            ("NETWORK_INTERFACE", "0.0.0.0".to_owned()),
            ("DNS_IP", "9.9.9.9".to_owned()),
            ("ARCHITECTURE", context.architecture.clone()),
            ("DOMAIN", context.domain.clone()),
            ("LOCAL_DOMAIN", context.domain.clone()),
            ("NODE_ENV", "production".to_owned()),
            ("DEMO_MODE", "false".to_owned()),
            ("LOG_LEVEL", "info".to_owned()),
            ("JWT_SECRET", secrets::derive_hex(seed, &format!("app-{id}-JWT_SECRET"))),
        ] {
            values.insert(name.to_owned(), value);
        }
        if exposure.public {
            values.insert("APP_EXPOSED".to_owned(), "true".to_owned());
        }
        if config.is_true("generate_vapid_keys")
            && let Some((public, private)) = secrets::vapid(seed, &format!("app-{id}-VAPID"))
        {
            values.insert("VAPID_PUBLIC_KEY".to_owned(), public);
            values.insert("VAPID_PRIVATE_KEY".to_owned(), private);
        }
        let encodings = encodings(config);
        for input in inputs {
            let answer = context.answers.get(&input.key).filter(|answer| !answer.is_empty()).cloned();
            let value =
                answer.or_else(|| input.default.clone().filter(|text| !text.is_empty())).or_else(|| {
                    match input.kind {
                        InputKind::Random => {
                            let length =
                                usize::try_from(input.min.unwrap_or(32)).unwrap_or(32).clamp(1, 4096);
                            let label = format!("app-{id}-{}", input.key);
                            Some(if encodings.contains(&input.key) {
                                secrets::random_base64(seed, &label, length)
                            } else {
                                secrets::random_hex(seed, &label, length)
                            })
                        }
                        InputKind::Boolean => Some("false".to_owned()),
                        _ => None,
                    }
                });
            match value {
                Some(value) => {
                    values.insert(input.key.clone(), value);
                }
                None if input.required => {
                    open.insert(input.key.clone());
                    values.remove(&input.key);
                }
                None => {}
            }
        }
        TipiScope { values, open }
    }
}

/// Fills in `{{NAME}}`.
pub(crate) fn render(entry: &Entry, context: &Context, template: &str) -> String {
    // A description that cannot be read was no plan either.
    let (Ok(config), id) = (config(&entry.source), entry.id()) else { return template.to_owned() };
    let Ok(inputs) = inputs(&config) else { return template.to_owned() };
    let scope = TipiScope::new(id, &config, &inputs, context);
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find("{{") {
        let after = &rest[at + 2..];
        let found = after.find("}}").and_then(|end| Some((scope.values.get(&after[..end])?, end)));
        let Some((value, end)) = found else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        out.push_str(&rest[..at]);
        out.push_str(value);
        rest = &after[end + 2..];
    }
    out.push_str(rest);
    out
}

/// Random fields that want base64.
fn encodings(config: &Map) -> BTreeSet<String> {
    let fields = config.get("form_fields").and_then(Node::as_seq).unwrap_or_default();
    fields
        .iter()
        .filter_map(Node::as_map)
        .filter(|field| field.text("encoding") == "base64")
        .map(|field| field.text("env_variable"))
        .collect()
}

impl Scope for TipiScope {
    fn lookup(&self, name: &str, _optional: bool) -> Lookup {
        match self.values.get(name) {
            Some(value) => Lookup::Value(value.clone()),
            None if self.open.contains(name) => Lookup::Pending(Provider::Owner),
            None => Lookup::Unset,
        }
    }
}
