//! What containers use at this moment, and what happened lately.

use futures_util::{StreamExt, TryStreamExt};
use livos_docker::EventSubject;

use crate::world::{FORCE, World, eventually};

pub(crate) async fn what_runs_uses_something(world: &World) {
    let engine = &world.engine;
    let config = world.config(&world.images.plain, "busy").await;
    let id = engine.create_container(&config).await.unwrap();
    assert_eq!(engine.usage(&id).await.unwrap(), None, "it was never started");
    engine.start_container(&id).await.unwrap();
    let first = eventually("a look with something in it", || async {
        engine.usage(&id).await.unwrap().filter(|usage| usage.memory > 0)
    })
    .await;
    assert!(first.machine_ns > 0 && first.processes >= 1, "{first:?}");
    assert!(first.memory <= first.memory_limit, "{first:?}");
    let second = engine.usage("busy").await.unwrap().unwrap();
    assert!(second.cpu_ns >= first.cpu_ns && second.machine_ns >= first.machine_ns, "{first:?} {second:?}");
    engine.kill_container(&id, "SIGKILL").await.unwrap();
    engine.wait_container(&id).await.unwrap();
    assert_eq!(engine.usage(&id).await.unwrap(), None, "it has ended");
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
    assert_eq!(engine.usage(&id).await.unwrap(), None, "it is gone");
}

pub(crate) async fn what_happened_is_remembered_and_followed(world: &World) {
    let engine = &world.engine;
    let config = world.config(&world.images.plain, "remembered").await;
    let id = engine.create_container(&config).await.unwrap();
    engine.start_container(&id).await.unwrap();
    let about = |event: &livos_docker::EngineEvent| {
        event.subject == EventSubject::Container && event.id == id && !event.action.starts_with("exec_")
    };
    let past: Vec<_> = engine.recent_events(0, false).try_collect().await.unwrap();
    let story: Vec<_> = past.iter().filter(|event| about(event)).map(|event| event.action.as_str()).collect();
    assert_eq!(story, ["create", "start"]);
    let started = past.iter().rfind(|event| about(event)).unwrap().at;
    assert!(started > 0 && past.is_sorted_by_key(|event| event.at));

    // What was, and then what comes.
    let mut all = engine.recent_events(started, true);
    while !all.next().await.unwrap().is_ok_and(|event| about(&event) && event.action == "start") {}
    assert!(engine.remove_container(&id, FORCE).await.unwrap());
    while !all.next().await.unwrap().is_ok_and(|event| about(&event) && event.action == "destroy") {}
    // Of the future there is nothing yet.
    let none: Vec<_> = engine.recent_events(4_000_000_000, false).try_collect().await.unwrap();
    assert!(!none.iter().any(about), "{none:?}");
}
