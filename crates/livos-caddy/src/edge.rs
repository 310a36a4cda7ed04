//! What the edge should do, in LivOS' words.

use std::path::PathBuf;

use livos_types::AppId;
use serde::Serialize;

/// Everything Caddy needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Where Caddy keeps certificates and the like.
    pub storage_dir: PathBuf,
    /// The addresses of the desktop and of the apps' names: `:80`, `127.0.0.1:8080`, `[::1]:80`.
    pub listen: Vec<String>,
    /// The port that plain HTTP has in addresses.
    pub http_port: u16,
    /// The address on which gateway ports listen; empty is all.
    pub gateway_bind: String,
    /// Where livos-web is.
    pub web: WebUpstream,
    /// The apps. A request for any other name goes to the desktop, so that an IP address always works.
    pub apps: Vec<AppRoute>,
    /// HTTPS beside it, if there is to be any.
    pub https: Option<Https>,
    /// The server's own name on the internet. Apps' names below it belong to it.
    pub domain: Option<String>,
}

/// HTTPS, on the same addresses and another port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Https {
    /// Its port.
    pub port: u16,
    /// What the house's own certificate authority is called.
    pub authority: String,
    /// The desktop's names in the house; it vouches for them and for the apps' names that are not below the domain.
    pub home_names: Vec<String>,
    /// Plain HTTP sends browsers here, under these names and under addresses.
    pub always: bool,
    /// How the domain and the names below it get certificates that the whole world believes.
    pub acme: Acme,
}

/// Who is asked for certificates of the domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acme {
    /// The directory; empty is Caddy's default, Let's Encrypt.
    pub directory: String,
    /// Whom it may write to; empty is nobody.
    pub email: String,
    /// A PEM file with the certificates that the directory is believed by.
    pub roots: Option<PathBuf>,
    /// Where Caddy writes down why there is no certificate.
    pub log: Option<PathBuf>,
}

/// Where livos-web is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebUpstream {
    /// A Unix socket.
    Unix(PathBuf),
    /// `host:port`.
    Tcp(String),
}

/// One app's way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppRoute {
    /// The app; livos-web gets it as `X-Livos-App`.
    pub id: AppId,
    /// Names under which it is found on the desktop's addresses, in lower case, without port.
    pub host_names: Vec<String>,
    /// A port of its own, for machines without names.
    pub gateway_port: Option<u16>,
    /// Where it listens: `127.0.0.1:43001`.
    pub upstream: String,
    /// What it speaks there.
    pub upstream_scheme: UpstreamScheme,
    /// Only for people who are signed in and may use it.
    pub auth: bool,
    /// Paths that need no sign-in, for apps that are called by programs: `/api/*`.
    pub open_paths: Vec<String>,
}

/// What an app speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UpstreamScheme {
    /// HTTP.
    #[default]
    Http,
    /// HTTPS, with whatever certificate it made for itself.
    Https,
}
