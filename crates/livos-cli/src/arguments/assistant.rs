//! The words about the assistant: asking it, what it proposes, what it takes, and who answers.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct AskArguments {
    /// What to ask; `-` reads it from the standard input
    pub(crate) text: String,
    /// Go on with the conversation that was talked in last
    #[arg(long, short)]
    pub(crate) r#continue: bool,
    /// Go on with this conversation
    #[arg(long, value_name = "ID", conflicts_with = "continue")]
    pub(crate) conversation: Option<String>,
    /// Which model answers in that conversation from now on
    #[arg(long, value_name = "TIER", value_parser = ["fast", "usual", "best"])]
    pub(crate) model: Option<String>,
    /// How hard it thinks in that conversation from now on; `off` for as its provider thinks best
    #[arg(long, value_name = "LEVEL", value_parser = ["off", "low", "medium", "high"])]
    pub(crate) think: Option<String>,
    /// Show it a picture: PNG, JPEG, WebP or GIF of at most 3.75 MB; up to four times. It goes as it is, with what a camera
    /// wrote into it, such as where it was taken
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AssistantVerb {
    /// Providers of models
    #[command(subcommand)]
    Providers(ProvidersVerb),
    /// Whether it reads the web, and who searches that
    #[command(subcommand)]
    Web(WebVerb),
    /// Who makes vectors of what it remembers, so that it finds that by meaning as well as by words
    #[command(subcommand)]
    Embeddings(EmbeddingsVerb),
    /// Other servers whose tools it uses (Model Context Protocol)
    #[command(subcommand)]
    Servers(ServersVerb),
    /// What it would like done, as far as it was asked from this command line
    #[command(subcommand)]
    Approvals(ApprovalsVerb),
    /// Put back what an answer had done, the latest first; without --yes it asks
    Undo {
        /// The number of its run, as `livos ask` says it
        run: i64,
        /// Only say what can be put back, and what not and why
        #[arg(long)]
        dry_run: bool,
        /// Put it back without asking
        #[arg(long, conflicts_with = "dry_run")]
        yes: bool,
    },
    /// Go through a run once more, from its log alone: no model is asked and no tool used
    Replay {
        /// The number of its run, as `livos ask` says it
        run: i64,
    },
    /// All that a tool said in a conversation, where an answer to `livos ask --json` has a part of it and its name
    Result {
        /// The conversation
        conversation: String,
        /// The name of the whole, as the item has it: r17.0
        reference: String,
    },
    /// What the models were used for in a month, and what that cost, of everybody
    Usage {
        /// Which month, as 2026-11; this one without it
        #[arg(long)]
        month: Option<String>,
    },
    /// What may be spent a day
    #[command(subcommand)]
    Budget(BudgetVerb),
    /// What it is to be asked later, as far as that was asked for from this command line
    #[command(subcommand)]
    Schedules(SchedulesVerb),
}

#[derive(Debug, Subcommand)]
pub(crate) enum EmbeddingsVerb {
    /// Who does, how far that is, and who could
    Show,
    /// Have a provider's model make them: what everybody has it remember, and what it looks up for them, is sent there
    Set {
        /// A provider that is set up; `this-server` where the package livos-embeddings is installed
        provider: String,
        /// The model there: text-embedding-3-small, nomic-embed-text; this server has but one
        #[arg(default_value = "")]
        model: String,
    },
    /// Nobody makes them; words alone are looked for
    Off,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AgentsVerb {
    /// All of them, by name
    List,
    /// One with its instructions, what it is to do later, and what it has done
    Show {
        /// Its id
        id: String,
    },
    /// Make one
    Add {
        /// What it is named by: a-z, 0-9 and -
        id: String,
        /// What it is for, in a sentence
        #[arg(long, value_name = "TEXT")]
        description: String,
        /// What it is called; its id without it
        #[arg(long)]
        name: Option<String>,
        /// A file with what it is told beside each task; `-` is the standard input
        #[arg(long, value_name = "FILE")]
        instructions_file: Option<PathBuf>,
        /// The only tools it may use; without them, all that a subagent can have
        #[arg(long, value_name = "TOOL", value_delimiter = ',')]
        tools: Vec<String>,
        /// How often it may ask its model for one task
        #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..=30))]
        turns: u32,
    },
    /// Have one do something now; its answer is in its conversation
    Run {
        /// Its id
        id: String,
        /// What it is to do; without it, what it would do next
        task: Option<String>,
    },
    /// Have what one is to do later not come until it is resumed
    Pause {
        /// Its id
        id: String,
    },
    /// Have that come again
    Resume {
        /// Its id
        id: String,
    },
    /// Delete one with what it is to do later; what it has done stays as an archived conversation
    Remove {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchedulesVerb {
    /// All of them, those that come next first
    List,
    /// Have the assistant asked later: once, again and again, or whenever something happens
    Add {
        /// What it is asked then, with everything that has to be known to do it
        task: String,
        /// Once, after a while: 30m, 2h or 3d
        #[arg(long = "in", value_name = "TIME", group = "when")]
        delay: Option<Delay>,
        /// Once, at this time: 2026-11-28T08:00
        #[arg(long, value_name = "TIME", group = "when")]
        at: Option<String>,
        /// Again and again: minute, hour, day of the month, month, day of the week; "0 8 * * MON-FRI"
        #[arg(long, value_name = "LINE", group = "when")]
        cron: Option<String>,
        /// Whenever this happens, at most every five minutes
        #[arg(long, value_name = "EVENT", group = "when", value_parser = EVENTS)]
        on: Option<String>,
        /// A subagent's loop: so long after each of its runs it is asked again
        #[arg(long, value_name = "TIME", group = "when", requires = "agent")]
        every: Option<Delay>,
        /// Only if it happens to this: an app's id, a container's or a unit's name; of journal_line which line, as
        /// "caddy.service err: no space left" or ": out of memory"
        #[arg(long, value_name = "WHAT", requires = "on")]
        subject: Option<String>,
        /// Of a loop: runs in all
        #[arg(long, default_value_t = 20)]
        most: u32,
        /// Where the clock hangs, as Europe/Berlin; the server's own without it
        #[arg(long, value_name = "ZONE")]
        time_zone: Option<String>,
        /// The subagent that is asked, instead of the assistant
        #[arg(long, value_name = "ID")]
        agent: Option<String>,
    },
    /// Run one now
    Run {
        /// Its id
        id: String,
    },
    /// Have one not come until it is resumed
    Pause {
        /// Its id
        id: String,
    },
    /// Have one come again
    Resume {
        /// Its id
        id: String,
    },
    /// Remove one; for a day it can be restored
    Remove {
        /// Its id
        id: String,
    },
    /// Take the removal of one back
    Restore {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum BudgetVerb {
    /// Those that are set
    List,
    /// Set one; a limit that is not given is none
    Set {
        /// Whose: a user name, or `everyone` for those who have none of their own
        who: String,
        /// What it is for; everything together without it
        #[arg(long, value_name = "WHAT", value_parser = ["chat", "schedule"])]
        r#for: Option<String>,
        /// Tokens a day
        #[arg(long)]
        tokens: Option<u64>,
        /// US dollars a day, as 1.50
        #[arg(long)]
        dollars: Option<Dollars>,
    },
    /// Forget one
    Remove {
        /// Whose: a user name, or `everyone`
        who: String,
        /// What it is for; everything together without it
        #[arg(long, value_name = "WHAT", value_parser = ["chat", "schedule"])]
        r#for: Option<String>,
    },
}

/// What can happen on a server, as `livos_bus::schedules::EventKind` has it.
pub(crate) const EVENTS: [&str; 8] = [
    "app_problem",
    "app_stopped",
    "app_started",
    "app_update",
    "container_stopped",
    "container_unhealthy",
    "unit_failed",
    "journal_line",
];

/// A while, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delay(pub(crate) i64);

impl std::str::FromStr for Delay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no time; write 30m, 2h or 3d");
        let unit = match text.chars().last() {
            Some('m') => 60,
            Some('h') => 60 * 60,
            Some('d') => 24 * 60 * 60,
            _ => return Err(wrong()),
        };
        let count: u32 = text.get(..text.len() - 1).and_then(|count| count.parse().ok()).ok_or_else(wrong)?;
        if count == 0 { Err(wrong()) } else { Ok(Self(i64::from(count) * unit)) }
    }
}

/// Money, in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dollars(pub(crate) u64);

impl std::str::FromStr for Dollars {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no amount; write dollars, as 1.50");
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 6 {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let part: u64 = format!("{part:0<6}").parse().map_err(|_| wrong())?;
        whole.checked_mul(1_000_000).and_then(|whole| whole.checked_add(part)).map(Self).ok_or_else(wrong)
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum ApprovalsVerb {
    /// What waits for an answer, or is being done
    List,
    /// Have it done, exactly as it is shown; what has to be read first is asked about without --yes
    Approve {
        /// Its id
        id: String,
        /// Agree without being asked
        #[arg(long)]
        yes: bool,
    },
    /// Say no
    Deny {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProvidersVerb {
    /// Those that are set up
    List,
    /// Add or change one; it is tried first. Its key is read from the standard input or a file, never from the command
    /// line, where others could see it
    Set {
        /// Its name: `anthropic`, `openai`, `gemini`, `ollama`, or one of your own
        id: String,
        /// The model to use
        #[arg(long)]
        model: String,
        /// What people call it; what it is known as, if not given
        #[arg(long)]
        label: Option<String>,
        /// How it is spoken to
        #[arg(long, value_parser = ["anthropic", "chat_completions", "responses", "gemini"])]
        dialect: Option<String>,
        /// Where it is
        #[arg(long, value_name = "ADDRESS")]
        base_url: Option<String>,
        /// A file with the key; `-` is the standard input. Without it, the key there is stays
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Make one the one that answers where a conversation asks for a quick or the best model
    Tier {
        /// Its name
        id: String,
        /// What for; `usual` takes that back
        #[arg(value_parser = ["fast", "usual", "best"])]
        tier: String,
    },
    /// Make one the one that answers
    Default {
        /// Its name
        id: String,
    },
    /// Enter what a model costs, in US dollars for a million tokens, where LivOS does not know it or knows it wrong
    Price {
        /// The provider's name
        id: String,
        /// Read by the model
        #[arg(long, required_unless_present = "forget", requires = "output")]
        input: Option<Dollars>,
        /// Written by it
        #[arg(long, requires = "input")]
        output: Option<Dollars>,
        /// Read from its provider's cache; as much as reading, if not given
        #[arg(long, requires = "input")]
        cached: Option<Dollars>,
        /// Written to its provider's cache; as much as reading, if not given
        #[arg(long, requires = "input")]
        cache_written: Option<Dollars>,
        /// Forget what was entered; the price list that LivOS brings along is asked again
        #[arg(long, conflicts_with = "input")]
        forget: bool,
    },
    /// Forget one and its key
    Remove {
        /// Its name
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum WebVerb {
    /// Whether it is on, and who searches it
    Show,
    /// Let the assistant read the web
    On {
        /// For this command line alone, instead of everybody
        #[arg(long)]
        mine: bool,
    },
    /// Keep the assistant from the web
    Off {
        /// For this command line alone, instead of everybody
        #[arg(long)]
        mine: bool,
    },
    /// Choose who searches; it is tried first. Its key is read from the standard input or a file, never from the command
    /// line, where others could see it
    Set {
        /// A SearXNG of your own, or an account with one of the others
        #[arg(value_parser = ["searxng", "brave", "tavily"])]
        provider: String,
        /// Where your SearXNG is
        #[arg(long, value_name = "ADDRESS", required_if_eq("provider", "searxng"))]
        base_url: Option<String>,
        /// A file with the key; `-` is the standard input. Without it, the key there is stays
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
    },
    /// Forget who searches, and the key
    Remove,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ServersVerb {
    /// Those that are set up
    List,
    /// Add or change one; it is asked which tools it has first. Keys are read from the standard input or a file, never
    /// from the command line, where others could see them.
    ///
    /// A program is run on this server, shut in, exactly as it is given: `livos assistant servers add notes --command npx
    /// -- -y notes-server`. It sees nothing but a folder of its own, and has no network unless that is granted
    Add {
        /// What its tools' names begin with: small letters, digits and single underscores
        name: String,
        /// Where it is, as http://192.168.1.20:8000/mcp
        #[arg(value_name = "ADDRESS", required_unless_present = "command", conflicts_with = "command")]
        url: Option<String>,
        /// A program instead, as npx, uvx or /usr/local/bin/notes; its arguments come last, behind `--`
        #[arg(long, value_name = "PROGRAM", conflicts_with_all = ["key_file", "headers_file"])]
        command: Option<String>,
        /// The program has the network: the internet and every device at home
        #[arg(long, requires = "command")]
        network: bool,
        /// A file with the program's variables, a line each, as `NAME=value`; `-` is the standard input. Without it, those
        /// that there are stay
        #[arg(long, value_name = "FILE", requires = "command")]
        variables_file: Option<PathBuf>,
        /// A file with a key that is sent as `Authorization: Bearer`; `-` is the standard input. Without it and headers,
        /// those that there are stay
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// A file with other headers, a line each, as `X-Key: value`
        #[arg(long, value_name = "FILE")]
        headers_file: Option<PathBuf>,
        /// Arguments of the program, each as it is
        #[arg(last = true, value_name = "ARGUMENT", requires = "command")]
        arguments: Vec<String>,
    },
    /// Ask one again which tools it has
    Look {
        /// Its name
        name: String,
    },
    /// What one's tools say of themselves, whole
    Tools {
        /// Its name
        name: String,
    },
    /// Have a tool used, exactly as it was shown
    Enable {
        /// The server's name
        name: String,
        /// The tool, as its server calls it
        tool: String,
        /// The id under which it was shown
        #[arg(long, value_name = "ID")]
        digest: String,
        /// Use it without asking until a stranger's words were read. What it does is up to its server
        #[arg(long)]
        without_asking: bool,
    },
    /// Have a tool not used
    Disable {
        /// The server's name
        name: String,
        /// The tool, as its server calls it
        tool: String,
    },
    /// Have one's tools used, as far as they are enabled
    On {
        /// Its name
        name: String,
    },
    /// Have none of one's tools used
    Off {
        /// Its name
        name: String,
    },
    /// Forget one, its keys and what was agreed to
    Remove {
        /// Its name
        name: String,
    },
    /// Look for some in a public registry, which is told these words
    Search {
        /// Words of its name
        words: String,
        /// Another registry than the official one
        #[arg(long, value_name = "ADDRESS", default_value = "", hide_default_value = true)]
        registry: String,
    },
    /// Print them as other programs write them down, without their keys
    Export,
    /// Add those of such a file; each is tried by itself
    Import {
        /// A file with `{"mcpServers": …}`; `-` is the standard input
        file: PathBuf,
        /// A program of it that may be run, by the id under which it was shown. Without this, it is only shown
        #[arg(long, value_name = "ID")]
        agree: Vec<String>,
        /// The same, with the network
        #[arg(long, value_name = "ID")]
        agree_network: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SkillsVerb {
    /// All of them: those that LivOS brings along, and your own
    List,
    /// Show one whole, with what waits to be looked at
    Show {
        /// Its name
        name: String,
    },
    /// Take one in, or a new version of one. It is not used before you have enabled it
    Add {
        /// A SKILL.md, or a folder with one
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Have one used
    Enable {
        /// Its name
        name: String,
        /// Exactly the text that was shown under this id; needed for what waits to be looked at
        #[arg(long, value_name = "ID")]
        revision: Option<String>,
    },
    /// Have one not used
    Disable {
        /// Its name
        name: String,
    },
    /// Throw away what waits to be looked at; what is in use stays
    Discard {
        /// Its name
        name: String,
    },
    /// Remove one of your own
    Remove {
        /// Its name
        name: String,
    },
}
