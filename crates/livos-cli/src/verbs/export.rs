//! `livos apps export`

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use livos_bus::AppsManagerProxy;

use crate::bus::Bus;
use crate::output::Output;

pub(super) async fn run(
    bus: &Bus,
    app: &str,
    file: Option<&Path>,
    secrets: bool,
    output: Output,
) -> Result<ExitCode> {
    let manager = AppsManagerProxy::new(&bus.connection).await?;
    let document = manager.export(&bus.actor, app, secrets).await?;
    let archive = tokio::task::spawn_blocking(move || document.read()).await??;
    if file == Some(Path::new("-")) {
        std::io::stdout().write_all(&archive)?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = file.map_or_else(|| PathBuf::from(format!("{app}.tar")), Path::to_owned);
    // For its owner's eyes only: it may hold secrets. What is there already is not written over.
    if !livos_service::fs::atomic_create(&file, &archive, 0o600)? {
        anyhow::bail!("{} is there already; name another file with --output", file.display());
    }
    let value = serde_json::json!({ "file": file, "bytes": archive.len(), "secrets": secrets });
    output.print(&value, |_| {
        let note = if secrets {
            "It holds the app's passwords and keys; keep it where nobody else can read it."
        } else {
            "Its passwords and keys were left out; `--secrets` takes them along."
        };
        format!("written to {}. {note}", file.display())
    })?;
    Ok(ExitCode::SUCCESS)
}
