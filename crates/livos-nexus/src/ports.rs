//! The rest of the house, as far as the agent may look at it. There is nothing here that changes anything.

use std::os::fd::OwnedFd;
use std::pin::Pin;

use livos_bus::documents::InstalledApp;
use livos_bus::{Actor, EngineStatus, HostInfo, HostLoad, Result};

/// What is answered in a while.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The read interfaces of the other daemons.
pub(crate) trait House: std::fmt::Debug + Send + Sync + 'static {
    /// The machine.
    fn info(&self) -> Answer<'_, HostInfo>;
    /// How busy it is.
    fn load(&self) -> Answer<'_, HostLoad>;
    /// Whether Docker can be used.
    fn engine<'a>(&'a self, actor: &'a Actor) -> Answer<'a, EngineStatus>;
    /// What is installed.
    fn apps<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<InstalledApp>>;
    /// The last lines of an app's containers, read to their end.
    fn logs<'a>(
        &'a self,
        actor: &'a Actor,
        app: &'a str,
        service: &'a str,
        lines: u32,
    ) -> Answer<'a, OwnedFd>;
    /// Runs a command in the sandbox: a pipe of `livos_bus::sandbox::SandboxFrame`s. Closing it ends the command.
    fn command<'a>(&'a self, actor: &'a Actor, command: &'a str, seconds: u32) -> Answer<'a, OwnedFd>;
}

/// Those interfaces over the bus.
#[derive(Debug)]
pub(crate) struct OverBus {
    host: livos_bus::HostReaderProxy<'static>,
    apps: livos_bus::AppsReaderProxy<'static>,
    sandbox: livos_bus::HostSandboxProxy<'static>,
}

impl OverBus {
    /// Makes the proxies. Calls nobody.
    pub(crate) async fn new(connection: &zbus::Connection) -> zbus::Result<Self> {
        Ok(Self {
            host: livos_bus::HostReaderProxy::new(connection).await?,
            apps: livos_bus::AppsReaderProxy::new(connection).await?,
            sandbox: livos_bus::HostSandboxProxy::new(connection).await?,
        })
    }
}

impl House for OverBus {
    fn info(&self) -> Answer<'_, HostInfo> {
        Box::pin(self.host.info())
    }

    fn load(&self) -> Answer<'_, HostLoad> {
        Box::pin(self.host.load())
    }

    fn engine<'a>(&'a self, actor: &'a Actor) -> Answer<'a, EngineStatus> {
        Box::pin(self.apps.engine(actor))
    }

    fn apps<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<InstalledApp>> {
        Box::pin(async move {
            let document = self.apps.list(actor).await?;
            let parsed = tokio::task::spawn_blocking(move || document.parse()).await;
            parsed.map_err(livos_bus::Error::internal)?
        })
    }

    fn logs<'a>(
        &'a self,
        actor: &'a Actor,
        app: &'a str,
        service: &'a str,
        lines: u32,
    ) -> Answer<'a, OwnedFd> {
        Box::pin(async move { Ok(self.apps.logs(actor, app, service, lines, false).await?.into()) })
    }
    fn command<'a>(&'a self, actor: &'a Actor, command: &'a str, seconds: u32) -> Answer<'a, OwnedFd> {
        Box::pin(async move { Ok(self.sandbox.run(actor, command, seconds).await?.into()) })
    }
}
