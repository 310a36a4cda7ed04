//! What a container shares with the machine: ports and mounts.

use serde::{Deserialize, Serialize};

/// Transport protocol of a published port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// The default.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
    /// SCTP.
    Sctp,
}

impl Protocol {
    /// Docker's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

/// One published port; ranges are already expanded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortSpec {
    /// Host address to bind; `None` = all.
    pub host_ip: Option<String>,
    /// Host port; `None` = Docker picks a free one.
    pub host_port: Option<u16>,
    /// Last port of the range Docker may pick from, when the file gives a range for one container port.
    pub host_port_end: Option<u16>,
    /// Port in the container.
    pub container_port: u16,
    /// Transport.
    pub protocol: Protocol,
    /// The text of a port that still contains an unresolved variable; the ports above are then meaningless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<String>,
    /// The host port the file asked for, when the context moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<u16>,
}

/// How something is mounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    /// A host path.
    Bind,
    /// A named volume (`source` = key in `AppSpec::volumes`), or an anonymous one (`source` empty).
    Volume,
    /// Memory.
    Tmpfs,
    /// A file with the text in `content`, written by the engine.
    Content,
}

/// Whose data a mount is. Decides the permission shown and who creates the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MountRole {
    /// Inside the app's own data directory: created on demand.
    AppData,
    /// A folder of the owner; `folder` is relative to Home, empty = all of it.
    UserFolder {
        /// Path relative to Home.
        folder: String,
    },
    /// The data directory of another app; empty = of all apps.
    OtherApp {
        /// The other app's id.
        app: String,
    },
    /// Somewhere else on the host.
    HostPath,
    /// A path everybody may read and that says nothing private (`/etc/localtime`, `/etc/timezone`).
    HostClock,
    /// The Docker socket: whoever has it is root.
    DockerSocket,
    /// In the place of the Docker socket one that only looks: the owner did not agree to more.
    DockerView,
    /// A volume, memory, or a file the engine writes.
    Private,
    /// The source still contains an unresolved variable.
    Pending,
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountSpec {
    /// How.
    pub kind: MountKind,
    /// Host path, or volume key, or empty.
    pub source: String,
    /// Absolute path in the container.
    pub target: String,
    /// Not writable.
    pub read_only: bool,
    /// Whose data it is.
    pub role: MountRole,
    /// The rest.
    #[serde(default)]
    pub options: MountOptions,
}

/// Less common settings of a mount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountOptions {
    /// `rprivate`, `rshared`, `rslave`, `shared`, …
    pub propagation: Option<String>,
    /// SELinux relabelling: `z` shared, `Z` private.
    pub selinux: Option<String>,
    /// Create a missing host path (compose's default for the short syntax); `false` = a missing path is an error.
    pub create_host_path: bool,
    /// The bind is not recursive: `disabled`, `enabled`, `writable`, `readonly`.
    pub recursive: Option<String>,
    /// Don't copy the image's files into a new volume.
    pub nocopy: bool,
    /// Directory inside the volume.
    pub subpath: Option<String>,
    /// Size of a tmpfs in bytes.
    pub tmpfs_size: Option<u64>,
    /// Mode bits of a tmpfs or of a content file.
    pub mode: Option<u32>,
    /// Raw tmpfs options of the short `tmpfs:` syntax, for example `size=64m,uid=1000`.
    pub tmpfs_options: Option<String>,
    /// Text of a content file.
    pub content: Option<String>,
    /// Owner of a content file.
    pub uid: Option<String>,
    /// Group of a content file.
    pub gid: Option<String>,
    /// macOS consistency hint, kept because it is part of the file.
    pub consistency: Option<String>,
}
