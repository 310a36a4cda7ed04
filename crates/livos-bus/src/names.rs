//! Well-known names and object paths. An interface's name is its service's name plus the part's name.

/// A daemon as the bus knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// The short name: `apps`. Also the prefix of its jobs' ids.
    pub short: &'static str,
    /// The well-known bus name: `io.livos.Apps1`.
    pub bus_name: &'static str,
    /// The one object that carries its interfaces.
    pub path: &'static str,
}

/// The HTTP edge.
pub const WEB: Service = Service { short: "web", bus_name: "io.livos.Web1", path: "/io/livos/Web1" };
/// The keeper of the Docker socket.
pub const APPS: Service = Service { short: "apps", bus_name: "io.livos.Apps1", path: "/io/livos/Apps1" };
/// The keeper of the files.
pub const FILES: Service = Service { short: "files", bus_name: "io.livos.Files1", path: "/io/livos/Files1" };
/// The one that is root.
pub const HOST: Service = Service { short: "host", bus_name: "io.livos.Host1", path: "/io/livos/Host1" };
/// The agent.
pub const NEXUS: Service = Service { short: "nexus", bus_name: "io.livos.Nexus1", path: "/io/livos/Nexus1" };

/// Every daemon, in the order they are shown.
pub const SERVICES: [Service; 5] = [WEB, APPS, FILES, HOST, NEXUS];

/// Every well-known name starts with this.
pub const PREFIX: &str = "io.livos";

/// The daemon with this short name.
pub fn service(short: &str) -> Option<Service> {
    SERVICES.into_iter().find(|service| service.short == short)
}
