//! What a script learns from the exit code.
//!
//! 0 done · 1 failed · 2 wrong usage · 3 LivOS can't be reached · 4 no such thing · 5 not allowed

use std::process::ExitCode;

use livos_bus::ErrorKind;

use crate::output::Output;

/// The daemons, or the bus, did not answer.
#[derive(Debug)]
pub(crate) struct Unreachable(pub(crate) String);

impl std::fmt::Display for Unreachable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Unreachable {}

/// Something was asked of a command that it can't do as asked.
#[derive(Debug)]
pub(crate) struct Usage(pub(crate) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Says what went wrong, on stderr, and how to tell it from other failures.
pub(crate) fn report(error: &anyhow::Error, output: Output) -> ExitCode {
    // Output that nobody reads any more, as in `livos … | head`.
    if error.chain().any(is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    let on_bus = error.downcast_ref::<livos_bus::Error>();
    let code = match on_bus.map(|error| error.kind) {
        Some(ErrorKind::Unavailable) => 3,
        Some(ErrorKind::NotFound) => 4,
        Some(ErrorKind::Denied) => 5,
        Some(ErrorKind::Invalid) => 2,
        Some(_) => 1,
        None if error.is::<Unreachable>() => 3,
        None if error.is::<Usage>() => 2,
        None => 1,
    };
    let message = on_bus.map_or_else(|| format!("{error:#}"), |error| error.message.clone());
    if output.json {
        let word = match (on_bus, code) {
            (Some(error), _) => error.code.as_str(),
            (None, 2) => "invalid",
            (None, 3) => "unavailable",
            (None, _) => "failed",
        };
        eprintln!("{}", serde_json::json!({ "error": { "code": word, "message": message } }));
    } else {
        eprintln!("livos: {message}");
    }
    ExitCode::from(code)
}

/// Says what is wrong with the words of a command, or prints the help that was asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    // The words could not be read, so neither could this one; whoever wrote it parses what comes back.
    if error.use_stderr() && std::env::args_os().any(|word| word == "--json") {
        let text = error.render().to_string();
        let message = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
        eprintln!("{}", serde_json::json!({ "error": { "code": "invalid", "message": message } }));
    } else if let Err(failed) = error.print() {
        return report(&failed.into(), Output::new(false));
    }
    code
}

fn is_broken_pipe(cause: &(dyn std::error::Error + 'static)) -> bool {
    let plain = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let written = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    plain.or(written) == Some(std::io::ErrorKind::BrokenPipe)
}
