//! What is scheduled, over HTTP; and that it begins with the rights its person has then, or not at all.

#![expect(clippy::needless_pass_by_value, reason = "a D-Bus method takes its arguments by value")]

use std::time::Duration;

use http::Method;
use livos_bus::names::NEXUS;
use livos_bus::schedules::ScheduleRequest;
use livos_bus::{Actor, Document, Error, Result};
use serde_json::json;
use zbus::interface;
use zbus::object_server::SignalEmitter;

use super::assistant::claimed;
use super::fakes::Fakes;

const ONE: &str = "/api/v1/assistant/schedules/0123456789abcdef0123456789abcdef-4-0";

pub(super) struct Schedules(pub(super) Fakes);

#[interface(name = "io.livos.Nexus1.Schedules")]
impl Schedules {
    fn list(&self, actor: Actor) -> Result<Document> {
        self.0.called("Schedules.List", &actor, "");
        Document::json(&json!({ "schedules": [] }))
    }

    fn create(&self, actor: Actor, request: ScheduleRequest) -> Result<Document> {
        let ScheduleRequest { task, delay, at, cron, event, subject, subagent, every, most, time_zone } =
            request;
        let when = format!("{delay}|{at}|{cron}|{event}|{subject}|{every}|{most}|{time_zone}");
        self.0.called("Schedules.Create", &actor, &format!("{task} {when} {subagent}"));
        Document::json(&json!({ "id": "a" }))
    }

    fn change(&self, actor: Actor, id: String, what: String) -> Result<()> {
        self.0.called("Schedules.Change", &actor, &format!("{what} {id}"));
        Ok(())
    }

    fn run(&self, actor: Actor, id: String) -> Result<i64> {
        self.0.called("Schedules.Run", &actor, &id);
        Ok(7)
    }

    fn due(&self) -> Result<Document> {
        Document::json(&self.0.memory.lock().unwrap().due)
    }

    fn begin(&self, actor: Actor, id: String) -> Result<i64> {
        if id == "denied" {
            return Err(Error::denied("no more of this"));
        }
        self.0.called("Schedules.Begin", &actor, &format!("{id} as {}", actor.role));
        self.0.memory.lock().unwrap().due.retain(|due| due.id != id);
        Ok(8)
    }

    fn refuse(&self, id: String, why: String) -> Result<()> {
        let mut memory = self.0.memory.lock().unwrap();
        if !memory.due.iter().any(|due| due.id == id) {
            return Err(Error::not_found("there is no such schedule"));
        }
        memory.due.retain(|due| due.id != id);
        memory.calls.push(format!("Schedules.Refuse {id}: {why}"));
        Ok(())
    }

    #[zbus(signal)]
    async fn schedule_due(emitter: &SignalEmitter<'_>, id: &str) -> zbus::Result<()>;
}

#[tokio::test]
async fn a_schedule_is_paused_run_removed_and_restored() {
    let (world, mut owner) = claimed().await;
    assert_eq!(owner.get("/api/v1/assistant/schedules").await.json()["schedules"], json!([]));
    for paused in [true, false] {
        assert_eq!(owner.write(Method::PATCH, ONE, &json!({ "paused": paused })).await.status, 204);
    }
    let run = owner.post(&format!("{ONE}/run"), &json!({})).await;
    assert_eq!((run.status.as_u16(), run.json()), (202, json!({ "run": 7 })));
    assert_eq!(owner.delete(ONE).await.status, 204);
    assert_eq!(owner.post(&format!("{ONE}/restore"), &json!({})).await.status, 204);
    let id = ONE.rsplit('/').next().unwrap();
    let calls = world.fakes.calls();
    for what in ["pause", "resume", "remove", "restore"] {
        assert!(calls.contains(&format!("Schedules.Change grace {what} {id}")), "{what}: {calls:?}");
    }
    let before = world.fakes.calls().len();
    for hostile in ["x%20y", "..%2f..", &"a".repeat(101)] {
        let path = format!("/api/v1/assistant/schedules/{hostile}");
        owner.delete(&path).await.check(404, "not_found");
    }
    assert_eq!(world.fakes.calls().len(), before);
}

#[tokio::test]
async fn something_is_scheduled_for_a_time_or_for_what_happens() {
    let (world, mut owner) = claimed().await;
    let path = "/api/v1/assistant/schedules";
    for body in [
        json!({ "task": "Look.", "event": "app_problem", "subject": "jellyfin" }),
        json!({ "task": "Look.", "cron": "0 8 * * *", "time_zone": "Europe/Berlin" }),
        json!({ "task": "Look.", "every": 60, "most": 3, "subagent": "watcher" }),
    ] {
        let made = owner.post(path, &body).await;
        assert_eq!((made.status.as_u16(), made.json()), (201, json!({ "id": "a" })));
    }
    owner.post(path, &json!({ "task": "Look.", "event": "earthquake" })).await.check(400, "invalid");
    owner.post(path, &json!({ "task": "x".repeat(60_000), "delay": 5 })).await.check(413, "too_large");
    let calls = world.fakes.calls();
    for call in [
        "Schedules.Create grace Look. 0|||app_problem|jellyfin|0|0|",
        "Schedules.Create grace Look. 0||0 8 * * *|||0|0|Europe/Berlin",
        "Schedules.Create grace Look. 0|||||60|3| watcher",
    ] {
        assert!(calls.contains(&call.to_owned()), "{call}: {calls:?}");
    }
}

#[tokio::test]
async fn what_comes_begins_with_the_rights_of_that_moment_or_not_at_all() {
    let (world, mut owner) = claimed().await;
    let mut ada = world.person(&mut owner, "ada", "admin").await;
    let mut bob = world.person(&mut owner, "bob", "admin").await;
    let ids: Vec<String> = {
        let mut ids = Vec::new();
        for client in [&mut ada, &mut bob] {
            let session = client.get("/api/v1/session").await.json();
            ids.push(session["user"]["id"].as_str().unwrap().to_owned());
        }
        ids
    };
    // Since they scheduled it, one has lost a right, and one their account.
    let user = |id: &str| format!("/api/v1/users/{id}");
    assert_eq!(owner.write(Method::PATCH, &user(&ids[0]), &json!({ "role": "member" })).await.status, 200);
    assert_eq!(owner.write(Method::PATCH, &user(&ids[1]), &json!({ "disabled": true })).await.status, 200);
    let due = |id: &str, person: &str| livos_bus::schedules::DueSchedule {
        id: id.to_owned(),
        person: person.to_owned(),
    };
    let nobody = "nobody".to_owned();
    world.fakes.memory.lock().unwrap().due =
        vec![due("a", &ids[0]), due("b", &ids[1]), due("c", &nobody), due("denied", &ids[0])];
    let emitter = SignalEmitter::new(&world.fakes.connection, NEXUS.path).unwrap();
    Schedules::schedule_due(&emitter, "a").await.unwrap();
    let done = async {
        while !world.fakes.memory.lock().unwrap().due.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("in time");
    let calls = world.fakes.calls();
    assert!(calls.contains(&"Schedules.Begin ada a as member".to_owned()), "{calls:?}");
    for done in [
        "Schedules.Refuse b: the account it belongs to is switched off",
        "Chat.Forget nobody",
        "Schedules.Refuse denied: no more of this",
    ] {
        assert!(calls.contains(&done.to_owned()), "{done}: {calls:?}");
    }
}
