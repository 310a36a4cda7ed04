//! The whole of LivOS as real processes, in a folder of its own, gone with this value.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::Client;
use crate::probe;
use crate::site::Site;
use crate::supervisor::Supervisor;

const UP_WITHIN: Duration = Duration::from_secs(60);
const BACK_WITHIN: Duration = Duration::from_secs(30);

/// The first port for the tests of this machine; below the range from which the kernel gives out.
const FIRST_PORT: u16 = 20_000;
const PORTS_EACH: u16 = 100;
const SLOTS: u16 = 100;

/// What a stack may have beyond the daemons.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The socket of a Docker Engine; without one, the store can only be browsed.
    pub docker: Option<PathBuf>,
    /// App stores to begin with.
    pub sources: Vec<String>,
    /// What is logged; `info` if empty.
    pub log_level: String,
    /// Daemons come back at once however often they have died.
    pub restless: bool,
}

/// A running LivOS.
pub struct Stack {
    /// Where everything is.
    pub site: Site,
    supervisor: Supervisor,
    home: Option<TempDir>,
    _ports: Flock<std::fs::File>,
}

impl Stack {
    /// Everything, without Docker.
    pub async fn start() -> Result<Self> {
        Self::with(Options::default()).await
    }

    /// Everything, with what `options` say.
    pub async fn with(options: Options) -> Result<Self> {
        let home = tempfile::Builder::new().prefix("livos-").tempdir()?;
        let (slot, ports) = take_ports()?;
        let base = FIRST_PORT + slot * PORTS_EACH;
        let mut site = Site::new(home.path(), &programs()?, &ui(), base);
        site.gateway_ports = (base + 1, base + 49);
        site.upstream_ports = (base + 50, base + 98);
        site.https_port = base + 99;
        site.sources = options.sources;
        site.restless = options.restless;
        // A socket that isn't there, rather than this machine's own engine.
        let socket = options.docker.unwrap_or_else(|| home.path().join("no-docker.sock"));
        site.docker = format!("unix://{}", socket.display());
        if !options.log_level.is_empty() {
            site.log_level = options.log_level;
        }
        site.write()?;
        let supervisor = launch(&site)?;
        let stack = Self { site, supervisor, home: Some(home), _ports: ports };
        stack.healthy().await?;
        Ok(stack)
    }

    /// Stops every process and starts them again on the same state.
    pub async fn reboot(mut self) -> Result<Self> {
        let stopped = std::mem::replace(&mut self.supervisor, launch_nothing(&self.site)?);
        stopped.stop().await;
        self.supervisor = launch(&self.site)?;
        self.healthy().await?;
        Ok(self)
    }

    /// A new visitor.
    pub fn client(&self) -> Result<Client> {
        Client::new(&self.site.url())
    }

    /// The owner of this LivOS, claimed and signed in.
    pub async fn owner(&self) -> Result<Client> {
        let client = self.client()?;
        client.claim(&self.claim_code().await?, "owner", "correct horse battery").await?;
        Ok(client)
    }

    /// What the installer prints.
    pub async fn claim_code(&self) -> Result<String> {
        self.site.claim_code().await?.context("this LivOS has been claimed already")
    }

    /// Kills a unit without warning, as a crash would, and waits until it is back and everything answers.
    pub async fn crash(&self, unit: &str) -> Result<()> {
        let starts = self.kill(unit)?;
        self.back(unit, starts).await
    }

    /// Kills a unit without warning; how often it had been started until then.
    pub fn kill(&self, unit: &str) -> Result<u32> {
        let starts = self.supervisor.unit(unit).map_or(0, |state| state.starts);
        self.supervisor.signal(unit, Signal::SIGKILL)?;
        Ok(starts)
    }

    /// Waits until a unit that had been started `starts` times is back and everything answers.
    pub async fn back(&self, unit: &str, starts: u32) -> Result<()> {
        self.supervisor.restarted(unit, starts, BACK_WITHIN).await?;
        self.healthy().await
    }

    /// The process of a unit.
    #[must_use]
    pub fn pid(&self, unit: &str) -> Option<u32> {
        self.supervisor.unit(unit)?.pid
    }

    /// Waits until every daemon is ready and the edge answers for all of them.
    pub async fn healthy(&self) -> Result<()> {
        self.supervisor.ready(UP_WITHIN).await.with_context(|| self.last_words())?;
        let what = "every service is ok";
        crate::wait_for(UP_WITHIN, what, async || {
            let (status, body) =
                probe::get(self.site.port, "/api/v1/health", Duration::from_secs(5)).await.ok()?;
            let health: serde_json::Value = serde_json::from_str(&body).ok()?;
            let services = health.get("services")?.as_object()?;
            (status == 200 && services.values().all(|state| state != "down")).then_some(())
        })
        .await
        .with_context(|| self.last_words())
    }

    /// The end of every log, for the message of a test that failed.
    #[must_use]
    pub fn last_words(&self) -> String {
        let mut words = String::new();
        let logs = std::fs::read_dir(self.site.places().log).into_iter().flatten().flatten();
        for log in logs {
            let text = std::fs::read_to_string(log.path()).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(12)..).unwrap_or_default();
            words += &format!("--- {}\n{}\n", log.file_name().to_string_lossy(), tail.join("\n"));
        }
        words
    }

    /// Keeps the folder for a look afterwards; where it is.
    pub fn keep(&mut self) -> PathBuf {
        self.home.take().map_or_else(|| self.site.root.clone(), TempDir::keep)
    }

    /// Stops everything in order.
    pub async fn stop(self) {
        self.supervisor.stop().await;
    }
}

fn launch(site: &Site) -> Result<Supervisor> {
    Supervisor::start(&site.units(), site.places(), Arc::new(|_, _| {}))
}

fn launch_nothing(site: &Site) -> Result<Supervisor> {
    Supervisor::start(&[], site.places(), Arc::new(|_, _| {}))
}

/// A block of ports that no other test on this machine has; the lock is given back with the process.
fn take_ports() -> Result<(u16, Flock<std::fs::File>)> {
    let folder = std::env::temp_dir();
    for slot in 0..SLOTS {
        let path = folder.join(format!("livos-test-ports-{slot}.lock"));
        let Ok(file) = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path)
        else {
            continue;
        };
        if let Ok(lock) = Flock::lock(file, FlockArg::LockExclusiveNonblock)
            && std::net::TcpListener::bind(("127.0.0.1", FIRST_PORT + slot * PORTS_EACH)).is_ok()
        {
            return Ok((slot, lock));
        }
    }
    bail!("all {SLOTS} blocks of test ports from {FIRST_PORT} on are taken")
}

/// The daemons, beside this test program. Built now if need be: a stale daemon proves nothing.
fn programs() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let folder = this
        .ancestors()
        .find(|folder| folder.file_name().is_some_and(|name| name == "debug" || name == "release"))
        .context("this program is not in a cargo target folder")?;
    if std::env::var_os("LIVOS_BUILT").is_none() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = std::process::Command::new(cargo);
        command.current_dir(root()).args(["build", "-q", "--workspace", "--bins"]);
        if folder.file_name().is_some_and(|name| name == "release") {
            command.arg("--release");
        }
        let built = command.status().context("cargo could not be started")?;
        anyhow::ensure!(built.success(), "the daemons could not be built");
    }
    Ok(folder.to_owned())
}

fn ui() -> PathBuf {
    root().join("crates/livos-web/ui/dist")
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
