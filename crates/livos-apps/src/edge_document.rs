//! From installed apps to what Caddy is told.

use std::collections::BTreeSet;
use std::path::PathBuf;

use livos_caddy::{Acme, AppRoute, Edge, Https, UpstreamScheme, WebUpstream};
use livos_service::Config;

use crate::Error;
use crate::core::addresses;
use crate::core::exposure::{Chosen, public_host};
use crate::store::App;

/// The whole document.
///
/// Without `https`, because another program has its port, everything is as it would be without it.
pub(crate) fn render(config: &Config, apps: &[App], chosen: &Chosen, https: bool) -> Result<String, Error> {
    let mut edge = Edge {
        storage_dir: config.server.state_dir.join("caddy"),
        listen: config.caddy.listen.clone(),
        http_port: config.caddy.http_port,
        gateway_bind: config.apps.bind.clone(),
        web: web_upstream(config),
        apps: apps.iter().filter_map(|app| route(config, app, chosen)).collect(),
        https: self::https(config, chosen).filter(|_| https),
        domain: Some(chosen.domain.clone()).filter(|domain| !domain.is_empty()),
    };
    if let Ok(document) = livos_caddy::render(&edge) {
        return Ok(document);
    }
    // One app that Caddy cannot be told of must not take the others' addresses away.
    let apps = std::mem::take(&mut edge.apps);
    let mut ports: BTreeSet<u16> = edge.https.iter().map(|https| https.port).collect();
    for app in apps {
        let Some(mut app) = servable(&edge, app) else { continue };
        // Of two apps with the same port the second has its name only, and of an app and HTTPS the app.
        if app.gateway_port.is_some_and(|port| !ports.insert(port)) {
            tracing::error!(app = %app.id, "another app has its port; it is found by its name alone");
            app.gateway_port = None;
        }
        edge.apps.push(app);
    }
    livos_caddy::render(&edge).or_else(|error| {
        tracing::error!(error = livos_service::chain(&error), "HTTPS cannot be had as it is configured");
        livos_caddy::render(&Edge { https: None, ..edge }).map_err(Error::Render)
    })
}

/// The server's names in the house.
pub(crate) fn home_names(config: &Config) -> Vec<String> {
    let machine = addresses::machine_name(&config.server.name);
    let domain = addresses::domain(&config.web.public_url, &machine);
    let mut names = vec![format!("{machine}.local"), machine];
    if !names.contains(&domain) {
        names.push(domain);
    }
    names
}

/// What the house's own authority is called on people's devices. A certificate has room for 64 letters, and Caddy reads
/// more into braces.
pub(crate) fn authority_name(server: &str) -> String {
    let plain = server.chars().filter(|letter| !letter.is_control() && !"{}".contains(*letter));
    let name = format!("LivOS on {}", plain.take(48).collect::<String>());
    name.trim().to_owned()
}

/// Where Caddy writes down why it has no certificate for the domain: beside its admin socket, where it may write and we
/// may read.
pub(crate) fn certificates_log(config: &Config) -> PathBuf {
    config.caddy.admin.with_file_name("certificates.log")
}

fn https(config: &Config, chosen: &Chosen) -> Option<Https> {
    let caddy = &config.caddy;
    (caddy.https_port > 0).then(|| Https {
        port: caddy.https_port,
        authority: authority_name(&config.server.name),
        home_names: home_names(config),
        always: chosen.always_https,
        acme: Acme {
            directory: caddy.acme_directory.clone(),
            email: chosen.email.clone(),
            roots: Some(PathBuf::from(&caddy.acme_roots)).filter(|_| !caddy.acme_roots.is_empty()),
            log: Some(certificates_log(config)),
        },
    })
}

/// The route in a form that can be served by itself: as it is, or with sign-in in front of every path.
fn servable(edge: &Edge, route: AppRoute) -> Option<AppRoute> {
    let id = route.id.clone();
    let strict = AppRoute { open_paths: Vec::new(), ..route.clone() };
    for candidate in [route, strict] {
        let alone = Edge { apps: vec![candidate.clone()], https: None, ..edge.clone() };
        match livos_caddy::render(&alone) {
            Ok(_) => return Some(candidate),
            Err(error) => {
                tracing::warn!(app = %id, error = livos_service::chain(&error), "a route cannot be served as asked");
            }
        }
    }
    None
}

fn web_upstream(config: &Config) -> WebUpstream {
    let listen = config.web.listen.as_str();
    match (listen.strip_prefix("unix:"), listen.strip_prefix("tcp:")) {
        (Some(path), _) => WebUpstream::Unix(path.into()),
        (_, Some(address)) => WebUpstream::Tcp(address.to_owned()),
        // The service manager's socket lies where its unit says, which is this place.
        _ => WebUpstream::Unix(config.server.runtime_dir.join("web.sock")),
    }
}

fn route(config: &Config, app: &App, chosen: &Chosen) -> Option<AppRoute> {
    let main = app.spec.main.as_ref()?;
    let own = app.host.split(':').next().unwrap_or_default().to_owned();
    let machine = addresses::machine_name(&config.server.name);
    let local = format!("{}.{machine}.local", addresses::host_label(&app.id));
    let mut host_names = vec![own];
    if !host_names.contains(&local) {
        host_names.push(local);
    }
    let public = public_host(&app.id, chosen);
    if !public.is_empty() {
        host_names.push(public);
    }
    Some(AppRoute {
        id: app.id.clone(),
        host_names,
        gateway_port: (app.gateway_port > 0).then_some(app.gateway_port),
        upstream: format!("127.0.0.1:{}", app.upstream_port),
        upstream_scheme: if main.scheme == "https" { UpstreamScheme::Https } else { UpstreamScheme::Http },
        // An app that wants sign-in for some of its paths gets it for all: too strict is safe.
        auth: main.sign_in || !main.closed_paths.is_empty(),
        open_paths: main.open_paths.clone(),
    })
}

#[cfg(test)]
mod tests {
    use livos_types::AppId;

    use super::*;

    fn route(id: &str, open: &[&str], upstream: &str) -> AppRoute {
        AppRoute {
            id: AppId::new(id).unwrap(),
            host_names: vec![format!("{id}.localhost")],
            gateway_port: None,
            upstream: upstream.to_owned(),
            upstream_scheme: UpstreamScheme::Http,
            auth: true,
            open_paths: open.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn one_bad_route_leaves_the_others_alone() {
        let edge = Edge {
            storage_dir: "/var/lib/livos/caddy".into(),
            listen: vec![":80".to_owned()],
            http_port: 80,
            gateway_bind: "0.0.0.0".to_owned(),
            web: WebUpstream::Unix("/run/livos/web.sock".into()),
            apps: Vec::new(),
            https: None,
            domain: None,
        };
        let good = route("good", &["/api/*"], "127.0.0.1:43000");
        assert_eq!(servable(&edge, good.clone()), Some(good));
        // A path that cannot be served open is served behind sign-in: too strict is safe.
        let odd = servable(&edge, route("odd", &["*", "{x}"], "127.0.0.1:43001")).unwrap();
        assert!(odd.open_paths.is_empty() && odd.auth);
        assert_eq!(servable(&edge, route("bad", &[], "not an address")), None);
    }
}
