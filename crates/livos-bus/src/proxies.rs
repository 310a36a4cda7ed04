//! One proxy per interface. A read interface is called `Reader`, or `Shared` where it shows less; every other one is a
//! permission of its own.
//!
//! Proxies hold no cache and name the service, not its current owner, so they outlive a daemon's restart.

use zbus::{OwnedFd, proxy};

use crate::actor::Actor;
use crate::document::Document;
use crate::error::Result;
use crate::sandbox::ProgramRequest;
use crate::types::{
    EngineStatus, EntryInfo, HostInfo, HostLoad, InstallRequest, JobInfo, KeyInfo, KeyRequest, Location,
    RootInfo, ServiceStatus, SettingsRequest, TransferRequest, TrashedItem, UpdateRequest, UploadInfo,
    UploadRequest, UserInfo,
};

/// Every daemon answers this. Destination and path are given when it is built.
#[proxy(interface = "io.livos.Service1", assume_defaults = false)]
pub trait Service {
    /// How the daemon is.
    fn status(&self) -> Result<ServiceStatus>;
}

/// The jobs of a daemon that has any. Destination and path are given when it is built.
///
/// A person sees and controls the jobs they started; an admin, all of them.
#[proxy(interface = "io.livos.Jobs1", assume_defaults = false)]
pub trait Jobs {
    /// Unfinished jobs, and finished ones that nobody dismissed, newest first.
    fn list(&self, actor: &Actor) -> Result<Vec<JobInfo>>;
    /// One job.
    fn get(&self, actor: &Actor, id: &str) -> Result<JobInfo>;
    /// Stops it. What it had begun is undone.
    fn cancel(&self, actor: &Actor, id: &str) -> Result<()>;
    /// Puts a failed one in the queue again.
    fn retry(&self, actor: &Actor, id: &str) -> Result<()>;
    /// Takes a finished one off the list.
    fn dismiss(&self, actor: &Actor, id: &str) -> Result<()>;
    /// What it wrote, as text, read to its end.
    fn log(&self, actor: &Actor, id: &str) -> Result<OwnedFd>;
    /// A job was added, moved on, ended or went (then `Get` says not found).
    #[zbus(signal)]
    fn job_changed(&self, id: &str) -> Result<()>;
}

/// Stores and what they offer.
#[proxy(
    interface = "io.livos.Apps1.Catalog",
    default_service = "io.livos.Apps1",
    default_path = "/io/livos/Apps1",
    async_name = "CatalogProxy"
)]
pub trait Catalog {
    /// A [`crate::documents::StoreReply`].
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// A [`crate::documents::CatalogApp`].
    fn get(&self, actor: &Actor, store: &str, app: &str) -> Result<Document>;
    /// A [`crate::documents::Checks`]: what stands in the way of its installation. Nothing is touched.
    fn checks(&self, actor: &Actor, store: &str, app: &str) -> Result<Document>;
    /// A picture of an app, by the last part of its address in a document, and its media type. It never changes.
    fn icon(&self, actor: &Actor, name: &str) -> Result<(OwnedFd, String)>;
    /// One of the `pictures` that a [`crate::documents::CatalogApp`] counts, from 0, and its media type. It is fetched
    /// from the host that is named there.
    fn picture(&self, actor: &Actor, store: &str, app: &str, number: u32) -> Result<(OwnedFd, String)>;
    /// The apps of a store, or the stores, changed.
    #[zbus(signal)]
    fn catalog_changed(&self) -> Result<()>;
}

/// Installed apps, to look at.
#[proxy(
    interface = "io.livos.Apps1.Reader",
    default_service = "io.livos.Apps1",
    default_path = "/io/livos/Apps1",
    async_name = "AppsReaderProxy"
)]
pub trait AppsReader {
    /// A list of [`crate::documents::InstalledApp`].
    fn list(&self, actor: &Actor) -> Result<Document>;
    /// A [`crate::documents::InstalledApp`].
    fn get(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// A [`crate::documents::AppUpdate`]: what an update would change.
    fn update_of(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// What its containers wrote: the last `tail` lines of one service (`""` for all), then, if asked, what follows.
    fn logs(&self, actor: &Actor, id: &str, service: &str, tail: u32, follow: bool) -> Result<OwnedFd>;
    /// Whether Docker can be used.
    fn engine(&self, actor: &Actor) -> Result<EngineStatus>;
    /// A [`crate::documents::Exposure`]: under which names and by whose certificates this server is reached.
    fn exposure(&self, actor: &Actor) -> Result<Document>;
    /// The certificate of the house's own authority as PEM, which anybody may have; no person's wish.
    fn certificate(&self) -> Result<String>;
    /// An app was added, changed its state, or went.
    #[zbus(signal)]
    fn app_changed(&self, id: &str) -> Result<()>;
}

/// Changing what is installed.
#[proxy(
    interface = "io.livos.Apps1.Manager",
    default_service = "io.livos.Apps1",
    default_path = "/io/livos/Apps1",
    async_name = "AppsManagerProxy"
)]
pub trait AppsManager {
    /// Installs an app; answers the job's id.
    fn install(&self, actor: &Actor, request: &InstallRequest) -> Result<String>;
    /// A [`crate::documents::Checks`]: what stands in the way of installing an app with these answers, whatever was
    /// agreed to. Nothing is touched, and nothing is kept of the answers.
    fn check_install(&self, actor: &Actor, request: &InstallRequest) -> Result<Document>;
    /// A [`crate::documents::Checks`]: what stands in the way of an app's update with these answers, whatever was agreed
    /// to. Nothing is touched, and nothing is kept of the answers.
    fn check_update(&self, actor: &Actor, request: &UpdateRequest) -> Result<Document>;
    /// A [`crate::documents::StackCheck`]: what would become of a [`crate::documents::StackRequest`]. Nothing is touched.
    fn look_at_stack(&self, actor: &Actor, request: Document) -> Result<Document>;
    /// Makes an app from a compose file, a [`crate::documents::StackRequest`]; answers the job's id.
    fn create_stack(&self, actor: &Actor, request: Document) -> Result<String>;
    /// Starts it; answers the job's id.
    fn start(&self, actor: &Actor, id: &str) -> Result<String>;
    /// Stops it; answers the job's id. Refused while running apps need it, unless `although_needed`.
    fn stop(&self, actor: &Actor, id: &str, although_needed: bool) -> Result<String>;
    /// Stops and starts it; answers the job's id.
    fn restart(&self, actor: &Actor, id: &str) -> Result<String>;
    /// Brings it to its store's newer version, or leaves it as it is; answers the job's id.
    fn update(&self, actor: &Actor, request: &UpdateRequest) -> Result<String>;
    /// A [`crate::documents::AppSettings`]: what can be changed about it. Secrets are not in it.
    fn settings(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// A [`crate::documents::AppChange`]: what other settings would change. Nothing is touched.
    fn look_at_settings(&self, actor: &Actor, request: &SettingsRequest) -> Result<Document>;
    /// A [`crate::documents::Checks`]: what stands in the way of its update, or if there is none, of a change of its
    /// settings. What it has stored is counted, which takes a moment; nothing is touched.
    fn checks(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// Gives it other settings, or leaves it as it is; answers the job's id.
    fn configure(&self, actor: &Actor, request: &SettingsRequest) -> Result<String>;
    /// A [`crate::documents::AppCompose`]: the file that says which containers it has.
    fn compose(&self, actor: &Actor, id: &str) -> Result<Document>;
    /// A [`crate::documents::ComposeCheck`]: what another text of that file would do. Nothing is touched.
    fn look_at_compose(&self, actor: &Actor, id: &str, text: Document) -> Result<Document>;
    /// Makes its containers from another text of that file, or leaves it as it is; answers the job's id. `revision`
    /// is that of the text which was changed, `accept` the codes of what is agreed to beyond what the app has. The
    /// text of its store is its store's file again.
    fn edit_compose(
        &self,
        actor: &Actor,
        id: &str,
        revision: &str,
        accept: &[String],
        text: Document,
    ) -> Result<String>;
    /// Keeps it on the version it has, or lets it be updated again.
    fn pin(&self, actor: &Actor, id: &str, pinned: bool) -> Result<()>;
    /// Does not offer its newer version, which is this one, any more; `""` offers whatever there is again.
    fn skip(&self, actor: &Actor, id: &str, version: &str) -> Result<()>;
    /// Begins the update of every app that needs no new answer and no new consent; a
    /// [`crate::documents::UpdatesReply`].
    fn update_all(&self, actor: &Actor) -> Result<Document>;
    /// A tar archive with a plain compose project that does the same without LivOS. Its secrets are left blank unless
    /// they are asked for.
    fn export(&self, actor: &Actor, id: &str, secrets: bool) -> Result<Document>;
    /// Makes it, data included, what it was before its last update (`to` is `version`), its last change of settings
    /// (`settings`), or the later of the two (`""`); answers the job's id.
    fn rollback(&self, actor: &Actor, id: &str, to: &str) -> Result<String>;
    /// Removes it, with or without its data; answers the job's id. Refused while other apps need it, unless
    /// `although_needed`.
    fn remove(&self, actor: &Actor, id: &str, keep_data: bool, although_needed: bool) -> Result<String>;
    /// Closes the WebSockets of all apps, after somebody's right to use them ended; no person's wish. Everybody else's
    /// page opens its own again.
    fn end_connections(&self) -> Result<()>;
    /// Gives this server a name on the internet, and the apps names below it. Who issues the certificates may write to
    /// `email`, if it is not `""`. With `""` for a name, it has none any more.
    fn set_domain(&self, actor: &Actor, name: &str, email: &str) -> Result<()>;
    /// Whether plain HTTP leads to HTTPS under the names of the house and under addresses.
    fn set_always_https(&self, actor: &Actor, always: bool) -> Result<()>;
    /// Adds a directory or git address as a store and reads it; answers the job's id.
    fn add_source(&self, actor: &Actor, url: &str) -> Result<String>;
    /// Forgets a store. Apps installed from it stay.
    fn remove_source(&self, actor: &Actor, store: &str) -> Result<()>;
    /// Reads a store again; answers the job's id.
    fn refresh_source(&self, actor: &Actor, store: &str) -> Result<String>;
}

/// Files, to look at.
#[proxy(
    interface = "io.livos.Files1.Reader",
    default_service = "io.livos.Files1",
    default_path = "/io/livos/Files1",
    async_name = "FilesReaderProxy"
)]
pub trait FilesReader {
    /// The places this person may enter.
    fn roots(&self, actor: &Actor) -> Result<Vec<RootInfo>>;
    /// A [`crate::documents::Listing`]: the whole folder. From now on changes in it are signalled.
    fn list(&self, actor: &Actor, root: &str, path: &str) -> Result<Document>;
    /// One file or folder.
    fn stat(&self, actor: &Actor, root: &str, path: &str) -> Result<EntryInfo>;
    /// A regular file, open for reading.
    fn open(&self, actor: &Actor, root: &str, path: &str) -> Result<(EntryInfo, OwnedFd)>;
    /// A pipe that carries a zip of these. It breaks off before the zip's end if something cannot be read.
    fn archive(&self, actor: &Actor, root: &str, paths: &[&str]) -> Result<OwnedFd>;
    /// A [`crate::documents::SearchReply`]: names below `path` that contain `query`, in any case.
    fn search(&self, actor: &Actor, root: &str, path: &str, query: &str) -> Result<Document>;
    /// What this person put in the trash.
    fn trashed(&self, actor: &Actor) -> Result<Vec<TrashedItem>>;
    /// Something in a folder that was listed lately changed.
    #[zbus(signal)]
    fn dir_changed(&self, root: &str, path: &str) -> Result<()>;
}

/// Changing files.
#[proxy(
    interface = "io.livos.Files1.Manager",
    default_service = "io.livos.Files1",
    default_path = "/io/livos/Files1",
    async_name = "FilesManagerProxy"
)]
pub trait FilesManager {
    /// Makes a folder.
    fn create_directory(&self, actor: &Actor, root: &str, path: &str) -> Result<EntryInfo>;
    /// Gives a file or folder another name in the same folder.
    fn rename(&self, actor: &Actor, root: &str, path: &str, name: &str) -> Result<EntryInfo>;
    /// Moves files; answers the job's id.
    #[zbus(name = "Move")]
    fn transfer(&self, actor: &Actor, request: &TransferRequest) -> Result<String>;
    /// Copies files; answers the job's id.
    fn copy(&self, actor: &Actor, request: &TransferRequest) -> Result<String>;
    /// Moves files to the trash; answers their ids there.
    fn trash(&self, actor: &Actor, items: &[Location]) -> Result<Vec<String>>;
    /// Puts trashed files back where they were, under another name if need be.
    fn restore(&self, actor: &Actor, ids: &[&str]) -> Result<Vec<EntryInfo>>;
    /// Deletes trashed files for good; no ids means all of them. Answers the job's id.
    fn delete(&self, actor: &Actor, ids: &[&str]) -> Result<String>;
    /// Does a [`crate::documents::FileChange`] in a folder where Nexus may change files, and keeps what puts it back
    /// under this id. The same id again does nothing twice. Answers what was done, in words.
    fn change(&self, actor: &Actor, id: &str, change: Document) -> Result<String>;
    /// Why that change can't be put back; `""` if it can.
    fn stands_against(&self, actor: &Actor, id: &str) -> Result<String>;
    /// Puts it back; answers what was done, in words. Once it is, nothing is done again.
    fn put_back(&self, actor: &Actor, id: &str) -> Result<String>;
}

/// What each person keeps for themselves.
#[proxy(
    interface = "io.livos.Files1.Personal",
    default_service = "io.livos.Files1",
    default_path = "/io/livos/Files1",
    async_name = "PersonalProxy"
)]
pub trait Personal {
    /// A list of [`EntryInfo`], the first added first. What is not there just now is left out.
    fn favourites(&self, actor: &Actor) -> Result<Document>;
    /// Adds a file or folder to the favourites, or takes it away.
    fn set_favourite(&self, actor: &Actor, root: &str, path: &str, on: bool) -> Result<()>;
    /// A list of [`crate::documents::RecentFile`], the latest first. What is not there just now is left out.
    fn recents(&self, actor: &Actor) -> Result<Document>;
    /// This person opened a file.
    fn note_opened(&self, actor: &Actor, root: &str, path: &str) -> Result<()>;
    /// Forgets which files this person opened and changed.
    fn clear_recents(&self, actor: &Actor) -> Result<()>;
    /// A list of [`crate::documents::SharedFolder`]: what this person lets Nexus look into.
    fn shares(&self, actor: &Actor) -> Result<Document>;
    /// Shares a folder with Nexus, or stops that.
    fn set_share(&self, actor: &Actor, root: &str, path: &str, on: bool) -> Result<()>;
    /// Lets Nexus change files in a folder that is shared, or look only.
    fn set_share_writes(&self, actor: &Actor, root: &str, path: &str, on: bool) -> Result<()>;
    /// The picture behind this person's desktop, a JPEG.
    fn wallpaper(&self, actor: &Actor) -> Result<(EntryInfo, OwnedFd)>;
    /// Makes a picture of this person's the one behind their desktop.
    fn set_wallpaper(&self, actor: &Actor, root: &str, path: &str) -> Result<EntryInfo>;
    /// Throws the picture away.
    fn clear_wallpaper(&self, actor: &Actor) -> Result<()>;
}

/// What a person shares with Nexus, for Nexus to look into. Everything else might as well not exist.
#[proxy(
    interface = "io.livos.Files1.Shared",
    default_service = "io.livos.Files1",
    default_path = "/io/livos/Files1",
    async_name = "FilesSharedProxy"
)]
pub trait FilesShared {
    /// A list of [`crate::documents::SharedFolder`].
    fn folders(&self, actor: &Actor) -> Result<Document>;
    /// A [`crate::documents::SharedListing`].
    fn list(&self, actor: &Actor, root: &str, path: &str) -> Result<Document>;
    /// One file or folder.
    fn stat(&self, actor: &Actor, root: &str, path: &str) -> Result<EntryInfo>;
    /// A [`crate::documents::SharedPiece`]: so many bytes from that one on, 4 to 64 KiB, of a file that is text.
    fn read(&self, actor: &Actor, root: &str, path: &str, offset: u64, length: u32) -> Result<Document>;
    /// A [`crate::documents::SearchReply`]: names below `path` that contain `query`, in any case; in everything that
    /// is shared when `root` is `""`.
    fn search(&self, actor: &Actor, root: &str, path: &str, query: &str) -> Result<Document>;
}

/// Files on their way in.
#[proxy(
    interface = "io.livos.Files1.Uploads",
    default_service = "io.livos.Files1",
    default_path = "/io/livos/Files1",
    async_name = "UploadsProxy"
)]
pub trait Uploads {
    /// Reserves the space and a hidden file beside the destination. Code `no_space` if it does not fit.
    fn create(&self, actor: &Actor, request: &UploadRequest) -> Result<UploadInfo>;
    /// The upload and a descriptor to write at its offset.
    fn open(&self, actor: &Actor, id: &str) -> Result<(UploadInfo, OwnedFd)>;
    /// How far it is.
    fn get(&self, actor: &Actor, id: &str) -> Result<UploadInfo>;
    /// This person's unfinished uploads.
    fn list(&self, actor: &Actor) -> Result<Vec<UploadInfo>>;
    /// All bytes are there: makes it a file.
    fn commit(&self, actor: &Actor, id: &str) -> Result<EntryInfo>;
    /// Throws it away.
    fn cancel(&self, actor: &Actor, id: &str) -> Result<()>;
}

/// The machine, to look at.
#[proxy(
    interface = "io.livos.Host1.Reader",
    default_service = "io.livos.Host1",
    default_path = "/io/livos/Host1",
    async_name = "HostReaderProxy"
)]
pub trait HostReader {
    /// Name, system, memory, disks.
    fn info(&self) -> Result<HostInfo>;
    /// How busy it is: what changes from one moment to the next.
    fn load(&self) -> Result<HostLoad>;
    /// A list of [`crate::services::ServiceInfo`]: those that LivOS stands on.
    fn services(&self, actor: &Actor) -> Result<Document>;
    /// A text: the last lines that one of them wrote to the journal, at most 500.
    fn service_log(&self, actor: &Actor, unit: &str, lines: u32) -> Result<Document>;
    /// A pipe of [`crate::schedules::JournalLine`]s from here on, at most one a minute for each rule, until it is closed
    /// or somebody follows anew.
    fn follow_journal(&self, actor: &Actor, rules: &[crate::schedules::JournalRule]) -> Result<OwnedFd>;
}

/// Starting anew what LivOS stands on.
#[proxy(
    interface = "io.livos.Host1.Services",
    default_service = "io.livos.Host1",
    default_path = "/io/livos/Host1",
    async_name = "HostServicesProxy"
)]
pub trait HostServices {
    /// Stops and starts one. Answers when it runs, does not come up, or takes its time.
    fn restart(&self, actor: &Actor, unit: &str) -> Result<()>;
}

/// LivOS' own updates.
#[proxy(
    interface = "io.livos.Host1.Update",
    default_service = "io.livos.Host1",
    default_path = "/io/livos/Host1",
    async_name = "HostUpdateProxy"
)]
pub trait HostUpdate {
    /// A [`crate::documents::UpdateStatus`].
    fn status(&self, actor: &Actor) -> Result<Document>;
    /// Asks the archive for a newer version. What it says is in the status, later.
    fn check(&self, actor: &Actor) -> Result<()>;
    /// Brings LivOS to this version, which must be the one that waits; `""` where only packages of the system do. How
    /// it goes is in the status.
    fn start(&self, actor: &Actor, version: &str) -> Result<()>;
    /// Takes over a file that holds a newer version, open for reading, and its name; verifies it and says in the status
    /// what it brings. Nothing is changed: for that there is `start`.
    fn offer(&self, actor: &Actor, name: &str, file: zbus::Fd<'_>) -> Result<()>;
    /// Stops what goes on, as long as nothing has changed.
    fn cancel(&self, actor: &Actor) -> Result<()>;
    /// Whether it updates by itself, and at which hour of the machine's clock (0 to 23).
    fn set_automatic(&self, actor: &Actor, on: bool, hour: u8) -> Result<()>;
    /// The status is another one.
    #[zbus(signal)]
    fn update_changed(&self) -> Result<()>;
}

/// The service that everything in Docker stands on.
#[proxy(
    interface = "io.livos.Host1.Docker",
    default_service = "io.livos.Host1",
    default_path = "/io/livos/Host1",
    async_name = "HostDockerProxy"
)]
pub trait HostDocker {
    /// Starts it. Answers when it runs, does not come up, or takes its time.
    fn start(&self, actor: &Actor) -> Result<()>;
    /// The last so many lines that Docker itself, and what it stands on, wrote into the machine's journal; plain text.
    fn log(&self, actor: &Actor, lines: u32) -> Result<Document>;
}

/// Running a command where it can see nothing of anybody and change nothing. For the agent alone.
#[proxy(
    interface = "io.livos.Host1.Sandbox",
    default_service = "io.livos.Host1",
    default_path = "/io/livos/Host1",
    async_name = "HostSandboxProxy"
)]
pub trait HostSandbox {
    /// Runs a shell command for at most so many seconds: a pipe of [`crate::sandbox::SandboxFrame`]s. Whoever closes
    /// it ends the command and all that it started.
    fn run(&self, actor: &Actor, command: &str, seconds: u32) -> Result<OwnedFd>;
}

/// Programs that the agent speaks with, shut in like its commands. For the agent alone.
#[proxy(
    interface = "io.livos.Host1.Programs",
    default_service = "io.livos.Host1",
    default_path = "/io/livos/Host1",
    async_name = "HostProgramsProxy"
)]
pub trait HostPrograms {
    /// Starts one: what it reads, what it writes, and a pipe of [`crate::sandbox::SandboxFrame`]s with what it writes
    /// besides and how it ended. Whoever closes the last one ends the program and all that it started.
    fn start(&self, request: &ProgramRequest) -> Result<(OwnedFd, OwnedFd, OwnedFd)>;
    /// Empties the folder that stays.
    fn forget(&self, name: &str) -> Result<()>;
}

/// Accounts, for the administrator at the command line.
#[proxy(
    interface = "io.livos.Web1.Accounts",
    default_service = "io.livos.Web1",
    default_path = "/io/livos/Web1",
    async_name = "AccountsProxy"
)]
pub trait Accounts {
    /// Everybody.
    fn list(&self) -> Result<Vec<UserInfo>>;
    /// Adds a person with a one-time password, which is answered.
    fn add(&self, username: &str, name: &str, role: &str) -> Result<String>;
    /// Sets a one-time password, ends all sessions, and answers it.
    fn reset_password(&self, username: &str) -> Result<String>;
    /// Lets a person sign in or not.
    fn set_disabled(&self, username: &str, disabled: bool) -> Result<()>;
}

/// Keys for other programs, for the machine's administrator.
#[proxy(
    interface = "io.livos.Web1.Keys",
    default_service = "io.livos.Web1",
    default_path = "/io/livos/Web1",
    async_name = "KeysProxy"
)]
pub trait Keys {
    /// Everybody's.
    fn list(&self) -> Result<Vec<KeyInfo>>;
    /// Makes one; its id, and the key itself, which nobody is told again.
    fn create(&self, request: &KeyRequest) -> Result<(String, String)>;
    /// Ends one at once.
    fn revoke(&self, id: &str) -> Result<()>;
}

/// The assistant's tools for a program that the administrator starts at the command line.
#[proxy(
    interface = "io.livos.Web1.Mcp",
    default_service = "io.livos.Web1",
    default_path = "/io/livos/Web1",
    async_name = "McpProxy"
)]
pub trait Mcp {
    /// A socket that speaks the Model Context Protocol, a message a line. Without `acts` its tools only look.
    fn open(&self, acts: bool) -> Result<OwnedFd>;
}

/// The answers of the administrator at the command line to what the agent proposed to them there.
#[proxy(
    interface = "io.livos.Web1.Approvals",
    default_service = "io.livos.Web1",
    default_path = "/io/livos/Web1",
    async_name = "WebApprovalsProxy"
)]
pub trait WebApprovals {
    /// Yes, to exactly this: the arguments as JSON.
    fn approve(&self, id: &str, tool: &str, arguments: &str) -> Result<()>;
    /// No.
    fn deny(&self, id: &str) -> Result<()>;
    /// A [`crate::approvals::UndoPlan`]: what a run changed, and what of it can be put back. Nothing is touched.
    fn undo_plan(&self, run: i64) -> Result<Document>;
    /// Puts exactly these back, a list of [`crate::approvals::UndoAgreed`]; the plan says how that goes.
    fn undo(&self, run: i64, steps: Document) -> Result<()>;
}
