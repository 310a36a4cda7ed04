//! `livos apps compose`

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ComposeVerb {
    /// Print the file that says which containers an app has
    Show {
        /// The app's id
        app: String,
        /// The file of its store, word for word
        #[arg(long, conflicts_with = "runs")]
        store: bool,
        /// What LivOS makes of it: one file with moved ports, limits and folders, without secrets
        #[arg(long)]
        runs: bool,
    },
    /// Make an app's containers from another text of that file, or leave it as it is
    Edit(ComposeEditArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ComposeEditArguments {
    /// The app's id
    pub(crate) app: String,
    /// The new text; the standard input if not given
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Use its store's file again
    #[arg(long, conflicts_with = "file")]
    pub(crate) store: bool,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Agree to a new permission by its code
    #[arg(long, value_name = "CODE")]
    pub(crate) accept: Vec<String>,
    /// Don't ask, and agree to all new permissions
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Don't wait until it is done
    #[arg(long)]
    pub(crate) no_wait: bool,
}
