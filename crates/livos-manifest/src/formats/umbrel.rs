//! Umbrel: `umbrel-app.yml` beside `docker-compose.yml`.
//!
//! LivOS' catalogue was once a dialect of it: `livinity-app.yml`, with `LIVINITY_` for `UMBREL_` in some variables.
//! There the proxy was taken away and the port of the page was published by the service that looked like it.
//!
//! The compose file's pseudo-service `app_proxy` says which container a browser reaches; it becomes
//! `AppSpec::main`. All apps share one flat network with fixed addresses, and containers are known to other
//! apps as `<id>_<service>_1`.

use crate::catalogue::{Entry, LIVINITY_APP, Listing, Source};
use crate::compose::{self, Loaded, Rules};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fields::{Fields, Report};
use crate::formats::umbrel_scope::{UMBREL_ROOT, UmbrelScope};
use crate::formats::{Parts, assemble, main_port, publisher};
use crate::interpolate::{Interpolator, is_pending};
use crate::node::{Map, Node};
use crate::paths::{Paths, Target};
use crate::read;
use crate::spec::{
    AppSpec, DeviceSpec, IpamPool, MainPort, NetworkMode, NetworkSpec, Protocol, Provider, RestartPolicy,
    ServiceSpec,
};

const GALLERY: &str = "https://getumbrel.github.io/umbrel-apps-gallery";

/// Store metadata.
pub(crate) fn listing(source: &Source) -> Result<Listing> {
    let file = source.umbrel_manifest();
    let document = read::yaml(file, source.text(file)?)?;
    let map = document.as_map().ok_or_else(|| Error::field(file, "must be a mapping"))?;
    let id = map.text("id");
    if id.is_empty() {
        return Err(Error::field("id", "is missing"));
    }
    // Only umbrel keeps its pictures where a name is enough.
    let absolute = |name: &str| match name {
        _ if name.contains("://") => Some(name.to_owned()),
        _ if file == LIVINITY_APP => None,
        _ => Some(format!("{GALLERY}/{id}/{name}")),
    };
    let icon = map.text("icon");
    let icon = if icon.is_empty() { "icon.svg" } else { icon.as_str() };
    Ok(Listing {
        icon: absolute(icon).unwrap_or_default(),
        gallery: map.texts("gallery").iter().filter_map(|name| absolute(name)).collect(),
        name: map.text("name"),
        tagline: map.text("tagline"),
        description: map.text("description"),
        category: map.text("category"),
        version: map.text("version"),
        developer: map.text("developer"),
        website: map.text("website"),
        repository: map.text("repo"),
        documentation: map.text("docs"),
        support: map.text("support"),
        licence: map.text("license"),
        release_notes: map.text("releaseNotes"),
        default_username: map.text("defaultUsername"),
        default_password: map.text("defaultPassword"),
        architectures: vec!["amd64".into(), "arm64".into()],
        dependencies: map.texts("dependencies"),
        implements: map.texts("implements"),
        hidden: map.is_true("disabled"),
        id,
    })
}

pub(crate) fn plan(entry: &Entry, context: &Context) -> Result<AppSpec> {
    let file = entry.source.umbrel_manifest();
    let manifest = read::yaml(file, entry.source.text(file)?)?;
    let manifest = manifest.as_map().cloned().unwrap_or_default();
    let mut listing = listing(&entry.source)?;
    let port = manifest.text("port");
    let mut report = Report::default();
    check_manifest(file, &manifest, &mut report);
    let own = entry.exports(&listing.id, context);
    let scope = UmbrelScope::new(&listing, file, &port, context, own);
    if manifest.is_true("deterministicPassword") && listing.default_password.is_empty() {
        listing.default_password = crate::secrets::derive_hex(
            &context.device_seed,
            &format!("app-{}-seed-APP_PASSWORD", listing.id),
        );
    }
    let compose_file = entry.source.compose_file();
    let mut document = read::yaml(compose_file, entry.source.text(compose_file)?)?;
    let raw = document.clone();
    let proxy = take_proxy(&mut document);
    let rules = Rules {
        project: listing.id.clone(),
        separator: '_',
        platform_networks: vec![flat_network()],
        optional_devices: false,
        paths: paths(&listing.id, context),
        profiles: compose::Profiles::default(),
    };
    let mut loaded = compose::load(document, &rules, context, &scope, &mut report)?;
    permissions(file, &manifest, &mut loaded, &mut report);
    let proxied = match proxy {
        Some(proxy) => proxy_port(&proxy, &scope, &raw, &manifest, &mut loaded, &mut report)?,
        None => None,
    };
    let main = match proxied {
        Some(main) => Some(main),
        None => direct_port(&manifest, context.page_port, &loaded.services)
            .or_else(|| guessed_port(&manifest, &loaded.services).filter(|_| file == LIVINITY_APP)),
    };
    if loaded.unresolved.iter().any(|unresolved| unresolved.provider == Provider::Own) {
        report.warn("some values come from the app's exports.sh, which must be run before the start");
    }
    let app_data_dir = rules.paths.app_data_dir().to_owned();
    assemble(
        entry,
        &listing,
        Parts { loaded, report, inputs: Vec::new(), main, data_owner: None, app_data_dir },
    )
}

/// Manifest fields that describe, or that are used elsewhere; any other is named.
fn check_manifest(file: &str, manifest: &Map, report: &mut Report) {
    const KNOWN: [&str; 39] = [
        "manifestVersion",
        "id",
        "name",
        "tagline",
        "category",
        "version",
        "port",
        "description",
        "website",
        "support",
        "gallery",
        "developer",
        "submitter",
        "submission",
        "repo",
        "releaseNotes",
        "dependencies",
        "implements",
        "permissions",
        "path",
        "defaultUsername",
        "defaultPassword",
        "deterministicPassword",
        "widgets",
        "backupIgnore",
        "disabled",
        "torOnly",
        "defaultShell",
        "icon",
        "installSize",
        "optimizedForUmbrelHome",
        "optimizedForLivinityHome",
        "tags",
        "license",
        "releaseDate",
        "docs",
        "donate",
        "featured",
        "new",
    ];
    for (key, _) in manifest.iter() {
        if !KNOWN.contains(&key) {
            report.warn(format!("{file}: the field “{key}” is not known"));
        }
    }
    if manifest.is_true("torOnly") {
        report.warn("the app is meant to be reached over Tor only");
    }
    let major = manifest.text("manifestVersion");
    if !major.is_empty() && major.split('.').next().is_some_and(|number| number != "1") {
        report.unsupported(format!("{file}: manifestVersion {major}"));
    }
}

fn flat_network() -> NetworkSpec {
    NetworkSpec {
        key: "default".into(),
        name: "umbrel_main_network".into(),
        shared: true,
        driver: "bridge".into(),
        ipam: vec![IpamPool {
            subnet: Some("10.21.0.0/16".into()),
            gateway: Some("10.21.0.1".into()),
            ..IpamPool::default()
        }],
        ..NetworkSpec::default()
    }
}

fn paths(id: &str, context: &Context) -> Paths {
    let home = context.home_dir.trim_end_matches('/');
    let base = home.rsplit_once('/').map_or("", |(base, _)| base);
    let at = |rest: &str| format!("{UMBREL_ROOT}/{rest}");
    Paths::new(id, context)
        .rewrite(at("data/storage/downloads"), Target::Path(format!("{home}/Downloads")))
        .rewrite(at("data/storage"), Target::Path(home.to_owned()))
        .rewrite(at("home"), Target::Path(home.to_owned()))
        .rewrite(at("app-data"), Target::Path(context.apps_dir.trim_end_matches('/').to_owned()))
        .rewrite(at("external"), Target::Path(format!("{base}/external")))
        .rewrite(at("network"), Target::Path(format!("{base}/network")))
        .rewrite(UMBREL_ROOT, Target::Foreign("umbrel itself"))
}

fn take_proxy(document: &mut Node) -> Option<Node> {
    let Node::Map(root) = document else { return None };
    let services = root.0.iter_mut().find(|(key, _)| key == "services")?;
    let Node::Map(services) = &mut services.1 else { return None };
    let proxy = services.remove("app_proxy")?;
    // The proxy is always there, so waiting for it means nothing.
    for (_, service) in &mut services.0 {
        let Node::Map(service) = service else { continue };
        match service.0.iter_mut().find(|(key, _)| key == "depends_on").map(|(_, node)| node) {
            Some(Node::Seq(names)) => names.retain(|name| name.as_str() != Some("app_proxy")),
            Some(Node::Map(names)) => {
                names.remove("app_proxy");
            }
            _ => {}
        }
    }
    Some(proxy)
}

/// `permissions: [GPU, STORAGE_DOWNLOADS]`.
fn permissions(file: &str, manifest: &Map, loaded: &mut Loaded, report: &mut Report) {
    for permission in manifest.texts("permissions") {
        match permission.as_str() {
            // The mounts themselves say which folder; the paths are rewritten to Home/Downloads.
            "STORAGE_DOWNLOADS" => {}
            "GPU" => {
                for service in &mut loaded.services {
                    if !service.devices.iter().any(|device| device.source == "/dev/dri") {
                        service.devices.push(DeviceSpec {
                            source: "/dev/dri".into(),
                            target: "/dev/dri".into(),
                            permissions: "rwm".into(),
                            optional: true,
                        });
                    }
                }
            }
            other => report.unsupported(format!("{file}: permission {other}")),
        }
    }
}

/// What `app_proxy` says.
fn proxy_port(
    proxy: &Node,
    scope: &UmbrelScope,
    raw: &Node,
    manifest: &Map,
    loaded: &mut Loaded,
    report: &mut Report,
) -> Result<Option<MainPort>> {
    let mut fields = Fields::new("services.app_proxy", proxy)?;
    // umbreld gives the proxy its image, name, restart policy and port; an app has no say in these.
    fields.ignore(&["image", "container_name", "restart", "depends_on", "hostname", "networks", "init"]);
    let pairs = fields.pairs("environment")?;
    fields.finish(report);
    let mut environment = std::collections::BTreeMap::new();
    let mut raw_host = String::new();
    let mut interpolator = Interpolator::new(scope);
    for (name, value) in pairs {
        let value = value.unwrap_or_default();
        if name == "APP_HOST" {
            raw_host.clone_from(&value);
        }
        let value = interpolator.text(&format!("services.app_proxy.environment.{name}"), &value)?;
        environment.insert(name, value);
    }
    let unresolved = interpolator.finish().unresolved;
    for unknown in environment.keys().filter(|name| {
        !matches!(
            name.as_str(),
            "APP_HOST"
                | "APP_PORT"
                | "PROXY_AUTH_ADD"
                | "PROXY_AUTH_WHITELIST"
                | "PROXY_AUTH_BLACKLIST"
                | "PROXY_TRUST_UPSTREAM"
                | "PROXY_REQUEST_TIMEOUT"
        )
    }) {
        report.unsupported(format!("services.app_proxy.environment.{unknown}"));
    }
    let value = |name: &str| environment.get(name).cloned().unwrap_or_default();
    let (host, port) = (value("APP_HOST"), value("APP_PORT"));
    let Some(service) = find_service(&host, &raw_host, raw, &loaded.services) else {
        report.warn(format!(
            "app_proxy points to “{}”, which is no container of this app",
            crate::interpolate::show_pending(&host)
        ));
        return Ok(None);
    };
    let service = service.clone();
    if is_pending(&port) {
        loaded.unresolved.extend(
            unresolved
                .into_iter()
                .filter(|variable| {
                    port.contains(variable.name.as_str())
                        && !loaded.unresolved.iter().any(|known| known.name == variable.name)
                })
                .collect::<Vec<_>>(),
        );
        return Ok(None);
    }
    let Some(port) = port.trim().parse::<u16>().ok().filter(|port| *port != 0) else {
        report.warn(format!("app_proxy points to port “{port}”, which is no port"));
        return Ok(None);
    };
    let promised = manifest.text("port").parse().ok().filter(|port| *port != 0);
    let mut main = main_port(&loaded.services, &service, port, &manifest.text("path"), "http", promised);
    main.sign_in = value("PROXY_AUTH_ADD") != "false";
    let split = |text: String| {
        text.split(',').map(str::trim).filter(|path| !path.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    main.open_paths = split(value("PROXY_AUTH_WHITELIST"));
    main.closed_paths = split(value("PROXY_AUTH_BLACKLIST"));
    Ok(Some(main))
}

/// `APP_HOST` is a container name, a service name, a host name, a fixed address or the machine itself.
fn find_service<'a>(
    host: &str,
    raw_host: &str,
    raw: &Node,
    services: &'a [ServiceSpec],
) -> Option<&'a ServiceSpec> {
    let host = host.trim();
    let by = |test: &dyn Fn(&ServiceSpec) -> bool| services.iter().find(|service| test(service));
    by(&|service| service.container_name == host)
        .or_else(|| by(&|service| service.name == host))
        .or_else(|| by(&|service| service.hostname.as_deref() == Some(host)))
        .or_else(|| {
            by(&|service| service.networks.iter().any(|network| network.aliases.iter().any(|a| a == host)))
        })
        .or_else(|| {
            by(&|service| {
                service.networks.iter().any(|network| network.ipv4_address.as_deref() == Some(host))
            })
        })
        .or_else(|| {
            // The variable itself is unknown, but the file gives the same variable to a service as its address.
            let wanted = variable(raw_host)?;
            by(&|service| raw_address(raw, &service.name).and_then(variable) == Some(wanted))
        })
        .or_else(|| {
            let on_host: Vec<&ServiceSpec> =
                services.iter().filter(|service| service.network_mode == Some(NetworkMode::Host)).collect();
            let machine = matches!(
                host,
                "host.docker.internal" | "10.21.0.1" | "172.17.0.1" | "localhost" | "127.0.0.1"
            );
            match (machine, on_host.as_slice()) {
                (true, [only]) => Some(*only),
                (true, [first, ..]) => Some(*first),
                _ => None,
            }
        })
}

fn variable(text: &str) -> Option<&str> {
    let text = text.trim().strip_prefix('$')?;
    Some(text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text))
}

fn raw_address<'a>(raw: &'a Node, service: &str) -> Option<&'a str> {
    let networks = raw.as_map()?.map("services")?.map(service)?.map("networks")?;
    networks.iter().find_map(|(_, network)| network.as_map()?.get("ipv4_address")?.as_str())
}

/// Without a proxy the app listens on the promised port itself.
fn direct_port(manifest: &Map, given: Option<u16>, services: &[ServiceSpec]) -> Option<MainPort> {
    let port: u16 = manifest.text("port").parse().ok().filter(|port| *port != 0)?;
    let path = manifest.text("path");
    // Where the file names the port by its variable, it is the one that was given.
    let found = publisher(services, port).or_else(|| publisher(services, given?));
    if let Some((service, container_port)) = found {
        return Some(main_port(services, service, container_port, &path, "http", Some(port)));
    }
    let long_running = |service: &&ServiceSpec| {
        service.network_mode == Some(NetworkMode::Host) && service.restart != RestartPolicy::No
    };
    let service = services
        .iter()
        .find(long_running)
        .or_else(|| services.iter().find(|service| service.network_mode == Some(NetworkMode::Host)))?;
    Some(main_port(services, service, port, &path, "http", Some(port)))
}

/// The page of an app whose file names none: that of the service that is called like one, on the first port that it
/// says it listens on.
fn guessed_port(manifest: &Map, services: &[ServiceSpec]) -> Option<MainPort> {
    let port: u16 = manifest.text("port").parse().ok().filter(|port| *port != 0)?;
    let named = |name: &str| services.iter().find(|service| service.name == name);
    let service = ["server", "app", "web"].into_iter().find_map(named).or_else(|| services.first())?;
    let published =
        service.ports.iter().find(|port| port.protocol == Protocol::Tcp && port.pending.is_none());
    let exposed =
        || service.expose.iter().find_map(|text| text.strip_suffix("/tcp").unwrap_or(text).parse().ok());
    let inside = published.map(|port| port.container_port).or_else(exposed)?;
    Some(main_port(services, service, inside, &manifest.text("path"), "http", Some(port)))
}
