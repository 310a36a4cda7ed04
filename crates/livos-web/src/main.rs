//! The HTTP edge.

use std::process::ExitCode;

use livos_service::{Daemon, run_daemon};

fn main() -> ExitCode {
    // Two threads: one may copy a file's bytes while the other answers everybody else.
    run_daemon(Daemon { name: "livos-web", version: env!("CARGO_PKG_VERSION"), workers: 2 }, livos_web::run)
}
