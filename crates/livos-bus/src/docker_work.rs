//! Working with single things in Docker that are no app's: what would happen to them, how busy they are, and what
//! happened lately.

use serde::{Deserialize, Serialize};
use zbus::Type;

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

/// Something in Docker that is to be acted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DockerThing {
    /// `container`, `image`, `volume` or `network`.
    pub kind: String,
    /// Its full id; of a volume, its name.
    pub id: String,
    /// The code of the [`DockerStep`] that is agreed to; `""` to ask for it.
    #[serde(default)]
    pub code: String,
}

document! {
    /// What would happen, thing by thing.
    pub struct DockerPlan {
        /// In the order that was asked for. What is gone by now is left out.
        pub steps: Vec<DockerStep>,
    }

    /// What would happen to one thing.
    pub struct DockerStep {
        /// `container`, `image`, `volume` or `network`.
        pub kind: String,
        /// Its full id; of a volume, its name.
        pub id: String,
        /// What people call it.
        pub name: String,
        /// What to send back to agree: it stands for exactly what is said here.
        pub code: String,
        /// What happens, in words.
        pub detail: String,
        /// Why it cannot be done, and what to do instead; `""` if it can.
        pub refused: String,
        /// What goes exists nowhere else, and cannot be had again.
        pub for_good: bool,
        /// Bytes that become free at most; 0 when nobody knows.
        pub size: u64,
    }

    /// What running containers use, to be compared with what was said a moment before.
    pub struct DockerStats {
        /// Those that run.
        pub samples: Vec<DockerUsage>,
    }

    /// What one container uses.
    pub struct DockerUsage {
        /// Its id.
        pub id: String,
        /// Time of processors that it has used so far, nanoseconds.
        pub cpu_ns: u64,
        /// The same of the whole machine. The share of a span of time is the one's growth by the other's.
        pub machine_ns: u64,
        /// Bytes of memory in use, without what the kernel gives up at once when it is needed.
        pub memory: u64,
        /// The most it may use; of one without a limit, what the machine has.
        pub memory_limit: u64,
        /// How many processes and threads it has.
        pub processes: u64,
    }

    /// Something that happened in Docker: one line of the stream.
    pub struct DockerEvent {
        /// When, UTC seconds.
        pub at: i64,
        /// `container`, `image`, `volume`, `network` or `other`.
        pub kind: String,
        /// What, in Docker's words: `create`, `start`, `die`, `destroy`, …
        pub action: String,
        /// Of what: its id, the name of a volume, the reference of an image.
        pub id: String,
        /// Its name, or `""`.
        pub name: String,
        /// Of a container that ended, its exit code; -1 otherwise.
        pub exit_code: i64,
        /// Of a network, the name or id of the container that joined or left it, or `""`.
        pub container: String,
    }
}
