//! Finding the daemons.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use livos_bus::Actor;
use livos_service::Config;
use zbus::Connection;

use crate::exit::Unreachable;

/// A connection, and who we are on it.
pub(crate) struct Bus {
    pub(crate) connection: Connection,
    pub(crate) actor: Actor,
}

impl Bus {
    /// `wanted`, else the LivOS that runs from this checkout, else what the configuration says.
    pub(crate) async fn connect(wanted: Option<&str>) -> Result<Self> {
        let mut config = match checkout() {
            Some(config) if wanted.is_none() => config,
            _ => Config::load(&Config::default_file(), false, [])
                .map_err(|error| anyhow!("{}", livos_service::chain(&error)))?,
        };
        if let Some(wanted) = wanted {
            config.bus.address = wanted.to_owned();
        }
        let connection = livos_service::bus::connect(&config).await.map_err(|error| {
            Unreachable(format!(
                "LivOS can't be reached on the bus at {}: {}. See whether it runs with `systemctl status livos.target`, \
                 or name another bus with --bus ADDRESS",
                config.bus.address,
                root_cause(&error)
            ))
        })?;
        let actor = Actor::command_line().ok_or_else(|| anyhow!("the command line has no name"))?;
        Ok(Self { connection, actor })
    }
}

/// What the system said; the layers above it say the same in more words.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// The configuration of the LivOS that `build.sh run` keeps running in this checkout.
fn checkout() -> Option<Config> {
    let here = std::env::current_dir().ok()?;
    let file = here.ancestors().find_map(|folder| {
        let file = folder.join("target/run/livos.toml");
        (folder.join("crates/livos-cli").is_dir() && file.is_file()).then_some(file)
    })?;
    let config = Config::load(&file, true, []).ok()?;
    // A leftover of a run that has ended is no bus.
    let socket = PathBuf::from(config.bus.address.strip_prefix("unix:path=")?);
    is_alive(&socket).then_some(config)
}

fn is_alive(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}
