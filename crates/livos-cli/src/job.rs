//! Following a job to its end.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use futures_util::StreamExt as _;
use livos_bus::names::{self, Service};
use livos_bus::{JobInfo, JobsProxy};

use crate::bus::Bus;
use crate::output::{Output, bytes, plain};

/// The daemons that have jobs.
pub(crate) const WORKERS: [Service; 2] = [names::APPS, names::FILES];

/// The jobs of the daemon that a job's id names: `apps-12`.
pub(crate) async fn jobs_of<'a>(bus: &'a Bus, id: &str) -> Result<JobsProxy<'a>> {
    let short = id.split_once('-').map_or(id, |(short, _)| short);
    let service = WORKERS
        .into_iter()
        .find(|service| service.short == short)
        .ok_or_else(|| livos_bus::Error::not_found(format!("there is no job {id:?}")))?;
    jobs(bus, service).await
}

/// The jobs of one daemon.
pub(crate) async fn jobs(bus: &Bus, service: Service) -> Result<JobsProxy<'_>> {
    let builder = JobsProxy::builder(&bus.connection).destination(service.bus_name).path(service.path);
    Ok(builder.cache_properties(zbus::proxy::CacheProperties::No).build().await?)
}

/// Shows how a job goes until it ends. The exit code says how it ended.
pub(crate) async fn follow(bus: &Bus, id: &str, output: Output) -> Result<ExitCode> {
    let jobs = jobs_of(bus, id).await?;
    // Listen first: what happens after the first look must not be missed.
    let mut changes = jobs.receive_job_changed().await?;
    let mut line = Line::new(output);
    let mut job = jobs.get(&bus.actor, id).await?;
    while matches!(job.state.as_str(), "queued" | "running") {
        line.show(&describe(&job))?;
        let change = changes.next().await.context("the daemon stopped announcing its jobs")?;
        if *change.args()?.id() == id {
            job = jobs.get(&bus.actor, id).await?;
        }
    }
    line.clear()?;
    let succeeded = job.state == "succeeded";
    output.print(&job, |job| match job.state.as_str() {
        "succeeded" => format!("{}: done", plain(&job.title)),
        "cancelled" => format!("{}: cancelled", plain(&job.title)),
        _ => String::new(),
    })?;
    if job.state == "failed" && !output.json {
        eprintln!("livos: {}: {}", plain(&job.title), plain(&job.error_message));
    }
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Waits for the job unless told not to.
pub(crate) async fn started(bus: &Bus, id: &str, no_wait: bool, output: Output) -> Result<ExitCode> {
    if no_wait {
        output.print(&serde_json::json!({ "job_id": id }), |_| {
            format!("started as {id}; `livos jobs wait {id}` follows it")
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    follow(bus, id, output).await
}

/// A line that is written over and over, when somebody watches.
pub(crate) struct Line {
    output: Output,
    width: usize,
}

impl Line {
    pub(crate) fn new(output: Output) -> Self {
        Self { output, width: 0 }
    }

    pub(crate) fn show(&mut self, text: &str) -> Result<()> {
        if !self.output.watched {
            return Ok(());
        }
        let blank = self.width.saturating_sub(text.chars().count());
        self.width = text.chars().count();
        let mut err = std::io::stderr().lock();
        write!(err, "\r{text}{}", " ".repeat(blank))?;
        Ok(err.flush()?)
    }

    pub(crate) fn clear(&self) -> Result<()> {
        if self.width > 0 {
            write!(std::io::stderr().lock(), "\r{}\r", " ".repeat(self.width))?;
        }
        Ok(())
    }
}

/// `Install Jellyfin  downloading [######        ] 41 %  52.0 MiB of 126.1 MiB  8.1 MiB/s`
pub(crate) fn describe(job: &JobInfo) -> String {
    const WIDTH: u64 = 24;
    let mut text = plain(&job.title);
    let step = if job.step.is_empty() { &job.state } else { &job.step };
    text += &format!("  {}", plain(step));
    if job.total > 0 {
        let done = job.done.min(job.total);
        let filled =
            usize::try_from(u128::from(done) * u128::from(WIDTH) / u128::from(job.total)).unwrap_or(0);
        let empty = usize::try_from(WIDTH).unwrap_or(0).saturating_sub(filled);
        let percent = u128::from(done) * 100 / u128::from(job.total);
        text += &format!(" [{}{}] {percent} %", "#".repeat(filled), " ".repeat(empty));
        if job.unit == "bytes" {
            text += &format!("  {} of {}", bytes(done), bytes(job.total));
            if job.rate > 0 {
                text += &format!("  {}/s", bytes(job.rate));
            }
        } else {
            text += &format!("  {done} of {} {}", job.total, plain(&job.unit));
        }
    }
    if !job.detail.is_empty() {
        text += &format!("  {}", plain(&job.detail));
    }
    text
}

#[cfg(test)]
mod tests {
    use livos_bus::JobInfo;

    #[test]
    fn a_job_is_one_line() {
        let mut job: JobInfo = serde_json::from_value(serde_json::json!({
            "id": "apps-1", "kind": "app.install", "subject": "jellyfin", "title": "Install Jellyfin",
            "state": "running", "step": "downloading", "step_index": 1, "step_count": 3, "done": 50, "total": 100,
            "unit": "bytes", "rate": 2048, "detail": "", "error_code": "", "error_message": "", "started_by": "",
            "created_at": 0, "started_at": 0, "finished_at": 0, "cancellable": true, "retryable": false,
        }))
        .expect("a job");
        let bar = format!("[{}{}]", "#".repeat(12), " ".repeat(12));
        let wanted = format!("Install Jellyfin  downloading {bar} 50 %  50 B of 100 B  2.0 KiB/s");
        assert_eq!(super::describe(&job), wanted);
        job.total = 0;
        assert_eq!(super::describe(&job), "Install Jellyfin  downloading");
        (job.total, job.done) = (3, 9);
        job.unit = "items".to_owned();
        assert!(super::describe(&job).ends_with("100 %  3 of 3 items"), "more than all is all");
    }
}
