//! Starts the file daemon.

use std::process::ExitCode;

use livos_service::{Daemon, run_daemon};

fn main() -> ExitCode {
    // One thread answers; what blocks, blocks elsewhere.
    let daemon = Daemon { name: "livos-files", version: env!("CARGO_PKG_VERSION"), workers: 0 };
    run_daemon(daemon, livos_files::run)
}
