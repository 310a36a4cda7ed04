//! Starts the daemon that holds the Docker socket.

use std::process::ExitCode;

use livos_service::{Daemon, run_daemon};

fn main() -> ExitCode {
    let daemon = Daemon { name: "livos-apps", version: env!("CARGO_PKG_VERSION"), workers: 2 };
    run_daemon(daemon, livos_apps::run)
}
