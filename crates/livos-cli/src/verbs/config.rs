//! `livos config`

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use livos_service::Config;
use livos_service::config::{Severity, check, env_example, toml_example};

use crate::arguments::ConfigVerb;
use crate::output::Output;

pub(crate) fn run(verb: &ConfigVerb, output: Output) -> Result<ExitCode> {
    let file = match verb {
        ConfigVerb::Example { env } => {
            let text = if *env { env_example() } else { toml_example() };
            output.print(&text, String::clone)?;
            return Ok(ExitCode::SUCCESS);
        }
        ConfigVerb::Caddy => return caddy(),
        ConfigVerb::Check { file } => file.clone().unwrap_or_else(Config::default_file),
    };
    let is_default = matches!(verb, ConfigVerb::Check { file: None });
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        // Every key has a default, so no file is a fine file.
        Err(error) if is_default && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("{} can't be read", file.display())),
    };
    let (config, problems) = check(&file, &text, variables());
    let wrong = problems.iter().any(|problem| problem.severity == Severity::Error);
    let report = serde_json::json!({
        "file": file,
        "ok": !wrong,
        "problems": problems.iter().map(|problem| serde_json::json!({
            "severity": if problem.severity == Severity::Error { "error" } else { "warning" },
            "place": problem.place,
            "line": problem.line,
            "message": problem.message,
            "suggestion": problem.suggestion,
        })).collect::<Vec<_>>(),
        "settings": config.show().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
    });
    output.print(&report, |_| {
        let mut text: String = problems
            .iter()
            .map(|problem| {
                let word = if problem.severity == Severity::Error { "error" } else { "warning" };
                format!("{word}: {problem}\n")
            })
            .collect();
        if wrong {
            text += "LivOS would not start with this.\n";
        } else {
            text += &format!("{} is fine. What counts:\n", file.display());
            for (key, value) in config.show() {
                text += &format!("  {key} = {value}\n");
            }
        }
        text
    })?;
    Ok(if wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What the front door starts with when no app is known.
fn caddy() -> Result<ExitCode> {
    let environment = livos_service::Environment::of_process();
    let file = environment.config_file.clone();
    let required = file.is_some();
    let config = Config::load(&file.unwrap_or_else(Config::default_file), required, environment.settings)?;
    let web = match config.web.listen.split_once(':') {
        Some(("tcp", address)) => livos_caddy::WebUpstream::Tcp(address.to_owned()),
        Some(("unix", path)) => livos_caddy::WebUpstream::Unix(path.into()),
        // The service manager's socket lies where its unit says, which is this place.
        _ => livos_caddy::WebUpstream::Unix(config.server.runtime_dir.join("web.sock")),
    };
    let document = livos_caddy::render(&livos_caddy::Edge {
        storage_dir: config.server.state_dir.join("caddy"),
        listen: config.caddy.listen,
        http_port: config.caddy.http_port,
        gateway_bind: config.apps.bind,
        web,
        apps: Vec::new(),
        https: None,
        domain: None,
    })?;
    // A document for a program, not a report for a person: the same with and without --json.
    std::io::Write::write_all(&mut std::io::stdout(), document.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn variables() -> Vec<(String, String)> {
    livos_service::Environment::of_process().settings
}
