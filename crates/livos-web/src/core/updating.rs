//! An update of LivOS as a job among others, so that every device shows how far it is.

use livos_bus::JobInfo;
use livos_bus::documents::UpdateStatus;
use livos_types::JobId;

/// What goes on in each state: the step's word for the desktop, and which one it is.
const STEPS: [(&str, &str, u32); 5] = [
    ("downloading", "downloading", 1),
    ("saving", "saving", 2),
    ("installing", "installing", 3),
    ("judging", "proving", 4),
    ("returning", "returning", 4),
];
const STEP_COUNT: u32 = 4;

/// The update that goes on, or how the last one ended; `None` if there was none.
pub(crate) fn job_of(status: &UpdateStatus) -> Option<JobInfo> {
    let step = STEPS.iter().find(|(state, ..)| *state == status.state);
    let state = match (step, status.last.result.as_str()) {
        (Some(_), _) => "running",
        (None, "") => return None,
        (None, "done") => "succeeded",
        (None, _) => "failed",
    };
    let (_, word, index) = step.copied().unwrap_or(("", "", STEP_COUNT));
    let failed = state == "failed";
    // On the appliance nobody looks first.
    let begun = if status.checked_at == 0 { status.last.at } else { status.checked_at };
    Some(JobInfo {
        // Each update follows a look of its own.
        id: JobId::new("host", begun).to_string(),
        kind: "system.update".to_owned(),
        subject: "livos".to_owned(),
        title: "Update LivOS".to_owned(),
        state: state.to_owned(),
        step: word.to_owned(),
        step_index: index,
        step_count: STEP_COUNT,
        done: u64::from(status.percent),
        total: if status.percent > 0 { 100 } else { 0 },
        unit: String::new(),
        rate: 0,
        detail: status.detail.clone(),
        error_code: if failed { status.last.result.clone() } else { String::new() },
        error_message: if failed { why(status) } else { String::new() },
        started_by: String::new(),
        created_at: begun,
        started_at: begun,
        finished_at: if state == "running" { 0 } else { status.last.at },
        cancellable: false,
        retryable: false,
    })
}

/// Whether it still goes on.
pub(crate) fn goes_on(job: &JobInfo) -> bool {
    job.state == "running"
}

fn why(status: &UpdateStatus) -> String {
    let last = &status.last;
    let first = if last.result == "returned" {
        format!("LivOS {} did not work, so {} is back.", last.to, last.from)
    } else {
        format!("LivOS {} did not work, and {} could not be put back.", last.to, last.from)
    };
    std::iter::once(first.as_str())
        .chain(last.reasons.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use livos_bus::documents::UpdateOutcome;

    use super::*;

    #[test]
    fn an_update_is_a_job_from_the_download_to_its_end() {
        let mut status = UpdateStatus { state: "idle".to_owned(), checked_at: 7, ..UpdateStatus::default() };
        assert_eq!(job_of(&status), None);
        status.state = "checking".to_owned();
        assert_eq!(job_of(&status), None, "to look is not to update");
        status.state = "judging".to_owned();
        let job = job_of(&status).unwrap();
        assert_eq!(
            (job.id.as_str(), job.state.as_str(), job.step.as_str()),
            ("host-7", "running", "proving")
        );
        assert!(goes_on(&job));
        status.state = "idle".to_owned();
        status.last = UpdateOutcome {
            result: "returned".to_owned(),
            from: "1".to_owned(),
            to: "2".to_owned(),
            reasons: vec!["livos-web does not run.".to_owned()],
            at: 9,
        };
        let job = job_of(&status).unwrap();
        assert_eq!((job.state.as_str(), job.finished_at), ("failed", 9));
        assert_eq!(job.error_message, "LivOS 2 did not work, so 1 is back. livos-web does not run.");
        status.last.result = "done".to_owned();
        assert_eq!(job_of(&status).unwrap().state, "succeeded");
    }
}
