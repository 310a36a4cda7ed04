//! `io.livos.Jobs1`, once for every daemon that has jobs.
//!
//! The queue lives in `livos-store`, which knows nothing of the bus, and this crate knows nothing
//! of databases: a daemon joins the two with [`job_source!`](crate::job_source).

use std::collections::HashMap;
use std::future::Future;
use std::io::{Seek, Write};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use livos_bus::names::Service;
use livos_bus::{Actor, Callers, JobInfo};
use livos_policy::{Action, decide};
use livos_types::JobId;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, interface};

use crate::{Error, chain};

/// One job is announced at most this often; the last change is always announced.
const ANNOUNCE_EVERY: Duration = Duration::from_millis(200);

/// What a [`JobSource`] answers.
pub type JobFuture<'a, T> = Pin<Box<dyn Future<Output = livos_bus::Result<T>> + Send + 'a>>;

/// Where jobs are kept.
pub trait JobSource: Send + Sync + 'static {
    /// Unfinished jobs and finished ones that nobody dismissed, newest first.
    fn list(&self) -> JobFuture<'_, Vec<JobInfo>>;
    /// One job.
    fn get<'a>(&'a self, id: &'a JobId) -> JobFuture<'a, Option<JobInfo>>;
    /// Stops it.
    fn cancel<'a>(&'a self, id: &'a JobId) -> JobFuture<'a, ()>;
    /// Puts a failed one in the queue again.
    fn retry<'a>(&'a self, id: &'a JobId) -> JobFuture<'a, ()>;
    /// Forgets a finished one.
    fn dismiss<'a>(&'a self, id: &'a JobId) -> JobFuture<'a, ()>;
    /// What it wrote.
    fn log<'a>(&'a self, id: &'a JobId) -> JobFuture<'a, String>;
    /// Ids of jobs that changed.
    fn changes(&self) -> broadcast::Receiver<JobId>;
}

/// Makes a newtype over `livos_store::Queue` a [`JobSource`](crate::jobs::JobSource).
///
/// ```ignore
/// livos_service::job_source!(pub(crate) struct AppJobs(livos_store::Queue));
/// serve_jobs(&connection, names::APPS, AppJobs(queue), callers, shutdown).await?;
/// ```
///
/// A macro, because both crates are of the same layer and must not know each other; the daemon
/// that uses it knows both.
#[macro_export]
macro_rules! job_source {
    ($visibility:vis struct $name:ident($queue:ty)) => {
        /// The queue as the bus sees it.
        #[derive(Debug, Clone)]
        $visibility struct $name($visibility $queue);

        impl $name {
            fn info(job: ::livos_store::Job) -> ::livos_bus::JobInfo {
                ::livos_bus::JobInfo {
                    id: job.id.to_string(),
                    kind: job.kind,
                    subject: job.subject,
                    title: job.title,
                    state: job.state.as_str().to_owned(),
                    step: job.progress.step,
                    step_index: job.progress.step_index,
                    step_count: job.progress.step_count,
                    done: job.progress.done,
                    total: job.progress.total,
                    unit: job.progress.unit,
                    rate: job.rate,
                    detail: job.progress.detail,
                    error_code: job.error_code,
                    error_message: job.error_message,
                    started_by: job.started_by,
                    created_at: job.created_at,
                    started_at: job.started_at,
                    finished_at: job.finished_at,
                    cancellable: job.cancellable,
                    retryable: job.retryable,
                }
            }

            fn failed(error: ::livos_store::Error) -> ::livos_bus::Error {
                if error.is_full() {
                    return ::livos_bus::Error::unavailable(
                        "the disk is full; free some space and try again",
                    ).with_code(::livos_bus::codes::NO_SPACE);
                }
                ::livos_bus::Error::internal($crate::chain(&error))
            }

            fn answer(answer: ::livos_store::Answer) -> ::livos_bus::Result<()> {
                match answer {
                    ::livos_store::Answer::Done => Ok(()),
                    ::livos_store::Answer::NotFound => Err(::livos_bus::Error::not_found("there is no such job")),
                    ::livos_store::Answer::Refused(why) => Err(::livos_bus::Error::conflict(why)),
                }
            }
        }

        impl $crate::jobs::JobSource for $name {
            fn list(&self) -> $crate::jobs::JobFuture<'_, Vec<::livos_bus::JobInfo>> {
                Box::pin(async move {
                    let jobs = self.0.list().await.map_err(Self::failed)?;
                    Ok(jobs.into_iter().map(Self::info).collect())
                })
            }
            fn get<'a>(&'a self, id: &'a ::livos_types::JobId) -> $crate::jobs::JobFuture<'a, Option<::livos_bus::JobInfo>> {
                Box::pin(async move { Ok(self.0.get(id).await.map_err(Self::failed)?.map(Self::info)) })
            }
            fn cancel<'a>(&'a self, id: &'a ::livos_types::JobId) -> $crate::jobs::JobFuture<'a, ()> {
                Box::pin(async move { Self::answer(self.0.cancel(id).await.map_err(Self::failed)?) })
            }
            fn retry<'a>(&'a self, id: &'a ::livos_types::JobId) -> $crate::jobs::JobFuture<'a, ()> {
                Box::pin(async move { Self::answer(self.0.retry(id).await.map_err(Self::failed)?) })
            }
            fn dismiss<'a>(&'a self, id: &'a ::livos_types::JobId) -> $crate::jobs::JobFuture<'a, ()> {
                Box::pin(async move { Self::answer(self.0.dismiss(id).await.map_err(Self::failed)?) })
            }
            fn log<'a>(&'a self, id: &'a ::livos_types::JobId) -> $crate::jobs::JobFuture<'a, String> {
                Box::pin(async move { self.0.log(id).await.map_err(Self::failed) })
            }
            fn changes(&self) -> ::tokio::sync::broadcast::Receiver<::livos_types::JobId> {
                self.0.subscribe()
            }
        }
    };
}

struct JobsInterface {
    source: Arc<dyn JobSource>,
    callers: Callers,
}

impl JobsInterface {
    /// The job, if this person may see it. To others it does not exist, so that ids tell nothing.
    async fn visible(
        &self,
        header: &Header<'_>,
        actor: &Actor,
        id: &str,
    ) -> livos_bus::Result<(JobId, JobInfo)> {
        self.callers.require_speaker(header).await?;
        let not_found = || livos_bus::Error::not_found(format!("there is no job {id:?}"));
        let job_id: JobId = id.parse().map_err(|_| not_found())?;
        let job = self.source.get(&job_id).await?.filter(|job| may_see(actor, job)).ok_or_else(not_found)?;
        Ok((job_id, job))
    }
}

fn may_see(actor: &Actor, job: &JobInfo) -> bool {
    job.started_by == actor.job_owner()
        || decide(actor.role, actor.username.as_str(), Action::SeeAllJobs).is_allowed()
}

#[interface(name = "io.livos.Jobs1")]
impl JobsInterface {
    async fn list(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
    ) -> livos_bus::Result<Vec<JobInfo>> {
        self.callers.require_speaker(&header).await?;
        let mut jobs = self.source.list().await?;
        jobs.retain(|job| may_see(&actor, job));
        Ok(jobs)
    }

    async fn get(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> livos_bus::Result<JobInfo> {
        Ok(self.visible(&header, &actor, &id).await?.1)
    }

    async fn cancel(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> livos_bus::Result<()> {
        let (id, _) = self.visible(&header, &actor, &id).await?;
        self.source.cancel(&id).await
    }

    async fn retry(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> livos_bus::Result<()> {
        let (id, job) = self.visible(&header, &actor, &id).await?;
        // The one who started it may have lost the right to since.
        if !decide(actor.role, actor.username.as_str(), Action::RetryJob(&job.kind)).is_allowed() {
            return Err(livos_bus::Error::denied("only those who run this server may do this again"));
        }
        self.source.retry(&id).await
    }

    async fn dismiss(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> livos_bus::Result<()> {
        let (id, _) = self.visible(&header, &actor, &id).await?;
        self.source.dismiss(&id).await
    }

    async fn log(
        &self,
        #[zbus(header)] header: Header<'_>,
        actor: Actor,
        id: String,
    ) -> livos_bus::Result<zbus::OwnedFd> {
        let (id, _) = self.visible(&header, &actor, &id).await?;
        let text = self.source.log(&id).await?;
        let descriptor = in_memory(text.as_bytes())
            .map_err(|error| livos_bus::Error::internal(format!("cannot pass a job's log: {error}")))?;
        Ok(descriptor.into())
    }

    #[zbus(signal)]
    async fn job_changed(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;
}

/// Bytes as a descriptor that ends where they do.
fn in_memory(bytes: &[u8]) -> std::io::Result<OwnedFd> {
    let memory = rustix::fs::memfd_create("livos-job-log", rustix::fs::MemfdFlags::CLOEXEC)?;
    let mut file = std::fs::File::from(memory);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(file.into())
}

/// Serves Jobs for `service`. The future announces changes until `shutdown`: spawn it on the
/// daemon's task tracker.
pub async fn serve_jobs(
    connection: &Connection,
    service: Service,
    source: impl JobSource,
    callers: Callers,
    shutdown: CancellationToken,
) -> Result<Pin<Box<dyn Future<Output = ()> + Send>>, Error> {
    let failed = |source| Error::Serve { name: "Jobs".to_owned(), source: Box::new(source) };
    let source: Arc<dyn JobSource> = Arc::new(source);
    let changes = source.changes();
    let interface = JobsInterface { source: Arc::clone(&source), callers };
    connection.object_server().at(service.path, interface).await.map_err(failed)?;
    let emitter = SignalEmitter::new(connection, service.path).map_err(failed)?.into_owned();
    Ok(Box::pin(announce(emitter, source, changes, shutdown)))
}

/// Turns the changes of a source into signals, joined per job.
async fn announce(
    emitter: SignalEmitter<'static>,
    source: Arc<dyn JobSource>,
    mut changes: broadcast::Receiver<JobId>,
    shutdown: CancellationToken,
) {
    let mut quiet_until: HashMap<JobId, (Instant, bool)> = HashMap::new();
    loop {
        let next = quiet_until.values().map(|(until, _)| *until).min();
        let timer = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        let mut due = Vec::new();
        tokio::select! {
            () = shutdown.cancelled() => return,
            change = changes.recv() => match change {
                Ok(id) => match quiet_until.get_mut(&id) {
                    Some((_, waiting)) => *waiting = true,
                    None => due.push(id),
                },
                // Some were missed; the jobs that are there cover all that matters.
                Err(RecvError::Lagged(_)) => match source.list().await {
                    Ok(jobs) => due.extend(jobs.iter().filter_map(JobInfo::job_id)),
                    Err(error) => tracing::warn!(%error, "changes of jobs were missed"),
                },
                Err(RecvError::Closed) => return,
            },
            () = timer => {
                let now = Instant::now();
                quiet_until.retain(|id, (until, waiting)| {
                    if *until > now {
                        return true;
                    }
                    if *waiting {
                        due.push(id.clone());
                    }
                    false
                });
            }
        }
        for id in due {
            if let Err(error) = JobsInterface::job_changed(&emitter, &id.to_string()).await {
                tracing::debug!(error = chain(&error), job = %id, "a change was not announced");
            }
            quiet_until.insert(id, (Instant::now() + ANNOUNCE_EVERY, false));
        }
    }
}
