//! The words about keys.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum KeysVerb {
    /// Everybody's keys, and when each was last used
    List,
    /// Make a key and print it, which is the only time that anybody sees it
    Create(KeyArguments),
    /// End a key at once
    Revoke {
        /// Its id, as `livos keys list` says it
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct KeyArguments {
    /// Whose it is to be: the user name of who it acts for
    pub(crate) username: String,
    /// What it is called, by the program it is for
    #[arg(long)]
    pub(crate) name: String,
    /// It may do more than look: what its person's rules allow or what they agree to
    #[arg(long)]
    pub(crate) act: bool,
    /// For how many days; until it is revoked if not given
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    pub(crate) days: u32,
}
