//! The event stream.

use std::time::Duration;

use axum::body::Body;
use http::Method;
use http_body_util::BodyExt as _;
use livos_bus::names::FILES;
use serde_json::{Value, json};

use super::fakes::job;
use super::world::{Client, World};

/// A stream being read.
pub(super) struct Stream {
    body: Body,
    text: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Event {
    id: String,
    pub(super) name: String,
    data: Value,
}

impl Stream {
    pub(super) async fn open(client: &mut Client, last: Option<&str>) -> Self {
        let mut request = client.request(Method::GET, "/api/v1/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = client.open(request.body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next event; `None` when the stream ended.
    async fn try_next(&mut self) -> Option<Event> {
        while !self.text.contains("\n\n") {
            let frame = tokio::time::timeout(Duration::from_secs(20), self.body.frame())
                .await
                .expect("an event in time");
            self.text.push_str(std::str::from_utf8(&frame?.unwrap().into_data().unwrap()).unwrap());
        }
        let (event, rest) =
            self.text.split_once("\n\n").map(|(event, rest)| (event.to_owned(), rest.to_owned())).unwrap();
        self.text = rest;
        let field = |name: &str| {
            event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned()
        };
        Some(Event {
            id: field("id:"),
            name: field("event:"),
            data: serde_json::from_str(&field("data:")).unwrap(),
        })
    }

    pub(super) async fn next(&mut self) -> Event {
        self.try_next().await.expect("the stream goes on")
    }

    async fn until(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await;
            if event.name == name {
                return event;
            }
        }
    }
}

#[tokio::test]
async fn signals_become_events_for_those_they_concern() {
    let (world, mut owner) = World::claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    let ada_id = ada.get("/api/v1/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
    let mut seen_by_owner = Stream::open(&mut owner, None).await;
    let mut seen_by_ada = Stream::open(&mut ada, None).await;
    let hello = seen_by_owner.next().await;
    assert_eq!((hello.name.as_str(), &hello.data["epoch"]), ("hello", &json!(world.app.events.epoch())));
    assert_eq!(seen_by_ada.next().await.name, "hello");

    world.fakes.dir_changed("home", "Private").await;
    world.fakes.dir_changed("home.ada", "Diary").await;
    world.fakes.dir_changed("shared", "Both").await;
    assert_eq!(seen_by_owner.next().await.data, json!({ "root": "home", "path": "Private" }));
    assert_eq!(seen_by_owner.next().await.data, json!({ "root": "shared", "path": "Both" }));
    assert_eq!(seen_by_ada.next().await.data, json!({ "root": "home.ada", "path": "Diary" }));
    assert_eq!(seen_by_ada.next().await.data, json!({ "root": "shared", "path": "Both" }));

    world.fakes.app_changed("jellyfin").await;
    assert_eq!(
        seen_by_ada.next().await,
        Event {
            data: json!({ "id": "jellyfin" }),
            name: "app".to_owned(),
            id: format!("{}-5", world.app.events.epoch())
        }
    );
    assert_eq!(seen_by_owner.next().await.name, "app");

    world.fakes.docker_changed().await;
    assert_eq!(seen_by_owner.until("docker").await.data, json!({}));
    world.fakes.job("apps-1", Some(job("apps-1", "somebody", 5))).await;
    assert_eq!(seen_by_owner.until("job").await.data["done"], 5);
    world.fakes.job("files-2", Some(job("files-2", &ada_id, 7))).await;
    let own = seen_by_ada.next().await;
    assert_eq!(
        (own.name.as_str(), &own.data["id"], &own.data["done"]),
        ("job", &json!("files-2"), &json!(7))
    );
    world.fakes.job("files-2", None).await;
    let gone = seen_by_ada.next().await;
    assert_eq!((gone.name.as_str(), gone.data), ("job_removed", json!({ "id": "files-2" })));

    ada.write(Method::PATCH, "/api/v1/me/settings", &json!({ "a": 1 })).await;
    assert_eq!(seen_by_ada.next().await.name, "settings");
    owner
        .post(
            "/api/v1/users",
            &json!({ "username": "bob", "name": "b", "role": "member", "password": "correct horse" }),
        )
        .await;
    assert_eq!(seen_by_owner.until("users").await.data, json!({}));
}

#[tokio::test]
async fn an_update_is_a_job_to_admins_until_it_has_ended() {
    let (world, mut owner) = World::claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    let mut seen_by_owner = Stream::open(&mut owner, None).await;
    let mut seen_by_ada = Stream::open(&mut ada, None).await;
    assert_eq!(seen_by_ada.next().await.name, "hello");
    world.fakes.update_is(&json!({ "state": "installing", "checked_at": 7, "percent": 40 })).await;
    let job = seen_by_owner.until("job").await.data;
    assert_eq!(
        (&job["kind"], &job["step"], &job["done"]),
        (&json!("system.update"), &json!("installing"), &json!(40))
    );
    assert_eq!(owner.get("/api/v1/jobs").await.json()[0]["id"], job["id"]);
    assert_ne!(ada.get("/api/v1/jobs").await.json()[0]["id"], job["id"]);
    let last =
        json!({ "result": "returned", "from": "0.1.0", "to": "0.2.0", "reasons": ["No page."], "at": 9 });
    world.fakes.update_is(&json!({ "state": "idle", "checked_at": 7, "last": last })).await;
    let job = seen_by_owner.until("job").await.data;
    assert_eq!((&job["state"], &job["error_code"]), (&json!("failed"), &json!("returned")));
    let listed = owner.get("/api/v1/jobs").await.json();
    assert!(listed.as_array().unwrap().iter().all(|other| other["id"] != job["id"]), "{listed}");
    assert_eq!(owner.delete("/api/v1/jobs/host-7").await.status, 204);
    assert_eq!(seen_by_owner.until("job_removed").await.data, json!({ "id": "host-7" }));
    world.fakes.app_changed("x").await;
    assert_eq!(seen_by_ada.next().await.name, "app", "nothing of it was a member's business");
}

#[tokio::test]
async fn a_stream_that_broke_goes_on_where_it_was() {
    let (world, mut owner) = World::claimed().await;
    let mut stream = Stream::open(&mut owner, None).await;
    let hello = stream.next().await;
    world.fakes.app_changed("a").await;
    let first = stream.next().await;
    drop(stream);
    world.fakes.app_changed("b").await;
    world.fakes.app_changed("c").await;
    let mut stream = Stream::open(&mut owner, Some(&first.id)).await;
    assert_eq!(stream.next().await.name, "hello");
    assert_eq!(stream.next().await.data, json!({ "id": "b" }));
    assert_eq!(stream.next().await.data, json!({ "id": "c" }));
    let mut stream = Stream::open(&mut owner, Some(&hello.id)).await;
    stream.next().await;
    assert_eq!(stream.next().await, first);

    for unknown in [
        "other-1",
        "nonsense",
        &format!("{}-99", world.app.events.epoch()),
        &format!("{}-x", world.app.events.epoch()),
    ] {
        let mut stream = Stream::open(&mut owner, Some(unknown)).await;
        let (hello, reset) = (stream.next().await, stream.next().await);
        assert_eq!((hello.name.as_str(), reset.name.as_str()), ("hello", "reset"), "{unknown}");
        // From the reset on, it goes on by its id.
        assert_eq!(reset.id, format!("{}-3", world.app.events.epoch()));
    }
    owner.get("/api/v1/events?last_event_id=a&last_event_id=b").await.check(400, "invalid");
}

#[tokio::test]
async fn a_slow_tab_is_reset_instead_of_remembered() {
    let (world, mut owner) = World::claimed().await;
    let mut stream = Stream::open(&mut owner, None).await;
    stream.next().await;
    for n in 0..20_000 {
        world.app.events.app(&n.to_string());
    }
    assert_eq!(stream.next().await.name, "reset");
    world.app.events.app("after");
    assert_eq!(stream.next().await.data, json!({ "id": "after" }));
}

#[tokio::test]
async fn signing_out_ends_the_streams_of_that_session() {
    let (world, mut owner) = World::claimed().await;
    let mut other = world.client();
    other.sign_in("grace", super::world::PASSWORD).await;
    let mut stays = Stream::open(&mut other, None).await;
    let mut ends = Stream::open(&mut owner, None).await;
    ends.next().await;
    assert_eq!(owner.delete("/api/v1/session").await.status, 204);
    assert_eq!(ends.next().await.name, "signed_out");
    assert!(ends.try_next().await.is_none());
    stays.next().await;
    world.app.events.app("x");
    assert_eq!(stays.next().await.name, "app");
    world.app.shutdown.cancel();
    assert!(stays.try_next().await.is_none(), "a server that stops keeps nobody waiting");
}

#[tokio::test]
async fn a_daemon_that_restarts_is_picked_up() {
    let (world, mut owner) = World::claimed().await;
    assert_eq!(
        owner.get("/api/v1/health").await.json()["services"],
        json!({ "apps": "ok", "files": "ok", "host": "ok", "nexus": "down", "web": "ok" })
    );
    let mut stream = Stream::open(&mut owner, None).await;
    stream.next().await;
    world.fakes.connection.release_name(FILES.bus_name).await.unwrap();
    assert_eq!(stream.next().await.data, json!({ "name": "files", "state": "down" }));
    assert_eq!(owner.get("/api/v1/health").await.json()["services"]["files"], "down");
    owner.get("/api/v1/files/list?root=home").await.check(503, "unavailable");
    assert!(
        owner.get("/api/v1/jobs").await.json().as_array().unwrap().is_empty(),
        "the other daemon's jobs are still told"
    );

    let again = world.fakes.successor(&world.bus, job("files-5", "", 1)).await;
    assert_eq!(stream.next().await.data, json!({ "name": "files", "state": "ok" }));
    assert_eq!(stream.next().await.data["id"], "files-5", "jobs that ended meanwhile are told");
    assert_eq!(owner.get("/api/v1/files/list?root=home").await.status, 200);
    again.dir_changed("home", "x").await;
    assert_eq!(stream.next().await.name, "dir");
    // Whoever does not own the name is not heard.
    world.fakes.dir_changed("home", "forged").await;
    again.dir_changed("home", "y").await;
    assert_eq!(stream.next().await.data["path"], "y");
}

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_is_pinged() {
    // Time that stands still moves on only when everybody waits: the next thing that happens is the ping.
    let clock = std::sync::Arc::new(livos_service::ManualClock::at(0));
    let events = crate::events::Events::new(clock);
    struct Source(crate::events::Events, crate::core::live::Live);
    impl crate::events::stream::Source for Source {
        fn events(&self) -> &crate::events::Events {
            &self.0
        }
        fn live(&self) -> &crate::core::live::Live {
            &self.1
        }
    }
    let live = crate::core::live::Live::default();
    let person = live.put_person(crate::core::live::person("ada", livos_types::Role::Member));
    let session = live.admit(crate::core::live::Session::new("s".to_owned(), person.id.clone(), 0, 0, 10));
    let counted = session.open_stream().unwrap();
    let signed_in = crate::identity::SignedIn { session, person, access_expires_at: 0 };
    let source = std::sync::Arc::new(Source(events, live));
    let stream = crate::events::stream::open(
        source,
        signed_in,
        counted,
        None,
        livos_service::CancellationToken::new(),
    );
    let mut stream = Stream { body: Body::from_stream(stream), text: String::new() };
    assert_eq!(stream.next().await.name, "hello");
    for _ in 0..3 {
        let before = tokio::time::Instant::now();
        assert_eq!(stream.next().await.name, "ping");
        assert_eq!(before.elapsed().as_secs(), 15);
    }
}
