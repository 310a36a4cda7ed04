//! How this server is reached: HTTPS in the house, and a name on the internet.

use serde::{Deserialize, Serialize};

/// How this server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Exposure {
    /// `on`, `off` (the configuration says so), `port_taken` (another program has its port) or `away` (Caddy does not
    /// answer).
    pub https: String,
    /// What that means and what to do about it; `""` while it is on.
    pub detail: String,
    /// The port of HTTPS.
    pub port: u16,
    /// The port of plain HTTP.
    pub http_port: u16,
    /// Under its names in the house and its addresses, plain HTTP leads to HTTPS.
    pub always: bool,
    /// Its names in the house.
    pub names: Vec<String>,
    /// Its address in the home network; `""` if it has none.
    pub address: String,
    /// Who vouches for it in the house; nobody while there is no HTTPS.
    pub authority: Option<Authority>,
    /// Its name on the internet.
    pub domain: Option<Domain>,
}

/// The house's own certificate authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authority {
    /// What devices call it; it keeps the name that the server had when it was made.
    pub name: String,
    /// The server is called otherwise by now. Its certificates are as good as before.
    #[serde(default)]
    pub renamed: bool,
    /// SHA-256 of its certificate, in pairs of hex digits with colons between.
    pub fingerprint: String,
}

/// A name on the internet that leads here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Domain {
    /// `home.example.org`.
    pub name: String,
    /// Whom the authority may write to; `""` for nobody, and for those who do not run this server.
    pub email: String,
    /// Its own name first, then the apps', by name.
    pub names: Vec<PublicName>,
}

/// One of its names, and whether there is a certificate for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublicName {
    /// `jellyfin.home.example.org`.
    pub name: String,
    /// The app's id; `""` for the desktop.
    pub app: String,
    /// `ready`, `fetching`, `failed`, or `off` while there is no HTTPS.
    pub state: String,
    /// Why there is none, as far as anybody said so.
    pub reason: String,
    /// What to do about it; `""` if there is nothing to do.
    pub next: String,
}
