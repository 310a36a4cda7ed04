//! The machine around the sandbox: what must not change, what must not be reached, and whether it was.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use livos_host::sandbox::refused_calls;

const SECRET: &str = "canary-4f1c-secret";
const KEPT: &str = "as it was\n";

/// Things outside that a command is let loose upon.
pub(crate) struct Outside {
    _folder: tempfile::TempDir,
    files: Vec<PathBuf>,
    secret: PathBuf,
    tcp: TcpListener,
    udp: UdpSocket,
    named: UnixListener,
    named_path: PathBuf,
    hidden: UnixListener,
    hidden_name: String,
    bystander: Child,
    survivor: String,
    hostname: String,
}

impl Outside {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Whoever gets there may do anything: only the sandbox stands before it.
        let open = |path: &PathBuf, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("permissions");
        };
        open(&folder.path().to_owned(), 0o777);
        let file = folder.path().join("canary");
        fs::write(&file, KEPT).expect("written");
        open(&file, 0o666);
        let secret = folder.path().join("secret");
        fs::write(&secret, SECRET).expect("written");
        open(&secret, 0o644);
        let named_path = folder.path().join("socket");
        let named = UnixListener::bind(&named_path).expect("a socket");
        open(&named_path, 0o777);
        let hidden_name = marker("socket");
        let address = SocketAddr::from_abstract_name(&hidden_name).expect("an address");
        let hidden = UnixListener::bind_addr(&address).expect("a socket");
        let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        tcp.set_nonblocking(true).and_then(|()| udp.set_nonblocking(true)).expect("does not wait");
        named.set_nonblocking(true).and_then(|()| hidden.set_nonblocking(true)).expect("does not wait");
        // As the same user as a command, if there is none of its own.
        let mut command = Command::new("sleep");
        command.arg("3600").env("CANARY", SECRET);
        if rustix::process::geteuid().is_root() {
            std::os::unix::process::CommandExt::uid(&mut command, 65_534);
        }
        let bystander = command.spawn().expect("it runs");
        let survivor = marker("survivor");
        let hostname = fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
        Self {
            _folder: folder,
            files: vec![file],
            secret,
            tcp,
            udp,
            named,
            named_path,
            hidden,
            hidden_name,
            bystander,
            survivor,
            hostname,
        }
    }

    /// A command with the names of what it is let loose upon.
    pub(crate) fn fill(&self, command: &str) -> String {
        let port =
            |address: std::io::Result<std::net::SocketAddr>| address.expect("an address").port().to_string();
        let canary = self.files.first().expect("a file").display().to_string();
        let mut text = command
            .replace("{canary}", &canary)
            .replace("{secret}", &self.secret.display().to_string())
            .replace("{tcp}", &port(self.tcp.local_addr()))
            .replace("{udp}", &port(self.udp.local_addr()))
            .replace("{socket}", &self.named_path.display().to_string())
            .replace("{abstract}", &self.hidden_name)
            .replace("{pid}", &self.bystander.id().to_string())
            .replace("{survivor}", &self.survivor);
        for (name, number) in refused_calls() {
            text = text.replace(&format!("{{nr:{name}}}"), &number.to_string());
        }
        assert!(!text.contains("{nr:"), "a call without a number: {text}");
        text
    }

    /// What happened out here that should not have.
    pub(crate) fn harmed(&self, said: &str) -> Option<String> {
        if said.contains(SECRET) {
            return Some("it has read a secret".to_owned());
        }
        for file in &self.files {
            if fs::read_to_string(file).ok().as_deref() != Some(KEPT) {
                return Some(format!("{} is not what it was", file.display()));
            }
        }
        let quiet = |what: &str, kind: Option<ErrorKind>| {
            (kind != Some(ErrorKind::WouldBlock)).then(|| format!("it has reached {what}"))
        };
        let reached = quiet("a port", self.tcp.accept().err().map(|error| error.kind()))
            .or_else(|| quiet("a UDP port", self.udp.recv(&mut [0; 16]).err().map(|error| error.kind())))
            .or_else(|| quiet("a socket in a folder", self.named.accept().err().map(|error| error.kind())))
            .or_else(|| quiet("an abstract socket", self.hidden.accept().err().map(|error| error.kind())));
        if reached.is_some() {
            return reached;
        }
        let state = fs::read_to_string(format!("/proc/{}/stat", self.bystander.id())).unwrap_or_default();
        if !state.contains(") S ") {
            return Some(format!("a process out here is not well: {state}"));
        }
        if is_running(&self.survivor) {
            return Some("something of it still runs".to_owned());
        }
        let hostname = fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
        (hostname != self.hostname).then(|| format!("the machine is called {hostname}"))
    }
}

impl Outside {
    /// Ends what was let loose without a sandbox.
    pub(crate) fn end_survivors(&self) {
        for process in running(&self.survivor) {
            let number = process.parse().ok().and_then(rustix::process::Pid::from_raw).expect("a process");
            rustix::process::kill_process(number, rustix::process::Signal::KILL).expect("it is ended");
        }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.bystander.kill().expect("it runs");
        self.bystander.wait().expect("it ends");
    }
}

/// A word that stands nowhere else on this machine.
pub(crate) fn marker(what: &str) -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    format!("livos-escape-{what}-{}-{}.", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// Whether a process runs that has this word among its own.
pub(crate) fn is_running(marker: &str) -> bool {
    !running(marker).is_empty()
}

/// The numbers of those processes.
fn running(marker: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("processes").flatten();
    let such = processes.filter(|process| {
        let words = fs::read(process.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).contains(marker)
    });
    such.map(|process| process.file_name().to_string_lossy().into_owned()).collect()
}

/// Waits until something is so.
pub(crate) async fn until(mut so: impl FnMut() -> bool, what: &str) {
    let waited = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waited).await.unwrap_or_else(|_| panic!("not: {what}"));
}
