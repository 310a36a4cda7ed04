//! One configuration for all daemons: defaults, then a TOML file, then `LIVOS_*` variables.
//!
//! The sections below are declared once; the struct, its defaults, its documentation, the table
//! [`keys`], the checks and the example file all come from that one declaration.

mod load;
mod value;

use std::path::PathBuf;

pub use load::{Problem, Severity, check, env_example, toml_example};
pub use value::{PortRange, Setting};

/// What the table knows of one key.
#[derive(Debug, Clone)]
pub struct KeyInfo {
    /// The section, `server`.
    pub section: &'static str,
    /// The key in it, `data_dir`.
    pub name: &'static str,
    /// What kind of value it takes, for people.
    pub kind: &'static str,
    /// The default as TOML.
    pub default: String,
    /// What it means, one or more sentences.
    pub doc: String,
}

impl KeyInfo {
    /// The environment variable that overrides it.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("LIVOS_{}_{}", self.section.to_uppercase(), self.name.to_uppercase())
    }
}

macro_rules! sections {
    ($(
        $(#[doc = $section_doc:literal])+
        $section:ident: $section_type:ident {
            $( $(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr; )*
        }
    )+) => {
        $(
            $(#[doc = $section_doc])+
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $section_type {
                $( $(#[doc = $doc])+ pub $key: $type, )*
            }

            impl Default for $section_type {
                fn default() -> Self {
                    Self { $( $key: <$type>::from($default), )* }
                }
            }
        )+

        /// The whole configuration. Every key has a default, so a missing file is a fine one.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Config {
            $( $(#[doc = $section_doc])+ pub $section: $section_type, )+
        }

        /// Every key there is, in the order of the documentation.
        #[must_use]
        pub fn keys() -> Vec<KeyInfo> {
            let defaults = Config::default();
            vec![$($(
                KeyInfo {
                    section: stringify!($section),
                    name: stringify!($key),
                    kind: <$type as Setting>::KIND,
                    default: Setting::show(&defaults.$section.$key),
                    doc: [$($doc.trim()),+].join(" "),
                },
            )*)+]
        }

        /// Every section with what it is about.
        pub(crate) fn sections() -> Vec<(&'static str, String)> {
            vec![$( (stringify!($section), [$($section_doc.trim()),+].join(" ")), )+]
        }

        impl Config {
            /// Sets one key. `None` when there is no such key.
            pub(crate) fn set(&mut self, section: &str, key: &str, value: value::Given<'_>) -> Option<Result<(), String>> {
                match (section, key) {
                    $($(
                        (stringify!($section), stringify!($key)) =>
                            Some(Setting::from_given(value).map(|value| self.$section.$key = value)),
                    )*)+
                    _ => None,
                }
            }

            /// The value of every key as TOML, in the order of [`keys`].
            #[must_use]
            pub fn show(&self) -> Vec<(String, String)> {
                vec![$($(
                    (concat!(stringify!($section), ".", stringify!($key)).to_owned(), Setting::show(&self.$section.$key)),
                )*)+]
            }
        }
    };
}

sections! {
    /// Who this server is and where it keeps things.
    server: ServerConfig {
        /// The server's name, shown on the sign-in page and used for its address in the home network.
        name: String = "LivOS";
        /// Where people's files and the apps' data are kept.
        data_dir: PathBuf = "/srv/livos";
        /// Where each daemon keeps its own state, one directory each.
        state_dir: PathBuf = "/var/lib/livos";
        /// Where sockets are put that live as long as the daemons.
        runtime_dir: PathBuf = "/run/livos";
        /// What is logged: a level (error, warn, info, debug, trace), or a list such as
        /// "info,livos_apps=debug".
        log: String = "info";
    }

    /// The bus over which the daemons talk to each other.
    bus: BusConfig {
        /// "system", "session", or a D-Bus address such as "unix:path=/run/livos/bus".
        address: String = "system";
    }

    /// The web daemon.
    web: WebConfig {
        /// Where it listens: "unix:/path", "tcp:127.0.0.1:8081", or "systemd" for a socket that the
        /// service manager passes.
        listen: String = "unix:/run/livos/web.sock";
        /// Where the built user interface is.
        ui_dir: PathBuf = "/usr/share/livos/ui";
        /// The address people type, such as "http://127.0.0.1:8080"; empty: what the browser says.
        public_url: String = "";
    }

    /// The edge proxy, which only the app daemon configures.
    caddy: CaddyConfig {
        /// The Unix socket of Caddy's admin interface.
        admin: PathBuf = "/run/livos/caddy/admin.sock";
        /// The addresses on which Caddy listens for the desktop.
        listen: Vec<String> = [":80".to_owned()];
        /// The port people see in the addresses of apps.
        http_port: u16 = 80u16;
        /// The port of HTTPS, on the same addresses; 0: no HTTPS.
        https_port: u16 = 443u16;
        /// The ACME directory that gives certificates for the domain; empty: Let's Encrypt.
        acme_directory: String = "";
        /// A PEM file with the authorities that a directory of your own is believed by; empty: the machine's.
        acme_roots: String = "";
    }

    /// The app daemon.
    apps: AppsConfig {
        /// The Docker Engine: "unix:///path" of its socket.
        docker: String = "unix:///var/run/docker.sock";
        /// App stores that are added at the first start: directories or git addresses.
        sources: Vec<String> = [];
        /// Whether stores are read again once a day.
        refresh: bool = true;
        /// Whether pictures of apps that a store names by an address are fetched when it is read.
        pictures: bool = true;
        /// The address on which the extra ports of apps are published.
        bind: String = "0.0.0.0";
        /// The ports on which Caddy offers an app by address and port.
        gateway_ports: PortRange = PortRange { first: 42000, last: 42999 };
        /// The loopback ports on which apps answer Caddy.
        upstream_ports: PortRange = PortRange { first: 43000, last: 43999 };
    }

    /// The file daemon.
    files: FilesConfig {
        /// How many hours an unfinished upload is kept.
        upload_keep_hours: u64 = 168u64;
    }

    /// The agent's daemon.
    nexus: NexusConfig {
        /// Whether it may read pages of the public web for the people of this server.
        web: bool = true;
    }
}

impl Config {
    /// Where the daemon `service` (`livos-apps`) keeps its state: `<state_dir>/apps`.
    #[must_use]
    pub fn state_of(&self, service: &str) -> PathBuf {
        self.server.state_dir.join(service.strip_prefix("livos-").unwrap_or(service))
    }
}
