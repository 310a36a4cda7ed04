//! Proxies for everything in Docker, whoever made it.

use zbus::{OwnedFd, proxy};

use crate::actor::Actor;
use crate::docker_work::DockerThing;
use crate::document::Document;
use crate::error::Result;

/// Everything in Docker, to look at: what apps run, and what else is there.
#[proxy(
    interface = "io.livos.Apps1.DockerReader",
    default_service = "io.livos.Apps1",
    default_path = "/io/livos/Apps1",
    async_name = "DockerReaderProxy"
)]
pub trait DockerReader {
    /// A [`crate::documents::DockerOverview`].
    fn overview(&self, actor: &Actor) -> Result<Document>;
    /// A [`crate::documents::DockerDetail`]; secrets in it are hidden.
    fn container(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// What a container wrote: the last `tail` lines, then, if asked, what follows.
    fn logs(&self, actor: &Actor, id: &str, tail: u32, follow: bool) -> Result<OwnedFd>;
    /// A [`crate::documents::ReclaimReply`]: what nothing uses and no app can be brought back with.
    fn reclaimable(&self, actor: &Actor) -> Result<Document>;
    /// A [`crate::documents::DockerPlan`]: what `start`, `stop`, `restart`, `kill` or `remove` would do to each of these.
    fn look(&self, actor: &Actor, verb: &str, things: &[DockerThing]) -> Result<Document>;
    /// A [`crate::documents::DockerStats`]: what running containers use at this moment.
    fn stats(&self, actor: &Actor) -> Result<Document>;
    /// [`crate::documents::DockerEvent`]s, a line each: what Docker remembers since then, UTC seconds, and, if asked,
    /// what follows until the reader is gone.
    fn events(&self, actor: &Actor, since: i64, follow: bool) -> Result<OwnedFd>;
    /// Something came, went or changed.
    #[zbus(signal)]
    fn docker_changed(&self) -> Result<()>;
}

/// Which containers there are: what the agent may know of them, and nothing that may be a secret.
#[proxy(
    interface = "io.livos.Apps1.DockerNames",
    default_service = "io.livos.Apps1",
    default_path = "/io/livos/Apps1",
    async_name = "DockerNamesProxy"
)]
pub trait DockerNames {
    /// A list of [`crate::documents::DockerContainer`].
    fn containers(&self, actor: &Actor) -> Result<Document>;
}

/// Changing what is in Docker and belongs to no app, and reading its secrets.
#[proxy(
    interface = "io.livos.Apps1.DockerManager",
    default_service = "io.livos.Apps1",
    default_path = "/io/livos/Apps1",
    async_name = "DockerManagerProxy"
)]
pub trait DockerManager {
    /// Starts a container that is no app's, if the person is `sure`; answers the job's id.
    fn start(&self, actor: &Actor, id: &str, sure: bool) -> Result<String>;
    /// Stops one; answers the job's id.
    fn stop(&self, actor: &Actor, id: &str, sure: bool) -> Result<String>;
    /// Stops and starts one; answers the job's id.
    fn restart(&self, actor: &Actor, id: &str, sure: bool) -> Result<String>;
    /// Does to each of these what was agreed to by the codes of [`DockerReader::look`], and nothing else; answers the
    /// job's id.
    fn act(&self, actor: &Actor, verb: &str, things: &[DockerThing]) -> Result<String>;
    /// Removes what these codes of [`DockerReader::reclaimable`] stand for and is still unused; answers the job's id.
    fn reclaim(&self, actor: &Actor, codes: &[&str]) -> Result<String>;
    /// Looks after a compose project that LivOS did not make (`stack` and its name), or one container (`container` and
    /// its id), without touching it; answers the id that it has beside the apps.
    fn adopt(&self, actor: &Actor, kind: &str, subject: &str) -> Result<String>;
    /// Gives back what was adopted, as it is.
    fn release(&self, actor: &Actor, id: &str) -> Result<()>;
    /// A list of [`crate::documents::DockerVariable`]: the environment of a container, with its secrets.
    fn environment(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// A [`crate::documents::ContainerFolder`]: what lies in a folder of a container. Nothing is changed; in one that runs
    /// its own `find` is asked, where it has one.
    fn folder(&self, actor: &Actor, id: &str, path: &str) -> Result<Document>;
    /// A file of a container: a pipe, its name and its bytes.
    fn file(&self, actor: &Actor, id: &str, path: &str) -> Result<(OwnedFd, String, u64)>;
    /// Runs a program and its arguments in a container, as the user that the container says, with nothing to read and
    /// without a terminal: a pipe with a [`crate::documents::ContainerRan`] once it has ended or these seconds are over. A
    /// pipe that ends without one says that nobody knows what came of it.
    fn run(&self, actor: &Actor, id: &str, command: &[&str], seconds: u32) -> Result<OwnedFd>;
}

/// A shell in a container. Its bytes travel by descriptor, both ways; it ends when either side closes.
#[proxy(
    interface = "io.livos.Apps1.Terminal",
    default_service = "io.livos.Apps1",
    default_path = "/io/livos/Apps1",
    async_name = "TerminalProxy"
)]
pub trait Terminal {
    /// Opens one in the container with this id or name: a socket, and what it is called here.
    fn open(&self, actor: &Actor, container: &str, columns: u16, rows: u16) -> Result<(OwnedFd, String)>;
    /// Tells it how large the window is that it is shown in.
    fn resize(&self, actor: &Actor, terminal: &str, columns: u16, rows: u16) -> Result<()>;
    /// The exit code of one that ended by itself, known from when its socket closes; of the latest ones only.
    fn exit_code(&self, actor: &Actor, terminal: &str) -> Result<i32>;
}
