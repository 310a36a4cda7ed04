use std::time::Duration;

use chrono::DateTime;

use super::support::{Bench, ok, soon};
use crate::{Error, KindOptions, NewJob, Schedule};

fn schedule(cron: &str, time_zone: &str) -> Schedule {
    Schedule {
        name: "nightly".into(),
        cron: cron.into(),
        time_zone: time_zone.into(),
        job: NewJob::new("backup", "", "Back up"),
    }
}

/// Times after `from`, one after the other.
#[track_caller]
fn check(cron: &str, zone: &str, from: &str, expected: &[&str]) {
    let schedule = schedule(cron, zone);
    let mut now = DateTime::parse_from_rfc3339(from).unwrap().timestamp_millis();
    let mut found = Vec::new();
    for _ in expected {
        now = schedule.next_after_ms(now).unwrap();
        found.push(
            DateTime::from_timestamp_millis(now).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        );
    }
    assert_eq!(found, expected);
}

#[test]
fn a_time_of_day_follows_the_clock_on_the_wall() {
    check(
        "30 3 * * *",
        "Europe/Berlin",
        "2026-03-27T12:00:00Z",
        &["2026-03-28T02:30:00Z", "2026-03-29T01:30:00Z", "2026-03-30T01:30:00Z"],
    );
    check("30 3 * * *", "America/New_York", "2026-06-01T00:00:00Z", &["2026-06-01T07:30:00Z"]);
    check("0 0 1 * *", "UTC", "2026-01-15T00:00:00Z", &["2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"]);
}

#[test]
fn a_time_in_the_gap_comes_when_the_gap_ends_and_a_doubled_one_comes_once() {
    // 02:30 doesn't exist on 29 March 2026 in Berlin: clocks go from 02:00 to 03:00 (01:00 UTC).
    check(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-03-28T12:00:00Z",
        &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
    );
    // 02:30 comes twice on 25 October 2026: at 00:30 and at 01:30 UTC.
    check(
        "30 2 * * *",
        "Europe/Berlin",
        "2026-10-24T12:00:00Z",
        &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    );
}

#[test]
fn a_wrong_expression_or_zone_is_refused_with_its_reason() {
    for (cron, zone) in
        [("61 * * * *", "UTC"), ("", "UTC"), ("* * * * *", "Europe/Nowhere"), ("0 0 30 2 *", "UTC")]
    {
        assert!(
            matches!(schedule(cron, zone).next_after_ms(0), Err(Error::Schedule { .. })),
            "{cron} {zone}"
        );
    }
}

#[tokio::test]
async fn a_schedule_adds_its_job_each_time_and_times_slept_through_come_once() {
    let mut bench = Bench::new().await;
    bench.on("backup", KindOptions::default(), ok);
    bench.queue.schedule(&schedule("0 3 * * *", "UTC")).await.unwrap();
    bench.run();
    let ended = async |bench: &Bench, count: usize| {
        soon("the jobs of the schedule", async {
            while bench.queue.list().await.unwrap().iter().filter(|job| job.state.is_final()).count() < count
            {
                tokio::task::yield_now().await;
            }
        })
        .await;
    };
    bench.advance(Duration::from_secs(3 * 3600));
    ended(&bench, 1).await;
    // Saying the same again neither adds a job nor moves the time.
    bench.queue.schedule(&schedule("0 3 * * *", "UTC")).await.unwrap();
    bench.restart().await;
    bench.advance(Duration::from_secs(4 * 24 * 3600));
    bench.on("backup", KindOptions::default(), ok);
    bench.run();
    ended(&bench, 2).await;
    bench.advance(Duration::from_secs(24 * 3600));
    ended(&bench, 3).await;
    assert_eq!(bench.queue.list().await.unwrap().len(), 3);
    bench.queue.unschedule("nightly").await.unwrap();
    bench.advance(Duration::from_secs(24 * 3600));
    let last = bench.add("backup", "x").await;
    bench.ended(&last).await;
    assert_eq!(bench.queue.list().await.unwrap().len(), 4);
}
