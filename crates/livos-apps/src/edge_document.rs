//! From installed apps to what Caddy is told.

use livos_caddy::{AppRoute, Edge, UpstreamScheme, WebUpstream};
use livos_service::Config;

use crate::Error;
use crate::core::addresses;
use crate::store::App;

/// The whole document.
pub(crate) fn render(config: &Config, apps: &[App]) -> Result<String, Error> {
    let edge = Edge {
        admin_socket: config.caddy.admin.clone(),
        storage_dir: config.server.state_dir.join("caddy"),
        listen: config.caddy.listen.clone(),
        http_port: config.caddy.http_port,
        gateway_bind: config.apps.bind.clone(),
        web: web_upstream(config),
        apps: apps.iter().filter_map(|app| route(config, app)).collect(),
    };
    livos_caddy::render(&edge).map_err(Error::Render)
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

fn route(config: &Config, app: &App) -> Option<AppRoute> {
    let main = app.spec.main.as_ref()?;
    let own = app.host.split(':').next().unwrap_or_default().to_owned();
    let machine = addresses::machine_name(&config.server.name);
    let local = format!("{}.{machine}.local", addresses::host_label(&app.id));
    let mut host_names = vec![own];
    if !host_names.contains(&local) {
        host_names.push(local);
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
