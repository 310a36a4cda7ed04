//! Documents: these travel as JSON inside a [`crate::Document`].

use livos_types::{AppId, StoreId};
use serde::{Deserialize, Serialize};

pub use crate::app_facts::*;
pub use crate::app_settings::*;
pub use crate::checks::*;
pub use crate::docker_work::*;
pub use crate::exposure::*;
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

/// What Nexus is told of a shared folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SharedListing {
    /// By name.
    pub entries: Vec<SharedEntry>,
    /// False when there are more.
    pub complete: bool,
}

/// A name in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SharedEntry {
    /// Escaped when it is not UTF-8.
    pub name: String,
    /// `file`, `dir`, `symlink` or `other`.
    pub kind: String,
    /// Bytes.
    pub size: u64,
    /// UTC seconds.
    pub modified_at: i64,
}

/// A piece of a text file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SharedPiece {
    /// By its extension.
    pub media_type: String,
    /// Bytes of the whole file.
    pub size: u64,
    /// The byte it begins with.
    pub offset: u64,
    /// The byte after its last, where the next piece begins.
    pub end: u64,
    /// There is a next piece.
    pub more: bool,
    /// False when bytes that are no UTF-8 were replaced.
    pub exact: bool,
    /// What it says.
    pub text: String,
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
        pub entries: Vec<crate::EntryInfo>,
        /// False when the search stopped at its limit of time or count.
        pub complete: bool,
    }

    /// A file that somebody opened or changed lately.
    pub struct RecentFile {
        /// The file.
        pub entry: crate::EntryInfo,
        /// When, in UTC seconds.
        pub used_at: i64,
    }

    /// A folder that a person shares with Nexus.
    pub struct SharedFolder {
        /// The place.
        pub root: String,
        /// The path there.
        pub path: String,
        /// Its last name.
        pub name: String,
        /// There is no such folder just now, so Nexus sees nothing of it.
        pub missing: bool,
        /// Nexus may also change files there, each change once its person has agreed to it.
        #[serde(default)]
        pub writes: bool,
    }

    /// A change that Nexus proposed and its person agreed to.
    #[serde(deny_unknown_fields)]
    pub struct FileChange {
        /// `write`, `move` or `trash`.
        pub kind: String,
        /// The place.
        pub root: String,
        /// What is changed there.
        pub path: String,
        /// The revision that it is agreed to be changed at; `""` for a file that is not there yet.
        #[serde(default)]
        pub revision: String,
        /// Of `move`: its new path in the same place.
        #[serde(default)]
        pub to: String,
        /// Of `write`: what is to stand in it.
        #[serde(default)]
        pub text: String,
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
        /// Since when its store offers it, UTC seconds; 0 if since the store was first read.
        #[serde(default)]
        pub added_at: i64,
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

    /// What an app can be brought back to.
    pub struct WayBack {
        /// `version`, what it was before its last update, or `settings`, before its last change of settings.
        pub kind: String,
        /// The version that it leads to.
        pub version: String,
        /// When it was changed, UTC seconds; it is brought back to what it was then, data included.
        pub at: i64,
        /// Until when this is possible, UTC seconds.
        pub until: i64,
        /// What was changed after that and is undone with it: kinds, the latest first.
        pub also: Vec<String>,
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
        /// First password. One that this server derives for the app is left out unless an admin asks.
        pub default_password: String,
        /// Apps that must be there first, in the order in which they can be installed.
        pub dependencies: Vec<AppDependency>,
        /// The hosts from which its pictures come, a line each, in their order; a picture is fetched when it is looked at.
        #[serde(default)]
        pub pictures: Vec<String>,
        /// What it can reach.
        pub permissions: Vec<Permission>,
        /// What it can be given beyond that, if it is meant to manage Docker: full control over it. Asked for by
        /// `docker_control`.
        #[serde(default)]
        pub docker_control: Option<Permission>,
        /// What it may do in Docker if it is installed: `view` or `control`.
        #[serde(default)]
        pub docker: String,
        /// Ports that are not the ones its store asks for: those that it has, or those that it would get now.
        #[serde(default)]
        pub moved: Vec<MovedPort>,
        /// What must be decided.
        pub inputs: Vec<AppInput>,
        /// What will run.
        pub services: Vec<CatalogService>,
        /// What else is known about it.
        #[serde(default)]
        pub facts: AppFacts,
        /// What it asks for that LivOS cannot give; empty if it can run.
        pub unsupported: Vec<String>,
        /// Why it cannot be read at all, or `""`.
        pub error: String,
        /// Its store is gone or does not offer it any more: this is what was installed, and there are no updates.
        pub gone: bool,
    }

    /// A port that is not the one that a store asks for.
    pub struct MovedPort {
        /// `8096/tcp`, or `page` for the port of the app's page.
        pub key: String,
        /// The one that the store asks for.
        pub asked: u16,
        /// The one in its place; 0 if there can be none, so that the one asked for must be free first.
        pub given: u16,
        /// The app that has the one asked for; `""` if it is no app's, or if that is past.
        pub by: String,
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
        /// Its name on the internet, `jellyfin.home.example.org`, if this server has a domain; else `""`.
        #[serde(default)]
        pub domain: String,
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
        /// The newer version that its owner does not want, so that it is not offered; `""` if there is none.
        #[serde(default)]
        pub skipped: String,
        /// What it can be brought back to, the latest first.
        #[serde(default)]
        pub ways_back: Vec<WayBack>,
        /// The version that the latest of them leads to; `""` if there is none.
        #[serde(default)]
        pub previous: String,
        /// Until when, UTC seconds; 0 if there is none.
        #[serde(default)]
        pub previous_until: i64,
        /// The latest of them is that from before a change of settings.
        #[serde(default)]
        pub previous_settings: bool,
        /// It is to stay on the version it has.
        #[serde(default)]
        pub pinned: bool,
        /// Its containers come from a compose file of its owner's instead of its store's; it is not updated.
        #[serde(default)]
        pub edited: bool,
        /// Somebody else made it, and it is looked after here; it has no store, no page and no version.
        #[serde(default)]
        pub adopted: bool,
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
        /// `packages` (by apt, here), `appliance` (a new system beside the running one, and a start) or `none` (it was not installed).
        pub kind: String,
        /// `idle`, `asked`, `receiving` (a file is taken over), `checking`, `downloading`, `saving`, `installing`, `judging` or `returning`.
        pub state: String,
        /// The version that is installed.
        pub installed: String,
        /// The newer version of LivOS that waits; `""` if none is known.
        pub available: String,
        /// What it brings, as its makers say.
        pub notes: String,
        /// Every package that an update changes. On an appliance the system's are among them, and may wait when no
        /// newer LivOS does.
        pub packages: Vec<UpdatePackage>,
        /// The file that it comes from, when somebody chose one; `""` if from an archive.
        pub from_file: String,
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
        /// Whether it updates by itself.
        pub automatic: UpdateAutomatic,
    }

    /// When updates come by themselves.
    #[derive(Copy, Default, Eq)]
    #[serde(default)]
    pub struct UpdateAutomatic {
        /// They do.
        pub on: bool,
        /// At some moment of this hour of the machine's clock, 0 to 23.
        pub hour: u8,
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
        /// `failed`; of a file also `not_a_bundle`, `damaged`, `untrusted`, `expired`, `clock`, `no_key`, `older`,
        /// `wrong_machine` or `lacking`; `""` if there is none.
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
