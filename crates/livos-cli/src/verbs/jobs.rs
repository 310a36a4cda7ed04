//! `livos jobs`

use std::process::ExitCode;

use anyhow::Result;
use livos_bus::JobInfo;

use crate::arguments::{JobsArguments, JobsVerb};
use crate::bus::Bus;
use crate::job;
use crate::output::{Output, plain, table, time};

pub(crate) async fn run(bus: &Bus, arguments: &JobsArguments, output: Output) -> Result<ExitCode> {
    let actor = &bus.actor;
    match arguments.verb.as_ref().unwrap_or(&JobsVerb::List) {
        JobsVerb::List => return list(bus, output).await,
        JobsVerb::Wait { id } => return job::follow(bus, id, output).await,
        JobsVerb::Cancel { id } => job::jobs_of(bus, id).await?.cancel(actor, id).await?,
        JobsVerb::Retry { id } => job::jobs_of(bus, id).await?.retry(actor, id).await?,
        JobsVerb::Dismiss { id } => job::jobs_of(bus, id).await?.dismiss(actor, id).await?,
        JobsVerb::Log { id } => {
            let log = job::jobs_of(bus, id).await?.log(actor, id).await?;
            super::apps::copy(log.into()).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(bus: &Bus, output: Output) -> Result<ExitCode> {
    let mut jobs: Vec<JobInfo> = Vec::new();
    let mut unreachable = Vec::new();
    for service in job::WORKERS {
        match job::jobs(bus, service).await?.list(&bus.actor).await {
            Ok(found) => jobs.extend(found),
            Err(error) => unreachable.push(error),
        }
    }
    // One daemon that is down must not hide the jobs of the other; both being down is an error.
    if unreachable.len() == job::WORKERS.len()
        && let Some(error) = unreachable.pop()
    {
        return Err(error.into());
    }
    for error in &unreachable {
        eprintln!("livos: {}", plain(&error.message));
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.created_at));
    output.print(&jobs, |jobs| {
        if jobs.is_empty() {
            return "Nothing is going on.".to_owned();
        }
        let rows = jobs.iter().map(|job| {
            let state = match job.state.as_str() {
                "running" if job.total > 0 => {
                    format!("running {} %", u128::from(job.done.min(job.total)) * 100 / u128::from(job.total))
                }
                state => state.to_owned(),
            };
            vec![job.id.clone(), state, time(job.created_at), job.title.clone(), job.error_message.clone()]
        });
        table(&["ID", "STATE", "SINCE (UTC)", "WHAT", "ERROR"], rows.collect())
    })?;
    Ok(ExitCode::SUCCESS)
}
