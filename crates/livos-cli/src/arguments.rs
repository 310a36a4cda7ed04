//! The words of the command line.

pub(crate) mod assistant;
mod compose;
mod docker;
mod exposure;
mod keys;
mod settings;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

#[cfg(test)]
pub(crate) use assistant::EVENTS;
pub(crate) use assistant::{
    AgentsVerb, ApprovalsVerb, AskArguments, AssistantVerb, BudgetVerb, EmbeddingsVerb, ProvidersVerb,
    SchedulesVerb, ServersVerb, SkillsVerb, WebVerb,
};
pub(crate) use compose::{ComposeEditArguments, ComposeVerb, CreateArguments};
pub(crate) use docker::{ContainerArguments, DockerVerb, RemoveArguments, RemoveVerb};
pub(crate) use exposure::{CertificateArguments, DomainVerb, Switch};
pub(crate) use keys::KeysVerb;
pub(crate) use settings::SettingsArguments;

/// What a script may rely on; `exit.rs` keeps it.
const EXIT_CODES: &str = "Exit codes: 0 done · 1 failed, or `status` found something that is not well · \
2 wrong usage · 3 LivOS can't be reached · 4 no such thing · 5 not allowed";

/// LivOS from the terminal.
#[derive(Debug, Parser)]
#[command(
    name = "livos",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The bus of the daemons: "system" or a D-Bus address
    #[arg(long, global = true, value_name = "ADDRESS", env = "LIVOS_BUS_ADDRESS")]
    pub(crate) bus: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// How LivOS and the machine are
    Status,
    /// Apps: what is installed, what there is, and changing it
    #[command(subcommand)]
    Apps(AppsVerb),
    /// Everything in Docker, whoever made it
    #[command(subcommand)]
    Docker(DockerVerb),
    /// Files
    #[command(subcommand)]
    Files(FilesVerb),
    /// Work that takes longer
    Jobs(JobsArguments),
    /// The people with an account
    #[command(subcommand)]
    Users(UsersVerb),
    /// Keys with which other programs use this server for a person
    #[command(subcommand)]
    Keys(KeysVerb),
    /// Give a program the assistant's tools over its standard input and output: the Model Context Protocol
    Mcp {
        /// It may do more than look: what you agree to with `livos assistant approvals`
        #[arg(long)]
        act: bool,
    },
    /// Ask the assistant, and read its answer as it comes; Ctrl-C stops it
    Ask(AskArguments),
    /// Who the assistant gets its models from, and what it asks to be done
    #[command(subcommand)]
    Assistant(AssistantVerb),
    /// Subagents of the assistant, as far as they were asked for from this command line
    #[command(subcommand)]
    Agents(AgentsVerb),
    /// Instructions for tasks of a kind, which the assistant reads when it is asked from this command line
    #[command(subcommand)]
    Skills(SkillsVerb),
    /// What Nexus remembers
    #[command(subcommand)]
    Memory(MemoryVerb),
    /// HTTPS in the house: whom devices have to trust for it, and how
    Certificate(CertificateArguments),
    /// This server's name on the internet
    #[command(subcommand)]
    Domain(DomainVerb),
    /// Bring LivOS itself to the newest version; if that does not work, the old one comes back
    Upgrade(UpgradeArguments),
    /// The configuration file
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Print the code that the first page asks for, while this server has no owner
    SetupCode {
        /// Wait up to this many seconds for LivOS to make it
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        wait: u64,
    },
    /// Print the completion script of a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one for every command, for a package to lay down
    #[command(hide = true)]
    Man {
        /// The folder to write them to; made if it is not there
        directory: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppsVerb {
    /// What is installed
    List,
    /// What the stores offer
    Search {
        /// Part of a name, id, category or description; everything without it
        text: Option<String>,
    },
    /// Install an app from a store
    Install(InstallArguments),
    /// Make an app from a compose file of your own; from then on it is an app like any other
    Create(CreateArguments),
    /// Start an installed app
    Start(AppArguments),
    /// Stop an installed app
    Stop {
        #[command(flatten)]
        app: AppArguments,
        /// Also when running apps need it
        #[arg(long)]
        although_needed: bool,
    },
    /// Stop and start an installed app
    Restart(AppArguments),
    /// Bring an installed app to its store's newer version; if that does not work, it stays as it was
    Update(UpdateArguments),
    /// Show what can be changed about an installed app, or change it; if that does not work, it stays as it was
    Settings(SettingsArguments),
    /// Look at what stands in the way of installing an app or, if it is installed, of updating it; nothing is touched
    Checks {
        /// The app's id, or STORE/APP if several stores have it
        app: String,
        /// Look at it with this answer to a question of the app, or of its newer version if it is installed
        #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
        answers: Vec<(String, String)>,
        /// Look at it as if it is to control Docker; only before it is installed
        #[arg(long)]
        docker_control: bool,
    },
    /// Show the name and password for the first sign-in to an installed app
    Account {
        /// The app's id
        app: String,
    },
    /// The file that says which containers an installed app has: show it, or make them from another one
    #[command(subcommand)]
    Compose(ComposeVerb),
    /// Keep an installed app on the version it has
    Pin {
        /// The app's id
        app: String,
    },
    /// Let a pinned app be updated again
    Unpin {
        /// The app's id
        app: String,
    },
    /// Do not offer the newer version of an installed app; the one after it is offered again
    Skip {
        /// The app's id
        app: String,
        /// Offer it again
        #[arg(long)]
        undo: bool,
    },
    /// Look after a compose project or a container that LivOS did not make, in place; nothing is done to it
    Adopt {
        /// The project's name, or with --container the container's
        name: String,
        /// One container instead of a project
        #[arg(long)]
        container: bool,
    },
    /// Give back what was adopted, as it is
    Release {
        /// Its id, as `livos apps list` says it
        app: String,
    },
    /// Write an installed app as a plain compose project: a tar archive that needs no LivOS
    Export {
        /// The app's id
        app: String,
        /// The file to write; "-" for the standard output, APP.tar if not given
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// With its passwords and keys, which are left blank otherwise
        #[arg(long)]
        secrets: bool,
    },
    /// Bring an app back to what it was before its last update or change of settings, data included
    Rollback {
        #[command(flatten)]
        app: AppArguments,
        /// To what it was before its last update, or its last change of settings; the later of the two if not given
        #[arg(long, value_parser = ["version", "settings"])]
        to: Option<String>,
        /// What was stored since then is lost: don't ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Remove an installed app
    Remove {
        #[command(flatten)]
        app: AppArguments,
        /// Delete its data, too
        #[arg(long)]
        delete_data: bool,
        /// Also when other apps need it
        #[arg(long)]
        although_needed: bool,
    },
    /// What an app's containers wrote
    Logs {
        /// The app's id
        app: String,
        /// Only this service of it
        #[arg(long, default_value = "")]
        service: String,
        /// How many of the last lines
        #[arg(long, short = 'n', default_value_t = 100)]
        tail: u32,
        /// Go on with what is written from now on
        #[arg(long, short)]
        follow: bool,
    },
    /// Open a shell in a container of an app; `exit` ends it, and its exit code is that of this command
    Shell {
        /// The app's id
        app: String,
        /// Which of its services; not needed if only one runs
        service: Option<String>,
    },
    /// Get room on the disk: remove the images that nothing uses and no app can be brought back with
    Reclaim {
        /// Only list what would go
        #[arg(long)]
        dry_run: bool,
        /// Stopped containers that are no app's, too
        #[arg(long)]
        containers: bool,
        /// Volumes without a name that nothing mounts, too; what is in them exists nowhere else
        #[arg(long)]
        volumes: bool,
        /// Don't ask
        #[arg(long, short)]
        yes: bool,
        /// Don't wait until it is done
        #[arg(long)]
        no_wait: bool,
    },
    /// Where apps come from
    #[command(subcommand)]
    Sources(SourcesVerb),
    /// What LivOS would do with every app of a catalogue; needs no daemon
    Plan {
        /// A catalogue's folder, of any format
        directory: PathBuf,
        /// Answer a question, or give a variable that another app would
        #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
        answers: Vec<(String, String)>,
        /// Print the count alone
        #[arg(long)]
        summary: bool,
        /// End with an error if fewer of a hundred apps are planned completely
        #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
        at_least: Option<u8>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AppArguments {
    /// The app's id
    pub(crate) app: String,
    /// Don't wait until it is done
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArguments {
    /// The app's id
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) app: Option<String>,
    /// Every app that has an update, one after the other; one that fails does not stop the others
    #[arg(long)]
    pub(crate) all: bool,
    /// Only show what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Answer a question of the newer version
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) answers: Vec<(String, String)>,
    /// Agree to a new permission by its code
    #[arg(long, value_name = "CODE")]
    pub(crate) accept: Vec<String>,
    /// Agree to all new permissions
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Don't wait until it is done
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UpgradeArguments {
    /// Only say whether there is a newer version, and what it brings
    #[arg(long)]
    pub(crate) check: bool,
    /// Don't ask
    #[arg(long, short, conflicts_with = "check")]
    pub(crate) yes: bool,
    /// Take the newer version from this file (`livos-VERSION.bundle`), for example on a USB stick, without a network
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub(crate) from: Option<PathBuf>,
    /// From now on update automatically at this hour (0 to 23, the server's clock), or `off`
    #[arg(long, value_name = "HOUR|off", conflicts_with_all = ["check", "yes", "from"], value_parser = automatic_hour)]
    pub(crate) automatic: Option<AutomaticHour>,
}

/// When to update without being asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AutomaticHour(pub(crate) Option<u8>);

fn automatic_hour(text: &str) -> Result<AutomaticHour, String> {
    if text == "off" {
        return Ok(AutomaticHour(None));
    }
    match text.parse() {
        Ok(hour @ 0..=23) => Ok(AutomaticHour(Some(hour))),
        _ => Err("an hour from 0 to 23, or off".to_owned()),
    }
}

#[derive(Debug, Clone, Args)]
pub(crate) struct InstallArguments {
    /// The app's id, or STORE/APP when several stores have it
    pub(crate) app: String,
    /// Answer a question of the app
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) answers: Vec<(String, String)>,
    /// Agree to one permission by its code
    #[arg(long, value_name = "CODE")]
    pub(crate) accept: Vec<String>,
    /// Agree to all permissions it asks for
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Let it control Docker, and with it this whole machine, instead of only looking
    #[arg(long)]
    pub(crate) docker_control: bool,
    /// Install the apps it needs as well, first
    #[arg(long)]
    pub(crate) with_needed: bool,
    /// Don't wait until it is done
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SourcesVerb {
    /// The stores
    List,
    /// Add a folder or git address as a store
    Add {
        /// The folder or address
        url: String,
    },
    /// Forget a store; apps installed from it stay
    Remove {
        /// The store's id
        store: String,
    },
    /// Read a store again
    Refresh {
        /// The store's id
        store: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum FilesVerb {
    /// List the places, or what is in one
    Ls {
        /// A place, or a folder in it: "home" or "home/Photos"
        place: Option<String>,
    },
    /// The folders that Nexus sees when it is asked from this command line
    Shares,
    /// Share a folder with Nexus, as it is asked from this command line: without --write it looks, and changes nothing
    Share {
        /// A folder in a place: "home/Photos"
        folder: String,
        /// It may also change files there, each change once you have agreed to it
        #[arg(long)]
        write: bool,
    },
    /// Stop sharing a folder with Nexus
    Unshare {
        /// A folder in a place: "home/Photos"
        folder: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct JobsArguments {
    #[command(subcommand)]
    pub(crate) verb: Option<JobsVerb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobsVerb {
    /// Unfinished jobs, and finished ones that nobody dismissed
    List,
    /// Follow a job to its end
    Wait {
        /// The job's id
        id: String,
    },
    /// Stop a job and undo what it had begun
    Cancel {
        /// The job's id
        id: String,
    },
    /// Try a failed job again
    Retry {
        /// The job's id
        id: String,
    },
    /// Take a finished job off the list
    Dismiss {
        /// The job's id
        id: String,
    },
    /// What a job wrote
    Log {
        /// The job's id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UsersVerb {
    /// Everybody
    List,
    /// Add a person; prints a password for their first sign-in
    Add {
        /// What they sign in with
        username: String,
        /// What they are called; the user name if not given
        #[arg(long)]
        name: Option<String>,
        /// What they may do
        #[arg(long, value_parser = ["admin", "member"], default_value = "member")]
        role: String,
    },
    /// Set and print a new password, and sign them out everywhere
    ResetPassword {
        /// What they sign in with
        username: String,
    },
    /// Don't let a person sign in
    Disable {
        /// What they sign in with
        username: String,
    },
    /// Let a disabled person sign in again
    Enable {
        /// What they sign in with
        username: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemoryVerb {
    /// How well recall finds the evidence for the questions in a file of conversations; needs no daemon
    Eval {
        /// The file: {"conversations": [{"id", "sessions": [{"id", "at", "turns": [{"id", "speaker", "text"}]}],
        /// "questions": [{"id", "text", "category", "evidence": [turn ids]}]}]}
        file: PathBuf,
        /// Plain BM25 over each turn with its neighbours, to compare with
        #[arg(long)]
        plain: bool,
        /// Plain BM25 over each turn alone, to compare with
        #[arg(long, conflicts_with = "plain")]
        single: bool,
        /// Without a part of recall, to see what it is good for
        #[arg(long, value_name = "PART", conflicts_with_all = ["plain", "single"],
              value_parser = clap::builder::PossibleValuesParser::new(livos_memory::Part::ALL.iter().map(|(name, _)| *name)))]
        without: Option<String>,
        /// Look by meaning as well, with vectors that this program makes: it reads a line {"texts": […]} and answers with
        /// a line {"model": "…", "vectors": [[…]]}
        #[arg(long, value_name = "PROGRAM")]
        embedder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigVerb {
    /// Check the configuration, and explain what is wrong with it
    Check {
        /// The file; /etc/livos/livos.toml if not given
        file: Option<PathBuf>,
    },
    /// Print what Caddy starts with: the desktop, before any app is known
    #[command(hide = true)]
    Caddy,
    /// Print a configuration file with every key, its default and its meaning
    Example {
        /// The environment variables instead of the file
        #[arg(long)]
        env: bool,
    },
}

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as KEY=VALUE")?;
    if key.is_empty() { Err("the key is missing".to_owned()) } else { Ok((key.to_owned(), value.to_owned())) }
}
