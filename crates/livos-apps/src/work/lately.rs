//! What containers use at this moment, and what happened in Docker lately. Nobody asks unless somebody looks.

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use livos_bus::codes;
use livos_bus::documents::{DockerStats, DockerUsage};
use livos_docker::EngineError;

use super::Apps;
use crate::Error;
use crate::core::lately;
use crate::error::{engine, refused};

/// Containers that are looked at side by side.
const AT_ONCE: usize = 8;

impl Apps {
    /// What each container that runs uses.
    pub(crate) async fn docker_stats(&self) -> Result<DockerStats, Error> {
        let docker = &self.ports.engine;
        let containers = self.all_containers().await?;
        let looks: Vec<_> = containers
            .iter()
            .filter(|container| container.state.is_running())
            .map(|container| async { (container.id.clone(), docker.usage(&container.id).await) })
            .collect();
        let found: Vec<_> = futures_util::stream::iter(looks).buffered(AT_ONCE).collect().await;
        let mut samples = Vec::with_capacity(found.len());
        for (id, usage) in found {
            let usage = match usage {
                Ok(Some(usage)) => usage,
                // One that ended meanwhile uses nothing.
                Ok(None) => continue,
                Err(error @ EngineError::Unavailable { .. }) => {
                    return Err(engine("cannot measure the containers")(error));
                }
                // One that cannot be measured takes nothing from the others.
                Err(error) => {
                    tracing::debug!(%error, id, "a container could not be measured");
                    continue;
                }
            };
            samples.push(DockerUsage {
                id,
                cpu_ns: usage.cpu_ns,
                machine_ns: usage.machine_ns,
                memory: usage.memory,
                memory_limit: usage.memory_limit,
                processes: usage.processes,
            });
        }
        Ok(DockerStats { samples })
    }

    /// A line for everything that happened since then and is worth a word, then, if asked, for what follows.
    pub(crate) async fn docker_events(
        &self,
        since: i64,
        follow: bool,
    ) -> Result<BoxStream<'static, Bytes>, Error> {
        let status = self.engine_status().await;
        if !status.usable {
            return Err(refused(codes::ENGINE_UNAVAILABLE, status.reason));
        }
        let events = self.ports.engine.recent_events(since, follow);
        Ok(events
            .take_while(|event| std::future::ready(event.is_ok()))
            .filter_map(async |event| lately::line(&event.ok()?))
            .boxed())
    }
}
