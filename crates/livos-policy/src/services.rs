//! The services that LivOS stands on, by name: what is not in here is nobody's to look at or restart through LivOS.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// The unit's name.
    pub unit: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// What a restart does to people, in a sentence; none where it can't be asked for. The edge, the agent and the machine's
    /// own daemon are not restarted by what they are asked themselves: nobody would be there to say how it went.
    pub restart: Option<&'static str>,
}

const fn service(unit: &'static str, about: &'static str, restart: Option<&'static str>) -> Service {
    Service { unit, about, restart }
}

/// All of them.
pub const SERVICES: [Service; 7] = [
    service("livos-web.service", "signs people in and serves the desktop", None),
    service(
        "livos-apps.service",
        "installs, starts and stops apps",
        Some("Apps go on running; what is being installed or updated is gone on with afterwards."),
    ),
    service(
        "livos-files.service",
        "browses and changes files",
        Some("Files are not reachable for a moment; an upload goes on afterwards."),
    ),
    service("livos-host.service", "looks at the machine, and runs what is shut in", None),
    service("livos-nexus.service", "the assistant", None),
    service(
        "livos-caddy.service",
        "leads browsers to the desktop and the apps",
        Some("Every page of this server is not reachable for a moment, this one, too."),
    ),
    service(
        "docker.service",
        "runs the containers of apps",
        Some("Every app and container is stopped and started with it, which may take minutes."),
    ),
];
