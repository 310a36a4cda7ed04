//! What makes a daemon out of a library: [`run_daemon`].

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zbus::Connection;

use crate::status::Health;
use crate::systemd::Notifier;
use crate::{Clock, Config, Environment, Error, Secrets, SystemClock, bus, chain, fs, logging};

/// How long a daemon may take to stop; the promise is "gone within two seconds".
const STOP_GRACE: Duration = Duration::from_millis(1700);

/// The exit code of wrong usage or configuration, which no restart cures (`EX_CONFIG`).
const EXIT_CONFIG: u8 = 78;

/// What is particular about one daemon.
#[derive(Debug, Clone, Copy)]
pub struct Daemon {
    /// Its name, `livos-apps`.
    pub name: &'static str,
    /// Its version, `env!("CARGO_PKG_VERSION")`.
    pub version: &'static str,
    /// Threads of the runtime: 0 runs all on the main thread; never more than 2.
    pub workers: usize,
}

/// What a daemon stands on.
#[derive(Debug, Clone)]
pub struct Chassis {
    /// The daemon's name.
    pub name: &'static str,
    /// The daemon's version.
    pub version: &'static str,
    /// The configuration.
    pub config: Arc<Config>,
    /// What the process environment said.
    pub environment: Environment,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The bus, without a name yet.
    pub bus: Connection,
    /// Cancelled when the daemon must stop.
    pub shutdown: CancellationToken,
    /// Owns every task of the daemon; the daemon is gone when it is empty.
    pub tasks: TaskTracker,
    /// Where secrets come from.
    pub secrets: Secrets,
    /// The service manager.
    pub notifier: Notifier,
    /// What the daemon says about itself.
    pub health: Health,
}

impl Chassis {
    /// The directory of this daemon's state; it exists with mode 0700.
    #[must_use]
    pub fn state_dir(&self) -> PathBuf {
        self.config.state_of(self.name)
    }
}

/// Runs a daemon until it is told to stop. Its `main` is this one call.
///
/// `body` gets the chassis and returns when `shutdown` is cancelled. The process ends with 0 after
/// a requested stop, with 78 when the configuration or the command line is wrong, and with 1 on
/// any other failure, among them a lost bus: the supervisor starts it afresh.
pub fn run_daemon<Body, Running, Failure>(daemon: Daemon, body: Body) -> ExitCode
where
    Body: FnOnce(Chassis) -> Running,
    Running: Future<Output = Result<(), Failure>>,
    Failure: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let environment = Environment::of_process();
    let config_file = match parse_arguments(&daemon, std::env::args().skip(1)) {
        Ok(Arguments::Run(file)) => file,
        Ok(Arguments::Print(text)) => {
            println!("{text}");
            return ExitCode::SUCCESS;
        }
        Err(error) => return refuse(&daemon, &error),
    };
    let required = config_file.is_some() || environment.config_file.is_some();
    let file = config_file.or_else(|| environment.config_file.clone()).unwrap_or_else(Config::default_file);
    let config = match Config::load(&file, required, environment.settings.clone()) {
        Ok(config) => config,
        Err(error) => return refuse(&daemon, &error),
    };
    if let Err(error) = logging::init(daemon.name, &config.server.log, &environment) {
        return refuse(&daemon, &error);
    }
    log_panics();
    let outcome = runtime(daemon.workers).and_then(|runtime| {
        let outcome = runtime.block_on(run(&daemon, config, environment, body));
        // Blocking work that hangs on a dead disk must not keep the process.
        runtime.shutdown_timeout(Duration::from_millis(200));
        outcome
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = chain(&error), "{} ends with an error", daemon.name);
            ExitCode::FAILURE
        }
    }
}

fn refuse(daemon: &Daemon, error: &Error) -> ExitCode {
    eprintln!("{}: {}", daemon.name, chain(error));
    ExitCode::from(EXIT_CONFIG)
}

/// What ended the body, boxed so that every service keeps its own error type.
#[derive(Debug)]
struct BodyFailed(Box<dyn std::error::Error + Send + Sync>);

impl std::fmt::Display for BodyFailed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for BodyFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// Why a daemon ended badly.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(transparent)]
    Chassis(#[from] Error),
    #[error(transparent)]
    Body(BodyFailed),
    #[error("the bus went away; the daemon restarts to find it again")]
    BusLost,
    #[error("the daemon returned without being told to stop")]
    TooEarly,
}

async fn run<Body, Running, Failure>(
    daemon: &Daemon,
    config: Config,
    environment: Environment,
    body: Body,
) -> Result<(), Ended>
where
    Body: FnOnce(Chassis) -> Running,
    Running: Future<Output = Result<(), Failure>>,
    Failure: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    tasks.spawn(stop_on_signal(shutdown.clone())?);
    let state = config.state_of(daemon.name);
    fs::create_directory(&state, 0o700)?;
    let connection = tokio::select! {
        connected = bus::connect(&config) => connected?,
        () = shutdown.cancelled() => return Ok(()),
    };
    let notifier = Notifier::new(&environment);
    tasks.spawn({
        let (notifier, shutdown) = (notifier.clone(), shutdown.clone());
        async move { notifier.feed_watchdog(shutdown).await }
    });
    let chassis = Chassis {
        name: daemon.name,
        version: daemon.version,
        config: Arc::new(config),
        secrets: Secrets::new(environment.credentials_directory.clone(), state.join("secrets")),
        environment,
        clock: Arc::new(SystemClock),
        bus: connection.clone(),
        shutdown: shutdown.clone(),
        tasks: tasks.clone(),
        notifier: notifier.clone(),
        health: Health::default(),
    };
    let mut body = std::pin::pin!(body(chassis));
    let failed = |failure: Failure| Ended::Body(BodyFailed(failure.into()));
    let outcome = tokio::select! {
        finished = &mut body => Some(finished.map_err(failed).and_then(|()| {
            if shutdown.is_cancelled() { Ok(()) } else { Err(Ended::TooEarly) }
        })),
        () = connection.closed() => Some(Err(Ended::BusLost)),
        () = shutdown.cancelled() => None,
    };
    if let Err(error) = notifier.stopping() {
        tracing::debug!(error = chain(&error), "the service manager did not hear that we stop");
    }
    shutdown.cancel();
    tasks.close();
    let stopping = async {
        let outcome = match outcome {
            // Even when the bus is gone, the body gets its time to put things down in order.
            Some(Err(Ended::BusLost)) => (&mut body).await.map_err(failed).and(Err(Ended::BusLost)),
            Some(outcome) => outcome,
            None => (&mut body).await.map_err(failed),
        };
        tasks.wait().await;
        outcome
    };
    match tokio::time::timeout(STOP_GRACE, stopping).await {
        Ok(outcome) => outcome,
        Err(_) => {
            tracing::warn!("stopped without waiting for everything; it is picked up at the next start");
            Ok(())
        }
    }
}

/// Cancels `shutdown` on SIGTERM or SIGINT.
fn stop_on_signal(shutdown: CancellationToken) -> Result<impl Future<Output = ()>, Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::Runtime)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Runtime)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = shutdown.cancelled() => {}
        }
        shutdown.cancel();
    })
}

fn runtime(workers: usize) -> Result<tokio::runtime::Runtime, Ended> {
    let mut builder = match workers {
        0 => tokio::runtime::Builder::new_current_thread(),
        workers => {
            let mut builder = tokio::runtime::Builder::new_multi_thread();
            builder.worker_threads(workers.min(2));
            builder
        }
    };
    // Few threads that go away soon: each costs memory that an idle server does not have to spend.
    builder.enable_all().max_blocking_threads(8).thread_keep_alive(Duration::from_secs(2));
    Ok(builder.build().map_err(Error::Runtime)?)
}

/// A panic is logged where everything else is, then takes its usual course.
fn log_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        let message = info.payload_as_str().unwrap_or("no message");
        tracing::error!(location, "panicked: {message}");
        usual(info);
    }));
}

enum Arguments {
    Run(Option<PathBuf>),
    Print(String),
}

fn parse_arguments(daemon: &Daemon, arguments: impl Iterator<Item = String>) -> Result<Arguments, Error> {
    let mut file = None;
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--config" => {
                let path =
                    arguments.next().ok_or_else(|| Error::Usage("--config needs a file".to_owned()))?;
                file = Some(PathBuf::from(path));
            }
            "--version" | "-V" => return Ok(Arguments::Print(format!("{} {}", daemon.name, daemon.version))),
            "--help" | "-h" => {
                return Ok(Arguments::Print(format!(
                    "{} [--config FILE]\n\nA daemon of LivOS; the service manager starts it. Settings come from FILE, \
                     or LIVOS_CONFIG,\nor {}, and LIVOS_* variables.",
                    daemon.name,
                    Config::default_file().display()
                )));
            }
            other => match other.strip_prefix("--config=") {
                Some(path) => file = Some(PathBuf::from(path)),
                None => return Err(Error::Usage(format!("unknown argument {other:?}; try --help"))),
            },
        }
    }
    Ok(Arguments::Run(file))
}
