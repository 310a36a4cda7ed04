//! See the README.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder =
        std::env::args_os().nth(1).map_or_else(|| PathBuf::from(livos_embeddings::FOLDER), PathBuf::from);
    match livos_embeddings::serve(&folder, std::io::stdin().lock(), std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With nobody to read it there is nothing left to do.
            drop(writeln!(std::io::stderr(), "livos-embeddings: {error}"));
            ExitCode::FAILURE
        }
    }
}
