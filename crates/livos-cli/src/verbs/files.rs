//! `livos files`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::documents::{Listing, SharedFolder};
use livos_bus::{FilesReaderProxy, PersonalProxy};

use crate::arguments::FilesVerb;
use crate::bus::Bus;
use crate::output::{Output, bytes, table, time};

pub(crate) async fn run(bus: &Bus, verb: &FilesVerb, output: Output) -> Result<ExitCode> {
    match verb {
        FilesVerb::Ls { place } => list(bus, place.as_deref(), output).await,
        FilesVerb::Shares => shares(bus, output).await,
        FilesVerb::Share { folder, write } => share(bus, folder, Some(*write)).await,
        FilesVerb::Unshare { folder } => share(bus, folder, None).await,
    }
}

async fn shares(bus: &Bus, output: Output) -> Result<ExitCode> {
    let document = PersonalProxy::new(&bus.connection).await?.shares(&bus.actor).await?;
    let shares: Vec<SharedFolder> = tokio::task::spawn_blocking(move || document.parse()).await??;
    output.print(&shares, |shares| {
        let state = |one: &SharedFolder| match (one.missing, one.writes) {
            (true, _) => "missing",
            (false, true) => "may change",
            (false, false) => "looks",
        };
        let rows = shares.iter().map(|one| vec![state(one).to_owned(), format!("{}/{}", one.root, one.path)]);
        table(&["STATE", "FOLDER"], rows.collect())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Shares a folder, to look into or to change files in, too; or stops that.
async fn share(bus: &Bus, folder: &str, writes: Option<bool>) -> Result<ExitCode> {
    let (root, path) = split(folder);
    let personal = PersonalProxy::new(&bus.connection).await?;
    personal.set_share(&bus.actor, root, path, writes.is_some()).await?;
    if let Some(writes) = writes {
        personal.set_share_writes(&bus.actor, root, path, writes).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A place and a path in it.
fn split(place: &str) -> (&str, &str) {
    let (root, path) = place.split_once('/').unwrap_or((place, ""));
    (root, path.trim_end_matches('/'))
}

async fn list(bus: &Bus, place: Option<&str>, output: Output) -> Result<ExitCode> {
    let reader = FilesReaderProxy::new(&bus.connection).await?;
    let Some(place) = place else {
        let roots = reader.roots(&bus.actor).await?;
        output.print(&roots, |roots| {
            let rows = roots
                .iter()
                .map(|root| vec![root.id.clone(), root.label.clone(), bytes(root.free), bytes(root.total)]);
            table(&["PLACE", "NAME", "FREE", "OF"], rows.collect())
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    let (root, path) = split(place);
    let document = reader.list(&bus.actor, root, path).await?;
    let listing: Listing = tokio::task::spawn_blocking(move || document.parse()).await??;
    output.print(&listing, |listing| {
        const FOLDER: u8 = 1;
        let rows = listing.entries.iter().map(|(name, kind, size, modified_at)| {
            let size = if *kind == FOLDER { "-".to_owned() } else { bytes(*size) };
            let slash = if *kind == FOLDER { "/" } else { "" };
            vec![size, time(*modified_at), format!("{name}{slash}")]
        });
        table(&["SIZE", "CHANGED (UTC)", "NAME"], rows.collect())
    })?;
    Ok(ExitCode::SUCCESS)
}
