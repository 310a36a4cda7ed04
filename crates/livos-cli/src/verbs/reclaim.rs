//! `livos apps reclaim`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::documents::{ReclaimItem, ReclaimReply};
use livos_bus::{DockerManagerProxy, DockerReaderProxy};

use super::apps::{ask, can_ask, read};
use crate::bus::Bus;
use crate::exit::Usage;
use crate::job;
use crate::output::{Output, bytes, table};

/// What is asked for.
pub(super) struct Wish {
    pub(super) dry_run: bool,
    pub(super) containers: bool,
    pub(super) volumes: bool,
    pub(super) yes: bool,
    pub(super) no_wait: bool,
}

impl Wish {
    fn takes(&self, item: &ReclaimItem) -> bool {
        match item.kind.as_str() {
            "container" => self.containers,
            "volume" => self.volumes,
            _ => item.safe,
        }
    }
}

pub(super) async fn run(bus: &Bus, wish: &Wish, output: Output) -> Result<ExitCode> {
    let reader = DockerReaderProxy::new(&bus.connection).await?;
    let ReclaimReply { mut items } = read(reader.reclaimable(&bus.actor).await?).await?;
    items.retain(|item| wish.takes(item));
    if wish.dry_run || items.is_empty() {
        output.print(&items, |items| list(items))?;
        return Ok(ExitCode::SUCCESS);
    }
    if !wish.yes {
        if !can_ask(output) {
            return Err(Usage(format!("{}Agree with --yes", list(&items))).into());
        }
        eprint!("{}", list(&items));
        if !matches!(ask("Remove these? [y/N] ")?.to_lowercase().as_str(), "y" | "yes") {
            return Err(Usage("not done".to_owned()).into());
        }
    }
    let codes: Vec<&str> = items.iter().map(|item| item.code.as_str()).collect();
    let id = DockerManagerProxy::new(&bus.connection).await?.reclaim(&bus.actor, &codes).await?;
    job::started(bus, &id, wish.no_wait, output).await
}

fn list(items: &[ReclaimItem]) -> String {
    if items.is_empty() {
        return "Nothing is unused; there is nothing to remove.\n".to_owned();
    }
    let rows = items.iter().map(|item| {
        let size = if item.size > 0 { bytes(item.size) } else { "unknown".to_owned() };
        vec![item.kind.clone(), item.name.clone(), size, item.detail.clone()]
    });
    let most: u64 = items.iter().map(|item| item.size).sum();
    let rows = rows.collect();
    format!("{}At most {} become free.\n", table(&["KIND", "NAME", "SIZE", "WHAT IT IS"], rows), bytes(most))
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::ReclaimItem;

    use super::Wish;

    #[test]
    fn what_exists_nowhere_else_is_only_taken_when_it_is_named() {
        let item = |kind: &str, safe| ReclaimItem {
            code: String::new(),
            kind: kind.to_owned(),
            name: String::new(),
            detail: String::new(),
            size: 0,
            safe,
        };
        let none = Wish { dry_run: true, containers: false, volumes: false, yes: false, no_wait: false };
        let taken = |wish: &Wish| {
            [item("image", true), item("container", false), item("volume", false)]
                .map(|item| wish.takes(&item))
        };
        assert_eq!(taken(&none), [true, false, false]);
        assert_eq!(taken(&Wish { containers: true, ..none }), [true, true, false]);
    }
}
