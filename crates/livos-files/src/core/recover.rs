//! Putting in order what the last run left, before anybody is served.

use std::sync::Arc;

use livos_types::{JobId, JobState};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::core::{Files, threads, trash};
use crate::error::Error;

impl Files {
    /// Makes the index of the trash agree with the trash, forgets transfers that no job will go on with,
    /// and throws away uploads whose time is over.
    pub(crate) async fn recover(&self) -> Result<(), Error> {
        let known: Vec<String> = self.store.trashed().await?.into_iter().map(|item| item.id).collect();
        let places = Arc::clone(&self.places);
        let differences = threads::short(move || trash::reconcile(&places.trash()?, &known)).await?;
        for item in &differences.add {
            tracing::info!(id = item.id, path = %item.path, "found in the trash and noted");
            self.store.put_trashed(item).await?;
        }
        for id in &differences.remove {
            self.store.remove_trashed(id).await?;
        }
        self.sweep_leftovers().await?;
        for job in self.store.transfer_jobs().await? {
            let state = match job.parse::<JobId>() {
                Ok(id) => self.queue.get(&id).await?.map(|job| job.state),
                Err(_) => None,
            };
            if state.is_some_and(|state| !state.is_final()) {
                continue;
            }
            self.discard_partials(&job).await?;
            // A failed or cancelled one may be tried again, and then must know what it has already done.
            if !matches!(state, Some(JobState::Failed | JobState::Cancelled)) {
                self.store.remove_items(&job).await?;
            }
        }
        self.expire_uploads().await
    }

    /// Removes what jobs left that ended without their handler: cancelled while they waited to be resumed,
    /// or given up after several crashes. Runs until `shutdown`.
    pub(crate) async fn tidy_after_jobs(&self, shutdown: CancellationToken) {
        let mut changes = self.queue.subscribe();
        loop {
            let id = tokio::select! {
                () = shutdown.cancelled() => return,
                change = changes.recv() => match change {
                    Ok(id) => id,
                    // What is missed is found at the next start.
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                },
            };
            let tidied = match self.queue.get(&id).await {
                Ok(Some(job)) if job.state.is_final() => self.discard_partials(&id.to_string()).await,
                Ok(_) => Ok(()),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = tidied {
                tracing::warn!(job = %id, error = livos_service::chain(&error), "what it left is removed at the next start");
            }
        }
    }
}
