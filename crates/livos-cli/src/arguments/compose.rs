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

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// What it is to be called: a–z, 0–9, ‘-’ and ‘_’; becomes its id
    pub(crate) name: String,
    /// The compose file; "-" for the standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Values for its variables, as they stand in a file called .env
    #[arg(long, value_name = "FILE")]
    pub(crate) env: Option<PathBuf>,
    /// Answer a question of the file
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = super::key_value)]
    pub(crate) answers: Vec<(String, String)>,
    /// Only show what would become of it
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Agree to one permission by its code
    #[arg(long, value_name = "CODE")]
    pub(crate) accept: Vec<String>,
    /// Agree to all permissions it asks for
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Don't wait until it is done
    #[arg(long)]
    pub(crate) no_wait: bool,
}
