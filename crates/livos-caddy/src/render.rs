//! Fills in the templates.

use std::path::PathBuf;

use minijinja::{Environment, UndefinedBehavior, context};

use crate::document::Document;
use crate::edge::{Edge, WebUpstream};
use crate::{Error, check};

const TEMPLATES: [(&str, &str); 3] = [
    ("edge.json", include_str!("../../../caddy/edge.json")),
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
