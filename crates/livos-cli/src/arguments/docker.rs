//! What is asked of Docker.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum DockerVerb {
    /// Containers, running or not, and whose they are
    Ps,
    /// Images, and what needs them
    Images,
    /// Volumes, and what mounts them
    Volumes,
    /// Networks, and what is on them
    Networks,
    /// Everything about one container; secrets in its environment are hidden
    Inspect {
        /// The container's name, or the beginning of its id
        container: String,
        /// With the secrets in its environment
        #[arg(long)]
        secrets: bool,
    },
    /// Start a container that is no app's
    Start(ContainerArguments),
    /// Stop a container that is no app's
    Stop(ContainerArguments),
    /// Stop and start a container that is no app's
    Restart(ContainerArguments),
    /// End a container that is no app's at once; it can't save what it is doing
    Kill(ContainerArguments),
    /// Remove what nothing uses and what is no app's, one by one
    #[command(subcommand)]
    Remove(RemoveVerb),
    /// What running containers use
    Stats,
    /// What happened in Docker lately
    Events {
        /// Only of the last so many minutes
        #[arg(long, value_name = "MINUTES")]
        since: Option<u32>,
        /// Go on with what happens from now on
        #[arg(long, short)]
        follow: bool,
    },
    /// Start Docker itself when it is down
    StartEngine,
    /// What Docker itself wrote into the machine's journal
    EngineLog {
        /// How many of the last lines
        #[arg(long, short = 'n', default_value_t = 100)]
        tail: u32,
    },
    /// What a container wrote
    Logs {
        /// The container's name, or the beginning of its id
        container: String,
        /// How many of the last lines
        #[arg(long, short = 'n', default_value_t = 100)]
        tail: u32,
        /// Go on with what is written from now on
        #[arg(long, short)]
        follow: bool,
    },
    /// What lies in a folder of a container, running or not
    Ls {
        /// The container's name, or the beginning of its id
        container: String,
        /// The folder
        #[arg(default_value = "/")]
        path: String,
    },
    /// Print a file of a container, running or not
    Cat {
        /// The container's name, or the beginning of its id
        container: String,
        /// The file
        path: String,
    },
    /// Run a program in a container that runs, without a terminal; its exit code is that of this command
    Exec {
        /// The container's name, or the beginning of its id
        container: String,
        /// How long it may take, 1 to 120
        #[arg(long, value_name = "SECONDS", default_value_t = 30)]
        seconds: u32,
        /// The program and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Open a shell in a container that runs; `exit` ends it, and its exit code is that of this command
    Shell {
        /// The container's name, or the beginning of its id
        container: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ContainerArguments {
    /// The container's name, or the beginning of its id
    pub(crate) container: String,
    /// LivOS did not make it and something else may rely on it: don't ask
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Don't wait until it is done
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RemoveVerb {
    /// Containers, with what they wrote into themselves; those that run are stopped first
    Container(RemoveArguments),
    /// Images, with all their names
    Image(RemoveArguments),
    /// Volumes, with everything in them
    Volume(RemoveArguments),
    /// Networks
    Network(RemoveArguments),
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArguments {
    /// Names, or the beginnings of ids
    #[arg(required = true)]
    pub(crate) names: Vec<String>,
    /// Only say what would happen
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
    /// Agree to all that would happen
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Don't wait until it is done
    #[arg(long)]
    pub(crate) no_wait: bool,
}
