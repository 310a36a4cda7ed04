//! The service manager's protocol: say READY, STOPPING and, if asked, that we are still alive.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::{Environment, Error};

/// Sends states to the service manager; without one, does nothing.
#[derive(Debug, Clone, Default)]
pub struct Notifier {
    address: Option<String>,
    watchdog: Option<Duration>,
}

impl Notifier {
    /// From what the environment says.
    #[must_use]
    pub fn new(environment: &Environment) -> Self {
        Self { address: environment.notify_socket.clone(), watchdog: environment.watchdog }
    }

    /// The service answers.
    pub fn ready(&self) -> Result<(), Error> {
        self.send("READY=1")
    }

    /// The service has begun to stop.
    pub fn stopping(&self) -> Result<(), Error> {
        self.send("STOPPING=1")
    }

    /// How often the watchdog wants to hear from us: half its time, so that one delay is forgiven.
    #[must_use]
    pub fn watchdog_interval(&self) -> Option<Duration> {
        self.address.as_ref()?;
        self.watchdog.map(|timeout| timeout / 2)
    }

    /// Keeps the watchdog fed until `shutdown`. Returns at once when there is none.
    pub async fn feed_watchdog(&self, shutdown: CancellationToken) {
        let Some(interval) = self.watchdog_interval() else { return };
        loop {
            if let Err(error) = self.send("WATCHDOG=1") {
                tracing::warn!(error = crate::chain(&error), "the watchdog was not fed");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
        }
    }

    fn send(&self, state: &str) -> Result<(), Error> {
        let Some(address) = &self.address else { return Ok(()) };
        let failed = |source| Error::Notify { address: address.clone(), source };
        let socket_address = match address.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(address),
        }
        .map_err(failed)?;
        let socket = UnixDatagram::unbound().map_err(failed)?;
        socket.send_to_addr(state.as_bytes(), &socket_address).map_err(failed)?;
        Ok(())
    }
}
