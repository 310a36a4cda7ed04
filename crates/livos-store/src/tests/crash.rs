//! What happens to jobs when their process goes away: in order, without a word, or by `kill -9`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use livos_types::{JobId, JobState};

use super::support::{Bench, START_MS, ok, open, soon};
use crate::{Answer, JobContext, JobFailure, KindOptions, OnCrash};

async fn forever(_: JobContext) -> Result<(), JobFailure> {
    std::future::pending().await
}

const FAIL: KindOptions = KindOptions {
    concurrency: 1,
    max_attempts: 1,
    backoff: crate::Backoff { first: std::time::Duration::ZERO, limit: std::time::Duration::ZERO },
    on_crash: OnCrash::Fail,
    cancellable: true,
    exclusive_subject: true,
};

#[tokio::test]
async fn a_stop_in_order_puts_jobs_back_without_counting_as_a_crash() {
    let mut bench = Bench::new().await;
    bench.on("resume", KindOptions::default(), forever);
    bench.on("once", FAIL, forever);
    let resumed = bench.add("resume", "resume").await;
    let once = bench.add("once", "once").await;
    for round in 0..4 {
        bench.run();
        bench.until(&resumed, |job| job.state == JobState::Running).await;
        if round == 0 {
            bench.until(&once, |job| job.state == JobState::Running).await;
        }
        bench.restart().await;
        assert_eq!(bench.queue.get(&resumed).await.unwrap().unwrap().state, JobState::Queued);
        bench.on("resume", KindOptions::default(), |context| async move {
            assert!(context.is_resumed());
            assert_eq!((context.attempt(), context.crashes()), (1, 0));
            std::future::pending().await
        });
        bench.on("once", FAIL, forever);
    }
    let job = bench.ended(&once).await;
    assert_eq!((job.state, job.error_code.as_str()), (JobState::Failed, "interrupted"));
}

/// Run by the tests below in a process of its own, which they kill.
#[tokio::test]
#[ignore = "the other half of the tests that kill it"]
async fn child() {
    let directory = std::env::var("LIVOS_STORE_TEST_DIRECTORY").unwrap();
    let database =
        crate::Database::open(&std::path::Path::new(&directory).join("test.db"), &[]).await.unwrap();
    let queue = crate::Queue::open(database, "test", Arc::new(|| START_MS)).await.unwrap();
    for kind in ["resume", "once"] {
        let options = if kind == "once" { FAIL } else { KindOptions::default() };
        queue.register(kind, options, |context: JobContext| async move {
            // The parent kills us when it has read both lines.
            println!("begun {}", context.kind());
            std::future::pending().await
        });
    }
    queue.run(tokio_util::sync::CancellationToken::new()).await;
}

/// Lets a child begin the queued jobs, and kills it when it has begun `begun` of them.
async fn kill_after(bench: &Bench, begun: usize) {
    let directory = bench.directory.path().to_owned();
    tokio::task::spawn_blocking(move || {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "tests::crash::child"])
            .env("LIVOS_STORE_TEST_DIRECTORY", directory)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The harness may put its own words before the first of ours on the same line.
        let seen = lines.map_while(Result::ok).filter(|line| line.contains("begun ")).take(begun).count();
        // Rust's kill is SIGKILL: no destructor runs, no transaction ends.
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen, begun);
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn jobs_of_a_killed_process_are_done_again_or_failed_as_their_kind_says() {
    let mut bench = Bench::new().await;
    bench.on("resume", KindOptions::default(), |context| async move {
        assert!(context.is_resumed());
        assert_eq!(context.crashes(), 1);
        Ok(())
    });
    bench.on("once", FAIL, ok);
    let resumed = bench.add("resume", "resume").await;
    let once = bench.add("once", "once").await;
    kill_after(&bench, 2).await;
    assert_eq!(bench.queue.get(&resumed).await.unwrap().unwrap().state, JobState::Running);
    bench.run();
    assert_eq!(bench.ended(&resumed).await.state, JobState::Succeeded);
    let job = bench.ended(&once).await;
    assert_eq!((job.state, job.error_code.as_str()), (JobState::Failed, "interrupted"));
    assert_eq!(bench.done(), ["resume"]);
    // What the dead process left beside the file is gone.
    let left = std::fs::read_dir(bench.directory.path()).unwrap();
    let owners = left
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".owner-"))
        .count();
    assert_eq!(owners, 1);
}

#[tokio::test]
async fn a_job_that_kills_its_process_again_and_again_is_given_up() {
    let mut bench = Bench::new().await;
    bench.on("resume", KindOptions::default(), ok);
    let id = bench.add("resume", "x").await;
    for _ in 0..3 {
        kill_after(&bench, 1).await;
    }
    // Who waits for it already is told.
    let waiting = tokio::spawn({
        let (queue, id) = (bench.queue.clone(), id.clone());
        async move { queue.finished(&id).await.unwrap().unwrap() }
    });
    tokio::task::yield_now().await;
    bench.run();
    let job = soon("the end of the job", waiting).await.unwrap();
    assert_eq!((job.state, job.error_code.as_str()), (JobState::Failed, "interrupted"));
    assert!(job.error_message.contains("each time"), "{}", job.error_message);
    assert_eq!(bench.done(), Vec::<String>::new());
}

#[tokio::test]
async fn a_living_process_keeps_its_jobs() {
    let mut bench = Bench::new().await;
    bench.on("work", KindOptions::default(), forever);
    let id = bench.add("work", "x").await;
    bench.run();
    bench.until(&id, |job| job.state == JobState::Running).await;
    let other = open(&bench.directory, &bench.clock).await;
    other.register("work", KindOptions::default(), ok);
    let shutdown = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(other.clone().run(shutdown.clone()));
    let next = other.enqueue(crate::NewJob::new("work", "", "y")).await.unwrap();
    // The kind is full in the other process, so this one waits and takes nothing over.
    shutdown.cancel();
    soon("the other's end", running).await.unwrap();
    assert_eq!(bench.queue.get(&id).await.unwrap().unwrap().state, JobState::Running);
    assert_eq!(bench.queue.get(&next).await.unwrap().unwrap().state, JobState::Queued);
}

#[tokio::test]
async fn a_wish_to_stop_outlives_the_process_that_heard_it() {
    let mut bench = Bench::new().await;
    bench.on("resume", KindOptions::default(), |context| async move { context.check_cancelled() });
    let id = bench.add("resume", "x").await;
    kill_after(&bench, 1).await;
    assert_eq!(bench.queue.cancel(&id).await.unwrap(), Answer::Done);
    bench.run();
    assert_eq!(bench.ended(&id).await.state, JobState::Cancelled);
    assert_eq!(bench.done(), ["x"]);
}

#[tokio::test]
async fn kinds_that_a_new_version_no_longer_knows_fail_with_their_reason() {
    let mut bench = Bench::new().await;
    bench.on("old", KindOptions::default(), ok);
    bench.on("new", KindOptions::default(), ok);
    let old = bench.add("old", "x").await;
    let clock = Arc::new(AtomicI64::new(START_MS));
    bench.queue = open(&bench.directory, &clock).await;
    bench.on("new", KindOptions::default(), ok);
    bench.run();
    let new: JobId = bench.add("new", "y").await;
    bench.ended(&new).await;
    let job = bench.queue.get(&old).await.unwrap().unwrap();
    assert_eq!((job.state, job.error_code.as_str()), (JobState::Failed, "unsupported"));
    assert!(!job.retryable);
}
