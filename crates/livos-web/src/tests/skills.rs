//! Skills, over HTTP.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use http::Method;
use livos_bus::{Actor, Document, Error, Result};
use serde_json::{Value, json};
use zbus::interface;

use super::assistant::claimed;
use super::fakes::Fakes;

const ALL: &str = "/api/v1/assistant/skills";

pub(super) struct Skills(pub(super) Fakes);

fn one() -> Value {
    json!({ "name": "tidy-up", "bundled": false, "enabled": false })
}

#[interface(name = "io.livos.Nexus1.Skills")]
impl Skills {
    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("Skills.List", &actor, "");
        Document::json(&json!({ "skills": [one()] }))
    }

    fn get(&self, actor: Actor, name: String) -> Result<Document> {
        self.0.called("Skills.Get", &actor, &name);
        Document::json(&one())
    }

    fn add(&self, actor: Actor, text: String) -> Result<Document> {
        if text == "broken" {
            return Err(Error::invalid("it has to begin with a line of ---"));
        }
        self.0.called("Skills.Add", &actor, &text);
        Document::json(&one())
    }

    fn change(&self, actor: Actor, name: String, what: String, revision: String) -> Result<()> {
        if revision == "stale" {
            return Err(Error::conflict("it has changed since you looked at it"));
        }
        self.0.called("Skills.Change", &actor, &format!("{what} {name} {revision}"));
        Ok(())
    }
}

#[tokio::test]
async fn a_skill_is_taken_in_looked_at_enabled_and_removed() {
    let (world, mut owner) = claimed().await;
    assert_eq!(owner.get(ALL).await.json()["skills"], json!([one()]));
    let added = owner.post(ALL, &json!({ "text": "---" })).await;
    assert_eq!((added.status.as_u16(), added.json()), (201, one()));
    let path = format!("{ALL}/tidy-up");
    assert_eq!(owner.get(&path).await.json(), one());
    let enable = json!({ "enabled": true, "revision": "0f" });
    assert_eq!(owner.write(Method::PATCH, &path, &enable).await.status, 204);
    assert_eq!(owner.write(Method::PATCH, &path, &json!({ "enabled": false })).await.status, 204);
    assert_eq!(owner.delete(&format!("{path}/waiting")).await.status, 204);
    assert_eq!(owner.delete(&path).await.status, 204);
    let calls = world.fakes.calls();
    for what in ["enable tidy-up 0f", "disable tidy-up", "discard tidy-up", "remove tidy-up"] {
        assert!(calls.contains(&format!("Skills.Change grace {what}")), "{what}: {calls:?}");
    }
    // A member has their own.
    let mut ada = world.person(&mut owner, "ada", "member").await;
    assert_eq!(ada.get(ALL).await.status, 200);
    assert!(world.fakes.calls().iter().any(|call| call.starts_with("Skills.List ada")));
}

#[tokio::test]
async fn what_can_not_be_a_skill_is_refused_with_the_reason() {
    let (world, mut owner) = claimed().await;
    let broken = owner.post(ALL, &json!({ "text": "broken" })).await;
    broken.check(400, "invalid");
    assert!(broken.json()["message"].as_str().unwrap().contains("line of ---"), "{}", broken.json());
    let stale = json!({ "enabled": true, "revision": "stale" });
    owner.write(Method::PATCH, &format!("{ALL}/tidy-up"), &stale).await.check(409, "conflict");
    let before = world.fakes.calls().len();
    owner.post(ALL, &json!({ "text": "x".repeat(49 * 1024) })).await.check(413, "too_large");
    for hostile in ["x%20y", "..%2f..", "Up", &"a".repeat(65)] {
        owner.delete(&format!("{ALL}/{hostile}")).await.check(404, "not_found");
        owner.delete(&format!("{ALL}/{hostile}/waiting")).await.check(404, "not_found");
        owner.get(&format!("{ALL}/{hostile}")).await.check(404, "not_found");
    }
    assert_eq!(world.fakes.calls().len(), before);
}
