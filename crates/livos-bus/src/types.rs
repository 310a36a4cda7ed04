//! What the daemons say to each other. `""` and `0` mean "none": D-Bus has no null.

use std::collections::HashMap;

use livos_types::{JobId, JobState, RelPath, RootId};
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
        /// It is to control Docker instead of only looking, which is a permission of its own.
        #[serde(default)]
        pub docker_control: bool,
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

    /// Other settings for an installed app; what is not said stays as it is.
    pub struct SettingsRequest {
        /// The app.
        pub app: String,
        /// Answers, by input key; an empty one takes back what was answered.
        pub answers: HashMap<String, String>,
        /// The codes of the permissions that are agreed to beyond those the app has.
        pub accept: Vec<String>,
        /// The ports to publish by what its store asks for (`8096/tcp`), that of the page as `page`; 0 is what the store asks for.
        pub ports: HashMap<String, u16>,
        /// The most bytes of memory by service; 0 is what the store says.
        pub memory: HashMap<String, u64>,
        /// What it may do in Docker: `view`, `control`, or `""` for what it may do now.
        pub docker: String,
        /// The tag of its image by service; `""` is what the store says.
        pub images: HashMap<String, String>,
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

    /// A key that somebody gave to another program, without what it opens with.
    pub struct KeyInfo {
        /// Its id.
        pub id: String,
        /// Whose it is.
        pub username: String,
        /// What they call it.
        pub name: String,
        /// It may do more than look.
        pub acts: bool,
        /// UTC seconds.
        pub created_at: i64,
        /// UTC seconds; 0 if it does not end by itself.
        pub expires_at: i64,
        /// UTC seconds; 0 if never.
        pub used_at: i64,
    }

    /// A key to be made.
    pub struct KeyRequest {
        /// For whom.
        pub username: String,
        /// What it is to be called.
        pub name: String,
        /// It may do more than look.
        pub acts: bool,
        /// For how many days; 0 until it is revoked.
        pub days: u32,
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
