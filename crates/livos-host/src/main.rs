//! Starts the host daemon.

use std::process::ExitCode;

use livos_service::{Daemon, run_daemon};

fn main() -> ExitCode {
    let daemon = Daemon { name: "livos-host", version: env!("CARGO_PKG_VERSION"), workers: 0 };
    run_daemon(daemon, async |chassis| livos_host::run(chassis, livos_host::Linux::default()).await)
}
