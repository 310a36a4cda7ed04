//! A command in a container, for whoever wants its end and what it said: without a terminal, bounded in time and words.
//!
//! The engine lets a program run on when nobody waits any more. So each has a variable that nothing else has, and when
//! its time is over, whatever has that is ended from inside, if the container has a shell to do it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use livos_bus::documents::ContainerRan;
use livos_docker::{EngineError, RunIn};
use tokio::sync::Semaphore;

use super::Apps;
use crate::Error;
use crate::error::{engine, refused};

/// More at the same time are too many.
const MOST: usize = 4;
/// So much of each stream is kept, in bytes.
const MOST_OUTPUT: usize = 7 * 1024;
/// What marks it.
const MARK: &str = "LIVOS_COMMAND";
/// Ends what has the mark. It can't be in this shell's own surroundings: it is an argument here.
pub(crate) const END_MARKED: &str = "for process in /proc/[0-9]*; do \
    if tr '\\000' '\\n' <\"$process/environ\" 2>/dev/null | grep -qx \"$1\"; then kill -9 \"${process#/proc/}\"; fi; \
    done; :";
/// So long is waited for that.
const PATIENCE: Duration = Duration::from_secs(10);

/// Those that run.
#[derive(Debug)]
pub(super) struct Commands(Arc<Semaphore>);

impl Default for Commands {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

impl Apps {
    /// Runs a command; what is answered first is whether it can be, and then, as it ends, a [`ContainerRan`] in bytes. What
    /// broke off in between has none.
    pub(crate) async fn run_in_container(
        &self,
        container: &str,
        command: Vec<String>,
        seconds: u32,
    ) -> Result<impl Future<Output = Bytes> + Send + use<>, Error> {
        if let Some(why) = livos_policy::no_command(&command, seconds) {
            return Err(refused("invalid", why));
        }
        let place = Arc::clone(&self.commands.0).try_acquire_owned().map_err(|_| {
            refused(
                "conflict",
                format!("{MOST} commands run in containers already; try again when one has ended"),
            )
        })?;
        let found = self.ports.engine.inspect_container(container).await;
        let found = found.map_err(engine(format!("cannot run a command in {container}")))?;
        let found = found.ok_or_else(|| refused("not_found", "this container is gone"))?;
        if !found.state.is_running() {
            return Err(refused("conflict", "this container does not run; start it first"));
        }
        let (apps, container) = (self.clone(), container.to_owned());
        Ok(async move {
            let _place = place;
            let ran = apps.ran(&container, command, seconds).await;
            match ran.map(|ran| serde_json::to_vec(&ran)) {
                Ok(Ok(bytes)) => bytes.into(),
                Ok(Err(error)) => {
                    tracing::error!(%error, "how a command ended can't be written");
                    Bytes::new()
                }
                Err(error) => {
                    tracing::warn!(error = livos_service::chain(&error), "how a command ended is not known");
                    Bytes::new()
                }
            }
        })
    }

    async fn ran(
        &self,
        container: &str,
        command: Vec<String>,
        seconds: u32,
    ) -> Result<ContainerRan, EngineError> {
        let mark = format!("{MARK}={:032x}", rand::random::<u128>());
        let what = RunIn {
            command,
            env: vec![mark.clone()],
            most_output: MOST_OUTPUT.saturating_add(1),
            patience: Some(Duration::from_secs(u64::from(seconds))),
            ..RunIn::default()
        };
        let ran = self.ports.engine.run_in(container, &what).await?;
        let ended = ran.timed_out && self.end_marked(container, mark).await;
        let more = ran.stdout.len() > MOST_OUTPUT || ran.stderr.len() > MOST_OUTPUT;
        let text = |bytes: &[u8]| {
            let kept = bytes.get(..MOST_OUTPUT).unwrap_or(bytes);
            String::from_utf8_lossy(kept).into_owned()
        };
        let code = (!ran.timed_out).then_some(ran.code);
        Ok(ContainerRan { code, stdout: text(&ran.stdout), stderr: text(&ran.stderr), more, ended })
    }

    /// Ends what has this mark; false if nobody could.
    async fn end_marked(&self, container: &str, mark: String) -> bool {
        let command = ["/bin/sh", "-c", END_MARKED, "end"].map(str::to_owned);
        let command = command.into_iter().chain([mark]).collect();
        let what = RunIn { command, patience: Some(PATIENCE), ..RunIn::default() };
        match self.ports.engine.run_in(container, &what).await {
            Ok(ran) => ran.code == 0 && !ran.timed_out,
            // The container may be gone, and the command with it.
            Err(error) => {
                tracing::debug!(%error, "a command whose time was over was not ended");
                false
            }
        }
    }
}
