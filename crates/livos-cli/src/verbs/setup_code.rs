//! `livos setup-code`

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use livos_service::{Config, Environment};

use crate::output::Output;

/// How often to look while waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Prints the claim code. Who may read the web daemon's files has the machine; nobody else is told.
pub(crate) fn run(wait: u64, output: Output) -> Result<ExitCode> {
    let environment = Environment::of_process();
    let file = environment.config_file.clone();
    let required = file.is_some();
    let config = Config::load(&file.unwrap_or_else(Config::default_file), required, environment.settings)?;
    let state = config.state_of("livos-web");
    let until = Instant::now() + Duration::from_secs(wait);
    let code = loop {
        match read(&state)? {
            Some(code) => break code,
            None if Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
            None => bail!("LivOS has not made a code yet; is livos-web running?"),
        }
    };
    output.print(&serde_json::json!({ "code": code, "claimed": code.is_empty() }), |_| {
        if code.is_empty() { "This server has an owner; sign in instead.".to_owned() } else { code.clone() }
    })?;
    Ok(if code.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The code; empty when the server has an owner; `None` when LivOS has not come that far.
fn read(state: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(state.join("claim-code")) {
        Ok(code) => Ok(Some(code.trim().to_owned())),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(error).context("only root may read the code; run this with sudo")
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Without a code but with a database, somebody has used it.
            Ok(state.join("web.db").exists().then(String::new))
        }
        Err(error) => Err(error).context("the code can't be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_a_code_an_owner_or_neither_yet() {
        let state = tempfile::tempdir().unwrap();
        assert_eq!(read(state.path()).unwrap(), None);
        std::fs::write(state.path().join("web.db"), "").unwrap();
        assert_eq!(read(state.path()).unwrap(), Some(String::new()));
        std::fs::write(state.path().join("claim-code"), "ABCD-EFGH\n").unwrap();
        assert_eq!(read(state.path()).unwrap(), Some("ABCD-EFGH".to_owned()));
    }
}
