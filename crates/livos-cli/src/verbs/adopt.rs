//! `livos apps adopt` and `livos apps release`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::documents::DockerOverview;
use livos_bus::{DockerManagerProxy, DockerReaderProxy};

use super::apps::read;
use crate::bus::Bus;
use crate::output::{Output, plain};

pub(super) async fn adopt(bus: &Bus, name: &str, container: bool, output: Output) -> Result<ExitCode> {
    let (kind, subject) = if container {
        let reader = DockerReaderProxy::new(&bus.connection).await?;
        let all: DockerOverview = read(reader.overview(&bus.actor).await?).await?;
        let found = all.containers.into_iter().find(|one| one.name == name);
        let found =
            found.ok_or_else(|| livos_bus::Error::not_found(format!("there is no container {name:?}")))?;
        ("container", found.id)
    } else {
        ("stack", name.to_owned())
    };
    let manager = DockerManagerProxy::new(&bus.connection).await?;
    let id = manager.adopt(&bus.actor, kind, &subject).await?;
    output.print(&serde_json::json!({ "id": id }), |_| {
        format!("{} is looked after as {id}. `livos apps release {id}` gives it back.", plain(name))
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn release(bus: &Bus, app: &str) -> Result<ExitCode> {
    DockerManagerProxy::new(&bus.connection).await?.release(&bus.actor, app).await?;
    Ok(ExitCode::SUCCESS)
}
