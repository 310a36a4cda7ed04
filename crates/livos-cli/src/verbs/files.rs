//! `livos files`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::FilesReaderProxy;
use livos_bus::documents::Listing;

use crate::arguments::FilesVerb;
use crate::bus::Bus;
use crate::output::{Output, bytes, table, time};

pub(crate) async fn run(bus: &Bus, verb: &FilesVerb, output: Output) -> Result<ExitCode> {
    let FilesVerb::Ls { place } = verb;
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
    let (root, path) = place.split_once('/').unwrap_or((place, ""));
    let document = reader.list(&bus.actor, root, path.trim_end_matches('/')).await?;
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
