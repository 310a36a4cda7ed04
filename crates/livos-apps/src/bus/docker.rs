//! Everything in Docker: for admins to look at, and what is no app's to start and stop.

use futures_util::stream::{self, StreamExt as _};
use livos_bus::{Actor, DockerThing, Document, Result};
use livos_policy::Action;
use zbus::interface;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;

use super::manager::to_request_error;
use super::{Face, logs};
use crate::Error;
use crate::core::adoption::Kind;
use crate::core::steps::Verb;

/// More lines than this nobody has looked at.
const CODES_LIMIT: usize = 5000;
/// More things at once nobody can have read about.
const THINGS_LIMIT: usize = 200;
/// No id and no name of a volume is longer.
const ID_LIMIT: usize = 256;

pub(super) struct DockerReader(pub(super) Face);

/// What the agent may know of containers.
pub(super) struct DockerNames(pub(super) Face);

#[interface(name = "io.livos.Apps1.DockerNames")]
impl DockerNames {
    async fn containers(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit_reader(&header, &actor, Action::ReadDocker).await?;
        Document::json(&self.0.apps.docker_overview().await.map_err(Error::into_bus)?.containers)
    }
}

pub(super) struct DockerManager(pub(super) Face);

/// Ids of containers are 64 hexadecimal digits; nothing else goes anywhere near Docker.
pub(super) fn container_id(text: &str) -> Result<&str> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text);
    }
    Err(livos_bus::Error::invalid("the id of a container has 64 hexadecimal digits"))
}

/// The verb and the things, if they can be some.
fn checked(verb: &str, things: &[DockerThing]) -> Result<Verb> {
    let invalid = |why: &str| livos_bus::Error::invalid(why);
    let verb = Verb::parse(verb).ok_or_else(|| invalid("say start, stop, restart, kill or remove"))?;
    if things.is_empty() || things.len() > THINGS_LIMIT {
        return Err(invalid(&format!("say one thing at least, and {THINGS_LIMIT} at most")));
    }
    let fits = |thing: &DockerThing| {
        let id = thing.id.as_str();
        !id.is_empty() && id.len() <= ID_LIMIT && !id.chars().any(char::is_control)
    };
    if things.iter().all(fits) { Ok(verb) } else { Err(invalid("an id is missing, or is none")) }
}

#[interface(name = "io.livos.Apps1.DockerReader")]
impl DockerReader {
    async fn overview(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ReadDocker).await?;
        Document::json(&self.0.apps.docker_overview().await.map_err(Error::into_bus)?)
    }

    async fn container(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ReadDocker).await?;
        let found = self.0.apps.docker_container(container_id(&id)?).await;
        Document::json(&found.map_err(to_request_error)?)
    }

    async fn logs(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        tail: u32,
        follow: bool,
    ) -> Result<zbus::OwnedFd> {
        self.0.admit(&header, &actor, Action::ReadDocker).await?;
        self.0.admit(&header, &actor, Action::ReadAppLogs).await?;
        let container = container_id(&id)?.to_owned();
        let (reading, writing) =
            logs::open(&self.0.apps, &[(String::new(), container)], tail, follow).await?;
        let shutdown = self.0.shutdown.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = writing => {}
            }
        });
        Ok(reading.into())
    }

    async fn reclaimable(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ReadDocker).await?;
        Document::json(&self.0.apps.reclaimable().await.map_err(Error::into_bus)?)
    }

    async fn look(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        verb: String,
        things: Vec<DockerThing>,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ReadDocker).await?;
        let verb = checked(&verb, &things)?;
        Document::json(&self.0.apps.look_at(verb, &things).await.map_err(to_request_error)?)
    }

    async fn stats(&self, #[zbus(header)] header: Header<'_>, actor: Actor) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ReadDocker).await?;
        Document::json(&self.0.apps.docker_stats().await.map_err(Error::into_bus)?)
    }

    async fn events(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        since: i64,
        follow: bool,
    ) -> Result<zbus::OwnedFd> {
        self.0.admit(&header, &actor, Action::ReadDocker).await?;
        let lines = self.0.apps.docker_events(since, follow).await.map_err(to_request_error)?;
        let (reading, writing) = logs::piped(lines)?;
        let shutdown = self.0.shutdown.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = writing => {}
            }
        });
        Ok(reading.into())
    }

    #[zbus(signal)]
    pub(super) async fn docker_changed(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

impl DockerManager {
    async fn begin(
        &self,
        verb: &'static str,
        header: &Header<'_>,
        actor: &Actor,
        id: &str,
        sure: bool,
    ) -> Result<String> {
        self.0.admit(header, actor, Action::ManageDocker).await?;
        let begun = self.0.apps.begin_container(verb, container_id(id)?, sure, actor.job_owner()).await;
        Ok(begun.map_err(to_request_error)?.to_string())
    }
}

#[interface(name = "io.livos.Apps1.DockerManager")]
impl DockerManager {
    async fn start(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        sure: bool,
    ) -> Result<String> {
        self.begin("docker.start", &header, &actor, &id, sure).await
    }

    async fn stop(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        sure: bool,
    ) -> Result<String> {
        self.begin("docker.stop", &header, &actor, &id, sure).await
    }

    async fn restart(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        sure: bool,
    ) -> Result<String> {
        self.begin("docker.restart", &header, &actor, &id, sure).await
    }

    async fn act(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        verb: String,
        things: Vec<DockerThing>,
    ) -> Result<String> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        let verb = checked(&verb, &things)?;
        let begun = self.0.apps.begin_act(verb, &things, actor.job_owner()).await;
        Ok(begun.map_err(to_request_error)?.to_string())
    }

    async fn reclaim(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        codes: Vec<String>,
    ) -> Result<String> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        if codes.len() > CODES_LIMIT {
            return Err(livos_bus::Error::invalid("there are too many lines"));
        }
        let begun = self.0.apps.begin_reclaim(&codes, actor.job_owner()).await;
        Ok(begun.map_err(to_request_error)?.to_string())
    }

    async fn adopt(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        kind: String,
        subject: String,
    ) -> Result<String> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        let kind = match kind.as_str() {
            "stack" if !subject.is_empty() && subject.len() <= 256 => Kind::Stack,
            "container" => container_id(&subject).map(|_| Kind::Container)?,
            _ => return Err(livos_bus::Error::invalid("say a stack by its name, or a container by its id")),
        };
        let adopted = self.0.apps.adopt(kind, &subject).await;
        Ok(adopted.map_err(to_request_error)?.to_string())
    }

    async fn release(&self, #[zbus(header)] header: Header<'_>, actor: Actor, id: String) -> Result<()> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        let id = super::app_id(&id)?;
        match self.0.apps.rows.adopted(&id).await.map_err(Error::into_bus)? {
            Some(adopted) => self.0.apps.release(&adopted).await.map_err(to_request_error),
            None => Err(livos_bus::Error::not_found(format!("nothing was adopted as {id}"))),
        }
    }

    async fn environment(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        let found = self.0.apps.docker_environment(container_id(&id)?).await;
        Document::json(&found.map_err(to_request_error)?)
    }

    async fn folder(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        path: String,
    ) -> Result<Document> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        let found = self.0.apps.folder_in(container_id(&id)?, &path).await;
        Document::json(&found.map_err(to_request_error)?)
    }

    async fn file(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        path: String,
    ) -> Result<(zbus::OwnedFd, String, u64)> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        let shutdown = self.0.shutdown.clone();
        let found = self.0.apps.file_in(container_id(&id)?, &path, shutdown.clone()).await;
        let (bytes, name, size) = found.map_err(to_request_error)?;
        let (reading, writing) = logs::piped(bytes)?;
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = writing => {}
            }
        });
        Ok((reading.into(), name, size))
    }

    async fn run(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
        command: Vec<String>,
        seconds: u32,
    ) -> Result<zbus::OwnedFd> {
        self.0.admit(&header, &actor, Action::ManageDocker).await?;
        let running = self.0.apps.run_in_container(container_id(&id)?, command, seconds).await;
        let ran = running.map_err(to_request_error)?;
        let (reading, writing) = logs::piped(stream::once(ran).boxed())?;
        let shutdown = self.0.shutdown.clone();
        self.0.tasks.spawn(async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = writing => {}
            }
        });
        Ok(reading.into())
    }
}
