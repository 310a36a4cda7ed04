//! `livos`: LivOS from a terminal, for the machine's administrator and for scripts.
//!
//! Owns the words and tables of the command line. It decides nothing: it asks the daemons over the
//! bus, as the administrator.

mod arguments;
mod bus;
mod exit;
mod job;
mod output;
mod plan;
mod verbs;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use arguments::{AppsVerb, Arguments, Verb};
use output::Output;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error),
    };
    let output = Output::new(arguments.json);
    match run(&arguments, output) {
        Ok(code) => code,
        Err(error) => exit::report(&error, output),
    }
}

fn run(arguments: &Arguments, output: Output) -> Result<ExitCode> {
    // What needs no daemon works on a machine without any.
    match &arguments.verb {
        Verb::Completions { shell } => return verbs::completions(*shell),
        Verb::Man { directory } => return verbs::man(directory),
        Verb::Config(verb) => return verbs::config::run(verb, output),
        Verb::Memory(verb) => return verbs::memory::run(verb, output),
        Verb::SetupCode { wait } => return verbs::setup_code::run(*wait, output),
        Verb::Apps(AppsVerb::Plan { directory, answers, summary, at_least }) => {
            return plan::run(directory, answers, output.json, *summary, *at_least);
        }
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let bus = bus::Bus::connect(arguments.bus.as_deref()).await?;
        match &arguments.verb {
            Verb::Status => verbs::status::run(&bus, output).await,
            Verb::Apps(verb) => verbs::apps::run(&bus, verb, output).await,
            Verb::Docker(verb) => verbs::docker::run(&bus, verb, output).await,
            Verb::Files(verb) => verbs::files::run(&bus, verb, output).await,
            Verb::Jobs(arguments) => verbs::jobs::run(&bus, arguments, output).await,
            Verb::Certificate(asked) => verbs::exposure::certificate(&bus, asked, output).await,
            Verb::Domain(verb) => verbs::exposure::domain(&bus, verb, output).await,
            Verb::Upgrade(arguments) => verbs::upgrade::run(&bus, arguments, output).await,
            Verb::Users(verb) => verbs::users::run(&bus, verb, output).await,
            Verb::Mcp { act } => verbs::mcp::run(&bus, *act).await,
            Verb::Keys(verb) => verbs::keys::run(&bus, verb, output).await,
            Verb::Ask(arguments) => verbs::ask::run(&bus, arguments, output).await,
            Verb::Assistant(verb) => verbs::assistant::run(&bus, verb, output).await,
            Verb::Agents(verb) => verbs::agents::run(&bus, verb, output).await,
            Verb::Skills(verb) => verbs::skills::run(&bus, verb, output).await,
            Verb::Completions { .. }
            | Verb::Man { .. }
            | Verb::Config(_)
            | Verb::Memory(_)
            | Verb::SetupCode { .. } => Ok(ExitCode::SUCCESS),
        }
    })
}
