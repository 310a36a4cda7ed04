//! Starts the agent daemon.

use std::process::ExitCode;

use livos_service::{Daemon, run_daemon};

fn main() -> ExitCode {
    let daemon = Daemon { name: "livos-nexus", version: env!("CARGO_PKG_VERSION"), workers: 0 };
    run_daemon(daemon, livos_nexus::run)
}
