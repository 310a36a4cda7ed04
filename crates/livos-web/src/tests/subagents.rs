//! Subagents, over HTTP.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use http::Method;
use livos_bus::subagents::SubagentRequest;
use livos_bus::{Actor, Document, Error, Result};
use serde_json::{Value, json};
use zbus::interface;

use super::assistant::claimed;
use super::fakes::Fakes;

const ALL: &str = "/api/v1/assistant/subagents";
const ONE: &str = "/api/v1/assistant/subagents/watcher";

pub(super) struct Subagents(pub(super) Fakes);

fn one() -> Value {
    json!({ "id": "watcher", "name": "Watcher" })
}

#[interface(name = "io.livos.Nexus1.Subagents")]
impl Subagents {
    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("Subagents.List", &actor, "");
        Document::json(&json!({ "subagents": [one()] }))
    }

    fn get(&self, actor: Actor, id: String) -> Result<Document> {
        self.0.called("Subagents.Get", &actor, &id);
        Document::json(&one())
    }

    fn create(&self, actor: Actor, id: String, wanted: SubagentRequest) -> Result<()> {
        self.0.called("Subagents.Create", &actor, &format!("{id} {} {}", wanted.name, wanted.all_tools));
        Ok(())
    }

    fn update(&self, actor: Actor, id: String, wanted: SubagentRequest) -> Result<()> {
        let SubagentRequest { name, all_tools, tools, turns, .. } = wanted;
        self.0.called("Subagents.Update", &actor, &format!("{id} {name} {all_tools} {tools:?} {turns}"));
        Ok(())
    }

    fn change(&self, actor: Actor, id: String, what: String) -> Result<()> {
        self.0.called("Subagents.Change", &actor, &format!("{what} {id}"));
        Ok(())
    }

    fn run(&self, actor: Actor, id: String, task: String) -> Result<i64> {
        if task.is_empty() {
            return Err(Error::invalid("nothing is scheduled for it, so say what it is to do"));
        }
        self.0.called("Subagents.Run", &actor, &format!("{id} {task}"));
        Ok(7)
    }
}

#[tokio::test]
async fn a_subagent_is_looked_at_changed_run_paused_and_deleted() {
    let (world, mut owner) = claimed().await;
    assert_eq!(owner.get(ALL).await.json()["subagents"], json!([one()]));
    assert_eq!(owner.get(ONE).await.json(), one());
    let made =
        json!({ "id": "looker", "name": "Looker", "description": "Looks.", "instructions": "", "turns": 3 });
    assert_eq!(owner.post(ALL, &made).await.status, 201);
    let brief = json!({ "name": "Looker", "description": "Looks.", "instructions": "", "tools": ["status"], "turns": 3 });
    assert_eq!(owner.write(Method::PUT, ONE, &brief).await.status, 204);
    let brief = json!({ "name": "All", "description": "Looks.", "instructions": "", "turns": 3 });
    assert_eq!(owner.write(Method::PUT, ONE, &brief).await.status, 204);
    for paused in [true, false] {
        assert_eq!(owner.write(Method::PATCH, ONE, &json!({ "paused": paused })).await.status, 204);
    }
    let run = owner.post(&format!("{ONE}/run"), &json!({ "task": "Look." })).await;
    assert_eq!((run.status.as_u16(), run.json()), (202, json!({ "run": 7 })));
    owner.post(&format!("{ONE}/run"), &json!({})).await.check(400, "invalid");
    assert_eq!(owner.delete(ONE).await.status, 204);
    let calls = world.fakes.calls();
    for call in [
        "Subagents.Create grace looker Looker true",
        "Subagents.Update grace watcher Looker false [\"status\"] 3",
        "Subagents.Update grace watcher All true [] 3",
        "Subagents.Change grace pause watcher",
        "Subagents.Change grace resume watcher",
        "Subagents.Run grace watcher Look.",
        "Subagents.Change grace remove watcher",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call}: {calls:?}");
    }
    let before = world.fakes.calls().len();
    for hostile in ["x%20y", "..%2f..", "UP", &"a".repeat(65)] {
        owner.delete(&format!("{ALL}/{hostile}")).await.check(404, "not_found");
    }
    let long = json!({ "task": "a".repeat(49 * 1024) });
    owner.post(&format!("{ONE}/run"), &long).await.check(413, "too_large");
    assert_eq!(world.fakes.calls().len(), before);
}
