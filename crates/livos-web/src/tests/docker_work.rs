//! Single things in Docker: passed on as they were said, and noted in the trail.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use livos_bus::{Actor, Document};
use serde_json::json;
use zbus::interface;

use super::fakes::Fakes;
use super::world::World;

pub(super) struct HostDocker(pub(super) Fakes);

#[interface(name = "io.livos.Host1.Docker")]
impl HostDocker {
    fn start(&self, actor: Actor) {
        self.0.called("HostDocker.Start", &actor, "");
    }

    fn log(&self, actor: Actor, lines: u32) -> livos_bus::Result<Document> {
        self.0.called("HostDocker.Log", &actor, &lines.to_string());
        Document::from_bytes(b"no space left".to_vec())
    }
}

pub(super) struct HostServices(pub(super) Fakes);

#[interface(name = "io.livos.Host1.Services")]
impl HostServices {
    fn restart(&self, actor: Actor, unit: String) {
        self.0.called("HostServices.Restart", &actor, &unit);
    }
}

#[tokio::test]
async fn what_is_agreed_to_is_passed_on_word_for_word_and_noted() {
    let (world, mut owner) = World::claimed().await;
    let things =
        json!([{ "kind": "image", "id": "sha256:ab", "code": "12" }, { "kind": "volume", "id": "rows" }]);
    let look = json!({ "verb": "remove", "things": things });
    assert_eq!(owner.post("/api/v1/docker/look", &look).await.json(), json!({ "steps": [] }));
    let begun = owner.post("/api/v1/docker/act", &look).await;
    assert_eq!((begun.status.as_u16(), begun.json()), (202, json!({ "job_id": "apps-11" })));
    assert_eq!(owner.get("/api/v1/docker/stats").await.json(), json!({ "samples": [] }));
    let events = owner.get("/api/v1/docker/events?since=5&follow=1").await;
    assert_eq!(
        (events.header("content-type"), events.text()),
        ("application/x-ndjson", "{\"at\":7}\n".into())
    );
    assert_eq!(owner.post("/api/v1/docker/engine/start", &json!({})).await.status, 204);
    let log = owner.get("/api/v1/docker/engine/log?tail=50").await;
    assert_eq!(
        (log.header("content-type"), log.text()),
        ("text/plain; charset=utf-8", "no space left".into())
    );
    owner.get("/api/v1/docker/engine/log?tail=many").await.check(400, "invalid");
    let calls = world.fakes.calls();
    for call in [
        "HostDocker.Log grace 50",
        "DockerReader.Look grace remove image:sha256:ab:12,volume:rows:",
        "DockerManager.Act grace remove image:sha256:ab:12,volume:rows:",
        "DockerReader.Stats grace",
        "DockerReader.Events grace 5 true",
        "HostDocker.Start grace",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call} in {calls:?}");
    }
    let trail = owner.get("/api/v1/audit").await.text();
    for line in ["docker.remove", "image sha256:ab, volume rows", "docker.engine.start"] {
        assert!(trail.contains(line), "{line} in {trail}");
    }
    // More than anybody can have read about goes nowhere.
    let before = world.fakes.calls().len();
    let many: Vec<_> = (0..201).map(|number| json!({ "kind": "image", "id": number.to_string() })).collect();
    let many = json!({ "verb": "remove", "things": many });
    for path in ["/api/v1/docker/look", "/api/v1/docker/act"] {
        owner.post(path, &many).await.check(400, "invalid");
        owner.post(path, &json!({ "verb": "remove", "things": [] })).await.check(400, "invalid");
    }
    assert_eq!(world.fakes.calls().len(), before);
}
