//! One LivOS on this machine that is not an installed one: its folders, its configuration, and the
//! units that run it. The same daemons with the same file that systemd starts on a server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::supervisor::{Places, Unit};

/// The daemons, by the name of their program.
pub const DAEMONS: [&str; 5] = ["livos-host", "livos-files", "livos-apps", "livos-nexus", "livos-web"];
/// The unit of the private bus.
pub const BUS: &str = "dbus-daemon";
/// The unit of the front door.
pub const CADDY: &str = "caddy";

/// The longest path that fits a socket address, with room for the names we put there.
const LONGEST_SOCKET_FOLDER: usize = 70;

/// Where one LivOS lives and what it is made of.
#[derive(Debug, Clone)]
pub struct Site {
    /// Holds everything below: `state/`, `data/`, `log/`, `runtime/`, the configuration.
    pub root: PathBuf,
    /// Holds the daemons' programs.
    pub programs: PathBuf,
    /// The built desktop.
    pub ui: PathBuf,
    /// Caddy listens here, on loopback.
    pub port: u16,
    /// And here for HTTPS.
    pub https_port: u16,
    /// The web daemon listens here instead of on its socket.
    pub web_port: Option<u16>,
    /// The engine's socket, `unix:///…`.
    pub docker: String,
    /// App stores to begin with.
    pub sources: Vec<String>,
    /// First and last port for apps by address.
    pub gateway_ports: (u16, u16),
    /// First and last loopback port on which apps answer Caddy.
    pub upstream_ports: (u16, u16),
    /// What is logged.
    pub log_level: String,
    /// Daemons come back at once however often they have died.
    pub restless: bool,
}

impl Site {
    /// A site under `root` with the ports of an installed LivOS.
    #[must_use]
    pub fn new(root: &Path, programs: &Path, ui: &Path, port: u16) -> Self {
        Self {
            root: root.to_owned(),
            programs: programs.to_owned(),
            ui: ui.to_owned(),
            port,
            // 8443 beside 8080.
            https_port: port.saturating_add(363),
            web_port: None,
            docker: "unix:///var/run/docker.sock".to_owned(),
            sources: Vec::new(),
            gateway_ports: (42000, 42999),
            upstream_ports: (43000, 43999),
            log_level: "info".to_owned(),
            restless: false,
        }
    }

    /// The address of the desktop.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The configuration file of all daemons.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.root.join("livos.toml")
    }

    /// Where a daemon (`livos-web`) keeps its state.
    #[must_use]
    pub fn state_of(&self, daemon: &str) -> PathBuf {
        self.root.join("state").join(daemon.trim_start_matches("livos-"))
    }

    /// Where people's files are.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// The address of the private bus.
    #[must_use]
    pub fn bus_address(&self) -> String {
        format!("unix:path={}", self.runtime().join("bus.sock").display())
    }

    /// Where the supervisor keeps logs and sockets.
    #[must_use]
    pub fn places(&self) -> Places {
        Places { log: self.root.join("log"), runtime: self.runtime() }
    }

    /// Sockets: beside the rest, unless that path is too long for a socket address.
    #[must_use]
    pub fn runtime(&self) -> PathBuf {
        let beside = self.root.join("runtime");
        if beside.as_os_str().len() <= LONGEST_SOCKET_FOLDER {
            return beside;
        }
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        self.root.hash(&mut hasher);
        std::env::temp_dir().join(format!("livos-{}-{:016x}", nix::unistd::geteuid(), hasher.finish()))
    }

    /// The claim code of a running LivOS, while nobody has claimed it.
    pub async fn claim_code(&self) -> Result<Option<String>> {
        let (_, body) = crate::probe::get(self.port, "/api/v1/setup", Duration::from_secs(5)).await?;
        let setup: serde_json::Value = serde_json::from_str(&body).context("/api/v1/setup is no JSON")?;
        if setup.get("claimed").and_then(serde_json::Value::as_bool) != Some(false) {
            return Ok(None);
        }
        let file = self.state_of("livos-web").join("claim-code");
        let code =
            std::fs::read_to_string(&file).with_context(|| format!("no claim code in {}", file.display()))?;
        Ok(Some(code.trim().to_owned()))
    }

    /// Makes the folders and writes the configuration.
    pub fn write(&self) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let runtime = self.runtime();
        for folder in [&self.root, &self.root.join("state"), &self.data(), &self.root.join("log"), &runtime] {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("the folder {} could not be made", folder.display()))?;
        }
        std::fs::set_permissions(&runtime, std::fs::Permissions::from_mode(0o700))
            .with_context(|| format!("{} could not be closed to others", runtime.display()))?;
        write(&self.config_file(), &self.config())?;
        write(&self.root.join("bus.conf"), &bus_config(&self.bus_address(), ALLOW_ALL))?;
        write(&self.bootstrap_file(), &self.bootstrap()?)
    }

    /// Everything that has to run, in no particular order.
    #[must_use]
    pub fn units(&self) -> Vec<Unit> {
        let mut units = vec![self.bus_unit(), self.caddy_unit()];
        units.extend(DAEMONS.iter().map(|name| self.daemon_unit(name)));
        units
    }

    fn bus_unit(&self) -> Unit {
        let config = self.root.join("bus.conf");
        Unit {
            name: BUS.to_owned(),
            program: BUS.into(),
            args: vec![option("--config-file=", &config), "--nofork".into(), "--nopidfile".into()],
            patience: Duration::from_secs(2),
            clear: vec![self.runtime().join("bus.sock")],
            ..Unit::default()
        }
    }

    fn caddy_unit(&self) -> Unit {
        // The last configuration that worked brings back every route at once; if it is damaged,
        // the bootstrap still shows the desktop.
        let script = "test -s \"$1\" && caddy validate --config \"$1\" >/dev/null 2>&1 && exec caddy run --config \"$1\"; \
                      exec caddy run --config \"$2\"";
        let home = self.root.join("state/caddy");
        Unit {
            name: CADDY.to_owned(),
            program: "sh".into(),
            args: vec![
                "-c".into(),
                script.into(),
                "sh".into(),
                self.root.join("state/edge/caddy.json").into(),
                self.bootstrap_file().into(),
            ],
            env: ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"]
                .map(|name| (name.to_owned(), home.clone().into_os_string()))
                .into_iter()
                .chain([("CADDY_ADMIN".to_owned(), option("unix/", &self.admin_socket()))])
                .collect(),
            patience: Duration::from_secs(3),
            clear: vec![self.admin_socket()],
            ..Unit::default()
        }
    }

    fn daemon_unit(&self, name: &str) -> Unit {
        Unit {
            name: name.to_owned(),
            program: self.programs.join(name),
            args: vec!["--config".into(), self.config_file().into()],
            // What happens to be set in the developer's shell must not reach the daemons.
            env_remove: std::env::vars_os()
                .filter_map(|(name, _)| name.into_string().ok())
                .filter(|name| name.starts_with("LIVOS_"))
                .collect(),
            after: vec![BUS.to_owned()],
            bound_to: Some(BUS.to_owned()),
            patience: Duration::from_secs(4),
            restless: self.restless,
            ..Unit::default()
        }
    }

    fn admin_socket(&self) -> PathBuf {
        self.runtime().join("caddy-admin.sock")
    }

    fn web_socket(&self) -> PathBuf {
        self.runtime().join("web.sock")
    }

    fn bootstrap_file(&self) -> PathBuf {
        self.root.join("caddy-bootstrap.json")
    }

    fn config(&self) -> String {
        let path = |path: &Path| quoted(&path.to_string_lossy());
        let sources: Vec<String> = self.sources.iter().map(|source| quoted(source)).collect();
        format!(
            "# Written by the runner at every start; what you change here is lost.\n\
             [server]\nname = \"LivOS\"\ndata_dir = {data}\nstate_dir = {state}\nruntime_dir = {runtime}\nlog = {log}\n\n\
             [bus]\naddress = {bus}\n\n\
             [web]\nlisten = {web}\nui_dir = {ui}\npublic_url = {url}\n\n\
             [caddy]\nadmin = {admin}\nlisten = [\"127.0.0.1:{port}\"]\nhttp_port = {port}\nhttps_port = {https_port}\n\n\
             [apps]\npictures = false\ndocker = {docker}\nsources = [{sources}]\nbind = \"127.0.0.1\"\n\
             gateway_ports = \"{}-{}\"\nupstream_ports = \"{}-{}\"\n",
            self.gateway_ports.0,
            self.gateway_ports.1,
            self.upstream_ports.0,
            self.upstream_ports.1,
            data = path(&self.data()),
            state = path(&self.root.join("state")),
            runtime = path(&self.runtime()),
            log = quoted(&self.log_level),
            bus = quoted(&self.bus_address()),
            web = quoted(&match self.web_port {
                Some(port) => format!("tcp:127.0.0.1:{port}"),
                None => format!("unix:{}", self.web_socket().display()),
            }),
            ui = path(&self.ui),
            url = quoted(&self.url()),
            admin = path(&self.admin_socket()),
            port = self.port,
            https_port = self.https_port,
            docker = quoted(&self.docker),
            sources = sources.join(", "),
        )
    }

    /// What Caddy starts with before the app daemon has told it anything.
    fn bootstrap(&self) -> Result<String> {
        let edge = livos_caddy::Edge {
            storage_dir: self.root.join("state/caddy"),
            listen: vec![format!("127.0.0.1:{}", self.port)],
            http_port: self.port,
            gateway_bind: "127.0.0.1".to_owned(),
            web: match self.web_port {
                Some(port) => livos_caddy::WebUpstream::Tcp(format!("127.0.0.1:{port}")),
                None => livos_caddy::WebUpstream::Unix(self.web_socket()),
            },
            apps: Vec::new(),
            https: None,
            domain: None,
        };
        livos_caddy::render(&edge).context("the first configuration of Caddy could not be written")
    }
}

/// A policy for a bus that only we can reach.
pub(crate) const ALLOW_ALL: &str = "<policy context=\"default\">\
     <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>";

/// A bus of our own at `address`, with `policy` as its rules.
pub(crate) fn bus_config(address: &str, policy: &str) -> String {
    format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
         <busconfig>\n<type>session</type>\n<listen>{address}</listen>\n<auth>EXTERNAL</auth>\n{policy}\n</busconfig>\n"
    )
}

pub(crate) fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("{} could not be written", path.display()))
}

fn option(name: &str, value: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(value);
    option
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            letter if letter.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(letter))),
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
