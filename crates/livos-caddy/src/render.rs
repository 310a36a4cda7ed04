//! Fills in the templates.

use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior, context};
use serde::Serialize;

use crate::document::Document;
use crate::edge::{Edge, Https, WebUpstream};
use crate::{Error, check};

const TEMPLATES: [(&str, &str); 4] = [
    ("edge.json", include_str!("../../../caddy/edge.json")),
    ("site.json", include_str!("../../../caddy/site.json")),
    ("app.json", include_str!("../../../caddy/app.json")),
    ("waiting.html", include_str!("../../../caddy/waiting.html")),
];

/// The body of an answer to a program while livos-web doesn't answer; the shape is that of every API error.
const API_BODY: &str = r#"{"code":"unavailable","message":"LivOS is starting. Try again in a moment.","request_id":"","retry_after":2}"#;

/// The whole Caddy document for this edge.
pub fn render(edge: &Edge) -> Result<String, Error> {
    check::edge(edge)?;
    let environment = environment().map_err(Error::Template)?;
    let page = |title: &str, text: &str| {
        environment.get_template("waiting.html").and_then(|page| page.render(context! { title, text }))
    };
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    let fill_in = || {
        let values = context! {
            storage_dir => text(&edge.storage_dir),
            listen => &edge.listen,
            http_port => edge.http_port,
            gateway_bind => &edge.gateway_bind,
            web => match &edge.web {
                WebUpstream::Unix(socket) => format!("unix/{}", text(socket)),
                WebUpstream::Tcp(address) => address.clone(),
            },
            https => edge.https.as_ref().map(|https| minijinja::Value::from(minijinja::value::Serde(Secure::of(edge, https)))),
            domain => &edge.domain,
            closed => minijinja::Value::from(minijinja::value::Serde(public_names(edge))),
            apps => minijinja::Value::from(minijinja::value::Serde(&edge.apps)),
            server_page => page("Starting your server", "LivOS is starting or restarting. This page opens by itself in a moment.")?,
            app_page => page("Starting the app", "The app doesn't answer yet. This page opens by itself as soon as it does.")?,
            api_body => API_BODY,
        };
        environment.get_template("edge.json")?.render(values)
    };
    let filled = fill_in().map_err(Error::Template)?;
    let document: Document = serde_json::from_str(&filled).map_err(Error::Document)?;
    serde_json::to_string_pretty(&document).map_err(Error::Document)
}

/// What a device needs that does not trust the house's authority yet; it is never sent on to HTTPS.
const OPEN_PATHS: [&str; 3] = ["/trust", "/api/v1/certificate", "/api/v1/certificate/*"];

/// An address in the place of a name. Of one of IPv6 with a port Caddy gives no more than what stands in the brackets,
/// of which nobody can make an address of a page.
const ADDRESS: &str = r"^([0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]+)?|\[[0-9A-Fa-f:.]+\])$";

/// HTTPS as the template wants it.
#[derive(Serialize)]
struct Secure<'a> {
    listen: Vec<String>,
    port: u16,
    /// What follows a name in an address.
    suffix: String,
    authority: &'a str,
    home_names: Vec<&'a str>,
    public_names: Vec<&'a str>,
    names: Vec<&'a str>,
    always: bool,
    open_paths: [&'a str; 3],
    address_pattern: &'a str,
    directory: &'a str,
    email: &'a str,
    roots: Option<&'a Path>,
    log: Option<&'a Path>,
}

/// The domain and the apps' names below it.
fn public_names(edge: &Edge) -> Vec<&str> {
    let Some(domain) = edge.domain.as_deref() else { return Vec::new() };
    let below = format!(".{domain}");
    let of_apps = edge.apps.iter().flat_map(|app| &app.host_names).map(String::as_str);
    std::iter::once(domain).chain(of_apps.filter(|name| name.ends_with(&below))).collect()
}

impl<'a> Secure<'a> {
    fn of(edge: &'a Edge, https: &'a Https) -> Self {
        let mut listen: Vec<String> = Vec::new();
        for (host, _) in edge.listen.iter().filter_map(|address| address.rsplit_once(':')) {
            let address = format!("{host}:{}", https.port);
            if !listen.contains(&address) {
                listen.push(address);
            }
        }
        let public_names = public_names(edge);
        let of_apps = edge.apps.iter().flat_map(|app| &app.host_names);
        let home = https.home_names.iter().chain(of_apps).map(String::as_str);
        let home_names: Vec<_> = home.filter(|name| !public_names.contains(name)).collect();
        Self {
            listen,
            port: https.port,
            suffix: if https.port == 443 { String::new() } else { format!(":{}", https.port) },
            authority: &https.authority,
            names: home_names.iter().chain(&public_names).copied().collect(),
            home_names,
            log: https.acme.log.as_deref().filter(|_| !public_names.is_empty()),
            public_names,
            always: https.always,
            open_paths: OPEN_PATHS,
            address_pattern: ADDRESS,
            directory: &https.acme.directory,
            email: &https.acme.email,
            roots: https.acme.roots.as_deref(),
        }
    }
}

/// The document Caddy starts with: the desktop, and no app yet.
pub fn bootstrap(edge: &Edge) -> Result<String, Error> {
    render(&Edge { apps: Vec::new(), ..edge.clone() })
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}
