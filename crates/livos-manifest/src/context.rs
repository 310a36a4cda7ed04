//! What the machine adds to a manifest: where data lies, how it is called, which answers were given.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::spec::Protocol;

/// Everything a plan depends on besides the manifest. Nothing is read from the process or the clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// Absolute directory that holds one data directory per app (`/srv/livos/apps`).
    pub apps_dir: String,
    /// This app's own data directory; empty = `<apps_dir>/<id>`.
    pub app_data_dir: String,
    /// The owner's Home (`/srv/livos/home`): Downloads, Media, Documents … live below.
    pub home_dir: String,
    /// Secret of this machine from which the secrets of all apps are derived.
    pub device_seed: Vec<u8>,
    /// IANA time zone, `Etc/UTC` if unknown.
    pub timezone: String,
    /// User id that owns app data.
    pub puid: u32,
    /// Group id that owns app data.
    pub pgid: u32,
    /// Host name of the machine (`livos`).
    pub hostname: String,
    /// Name under which it is found in the local network (`livos.local`).
    pub domain: String,
    /// Its address in the local network (`192.168.1.10`), or empty.
    pub lan_address: String,
    /// Docker's name of the machine's architecture (`amd64`, `arm64`).
    pub architecture: String,
    /// Where a browser finds this app.
    pub exposure: Exposure,
    /// The port on which its page really is, when that is not the one that its catalogue promises.
    #[serde(default)]
    pub page_port: Option<u16>,
    /// Host ports that were moved because they are taken: (asked for, protocol) → given.
    #[serde(default, with = "port_map")]
    pub ports: BTreeMap<(u16, Protocol), u16>,
    /// The owner's answers by input key.
    pub answers: BTreeMap<String, String>,
    /// Variables exported by dependencies and by the app's own exports script.
    pub exports: BTreeMap<String, String>,
    /// The exports scripts have been run: a variable that is still unknown counts as empty, as in compose,
    /// instead of being listed as unresolved.
    #[serde(default)]
    pub exports_known: bool,
    /// The owner lets it control Docker; without that an app that mounts Docker's socket gets one that only looks.
    #[serde(default)]
    pub docker_control: bool,
    /// Further variables for interpolation (an `.env` file beside a plain compose project).
    pub variables: BTreeMap<String, String>,
    /// Address of the Tor proxy, if the machine has one; empty = none.
    pub tor_proxy: String,
}

/// Where a browser finds an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// `http` or `https`.
    pub scheme: String,
    /// Host name without port.
    pub host: String,
    /// Port, when it isn't the scheme's own.
    pub port: Option<u16>,
    /// Reachable from the internet under a public domain.
    pub public: bool,
}

impl Default for Exposure {
    fn default() -> Self {
        Exposure { scheme: "http".into(), host: String::new(), port: None, public: false }
    }
}

impl Default for Context {
    /// A context for looking: the defaults of a fresh installation and an empty seed.
    fn default() -> Self {
        Context {
            apps_dir: "/srv/livos/apps".into(),
            app_data_dir: String::new(),
            home_dir: "/srv/livos/home".into(),
            device_seed: Vec::new(),
            timezone: "Etc/UTC".into(),
            puid: 1000,
            pgid: 1000,
            hostname: "livos".into(),
            domain: "livos.local".into(),
            lan_address: String::new(),
            architecture: "amd64".into(),
            exposure: Exposure::default(),
            page_port: None,
            ports: BTreeMap::new(),
            answers: BTreeMap::new(),
            exports: BTreeMap::new(),
            exports_known: false,
            docker_control: false,
            variables: BTreeMap::new(),
            tor_proxy: String::new(),
        }
    }
}

impl Context {
    /// The port of the page, of which the catalogue says `promised`.
    pub(crate) fn page_port_or(&self, promised: &str) -> String {
        self.page_port.map_or_else(|| promised.to_owned(), |port| port.to_string())
    }

    /// The data directory of the app with this id.
    #[must_use]
    pub fn data_dir(&self, id: &str) -> String {
        if self.app_data_dir.is_empty() {
            format!("{}/{id}", self.apps_dir.trim_end_matches('/'))
        } else {
            self.app_data_dir.trim_end_matches('/').to_owned()
        }
    }
}

/// JSON has no tuple keys: `8080/tcp` is the key instead.
mod port_map {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::spec::Protocol;

    type Ports = BTreeMap<(u16, Protocol), u16>;

    pub(super) fn serialize<S: Serializer>(ports: &Ports, serializer: S) -> Result<S::Ok, S::Error> {
        let text: BTreeMap<String, u16> = ports
            .iter()
            .map(|((port, protocol), to)| (format!("{port}/{}", protocol.as_str()), *to))
            .collect();
        text.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Ports, D::Error> {
        let text = BTreeMap::<String, u16>::deserialize(deserializer)?;
        text.into_iter()
            .map(|(key, to)| {
                let (port, protocol) = key.split_once('/').unwrap_or((&key, "tcp"));
                let port = port.parse().map_err(serde::de::Error::custom)?;
                let protocol = match protocol {
                    "tcp" => Protocol::Tcp,
                    "udp" => Protocol::Udp,
                    "sctp" => Protocol::Sctp,
                    other => return Err(serde::de::Error::custom(format!("unknown protocol {other:?}"))),
                };
                Ok(((port, protocol), to))
            })
            .collect()
    }
}
