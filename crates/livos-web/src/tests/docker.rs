//! Everything in Docker: asked of the daemon with the right id, secrets noted in the trail, signals for admins only.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use livos_bus::names::APPS;
use livos_bus::{Actor, DockerThing, Document, Result};
use serde_json::json;
use zbus::interface;
use zbus::object_server::SignalEmitter;

use super::fakes::{Fakes, pipe_with};
use super::world::World;

pub(super) struct DockerReader(pub(super) Fakes);

#[interface(name = "io.livos.Apps1.DockerReader")]
impl DockerReader {
    fn overview(&self, actor: Actor) -> Result<Document> {
        self.0.called("DockerReader.Overview", &actor, "");
        Document::json(&json!({ "containers": [], "images": [], "volumes": [], "networks": [] }))
    }

    fn container(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("DockerReader.Container", &actor, &id);
        Document::json(&json!({ "container": { "id": id } }))
    }

    fn logs(&self, actor: Actor, id: String, tail: u32, follow: bool) -> zbus::OwnedFd {
        self.0.called("DockerReader.Logs", &actor, &format!("{id} {tail} {follow}"));
        pipe_with(b"a line\n")
    }

    fn reclaimable(&self, actor: Actor) -> Result<Document> {
        self.0.called("DockerReader.Reclaimable", &actor, "");
        Document::json(&json!({ "items": [] }))
    }

    fn look(&self, actor: Actor, verb: String, things: Vec<DockerThing>) -> Result<Document> {
        self.0.called("DockerReader.Look", &actor, &format!("{verb} {}", said(&things)));
        Document::json(&json!({ "steps": [] }))
    }

    fn stats(&self, actor: Actor) -> Result<Document> {
        self.0.called("DockerReader.Stats", &actor, "");
        Document::json(&json!({ "samples": [] }))
    }

    fn events(&self, actor: Actor, since: i64, follow: bool) -> zbus::OwnedFd {
        self.0.called("DockerReader.Events", &actor, &format!("{since} {follow}"));
        pipe_with(b"{\"at\":7}\n")
    }

    #[zbus(signal)]
    async fn docker_changed(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;
}

fn said(things: &[DockerThing]) -> String {
    let words = things.iter().map(|thing| format!("{}:{}:{}", thing.kind, thing.id, thing.code));
    words.collect::<Vec<_>>().join(",")
}

pub(super) struct DockerManager(pub(super) Fakes);

#[interface(name = "io.livos.Apps1.DockerManager")]
impl DockerManager {
    fn start(&self, actor: Actor, id: String, sure: bool) -> String {
        self.0.called("DockerManager.Start", &actor, &format!("{id} {sure}"));
        "apps-7".to_owned()
    }

    fn stop(&self, actor: Actor, id: String, sure: bool) -> String {
        self.0.called("DockerManager.Stop", &actor, &format!("{id} {sure}"));
        "apps-8".to_owned()
    }

    fn restart(&self, actor: Actor, id: String, sure: bool) -> String {
        self.0.called("DockerManager.Restart", &actor, &format!("{id} {sure}"));
        "apps-9".to_owned()
    }

    fn reclaim(&self, actor: Actor, codes: Vec<String>) -> String {
        self.0.called("DockerManager.Reclaim", &actor, &codes.join(","));
        "apps-10".to_owned()
    }

    fn act(&self, actor: Actor, verb: String, things: Vec<DockerThing>) -> String {
        self.0.called("DockerManager.Act", &actor, &format!("{verb} {}", said(&things)));
        "apps-11".to_owned()
    }

    fn adopt(&self, actor: Actor, kind: String, subject: String) -> String {
        self.0.called("DockerManager.Adopt", &actor, &format!("{kind} {subject}"));
        subject
    }

    fn release(&self, actor: Actor, id: String) {
        self.0.called("DockerManager.Release", &actor, &id);
    }

    fn environment(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("DockerManager.Environment", &actor, &id);
        Document::json(&json!([{ "name": "PASSWORD", "value": "x", "hidden": false }]))
    }

    fn folder(&self, actor: Actor, id: String, path: String) -> Result<Document> {
        self.0.called("DockerManager.Folder", &actor, &format!("{id} {path}"));
        Document::json(&json!({ "path": path, "entries": [], "more": false }))
    }

    fn file(&self, actor: Actor, id: String, path: String) -> Result<(zbus::OwnedFd, String, u64)> {
        self.0.called("DockerManager.File", &actor, &format!("{id} {path}"));
        Ok((pipe_with(b"<script>"), "a page.html".to_owned(), 8))
    }

    fn run(&self, actor: Actor, id: String, command: Vec<String>, seconds: u32) -> zbus::OwnedFd {
        self.0.called("DockerManager.Run", &actor, &format!("{id} {command:?} {seconds}"));
        pipe_with(if command == ["lost"] {
            b""
        } else {
            br#"{"code":3,"stdout":"a\n","stderr":"no b","more":true,"ended":false}"#
        })
    }
}

#[tokio::test]
async fn what_is_asked_of_docker_goes_there_with_a_checked_id() {
    let (world, mut owner) = World::claimed().await;
    let id = "0a".repeat(32);
    let of = |rest: &str| format!("/api/v1/docker/containers/{id}{rest}");
    assert_eq!(owner.get("/api/v1/docker").await.json()["images"], json!([]));
    assert_eq!(owner.get(&of("")).await.json()["container"]["id"], id.as_str());
    assert_eq!(owner.get(&of("/logs?tail=99999&follow=1")).await.text(), "a line\n");
    assert_eq!(owner.get(&of("/environment")).await.json()[0]["value"], "x");
    assert_eq!(owner.get(&of("/files")).await.json()["path"], "/");
    assert_eq!(owner.get(&of("/files?path=%2Fetc%2Fa%20b")).await.json()["path"], "/etc/a b");
    let file = owner.get(&of("/file?path=%2Fsrv%2Fa%20page.html")).await;
    assert_eq!((file.text().as_str(), file.header("content-type")), ("<script>", "application/octet-stream"));
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"a page.html\""));
    assert!(owner.get("/api/v1/audit").await.text().contains("docker.file"));
    owner.get(&of("/file")).await.check(400, "invalid");
    let begun = owner.post(&of("/stop"), &json!({ "sure": true })).await;
    assert_eq!((begun.status.as_u16(), begun.json()), (202, json!({ "job_id": "apps-8" })));
    owner.post(&of("/start"), &json!({})).await;
    owner.post(&of("/restart"), &json!({ "sure": true })).await;
    assert_eq!(owner.get("/api/v1/docker/reclaim").await.json(), json!({ "items": [] }));
    let begun = owner.post("/api/v1/docker/reclaim", &json!({ "codes": ["image-1", "volume-2"] })).await;
    assert_eq!((begun.status.as_u16(), begun.json()), (202, json!({ "job_id": "apps-10" })));
    assert!(world.fakes.calls().contains(&"DockerManager.Reclaim grace image-1,volume-2".to_owned()));
    let adopted = owner.post("/api/v1/docker/adopted", &json!({ "kind": "stack", "subject": "blog" })).await;
    assert_eq!((adopted.status.as_u16(), adopted.json()), (201, json!({ "id": "blog" })));
    assert_eq!(owner.delete("/api/v1/docker/adopted/blog").await.status, 204);
    owner.delete("/api/v1/docker/adopted/..%2Fx").await.check(400, "invalid");
    assert!(world.fakes.calls().contains(&"DockerManager.Adopt grace stack blog".to_owned()));
    assert!(world.fakes.calls().contains(&"DockerManager.Release grace blog".to_owned()));
    let before = world.fakes.calls().len();
    for wrong in ["web", "..", "0a", "0a%2F", &format!("{}g", "0".repeat(63))] {
        for rest in ["", "/logs", "/environment", "/files", "/file?path=/x"] {
            let reply = owner.get(&format!("/api/v1/docker/containers/{wrong}{rest}")).await;
            assert!([400, 404].contains(&reply.status.as_u16()), "{wrong}{rest}: {}", reply.status);
        }
        let reply =
            owner.post(&format!("/api/v1/docker/containers/{wrong}/stop"), &json!({ "sure": true })).await;
        assert!([400, 404].contains(&reply.status.as_u16()), "{wrong}: {}", reply.status);
    }
    let calls = world.fakes.calls();
    assert!(!calls[before..].iter().any(|call| call.starts_with("Docker")), "{calls:?}");
    for call in [
        format!("DockerReader.Logs grace {id} 10000 true"),
        format!("DockerManager.Start grace {id} false"),
        format!("DockerManager.Stop grace {id} true"),
        format!("DockerManager.Restart grace {id} true"),
    ] {
        assert!(calls.contains(&call), "{call} in {calls:?}");
    }
    let trail = owner.get("/api/v1/audit").await.text();
    let lines = ["docker.secrets", "docker.stop", "docker.adopt", "docker.release"];
    assert!(lines.iter().all(|line| trail.contains(line)), "{trail}");
}

impl Fakes {
    pub(super) async fn docker_changed(&self) {
        let emitter = SignalEmitter::new(&self.connection, APPS.path).unwrap();
        DockerReader::docker_changed(&emitter).await.unwrap();
    }
}
