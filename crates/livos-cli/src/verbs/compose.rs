//! `livos apps compose`

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::documents::{AppCompose, ComposeCheck, ComposeProblem};
use livos_bus::{AppsManagerProxy, Document};

use super::apps::{agree, ask, can_ask, read};
use super::settings;
use crate::arguments::{ComposeEditArguments, ComposeVerb};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job;
use crate::output::{Output, plain};

pub(super) async fn run(bus: &Bus, verb: &ComposeVerb, output: Output) -> Result<ExitCode> {
    match verb {
        ComposeVerb::Show { app, store, runs } => {
            let manager = AppsManagerProxy::new(&bus.connection).await?;
            let found: AppCompose = read(manager.compose(&bus.actor, app).await?).await?;
            output.print(&found, |found| {
                let text = match (store, runs) {
                    (true, _) => &found.store,
                    (_, true) => &found.runs,
                    _ => &found.text,
                };
                text.trim_end_matches('\n').to_owned()
            })?;
            Ok(ExitCode::SUCCESS)
        }
        ComposeVerb::Edit(arguments) => edit(bus, arguments, output).await,
    }
}

async fn edit(bus: &Bus, arguments: &ComposeEditArguments, output: Output) -> Result<ExitCode> {
    let app = &arguments.app;
    let manager = AppsManagerProxy::new(&bus.connection).await?;
    let now: AppCompose = read(manager.compose(&bus.actor, app).await?).await?;
    let text = match &arguments.file {
        _ if arguments.store => now.store,
        Some(file) => {
            let named = || format!("cannot read {}", file.display());
            text_of(std::fs::File::open(file).with_context(named)?, now.most).with_context(named)?
        }
        None => text_of(std::io::stdin().lock(), now.most).context("cannot read the standard input")?,
    };
    let document = || Document::from_bytes(text.clone().into_bytes());
    let check: ComposeCheck = read(manager.look_at_compose(&bus.actor, app, document()?).await?).await?;
    if arguments.dry_run {
        output.print(&check, describe)?;
        let wrong = check.problems.iter().any(|problem| problem.error);
        return Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    if !output.json {
        eprintln!("{}", describe(&check));
    }
    let Some(change) = &check.change else {
        let wrong = check.problems.iter().find(|problem| problem.error);
        anyhow::bail!("nothing was changed: {}", wrong.map_or("the file cannot be used", |one| &one.text));
    };
    let accept = agree(app, &change.permissions, &arguments.accept, arguments.yes, "Change it?", output)?;
    // Whoever agreed to something was asked by that already.
    if !arguments.yes && change.permissions.is_empty() {
        if arguments.file.is_none() && !arguments.store || !can_ask(output) {
            return Err(Usage("say --yes to make this change".to_owned()).into());
        }
        if !matches!(ask("Change it? [y/N] ")?.to_lowercase().as_str(), "y" | "yes") {
            return Err(Usage("not done".to_owned()).into());
        }
    }
    let id = manager.edit_compose(&bus.actor, app, &now.revision, &accept, document()?).await?;
    job::started(bus, &id, arguments.no_wait, output).await
}

/// A file that is no longer than one can be.
pub(super) fn text_of(file: impl Read, most: u32) -> Result<String> {
    let mut bytes = Vec::new();
    file.take(u64::from(most) + 1).read_to_end(&mut bytes)?;
    if bytes.len() > usize::try_from(most)? {
        anyhow::bail!("a compose file has at most {most} bytes");
    }
    Ok(String::from_utf8(bytes)?)
}

/// What is wrong with a file, or worth a word.
pub(super) fn problem(problem: &ComposeProblem) -> String {
    let place = match problem.line {
        0 => String::new(),
        line => format!("line {line}, column {}: ", problem.column),
    };
    let kind = if problem.error { "wrong" } else { "note" };
    format!("{kind}: {place}{}", plain(&problem.text))
}

fn describe(check: &ComposeCheck) -> String {
    let mut lines = Vec::new();
    for line in &check.lines {
        let sign = match line.kind.as_str() {
            "removed" => '-',
            "added" => '+',
            "gap" => '…',
            _ => ' ',
        };
        lines.push(format!("{sign} {}", plain(&line.text)).trim_end().to_owned());
    }
    lines.extend(check.problems.iter().map(problem));
    if let Some(change) = &check.change {
        lines.push(settings::describe(change));
    }
    if !check.volumes.is_empty() {
        let names = plain(&check.volumes.join(", "));
        lines.push(format!("Volumes that are not used any more, and stay: {names}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::{AppChange, ComposeCheck, ComposeLine, ComposeProblem};

    use super::{describe, text_of};

    #[test]
    fn a_check_is_told_in_words() {
        let line = |kind: &str, text: &str| ComposeLine {
            kind: kind.into(),
            before: 1,
            after: 1,
            text: text.into(),
        };
        let check = ComposeCheck {
            problems: vec![ComposeProblem {
                line: 3,
                column: 5,
                error: false,
                text: "a word\u{1b}[2J".into(),
            }],
            lines: vec![line("removed", "image: web:1"), line("added", "image: web:2"), line("gap", "")],
            change: Some(AppChange {
                services: Vec::new(),
                recreated: vec!["web".into()],
                permissions: Vec::new(),
            }),
            volumes: vec!["demo_rows".into()],
            revision: String::new(),
        };
        let text = describe(&check);
        assert!(
            text.starts_with("- image: web:1\n+ image: web:2\n…\nnote: line 3, column 5: a word"),
            "{text}"
        );
        assert!(
            text.ends_with("made anew: web\nVolumes that are not used any more, and stay: demo_rows"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }

    #[test]
    fn a_file_is_not_read_without_end() {
        assert_eq!(text_of(&b"services:"[..], 9).unwrap(), "services:");
        assert!(text_of(&b"services: "[..], 9).is_err());
        assert!(text_of(std::io::repeat(b'x'), 1 << 20).is_err());
        assert!(text_of(&[0xff, 0xfe][..], 9).is_err());
    }
}
