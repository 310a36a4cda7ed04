//! The one description of an app that every catalogue format becomes.
//!
//! An `AppSpec` is plain data: it can be stored as JSON, compared with the spec of a newer version, shown to
//! the owner before anything happens, and turned into containers without looking at the original file again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod mounts;
mod service;

pub use mounts::*;
pub use service::*;

/// Where a manifest came from, and therefore which rules its text was read by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `umbrel-app.yml`, or `livinity-app.yml`, beside `docker-compose.yml`.
    Umbrel,
    /// A compose file with a top-level `x-casaos` (CasaOS and ZimaOS version 2).
    Casaos,
    /// `config.json` beside `docker-compose.json` or `docker-compose.yml`.
    Runtipi,
    /// The `manifest.json` of LivOS's own catalogue.
    Livinity,
    /// A compose file and nothing else.
    #[default]
    Compose,
}

impl Format {
    /// The name used in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Umbrel => "umbrel",
            Format::Casaos => "casaos",
            Format::Runtipi => "runtipi",
            Format::Livinity => "livinity",
            Format::Compose => "compose",
        }
    }
}

/// One app: what the store shows, what the owner must agree to, and the containers to create.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AppSpec {
    /// Lower-case id, unique inside its catalogue; also the compose project name.
    pub id: String,
    /// Which catalogue format it was written in.
    pub format: Format,
    /// Display name.
    pub name: String,
    /// One line.
    pub tagline: String,
    /// Long text, Markdown in most catalogues.
    pub description: String,
    /// The catalogue's own category.
    pub category: String,
    /// The catalogue's version text.
    pub version: String,
    /// Who writes the software.
    pub developer: String,
    /// Home page, or empty.
    pub website: String,
    /// Icon URL, or empty.
    pub icon: String,
    /// Screenshot URLs or file names.
    pub gallery: Vec<String>,
    /// What is new in this version.
    pub release_notes: String,
    /// Name for the first sign-in inside the app, or empty.
    pub default_username: String,
    /// Password for the first sign-in inside the app, or empty.
    pub default_password: String,
    /// Processor architectures the catalogue claims, Docker's names (`amd64`, `arm64`); empty = not stated.
    pub architectures: Vec<String>,
    /// Ids of apps that must be installed and running first.
    pub dependencies: Vec<String>,
    /// The containers, in an order in which they can be started.
    pub services: Vec<ServiceSpec>,
    /// Networks to join or create.
    pub networks: Vec<NetworkSpec>,
    /// Named volumes to create.
    pub volumes: Vec<VolumeSpec>,
    /// Paths inside the app's data directory that must exist before the start. What is there already (files that
    /// came with the app included) stays as it is; the rest is created as directories, as compose would.
    pub data_directories: Vec<String>,
    /// Who those directories belong to, when the catalogue says so; `None` = the context's user.
    #[serde(default)]
    pub data_owner: Option<Owner>,
    /// What the owner has to agree to.
    pub permissions: Vec<Permission>,
    /// What the owner is asked.
    pub inputs: Vec<Input>,
    /// The port a browser opens, if the app has one.
    pub main: Option<MainPort>,
    /// Variables that had no value yet; `${NAME}` stands in the fields that use them.
    /// A spec with any of these must be planned again with answers or exports before it can be started.
    pub unresolved: Vec<Unresolved>,
    /// Variables the file uses, with the values they had here: what a plain compose project needs as its `.env`.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// Everything the file asks for that LivOS doesn't do. Not empty means the plan is not complete.
    pub unsupported: Vec<String>,
    /// Things worth knowing that don't stop the app.
    pub warnings: Vec<String>,
}

/// A user and a group by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// A network of the app.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Key, as services refer to it.
    pub key: String,
    /// Name in Docker.
    pub name: String,
    /// Belongs to the platform or to somebody else: joined, never removed with the app.
    /// A shared network is created when it is missing if it has a `subnet` or is one of `SHARED_NETWORKS`.
    pub shared: bool,
    /// Must exist already; its absence is an error.
    pub external: bool,
    /// `bridge`, …; empty = Docker's default.
    pub driver: String,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// No way out.
    pub internal: bool,
    /// Stand-alone containers may attach.
    pub attachable: bool,
    /// IPv6 switched on or off explicitly.
    pub enable_ipv6: Option<bool>,
    /// IPv4 switched on or off explicitly.
    pub enable_ipv4: Option<bool>,
    /// IPAM driver; empty = default.
    pub ipam_driver: String,
    /// IPAM options.
    pub ipam_options: BTreeMap<String, String>,
    /// Address pools.
    pub ipam: Vec<IpamPool>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// An address pool of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpamPool {
    /// `10.21.0.0/16`.
    pub subnet: Option<String>,
    /// Gateway address.
    pub gateway: Option<String>,
    /// Range for dynamic addresses.
    pub ip_range: Option<String>,
    /// Reserved addresses.
    pub aux_addresses: BTreeMap<String, String>,
}

/// A named volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// Key, as mounts refer to it.
    pub key: String,
    /// Name in Docker.
    pub name: String,
    /// Must exist already; never removed with the app.
    pub external: bool,
    /// Driver; empty = `local`.
    pub driver: String,
    /// Driver options.
    pub driver_opts: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}

/// How much harm a permission can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Everyday.
    Low,
    /// Worth a look.
    Medium,
    /// Could take over the machine or read everything.
    High,
}

/// Something an app may do only because the owner agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Stable code, for example `host_network`; the owner accepts codes.
    pub code: String,
    /// A sentence for the owner.
    pub text: String,
    /// How much harm it can do.
    pub risk: Risk,
    /// What exactly: a path, a port, a device, a capability, a service name.
    pub subject: String,
}

/// What kind of answer an input wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// Any text.
    Text,
    /// Text that is not shown.
    Password,
    /// Digits.
    Number,
    /// `true` or `false`.
    Boolean,
    /// E-mail address.
    Email,
    /// Web address.
    Url,
    /// IP address.
    Ip,
    /// Domain name.
    Fqdn,
    /// Domain name or IP address.
    Fqdnip,
    /// One of `options`.
    Choice,
    /// Generated, never asked; listed so that it can be shown and rotated.
    Random,
}

/// A question to the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Variable name, key of the answer.
    pub key: String,
    /// Question.
    pub label: String,
    /// Explanation.
    pub hint: String,
    /// Example.
    pub placeholder: String,
    /// Kind of answer.
    pub kind: InputKind,
    /// An answer is needed.
    pub required: bool,
    /// Used when there is no answer.
    pub default: Option<String>,
    /// Choices, when there are any.
    pub options: Vec<InputOption>,
    /// Shortest text or smallest number.
    pub min: Option<i64>,
    /// Longest text or largest number.
    pub max: Option<i64>,
    /// Regular expression the answer must match (the catalogue's dialect, JavaScript's).
    pub pattern: Option<String>,
    /// What to say when it doesn't.
    pub pattern_error: Option<String>,
    /// Keep out of logs and screens.
    pub sensitive: bool,
}

/// A choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputOption {
    /// What the owner reads.
    pub label: String,
    /// What the app gets.
    pub value: String,
}

/// The port a browser opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MainPort {
    /// Service that listens.
    pub service: String,
    /// Port in the container (or on the host, if the service uses the host network).
    pub container_port: u16,
    /// Path of the start page, begins with `/`.
    pub path: String,
    /// `http` or `https`: what the app itself speaks.
    pub scheme: String,
    /// Host port the catalogue promises the app on, if any.
    pub port: Option<u16>,
    /// The service runs on the host network, so `container_port` is already a port of the host.
    pub on_host: bool,
    /// The catalogue wants sign-in in front of the app.
    pub sign_in: bool,
    /// Paths that must stay reachable without sign-in (`/api/*`).
    pub open_paths: Vec<String>,
    /// Paths that need sign-in although the app as a whole doesn't.
    pub closed_paths: Vec<String>,
}

impl MainPort {
    /// The service whose container publishes the port: its own, or the one whose network it borrows. `None` if it is on
    /// the host's network, or in nobody's.
    pub fn publisher<'a>(&self, services: &'a [ServiceSpec]) -> Option<&'a str> {
        let named = |name: &str| services.iter().find(|service| service.name == name);
        let mut publisher = named(&self.service).filter(|_| !self.on_host)?;
        // A chain of borrowed networks is at most as long as there are services.
        for _ in services {
            match &publisher.network_mode {
                Some(NetworkMode::Service(lender)) => publisher = named(lender)?,
                _ => return Some(&publisher.name),
            }
        }
        None
    }
}

/// A variable without a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unresolved {
    /// Its name.
    pub name: String,
    /// Who will give it.
    pub provider: Provider,
    /// Where it is used, for example `services.web.environment.API_KEY`.
    pub used_in: Vec<String>,
}

/// Who gives a variable its value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Provider {
    /// The owner, by answering the input of the same name.
    Owner,
    /// Another app exports it (its id).
    App(String),
    /// The app's own `exports.sh`.
    Own,
}

impl AppSpec {
    /// Finds a service by name.
    #[must_use]
    pub fn service(&self, name: &str) -> Option<&ServiceSpec> {
        self.services.iter().find(|service| service.name == name)
    }

    /// Whether every value is known, so that containers can be created from it as it is.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.unsupported.is_empty() && self.unresolved.is_empty()
    }
}
