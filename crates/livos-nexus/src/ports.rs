//! The rest of the house, as far as the agent may look at it. There is nothing here that changes anything.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::pin::Pin;

use futures_util::{Stream, StreamExt as _, stream};
use livos_bus::documents::{
    AppUpdate, CatalogApp, DockerContainer, InstalledApp, SearchReply, SharedFolder, SharedListing,
    SharedPiece, StoreApp, StoreReply,
};
use livos_bus::sandbox::ProgramRequest;
use livos_bus::schedules::{JournalLine, JournalRule};
use livos_bus::services::ServiceInfo;
use livos_bus::{Actor, Document, EngineStatus, EntryInfo, HostInfo, HostLoad, Result};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::unix::pipe;

/// What is answered in a while.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// The read interfaces of the other daemons.
pub(crate) trait House: std::fmt::Debug + Send + Sync + 'static {
    /// The machine.
    fn info(&self) -> Answer<'_, HostInfo>;
    /// How busy it is.
    fn load(&self) -> Answer<'_, HostLoad>;
    /// The services that it all stands on.
    fn services<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<ServiceInfo>>;
    /// The last lines that one of them wrote.
    fn service_log<'a>(&'a self, actor: &'a Actor, unit: &'a str, lines: u32) -> Answer<'a, String>;
    /// Whether Docker can be used.
    fn engine<'a>(&'a self, actor: &'a Actor) -> Answer<'a, EngineStatus>;
    /// What is installed.
    fn apps<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<InstalledApp>>;
    /// What stores offer.
    fn offers<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<StoreApp>>;
    /// One of it, with all that it asks for.
    fn offer<'a>(&'a self, actor: &'a Actor, store: &'a str, app: &'a str) -> Answer<'a, CatalogApp>;
    /// What an update of an app would change.
    fn update_of<'a>(&'a self, actor: &'a Actor, app: &'a str) -> Answer<'a, AppUpdate>;
    /// All containers, whoever made them.
    fn containers<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<DockerContainer>>;
    /// The last lines of an app's containers, read to their end.
    fn logs<'a>(
        &'a self,
        actor: &'a Actor,
        app: &'a str,
        service: &'a str,
        lines: u32,
    ) -> Answer<'a, OwnedFd>;
    /// The folders that this person shares.
    fn shared_folders<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<SharedFolder>>;
    /// What is in one, or in a folder in it.
    fn shared_list<'a>(&'a self, actor: &'a Actor, root: &'a str, path: &'a str)
    -> Answer<'a, SharedListing>;
    /// What something in it is.
    fn shared_stat<'a>(&'a self, actor: &'a Actor, root: &'a str, path: &'a str) -> Answer<'a, EntryInfo>;
    /// So many bytes of a text file.
    fn shared_read<'a>(
        &'a self,
        actor: &'a Actor,
        root: &'a str,
        path: &'a str,
        offset: u64,
        length: u32,
    ) -> Answer<'a, SharedPiece>;
    /// Names in it; in all that is shared when `root` is empty.
    fn shared_search<'a>(
        &'a self,
        actor: &'a Actor,
        root: &'a str,
        path: &'a str,
        query: &'a str,
    ) -> Answer<'a, SearchReply>;
    /// Runs a command in the sandbox: a pipe of `livos_bus::sandbox::SandboxFrame`s. Closing it ends the command.
    fn command<'a>(&'a self, actor: &'a Actor, command: &'a str, seconds: u32) -> Answer<'a, OwnedFd>;
    /// Starts a program there that is spoken with.
    fn program<'a>(&'a self, request: &'a ProgramRequest) -> Answer<'a, Pipes>;
    /// Empties the folder that a program keeps.
    fn forget_program<'a>(&'a self, name: &'a str) -> Answer<'a, ()>;
    /// Lines of the journal as they are written, as far as somebody waits for them.
    fn journal<'a>(&'a self, actor: &'a Actor, rules: &'a [JournalRule]) -> Answer<'a, Happenings>;
    /// What happens from here on.
    fn happenings(&self) -> Answer<'_, Happenings>;
}

/// What happens, as it happens.
pub(crate) type Happenings = Pin<Box<dyn Stream<Item = Happening> + Send>>;

/// Something that the other daemons, or systemd, say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Happening {
    /// An app changed.
    Apps,
    /// Something in Docker did.
    Containers,
    /// This unit failed.
    UnitFailed(String),
    /// A line that somebody waits for was written to the journal.
    JournalLine(JournalLine),
}

/// What a program is spoken with by. Closing `said` ends it.
#[derive(Debug)]
pub(crate) struct Pipes {
    /// To it.
    pub(crate) input: OwnedFd,
    /// From it.
    pub(crate) output: OwnedFd,
    /// `livos_bus::sandbox::SandboxFrame`s: what went wrong, and how it ended.
    pub(crate) said: OwnedFd,
}

/// Those interfaces over the bus.
#[derive(Debug)]
pub(crate) struct OverBus {
    host: livos_bus::HostReaderProxy<'static>,
    apps: livos_bus::AppsReaderProxy<'static>,
    catalog: livos_bus::CatalogProxy<'static>,
    docker: livos_bus::DockerNamesProxy<'static>,
    sandbox: livos_bus::HostSandboxProxy<'static>,
    programs: livos_bus::HostProgramsProxy<'static>,
    files: livos_bus::FilesSharedProxy<'static>,
}

impl OverBus {
    /// Makes the proxies. Calls nobody.
    pub(crate) async fn new(connection: &zbus::Connection) -> zbus::Result<Self> {
        Ok(Self {
            host: livos_bus::HostReaderProxy::new(connection).await?,
            apps: livos_bus::AppsReaderProxy::new(connection).await?,
            catalog: livos_bus::CatalogProxy::new(connection).await?,
            docker: livos_bus::DockerNamesProxy::new(connection).await?,
            sandbox: livos_bus::HostSandboxProxy::new(connection).await?,
            programs: livos_bus::HostProgramsProxy::new(connection).await?,
            files: livos_bus::FilesSharedProxy::new(connection).await?,
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

    fn services<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<ServiceInfo>> {
        Box::pin(async move { parsed(self.host.services(actor).await?).await })
    }

    fn service_log<'a>(&'a self, actor: &'a Actor, unit: &'a str, lines: u32) -> Answer<'a, String> {
        Box::pin(async move { parsed(self.host.service_log(actor, unit, lines).await?).await })
    }

    fn engine<'a>(&'a self, actor: &'a Actor) -> Answer<'a, EngineStatus> {
        Box::pin(self.apps.engine(actor))
    }

    fn apps<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<InstalledApp>> {
        Box::pin(async move { parsed(self.apps.list(actor).await?).await })
    }

    fn offers<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<StoreApp>> {
        Box::pin(async move { Ok(parsed::<StoreReply>(self.catalog.list(actor).await?).await?.apps) })
    }

    fn offer<'a>(&'a self, actor: &'a Actor, store: &'a str, app: &'a str) -> Answer<'a, CatalogApp> {
        Box::pin(async move { parsed(self.catalog.get(actor, store, app).await?).await })
    }

    fn update_of<'a>(&'a self, actor: &'a Actor, app: &'a str) -> Answer<'a, AppUpdate> {
        Box::pin(async move { parsed(self.apps.update_of(actor, app).await?).await })
    }

    fn containers<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<DockerContainer>> {
        Box::pin(async move { parsed(self.docker.containers(actor).await?).await })
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

    fn shared_folders<'a>(&'a self, actor: &'a Actor) -> Answer<'a, Vec<SharedFolder>> {
        Box::pin(async move { parsed(self.files.folders(actor).await?).await })
    }

    fn shared_list<'a>(
        &'a self,
        actor: &'a Actor,
        root: &'a str,
        path: &'a str,
    ) -> Answer<'a, SharedListing> {
        Box::pin(async move { parsed(self.files.list(actor, root, path).await?).await })
    }

    fn shared_stat<'a>(&'a self, actor: &'a Actor, root: &'a str, path: &'a str) -> Answer<'a, EntryInfo> {
        Box::pin(self.files.stat(actor, root, path))
    }

    fn shared_read<'a>(
        &'a self,
        actor: &'a Actor,
        root: &'a str,
        path: &'a str,
        offset: u64,
        length: u32,
    ) -> Answer<'a, SharedPiece> {
        Box::pin(async move { parsed(self.files.read(actor, root, path, offset, length).await?).await })
    }

    fn shared_search<'a>(
        &'a self,
        actor: &'a Actor,
        root: &'a str,
        path: &'a str,
        query: &'a str,
    ) -> Answer<'a, SearchReply> {
        Box::pin(async move { parsed(self.files.search(actor, root, path, query).await?).await })
    }

    fn command<'a>(&'a self, actor: &'a Actor, command: &'a str, seconds: u32) -> Answer<'a, OwnedFd> {
        Box::pin(async move { Ok(self.sandbox.run(actor, command, seconds).await?.into()) })
    }

    fn program<'a>(&'a self, request: &'a ProgramRequest) -> Answer<'a, Pipes> {
        Box::pin(async move {
            let (input, output, said) = self.programs.start(request).await?;
            Ok(Pipes { input: input.into(), output: output.into(), said: said.into() })
        })
    }

    fn forget_program<'a>(&'a self, name: &'a str) -> Answer<'a, ()> {
        Box::pin(self.programs.forget(name))
    }

    fn journal<'a>(&'a self, actor: &'a Actor, rules: &'a [JournalRule]) -> Answer<'a, Happenings> {
        Box::pin(async move {
            let pipe = self.host.follow_journal(actor, rules).await?;
            let pipe = pipe::Receiver::from_owned_fd(pipe.into()).map_err(livos_bus::Error::internal)?;
            let lines = BufReader::new(pipe).lines();
            let all = stream::unfold(lines, |mut lines| async move {
                // Whatever is no line of ours ends it, as a closed pipe does.
                let line = lines.next_line().await.ok().flatten()?;
                let line: JournalLine = serde_json::from_str(&line).ok()?;
                Some((Happening::JournalLine(line), lines))
            });
            Ok(all.boxed())
        })
    }

    fn happenings(&self) -> Answer<'_, Happenings> {
        Box::pin(
            async move { happenings(&self.apps, &self.docker).await.map_err(livos_bus::Error::internal) },
        )
    }
}

/// The signals of the app engine and of systemd.
async fn happenings(
    apps: &livos_bus::AppsReaderProxy<'static>,
    names: &livos_bus::DockerNamesProxy<'static>,
) -> zbus::Result<Happenings> {
    let connection = names.inner().connection();
    let changed = apps.receive_app_changed().await?.map(|_| Happening::Apps);
    // Its signal only: that interface may not be called from here.
    let docker = livos_bus::DockerReaderProxy::new(connection).await?;
    let docker = docker.receive_docker_changed().await?.map(|_| Happening::Containers);
    let mut all = stream::SelectAll::new();
    all.push(changed.boxed());
    all.push(docker.boxed());
    // Where no systemd is, none of its units fail.
    match failed_units(connection).await {
        Ok(units) => all.push(units),
        Err(error) => tracing::info!(%error, "systemd can't be listened to"),
    }
    Ok(all.boxed())
}

/// The units that fail from here on.
async fn failed_units(connection: &zbus::Connection) -> zbus::Result<Happenings> {
    const SYSTEMD: &str = "org.freedesktop.systemd1";
    let manager = zbus::Proxy::new(
        connection,
        SYSTEMD,
        "/org/freedesktop/systemd1",
        "org.freedesktop.systemd1.Manager",
    );
    // Without this systemd says nothing; it holds as long as this connection does.
    manager.await?.call_method("Subscribe", &()).await?;
    let rule = zbus::MatchRule::builder()
        .msg_type(zbus::message::Type::Signal)
        .sender(SYSTEMD)
        .interface("org.freedesktop.DBus.Properties")
        .member("PropertiesChanged")
        .path_namespace("/org/freedesktop/systemd1/unit")
        .add_arg("org.freedesktop.systemd1.Unit")
        .build()?;
    let messages = zbus::MessageStream::for_match_rule(rule, connection, None).await?;
    Ok(messages.filter_map(async |message| failed_unit(&message.ok()?)).boxed())
}

/// The unit that this says has failed, if it says so.
fn failed_unit(message: &zbus::Message) -> Option<Happening> {
    type Changed<'a> = (String, HashMap<String, zbus::Variant<'a>>, Vec<String>);
    let body = message.body();
    let (_, changed, _): Changed<'_> = body.deserialize().ok()?;
    let state: &str = changed.get("ActiveState")?.downcast_ref().ok()?;
    let header = message.header();
    let label = header.path()?.as_str().rsplit('/').next()?;
    (state == "failed").then(|| unit_of(label)).flatten().map(Happening::UnitFailed)
}

/// A unit's name, as it is written in its path on the bus: `caddy_2eservice`.
fn unit_of(label: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(label.len());
    let mut rest = label.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        if *first == b'_' {
            let (code, more) = more.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok()?);
            rest = more;
        } else {
            bytes.push(*first);
            rest = more;
        }
    }
    let fits = |name: &String| name.len() <= 255 && !name.chars().any(char::is_control);
    String::from_utf8(bytes).ok().filter(fits)
}

/// A document's value. A long one comes by a descriptor, and reading that may block.
async fn parsed<T: DeserializeOwned + Send + 'static>(document: Document) -> Result<T> {
    let value = tokio::task::spawn_blocking(move || document.parse()).await;
    value.map_err(livos_bus::Error::internal)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_known_by_its_path() {
        for (label, unit) in [
            ("caddy_2eservice", Some("caddy.service")),
            ("livos_2dnexus_2eservice", Some("livos-nexus.service")),
            ("a_2", None),
            ("a_zz", None),
            ("a_0a", None),
        ] {
            assert_eq!(unit_of(label).as_deref(), unit, "{label}");
        }
    }
}
