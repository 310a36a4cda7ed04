//! Who may do what to whose account.

use http::Method;
use livos_bus::names::NEXUS;
use serde_json::{Value, json};

use super::world::{Client, PASSWORD, World};

async fn id_of(owner: &mut Client, username: &str) -> String {
    let people = owner.get("/api/v1/users").await.json();
    let found = people.as_array().unwrap().iter().find(|person| person["username"] == username);
    found.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn change(client: &mut Client, id: &str, change: &Value) -> (u16, Value) {
    let reply = client.write(Method::PATCH, &format!("/api/v1/users/{id}"), change).await;
    (reply.status.as_u16(), reply.json())
}

#[tokio::test]
async fn people_are_added_changed_disabled_and_removed() {
    let (world, mut owner) = World::claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    assert_eq!(ada.get("/api/v1/session").await.json()["user"]["temporary_password"], true);
    let again = json!({ "username": "ADA", "name": "x", "role": "member", "password": PASSWORD });
    owner.post("/api/v1/users", &again).await.check(409, "exists");
    for bad in ["../x", "a/b", "", "ö", "-x", "a b"] {
        let body = json!({ "username": bad, "name": "x", "role": "member", "password": PASSWORD });
        owner.post("/api/v1/users", &body).await.check(400, "invalid");
    }
    let weak = json!({ "username": "bob", "name": "x", "role": "member", "password": "short" });
    owner.post("/api/v1/users", &weak).await.check(400, "invalid");

    let id = id_of(&mut owner, "ada").await;
    let (status, person) = change(&mut owner, &id, &json!({ "name": "Ada L." })).await;
    assert_eq!((status, &person["name"], &person["role"]), (200, &json!("Ada L."), &json!("member")));
    assert!(!person.to_string().contains("argon2"));
    assert_eq!(change(&mut owner, &id, &json!({ "role": "admin" })).await.0, 200);
    assert_eq!(ada.get("/api/v1/users").await.status, 200, "a new role counts at once");

    assert_eq!(change(&mut owner, &id, &json!({ "disabled": true })).await.0, 200);
    ada.get("/api/v1/session").await.check(401, "unauthenticated");
    ada.try_sign_in("ada", PASSWORD, None).await.check(403, "disabled");
    ada.try_sign_in("ada", "wrong password", None).await.check(401, "bad_credentials");
    assert_eq!(change(&mut owner, &id, &json!({ "disabled": false })).await.0, 200);
    ada.sign_in("ada", PASSWORD).await;

    assert_eq!(owner.delete(&format!("/api/v1/users/{id}")).await.status, 204);
    ada.get("/api/v1/session").await.check(401, "unauthenticated");
    owner.delete(&format!("/api/v1/users/{id}")).await.check(404, "not_found");
    // The folder of the one who left is still there; the next one of that name would inherit it.
    let namesake = json!({ "username": "ada", "name": "x", "role": "member", "password": PASSWORD });
    owner.post("/api/v1/users", &namesake).await.check(409, "exists");
}

#[tokio::test]
async fn the_owner_stays_and_admins_do_not_make_admins() {
    let (world, mut owner) = World::claimed().await;
    let mut admin = world.person(&mut owner, "adm", "admin").await;
    let _member = world.person(&mut owner, "mem", "member").await;
    let (grace, adm, mem) =
        (id_of(&mut owner, "grace").await, id_of(&mut owner, "adm").await, id_of(&mut owner, "mem").await);

    for who in [&mut owner, &mut admin] {
        assert_eq!(change(who, &grace, &json!({ "role": "member" })).await.0, 403);
        assert_eq!(change(who, &grace, &json!({ "disabled": true })).await.0, 403);
        assert_eq!(who.delete(&format!("/api/v1/users/{grace}")).await.status, 403);
        assert_eq!(change(who, &mem, &json!({ "role": "owner" })).await.0, 403);
    }
    let new = |role: &str| json!({ "username": "new", "name": "n", "role": role, "password": PASSWORD });
    owner.post("/api/v1/users", &new("owner")).await.check(403, "denied");
    admin.post("/api/v1/users", &new("admin")).await.check(403, "denied");
    assert_eq!(change(&mut admin, &mem, &json!({ "role": "admin" })).await.0, 403);
    assert_eq!(change(&mut admin, &adm, &json!({ "role": "member" })).await.0, 403);
    assert_eq!(change(&mut admin, &grace, &json!({ "name": "Pwned" })).await.0, 403);
    assert_eq!(change(&mut admin, &mem, &json!({ "disabled": true })).await.0, 200);
    assert_eq!(change(&mut owner, &adm, &json!({ "role": "member" })).await.0, 200);
    assert_eq!(admin.get("/api/v1/users").await.status, 403, "and at once");
}

#[tokio::test]
async fn the_trail_says_who_did_what_from_where() {
    let (world, mut owner) = World::claimed().await;
    world.advance(5);
    world.client().try_sign_in("grace", "wrong password", None).await.check(401, "bad_credentials");
    world.client().try_sign_in("my secret password", "x", None).await.check(401, "bad_credentials");
    owner
        .post("/api/v1/apps", &json!({ "store": "s", "app": "jellyfin", "answers": {}, "accept": [] }))
        .await;
    let trail = owner.get("/api/v1/audit").await.json();
    let entries: Vec<[&str; 4]> = trail
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| ["actor", "action", "subject", "outcome"].map(|key| entry[key].as_str().unwrap()))
        .collect();
    assert_eq!(
        entries,
        [
            ["grace", "app.install", "jellyfin", "ok"],
            ["", "session.begin", "", "bad_credentials"],
            ["", "session.begin", "grace", "bad_credentials"],
            ["grace", "setup.account", "grace", "ok"],
        ]
    );
    assert_eq!(trail[0]["address"], "192.0.2.7");
    let older = owner.get(&format!("/api/v1/audit?before={}&limit=1", trail[0]["id"])).await.json();
    assert_eq!(older[0]["id"], trail[1]["id"]);
    owner.get("/api/v1/audit?limit=x").await.check(400, "invalid");
}

#[tokio::test]
async fn the_agent_forgets_who_is_gone_also_if_it_was_away() {
    let (world, mut owner) = World::claimed().await;
    let agent = &world.fakes.connection;
    let mut gone = Vec::new();
    for name in ["ada", "bob"] {
        world.person(&mut owner, name, "member").await;
        gone.push(id_of(&mut owner, name).await);
    }
    // One is removed while it is away, the other while it cannot.
    assert_eq!(owner.delete(&format!("/api/v1/users/{}", gone[0])).await.status, 204);
    world.fakes.memory.lock().unwrap().nexus_is_ill = true;
    agent.request_name(NEXUS.bus_name).await.unwrap();
    assert_eq!(owner.delete(&format!("/api/v1/users/{}", gone[1])).await.status, 204);
    assert!(!world.fakes.calls().iter().any(|call| call.starts_with("Chat.Forget")));
    agent.release_name(NEXUS.bus_name).await.unwrap();
    world.fakes.memory.lock().unwrap().nexus_is_ill = false;
    agent.request_name(NEXUS.bus_name).await.unwrap();
    let told = |calls: &[String], id: &str| calls.contains(&format!("Chat.Forget {id}"));
    world.fakes.until("both are forgotten", |calls| gone.iter().all(|id| told(calls, id))).await;
    // Nor is it asked for ever: what is not yet noted is noted now.
    crate::leaving::say_farewell(&world.app).await;
    assert!(world.app.identity.store().farewells().await.unwrap().is_empty());
    let asked = world.fakes.calls().len();
    crate::leaving::say_farewell(&world.app).await;
    assert_eq!(world.fakes.calls().len(), asked);
}
