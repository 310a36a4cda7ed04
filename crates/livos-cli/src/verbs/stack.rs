//! `livos apps create`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_bus::documents::{StackCheck, StackRequest};
use livos_bus::{AppsManagerProxy, Document};

use super::apps::{agree, ask, can_ask, moved, read};
use super::compose::{problem, text_of};
use crate::arguments::CreateArguments;
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job;
use crate::output::{Output, plain};

/// What is not read any further; the daemon says what a compose file may have.
const MOST: u32 = 1024 * 1024;

pub(super) async fn create(bus: &Bus, arguments: &CreateArguments, output: Output) -> Result<ExitCode> {
    let manager = AppsManagerProxy::new(&bus.connection).await?;
    let mut request = StackRequest {
        name: arguments.name.clone(),
        compose: file(&arguments.file)?,
        env: arguments.env.as_deref().map(file).transpose()?.unwrap_or_default(),
        answers: arguments.answers.iter().cloned().collect(),
        accept: Vec::new(),
    };
    let mut check = look(bus, &manager, &request).await?;
    if !arguments.dry_run && answer(&mut request, &check, output)? {
        check = look(bus, &manager, &request).await?;
    }
    if arguments.dry_run {
        output.print(&check, describe)?;
        return Ok(if check.ready { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if !output.json {
        eprintln!("{}", describe(&check));
    }
    if !check.ready {
        let wrong = check.problems.iter().find(|problem| problem.error).map(|problem| plain(&problem.text));
        let name = Some(plain(&check.name)).filter(|name| !name.is_empty());
        anyhow::bail!("nothing was made: {}", name.or(wrong).unwrap_or_else(|| "see above".to_owned()));
    }
    let name = &arguments.name;
    request.accept =
        agree(name, &check.permissions, &arguments.accept, arguments.yes, "Install it?", output)?;
    let id = manager.create_stack(&bus.actor, Document::json(&request)?).await?;
    job::started(bus, &id, arguments.no_wait, output).await
}

async fn look(bus: &Bus, manager: &AppsManagerProxy<'_>, request: &StackRequest) -> Result<StackCheck> {
    read(manager.look_at_stack(&bus.actor, Document::json(request)?).await?).await
}

fn file(path: &Path) -> Result<String> {
    let named = || format!("cannot read {}", path.display());
    if path == Path::new("-") {
        return text_of(std::io::stdin().lock(), MOST).context("cannot read the standard input");
    }
    text_of(std::fs::File::open(path).with_context(named)?, MOST).with_context(named)
}

/// Asks what has to be answered; says whether something new is known.
fn answer(request: &mut StackRequest, check: &StackCheck, output: Output) -> Result<bool> {
    let mut more = false;
    for input in &check.inputs {
        if !input.required || request.answers.contains_key(&input.key) {
            continue;
        }
        if !can_ask(output) {
            let (key, hint) = (plain(&input.key), plain(&input.hint));
            return Err(Usage(format!("{} needs an answer: --set {key}=… ({hint})", request.name)).into());
        }
        let answer = ask(&format!("{} [{}]: ", plain(&input.hint), plain(&input.key)))?;
        request.answers.insert(input.key.clone(), answer);
        more = true;
    }
    Ok(more)
}

fn describe(check: &StackCheck) -> String {
    let mut lines = Vec::new();
    if !check.name.is_empty() {
        lines.push(format!("wrong: {}", plain(&check.name)));
    }
    lines.extend(check.problems.iter().map(problem));
    let services = check.services.iter();
    lines.extend(services.map(|one| format!("runs: {} from {}", plain(&one.name), plain(&one.image))));
    lines.extend(check.moved.iter().map(moved));
    lines.extend(check.checks.iter().filter(|one| one.state != "ok").map(super::checks::line));
    for input in check.inputs.iter().filter(|input| !input.required) {
        lines.push(format!("may be given: --set {}=…", plain(&input.key)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::{CatalogService, Check, ComposeProblem, MovedPort, StackCheck};

    use super::describe;

    #[test]
    fn a_check_is_told_in_words() {
        let check = StackCheck {
            name: "taken".into(),
            problems: vec![ComposeProblem { line: 3, column: 5, error: true, text: "a\u{1b}[2J".into() }],
            permissions: Vec::new(),
            moved: vec![MovedPort { key: "page".into(), asked: 80, given: 8100, by: String::new() }],
            inputs: Vec::new(),
            services: vec![CatalogService { name: "web".into(), image: "web:1".into() }],
            checks: vec![Check {
                check: "memory".into(),
                state: "block".into(),
                words: "It wants 8 GB.".into(),
                next: String::new(),
            }],
            ready: false,
            most: 0,
        };
        let text = describe(&check);
        let lines = [
            "wrong: taken",
            "wrong: line 3, column 5: a",
            "runs: web from web:1",
            "Port 80 is not",
            "no     It wants 8 GB.",
        ];
        for (line, wanted) in text.lines().zip(lines) {
            assert!(line.starts_with(wanted), "{line}");
        }
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
