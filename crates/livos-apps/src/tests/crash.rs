//! `kill -9` at each step, and Docker going away in the middle.

use livos_docker::{Engine, FakeImage, Health, LabelFilter, UnusableBecause};

use super::support::{World, admin, soon, until};
use crate::work::Change;

fn hold(world: &World, step: &str) {
    world.hold(step, "demo/web:1", "demo/db:1");
}

fn release(world: &World, step: &str) {
    world.release(step, "demo/web:1");
}

const STEPS: [&str; 4] = ["downloading", "starting", "waiting", "routing"];

#[tokio::test]
async fn a_killed_installation_goes_on_at_the_next_start() {
    for step in STEPS {
        let world = World::new();
        world.demo();
        let service = world.service().await;
        until("the first document", async || !world.edge.last().is_empty()).await;
        hold(&world, step);
        let job = service.begin("demo").await;
        service.until_step(&job, step).await;
        service.crash().await;
        if step != "starting" {
            release(&world, step);
        }
        let service = world.service().await;
        if step == "starting" {
            service.until_step(&job, step).await;
            until("the database", async || {
                world
                    .engine
                    .inspect_container("demo-db-1")
                    .await
                    .unwrap()
                    .is_some_and(|db| db.state.is_running())
            })
            .await;
            release(&world, step);
        }
        let ended = service.ended(&job).await;
        assert_eq!(ended.state, "succeeded", "{step}: {}", ended.error_message);
        assert_eq!(service.app("demo").await.state, "running", "{step}");
        let containers = world.engine.list_containers(&LabelFilter::any()).await.unwrap();
        assert_eq!(containers.len(), 2, "{step}");
        assert!(service.log(&job).await.contains("taking up what was interrupted"), "{step}");
        until("the address", async || world.edge.last().contains("127.0.0.1:43000")).await;
    }
}

#[tokio::test]
async fn an_installation_that_is_cancelled_after_a_crash_leaves_nothing() {
    for step in STEPS {
        let world = World::new();
        world.demo();
        let service = world.service().await;
        until("the first document", async || !world.edge.last().is_empty()).await;
        hold(&world, step);
        let job = service.begin("demo").await;
        service.until_step(&job, step).await;
        service.crash().await;
        if step == "routing" {
            release(&world, step);
            hold(&world, "downloading");
        }
        let service = world.service().await;
        let answer = service.jobs.cancel(&admin(), &job).await;
        let ended = service.ended(&job).await;
        // The row says "installed" once routing has begun: that is done, and may have ended before we asked.
        if step != "routing" {
            answer.unwrap();
            assert_eq!(ended.state, "cancelled", "{step}");
            world.assert_nothing_left(&service).await;
        }
    }
}

#[tokio::test]
async fn an_installation_that_kills_the_daemon_each_time_is_undone() {
    let world = World::new();
    world.demo();
    hold(&world, "starting");
    let mut service = world.service().await;
    let job = service.begin("demo").await;
    for _ in 0..3 {
        service.until_step(&job, "starting").await;
        service.crash().await;
        service = world.service().await;
    }
    let ended = service.ended(&job).await;
    assert_eq!((ended.state.as_str(), ended.error_code.as_str()), ("failed", "interrupted"));
    until("the rollback", async || service.installed().await.is_empty()).await;
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn a_killed_removal_is_finished() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    assert_eq!(service.install("demo").await.state, "succeeded");
    world.edge.held.send_replace(true);
    let job = service.manager.remove(&admin(), "demo", false, false).await.unwrap();
    service.until_step(&job, "routing").await;
    service.crash().await;
    world.edge.held.send_replace(false);
    let service = world.service().await;
    assert_eq!(service.ended(&job).await.state, "succeeded");
    world.assert_nothing_left(&service).await;
    until("the address to go", async || !world.edge.last().contains("demo.localhost")).await;
}

#[tokio::test]
async fn when_docker_goes_away_in_the_middle_the_installation_waits_for_it() {
    for step in ["downloading", "starting"] {
        let world = World::new();
        world.demo();
        hold(&world, step);
        let service = world.service().await;
        let job = service.begin("demo").await;
        service.until_step(&job, step).await;
        world.engine.go_down(UnusableBecause::NotRunning);
        until("the failure to be noticed", async || {
            service.job(&job).await.error_code == "engine_unavailable"
        })
        .await;
        world.engine.publish(FakeImage::new("demo/db:1"));
        world.engine.release_pull("demo/web:1");
        world.engine.come_back();
        until("the next attempt", async || {
            world.engine.set_health("demo-db-1", Health::Healthy);
            world.clock.advance(std::time::Duration::from_secs(1));
            service.apps().queue.clock_changed();
            service.job(&job).await.finished_at > 0
        })
        .await;
        let ended = service.job(&job).await;
        assert_eq!(ended.state, "succeeded", "{step}: {}", ended.error_message);
        assert_eq!(service.app("demo").await.state, "running");
    }
}

#[tokio::test]
async fn when_docker_stays_away_the_installation_fails_and_is_undone_when_it_is_back() {
    let world = World::new();
    world.demo();
    hold(&world, "starting");
    let service = world.service().await;
    let job = service.begin("demo").await;
    service.until_step(&job, "starting").await;
    world.engine.go_down(UnusableBecause::NotRunning);
    until("the job to fail", async || {
        world.clock.advance(std::time::Duration::from_secs(1));
        service.apps().queue.clock_changed();
        service.job(&job).await.finished_at > 0
    })
    .await;
    let ended = service.job(&job).await;
    assert_eq!((ended.state.as_str(), ended.error_code.as_str()), ("failed", "engine_unavailable"));
    world.engine.come_back();
    until("the rollback", async || service.installed().await.is_empty()).await;
    world.assert_nothing_left(&service).await;
}

#[tokio::test]
async fn what_docker_stops_at_the_end_of_an_installation_is_started_when_its_job_has_ended() {
    let world = World::new();
    world.demo();
    let service = world.service().await;
    until("the first document", async || !world.edge.last().is_empty()).await;
    hold(&world, "routing");
    let job = service.begin("demo").await;
    service.until_step(&job, "routing").await;
    let mut changes = service.apps().changes.subscribe();
    let mut told = async |what: &str| {
        soon(what, async { while !matches!(changes.recv().await.unwrap(), Change::Docker) {} }).await;
    };
    world.engine.go_down(UnusableBecause::NotRunning);
    told("Docker is away").await;
    world.engine.come_back();
    told("the apps were looked at").await;
    assert_eq!(service.job(&job).await.step, "routing");
    let stopped = world.engine.inspect_container("demo-web-1").await.unwrap().unwrap();
    assert!(!stopped.state.is_running(), "a job works on it, so that nothing else does");
    release(&world, "routing");
    assert_eq!(service.ended(&job).await.state, "succeeded");
    until("the app runs", async || {
        world.engine.set_health("demo-db-1", Health::Healthy);
        service.app("demo").await.state == "running"
    })
    .await;
}
