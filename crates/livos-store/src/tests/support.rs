//! A queue over a temporary file with a clock that stands still.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{Backoff, Database, Job, JobContext, JobFailure, KindOptions, NewJob, Queue};
use livos_types::JobId;

/// 2026-01-01T00:00:00Z.
pub(crate) const START_MS: i64 = 1_767_225_600_000;

/// Fails a test that would hang.
pub(crate) async fn soon<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work)
        .await
        .unwrap_or_else(|_| panic!("{what} did not happen"))
}

pub(crate) struct Bench {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) queue: Queue,
    /// What the handlers did, in order.
    pub(crate) done: Arc<Mutex<Vec<String>>>,
    shutdown: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(START_MS));
        let queue = open(&directory, &clock).await;
        Self {
            directory,
            clock,
            queue,
            done: Arc::default(),
            shutdown: CancellationToken::new(),
            running: None,
        }
    }

    /// Registers a handler that notes `payload` (a text) in `done` and then does `then`.
    pub(crate) fn on<Then, Doing>(&self, kind: &str, options: KindOptions, then: Then)
    where
        Then: Fn(JobContext) -> Doing + Send + Sync + 'static,
        Doing: Future<Output = Result<(), JobFailure>> + Send + 'static,
    {
        let done = Arc::clone(&self.done);
        self.queue.register(kind, options, move |context| {
            done.lock().unwrap().push(context.payload::<Option<String>>().unwrap().unwrap_or_default());
            then(context)
        });
    }

    pub(crate) fn run(&mut self) {
        self.running = Some(tokio::spawn(self.queue.clone().run(self.shutdown.clone())));
    }

    /// Stops in order, as a daemon does, and opens the same file again.
    pub(crate) async fn restart(&mut self) {
        self.shutdown.cancel();
        soon("the end of the queue", self.running.take().unwrap()).await.unwrap();
        self.shutdown = CancellationToken::new();
        self.queue = open(&self.directory, &self.clock).await;
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        self.queue.clock_changed();
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub(crate) async fn add(&self, kind: &str, text: &str) -> JobId {
        self.queue.enqueue(NewJob::new(kind, "", text).payload(&text).unwrap()).await.unwrap()
    }

    pub(crate) async fn ended(&self, id: &JobId) -> Job {
        soon("the end of a job", self.queue.finished(id)).await.unwrap().unwrap()
    }

    /// Waits until a job is as `wanted`.
    pub(crate) async fn until(&self, id: &JobId, wanted: impl Fn(&Job) -> bool) -> Job {
        let mut changes = self.queue.subscribe();
        soon("a change of a job", async {
            loop {
                let job = self.queue.get(id).await.unwrap().unwrap();
                if wanted(&job) {
                    return job;
                }
                let _ = changes.recv().await;
            }
        })
        .await
    }

    pub(crate) fn done(&self) -> Vec<String> {
        self.done.lock().unwrap().clone()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

pub(crate) async fn open(directory: &tempfile::TempDir, clock: &Arc<AtomicI64>) -> Queue {
    let database = Database::open(&directory.path().join("test.db"), &[]).await.unwrap();
    let clock = Arc::clone(clock);
    Queue::open(database, "test", Arc::new(move || clock.load(Ordering::SeqCst))).await.unwrap()
}

pub(crate) fn retrying(max_attempts: u32, first: Duration) -> KindOptions {
    KindOptions {
        max_attempts,
        backoff: Backoff { first, limit: Duration::from_secs(60) },
        ..KindOptions::default()
    }
}

pub(crate) async fn ok(_: JobContext) -> Result<(), JobFailure> {
    Ok(())
}
