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

    /// This server's own process for questions, which is loaded if it is not.
    async fn here(&self, patience: Duration) -> Result<Arc<Lines>, Error> {
        within(patience, async {
            let mut held = self.held.lock().await;
            if let Some(lines) = held.as_ref().filter(|lines| !lines.has_ended()) {
                return Ok(Arc::clone(lines));
            }
            let lines = Arc::new(self.open().await?);
            *held = Some(Arc::clone(&lines));
            Ok(lines)
        })
        .await
    }

    /// One by itself: a batch takes long, and no question is to wait for it.
    async fn another(&self, patience: Duration) -> Result<Arc<Lines>, Error> {
        within(patience, async { self.open().await.map(Arc::new) }).await
    }

    async fn open(&self) -> Result<Lines, String> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|error| error.to_string())?;
        let (reading, writing) = stream.into_split();
        Lines::open(reading, writing).await.map_err(|error| error.to_string())
    }

    /// Ends the process once whoever uses it now is done.
    fn rest(&self) {
        // Somebody is just connecting: they will want it for a while.
        if let Ok(mut held) = self.held.try_lock() {
            *held = None;
        }
    }
}

async fn within<T>(patience: Duration, opening: impl Future<Output = Result<T, String>>) -> Result<T, Error> {
    let opened = tokio::time::timeout(patience, opening).await;
    opened.unwrap_or_else(|_| Err("it did not answer".to_owned())).map_err(|why| {
        let message =
            format!("this server's own vectors can't be had: {why}; is livos-embeddings installed?");
        Error::Refused(problem::of("unreachable", message))
    })
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

/// Why no vectors came.
#[derive(Debug)]
struct Failure {
    problem: Problem,
    /// Others might be taken.
    of_these: bool,
}

impl Failure {
    fn of(error: &livos_llm::Error) -> Self {
        use livos_llm::Error as E;
        // What some servers answer to a text that is too long for their model.
        let of_these = matches!(
            error,
            E::ContextTooLong { .. }
                | E::ContentRefused { .. }
                | E::Refused { status: 400 | 413 | 422 | 500, .. }
        );
        Self { problem: problem::of_model(error), of_these }
    }

    fn unreachable(why: String) -> Self {
        Self { problem: problem::of("unreachable", why), of_these: false }
    }
}

impl OfProvider {
    async fn ask(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        // Before it is sent: what breaks off may have been paid for.
        self.count(1, 0).await;
        let asking = async {
            match &self.maker {
                Maker::Provider(embeds) => embeds.embed(texts).await.map_err(|error| Failure::of(&error)),
                Maker::Here(lines) => {
                    let vectors = lines.embed(texts).await;
                    let vectors = vectors.map_err(|error| Failure::unreachable(error.to_string()))?;
                    Ok(Embedded { vectors, tokens: None })
                }
            }
        };
        let asked = tokio::time::timeout(self.patience, asking).await;
        let said = asked.unwrap_or_else(|_| {
            Err(Failure::unreachable(format!("no vectors came within {} s", self.patience.as_secs())))
        })?;
        if let Some(tokens) = said.tokens {
            self.count(0, tokens).await;
        }
        Ok(said.vectors)
    }

    async fn count(&self, calls: u32, tokens: u64) {
        let month = month(self.clock.now());
        if let Err(error) = self.store.count_embeddings(&month, &self.name, calls, tokens).await {
            tracing::warn!(error = livos_service::chain(&error), "what vectors took was not counted");
        }
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
            // One refused text says nothing of the provider.
            if !outcome.as_ref().is_err_and(|failure| failure.of_these) {
                self.note(outcome.as_ref().err().map(|failure| &failure.problem)).await;
            }
            outcome.map_err(|Failure { problem, of_these }| Unembedded { why: problem.message, of_these })
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
    /// Who makes vectors for questions, if anybody does. An error is kept with the setting, and means words alone.
    pub(crate) async fn embedder(&self) -> Result<Option<OfProvider>, Error> {
        let Some(kept) = self.store.embeddings().await? else { return Ok(None) };
        let made = self.made_by(kept.clone(), QUESTION, false).await;
        if let Err(error) = &made {
            self.note_unreachable(&kept, error).await;
        }
        made.map(Some)
    }

    async fn note_unreachable(&self, kept: &Kept, error: &Error) {
        tracing::warn!(error = livos_service::chain(error), "whoever makes vectors can't be asked");
        let problem = match error {
            Error::Refused(problem) => problem.clone(),
            other => problem::of("unreachable", other.to_string()),
        };
        let noted = self.store.note_embeddings(kept, Some(&problem), self.clock.now()).await;
        if let Err(error) = noted {
            tracing::warn!(error = livos_service::chain(&error), "how vectors were made was not kept");
        }
    }

    async fn made_by(&self, kept: Kept, patience: Duration, filling: bool) -> Result<OfProvider, Error> {
        let (maker, name) = match &kept.provider {
            Some(provider) => {
                let endpoint = self.providers.endpoint(provider, &kept.model).await?;
                let name = name_of(&endpoint.base_url, &endpoint.model);
                let embeds = (self.vectors.connect)(endpoint);
                let embeds = embeds.map_err(|error| Error::Invalid(error.to_string()))?;
                (Maker::Provider(embeds), name)
            }
            None => {
                let lines = if filling {
                    self.vectors.another(patience).await?
                } else {
                    self.vectors.here(patience).await?
                };
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
        let tried = self.made_by(kept.clone(), TRIED_FOR, false).await?;
        let vectors = tried.ask(vec!["home server".to_owned()]).await;
        let vectors = vectors.map_err(|failure| Error::Refused(failure.problem))?;
        self.memory.expect(&tried.name, vectors.first().map_or(0, Vec::len)).await?;
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

    /// Until everything has a vector, no more come, or somebody else is to make them.
    pub(crate) async fn embed_all(&self) {
        let outcome = async {
            let Some(kept) = self.store.embeddings().await? else { return Ok(()) };
            let made = self.made_by(kept.clone(), BATCH, true).await;
            match made {
                Ok(maker) => self.embed_with(&kept, maker).await,
                Err(error) => {
                    self.note_unreachable(&kept, &error).await;
                    Ok(())
                }
            }
        };
        if let Err(error) = outcome.await {
            tracing::error!(error = livos_service::chain(&error), "vectors could not be kept");
        }
    }

    async fn embed_with(&self, kept: &Kept, mut maker: OfProvider) -> Result<(), Error> {
        let mut next = None;
        loop {
            match self.memory.embed_some(&maker, next).await {
                Ok(progress) if progress.next.is_none() => return Ok(()),
                Ok(progress) => next = progress.next,
                // Kept with the setting, where people see it.
                Err(EmbedError::Embedder(why)) => {
                    tracing::warn!(error = %why, "what is remembered got no vectors; the next note tries again");
                    if self.store.embeddings().await?.is_some_and(|now| now.problem.is_none()) {
                        let problem = problem::of("unreachable", why.to_string());
                        self.store.note_embeddings(kept, Some(&problem), self.clock.now()).await?;
                    }
                    return Ok(());
                }
                Err(EmbedError::Memory(error)) => return Err(error.into()),
            }
            // Whoever was switched off or changed meanwhile gets nothing more.
            let now = self.store.embeddings().await?;
            let same = |now: &Kept| (&now.provider, &now.model) == (&kept.provider, &kept.model);
            if !now.is_some_and(|now| same(&now)) {
                return Ok(());
            }
            if kept.provider.is_some() {
                let name = maker.name;
                maker = self.made_by(kept.clone(), BATCH, true).await?;
                if maker.name != name {
                    next = None;
                }
            }
        }
    }
}
