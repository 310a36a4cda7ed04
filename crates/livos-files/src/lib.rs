//! Browse, open, move and trash files.
//!
//! The only daemon that can open the user's files. It owns the places below the data directory, the trash
//! and files on their way in, and decides who may enter which place. It must not reach the network, call
//! another daemon, or hand out a descriptor of anything but one regular file.

mod bus;
mod core;
mod error;
mod store;

#[cfg(test)]
mod tests;

pub use error::Error;

use std::future::Future;
use std::path::Path;
use std::sync::{Arc, Mutex};

use livos_bus::{Callers, names};
use livos_service::{Chassis, Clock, clock::millis_fn, serve_jobs};
use livos_store::{JobContext, JobFailure, KindOptions, Queue};
use tokio::sync::mpsc;

use crate::core::places::Places;
use crate::core::wallpaper::Wallpapers;
use crate::core::watch::{Told, Watches};
use crate::core::{Faults, Files, Limits, manager, transfer};
use crate::store::Store;

livos_service::job_source!(pub(crate) struct FileJobs(Queue));

/// Serves the bus until shutdown.
pub async fn run(chassis: Chassis) -> Result<(), Error> {
    let (files, told) = open(Ground {
        data: &chassis.config.server.data_dir,
        state: &chassis.state_dir(),
        clock: Arc::clone(&chassis.clock),
        keep_upload_hours: chassis.config.files.upload_keep_hours,
        faults: Faults::default(),
    })
    .await?;
    let callers = Callers::follow(&chassis.bus).await.map_err(Error::Callers)?;
    let (changes, changed) = mpsc::unbounded_channel();
    let watching = {
        let (files, shutdown) = (Arc::clone(&files), chassis.shutdown.clone());
        async move { files.watches.run(told, changes, shutdown).await }
    };
    let signals = bus::serve(&chassis.bus, &files, callers.clone(), changed).await?;
    chassis.tasks.spawn(signals);
    let jobs = FileJobs(files.queue.clone());
    let announcing = serve_jobs(&chassis.bus, names::FILES, jobs, callers, chassis.shutdown.clone()).await?;
    chassis.tasks.spawn(announcing);
    files.recover().await?;
    chassis.tasks.spawn(files.queue.clone().run(chassis.shutdown.clone()));
    let tidying = {
        let (files, shutdown) = (Arc::clone(&files), chassis.shutdown.clone());
        async move { files.tidy_after_jobs(shutdown).await }
    };
    chassis.tasks.spawn(tidying);
    chassis.ready(names::FILES).await?;
    // Without its watches it would show old folders, so it ends with them and is started afresh.
    watching.await
}

/// What the service stands on.
struct Ground<'a> {
    /// The data directory.
    data: &'a Path,
    /// The directory of its own state.
    state: &'a Path,
    clock: Arc<dyn Clock>,
    keep_upload_hours: u64,
    faults: Faults,
}

/// Opens everything and says how the service's jobs are done.
async fn open(ground: Ground<'_>) -> Result<(Arc<Files>, Told), Error> {
    let places = Places::open(ground.data)?;
    let store = Store::open(ground.state).await?;
    let queue = Queue::open(store.database().clone(), names::FILES.short, millis_fn(&ground.clock)).await?;
    let (watches, told) = Watches::new()?;
    let keep_hours = i64::try_from(ground.keep_upload_hours).unwrap_or(i64::MAX);
    let files = Arc::new(Files {
        places: Arc::new(places),
        watches: Arc::new(watches),
        store,
        queue,
        wallpapers: Wallpapers::new(ground.state),
        clock: ground.clock,
        keep_uploads: keep_hours.saturating_mul(3600),
        limits: Limits::default(),
        faults: ground.faults,
        changing: tokio::sync::Mutex::default(),
        searches: Mutex::default(),
    });
    register(&files);
    Ok((files, told))
}

/// Says how each kind of job is done.
fn register(files: &Arc<Files>) {
    // Two at once: a long copy to one disk does not keep a small one to another waiting. Jobs into the same
    // folder wait for each other.
    let two = KindOptions { concurrency: 2, ..KindOptions::default() };
    for kind in [transfer::MOVE, transfer::COPY] {
        register_kind(files, kind, two, |files, context| async move { files.run_transfer(context).await });
    }
    register_kind(files, manager::DELETE, KindOptions::default(), |files, context| async move {
        files.run_delete(context).await
    });
}

fn register_kind<Run, Doing>(files: &Arc<Files>, kind: &str, options: KindOptions, run: Run)
where
    Run: Fn(Arc<Files>, JobContext) -> Doing + Send + Sync + 'static,
    Doing: Future<Output = Result<(), JobFailure>> + Send + 'static,
{
    // Weak, because the service holds the queue that holds this.
    let files_of_job = Arc::downgrade(files);
    files.queue.register(kind, options, move |context| {
        let work = files_of_job.upgrade().map(|files| run(files, context));
        async move {
            match work {
                Some(work) => work.await,
                None => Err(JobFailure::retry("unavailable", "the file service is stopping")),
            }
        }
    });
}
