//! HTTPS: its cookies, its origins, the certificate, and a domain of one's own.

use axum::body::Body;
use http::Method;
use serde_json::json;

use super::world::{Client, PASSWORD, Reply, World};

/// The same browser on its way over HTTPS.
async fn over_https(
    client: &mut Client,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Reply {
    let mut request = client.request(method, path).header("x-forwarded-proto", "https");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request =
        request.header("content-type", "application/json").body(Body::from(body.to_owned())).unwrap();
    client.send(request).await
}

#[tokio::test]
async fn a_sign_in_belongs_to_the_way_it_was_made() {
    let (world, mut owner) = World::claimed().await;
    let mut secure = world.client();
    let body = json!({ "username": "grace", "password": PASSWORD }).to_string();
    let signed_in = over_https(&mut secure, Method::POST, "/api/v1/session", &[], &body).await;
    assert_eq!(signed_in.status, 200);
    for set in signed_in.headers.get_all("set-cookie") {
        let set = set.to_str().unwrap();
        assert!(set.contains("; Secure") && set.contains("; HttpOnly"), "{set}");
        // Browsers take such a name without a domain and for all paths only, so no app beside can set one.
        assert!(set.starts_with("__Host-livos_") && set.contains("; Path=/;"), "{set}");
    }
    assert_eq!(over_https(&mut secure, Method::GET, "/api/v1/session", &[], "").await.status, 200);
    secure.get("/api/v1/session").await.check(401, "unauthenticated");
    // Cookies of plain HTTP, which anybody in between or an app beside could have set, are nothing there.
    over_https(&mut owner.clone(), Method::GET, "/api/v1/session", &[], "")
        .await
        .check(401, "unauthenticated");
    assert_eq!(owner.get("/api/v1/session").await.status, 200);
    // Both in one browser: each way has its own, and signing out of one leaves the other.
    secure.csrf = signed_in.json()["csrf"].as_str().unwrap().to_owned();
    secure.cookies.extend(owner.cookies.clone());
    assert_eq!(over_https(&mut secure, Method::DELETE, "/api/v1/session", &[], "").await.status, 204);
    over_https(&mut secure, Method::GET, "/api/v1/session", &[], "").await.check(401, "unauthenticated");
    assert_eq!(secure.get("/api/v1/session").await.status, 200);
}

#[tokio::test]
async fn a_page_that_came_over_plain_http_changes_nothing_over_https() {
    let world = World::new().await;
    let mut client = world.client();
    let asked = "{\"username\":\"x\",\"password\":\"y\"}";
    for (origin, passes) in [
        ("https://livos.test", true),
        ("http://livos.test", false),
        ("https://livos.test:8443", false),
        ("https://evil.example", false),
        ("null", false),
    ] {
        let reply =
            over_https(&mut client, Method::POST, "/api/v1/session", &[("origin", origin)], asked).await;
        assert_eq!(reply.code() != "csrf", passes, "{origin}: {}", reply.text());
    }
}

#[tokio::test]
async fn an_app_is_opened_the_way_its_visitor_came() {
    let (world, _) = World::claimed().await;
    world.fakes.put_app("jellyfin", "jellyfin.livos.local", 42001);
    let mut client = world.client();
    let body = json!({ "username": "grace", "password": PASSWORD }).to_string();
    assert_eq!(over_https(&mut client, Method::POST, "/api/v1/session", &[], &body).await.status, 200);
    for (host, there) in [
        ("livos.local", "jellyfin.livos.local"),
        ("home.example.org", "jellyfin.home.example.org"),
        ("home.example.org:8443", "jellyfin.home.example.org:8443"),
    ] {
        host.clone_into(&mut client.host);
        let sent = over_https(&mut client, Method::GET, "/open/jellyfin", &[], "").await;
        let to = sent.header("location").to_owned();
        let enter = to.strip_prefix(&format!("https://{there}")).unwrap_or_else(|| panic!("{to}")).to_owned();
        let mut app = Client { cookies: Default::default(), host: there.to_owned(), ..client.clone() };
        let named = [("x-livos-app", "jellyfin")];
        let entered = over_https(&mut app, Method::GET, &enter, &named, "").await;
        assert_eq!(entered.status, 302);
        assert!(entered.header("set-cookie").starts_with("__Host-livos_app_jellyfin="), "{there}");
        assert_eq!(over_https(&mut app, Method::GET, "/api/v1/gate", &named, "").await.status, 204);
        // Over plain HTTP the same browser is nobody there, and is sent to the desktop.
        let mut request = app.request(Method::GET, "/api/v1/gate").header("accept", "text/html");
        request = request.header("x-livos-app", "jellyfin");
        assert_eq!(app.send(request.body(Body::empty()).unwrap()).await.status, 302);
        // A stranger is sent to the desktop of the same name, over HTTPS.
        let mut stranger = Client { cookies: Default::default(), ..app.clone() };
        let visits = [("x-livos-app", "jellyfin"), ("accept", "text/html")];
        let sent = over_https(&mut stranger, Method::GET, "/api/v1/gate", &visits, "").await;
        let open = format!("https://{host}/open/jellyfin?page=");
        assert!(sent.header("location").starts_with(&open), "{}", sent.header("location"));
    }
}

#[tokio::test]
async fn anybody_may_have_the_certificate() {
    let world = World::new().await;
    let mut stranger = world.client();
    stranger.get("/api/v1/certificate").await.check(409, "conflict");
    assert!(stranger.get("/trust").await.text().contains("no HTTPS at the moment"));
    world.fakes.put_app("x", "", 0);
    let file = stranger.get("/api/v1/certificate").await;
    assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "application/x-x509-ca-cert"));
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"livos.crt\"");
    assert!(file.text().starts_with("-----BEGIN CERTIFICATE-----"));
    let profile = stranger.get("/api/v1/certificate/profile").await;
    assert_eq!(profile.header("content-type"), "application/x-apple-aspen-config");
    assert!(profile.text().contains("<data>TGl2T1M=</data>") && profile.text().contains("Test house"));
    let page = stranger.get("/trust").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text().contains("/api/v1/certificate/profile") && page.text().contains("iPhone"));
}

#[tokio::test]
async fn an_admin_gives_the_server_a_domain() {
    let (world, mut owner) = World::claimed().await;
    let put = Method::PUT;
    let asked = json!({ "name": "home.example.org", "email": "ada@example.org" });
    assert_eq!(owner.write(put.clone(), "/api/v1/exposure/domain", &asked).await.status, 204);
    owner
        .write(put.clone(), "/api/v1/exposure/domain", &json!({ "name": "attic.local" }))
        .await
        .check(400, "invalid");
    owner.write(put.clone(), "/api/v1/exposure/domain", &json!({ "name": " " })).await.check(400, "invalid");
    assert_eq!(owner.delete("/api/v1/exposure/domain").await.status, 204);
    assert_eq!(owner.write(put, "/api/v1/exposure/https", &json!({ "always": true })).await.status, 204);
    let calls = world.fakes.calls();
    for call in [
        "AppsManager.SetDomain grace \"home.example.org\" \"ada@example.org\"",
        "AppsManager.SetDomain grace \"\" \"\"",
        "AppsManager.SetAlwaysHttps grace true",
    ] {
        assert!(calls.iter().any(|made| made == call), "{call}: {calls:?}");
    }
    let mut member = world.person(&mut owner, "ada", "member").await;
    assert_eq!(member.get("/api/v1/exposure").await.json()["https"], "on");
}
