//! What only the fake has: failures to order.

use livos_docker::{Engine, EngineError, FakeEngine, FakeImage, PullProgress};
use tokio::sync::watch;

use crate::world::World;

#[tokio::test]
async fn the_fake_engine_keeps_the_contract() {
    crate::contract::run(&World::fake()).await;
}

#[tokio::test]
async fn failures_come_when_they_are_ordered() {
    let fake = FakeEngine::new();
    fake.publish(FakeImage::new("a:1"));
    let full = || EngineError::NoSpace { detail: "no space left on device".to_owned() };
    let progress = watch::Sender::new(PullProgress::default());
    fake.fail_next("pull_layer", "a:1", full());
    let error = fake.pull("a:1", None, &progress).await.unwrap_err();
    assert!(matches!(error, EngineError::NoSpace { .. }), "{error:?}");
    assert!(progress.borrow().bytes_done > 0, "it failed half way");
    assert_eq!(fake.image("a:1").await.unwrap(), None);
    fake.pull("a:1", None, &progress).await.unwrap();
    assert_eq!(fake.calls().iter().filter(|call| *call == "pull a:1").count(), 2);
}
