//! Commands in containers.

use livos_docker::{EngineError, RemoveContainer, RunIn};

use crate::world::World;

pub(crate) async fn commands_run_in_containers_that_run(world: &World) {
    let engine = &world.engine;
    let config = world.config(&world.images.plain, "commands").await;
    let id = engine.create_container(&config).await.unwrap();
    let mut check = RunIn {
        command: vec!["/tiny".to_owned(), "--check".to_owned()],
        user: Some("1000".to_owned()),
        env: vec!["TINY_PORT=8080".to_owned()],
        most_output: 2,
        ..RunIn::default()
    };
    let error = engine.run_in(&id, &check).await.unwrap_err();
    assert!(matches!(error, EngineError::Conflict { .. }), "{error:?}");
    engine.start_container(&id).await.unwrap();
    let ended = crate::world::eventually("the app to listen", || async {
        let ended = engine.run_in(&id, &check).await.unwrap();
        (ended.code == 0).then_some(ended)
    })
    .await;
    // It says more than is wanted.
    assert!(ended.stdout.len() <= 2, "{ended:?}");
    let served = RunIn {
        command: vec!["/tiny".to_owned()],
        env: vec!["TINY_PORT=8099".to_owned()],
        patience: Some(std::time::Duration::ZERO),
        ..RunIn::default()
    };
    if world.fake.is_none() {
        let ran = engine.run_in(&id, &served).await.unwrap();
        assert!(ran.timed_out && ran.code == 0, "{ran:?}");
    }
    check.command.clear();
    for absent in ["nobody", "no/name"] {
        engine.run_in(absent, &check).await.unwrap_err();
    }
    let remove = RemoveContainer { force: true, anonymous_volumes: true };
    assert!(engine.remove_container(&id, remove).await.unwrap());
}
