//! A member asks for an app, an admin answers.

use http::Method;
use livos_bus::documents::{CatalogApp, StoreApp};
use livos_types::{AppId, StoreId};
use serde_json::{Value, json};

use super::events::Stream;
use super::world::{Client, PASSWORD, World};

const WISHES: &str = "/api/v1/store/wishes";

fn offer(world: &World, id: &str, name: &str) {
    let app = StoreApp {
        store: StoreId::new("s").unwrap(),
        id: AppId::new(id).unwrap(),
        name: name.to_owned(),
        tagline: String::new(),
        category: String::new(),
        version: "1".to_owned(),
        developer: String::new(),
        icon: String::new(),
        source_label: "S".to_owned(),
        format: "umbrel".to_owned(),
        added_at: 0,
        installable: true,
        installed: false,
    };
    let page = CatalogApp {
        docker_control: None,
        docker: String::new(),
        app,
        description: String::new(),
        website: String::new(),
        release_notes: String::new(),
        default_username: String::new(),
        default_password: String::new(),
        dependencies: Vec::new(),
        pictures: Vec::new(),
        permissions: Vec::new(),
        moved: Vec::new(),
        inputs: Vec::new(),
        services: Vec::new(),
        facts: livos_bus::documents::AppFacts::default(),
        unsupported: Vec::new(),
        error: String::new(),
        gone: false,
    };
    let page = serde_json::to_value(page).unwrap();
    world.fakes.memory.lock().unwrap().offered.insert(id.to_owned(), page);
}

async fn seen(client: &mut Client) -> Vec<(String, String, String)> {
    let list = client.get(WISHES).await.json();
    let text = |wish: &Value, field: &str| wish[field].as_str().unwrap().to_owned();
    let lines = list.as_array().unwrap().iter();
    lines.map(|wish| (text(wish, "by"), text(wish, "name"), text(wish, "state"))).collect()
}

fn line(by: &str, name: &str, state: &str) -> (String, String, String) {
    (by.to_owned(), name.to_owned(), state.to_owned())
}

async fn id_of(client: &mut Client, name: &str) -> i64 {
    let list = client.get(WISHES).await.json();
    let found = list.as_array().unwrap().iter().find(|wish| wish["name"] == name).unwrap();
    found["id"].as_i64().unwrap()
}

#[tokio::test]
async fn what_a_member_asks_for_reaches_the_admins_and_the_answer_comes_back() {
    let (world, mut owner) = World::claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    let mut bob = world.person(&mut owner, "bob", "member").await;
    offer(&world, "jellyfin", "Jellyfin");
    offer(&world, "gitea", "Gitea");
    let (mut admins, mut hers) = (Stream::open(&mut owner, None).await, Stream::open(&mut ada, None).await);
    let mut his = Stream::open(&mut bob, None).await;
    for stream in [&mut admins, &mut hers, &mut his] {
        assert_eq!(stream.next().await.name, "hello");
    }

    let jellyfin = json!({ "store": "s", "app": "jellyfin" });
    for _ in 0..2 {
        assert_eq!(ada.post(WISHES, &jellyfin).await.status, 204, "asking once more is no more");
    }
    assert_eq!(ada.post(WISHES, &json!({ "store": "s", "app": "gitea" })).await.status, 204);
    assert_eq!(bob.post(WISHES, &jellyfin).await.status, 204);
    let asked =
        vec![line("ada", "Jellyfin", "open"), line("ada", "Gitea", "open"), line("bob", "Jellyfin", "open")];
    assert_eq!(seen(&mut owner).await, asked);
    assert_eq!(seen(&mut ada).await, asked[..2], "one's own only");
    assert_eq!(
        (admins.next().await.name, hers.next().await.name),
        ("wishes".to_owned(), "wishes".to_owned())
    );
    assert_eq!(his.next().await.name, "wishes", "of his own wish");

    // Nobody takes back or declines what is not theirs.
    let gitea = id_of(&mut ada, "Gitea").await;
    bob.delete(&format!("{WISHES}/{gitea}")).await.check(404, "not_found");
    assert_eq!(owner.delete(&format!("{WISHES}/{gitea}")).await.status, 204);
    owner.delete(&format!("{WISHES}/{gitea}")).await.check(404, "not_found");
    let install = json!({ "store": "s", "app": "jellyfin", "answers": {}, "accept": [] });
    assert_eq!(owner.post("/api/v1/apps", &install).await.status, 202);
    assert_eq!(seen(&mut owner).await, []);
    let answered = [line("ada", "Jellyfin", "granted"), line("ada", "Gitea", "declined")];
    assert_eq!(seen(&mut ada).await, answered);
    assert_eq!(seen(&mut bob).await, [line("bob", "Jellyfin", "granted")]);

    // She asks again, and takes it back.
    assert_eq!(ada.post(WISHES, &json!({ "store": "s", "app": "gitea" })).await.status, 204);
    assert_eq!(seen(&mut owner).await, [line("ada", "Gitea", "open")]);
    assert_eq!(ada.delete(&format!("{WISHES}/{gitea}")).await.status, 204);
    assert_eq!(seen(&mut owner).await, []);
    world.advance(31 * 86_400);
    ada.sign_in("ada", PASSWORD).await;
    assert_eq!(ada.post(WISHES, &json!({ "store": "s", "app": "gitea" })).await.status, 204);
    assert_eq!(
        seen(&mut ada).await,
        [line("ada", "Gitea", "open")],
        "what was answered is forgotten in time"
    );
}

#[tokio::test]
async fn wishes_are_for_what_a_store_has_and_not_without_end() {
    let (world, mut owner) = World::claimed().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    ada.post(WISHES, &json!({ "store": "s", "app": "nothing" })).await.check(404, "not_found");
    ada.post(WISHES, &json!({ "store": "../s", "app": "nothing" })).await.check(400, "invalid");
    ada.post(WISHES, &json!({ "store": "s", "app": "x", "name": "free" })).await.check(400, "invalid");
    ada.write(Method::DELETE, &format!("{WISHES}/x"), &json!({})).await.check(404, "not_found");
    for number in 0..50 {
        offer(&world, &format!("app-{number}"), "App");
        let body = json!({ "store": "s", "app": format!("app-{number}") });
        assert_eq!(ada.post(WISHES, &body).await.status, 204);
    }
    offer(&world, "one-more", "One more");
    ada.post(WISHES, &json!({ "store": "s", "app": "one-more" })).await.check(409, "conflict");
    // Whoever leaves wants nothing any more.
    let people = owner.get("/api/v1/users").await.json();
    let id =
        people.as_array().unwrap().iter().find(|person| person["username"] == "ada").unwrap()["id"].clone();
    assert_eq!(owner.delete(&format!("/api/v1/users/{}", id.as_str().unwrap())).await.status, 204);
    assert_eq!(seen(&mut owner).await, []);
}
