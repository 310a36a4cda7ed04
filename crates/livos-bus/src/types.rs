//! What the daemons say to each other. `""` and `0` mean "none": D-Bus has no null.

use std::collections::HashMap;

use livos_types::{AppId, JobId, JobState, RelPath, RootId, StoreId};
use serde::{Deserialize, Serialize};
use zbus::Type;

/// Derives what every wire struct has, and a schema when the edge wants one.
macro_rules! wire {
    ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            pub struct $name { $($body)* }
        )*
    };
}

wire! {
    /// How a daemon is.
    pub struct ServiceStatus {
        /// Short name: `apps`.
        pub name: String,
        /// The version it was built as.
        pub version: String,
        /// When it became ready, UTC seconds.
        pub started_at: i64,
        /// `ok` or `degraded`.
        pub state: String,
        /// What is degraded and why, in words.
        pub detail: String,
    }

    /// A long piece of work, as every device sees it.
    pub struct JobInfo {
        /// `apps-12`.
        pub id: JobIdText,
        /// `app.install`, `files.copy`, …
        pub kind: String,
        /// What it is about: an app id, a folder.
        pub subject: String,
        /// One line for people: "Install Jellyfin".
        pub title: String,
        /// `queued`, `running`, `succeeded`, `failed` or `cancelled`.
        pub state: JobStateText,
        /// The step's word: `checking`, `downloading`, …
        pub step: String,
        /// Number of the step, from 1.
        pub step_index: u32,
        /// Number of steps.
        pub step_count: u32,
        /// Units done.
        pub done: u64,
        /// Units in all; 0 while unknown.
        pub total: u64,
        /// `bytes`, `items` or `""`.
        pub unit: String,
        /// Units per second.
        pub rate: u64,
        /// More on the step: "layer 3 of 7".
        pub detail: String,
        /// Why it failed, for machines.
        pub error_code: String,
        /// Why it failed, for people.
        pub error_message: String,
        /// The account that started it, or `""`.
        pub started_by: String,
        /// UTC seconds.
        pub created_at: i64,
        /// UTC seconds.
        pub started_at: i64,
        /// UTC seconds.
        pub finished_at: i64,
        /// It can be stopped now.
        pub cancellable: bool,
        /// It can be tried again.
        pub retryable: bool,
    }

    /// A place that holds files.
    pub struct RootInfo {
        /// `home`, `shared`, …
        pub id: String,
        /// What people call it.
        pub label: String,
        /// `home`, `shared`, `apps` or `drive`.
        pub kind: String,
        /// This person may change files in it.
        pub writable: bool,
        /// Bytes of its file system.
        pub total: u64,
        /// Bytes that can still be written.
        pub free: u64,
    }

    /// One file or folder.
    pub struct EntryInfo {
        /// The place it lies in.
        pub root: String,
        /// Its path there; names that are not UTF-8 are escaped (see livos-types).
        pub path: String,
        /// The last name of the path, or the place's label.
        pub name: String,
        /// `file`, `dir`, `symlink` or `other`.
        pub kind: String,
        /// Bytes.
        pub size: u64,
        /// UTC seconds.
        pub modified_at: i64,
        /// By its extension; `""` for folders.
        pub media_type: String,
        /// This person may change it.
        pub writable: bool,
        /// Changes whenever the contents may have: inode, size and time.
        pub revision: String,
    }

    /// A file or folder by its place.
    pub struct Location {
        /// The place.
        pub root: String,
        /// The path there; `""` is the place itself.
        pub path: String,
    }

    /// What a move or copy is asked to do.
    pub struct TransferRequest {
        /// What to take.
        pub items: Vec<Location>,
        /// The folder to put it in.
        pub destination: Location,
        /// `keep_both`, `replace` or `skip`.
        pub on_conflict: String,
    }

    /// Something in the trash.
    pub struct TrashedItem {
        /// Its id there.
        pub id: String,
        /// Its name.
        pub name: String,
        /// `file`, `dir`, `symlink` or `other`.
        pub kind: String,
        /// Bytes of a file; 0 for folders.
        pub size: u64,
        /// Where it was.
        pub root: String,
        /// Where it was.
        pub path: String,
        /// UTC seconds.
        pub deleted_at: i64,
    }

    /// A new upload.
    pub struct UploadRequest {
        /// The place to put it.
        pub root: String,
        /// The folder there, which must exist.
        pub path: String,
        /// Folders below it to create, `""` for none: "Photos/2026".
        pub relative_path: String,
        /// The file's name.
        pub name: String,
        /// Bytes.
        pub size: u64,
        /// `keep_both`, `replace` or `skip`.
        pub on_conflict: String,
        /// The file's own time, UTC seconds; 0 for now.
        pub modified_at: i64,
    }

    /// An upload that has begun.
    pub struct UploadInfo {
        /// Its id.
        pub id: String,
        /// Where it goes.
        pub root: String,
        /// The folder there.
        pub path: String,
        /// The file's name.
        pub name: String,
        /// Bytes in all.
        pub size: u64,
        /// Bytes that have arrived.
        pub offset: u64,
        /// When it is thrown away, UTC seconds.
        pub expires_at: i64,
    }

    /// Whether Docker can be used.
    pub struct EngineStatus {
        /// It can.
        pub usable: bool,
        /// Its version.
        pub version: String,
        /// Its architecture: `amd64`, `arm64`.
        pub architecture: String,
        /// If not: why, and what to do.
        pub reason: String,
    }

    /// An app to install.
    pub struct InstallRequest {
        /// The store it comes from.
        pub store: String,
        /// Its id there.
        pub app: String,
        /// What the person answered, by input key.
        pub answers: HashMap<String, String>,
        /// The codes of the permissions they agreed to.
        pub accept: Vec<String>,
    }

    /// An installed app to bring to its store's newer version.
    pub struct UpdateRequest {
        /// The app.
        pub app: String,
        /// Answers to what is asked anew, by input key.
        pub answers: HashMap<String, String>,
        /// The codes of the permissions they agreed to beyond those the app has.
        pub accept: Vec<String>,
    }

    /// A mounted file system.
    pub struct DiskInfo {
        /// Where it is mounted.
        pub mount: String,
        /// What it is: `/dev/sda1`.
        pub device: String,
        /// `ext4`, `btrfs`, …
        pub kind: String,
        /// Bytes.
        pub total: u64,
        /// Bytes that can still be written.
        pub free: u64,
    }

    /// The machine.
    pub struct HostInfo {
        /// Its name.
        pub hostname: String,
        /// "Debian GNU/Linux 12 (bookworm)".
        pub os: String,
        /// Kernel release.
        pub kernel: String,
        /// `x86_64`, `aarch64`.
        pub architecture: String,
        /// Processors.
        pub cpus: u32,
        /// Bytes.
        pub memory_total: u64,
        /// Bytes.
        pub memory_available: u64,
        /// Seconds since it started.
        pub uptime_seconds: u64,
        /// Mounted file systems that hold data.
        pub disks: Vec<DiskInfo>,
    }

    /// How busy the machine is.
    pub struct HostLoad {
        /// Processors.
        pub cpus: u32,
        /// How many of them were wanted at once, on average over the last minute; more than there are when work waits.
        pub load: f64,
        /// Bytes.
        pub memory_total: u64,
        /// Bytes.
        pub memory_available: u64,
    }

    /// An account, without anything secret.
    pub struct UserInfo {
        /// Its id.
        pub id: String,
        /// What they sign in with.
        pub username: String,
        /// What they are called.
        pub name: String,
        /// `owner`, `admin` or `member`.
        pub role: String,
        /// A second factor is asked for.
        pub totp_enabled: bool,
        /// They may not sign in.
        pub disabled: bool,
        /// UTC seconds.
        pub created_at: i64,
        /// UTC seconds; 0 if never.
        pub last_seen_at: i64,
    }
}

/// A job's id as text; parse it with [`JobId`].
pub type JobIdText = String;
/// A job's state as text; parse it with [`JobState`].
pub type JobStateText = String;

impl JobInfo {
    /// The checked id.
    pub fn job_id(&self) -> Option<JobId> {
        self.id.parse().ok()
    }

    /// The checked state.
    pub fn job_state(&self) -> Option<JobState> {
        self.state.parse().ok()
    }
}

impl Location {
    /// The checked place and path.
    pub fn check(&self) -> crate::Result<(RootId, RelPath)> {
        let root = RootId::new(self.root.as_str()).map_err(crate::Error::invalid)?;
        let path = RelPath::new(self.path.as_str()).map_err(crate::Error::invalid)?;
        Ok((root, path))
    }
}

/// Documents: these travel as JSON inside a [`crate::Document`].
pub mod documents {
    use super::{AppId, Deserialize, Serialize, StoreId};

    pub use crate::housekeeping::*;

    /// Derives what every document has, and a schema when the edge wants one.
    macro_rules! document {
        ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })*) => {
            $(
                #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
                #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
                $(#[$meta])*
                pub struct $name { $($body)* }
            )*
        };
    }

    document! {
        /// A whole folder.
        pub struct Listing {
            /// The place.
            pub root: String,
            /// The path there.
            pub path: String,
            /// Number of entries; always all of them.
            pub total: u64,
            /// Changes whenever the folder does.
            pub revision: String,
            /// `[name, kind, size in bytes, modified_at in UTC seconds]`, kind 0 file, 1 folder, 2 symlink, 3 other.
            pub entries: Vec<(String, u8, u64, i64)>,
        }

        /// What a search found.
        pub struct SearchReply {
            /// The finds, in no order.
            pub entries: Vec<super::EntryInfo>,
            /// False when the search stopped at its limit of time or count.
            pub complete: bool,
        }

        /// A file that somebody opened or changed lately.
        pub struct RecentFile {
            /// The file.
            pub entry: super::EntryInfo,
            /// When, in UTC seconds.
            pub used_at: i64,
        }

        /// The store as a whole.
        pub struct StoreReply {
            /// Every app of every source.
            pub apps: Vec<StoreApp>,
            /// Where they come from.
            pub sources: Vec<StoreSource>,
        }

        /// An app in the list of a store.
        pub struct StoreApp {
            /// The source's id.
            #[cfg_attr(feature = "openapi", schema(value_type = String))]
            pub store: StoreId,
            /// The app's id.
            #[cfg_attr(feature = "openapi", schema(value_type = String))]
            pub id: AppId,
            /// Its name.
            pub name: String,
            /// One line.
            pub tagline: String,
            /// The store's word for its kind.
            pub category: String,
            /// Its version.
            pub version: String,
            /// Who makes it.
            pub developer: String,
            /// Where its icon is; not loaded by the desktop.
            pub icon: String,
            /// The source's name.
            pub source_label: String,
            /// `umbrel`, `casaos`, `runtipi`, `livos` or `compose`.
            pub format: String,
            /// It can run here.
            pub installable: bool,
            /// It is installed.
            pub installed: bool,
        }

        /// A source of apps.
        pub struct StoreSource {
            /// Its id.
            #[cfg_attr(feature = "openapi", schema(value_type = String))]
            pub id: StoreId,
            /// Its name.
            pub label: String,
            /// The directory or git address.
            pub url: String,
            /// What format it turned out to have.
            pub format: String,
            /// Number of apps.
            pub apps: u32,
            /// When it was last read, UTC seconds.
            pub refreshed_at: i64,
            /// Why the last refresh failed, or `""`.
            pub error: String,
        }

        /// Something an app is allowed to reach.
        pub struct Permission {
            /// What to send back to agree.
            pub code: String,
            /// In words.
            pub text: String,
            /// `low`, `medium` or `high`.
            pub risk: String,
        }

        /// Something an app wants to know before it is installed.
        pub struct AppInput {
            /// What to send back.
            pub key: String,
            /// Its label.
            pub label: String,
            /// A hint.
            pub hint: String,
            /// `text`, `password`, `number`, `email`, `boolean`, `url`, `ip`, `fqdn`, `fqdnip`, `random` or `select`.
            pub kind: String,
            /// It must be answered.
            pub required: bool,
            /// What it is without an answer.
            pub default: String,
            /// The choices of a `select`.
            pub options: Vec<InputOption>,
        }

        /// A choice.
        pub struct InputOption {
            /// What to send back.
            pub value: String,
            /// What people read.
            pub label: String,
        }

        /// One container that an app will run.
        pub struct CatalogService {
            /// Its name in the compose file.
            pub name: String,
            /// Its image.
            pub image: String,
        }

        /// Everything about an app in a store.
        pub struct CatalogApp {
            /// The line in the list.
            pub app: StoreApp,
            /// Markdown.
            pub description: String,
            /// The project's page.
            pub website: String,
            /// What is new, Markdown.
            pub release_notes: String,
            /// First account.
            pub default_username: String,
            /// First password, when it is the same for everybody.
            pub default_password: String,
            /// Apps that must be there first, in the order in which they can be installed.
            pub dependencies: Vec<AppDependency>,
            /// What it can reach.
            pub permissions: Vec<Permission>,
            /// What must be decided.
            pub inputs: Vec<AppInput>,
            /// What will run.
            pub services: Vec<CatalogService>,
            /// What it asks for that LivOS cannot give; empty if it can run.
            pub unsupported: Vec<String>,
            /// Why it cannot be read at all, or `""`.
            pub error: String,
        }

        /// An app that another one needs.
        pub struct AppDependency {
            /// Its id, or that of the app in whose place others can serve.
            pub id: String,
            /// The name of what is there, or of what would be installed.
            pub name: String,
            /// `installed`, `installing`, `available`, `unsupported` (offered, but it cannot run here), `missing`
            /// (no store offers it) or `circular` (it needs, in the end, itself).
            pub state: String,
            /// What can be installed for it, the closest first; empty unless it is `available`.
            pub choices: Vec<AppChoice>,
        }

        /// An app that can be installed for another one.
        pub struct AppChoice {
            /// The store it comes from.
            #[cfg_attr(feature = "openapi", schema(value_type = String))]
            pub store: StoreId,
            /// Its id there.
            #[cfg_attr(feature = "openapi", schema(value_type = String))]
            pub id: AppId,
            /// Its name.
            pub name: String,
        }

        /// A container of an installed app.
        pub struct AppService {
            /// Its name in the compose file.
            pub name: String,
            /// `running`, `starting`, `unhealthy`, `stopped`, `done` or `missing`.
            pub state: String,
            /// Its image.
            pub image: String,
        }

        /// An installed app.
        pub struct InstalledApp {
            /// Its id.
            #[cfg_attr(feature = "openapi", schema(value_type = String))]
            pub id: AppId,
            /// Its name.
            pub name: String,
            /// The source's id.
            #[cfg_attr(feature = "openapi", schema(value_type = String))]
            pub store: StoreId,
            /// Its version.
            pub version: String,
            /// Where its icon is.
            pub icon: String,
            /// `running`, `starting`, `stopped`, `problem`, `installing`, `updating`, `rolling_back` or `removing`.
            pub state: String,
            /// The reason, in words, when there is a problem.
            pub detail: String,
            /// Host name and port under which Caddy serves it: `jellyfin.localhost:8080`; `""` if it has no page.
            pub host: String,
            /// The port of its own on every address of the machine; 0 if none.
            pub port: u16,
            /// The page to open there: `/web/`.
            pub path: String,
            /// UTC seconds.
            pub installed_at: i64,
            /// First account.
            pub default_username: String,
            /// Its containers.
            pub services: Vec<AppService>,
            /// The newer version that its store offers; `""` if there is none.
            #[serde(default)]
            pub update: String,
            /// The version it had before its last update and can be brought back to; `""` if there is none.
            #[serde(default)]
            pub previous: String,
            /// Until when, UTC seconds; 0 if there is none.
            #[serde(default)]
            pub previous_until: i64,
        }

        /// What an update of an app would change.
        pub struct AppUpdate {
            /// The version it has.
            pub from: String,
            /// The version it would have.
            pub to: String,
            /// What is new, as its makers say.
            pub release_notes: String,
            /// What it asks for beyond what was agreed to.
            pub permissions: Vec<Permission>,
            /// What it asks anew.
            pub inputs: Vec<AppInput>,
            /// Its containers as they would be.
            pub services: Vec<CatalogService>,
            /// Why it cannot be updated, in words; `""` if it can.
            pub error: String,
        }

        /// How LivOS stands with its own updates.
        #[derive(Default)]
        #[serde(default)]
        pub struct UpdateStatus {
            /// `packages` (by apt, here), `appliance` (a new image does it) or `none` (it was not installed).
            pub kind: String,
            /// `idle`, `asked`, `checking`, `downloading`, `saving`, `installing`, `judging` or `returning`.
            pub state: String,
            /// The version that is installed.
            pub installed: String,
            /// The newer version that waits; `""` if none is known.
            pub available: String,
            /// What it brings, as its makers say.
            pub notes: String,
            /// Every package that it changes.
            pub packages: Vec<UpdatePackage>,
            /// Bytes still to be downloaded for it.
            pub download_bytes: u64,
            /// Number of the step, from 1; 0 when nothing goes on.
            pub step: u32,
            /// Number of steps.
            pub steps: u32,
            /// How much of the step is done.
            pub percent: u8,
            /// More on the step, as apt says it.
            pub detail: String,
            /// It can be stopped now, and nothing has changed then.
            pub cancellable: bool,
            /// When the archive was last asked, UTC seconds; 0 if never.
            pub checked_at: i64,
            /// What kept the last check or update from going on.
            pub problem: UpdateProblem,
            /// How the last update ended.
            pub last: UpdateOutcome,
        }

        /// A package that an update changes.
        pub struct UpdatePackage {
            /// Its name.
            pub name: String,
            /// The version that is installed; `""` if it is new.
            pub from: String,
            /// The version that comes.
            pub to: String,
        }

        /// Why nothing was changed.
        #[derive(Default)]
        #[serde(default)]
        pub struct UpdateProblem {
            /// `offline`, `no_archive`, `locked`, `unfinished`, `no_space`, `no_way_back`, `changed`, `cancelled` or
            /// `failed`; `""` if there is none.
            pub code: String,
            /// The cause and what to do, in words.
            pub message: String,
        }

        /// How an update ended.
        #[derive(Default)]
        #[serde(default)]
        pub struct UpdateOutcome {
            /// `done`, `returned` (the old version runs again) or `failed`; `""` if there was none.
            pub result: String,
            /// The version before.
            pub from: String,
            /// The version that was to come.
            pub to: String,
            /// Why it was not kept, a sentence each.
            pub reasons: Vec<String>,
            /// UTC seconds.
            pub at: i64,
        }
    }
}
