//! `livos docker ls` and `livos docker cat`

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use livos_bus::DockerManagerProxy;
use livos_bus::documents::ContainerFolder;

use super::apps::read;
use crate::bus::Bus;
use crate::output::{Output, plain, table, time};

/// A folder, as `ls -l` would list it.
pub(super) async fn list(bus: &Bus, container: &str, path: &str, output: Output) -> Result<ExitCode> {
    let manager = DockerManagerProxy::new(&bus.connection).await?;
    let folder: ContainerFolder = read(manager.folder(&bus.actor, container, path).await?).await?;
    output.print(&folder, |folder| {
        let rows = folder.entries.iter().map(|one| {
            let size = if one.kind == "file" { one.size.to_string() } else { String::new() };
            let name = if one.kind == "folder" { format!("{}/", one.name) } else { one.name.clone() };
            vec![one.mode.clone(), one.owner.clone(), size, time(one.modified_at), plain(&name)]
        });
        table(&["MODE", "OWNER", "BYTES", "CHANGED", "NAME"], rows.collect())
    })?;
    if folder.more {
        eprintln!("There is more in this folder than was read.");
    }
    Ok(ExitCode::SUCCESS)
}

/// A file, byte for byte; an error if it ends before its end.
pub(super) async fn print(bus: &Bus, container: &str, path: &str) -> Result<ExitCode> {
    let manager = DockerManagerProxy::new(&bus.connection).await?;
    let (pipe, _, size) = manager.file(&bus.actor, container, path).await?;
    let copied = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout().lock();
        let count = std::io::copy(&mut File::from(OwnedFd::from(pipe)), &mut out)?;
        out.flush().map(|()| count)
    });
    let copied = copied.await?.context("the file could not be printed")?;
    if copied < size {
        bail!("the file broke off after {copied} of {size} bytes");
    }
    Ok(ExitCode::SUCCESS)
}
