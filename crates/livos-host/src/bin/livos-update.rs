//! Updates LivOS by apt; `livos-update.path` starts it when something is asked for or was broken off.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use livos_host::update::{Engine, Programs, Timing};
use livos_service::{Environment, SystemClock, chain, logging};

const HELP: &str = "livos-update [--state FOLDER] [--root FOLDER] [--health PROGRAM] [--judge SECONDS]
             [--ask automatic]

Does what the host daemon of LivOS has written down, and ends. systemd starts it.
With --ask it writes down that the hour for automatic updates has come, unless something else is going on.";

/// What can be said on the command line; the unit says nothing.
struct Arguments {
    state: PathBuf,
    programs: Programs,
    timing: Timing,
    ask: bool,
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = logging::init("livos-update", "info", &Environment::of_process()) {
        eprintln!("livos-update: {}", chain(&error));
        return ExitCode::FAILURE;
    }
    let engine = Engine::new(&arguments.state, arguments.programs, arguments.timing, Arc::new(SystemClock));
    let ask = arguments.ask;
    match engine.and_then(|mut engine| if ask { engine.ask_automatic() } else { engine.run() }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // It is started again and goes on where it was.
            tracing::error!("the update stops: {}", chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        state: PathBuf::from("/var/lib/livos"),
        programs: Programs {
            root: PathBuf::from("/"),
            health: PathBuf::from("/usr/lib/livos/livos-health"),
            offer: None,
            held: None,
        },
        timing: Timing::default(),
        ask: false,
    };
    while let Some(word) = words.next() {
        let value = words.next().ok_or(HELP)?;
        match word.as_str() {
            "--state" => arguments.state = PathBuf::from(value),
            "--root" => arguments.programs.root = PathBuf::from(value),
            "--health" => arguments.programs.health = PathBuf::from(value),
            "--ask" if value == "automatic" => arguments.ask = true,
            "--judge" => {
                let seconds = value.parse().map_err(|_| HELP)?;
                arguments.timing =
                    Timing { judge: Duration::from_secs(seconds), pause: Duration::from_millis(100) };
            }
            _ => return Err(HELP.to_owned()),
        }
    }
    Ok(arguments)
}
