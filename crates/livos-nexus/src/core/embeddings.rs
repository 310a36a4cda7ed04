//! Who makes vectors of what is remembered, so that it is found by meaning as well as by words.
//!
//! Off until those who run the server choose one of their providers for it, since everybody's notes and questions go
//! there then. Vectors are made when something was remembered, when another model was chosen and when the daemon starts,
//! in small batches; what failed waits for the next of those.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use livos_bus::assistant::{EmbeddingsInfo, EmbeddingsReply, Problem};
use livos_llm::{Embeds, Endpoint};
use livos_memory::{EmbedError, Embedder, Unembedded};
use livos_service::Clock;

use super::{Nexus, problem};
use crate::error::Error;
use crate::store::Store;
use crate::store::embeddings::Kept;

/// Makes something that makes vectors of an endpoint.
pub(crate) type ConnectEmbeds =
    Arc<dyn Fn(Endpoint) -> Result<Arc<dyn Embeds>, livos_llm::Error> + Send + Sync>;

/// How long a question may wait for its vector; then it goes by words alone.
const QUESTION: Duration = Duration::from_secs(5);
/// How long a model that is tried may take: a local one is loaded first.
const TRIED_FOR: Duration = Duration::from_secs(20);
/// How long a batch may take; a small machine thinks long about it.
const BATCH: Duration = Duration::from_secs(120);

/// A provider's model as the memory asks it.
#[derive(Debug)]
pub(crate) struct OfProvider {
    embeds: Arc<dyn Embeds>,
    /// The model at its address: another server may mean something else by the name.
    name: String,
    kept: Kept,
    store: Store,
    clock: Arc<dyn Clock>,
    patience: Duration,
}

impl OfProvider {
    async fn ask(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Problem> {
        let asked = tokio::time::timeout(self.patience, self.embeds.embed(texts)).await;
        let said = match asked {
            Ok(Ok(said)) => said,
            Ok(Err(error)) => return Err(problem::of_model(&error)),
            Err(_) => {
                let message = format!("no vectors came within {} s", self.patience.as_secs());
                return Err(problem::of("unreachable", message));
            }
        };
        let month = month(self.clock.now());
        let counted = self.store.count_embeddings(&month, &self.name, said.tokens.unwrap_or_default()).await;
        if let Err(error) = counted {
            tracing::warn!(error = livos_service::chain(&error), "what vectors took was not counted");
        }
        Ok(said.vectors)
    }

    async fn note(&self, problem: Option<&Problem>) {
        if let Err(error) = self.store.note_embeddings(&self.kept, problem, self.clock.now()).await {
            tracing::warn!(error = livos_service::chain(&error), "how vectors were made was not kept");
        }
    }
}

impl Embedder for OfProvider {
    fn model(&self) -> &str {
        &self.name
    }

    fn embed(&self, texts: Vec<String>) -> BoxFuture<'_, Result<Vec<Vec<f32>>, Unembedded>> {
        async move {
            let outcome = self.ask(texts).await;
            self.note(outcome.as_ref().err()).await;
            outcome.map_err(|problem| Unembedded(problem.message))
        }
        .boxed()
    }
}

/// The month of a moment, as 2026-11.
fn month(now: i64) -> String {
    chrono::DateTime::from_timestamp(now, 0).unwrap_or_default().format("%Y-%m").to_string()
}

impl Nexus {
    /// Who makes vectors for questions; nothing when nobody does or they can't be asked, which is said in the log.
    pub(crate) async fn embedder(&self) -> Option<OfProvider> {
        self.embedder_within(QUESTION).await.unwrap_or_else(|error| {
            tracing::warn!(error = livos_service::chain(&error), "whoever makes vectors can't be asked");
            None
        })
    }

    async fn embedder_within(&self, patience: Duration) -> Result<Option<OfProvider>, Error> {
        let Some(kept) = self.store.embeddings().await? else { return Ok(None) };
        self.made_by(kept, patience).await.map(Some)
    }

    async fn made_by(&self, kept: Kept, patience: Duration) -> Result<OfProvider, Error> {
        let endpoint = self.providers.endpoint(&kept.provider, &kept.model).await?;
        let name = format!("{} {}", endpoint.base_url, endpoint.model);
        let embeds = (self.connect_embeds)(endpoint).map_err(|error| Error::Invalid(error.to_string()))?;
        let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
        Ok(OfProvider { embeds, name, kept, store, clock, patience })
    }

    /// Who makes vectors, how far that is, and who could.
    pub(crate) async fn embeddings_shown(&self) -> Result<EmbeddingsReply, Error> {
        let candidates = self.providers.with_vectors().await?;
        let Some(Kept { provider, model, checked_at, problem }) = self.store.embeddings().await? else {
            return Ok(EmbeddingsReply { embeddings: None, candidates });
        };
        let endpoint = self.providers.address(&provider).await?;
        let (entries, embedded) = self.memory.embedded(&format!("{endpoint} {model}")).await?;
        let (calls, tokens) = self.store.embeddings_used(&month(self.clock.now())).await?;
        let info = EmbeddingsInfo { provider, model, checked_at, problem, entries, embedded, calls, tokens };
        Ok(EmbeddingsReply { embeddings: Some(info), candidates })
    }

    /// Tries a provider's model and, if a vector comes, has it make all of them from now on.
    pub(crate) async fn set_embeddings(&self, provider: &str, model: &str) -> Result<EmbeddingsReply, Error> {
        let model = model.trim();
        if model.is_empty() || model.len() > 200 || model.chars().any(char::is_control) {
            return Err(Error::Invalid("name the model that makes the vectors".to_owned()));
        }
        let now = self.clock.now();
        let kept =
            Kept { provider: provider.to_owned(), model: model.to_owned(), checked_at: now, problem: None };
        let tried = self.made_by(kept, TRIED_FOR).await?;
        tried.ask(vec!["home server".to_owned()]).await.map_err(Error::Refused)?;
        self.store.keep_embeddings(provider, model, now).await?;
        self.memory.rest();
        self.unembedded.notify_one();
        self.embeddings_shown().await
    }

    /// Nobody makes vectors from now on. Those there are stay, for when the same model is chosen again.
    pub(crate) async fn remove_embeddings(&self) -> Result<(), Error> {
        self.memory.rest();
        if self.store.remove_embeddings().await? { Ok(()) } else { Err(Error::UnknownEmbeddings) }
    }

    /// Makes vectors whenever something has none.
    pub(crate) async fn embed_as_needed(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = self.embed_all() => {}
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = self.unembedded.notified() => {}
            }
        }
    }

    /// Until everything has a vector or no more come.
    async fn embed_all(&self) {
        let embedder = match self.embedder_within(BATCH).await {
            Ok(Some(embedder)) => embedder,
            Ok(None) => return,
            Err(error) => {
                let error = livos_service::chain(&error);
                tracing::warn!(error, "whoever makes vectors can't be asked");
                return;
            }
        };
        let mut next = None;
        loop {
            match self.memory.embed_some(&embedder, next).await {
                Ok(progress) if progress.next.is_none() => return,
                Ok(progress) => next = progress.next,
                // Kept with the setting, where people see it.
                Err(EmbedError::Embedder(why)) => {
                    tracing::warn!(error = %why, "what is remembered got no vectors; the next note tries again");
                    return;
                }
                Err(EmbedError::Memory(error)) => {
                    tracing::error!(error = livos_service::chain(&error), "vectors could not be kept");
                    return;
                }
            }
        }
    }
}
