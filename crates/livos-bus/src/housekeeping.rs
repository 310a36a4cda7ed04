//! Documents of what sits around the apps: updates of all of them at once, and everything that is in Docker.

use serde::{Deserialize, Serialize};

/// Derives what every document has, and a schema when the edge wants one.
macro_rules! document {
    ($($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
            #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
            pub struct $name { $($body)* }
        )*
    };
}

document! {
    /// What became of the wish to update every app.
    pub struct UpdatesReply {
        /// The updates that were begun, one job each.
        pub started: Vec<UpdateStarted>,
        /// The apps that have an update and keep their version for now.
        pub skipped: Vec<UpdateSkipped>,
    }

    /// An update that was begun.
    pub struct UpdateStarted {
        /// The app.
        pub id: String,
        /// Its name.
        pub name: String,
        /// The job.
        pub job_id: String,
    }

    /// An update that was not begun.
    pub struct UpdateSkipped {
        /// The app.
        pub id: String,
        /// Its name.
        pub name: String,
        /// For machines: `consent_needed`, `input_needed`, `unsupported`, …
        pub code: String,
        /// Why, and what to do, in words.
        pub reason: String,
    }

    /// Everything that is in Docker, whoever made it.
    pub struct DockerOverview {
        /// Containers, running or not.
        pub containers: Vec<DockerContainer>,
        /// Images.
        pub images: Vec<DockerImage>,
        /// Volumes.
        pub volumes: Vec<DockerVolume>,
        /// Networks.
        pub networks: Vec<DockerNetwork>,
    }

    /// Whose something in Docker is.
    pub struct DockerOwner {
        /// `app` (of this LivOS), `adopted` (somebody else's, looked after here), `stack` (a compose project of somebody else), `livos` (of another LivOS), `docker`
        /// (its own) or `nobody` (made by itself).
        pub kind: String,
        /// The app's id, or the project's name; `""` for the others.
        pub id: String,
        /// What people call it.
        pub name: String,
    }

    /// A container.
    pub struct DockerContainer {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Whose it is.
        pub owner: DockerOwner,
        /// Its service in a compose project, or `""`.
        pub service: String,
        /// The image it was made from.
        pub image: String,
        /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.
        pub state: String,
        /// `starting`, `healthy`, `unhealthy`, or `""` without a check.
        pub health: String,
        /// When it was made, UTC seconds.
        pub created_at: i64,
        /// Since when it runs, UTC seconds; 0 while it does not.
        pub started_at: i64,
        /// Ports of this machine that lead to it.
        pub ports: Vec<DockerPort>,
    }

    /// A published port.
    pub struct DockerPort {
        /// The address on this machine, or `""` for all.
        pub address: String,
        /// The port on this machine.
        pub port: u16,
        /// The port in the container.
        pub inside: u16,
        /// `tcp`, `udp` or `sctp`.
        pub protocol: String,
    }

    /// An image.
    pub struct DockerImage {
        /// Its id.
        pub id: String,
        /// Its names; none when another image has them now.
        pub tags: Vec<String>,
        /// Bytes, those that it shares with other images too.
        pub size: u64,
        /// When it was made, UTC seconds.
        pub created_at: i64,
        /// The names of the containers made from it.
        pub used_by: Vec<String>,
        /// The apps that need it to start, or to be brought back to what they were.
        pub kept_for: Vec<String>,
    }

    /// A volume.
    pub struct DockerVolume {
        /// Its name.
        pub name: String,
        /// Whose it is.
        pub owner: DockerOwner,
        /// `local`, …
        pub driver: String,
        /// Where its contents are on this machine.
        pub path: String,
        /// Nobody gave it a name.
        pub anonymous: bool,
        /// The names of the containers that mount it.
        pub used_by: Vec<String>,
    }

    /// A network.
    pub struct DockerNetwork {
        /// Its id.
        pub id: String,
        /// Its name.
        pub name: String,
        /// Whose it is.
        pub owner: DockerOwner,
        /// `bridge`, …
        pub driver: String,
        /// No way out.
        pub internal: bool,
        /// Its address ranges.
        pub subnets: Vec<String>,
        /// The names of the containers on it.
        pub used_by: Vec<String>,
    }

    /// Everything about one container.
    pub struct DockerDetail {
        /// The line in the list.
        pub container: DockerContainer,
        /// Exit code of the last run; -1 before the first end and while it runs.
        pub exit_code: i64,
        /// It was ended for want of memory.
        pub out_of_memory: bool,
        /// How often it was started again.
        pub restarts: u32,
        /// Why Docker could not start it, or `""`.
        pub error: String,
        /// What is mounted.
        pub mounts: Vec<DockerMount>,
        /// Networks it is on: name and address.
        pub networks: Vec<DockerAttached>,
        /// Its environment.
        pub environment: Vec<DockerVariable>,
        /// The compose file it was made from, as the one who made it says, or `""`.
        pub compose_file: String,
    }

    /// A folder in a container.
    pub struct ContainerFolder {
        /// Its path there.
        pub path: String,
        /// What is in it, folders first.
        pub entries: Vec<ContainerEntry>,
        /// There is more in it than was read.
        pub more: bool,
    }

    /// How a command in a container ended.
    pub struct ContainerRan {
        /// Its exit code, 126 or 127 if it could not be run; none if it had not ended in time.
        pub code: Option<i64>,
        /// What it printed, from its beginning.
        pub stdout: String,
        /// What it complained about.
        pub stderr: String,
        /// It wrote more than that.
        pub more: bool,
        /// It was ended because its time was over; without that, it may run on.
        pub ended: bool,
    }

    /// Something in a folder in a container.
    pub struct ContainerEntry {
        /// Its name.
        pub name: String,
        /// `folder`, `file`, `link` or `other`.
        pub kind: String,
        /// Bytes, of a file.
        pub size: u64,
        /// UTC seconds.
        pub modified_at: i64,
        /// Who may do what: the mode bits, as `ls` writes them.
        pub mode: String,
        /// Whose it is, by number: user and group.
        pub owner: String,
    }

    /// Something mounted in a container.
    pub struct DockerMount {
        /// `bind`, `volume` or `tmpfs`.
        pub kind: String,
        /// The path on this machine, or the volume.
        pub source: String,
        /// The path in the container.
        pub target: String,
        /// Writable from inside.
        pub writable: bool,
    }

    /// A network a container is on.
    pub struct DockerAttached {
        /// Its name.
        pub name: String,
        /// The container's address there, or `""`.
        pub address: String,
    }

    /// A variable of a container.
    pub struct DockerVariable {
        /// Its name.
        pub name: String,
        /// Its value; `""` when it is hidden.
        pub value: String,
        /// It looks like a secret, and is shown only to those who ask for it.
        pub hidden: bool,
    }

    /// What could be removed from Docker to get room, line by line.
    pub struct ReclaimReply {
        /// The lines, the largest first.
        pub items: Vec<ReclaimItem>,
    }

    /// Something in Docker that nothing uses.
    pub struct ReclaimItem {
        /// What to send back to agree: it stands for exactly this line.
        pub code: String,
        /// `image`, `container` or `volume`.
        pub kind: String,
        /// Its name, or the beginning of its id.
        pub name: String,
        /// What people should know of it before they agree.
        pub detail: String,
        /// Bytes that are freed at most; 0 when nobody knows.
        pub size: u64,
        /// It can be had again: what people are offered. The others hold what exists nowhere else.
        pub safe: bool,
    }
}
