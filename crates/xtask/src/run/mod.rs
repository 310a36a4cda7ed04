//! `build.sh run`: LivOS on a developer's machine, without root and without systemd.

mod port;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use livos_testkit::probe;
use livos_testkit::site::{DAEMONS, Site};
use livos_testkit::supervisor::{OnLine, Supervisor};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use tokio::signal::unix::{SignalKind, signal};

use crate::deps::Purpose;
use crate::{deps, shell, ui};

const HEALTHY_WITHIN: Duration = Duration::from_secs(60);

/// How to run.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Keep state, files and logs in DIR instead of target/run
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The port of the web page, on 127.0.0.1
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Begin anew: remove state and files of earlier runs
    #[arg(long)]
    fresh: bool,
    /// Run an optimised build
    #[arg(long)]
    release: bool,
    /// App stores to begin with: folders or git addresses
    #[arg(long, value_name = "STORE", num_args = 1.., env = "LIVOS_RUN_SOURCES", value_delimiter = ' ')]
    sources: Vec<String>,
    /// The Docker Engine's socket
    #[arg(long, value_name = "SOCKET")]
    docker: Option<PathBuf>,
    /// Run what was built before
    #[arg(long)]
    no_build: bool,
    /// Print one line of JSON when everything is ready, and one when everything is gone
    #[arg(long)]
    json: bool,
    /// Let the web daemon listen on this port of 127.0.0.1, past Caddy; for measuring
    #[arg(long, value_name = "PORT", hide = true)]
    web_port: Option<u16>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    deps::ensure(Purpose::Run)?;
    let root = match &arguments.data {
        Some(folder) => std::path::absolute(folder)?,
        None => crate::target().join("run"),
    };
    std::fs::create_dir_all(&root).with_context(|| format!("{} could not be made", root.display()))?;
    let _lock = lock(&root)?;
    port::check(arguments.port)?;
    if !arguments.no_build {
        build(arguments.release)?;
    }
    if arguments.fresh {
        for part in ["state", "data", "log"] {
            remove(&root.join(part))?;
        }
    }
    let site = site(arguments, &root)?;
    site.write()?;
    // One thread, ours, lives as long as the children: they die with it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(keep_running(arguments, &site))
}

/// Whether a runner holds `root`.
pub(crate) fn is_running(root: &Path) -> bool {
    root.is_dir() && lock(root).is_err()
}

fn lock(root: &Path) -> Result<Flock<std::fs::File>> {
    let path = root.join("lock");
    let mut file =
        std::fs::OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path)?;
    let mut holder = String::new();
    std::io::Read::read_to_string(&mut file, &mut holder)?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(mut lock) => {
            lock.set_len(0)?;
            std::io::Seek::rewind(&mut *lock)?;
            write!(*lock, "{}", std::process::id())?;
            Ok(lock)
        }
        Err((_, Errno::EWOULDBLOCK)) => bail!(
            "LivOS already runs from {} (process {}); stop that one first, or use --data DIR and --port N for a second",
            root.display(),
            holder.trim()
        ),
        Err((_, error)) => Err(error).with_context(|| format!("{} could not be locked", path.display())),
    }
}

fn build(release: bool) -> Result<()> {
    let mut cargo = shell::cargo();
    cargo.arg("build").args(DAEMONS.iter().flat_map(|name| ["-p", name])).args(["-p", "livos-cli"]);
    if release {
        cargo.arg("--release");
    }
    eprintln!("Building the daemons");
    let started = Instant::now();
    shell::run(&mut cargo).context("the daemons could not be built")?;
    eprintln!("Daemons ready after {:.1} s. Building the desktop", started.elapsed().as_secs_f32());
    let started = Instant::now();
    if ui::build()? {
        eprintln!("Desktop ready after {:.1} s", started.elapsed().as_secs_f32());
    } else {
        eprintln!("Desktop unchanged");
    }
    Ok(())
}

fn site(arguments: &Arguments, root: &Path) -> Result<Site> {
    let programs = crate::target().join(if arguments.release { "release" } else { "debug" });
    let mut site = Site::new(root, &programs, &ui::bundle(), arguments.port);
    let docker_host = std::env::var("DOCKER_HOST").ok().filter(|address| address.starts_with("unix://"));
    match (&arguments.docker, docker_host) {
        (Some(socket), _) => site.docker = format!("unix://{}", std::path::absolute(socket)?.display()),
        (None, Some(address)) => site.docker = address,
        (None, None) => {}
    }
    site.web_port = arguments.web_port;
    for source in &arguments.sources {
        // A folder is meant from where we are; an address is taken as it is.
        let path = Path::new(source);
        let known = if path.is_dir() { path.canonicalize()?.display().to_string() } else { source.clone() };
        if !path.is_dir() && !source.contains("://") {
            bail!("--sources: {source} is neither a folder nor an address");
        }
        site.sources.push(known);
    }
    Ok(site)
}

async fn keep_running(arguments: &Arguments, site: &Site) -> Result<()> {
    let mut signals = Signals::new()?;
    let started = Instant::now();
    let supervisor = Supervisor::start(&site.units(), site.places(), errors_to_terminal())?;
    let healthy = async {
        supervisor.ready(HEALTHY_WITHIN).await?;
        probe::wait_for_status(site.port, "/api/v1/health", 200, HEALTHY_WITHIN).await
    };
    let outcome = tokio::select! {
        healthy = healthy => Some(healthy),
        () = signals.any() => None,
    };
    let result =
        match outcome {
            None => Ok(()),
            Some(Err(error)) => Err(error
                .context(format!("LivOS did not start; its logs are in {}", site.places().log.display()))),
            Some(Ok(_)) => {
                let took = started.elapsed();
                let claim = site.claim_code().await.unwrap_or_default();
                announce(arguments, site, &supervisor, claim.as_deref(), took);
                signals.any().await;
                Ok(())
            }
        };
    if !arguments.json {
        println!("Stopping");
    }
    let stopping = Instant::now();
    supervisor.stop().await;
    if arguments.json {
        println!("{}", serde_json::json!({ "stopped_after_ms": stopping.elapsed().as_millis() as u64 }));
    }
    result
}

fn announce(
    arguments: &Arguments,
    site: &Site,
    supervisor: &Supervisor,
    claim: Option<&str>,
    took: Duration,
) {
    let url = match claim {
        Some(code) => format!("{}/#claim={code}", site.url()),
        None => site.url(),
    };
    if arguments.json {
        let units: serde_json::Map<String, serde_json::Value> =
            supervisor.snapshot().into_iter().map(|(name, state)| (name, state.pid.into())).collect();
        let line = serde_json::json!({
            "ready": true, "url": site.url(), "claim": claim, "bus": site.bus_address(), "root": site.root,
            "config": site.config_file(), "pid": std::process::id(), "units": units, "healthy_after_ms": took.as_millis() as u64,
        });
        println!("{line}");
    } else {
        println!("\n  LivOS is ready:  {url}");
        if let Some(code) = claim {
            println!("  Claim code:      {code}");
        }
        println!("  Files and state: {}", site.root.display());
        println!("  Ctrl-C stops it.\n");
    }
    let _ = std::io::stdout().flush();
}

/// Logs have everything; the terminal gets what somebody should look at now.
fn errors_to_terminal() -> OnLine {
    Arc::new(|unit, line| {
        let is_ours = line.starts_with('[');
        let is_error =
            line.contains(" ERROR ") || line.contains("\"level\":\"error\"") || line.contains("panicked at");
        if is_ours || is_error {
            eprintln!("{unit:>12} | {line}");
        }
    })
}

/// Everything that means "stop".
struct Signals([tokio::signal::unix::Signal; 3]);

impl Signals {
    fn new() -> Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn any(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).with_context(|| {
            format!(
                "{} could not be removed (an app may have left files of another user; remove it as root)",
                path.display()
            )
        }),
        _ => Ok(()),
    }
}
