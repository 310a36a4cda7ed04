//! Accounts for the administrator, over the bus.

use livos_bus::names::{NEXUS, WEB};
use livos_bus::{AccountsProxy, Caller, Callers, ErrorKind};

use super::world::{PASSWORD, World};
use crate::bus::Accounts;

async fn serve(world: &World, callers: Callers) -> zbus::Connection {
    let connection = world.bus.connect().await;
    connection.object_server().at(WEB.path, Accounts::new(world.app.clone(), callers)).await.unwrap();
    connection.request_name(WEB.bus_name).await.unwrap();
    connection
}

#[tokio::test]
async fn the_administrator_adds_resets_and_disables() {
    let (world, mut owner) = World::claimed().await;
    let _web = serve(&world, Callers::peer(Caller::Administrator)).await;
    let accounts = AccountsProxy::new(&world.bus.connect().await).await.unwrap();
    let password = accounts.add("ada", "Ada", "member").await.unwrap();
    let mut ada = world.client();
    ada.sign_in("ada", &password).await;
    assert_eq!(ada.get("/api/v1/session").await.json()["user"]["temporary_password"], true);
    let fresh = accounts.reset_password("ADA").await.unwrap();
    ada.get("/api/v1/session").await.check(401, "unauthenticated");
    world.client().try_sign_in("ada", &password, None).await.check(401, "bad_credentials");
    ada.sign_in("ada", &fresh).await;
    let change = serde_json::json!({ "current": fresh, "new": PASSWORD });
    assert_eq!(ada.write(http::Method::PUT, "/api/v1/me/password", &change).await.status, 204);
    assert_eq!(ada.get("/api/v1/session").await.json()["user"]["temporary_password"], false);
    accounts.set_disabled("ada", true).await.unwrap();
    ada.get("/api/v1/session").await.check(401, "unauthenticated");
    let mut people = accounts.list().await.unwrap();
    people.sort_by(|a, b| b.username.cmp(&a.username));
    assert_eq!(
        people.iter().map(|person| (person.username.as_str(), person.disabled)).collect::<Vec<_>>(),
        [("grace", false), ("ada", true)]
    );

    assert_eq!(accounts.reset_password("nobody").await.unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(accounts.add("bob", "Bob", "owner").await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(accounts.add("bob", "Bob", "king").await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(accounts.add("ada", "Ada", "member").await.unwrap_err().code, "exists");
    assert_eq!(accounts.set_disabled("grace", true).await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(owner.get("/api/v1/session").await.status, 200);
}

#[tokio::test]
async fn a_reset_lets_in_who_lost_the_second_factor() {
    let (world, mut owner) = World::claimed().await;
    let secret = owner.post("/api/v1/me/totp", &serde_json::json!({})).await.json()["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let code = crate::core::totp::code_at(&secret, world.now());
    owner.post("/api/v1/me/totp/confirm", &serde_json::json!({ "code": code })).await;
    world.client().try_sign_in("grace", PASSWORD, None).await.check(401, "totp_required");
    let fresh = world.app.identity.reset_password("grace").await.unwrap();
    world.client().sign_in("grace", &fresh).await;
}

#[tokio::test]
async fn nobody_else_manages_accounts() {
    let (world, _) = World::claimed().await;
    let web = world.bus.connect().await;
    let callers = Callers::follow(&web).await.unwrap();
    web.object_server().at(WEB.path, Accounts::new(world.app.clone(), callers)).await.unwrap();
    web.request_name(WEB.bus_name).await.unwrap();
    let nexus = world.bus.connect().await;
    nexus.request_name(NEXUS.bus_name).await.unwrap();
    let accounts = AccountsProxy::new(&nexus).await.unwrap();
    super::world::eventually("the name of nexus is known", async || {
        let refused = accounts.list().await.is_err_and(|error| error.kind == ErrorKind::Denied);
        refused.then_some(())
    })
    .await;
    assert_eq!(accounts.add("evil", "Evil", "admin").await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(accounts.reset_password("grace").await.unwrap_err().kind, ErrorKind::Denied);
    assert_eq!(accounts.set_disabled("grace", true).await.unwrap_err().kind, ErrorKind::Denied);
    world.client().sign_in("grace", PASSWORD).await;
}
