//! CasaOS and ZimaOS version 2: a compose file with a top-level `x-casaos`.

use std::collections::BTreeMap;

use crate::catalogue::{Entry, Listing, Source};
use crate::compose::{self, Rules};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fields::Report;
use crate::formats::{Parts, Values, assemble, localized, main_port, optional_inputs, publisher, slug};
use crate::interpolate::Interpolator;
use crate::node::Map;
use crate::paths::{Paths, Target};
use crate::read;
use crate::spec::{AppSpec, MainPort, NetworkMode, Protocol, ServiceSpec};

/// Store metadata.
pub(crate) fn listing(source: &Source, folder: &str) -> Result<Listing> {
    let file = source.compose_file();
    let document = read::yaml(file, source.text(file)?)?;
    let root = document.as_map().ok_or_else(|| Error::field(file, "must be a mapping"))?;
    let empty = Map::default();
    let store = root.map("x-casaos").unwrap_or(&empty);
    let id = [root.text("name"), store.text("store_app_id"), folder.to_owned()]
        .iter()
        .map(|text| slug(text))
        .find(|id| !id.is_empty())
        .unwrap_or_default();
    let title = localized(store.get("title"));
    let mut description = localized(store.get("description"));
    let tip = store.map("tips").map(|tips| localized(tips.get("before_install"))).unwrap_or_default();
    if !tip.is_empty() {
        description = format!("{description}\n\n**Before you install**\n\n{tip}");
    }
    let mut version = store.text("version");
    if version.is_empty() {
        // Older files say the version only in the image's tag.
        version = main_image_tag(root, &store.text("main")).unwrap_or_default();
    }
    Ok(Listing {
        name: if title.is_empty() { folder.to_owned() } else { title },
        tagline: localized(store.get("tagline")),
        description,
        category: store.text("category"),
        version,
        developer: [store.text("developer"), store.text("author")]
            .into_iter()
            .find(|t| !t.is_empty())
            .unwrap_or_default(),
        website: [store.text("website"), store.text("repo")]
            .into_iter()
            .find(|t| !t.is_empty())
            .unwrap_or_default(),
        repository: store.text("repo"),
        documentation: store.text("docs"),
        support: store.text("support"),
        licence: store.text("license"),
        icon: store.text("icon"),
        gallery: store.texts("screenshot_link"),
        release_notes: localized(store.get("release_notes")),
        default_username: String::new(),
        default_password: String::new(),
        architectures: store.texts("architectures").iter().map(|name| architecture(name)).collect(),
        implements: Vec::new(),
        dependencies: Vec::new(),
        hidden: false,
        id,
    })
}

fn architecture(name: &str) -> String {
    match name {
        "x86_64" => "amd64".to_owned(),
        "aarch64" => "arm64".to_owned(),
        other => other.to_owned(),
    }
}

fn main_image_tag(root: &Map, main: &str) -> Option<String> {
    let services = root.map("services")?;
    let service = services.map(main).or_else(|| services.iter().next()?.1.as_map())?;
    let image = service.text("image");
    let (_, tag) = image.split('@').next()?.rsplit_once(':')?;
    (!tag.contains('/')).then(|| tag.to_owned())
}

pub(crate) fn plan(entry: &Entry, context: &Context) -> Result<AppSpec> {
    let listing = entry.listing.clone();
    let file = entry.source.compose_file();
    let document = read::yaml(file, entry.source.text(file)?)?;
    let root = document.as_map().cloned().unwrap_or_default();
    let empty = Map::default();
    let store = root.map("x-casaos").unwrap_or(&empty);
    let mut report = Report::default();
    check_store(store, &mut report);
    let project = root.text("name");
    let app_id = if project.is_empty() { listing.id.clone() } else { project };
    let mut values: BTreeMap<String, String> = context.variables.clone();
    values.extend(context.answers.clone());
    for (name, value) in [
        ("AppID", app_id),
        ("DefaultUserName", "admin".to_owned()),
        ("DefaultPassword", "casaos".to_owned()),
        ("PUID", context.puid.to_string()),
        ("PGID", context.pgid.to_string()),
        ("TZ", context.timezone.clone()),
        ("WEBUI_PORT", context.page_port_or(&webui_port(&listing.id).to_string())),
    ] {
        values.entry(name.to_owned()).or_insert(value);
    }
    let scope = Values(values);
    let rules = Rules {
        project: listing.id.clone(),
        separator: '-',
        platform_networks: Vec::new(),
        optional_devices: true,
        paths: paths(&listing.id, context),
        profiles: compose::Profiles::default(),
    };
    let loaded = compose::load(document, &rules, context, &scope, &mut report)?;
    let mut interpolator = Interpolator::new(&scope);
    let port_map = interpolator.text("x-casaos.port_map", &store.text("port_map")).unwrap_or_default();
    let main = main(store, &port_map, &loaded.services);
    if main.is_none() && !store.text("main").is_empty() && !port_map.is_empty() {
        report.warn(format!("x-casaos names port {port_map}, which no service publishes"));
    }
    let inputs = optional_inputs(&loaded);
    let app_data_dir = rules.paths.app_data_dir().to_owned();
    assemble(entry, &listing, Parts { loaded, report, inputs, main, data_owner: None, app_data_dir })
}

/// A port of its own for every app, the same each time; the engine moves it when it is taken.
fn webui_port(id: &str) -> u16 {
    let sum = id.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    u16::try_from(10_000 + sum % 20_000).unwrap_or(10_000)
}

fn paths(id: &str, context: &Context) -> Paths {
    let home = context.home_dir.trim_end_matches('/');
    Paths::new(id, context)
        .rewrite("/DATA/AppData", Target::CasaosAppData)
        .rewrite("/DATA", Target::Path(home.to_owned()))
}

/// Keys of `x-casaos` that ask for something are read; the others describe. Unknown ones are mentioned.
fn check_store(store: &Map, report: &mut Report) {
    const KNOWN: [&str; 35] = [
        "id",
        "main",
        "port_map",
        "icon",
        "title",
        "category",
        "version",
        "index",
        "scheme",
        "tagline",
        "description",
        "architectures",
        "author",
        "developer",
        "screenshot_link",
        "thumbnail",
        "tips",
        "update_at",
        "release_notes",
        "website",
        "repo",
        "support",
        "docs",
        "store_app_id",
        "hostname",
        "is_uncontrolled",
        "store_id",
        "icon_theme",
        "container",
        "changelog",
        "tags",
        "license",
        "official",
        "supported_languages",
        "updateAt",
    ];
    for (key, _) in store.iter() {
        if !KNOWN.contains(&key) {
            report.warn(format!("x-casaos: the field “{key}” is not known"));
        }
    }
}

fn main(store: &Map, port_map: &str, services: &[ServiceSpec]) -> Option<MainPort> {
    let (index, scheme) = (store.text("index"), store.text("scheme"));
    let named = services.iter().find(|service| service.name == store.text("main"));
    let port: Option<u16> = port_map.trim().parse().ok().filter(|port| *port != 0);
    if let Some(port) = port {
        let own = named.and_then(|service| publisher(std::slice::from_ref(service), port));
        if let Some((service, container_port)) = own.or_else(|| publisher(services, port)) {
            return Some(main_port(services, service, container_port, &index, &scheme, Some(port)));
        }
        let host = named.filter(|service| service.network_mode == Some(NetworkMode::Host));
        if let Some(service) =
            host.or_else(|| services.iter().find(|s| s.network_mode == Some(NetworkMode::Host)))
        {
            return Some(main_port(services, service, port, &index, &scheme, Some(port)));
        }
        return None;
    }
    // Without a port, a main service that publishes exactly one still says where to go.
    let service = named?;
    let mut tcp =
        service.ports.iter().filter(|port| port.protocol == Protocol::Tcp && port.pending.is_none());
    match (tcp.next(), tcp.next()) {
        (Some(only), None) => Some(main_port(
            services,
            service,
            only.container_port,
            &index,
            &scheme,
            only.moved_from.or(only.host_port),
        )),
        _ => None,
    }
}
