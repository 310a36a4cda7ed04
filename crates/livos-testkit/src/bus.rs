//! A bus of one's own, with rules of one's choice.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use zbus::Connection;
use zbus::connection::Builder;

use crate::site::{ALLOW_ALL, BUS, bus_config, write};
use crate::supervisor::{Places, Supervisor, Unit};

const UP_WITHIN: Duration = Duration::from_secs(20);

/// A dbus-daemon that dies with this value.
pub struct PrivateBus {
    supervisor: Supervisor,
    home: TempDir,
}

impl PrivateBus {
    /// A bus on which everybody may do everything.
    pub async fn start() -> Result<Self> {
        Self::with_policy(ALLOW_ALL, &[]).await
    }

    /// A bus with the `<policy>` elements of a configuration as its rules. `wrapper` is put before
    /// the daemon's command line, to run it in a world of its own.
    pub async fn with_policy(policy: &str, wrapper: &[String]) -> Result<Self> {
        let home = tempfile::Builder::new().prefix("livos-bus-").tempdir()?;
        open_to_all(home.path())?;
        let config = home.path().join("bus.conf");
        write(&config, &bus_config(&address(home.path()), policy))?;
        let mut command = wrapper.to_vec();
        command.extend([BUS.to_owned(), format!("--config-file={}", config.display())]);
        command.extend(["--nofork", "--nopidfile"].map(str::to_owned));
        let unit = Unit {
            name: BUS.to_owned(),
            program: command.remove(0).into(),
            args: command.into_iter().map(Into::into).collect(),
            patience: Duration::from_secs(2),
            clear: vec![home.path().join("bus.sock")],
            ..Unit::default()
        };
        let places = Places { log: home.path().join("log"), runtime: home.path().to_owned() };
        let supervisor = Supervisor::start(&[unit], places, Arc::new(|_, line| eprintln!("bus: {line}")))?;
        supervisor.ready(UP_WITHIN).await?;
        Ok(Self { supervisor, home })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        address(self.home.path())
    }

    /// A connection as whoever this thread is.
    pub async fn connect(&self) -> Result<Connection> {
        connect(&self.address()).await
    }

    /// What everybody on the bus may also read and write: a place for a test's own things.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.home.path().to_owned()
    }

    /// Ends the bus and waits for it.
    pub async fn stop(self) {
        self.supervisor.stop().await;
    }
}

/// Connects to the bus at `address`.
pub async fn connect(address: &str) -> Result<Connection> {
    Builder::address(address).build().await.with_context(|| format!("no connection to the bus at {address}"))
}

fn address(home: &Path) -> String {
    format!("unix:path={}", home.join("bus.sock").display())
}

/// Other users have to get through to the socket.
fn open_to_all(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("{} could not be opened to others", folder.display()))
}
