//! A command in a container.

use std::time::Duration;

use bollard::container::LogOutput;
use bollard::errors::Error as ClientError;
use bollard::exec::{CreateExecOptions, StartExecResults};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::classify::Call;
use super::{BollardEngine, QUICK, plausible_name};
use crate::error::{EngineError, Result};
use crate::run_in::{RanIn, RunIn, keep};

/// What a shell says of a program that cannot be run, as Docker does.
const CANNOT_RUN: i64 = 127;

/// Newer daemons refuse what older ones run in vain.
fn cannot_run(error: &ClientError) -> Option<String> {
    match error {
        ClientError::DockerResponseServerError { status_code: 400 | 500, message }
            if message.contains("exec failed") =>
        {
            Some(message.clone())
        }
        _ => None,
    }
}

impl BollardEngine {
    pub(super) async fn ran_in(&self, container: &str, what: &RunIn) -> Result<RanIn> {
        let name = plausible_name("run a command in a container", "container", container)?;
        let call = Call::new("run a command in a container", "container", name);
        let options = CreateExecOptions {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(what.command.clone()),
            env: (!what.env.is_empty()).then(|| what.env.clone()),
            user: what.user.clone(),
            working_dir: what.working_dir.clone(),
            ..CreateExecOptions::default()
        };
        let made = self.call(&call, QUICK, |docker| docker.create_exec(name, options)).await?;
        let docker = self.client().await?;
        let started = timeout(QUICK, docker.start_exec(&made.id, None))
            .await
            .map_err(|_| EngineError::TimedOut { operation: call.operation.to_owned(), limit: QUICK })?;
        let mut ran = RanIn::default();
        let mut output = match started {
            Ok(StartExecResults::Attached { output, .. }) => output,
            Ok(StartExecResults::Detached) => return Ok(ran),
            Err(error) => match cannot_run(&error) {
                Some(message) => return Ok(RanIn { code: CANNOT_RUN, stderr: message.into_bytes(), ..ran }),
                None => return Err(self.sort(&call, error).await),
            },
        };
        // Far enough away where nobody said how long.
        let until = Instant::now() + what.patience.unwrap_or(Duration::from_secs(365 * 24 * 60 * 60));
        loop {
            let piece = match timeout_at(until, output.next()).await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(_) => return Ok(RanIn { timed_out: true, ..ran }),
            };
            match piece {
                Ok(LogOutput::StdErr { message }) => keep(&mut ran.stderr, &message, what.most_output),
                Ok(piece) => keep(&mut ran.stdout, &piece.into_bytes(), what.most_output),
                Err(error) => return Err(self.sort(&call, error).await),
            }
        }
        drop(output);
        let ended = self.call(&call, QUICK, |docker| docker.inspect_exec(&made.id)).await?;
        // It is known once the output has ended; what is still said to run was left behind by it.
        ran.code = ended.exit_code.unwrap_or_default();
        Ok(ran)
    }
}
