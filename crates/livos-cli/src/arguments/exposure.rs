//! The words about how this server is reached.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Args)]
pub(crate) struct CertificateArguments {
    /// Print the certificate itself, as PEM
    #[arg(long)]
    pub(crate) pem: bool,
    /// Lead plain HTTP to HTTPS in the house, or let both work side by side
    #[arg(long, value_enum, value_name = "ON|OFF")]
    pub(crate) always: Option<Switch>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DomainVerb {
    /// The name, those of the apps, and whether each has its certificate
    Show,
    /// Give this server a name on the internet; not one for which a proxy or tunnel already speaks HTTPS
    Set {
        /// The name, such as home.example.org
        name: String,
        /// Whom the one who issues certificates may write to
        #[arg(long, default_value = "")]
        email: String,
    },
    /// Take the name away
    Remove,
}
