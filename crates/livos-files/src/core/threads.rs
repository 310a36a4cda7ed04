//! Where blocking work runs.

use std::io;

use crate::error::Error;

/// Work of a few system calls, on the runtime's small pool.
pub(crate) async fn short<T, Work>(work: Work) -> Result<T, Error>
where
    T: Send + 'static,
    Work: FnOnce() -> Result<T, Error> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(error) => Err(Error::Worker(io::Error::other(error))),
    }
}

/// Work that takes its time, on a thread of its own that gives way to everybody else. So the pool stays
/// free for short work, and the owner of a huge folder doesn't slow the others down.
pub(crate) async fn long<T, Work>(name: &str, work: Work) -> Result<T, Error>
where
    T: Send + 'static,
    Work: FnOnce() -> Result<T, Error> + Send + 'static,
{
    let (done, result) = tokio::sync::oneshot::channel();
    spawn(name, move || {
        // Nobody waits any more only when the daemon stops.
        let _ = done.send(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)));
    })?;
    match result.await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => Err(Error::Worker(io::Error::other(error))),
    }
}

/// A thread that nobody waits for: it ends with its pipe or with the process.
pub(crate) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    let run = move || {
        // For a thread of Linux, "this process" is the thread. Refusal costs fairness, not the result.
        let _ = rustix::process::setpriority_process(None, 10);
        work();
    };
    std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(512 * 1024)
        .spawn(run)
        .map(drop)
        .map_err(Error::Worker)
}
