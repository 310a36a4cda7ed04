//! The way into an app, and every way it must not be had.

use axum::body::Body;
use http::Method;

use super::world::{Client, PASSWORD, Reply, World};

async fn asking(client: &mut Client, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = client.request(Method::GET, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(Body::empty()).unwrap()).await
}

/// The same browser at an app's address: other cookies.
fn at(client: &Client, host: &str) -> Client {
    Client { cookies: Default::default(), csrf: String::new(), host: host.to_owned(), ..client.clone() }
}

async fn world() -> (World, Client) {
    let (world, mut owner) = World::claimed().await;
    owner.host = "127.0.0.1:8080".to_owned();
    world.fakes.put_app("jellyfin", "jellyfin.localhost:8080", 42001);
    world.fakes.put_app("other", "other.localhost:8080", 42002);
    world.fakes.put_app("headless", "", 0);
    (world, owner)
}

#[tokio::test]
async fn an_app_is_entered_with_a_ticket_and_left_with_the_session() {
    let (_world, mut owner) = world().await;
    let sent = asking(&mut owner, "/open/jellyfin", &[]).await;
    assert_eq!(sent.status, 302);
    let to = sent.header("location").to_owned();
    assert!(to.starts_with("http://jellyfin.localhost:8080/.livos/enter?ticket="), "{to}");

    let mut there = at(&owner, "jellyfin.localhost:8080");
    let enter = to.strip_prefix("http://jellyfin.localhost:8080").unwrap();
    let entered = asking(&mut there, enter, &[("x-livos-app", "jellyfin")]).await;
    assert_eq!((entered.status.as_u16(), entered.header("location")), (302, "/web/"));
    let cookie = entered.header("set-cookie");
    assert!(
        cookie.starts_with("livos_app_jellyfin=") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert_eq!(there.cookies.len(), 1, "the app's address learns of no other cookie");

    let let_in = asking(&mut there, "/api/v1/gate", &[("x-livos-app", "jellyfin")]).await;
    assert_eq!((let_in.status.as_u16(), let_in.header("x-livos-user")), (204, "grace"));
    // Going back to the ticket in the history leads on; to a stranger it is void.
    let back = asking(&mut there, enter, &[("x-livos-app", "jellyfin")]).await;
    assert_eq!((back.status.as_u16(), back.header("location")), (302, "/"));
    let mut stranger = at(&owner, "jellyfin.localhost:8080");
    assert_eq!(asking(&mut stranger, enter, &[("x-livos-app", "jellyfin")]).await.status, 403);

    assert_eq!(owner.delete("/api/v1/session").await.status, 204);
    let out = asking(&mut there, "/api/v1/gate", &[("x-livos-app", "jellyfin")]).await;
    out.check(401, "unauthenticated");
}

#[tokio::test]
async fn what_opens_one_app_opens_nothing_else() {
    let (world, mut owner) = world().await;
    let to = asking(&mut owner, "/open/jellyfin", &[]).await.header("location").to_owned();
    let enter = to.strip_prefix("http://jellyfin.localhost:8080").unwrap().to_owned();
    let mut there = at(&owner, "other.localhost:8080");
    assert_eq!(asking(&mut there, &enter, &[("x-livos-app", "other")]).await.status, 403);
    assert_eq!(
        asking(&mut there, &enter, &[("x-livos-app", "jellyfin")]).await.status,
        403,
        "and is used up"
    );

    let to = asking(&mut owner, "/open/jellyfin", &[]).await.header("location").to_owned();
    world.advance(60);
    let late = to.strip_prefix("http://jellyfin.localhost:8080").unwrap();
    assert_eq!(asking(&mut there, late, &[("x-livos-app", "jellyfin")]).await.status, 403);

    let to = asking(&mut owner, "/open/jellyfin", &[]).await.header("location").to_owned();
    asking(&mut there, to.strip_prefix("http://jellyfin.localhost:8080").unwrap(), &[]).await;
    let value = there.cookies["livos_app_jellyfin"].clone();
    for (name, value) in [
        ("livos_app_other", value.clone()),
        ("livos_app_other", value.replace('.', "x.")),
        ("livos_app_other", String::new()),
        ("livos_access", owner.cookies["livos_access"].clone()),
    ] {
        let mut forged = at(&owner, "other.localhost:8080");
        forged.cookies.insert(name.to_owned(), value);
        asking(&mut forged, "/api/v1/gate", &[("x-livos-app", "other")]).await.check(401, "unauthenticated");
    }
    asking(&mut there, "/api/v1/gate", &[]).await.check(400, "invalid");
    asking(&mut there, "/api/v1/gate", &[("x-livos-app", "../x")]).await.check(400, "invalid");
}

#[tokio::test]
async fn one_apps_page_cannot_act_on_another_app() {
    let (_world, mut owner) = world().await;
    let sent = asking(&mut owner, "/open/jellyfin", &[]).await;
    let mut there = at(&owner, "jellyfin.localhost:8080");
    let enter = sent.header("location").strip_prefix("http://jellyfin.localhost:8080").unwrap().to_owned();
    asking(&mut there, &enter, &[("x-livos-app", "jellyfin")]).await;
    let own = "http://jellyfin.localhost:8080";
    let other = "http://evil.localhost:8080";
    for (allowed, headers) in [
        (true, vec![("origin", own), ("x-forwarded-method", "POST")]),
        (true, vec![("origin", own), ("sec-fetch-site", "same-origin")]),
        (true, vec![("origin", "null"), ("sec-fetch-site", "same-origin"), ("x-forwarded-method", "POST")]),
        (true, vec![("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")]),
        (true, vec![("sec-fetch-site", "none"), ("sec-fetch-mode", "navigate")]),
        (false, vec![("origin", other)]),
        (false, vec![("origin", other), ("x-forwarded-method", "POST")]),
        (false, vec![("origin", "null")]),
        (false, vec![("origin", "http://jellyfin.localhost:9090")]),
        (false, vec![("sec-fetch-site", "same-site"), ("sec-fetch-mode", "websocket")]),
        (false, vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]),
        (
            false,
            vec![
                ("sec-fetch-site", "same-site"),
                ("sec-fetch-mode", "navigate"),
                ("x-forwarded-method", "POST"),
            ],
        ),
    ] {
        let headers: Vec<_> = [("x-livos-app", "jellyfin")].into_iter().chain(headers).collect();
        let answer = asking(&mut there, "/api/v1/gate", &headers).await;
        assert_eq!(answer.status.as_u16(), if allowed { 204 } else { 403 }, "{headers:?}");
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_the_desktop_and_back() {
    let (world, owner) = world().await;
    let mut there = at(&owner, "jellyfin.localhost:8080");
    let page = [
        ("x-livos-app", "jellyfin"),
        ("accept", "text/html"),
        ("x-forwarded-uri", "/web/?a=b&c"),
        ("x-forwarded-method", "GET"),
    ];
    let sent = asking(&mut there, "/api/v1/gate", &page).await;
    assert_eq!(
        (sent.status.as_u16(), sent.header("location")),
        (302, "http://localhost:8080/open/jellyfin?page=/web/%3Fa%3Db%26c")
    );
    for headers in [
        vec![("x-livos-app", "jellyfin")],
        vec![("x-livos-app", "jellyfin"), ("accept", "text/html"), ("x-forwarded-method", "POST")],
        vec![("x-livos-app", "jellyfin"), ("accept", "text/html"), ("sec-fetch-mode", "cors")],
    ] {
        asking(&mut there, "/api/v1/gate", &headers).await.check(401, "unauthenticated");
    }
    let mut by_port = at(&owner, "192.168.1.5:42001");
    let sent = asking(&mut by_port, "/api/v1/gate", &page).await;
    assert!(sent.header("location").starts_with("http://192.168.1.5/open/jellyfin?"));

    // Coming from the app, strict cookies are kept back once; one step of our own later they are there.
    let mut home = at(&owner, "localhost:8080");
    let step =
        asking(&mut home, "/open/jellyfin?page=/web/%3Fa%3Db", &[("sec-fetch-site", "same-site")]).await;
    assert_eq!(step.status, 200);
    assert!(step.text().contains("url=/open/jellyfin?page=/web/%3Fa%3Db&amp;step=1"), "{}", step.text());
    let sign_in = asking(&mut home, "/open/jellyfin?page=/web/%3Fa%3Db&step=1", &[]).await;
    assert_eq!(
        (sign_in.status.as_u16(), sign_in.header("location")),
        (302, "/?next=/open/jellyfin%3Fpage%3D/web/%253Fa%253Db")
    );
    home.sign_in("grace", PASSWORD).await;
    let on = asking(&mut home, "/open/jellyfin?page=/web/%3Fa%3Db", &[]).await;
    let enter = on.header("location").strip_prefix("http://jellyfin.localhost:8080").unwrap().to_owned();
    let entered = asking(&mut there, &enter, &[("x-livos-app", "jellyfin")]).await;
    assert_eq!(entered.header("location"), "/web/?a=b");
    world.advance(600);
    let renew = asking(&mut home, "/open/jellyfin", &[("sec-fetch-site", "same-site")]).await;
    assert_eq!(
        renew.header("location"),
        "/?next=/open/jellyfin",
        "the desktop renews the sign-in and comes back"
    );
}

#[tokio::test]
async fn nobody_is_sent_to_a_strange_place() {
    let (_world, mut owner) = world().await;
    for page in [
        "//evil.example",
        "https://evil.example/",
        "/%5cevil.example",
        "%2f%2fevil.example",
        "javascript:alert(1)",
        "/%0d%0aSet-Cookie:x=y",
    ] {
        let sent = asking(&mut owner, &format!("/open/jellyfin?page={page}"), &[]).await;
        let to = sent.header("location").to_owned();
        let enter =
            to.strip_prefix("http://jellyfin.localhost:8080").unwrap_or_else(|| panic!("{page} → {to}"));
        let entered = asking(&mut at(&owner, "jellyfin.localhost:8080"), enter, &[]).await;
        assert_eq!(entered.header("location"), "/", "{page}");
    }
    let forged = asking(
        &mut at(&owner, "jellyfin.localhost:8080"),
        "/api/v1/gate",
        &[("x-livos-app", "jellyfin"), ("accept", "text/html"), ("x-forwarded-uri", "//evil.example")],
    )
    .await;
    assert_eq!(forged.header("location"), "http://localhost:8080/open/jellyfin?page=/");
    let gone = asking(&mut owner, "/open/none", &[]).await;
    assert_eq!(gone.status, 404);
    assert!(gone.header("content-type").starts_with("text/html"));
    assert_eq!(asking(&mut owner, "/open/headless", &[]).await.status, 404);
}

#[tokio::test]
async fn a_disabled_person_is_out_of_the_apps_too() {
    let (world, mut owner) = world().await;
    let mut ada = world.person(&mut owner, "ada", "member").await;
    ada.host = "127.0.0.1:8080".to_owned();
    let to = asking(&mut ada, "/open/jellyfin", &[]).await.header("location").to_owned();
    let mut there = at(&ada, "jellyfin.localhost:8080");
    asking(&mut there, to.strip_prefix("http://jellyfin.localhost:8080").unwrap(), &[]).await;
    let gate = [("x-livos-app", "jellyfin")];
    assert_eq!(asking(&mut there, "/api/v1/gate", &gate).await.status, 204);
    let id = ada.get("/api/v1/session").await.json()["user"]["id"].as_str().unwrap().to_owned();
    owner
        .write(Method::PATCH, &format!("/api/v1/users/{id}"), &serde_json::json!({ "disabled": true }))
        .await;
    assert_eq!(asking(&mut there, "/api/v1/gate", &gate).await.status, 401);
    // What the app's page keeps open ends too, wherever the gate is not asked again.
    connections_end(&world, 1).await;

    // Who was in no app leaves everybody's connections alone: of these two sessions one was in one.
    let mut bob = world.person(&mut owner, "bob", "member").await;
    assert_eq!(bob.delete("/api/v1/session").await.status, 204);
    owner.host = "127.0.0.1:8080".to_owned();
    let to = asking(&mut owner, "/open/jellyfin", &[]).await.header("location").to_owned();
    let mut there = at(&owner, "jellyfin.localhost:8080");
    asking(&mut there, to.strip_prefix("http://jellyfin.localhost:8080").unwrap(), &[]).await;
    assert_eq!(asking(&mut there, "/api/v1/gate", &gate).await.status, 204);
    assert_eq!(owner.delete("/api/v1/session").await.status, 204);
    connections_end(&world, 2).await;
}

/// Waits until the daemon for apps was asked so often to end connections, and no more often.
async fn connections_end(world: &World, times: usize) {
    let asked = |calls: &[String]| calls.iter().filter(|call| *call == "AppsManager.EndConnections").count();
    world.fakes.until("connections end", |calls| asked(calls) >= times).await;
    assert_eq!(asked(&world.fakes.calls()), times);
}
