//! A Docker daemon and a registry of one's own, for tests and for the developer's runner.
//!
//! [`PrivateDocker`] starts `dockerd` and `docker-registry` in a temporary directory, with a socket, a bridge,
//! an address range, a containerd namespace and a control group of their own, and without touching the
//! machine's packet filter: published ports are reached through Docker's own proxy, on every address of the
//! host. So it can run beside the machine's own Docker and beside others of its kind, and when it is dropped
//! nothing of it is left.
//! It needs root, and `dockerd`, `docker-registry`, `ip` and `gcc` with a static C library;
//! [`PrivateDocker::missing`] says what isn't there.

mod image;
mod processes;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub use self::image::TinyImage;
use self::processes::{clear_the_way, leftovers, ranges_in_use, run, terminate};

/// How long a daemon may take to be ready, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Address ranges to choose from: 10.128.0.0/16 and the following.
const FIRST_RANGE: u8 = 128;
const RANGES: u8 = 100;
/// The variable with which missing requirements are a failure instead of a reason to skip.
pub const REQUIRE: &str = "LIVOS_REQUIRE_DOCKER";

/// A private Docker Engine with a private registry.
#[derive(Debug)]
pub struct PrivateDocker {
    dir: PathBuf,
    /// Removes the directory at the end; `None` when the caller keeps it.
    _temporary: Option<tempfile::TempDir>,
    names: Names,
    daemon: Mutex<Option<Child>>,
    registry: Child,
    registry_address: SocketAddr,
    binary: Vec<u8>,
}

/// Names that must not meet those of another instance.
#[derive(Debug, Clone)]
struct Names {
    /// Bridge, control group, containerd namespace.
    own: String,
    /// Second byte of the address range 10.x.0.0/16.
    range: u8,
}

impl PrivateDocker {
    /// What this machine lacks to run one, in words; `None` when everything is there.
    pub fn missing() -> Option<String> {
        if !rustix::process::geteuid().is_root() {
            return Some("not running as root".to_owned());
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let there = |name: &str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
        let absent: Vec<&str> =
            ["dockerd", "docker-registry", "ip", "gcc"].into_iter().filter(|name| !there(name)).collect();
        (!absent.is_empty()).then(|| format!("not in PATH: {}", absent.join(", ")))
    }

    /// Starts one if this machine can; else says on stderr that the test is skipped, or fails when
    /// `LIVOS_REQUIRE_DOCKER=1` is set.
    pub fn start_or_skip() -> io::Result<Option<Self>> {
        match Self::missing() {
            None => Self::start().map(Some),
            Some(reason) if std::env::var_os(REQUIRE).is_some_and(|value| value == "1") => {
                Err(io::Error::other(format!("{REQUIRE}=1, but there can be no Docker here: {reason}")))
            }
            Some(reason) => {
                let mut stderr = io::stderr();
                writeln!(stderr, "SKIPPED: the tests against a real Docker Engine ({reason})")?;
                Ok(None)
            }
        }
    }

    /// Starts daemon and registry in a temporary directory and waits until both answer.
    pub fn start() -> io::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("livos-docker-").tempdir()?;
        Self::launch(temporary.path().to_owned(), Some(temporary), None)
    }

    /// The same in a directory that is kept: what was pulled and created is there again at the next start.
    /// The registry listens on `registry_port`, so that references keep their meaning.
    pub fn start_in(dir: &Path, registry_port: u16) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        Self::launch(dir.canonicalize()?, None, Some(registry_port))
    }

    fn launch(dir: PathBuf, temporary: Option<tempfile::TempDir>, port: Option<u16>) -> io::Result<Self> {
        let binary = image::compile(&dir)?;
        let (registry, registry_address) = start_registry(&dir, port.unwrap_or(0))?;
        let docker = Self {
            names: Names::for_dir(&dir)?,
            dir,
            _temporary: temporary,
            daemon: Mutex::new(None),
            registry,
            registry_address,
            binary,
        };
        docker.start_daemon()?;
        Ok(docker)
    }

    /// Where the daemon listens.
    pub fn socket_path(&self) -> PathBuf {
        self.dir.join("docker.sock")
    }

    /// Where the registry listens.
    pub fn registry_addr(&self) -> SocketAddr {
        self.registry_address
    }

    /// The full reference of an image in the registry.
    pub fn reference(&self, name: &str, tag: &str) -> String {
        format!("{}/{name}:{tag}", self.registry_address)
    }

    /// Puts the plain tiny image into the registry, as if made for `architecture`; returns its reference.
    pub fn push_tiny_image(&self, name: &str, tag: &str, architecture: &str) -> io::Result<String> {
        self.push(name, tag, &TinyImage::new().architectures(&[architecture]))?;
        Ok(self.reference(name, tag))
    }

    /// Puts a variant of the tiny image into the registry; returns its digest.
    pub fn push(&self, name: &str, tag: &str, image: &TinyImage) -> io::Result<String> {
        image::push(self.registry_address, name, tag, image, &self.binary)
    }

    /// What the daemon wrote.
    pub fn daemon_log(&self) -> String {
        fs::read_to_string(self.dir.join("dockerd.log")).unwrap_or_default()
    }

    /// Kills the daemon without warning (`kill -9`). Containers may survive it for a while, as in life.
    pub fn kill_daemon(&self) -> io::Result<()> {
        let mut daemon =
            self.daemon.lock().map_err(|_| io::Error::other("a test failed while holding the daemon"))?;
        if let Some(mut child) = daemon.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Asks the daemon to stop, and waits for it.
    pub fn stop_daemon(&self) -> io::Result<()> {
        let mut daemon =
            self.daemon.lock().map_err(|_| io::Error::other("a test failed while holding the daemon"))?;
        match daemon.take() {
            Some(mut child) => terminate(&mut child),
            None => Ok(()),
        }
    }

    /// Starts the daemon, with everything it had before, and waits until it answers.
    pub fn start_daemon(&self) -> io::Result<()> {
        let mut daemon =
            self.daemon.lock().map_err(|_| io::Error::other("a test failed while holding the daemon"))?;
        if daemon.is_some() {
            return Ok(());
        }
        self.make_bridge()?;
        clear_the_way(&self.dir)?;
        let log = File::options().create(true).append(true).open(self.dir.join("dockerd.log"))?;
        fs::write(self.dir.join("daemon.json"), "{}")?;
        let own = &self.names.own;
        let flag = |name: &str, value: &dyn std::fmt::Display| format!("--{name}={value}");
        let path = |name: &str| self.dir.join(name).display().to_string();
        let mut child = Command::new("dockerd")
            .arg(flag("config-file", &path("daemon.json")))
            .arg(flag("data-root", &path("data")))
            .arg(flag("exec-root", &path("exec")))
            .arg(flag("pidfile", &path("docker.pid")))
            .arg(flag("host", &format!("unix://{}", path("docker.sock"))))
            .arg(flag("bridge", own))
            .arg(flag("default-address-pool", &format!("base=10.{}.0.0/16,size=24", self.names.range)))
            .arg(flag("cgroup-parent", &format!("/{own}")))
            .arg(flag("containerd-namespace", own))
            .arg(flag("containerd-plugins-namespace", &format!("{own}-plugins")))
            .args(["--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false"])
            .args(["--shutdown-timeout=5", "--log-level=warn"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let deadline = Instant::now() + PATIENCE;
        while !answers(&self.socket_path()) {
            let ended = child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                terminate(&mut child)?;
                let log = self.daemon_log();
                let end: Vec<&str> = log.lines().rev().take(15).collect();
                return Err(io::Error::other(format!(
                    "dockerd isn't ready ({ended:?}); its last words: {end:#?}"
                )));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        *daemon = Some(child);
        Ok(())
    }

    /// The default bridge. The range of user networks starts at .0.0/24, so it takes the last part.
    fn make_bridge(&self) -> io::Result<()> {
        let bridge = &self.names.own;
        if Path::new("/sys/class/net").join(bridge).exists() {
            return Ok(());
        }
        let address = format!("10.{}.255.1/24", self.names.range);
        run(Command::new("ip").args(["link", "add", "name", bridge, "type", "bridge"]))?;
        run(Command::new("ip").args(["addr", "add", &address, "dev", bridge]))?;
        run(Command::new("ip").args(["link", "set", bridge, "up"]))
    }
}

impl Drop for PrivateDocker {
    fn drop(&mut self) {
        // Errors have no one to go to here; each step is tried whatever became of the one before.
        let daemon = self.daemon.get_mut().map(Option::take).unwrap_or_default();
        if let Some(mut daemon) = daemon {
            terminate(&mut daemon).unwrap_or_default();
        }
        terminate(&mut self.registry).unwrap_or_default();
        leftovers(&self.dir, &self.names.own, self.names.range);
    }
}

impl Names {
    /// From the directory, so that a kept one keeps its bridge and addresses.
    fn for_dir(dir: &Path) -> io::Result<Self> {
        use sha2::Digest;
        let hash = sha2::Sha256::digest(dir.as_os_str().as_encoded_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash);
        // Interface names have at most 15 characters.
        let own = format!("livt{a:02x}{b:02x}{c:02x}");
        let kept = dir.join("range");
        if let Some(range) = fs::read_to_string(&kept).ok().and_then(|text| text.parse().ok()) {
            return Ok(Self { own, range });
        }
        let used = ranges_in_use()?;
        let free = (0..RANGES)
            .map(|step| FIRST_RANGE + (d % RANGES + step) % RANGES)
            .find(|range| !used.contains(range));
        let range =
            free.ok_or_else(|| io::Error::other("every range from 10.128 to 10.227 is in use here"))?;
        fs::write(kept, range.to_string())?;
        Ok(Self { own, range })
    }
}

fn start_registry(dir: &Path, port: u16) -> io::Result<(Child, SocketAddr)> {
    let config = dir.join("registry.yml");
    let data = dir.join("registry");
    fs::write(
        &config,
        format!(
            "version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: {data:?}}}}}\n\
             http: {{addr: \"127.0.0.1:{port}\"}}\n"
        ),
    )?;
    let log_path = dir.join("registry.log");
    let log = File::create(&log_path)?;
    let mut child = Command::new("docker-registry")
        .arg("serve")
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        // With port 0 only its log tells which one it got.
        let log = fs::read_to_string(&log_path)?;
        let address = log.split_once("listening on ").map(|(_, rest)| {
            rest.chars()
                .take_while(|letter| letter.is_ascii_digit() || ".:".contains(*letter))
                .collect::<String>()
        });
        if let Some(address) = address.and_then(|address| address.parse().ok()) {
            return Ok((child, address));
        }
        if child.try_wait()?.is_some() || Instant::now() > deadline {
            terminate(&mut child)?;
            return Err(io::Error::other(format!("docker-registry isn't ready: {log}")));
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Whether a daemon answers a ping.
fn answers(socket: &Path) -> bool {
    let ask = || -> io::Result<bool> {
        let mut socket = UnixStream::connect(socket)?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        socket.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
        let mut answer = [0; 15];
        socket.read_exact(&mut answer)?;
        Ok(answer.ends_with(b" 200 OK"))
    };
    ask().unwrap_or(false)
}
