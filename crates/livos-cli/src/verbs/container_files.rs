//! `livos docker ls`, `livos docker cat` and `livos docker exec`

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use livos_bus::DockerManagerProxy;
use livos_bus::documents::{ContainerFolder, ContainerRan};

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

/// A program to its end, with what it wrote.
pub(super) async fn execute(
    bus: &Bus,
    container: &str,
    command: &[String],
    seconds: u32,
    output: Output,
) -> Result<ExitCode> {
    let manager = DockerManagerProxy::new(&bus.connection).await?;
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let pipe = manager.run(&bus.actor, container, &words, seconds).await?;
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        File::from(OwnedFd::from(pipe)).read_to_end(&mut bytes).map(|_| bytes)
    });
    let bytes = reading.await.context("how it ended could not be read")??;
    let ran: ContainerRan =
        serde_json::from_slice(&bytes).context("LivOS was stopped before it knew how this ended")?;
    output.print(&ran, |ran| ran.stdout.clone())?;
    if !output.json {
        eprint!("{}", ran.stderr);
    }
    if ran.more {
        eprintln!("It wrote more than that.");
    }
    match (ran.code, ran.ended) {
        // The kernel has eight bits for it.
        (Some(code), _) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(255))),
        (None, true) => bail!("it took longer than {seconds} s and was ended"),
        (None, false) => bail!("it took longer than {seconds} s and could not be ended, so it may run on"),
    }
}
