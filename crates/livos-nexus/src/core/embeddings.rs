//! Who makes vectors of what is remembered, so that it is found by meaning as well as by words.
//!
//! Off until those who run the server choose one of their providers for it, since everybody's notes and questions go
//! there then, or this server itself, where `livos-embeddings` is installed. Vectors are made when something was remembered, when another model was chosen and when the daemon starts,
//! in small batches; what failed waits for the next of those.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use livos_bus::assistant::{EmbeddingsInfo, EmbeddingsReply, Problem, VectorProvider};
use livos_llm::{Embedded, Embeds, Endpoint};
use livos_memory::{EmbedError, Embedder, Lines, Unembedded};
use livos_service::Clock;
use tokio::net::UnixStream;
use tokio::sync::Mutex;

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

/// What stands for this server among those that make vectors. No provider is called so.
pub(crate) const THIS_SERVER: &str = "this-server";

/// The ways to whoever makes vectors.
pub(crate) struct Vectors {
    connect: ConnectEmbeds,
    /// Where this server's own process is started by whoever connects; there if its package is installed.
    socket: PathBuf,
    /// The connection to it, which keeps it loaded.
    held: Mutex<Option<Arc<Lines>>>,
}

impl std::fmt::Debug for Vectors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Vectors").finish_non_exhaustive()
    }
}

impl Vectors {
    pub(crate) fn new(connect: ConnectEmbeds, socket: PathBuf) -> Self {
        Self { connect, socket, held: Mutex::new(None) }
    }

    /// This server's own process, which is loaded if it is not.
    async fn here(&self, patience: Duration) -> Result<Arc<Lines>, Error> {
        let mut held = self.held.lock().await;
        if let Some(lines) = held.as_ref().filter(|lines| !lines.has_ended()) {
            return Ok(Arc::clone(lines));
        }
        let opened = tokio::time::timeout(patience, async {
            let stream = UnixStream::connect(&self.socket).await.map_err(|error| error.to_string())?;
            let (reading, writing) = stream.into_split();
            Lines::open(reading, writing).await.map_err(|error| error.to_string())
        });
        let opened = opened.await.unwrap_or_else(|_| Err("it did not answer".to_owned()));
        let lines = opened.map_err(|why| {
            let message =
                format!("this server's own vectors can't be had: {why}; is livos-embeddings installed?");
            Error::Refused(problem::of("unreachable", message))
        })?;
        let lines = Arc::new(lines);
        *held = Some(Arc::clone(&lines));
        Ok(lines)
    }

    /// Ends the process once whoever uses it now is done.
    fn rest(&self) {
        // Somebody is just connecting: they will want it for a while.
        if let Ok(mut held) = self.held.try_lock() {
            *held = None;
        }
    }
}

/// Who makes a vector.
#[derive(Debug)]
enum Maker {
    Provider(Arc<dyn Embeds>),
    Here(Arc<Lines>),
}

/// Whoever makes vectors, as the memory asks them.
#[derive(Debug)]
pub(crate) struct OfProvider {
    maker: Maker,
    /// The model at its address: another server may mean something else by the name.
    name: String,
    kept: Kept,
    store: Store,
    clock: Arc<dyn Clock>,
    patience: Duration,
}

impl OfProvider {
    async fn ask(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Problem> {
        let asking = async {
            match &self.maker {
                Maker::Provider(embeds) => {
                    embeds.embed(texts).await.map_err(|error| problem::of_model(&error))
                }
                Maker::Here(lines) => {
                    let vectors = lines.embed(texts).await;
                    let vectors = vectors.map_err(|error| problem::of("unreachable", error.to_string()))?;
                    Ok(Embedded { vectors, tokens: None })
                }
            }
        };
        let asked = tokio::time::timeout(self.patience, asking).await;
        let said = asked.unwrap_or_else(|_| {
            let message = format!("no vectors came within {} s", self.patience.as_secs());
            Err(problem::of("unreachable", message))
        })?;
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

/// What vectors of a model are known by.
fn name_of(place: &str, model: &str) -> String {
    format!("{place} {model}")
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
        let (maker, name) = match &kept.provider {
            Some(provider) => {
                let endpoint = self.providers.endpoint(provider, &kept.model).await?;
                let name = name_of(&endpoint.base_url, &endpoint.model);
                let embeds = (self.vectors.connect)(endpoint);
                let embeds = embeds.map_err(|error| Error::Invalid(error.to_string()))?;
                (Maker::Provider(embeds), name)
            }
            None => {
                let lines = self.vectors.here(patience).await?;
                // An upgrade may have brought another one.
                let name = name_of(THIS_SERVER, lines.model());
                (Maker::Here(lines), name)
            }
        };
        let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
        Ok(OfProvider { maker, name, kept, store, clock, patience })
    }

    /// Who makes vectors, how far that is, and who could.
    pub(crate) async fn embeddings_shown(&self) -> Result<EmbeddingsReply, Error> {
        let mut candidates = self.providers.with_vectors().await?;
        if self.vectors.socket.exists() {
            let label = "This server".to_owned();
            candidates
                .insert(0, VectorProvider { id: THIS_SERVER.to_owned(), label, base_url: String::new() });
        }
        let Some(Kept { provider, model, checked_at, problem }) = self.store.embeddings().await? else {
            return Ok(EmbeddingsReply { embeddings: None, candidates });
        };
        let name = match &provider {
            Some(provider) => name_of(&self.providers.address(provider).await?, &model),
            None => name_of(THIS_SERVER, &model),
        };
        let (entries, embedded) = self.memory.embedded(&name).await?;
        let (calls, tokens) = self.store.embeddings_used(&month(self.clock.now())).await?;
        let provider = provider.unwrap_or_else(|| THIS_SERVER.to_owned());
        let info = EmbeddingsInfo { provider, model, checked_at, problem, entries, embedded, calls, tokens };
        Ok(EmbeddingsReply { embeddings: Some(info), candidates })
    }

    /// Tries a provider's model and, if a vector comes, has it make all of them from now on. This server has but one.
    pub(crate) async fn set_embeddings(&self, provider: &str, model: &str) -> Result<EmbeddingsReply, Error> {
        let checked_at = self.clock.now();
        let (provider, model) = if provider == THIS_SERVER {
            (None, self.vectors.here(TRIED_FOR).await?.model().to_owned())
        } else {
            (Some(provider.to_owned()), model.trim().to_owned())
        };
        if model.is_empty() || model.len() > 200 || model.chars().any(char::is_control) {
            return Err(Error::Invalid("name the model that makes the vectors".to_owned()));
        }
        let kept = Kept { provider, model, checked_at, problem: None };
        let tried = self.made_by(kept.clone(), TRIED_FOR).await?;
        tried.ask(vec!["home server".to_owned()]).await.map_err(Error::Refused)?;
        self.store.keep_embeddings(&kept).await?;
        self.memory.rest();
        self.unembedded.notify_one();
        self.embeddings_shown().await
    }

    /// Nothing that was read or started for searching is kept while nobody asks.
    pub(crate) fn rest(&self) {
        self.memory.rest();
        self.vectors.rest();
    }

    /// Nobody makes vectors from now on. Those there are stay, for when the same model is chosen again.
    pub(crate) async fn remove_embeddings(&self) -> Result<(), Error> {
        self.rest();
        if self.store.remove_embeddings().await? { Ok(()) } else { Err(Error::UnknownEmbeddings) }
    }

    /// Makes vectors whenever something has none.
    pub(crate) async fn embed_as_needed(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = self.embed_all() => self.vectors.rest(),
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
