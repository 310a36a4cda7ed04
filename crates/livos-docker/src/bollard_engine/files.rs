//! What lies in a container, as the engine packs it.

use bollard::query_parameters as query;
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::classify::Call;
use super::{BollardEngine, QUICK, plausible_name};
use crate::engine::ArchiveStream;
use crate::error::{EngineError, Result};

/// So many pieces wait for their reader.
const WAITING: usize = 4;

impl BollardEngine {
    pub(super) async fn archive_of(&self, container: &str, path: &str) -> Result<ArchiveStream> {
        let name = plausible_name("read files", "container", container)?.to_owned();
        let call = Call::new("read files", "container", &name);
        let docker = self.client().await?.clone();
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let options = query::DownloadFromContainerOptions { path: path.to_owned() };
        let from = name.clone();
        // The client's stream borrows the client, so it lives where that does; whoever drops the answer ends it.
        tokio::spawn(async move {
            let mut pieces = Box::pin(docker.download_from_container(&from, Some(options)));
            while let Some(piece) = pieces.next().await {
                if sender.send(piece).await.is_err() {
                    return;
                }
            }
        });
        // The first says whether there is anything.
        let limit = || EngineError::TimedOut { operation: call.operation.to_owned(), limit: QUICK };
        let first = match timeout(QUICK, receiver.recv()).await.map_err(|_| limit())? {
            Some(Err(error)) => return Err(self.sort(&call, error).await),
            Some(Ok(piece)) => Some(piece),
            None => None,
        };
        let rest = stream::unfold(receiver, |mut receiver| async {
            let piece = receiver.recv().await?;
            let failed = |source| EngineError::Other {
                operation: "read files".to_owned(),
                source: std::sync::Arc::new(source),
            };
            Some((piece.map_err(failed), receiver))
        });
        Ok(stream::iter(first.map(Ok)).chain(rest).boxed())
    }
}
