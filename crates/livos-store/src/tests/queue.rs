use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use livos_types::{JobId, JobState};
use tokio::sync::Semaphore;

use super::support::{Bench, ok, open, retrying, soon};
use crate::{Answer, Backoff, Error, JobFailure, KindOptions, NewJob};

#[tokio::test]
async fn a_job_is_done_and_tells_how() {
    let mut bench = Bench::new().await;
    bench.on("greet", KindOptions::default(), |context| async move {
        context.step("speaking", 1, 2);
        context
            .progress(|progress| (progress.done, progress.total, progress.unit) = (3, 9, "items".to_owned()));
        context.log("said\nhello");
        Ok(())
    });
    let id = bench
        .queue
        .enqueue(NewJob::new("greet", "world", "Greet").payload(&"hello").unwrap().started_by("ada"))
        .await
        .unwrap();
    assert_eq!(id.to_string(), "test-1");
    assert_eq!(bench.queue.get(&id).await.unwrap().unwrap().state, JobState::Queued);
    bench.run();
    let job = bench.ended(&id).await;
    assert_eq!(job.state, JobState::Succeeded);
    assert_eq!(
        (job.subject.as_str(), job.title.as_str(), job.started_by.as_str()),
        ("world", "Greet", "ada")
    );
    assert_eq!((job.progress.step.as_str(), job.progress.step_index, job.progress.done), ("speaking", 1, 3));
    assert_eq!(job.attempts, 1);
    assert!(job.started_at > 0 && job.finished_at > 0 && !job.cancellable && !job.retryable);
    assert_eq!(bench.queue.log(&id).await.unwrap(), "2026-01-01T00:00:00Z said hello\n");
    assert_eq!(bench.done(), ["hello"]);
}

#[tokio::test]
async fn a_failure_is_tried_again_later_each_time_until_it_is_a_dead_letter() {
    let mut bench = Bench::new().await;
    bench.on("fetch", retrying(3, Duration::from_secs(10)), |_| async {
        Err(JobFailure::retry("offline", "the registry does not answer"))
    });
    let id = bench.add("fetch", "x").await;
    bench.run();
    for attempt in 1..3 {
        let job = bench.until(&id, |job| job.state == JobState::Queued && job.attempts == attempt).await;
        assert_eq!(job.error_code, "offline");
        // Half of the longest wait is never enough, all of it always is.
        bench.advance(Duration::from_secs(10 * u64::from(attempt)) / 2 - Duration::from_millis(1));
        assert_eq!(bench.queue.get(&id).await.unwrap().unwrap().attempts, attempt);
        bench.advance(Duration::from_secs(10 * u64::from(attempt)));
    }
    let job = bench.ended(&id).await;
    assert_eq!((job.state, job.attempts), (JobState::Failed, 3));
    assert_eq!(job.error_message, "the registry does not answer");
    assert_eq!(bench.done().len(), 3);
    assert!(job.retryable);
    // A dead letter stays until somebody decides.
    assert_eq!(bench.queue.retry(&id).await.unwrap(), Answer::Done);
    bench.until(&id, |job| job.state == JobState::Queued && job.attempts == 1).await;
    // It has begun, so its handler is told at once, without waiting for its time, and may undo what it did.
    assert_eq!(bench.queue.cancel(&id).await.unwrap(), Answer::Done);
    assert_eq!(bench.ended(&id).await.state, JobState::Cancelled);
    assert_eq!(bench.queue.dismiss(&id).await.unwrap(), Answer::Done);
    assert_eq!(bench.queue.get(&id).await.unwrap(), None);
}

#[test]
fn waits_double_up_to_the_limit_and_never_shrink_below_half() {
    let backoff = Backoff { first: Duration::from_secs(2), limit: Duration::from_secs(60) };
    let longest: Vec<_> = [1, 2, 3, 5, 6, 40].map(|attempt| backoff.delay(attempt, 0.0).as_secs()).into();
    assert_eq!(longest, [2, 4, 8, 32, 60, 60]);
    assert_eq!(backoff.delay(2, 1.0), Duration::from_secs(2));
    assert_eq!(backoff.delay(2, 0.5), Duration::from_secs(3));
}

#[tokio::test]
async fn a_failure_that_no_retry_cures_is_final_and_a_panic_is_a_failure() {
    let mut bench = Bench::new().await;
    bench.on("refuse", retrying(5, Duration::from_secs(1)), |_| async {
        Err(JobFailure::fatal("wrong_architecture", "not for this machine"))
    });
    bench.on("fall", retrying(5, Duration::from_secs(1)), |_| async { panic!("a test falls") });
    let refused = bench.add("refuse", "x").await;
    let fallen = bench.add("fall", "x").await;
    bench.run();
    let job = bench.ended(&refused).await;
    assert_eq!(
        (job.state, job.error_code.as_str(), job.attempts),
        (JobState::Failed, "wrong_architecture", 1)
    );
    let job = bench.ended(&fallen).await;
    assert_eq!((job.state, job.error_code.as_str()), (JobState::Failed, "internal"));
}

#[tokio::test]
async fn what_is_due_later_waits_and_the_urgent_goes_first() {
    let mut bench = Bench::new().await;
    bench.on("say", KindOptions::default(), ok);
    let job = |text: &str| NewJob::new("say", "", text).payload(&text).unwrap();
    let later = bench.now_ms() + 60_000;
    let last = bench.queue.enqueue(job("later").run_at_ms(later).priority(100)).await.unwrap();
    bench.queue.enqueue(job("second")).await.unwrap();
    bench.queue.enqueue(job("third")).await.unwrap();
    let fourth = bench.queue.enqueue(job("fourth").priority(-1)).await.unwrap();
    bench.queue.enqueue(job("first").priority(5)).await.unwrap();
    bench.run();
    bench.ended(&fourth).await;
    assert_eq!(bench.done(), ["first", "second", "third", "fourth"]);
    assert_eq!(bench.queue.get(&last).await.unwrap().unwrap().state, JobState::Queued);
    bench.advance(Duration::from_secs(60));
    bench.ended(&last).await;
    assert_eq!(bench.done().last().unwrap(), "later");
}

#[tokio::test]
async fn the_same_is_not_added_twice_while_it_waits_or_runs() {
    let mut bench = Bench::new().await;
    let gate = Arc::new(Semaphore::new(0));
    bench.on("refresh", KindOptions::default(), {
        let gate = Arc::clone(&gate);
        move |_| {
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(())
            }
        }
    });
    let job = || NewJob::new("refresh", "", "Refresh").dedup("refresh:main");
    let id = bench.queue.enqueue(job()).await.unwrap();
    assert_eq!(bench.queue.enqueue(job()).await.unwrap(), id);
    bench.run();
    bench.until(&id, |job| job.state == JobState::Running).await;
    assert_eq!(bench.queue.enqueue(job()).await.unwrap(), id);
    gate.add_permits(1);
    bench.ended(&id).await;
    assert_ne!(bench.queue.enqueue(job()).await.unwrap(), id);
}

#[tokio::test]
async fn as_many_run_at_once_as_the_kind_allows_and_one_per_subject() {
    let mut bench = Bench::new().await;
    let most = Arc::new(AtomicUsize::new(0));
    let now = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let handler = {
        let (most, now, gate) = (Arc::clone(&most), Arc::clone(&now), Arc::clone(&gate));
        move |_| {
            let (most, now, gate) = (Arc::clone(&most), Arc::clone(&now), Arc::clone(&gate));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                gate.acquire().await.unwrap().forget();
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            }
        }
    };
    let three = KindOptions { concurrency: 3, ..KindOptions::default() };
    bench.on("work", three, handler.clone());
    bench.on("other", three, handler);
    let mut ids = Vec::new();
    for number in 0..8 {
        ids.push(bench.add("work", &format!("w{number}")).await);
    }
    // Two kinds, one subject: these wait for each other.
    let on = |kind: &str, text: &str| NewJob::new(kind, "jellyfin", text).payload(&text).unwrap();
    let first = bench.queue.enqueue(on("other", "first").priority(9)).await.unwrap();
    let second = bench.queue.enqueue(on("work", "second").priority(8)).await.unwrap();
    let third = bench.queue.enqueue(on("other", "third").priority(7)).await.unwrap();
    bench.run();
    bench.until(&first, |job| job.state == JobState::Running).await;
    soon("the kind to be full", async {
        while now.load(Ordering::SeqCst) < 4 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    for waiting in [&second, &third] {
        assert_eq!(bench.queue.get(waiting).await.unwrap().unwrap().state, JobState::Queued);
    }
    gate.add_permits(100);
    for id in ids.iter().chain([&first, &second, &third]) {
        assert_eq!(bench.ended(id).await.state, JobState::Succeeded);
    }
    // Three of the one kind and one of the other.
    assert_eq!(most.load(Ordering::SeqCst), 4);
    assert_eq!(bench.done().len(), 11);
}

#[tokio::test]
async fn a_long_line_of_blocked_jobs_does_not_starve_the_others() {
    let mut bench = Bench::new().await;
    let gate = Arc::new(Semaphore::new(0));
    let many = KindOptions { concurrency: 10, ..KindOptions::default() };
    bench.on("held", many, {
        let gate = Arc::clone(&gate);
        move |_| {
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(())
            }
        }
    });
    for number in 0..250 {
        let job = NewJob::new("held", "same", format!("{number}")).payload(&"held").unwrap().priority(1);
        bench.queue.enqueue(job).await.unwrap();
    }
    let other =
        bench.queue.enqueue(NewJob::new("held", "other", "o").payload(&"other").unwrap()).await.unwrap();
    bench.run();
    bench.until(&other, |job| job.state == JobState::Running).await;
    assert_eq!(bench.done().len(), 2);
}

#[tokio::test]
async fn cancelling_takes_a_waiting_job_at_once_and_tells_a_running_one() {
    let mut bench = Bench::new().await;
    bench.on("wait", KindOptions::default(), |context| async move {
        context.unless_cancelled(std::future::pending::<()>()).await
    });
    let sure = KindOptions { cancellable: false, ..KindOptions::default() };
    let gate = Arc::new(Semaphore::new(0));
    bench.on("sure", sure, {
        let gate = Arc::clone(&gate);
        move |_| {
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(())
            }
        }
    });
    let running = bench.add("wait", "running").await;
    let waiting = bench.add("wait", "waiting").await;
    let sure = bench.add("sure", "sure").await;
    bench.run();
    bench.until(&running, |job| job.state == JobState::Running).await;
    bench.until(&sure, |job| job.state == JobState::Running).await;
    assert_eq!(bench.queue.cancel(&waiting).await.unwrap(), Answer::Done);
    assert_eq!(bench.queue.cancel(&running).await.unwrap(), Answer::Done);
    assert!(matches!(bench.queue.cancel(&sure).await.unwrap(), Answer::Refused(_)));
    assert_eq!(bench.ended(&waiting).await.state, JobState::Cancelled);
    assert_eq!(bench.ended(&running).await.state, JobState::Cancelled);
    gate.add_permits(1);
    assert_eq!(bench.ended(&sure).await.state, JobState::Succeeded);
    assert!(matches!(bench.queue.cancel(&running).await.unwrap(), Answer::Refused(_)));
    assert_eq!(bench.done(), ["running", "sure"]);
}

#[tokio::test]
async fn ids_of_others_are_not_found_and_unknown_kinds_are_refused() {
    let bench = Bench::new().await;
    for id in [JobId::new("files", 1), JobId::new("test", 1), JobId::new("test", -1)] {
        assert_eq!(bench.queue.get(&id).await.unwrap(), None);
        assert_eq!(bench.queue.cancel(&id).await.unwrap(), Answer::NotFound);
        assert_eq!(bench.queue.retry(&id).await.unwrap(), Answer::NotFound);
        assert_eq!(bench.queue.dismiss(&id).await.unwrap(), Answer::NotFound);
    }
    assert!(matches!(bench.queue.enqueue(NewJob::new("x", "", "X")).await, Err(Error::UnknownKind(_))));
}

#[tokio::test]
async fn progress_is_told_while_it_is_made_and_written_twice_a_second_at_most() {
    let mut bench = Bench::new().await;
    let gate = Arc::new(Semaphore::new(0));
    bench.on("load", KindOptions::default(), {
        let gate = Arc::clone(&gate);
        move |context| {
            let gate = Arc::clone(&gate);
            async move {
                for done in 1..=5000 {
                    context.progress(|progress| (progress.done, progress.total) = (done, 5000));
                }
                for line in 0..1500 {
                    context.log(format!("line {line}"));
                }
                gate.acquire().await.unwrap().forget();
                Ok(())
            }
        }
    });
    let mut changes = bench.queue.subscribe();
    let id = bench.add("load", "x").await;
    bench.run();
    let job = bench.until(&id, |job| job.progress.done == 5000).await;
    assert_eq!(job.state, JobState::Running);
    gate.add_permits(1);
    bench.ended(&id).await;
    let mut told = 0;
    while changes.try_recv().is_ok() {
        told += 1;
    }
    // Added, claimed, progress, ended; never one a step.
    assert!((3..=8).contains(&told), "{told}");
    let log = bench.queue.log(&id).await.unwrap();
    assert_eq!(log.lines().count(), 1000);
    assert!(log.lines().last().unwrap().ends_with("line 1499"));
}

#[tokio::test]
async fn what_ended_well_goes_after_a_week_and_what_failed_stays() {
    let mut bench = Bench::new().await;
    bench.on("good", KindOptions::default(), ok);
    bench.on("bad", KindOptions::default(), |_| async { Err(JobFailure::fatal("no", "no")) });
    bench.run();
    let good = bench.add("good", "x").await;
    let bad = bench.add("bad", "x").await;
    bench.ended(&good).await;
    bench.ended(&bad).await;
    bench.advance(Duration::from_secs(7 * 24 * 3600 + 1));
    let next = bench.add("good", "y").await;
    bench.ended(&next).await;
    assert_eq!(bench.queue.get(&good).await.unwrap(), None);
    let left: Vec<_> = bench.queue.list().await.unwrap().into_iter().map(|job| job.id).collect();
    assert_eq!(left, [next, bad]);
}

#[tokio::test]
async fn two_writers_share_a_file_and_do_everything_once() {
    let mut bench = Bench::new().await;
    let options = KindOptions { concurrency: 4, ..KindOptions::default() };
    bench.on("work", options, ok);
    let other = open(&bench.directory, &bench.clock).await;
    let done = Arc::clone(&bench.done);
    other.register("work", options, move |context| {
        done.lock().unwrap().push(context.payload::<String>().unwrap());
        async { Ok(()) }
    });
    let shutdown = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(other.clone().run(shutdown.clone()));
    bench.run();
    let mut ids = Vec::new();
    for number in 0..60 {
        let queue = if number % 2 == 0 { &bench.queue } else { &other };
        let text = format!("{number:02}");
        ids.push(queue.enqueue(NewJob::new("work", "", &text).payload(&text).unwrap()).await.unwrap());
    }
    soon("all jobs to end", async {
        for id in &ids {
            while !bench.queue.get(id).await.unwrap().unwrap().state.is_final() {
                tokio::task::yield_now().await;
            }
        }
    })
    .await;
    let mut done = bench.done();
    done.sort();
    assert_eq!(done, (0..60).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    shutdown.cancel();
    soon("the other's end", running).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_reported_and_nothing_is_lost() {
    let mut bench = Bench::new().await;
    bench.on("work", KindOptions::default(), ok);
    let kept = bench.add("work", "kept").await;
    // The limit is the connection's own, so it stands in for a full disk of this process only.
    bench.queue.limit_pages().await;
    let big = NewJob::new("work", "", "x").payload(&"x".repeat(1_000_000)).unwrap();
    let error = bench.queue.enqueue(big).await.unwrap_err();
    assert!(error.is_full(), "{error:?}");
    bench.queue.unlimit_pages().await;
    bench.run();
    assert_eq!(bench.ended(&kept).await.state, JobState::Succeeded);
    assert_eq!(bench.queue.list().await.unwrap().len(), 1);
}
